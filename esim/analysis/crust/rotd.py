"""How strong is horizontal motion, whichever way the instrument stood? RotDnn (Boore 2010, doi:10.1785/0120090400).

Of the peaks of the motion in all horizontal directions, RotD50 is the median and RotD100 the largest.
"""

from typing import NamedTuple

import numpy as np

ANGLES = np.deg2rad(np.arange(180.0))  # opposite directions have the same peak


class RotD(NamedTuple):
    """Median and largest peak over all directions, in the unit of the motion."""

    rotd50: np.ndarray
    rotd100: np.ndarray


def rotd(east: np.ndarray, north: np.ndarray) -> RotD:
    """RotD50 and RotD100 of horizontal motion (..., times), every degree."""
    rotated = (np.abs(np.cos(angle) * east + np.sin(angle) * north).max(axis=-1) for angle in ANGLES)
    peaks = np.stack(list(rotated))
    return RotD(np.median(peaks, axis=0), peaks.max(axis=0))
