"""Where are waves absorbed, and how strongly? The layers along the sides of the crust."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.backends import Backend
from esim.crust.settings import CrustSettings
from esim.grids.grid3d import Grid3D
from esim.parallel.decomposition import Block

# CPML: power of the way into a layer with which damping and stretching grow, what comes back by theory of a wave that
# comes in straight, stretching of the outermost cell. Falling: the shift of frequency falls to zero outwards, which
# absorbs long waves best (Komatitsch & Martin 2007). Over soft sediments, water, or rock of very uneven Vp/Vs some
# guided waves carry energy against the way of their crests, and such layers make them grow within seconds; with a
# steady shift they stay bounded over the longest runs, but waves of an eighth of the frequency of the grid come back.
GRADED = (2, 1e-5, 1.0)
CONSTANT = (3, 1e-7, 2.0)
CERJAN = 0.3  # a sponge keeps exp(-(CERJAN * way into it)^2) of a wave in its last cell after a step


@dataclass(frozen=True)
class AbsorbingLayer:
    """An absorbing layer on this rank: kind cpml or sponge, axis across it, its box in the block's arrays.

    memory is (6, k, j, i) on the box for CPML, profile what the kernels call coef or keep.
    """

    kind: str
    axis: str
    side: str
    thickness: int  # cells, of the whole layer
    box: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    memory: Any
    profile: Any

    def arrays(self, group: str) -> dict[str, Any]:
        """The layer's own arrays, by the names that kernels of a group use."""
        (k0, _), (j0, _), (i0, _) = self.box
        corner = {"k0": k0, "j0": j0, "i0": i0}
        if self.kind == "sponge":
            return corner | {"keep": self.profile}
        first = 0 if group == "velocity" else 3
        memory = dict(zip(("psi_n", "psi_1", "psi_2"), self.memory[first : first + 3], strict=True))
        return corner | memory | {"coef": self.profile}


def build_layers(
    grid: Grid3D, block: Block, backend: Backend, settings: CrustSettings
) -> list[AbsorbingLayer]:
    """The absorbing layers of a run; those that a rank has no part of are empty there."""
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
        for axis, side, kind in sides
        if kind in ("cpml", "sponge")
    ]


def _layer(
    grid: Grid3D, block: Block, backend: Backend, settings: CrustSettings, kind: str, axis: str, side: str
) -> AbsorbingLayer:
    number = "zyx".index(axis)
    whole, h, cells = grid.shape[number], block.halo, settings.cells
    low = side in ("west", "south", "top")
    begin, end = (0, cells) if low else (whole - cells, whole)
    starts, stops = (0, block.j0, block.i0), (grid.nz, block.j1, block.i1)
    first, last = max(begin, starts[number]), min(end, stops[number])
    box = [(h, h + b - a) for a, b in zip(starts, stops, strict=True)]
    empty = first >= last
    box[number] = (h, h) if empty else (first - starts[number] + h, last - starts[number] + h)
    if empty:
        box = [(h, h)] * 3
    shape = [b - a for a, b in box]
    # How far into the layer, from 0 at its inner edge to 1: centres of cells, and the faces or edges half a cell on.
    index = np.arange(first, max(last, first))
    half = 0.0 if axis == "z" else 1.0
    centre, beside = index + 0.5, index + half
    into = [((cells - at) if low else (at - begin)) / cells for at in (centre, beside)]
    along = [1, 1, 1]
    along[number] = shape[number]
    if kind == "sponge":
        keep = np.exp(-((CERJAN * np.clip(into[0], 0, 1)) ** 2)).reshape(1, *along)
        profile = backend.from_host(np.broadcast_to(keep, (1, *shape)))
        return AbsorbingLayer(kind, axis, side, cells, tuple(box), None, profile)  # type: ignore[arg-type]
    size = grid.spacing["xyz".index(axis)] * cells
    damp = np.concatenate([cpml_profile(np.clip(way, 0, 1), size, settings) for way in into])
    memory = backend.zeros((6, *shape))
    profile = backend.from_host(damp.reshape(6, *along))
    return AbsorbingLayer(kind, axis, side, cells, tuple(box), memory, profile)  # type: ignore[arg-type]


def cpml_profile(way: np.ndarray, thickness: float, settings: CrustSettings) -> np.ndarray:
    """b, a, g (3, n) of kernels.absorb at relative depths `way` (n,) into a layer of a thickness [m]."""
    power, reflection, outermost = CONSTANT if settings.constant_alpha else GRADED
    damping = -(power + 1) * settings.fastest * math.log(reflection) / (2 * thickness) * way**power
    stretch = 1 + (outermost - 1) * way**power
    shift = math.pi * settings.frequency * (np.ones_like(way) if settings.constant_alpha else 1 - way)
    b = np.exp(-(damping / stretch + shift) * settings.dt)
    total = damping + stretch * shift
    a = np.where(damping > 0, damping / (stretch * np.where(total > 0, total, 1.0)) * (b - 1), 0.0)
    return np.stack([b, a, 1 / stretch - 1])
