"""An acceleration beside those of the shallow-water equations: its ghost cells, and the end of its trapezoidal rule."""

from typing import NamedTuple

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.scalar import maximum, where


class CorrectionParams(NamedTuple):
    """Constants of a correction in the run's floating-point type."""

    half_dt: float  # s
    zero: float
    dry: float  # m


def correct(j, i, q, bed, acceleration, before, p):
    """Take half of the old acceleration of a step back, and give half of the new one [m/s2]."""
    h = q[0, j, i] + maximum(-bed[0, j, i], p.zero)
    weight = where(h > p.dry, p.half_dt * h, p.zero)
    q[1, j, i] = q[1, j, i] + weight * (acceleration[0, j, i] - before[0, j, i])
    q[2, j, i] = q[2, j, i] + weight * (acceleration[1, j, i] - before[1, j, i])


class GhostParams(NamedTuple):
    """No constants."""


def reflect(j, i, normal, along, p):
    """Ghost cells beyond a wall, where the acceleration across the side is the opposite; see kernels.ocean.boundary."""
    normal[0, j, i] = -normal[0, j, i + 1]
    along[0, j, i] = along[0, j, i + 1]
    normal[0, j, i - 1] = -normal[0, j, i + 2]
    along[0, j, i - 1] = along[0, j, i + 2]


def extrapolate(j, i, normal, along, p):
    """Ghost cells beyond any other side: as in the last cell within."""
    normal[0, j, i] = normal[0, j, i + 1]
    along[0, j, i] = along[0, j, i + 1]
    normal[0, j, i - 1] = normal[0, j, i + 1]
    along[0, j, i - 1] = along[0, j, i + 1]


# Where neither acceleration is anything nothing changes, and "before" is zero already.
CORRECT = Kernel(
    "forcing_correct",
    (Stage(correct, exact=True),),
    CorrectionParams,
    at_rest=(("acceleration", "before"), "before"),
)
REFLECT = Kernel("forcing_reflect", (Stage(reflect, exact=True),), GhostParams, halo=1)
EXTRAPOLATE = Kernel("forcing_extrapolate", (Stage(extrapolate, exact=True),), GhostParams, halo=1)
