"""Which part of a grid does this rank compute, and on which backend?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.backends import Backend
from esim.grids.grid import Grid
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block, Decomposition
from esim.parallel.halo import HaloExchange


@dataclass(kw_only=True)
class Domain:
    """A grid cut among ranks, as one of them sees it; arrays are [var, j, i] with the halo, on the backend's device."""

    grid: Grid
    decomposition: Decomposition
    comm: Comm
    backend: Backend

    @property
    def block(self) -> Block:
        """Block of this rank."""
        return self.decomposition.blocks[self.comm.rank]

    def zeros(self, planes: int) -> Any:
        """An array [planes, j, i] of zeros."""
        return self.backend.zeros((planes, *self.block.allocated))

    def exchange(self, planes: int) -> HaloExchange:
        """The exchange of the halo of arrays [planes, j, i]."""
        return HaloExchange(self.comm, self.decomposition, planes, self.backend)

    def own(self, array: Any) -> np.ndarray:
        """Owned cells of an array on the host, without the halo."""
        (j0, j1), (i0, i1) = self.block.interior
        return self.backend.to_host(array[:, j0:j1, i0:i1])
