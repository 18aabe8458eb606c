"""When does a run of the crust end by itself?"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from esim.config.limits import Interval, ParticleVelocity
from esim.config.yaml.section import Section
from esim.config.yaml.suggest import listed, shown

QUIET = "quiet"


class QuietConfig(Section):
    """The run ends when no motion is left in it, and at time.duration at the latest."""

    velocity: ParticleVelocity = Field(
        default=1e-3,
        gt=0,
        description="Largest component of the particle velocity [m/s] in the block, absorbing layers left out, that "
        "counts as no motion.",
    )
    window: Interval = Field(
        default=10.0,
        description="Simulated time [s], after the sources have ended, for which there has been no motion.",
    )


class _OrWord:
    """Says in the JSON schema that a word may stand for the mapping."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"const": QUIET}, handler(core)]}


def _from_word(value: Any) -> Any:
    """All defaults for the one word."""
    if isinstance(value, str) and value != QUIET:
        raise ValueError(
            f"expected '{QUIET}', or a mapping with the keys {listed(QuietConfig.model_fields)}, not {shown(value)}"
        )
    return {} if value == QUIET else value


Until = Annotated[QuietConfig, BeforeValidator(_from_word), _OrWord()]  # `until: quiet`, or a mapping
