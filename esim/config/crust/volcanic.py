"""Which volcanic sources radiate seismic waves? Those of `esim.config.sources.volcanic`, with times of the crust."""

from pydantic import Field

from esim.config.crust.time_function import CosineConfig, TimeFunctionConfig
from esim.config.crust.timed_source import TimedSourceConfig
from esim.config.limits import RiseTime
from esim.config.sources.volcanic import (
    ClvdConfig,
    DykeConfig,
    MogiConfig,
    RingFaultConfig,
    SillConfig,
    SphereConfig,
)
from esim.config.yaml.section import KeyProblem
from esim.config.yaml.units import Length

SHAPES = ("rise_time", "half_duration", "time_function")


class CrustVolcanicConfig(TimedSourceConfig):
    """Every volcanic source: it grows in a rise time, as in the ocean, or with a time function."""

    rise_time: RiseTime | None = Field(
        default=None,
        gt=0,
        description="Instead of time_function: rise time [s], within which it grows with the rate of a cosine.",
    )

    draped: bool = Field(
        default=False,
        description="Count the depth from the ground (the seafloor under the sea) at its position, not from depth 0 of "
        "the grid.",
    )

    def _check_duration(self) -> None:
        given = [key for key in SHAPES if getattr(self, key) is not None]
        if not given:
            text = "is missing; waves need one above 0, or half_duration, or time_function"
            raise KeyProblem("rise_time", text)
        if len(given) > 1:
            raise KeyProblem(given[1], f"is given, and {given[0]} too: give one of them")

    @property
    def rate(self) -> TimeFunctionConfig:
        """The time function, those of rise_time and half_duration included."""
        if self.rise_time is not None:
            return CosineConfig(kind="cosine", duration=self.rise_time)
        return super().rate


class PatchedConfig(CrustVolcanicConfig):
    """Every source that covers a plane, or several."""

    point_spacing: Length | None = Field(
        default=None,
        gt=0,
        description="Largest spacing [m] of the point sources that represent it; null: one cell.",
    )


class CrustMogiConfig(MogiConfig, CrustVolcanicConfig):
    """A point that expands alike in all directions: an isotropic moment, (lambda + 2 mu) volume_change."""


class CrustSphereConfig(SphereConfig, CrustVolcanicConfig):
    """A spherical chamber, as the moment tensor at its centre that displaces the ground as it does (McTigue 1987)."""


class CrustDykeConfig(DykeConfig, PatchedConfig):
    """A dyke, as points on it with the moment tensor of a crack that opens."""


class CrustSillConfig(SillConfig, PatchedConfig):
    """A sill, as points on it with the moment tensor of a crack that opens."""


class CrustClvdConfig(ClvdConfig, CrustVolcanicConfig):
    """A compensated linear vector dipole at a point; a moment, so that the medium does not enter."""


class CrustRingFaultConfig(RingFaultConfig, PatchedConfig):
    """A ring fault, as points on its patches with the moment tensor of slip on them."""
