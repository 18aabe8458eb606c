"""Where is the motion recorded?"""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, model_validator

from esim.config.crust.grid import CrustGridConfig
from esim.config.crust.inside import outside
from esim.config.limits import InEarth
from esim.config.stations.groups import ONE_OR_LIST, Listed, kind_of_item, list_items, part
from esim.config.stations.station import StationConfig, StationFileConfig, StationSettings
from esim.config.yaml.section import KeyProblem
from esim.config.yaml.units import Length
from esim.config.yaml.within import Within
from esim.errors import InputError
from esim.grids.projection import Projection


class ReceiverSettings(StationSettings):
    """What a list or a file may say for all its receivers."""

    depth: InEarth = Field(
        default=0.0,
        ge=0,
        description="Depth [m] below the ground, which is the seafloor under the sea; with in_water, below the sea "
        "surface.",
    )
    in_water: bool = Field(
        default=False,
        description="A hydrophone in the sea, on the water's side where it lies on the seafloor.",
    )


class ReceiverConfig(StationConfig, ReceiverSettings):
    """A receiver: a named position at which motion is recorded."""

    elevation: Annotated[Length, Within(-6.4e6, 12_000.0, "the Earth has a radius of 6.37e6 m")] | None = (
        Field(
            default=None,
            description="Height [m], positive up, above depth 0 of the grid, in place of depth; in the sea or in the "
            "ground. A receiver above the ground is placed on it, with a warning.",
        )
    )

    @model_validator(mode="after")
    def _one_height(self) -> Self:
        if self.elevation is not None and "depth" in self.model_fields_set:
            raise KeyProblem("elevation", "is given beside depth; expected one of them")
        return self


class ReceiverFileConfig(StationFileConfig, ReceiverSettings):
    """Receivers of a file, and settings for those that have none of their own."""


class ReceiverListConfig(ReceiverSettings):
    """Receivers, and settings for all of them."""

    list: tuple[ReceiverConfig, ...] = Field(
        min_length=1, description="Receivers with the settings beside this key."
    )


ReceiverItem = Annotated[
    Annotated[ReceiverConfig, Tag("kind=station")]
    | Annotated[ReceiverFileConfig, Tag("kind=file")]
    | Annotated[ReceiverListConfig, Tag("kind=list")],
    Discriminator(kind_of_item),
]
Receivers = Annotated[tuple[ReceiverItem, ...], *ONE_OR_LIST]


def list_receivers(
    items: Sequence[Any], section: CrustGridConfig
) -> tuple[list[Listed[ReceiverConfig]], list[Listed[ReceiverConfig]]]:
    """The receivers of all items in the grid, or to be refused, and those beside it that are to be skipped."""
    grid, origin = section.build(), section.origin

    def beside(receiver: ReceiverConfig) -> bool:
        x, y = receiver.position
        if receiver.lonlat:
            if origin is None:
                return False
            try:
                x, y = map(float, Projection(origin.lon, origin.lat).to_xy(x, y))
            except InputError:  # too far to be projected
                return True
        return outside(grid, "", x, y, grid.depth_min) is not None

    return part(list_items(items, ReceiverConfig, origin is not None), beside)
