"""Air pressure over the water: a pulse that runs, and a field between two moments.

Both add -grad(p) / rho to the acceleration acceleration[0..1, j, i] [m/s2] of the water.
"""

from typing import NamedTuple

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.scalar import maximum


class PulseParams(NamedTuple):
    """Constants of a pulse at one moment in the run's floating-point type."""

    sense: float  # +1 where the distance from the origin grows along the way, -1 past the antipode
    crest: float  # m, where the crest is, measured like sense times distance
    per_reach: float  # 1/m, one over the distance from crest to edge
    zero: float
    one: float
    sixteen: float
    fifteen: float
    norm: float  # factor of the pressure: of the N-wave makes one of its largest value


def bell(j, i, acceleration, pulse, p):
    """A hump p = A C (1 - s^2)^8, s the distance ahead of the crest over its reach; nearly a Gaussian.

    pulse[0] is the distance from the origin [m], pulse[1..2] the derivatives of that, times A/(reach rho), and
    pulse[3..4] those of A/rho, towards +x and +y.
    """
    s = (p.sense * pulse[0, j, i] - p.crest) * p.per_reach
    inside = maximum(p.one - s * s, p.zero)
    square = inside * inside
    seventh = square * square * square * inside
    value = p.norm * (seventh * inside)
    slope = -p.sense * (p.norm * (p.sixteen * s * seventh))
    acceleration[0, j, i] = acceleration[0, j, i] - (slope * pulse[1, j, i] + value * pulse[3, j, i])
    acceleration[1, j, i] = acceleration[1, j, i] - (slope * pulse[2, j, i] + value * pulse[4, j, i])


def n_wave(j, i, acceleration, pulse, p):
    """A hump with a trough behind it, p = A C s (1 - s^2)^7, the derivative of the bell; see bell."""
    s = (p.sense * pulse[0, j, i] - p.crest) * p.per_reach
    inside = maximum(p.one - s * s, p.zero)
    square = inside * inside
    sixth = square * square * square
    value = p.norm * (s * (sixth * inside))
    slope = p.sense * (p.norm * (sixth * (p.one - p.fifteen * (s * s))))
    acceleration[0, j, i] = acceleration[0, j, i] - (slope * pulse[1, j, i] + value * pulse[3, j, i])
    acceleration[1, j, i] = acceleration[1, j, i] - (slope * pulse[2, j, i] + value * pulse[4, j, i])


class BlendParams(NamedTuple):
    """Constants of a blend in the run's floating-point type."""

    early: float  # weight of the earlier moment
    late: float


def interpolate_in_time(j, i, acceleration, early, late, p):
    """Add an acceleration [m/s2] between those of two moments."""
    acceleration[0, j, i] = acceleration[0, j, i] + (p.early * early[0, j, i] + p.late * late[0, j, i])
    acceleration[1, j, i] = acceleration[1, j, i] + (p.early * early[1, j, i] + p.late * late[1, j, i])


BELL = Kernel("pressure_bell", (Stage(bell, exact=True),), PulseParams)
N_WAVE = Kernel("pressure_n_wave", (Stage(n_wave, exact=True),), PulseParams)
INTERPOLATE_IN_TIME = Kernel("pressure_interpolate", (Stage(interpolate_in_time, exact=True),), BlendParams)
