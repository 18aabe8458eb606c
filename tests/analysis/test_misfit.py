"""How far a gauge is from its record: of waves whose difference is known."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from support.synthetic_run import write_run

from esim.analysis import Run
from esim.analysis.comparison.observations import Record, record_of
from esim.analysis.ocean.misfit import HEADERS, compare, compare_run, misfits
from esim.cli.main import main
from esim.errors import InputError

TIME = np.arange(0, 9001, 15.0)


def wave(time: np.ndarray) -> np.ndarray:
    """A crest of 1 m at 3000 s, and a trough after it."""
    return np.exp(-(((time - 3000) / 250) ** 2)) - 0.6 * np.exp(-(((time - 3700) / 300) ** 2))


def record(every: float = 60.0, shaking: float = -np.inf) -> Record:
    """The wave as an instrument has it."""
    time = np.arange(0, 9001, every)
    return Record(time, wave(time), shaking)


def test_a_gauge_that_computes_what_was_observed_has_no_misfit() -> None:
    found = compare("g", TIME, wave(TIME), record())
    assert found[1:4] == (1200, 8400, 121)  # half an hour before the crest, an hour and a half after it
    assert (
        found.arrival_difference == pytest.approx(0, abs=60)
        and found.crest_difference == 0
        and found.lag == 0
    )
    assert found[6:10] == (1, 0, pytest.approx(1), 1)


@pytest.mark.parametrize("factor", [0.5, 1.2])
def test_waves_of_another_height(factor: float) -> None:
    found = compare("g", TIME, factor * wave(TIME), record())
    assert found.crest_ratio == pytest.approx(factor) and found.lag == 0
    assert found.normalised_rms == pytest.approx(abs(factor - 1))
    assert found.variance_reduction == pytest.approx(1 - (factor - 1) ** 2)
    assert found.correlation == pytest.approx(1)


@pytest.mark.parametrize("late", [-240.0, 135.0, 600.0])
def test_waves_that_come_later(late: float) -> None:
    found = compare("g", TIME, wave(TIME - late), record(15.0))
    assert found.lag == found.arrival_difference == found.crest_difference == late
    assert found.crest_ratio == pytest.approx(1)
    assert found.correlation is not None and found.correlation < 0.95


def test_another_sign_correlates_negatively() -> None:
    found = compare("g", TIME, -wave(TIME), record())
    assert found.correlation == pytest.approx(-1) and found.variance_reduction == pytest.approx(-3)
    assert found.normalised_rms == pytest.approx(2)


def test_shaking_and_gaps_do_not_count() -> None:
    shaken, dry = record(shaking=1500), wave(TIME)
    shaken.eta[:20] = 5
    dry[np.abs(TIME - 5000) < 500] = np.nan
    found = compare("g", TIME, dry, shaken)
    assert found.begin == 1500 and found.samples == 116 - 16
    assert found.normalised_rms == pytest.approx(0, abs=1e-12) and found.crest_ratio == pytest.approx(1)


def test_a_run_that_ends_before_the_wave_has_nothing_to_compare() -> None:
    short = TIME < 1000
    found = compare("g", TIME[short], wave(TIME[short]), record())
    assert found.samples == 0 and found[4:] == (None,) * 7 or found.crest_ratio is None


# ------------------------------------------------------------------ of a run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A made-up run; a buoy has a record of its own, the computed wave two minutes earlier and half as high."""
    folder = write_run(tmp_path / "run", fields=False, maxima=False)
    own = tmp_path / "own.csv"
    time = np.arange(0, 7201, 30.0)
    levels = 0.5 * 1.87 * np.exp(-(((time + 120 - 1956) / 200) ** 2))
    own.write_text(
        "time,eta\n" + "".join(f"{t:g},{level:.9g}\n" for t, level in zip(time, levels, strict=True))
    )
    path = folder / "run.json"
    stations = [{"name": "21418", "observed": str(own)}, {"name": "21401"}]
    path.write_text(json.dumps(json.loads(path.read_text()) | {"stations": stations}))
    return folder


def test_own_records_come_first_and_those_of_esim_else(run: Path) -> None:
    with Run.open(run) as opened:
        found = {one.station: one for one in misfits(opened)}
        own, shipped = record_of(opened, "21418"), record_of(opened, "21401")
    assert own is not None and own.eta.max() == pytest.approx(0.935, rel=1e-3) and own.shaking == -np.inf
    assert shipped is not None and shipped.shaking == 1200
    assert list(found) == ["21418", "21401", "21413"]
    assert found["21418"].crest_ratio == pytest.approx(2, rel=2e-3) and found["21418"].lag == 120
    assert found["21418"].crest_difference == pytest.approx(120, abs=30)
    assert found["21401"].crest_ratio == pytest.approx(0.66 / 0.6643, rel=2e-3)


def test_a_table_of_misfits_lies_beside_the_figures(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason="figures need Matplotlib")
    assert main(["plot", str(run)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(run / "figures" / "stations_misfit.csv")
    assert main(["compare", str(run), "--output", str(run / "table")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[0].split() == list(HEADERS)
        and lines[2].split()[0] == "21418"
        and lines[-1].endswith("misfit.csv")
    )
    tables = [(run / folder / "stations_misfit.csv").read_text() for folder in ("figures", "table")]
    assert tables[0] == tables[1]
    first = next(csv.DictReader(tables[0].splitlines()))
    assert float(first["lag_s"]) == 120 and float(first["crest_ratio"]) == pytest.approx(2, rel=2e-3)


def test_a_record_that_is_gone_is_left_out_with_a_warning(
    run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (run.parent / "own.csv").unlink()
    assert [one.station for one in compare_run(run)[0]] == ["21401", "21413"]
    assert "the record of station 21418 is left out" in caplog.text and "own.csv: no such file" in caplog.text


def test_without_records_there_is_nothing_to_compare(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", lonlat=False)
    with pytest.raises(InputError, match="no station has an observed record"):
        compare_run(folder)
