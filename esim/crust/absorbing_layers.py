"""Where are waves absorbed, and how strongly? The layers along the sides of the crust."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.backends import Backend
from esim.crust.settings import CrustSettings
from esim.grids.grid3d import Grid3D
from esim.parallel.decomposition import Block

# CPML: power of the way into a layer with which damping grows, what comes back by theory of a wave that comes in
# straight, stretching of the outermost cell and the power with which it grows, friction of the outermost cell.
POWER, REFLECTION = 2, 1e-2
STRETCH, STRETCH_POWER = 8.0, 2
FRICTION, FRICTION_POWER = 0.036, 4
SHIFT_POWER = 4
CERJAN = 0.3  # a sponge keeps exp(-(CERJAN * way into it)^2) of a wave in its last cell after a step

LOW = ("west", "south", "top")  # sides where numbers of cells begin


@dataclass(frozen=True)
class AbsorbingLayer:
    """An absorbing layer on this rank: kind cpml or sponge, axis across it, its box in the block's arrays.

    memory is (6, k, j, i) on the box for CPML, profile what the kernels call coef, or keep of a sponge; kept is their
    keep for CPML.
    """

    kind: str
    axis: str
    side: str
    thickness: int  # cells, of the whole layer
    box: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    memory: Any
    profile: Any
    kept: Any

    def arrays(self, group: str) -> dict[str, Any]:
        """The layer's own arrays, by the names that kernels of a group use."""
        (k0, _), (j0, _), (i0, _) = self.box
        corner = {"k0": k0, "j0": j0, "i0": i0}
        if self.kind == "sponge":
            return corner | {"keep": self.profile}
        first = 0 if group == "velocity" else 3
        memory = dict(zip(("psi_n", "psi_1", "psi_2"), self.memory[first : first + 3], strict=True))
        return corner | memory | {"coef": self.profile, "keep": self.kept}


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
    number, cells = "zyx".index(axis), settings.cells
    first, last = _range(grid, block, axis)
    begin, end = (0, cells) if side in LOW else (grid.shape[number] - cells, grid.shape[number])
    begin, end = max(begin, first), min(end, last)
    h = block.halo
    box = [(h, h + b - a) for a, b in (_range(grid, block, other) for other in "zyx")]
    box[number] = (begin - first + h, end - first + h)
    if begin >= end:
        box, end = [(h, h)] * 3, begin
    shape = [b - a for a, b in box]
    index = np.arange(begin, end)
    if kind == "sponge":
        keep = np.exp(-((CERJAN * _way(grid, settings, axis, side, index + 0.5)) ** 2))
        profile = backend.from_host(np.broadcast_to(_along(axis, keep[None]), (1, *shape)))
        return AbsorbingLayer(kind, axis, side, cells, tuple(box), None, profile, None)  # type: ignore[arg-type]
    # Centres of cells, and the faces or edges half a cell on.
    centre, beside = (
        _way(grid, settings, axis, side, index + half) for half in (0.5, 0.0 if axis == "z" else 1.0)
    )
    size = grid.spacing["xyz".index(axis)] * cells
    rows = [cpml_profile(way, size, settings) for way in (centre, beside)]
    profile = backend.from_host(_along(axis, np.concatenate([*rows, friction(centre, size, settings)[None]])))
    keep = backend.from_host(_kept_before(grid, block, settings, axis))
    memory = backend.zeros((6, *shape))
    return AbsorbingLayer(kind, axis, side, cells, tuple(box), memory, profile, keep)  # type: ignore[arg-type]


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
    for other, low, high, kind in (
        ("x", "west", "east", settings.kinds[0]),
        ("y", "south", "north", settings.kinds[1]),
    ):
        if other == axis:
            break
        at = np.arange(*_range(grid, block, other)) + 0.5
        size = grid.spacing["xyz".index(other)] * settings.cells
        left = np.ones_like(at)
        if kind == "cpml":
            for side in (low, high):
                left = left * friction(_way(grid, settings, other, side, at), size, settings)
        kept = kept * _along(other, left[None])
    return kept


def cpml_profile(way: np.ndarray, thickness: float, settings: CrustSettings) -> np.ndarray:
    """b, a, g (3, n) of kernels.crust.cpml at relative depths `way` (n,) into a layer of a thickness [m]."""
    damping = -(POWER + 1) * settings.fastest * math.log(REFLECTION) / (2 * thickness) * way**POWER
    stretch = 1 + (STRETCH - 1) * way**STRETCH_POWER
    shift = math.pi * settings.frequency * (1 - way**SHIFT_POWER)
    b = np.exp(-(damping / stretch + shift) * settings.dt)
    total = damping + stretch * shift
    a = np.where(damping > 0, damping / (stretch * np.where(total > 0, total, 1.0)) * (b - 1), 0.0)
    return np.stack([b, a, 1 / stretch - 1])


def friction(way: np.ndarray, thickness: float, settings: CrustSettings) -> np.ndarray:
    """What a step leaves of a velocity at relative depths `way` (n,) into a layer of a thickness [m]."""
    rate = FRICTION * settings.contrast * settings.fastest / thickness
    return np.exp(-rate * way**FRICTION_POWER * settings.dt)
