"""Masses that slide over the bed of an ocean: where they are, it is higher by their thickness."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from esim.grids.grid import CellFunction, Grid
from esim.kernels.ocean import seafloor
from esim.ocean.model import Ocean
from esim.sources import geodesy
from esim.sources.ocean import Landslide


class Motion(Protocol):
    """A motion of the bed that is not known before it happens."""

    @property
    def end(self) -> float:
        """Time [s] after which nothing moves any more."""

    def uplift_on_block(self) -> np.ndarray:
        """Rise of the bed [m] so far on the block with its halo (nj, ni)."""


Part = tuple[slice, slice]  # rows and columns
Fraction = Callable[[float, float], float]  # of a rise that happens between two times [s]

LONG_AGO = 1e9  # s


class LandslideMotion:
    """All landslides on the block of this rank. Making them puts them on the bed, in their first places.

    The bed under way is computed anew at each step from the bed without them, in float64, so that rounding leaves no
    trail behind them. Each cell is computed by itself, and ghost cells are computed as the cells for which they stand.
    """

    def __init__(self, ocean: Ocean, bodies: Sequence[Landslide], end: float) -> None:
        self._ocean, self._bodies = ocean, bodies
        self._rises: list[tuple[Fraction, np.ndarray]] = []
        self._streams: list[Motion] = []
        self._time, self._current = 0.0, False
        rows, columns = shown(ocean)
        self._cells = rows, columns
        self._whole = self._part(geodesy.union([body.region(ocean.grid, end) for body in bodies]))
        self._recent = self._whole
        j, i = self._whole
        x, y = _places(ocean.grid, rows[j], columns[i])
        self._frames = [body.frame(x, y) for body in bodies]
        bed = np.array(ocean.backend.to_host(ocean.bed))
        self._ground = bed[0, j, i].astype(np.float64)
        for body, frame in zip(bodies, self._frames, strict=True):
            if body.in_bathymetry:
                self._ground -= body.body(*frame, 0.0)
        bed[0, j, i] = self._ground + self._thickness(0.0, self._whole)
        ocean.bed[...] = ocean.backend.from_host(bed)
        self._device = ocean.backend.zeros((2, *ocean.block.allocated))
        box = ((j.start, j.stop), (i.start, i.stop))
        self._launches = tuple(
            ocean.backend.bind(seafloor.SET_BED, box, {"q": q, "bed": ocean.bed, "ground": self._device})
            for q in ocean.plan.states
        )
        self._level = None
        if ocean.level is not None:
            given = {"level": ocean.level, "bed": ocean.bed, "ground": self._device}
            self._level = ocean.backend.bind(seafloor.SET_LEVEL, box, given)

    @property
    def end(self) -> float:
        """Time [s] after which all of them rest."""
        return max(body.end for body in self._bodies)

    def follow(self, fraction: Fraction, rise: np.ndarray) -> None:
        """Let the ground beneath take part in a rise [m] of the bed, on the block with its halo (nj, ni)."""
        self._rises.append((fraction, np.array(rise[self._whole], np.float64)))

    def follow_stream(self, motion: Motion) -> None:
        """Let the ground beneath take part in a motion that is applied before each call of `apply`."""
        self._streams.append(motion)

    def uplift(self, end: float) -> np.ndarray:
        """Rise of the bed [m] between the origin time and `end` [s] on the owned cells (nj, ni)."""
        block = self._ocean.block
        change = np.zeros((block.shape[0] + 2 * block.halo, block.shape[1] + 2 * block.halo))
        change[self._whole] = self._thickness(end, self._whole) - self._thickness(0.0, self._whole)
        (j0, j1), (i0, i1) = block.interior
        return change[j0:j1, i0:i1]

    def apply(self, begin: float, end: float) -> None:
        """Move the bed and the water above it as it moves after `begin` and up to `end` [s], in the current state."""
        ocean, backend = self._ocean, self._ocean.backend
        rising = any(fraction(begin, end) for fraction, _ in self._rises)
        rising |= any(begin <= stream.end for stream in self._streams)
        self._current &= begin == self._time
        self._time = end
        if not rising and all(body.still(begin, end) for body in self._bodies):
            return
        part = self._whole
        if self._current and not rising:
            boxes = [body.box(ocean.grid, time) for body in self._bodies for time in (begin, end)]
            part = self._part(geodesy.union(boxes))
        thickness = self._thickness(end, part)
        ground = self._within(self._ground, part) + sum(
            fraction(-LONG_AGO, end) * self._within(rise, part) for fraction, rise in self._rises
        )
        for stream in self._streams:
            ground = ground + self._within(stream.uplift_on_block()[self._whole], part)
        change = thickness - self._thickness(begin, part)
        self._device[(1, *self._recent)] = 0
        self._device[(slice(None), *part)] = backend.from_host(np.stack([ground + thickness, change]))
        self._recent, self._current = part, True
        real = backend.dtype.type
        constants = backend.constants(seafloor.SetBedParams(real(0), real(ocean.physics.dry_depth)))
        if self._level is not None:
            self._level(constants)
        self._launches[ocean.plan.current](constants)

    def _part(self, box: geodesy.Box) -> Part:
        """The rows and columns of the block with its halo that hold all that shows the cells of a box."""
        if not self._ocean.block.cells:
            return slice(0, 0), slice(0, 0)
        return _range(self._cells[0], box[0], box[1]), _range(self._cells[1], box[2], box[3])

    def _thickness(self, time: float, part: Part) -> np.ndarray:
        """Thickness of all bodies together [m] on a part of the block, at a time [s]."""
        total = np.zeros((part[0].stop - part[0].start, part[1].stop - part[1].start))
        for body, frame in zip(self._bodies, self._frames, strict=True):
            along, across = (self._within(field, part) for field in frame)
            total += body.body(along, across, time)
        return total

    def _within(self, field: np.ndarray, part: Part) -> np.ndarray:
        """A field on all rows and columns under the bodies' ways, on a part of them."""
        (j, i), (j0, i0) = part, (self._whole[0].start, self._whole[1].start)
        return field[j.start - j0 : j.stop - j0, i.start - i0 : i.stop - i0]


