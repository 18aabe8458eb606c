"""What does a step do to one value? Its stencils in a layered medium, read off the kernels by impulses.

The step of a crust is linear: what one velocity adds to stresses, and one stress to velocities, is computed with the
run's own kernels on a narrow periodic column, free surface, reduced order and attenuation included. So nothing here
has to know how they are discretised.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from esim.backends import select
from esim.crust.layout import allocated_shape
from esim.crust.model import Crust, build_crust
from esim.crust.settings import CrustSettings
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.parallel.comm import SerialComm
from esim.parallel.decomposition import decompose

WIDTH = 12  # cells across the column, more than a step reaches
REACH = 11  # cells up and down that a step may reach
GAP = 2 * REACH + 2  # cells between impulses in a column


@dataclass(frozen=True)
class Stencil:
    """target(k, j, i) += weights(j & 1, i & 1, k) source(k + dk, j + dj, i + di), weights (2, 2, nz)."""

    target: int
    source: int
    offset: tuple[int, int, int]
    weights: np.ndarray


@dataclass(frozen=True)
class StepStencils:
    """A whole step of a layered medium, in the units of the kernels.

    acceleration leads from the six stresses to the three velocities, hooke from velocities to stresses, straining
    from velocities to memory variables (6 a mechanism), one after the other; recall leads from these to stresses at the
    same place, and remaining (variables, 2, 2, nz) is what is left of each after a step.
    """

    grid: Grid3D
    settings: CrustSettings
    acceleration: list[Stencil]
    hooke: list[Stencil]
    straining: list[Stencil]
    recall: list[Stencil]
    remaining: np.ndarray


def read_stencils(
    grid: Grid3D, settings: CrustSettings, column: Mapping[str, np.ndarray], layers: int
) -> StepStencils:
    """The stencils of a column of a medium, extended downwards to a number of layers.

    column has the fields of `esim.crust.model.build_crust` in all layers of the grid and the halo above, (nz + halo,)
    each; only the table of a free surface is whole.
    """
    crust = _narrow_crust(grid, settings, column, layers)
    h = crust.block.halo
    parities = ((0, 0), (0, 1), (1, 0), (1, 1)) if crust.relaxation else ((0, 0),)
    acceleration = list(_joined(crust, crust.s, 6, ((0, 0),), lambda: crust.own(crust.v)))
    hooke = list(_joined(crust, crust.v, 3, parities, lambda: crust.own(crust.s)))
    straining: list[Stencil] = []
    recall: list[Stencil] = []
    remaining = np.zeros((0, 2, 2, layers))
    if crust.relaxation:
        memory = crust.memory.reshape(-1, *crust.v.shape[1:])
        straining = list(_joined(crust, crust.v, 3, parities, lambda: crust.own(memory)))
        recall, remaining = _recalled(crust, memory, h)
    return StepStencils(crust.grid, settings, acceleration, hooke, straining, recall, remaining)


def _narrow_crust(
    grid: Grid3D, settings: CrustSettings, column: Mapping[str, np.ndarray], layers: int
) -> Crust:
    """A periodic column of the medium on this rank alone, in double precision."""
    flat = Grid("cartesian", 0.0, 0.0, *grid.spacing[:2], WIDTH, WIDTH, ("periodic",) * 4)
    tall = Grid3D(flat, layers, grid.dz, grid.depth_min)
    comm, backend = SerialComm(), select("numpy", "float64", 1)
    decomposition = decompose(flat.shape, 1, flat.periodic, halo=settings.order // 2)
    shape = allocated_shape(decomposition.blocks[0], layers)
    fields: dict[str, Any] = {}
    for name, values in column.items():
        if values.ndim > 1:
            fields[name] = backend.from_host(values)
            continue
        wide = np.concatenate([values, np.repeat(values[-1:], shape[0])])
        fields[name] = backend.from_host(
            np.ascontiguousarray(np.broadcast_to(wide[: shape[0], None, None], shape))
        )
    closed = replace(settings, kinds=("periodic", "periodic", "wall", "free"), memory=None)
    return build_crust(tall, decomposition, comm, backend, closed, fields)


def _joined(crust: Crust, array: Any, count: int, parities: Any, read: Any) -> Iterator[Stencil]:
    """Stencils from each variable of an array to what read() gives after half a step."""
    found: dict[tuple[int, int, tuple[int, int, int]], np.ndarray] = {}
    nz = crust.grid.nz
    for source in range(count):
        for pj, pi in parities:
            at = WIDTH // 2 + pj, WIDTH // 2 + pi
            for first in range(min(GAP, nz)):
                _strike(crust, array, source, slice(first, nz, GAP), at)
                response = read()
                for t, k, j, i in np.argwhere(response != 0):
                    dk = (first - k + REACH) % GAP - REACH
                    offset = int(dk), int(at[0] - j), int(at[1] - i)
                    weights = found.setdefault((int(t), source, offset), np.zeros((2, 2, nz)))
                    weights[j & 1, i & 1, k] = response[t, k, j, i]
    for (target, source, offset), weights in found.items():
        if len(parities) == 1:
            weights[:] = weights.sum((0, 1))
        yield Stencil(target, source, offset, weights)


def _strike(crust: Crust, array: Any, variable: int, layers: Any, at: Any) -> None:
    """A step from a state that is zero but for ones in a variable, in some layers of a column."""
    h = crust.block.halo
    crust.v[...], crust.s[...] = 0.0, 0.0
    if crust.memory is not None:
        crust.memory[...] = 0.0
    array[variable, h : h + crust.grid.nz][layers, h + at[0], h + at[1]] = 1.0
    crust.refresh()
    crust.advance()


def _recalled(crust: Crust, memory: Any, h: int) -> tuple[list[Stencil], np.ndarray]:
    """What memory variables do to stresses, and what remains of them: both where they are."""
    nz, recall, remaining = crust.grid.nz, [], []
    for variable in range(len(memory)):
        crust.v[...], crust.s[...] = 0.0, 0.0
        memory[...] = 0.0
        memory[variable] = 1.0
        crust.advance()
        stress = crust.own(crust.s)[:, :, :2, :2].transpose(0, 2, 3, 1).copy()
        recall += [Stencil(t, variable, (0, 0, 0), stress[t]) for t in range(6) if stress[t].any()]
        remaining.append(crust.own(memory)[variable, :, :2, :2].transpose(1, 2, 0).copy())
    return recall, np.array(remaining).reshape(-1, 2, 2, nz)
