"""How do records get into an interactive plot? As JSON, thinned so that no peak is lost."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from esim.analysis.figures.clock import unit
from esim.analysis.reading.run import Run

POINTS = 3000  # of a trace, at most
DIGITS = 5  # of its values
PLOTS = 24  # on a page, at most
BLUE, INK, ORANGE = "#0072B2", "#1a1a1a", "#D55E00"  # of Okabe and Ito, for all eyes


class Trace(NamedTuple):
    """Values at times [s] since the origin; dots mark samples, dash is one of Plotly."""

    name: str
    time: np.ndarray
    values: np.ndarray
    colour: str
    dots: bool = False
    dash: str = "solid"


class Plot(NamedTuple):
    """A plot of a station: its name, where it is, its traces, what the script of the page draws, and a remark.

    alt says what is to be seen to who cannot see it.
    """

    name: str
    where: str
    traces: Sequence[Trace]
    series: Mapping[str, Any]
    alt: str
    said: str = ""


def series(
    run: Run,
    traces: Sequence[Trace],
    label: str,
    limits: tuple[float, float] | None = None,
    shaded: float = 0.0,
) -> dict[str, Any]:
    """What the script draws; times are in a handy unit, and until `shaded` [s] the plot is grey."""
    last = max(float(trace.time[-1]) for trace in traces)
    factor, name = unit(last)
    start = None if run.start is None else run.start.timestamp()
    return {
        "start": start,
        "seconds": factor,
        "time": f"time since origin ({name})",
        "unit": name,
        "label": label,
        "until": last / factor,
        "limits": limits,
        "shaded": shaded / factor,
        "traces": [_trace(trace, factor) for trace in traces],
    }


def _trace(trace: Trace, factor: float) -> dict[str, Any]:
    kept = thinned(trace.values)
    style = {"name": trace.name, "colour": trace.colour, "dots": trace.dots, "dash": trace.dash}
    return style | {
        "x": _plain(trace.time[kept] / factor, DIGITS + 1),
        "y": _plain(trace.values[kept], DIGITS),
    }


def thinned(values: np.ndarray, points: int = POINTS) -> np.ndarray:
    """Indices of the lowest and the highest value of each of so many parts; all of what is short."""
    if values.size <= points:
        return np.arange(values.size)
    edges = np.linspace(0, values.size, points // 2 + 1).astype(int)
    ends = [0, values.size - 1]
    for first, last in zip(edges[:-1], edges[1:], strict=True):
        part = values[first:last]
        if np.isfinite(part).any():
            ends += [first + int(np.nanargmin(part)), first + int(np.nanargmax(part))]
        else:
            ends.append(int(first))  # keeps the gap
    return np.unique(ends)


def _plain(values: np.ndarray, digits: int) -> list[float | None]:
    """Values for JSON, rounded; None where there is none."""
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in values.tolist()]