def landslide_record(ocean: Ocean, body: Landslide, elevation: CellFunction, end: float) -> dict[str, Any]:
    """What a landslide does until `end` [s], for the record of the run, the same on all ranks.

    displaced_m3 is the water that has to make room, where the bed under water is higher in the end than at first.
    """
    grid, comm = ocean.grid, ocean.comm
    j0, j1, i0, i1 = body.region(grid, end)
    cuts = [j0 + (j1 - j0) * n // comm.size for n in range(comm.size + 1)]
    first, last = cuts[comm.rank], cuts[comm.rank + 1]
    mine = np.zeros((2, last - first, i1 - i0))
    if mine.size:
        x, y = grid.x(i0, i1), grid.y(first, last)
        width, height = grid.cell_size(first, last)
        frame = body.frame(x, y)
        begun, ended = (body.body(*frame, time) for time in (0.0, end))
        ground = elevation(x, y) - begun if body.in_bathymetry else elevation(x, y)
        room = np.minimum(ground + ended, 0.0) - np.minimum(ground + begun, 0.0)
        mine[:] = np.stack([begun, np.maximum(room, 0.0)]) * (width * height)[:, None]
    cell = max(float(size.max()) for size in grid.cell_size())
    volume, displaced = (float(field.sum()) for field in np.concatenate(comm.allgather(mine), axis=1))
    return {
        "source": body.name,
        "moment_Nm": None,
        "magnitude": None,
        "volume_m3": volume,
        "displaced_m3": displaced,
        "narrowest_cells": min(body.length, body.width or np.inf) / cell,
        "run_out_m": body.run_out(end),
        "largest_speed_m_s": body.trajectory.speed(max(0.0, end - body.start)),
        "begins_s": body.start,
        "ends_s": body.end if body.end < np.inf else end,  # what never stops is cut off without a warning
    }


def shown(ocean: Ocean) -> tuple[np.ndarray, np.ndarray]:
    """Which row and column of the grid each one of the block with its halo stands for."""
    grid, block = ocean.grid, ocean.block
    rows = np.arange(block.j0 - block.halo, block.j1 + block.halo)
    columns = np.arange(block.i0 - block.halo, block.i1 + block.halo)
    return _seen(rows, grid.ny, grid.boundary[2:]), _seen(columns, grid.nx, grid.boundary[:2])


def _seen(index: np.ndarray, count: int, sides: tuple[str, ...]) -> np.ndarray:
    """Ghost cells mirror the inner ones beyond walls, go on in a nest, and else repeat the outermost ones."""
    if sides[0] == "periodic":
        return index % count
    ghosts = {"wall": (-1 - index, 2 * count - 1 - index), "nest": (index, index)}
    low, high = (ghosts.get(kind, (0 * index, 0 * index + count - 1))[n] for n, kind in enumerate(sides))
    return np.where(index < 0, low, np.where(index >= count, high, index))


def _places(grid: Grid, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centres of the cells of rows and columns, with the bits of Grid.x and Grid.y."""
    return grid.x0 + (columns + 0.5) * grid.dx, grid.y0 + (rows + 0.5) * grid.dy


def _range(index: np.ndarray, first: int, last: int) -> slice:
    """The shortest range of an array that has all values first..last-1 of it."""
    found = np.flatnonzero((index >= first) & (index < last))
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else slice(0, 0)
