"""How is a crust computed?"""

import math
from dataclasses import dataclass

from esim.config.crust.root import SeismicConfig
from esim.constants import GRAVITY
from esim.crust.discretisation import Discretisation
from esim.crust.guided_waves import guiding_contrast
from esim.crust.medium.ground import Ground
from esim.media.crust.attenuation import Mechanisms


@dataclass(frozen=True)
class SeaLevel:
    """The level surface of a sea: upper face of a layer, over water up to so deep [m], in so many columns."""

    layer: int
    depth: float
    columns: int

    @property
    def long_wave_speed(self) -> float:
        """Speed of long gravity waves where the water is deepest [m/s]."""
        return math.sqrt(GRAVITY * self.depth)

    def describe(self) -> list[str]:
        """Its line of the plan of a run."""
        return [
            f"sea surface    gravity acts on {self.columns:,} columns of water, up to {self.depth:g} m deep, where "
            f"long waves make {self.long_wave_speed:.0f} m/s"
        ]

    def record(self) -> dict[str, float]:
        """What run.json has of it."""
        return {"columns": self.columns, "deepest": self.depth, "long_wave_speed": self.long_wave_speed}


@dataclass(frozen=True)
class CrustSettings:
    """Order of the differences, time step [s], absorbing layers, attenuation and surface of a crust."""

    order: int
    dt: float
    free: bool  # whether the top of the grid is a free surface
    kinds: tuple[str, str, str, str]  # of the sides x, y, of the bottom and of the top
    cells: int  # thickness of absorbing layers
    fastest: float  # m/s
    frequency: float  # Hz, about the middle of what the source sends
    mechanisms: Mechanisms | None = None
    largest_inverse_q: float = 0.0
    reduced_layers: int = 0  # layers from the top in which near_interface says where the order is reduced
    contrast: float = 1.0  # fastest over slowest waves
    guiding: float = 1.0  # the contrast as far as the ground guides waves, see esim.crust.guided_waves
    memory: str | None = None  # type of the memory variables: bfloat16, or that of all else
    sea: SeaLevel | None = None  # the sea surface on which gravity acts; None: without gravity


def crust_settings(
    config: SeismicConfig, ground: Ground, discretisation: Discretisation, sea: SeaLevel | None = None
) -> CrustSettings:
    """The settings of a run."""
    physics, boundary = config.physics, config.grid.boundary
    x, y, bottom = boundary.kinds
    fit = discretisation.attenuation
    return CrustSettings(
        order=physics.order,
        dt=discretisation.dt,
        free=ground.free,
        kinds=(x, y, bottom, bottom if config.grid.surface == "absorbing" else "free"),
        cells=boundary.cells,
        fastest=discretisation.fastest,
        frequency=discretisation.frequency / 2,
        contrast=discretisation.fastest / ground.survey.speeds.slowest,
        guiding=guiding_contrast(ground.survey.speeds, ground.survey.inversion),
        mechanisms=None if fit is None else fit.mechanisms,
        largest_inverse_q=0.0 if fit is None else 1 / fit.lowest_q,
        reduced_layers=ground.reduced_layers,
        memory=physics.memory_variable_precision,
        sea=sea,
    )
