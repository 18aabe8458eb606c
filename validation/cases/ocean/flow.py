"""How is a flow that formulas describe set up as a run, and what came out of it?

The seafloor and the water at t = 0 go into one NetCDF file beside the runs of a case, on the centres of the cells,
which the configuration names: what a user would do.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from esim.analysis import Run
from esim.config import from_dict
from esim.config.ocean.root import TsunamiConfig
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io import netcdf
from esim.io.atomic import whole_file
from esim.validation.cases.case import Bound

G = 9.81  # m/s2
Formula = Callable[[np.ndarray, np.ndarray], np.ndarray | float]  # of cell centres x (1, nx), y (ny, 1)
ACROSS = 4  # cells across a flume


class Water(NamedTuple):
    """Surface [m] and velocity [m/s] at t = 0; the depth is what the surface lies above the bed, if it does."""

    eta: Formula
    u: Formula = lambda x, y: 0.0
    v: Formula = lambda x, y: 0.0


class Fields(NamedTuple):
    """Snapshots of a run: times (T,) [s], cell centres x (nx,), y (ny,), and h, u, v (T, ny, nx), float64."""

    grid: Grid
    times: np.ndarray
    bed: np.ndarray
    h: np.ndarray
    u: np.ndarray
    v: np.ndarray

    @property
    def x(self) -> np.ndarray:
        """Cell centres along x [degrees or m]."""
        return self.grid.x()

    @property
    def y(self) -> np.ndarray:
        """Cell centres along y [degrees or m]."""
        return self.grid.y()

    @property
    def eta(self) -> np.ndarray:
        """Surface [m], of dry cells the bed: (T, ny, nx)."""
        return self.h + self.bed

    def volumes(self) -> np.ndarray:
        """Water on the grid [m3] at each time."""
        width, height = self.grid.cell_size()
        return np.asarray((self.h.sum(2) * (width * height)).sum(1))

    def drift(self) -> float:
        """Largest change of the volume, as a share of the first."""
        volumes = self.volumes()
        return float(np.abs(volumes / volumes[0] - 1).max())


def configure(
    folder: Path,
    grid: Mapping[str, Any],
    bed: Formula,
    water: Water,
    *,
    times: Sequence[float],
    **more: Any,
) -> TsunamiConfig:
    """The configuration of a run in a folder that ends at the last of evenly spaced times, with snapshots at them.

    Without friction, in double precision and with a time step that follows the flow, unless `more` has other
    sections; those given are merged with these. Writes FOLDER/initial.nc.
    """
    settings: dict[str, Any] = {
        "scenario": "tsunami",
        "title": folder.name.replace("-", " "),
        "time": {"duration": float(times[-1])},
        "grid": dict(grid),
        "bathymetry": {"file": str(folder / "initial.nc"), "variable": "elevation"},
        "physics": {"manning": 0.0},
        "source": [{"kind": "state", "file": str(folder / "initial.nc")}],
        "output": {
            "directory": str(folder),
            "overwrite": True,
            "fields": {"every": float(times[0]), "variables": ["h", "u", "v"]},
            "maxima": None,
        },
        "run": {"precision": "float64", "adaptive": True},
    }
    for key, value in more.items():
        settings[key] = settings.get(key, {}) | value if isinstance(value, dict) else value
    folder.mkdir(parents=True, exist_ok=True)
    # The file is not there yet: the grid of a configuration without it.
    cells = _ocean(settings | {"bathymetry": {"kind": "flat", "depth": 1.0}, "source": []}).grid.build()
    write_initial(folder / "initial.nc", cells, bed, water)
    return _ocean(settings)


def _ocean(settings: Mapping[str, Any]) -> TsunamiConfig:
    cfg = from_dict(settings)
    assert isinstance(cfg, TsunamiConfig)
    return cfg


def flume(x: tuple[float, float], cells: int, ends: tuple[str, str] = ("wall", "wall")) -> dict[str, Any]:
    """The grid of a flume along x [m], a few square cells wide, without side walls."""
    size = (x[1] - x[0]) / cells
    boundary = [*ends, "periodic", "periodic"]
    return {
        "kind": "cartesian",
        "x": list(x),
        "y": [0.0, ACROSS * size],
        "spacing": size,
        "boundary": boundary,
    }


def square(half: float, cells: int, boundary: str = "wall") -> dict[str, Any]:
    """The grid of a square of so many cells along a side around the origin [m]."""
    extent = [-half, half]
    return {
        "kind": "cartesian", "x": extent, "y": extent, "spacing": 2 * half / cells, "boundary": boundary
    }  # fmt: skip


def write_initial(path: Path, grid: Grid, bed: Formula, water: Water) -> None:
    """Writes elevation, eta [m], u and v [m/s] on the cell centres of a grid, which it names in degrees or metres."""
    x, y = grid.x()[None, :], grid.y()[:, None]
    fields = {"elevation": bed, "eta": water.eta, "u": water.u, "v": water.v}
    units = {"elevation": "m", "eta": "m", "u": "m s-1", "v": "m s-1"}
    axes = {"lat": "degrees_north", "lon": "degrees_east"} if grid.lonlat else {"y": "m", "x": "m"}
    with whole_file(path) as temporary, netcdf.create(temporary) as data:
        for (name, unit), values in zip(axes.items(), (grid.y(), grid.x()), strict=True):
            data.createDimension(name, values.size)
            data.createVariable(name, "f8", (name,))[:] = values
            data[name].units = unit
        for name, formula in fields.items():
            data.createVariable(name, "f8", tuple(axes))[:] = formula(x, y) + np.zeros(grid.shape)
            data[name].units = units[name]


def read(folder: Path) -> Fields:
    """The snapshots of a run; raises InputError for a run that has none of h, u and v."""
    with Run.open(folder) as run:
        found = run.fields
        if found is None or not {"h", "u", "v"} <= set(found.data_vars):
            raise InputError(f"{folder}: no h, u and v in fields.nc")
        grid = _ocean(run.record["configuration"]).grid.build()
        arrays = [np.nan_to_num(found[name].values.astype(float)) for name in ("bathymetry", "h", "u", "v")]
        return Fields(grid, found["seconds"].values.astype(float), *arrays)


def arrays(folder: Path) -> dict[str, np.ndarray]:
    """Every number that a run has written into its maps and gauges, dry cells as zero."""
    found = {}
    for path in sorted(folder.glob("*.nc")):
        with netcdf.LIBRARY, netcdf.read(path) as file:
            for name in file.variables:
                if name != "station":
                    found[f"{path.stem}.{name}"] = np.ma.filled(file[name][...], 0)
    return found


def share(found: np.ndarray, known: np.ndarray, power: float = 1) -> float:
    """Norm of the error over that of what is known: power 1 or 2, or infinity for the largest."""
    if np.isinf(power):
        return float(np.abs(found - known).max() / np.abs(known).max())
    return float((np.mean(np.abs(found - known) ** power) / np.mean(np.abs(known) ** power)) ** (1 / power))


def orders(sizes: ArrayLike, errors: ArrayLike) -> list[float]:
    """The powers of the size with which errors fall from one to the next."""
    return list(np.diff(np.log(errors)) / np.diff(np.log(sizes)))


def loosened(finest: float, size: float, order: float) -> float:
    """By how much a limit for the finest cells is wider for coarser ones, if errors fall with an order."""
    return float(max(1.0, size / finest) ** order)


def lost(label: str, drift: float, limit: float = 1e-6) -> Bound:
    """The line for the change of mass."""
    return Bound(f"{label}: change of mass".removeprefix(": "), drift, limit)


def crest(times: np.ndarray, eta: np.ndarray) -> tuple[float, float]:
    """Time and height of the largest value, by a parabola through it and its neighbours; times are evenly spaced."""
    n = int(np.clip(eta.argmax(), 1, eta.size - 2))
    before, top, after = eta[n - 1 : n + 2]
    shift = 0.5 * (before - after) / (before - 2 * top + after)
    return float(times[n] + shift * (times[1] - times[0])), float(top - 0.25 * (before - after) * shift)
