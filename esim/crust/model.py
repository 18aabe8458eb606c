"""In which order is a step of the crust made?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from esim.backends import Backend
from esim.crust.settings import CrustSettings
from esim.crust.state import CrustState, allocate
from esim.crust.sweep import Launches, plan_launches
from esim.grids.grid3d import Grid3D
from esim.parallel.collectives import one_per_node
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Decomposition
from esim.parallel.halo import HaloExchange
from esim.parallel.streams import EDGES


@dataclass(frozen=True)
class Crust(CrustState):
    """The crust of a rank with its exchanges and the compiled pieces of a step."""

    halo_v: HaloExchange
    halo_s: HaloExchange
    halo_above: HaloExchange  # of the velocities above a free surface, which stations on it look at
    launches: Launches

    def step(self) -> None:
        """One step without sources."""
        self.advance()
        self.end_step()

    def advance(self) -> None:
        """Velocities from stresses, stresses from velocities.

        Forces of the step may be added to velocities before this, moments to stresses after it.
        """
        if self.halo_v.is_noop and self.halo_s.is_noop:
            self.launches.whole()
        else:
            self._with_neighbours()

    def end_step(self) -> None:
        """Exchange the stresses of the step with neighbours."""
        self.halo_s.fill(self.s)

    def _with_neighbours(self) -> None:
        """A step in which velocities near neighbours travel while the inside is computed."""
        launches, ready = self.launches, self.backend.event()
        with self.backend.stream(EDGES):
            ready.wait()
            launches.velocity_edges()
            moved = self.backend.event()
            self.halo_v.start(self.v)
        moved.wait()  # velocities there come from stresses inside, and stresses inside from them
        launches.inside()
        self.halo_v.progress()
        self.halo_v.finish(self.v)
        launches.velocity_above()
        if self.free:
            self.halo_above.fill(self.above)
        launches.stress_edges()

    def refresh(self) -> None:
        """Bring the halo up to date after the state was set from outside."""
        self.halo_v.fill(self.v)
        self.halo_s.fill(self.s)
        if self.free:
            self.launches.velocity_above()
            self.halo_above.fill(self.above)


def build_crust(
    grid: Grid3D,
    decomposition: Decomposition,
    comm: Comm,
    backend: Backend,
    settings: CrustSettings,
    medium: Mapping[str, Any],
) -> Crust:
    """Allocate and compile everything that a step needs; the crust is at rest.

    medium holds rho, lam, mu and, with attenuation, inv_qp, inv_qs, and near_interface beside stepped surfaces: arrays
    of `esim.crust.layout.allocated_shape`, on the backend's device.
    """
    state = allocate(grid, decomposition, comm, backend, settings, medium)
    layers = state.v.shape[1]
    velocities, stresses, above = (
        HaloExchange(comm, decomposition, shape, backend) for shape in ((3, layers), (6, layers), (3, 1))
    )
    launches = one_per_node(comm, lambda: plan_launches(state))
    return Crust(**vars(state), halo_v=velocities, halo_s=stresses, halo_above=above, launches=launches)
