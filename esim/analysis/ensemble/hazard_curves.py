"""Which hazard curves has a station of an ensemble? The curve, its bands, and those of branches."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

RATE, PROBABILITY = "hazard_curve_rate", "hazard_curve"
WORDS = {RATE: "annual rate of exceedance (1/year)", PROBABILITY: "probability of exceedance"}
BRANCHES = 16  # whose curves are shown, at most
LEAST = 1e-12  # of a band whose lower end is zero, which logarithms do not reach
DECADES, ABOVE = 3.0, 1.6  # that the values span, at most, and room above the largest, as a factor
ROOM = 1.05  # above the largest level, as a factor

Limits = tuple[float, float]
Band = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class HazardCurve:
    """A curve at a station: levels, how often they are exceeded, bands of it from wide to narrow, and further curves.

    Values are NaN where a level is never exceeded, as on axes of logarithms.
    """

    station: str
    level: np.ndarray
    values: np.ndarray
    bands: Mapping[str, Band]
    others: Mapping[str, np.ndarray]
    branches: Mapping[str, np.ndarray]
    branch_count: int


def kind(hazard: "xr.Dataset") -> str:
    """Which curves are shown: annual rates where there are some, else probabilities."""
    return RATE if RATE in hazard else PROBABILITY


def curve(hazard: "xr.Dataset", n: int) -> HazardCurve:
    """The curve of a station."""
    name, station = kind(hazard), hazard.isel(station=n)
    values = station[name].values
    return HazardCurve(
        str(station["station"].values),
        station["level"].values,
        _positive(values),
        _bands(station, name),
        _others(station, name),
        _branches(station, name),
        station[f"{name}_branch"].shape[0] if f"{name}_branch" in station else 0,
    )


def quantity(hazard: "xr.Dataset") -> str:
    """What the levels are of, with its unit."""
    about = hazard["level"].attrs
    return f"{str(about['long_name']).removeprefix('level of the ')} ({about['units']})"


def steps(level: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A curve as a line of steps: each value holds down to the level before it."""
    x, y = np.repeat(level, 2)[:-1], np.repeat(values, 2)[1:]
    return x, y


def limits(hazard: "xr.Dataset") -> tuple[Limits, Limits]:
    """Of levels and values for all stations: from where every curve still is the largest, and three decades."""
    name = kind(hazard)
    share, level = hazard[name].values, hazard["level"].values
    drawn = [hazard[one] for one in (name, f"{name}_fractile", f"{name}_branch") if one in hazard]
    top, least = max(float(one.max()) for one in drawn), share[share > 0].min(initial=share.max() or 1.0)
    less = np.flatnonzero((share < share.max(axis=0)).any(axis=1))
    first = max(0, less[0] - 2) if less.size else 0
    ends = float(level[first]), float(level[-1]) * ROOM
    return ends, (max(float(least) / 2, top / 10**DECADES), ABOVE * (top or 1.0))


def _bands(station: "xr.Dataset", name: str) -> dict[str, Band]:
    """The sampling interval, or fractiles over the branches in pairs, the widest first."""
    if f"{name}_low" in station:
        there = station[name].values > 0
        low, high = (np.where(there, station[f"{name}_{end}"].values, np.nan) for end in ("low", "high"))
        return {_interval(station): (low, high)}
    found = _fractiles(station, name)
    pairs = {low: high for low in found for high in found if low < high and np.isclose(low + high, 1)}
    return {
        f"{100 * low:g} to {100 * high:g} % of branches": (
            np.maximum(found[low], LEAST),
            _positive(found[high]),
        )
        for low, high in sorted(pairs.items())
    }


def _others(station: "xr.Dataset", name: str) -> dict[str, np.ndarray]:
    """Fractiles over the branches that are not in a pair, the median among them."""
    found = _fractiles(station, name)
    alone = [one for one in found if one == 0.5 or not any(np.isclose(one + other, 1) for other in found)]
    return {
        "median of branches" if one == 0.5 else f"{100 * one:g} % of branches": _positive(found[one])
        for one in alone
    }


def _fractiles(station: "xr.Dataset", name: str) -> dict[float, np.ndarray]:
    if f"{name}_fractile" not in station:
        return {}
    shares = map(float, station["fractile"].values)
    return dict(zip(shares, station[f"{name}_fractile"].values, strict=True))


def _branches(station: "xr.Dataset", name: str) -> dict[str, np.ndarray]:
    """The curve of each branch, where these are few."""
    if f"{name}_branch" not in station or station.sizes[station[f"{name}_branch"].dims[0]] > BRANCHES:
        return {}
    each = station[f"{name}_branch"]
    names = [str(one) for one in station[each.dims[0]].values]
    return dict(zip(names, map(_positive, each.values), strict=True))


def _interval(station: "xr.Dataset") -> str:
    """What the band is, such as 90 % interval."""
    words = str(station[f"{PROBABILITY}_low"].attrs.get("long_name", ""))
    return words.partition("the ")[2].partition(" of the")[0] or "interval"


def _positive(values: np.ndarray) -> np.ndarray:
    return np.where(values > 0, values, np.nan)
