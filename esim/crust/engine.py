"""What does the loop advance? A crust and what its sources add to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from esim.crust.model import Crust
from esim.crust.sources.box_injection import BoxInjection
from esim.crust.sources.injection import SourceInjection


@dataclass(frozen=True)
class CrustEngine:
    """A crust with the forces and moments that act in it."""

    crust: Crust
    forces: SourceInjection
    moments: SourceInjection
    boxes: Sequence[BoxInjection] = ()  # through which fields from outside enter

    def limit(self) -> float:
        """Time step [s]; it is fixed."""
        return self.crust.dt

    def step(self, begin: float, end: float, dt: float) -> None:
        """Velocities from stresses and forces, stresses from velocities and moments, to the time `end` [s]."""
        number = round(end / self.crust.dt)
        self.forces.add(number)
        for box in self.boxes:
            box.push(number)
        self.crust.advance()
        self.moments.add(number)
        for box in self.boxes:
            box.strain(number)
        self.crust.end_step()
