"""How high is the ground where several files say so? The last listed that has a value counts, blended at its edge."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from esim.constants import EARTH_RADIUS
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io.gridded.layout import GriddedVariable
from esim.media.elevation_file import ElevationFile, require_elevation

NODES = 3.0  # of what lies below, or cells if these are larger: width of the blending unless it is given
MOST_CELLS = 30.0  # in that width


class BaseLayer(Protocol):
    """What lies below all others: a formula, or a file that may have gaps."""

    @property
    def resolution(self) -> tuple[float, float] | None:
        """Distance of the data (dx, dy) in degrees or metres; None where it is given by a formula."""

    @property
    def described(self) -> tuple[GriddedVariable, ...]:
        """The file it comes from, if any."""

    def patches(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height [m], positive up, at cell centres, float64 (ny, nx); NaN where it has no value."""


@dataclass(frozen=True)
class Layer:
    """A file of elevations on a grid, and over which width [m] it goes over to what lies below; None: the default."""

    file: ElevationFile
    blend: float | None = None


@dataclass(frozen=True)
class LayeredElevation:
    """Elevation from several files, the last of them on top, over a base: a formula, or a file with gaps."""

    base: BaseLayer
    layers: tuple[Layer, ...]
    grid: Grid

    @property
    def resolution(self) -> tuple[float, float]:
        """Distance of the nodes (dx, dy), degrees or metres, of the finest file; InputError if one is not usable."""
        steps = [source.resolution for source in self.described]
        return min(dx for dx, _ in steps), min(dy for _, dy in steps)

    @cached_property
    def described(self) -> tuple[GriddedVariable, ...]:
        """What the files are; raises InputError if one is not usable."""
        files = [layer.file.describe(self.grid.lonlat) for layer in self.layers]
        return (*self.base.described, *files)

    def check(self) -> None:
        """Raises InputError unless all files are readable, in metres; that they cover the grid shows their values."""
        for source in self.described:
            require_elevation(source)

    def elevation(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Height [m], positive up, float64 (ny, nx) at consecutive cell centres x, y of the grid.

        A cell has the same bits whichever block it is asked for in. Raises InputError for cells for which no file has a
        value.
        """
        total = self.base.patches(x, y)
        for layer, width in zip(self.layers, self.widths, strict=True):
            total = self._laid(layer, width, x, y, total)
        empty = np.isnan(total)
        if empty.any():
            j, i = np.argwhere(empty)[0]
            names = ", ".join(source.path.name for source in self.described)
            dims = self.grid.dims
            raise InputError(
                f"bathymetry: none of {names} has a value at {np.count_nonzero(empty):,} cells, the first at {dims[1]} "
                f"{x[i]:.9g}, {dims[0]} {y[j]:.9g}; list a file that covers the grid first"
            )
        return total

    @cached_property
    def widths(self) -> list[tuple[float, float]]:
        """Over how many cells (along x, along y) each file goes over to what lies below it."""
        g = self.grid
        degree = EARTH_RADIUS * math.radians(1.0) if g.lonlat else 1.0
        shrink = math.cos(math.radians(g.y0 + g.ny * g.dy / 2)) if g.lonlat else 1.0
        size = g.dx * degree * shrink, g.dy * degree
        found = []
        for n, layer in enumerate(self.layers):
            if layer.blend is not None:
                found.append((layer.blend / size[0], layer.blend / size[1]))
            else:
                dx, dy = self._step_below(n)
                found.append((_default_width(dx / g.dx), _default_width(dy / g.dy)))
        return found

    def _step_below(self, n: int) -> tuple[float, float]:
        """Distance of the nodes (dx, dy) of what lies below a layer: of the last file before that covers all of it."""
        *before, own = self.described[: len(self.base.described) + n + 1]
        for below in reversed(before):
            if below.x.missing(*own.x.extent) == below.y.missing(*own.y.extent) == (0.0, 0.0):
                return below.resolution
        return self.base.resolution or (self.grid.dx, self.grid.dy)

    def unused(self) -> list[str]:
        """Names of the files that have no place on the grid."""
        return [
            source.path.name
            for source in self.described
            if not (
                source.x.locate(self.grid.x()).inside.any() and source.y.locate(self.grid.y()).inside.any()
            )
        ]

    def _laid(
        self, layer: Layer, width: tuple[float, float], x: np.ndarray, y: np.ndarray, below: np.ndarray
    ) -> np.ndarray:
        """What lies below, with a layer on it."""
        g = self.grid
        i, j = math.ceil(width[0]), math.ceil(width[1])
        i0, j0 = round((x[0] - g.x0) / g.dx - 0.5) - i, round((y[0] - g.y0) / g.dy - 0.5) - j
        columns, rows = np.arange(i0, i0 + x.size + 2 * i), np.arange(j0, j0 + y.size + 2 * j)
        around = g.x(i0, i0 + columns.size), g.y(j0, j0 + rows.size)
        field = layer.file.read(*around, g.lonlat, (g.dx, g.dy), patchy=True)
        # The edge of the grid is no edge of the file.
        beyond = ((rows < 0) | (rows >= g.ny))[:, None] | ((columns < 0) | (columns >= g.nx))[None, :]
        weight = _distance(np.isnan(field) & ~beyond, width)
        inner = slice(j, j + y.size), slice(i, i + x.size)
        own, weight = field[inner], weight[inner]
        mixed = np.where(weight >= 1, own, below + weight * (own - below))
        return np.where(np.isnan(own), below, np.where(np.isnan(below), own, mixed))


def _default_width(step: float) -> float:
    """Cells of the blending over nodes that are so many cells apart."""
    return min(MOST_CELLS, NODES * max(1.0, step))


def _distance(missing: np.ndarray, width: tuple[float, float]) -> np.ndarray:
    """Distance of cells from the nearest missing one in units of a width (along x, along y), at most 1."""
    if not missing.any() or min(width) == 0:
        return np.where(missing, 0.0, 1.0)
    from scipy.ndimage import distance_transform_edt

    return np.minimum(distance_transform_edt(~missing, sampling=(1 / width[1], 1 / width[0])), 1.0)
