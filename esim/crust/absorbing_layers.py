"""Where are waves absorbed, and how strongly? The layers along the sides of the crust."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.backends import Backend
from esim.crust.layout import Box3
from esim.crust.settings import CrustSettings
from esim.grids.grid3d import Grid3D
from esim.parallel.decomposition import Block

# CPML with s = stretch + damping / (shift + i omega), by the way g into a layer: damping = d g^2, stretch = 1 +
# (c - 1) g^2, shift = pi f (1 - g^n). d is such that the fastest waves, straight in and back, keep exp(-DAMPING).
# Around a fast plate between soft layers some guided waves carry energy against the way of their crests, and damping
# makes these grow, the more the slower their crests are: by exp(DAMPING fastest / slowest). So that is limited to
# exp(GAIN), the stretch c, in which nothing can grow, is the same ratio, at most STRETCH, and velocities are damped in
# addition, which no wave survives: at a rate [1/s] of FRICTION times the ratio, times fastest / thickness, times g^4.
# Stress is not damped, and the shift falls to zero outwards: both leave permanent displacement as it is. The shift
# falls later in ground that guides, n = 1 for a ratio up to 1.8, 4 from 3 on. Friction and the late fall send back a
# part of waves much longer than the layer is thick. So both follow the ratio only as far as the ground guides waves
# (esim.crust.guided_waves), and friction falls with (ratio / UNEVEN)^3 where that is small. Guided waves travel along
# the ground: layers below and above it have n = 1 and no friction, and end at a dashpot, or the ground between
# periodic sides would glide on for ever. In ground that does not guide all of this comes near to plain CPML. Chosen by
# long runs, see validation/results/crust.md.
DAMPING, GAIN, STRETCH, FRICTION = 11.5, 75.0, 8.0, 0.036
POWER, FRICTION_POWER, RADIATION_POWER = 2, 4, 3  # of g in damping and stretch, in friction, in that of a sea
UNEVEN = 5.0  # ratio from which on friction is whole
# With gravity at a sea surface, layers at the sides damp its elevation and velocities of water alike, at a rate [1/s]
# of RADIATION times the speed of long waves over the thickness, times g^3: in long waves the two go as pressure and
# velocity do in sound, and where both are damped alike nothing comes back however thin the layer is. Of a wave that
# goes in and back exp(-RADIATION / 2) is left.
RADIATION = 12.0
CERJAN = 0.3  # a sponge keeps exp(-(CERJAN * way into it)^2) of a wave in its last cell after a step

LOW = ("west", "south", "top")  # sides where numbers of cells begin


@dataclass(frozen=True)
class AbsorbingLayer:
    """An absorbing layer on this rank: kind cpml or sponge, axis across it, its box in the block's arrays.

    memory is (6, k, j, i) on the box for CPML, profile what the kernels call coef, or keep of a sponge; kept_before is
    what kernels of CPML call keep.
    """

    kind: str
    axis: str
    side: str
    thickness: int  # cells, of the whole layer
    box: Box3
    memory: Any
    profile: Any
    kept_before: Any

    def arrays(self, group: str) -> dict[str, Any]:
        """The layer's own arrays, by the names that kernels of a group use."""
        (k0, _), (j0, _), (i0, _) = self.box
        corner = {"k0": k0, "j0": j0, "i0": i0}
        if self.kind == "sponge":
            return corner | {"keep": self.profile}
        first = 0 if group == "velocity" else 3
        memory = dict(zip(("psi_n", "psi_1", "psi_2"), self.memory[first : first + 3], strict=True))
        return corner | memory | {"coef": self.profile, "keep": self.kept_before}


def build_layers(
    grid: Grid3D, block: Block, backend: Backend, settings: CrustSettings
) -> list[AbsorbingLayer]:
    """The absorbing layers of a run, in the order in which kernels have to run; those that a rank has no part of are
    empty there."""
    sides = (
        ("x", "west", settings.kinds[0]),
        ("x", "east", settings.kinds[0]),
        ("y", "south", settings.kinds[1]),
        ("y", "north", settings.kinds[1]),
        ("z", "bottom", settings.kinds[2]),
        ("z", "top", settings.kinds[3]),
    )
    return [
        _layer(grid, block, backend, settings, kind, axis, side)
        for wanted in ("cpml", "sponge")
        for axis, side, kind in sides
        if kind == wanted
    ]


