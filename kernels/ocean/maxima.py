"""What is kept of the whole run? Maxima, minima and times, at the end of a step or after others changed its state."""

from typing import NamedTuple

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.ocean.state import HU1, HV1, Z1, Params
from esim.kernels.scalar import maximum, minimum, sqrt, where


class MaximaPlanes(NamedTuple):
    """Meaning of maxima[n, j, i]."""

    highest: int = 0  # zeta [m]; minus NEVER where there was no water
    lowest: int = 1  # zeta [m]
    speed: int = 2  # m/s
    momentum_flux: int = 3  # h |u|^2 [m3/s2]
    level: int = 4  # zeta [m] of the first water, as the sources have moved it with its bed
    rise: int = 5  # s, when the surface was first higher than that by p.arrival; NEVER where it was not
    fall: int = 6  # s, the same for lower
    highest_time: int = 7  # s, and those below only where times are asked for
    wet_time: int = 8  # s, for how long there was water
    rise_2: int = 9  # s, like rise and fall for p.arrival_2 and p.arrival_3
    fall_2: int = 10
    rise_3: int = 11
    fall_3: int = 12


MAXIMA = MaximaPlanes()
ARRIVALS = (
    (MAXIMA.rise, MAXIMA.fall),
    (MAXIMA.rise_2, MAXIMA.fall_2),
    (MAXIMA.rise_3, MAXIMA.fall_3),
)  # of each threshold


def record_maxima(j, i, bed, maxima, w, p):
    """Keep the maxima of the new state."""
    (
        maxima[MAXIMA.highest, j, i],
        maxima[MAXIMA.lowest, j, i],
        maxima[MAXIMA.speed, j, i],
        maxima[MAXIMA.momentum_flux, j, i],
        maxima[MAXIMA.rise, j, i],
        maxima[MAXIMA.fall, j, i],
    ) = new_maxima(
        w[Z1, j, i],
        w[HU1, j, i],
        w[HV1, j, i],
        bed[0, j, i],
        maxima[MAXIMA.level, j, i],
        maxima[MAXIMA.highest, j, i],
        maxima[MAXIMA.lowest, j, i],
        maxima[MAXIMA.speed, j, i],
        maxima[MAXIMA.momentum_flux, j, i],
        maxima[MAXIMA.rise, j, i],
        maxima[MAXIMA.fall, j, i],
        p,
    )


def record_times(j, i, bed, maxima, w, p):
    """Keep more times of the new state; before `record_maxima`, which raises the largest zeta."""
    (
        maxima[MAXIMA.highest_time, j, i],
        maxima[MAXIMA.wet_time, j, i],
        maxima[MAXIMA.rise_2, j, i],
        maxima[MAXIMA.fall_2, j, i],
        maxima[MAXIMA.rise_3, j, i],
        maxima[MAXIMA.fall_3, j, i],
    ) = new_times(
        w[Z1, j, i],
        bed[0, j, i],
        maxima[MAXIMA.level, j, i],
        maxima[MAXIMA.highest, j, i],
        maxima[MAXIMA.highest_time, j, i],
        maxima[MAXIMA.wet_time, j, i],
        maxima[MAXIMA.rise_2, j, i],
        maxima[MAXIMA.fall_2, j, i],
        maxima[MAXIMA.rise_3, j, i],
        maxima[MAXIMA.fall_3, j, i],
        p,
    )


def record_maxima_of(j, i, q, bed, maxima, p):
    """Keep the maxima of a state."""
    (
        maxima[MAXIMA.highest, j, i],
        maxima[MAXIMA.lowest, j, i],
        maxima[MAXIMA.speed, j, i],
        maxima[MAXIMA.momentum_flux, j, i],
        maxima[MAXIMA.rise, j, i],
        maxima[MAXIMA.fall, j, i],
    ) = new_maxima(
        q[0, j, i],
        q[1, j, i],
        q[2, j, i],
        bed[0, j, i],
        maxima[MAXIMA.level, j, i],
        maxima[MAXIMA.highest, j, i],
        maxima[MAXIMA.lowest, j, i],
        maxima[MAXIMA.speed, j, i],
        maxima[MAXIMA.momentum_flux, j, i],
        maxima[MAXIMA.rise, j, i],
        maxima[MAXIMA.fall, j, i],
        p,
    )


def record_times_of(j, i, q, bed, maxima, p):
    """Keep more times of a state; before `record_maxima_of`, which raises the largest zeta."""
    (
        maxima[MAXIMA.highest_time, j, i],
        maxima[MAXIMA.wet_time, j, i],
        maxima[MAXIMA.rise_2, j, i],
        maxima[MAXIMA.fall_2, j, i],
        maxima[MAXIMA.rise_3, j, i],
        maxima[MAXIMA.fall_3, j, i],
    ) = new_times(
        q[0, j, i],
        bed[0, j, i],
        maxima[MAXIMA.level, j, i],
        maxima[MAXIMA.highest, j, i],
        maxima[MAXIMA.highest_time, j, i],
        maxima[MAXIMA.wet_time, j, i],
        maxima[MAXIMA.rise_2, j, i],
        maxima[MAXIMA.fall_2, j, i],
        maxima[MAXIMA.rise_3, j, i],
        maxima[MAXIMA.fall_3, j, i],
        p,
    )


def new_maxima(zeta, hu, hv, b, level, highest, lowest, fastest, strongest, rise, fall, p):
    """Maximum and minimum of zeta, largest speed and momentum flux h |u|^2, and times of arrival, from those before.

    The largest zeta and the arrival count where there is water: land that has sunk below the sea is not flooded yet.
    """
    h = zeta + maximum(-b, p.zero)
    flux2 = hu * hu + hv * hv
    per_h = where(h > p.dry, p.one / maximum(h, p.dry), p.zero)
    change = zeta - level
    return (
        maximum(highest, where(h > p.dry, zeta, -p.never)),
        minimum(lowest, zeta),
        maximum(fastest, sqrt(flux2) * per_h),
        maximum(strongest, flux2 * per_h),
        first_time(rise, where(h > p.dry, change, p.zero), p.arrival, p),
        first_time(fall, -change, p.arrival, p),
    )


def new_times(zeta, b, level, highest, highest_time, wet_time, rise_2, fall_2, rise_3, fall_3, p):
    """Time of the largest zeta, how long there was water, and arrivals above higher thresholds, from those before."""
    wet = zeta + maximum(-b, p.zero) > p.dry
    higher = where(wet, zeta - highest, p.zero)
    change = zeta - level
    up = where(wet, change, p.zero)
    return (
        where(higher > p.zero, p.time, highest_time),
        wet_time + where(wet, p.dt, p.zero),
        first_time(rise_2, up, p.arrival_2, p),
        first_time(fall_2, -change, p.arrival_2, p),
        first_time(rise_3, up, p.arrival_3, p),
        first_time(fall_3, -change, p.arrival_3, p),
    )


def first_time(kept, change, threshold, p):
    """The time that was kept, or that of this step if a change [m] exceeds the threshold for the first time."""
    return minimum(kept, where(change > threshold, p.time, p.never))


def recording(times: bool = False) -> Kernel:
    """Make the kernel that keeps the maxima of a state that nests have, or a source has, changed after a step."""
    stages = (record_times_of, record_maxima_of) if times else (record_maxima_of,)
    return Kernel("record", tuple(Stage(body, exact=True) for body in stages), Params)
