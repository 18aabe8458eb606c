"""Where are the places of a file, and what did the water do near them?"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.figures import chart
from esim.analysis.figures.place import is_lonlat, reference_system, to_lonlat
from esim.analysis.reading.run import Run
from esim.config.stations import file as stations_file
from esim.config.yaml import units
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

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
    """A wet cell near a place: its grid ("" for the whole one), its position, its distance [m], its maxima."""

    grid: str
    x: float
    y: float
    distance: float
    values: "xr.Dataset"


def read_places(run: Run, file: Path, crs: str | None = None) -> list[Place]:
    """The places of a file (CSV with columns name, lon, lat or x, y; GeoJSON with points), on the grid of a run.

    crs is the reference system of x and y where the configuration does not tell. Raises InputError for a file that
    cannot be read, or a place that has no position.
    """
    try:
        rows = stations_file.read(file, True).rows
        return [_place(run, row.where, row.values, crs) for row in rows]
    except FileNotFoundError:
        raise InputError(f"{file}: no such file") from None
    except ValueError as error:
        raise InputError(str(error)) from None


def nearest_water(run: Run, place: Place, within: float = WITHIN) -> Cell | str:
    """The nearest cell that was ever wet, of the finest grid with one within a distance [m]; or why there is none.

    Raises InputError for a distance that is not positive.
    """
    if not within > 0:
        raise InputError(f"--within {within:g} m: expected more than 0")
    covered = False
    for name, maxima in sorted(run.grids.items(), key=lambda item: _spacing(item[1]["eta_max"])):
        if _covers(maxima["eta_max"], place):
            covered = True
            if (cell := _nearest(name, maxima, place, within)) is not None:
                return cell
    return f"no wet cell within {within / 1000:g} km" if covered else "outside the grid"


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


def _nearest(grid: str, maxima: "xr.Dataset", place: Place, within: float) -> Cell | None:
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
    return Cell(grid, float(x[columns][i[best]]), float(y[rows][j[best]]), float(distance[best]), values)


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
