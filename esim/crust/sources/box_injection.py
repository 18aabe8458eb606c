"""How do incident fields enter through the faces of a box? What they add to velocities, stresses and memory."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from esim.crust.model import Crust
from esim.crust.sources.box import Crossing, InjectionBox, crossings
from esim.crust.sources.injection import Rates, SourceInjection, Terms
from esim.crust.sources.stencils import Stencil, StepStencils

STRESS = 3  # number of the first stress among velocities and stresses
MEDIUM = ("rho", "lam", "mu", "inv_qp", "inv_qs", "near_interface")


class IncidentField(Protocol):
    """Motion that comes from outside."""

    def rates(self, variable: np.ndarray, k: np.ndarray, j: np.ndarray, i: np.ndarray) -> Rates:
        """What gives velocities [m/s] (variable 0..2) and stresses [MPa] (3..8) at nodes (n,) of the grid."""


class BoxInjection:
    """What incident fields add on the faces of a box in each step."""

    def __init__(
        self,
        crust: Crust,
        box: InjectionBox,
        stencils: StepStencils,
        fields: Sequence[IncidentField],
        column: dict[str, np.ndarray] | None = None,
    ) -> None:
        """column is the medium that the stencils are of, where that at the faces differs from it."""
        self._crust, self._box, self._fields, self._column = crust, box, fields, column
        self._forces = self._part(crust.v, stencils.acceleration, -0.5, 0, STRESS)
        self._moments = self._part(crust.s, stencils.hooke, 0.0, STRESS, 0)
        self._strains = None
        if stencils.straining:
            self._strains = self._part(crust.memory, stencils.straining, 0.0, None, 0)

    def push(self, step: int) -> None:
        """Add to the velocities of a step what comes in."""
        self._forces.add(step)

    def strain(self, step: int) -> None:
        """The same to stresses and memory variables."""
        self._moments.add(step)
        if self._strains is not None:
            self._strains.add(step)

    def _part(
        self, array: Any, stencils: Sequence[Stencil], shift: float, target: int | None, source: int
    ) -> SourceInjection:
        """target and source are the numbers of the first variables of what changes, and of what changes it."""
        crossing = crossings(self._box, self._crust.grid, self._crust.block, stencils)
        amount = crossing.amount
        if self._column is not None and target is not None:
            amount = amount * material_ratio(self._crust, self._column, crossing, target)
        unique, column = np.unique(crossing.source, axis=1, return_inverse=True)
        variable, k, j, i = unique
        terms: Terms = (self._nodes(crossing), column.reshape(-1), amount)
        rates = [field.rates(variable + source, k, j, i) for field in self._fields]
        return SourceInjection(self._crust, array, shift, [terms] * len(rates), rates)

    def _nodes(self, crossing: Crossing) -> np.ndarray:
        """Flat indices of targets in their array."""
        (variable, k, j, i), block, h = crossing.target, self._crust.block, self._crust.block.halo
        shape = (int(variable.max(initial=0)) + 1, *self._crust.v.shape[1:])
        return np.ravel_multi_index((variable, k + h, j - block.j0 + h, i - block.i0 + h), shape)


def material_ratio(crust: Crust, column: dict[str, np.ndarray], crossing: Crossing, first: int) -> np.ndarray:
    """What a step multiplies differences by at some targets, over the same in a column of another medium."""
    block, h = crust.block, crust.block.halo
    names = ("rho",) if first == 0 else ("lam", "mu")
    host = {name: crust.backend.to_host(crust.fields[name]) for name in names}
    variable, k, j, i = crossing.target

    def here(name: str, dk: int, dj: int, di: int) -> np.ndarray:
        return host[name][k + dk + h, j + dj - block.j0 + h, i + di - block.i0 + h].astype(np.float64)

    def there(name: str, dk: int, dj: int, di: int) -> np.ndarray:
        return column[name][k + dk + h]

    ratio = np.ones(k.size)
    for n in np.unique(variable):
        at = variable == n
        for source in np.unique(crossing.source[0][at]):
            some = at & (crossing.source[0] == source)
            with np.errstate(divide="ignore", invalid="ignore"):
                found = _factor(here, first + n, source) / _factor(there, first + n, source)
            ratio[some] = np.nan_to_num(found, nan=0.0, posinf=0.0)[some]
    return ratio


def _factor(medium: Any, variable: int, source: int) -> np.ndarray:
    """Buoyancy, or the modulus, with which a component of the source changes a variable; see kernels.crust.elastic."""
    if variable < STRESS:
        beside = ((0, 0, 1), (0, 1, 0), (-1, 0, 0))[variable]
        return np.asarray(2 / (medium("rho", 0, 0, 0) + medium("rho", *beside)))
    if variable < 2 * STRESS:
        lam, mu = medium("lam", 0, 0, 0), medium("mu", 0, 0, 0)
        return np.asarray(lam + 2 * mu if source == variable - STRESS else lam)
    edges = {6: ((0, 0, 1), (0, 1, 0)), 7: ((0, 0, 1), (-1, 0, 0)), 8: ((0, 1, 0), (-1, 0, 0))}[variable]
    corners = ((0, 0, 0), *edges, tuple(np.add(*edges)))
    return np.asarray(4 / sum(1 / medium("mu", *map(int, corner)) for corner in corners))


def medium_column(crust: Crust, box: InjectionBox) -> dict[str, np.ndarray]:
    """The medium of all layers at a corner of a box and of the halo above, from the rank that has it.

    near_interface is the whole table where it is that of a free surface.
    """
    block, h, (j, i) = crust.block, crust.block.halo, box.corner
    mine = None
    if block.owns(j, i):
        mine = {}
        for name in MEDIUM:
            if name not in crust.fields:
                continue
            values = crust.backend.to_host(crust.fields[name]).astype(np.float64)
            if values.shape[1:] != crust.v.shape[2:]:
                mine[name] = values
                continue
            column = values[:, j - block.j0 + h, i - block.i0 + h][: h + crust.grid.nz]
            mine[name] = np.pad(column, (0, h + crust.grid.nz - column.size))
    return next(found for found in crust.comm.allgather(mine) if found is not None)
