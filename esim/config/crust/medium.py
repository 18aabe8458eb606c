"""Which medium do the waves propagate through? Layers, a velocity model, a gradient or a gridded model."""

from collections.abc import Iterable, Iterator, Sequence
from math import sqrt
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from esim.config.cells import Size, one_or
from esim.config.crust.bounds import BOUNDS, bounds_problem
from esim.config.crust.scaling import rho_of_vp, vp_of_vs
from esim.config.limits import Deviations, InEarth, PerSpeed, QualityFactor, Ratio
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import KeyProblem, Section, kind_of
from esim.config.yaml.units import Count, Density, DensityGradient, Number, Speed, SpeedGradient

MIN_RATIO = sqrt(2)  # of vp to vs: below it Lame's lambda is negative


def ratio_problem(vp: float, vs: float) -> str | None:
    """A sentence if vp and vs [m/s] are not those of a rock (vs > 0) or a fluid (vs = 0); else None."""
    if vs == 0 or vp >= MIN_RATIO * vs * (1 - 1e-9):
        return None
    return f"vp {vp:g} m/s is {vp / vs:.3g} times vs {vs:g} m/s; expected at least sqrt(2) times (or vs 0, a fluid)"


class RandomConfig(Section):
    """Random heterogeneity of velocities and density, identical for any number of ranks."""

    kind: Literal["von_karman"] = Field(default="von_karman", description="von_karman: the autocorrelation.")
    sigma: Number = Field(gt=0, le=0.5, description="Standard deviation, as a fraction of the value.")
    correlation: Annotated[tuple[Size, Size, Size], *one_or(3)] = Field(
        description="Correlation lengths [m]: one value or [x, y, depth]."
    )
    hurst: Number = Field(default=0.5, gt=0, le=1, description="Hurst exponent; smaller is rougher.")
    seed: Count = Field(default=1, ge=0, description="Seed of the random numbers.")
    limit: Deviations = Field(default=3.0, gt=0, description="Deviations are clipped at this many sigma.")

    @model_validator(mode="after")
    def _stays_positive(self) -> Self:
        largest = self.sigma * self.limit
        if largest >= 1:
            text = f"{self.sigma:g} times limit {self.limit:g} is {largest:g}, which would make values zero or negative"
            raise KeyProblem("sigma", text)
        return self


class QFromVsConfig(Section):
    """Quality factors proportional to the S-wave velocity."""

    qs_per_km_s: PerSpeed = Field(default=50.0, gt=0, description="Qs per km/s of vs: 50 gives Qs = 0.05 vs.")
    qp_over_qs: Ratio = Field(default=2.0, gt=0, description="Qp / Qs.")


class QualityConfig(Section):
    """Given quality factors."""

    qp: QualityFactor | None = Field(
        default=None, gt=0, description="Quality factor of P waves; null: no attenuation."
    )
    qs: QualityFactor | None = Field(
        default=None, gt=0, description="Quality factor of S waves; null: no attenuation."
    )


class AnyMediumConfig(Section):
    """What every medium may have in addition to its values."""

    draped: bool = Field(
        default=False,
        description="Count depths of the model from the ground (the seafloor under the sea) of topography, not from "
        "depth 0 of the grid.",
    )
    scaling: Literal["brocher2005"] | None = Field(
        default=None,
        description="What makes vp of vs, and density of vp, where the medium lacks them: brocher2005 (Brocher 2005, "
        "eq. 9 and 1); null: they must be there.",
    )
    random: RandomConfig | None = Field(default=None, description="Random heterogeneity; null: none.")
    q_from_vs: QFromVsConfig | None = Field(
        default=None, description="Quality factors from vs, replacing others; null: as given."
    )
    min_vs: Speed | None = Field(
        default=None,
        gt=0,
        description="Lower limit of vs [m/s] in solids; fluids are unchanged; null: none.",
    )

    @model_validator(mode="after")
    def _least_vs_of_rock(self) -> Self:
        if self.min_vs is not None and (problem := bounds_problem("vs", self.min_vs)):
            raise KeyProblem("min_vs", problem)
        return self

    @property
    def attenuates(self) -> bool | None:
        """Whether any quality factor is given; None where only a file can tell."""
        return True if self.q_from_vs is not None else None


