"""A moving seafloor and a check of the time step."""

from typing import NamedTuple

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.scalar import maximum, sqrt, where


class UpliftParams(NamedTuple):
    """Constants of an uplift in the run's floating-point type."""

    fraction: float  # of the rise that happens in this step
    zero: float
    dry: float  # m


def uplift_bed(j, i, q, bed, rise, p):
    """Move the bed by a fraction of rise[0] and the water surface above it by that of rise[1] [m].

    Dry cells stay dry. The two rises differ where the water smooths what the bed does (Kajiura 1963).
    """
    before = bed[0, j, i]
    after = before + p.fraction * rise[0, j, i]
    q[0, j, i] = uplifted_bed(q[0, j, i], before, after, p.fraction * rise[1, j, i], p)
    bed[0, j, i] = after


def uplifted_bed(zeta, before, after, rise, p):
    """zeta over a bed that has moved from `before` to `after`, when the surface has risen by `rise` [m]."""
    depth = zeta + maximum(-before, p.zero)
    surface = zeta + rise + (maximum(before, p.zero) - maximum(after, p.zero))
    rest_depth = maximum(-after, p.zero)
    carried = surface + maximum(-rest_depth - surface, p.zero)
    return where(depth > p.dry, carried, depth - rest_depth)


def uplift_level(j, i, level, bed, rise, p):
    """Move the level of waves as `uplift_bed` moves still water; the bed has not moved yet."""
    before = bed[0, j, i]
    after = before + p.fraction * rise[0, j, i]
    level[0, j, i] = uplifted_bed(level[0, j, i], before, after, p.fraction * rise[1, j, i], p)


class SetBedParams(NamedTuple):
    """Constants of a bed that is set in the run's floating-point type."""

    zero: float
    dry: float  # m


def set_bed(j, i, q, bed, ground, p):
    """Put the bed to the height ground[0], and lift the water surface above it by ground[1] [m].

    Given the height itself, and not a change of it, nothing of a body that has passed stays behind by rounding.
    """
    after = ground[0, j, i]
    q[0, j, i] = uplifted_bed(q[0, j, i], bed[0, j, i], after, ground[1, j, i], p)
    bed[0, j, i] = after


def set_level(j, i, level, bed, ground, p):
    """Move the level of waves as `set_bed` moves still water; the bed has not moved yet."""
    level[0, j, i] = uplifted_bed(level[0, j, i], bed[0, j, i], ground[0, j, i], ground[1, j, i], p)


class RateParams(NamedTuple):
    """Constants of the Courant rate in the run's floating-point type."""

    g: float
    zero: float
    one: float
    dry: float  # m


def courant_rate(j, i, q, bed, rows, speed, p):
    """speed[0] = (|u| + c)/dx + (|v| + c)/dy [1/s], zero where dry; times dt it is the Courant number."""
    h = q[0, j, i] + maximum(-bed[0, j, i], p.zero)
    celerity = sqrt(p.g * maximum(h, p.zero))
    per_h = where(h > p.dry, p.one / maximum(h, p.dry), p.zero)
    u = maximum(q[1, j, i], -q[1, j, i]) * per_h
    v = maximum(q[2, j, i], -q[2, j, i]) * per_h
    fastest = (u + celerity) * rows[0, j] + (v + celerity) * rows[1, j]
    speed[0, j, i] = where(h > p.dry, fastest, p.zero)


UPLIFT_BED = Kernel("uplift_bed", (Stage(uplift_bed, exact=True),), UpliftParams)
UPLIFT_LEVEL = Kernel("uplift_level", (Stage(uplift_level, exact=True),), UpliftParams)
SET_BED = Kernel("set_bed", (Stage(set_bed, exact=True),), SetBedParams)
SET_LEVEL = Kernel("set_level", (Stage(set_level, exact=True),), SetBedParams)
COURANT_RATE = Kernel("courant_rate", (Stage(courant_rate, exact=True),), RateParams)
