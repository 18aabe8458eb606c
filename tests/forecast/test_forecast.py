"""From the command line: a forecast with its files and sentences, replayed minute by minute, and on time."""

import time

import numpy as np
import pytest
import xarray as xr
from support.forecasts import drawn, recorded, waves_of
from support.twins import prepared, write_twin

from esim.cli.main import main
from esim.forecast.build import build
from esim.forecast.library import Library, read_library
from esim.forecast.posterior import Posterior
from esim.forecast.run import Watch, heights
from esim.validation.studies.forecast_calibration import calibrate


@pytest.fixture(scope="module")
def library(small):
    return read_library(small[1])


@pytest.fixture
def table(library, tmp_path):
    """A file with the records of an earthquake, and one of a target."""
    x = drawn(library, 21)
    records = recorded(library, x, 22)
    names = [*library.sensors, "south"]
    wave = np.interp(library.sensor_time, library.forecast_time, waves_of(library, x)[0])
    rows = zip(library.sensor_time, *(records[name].value for name in library.sensors), wave, strict=True)
    path = tmp_path / "records.csv"
    path.write_text(
        "\n".join([",".join(["time", *names]), *(",".join(map(str, row)) for row in rows)]) + "\n"
    )
    return path


def test_a_forecast_is_written_drawn_and_said(small, table, library, tmp_path, capsys):
    folder = tmp_path / "found"
    command = [
        "forecast",
        "run",
        str(small[1]),
        "--data",
        str(table),
        "--until",
        "20 min",
        "--output",
        str(folder),
    ]
    assert main([*command, "--green-depth", "1m"]) == 0
    text = capsys.readouterr().out
    assert "data           120 up to 20 min" in text and "magnitude      Mw " in text
    assert "at the coast at 1 m of depth by Green's law" in text and "Japan Meteorological Agency" in text
    assert (folder / "forecast.png").stat().st_size > 20_000
    with xr.open_dataset(folder / "forecast.nc") as found:
        assert found["target"].values.tolist() == ["south", "town"] and found.Conventions == "CF-1.11"
        assert found["eta_quantile"].dims == ("probability", "target", "time")
        assert str(found["time"].values[1])[:19] == "2011-03-11T05:47:24"
        wave = waves_of(library, drawn(library, 21))[0]
        low, high = found["eta_quantile"].values[[0, 4], 0]
        assert ((wave > low) & (wave < high)).mean() > 0.85
        assert found["level_probability"].values.sum(axis=1) == pytest.approx(1.0)
        assert (np.diff(found["eta_max"].values, axis=0) >= 0).all()
        assert (np.diff(found["magnitude"].values) > 0).all()
        assert found["uplift"].attrs["units"] == "m" and found["slip"].dims == ("window", "subfault")


