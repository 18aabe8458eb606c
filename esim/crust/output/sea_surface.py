"""How does the top of the sea move? The vertical displacement of the uppermost face of water in each column."""

from typing import Any

import numpy as np

from esim.crust.medium.ground import Ground
from esim.crust.model import Crust
from esim.errors import InputError
from esim.media.crust.topography.terrain import SOLID
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block

NO_SEA = "needs a sea: topography with water, or layers with vs: 0 at the top of the medium"


def check_bed(ground: Ground, block: Block, comm: Comm, sea_surface: bool) -> None:
    """Raises InputError, on all ranks, where columns have no rock to record the displacement of, or none has a sea."""
    survey = ground.survey
    if survey.solid or (not sea_surface and survey.kinds[1, -1] == SOLID):
        top = floor = np.zeros(block.shape, int)
    else:
        top, floor = ground.columns((block.j0, block.j1), (block.i0, block.i1))
    found = comm.allgather((int((floor == ground.grid.nz).sum()), int((top < floor).sum())))
    bare, wet = (sum(counts) for counts in zip(*found, strict=True))
    if bare:
        raise InputError(
            f"output.surface_displacement: {bare:,} columns of cells have no rock down to the bottom of the grid, "
            f"{ground.grid.depth_max:g} m, whose displacement could be recorded; grid.depth must end in rock"
        )
    if sea_surface and not wet:
        raise InputError(f"output.surface_displacement.sea_surface: {NO_SEA}")


class SeaSurfaceMotion:
    """Vertical displacement [m] of the top of the water of the owned columns, (1, nj, ni); down is positive.

    top and floor (nj, ni) are the first cells of sea or ground, and of ground, of the columns; wet says which have a
    sea. vz lies on the upper faces of cells, so that no other value is needed. update() is called after each step.
    """

    def __init__(self, crust: Crust, top: np.ndarray, floor: np.ndarray) -> None:
        self._crust, backend = crust, crust.backend
        self.wet = top < floor
        block, h = crust.block, crust.block.halo
        j, i = np.meshgrid(np.arange(block.shape[0]) + h, np.arange(block.shape[1]) + h, indexing="ij")
        at = np.full_like(top, 2), np.where(self.wet, top, 0) + h, j, i
        self._faces = backend.index(np.ravel_multi_index(at, crust.v.shape))
        self._wet = backend.from_host(self.wet.astype(float))
        self._half_step = backend.dtype.type(0.5 * crust.dt)
        self._velocity = backend.zeros((1, *block.shape))
        self.displacement = backend.zeros((1, *block.shape))

    def update(self) -> None:
        """Add what the sea surface has moved in the step that was just done."""
        now = self._wet * self._crust.v.reshape(-1)[self._faces]
        self.displacement[0] += self._half_step * (now + self._velocity[0])
        self._velocity[0] = now

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint needs."""
        host = self._crust.backend.to_host
        return {
            "sea_surface_velocity": host(self._velocity),
            "sea_surface_displacement": host(self.displacement),
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Restore the state of a checkpoint."""
        device: Any = self._crust.backend.from_host
        self._velocity[...] = device(state["sea_surface_velocity"])
        self.displacement[...] = device(state["sea_surface_displacement"])
