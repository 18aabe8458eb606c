"""How does the seafloor move in another run? Frame by frame, from the plane of the crust to the grid of the ocean."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from esim.errors import InputError
from esim.grids import spline
from esim.grids.conservative_map import PlaneCells
from esim.grids.grid import Grid
from esim.grids.plane_transform import PlaneTransform, inside
from esim.grids.projection import MapProjection
from esim.sources.geodesy import Box
from esim.sources.ocean.recorded.frames import At, Frames, MotionGeometry

TAPER = 0.1  # of the shorter side of the block, by default


class Losses(NamedTuple):
    """What is lost of a displacement: the largest [m] and the volume [m3], up or down."""

    largest: float
    volume: float


@dataclass(frozen=True, eq=False)
class SeafloorMotionSource:
    """The bed of the sea, or its surface, as it moves in a run of the crust.

    b(t) = b0 + uz - ux db/dx - uy db/dy (Tanioka and Satake 1996, GRL 23(8), 861-864), without the horizontal part
    where horizontal_on_slope is not set. Frames come when they are needed, linear between them, and the last one stays;
    open_frames is called on the first rank, when the first one is needed. lonlat says of what kind the grid is. at
    sea_surface it is the water that moves, and the bed rests. taper [m] is the width inside the sides of the block over
    which the motion fades to zero (None: a tenth of the shorter side). map is that of a Cartesian grid, for a plane
    with a place on the Earth.
    """

    name: str
    geometry: MotionGeometry
    open_frames: Callable[[], Frames]
    lonlat: bool
    at: At = "bed"
    instantaneous: bool = False
    kajiura: bool = False
    horizontal_on_slope: bool = True
    taper: float | None = None
    map: MapProjection | None = None
    remarks: tuple[str, ...] = ()  # what the user should know of how it was read
    file: Path | None = None  # whose frames are there before the run begins
    cells: PlaneCells = field(init=False)

    def __post_init__(self) -> None:
        geometry = self.geometry
        if self.lonlat and geometry.projection is None:
            raise InputError(
                f"source {self.name}: the motion has no place on the Earth, but the grid is lonlat; expected "
                "grid.origin in the configuration of the run of the crust"
            )
        transform = PlaneTransform(self.lonlat, geometry.projection, self.map)
        object.__setattr__(self, "cells", PlaneCells(geometry.x, geometry.y, transform))

    @property
    def target(self) -> Literal["bed", "water"]:
        """What it lifts."""
        return "bed" if self.at == "bed" else "water"

    @property
    def slopes_count(self) -> bool:
        """Whether horizontal motion of slopes counts."""
        return self.horizontal_on_slope and self.at == "bed"

    @property
    def taper_width(self) -> float:
        """Width [m] of the taper."""
        (ny, nx), (dx, dy) = self.geometry.shape, self.cells.size
        return TAPER * min(nx * dx, ny * dy) if self.taper is None else self.taper

    @cached_property
    def window(self) -> np.ndarray:
        """What the motion of each cell (ny, nx) is multiplied by: 1 inside, falling to 0 at the sides of the block."""
        along_y, along_x = (
            _ramp(count, size, self.taper_width)
            for count, size in zip(self.geometry.shape, reversed(self.cells.size), strict=True)
        )
        return along_y[:, None] * along_x

    @cached_property
    def _turn(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Cosine and sine of the angle by which the motion of each cell turns into the axes of the grid."""
        angle = self.cells.transform.turn(*np.meshgrid(self.geometry.x, self.geometry.y))
        return None if angle is None else (np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle)))

    def check(self, grid: Grid) -> None:
        """Raises InputError if no cell of the grid lies in the block."""
        j0, j1, i0, i1 = self.region(grid)
        if j0 >= j1 or i0 >= i1:
            x, y = self.cells.outline
            raise InputError(
                f"source {self.name}: the block of the crust and the grid do not overlap; it covers "
                f"{x.min():.7g} to {x.max():.7g}, {y.min():.7g} to {y.max():.7g}, the grid {grid.x0:.7g} to "
                f"{grid.x0 + grid.nx * grid.dx:.7g}, {grid.y0:.7g} to {grid.y0 + grid.ny * grid.dy:.7g}"
            )

    def region(self, grid: Grid) -> Box:
        """Cells that the block reaches."""
        return self.cells.region(grid)

    def coefficients(self, frame: np.ndarray) -> np.ndarray:
        """Spline coefficients of a frame, (3, ny, nx) for motion along the axes of the grid and up, or (1, ny, nx)."""
        upward = np.asarray(frame[-1], np.float64)
        parts = [upward]
        if self.slopes_count:
            if len(frame) != 3:
                raise InputError(
                    f"source {self.name}: horizontal_on_slope needs frames of three components, these have {len(frame)}"
                )
            east, north = np.asarray(frame[0], np.float64), np.asarray(frame[1], np.float64)
            if self._turn is not None:
                c, s = self._turn
                east, north = east * c + north * s, north * c - east * s
            parts = [east, north, upward]
        return spline.coefficients(np.stack(parts) * self.window)

    def volume(self, frame: np.ndarray) -> float:
        """Volume [m3] under the vertical displacement of a frame, before the taper."""
        return float((self.cells.areas * frame[-1]).sum())

    def tapered(self, frame: np.ndarray) -> Losses:
        """What the taper takes from the vertical displacement of a frame."""
        return self._losses(frame[-1] * (1.0 - self.window))

    def outside(self, frame: np.ndarray, grid: Grid) -> Losses:
        """What of the vertical displacement of a frame lies beyond a grid."""
        x, y = self.cells.transform.from_plane(*np.meshgrid(self.geometry.x, self.geometry.y))
        return self._losses(np.where(inside(grid, x, y), 0.0, frame[-1] * self.window))

    def _losses(self, lost: np.ndarray) -> Losses:
        sizes = np.abs(lost)
        return Losses(float(sizes.max()), float((self.cells.areas * sizes).sum()))


def _ramp(count: int, size: float, width: float) -> np.ndarray:
    """Half a cosine from 0 at both sides of a row of cells [m] to 1 at a width [m] from them."""
    side = (np.minimum(np.arange(count), np.arange(count)[::-1]) + 0.5) * size
    if width <= 0:
        return np.ones(count)
    return 0.5 - 0.5 * np.cos(np.pi * np.minimum(side / width, 1.0))
