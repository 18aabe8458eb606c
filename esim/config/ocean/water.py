"""Where is the water before anything moves? At sea level wherever the ground is lower, but for what is said here."""

from typing import Any, Self

from pydantic import Field, model_validator

from esim.config.limits import Coordinate, Level
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import KeyProblem, Section

FEWEST_CORNERS = 3


class RegionConfig(Section):
    """A part of the map: a polygon, or a file of polygons or of a mask."""

    polygon: tuple[tuple[Coordinate, Coordinate], ...] | None = Field(
        default=None, description="Corners, each [lon, lat] in degrees or [x, y] in m, as the grid has them."
    )
    file: InputFile | None = Field(
        default=None,
        description="GeoJSON file of polygons, or NetCDF file of a mask that is 1 inside and 0 outside, relative to "
        "the configuration or data:NAME.",
    )
    variable: str | None = Field(default=None, description="Variable of the mask; null: the only one.")

    @model_validator(mode="before")
    @classmethod
    def _bare_polygon(cls, value: Any) -> Any:
        """A list of corners may stand for the whole mapping."""
        return {"polygon": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.polygon is None) == (self.file is None):
            raise ValueError("expected either polygon or file")
        if self.polygon is not None and len(self.polygon) < FEWEST_CORNERS:
            raise KeyProblem(
                "polygon", f"has {len(self.polygon)} corners; expected at least {FEWEST_CORNERS}"
            )
        return self


class LakeConfig(RegionConfig):
    """A lake, or a harbour behind a lock: its own level."""

    level: Level = Field(description="Level [m] of its surface in the datum of the bathymetry.")


class FirstWaterConfig(Section):
    """Where the water is not at sea level before anything moves."""

    dry: tuple[RegionConfig, ...] = Field(
        default=(), description="Land without water though it lies below the sea, behind dikes say: a list."
    )
    lakes: tuple[LakeConfig, ...] = Field(
        default=(),
        description="Lakes with a level of their own: a list; where they overlap, the last one counts.",
    )
