"""When does a wave of the air pass, when could a free one be there, and how are both drawn?"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support.scenes import compute

from esim.analysis import Run
from esim.analysis.figures import marks
from esim.analysis.ocean.air_wave import air_waves, at
from esim.analysis.ocean.distance import distance
from esim.analysis.ocean.long_wave_times import GRAVITY, long_wave_times

PULSE = {
    "kind": "circular_pulse",
    "lon": 182,
    "lat": -20,
    "amplitude": "2 hPa",
    "speed": 300,
    "width": "200 km",
    "start": "-30 min",
}


def scene(folder: Path) -> dict[str, Any]:
    """A piece of ocean across the dateline with a pulse that begins in it, and an island."""
    return {
        "scenario": "tsunami",
        "time": {"start": "2022-01-15T04:15:00Z", "duration": "3 h"},
        "grid": {"kind": "lonlat", "west": 165, "east": 200, "south": -35, "north": -5, "spacing": 1},
        "bathymetry": {"kind": "flat", "depth": 4000},
        "source": [],
        "forcing": [PULSE],
        "stations": [
            {"name": "east", "lon": -165, "lat": -20, "kind": "pressure"},
            {"name": "west", "lon": 170, "lat": -12},
        ],
        "output": {
            "directory": str(folder / "out"),
            "fields": {"every": "30 min", "variables": ["eta", "air_pressure"]},
            "stations": {"every": "2 min"},
        },
        "run": {"backend": "numpy"},
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("air")
    compute(scene(made))
    return made / "out"


def ocean(depth: float = 4000.0) -> xr.DataArray:
    """A flat sea floor of half degrees around the dateline, to 60 degrees north and south."""
    lat, lon = np.arange(-59.75, 60, 0.5), np.arange(150.25, 210, 0.5)
    return xr.DataArray(np.full((lat.size, lon.size), -depth), {"lat": lat, "lon": lon}, ("lat", "lon"))


@pytest.mark.parametrize("x0", [180.25, -179.75])
def test_over_one_depth_times_are_distances_over_the_celerity(x0: float) -> None:
    times = long_wave_times(ocean(), x0, 0.25)
    lat, lon = times["lat"].values, times["lon"].values
    known = distance(lon[None, :], lat[:, None], 180.25, 0.25, lonlat=True) / np.sqrt(GRAVITY * 4000)
    far = known > 3000
    assert far.sum() > 1000
    share = times.values[far] / known[far]
    assert share.min() > 0.995 and share.max() < 1.008


def test_waves_go_around_land_and_do_not_leap_over_a_wall_of_one_cell() -> None:
    bed = ocean()
    bed[:120, 60] = 100.0
    times = long_wave_times(bed, 170.25, -20.0)
    behind = at(times, 190.25, -20.0)
    tip = (float(bed.lon[60]), float(bed.lat[120]))
    legs = (float(distance(np.array(x), np.array(-20.0), *tip, lonlat=True)) for x in (170.25, 190.25))
    assert behind == pytest.approx(sum(legs) / np.sqrt(GRAVITY * 4000), rel=0.02)
    assert np.isnan(times.values[10, 60])


def test_shallow_water_delays(folder: Path) -> None:
    bed = ocean()
    bed[:, 60:] = -1000.0
    wall = float(bed.lon[60]) - 0.25
    times = long_wave_times(bed, 170.25, 0.25)
    lon = 195.25
    known = sum(
        float(np.deg2rad(width) * 6.371e6 / np.sqrt(GRAVITY * depth))
        for width, depth in ((wall - 170.25, 4000.0), (lon - wall, 1000.0))
    )
    assert at(times, lon, 0.25) == pytest.approx(known, rel=0.01)


def test_large_maps_are_thinned_and_dry_ones_have_no_times() -> None:
    fine = ocean().interp(lat=np.linspace(-29, 29, 500), lon=np.linspace(151, 209, 500))
    assert long_wave_times(fine, 180, 0).size <= 100_000
    assert np.isnan(long_wave_times(-ocean(), 180, 0).values).all()


@pytest.mark.parametrize("shape", ["bell", "n_wave"])
def test_the_crest_passes_when_the_gauge_has_its_pressure(shape: str, folder: Path, tmp_path: Path) -> None:
    if shape == "n_wave":
        made = scene(tmp_path)
        made["forcing"] = [PULSE | {"shape": shape}]
        compute(made)
        folder = tmp_path / "out"
    with Run.open(folder) as run:
        (wave,) = air_waves(run)
        assert run.stations is not None
        for station in ("east", "west"):
            one = run.stations.sel(station=station)
            passes = float(wave.passes(one["lon"].values, one["lat"].values))
            highest = float(one["seconds"][int(one["air_pressure"].values.argmax())])
            assert abs(passes - highest) <= 180 and passes < 10800


def test_a_run_without_pulses_has_no_air_waves(folder: Path, tmp_path: Path) -> None:
    record = json.loads((folder / "run.json").read_text())
    with Run.open(folder) as run:
        run.record["configuration"].pop("forcing")
        assert list(air_waves(run)) == []
        run.record["configuration"]["forcing"] = [{"kind": "pressure"}]
        assert list(air_waves(run)) == []
    assert record["configuration"]["forcing"]


def test_front_free_wave_and_arrivals_are_drawn(folder: Path) -> None:
    pytest.importorskip("matplotlib", reason="figures need Matplotlib")
    from esim.analysis.ocean.figures import air_wave, gauges

    with Run.open(folder) as run:
        figure = air_wave.figure(run)
        assert figure is not None
        shown = [axes for axes in figure.axes if axes.images]
        assert 2 <= len(shown) <= 4
        lines = [collection for axes in shown for collection in axes.collections]
        assert len(lines) >= 2 * len(shown) - 1, (
            "pressure and free wave in each panel, as far as they are there"
        )
        (_, draw) = next(gauges.figures(run))
        panels = draw().axes
        upright = [line for line in panels[0].lines if line.get_label() in ("air wave", "first free wave")]
        assert [line.get_label() for line in upright] == ["air wave", "first free wave"]
        first, second = (float(line.get_xdata()[0]) for line in upright)
        assert 0 < first < second


def test_stations_across_the_dateline_are_on_the_map(folder: Path) -> None:
    figures = pytest.importorskip("matplotlib.figure", reason="figures need Matplotlib")
    axes = figures.Figure().subplots()
    axes.set(xlim=(165, 200), ylim=(-35, -5))
    with Run.open(folder) as run:
        marks.stations(axes, run.stations, names=False)
    np.testing.assert_allclose(np.sort(axes.lines[0].get_xdata()), [170, 195])
