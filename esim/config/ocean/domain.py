"""Which ocean is computed: its grids, its bed and its structures, its physics, what acts on its water?"""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from esim.config.elevation import BathymetryConfig
from esim.config.limits import Wall
from esim.config.ocean.forcing import ForcingConfig
from esim.config.ocean.grid import OceanGridConfig
from esim.config.ocean.incident import AnyIncidentConfig
from esim.config.ocean.physics import OceanPhysics
from esim.config.ocean.source import OceanSourceConfig
from esim.config.ocean.structures import StructureConfig, named
from esim.config.ocean.water import FirstWaterConfig
from esim.config.yaml.section import Section


class OceanDomainConfig(Section):
    """An ocean and what acts on it."""

    grid: OceanGridConfig = Field(description="The grid: lonlat or cartesian.")
    bathymetry: BathymetryConfig = Field(
        description="Bathymetry: a file, or a simple shape; or a list of these, of which the last that has a value at "
        "a point counts there."
    )
    physics: OceanPhysics = Field(
        default_factory=OceanPhysics,
        validate_default=True,
        description="Terms and constants of the equations.",
    )
    structures: tuple[StructureConfig, ...] = Field(
        default=(), description="Walls, dams and weirs thinner than a cell: a list of lines with a crest."
    )
    levees: Annotated[Wall, Field(gt=0)] | None = Field(
        default=None,
        description="Crests of the bathymetry's file that are narrower than a cell are kept, as structures, where they "
        "stand at least this high [m] above both cells, up to 20 m above the still water; null: they are lost, with a "
        "warning.",
    )
    water: FirstWaterConfig = Field(
        default=FirstWaterConfig(),
        description="The water before anything moves: dry land below the sea, lakes.",
    )
    source: tuple[OceanSourceConfig, ...] = Field(
        default=(), description="Tsunami sources beside the moving bed, such as landslides: a list."
    )
    forcing: tuple[ForcingConfig, ...] = Field(default=(), description="Air pressure over the water: a list.")
    incident: tuple[AnyIncidentConfig, ...] = Field(
        default=(),
        description="Incident waves at sides whose grid.boundary is incident: a list, one per side.",
    )

    @field_validator("structures")
    @classmethod
    def _name_structures(cls, structures: tuple[StructureConfig, ...]) -> tuple[StructureConfig, ...]:
        return named(structures)

    @field_validator("physics")
    @classmethod
    def _default_coriolis(cls, physics: OceanPhysics, info: ValidationInfo) -> OceanPhysics:
        if physics.coriolis is not None or "grid" not in info.data:
            return physics
        return physics.model_copy(update={"coriolis": info.data["grid"].kind == "lonlat"})
