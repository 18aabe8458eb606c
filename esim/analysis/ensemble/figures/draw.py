"""Which figures does an ensemble have?"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from esim.analysis.ensemble.figures import curves, maps
from esim.analysis.figures.look import PLAIN, Look, Sketch
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT = re.compile(r"(_max|^pgv)_quantile_")


def draw(run: Run, look: Look = PLAIN) -> Iterator[Sketch]:
    """Hazard curves of the stations, and of all grids maps of exceedance, flooding, quantiles and the worst case.

    Maps without any wave, such as depths on land where there is none, are left out; without hazard.nc there are none.
    """
    if run.hazard is None:
        return
    yield from curves.figures(run, look)
    for nest, grid in run.grids.items():
        of_nest = f"_{nest}" if nest else ""
        for name, field in grid.data_vars.items():
            kind = _kind(str(name))
            if kind is not None and bool((field > 0).any()):
                yield f"{_short(str(name))}{of_nest}", partial(kind, run, nest, str(name), look)


def _kind(name: str) -> "Callable[[Run, str, str, Look], Figure | None] | None":
    """How a map is drawn; None: not at all."""
    if "probability" in name and "fractile" not in name and not name.startswith("arrival"):
        return maps.probability
    if name.startswith("arrival_time_quantile"):
        return maps.arrival
    return maps.height if name.endswith("_worst") or HEIGHT.search(name) else None


def _short(name: str) -> str:
    """exceedance_probability_0.5 is drawn as exceedance_0.5."""
    return name.replace("exceedance_probability", "exceedance")
