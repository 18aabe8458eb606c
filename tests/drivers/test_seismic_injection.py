"""Is a small block, fed with what a larger run has recorded on the faces of a box, what the larger run has there?"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support.quakes import compute, configured, halfspace
from support.scenes import differing

from esim.drivers.run import simulate
from esim.drivers.seismic import Seismic
from esim.errors import InputError
from esim.parallel.comm import SerialComm

pytestmark = pytest.mark.long
STATIONS = [(0, 0, 0), (-190, 150, 0), (120, -230, 640), (890, 0, 0), (0, -870, 400), (0, 0, 1490)]
INSIDE = 3  # of them
BOX = {"x": [-500, 500], "y": [-500, 500], "depth": 1200}
BLAST = {"kind": "double_couple", "x": -1420, "y": 130, "depth": 560, "strike": 30, "dip": 60, "rake": 70,
         "magnitude": 4.0, "time_function": {"kind": "gaussian", "sigma": 0.09, "delay": 0.45}}  # fmt: skip


def dipping(folder: Path, lossy: bool) -> Path:
    """Sediments over rock, with an interface that dips and bends."""
    x, y, depth = np.arange(-3000.0, 3001, 100), np.arange(-3000.0, 3001, 100), np.arange(0.0, 3001, 50)
    z, n, e = np.meshgrid(depth, y, x, indexing="ij")
    rock = 1 / (1 + np.exp(-(z - 500 - 0.2 * e - 150 * np.sin(n / 400)) / 60))
    values = {"vp": 2600 + 1400 * rock, "vs": 1500 + 850 * rock, "rho": 2100 + 400 * rock}
    if lossy:
        values |= {"qp": 60 + 60 * rock, "qs": 30 + 30 * rock}
    path = folder / "model.nc"
    axes = {"depth": depth, "y": y, "x": x}
    xr.Dataset({name: (tuple(axes), value) for name, value in values.items()}, axes).to_netcdf(path)
    return path


def large(directory: Path, attenuation: str = "none", order: int = 4) -> dict:
    """36 x 26 x 22 cells: sediments over rock, an earthquake beside the box."""
    made = halfspace(directory, [BLAST], STATIONS, time={"duration": 1.6})
    made["grid"] |= {"x": [-2300, 1300], "y": [-1300, 1300], "depth": [0, 2200], "boundary": {"cells": 4}}
    made["medium"] = {"kind": "grid", "file": str(dipping(directory.parent, attenuation != "none"))}
    made["physics"] = {"attenuation": attenuation, "order": order}
    made["run"] |= {"backend": "numpy", "precision": "float64"}
    made["output"]["injection"] = dict(BOX)
    return made


def small(directory: Path, file: Path, scene: dict) -> dict:
    """The same of 26 x 26 x 20 cells, and the file in place of the earthquake."""
    made = scene | {"source": [{"kind": "injection", "file": str(file)}]}
    made["grid"] = made["grid"] | {"x": [-1300, 1300], "depth": [0, 2000]}
    made["output"] = {key: value for key, value in scene["output"].items() if key != "injection"}
    made["output"]["directory"] = str(directory)
    return made


def records(made: dict) -> np.ndarray:
    found = xr.load_dataset(simulate(configured(made)) / "stations.nc")
    return np.stack([found[name].values for name in ("vx", "vy", "vz")])


@pytest.mark.parametrize(
    ("attenuation", "order"),
    [
        ("none", 4),
        pytest.param("none", 8, marks=pytest.mark.thorough),
        pytest.param("conventional", 4, marks=pytest.mark.thorough),
        ("coarse", 4),
    ],
)
def test_a_box_holds_what_the_larger_run_has_in_it(tmp_path: Path, attenuation: str, order: int) -> None:
    scene = large(tmp_path / "large", attenuation, order)
    wanted = records(scene)
    found = records(small(tmp_path / "small", tmp_path / "large" / "injection.nc", scene))
    most = np.abs(wanted[:, :INSIDE]).max()
    inside = np.abs(found[:, :INSIDE] - wanted[:, :INSIDE]).max() / most
    outside = np.abs(found[:, INSIDE:]).max() / most
    # With order 8 a station on the surface takes its motion from cells beyond the faces, too; coarse-grained, the
    # weights at the faces are those of the Q of one column.
    assert inside < (2e-3 if attenuation == "coarse" else 5e-4) and outside < 1e-3


@pytest.mark.thorough
def test_ranks_and_a_coarser_record_make_no_difference_that_matters(tmp_path: Path) -> None:
    scene = large(tmp_path / "large")
    compute(scene)
    file = tmp_path / "large" / "injection.nc"
    whole = compute(small(tmp_path / "one", file, scene))
    assert not differing(whole, compute(small(tmp_path / "three", file, scene), ranks=3))
    compute(scene | {"output": scene["output"] | {"directory": str(tmp_path / "ranks")}}, ranks=4)
    one, other = (xr.load_dataset(tmp_path / name / "injection.nc") for name in ("large", "ranks"))
    xr.testing.assert_identical(one.drop_attrs(), other.drop_attrs())
    scene["output"] |= {"directory": str(tmp_path / "sparse"), "injection": BOX | {"every": 0.02}}
    compute(scene)
    sparse = compute(small(tmp_path / "two", tmp_path / "sparse" / "injection.nc", scene))
    for name in ("vx", "vy", "vz"):
        a, b = (found[f"stations.{name}"] for found in (whole, sparse))
        assert np.abs(a - b).max() < 2e-3 * np.abs(whole["stations.vx"]).max()


def test_a_file_that_does_not_fit_is_refused_and_what_is_outside_is_said(tmp_path: Path) -> None:
    scene = large(tmp_path / "large") | {"time": {"duration": 0.1}}
    simulate(configured(scene))
    file = tmp_path / "large" / "injection.nc"

    def told(**grid: Any) -> list[str]:
        made = small(tmp_path / "small", file, scene)
        made["grid"] |= grid
        return list(Seismic().check(configured(made), SerialComm()).warnings.texts)

    assert any("station 's3'" in text and "outside the box of source.0" in text for text in told())
    assert not any("station 's0'" in text and "outside the box" in text for text in told())
    for grid, text in (
        ({"spacing": 50}, "recorded with cells of 100 x 100 x 100 m; expected these as grid.spacing"),
        ({"x": [-1330, 1270]}, "faces at x -500 m are not faces of cells of grid.x"),
        ({"x": [-1200, 1300]}, "does not lie 8 cells inside the sides of the grid along x"),
        ({"depth": [0, 1700]}, "lower face of the box .* is 12 cells down"),
        ({"depth": [100, 2100]}, "the top of the grid was at 0 m"),
    ):
        with pytest.raises(InputError, match=text):
            told(**grid)
    scene["output"]["injection"] = BOX | {"x": [-5000, 500]}
    with pytest.raises(InputError, match="output.injection: the box"):
        Seismic().check(configured(scene), SerialComm())
    path = tmp_path / "model.nc"
    data = xr.load_dataset(path)
    data["rho"] = data.rho * 1.05
    data.to_netcdf(path)
    with pytest.raises(InputError, match="differs from that of the run that recorded it"):
        told()
    with pytest.raises(InputError, match="has no box; expected injection.nc"):
        file = path
        told()
