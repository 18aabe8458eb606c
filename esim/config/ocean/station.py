"""Where are the gauges, and what if one lies on land or outside the grid?"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from esim.config.limits import Moments
from esim.config.stations.groups import ONE_OR_LIST, Listed, kind_of_item, list_items, part
from esim.config.stations.station import StationConfig, StationFileConfig, StationSettings
from esim.config.yaml.paths import InputFile
from esim.config.yaml.units import Length
from esim.grids.grid import Grid


class GaugeSettings(StationSettings):
    """What a list or a file may say for all its gauges: what they record, and what becomes of those on land."""

    kind: Literal["surface", "pressure"] = Field(
        default="surface",
        description="What its observed record is compared with. surface: eta, as a tide gauge or a buoy sees it; "
        "pressure: depth_change, as a pressure gauge on the sea floor does, which moves with the bed; with forcing "
        "bottom_pressure_change, which has the air pressure as well.",
    )
    snap: Literal["water"] | None = Field(
        default=None,
        description="water: a gauge whose cell is dry at first moves to the nearest wet one; null: it stays on land, "
        "where elevation is missing while it is dry.",
    )
    snap_distance: Length | None = Field(
        default=None, gt=0, description="Farthest [m] that snap moves a gauge; null: five cells."
    )
    observed_after: Moments | None = Field(
        default=None,
        description="Time [s] before which observed records hold seismic waves and are not compared; null: none.",
    )


class GaugeConfig(StationConfig, GaugeSettings):
    """A gauge: a named position at which time series of the water are recorded."""

    observed: InputFile | None = Field(
        default=None,
        description="Observed record to compare with, relative to the configuration: CSV with columns time [s since "
        "the origin, or ISO 8601] and eta [m above the datum of the bathymetry; of a pressure gauge the change of the "
        "depth, m of water], or NetCDF with such variables; null: one that comes with esim, if any.",
    )


class GaugeFileConfig(StationFileConfig, GaugeSettings):
    """Gauges of a file, and settings for all of them."""


class GaugeListConfig(GaugeSettings):
    """Gauges, and settings for all of them."""

    list: tuple[GaugeConfig, ...] = Field(
        min_length=1, description="Gauges with the settings beside this key."
    )


GaugeItem = Annotated[
    Annotated[GaugeConfig, Tag("kind=station")]
    | Annotated[GaugeFileConfig, Tag("kind=file")]
    | Annotated[GaugeListConfig, Tag("kind=list")],
    Discriminator(kind_of_item),
]
Gauges = Annotated[tuple[GaugeItem, ...], *ONE_OR_LIST]


def list_gauges(
    items: Sequence[Any], grid: Grid
) -> tuple[list[Listed[GaugeConfig]], list[Listed[GaugeConfig]]]:
    """The gauges of all items in the grid, or to be refused, and those outside that are to be skipped."""

    def outside(gauge: GaugeConfig) -> bool:
        return gauge.lonlat == grid.lonlat and not grid.contains(*gauge.position)

    return part(list_items(items, GaugeConfig, grid.lonlat), outside)
