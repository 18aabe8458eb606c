"""What does the loop advance? A crust and what its sources add to it."""

from dataclasses import dataclass

from esim.crust.model import Crust
from esim.crust.sources.injection import SourceInjection


@dataclass(frozen=True)
class CrustEngine:
    """A crust with the forces and moments that act in it."""

    crust: Crust
    forces: SourceInjection
    moments: SourceInjection

    def limit(self) -> float:
        """Time step [s]; it is fixed."""
        return self.crust.dt

    def step(self, begin: float, end: float, dt: float) -> None:
        """Velocities from stresses and forces, stresses from velocities and moments, to the time `end` [s]."""
        number = round(end / self.crust.dt)
        self.forces.add(number)
        self.crust.advance()
        self.moments.add(number)
        self.crust.end_step()
