"""What must be expected on a map? Exceedance, flooding, quantiles, arrivals and the worst case, strip by strip."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from esim.ensemble import statistics
from esim.ensemble.question import Question
from esim.ensemble.results import Maps
from esim.ensemble.station_hazard import member_attributes
from esim.io import cf
from esim.io.hazard_file import HazardFile
from esim.supervision.pulse import PULSE

BATHYMETRY = "bathymetry"
FLOODED = -np.inf  # the level that any depth on land exceeds, and no missing one


@dataclass(frozen=True)
class Event:
    """What may happen in a cell: the variable, the levels that it exceeds then, and their dimension ("": one level)."""

    name: str
    variable: str
    levels: Sequence[float]
    axis: str
    words: str

    @property
    def dims(self) -> tuple[str, ...]:
        """Dimensions before those of the map."""
        return (self.axis,) if self.axis else ()


def write_maps(file: HazardFile, question: Question, maps: Maps) -> None:
    """All maps of a grid, in as many strips as the members' values take."""
    _define_maps(file, question, maps)
    events, quantity, weights = list(_events(question, maps)), question.quantity, question.weights
    for rows in maps.strips():
        found = maps.read(rows)
        for event in events:
            _write_event(file, question, event, rows, found[event.variable])
        for name in _heights(maps):
            spread = statistics.quantiles(found[name], weights, question.config.quantiles)
            file.rows(f"{name}_quantile", rows, spread)
            largest, number = statistics.worst(found[name])
            file.rows(f"{name}_worst", rows, largest)
            if name == quantity.name:
                file.rows("worst_member", rows, number)
        if quantity.arrival in maps.variables:
            times = found[quantity.arrival]
            reached = np.tensordot(weights / weights.sum(), np.isfinite(times), axes=1)
            file.rows("arrival_probability", rows, reached)
            spread = statistics.quantiles_of_arrivals(times, weights, question.config.quantiles)
            file.rows(f"{quantity.arrival}_quantile", rows, spread)
        if BATHYMETRY in maps.first.variables:
            file.rows(BATHYMETRY, rows, maps.first.read(BATHYMETRY, rows))
        PULSE.sign()


def _events(question: Question, maps: Maps) -> Iterator[Event]:
    """That a threshold is exceeded, by the quantity or by the depth on land, and that there is water on land."""
    config, quantity = question.config, question.quantity
    words = f"the {quantity.long_name} exceeds the threshold"
    yield Event("exceedance", quantity.name, config.thresholds, "threshold", words)
    if quantity.flood in maps.variables:
        words, axis = "the maximum inundation depth exceeds the threshold", "inundation_threshold"
        yield Event("inundation_exceedance", quantity.flood, config.inundation_thresholds, axis, words)
        yield Event("flood", quantity.flood, [FLOODED], "", "land is flooded")


def _heights(maps: Maps) -> list[str]:
    """The variables of which there are quantiles and a worst case."""
    return [name for name in maps.variables if name != maps.quantity.arrival]


def _write_event(file: HazardFile, question: Question, event: Event, rows: slice, values: np.ndarray) -> None:
    """How probable an event is in some rows, how often it happens, and the fractiles of both over the branches."""
    for kind in question.kinds:
        name, alternatives = f"{event.name}_{kind.name}", kind.alternatives
        share = statistics.exceedance(values, alternatives.mean_counts, event.levels)
        file.rows(name, rows, share if event.dims else share[0])
        if not alternatives.several:
            continue
        fractiles = [
            alternatives.fractiles(
                statistics.exceedance(values, alternatives.counts, [level])[:, 0], question.config.fractiles
            )
            for level in event.levels
        ]
        file.rows(f"{name}_fractile", rows, np.stack(fractiles, axis=1) if event.dims else fractiles[0])


def _define_maps(file: HazardFile, question: Question, maps: Maps) -> None:
    """The plane of the maps, and their variables."""
    quantity, frame = question.quantity, maps.frame
    if quantity.flood in maps.variables:
        about = {"units": "m", "long_name": "threshold of the maximum inundation depth"}
        file.axis("inundation_threshold", question.config.inundation_thresholds, about)
    file.place(frame)
    for event in _events(question, maps):
        for kind in question.kinds:
            name, told = f"{event.name}_{kind.name}", f"{kind.words} {event.words}"
            file.map(name, event.dims, {"units": kind.units, "long_name": told})
            if kind.alternatives.several:
                about = {"units": kind.units, "long_name": f"fractile over the branches of the {told}"}
                file.map(f"{name}_fractile", ("fractile", *event.dims), about)
    for name in _heights(maps):
        own = cf.variable_attributes(name, frame.lonlat)
        about = {"units": own["units"], "long_name": f"quantile of the {own['long_name']}"}
        file.map(f"{name}_quantile", ("quantile",), about)
        file.map(f"{name}_worst", (), own | {"long_name": f"{own['long_name']} of the worst member"})
    file.map("worst_member", (), member_attributes("in the cell"), whole=True)
    if quantity.arrival in maps.variables:
        file.map("arrival_probability", (), {"units": "1", "long_name": "probability that a wave arrives"})
        times = {
            "units": "s",
            "long_name": "quantile of the time of arrival, of members in which there is one",
        }
        file.map(f"{quantity.arrival}_quantile", ("quantile",), times)
    if BATHYMETRY in maps.first.variables:
        file.map(BATHYMETRY, (), cf.variable_attributes(BATHYMETRY, frame.lonlat))
