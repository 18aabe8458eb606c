"""How strong is horizontal motion, whichever way the instrument stood? RotDnn (Boore 2010, doi:10.1785/0120090400).

Of the peaks of the motion in all horizontal directions, RotD50 is the median and RotD100 the largest. A peak in any
direction is at a corner of the convex hull of the motion, so that few samples need to be turned.
"""

from typing import NamedTuple

import numpy as np

ANGLES = np.deg2rad(np.arange(180.0))  # opposite directions have the same peak
DIRECTIONS = np.array((np.cos(ANGLES), np.sin(ANGLES)))


class RotD(NamedTuple):
    """Median and largest peak over all directions, in the unit of the motion."""

    rotd50: float
    rotd100: float


def rotd(east: np.ndarray, north: np.ndarray) -> RotD:
    """RotD50 and RotD100 of horizontal motion (times,), every degree."""
    peaks = np.abs(_corners(np.column_stack((east, north))) @ DIRECTIONS).max(axis=0)
    return RotD(float(np.median(peaks)), float(peaks.max()))


def _corners(motion: np.ndarray) -> np.ndarray:
    """The samples (n, 2) at the corners of the convex hull; all of them where motion is along a line."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        return np.asarray(motion[ConvexHull(motion).vertices])
    except (QhullError, ValueError):
        return motion
