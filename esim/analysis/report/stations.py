"""Where are the stations of a run, in words, and how many of them are plotted?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from esim.analysis.figures import marks
from esim.analysis.report import words
from esim.analysis.report.series import PLOTS

if TYPE_CHECKING:
    import xarray as xr

CHOSEN = 100  # plots from which one is chosen, at most


def where(stations: "xr.Dataset", n: int) -> str:
    """The position of a station: longitude and latitude where they are known, else x and y."""
    lonlat = "lon" in stations.variables
    x, y = (stations["lon"].values, stations["lat"].values) if lonlat else marks.positions(stations)
    return words.place(float(x[n]), float(y[n]), lonlat)


def left_out(count: int, what: str) -> str:
    """What is said where there are more stations than plots."""
    return f"The first {PLOTS} of {count} {what} are drawn; stations.nc has all." if count > PLOTS else ""


def more_chosen(count: int) -> Iterator[str]:
    """What is said where there are more stations than can be chosen."""
    if count > CHOSEN:
        yield f"The first {CHOSEN} of {count} stations; hazard.nc has all."
