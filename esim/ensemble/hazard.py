"""What must a place expect? Exceedance, hazard curves, quantiles, arrivals and the worst case, of all members."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.ensemble.hazard import HazardConfig
from esim.ensemble import statistics
from esim.ensemble.quantity import Quantity
from esim.ensemble.results import Maps, Stations, open_maps, read_stations
from esim.errors import InputError
from esim.io import cf
from esim.io.hazard_file import HazardFile, hazard_file
from esim.supervision.pulse import PULSE

FILE = "hazard.nc"
LEVELS, DECADES = 81, 3.0  # of a hazard curve, below the largest value
BATHYMETRY = "bathymetry"


@dataclass(frozen=True)
class Question:
    """What is asked of which members: their names, weights and folders, all of members that are complete."""

    config: HazardConfig
    quantity: Quantity
    names: Sequence[str]
    weights: np.ndarray
    folders: Sequence[Path]

    @property
    def rate(self) -> float | None:
        """Annual rate of all members together [1/year]; None where there are probabilities only."""
        return float(self.weights.sum()) if self.config.rates == "weight" else self.config.annual_rate


def write_hazard(path: Path, question: Question, attributes: dict[str, Any]) -> list[str]:
    """Writes hazard.nc; returns sentences about what could not be gathered.

    Raises InputError where there is nothing to gather, and MachineError if the disk fails.
    """
    remarks: list[str] = []
    stations: Stations | None = None
    maps: Maps | None = None
    try:
        stations = read_stations(question.folders, question.quantity)
    except InputError as error:
        remarks.append(f"hazard: no curves at stations: {error}")
    try:
        maps = open_maps(question.folders, question.quantity)
    except InputError as error:
        remarks.append(f"hazard: no maps: {error}")
    if stations is None and maps is None:
        raise InputError(remarks[0] if remarks else f"hazard: {lacking(question.quantity)}")
    with hazard_file(path, attributes) as file:
        _write_axes(file, question)
        if stations is not None:
            _write_stations(file, question, stations)
        if maps is not None:
            _write_maps(file, question, maps)
    return remarks


def lacking(quantity: Quantity) -> str:
    """What is said where members have nothing to gather."""
    return (
        f"the members write neither {quantity.name} on a map nor {', '.join(quantity.series)} at stations; expected "
        "stations, or output.maxima with it, in the base"
    )


def _write_axes(file: HazardFile, question: Question) -> None:
    """The members, and the values along which results are told."""
    config, quantity = question.config, question.quantity
    file.axis("member", list(question.names), {"long_name": "name of the member"})
    file.put("weight", ("member",), question.weights, {"units": "1", "long_name": "weight of the member"})
    about = {"units": quantity.units, "long_name": f"threshold of the {quantity.long_name}"}
    file.axis("threshold", config.thresholds, about)
    file.axis("quantile", config.quantiles, {"units": "1", "long_name": "share of the members, by weight"})


def _write_stations(file: HazardFile, question: Question, stations: Stations) -> None:
    """Hazard curves, quantiles, arrivals and the worst case at stations."""
    config, quantity, weights = question.config, question.quantity, question.weights
    file.axis("station", list(stations.names), {"long_name": "name of the station"})
    for axis, values in stations.positions.items():
        file.put(f"station_{axis}", ("station",), values, cf.auxiliary_attributes(axis))
    peak = {
        "units": quantity.units,
        "coordinates": " ".join(f"station_{name}" for name in stations.positions),
    }
    file.put(
        f"station_{quantity.name}",
        ("member", "station"),
        stations.peaks,
        peak | {"long_name": f"{quantity.long_name} at the station"},
    )
    _write_curves(file, question, stations)
    file.put(
        f"station_{quantity.name}_quantile",
        ("quantile", "station"),
        statistics.quantiles(stations.peaks, weights, config.quantiles),
        peak | {"long_name": f"quantile of the {quantity.long_name} at the station"},
    )
    _, number = statistics.worst(stations.peaks)
    file.put("station_worst_member", ("station",), number, _member_attributes(question, "at the station"))
    if np.isfinite(stations.arrivals).any():
        seconds = peak | {"units": "s"}
        file.put(
            "station_arrival_time",
            ("member", "station"),
            stations.arrivals,
            seconds | {"long_name": "time since origin of the first arrival at the station"},
        )
        file.put(
            "station_arrival_time_quantile",
            ("quantile", "station"),
            statistics.quantiles_of_arrivals(stations.arrivals, weights, config.quantiles),
            seconds | {"long_name": "quantile of the time of arrival, of members in which there is one"},
        )


def _write_curves(file: HazardFile, question: Question, stations: Stations) -> None:
    """Exceedance at the levels of the curve, with its band, and annual rates where these are known."""
    config, quantity = question.config, question.quantity
    levels = curve_levels(config, stations.peaks)
    file.axis("level", levels, {"units": quantity.units, "long_name": f"level of the {quantity.long_name}"})
    share = statistics.exceedance(stations.peaks, question.weights, levels)
    size = statistics.effective_size(question.weights)
    ends = statistics.band(share, size, config.confidence)
    words = f"probability that the {quantity.long_name} exceeds the level"
    curves = {"": (share, words)}
    for name, values, which in zip(("low", "high"), ends, ("lower", "upper"), strict=True):
        curves[f"_{name}"] = (
            values,
            f"{which} end of the {100 * config.confidence:g} % interval of the {words}",
        )
    for suffix, (values, told) in curves.items():
        dims, about = ("level", "station"), {"units": "1", "long_name": told}
        file.put(f"hazard_curve{suffix}", dims, values, about)
        if question.rate is not None:
            yearly = {
                "units": "year-1",
                "long_name": told.replace("probability that", "annual rate at which"),
            }
            file.put(f"hazard_curve_rate{suffix}", dims, question.rate * values, yearly)


def curve_levels(config: HazardConfig, peaks: np.ndarray) -> np.ndarray:
    """The levels of hazard curves: those that are asked for, or as many below the largest value of all."""
    if config.levels is not None:
        return np.array(config.levels)
    positive = peaks[peaks > 0]
    top = float(positive.max()) if positive.size else 1.0
    return top * 10 ** np.linspace(-DECADES, 0, LEVELS)


def _write_maps(file: HazardFile, question: Question, maps: Maps) -> None:
    """Exceedance, quantiles, arrivals and the worst case on the map, strip by strip."""
    config, quantity, weights = question.config, question.quantity, question.weights
    _define_maps(file, question, maps)
    arrival = quantity.arrival if quantity.arrival in maps.variables else ""
    for rows in maps.strips():
        found = maps.read(rows)
        values = found[quantity.name]
        share = statistics.exceedance(values, weights, config.thresholds)
        file.rows("exceedance_probability", rows, share)
        if question.rate is not None:
            file.rows("exceedance_rate", rows, question.rate * share)
        spread = statistics.quantiles(values, weights, config.quantiles)
        file.rows(f"{quantity.name}_quantile", rows, spread)
        largest, number = statistics.worst(values)
        file.rows(f"{quantity.name}_worst", rows, largest)
        file.rows("worst_member", rows, number)
        if arrival:
            times = found[arrival]
            reached = np.tensordot(weights / weights.sum(), np.isfinite(times), axes=1)
            file.rows("arrival_probability", rows, reached)
            file.rows(
                f"{arrival}_quantile",
                rows,
                statistics.quantiles_of_arrivals(times, weights, config.quantiles),
            )
        if BATHYMETRY in maps.first.variables:
            file.rows(BATHYMETRY, rows, maps.first.read(BATHYMETRY, rows))
        PULSE.sign()


def _define_maps(file: HazardFile, question: Question, maps: Maps) -> None:
    """The plane of the maps, and their variables."""
    quantity, frame = question.quantity, maps.frame
    file.place(frame)
    own = cf.variable_attributes(quantity.name, frame.lonlat)
    units = {"units": quantity.units}
    words = f"that the {quantity.long_name} exceeds the threshold"
    file.map("exceedance_probability", ("threshold",), {"units": "1", "long_name": f"probability {words}"})
    if question.rate is not None:
        yearly = {
            "units": "year-1",
            "long_name": f"annual rate at which the {quantity.long_name} exceeds the threshold",
        }
        file.map("exceedance_rate", ("threshold",), yearly)
    quantile = units | {"long_name": f"quantile of the {quantity.long_name}"}
    file.map(f"{quantity.name}_quantile", ("quantile",), quantile)
    file.map(f"{quantity.name}_worst", (), own | {"long_name": f"{quantity.long_name} of the worst member"})
    file.map("worst_member", (), _member_attributes(question, "in the cell"), whole=True)
    if quantity.arrival in maps.variables:
        file.map("arrival_probability", (), {"units": "1", "long_name": "probability that a wave arrives"})
        times = {
            "units": "s",
            "long_name": "quantile of the time of arrival, of members in which there is one",
        }
        file.map(f"{quantity.arrival}_quantile", ("quantile",), times)
    if BATHYMETRY in maps.first.variables:
        file.map(BATHYMETRY, (), cf.variable_attributes(BATHYMETRY, frame.lonlat))


def _member_attributes(question: Question, where: str) -> dict[str, Any]:
    """What the number of a member means."""
    return {
        "units": "1",
        "long_name": f"number along `member`, from 0, of the one with the largest value {where}; -1 for none",
    }
