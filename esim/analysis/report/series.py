"""How do records and curves get into an interactive plot? As JSON, thinned so that no peak is lost."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from esim.analysis.figures.clock import unit

POINTS = 3000  # of a trace, at most
DIGITS = 5  # of its values
PLOTS = 24  # on a page, at most
BLUE, INK, ORANGE = "#0072B2", "#1a1a1a", "#D55E00"  # of Okabe and Ito, for all eyes


class Trace(NamedTuple):
    """Values at x, such as times [s] since the origin; dots mark samples, dash is one of Plotly.

    One that is filled is the outline of an area, see `area`.
    """

    name: str
    x: np.ndarray
    values: np.ndarray
    colour: str
    dots: bool = False
    dash: str = "solid"
    filled: bool = False


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


def area(name: str, x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str) -> Trace:
    """The area between two curves, where both are known."""
    known = np.isfinite(low) & np.isfinite(high)
    there = x[known]
    outline = np.concatenate([low[known], high[known][::-1]])
    return Trace(name, np.concatenate([there, there[::-1]]), outline, colour, filled=True)


def series(
    start: datetime | None,
    traces: Sequence[Trace],
    label: str,
    limits: tuple[float, float] | None = None,
    shaded: float = 0.0,
) -> dict[str, Any]:
    """What the script draws over the time since the origin, in a handy unit; until `shaded` [s] it is grey."""
    last = max(float(trace.x.max()) for trace in traces)
    factor, name = unit(last)
    return {
        "start": None if start is None else start.timestamp(),
        "seconds": factor,
        "across": f"time since origin ({name})",
        "unit": name,
        "range": (0.0, last / factor),
        "label": label,
        "limits": limits,
        "shaded": shaded / factor,
        "logarithmic": False,
        "traces": [_trace(trace, factor) for trace in traces],
    }


def curves(
    traces: Sequence[Trace],
    across: str,
    label: str,
    limits: tuple[tuple[float, float], tuple[float, float] | None],
    *,
    logarithmic: bool = False,
) -> dict[str, Any]:
    """What the script draws over something else than time; limits are those of x and of the values."""
    words, _, rest = across.partition(" (")
    return {
        "start": None,
        "seconds": 1.0,
        "across": across,
        "unit": rest.removesuffix(")") if rest else words,
        "range": limits[0],
        "label": label,
        "limits": limits[1],
        "shaded": 0.0,
        "logarithmic": logarithmic,
        "traces": [_trace(trace, 1.0) for trace in traces],
    }


def _trace(trace: Trace, factor: float) -> dict[str, Any]:
    kept = np.arange(trace.values.size) if trace.filled else thinned(trace.values)
    style = {
        "name": trace.name,
        "colour": trace.colour,
        "dots": trace.dots,
        "dash": trace.dash,
        "filled": trace.filled,
    }
    return style | {
        "x": _plain(trace.x[kept] / factor, DIGITS + 1),
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
