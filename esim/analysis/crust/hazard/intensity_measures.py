"""Which numbers do engineers take from a seismogram? The intensity measures of every station, as a table.

Horizontal peaks and spectra are RotD50 and RotD100. Arias intensity and CAV are means of the two horizontal components,
significant durations those of both together. The JMA intensity takes all three components, the MMI the larger of the
two horizontal peaks of velocity (mmi) and of acceleration (mmi_pga).
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from esim.analysis.crust.hazard.cumulative import (
    SIGNIFICANT,
    arias_intensity,
    cumulative_absolute_velocity,
    significant_duration,
)
from esim.analysis.crust.hazard.ground_motion import GroundMotion, ground_motions
from esim.analysis.crust.hazard.jma_intensity import jma_class, jma_intensity
from esim.analysis.crust.hazard.mmi import PGA, PGV, mmi
from esim.analysis.crust.hazard.response_spectrum import DAMPING, PERIODS, check_oscillator, oscillator
from esim.analysis.crust.hazard.rotd import rotd
from esim.analysis.reading.run import Run
from esim.constants import STANDARD_GRAVITY
from esim.io.tables import cell, write_table

TABLE = "intensity_measures.csv"
PLACES = {"lon": "lon", "lat": "lat", "x": "x_m", "y": "y_m", "depth": "depth_m"}  # columns of positions
CM = 100.0

Row = dict[str, str | float]


def intensity_measures(run: Run, periods: Sequence[float] = PERIODS, damping: float = DAMPING) -> list[Row]:
    """A row of measures for every station in the ground, by the names of the columns, which end with their units.

    periods [s] and damping are those of the response spectra. Raises InputError for a run without seismograms. A
    warning names periods that the grid does not resolve.
    """
    for period in periods:
        check_oscillator(period, damping)
    records = ground_motions(run)
    _warn(run, periods)
    assert run.stations is not None
    places = {title: run.stations[name].values for name, title in PLACES.items() if name in run.stations}
    rows = []
    for motion, n in zip(records.motions, records.numbers, strict=True):
        where = {title: float(values[n]) for title, values in places.items()}
        rows.append({"station": motion.station, **where, **measures_of(motion, records.dt, periods, damping)})
    return rows


def measures_of(
    motion: GroundMotion, dt: float, periods: Sequence[float] = PERIODS, damping: float = DAMPING
) -> Row:
    """The measures of one station, sampled every dt [s]."""
    horizontal = motion.acceleration[:2]
    row: Row = {}
    peaks = (
        ("pga", "g", horizontal / STANDARD_GRAVITY),
        ("pgv", "cm_s", CM * motion.velocity[:2]),
        ("pgd", "cm", CM * motion.displacement[:2]),
    )
    for name, unit, values in peaks:
        row |= _both(name, unit, values)
    for period in periods:
        answer = oscillator(horizontal, dt, period, damping) / STANDARD_GRAVITY
        row |= _both(f"sa_{period:g}s", "g", answer)
    row["arias_m_s"] = float(arias_intensity(horizontal, dt).mean())
    row["cav_m_s"] = float(cumulative_absolute_velocity(horizontal, dt).mean())
    for first, last in SIGNIFICANT:
        name = f"d{100 * first:g}_{100 * last:g}_s"
        row[name] = float(significant_duration(horizontal, dt, first, last))
    intensity = float(jma_intensity(motion.acceleration, dt))
    row |= {"jma_intensity": intensity, "jma_class": jma_class(intensity)}
    row["mmi"] = float(mmi(CM * np.abs(motion.velocity[:2]).max(), PGV))
    row["mmi_pga"] = float(mmi(CM * np.abs(horizontal).max(), PGA))
    return row


def write_intensity_measures(path: Path, rows: Sequence[Row]) -> None:
    """Writes the table (CSV), whole or not at all; what is not known is empty."""
    write_table(path, rows[0], ([cell(value) for value in row.values()] for row in rows))


def _both(name: str, unit: str, values: np.ndarray) -> dict[str, float]:
    found = rotd(values[0], values[1])
    return {f"{name}_rotd50_{unit}": found.rotd50, f"{name}_rotd100_{unit}": found.rotd100}


def _warn(run: Run, periods: Sequence[float]) -> None:
    """One line about periods that the grid does not resolve."""
    frequency = run.record.get("frequency_resolved")
    short = [f"{period:g}" for period in periods if frequency and period * float(frequency) < 1]
    if frequency and short:
        logging.getLogger("esim").warning(
            "the grid resolves up to %.3g Hz: spectra at %s s, PGA, JMA intensity and mmi_pga lack the shorter waves",
            float(frequency), ", ".join(short),
        )  # fmt: skip
