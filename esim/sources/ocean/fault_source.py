"""How does a finite fault displace the seafloor?"""

from dataclasses import dataclass, replace
from math import ceil, log10
from typing import Literal, Self

import numpy as np

from esim.errors import InputError
from esim.grids.grid import Grid
from esim.grids.projection import MapProjection
from esim.io.remembered import REMEMBERED
from esim.sources import bearing
from esim.sources.finite_fault import FiniteFault
from esim.sources.geodesy import Box
from esim.sources.ocean import seafloor
from esim.sources.scaling import moment_of

STEEP = 0.1  # slope of the bed assumed when the region is sought, that of the steepest trenches


@dataclass(frozen=True, eq=False)
class FaultSource:
    """A finite fault that lifts the bed; see `Source` for the meaning of the attributes."""

    name: str
    fault: FiniteFault
    times: np.ndarray
    kajiura: bool = False
    horizontal_on_slope: bool = False
    target: Literal["bed", "water"] = "bed"
    displacement_cutoff: float = 0.0  # fraction of the largest displacement below which it is set to zero
    remarks: tuple[str, ...] = ()  # what the user should know of how it was read
    smallest: float | None = None  # m: of a volcanic source, what cells must resolve; None of an earthquake
    unscaled: FiniteFault | None = (
        None  # the fault before its slip was scaled to a magnitude; None: it was not
    )
    factor: float = 1.0  # of its slip

    @property
    def pattern(self) -> FiniteFault:
        """The fault before its slip was scaled."""
        return self.unscaled or self.fault

    def scaled_to(self, magnitude: float) -> Self:
        """The same source with its slip scaled to a moment magnitude. Raises InputError for a fault without slip."""
        moment = self.fault.moment()
        if not moment > 0:
            raise InputError(f"source {self.name}: has no slip that could be scaled to Mw {magnitude:g}")
        factor = moment_of(magnitude) / moment
        return replace(
            self, fault=self.fault.scaled(factor), unscaled=self.pattern, factor=factor * self.factor
        )

    @property
    def moment(self) -> float | None:
        """Seismic moment [N m]."""
        return self.fault.moment()

    @property
    def magnitude(self) -> float | None:
        """Moment magnitude, None for a fault that only opens."""
        return self.fault.magnitude()

    @property
    def assumed_rigidity(self) -> float | None:
        """Rigidity [Pa] of which moment and magnitude are, where none was given; None where one was."""
        return None if self.fault.rigidity_given else float(np.mean(self.fault.rigidity))

    def check(self, grid: Grid) -> None:
        """Nothing is wrong with a fault outside the grid: it moves the seafloor inside it all the same."""

    def region(self, grid: Grid) -> Box:
        """Cells outside which nothing moves by more than 0.1 mm."""
        # By whole powers of ten, so that it is one region for faults that differ in their magnitude.
        fault = (
            self.fault if self.unscaled is None else self.unscaled.scaled(10.0 ** ceil(log10(self.factor)))
        )
        steep = STEEP if self.horizontal_on_slope else 0.0
        found = REMEMBERED.of((fault, grid, steep), lambda: np.array(seafloor.region(fault, grid, steep)))
        j0, j1, i0, i1 = found.tolist()
        return j0, j1, i0, i1

    def displacement(
        self,
        x: np.ndarray,
        y: np.ndarray,
        lonlat: bool,
        slope_x: np.ndarray | None = None,
        slope_y: np.ndarray | None = None,
    ) -> np.ndarray:
        """Uplift of the seafloor [m], (K, ny, nx)."""
        found = self.unscaled_displacement(x, y, lonlat, slope_x, slope_y)
        return found if self.factor == 1 else self.factor * found

    def unscaled_displacement(
        self,
        x: np.ndarray,
        y: np.ndarray,
        lonlat: bool,
        slope_x: np.ndarray | None = None,
        slope_y: np.ndarray | None = None,
    ) -> np.ndarray:
        """The same of the fault before its slip was scaled."""
        if not self.horizontal_on_slope:
            slope_x = slope_y = None
        return seafloor.uplift(self.pattern, self.times, x, y, lonlat, slope_x, slope_y)


def require_inside(grid: Grid, x: float, y: float, what: str) -> None:
    """Raises InputError if a point is outside the grid, with the box that the grid covers."""
    if grid.contains(x, y):
        return
    names, unit = (("lon", "lat"), " degrees") if grid.lonlat else (("x", "y"), " m")
    east, north = grid.x0 + grid.nx * grid.dx, grid.y0 + grid.ny * grid.dy
    raise InputError(
        f"{what}, {names[0]} {x:.7g}, {names[1]} {y:.7g}, lies outside the grid "
        f"({names[0]} {grid.x0:.7g} to {east:.7g}, {names[1]} {grid.y0:.7g} to {north:.7g}{unit})"
    )


def projected(name: str, fault: FiniteFault, crs: str) -> FiniteFault:
    """A fault in lon and lat on the plane of a map, its strikes turned by the convergence of the meridians."""
    x, y, north = bearing.place(MapProjection(crs), fault.x, fault.y, f"source {name}")
    corners = fault.corners
    if corners is not None:
        there = MapProjection(crs).to_xy(corners[:, :, 0], corners[:, :, 1])
        corners = np.stack([*there, corners[:, :, 2]], axis=2)
    return replace(fault, lonlat=False, x=x, y=y, strike=np.mod(fault.strike + north, 360.0), corners=corners)


def require_coordinates(given: bool, expected: bool, name: str) -> None:
    """Raises InputError if a source is not in the coordinates of the grid: in lon and lat where they are true."""
    words = {True: "lon and lat", False: "x and y"}
    if given != expected:
        kind = "lonlat" if expected else "cartesian"
        more = "" if expected else ", or for faults the key grid.crs, such as EPSG:32654"
        raise InputError(
            f"source {name}: placed by {words[given]}, but the grid is {kind}; expected {words[expected]}{more}"
        )
