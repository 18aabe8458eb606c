"""What has a station of an ensemble of hazard curves? The curve, its bands, and those of the branches of a logic tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

RATE, PROBABILITY = "hazard_curve_rate", "hazard_curve"
WORDS = {RATE: "annual rate of exceedance (1/year)", PROBABILITY: "probability of exceedance"}
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
    )


def quantity(hazard: "xr.Dataset") -> str:
    """What the levels are of, with its unit."""
    about = hazard["level"].attrs
    return f"{str(about['long_name']).removeprefix('level of the ')} ({about['units']})"


def steps(level: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A curve as a line of steps: each value holds down to the level before it."""
    x, y = np.repeat(level, 2)[:-1], np.repeat(values, 2)[1:]
    return x, y


def _positive(values: np.ndarray) -> np.ndarray:
    return np.where(values > 0, values, np.nan)


def _bands(station: "xr.Dataset", name: str) -> dict[str, Band]:
    """The sampling interval, or fractiles over the branches in pairs, the widest first."""
    if f"{name}_low" in station:
        there = station[name].values > 0
        low, high = (np.where(there, station[f"{name}_{end}"].values, np.nan) for end in ("low", "high"))
        return {_interval(station): (low, high)}
    if f"{name}_fractile" not in station:
        return {}
    shares = station["fractile"].values
    found = station[f"{name}_fractile"].values
    pairs = [
        (low, high)
        for low in range(shares.size)
        for high in range(low + 1, shares.size)
        if np.isclose(shares[low] + shares[high], 1)
    ]
    return {
        f"fractiles {shares[low]:g} to {shares[high]:g}": (found[low], _positive(found[high]))
        for low, high in sorted(pairs, key=lambda pair: shares[pair[0]])
    }


def _interval(station: "xr.Dataset") -> str:
    """What the band is, such as 90 % interval."""
    words = str(station[f"{PROBABILITY}_low"].attrs.get("long_name", ""))
    return words.partition("the ")[2].partition(" of the")[0] or "interval"


def _others(station: "xr.Dataset", name: str) -> dict[str, np.ndarray]:
    """The median over the branches."""
    if f"{name}_fractile" not in station or 0.5 not in station["fractile"].values:
        return {}
    return {"median of branches": _positive(station[f"{name}_fractile"].sel(fractile=0.5).values)}


def _branches(station: "xr.Dataset", name: str) -> dict[str, np.ndarray]:
    if f"{name}_branch" not in station:
        return {}
    names = [str(one) for one in station["branch"].values]
    return dict(zip(names, map(_positive, station[f"{name}_branch"].values), strict=True))
