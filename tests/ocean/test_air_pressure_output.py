"""What do snapshots and gauges say of the air pressure, and of the pressure that it makes on the sea floor?"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support.scenes import but_checkpoints, compute, cut_off, differing

from esim.analysis import Run
from esim.analysis.comparison.observations import variable_of
from esim.config import from_dict
from esim.constants import SEA_DENSITY
from esim.errors import InputError

G, DEPTH, SPEED, PEAK, WIDTH = 9.81, 100.0, 62.0, 100.0, 12e3
PULSE = {
    "kind": "plane_pulse",
    "x": 0,
    "y": 0,
    "amplitude": PEAK,
    "speed": SPEED,
    "width": WIDTH,
    "direction": 90,
}


def channel(folder: Path, **more: Any) -> dict[str, Any]:
    """A channel along which a pulse runs twice as fast as the waves, and gauges in it."""
    return {
        "scenario": "tsunami",
        "time": {"duration": 3000},
        "grid": {
            "kind": "cartesian",
            "x": [0, 240e3],
            "y": [0, 8e3],
            "spacing": 2000,
            "boundary": {"west": "open", "east": "open", "south": "wall", "north": "wall"},
        },
        "bathymetry": {"kind": "flat", "depth": DEPTH},
        "physics": {"manning": 0.0},
        "source": [],
        "forcing": [PULSE],
        "stations": [
            {"name": "floor", "x": 120e3, "y": 4e3, "kind": "pressure"},
            {"name": "buoy", "x": 80e3, "y": 4e3},
        ],
        "output": {
            "directory": str(folder / "out"),
            "stations": {"every": 60},
            "fields": {"every": 600, "variables": ["eta", "air_pressure"]},
        },
        "run": {"backend": "numpy", "precision": "float64"},
    } | more


def known_pressure(x: float | np.ndarray, time: float | np.ndarray) -> np.ndarray:
    """The pressure [Pa] of the pulse, whose leading edge leaves x = 0 at t = 0."""
    s = (x - (SPEED * time - 4 * WIDTH)) / (4 * WIDTH)
    return np.asarray(PEAK * np.maximum(1 - s**2, 0.0) ** 8)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The channel, computed once."""
    folder = tmp_path_factory.mktemp("channel")
    compute(channel(folder))
    return folder / "out"


def test_gauges_and_snapshots_have_the_pressure_of_the_air(found: Path) -> None:
    with xr.open_dataset(found / "stations.nc", decode_times=False) as data:
        time = data.time.values.astype(float)
        for name, x in (("floor", 120e3), ("buoy", 80e3)):
            heard = data.air_pressure.sel(station=name).values
            np.testing.assert_allclose(heard, known_pressure(x, time), rtol=0, atol=0.02 * PEAK)  # bilinear
            assert heard.max() == pytest.approx(PEAK, rel=0.05)
    with xr.open_dataset(found / "fields.nc", decode_times=False) as data:
        for n, time in enumerate(data.time.values.astype(float)):
            seen = data.air_pressure[n].values
            np.testing.assert_allclose(seen, known_pressure(data.x.values, time) + 0 * seen, atol=1e-4 * PEAK)
        assert data.air_pressure.units == "Pa"


def test_the_sea_floor_feels_water_and_air(found: Path) -> None:
    """Under a pulse of speed U over waves of celerity c it is p / (rho g) U^2 / (U^2 - c^2) (Proudman 1929)."""
    with Run.open(found) as run:
        assert (variable_of(run, "floor"), variable_of(run, "buoy")) == ("bottom_pressure_change", "eta")
        assert run.stations is not None
        floor = run.stations.sel(station="floor")
        head = floor.air_pressure.values / (SEA_DENSITY * G)
        np.testing.assert_allclose(floor.bottom_pressure_change, floor.depth_change + head, atol=1e-12)
        larger = SPEED**2 / (SPEED**2 - G * DEPTH)
        assert float(floor.bottom_pressure_change.max()) == pytest.approx(larger * head.max(), rel=0.02)
        assert float(floor.eta.max()) == pytest.approx((larger - 1) * head.max(), rel=0.05)


def test_without_air_pressure_nothing_is_said_of_it(tmp_path: Path) -> None:
    calm = channel(
        tmp_path, forcing=[], source=[{"kind": "hump", "x": 6e4, "y": 4e3, "height": 1, "radius": 9e3}]
    )
    with pytest.raises(InputError, match="output.fields.variables: 'air_pressure' needs air pressure"):
        from_dict(calm)
    calm["output"]["fields"]["variables"] = ["eta"]
    compute(calm)
    with Run.open(tmp_path / "out") as run:
        assert run.stations is not None and "air_pressure" not in run.stations
        assert variable_of(run, "floor") == "depth_change"


@pytest.mark.long
def test_a_pressure_file_says_the_same_as_its_pulse(found: Path, tmp_path: Path) -> None:
    x, y, times = np.arange(-3e3, 244e3, 1e3), np.arange(-3e3, 12e3, 1e3), np.arange(0, 3001, 20.0)
    values = 101325 + np.array([known_pressure(x, t) + 0 * y[:, None] for t in times])
    axes = {
        "time": ("time", times, {"units": "s"}),
        "y": ("y", y, {"units": "m"}),
        "x": ("x", x, {"units": "m"}),
    }
    xr.Dataset({"msl": (("time", "y", "x"), values, {"units": "Pa"})}, axes).to_netcdf(tmp_path / "air.nc")
    compute(channel(tmp_path, forcing=[{"kind": "pressure", "file": str(tmp_path / "air.nc")}]))
    with (
        xr.open_dataset(tmp_path / "out/stations.nc") as other,
        xr.open_dataset(found / "stations.nc") as data,
    ):
        for name, atol in (("air_pressure", 0.01 * PEAK), ("bottom_pressure_change", 3e-4)):
            np.testing.assert_allclose(other[name], data[name], rtol=0, atol=atol)


@pytest.mark.long
def test_ranks_and_restarts_record_the_same(tmp_path: Path) -> None:
    whole = compute(channel(tmp_path / "whole"))
    assert differing(compute(channel(tmp_path / "ranks"), ranks=2), whole) == []
    cut = channel(tmp_path / "cut")
    cut["output"]["checkpoint"] = {"every": 600}
    cut_off(cut, 60)
    assert differing(but_checkpoints(compute(cut, resume=True)), but_checkpoints(whole)) == []
