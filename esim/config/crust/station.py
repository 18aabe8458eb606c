"""Where is the motion recorded?"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from esim.config.crust.grid import CrustGridConfig
from esim.config.crust.inside import outside
from esim.config.stations.groups import ONE_OR_LIST, Listed, kind_of_item, list_items, part
from esim.config.stations.station import StationConfig, StationFileConfig, StationSettings
from esim.config.yaml.units import Length
from esim.errors import InputError
from esim.grids.projection import Projection


class ReceiverSettings(StationSettings):
    """What a list or a file may say for all its receivers."""

    depth: Length = Field(default=0.0, ge=0, description="Depth [m] below the ground, or the seafloor.")


class ReceiverConfig(StationConfig, ReceiverSettings):
    """A receiver: a named position at which motion is recorded."""


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
