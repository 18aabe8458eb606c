"""The figures of shaking: peak ground velocity and acceleration on the surface."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.crust import medium
from esim.analysis.crust.figures import map_marks
from esim.analysis.crust.hazard.mmi import PGV
from esim.analysis.figures import chart, credit, labels
from esim.analysis.figures.look import PLAIN, Look, Sketch
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Measure(NamedTuple):
    """A measure of shaking: its name in maxima.nc, the SI unit, that of the figure, and what it is."""

    name: str
    si: str
    factor: float
    unit: str
    words: str

    @property
    def short(self) -> str:
        """Its usual name: "horizontal PGV", "PGA"."""
        peak, _, horizontal = self.name.partition("_")
        return f"{horizontal} {peak.upper()}".strip()


MEASURES = {
    "pgv": (
        Measure("pgv_horizontal", "m/s", 100, "cm/s", "peak horizontal ground velocity"),
        Measure("pgv", "m/s", 100, "cm/s", "peak ground velocity"),
    ),
    "pga": (
        Measure("pga_horizontal", "m/s²", 100, "cm/s²", "peak horizontal ground acceleration"),
        Measure("pga", "m/s²", 100, "cm/s²", "peak ground acceleration"),
    ),
}
SERIES = np.array((1, 2, 5))  # times powers of ten: where one colour ends and the next begins
COLOURS = 8  # at most
BESIDE_DEGREES = 0.13  # of the width of the map, where latitudes stand on its right
SIZE = 5.4, 6.6  # inches: width and height of the map, at most
SHOWN = 0.002, 0.9995  # quantiles of the values that the colours span

# Peak ground velocity [cm/s] and modified Mercalli intensity (Worden et al. 2012, doi:10.1785/0120110156):
# the lines of esim.analysis.crust.hazard.mmi meet at 4.56.
BEND = 4.56
INTENSITIES = {3: "III", 4: "IV", 5: "V", 6: "VI", 7: "VII", 8: "VIII", 9: "IX", 10: "X"}


def figures(run: Run, look: Look = PLAIN) -> Iterator[Sketch]:
    """Maps with their names: pgv and pga, as far as maxima.nc has them."""
    for name, choice in MEASURES.items() if run.maxima is not None else ():
        measure = next((each for each in choice if run.maxima is not None and each.name in run.maxima), None)
        if measure is not None:
            yield name, partial(_figure, run, measure, look)


def velocity(intensity: float) -> float:
    """The peak ground velocity [cm/s] of a modified Mercalli intensity in California (Worden et al. 2012)."""
    constant, slope = PGV.moderate if intensity < BEND else PGV.strong
    return float(10 ** ((intensity - constant) / slope))


def _figure(run: Run, measure: Measure, look: Look) -> "Figure | None":
    from matplotlib import colormaps
    from matplotlib.colors import BoundaryNorm
    from matplotlib.figure import Figure

    assert run.maxima is not None  # else there are no measures
    part = chart.crop(medium.inner(run, run.maxima[measure.name]), look.extent)
    if part is None:
        return None
    values = chart.thin(part) * measure.factor
    levels = _levels(values.values)
    colours = colormaps.get_cmap(look.colours(_colours()))
    norm = BoundaryNorm(levels, colours.N, extend=chart.beyond(values.values, levels[0], levels[-1]))
    drawing = Figure(figsize=chart.size(values, SIZE), layout="constrained")
    axes = drawing.add_subplot()
    drawn = chart.image(axes, values, smooth=True, cmap=colours, norm=norm)
    chart.frame(axes, values)
    gap = 0.025 if medium.projection(run) is None else BESIDE_DEGREES
    chart.bar(axes, drawn, f"{measure.short} ({measure.unit})", gap, ticks=levels, format="%g")
    peak = float(np.nanmax(values.values, initial=0))
    words = f"{measure.words}{medium.resolved(run)}; largest {medium.number(peak)} {measure.unit}"
    axes.set_title(medium.heading(run, words, look), loc="left")
    coast = map_marks.coast(run, chart.extent(values))
    map_marks.everything(axes, run, coast)
    if measure.unit == "cm/s":
        _intensities(axes, values)
    credit.line(drawing, run, bool(coast) and map_marks.own_ground(run) is None)
    return drawing


def _levels(values: np.ndarray) -> np.ndarray:
    """1, 2, 5 times powers of ten across most of the values, at most eight colours below the largest."""
    known = values[np.isfinite(values) & (values > 0)]
    low, high = np.quantile(known, SHOWN) if known.size else (0.1, 10.0)
    powers = np.floor(np.log10(high)) + np.arange(-4, 2)
    steps = np.outer(10.0**powers, SERIES).ravel()
    last = int(np.searchsorted(steps, high))
    first = max(min(int(np.searchsorted(steps, low, "right")) - 1, last - 2), last - COLOURS, 0)
    return np.array([float(f"{step:g}") for step in steps[first : last + 1]])


def _colours() -> Any:
    """From nearly white to dark purple, evenly for the eye; the darkest quarter would hide what is drawn on it."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps["magma_r"](np.linspace(0.0, 0.75, 256)))


def _intensities(axes: "Axes", values: "xr.DataArray") -> None:
    """Lines of the modified Mercalli intensity, III and above."""
    known = values.values[np.isfinite(values.values)]
    low, high = known.min(initial=np.inf), known.max(initial=0)
    levels = {velocity(number): name for number, name in INTENSITIES.items()}
    seen = [level for level in levels if low < level < high]
    lines = chart.contours(axes, values, seen, colors="black", linewidths=0.7, linestyles="dashed")
    if lines is None:
        return
    labels.along(axes, lines, lambda level: f"MMI {levels[level]}", size=7, halo=True)
