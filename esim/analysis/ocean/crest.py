"""When did the first crest of a tsunami pass a gauge, and how high was it?"""

from typing import NamedTuple

import numpy as np

ARRIVED = 0.2  # of the largest amplitude: above the noise of a buoy, below the first crest
PACKET = 3600.0  # s after the arrival that belong to the first waves
HIGH, LOW = 0.5, 0.25  # of the largest level in that time: a crest begins above one and ends below the other


class Crest(NamedTuple):
    """A crest: time [s] and height [m] of a sample of the record, not interpolated."""

    time: float
    height: float


def first_arrival(time: np.ndarray, eta: np.ndarray) -> float | None:
    """When |eta| [m] of a record at rising times [s] first exceeds a fifth of its largest; None without a wave."""
    known = np.isfinite(eta)
    time, eta = time[known], np.abs(eta[known])
    if not eta.size or eta.max() <= 0:
        return None
    return float(time[np.argmax(eta >= ARRIVED * eta.max())])


def first_crest(time: np.ndarray, eta: np.ndarray, after: float = 0.0) -> Crest | None:
    """The first crest in a record of eta [m] at rising times [s]; samples before `after` are left out.

    The wave has arrived when |eta| first exceeds a fifth of its largest value. Within the hour that follows,
    the first crest begins where eta rises above half of the largest level and ends where it falls below a
    quarter of it; its highest sample is returned. Noise on the rising flank is thus no crest of its own.
    None if the water never rises, or if the record ends before the crest has passed.
    """
    known = np.isfinite(eta) & (time >= after)
    time, eta = time[known], eta[known]
    if not eta.size or eta.max() <= 0:
        return None
    arrival = first_arrival(time, eta)
    assert arrival is not None  # the water rises
    near = (time >= arrival) & (time <= arrival + PACKET)
    time, eta = time[near], eta[near]
    top = eta.max()
    if top <= 0:
        return None
    begin = int(np.argmax(eta >= HIGH * top))
    fallen = np.flatnonzero(eta[begin:] < LOW * top)
    if not fallen.size:
        return None
    peak = begin + int(np.argmax(eta[begin : begin + fallen[0]]))
    return Crest(float(time[peak]), float(eta[peak]))
