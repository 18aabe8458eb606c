"""Which initial state has the water? Surface and velocity from a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io.gridded import reader
from esim.io.gridded.expected import Expected
from esim.io.gridded.layout import GriddedVariable
from esim.sources.formats.units import METRE, METRE_PER_SECOND

UNITS = {"eta": METRE, "u": METRE_PER_SECOND, "v": METRE_PER_SECOND}
LIMITS = {"eta": (-12e3, 10e3), "u": (-1e3, 1e3), "v": (-1e3, 1e3)}


@dataclass(frozen=True, eq=False)
class State:
    """The surface eta [m] of a NetCDF file and, if it has them, the velocities u, v [m/s]; see `InitialState`.

    eta is in the datum of the bathymetry, sea_level [m] that of the water at rest. record is the number of the record
    in time, None for a file without.
    """

    name: str
    variables: tuple[GriddedVariable, ...]
    record: int | None
    sea_level: float
    whole: bool = True
    target: Literal["water"] = "water"

    def check(self, grid: Grid) -> None:
        """Raises InputError if the file and the grid have no cell in common."""
        eta = self.variables[0]
        if not (eta.y.locate(grid.y()).inside.any() and eta.x.locate(grid.x()).inside.any()):
            (west, east), (south, north) = eta.x.extent, eta.y.extent
            raise InputError(
                f"{eta.path}: the state lies outside the grid; it covers {west:.7g} to {east:.7g}, "
                f"{south:.7g} to {north:.7g}"
            )

    def water(self, x: np.ndarray, y: np.ndarray, lonlat: bool) -> np.ndarray:
        """Surface above the level at rest [m] and velocity [m/s], (3, ny, nx); at rest outside the file."""
        result = np.zeros((3, len(y), len(x)))
        for variable in self.variables if result.size else ():
            name = variable.name
            result["eta u v".split().index(name)] = reader.read_field(
                variable.path,
                name,
                x,
                y,
                lonlat,
                fill=self.sea_level if name == "eta" else 0.0,
                expected=Expected(LIMITS[name]),
                record=self.record,
                coverage=0.0,  # up to the next node: how far water reaches there, the bed says
            )
        result[0] -= self.sea_level
        result[1:] = np.nan_to_num(result[1:])
        return result


def read(path: Path, lonlat: bool, time: float | None = None, sea_level: float = 0.0) -> State:
    """Describes the state in a file without reading its values.

    time [s], as the file counts it, picks one of several records. Raises InputError if the file is not usable, has no
    eta, has only one of u and v, has other units, or has no such record.
    """
    there = reader.names(path)
    flow = [name for name in ("u", "v") if name in there]
    if "eta" not in there or len(flow) == 1:
        missing = "eta" if "eta" not in there else ({"u", "v"} - set(flow)).pop()
        raise InputError(
            f"{path}: has no variable {missing}; expected eta [m] and, for moving water, u and v [m/s]"
        )
    variables = tuple(reader.describe(path, name, lonlat) for name in ("eta", *flow))
    for variable in variables:
        if variable.units not in UNITS[variable.name]:
            expected = UNITS[variable.name][1]
            raise InputError(
                f"{path}: variable {variable.name} is in '{variable.units}', expected {expected}"
            )
        if variable.records != variables[0].records:
            raise InputError(f"{path}: variable {variable.name} has other times than eta")
    record = _record(path, variables[0], lonlat, time)
    return State(path.name, variables, record, sea_level)


def _record(path: Path, eta: GriddedVariable, lonlat: bool, time: float | None) -> int | None:
    """Number of the record at a time."""
    if eta.records is None or (eta.records == 1 and time is None):
        if time is not None:
            raise InputError(f"{path}: has no times, so leave the key time out")
        return None if eta.records is None else 0
    times, _ = reader.read_times(path, eta.name, lonlat)
    listed = f"it has {eta.records} records from {times[0]:g} to {times[-1]:g} s"
    if time is None:
        raise InputError(f"{path}: say with the key time which record is meant; {listed}")
    nearest = int(np.abs(times - time).argmin())
    if abs(times[nearest] - time) > 1e-3:
        raise InputError(
            f"{path}: has no record at {time:g} s, the nearest is at {times[nearest]:g} s; {listed}"
        )
    return nearest
