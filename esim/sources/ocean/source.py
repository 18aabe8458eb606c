"""What is every tsunami source? A displacement in time, computed or recorded, an initial state, or a landslide."""

from typing import Literal, Protocol, runtime_checkable

import numpy as np

from esim.grids.grid import Grid
from esim.sources.geodesy import Box
from esim.sources.ocean.landslide import Landslide
from esim.sources.ocean.recorded.motion import SeafloorMotionSource


@runtime_checkable
class Source(Protocol):
    """Something that lifts the seafloor ("bed") or the water surface ("water"), at K times."""

    @property
    def name(self) -> str:
        """How to call it in messages and reports."""

    @property
    def target(self) -> Literal["bed", "water"]:
        """What it lifts."""

    @property
    def times(self) -> np.ndarray:
        """Times since the origin [s], (K,), at which the displacement is given; linear between them.

        Nothing has moved before the first one; with K = 1 everything moves at once at that time.
        """

    @property
    def kajiura(self) -> bool:
        """Whether the water surface follows the bed through Kajiura's filter."""

    @property
    def horizontal_on_slope(self) -> bool:
        """Whether `displacement` wants the slopes of the bed."""

    @property
    def moment(self) -> float | None:
        """Seismic moment [N m], None if it has none."""

    @property
    def magnitude(self) -> float | None:
        """Moment magnitude, None if it has none."""

    def check(self, grid: Grid) -> None:
        """Raises InputError if the source lies outside the grid."""

    def region(self, grid: Grid) -> Box:
        """Cells (j0, j1, i0, i1) outside which it moves nothing by more than 0.1 mm; generous."""

    def displacement(
        self,
        x: np.ndarray,
        y: np.ndarray,
        lonlat: bool,
        slope_x: np.ndarray | None = None,
        slope_y: np.ndarray | None = None,
    ) -> np.ndarray:
        """Upward displacement since the origin [m], float64 (K, ny, nx), at cell centres x (nx,), y (ny,).

        slope_x, slope_y: slopes of the bed towards east and north, (ny, nx), bed positive up. The value of a
        cell does not depend on the other cells.
        """


@runtime_checkable
class InitialState(Protocol):
    """Water that does not begin at rest: a surface and a velocity at the origin time."""

    @property
    def name(self) -> str:
        """How to call it in messages and reports."""

    @property
    def target(self) -> Literal["water"]:
        """What it moves."""

    @property
    def whole(self) -> bool:
        """Whether it says where all the water is; else it is a wave on the water that is there."""

    def check(self, grid: Grid) -> None:
        """Raises InputError if it has no place on the grid."""

    def water(self, x: np.ndarray, y: np.ndarray, lonlat: bool) -> np.ndarray:
        """Surface [m] above the water at rest, velocity east and north [m/s], float64 (3, ny, nx), at cell centres.

        A missing surface (NaN) means no water. Below the ground it means no water either. The value of a cell does
        not depend on the other cells.
        """


AnySource = Source | InitialState | Landslide | SeafloorMotionSource
