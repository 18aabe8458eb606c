"""How far are seismograms from recorded ones? Amplitude, shape and delay of every channel that both have.

Observed traces are those of an ObsPy Stream in the unit of the motion, filtered as the reader wants both. Channels are
the same where network, station and the last letter of the channel are. They are compared at the times of the computed
trace within those of the observed one, which is interpolated linearly.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from esim.analysis.comparison.agreement import best_lag, correlation, relative_rms
from esim.analysis.crust.waveforms import stream
from esim.analysis.reading.run import Run
from esim.errors import InputError

LONGEST_LAG = 30.0  # s


class Misfit(NamedTuple):
    """A computed channel beside the observed one, from begin to end [s since origin], in so many samples.

    peak_ratio is the largest amplitude over the observed one, normalised_rms the root mean square of the differences
    over that of the record, variance_reduction 1 - normalised_rms^2, and lag [s] the delay of the computed waves at
    which they correlate best. None where the traces do not give it.
    """

    channel: str
    begin: float
    end: float
    samples: int
    peak_ratio: float | None
    normalised_rms: float | None
    correlation: float | None
    variance_reduction: float | None
    lag: float | None


def misfits(run: Run, observed: Any, motion: str = "velocity") -> Iterator[Misfit]:
    """The misfit of every channel that was observed too, in the order of the stations; observed is a Stream or a file.

    Raises InputError where ObsPy cannot read the file, or without a channel that both have.
    """
    computed, records = stream(run, motion=motion), _read(observed)
    pairs = [(trace, record) for trace in computed if (record := _record_of(trace, records)) is not None]
    if not pairs:
        raise InputError(
            f"no observed channel is one of the run, such as {computed[0].id}; expected the same network and station"
        )
    for trace, record in pairs:
        yield _compare(trace, record, computed[0].stats.starttime)


def _read(observed: Any) -> Any:
    import obspy

    if not isinstance(observed, str | Path):
        return observed
    try:
        return obspy.read(str(observed))
    except (OSError, TypeError, ValueError) as error:
        raise InputError(f"{observed}: not a file of waveforms that ObsPy can read ({error})") from error


def _record_of(trace: Any, records: Any) -> Any:
    """The first observed trace of the channel of a computed one."""
    stats = trace.stats
    found = records.select(network=stats.network, station=stats.station, channel=f"*{stats.channel[-1]}")
    return found[0] if found else None


def _compare(trace: Any, record: Any, origin: Any) -> Misfit:
    """One channel; begin and end count from the origin, at which the run starts."""
    time, seen = (one.times() + (one.stats.starttime - origin) for one in (trace, record))
    near = (time >= seen[0]) & (time <= seen[-1])
    at, computed = time[near], trace.data[near].astype(float)
    values = np.interp(at, seen, np.ma.filled(np.ma.masked_array(record.data, dtype=float), np.nan))
    known = np.isfinite(values)
    at, computed, values = at[known], computed[known], values[known]
    rms, peak = relative_rms(computed, values), np.abs(values).max(initial=0.0)
    return Misfit(
        trace.id,
        begin=float(at[0]) if at.size else np.nan,
        end=float(at[-1]) if at.size else np.nan,
        samples=int(at.size),
        peak_ratio=float(np.abs(computed).max() / peak) if peak > 0 else None,
        normalised_rms=rms,
        correlation=correlation(computed, values),
        variance_reduction=None if rms is None else 1 - rms**2,
        lag=best_lag(time, trace.data.astype(float), at, values, LONGEST_LAG),
    )
