"""What is a layer of a map? Points, lines or polygons with their attributes; stations, which every run has."""

from typing import Any, NamedTuple

import numpy as np
import shapely

from esim.analysis.figures.place import is_lonlat, to_lonlat
from esim.analysis.reading.run import Run
from esim.errors import InputError

TURN = 360.0
DIGITS = 7  # of degrees: a centimetre


class Layer(NamedTuple):
    """Shapes (of shapely) in the coordinates of the run, degrees or m, their attributes, and what all of them are.

    kind is stations, faults, isochrones, flood or runup: how they are drawn.
    """

    name: str
    kind: str
    shapes: list[Any]
    rows: list[dict[str, Any]]


def stations(run: Run) -> list[Layer]:
    """The stations, with the largest absolute value of each of their series; none where the run has none."""
    data = run.stations
    if data is None or not data.sizes["station"]:
        return []
    names = ("x", "y") if "x" in data.variables and not is_lonlat(run) else ("lon", "lat")
    x, y = (data[name].values for name in names)
    series = [name for name, values in data.data_vars.items() if set(values.dims) == {"station", "time"}]
    rows: list[dict[str, Any]] = [{"name": str(name)} for name in data["station"].values]
    for name in series:
        peaks = np.nanmax(
            np.abs(data[name].fillna(0).transpose("station", "time").values), axis=1, initial=0.0
        )
        unit = data[name].attrs.get("units", "")
        for row, peak in zip(rows, peaks, strict=True):
            row[f"largest {name} ({unit})" if unit else f"largest {name}"] = float(f"{peak:.6g}")
    return [Layer("stations", "stations", list(shapely.points(x, y)), rows)]


def wgs84(run: Run, shapes: list[Any], crs: str | None) -> list[Any]:
    """Shapes in longitude and latitude of WGS84, from -180 to 180 degrees, cut where they cross the dateline.

    Raises InputError for a run without a place on Earth.
    """
    convert = to_lonlat(run, crs)
    if convert is None:
        raise InputError(
            f"{run.directory}: GeoJSON and KML are in longitude and latitude, and the grid has no place on Earth; "
            "name its reference system, --crs EPSG:32654"
        )
    moved = [shapely.transform(shape, lambda points: np.column_stack(convert(*points.T))) for shape in shapes]
    return [wrapped(valid(shape)) for shape in moved]


def wrapped(shape: Any) -> Any:
    """A shape in degrees on any turn of the globe, between -180 and 180, cut in two at the dateline."""
    west, _, east, _ = shape.bounds
    first, last = int(np.floor((west + 180) / TURN)), int(np.ceil((east + 180) / TURN))
    turns = range(first, max(last, first + 1))
    if list(turns) == [0]:
        return shape
    return shapely.union_all([_like(shape, _on_turn(shape, turn)) for turn in turns])


def valid(shape: Any) -> Any:
    """The shape, mended where a projection has made its sides cross."""
    return shape if shape.is_valid else _like(shape, shapely.make_valid(shape))


def _like(shape: Any, found: Any) -> Any:
    """What a shape has become, without the lines and points that areas leave where they touch, lines likewise.

    An area without a width, such as an upright fault seen from above, becomes a line.
    """
    parts = shapely.get_parts(found)
    dimensions = shapely.get_dimensions(parts)
    largest = min(shapely.get_dimensions(shape), max(dimensions, default=0))
    return shapely.union_all(parts[dimensions == largest])


def _on_turn(shape: Any, turn: int) -> Any:
    """The part of a shape on one turn of the globe, at its longitudes."""
    band = shapely.box(turn * TURN - 180, -90, turn * TURN + 180, 90)
    return shapely.transform(shape.intersection(band), lambda points: points - (turn * TURN, 0.0))
