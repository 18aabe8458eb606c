"""How did the ground move at the stations? Interactive seismograms, and record sections."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.crust import medium
from esim.analysis.crust.figures import record_section
from esim.analysis.crust.figures.record_section import MOTIONS
from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.pictures import pictures
from esim.analysis.report.section import Choices, Section, contents
from esim.analysis.report.series import BLUE, INK, ORANGE, PLOTS, Plot, Trace, series
from esim.analysis.report.stations import left_out, where

if TYPE_CHECKING:
    import xarray as xr

LOOKS = ((BLUE, "solid"), (ORANGE, "dash"), (INK, "dot"))  # of the components


def seismograms(run: Run) -> Iterator[Section]:
    """A plot of each station, of the velocity or the first motion that was written; none without seismograms."""
    data, motion = run.stations, _motion(run)
    if data is None or motion is None or not data.sizes["station"] or data.sizes["time"] < 2:
        return
    count, (name, _) = data.sizes["station"], MOTIONS[motion]
    plots = [_plot(run, data, motion, n) for n in range(min(count, PLOTS))]
    said = " ".join(filter(None, (f"Ground {name}{medium.resolved(run)}.", left_out(count, "stations"))))
    yield Section("Seismograms", "plots.html", {"plots": plots, "said": said, "choose": "Components"})


def record_sections(run: Run, choices: Choices) -> Iterator[Section]:
    """All stations by their epicentral distance."""
    sketches = {
        name: partial(record_section.figure, run, name, choices.look) for name in filter(None, [_motion(run)])
    }
    shown = pictures(
        sketches, lambda name: f"Record section: ground {MOTIONS[name][0]} by epicentral distance."
    )
    yield from contents("Record section", pictures=list(shown))


def _motion(run: Run) -> str | None:
    """The letter of the motion that is drawn: velocity, else displacement, else acceleration."""
    data = run.stations
    return next(
        (each for each in MOTIONS if data is not None and {f"{each}{axis}" for axis in "xyz"} <= set(data)),
        None,
    )


def _plot(run: Run, data: "xr.Dataset", motion: str, n: int) -> Plot:
    time = data["seconds"].values.astype(float)
    values = np.array([data[f"{motion}{axis}"].values[n] for axis in "xyz"], dtype=float)
    values[2] *= -1.0  # upward
    name, si = MOTIONS[motion]
    peak = float(np.nan_to_num(np.abs(values)).max())
    unit = medium.unit(peak, si)
    traces = [
        Trace(component, time, unit.factor * line, colour, dash=dash)
        for component, line, (colour, dash) in zip(_components(data, motion), values, LOOKS, strict=True)
    ]
    drawn = series(run.start, traces, f"{name} ({unit.name})")
    largest = f"{words.number(unit.factor * peak, unit.name)}"
    alt = f"Seismograms of three components; the largest {name} is {largest}."
    return Plot(
        str(data["station"].values[n]), where(data, n), traces, drawn, alt, f"Largest {name}: {largest}."
    )


def _components(data: "xr.Dataset", motion: str) -> tuple[str, str, str]:
    """Names of the components: true east and north, or x and y of a grid that is turned."""
    true = "true east" in data[f"{motion}x"].attrs.get("axes", "")
    return ("east", "north", "up") if true or "meridian_convergence" not in data else ("x", "y", "up")
