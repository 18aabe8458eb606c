"""Is a small block, fed with what a larger run has recorded on the faces of a box, what the larger run has there?"""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.quakes import configured, halfspace

from esim.drivers.run import simulate

pytestmark = pytest.mark.long
STATIONS = [(0, 0, 0), (-310, 240, 0), (120, -330, 640), (890, 0, 0), (0, -870, 400), (0, 0, 1290)]
INSIDE = 3  # of them
BOX = {"x": [-500, 500], "y": [-500, 500], "depth": 900}
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
    """36 x 26 x 20 cells: sediments over rock, an earthquake beside the box."""
    made = halfspace(directory, [BLAST], STATIONS, time={"duration": 1.6})
    made["grid"] |= {"x": [-2300, 1300], "y": [-1300, 1300], "depth": [0, 2000], "boundary": {"cells": 4}}
    made["medium"] = {"kind": "grid", "file": str(dipping(directory.parent, attenuation != "none"))}
    made["physics"] = {"attenuation": attenuation, "order": order}
    made["run"] |= {"backend": "numpy", "precision": "float64"}
    made["output"]["injection"] = dict(BOX)
    return made


def small(directory: Path, file: Path, scene: dict) -> dict:
    """The same of 26 x 26 x 18 cells, and the file in place of the earthquake."""
    made = scene | {"source": [{"kind": "injection", "file": str(file)}]}
    made["grid"] = made["grid"] | {"x": [-1300, 1300], "depth": [0, 1800]}
    made["output"] = {key: value for key, value in scene["output"].items() if key != "injection"}
    made["output"]["directory"] = str(directory)
    return made


def records(made: dict) -> np.ndarray:
    found = xr.load_dataset(simulate(configured(made)) / "stations.nc")
    return np.stack([found[name].values for name in ("vx", "vy", "vz")])


@pytest.mark.parametrize(
    ("attenuation", "order"), [("none", 4), ("none", 8), ("conventional", 4), ("coarse", 4)]
)
def test_a_box_holds_what_the_larger_run_has_in_it(tmp_path: Path, attenuation: str, order: int) -> None:
    scene = large(tmp_path / "large", attenuation, order)
    wanted = records(scene)
    found = records(small(tmp_path / "small", tmp_path / "large" / "injection.nc", scene))
    n = min(wanted.shape[-1], found.shape[-1])
    most = np.abs(wanted[:, :INSIDE]).max()
    inside = np.abs(found[:, :INSIDE, -n:] - wanted[:, :INSIDE, -n:]).max() / most
    outside = np.abs(found[:, INSIDE:]).max() / most
    print(attenuation, order, inside, outside)
    assert inside < 0.02 and outside < 0.02
