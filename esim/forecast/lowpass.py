"""How are seismic waves taken out of a record? By a low-pass filter of zero phase that hardly looks ahead.

A symmetric filter of finite length (Hamming window; Oppenheim and Schafer 2010, Discrete-Time Signal Processing,
section 7.5) delays nothing. A value needs data up to half its length later, which is the shortest period that passes:
so the last ones are not there yet, and a value never changes when later data come.
"""

import numpy as np

from esim.forecast.records import Record

GAP = 2.5  # usual times between values, from which on nothing is known between two
COARSEST = 2.0  # values in the shortest period; periods of fewer are in no record


def low_passed(record: Record, period: float) -> Record:
    """A record without periods shorter than `period` [s], as it is where its values are too far apart to have these.

    Pieces between gaps are shorter by half the filter's length at each end.
    """
    from scipy.signal import firwin

    if record.time.size < 2:
        return record
    steps = np.diff(record.time)
    near = steps[record.time[1:] > -period]
    step = float(np.median(near if near.size else steps))
    if period <= COARSEST * step:
        note = f"periods below {period:g} s are not in it, as it has a value every {step:g} s"
        return record._replace(done=(*record.done, note))
    half = round(period / step)
    taps = firwin(2 * half + 1, 1 / period, fs=1 / step, window="hamming")
    times, values = [], []
    for piece in np.split(np.arange(record.time.size), np.flatnonzero(steps > GAP * step) + 1):
        even = np.arange(record.time[piece[0]], record.time[piece[-1]] + 0.5 * step, step)
        if even.size > 2 * half:
            level = np.interp(even, record.time[piece], record.value[piece])
            times.append(even[half:-half])
            values.append(np.convolve(level, taps, mode="valid"))
    note = f"periods below {period:g} s removed, so that the last {half * step:g} s of data are not used yet"
    return Record(
        np.concatenate([*times, np.empty(0)]),
        np.concatenate([*values, np.empty(0)]),
        (*record.done, note),
        half * step,
    )
