"""Which tracer does the water carry?"""

from pydantic import Field

from esim.config.limits import Concentration
from esim.config.point import PointConfig
from esim.config.yaml.section import Section
from esim.config.yaml.units import Length


class TracerPatchConfig(PointConfig):
    """A circle in which the tracer has a concentration of its own at the origin time."""

    radius: Length = Field(gt=0, description="Radius [m].")
    concentration: Concentration = Field(default=1.0, description="Concentration, in any unit.")


class TracerConfig(Section):
    """A passive tracer: a substance that the water carries along without being changed by it."""

    initial: tuple[TracerPatchConfig, ...] = Field(
        min_length=1,
        description="Circles of tracer at the origin time: a list; later ones cover earlier ones.",
    )
    background: Concentration = Field(
        default=0.0, description="Concentration everywhere else at the origin time."
    )