class LayerConfig(QualityConfig):
    """A layer from its top down to that of the next."""

    top: InEarth | None = Field(
        default=None,
        description="Depth [m] of the top; null: where the layer before ends, or 0 for the first.",
    )
    thickness: InEarth | None = Field(
        default=None, gt=0, description="Thickness [m], in place of the top of the next layer."
    )
    vp: Speed | None = Field(
        default=None, gt=0, description="P-wave velocity [m/s]; null: from vs by scaling."
    )
    vs: Speed = Field(ge=0, description="S-wave velocity [m/s]; 0: a fluid.")
    rho: Density | None = Field(default=None, gt=0, description="Density [kg/m3]; null: from vp by scaling.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in BOUNDS:
            value = getattr(self, name)
            if value is not None and (problem := bounds_problem(name, value)):
                raise KeyProblem(name, f"{self._label}{problem}")
        problem = None if self.vp is None else ratio_problem(self.vp, self.vs)
        if problem:
            raise KeyProblem("vs", f"{self._label}{problem}")
        return self

    @property
    def _label(self) -> str:
        return "" if self.top is None else f"layer with top {self.top:g} m: "

    def scaled(self) -> "LayerConfig":
        """The layer with what it lacks of vp and density made by scaling."""
        vp = self.vp if self.vp is not None else float(vp_of_vs(self.vs))
        rho = self.rho if self.rho is not None else float(rho_of_vp(vp))
        return self.model_copy(update={"vp": vp, "rho": rho})


class LayersConfig(AnyMediumConfig):
    """Flat layers, listed in the configuration."""

    kind: Literal["layers"] = Field(description="layers: flat layers, listed here.")
    layers: tuple[LayerConfig, ...] = Field(
        min_length=1, description="The layers from the top down; the last one is a half-space."
    )

    @field_validator("layers", mode="after")
    @classmethod
    def _complete(cls, layers: tuple[LayerConfig, ...], info: ValidationInfo) -> tuple[LayerConfig, ...]:
        """The layers with all their tops, velocities and densities."""
        return tuple(_scaled(_with_tops(layers), info.data.get("scaling")))

    @model_validator(mode="after")
    def _sorted(self) -> Self:
        for n in range(1, len(self.layers)):
            above, top = self.layers[n - 1].top or 0.0, self.layers[n].top or 0.0
            if top <= above:
                text = (
                    f"{top:g} m is not below the top of the layer before, {above:g} m; expected them in order"
                )
                raise KeyProblem(("layers", n, "top"), text)
        return self

    @property
    def attenuates(self) -> bool:
        """Whether any quality factor is given."""
        return self.q_from_vs is not None or any(layer.qp or layer.qs for layer in self.layers)


def _with_tops(layers: Sequence[LayerConfig]) -> Iterator[LayerConfig]:
    """The layers with their tops, from those of others and thicknesses; KeyProblem where these do not fit."""
    bottom: float | None = 0.0
    for n, layer in enumerate(layers):
        top = layer.top
        if top is None and bottom is None:
            raise KeyProblem((n, "top"), "is missing; expected it, or thickness in the layer before")
        if top is not None and n and bottom is not None and abs(top - bottom) > 1e-6 * abs(bottom):
            raise KeyProblem(
                (n, "top"), f"{top:g} m, and the layer before ends at {bottom:g} m; give one of them"
            )
        top = bottom if top is None else top
        bottom = None if layer.thickness is None or top is None else top + layer.thickness
        yield layer.model_copy(update={"top": top})


def _scaled(layers: Iterable[LayerConfig], scaling: str | None) -> Iterator[LayerConfig]:
    """The layers with vp and density; KeyProblem where one has none and none can be made."""
    for n, layer in enumerate(layers):
        missing = next((name for name in ("vp", "rho") if getattr(layer, name) is None), None)
        if missing and scaling is None:
            text = (
                "is missing; expected it, or medium.scaling: brocher2005, which makes vp of vs, and rho of vp"
            )
            raise KeyProblem((n, missing), text)
        if missing and layer.vs == 0:
            raise KeyProblem((n, missing), "is missing; a fluid (vs 0) needs vp and rho")
        yield layer.scaled() if missing else layer


class ModelFileConfig(AnyMediumConfig):
    """A one-dimensional model from a text file."""

    kind: Literal["model"] = Field(description="model: a one-dimensional model from a text file.")
    file: InputFile = Field(
        description="Text file (.tvel, .nd, or columns that a line names, such as thickness vp vs rho), relative to "
        "the configuration, or data:NAME."
    )


class GradientConfig(AnyMediumConfig, QualityConfig):
    """Values that increase linearly with depth."""

    kind: Literal["gradient"] = Field(description="gradient: values that increase linearly with depth.")
    vp: Speed = Field(gt=0, description="P-wave velocity [m/s] at depth 0.")
    vs: Speed = Field(ge=0, description="S-wave velocity [m/s] at depth 0; 0: a fluid.")
    rho: Density = Field(gt=0, description="Density [kg/m3] at depth 0.")
    vp_gradient: SpeedGradient = Field(default=0.0, description="Increase of vp with depth [m/s per m].")
    vs_gradient: SpeedGradient = Field(default=0.0, description="Increase of vs with depth [m/s per m].")
    rho_gradient: DensityGradient = Field(
        default=0.0, description="Increase of the density with depth [kg/m3 per m]."
    )

    @property
    def attenuates(self) -> bool:
        """Whether any quality factor is given."""
        return self.q_from_vs is not None or self.qp is not None or self.qs is not None

    def problem(self, depth: float) -> str | None:
        """A sentence if the values at a depth [m] are not those of a rock or a fluid; else None."""
        vp = self.vp + self.vp_gradient * depth
        vs = self.vs + self.vs_gradient * depth
        rho = self.rho + self.rho_gradient * depth
        problem = ratio_problem(vp, vs)
        if vp <= 0 or vs < 0 or rho <= 0:
            problem = f"vp {vp:g}, vs {vs:g} m/s, rho {rho:g} kg/m3 cannot be negative (nor vp and rho 0)"
        values = {"vp": vp, "vs": vs, "rho": rho, "qp": self.qp, "qs": self.qs}
        found = (bounds_problem(name, value) for name, value in values.items() if value is not None)
        problem = problem or next(filter(None, found), None)
        return f"at depth {depth:g} m, {problem}" if problem else None


class GridFileConfig(AnyMediumConfig):
    """A gridded model from a NetCDF file."""

    kind: Literal["grid"] = Field(description="grid: a gridded model from a NetCDF file.")
    file: InputFile = Field(
        description="NetCDF file, relative to the configuration, or data:NAME; variables vp, vs, rho and, "
        "if there, qp, qs over depth and lat, lon or y, x."
    )


MediumConfig = Annotated[
    Annotated[LayersConfig, Tag("kind=layers")]
    | Annotated[ModelFileConfig, Tag("kind=model")]
    | Annotated[GradientConfig, Tag("kind=gradient")]
    | Annotated[GridFileConfig, Tag("kind=grid")],
    Discriminator(kind_of),
]
