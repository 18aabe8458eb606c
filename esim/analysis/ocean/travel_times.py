"""When does a tsunami reach which place, and how high is it there? The travel-time table of a run.

Levels are those above the still water, of a pressure gauge the change of the depth. A wave has arrived when the level
first differs from zero by the arrival threshold of the run. At places without a gauge all is that of the nearest cell
of the sea in the finest grid around it: there is no first crest, and a time of the maximum only where the run kept it.
"""

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from esim.analysis.observations import variable_of
from esim.analysis.ocean.crest import first_crest
from esim.analysis.plane import Plane, plane_of, spacing
from esim.analysis.run import Run
from esim.config.stations import file as station_files
from esim.constants import DEGREE
from esim.errors import InputError
from esim.io.atomic import whole_file

if TYPE_CHECKING:
    import xarray as xr

TABLE = "travel_times.csv"
THRESHOLD = 0.01  # m, of runs whose record does not tell
REACH = 5  # cells: how far from a place the sea may be
TIMES = ("arrival", "first_crest", "maximum")


class TravelTime(NamedTuple):
    """What reached a place: times [s] since the origin and heights [m] above still water; None where there is none.

    kind is gauge or place; x and y are its longitude and latitude [degrees], or east and north [m]. distance [m] is
    that from the place to the cell that is read, None at a gauge.
    """

    name: str
    kind: str
    x: float
    y: float
    distance: float | None
    arrival: float | None
    first_crest: float | None
    first_crest_height: float | None
    maximum: float | None
    maximum_height: float | None


def travel_times(run: Run, places: Path | None = None) -> list[TravelTime]:
    """The travel times to the gauges of a run, and to the places of a file (CSV, GeoJSON: name, lon, lat or x, y).

    Raises InputError where there are neither, for a file that cannot be read, and for places outside of the grid or
    without sea nearby.
    """
    found = [*_gauges(run), *(_places(run, places) if places else ())]
    if not found:
        raise InputError(f"{run.directory}: the run has no gauges; expected a file of places (--places)")
    return found


def write_travel_times(path: Path, found: list[TravelTime], lonlat: bool, start: datetime | None) -> None:
    """Writes the table (CSV), whole or not at all; with dates (UTC) where the origin time is known."""
    names = ("lon", "lat") if lonlat else ("x", "y")
    headers = ["name", "kind", *names, "distance_m", "arrival_s", "first_crest_s", "first_crest_m"]
    headers += ["maximum_s", "maximum_m", *(f"{name}_utc" for name in TIMES if start)]
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(headers)
        for one in found:
            dates = [_date(getattr(one, name), start) for name in TIMES if start]
            table.writerow([*one[:2], *map(_text, one[2:]), *dates])


def arrival_threshold(run: Run) -> float:
    """The change of the level [m] from which a wave has arrived, as in the maps of the run."""
    given = ((run.record["configuration"].get("output") or {}).get("maxima") or {}).get("arrival_threshold")
    return float(np.ravel(given)[0]) if given else THRESHOLD


def still_water(run: Run) -> float:
    """The level of the still water above the datum [m]."""
    return float((run.record["configuration"].get("physics") or {}).get("sea_level") or 0.0)


def _gauges(run: Run) -> Iterator[TravelTime]:
    data = run.stations
    if data is None:
        return
    time, threshold = data["seconds"].values.astype(float), arrival_threshold(run)
    x, y = (data[name].values for name in (("lon", "lat") if "lon" in data else ("x", "y")))
    for n, name in enumerate(map(str, data["station"].values)):
        variable = variable_of(run, name)
        level = data[variable].isel(station=n).values - (still_water(run) if variable == "eta" else 0.0)
        yield TravelTime(name, "gauge", float(x[n]), float(y[n]), None, *_of_series(time, level, threshold))


def _of_series(time: np.ndarray, level: np.ndarray, threshold: float) -> tuple[float | None, ...]:
    """Arrival, time and height of the first crest, time and height of the maximum."""
    known = np.isfinite(level)
    time, level = time[known], level[known]
    arrived = np.abs(level) >= threshold
    if not arrived.any():
        return (None,) * 5
    crest, top = first_crest(time, level), int(level.argmax())
    first = (None, None) if crest is None else crest
    return float(time[arrived.argmax()]), *first, float(time[top]), float(level[top])


def _places(run: Run, path: Path) -> Iterator[TravelTime]:
    if not run.grids or "eta_max" not in next(iter(run.grids.values())):
        raise InputError(f"{run.directory}: places need maxima.nc with eta_max, which the run did not write")
    planes = {name: plane_of(data, run.record["configuration"]) for name, data in run.grids.items()}
    lonlat = next(iter(planes.values())).lonlat
    try:
        rows = station_files.read(path, lonlat).rows
    except ValueError as error:
        raise InputError(str(error)) from None
    for where, values in rows:
        try:
            x, y = (float(values[key]) for key in (("lon", "lat") if lonlat else ("x", "y")))
        except (KeyError, ValueError):
            raise InputError(
                f"{where}: has no position; expected {'lon and lat' if lonlat else 'x and y'}"
            ) from None
        yield _place(run, planes, str(values.get("name") or where), x, y)


def _place(run: Run, planes: dict[str, Plane], name: str, x: float, y: float) -> TravelTime:
    """What the nearest cell of the sea says, in the finest grid that has one within reach."""
    for grid in sorted(planes, key=lambda one: spacing(planes[one].x)):
        plane = planes[grid]
        places = plane.locate(lon=x, lat=y) if plane.lonlat else plane.locate(x=x, y=y)
        if plane.contains(*places) and (cell := _nearest_sea(run, grid, plane, *map(float, places))):
            data, distance = cell
            height = float(data["eta_max"]) - still_water(run)
            when = float(data["eta_max_time"]) if "eta_max_time" in data else np.nan
            arrival = float(data["arrival_time"]) if "arrival_time" in data else np.nan
            return TravelTime(
                name, "place", x, y, distance, _known(arrival), None, None, _known(when), height
            )
    raise InputError(
        f"place '{name}' lies outside of the grid or has no sea within {REACH} cells; expected a place at the sea"
    )


def _nearest_sea(run: Run, grid: str, plane: Plane, x: float, y: float) -> "tuple[xr.Dataset, float] | None":
    """The nearest cell of the sea, within reach, and how far it is [m]."""
    i, j = int(np.abs(plane.x - x).argmin()), int(np.abs(plane.y - y).argmin())
    rows, columns = (slice(max(n - REACH, 0), n + REACH + 1) for n in (j, i))
    part = run.grids[grid].isel({plane.rows: rows, plane.columns: columns})
    dx, dy = part[plane.columns].values - x, (part[plane.rows].values - y)[:, None]
    metre = DEGREE if plane.lonlat else 1.0
    distance = metre * np.hypot(dx * (np.cos(np.deg2rad(y)) if plane.lonlat else 1.0), dy)
    sea = part["eta_max"].notnull() & (part["bathymetry"] < still_water(run))
    distance[~sea.transpose(plane.rows, plane.columns).values] = np.inf
    row, column = np.unravel_index(int(distance.argmin()), distance.shape)
    if not np.isfinite(distance[row, column]):
        return None
    return part.isel({plane.rows: row, plane.columns: column}), float(distance[row, column])


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.9g}" if abs(value) >= 1000 else f"{value:.6g}"


def _date(seconds: float | None, start: datetime | None) -> str:
    if seconds is None or start is None:
        return ""
    return f"{start + timedelta(seconds=round(seconds)):%Y-%m-%dT%H:%M:%SZ}"
