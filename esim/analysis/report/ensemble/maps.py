"""Where are thresholds exceeded, how high does the water come, and when? The maps of all grids."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from esim.analysis.ensemble.figures.draw import draw
from esim.analysis.reading.run import Run
from esim.analysis.report.pictures import picture
from esim.analysis.report.section import Choices, Picture, Section, choice

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVES = "hazard_curves"
QUANTILE = re.compile(r"(?:eta_max_|arrival_time_|pgv_)?quantile_([0-9.]+)")
TITLES = {
    "probability": "Probability maps",
    "arrival": "Maps of arrival times",
    "height": "Maps of quantiles and the worst case",
}
CHOOSE = {"probability": "Threshold", "arrival": "Quantile", "height": "Map"}


def maps(run: Run, choices: Choices) -> Iterator[Section]:
    """A section of each kind of map, of which one is seen at a time; none where members have no maps."""
    found: dict[str, dict[str, Picture]] = {kind: {} for kind in TITLES}
    for name, sketch in draw(run, choices.look):
        if not name.startswith(CURVES):
            found[_kind(name)] |= dict(_picture(name, sketch))
    for kind, title in TITLES.items():
        yield from choice(title, CHOOSE[kind], pictures=found[kind])


def _kind(name: str) -> str:
    if name.startswith("arrival"):
        return "arrival"
    return "height" if "quantile" in name or "worst" in name else "probability"


def _picture(name: str, sketch: "Callable[[], Figure | None]") -> Iterator[tuple[str, Picture]]:
    """A map by what it is called in the list: above 0.5, 5 % quantile, worst, and the nest that it is of."""
    if (drawing := sketch()) is not None:
        told = QUANTILE.sub(lambda found: f"{100 * float(found[1]):g} % quantile", name)
        words = told.removeprefix("eta_max_").replace("exceedance_", "above ").replace("_", " ")
        yield words, picture(drawing, f"Map: {words}.")
