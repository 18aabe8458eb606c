"""Which parts of a fault slip, each alone, so that any slip on it is a sum of theirs?"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from esim.config.limits import FaultSize, InEarth, Rigidity, Slip
from esim.config.point import PointConfig
from esim.config.sources.seafloor import SlopedSourceConfig
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import KeyProblem, Section, check_one
from esim.config.yaml.units import Angle

Side = Annotated[FaultSize, Field(gt=0)]


class FaultPlaneConfig(PointConfig):
    """A rectangle that is divided into subfaults; the position is that of the middle of its top edge."""

    depth: InEarth = Field(ge=0, description="Depth [m] of the top edge.")
    length: Side = Field(description="Length [m] along strike.")
    width: Side = Field(description="Width [m] down dip.")
    strike: Angle = Field(ge=-360, le=360, description="Strike [degrees clockwise from north].")
    dip: Angle = Field(gt=0, le=90, description="Dip [degrees], to the right of the strike.")


class SlabConfig(Section):
    """The interface of a subducting plate, as a grid of its depth such as those of Slab2 (Hayes et al. 2018).

    Columns of subfaults go down the steepest descent from the line on which the interface has the smaller depth.
    """

    file: InputFile = Field(
        description="Depth of the interface in lon and lat: NetCDF (.grd) or columns lon, lat, depth, in km or m of "
        "either sign, relative to the configuration."
    )
    depth: tuple[InEarth, InEarth] = Field(
        description="Depths [m] of the upper edge of the first row, and down to which the middles of subfaults lie."
    )
    west: Angle | None = Field(
        default=None,
        ge=-360,
        le=360,
        description="Western limit [degrees] of the interface that counts; null: none.",
    )
    east: Angle | None = Field(default=None, ge=-360, le=720, description="Eastern limit; null: none.")
    south: Angle | None = Field(default=None, ge=-90, le=90, description="Southern limit; null: none.")
    north: Angle | None = Field(default=None, ge=-90, le=90, description="Northern limit; null: none.")

    @model_validator(mode="after")
    def _downwards(self) -> Self:
        if not 0 < self.depth[0] < self.depth[1]:
            raise KeyProblem("depth", "expected two depths of more than 0, the smaller one first")
        for low, high in (("west", "east"), ("south", "north")):
            first, last = getattr(self, low), getattr(self, high)
            if first is not None and last is not None and first >= last:
                raise KeyProblem(high, f"{last:g} is not beyond {low}, {first:g}")
        return self

    @property
    def limits(self) -> tuple[float | None, float | None, float | None, float | None]:
        """West, east, south and north [degrees]; None where there is no limit."""
        return self.west, self.east, self.south, self.north


class UnitSourcesConfig(SlopedSourceConfig):
    """One member for each subfault of a fault, which slips alone, at once, at the origin time.

    Their waves at the stations are Green's functions, of which the waves of any slip are a sum (esim superpose).
    """

    fault: InputFile | None = Field(
        default=None, description="Finite-fault file, whose subfaults are taken without their slip."
    )
    plane: FaultPlaneConfig | None = Field(
        default=None, description="Rectangle that is divided into subfaults."
    )
    slab: SlabConfig | None = Field(
        default=None, description="Interface of a subducting plate that is divided into subfaults."
    )
    subfault: tuple[Side, Side] | None = Field(
        default=None,
        description="Size [m] of the subfaults of plane or slab, along strike and down dip; about, so that a whole "
        "number fits.",
    )
    rake: Angle | None = Field(
        default=None,
        ge=-360,
        le=360,
        description="Rake [degrees] of all subfaults; null: as in the file of the fault.",
    )
    slip: Slip = Field(
        default=10.0,
        gt=0,
        description="Slip [m] of each member, about that of the earthquakes that are wanted: where it moves the bed by "
        "less than 0.1 mm nothing is computed. Green's functions are those of 1 m.",
    )
    rigidity: Rigidity | None = Field(
        default=None, gt=0, description="Rigidity [Pa] for the seismic moment; null: default."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_one(self, "fault", "plane", "slab")
        if self.fault is not None:
            if self.subfault is not None:
                raise KeyProblem("subfault", "goes with plane or slab; a fault file has its own subfaults")
            return self
        for name in ("subfault", "rake"):
            if getattr(self, name) is None:
                raise KeyProblem(name, "is missing; a plane or slab needs it")
        return self