def _layer(
    grid: Grid3D, block: Block, backend: Backend, settings: CrustSettings, kind: str, axis: str, side: str
) -> AbsorbingLayer:
    box, index = _place(grid, block, settings.cells, axis, side)
    shape = [b - a for a, b in box]
    centre = _way(grid, settings, axis, side, index + 0.5)
    if kind == "sponge":
        kept = _along(axis, sponge_kept(centre)[None])
        profile = backend.from_host(np.broadcast_to(kept, (1, *shape)))
        return AbsorbingLayer(kind, axis, side, settings.cells, box, None, profile, None)
    size = grid.spacing["xyz".index(axis)] * settings.cells
    beside = _way(grid, settings, axis, side, index + (0.0 if axis == "z" else 1.0))
    rows = [cpml_profile(way, size, settings, axis) for way in (centre, beside)]
    kept = end_kept(centre, size, settings) if axis == "z" else velocity_kept(centre, size, settings)
    rows.append(kept[None])
    profile = backend.from_host(_along(axis, np.concatenate(rows)))
    before = backend.from_host(_kept_before(grid, block, settings, axis))
    memory = backend.zeros((6, *shape))
    return AbsorbingLayer(kind, axis, side, settings.cells, box, memory, profile, before)


def _place(grid: Grid3D, block: Block, cells: int, axis: str, side: str) -> tuple[Box3, np.ndarray]:
    """Box of a layer in the arrays of a block, and the numbers of its cells along its axis."""
    number, h = "zyx".index(axis), block.halo
    ranges = [_range(grid, block, other) for other in "zyx"]
    begin, end = (0, cells) if side in LOW else (grid.shape[number] - cells, grid.shape[number])
    first, last = ranges[number]
    begin, end = max(begin, first), min(end, last)
    if begin >= end:
        return ((h, h), (h, h), (h, h)), np.arange(0)
    box = [(h, h + b - a) for a, b in ranges]
    box[number] = (begin - first + h, end - first + h)
    return (box[0], box[1], box[2]), np.arange(begin, end)


def _range(grid: Grid3D, block: Block, axis: str) -> tuple[int, int]:
    """First and last number of the cells of a rank along an axis."""
    return {"z": (0, grid.nz), "y": (block.j0, block.j1), "x": (block.i0, block.i1)}[axis]


def _way(grid: Grid3D, settings: CrustSettings, axis: str, side: str, at: np.ndarray) -> np.ndarray:
    """How far into a layer, from 0 at its inner edge and before it to 1, at numbers of cells."""
    cells, size = settings.cells, grid.shape["zyx".index(axis)]
    depth = cells - at if side in LOW else at - (size - cells)
    return np.clip(depth / cells, 0, 1)


def _along(axis: str, rows: np.ndarray) -> np.ndarray:
    """Rows (n, cells) as an array [n, k, j, i] that changes along an axis only."""
    shape = [1, 1, 1]
    shape["zyx".index(axis)] = rows.shape[1]
    return rows.reshape(rows.shape[0], *shape)


def _kept_before(grid: Grid3D, block: Block, settings: CrustSettings, axis: str) -> np.ndarray:
    """What layers across the axes before this one leave of a velocity, [1, 1, j, i] of a rank's cells."""
    kept = np.ones((1, 1, 1, 1))
    for other, low, high, kind in _sides(settings):
        if other == axis:
            break
        at = np.arange(*_range(grid, block, other)) + 0.5
        size = grid.spacing["xyz".index(other)] * settings.cells
        left = np.ones_like(at)
        if kind == "cpml":
            for side in (low, high):
                left = left * velocity_kept(_way(grid, settings, other, side, at), size, settings)
        kept = kept * _along(other, left[None])
    return kept


def cpml_profile(way: np.ndarray, thickness: float, settings: CrustSettings, axis: str) -> np.ndarray:
    """b, a, g (3, n) of kernels.crust.cpml at relative depths `way` (n,) into a layer of a thickness [m]."""
    damping, stretch, shift = stretching(way, thickness, settings, axis)
    b = np.exp(-(damping / stretch + shift) * settings.dt)
    both = damping + stretch * shift
    a = np.where(damping > 0, damping / (stretch * np.where(both > 0, both, 1.0)) * (b - 1), 0.0)
    return np.stack([b, a, 1 / stretch - 1])


