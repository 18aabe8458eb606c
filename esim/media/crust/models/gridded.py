"""Which values has a point of a 3-D model in a NetCDF file? Linear between its nodes in depth, y and x.

Only the window that the points need is read. A point has the same bits whichever other points are asked for
with it. Q is interpolated as 1/Q. A solid next to a fluid in the file becomes slower towards it: put the sea into
the topography of the run rather than into the model.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.crust.scaling import rho_of_vp, scaling_remarks, vp_of_vs
from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.io.gridded.axis import Places
from esim.media.crust.checks import ROUNDING, require_sound, require_top
from esim.media.crust.medium import QP, RHO, VP, VS
from esim.media.crust.models import netcdf_layout
from esim.media.crust.models.netcdf_layout import Layout

STRIP = 4_000_000  # values treated at one time
ROCK = (5000.0, 2500.0, 2700.0, np.inf, np.inf)  # any that is sound, for nodes that are not looked at
Pick = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Gridded:
    """A medium from the variables vp, vs, rho and, if there, qp, qs of a NetCDF file on (depth, lat, lon) or y, x.

    projection turns x, y of the grid into degrees for a file that has these. With scaling, vp and rho may be missing,
    and are made of vs at the nodes (esim.config.crust.scaling). Above its first depth the topmost
    values are continued if it begins at sea level or higher. With fill, nodes without a value from the top of a column
    down, in the air above the ground of the model, take that of the first node below that has one.
    """

    path: Path
    projection: Projection | None
    scaling: str | None = None
    fill: bool = False
    interfaces: tuple[float, ...] = ()
    layered: bool = False

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is made of what, where the file has only a part of it."""
        names = self._layout.names
        of_vs, of_vp = (np.zeros(0) if names[row] is None else None for row in (VP, RHO))
        return tuple(scaling_remarks(str(self.path), of_vs, of_vp))

    @property
    def detail(self) -> float:
        """Least distance of the depths of the file [m]."""
        return float(np.diff(self._layout.depth.points).min())

    def check(self, grid: Grid3D) -> None:
        """Raises InputError unless the file covers the grid, and has sound values at all nodes it needs."""
        layout, x, y = self._layout, grid.horizontal.x(), grid.horizontal.y()
        self._require_depths(grid)
        rows, columns = self._border(x, y)
        self._require_sides(grid, rows, columns)
        rows, columns = self._horizontal(x, y)
        spans = (
            layout.depth.locate(grid.depth()).window,
            layout.y.locate(rows).window,
            layout.x.locate(columns).window,
        )
        first = 0 if self.fill else spans[0][0]
        empty = np.full([stop - start for start, stop in spans[1:]], self.fill)
        with _opened(self.path) as data:
            for k in range(first, spans[0][1]):
                plane = self._read(data, ((k, k + 1), *spans[1:]))
                empty &= _without_value(plane)[0]
                plane[:, 0, empty] = np.array(ROCK)[:, None]
                if k >= spans[0][0]:
                    self._require_plane(plane, (k, spans[1][0], spans[2][0]))

    def sample(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at x (nx,), y (ny,), depth (nz,) [m]: float64 (5, nz, ny, nx).

        Raises InputError if the file has no value there.
        """
        return self.sample_at(x, y, np.broadcast_to(depth[:, None, None], (depth.size, y.size, x.size)))

    def sample_at(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """As sample, at depths (nz, ny, nx) of their own in each column."""
        window, places = self._window(x, y, depth)
        window[QP:] = 1 / window[QP:]
        values = _interpolated(window, *places)
        self._require_values(values, x, y, depth)
        with np.errstate(divide="ignore"):
            values[QP:] = 1 / values[QP:]
        return values

    def filled_at(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """Whether values at x (nx,), y (ny,), depth (nz, ny, nx) [m] are made from nodes that had none."""
        window, places = self._window(x, y, depth, filled=True)
        return np.asarray(_interpolated(window, *places)[0] > 0)

    def _window(
        self, x: np.ndarray, y: np.ndarray, depth: np.ndarray, filled: bool = False
    ) -> tuple[np.ndarray, tuple[Places, Places, Places]]:
        """Values (5, depth, y, x) of the nodes around points, or one for those that were filled, and their places."""
        layout = self._layout
        rows, columns = self._horizontal(x, y)
        places = layout.depth.locate(depth), layout.y.locate(rows), layout.x.locate(columns)
        spans = tuple(place.window for place in places)
        with _opened(self.path) as data:
            window = self._nodes(data, spans, filled)
        moved = (
            Places(at.left - first, at.right - first, at.weight, at.inside)
            for at, (first, _) in zip(places, spans, strict=True)
        )
        return window, tuple(moved)  # type: ignore[return-value]

    def _nodes(self, data: Any, spans: tuple[tuple[int, int], ...], filled: bool = False) -> np.ndarray:
        """Values (5, depth, y, x) of nodes, gaps filled where they are to be, or one for those that were filled."""
        window = self._read(data, spans)
        if not self.fill or not (filled or _without_value(window).any()):
            return window
        # What is missing is found in the whole column, so that it is the same for all points.
        whole = self._read(data, ((0, self._layout.depth.points.size), *spans[1:]))
        return _filled(whole, filled)[:, slice(*spans[0])]

    def at(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at points x, y, depth (n,) [m]: float64 (5, n); the file is opened once.

        Raises InputError if the file has no value there.
        """
        layout = self._layout
        rows, columns = self._in_file(x, y)
        in_depth, in_y, in_x = layout.depth.locate(depth), layout.y.locate(rows), layout.x.locate(columns)
        across = (in_y.window, in_x.window)
        height = max(1, STRIP // math.prod(last - first for first, last in across))
        ends = np.empty((2, 5, depth.size))  # at the depths of the file above and below
        with _opened(self.path) as data:
            for k in range(in_depth.window[0], in_depth.window[1], height):
                span = (k, min(k + height, in_depth.window[1]))
                window = self._nodes(data, (span, *across))
                window[QP:] = 1 / window[QP:]
                for values, plane in zip(ends, (in_depth.left, in_depth.right), strict=True):
                    here = np.flatnonzero((plane >= span[0]) & (plane < span[1]))
                    pick = _picker(window, plane[here] - k)
                    places = (_picked(in_y, here, across[0][0]), _picked(in_x, here, across[1][0]))
                    values[:, here] = _across(pick, *places)
        upper, lower = ends
        values = np.asarray(upper + in_depth.weight * (lower - upper))
        if not np.isfinite(values[: RHO + 1]).all():
            n = int(np.argmin(np.isfinite(values[: RHO + 1]).all(axis=0)))
            raise InputError(
                f"{self.path}: no value (NaN or missing) at x {x[n]:g}, y {y[n]:g}, depth {depth[n]:g} m"
            )
        with np.errstate(divide="ignore"):
            values[QP:] = 1 / values[QP:]
        return values

    @cached_property
    def _layout(self) -> Layout:
        with _opened(self.path) as data:
            layout = netcdf_layout.find(self.path, data, self.scaling is not None)
        if layout.lonlat and self.projection is None:
            raise InputError(
                f"{self.path}: is in longitude and latitude, for which grid.origin {{lon, lat}} must be given"
            )
        return layout

    def _read(self, data: Any, spans: tuple[tuple[int, int], ...]) -> np.ndarray:
        """All five values at a window of nodes (5, depth, y, x); Q that is 0 or missing is infinite."""
        layout = self._layout
        values = np.full((5, *(last - first for first, last in spans)), np.inf)
        for row, name in enumerate(layout.names):
            if name is not None:
                values[row] = layout.window(data, name, layout.scale[row], spans)
        solid = values[VS] != 0  # vs of a fluid is no measure
        if layout.names[VP] is None:
            values[VP] = np.where(solid, vp_of_vs(values[VS]), np.nan)
        if layout.names[RHO] is None:
            values[RHO] = np.where(solid, rho_of_vp(values[VP]), np.nan)
        q = values[QP:]
        q[(q == 0) | np.isnan(q)] = np.inf
        return values

    def _horizontal(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The coordinates of the file (y, x), each (ny, nx), of the points of a grid [m]."""
        columns, rows = np.meshgrid(x, y)
        return self._in_file(columns, rows)

    def _border(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The coordinates of the file (y, x) of the outermost points of a grid [m]."""
        columns = np.concatenate([x, x, np.full(y.size, x[0]), np.full(y.size, x[-1])])
        rows = np.concatenate([np.full(x.size, y[0]), np.full(x.size, y[-1]), y, y])
        return self._in_file(columns, rows)

    def _in_file(self, columns: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self._layout.lonlat and self.projection is not None:
            columns, rows = self.projection.to_lonlat(columns, rows)
        return rows, columns

    def _require_depths(self, grid: Grid3D) -> None:
        depth = self._layout.depth
        require_top(depth.extent[0], grid, str(self.path))
        short = depth.missing(grid.depth()[-1:])[1]
        if short > ROUNDING * grid.dz:
            raise InputError(
                f"{self.path}: ends at depth {depth.points[-1]:g} m and does not cover {grid.extent()}; short by "
                f"{short:g} m at the bottom"
            )

    def _require_sides(self, grid: Grid3D, rows: np.ndarray, columns: np.ndarray) -> None:
        layout = self._layout
        gaps = zip(
            ("west", "east", "south", "north"),
            layout.x.missing(columns) + layout.y.missing(rows),
            strict=True,
        )
        unit = "degrees" if layout.lonlat else "m"
        limit = ROUNDING * (1 if layout.lonlat else grid.horizontal.dx)
        short = ", ".join(f"{gap:.6g} {unit} in the {side}" for side, gap in gaps if gap > limit)
        if short:
            names = ("lon", "lat") if layout.lonlat else ("x", "y")
            x, y = layout.x.extent, layout.y.extent
            raise InputError(
                f"{self.path}: covers {names[0]} {x[0]:.9g}..{x[1]:.9g} and {names[1]} {y[0]:.9g}..{y[1]:.9g}, but not "
                f"{grid.extent()}; short by {short}"
            )

    def _require_plane(self, values: np.ndarray, origin: tuple[int, int, int]) -> None:
        """Raises InputError unless nodes (5, 1, y, x), the first one at `origin` of the file, can be rock."""
        require_sound(values, lambda index: self._place(index, origin))

    def _place(self, index: tuple[int, ...], origin: tuple[int, int, int]) -> str:
        layout = self._layout
        k, j, i = (n + first for n, first in zip(index, origin, strict=True))
        names = ("lon", "lat") if layout.lonlat else ("x", "y")
        return (
            f"{self.path} at {names[0]} {layout.x.points[i]:.9g}, {names[1]} {layout.y.points[j]:.9g}, depth "
            f"{layout.depth.points[k]:g} m"
        )

    def _require_values(self, values: np.ndarray, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> None:
        empty = ~np.isfinite(values[: RHO + 1]).all(axis=0)
        if empty.any():
            k, j, i = np.argwhere(empty)[0]
            raise InputError(
                f"{self.path}: no value (NaN or missing) at {np.count_nonzero(empty)} points, the first at x {x[i]:g}, "
                f"y {y[j]:g}, depth {depth[k, j, i]:g} m; fill the gaps in the file, or give topography if they are in "
                "the air"
            )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The open file; a failure to read it becomes an InputError that names it."""
    from esim.io import netcdf

    try:
        with netcdf.LIBRARY, netcdf.read(path) as data:
            yield data
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: not a NetCDF file, or a damaged one ({reason})") from error


def _without_value(values: np.ndarray) -> np.ndarray:
    """Which nodes (5, ...) lack one of vp, vs, rho."""
    return np.asarray(np.isnan(values[: RHO + 1]).any(0))


def _filled(whole: np.ndarray, mark: bool) -> np.ndarray:
    """Columns (5, depth, y, x) whose nodes without a value from the top down have that of the first one below.

    mark: one for these nodes, else zero, in place of values.
    """
    empty = np.logical_and.accumulate(_without_value(whole), axis=0)
    if mark:
        return np.broadcast_to(empty.astype(np.float64), whole.shape)
    first = np.minimum(empty.sum(0), len(empty) - 1)[None, None]
    return np.where(
        empty, np.take_along_axis(whole, np.broadcast_to(first, (5, *first.shape[1:])), axis=1), whole
    )


def _interpolated(window: np.ndarray, depth: Places, y: Places, x: Places) -> np.ndarray:
    """Values (5, nz, ny, nx) of a window (5, depth, y, x) at places."""
    nz, ny, nx = depth.left.shape
    values = np.empty((5, nz, ny, nx))
    step = max(1, STRIP // (max(window.shape[1], nz) * nx))
    for first in range(0, ny, step):
        part = slice(first, min(first + step, ny))
        below = Places(*(field[:, part] for field in depth))
        for row in range(5):
            columns = y.part(part.start, part.stop), x.part(part.start, part.stop)
            planes = _across(_layers(window[row]), *columns)
            values[row, :, part] = _down(planes, below)
    return values


def _picked(places: Places, index: np.ndarray, origin: int) -> Places:
    """Some of the places, with nodes counted from the first of the window."""
    left, right, weight, inside = (values[index] for values in places)
    return Places(left - origin, right - origin, weight, inside)


def _layers(window: np.ndarray) -> Pick:
    """The values of each depth of a window (depth, y, x) at nodes j, i."""
    return lambda j, i: window[:, j, i]


def _picker(window: np.ndarray, k: np.ndarray) -> Pick:
    """The values (5, n) of a window (5, depth, y, x) at nodes k, j, i (n,)."""
    return lambda j, i: window[:, k, j, i]


def _across(pick: Pick, y: Places, x: Places) -> np.ndarray:
    """Values at places between nodes, whose own values `pick` has at rows and columns in the shape of the places."""
    south = pick(y.left, x.left)
    south = south + x.weight * (pick(y.left, x.right) - south)
    north = pick(y.right, x.left)
    north = north + x.weight * (pick(y.right, x.right) - north)
    return south + y.weight * (north - south)


def _down(planes: np.ndarray, depth: Places) -> np.ndarray:
    """Values (nz, ny, nx) between planes of the window."""
    upper, lower = (np.take_along_axis(planes, nodes, axis=0) for nodes in (depth.left, depth.right))
    return np.asarray(upper + depth.weight * (lower - upper))
