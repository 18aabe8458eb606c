"""How far is a gauge from what was observed there? Arrival, first crest, and the waves around it.

Compared are the levels of the water, or of a pressure gauge the changes of the depth; for short, both are called eta
here. All but arrival and crest compare them at the times of the record, from half an hour before its first crest to an
hour and a half after it (all of it where it has none), as far as both series go. The lag is the delay of the computed
waves at which they correlate best with the observed ones; the other measures are those without it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from esim.analysis.comparison.agreement import best_lag, correlation, relative_rms
from esim.analysis.comparison.observations import Record, record_of, variable_of
from esim.analysis.ocean.crest import first_arrival, first_crest
from esim.analysis.reading.run import Run
from esim.errors import InputError
from esim.io.tables import cell, write_table

TABLE = "stations_misfit.csv"
BEFORE, AFTER = 1800.0, 5400.0  # s, around the first crest
LONGEST_LAG = 1800.0  # s


class Misfit(NamedTuple):
    """What a gauge computed and what was observed there; None where a record, or the run, does not give it.

    Times are in s, differences computed less observed, positive where the computed wave is later. crest_ratio is the
    height of the first crest over the observed one. From begin to end, in so many samples: normalised_rms is the root
    mean square of the differences over that of the record, correlation that of the levels without their means,
    variance_reduction 1 - normalised_rms^2.
    """

    station: str
    begin: float
    end: float
    samples: int
    arrival_difference: float | None
    crest_difference: float | None
    crest_ratio: float | None
    normalised_rms: float | None
    correlation: float | None
    variance_reduction: float | None
    lag: float | None


UNITS = {name: "s" for name in ("begin", "end", "arrival_difference", "crest_difference", "lag")}
HEADERS = tuple(f"{name}_{UNITS[name]}" if name in UNITS else name for name in Misfit._fields)


def misfits(run: Run, records: Mapping[str, Record] | None = None) -> Iterator[Misfit]:
    """The misfit of every gauge that has a record, in the order of stations.nc; by default one that the run knows."""
    if run.stations is None or run.scenario != "tsunami":
        return
    time = run.stations["seconds"].values.astype(float)
    for n, name in enumerate(map(str, run.stations["station"].values)):
        record = record_of(run, name) if records is None else records.get(name)
        if record is not None:
            levels = run.stations[variable_of(run, name)].isel(station=n).values
            yield compare(name, time, levels.astype(float), record)


def compare_run(directory: Path, output: Path | None = None) -> tuple[list[Misfit], Path]:
    """The misfits of a finished run, and the table of them in `output` (by default its `figures`).

    Raises InputError where no station has a record.
    """
    with Run.open(directory) as run:
        found = list(misfits(run.parts.get("ocean", run)))
    if not found:
        raise InputError(
            f"{directory}: no station has an observed record; name its file by the key observed of the station"
        )
    path = (directory / "figures" if output is None else output) / TABLE
    write_misfits(path, found)
    return found, path


def compare(station: str, time: np.ndarray, eta: np.ndarray, record: Record) -> Misfit:
    """The misfit of a computed series eta [m] at times [s] to a record."""
    seen = (record.time >= record.shaking) & (record.time <= time[-1])
    waves = (time, eta), (record.time[seen], record.eta[seen])
    found, wanted = (first_crest(*series) for series in waves)
    arrived = (first_arrival(*series) for series in waves)
    near = window(record, time[-1])
    at, observed = record.time[near], record.eta[near]
    computed = np.interp(at, time, eta, left=np.nan, right=np.nan)
    known = np.isfinite(computed)
    at, observed, computed = at[known], observed[known], computed[known]
    rms = relative_rms(computed, observed)
    return Misfit(
        station,
        begin=float(at[0]) if at.size else np.nan,
        end=float(at[-1]) if at.size else np.nan,
        samples=int(at.size),
        arrival_difference=_difference(*arrived),
        crest_difference=_difference(found and found.time, wanted and wanted.time),
        crest_ratio=found.height / wanted.height if found and wanted else None,
        normalised_rms=rms,
        correlation=correlation(computed, observed),
        variance_reduction=None if rms is None else 1 - rms**2,
        lag=best_lag(time, eta, at, observed, LONGEST_LAG),
    )


def window(record: Record, last: float) -> np.ndarray:
    """Which samples of a record are compared with a series that goes to a time [s]."""
    crest = first_crest(record.time, record.eta, after=record.shaking)
    begin, end = (crest.time - BEFORE, crest.time + AFTER) if crest else (-np.inf, np.inf)
    return np.asarray((record.time >= max(begin, record.shaking)) & (record.time <= min(end, last)))


def normalised_rms(time: np.ndarray, eta: np.ndarray, record: Record) -> float | None:
    """Root mean square difference around the first crest over that of the record itself; None where they part."""
    near = window(record, time[-1])
    return relative_rms(np.interp(record.time[near], time, eta), record.eta[near])


def write_misfits(path: Path, found: "list[Misfit]") -> None:
    """Writes a table of misfits (CSV), whole or not at all; what is not known is empty."""
    write_table(path, HEADERS, rows(found))


def rows(found: "list[Misfit]") -> list[tuple[str, ...]]:
    """The cells of a table of misfits, as text."""
    return [tuple(map(cell, one)) for one in found]


def _difference(found: float | None, wanted: float | None) -> float | None:
    return None if found is None or wanted is None else found - wanted
