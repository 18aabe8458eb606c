"""Near gauges of Tohoku: what the case says of waves and ground that are known."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from esim.analysis.comparison.observations import Record
from esim.config.ocean.root import TsunamiConfig
from esim.validation.cases.tsunamis import near_gauges

TIME = np.arange(0, 3601, 4.0)
CREST = 4.0 * np.exp(-(((TIME - 1500) / 120) ** 2))
RISE = {"slope_filter": 0.5, "slope": 0.5, "filter": 0.3, "neither": 0.3}  # m, of the ground


def write_run(folder: Path, rise: float) -> Path:
    """A run in which half of the wave comes a minute early over ground that rises by 20 s."""
    folder.mkdir()
    eta = np.interp(TIME + 60, TIME, 0.5 * CREST)
    change = eta - np.where(TIME < 20, 0.0, rise)
    stations = {name: (("station", "time"), [values] * 2) for name, values in
                (("eta", eta), ("depth_change", change))}  # fmt: skip
    places = {"lon": ("station", [142.5, 141.7]), "lat": ("station", [38.5, 38.2])}
    axes = {"station": ["P02", "801"], "time": ("time", TIME, {"units": "s"})}
    xr.Dataset(stations, axes | places).to_netcdf(folder / "stations.nc")
    lat, lon = np.arange(37.0, 40), np.arange(141.0, 144)
    xr.Dataset({"uplift": (("lat", "lon"), np.full((3, 3), rise))}, {"lat": lat, "lon": lon}).to_netcdf(
        folder / "maxima.nc"
    )
    (folder / "run.json").write_text(json.dumps({"configuration": {}}))
    return folder


def test_wave_and_ground_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """P02 sank by 1 m in truth, 801 saw the wave from a coast that sank by 0.4 m."""
    sunk = {"P02": np.where(TIME < 20, 0.0, 1.0), "801": np.where(TIME < 20, 0.0, 0.4)}
    records = {name: Record(TIME, CREST + level, -np.inf) for name, level in sunk.items()}
    monkeypatch.setattr(near_gauges, "read_records", lambda: records)
    runs = {name: write_run(tmp_path / name, rise) for name, rise in RISE.items()}
    found = {row[0]: row[1:] for row in (line.row() for line in near_gauges.judge(runs))}
    assert len(found) == 2 * (2 + 8 + 2)
    assert found["P02, depth_change: first crest, height"][:3] == ("5.000 m", "1.500 m", "-70.0 %")
    assert found["P02, depth_change: first crest, height"][-1] == "FAIL"
    assert found["801, eta: first crest, height"][:3] == ("4.400 m", "2.000 m", "-54.5 %")
    assert found["801, eta: first crest, time"][:3] == ("1500 s", "1440 s", "-60 s")
    assert found["P02, depth_change, neither: first crest 1.70 m, -60 s"][1] == "34 %"
    assert found["P02, eta, slope and filter: first crest 2.00 m, -60 s"][1] == "40 %"
    assert found["P02: rise of the ground, +0.20 m of it by horizontal motion"][1] == "0.5 m"
    words = "40 to 60 min: +1.00 m, eta +0.00 m, depth_change -0.50 m"
    assert found[f"P02: observed level less eta, {words}"][1] == "1 m"
    words = "3 to 5 min: +0.40 m, eta +0.00 m, depth_change -0.50 m"
    assert found[f"801: observed level less eta, {words}"][1] == "0.4 m"


def test_runs_differ_in_what_their_names_say(tmp_path: Path) -> None:
    if (gone := near_gauges.missing(True)) is not None:
        pytest.skip(gone)
    made = near_gauges.configure(tmp_path, True)
    for name, cfg in made.items():
        assert isinstance(cfg, TsunamiConfig)
        (source,) = cfg.source
        assert (source.horizontal_on_slope, source.kajiura) == near_gauges.SETTINGS[name]
        assert [gauge.name for gauge in cfg.gauges] == list(near_gauges.read_records())
