"""When did the waves reach the stations, and how strongly did the ground shake there?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.crust import medium
from esim.analysis.crust.figures.arrivals import first_arrival
from esim.analysis.crust.figures.record_section import MOTIONS
from esim.analysis.crust.hazard.intensity_measures import Row, intensity_measures
from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.section import Section, Table, contents
from esim.analysis.report.stations import where

if TYPE_CHECKING:
    import xarray as xr

MEASURES = {  # columns of the intensity measures, and what they are called here
    "pgv_rotd50_cm_s": "PGV (cm/s)",
    "pga_rotd50_g": "PGA (g)",
    "pgd_rotd50_cm": "PGD (cm)",
    "jma_intensity": "JMA intensity",
    "jma_class": "JMA class",
    "mmi": "MMI",
}
INTENSITIES = ("jma_intensity", "mmi")
MEANING = (
    "PGV, PGA and PGD are RotD50, medians over the horizontal directions; MMI is that of the larger horizontal peak of "
    "velocity."
)
RAYS = "First waves are those of rays through the layers, from the hypocentre of the strongest source."


def shaking(run: Run) -> Iterator[Section]:
    """The table of the stations in the ground; none without seismograms."""
    data = run.stations
    if data is None or not data.sizes["station"] or data.sizes["time"] < 2 or not _moved(data):
        return
    rows, numbers = (
        intensity_measures(run, periods=()),
        {str(name): n for n, name in enumerate(data["station"].values)},
    )
    waves = _waves(run, data)
    cells = [_row(data, row, numbers[str(row["station"])], waves) for row in rows]
    headers = ("station", "position", *waves, *MEASURES.values())
    table = Table("Arrival times and intensity measures", headers, cells)
    told = [MEANING, RAYS] if "first P (s)" in waves else [MEANING]
    yield from contents(
        "Ground motion at stations", words=told if cells else [], tables=[table] if cells else []
    )


def _moved(data: "xr.Dataset") -> bool:
    """Whether there are seismograms of three components."""
    return any({f"{motion}{axis}" for axis in "xyz"} <= set(data) for motion in MOTIONS)


def _row(data: "xr.Dataset", row: Row, n: int, waves: dict[str, np.ndarray]) -> tuple[str, ...]:
    return (
        str(row["station"]),
        where(data, n),
        *(words.number(float(values[n])) for values in waves.values()),
        *(_measure(name, row[name]) for name in MEASURES),
    )


def _measure(name: str, value: str | float) -> str:
    """A measure as it is usually written: intensities with one decimal."""
    if isinstance(value, str):
        return value
    known = words.number(value)
    return f"{value:.1f}".replace("-", words.MINUS) if known and name in INTENSITIES else known


def _waves(run: Run, data: "xr.Dataset") -> dict[str, np.ndarray]:
    """Epicentral distances [km] of all stations, and times [s] of the first P and S waves of those at the surface."""
    found = [source for source in medium.sources(run) if source.moment]
    if not found or "x" not in data.variables:
        return {}
    strongest = found[0]
    distance = np.hypot(data["x"].values - strongest.x, data["y"].values - strongest.y)
    waves = {"distance (km)": distance / 1000}
    if (profile := medium.profile(run)) is not None:
        speeds = {"first P (s)": profile.vp} | ({"first S (s)": profile.vs} if strongest.shear else {})
        buried = data["depth"].values > 0 if "depth" in data.variables else np.zeros(distance.shape, bool)
        for name, speed in speeds.items():
            times = strongest.begins + first_arrival(profile.top, speed, strongest.depth, distance)
            waves[name] = np.where(buried, np.nan, times)
    return waves
