"""What is kept of a run is what its fields have at each step; arrivals count from where the bed has put the water."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.scenes import configured

from esim.drivers.run import simulate

STEP = 1.0  # s
GRAVITY = 9.80665


def shelf(folder: Path, **more) -> dict:
    """A wave that runs up a beach of 1 in 50, with each step in the file of snapshots."""
    return {
        "scenario": "tsunami",
        "time": {"duration": 400},
        "grid": {
            "kind": "cartesian", "x": [0, 6e3], "y": [0, 3e3], "spacing": 100,
            "boundary": {"south": "wall", "east": "wall"},
        },
        "bathymetry": {"kind": "slope", "depth": 30, "slope": 0.02, "direction": 90},
        "source": [{"kind": "hump", "x": 2e3, "y": 1e3, "height": 3, "radius": 600}],
        "output": {
            "directory": str(folder / "out"),
            "fields": {"every": STEP, "variables": ["eta", "h", "u", "v"]},
            "maxima": {
                "arrival_threshold": [0.01, 0.1],
                "variables": [
                    "eta_max", "eta_min", "speed_max", "momentum_flux_max", "inundation_depth_max", "arrival_time",
                    "arrival_time_positive", "arrival_time_negative", "eta_max_time", "inundation_duration", "extent",
                ],
            },
        },
        "run": {"backend": "numpy", "precision": "float64", "dt": STEP},
    } | more  # fmt: skip


def outputs(made: dict, suffix: str = "") -> tuple[xr.Dataset, xr.Dataset]:
    """Fields and maxima of a grid."""
    found = []
    for stem in ("fields", "maxima"):
        with xr.open_dataset(
            Path(made["output"]["directory"]) / f"{stem}{suffix}.nc", decode_times=False
        ) as data:
            found.append(data.load())
    return found[0], found[1]


def assert_maxima_are_those_of_the_fields(fields: xr.Dataset, maxima: xr.Dataset) -> None:
    wet = fields.h > 1e-3
    land = ~wet[0] & wet.any("time")
    assert land.sum() > 5
    speed = np.hypot(fields.u, fields.v).where(wet, 0.0)
    ever = wet.any("time")
    expected = {
        "eta_max": fields.eta.max("time").where(ever),
        "speed_max": speed.max("time").where(ever),
        "momentum_flux_max": (fields.h * speed**2).max("time").where(ever),
        "inundation_depth_max": fields.h.max("time").where(land),
        "inundation_duration": (STEP * wet[1:].sum("time")).where(land),
        "eta_max_time": fields.time[fields.eta.fillna(-99).argmax("time")].where(ever),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(maxima[name], values, rtol=1e-9, atol=1e-9, err_msg=name)
    change = fields.eta - fields.eta[0].where(wet[0], fields.bathymetry)
    for name, moved in (("positive", change > 0.01), ("negative", change < -0.01)):
        when = fields.time[moved.argmax("time")].where(moved.any("time"))
        seen = maxima[f"arrival_time_{name}"].where(wet[0] & wet.all("time"))
        np.testing.assert_array_equal(seen, when.where(wet[0] & wet.all("time")), err_msg=name)


def test_maxima_are_those_of_the_fields_at_each_step(tmp_path):
    made = shelf(tmp_path)
    # A wave, not a hump at first, so that there is no arrival at once.
    made["source"] = [
        {"kind": "solitary_wave", "x": 500, "y": 0, "direction": 90, "height": 1.5, "depth": 40}
    ]
    simulate(configured(made))
    fields, maxima = outputs(made)
    far = slice(2500, None)  # from where the water is at rest at first
    assert_maxima_are_those_of_the_fields(fields.sel(x=far), maxima.sel(x=far))


@pytest.mark.long
def test_maxima_of_nests_and_of_the_grid_under_them_are_those_of_their_fields(tmp_path):
    made = shelf(tmp_path)
    made["source"] = [
        {"kind": "solitary_wave", "x": 500, "y": 0, "direction": 90, "height": 1.5, "depth": 40}
    ]
    made["time"]["duration"] = 300
    made["grid"]["nests"] = [{"x": [3000, 5000], "y": [500, 2500], "ratio": 2, "activation_threshold": None}]
    simulate(configured(made))
    fields, maxima = outputs(made)
    far = slice(2500, None)
    assert_maxima_are_those_of_the_fields(fields.sel(x=far), maxima.sel(x=far))
    assert_maxima_are_those_of_the_fields(*outputs(made, "_nest1"))


def test_water_that_sinks_with_its_bed_is_no_arrival(tmp_path):
    """The bed sinks by half a metre west of x = 40 km, in water 100 m deep; long waves come from the step it makes."""
    x, y = np.arange(0.5e3, 60e3, 1e3), np.arange(0.5e3, 6e3, 1e3)
    sunk = np.where(x < 40e3, -0.5, 0.0) + 0 * y[:, None]
    data = xr.Dataset({"dz": (("y", "x"), sunk, {"units": "m"})}, {"x": x, "y": y})
    data.to_netcdf(tmp_path / "dz.nc")
    made = shelf(tmp_path)
    made["grid"] |= {"x": [0, 60e3], "y": [0, 6e3], "spacing": 500, "boundary": "wall"}
    made["bathymetry"] = {"kind": "flat", "depth": 100}
    made["source"] = [{"kind": "deformation", "file": str(tmp_path / "dz.nc")}]
    made["time"]["duration"] = 900
    # Half of the front of a quarter of a metre: its foot is as wide as some cells.
    made["output"]["maxima"]["arrival_threshold"] = 0.125
    made["output"]["maxima"]["variables"] = ["arrival_time", "arrival_time_positive", "arrival_time_negative"]
    made["run"]["dt"] = 5.0
    made["output"]["fields"] = None
    simulate(configured(made))
    with xr.open_dataset(tmp_path / "out" / "maxima.nc", decode_times=False) as found:
        row = found.isel(y=5).load()
    celerity = np.sqrt(GRAVITY * 100)
    for place in (15e3, 20e3, 30e3, 50e3):
        expected = abs(place - 40e3) / celerity
        seen = float(row.arrival_time.interp(x=place))
        assert seen == pytest.approx(expected, rel=0.08), place
    # On the side that has sunk the water rises again, on the other it falls.
    assert row.arrival_time_positive.sel(x=slice(15e3, 38e3)).notnull().all()
    assert row.arrival_time_negative.sel(x=slice(15e3, 38e3)).isnull().all()
    assert row.arrival_time_negative.sel(x=slice(42e3, 55e3)).notnull().all()
