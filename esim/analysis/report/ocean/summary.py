"""What happened, in a few sentences for everyone, and in numbers?"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.figures import chart
from esim.analysis.figures.clock import Clock, clock
from esim.analysis.ocean.figures.inundation import COARSE
from esim.analysis.ocean.hazard.travel_times import still_water, travel_times
from esim.analysis.reading.plane import plane_of, spacing
from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.event import computed, magnitude, number_of, of_magnitude, opening, sentence, within
from esim.analysis.report.section import Choices, Fact, Section, known
from esim.config.sources.volcanic import KINDS

if TYPE_CHECKING:
    import xarray as xr

Coasts = Mapping[str, Mapping[str, Any]]  # what the water did to the coast of each grid, by its name
DEGREE = 111.195  # km
CAUTION = "This page describes a computation. It is not a warning: follow those of the authorities."


class Highest(NamedTuple):
    """The highest water surface [m above still water], and where it is (degrees or km)."""

    height: float
    x: float
    y: float
    lonlat: bool


def summary(run: Run, choices: Choices) -> Iterator[Section]:
    """The first section of a tsunami."""
    times = clock(run, choices.look)
    sentences = _event(run, times), _water(run), _first_gauge(run, times), _land(run)
    yield opening(sentences, CAUTION, _facts(run, times))


def _event(run: Run, times: Clock) -> str:
    """What set the water in motion, and when."""
    if slid := _largest(run, "displaced_m3"):
        return f"A landslide displaced {words.number(slid, 'm³', 2)} of water."
    size = of_magnitude(run)
    volcanic = any(entry.get("source") in KINDS for entry in run.record.get("sources", []))
    kind = "A volcanic source" if volcanic else "An earthquake"
    what = f"{kind} {size}" if size else kind if volcanic else "The source of this tsunami"
    when = words.date(times)
    up, down = (_largest(run, name) for name in ("largest_uplift_m", "largest_subsidence_m"))
    moved = [f"lifted the {_moved(run)} by up to {_metres(up)}"] if up else []
    moved += [f"lowered {'it' if up else f'the {_moved(run)}'} by up to {_metres(down)}"] if down else []
    done = words.listed(moved) if moved else "began" if when else ""
    return sentence(what, when, done) if done else ""


def _water(run: Run) -> str:
    highest = _highest(run)
    if highest is None:
        return ""
    where = words.place(highest.x, highest.y, highest.lonlat)
    return (
        f"{within(run, 'sea')} rose to at most {_metres(highest.height)} above its still level, at {where}."
    )


def _first_gauge(run: Run, times: Clock) -> str:
    """When the first of the gauges was reached."""
    if run.stations is None or not run.stations.sizes["station"]:
        return ""
    count = run.stations.sizes["station"]
    found = [(one.arrival, one.name) for one in travel_times(run) if one.arrival is not None]
    if not found:
        return "The tsunami reached no gauge in that time."
    arrival, name = min(found)
    if arrival <= 0:  # a gauge above the source
        return f"The tsunami reached {len(found)} of {number_of(count, 'gauge')}."
    which = f"the first of {count} gauges, {name}," if count > 1 else f"the gauge {name}"
    return f"The tsunami reached {which} {words.after(arrival, times)}."


def _land(run: Run) -> str:
    """What was flooded, on the grids whose cells are small enough to tell."""
    if not run.record.get("hazard"):
        return ""
    if not (told := _resolved(run)):
        return f"Cells of {words.number(cell(run), 'km', 2)} are too large to tell what was flooded."
    flooded, deep = _flooded(told), _most(told, "deepest_flood_m")
    if not flooded or deep is None:
        return "No land was flooded."
    high = f", up to ground {_metres(_most(told, 'highest_runup_m'))} high"
    return f"Water flooded {words.number(flooded, 'km²', 2)} of land to at most {_metres(deep)} deep{high}."


def _facts(run: Run, times: Clock) -> Iterator[Fact]:
    coasts: Coasts = run.record.get("hazard") or {}
    highest, size, flooded = _highest(run), cell(run), _resolved(run)
    yield from known(
        ("Moment magnitude", magnitude(run)),
        ("Origin time", times.origin().removeprefix("origin ")),
        (f"Largest uplift of the {_moved(run)}", words.number(_largest(run, "largest_uplift_m"), "m")),
        ("Maximum water-surface elevation", words.number(highest.height, "m") if highest else ""),
        ("Maximum drawdown", words.number(_most(coasts, "largest_drawdown_m"), "m")),
        ("Flooded land", words.number(_flooded(flooded), "km²")),
        ("Maximum inundation depth", words.number(_most(flooded, "deepest_flood_m"), "m")),
        ("Maximum run-up", words.number(_most(flooded, "highest_runup_m"), "m")),
        ("Computed time", computed(run)),
        ("Smallest cells", words.number(size, "km") if size else ""),
        ("Nested grids", words.count(len(run.nests)) if run.nests else ""),
    )


def _moved(run: Run) -> str:
    """What the sources moved: the seafloor, or only the water surface."""
    if run.maxima is None or "uplift" not in run.maxima:
        return "seafloor" if run.magnitude is not None else "water surface"
    return "seafloor" if bool((run.maxima["uplift"] != 0).any()) else "water surface"


def _metres(value: float | None) -> str:
    """A height as sentences tell it, with two digits."""
    return words.number(value, "m", digits=2)


def _largest(run: Run, name: str) -> float | None:
    """The largest of a number of the sources."""
    found = [entry[name] for entry in run.record.get("sources", []) if entry.get(name)]
    return max(found, default=None)


def _resolved(run: Run) -> Coasts:
    """What the water did to the coasts of the grids whose cells are small enough to tell."""
    coasts: Coasts = run.record.get("hazard") or {}
    sizes = {name or "grid": _side(run, maxima) for name, maxima in run.grids.items()}
    return {name: coast for name, coast in coasts.items() if 1000 * sizes.get(name, np.inf) <= COARSE}


def _flooded(coasts: Coasts) -> float | None:
    """The flooded land of all grids [km2], which count what is not in a nest of theirs; None without a grid."""
    return sum(coast["flooded_km2"] for coast in coasts.values()) if coasts else None


def _most(coasts: Coasts, name: str) -> float | None:
    """The largest of a number of the coasts of all grids."""
    return max((coast[name] for coast in coasts.values() if coast.get(name) is not None), default=None)


def _highest(run: Run) -> Highest | None:
    """The maximum over the sea of all grids; land that is flooded is told apart."""
    found = []
    for maxima in run.grids.values():
        if "eta_max" not in maxima or "bathymetry" not in maxima:
            continue
        height = maxima["eta_max"].where(maxima["bathymetry"] < 0) - still_water(run)
        if not height.notnull().any():
            continue
        row, column = np.unravel_index(int(np.nanargmax(height.values)), height.shape)
        x, y = chart.plane(height)
        found.append(
            Highest(float(height[row, column]), float(x[column]), float(y[row]), chart.lonlat(height))
        )
    return max(found, default=None)


def cell(run: Run) -> float | None:
    """The longer side of the smallest cells [km]; None without maxima."""
    return min((_side(run, maxima) for maxima in run.grids.values()), default=None)


def _side(run: Run, maxima: "xr.Dataset") -> float:
    """The longer side of the cells of a grid [km]."""
    plane = plane_of(maxima, run.record["configuration"])
    return max(spacing(plane.x), spacing(plane.y)) * (DEGREE if plane.lonlat else 1e-3)