def test_a_replay_ends_with_the_forecast_of_all_data(small, table, tmp_path, capsys):
    once, followed = tmp_path / "once", tmp_path / "followed"
    command = ["forecast", "run", str(small[1]), "--data", str(table)]
    assert main([*command, "--until", "10 min", "--output", str(once)]) == 0
    capsys.readouterr()
    assert main([*command, "--until", "10 min", "--output", str(followed), "--follow"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if " data  Mw " in line]
    assert [line.split()[0] for line in lines] == [f"{minute:.1f}" for minute in range(1, 11)]
    assert (followed / "sharpening.png").is_file()
    with xr.open_dataset(once / "forecast.nc") as one, xr.open_dataset(followed / "forecast.nc") as other:
        for name in ("eta", "eta_quantile", "eta_max", "uplift"):
            assert np.allclose(one[name], other[name], atol=1e-5), name


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--until", "soon"], "--until: 'soon' is not a time; expected a time such as '15 min'"),
        (["--until", "30 s"], "expected at least those of one window of slip, 60 s"),
        (["--exclude", "nerth"], "'nerth' is no sensor of the library, which has near, north, east"),
        (["--origin", "noon"], "--origin: 'noon' is not a date and time"),
        (["--green-depth", "0"], "--green-depth 0: expected more than 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_ends_with_a_sentence(small, table, arguments, sentence, capsys):
    assert main(["forecast", "run", str(small[1]), "--data", str(table), *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_without_matplotlib_there_are_no_figures_and_all_else(small, table, tmp_path, capsys, monkeypatch):
    from esim.cli.commands import forecast

    monkeypatch.setattr(forecast, "find_spec", lambda name: None)
    assert (
        main(["forecast", "run", str(small[1]), "--data", str(table), "--output", str(tmp_path / "out")]) == 0
    )
    found = capsys.readouterr()
    assert "no figures: they need Matplotlib, pip install" in found.err and "magnitude" in found.out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"forecast.nc", "records.nc"}


def test_what_is_no_library_ends_with_a_sentence(small, table, capsys):
    kept = small[1].parent / "runs" / "east" / "response.nc"
    assert main(["forecast", "run", str(kept), "--data", str(table)]) == 2
    assert "is no library of a forecast; expected one of `esim forecast build`" in capsys.readouterr().err


def test_levels_share_the_probability_and_rise_with_greens_law(library, small):
    from esim.config.ocean.warning_levels import warning_levels

    found = Watch(library, recorded(library, drawn(library, 21), 22)).forecast(1800.0)
    levels = warning_levels("jma")
    plain, shore = (found.level_probabilities(library, levels, depth) for depth in (None, 1.0))
    assert plain.sum(axis=1) == pytest.approx(1.0) and shore[0] == pytest.approx(
        plain[0]
    )  # south is no coast
    assert library.target_coastal.tolist() == [0, 1]
    raised = heights(library, found.extremes.highest, 1.0)
    assert raised[1] == pytest.approx(found.extremes.highest[1] * library.target_depth[1] ** 0.25)


def test_bands_hold_what_they_say(library):
    found = calibrate(library, 40)
    wide, narrow, heights = found[:, :, :3].mean(axis=(0, 1))
    assert 0.92 < wide < 0.985 and 0.42 < narrow < 0.68 and 0.85 < heights < 0.99
    width = found[:, :, 3].mean(axis=0)
    assert (np.diff(width) < 0).all()  # more data, narrower bands
    assert not found[:, :, 5].any()  # no right sensor is called wrong


def large(library: Library, sensors: int, targets: int) -> Library:
    """A library of random numbers, of a size that a warning centre has."""
    random = np.random.default_rng(0)
    times, unknowns = 120, 275
    design = np.cumsum(random.standard_normal((sensors, times, unknowns)), axis=1) / 100
    forecast = random.standard_normal((targets, 241, unknowns)) / 10
    return type(library)(
        **{
            **vars(library),
            "sensors": tuple(f"s{n}" for n in range(sensors)),
            "sensor_after": np.zeros(sensors),
            "sensor_relative": np.full(sensors, 0.1),
            "target_relative": np.full(targets, 0.1),
            "sensor_time": 15.0 * np.arange(1, times + 1),
            "sensor_mean": design.sum(axis=2),
            "sensor_design": design,
            "targets": tuple(f"t{n}" for n in range(targets)),
            "forecast_time": 30.0 * np.arange(241),
            "forecast_mean": forecast.sum(axis=2),
            "forecast_design": forecast,
            "slip_mean": np.ones(unknowns),
            "slip_root": np.eye(unknowns),
            "moment": np.ones(55),
            "about": {**library.about, "windows": 5, "every": 15.0},
        }
    )


def test_three_thousand_data_and_a_minute_more_are_on_time(library):
    many = large(library, 25, 60)
    values = many.sensor_mean + many.sensor_design @ np.random.default_rng(1).standard_normal(275)
    watch = Watch(many, {})
    watch._posterior.update(np.where(many.sensor_time <= 1740, values, np.nan))
    watch.sharpen()
    begun = time.process_time()
    watch._posterior.update(values)
    watch.sharpen()
    minute = time.process_time() - begun
    begun = time.process_time()
    again = Posterior(many)
    again.update(values)
    again.gaussian()
    whole = time.process_time() - begun
    assert again.count == 3000
    # Ten times what they take on a core, for machines that do other work.
    assert minute < 1.0 and whole < 2.0


def test_a_built_library_reads_its_levels_from_a_file(tmp_path):
    (tmp_path / "levels.yaml").write_text("none: calm\nlevels: [{name: high, above: 1 m}]\n")
    path = write_twin(
        tmp_path,
        levels=str(tmp_path / "levels.yaml"),
        sensors=[{"name": "a", "lon": 145, "lat": 38}],
        targets=[{"name": "b", "lon": 146, "lat": 38}],
        sampling={"every": "60 s", "observed": "4 min", "forecast_every": "60 s", "duration": "5 min"},
    )
    library = read_library(build(prepared(path), lambda text: None))
    assert library.about["levels"]["none"] == "calm" and library.about["levels"]["levels"][0]["above"] == 1.0
