"""What must be expected at stations? Hazard curves with bands or fractiles, quantiles, arrivals, the worst case."""

import numpy as np

from esim.config.ensemble.hazard import HazardConfig
from esim.ensemble import statistics
from esim.ensemble.question import Kind, Question
from esim.ensemble.results import Stations
from esim.io import cf
from esim.io.hazard_file import HazardFile

LEVELS, DECADES = 81, 3.0  # of a hazard curve, below the largest value


def write_stations(file: HazardFile, question: Question, stations: Stations) -> None:
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
    levels = curve_levels(config, stations.peaks)
    file.axis("level", levels, {"units": quantity.units, "long_name": f"level of the {quantity.long_name}"})
    for kind in question.kinds:
        _write_curves(file, question, kind, stations, levels)
    file.put(
        f"station_{quantity.name}_quantile",
        ("quantile", "station"),
        statistics.quantiles(stations.peaks, weights, config.quantiles),
        peak | {"long_name": f"quantile of the {quantity.long_name} at the station"},
    )
    _, number = statistics.worst(stations.peaks)
    file.put("station_worst_member", ("station",), number, member_attributes("at the station"))
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


def member_attributes(where: str) -> dict[str, str]:
    """What the number of a member means."""
    return {
        "units": "1",
        "long_name": f"number along `member`, from 0, of the one with the largest value {where}; -1 for none",
    }


def curve_levels(config: HazardConfig, peaks: np.ndarray) -> np.ndarray:
    """The levels of hazard curves: those that are asked for, or as many below the largest value of all."""
    if config.levels is not None:
        return np.array(config.levels)
    positive = peaks[peaks > 0]
    top = float(positive.max()) if positive.size else 1.0
    return top * 10 ** np.linspace(-DECADES, 0, LEVELS)


def _write_curves(
    file: HazardFile, question: Question, kind: Kind, stations: Stations, levels: np.ndarray
) -> None:
    """The curve, and the band within which it is known: of the branches, or of so many members."""
    name, words = (
        f"hazard_curve{kind.suffix}",
        f"{kind.words} the {question.quantity.long_name} exceeds the level",
    )
    dims, alternatives = ("level", "station"), kind.alternatives
    curve = statistics.exceedance(stations.peaks, alternatives.mean_counts, levels)
    mean = "mean over the branches, by weight, of the " if alternatives.several else ""
    file.put(name, dims, curve, {"units": kind.units, "long_name": mean + words})
    if alternatives.several:
        each = statistics.exceedance(stations.peaks, alternatives.counts, levels)
        about = {"units": kind.units, "long_name": f"{words}, on the branch"}
        file.put(f"{name}_branch", (kind.axis, *dims), each, about)
        fractiles = alternatives.fractiles(each, question.config.fractiles)
        about = {"units": kind.units, "long_name": f"fractile over the branches, by weight, of the {words}"}
        file.put(f"{name}_fractile", ("fractile", *dims), fractiles, about)
        return
    whole, confidence = alternatives.mean_counts.sum(), question.config.confidence
    ends = statistics.band(curve / whole, statistics.effective_size(question.weights), confidence)
    for end, values, which in zip(("low", "high"), ends, ("lower", "upper"), strict=True):
        told = f"{which} end of the {100 * confidence:g} % interval of the {words}"
        file.put(f"{name}_{end}", dims, whole * values, {"units": kind.units, "long_name": told})
