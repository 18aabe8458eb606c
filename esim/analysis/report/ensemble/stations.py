"""What must each station expect? How often thresholds are exceeded, quantiles, arrivals, and the worst case."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from esim.analysis.ensemble.hazard_curves import quantity
from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.section import Section, Table, contents

if TYPE_CHECKING:
    import xarray as xr

ARRIVALS = "Arrivals are those of members in which a wave arrives, in minutes after the origin."


class Worst(NamedTuple):
    """The largest value at a station, and the member that has it."""

    station: str
    value: float
    member: str


def stations(run: Run) -> Iterator[Section]:
    """Tables of the stations; none without stations."""
    hazard = run.hazard
    if hazard is None or not hazard.sizes.get("station"):
        return
    arrives = "station_arrival_time_quantile" in hazard
    tables = [
        _exceedance(hazard),
        _quantiles(hazard),
        *([_arrivals(hazard)] if arrives else []),
        *_worst_cases(run),
    ]
    yield from contents("Stations", words=[ARRIVALS] if arrives else [], tables=tables)


def worst(hazard: "xr.Dataset") -> list[Worst]:
    """The worst case of each station that has one."""
    if "station_worst_member" not in hazard:
        return []
    names, values = hazard["member"].values, _values(hazard)
    return [
        Worst(str(station), float(values[member, n]), str(names[member]))
        for n, (station, member) in enumerate(
            zip(hazard["station"].values, hazard["station_worst_member"].values.astype(int), strict=True)
        )
        if member >= 0
    ]


def _values(hazard: "xr.Dataset") -> np.ndarray:
    """The largest values of the members at stations, (member, station)."""
    name = next(
        str(name)
        for name, one in hazard.data_vars.items()
        if one.dims == ("member", "station") and name != "station_arrival_time"
    )
    return np.asarray(hazard[name].values)


def _exceedance(hazard: "xr.Dataset") -> Table:
    """How likely the thresholds are exceeded: the weights of members that exceed them, among all."""
    thresholds, weights = hazard["threshold"], hazard["weight"].values
    above = _values(hazard)[:, :, None] > thresholds.values  # never, where a station stayed dry
    shares = np.einsum("m,mst->st", weights / weights.sum(), above)
    rows = [
        (str(station), *(f"{words.number(100 * float(share), digits=2)} %" for share in each))
        for station, each in zip(hazard["station"].values, shares, strict=True)
    ]
    caption = f"Probability that the {quantity(hazard).partition(' (')[0]} exceeds a threshold"
    return Table(
        caption, ("station", *(f"{one:g} {thresholds.attrs['units']}" for one in thresholds.values)), rows
    )


def _quantiles(hazard: "xr.Dataset") -> Table:
    name = next(
        str(name)
        for name, one in hazard.data_vars.items()
        if one.dims == ("quantile", "station") and not str(name).startswith("station_arrival")
    )
    rows = [
        (str(station), *(words.number(float(value)) for value in hazard[name].values[:, n]))
        for n, station in enumerate(hazard["station"].values)
    ]
    return Table(
        f"Quantiles of the {quantity(hazard)}", ("station", *_shares(hazard["quantile"].values)), rows
    )


def _arrivals(hazard: "xr.Dataset") -> Table:
    times = hazard["station_arrival_time"].values
    found = hazard["station_arrival_time_quantile"].values / 60
    rows = [
        (
            str(station),
            f"{np.isfinite(times[:, n]).sum()} of {len(times)}",
            *(words.number(float(value)) for value in found[:, n]),
        )
        for n, station in enumerate(hazard["station"].values)
    ]
    return Table(
        "Quantiles of arrivals (min)", ("station", "members", *_shares(hazard["quantile"].values)), rows
    )


def _shares(quantiles: np.ndarray) -> Iterator[str]:
    return (f"{100 * share:g} %" for share in quantiles)


def _worst_cases(run: Run) -> Iterator[Table]:
    """The worst member of each station, and its values."""
    assert run.hazard is not None  # by stations
    found = worst(run.hazard)
    values = {one["name"]: one["values"] for one in run.record.get("members", [])}
    rows = [
        (one.station, words.number(one.value), one.member, _told(values.get(one.member, {}))) for one in found
    ]
    if rows:
        yield Table(
            f"Worst case: largest {quantity(run.hazard)}",
            ("station", "largest", "member", "its values"),
            rows,
        )


def _told(values: dict[str, object]) -> str:
    shown = {key: f"{value:.4g}" if isinstance(value, float) else str(value) for key, value in values.items()}
    return ", ".join(f"{key.rsplit('.', 1)[-1]} {text}" for key, text in shown.items())
