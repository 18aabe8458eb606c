"""Which source time function? Moment rates of unit area, from the onset on."""

from math import pi
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from esim.config.limits import RiseTime, WaveFrequency
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import KeyProblem, Section, check_one, kind_of

GAUSSIAN_DELAY = 6.0  # in sigma: the rate starts at 1.5e-8 of its peak
RICKER_DELAY = 1.5  # in periods


class GaussianConfig(Section):
    """exp(-(t - delay)^2 / (2 sigma^2)) / (sigma sqrt(2 pi))."""

    kind: Literal["gaussian"] = Field(description="gaussian: a Gaussian.")
    sigma: RiseTime | None = Field(default=None, gt=0, description="Standard deviation [s].")
    frequency: WaveFrequency | None = Field(
        default=None,
        gt=0,
        description="Instead of sigma: corner frequency 1 / (2 pi sigma) [Hz], where the spectrum is 0.61.",
    )
    delay: RiseTime | None = Field(
        default=None, ge=0, description=f"Time of the peak [s]; null: {GAUSSIAN_DELAY:g} sigma."
    )

    @model_validator(mode="after")
    def _one_width(self) -> Self:
        check_one(self, "sigma", "frequency")
        return self

    @property
    def width(self) -> float:
        """The standard deviation [s]."""
        return self.sigma if self.sigma is not None else 1 / (2 * pi * (self.frequency or 0.0))

    @property
    def centre(self) -> float:
        """Time of the peak [s] after the onset."""
        return GAUSSIAN_DELAY * self.width if self.delay is None else self.delay


class RickerConfig(Section):
    """(1 - 2 a) exp(-a) with a = (pi frequency (t - delay))^2; its area is zero, its peak 1."""

    kind: Literal["ricker"] = Field(description="ricker: a Ricker wavelet of peak 1.")
    frequency: WaveFrequency = Field(gt=0, description="Peak frequency [Hz].")
    delay: RiseTime | None = Field(
        default=None, ge=0, description=f"Time of the peak [s]; null: {RICKER_DELAY:g} / frequency."
    )

    @property
    def centre(self) -> float:
        """Time of the peak [s] after the onset."""
        return RICKER_DELAY / self.frequency if self.delay is None else self.delay


class PulseConfig(Section):
    """Every pulse that is over after its duration, and symmetrical about the middle of it."""

    duration: RiseTime | None = Field(default=None, gt=0, description="Duration [s].")
    half_duration: RiseTime | None = Field(default=None, gt=0, description="Instead: half of it [s].")

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        check_one(self, "duration", "half_duration")
        return self

    @property
    def length(self) -> float:
        """The duration [s]."""
        return self.duration if self.duration is not None else 2 * (self.half_duration or 0.0)


class TriangleConfig(PulseConfig):
    """An isosceles triangle."""

    kind: Literal["triangle"] = Field(description="triangle: an isosceles triangle.")


class CosineConfig(PulseConfig):
    """(1 - cos(2 pi t / duration)) / duration."""

    kind: Literal["cosine"] = Field(description="cosine: one period of 1 - cos.")


class BruneConfig(Section):
    """(t / duration^2) exp(-t / duration), named by its corner frequency 1 / (2 pi duration)."""

    kind: Literal["brune"] = Field(description="brune: the omega-square model.")
    duration: RiseTime = Field(gt=0, description="1 / (2 pi corner frequency) [s].")


class KupperConfig(PulseConfig):
    """(3 pi / (4 duration)) sin^3(pi t / duration)."""

    kind: Literal["kupper"] = Field(description="kupper: a Küpper pulse, smooth and of finite length.")


class YoffeConfig(Section):
    """The regularised Yoffe function (Tinti et al. 2005): fast onset, slow decay, as in dynamic rupture."""

    kind: Literal["yoffe"] = Field(description="yoffe: regularised Yoffe function, a dynamic slip rate.")
    rise_time: RiseTime = Field(gt=0, description="Rise time tau_R [s] of the Yoffe function.")
    acceleration_time: RiseTime = Field(
        gt=0, description="Half-duration tau_S [s] of the smoothing triangle; the peak is at 1.27 tau_S."
    )

    @model_validator(mode="after")
    def _faster_than_it_lasts(self) -> Self:
        if self.acceleration_time >= self.rise_time:
            text = f"{self.acceleration_time:g} s is not below rise_time, {self.rise_time:g} s"
            raise KeyProblem("acceleration_time", text)
        return self


class TexpConfig(Section):
    """(t / duration^2) exp(-t / duration), the moment rate of the LOH benchmarks."""

    kind: Literal["texp"] = Field(description="texp: (t / T^2) exp(-t / T), as in the LOH benchmarks.")
    duration: RiseTime = Field(gt=0, description="T [s].")


class TimeFileConfig(Section):
    """A rate from a text file with the columns time [s] and rate [1/s]."""

    kind: Literal["file"] = Field(description="file: a text file with the columns time [s] and rate.")
    file: InputFile = Field(description="Text file, relative to the configuration, or data:NAME.")


TimeFunctionConfig = Annotated[
    Annotated[GaussianConfig, Tag("kind=gaussian")]
    | Annotated[RickerConfig, Tag("kind=ricker")]
    | Annotated[TriangleConfig, Tag("kind=triangle")]
    | Annotated[CosineConfig, Tag("kind=cosine")]
    | Annotated[BruneConfig, Tag("kind=brune")]
    | Annotated[KupperConfig, Tag("kind=kupper")]
    | Annotated[YoffeConfig, Tag("kind=yoffe")]
    | Annotated[TexpConfig, Tag("kind=texp")]
    | Annotated[TimeFileConfig, Tag("kind=file")],
    Discriminator(kind_of),
]