def stretching(
    way: np.ndarray, thickness: float, settings: CrustSettings, axis: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Damping [1/s], stretch [-] and shift [1/s] at relative depths `way` (n,) into a layer of a thickness [m]."""
    total = min(DAMPING, GAIN / settings.contrast)
    damping = (POWER + 1) * settings.fastest * total / (2 * thickness) * way**POWER
    stretch = 1 + (min(STRETCH, settings.contrast) - 1) * way**POWER
    fall = 1.0 if axis == "z" else min(max(2.5 * (settings.guiding - 1.4), 1.0), 4.0)
    return damping, stretch, math.pi * settings.frequency * (1 - way**fall)


def end_kept(way: np.ndarray, thickness: float, settings: CrustSettings) -> np.ndarray:
    """What a step leaves of a velocity at relative depths `way` (n,) into a layer below or above of a thickness [m].

    The shift lets the longest waves through to the last cell. There a rate of velocity / (size of a cell x stretching
    at rest) is the traction of an S wave that goes on (Lysmer and Kuhlemeyer 1969, J. Eng. Mech. Div. ASCE 95, 859);
    its velocity is that of the fastest P waves over sqrt(3).
    """
    damping, stretch, shift = stretching(way, thickness, settings, "z")
    last = way > 1 - 1 / settings.cells
    at_rest = stretch + damping / np.where(last, shift, 1.0)
    rate = settings.fastest * settings.cells / (math.sqrt(3) * thickness * at_rest)
    return np.where(last, np.exp(-rate * settings.dt), 1.0)


def velocity_kept(way: np.ndarray, thickness: float, settings: CrustSettings) -> np.ndarray:
    """What a step leaves of a velocity at relative depths `way` (n,) into a layer of a thickness [m]."""
    part = min(settings.guiding / UNEVEN, 1.0) ** 3
    rate = FRICTION * part * settings.guiding * settings.fastest / thickness
    return np.exp(-rate * way**FRICTION_POWER * settings.dt)


def long_wave_kept(way: np.ndarray, thickness: float, settings: CrustSettings) -> np.ndarray:
    """What a step leaves of long waves of a sea at relative depths `way` (n,) into a layer of a thickness [m]."""
    speed = 0.0 if settings.sea is None else settings.sea.long_wave_speed
    return np.exp(-RADIATION * speed / thickness * way**RADIATION_POWER * settings.dt)


@dataclass(frozen=True)
class WaterLayer:
    """The water in an absorbing layer at a side: its box in the block's arrays, what a step leaves of velocities."""

    box: Box3
    keep: Any

    def arrays(self) -> dict[str, Any]:
        """Its own arrays, by the names that the kernels of a sponge use."""
        (k0, _), (j0, _), (i0, _) = self.box
        return {"k0": k0, "j0": j0, "i0": i0, "keep": self.keep}


def build_water_layers(
    grid: Grid3D, block: Block, backend: Backend, settings: CrustSettings, water: np.ndarray
) -> list[WaterLayer]:
    """The water in the CPML of the sides, where water (k, nj, ni) says that cells of a rank, from the sea down, are."""
    found, first = [], block.halo + (settings.sea.layer if settings.sea else 0)
    for axis, low, high, kind in _sides(settings):
        for side in (low, high) if kind == "cpml" else ():
            (_, j, i), index = _place(grid, block, settings.cells, axis, side)
            size = grid.spacing["xyz".index(axis)] * settings.cells
            kept = long_wave_kept(_way(grid, settings, axis, side, index + 0.5), size, settings)
            box = ((first, first + len(water)), j, i)
            inner = water[:, *(slice(a - block.halo, b - block.halo) for a, b in (j, i))]
            keep = np.where(inner, _along(axis, kept[None])[0], 1.0)[None]
            found.append(WaterLayer(box, backend.from_host(keep)))
    return found


def kept_by_sides(grid: Grid3D, block: Block, settings: CrustSettings, offset: float) -> np.ndarray:
    """What a step leaves at the sides of water at numbers of cells and an offset, (nj, ni) of a rank's columns.

    Kernels damp velocities of a cell by what is left at its centre, an offset of 0.5. But vx and vy lie on faces, half
    a cell ahead, so that elevation, at the centre, is damped as they are with an offset of 0: where these differ a part
    of long waves comes back.
    """
    kept = np.ones((1, 1, 1, 1))
    for axis, low, high, kind in _sides(settings):
        at = np.arange(*_range(grid, block, axis)) + offset
        size = grid.spacing["xyz".index(axis)] * settings.cells
        left = np.ones_like(at)
        for side in (low, high):
            way = _way(grid, settings, axis, side, at)
            if kind == "cpml":
                left = left * velocity_kept(way, size, settings) * long_wave_kept(way, size, settings)
            elif kind == "sponge":
                left = left * sponge_kept(way)
        kept = kept * _along(axis, left[None])
    return np.broadcast_to(kept[0, 0], block.shape)


def sponge_kept(way: np.ndarray) -> np.ndarray:
    """What a step leaves of a wave at relative depths `way` (n,) into a sponge."""
    return np.exp(-((CERJAN * way) ** 2))


def _sides(settings: CrustSettings) -> tuple[tuple[str, str, str, str], ...]:
    """Axis, names and kind of the sides across x and y."""
    return ("x", "west", "east", settings.kinds[0]), ("y", "south", "north", settings.kinds[1])
