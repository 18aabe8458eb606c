"""Which walls, dams and weirs stand in the water, thinner than a cell?"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from esim.config.limits import Coordinate, Level, Wall
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import KeyProblem, Section

Position = tuple[Coordinate, Coordinate]


class StructureConfig(Section):
    """Lines with a crest, on faces between cells, over which water flows as over a broad-crested weir."""

    name: str = Field(default="", description="Name, for warnings; default: structure1, structure2, ...")
    points: tuple[Position, ...] | None = Field(
        default=None, description="Points of the line: [lon, lat] [degrees] or [x, y] [m], as the grid."
    )
    file: InputFile | None = Field(
        default=None,
        description="Lines in GeoJSON, or in CSV with columns lon and lat, or x and y, and `line`, where there are "
        "more than one.",
    )
    crest: Level | None = Field(default=None, description="Height of the crest [m] above the datum.")
    height: Annotated[Wall, Field(gt=0)] | None = Field(
        default=None, description="Height of the crest [m] above the ground under the line."
    )
    crest_from: str | None = Field(
        default=None,
        description="Property (GeoJSON) or column (CSV) of the file that has the crest [m above the datum]; z: the "
        "third coordinate of GeoJSON.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for keys in (("points", "file"), ("crest", "height", "crest_from")):
            given = [key for key in keys if getattr(self, key) is not None]
            if len(given) != 1:
                wanted = f"{', '.join(keys[:-1])} or {keys[-1]}"
                raise ValueError(f"needs {wanted}; it has {' and '.join(given) or 'none of them'}")
        if self.points is not None and len(set(self.points)) < 2:
            raise KeyProblem("points", "is a single point; a structure is a line through at least two")
        if self.crest_from is not None and self.file is None:
            raise KeyProblem("crest_from", "needs a file; expected crest or height beside points")
        return self


def named(structures: tuple[StructureConfig, ...]) -> tuple[StructureConfig, ...]:
    """The structures, each with a name."""
    return tuple(
        one if one.name else one.model_copy(update={"name": f"structure{n + 1}"})
        for n, one in enumerate(structures)
    )
