"""Which volcanic sources make tsunamis? Those of `esim.config.sources.volcanic`, below a seafloor that they move."""

from typing import Self

from pydantic import Field, model_validator

from esim.config.limits import Moments, RiseTime
from esim.config.sources.seafloor import SlopedSourceConfig
from esim.config.sources.volcanic import (
    LARGEST_CHAMBER,
    ClvdConfig,
    DykeConfig,
    MogiConfig,
    RingFaultConfig,
    SillConfig,
    SphereConfig,
    VolcanicConfig,
)
from esim.config.yaml.section import KeyProblem

POISSON = 0.25  # of most rock


class OceanVolcanicConfig(VolcanicConfig, SlopedSourceConfig):
    """Every volcanic source: the displacement of the seafloor grows linearly from the onset on."""

    onset: Moments = Field(
        default=0.0, description="Onset [s] after the origin time; negative: it acts before it."
    )
    rise_time: RiseTime = Field(
        default=0.0, ge=0, description="Rise time [s], within which the displacement grows; 0: at once."
    )

    @property
    def poisson_ratio(self) -> float:
        """Poisson's ratio, that given or that of most rock."""
        return POISSON if self.poisson is None else self.poisson


class OceanPointConfig(OceanVolcanicConfig):
    """Every source around a point, which must be in the rock."""

    @model_validator(mode="after")
    def _in_rock(self) -> Self:
        if self.shallowest <= 0:
            text = f"too shallow: its top would be {-self.shallowest:.6g} m above the seafloor; expected it below"
            raise KeyProblem("depth", text)
        return self


class OceanPlaneConfig(OceanVolcanicConfig):
    """Every source of planes, which may reach the seafloor."""

    @model_validator(mode="after")
    def _buried(self) -> Self:
        if self.shallowest < 0:
            text = f"too shallow: the upper edge would be {-self.shallowest:.6g} m above the seafloor"
            raise KeyProblem("depth", text)
        return self


class OceanMogiConfig(MogiConfig, OceanPointConfig):
    """A point that expands alike in all directions (Mogi 1958)."""


class OceanSphereConfig(SphereConfig, OceanPointConfig):
    """A spherical chamber under pressure, with the first correction for its size (McTigue 1987)."""

    @model_validator(mode="after")
    def _of_rock(self) -> Self:
        if self.radius > LARGEST_CHAMBER * self.depth:
            text = f"{self.radius:.6g} m is {self.radius / self.depth:.3g} of the depth"
            raise KeyProblem("radius", f"{text}; expected at most {LARGEST_CHAMBER:g}")
        if self.pressure is not None:
            _require_rigidity(self, "pressure")
        return self


class OceanDykeConfig(DykeConfig, OceanPlaneConfig):
    """A dyke (Okada 1985, tensile)."""


class OceanSillConfig(SillConfig, OceanPlaneConfig):
    """A sill (Okada 1985, tensile); position and depth are those of its centre."""

    @model_validator(mode="after")
    def _below(self) -> Self:
        if self.dip == 0 and self.depth <= 0:
            raise KeyProblem("depth", "is 0: a level crack must lie below the seafloor")
        return self


class OceanClvdConfig(ClvdConfig, OceanPointConfig):
    """A compensated linear vector dipole at a point."""

    @model_validator(mode="after")
    def _of_rock(self) -> Self:
        _require_rigidity(self, "moment")
        return self


class OceanRingFaultConfig(RingFaultConfig, OceanPlaneConfig):
    """A ring fault of plane patches around a caldera (Okada 1985)."""


def _require_rigidity(section: OceanPointConfig, strength: str) -> None:
    """Raises KeyProblem where the displacement needs a rigidity, and none is given."""
    if section.rigidity is None:
        raise KeyProblem("rigidity", f"is missing; the displacement by a {strength} depends on it")
