"""What is shown of a forecast that has been made: figures, and a page with bands, records and how it sharpened."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from support.forecasts import drawn, recorded, waves_of

from esim.analysis.figures.look import Look
from esim.analysis.forecast.figures.draw import draw
from esim.analysis.forecast.files import ForecastFiles, is_forecast
from esim.analysis.plot import plot
from esim.analysis.report.forecast.records import records as data_section
from esim.analysis.report.forecast.records import sensors
from esim.analysis.report.forecast.sharpening import sharpening
from esim.analysis.report.forecast.waves import targets
from esim.analysis.report.page import report
from esim.analysis.report.section import Choices
from esim.cli.commands import forecast as command_line
from esim.cli.main import main
from esim.config.ocean.warning_levels import WarningLevels
from esim.errors import InputError
from esim.forecast.library import read_library
from esim.forecast.records import Record
from esim.forecast.records_file import write_records
from esim.forecast.result import write_forecast
from esim.forecast.run import Watch, follow
from esim.forecast.sensor_check import Verdict
from esim.forecast.sharpening import write_sharpening

for package in ("matplotlib", "jinja2", "plotly"):
    pytest.importorskip(package, reason="a report needs the extra report")

UNTIL = 1200.0


@pytest.fixture(scope="module")
def library(small):
    return read_library(small[1])


@pytest.fixture(scope="module")
def records(library):
    """Of all sensors, and of one target."""
    x = drawn(library, 21)
    return recorded(library, x, 22) | {"south": Record(library.forecast_time, waves_of(library, x)[0])}


@pytest.fixture(scope="module")
def history(library, records):
    """Forecasts by the minute; the last one has found that `east` is wrong."""
    *found, last = follow(library, Watch(library, records, exclude=("east",)), UNTIL)
    return [*found, replace(last, wrong=(Verdict("east", "its sign seems to be turned", 99.0),))]


@pytest.fixture(scope="module")
def folder(library, records, history, tmp_path_factory):
    """The files of a forecast that was followed."""
    folder = tmp_path_factory.mktemp("found")
    levels = WarningLevels.model_validate(library.about["levels"])
    write_forecast(folder / "forecast.nc", library, history[-1], levels, None)
    write_records(folder / "records.nc", library, history[-1], records)
    write_sharpening(folder / "sharpening.nc", library, history)
    return folder


@pytest.fixture(scope="module")
def page(folder):
    return report(folder).read_text()


def plots(text):
    found = re.findall(r'<script type="application/json">(.*?)</script>', text, re.S)
    return [json.loads(one) for one in found]


def test_records_go_on_behind_the_data_in_use(folder, library, records, history):
    with xr.open_dataset(folder / "records.nc", decode_times=False) as found:
        assert found.attrs["until_s"] == UNTIL
        near = library.sensors.index("near")
        used = found["sensor_used"].values[near] == 1
        assert used.sum() == np.isfinite(history[-1].data[near]).sum() > 0
        assert found["sensor_time"].values[used].max() == UNTIL < found["sensor_time"].values.max()
        record = found["sensor_record"].values[near]
        there = np.isfinite(record)
        at = np.interp(library.sensor_time, records["near"].time, records["near"].value)
        assert record[there] == pytest.approx(at[there], abs=1e-6) and there.sum() > used.sum()
        low, high = found["sensor_quantile"].values[[0, -1], near]
        assert ((record > low) & (record < high))[used].mean() > 0.8
        names = found["target"].values.tolist()
        south = found["target_record"].values[names.index("south")]
        assert south == pytest.approx(records["south"].value, abs=1e-6)
        assert np.isnan(found["target_record"].values[names.index("town")]).all()


def test_a_sensor_that_is_wrong_is_kept_with_its_reason(folder, page):
    with ForecastFiles.open(folder) as forecast:
        wrong = forecast.records["sensor_wrong"].values.tolist()
        east = forecast.names("sensor").index("east")
        assert wrong[east] == "its sign seems to be turned" and not forecast.used()[east]
        assert [text for n, text in enumerate(wrong) if n != east and text] == []
    assert "The forecast does not use this record." in page and "sign seems to be turned" in page


def test_sharpening_has_the_forecast_of_each_minute(folder, history):
    with xr.open_dataset(folder / "sharpening.nc") as found:
        assert found["until"].values.tolist() == [60.0 * minute for minute in range(1, 21)]
        assert found["data"].values.tolist() == [one.count for one in history]
        last = history[-1].extremes.highest_quantiles()
        assert found["eta_max"].values[-1] == pytest.approx(last, abs=1e-6)
        told = [one.moment.magnitude(0.5) for one in history]
        assert found["magnitude"].values[:, 1] == pytest.approx(np.array(told, float), nan_ok=True)
        width = np.diff(found["eta_max"].values[:, [0, -1]], axis=1)[:, 0]
        assert (width[-1] < width[0]).all()


@pytest.mark.long
def test_figures_from_the_files(folder, tmp_path):
    assert [path.stem for path in plot(folder, tmp_path)] == ["forecast", "uplift", "sensors", "sharpening"]
    (alone,) = plot(folder, tmp_path / "one", look=Look(only=("sharpening",)))
    assert alone.stat().st_size > 10_000
    with pytest.raises(InputError, match="--only heights: .* no such figure"):
        plot(folder, tmp_path, look=Look(only=("heights",)))


def test_the_page_has_bands_levels_and_records(page, folder):
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", page) == [
        "Summary", "Warning levels", "Waves at the targets", "Uplift of the bed", "Records of the sensors", "Data",
        "How the forecast sharpened", "Provenance",
    ]  # fmt: skip
    south, town, *_ = plots(page)
    assert [one["name"] for one in south["traces"]] == ["95 %", "50 %", "expected", "record"]
    assert [one["name"] for one in town["traces"]] == ["95 %", "50 %", "expected"]
    assert south["shaded"] * south["seconds"] == UNTIL
    with ForecastFiles.open(folder) as forecast:
        bands = forecast.target_bands(0)
        count = bands.time.size
        assert np.allclose(south["traces"][0]["y"][:count], bands.outer[0], rtol=1e-3, atol=1e-5)
        assert np.allclose(south["traces"][0]["y"][count:][::-1], bands.outer[1], rtol=1e-3, atol=1e-5)
        low, middle, high = forecast.result["magnitude"].values
    assert f"Mw {middle:.2f} ({low:.2f} to {high:.2f})" in page


def test_without_records_and_history_the_page_has_what_is_there(folder, tmp_path):
    (tmp_path / "forecast.nc").write_bytes((folder / "forecast.nc").read_bytes())
    assert is_forecast(tmp_path) and not is_forecast(tmp_path / "members")
    with ForecastFiles.open(tmp_path) as forecast:
        assert [name for name, _ in draw(forecast)] == ["forecast", "uplift"]
        assert not [*sensors(forecast), *sharpening(forecast)]
        (said,) = data_section(forecast)
        assert said.data["words"] == ["No data of east yet."] and not said.data["tables"]
        (section,) = targets(forecast)
        assert [trace.name for trace in section.data["plots"][0].traces] == ["95 %", "50 %", "expected"]


def test_choices_without_a_meaning_and_broken_files_end_with_a_sentence(folder, tmp_path, capsys):
    with pytest.raises(InputError, match="--places has no meaning for a forecast"):
        report(folder, tmp_path / "r.html", Choices(places=tmp_path))
    (tmp_path / "forecast.nc").write_text("no")
    assert main(["report", str(tmp_path)]) == 2
    assert "forecast.nc: not a readable NetCDF file" in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()


def test_a_new_forecast_leaves_nothing_of_one_that_was_followed(
    small, library, records, tmp_path, monkeypatch
):
    monkeypatch.setattr(command_line, "find_spec", lambda name: None)  # no figures
    table = tmp_path / "records.csv"
    time = library.sensor_time
    rows = zip(
        time,
        *(np.interp(time, records[one].time, records[one].value) for one in library.sensors),
        strict=True,
    )
    lines = [",".join(["time", *library.sensors]), *(",".join(map(str, row)) for row in rows)]
    table.write_text("\n".join(lines) + "\n")
    folder = tmp_path / "found"
    command = ["forecast", "run", str(small[1]), "--data", str(table), "--output", str(folder), "--until"]
    assert main([*command, "5 min", "--follow"]) == 0 and (folder / "sharpening.nc").is_file()
    (folder / "sharpening.png").write_bytes(b"of the forecast that was followed")
    assert main([*command, "10 min"]) == 0
    assert {path.name for path in folder.iterdir()} == {"records.nc", "forecast.nc"}
