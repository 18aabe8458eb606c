"""When does a tsunami reach which place, and how high is it there? The travel-time table of a run.

Levels are those above the still water, of a pressure gauge the change of the depth. A wave has arrived when the level
first differs from zero by the arrival threshold of the run. At places without a gauge all is that of the nearest wet
cell in the finest grid around it: there is no first crest, and a time of the maximum only where the run kept it.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from esim.analysis.comparison.observations import variable_of
from esim.analysis.figures.clock import Clock
from esim.analysis.ocean.crest import first_crest
from esim.analysis.ocean.hazard.places import WITHIN, Cell, Place, nearest_water, read_places
from esim.analysis.reading.run import Run
from esim.errors import InputError
from esim.io.tables import cell, write_table

if TYPE_CHECKING:
    import xarray as xr

TABLE = "travel_times.csv"
THRESHOLD = 0.01  # m, of runs whose record does not tell
TIMES = ("arrival", "first_crest", "maximum")
NUMBERS = (
    ("arrival", "s"), ("first_crest", "s"), ("first_crest_height", "m"), ("maximum", "s"), ("maximum_height", "m"),
    ("inundation_depth", "m"), ("distance", "m"),
)  # fmt: skip
REACHED, NOT_REACHED = "reached", "not reached"
Told = tuple[float | None, float | None, float | None, float | None, float | None]


class TravelTime(NamedTuple):
    """What reached a place: times [s] since the origin and heights [m] above still water; None where there is none.

    kind is gauge or place; x and y are where it is on the grid, longitude and latitude [degrees] or east and north
    [m]. note says whether a wave came, or why nothing is known. Of a place, inundation_depth [m] is that in the cell
    that is read, which lies at a distance [m], in a grid ("" for the whole one).
    """

    name: str
    kind: str
    x: float
    y: float
    note: str
    arrival: float | None = None
    first_crest: float | None = None
    first_crest_height: float | None = None
    maximum: float | None = None
    maximum_height: float | None = None
    inundation_depth: float | None = None
    distance: float | None = None
    grid: str = ""


def travel_times(
    run: Run, places: Path | None = None, within: float = WITHIN, crs: str | None = None
) -> list[TravelTime]:
    """The travel times to the gauges of a run, and to the places of a file (CSV, GeoJSON: name, lon, lat or x, y).

    A place is told what happened in the nearest cell that was ever wet, of the finest grid that has one within a
    distance [m]. crs is the reference system of x and y where the configuration does not tell.

    Raises InputError where there are neither, and for a file that cannot be read.
    """
    found = [*_gauges(run), *(_places(run, places, within, crs) if places else ())]
    if not found:
        raise InputError(f"{run.directory}: the run has no gauges; expected a file of places (--places)")
    return found


def write_travel_times(path: Path, found: list[TravelTime], lonlat: bool, times: Clock) -> None:
    """Writes the table (CSV), whole or not at all; with dates, UTC and local, where the origin time is known."""
    names = ("lon", "lat") if lonlat else ("x", "y")
    headers = ["name", "kind", *names, "note", *(f"{name}_{unit}" for name, unit in NUMBERS), "grid"]
    headers += [f"{name}_{zone}" for name in TIMES for zone in ("utc", "local")[: len(times.zones)]]
    write_table(path, headers, (_row(one, times) for one in found))


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
        told = _of_series(time, level, threshold)
        note = NOT_REACHED if told[0] is None else REACHED
        yield TravelTime(name, "gauge", float(x[n]), float(y[n]), note, *told)


def _of_series(time: np.ndarray, level: np.ndarray, threshold: float) -> Told:
    """Arrival, time and height of the first crest, time and height of the maximum of a series of levels [m]."""
    known = np.isfinite(level)
    time, level = time[known], level[known]
    arrived = np.abs(level) >= threshold
    if not arrived.any():
        return None, None, None, None, None
    crest, top = first_crest(time, level), int(level.argmax())
    first = (None, None) if crest is None else crest
    return float(time[arrived.argmax()]), *first, float(time[top]), float(level[top])


def _places(run: Run, path: Path, within: float, crs: str | None) -> Iterator[TravelTime]:
    if not run.grids or "eta_max" not in next(iter(run.grids.values())):
        raise InputError(f"{run.directory}: places need maxima.nc with eta_max, which the run did not write")
    for place in read_places(run, path, crs):
        cell = nearest_water(run, place, within)
        yield _outside(place, cell) if isinstance(cell, str) else _near(place, cell, still_water(run))


def _outside(place: Place, why: str) -> TravelTime:
    return TravelTime(place.name, "place", place.x, place.y, why)


def _near(place: Place, cell: Cell, still: float) -> TravelTime:
    """What the nearest wet cell tells."""
    arrival, height, when, depth = (
        _value(cell.values, name)
        for name in ("arrival_time", "eta_max", "eta_max_time", "inundation_depth_max")
    )
    return TravelTime(
        place.name,
        "place",
        place.x,
        place.y,
        _note(cell, arrival),
        arrival,
        maximum=when,
        maximum_height=None if height is None else height - still,
        inundation_depth=depth,
        distance=cell.distance,
        grid=cell.grid,
    )


def _note(cell: Cell, arrival: float | None) -> str:
    note = REACHED if arrival is not None else NOT_REACHED
    if "arrival_time" not in cell.values:
        note = "arrival not kept"
    return note + ", in an absorbing layer: too low" * bool(_value(cell.values, "absorbing_layer"))


def _value(values: "xr.Dataset", name: str) -> float | None:
    """A value of a cell; None where the run has none."""
    found = float(values[name]) if name in values else np.nan
    return found if np.isfinite(found) else None


def _row(one: TravelTime, times: Clock) -> list[str]:
    """The line of a place in the table."""
    place, numbers = map(_text, (one.x, one.y)), [_text(getattr(one, name)) for name, _ in NUMBERS]
    dates = [date for name in TIMES for date in _dates(getattr(one, name), times)]
    return [one.name, one.kind, *place, one.note, *numbers, one.grid, *dates]


def _text(value: float | None) -> str:
    return cell(value, 9 if abs(value or 0.0) >= 1000 else 6)


def _dates(seconds: float | None, times: Clock) -> list[str]:
    """The date and time on each clock; empty where nothing came."""
    if seconds is None or times.start is None:
        return [""] * len(times.zones)
    moment = times.start + timedelta(seconds=round(seconds))
    return [f"{moment.astimezone(zone):%Y-%m-%dT%H:%M:%S%z}" for zone in times.zones]
