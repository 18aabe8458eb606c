"""What accelerates the water beside the terms of the shallow-water equations?"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from esim.config.ocean.physics import OceanPhysics
from esim.kernels.ocean import forcing
from esim.ocean.boundary import acceleration_fills
from esim.ocean.domain import Domain
from esim.parallel.halo import HaloExchange
from esim.timestepping.step_plan import StepPlan


class Force(ABC):
    """An acceleration of the water, of its state and of time."""

    @property
    def checkpoint_arrays(self) -> Mapping[str, Any]:
        """Arrays [n, j, i] by name that go on from step to step, and so into checkpoints."""
        return {}

    @property
    def exchanges(self) -> Sequence[HaloExchange]:
        """The exchanges of halos that it needs in a step."""
        return ()

    @abstractmethod
    def add(self, acceleration: Any, time: float) -> None:
        """Add to acceleration[2, j, i] [m/s2] that of the current state at a time [s], on the owned cells."""


@runtime_checkable
class InheritedForce(Protocol):
    """A force some of whose arrays have ghost cells in the parent of a nest."""

    @property
    def inherited(self) -> Mapping[str, Any]:
        """Arrays [n, j, i] by name, as they are now, whose ghost cells beyond sides in the parent are wanted."""
        ...

    @property
    def outside(self) -> dict[str, Callable[[Any], None]]:
        """By name, what fills those ghost cells of any array: from the parent's array of that name, at the time for
        which the state's ghost cells were filled last. Empty on the whole grid."""
        ...


class Forces:
    """All forces on an ocean. Their sum is an array acceleration[2, j, i] [m/s2] beside each of the two states.

    A step uses what they were at its beginning; complete then makes it their mean over the step (the trapezoidal
    rule): second order in time, with one evaluation a step.
    """

    def __init__(
        self,
        domain: Domain,
        physics: OceanPhysics,
        plan: StepPlan,
        bed: Any,
        accelerations: Sequence[Any],
    ) -> None:
        """accelerations belong to the states of the plan."""
        backend, block = domain.backend, domain.block
        self._physics, self._plan, self._accelerations = physics, plan, accelerations
        self._backend, self._halo = backend, domain.exchange(2)
        self._fills = [acceleration_fills(domain, array) for array in accelerations]
        self._corrections = [
            backend.bind(
                forcing.CORRECT,
                block.extended,
                {"q": q, "bed": bed, "acceleration": acceleration, "before": before},
            )
            for q, acceleration, before in zip(plan.states, accelerations, accelerations[::-1], strict=True)
        ]
        self.all: Sequence[Force] = ()

    @property
    def exchanges(self) -> list[HaloExchange]:
        """The exchanges of halos that the forces of a step need."""
        return [self._halo, *(halo for force in self.all for halo in force.exchanges)]

    @property
    def acceleration(self) -> Any:
        """Acceleration [2, j, i] [m/s2] that belongs to the current state."""
        return self._accelerations[self._plan.current]

    @property
    def checkpoint_arrays(self) -> dict[str, Any]:
        """Arrays [n, j, i] by name that go into checkpoints, with the acceleration itself."""
        arrays = {"acceleration": self.acceleration}
        for force in self.all:
            arrays |= force.checkpoint_arrays
        return arrays

    def evaluate(self, time: float) -> None:
        """Find the acceleration of the current state, at a time [s]."""
        now = self.acceleration
        now[...] = 0
        for force in self.all:
            force.add(now, time)
        self.spread(time)

    def spread(self, time: float) -> None:
        """Fill the ghost cells of the acceleration of the current state, at a time [s]."""
        self._halo.fill(self.acceleration)
        for fill in self._fills[self._plan.current]:
            fill(time)

    def complete(self, dt: float, time: float) -> None:
        """End a step of dt [s] that has led to a time [s]."""
        self.evaluate(time)
        real = self._backend.dtype.type
        constants = forcing.CorrectionParams(real(dt / 2), real(0), real(self._physics.dry_depth))
        self._corrections[self._plan.current](self._backend.constants(constants))
        self._plan.fill_boundary(time)
