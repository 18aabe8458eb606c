"""What do the waves travel through? Layers, a model file, a gradient or a gridded file."""

from math import sqrt
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from esim.config.cells import Size, one_or
from esim.config.paths import InputFile
from esim.config.section import KeyProblem, Section, kind_of
from esim.config.units import Count, Density, DensityGradient, Length, Number, Speed, SpeedGradient

MIN_RATIO = sqrt(2)  # of vp to vs: below it Lame's lambda is negative


def ratio_problem(vp: float, vs: float) -> str | None:
    """A sentence if vp and vs [m/s] are not those of a rock (vs > 0) or a fluid (vs = 0); else None."""
    if vs == 0 or vp >= MIN_RATIO * vs * (1 - 1e-9):
        return None
    return f"vp {vp:g} m/s is {vp / vs:.3g} times vs {vs:g} m/s; expected at least sqrt(2) times (or vs 0, a fluid)"


class RandomConfig(Section):
    """Random deviations of the velocities and the density, the same wherever and however they are computed."""

    kind: Literal["von_karman"] = Field(default="von_karman", description="von_karman: the autocorrelation.")
    sigma: Number = Field(gt=0, le=0.5, description="Standard deviation, as a share of the value.")
    correlation: Annotated[tuple[Size, Size, Size], *one_or(3)] = Field(
        description="Correlation lengths [m]: one value or [x, y, depth]."
    )
    hurst: Number = Field(default=0.5, gt=0, le=1, description="Hurst exponent; the smaller, the rougher.")
    seed: Count = Field(default=1, ge=0, description="Seed: another number is another medium.")
    limit: Number = Field(default=3.0, gt=0, description="Deviations are cut at this many sigma.")

    @model_validator(mode="after")
    def _stays_positive(self) -> Self:
        share = self.sigma * self.limit
        if share >= 1:
            text = f"{self.sigma:g} times limit {self.limit:g} is {share:g}, but no value can fall by all of itself"
            raise KeyProblem("sigma", text)
        return self


class QFromVsConfig(Section):
    """Quality factors in proportion to the velocity of S waves."""

    qs_per_km_s: Number = Field(default=50.0, gt=0, description="Qs per km/s of vs: 50 gives Qs = 0.05 vs.")
    qp_over_qs: Number = Field(default=2.0, gt=0, description="Qp / Qs.")


class QualityConfig(Section):
    """Quality factors that are given."""

    qp: Number | None = Field(default=None, gt=0, description="Quality factor of P waves; null: no loss.")
    qs: Number | None = Field(default=None, gt=0, description="Quality factor of S waves; null: no loss.")


class AnyMediumConfig(Section):
    """What every medium may have on top of its values."""

    random: RandomConfig | None = Field(default=None, description="Random heterogeneity; null: none.")
    q_from_vs: QFromVsConfig | None = Field(
        default=None, description="Quality factors from vs, in place of others; null: as given."
    )
    min_vs: Speed | None = Field(
        default=None,
        gt=0,
        description="Solids with lower vs [m/s] are raised to it; fluids stay. null: none.",
    )

    @property
    def attenuates(self) -> bool | None:
        """Whether any quality factor is given; None where only a file can tell."""
        return True if self.q_from_vs is not None else None


class LayerConfig(QualityConfig):
    """A layer from its top down to that of the next."""

    top: Length = Field(description="Depth [m] of the top.")
    vp: Speed = Field(gt=0, description="Velocity of P waves [m/s].")
    vs: Speed = Field(ge=0, description="Velocity of S waves [m/s]; 0: a fluid.")
    rho: Density = Field(gt=0, description="Density [kg/m3].")

    @model_validator(mode="after")
    def _check(self) -> Self:
        problem = ratio_problem(self.vp, self.vs)
        if problem:
            raise KeyProblem("vs", f"layer with top {self.top:g} m: {problem}")
        return self


class LayersConfig(AnyMediumConfig):
    """Flat layers that are written in the configuration."""

    kind: Literal["layers"] = Field(description="layers: flat layers, listed here.")
    layers: tuple[LayerConfig, ...] = Field(
        min_length=1, description="The layers from the top down; the last one has no bottom."
    )

    @model_validator(mode="after")
    def _sorted(self) -> Self:
        for n in range(1, len(self.layers)):
            above, top = self.layers[n - 1].top, self.layers[n].top
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


class ModelFileConfig(AnyMediumConfig):
    """A one-dimensional model from a text file."""

    kind: Literal["model"] = Field(description="model: a one-dimensional model from a text file.")
    file: InputFile = Field(
        description="Text file (.tvel, .nd or columns), relative to the configuration, or data:NAME."
    )


class GradientConfig(AnyMediumConfig, QualityConfig):
    """Values that grow in proportion to depth."""

    kind: Literal["gradient"] = Field(description="gradient: values that grow in proportion to depth.")
    vp: Speed = Field(gt=0, description="Velocity of P waves [m/s] at depth 0.")
    vs: Speed = Field(ge=0, description="Velocity of S waves [m/s] at depth 0; 0: a fluid.")
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
