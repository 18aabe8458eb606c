"""Volcanic sources in runs of both engines: what moves, what is recorded, drawn, exported and said."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from esim.analysis.export.export import export
from esim.analysis.ocean.figures import fault
from esim.analysis.reading.run import Run
from esim.analysis.report.crust import summary as crust_summary
from esim.analysis.report.ocean import summary as ocean_summary
from esim.config import from_dict
from esim.drivers.run import simulate
from esim.sources.ocean.volcanic import half_space

PLACE = {"lon": 140.0, "lat": 31.5}
MOGI = PLACE | {"kind": "mogi", "depth": 6e3, "volume_change": 2e8, "rise_time": 20.0}
SPHERE = {"kind": "sphere", "lon": 140.2, "lat": 31.6, "depth": 6e3, "radius": 3.3e3, "volume_change": 1e8}
DYKE = {
    "kind": "dyke", "lon": 139.8, "lat": 31.4, "depth": 3e3, "length": 9e3, "width": 5e3, "strike": 30.0, "opening": 3.0
}  # fmt: skip
RING = PLACE | {"kind": "ring_fault", "depth": 500.0, "radius": 1e3, "width": 3e3, "slip": 2.0, "onset": -5.0}
OUTSIDE = {"kind": "clvd", "lon": 138.9, "lat": 31.5, "depth": 5e3, "magnitude": 6.0, "axis": "tension"}


def sea(folder: Path, *sources: dict[str, Any]) -> Path:
    return simulate(
        from_dict(
            {
                "scenario": "tsunami",
                "time": {"duration": "60 s"},
                "grid": {"kind": "lonlat", "west": 139.5, "east": 140.5, "south": 31, "north": 32,
                         "spacing": "1 arcmin", "boundary": "wall"},
                "bathymetry": {"kind": "flat", "depth": 1500},
                "source": list(sources),
                "output": {"directory": str(folder)},
                "run": {"backend": "numpy"},
            }
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def ocean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with all that there is to say of volcanic sources."""
    return sea(tmp_path_factory.mktemp("sea") / "out", MOGI, SPHERE, DYKE, RING, OUTSIDE | {"rigidity": 3e10})


def test_the_bed_rises_by_the_closed_form(tmp_path: Path) -> None:
    folder = sea(tmp_path / "out", MOGI)
    with xr.open_dataset(folder / "maxima.nc") as data:
        rise = data["uplift"].values
        j, i = np.unravel_index(np.argmax(rise), rise.shape)
        lon, lat = float(data["lon"][i]), float(data["lat"][j])
    east, north = np.deg2rad([lon - 140.0, lat - 31.5]) * 6371e3 * [np.cos(np.deg2rad(lat)), 1.0]
    known = half_space.mogi(np.array(east), np.array(north), 6e3, 2e8)[2]
    assert rise.max() == pytest.approx(float(known), rel=2e-3)
    record = json.loads((folder / "run.json").read_text())
    assert not record["warnings"]


def test_what_is_recorded_and_said(ocean: Path) -> None:
    record = json.loads((ocean / "run.json").read_text())
    mogi, sphere, dyke, ring, clvd = record["sources"]
    assert (mogi["begins_s"], mogi["ends_s"], mogi["moment_Nm"], mogi["outline"]) == (0, 20, None, [])
    assert mogi["rupture_start"] == [140.0, 31.5] and clvd["magnitude"] == pytest.approx(6.0)
    assert len(sphere["outline"][0]) == 24 and len(dyke["outline"]) == 1 and len(ring["outline"]) == 32
    assert dyke["magnitude"] is None and ring["begins_s"] == -5
    text = "\n".join(record["warnings"])
    assert "source sphere: its radius is 0.55 of its depth below the ground" in text
    assert "source ring_fault: displaces the seafloor over about 1 km, less than a cell of" in text
    assert "source clvd: lies outside the grid, by 56.9 km; what it moves inside it is computed" in text
    assert "is small for a tsunami" not in text and len(record["warnings"]) == 3


def test_what_is_drawn_exported_and_told(ocean: Path, tmp_path: Path) -> None:
    with Run.open(ocean) as run:
        field = run.maxima["bathymetry"]
        assert len(fault.subfaults(run, field)) == 34  # chamber, dyke, patches
        assert [tuple(place) for place in fault.epicentres(run, field)] == [
            (140.0, 31.5), (140.2, 31.6), (138.9, 31.5)
        ]  # fmt: skip
        told = "".join(str(section) for section in ocean_summary.summary(run, _choices()))
        assert "A volcanic source of magnitude" in told
    files = export(ocean, tmp_path, ("faults",), None, "geojson", None)
    shapes = json.loads(Path(files[0]).read_text())["features"]
    kinds = [shape["geometry"]["type"] for shape in shapes]
    assert kinds[0] == "Polygon" and kinds[1] == "LineString" and len(kinds) == 34


def test_a_run_of_the_crust_keeps_the_planes(tmp_path: Path) -> None:
    """They are drawn as they are; points in rows along them would not tell."""
    ring = RING | {"x": 0.0, "y": 0.0, "lon": None, "lat": None, "depth": 800.0, "width": 1e3, "onset": 0.0}
    mogi = {"kind": "mogi", "x": 0.0, "y": 0.0, "depth": 1.6e3, "volume_change": 1e6}
    folder = simulate(
        from_dict(
            {
                "scenario": "seismic",
                "time": {"duration": "1 s"},
                "grid": {"kind": "cartesian", "x": [-4e3, 4e3], "y": [-4e3, 4e3], "depth": [0, 4e3], "spacing": 400,
                         "boundary": {"kind": "sponge", "cells": 3}},
                "medium": {"kind": "layers", "layers": [{"top": 0, "vp": 5000, "vs": 2900, "rho": 2600}]},
                "source": [mogi | {"rise_time": 1.0}, ring | {"half_duration": 0.5}],
                "output": {"directory": str(tmp_path / "out")},
                "run": {"backend": "numpy"},
            }
        )
    )  # fmt: skip
    record = json.loads((folder / "run.json").read_text())
    chamber, patches = record["sources"]
    mu = 2600 * 2900**2
    lam = 2600 * 5000**2 - 2 * mu
    assert (
        chamber["moment"] == pytest.approx(1.5**0.5 * (lam + 2 * mu) * 1e6, rel=1e-3) and chamber["isotropic"]
    )
    assert len(patches["outline"]) == 32 and np.shape(patches["outline"]) == (32, 4, 3)
    with Run.open(folder) as run:
        told = "".join(str(section) for section in crust_summary.summary(run, _choices()))
        assert "A volcanic source of magnitude" in told


def _choices() -> Any:
    from esim.analysis.report.section import Choices

    return Choices()
