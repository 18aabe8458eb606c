"""What in a finite fault is possible, but probably a slip of units?"""

from collections.abc import Iterator
from math import sqrt

import numpy as np

from esim.sources.finite_fault import FiniteFault

LARGEST_SLIP = 100.0  # m; off Tohoku in 2011 it was 50 to 80 m
SMALLEST_FAULT = 1e3  # m, square root of the area that moves


def doubts(name: str, fault: FiniteFault) -> Iterator[str]:
    """Sentences about slip and size of a fault that are out of all experience."""
    slip, side = float(fault.total_slip.max()), extent(fault)
    if slip > LARGEST_SLIP:
        yield f"source {name}: {slip:.4g} m of slip are more than was ever seen; expected metres, are they centimetres?"
    if side < SMALLEST_FAULT:
        yield f"source {name}: the fault is only {side:.3g} m long and wide; expected metres, are they kilometres?"


def extent(fault: FiniteFault) -> float:
    """Square root of the area that slips or opens [m]."""
    return sqrt(float(np.sum((fault.length * fault.width)[fault.moving])))
