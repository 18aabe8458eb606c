"""A whole run with gravity at the sea surface: its files, the same bits on ranks and across a restart, bad input."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support.quakes import change, compute, configured, march, quake
from support.scenes import Killed, differing

from esim.drivers.run import simulate
from esim.errors import InputError
from esim.io.cf import variable_attributes
from esim.variables.crust import ETA, ETA_MAX
from esim.variables.ocean import VARIABLES as OCEAN

FILLED = 1e30  # what files have where there is no value is larger
STATIONS = [("deep", -700, 30), ("between", -105, -395), ("coast", 120, 5), ("land", 900, 200)]


def coast(directory: Path | str, **run: Any) -> dict:
    """An explosion below the sea beside a coast; all that is written of the sea surface, in the scene of `quake`."""
    made = change(quake(directory, **{"backend": "numpy", **run}), "time.duration", 0.3)
    made["grid"] |= {"y": [-600, 600], "depth": [-300, 1300], "boundary": {"cells": 3}}
    made["medium"]["layers"][0]["top"] = -1000
    made["topography"] = {"kind": "slope", "depth": 100, "slope": 0.3, "direction": 80}
    made["physics"]["gravity_surface"] = True
    made["source"] = [{**made["source"][2], "x": -300, "depth": 600, "moment": 1e16}]
    made["stations"] = [{"name": name, "x": x, "y": y} for name, x, y in STATIONS]
    output = made["output"]
    output["stations"]["variables"] = ["velocity", "eta"]
    output["fields"] = {"every": 0.1, "variables": ["vz", "eta"]}
    output["maxima"] = {"variables": ["pgv", "eta_max"]}
    output["surface_displacement"], output["planes"] = None, []
    output["checkpoint"]["every"] = 0.1
    return made


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """What one rank writes of the scene."""
    return compute(coast(tmp_path_factory.mktemp("coast")))


def test_the_sea_surface_is_written_where_there_is_one(whole: dict[str, np.ndarray]) -> None:
    written = (whole[name] for name in ("stations.eta", "fields.eta", "maxima.eta_max"))
    eta, fields, highest = (np.where(np.abs(values) < FILLED, values, np.nan) for values in written)
    names = [name for name, _, _ in STATIONS]
    known = dict(zip(names, np.isfinite(eta).all(1), strict=True))
    assert known == {"deep": True, "between": True, "coast": True, "land": False}
    assert np.abs(eta[:3]).max(1).min() > 1e-6
    wet = np.isfinite(highest)
    assert 0.3 < wet.mean() < 0.9 and (np.isfinite(fields) == wet).all()
    # Maxima are of all steps, half a step beside those of snapshots.
    assert (highest[wet] >= 0).all() and (fields[:, wet].max(0) <= 1.1 * highest[wet] + 1e-9).all()
    assert np.nanmax(highest) > 1e-5


def test_the_elevation_is_the_integral_of_the_velocity(tmp_path: Path) -> None:
    """Of water at the surface above a station on the seafloor, over a column that is not absorbed."""
    made = coast(tmp_path)
    made["output"]["stations"] |= {"variables": ["eta", "displacement"]}
    made["stations"] = [{"name": "afloat", "x": -350, "y": 50, "in_water": True}]
    with xr.open_dataset(simulate(configured(made)) / "stations.nc") as found:
        eta, down = (found[name].values[0] for name in ("eta", "uz"))
    assert np.abs(eta).max() > 1e-5
    np.testing.assert_allclose(eta, -down, atol=0.02 * np.abs(eta).max())


@pytest.mark.parametrize("ranks", [2, pytest.param(3, marks=pytest.mark.long)])
@pytest.mark.long
def test_ranks_equal_one_rank(ranks: int, whole: dict[str, np.ndarray], tmp_path: Path) -> None:
    assert differing(compute(coast(tmp_path), ranks), whole) == []


def test_a_killed_run_goes_on_from_its_checkpoint(whole: dict[str, np.ndarray], tmp_path: Path) -> None:
    def end(run: Any, clock: Any) -> None:
        if clock.step == 25:
            raise Killed

    scene = coast(tmp_path)
    with pytest.raises(Killed):
        march(scene, end, 2)
    assert differing(compute(scene, 1, resume=True), whole) == []


@pytest.mark.compile
def test_compiled_bodies_equal_numpy(whole: dict[str, np.ndarray], tmp_path: Path) -> None:
    for threads in (1, 2):
        found = compute(coast(tmp_path / str(threads), backend="cpu", threads=threads))
        assert differing(found, whole) == []


def test_gravity_that_is_off_leaves_no_trace(tmp_path: Path) -> None:
    """No kernel, no array and no state more than before."""
    made = change(coast(tmp_path), "physics.gravity_surface", False)
    made["output"]["stations"]["variables"] = ["velocity"]
    made["output"]["fields"]["variables"], made["output"]["maxima"]["variables"] = ["vz"], ["pgv"]
    made["time"]["duration"] = 0.02

    def look(run: Any, clock: Any) -> None:
        assert run.engine.crust.sea is None

    march(made, look)
    assert not any("eta" in path.name for path in tmp_path.rglob("*"))


# ------------------------------------------------------------------ what CF says, and bad input


def test_crust_and_ocean_describe_the_sea_surface_alike() -> None:
    for name, mine in (ETA | ETA_MAX).items():
        assert mine.attributes() == OCEAN[name].attributes() == variable_attributes(name, False)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"topography.depth": -200, "topography.slope": 0}, "physics.gravity_surface: no water is at the top"),
        ({"topography.water": False}, "physics.gravity_surface: no water is at the top of the block; expected a sea"),
        ({"physics.gravity_surface": False}, "output.stations.variables: 'eta' needs physics.gravity_surface: true"),
        ({"grid.surface": "absorbing", "topography": None},
         "physics.gravity_surface: true needs a free sea surface; grid.surface is 'absorbing', expected 'free'"),
    ],
)  # fmt: skip
def test_what_cannot_be(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    made = coast(tmp_path)
    made["stations"], made["source"][0]["depth"] = [], 900
    for path, value in changes.items():
        change(made, path, value)
    with pytest.raises(InputError) as refused:
        simulate(configured(made))
    assert sentence in str(refused.value)
