"""From what do the numbers of a run count? Its horizontal and vertical datum, and its origin time."""

from collections.abc import Mapping
from typing import Any, NamedTuple

DEPTHS = "z points down from depth 0 of the grid; depths of stations count from the ground, in water from its surface"

OF_PARTS = (
    "the crust and the ocean of a coupled run have their own: tree.crust.esim.datum, tree.ocean.esim.datum"
)


class Datum(NamedTuple):
    """What places, heights and times of a run count from, in words."""

    horizontal: str
    vertical: str
    time: str


def datum_of(configuration: Mapping[str, Any]) -> Datum:
    """The datum of the run with a configuration; that of a coupled run is told by each of its parts."""
    if configuration.get("scenario") == "coupled":
        return Datum(OF_PARTS, OF_PARTS, _time(configuration))
    vertical = DEPTHS if configuration.get("scenario") == "seismic" else _levels(configuration)
    return Datum(_horizontal(configuration), vertical, _time(configuration))


def _horizontal(configuration: Mapping[str, Any]) -> str:
    grid = configuration.get("grid") or {}
    if grid.get("kind") == "lonlat":
        return "longitude and latitude [degrees], WGS 84 (EPSG:4326)"
    if grid.get("crs"):
        return f"x and y [m] of {grid['crs']}"
    if origin := grid.get("origin"):
        return f"x and y [m] of the transverse Mercator plane at lon {origin['lon']:g}, lat {origin['lat']:g}, WGS 84"
    return "x and y [m] of a plane without a place on the Earth"


def _levels(configuration: Mapping[str, Any]) -> str:
    level = float((configuration.get("physics") or {}).get("sea_level") or 0.0)
    return f"heights count from the datum of the bathymetry, still water is at {level:g} m; depths from the ground"


def _time(configuration: Mapping[str, Any]) -> str:
    start = (configuration.get("time") or {}).get("start")
    return f"seconds since the origin time, {f'{start} (UTC)' if start else 'which has no date'}"
