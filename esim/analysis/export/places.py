"""How long until the tsunami comes to a town, and how high is it there? A table of the places of a file."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis import chart
from esim.analysis.clock import Clock, clock, duration, warn_if_unused
from esim.analysis.look import PLAIN, Look
from esim.analysis.place import is_lonlat, reference_system, to_lonlat
from esim.analysis.run import Run, open_run
from esim.config.stations import file as stations_file
from esim.config.yaml import units
from esim.errors import InputError
from esim.io.atomic import whole_file

if TYPE_CHECKING:
    import xarray as xr

TABLE = "places.csv"
HEADERS = (
    "name", "lon", "lat", "what", "arrival_s", "arrival", "utc", "local", "eta_max_m", "inundation_depth_m",
    "distance_m", "cell_x", "cell_y", "grid",
)  # fmt: skip
SUMMARY = ("name", "what", "arrival", "utc", "local", "eta_max_m", "distance_m")
WITHIN = 5000.0  # m
WINDOW = 1.1  # times the distance: half the box of cells that are looked at


class Place(NamedTuple):
    """A place of the file: its name, longitude and latitude (None on a grid without a place on Earth), and where it is
    on the grid [degrees or m]."""

    name: str
    lon: float | None
    lat: float | None
    x: float
    y: float


class Cell(NamedTuple):
    """A wet cell of a grid near a place: its position, its distance [m], and what happened there."""

    x: float
    y: float
    distance: float
    values: "xr.Dataset"


def tabulate(
    directory: Path,
    file: Path,
    within: float = WITHIN,
    output: Path | None = None,
    crs: str | None = None,
    look: Look = PLAIN,
) -> tuple[list[tuple[str, ...]], Path]:
    """The table as text, and the CSV file in `output` (by default OUT/places.csv) that holds it.

    file has columns name, lon, lat (or x, y [m]), or is GeoJSON with points. Of each place it says what happened in
    the nearest cell that was ever wet, of the finest grid that has one within a distance [m]: when the first wave came
    (the threshold of arrival_time) and how high the water rose. `what` says whether it came, or why nothing is known.

    Raises InputError if the run is no tsunami with maxima, or the file is not usable.
    """
    with open_run(directory) as run:
        if not run.grids or "eta_max" not in next(iter(run.grids.values())):
            raise InputError(f"{directory}: no maxima of a tsunami, from which places could be told")
        warn_if_unused(run, look)
        times = clock(run, look)
        grids = sorted(run.grids.items(), key=lambda item: _spacing(item[1]["eta_max"]))
        rows = [_row(place, grids, within, times) for place in _places(run, file, crs)]
    path = directory / TABLE if output is None else output / TABLE
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(HEADERS)
        table.writerows(rows)
    return rows, path


def _places(run: Run, file: Path, crs: str | None) -> list[Place]:
    """The places of a file, on the grid. Raises InputError for one that has no position."""
    try:
        rows = stations_file.read(file, True).rows
        return [_place(run, row.where, row.values, crs) for row in rows]
    except ValueError as error:
        raise InputError(str(error)) from None


def _place(run: Run, where: str, values: dict[str, Any], crs: str | None) -> Place:
    name = str(values["name"])
    x, y = (_number(values.get(key), units.LENGTH) for key in ("x", "y"))
    lon, lat = (_number(values.get(key), units.ANGLE) for key in ("lon", "lat"))
    if lon is not None and lat is not None and -360 <= lon <= 360 and -90 <= lat <= 90:
        return Place(name, lon, lat, *_on_grid(run, lon, lat, crs))
    if x is None or y is None or is_lonlat(run):
        wanted = "lon and lat in degrees" + ("" if is_lonlat(run) else ", or x and y in m")
        raise InputError(f"{where}: '{name}' has no position; expected {wanted}")
    if (convert := to_lonlat(run, crs)) is None:
        return Place(name, None, None, x, y)
    east, north = convert(x, y)
    return Place(name, float(east), float(north), x, y)


def _number(value: Any, dimension: units.Dimension) -> float | None:
    """A value with a unit or without; None where there is none that can be read."""
    try:
        return units.parse(value, dimension)
    except ValueError:
        return None


def _on_grid(run: Run, lon: float, lat: float, crs: str | None) -> tuple[float, float]:
    """x, y of a longitude and latitude. Raises InputError for a grid without a place on Earth."""
    from pyproj import Transformer

    if is_lonlat(run):
        return lon, lat
    system = reference_system(run, crs)
    if system is None:
        raise InputError(
            "places have lon and lat, and the grid has no place on Earth; name its system, --crs EPSG:32654"
        )
    x, y = Transformer.from_crs("EPSG:4326", system, always_xy=True).transform(lon, lat)
    return float(x), float(y)


def _row(
    place: Place, grids: Sequence[tuple[str, "xr.Dataset"]], within: float, times: Clock
) -> tuple[str, ...]:
    """A line of the table."""
    head = (place.name, _text(place.lon, 6), _text(place.lat, 6))
    covered = False
    for name, maxima in grids:
        if not _covers(maxima["eta_max"], place):
            continue
        covered = True
        if (cell := _nearest(maxima, place, within)) is not None:
            return (
                *head,
                *_told(cell, times),
                _text(cell.distance, 4),
                _text(cell.x, 8),
                _text(cell.y, 8),
                name,
            )
    why = f"no wet cell within {within / 1000:g} km" if covered else "outside the grid"
    return (*head, why, *[""] * (len(HEADERS) - len(head) - 1))


def _told(cell: Cell, times: Clock) -> tuple[str, ...]:
    """What happened in a cell: in words, when, and how high."""
    height, depth = (_value(cell.values, name) for name in ("eta_max", "inundation_depth_max"))
    arrival = _value(cell.values, "arrival_time")
    layer = _value(cell.values, "absorbing_layer")
    words = "not reached" if arrival is None else "reached"
    if "arrival_time" not in cell.values:
        words = "arrival not kept"
    if layer:
        words += ", in a layer that absorbs: too low"
    if arrival is None:
        return words, "", "", "", "", _text(height, 4), _text(depth, 4)
    clocks = (times.texts(arrival, "%Y-%m-%d %H:%M") + ["", ""])[:2]
    return words, _text(arrival, 6), duration(arrival), *clocks, _text(height, 4), _text(depth, 4)


def _nearest(maxima: "xr.Dataset", place: Place, within: float) -> Cell | None:
    """The nearest cell that was ever wet within a distance [m] of a place; None if there is none."""
    height = maxima["eta_max"]
    y, x = (height[name].values for name in height.dims)
    at = place.x + (360 * np.round((x.mean() - place.x) / 360) if chart.lonlat(height) else 0.0)
    rows, columns = _window(y, place.y, x, at, within, chart.lonlat(height))
    near = maxima.isel({height.dims[0]: rows, height.dims[1]: columns})
    j, i = np.nonzero(near["eta_max"].notnull().values)
    if not j.size:
        return None
    distance = _distance(x[columns][i], y[rows][j], at, place.y, chart.lonlat(height))
    best = int(np.argmin(distance))
    if distance[best] > within:
        return None
    values = near.isel({height.dims[0]: int(j[best]), height.dims[1]: int(i[best])})
    return Cell(float(x[columns][i[best]]), float(y[rows][j[best]]), float(distance[best]), values)


def _window(
    y: np.ndarray, y0: float, x: np.ndarray, x0: float, within: float, lonlat: bool
) -> tuple[slice, slice]:
    """Rows and columns of the cells that can be within a distance [m] of a point."""
    up = WINDOW * within / (111_000.0 if lonlat else 1.0)
    across = up / max(float(np.cos(np.deg2rad(y0))), 0.01) if lonlat else up
    return _range(y, y0, up), _range(x, x0, across)


def _range(axis: np.ndarray, middle: float, half: float) -> slice:
    found = np.flatnonzero(np.abs(axis - middle) <= half)
    return slice(found[0], found[-1] + 1) if found.size else slice(0, 0)


def _distance(x: np.ndarray, y: np.ndarray, x0: float, y0: float, lonlat: bool) -> np.ndarray:
    """Distances [m] of points from one: geodesics of WGS84, or on a plane."""
    if not lonlat:
        return np.hypot(x - x0, y - y0)
    from pyproj import Geod

    return np.asarray(Geod(ellps="WGS84").inv(x, y, np.full(x.shape, x0), np.full(x.shape, y0))[2])


def _covers(field: "xr.DataArray", place: Place) -> bool:
    """Whether a place lies on a grid."""
    scale = 1 if chart.lonlat(field) else 1000
    west, east, south, north = (edge * scale for edge in chart.extent(field))
    turn = 360 * np.round(((west + east) / 2 - place.x) / 360) if chart.lonlat(field) else 0.0
    return bool(west <= place.x + turn <= east and south <= place.y <= north)


def _spacing(field: "xr.DataArray") -> float:
    """Size of the cells, in the units of the grid."""
    rows = field[field.dims[0]].values
    return float(np.ptp(rows)) / max(rows.size - 1, 1)


def _value(values: "xr.Dataset", name: str) -> float | None:
    """A value of a cell; None where the run has none."""
    found = float(values[name]) if name in values else np.nan
    return found if np.isfinite(found) else None


def _text(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}g}"


def summary(rows: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The columns of the table that answer the question."""
    for row in rows:
        yield tuple(row[HEADERS.index(name)] for name in SUMMARY)
