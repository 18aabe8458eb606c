"""How do a grid and a finer one inside it exchange water?

Downwards, the parent's state becomes that of the nest's ghost cells: linear in the surface and in the momentum where
all parent cells around are wet, else constant, with the depth from the surface and the ghost cell's own bed. Upwards,
a parent cell takes the mean surface of the wet cells of the nest in it (LeVeque, George & Berger 2011, Acta Numerica
20:211, section 9), and the cells beside the nest the water that really went through their common faces (Berger &
Colella 1989, J. Comput. Phys. 82:64). Everything is in differences of the surface: a lake at any level is at rest on
both grids, and zeros stay zeros.

Lists of cells are arrays [var, 0, n].
"""

from collections.abc import Callable
from typing import NamedTuple

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.ocean import shallow_water
from esim.kernels.ocean.shallow_water import XM, YM, slope
from esim.kernels.scalar import maximum, minimum, where

# The five cells around which values are interpolated.
CENTRE, WEST, EAST, SOUTH, NORTH = range(5)
# Value and half slopes of eta, hu, hv and bed; velocity.
E, EX, EY, M, MX, MY, N, NX, NY, B, BX, BY, U, V = range(14)
PLANES = 14


class NestParams(NamedTuple):
    """Constants of the exchange in the run's floating-point type."""

    share: float  # of the parent's step that has passed
    quarter: float
    half: float
    zero: float
    one: float
    tiny: float
    half_theta: float  # see kernels.shallow_water
    gentle: float
    dry: float  # m
    deep: float  # m, below any sea


def constants(
    real: Callable, dry: float, share: float = 0.0, theta: float = 1.3, gentle: float = 0.02
) -> NestParams:
    """Constants of the type `real` of the state; dry [m] is the depth from which water flows."""
    return NestParams(*map(real, (share, 0.25, 0.5, 0, 1, 1e-30, theta / 2, gentle, dry, -1e30)))


def gradients(j, i, near, floor, lean, p):
    """Surface, momentum and bed in a parent cell, with half of their slopes, from those of it and its neighbours.

    near[0..2, 0..4, i] is the state of the cell and of those in the west, east, south and north, floor[0] their bed.
    The bed slopes where it lies deeper than it varies. In a dry cell the surface is that of the highest water
    beside it, so that a part of it that lies lower than that is no hole.
    """
    b, bw, be = floor[0, j, i], floor[0, j + WEST, i], floor[0, j + EAST, i]
    bs, bn = floor[0, j + SOUTH, i], floor[0, j + NORTH, i]
    h = near[0, j, i] + maximum(-b, p.zero)
    hw = near[0, j + WEST, i] + maximum(-bw, p.zero)
    he = near[0, j + EAST, i] + maximum(-be, p.zero)
    hs = near[0, j + SOUTH, i] + maximum(-bs, p.zero)
    hn = near[0, j + NORTH, i] + maximum(-bn, p.zero)
    e = near[0, j, i] + maximum(b, p.zero)
    ew = near[0, j + WEST, i] + maximum(bw, p.zero)
    ee = near[0, j + EAST, i] + maximum(be, p.zero)
    es = near[0, j + SOUTH, i] + maximum(bs, p.zero)
    en = near[0, j + NORTH, i] + maximum(bn, p.zero)
    lowest = minimum(h, minimum(minimum(hw, he), minimum(hs, hn)))
    wet = where(lowest > p.dry, p.one, p.zero)
    steep, middle = p.half_theta * wet, p.quarter * wet
    step = maximum(
        maximum(maximum(e - ew, ew - e), maximum(ee - e, e - ee)),
        maximum(maximum(e - es, es - e), maximum(en - e, e - en)),
    )
    gentle = step < p.gentle * lowest
    beside = maximum(
        maximum(where(hw > p.dry, ew, p.deep), where(he > p.dry, ee, p.deep)),
        maximum(where(hs > p.dry, es, p.deep), where(hn > p.dry, en, p.deep)),
    )
    lean[E, j, i] = where(h > p.dry, e, minimum(b, beside))
    lean[EX, j, i] = slope(e - ew, ee - e, steep, middle, gentle, p)
    lean[EY, j, i] = slope(e - es, en - e, steep, middle, gentle, p)
    hu, hv = near[1, j, i], near[2, j, i]
    lean[M, j, i] = wet * hu
    lean[MX, j, i] = slope(hu - near[1, j + WEST, i], near[1, j + EAST, i] - hu, steep, middle, gentle, p)
    lean[MY, j, i] = slope(hu - near[1, j + SOUTH, i], near[1, j + NORTH, i] - hu, steep, middle, gentle, p)
    lean[N, j, i] = wet * hv
    lean[NX, j, i] = slope(hv - near[2, j + WEST, i], near[2, j + EAST, i] - hv, steep, middle, gentle, p)
    lean[NY, j, i] = slope(hv - near[2, j + SOUTH, i], near[2, j + NORTH, i] - hv, steep, middle, gentle, p)
    top = maximum(b, maximum(maximum(bw, be), maximum(bs, bn)))
    bottom = minimum(b, minimum(minimum(bw, be), minimum(bs, bn)))
    smooth = where(top + (top - bottom) < p.zero, p.quarter, p.zero)
    lean[B, j, i] = b
    lean[BX, j, i] = smooth * (be - bw)
    lean[BY, j, i] = smooth * (bn - bs)
    # Beside dry cells the velocity is constant, not the momentum.
    per_h = where(h > p.dry, p.one - wet, p.zero) / maximum(h, p.dry)
    lean[U, j, i] = per_h * hu
    lean[V, j, i] = per_h * hv


def prolong(j, i, lean, place, ghost, ground, p):
    """State and bed of a ghost cell; place[0..1, j, i] is twice its distance in x, y from the parent's centre."""
    x, y = place[0, j, i], place[1, j, i]
    b = lean[B, j, i] + (x * lean[BX, j, i] + y * lean[BY, j, i])
    e = lean[E, j, i] + (x * lean[EX, j, i] + y * lean[EY, j, i])
    h = maximum(e - b, p.zero)
    hu = lean[M, j, i] + (x * lean[MX, j, i] + y * lean[MY, j, i]) + lean[U, j, i] * h
    hv = lean[N, j, i] + (x * lean[NX, j, i] + y * lean[NY, j, i]) + lean[V, j, i] * h
    ground[0, j, i] = b
    ghost[0, j, i] = maximum(e, b) - maximum(b, p.zero)
    ghost[1, j, i] = where(h > p.dry, hu, p.zero)
    ghost[2, j, i] = where(h > p.dry, hv, p.zero)


def interpolate_in_time(j, i, early, late, ring, p):
    """State of a ghost cell between the beginning and the end of the parent's step."""
    ring[0, j, i] = early[0, j, i] + p.share * (late[0, j, i] - early[0, j, i])
    ring[1, j, i] = early[1, j, i] + p.share * (late[1, j, i] - early[1, j, i])
    ring[2, j, i] = early[2, j, i] + p.share * (late[2, j, i] - early[2, j, i])


def accumulate_x(j, i, tally, w, p):
    """Add what flows through the west face in a step [m2 per metre of face]."""
    tally[0, j, i] = tally[0, j, i] + p.dt * w[XM, j, i]


def accumulate_y(j, i, tally, w, p):
    """Add what flows through the south face in a step [m2 per metre of face]."""
    tally[0, j, i] = tally[0, j, i] + p.dt * w[YM, j, i]


def sum_rows(j, i, q, bed, weights, mean, p):
    """Take a row of cells of the nest into means over their parent's cells: surface, momentum, depth of those wet.

    weights[0, j] is the share of a cell in the area of its parent's. mean[4] is the share that is wet so far. A mean
    goes on from the one before by differences, so that equal surfaces have exactly their own as mean.
    """
    h = q[0, j, i] + maximum(-bed[0, j, i], p.zero)
    e = q[0, j, i] + maximum(bed[0, j, i], p.zero)
    wet = where(h > p.dry, weights[0, j], p.zero)
    area = mean[4, j, i] + wet
    mean[0, j, i] = mean[0, j, i] + wet / maximum(area, p.tiny) * (e - mean[0, j, i])
    mean[1, j, i] = mean[1, j, i] + wet * q[1, j, i]
    mean[2, j, i] = mean[2, j, i] + wet * q[2, j, i]
    mean[3, j, i] = mean[3, j, i] + wet * h
    mean[4, j, i] = area


def sum_columns(j, i, part, mean, p):
    """Take means over a column of cells of the nest into those over their parent's cells."""
    wet = part[4, j, i]
    area = mean[4, j, i] + wet
    mean[0, j, i] = mean[0, j, i] + wet / maximum(area, p.tiny) * (part[0, j, i] - mean[0, j, i])
    mean[1, j, i] = mean[1, j, i] + part[1, j, i]
    mean[2, j, i] = mean[2, j, i] + part[2, j, i]
    mean[3, j, i] = mean[3, j, i] + part[3, j, i]
    mean[4, j, i] = area


def average_down(j, i, q, bed, mean, p):
    """The parent's cell becomes what the nest has in it, with momentum in proportion where that is less water."""
    b, depth = bed[0, j, i], mean[3, j, i]
    e = where(depth > p.zero, mean[0, j, i], b)
    h = maximum(e - b, p.zero)
    keep = where(h > p.dry, minimum(p.one, h / maximum(depth, p.tiny)), p.zero)
    q[0, j, i] = maximum(e, b) - maximum(b, p.zero)
    q[1, j, i] = keep * mean[1, j, i]
    q[2, j, i] = keep * mean[2, j, i]


def reflux(j, i, beside, ours, theirs, factor, short, p):
    """Give a parent's cell beside a nest the water that the nest's faces let through, in place of its own face.

    beside[0..1] are its zeta and bed, ours and theirs what went through the face [m2], and factor is +- length of the
    face / area of the cell. There is never less than no water: short[0] sums up what could not be taken [m].
    """
    still = maximum(-beside[1, j, i], p.zero)
    after = beside[0, j, i] + factor[0, j, i] * (ours[0, j, i] - theirs[0, j, i])
    missing = maximum(-still - after, p.zero)
    beside[0, j, i] = after + missing
    short[0, j, i] = short[0, j, i] + missing


GRADIENTS = Kernel("nest_incline", (Stage(gradients, exact=True),), NestParams)
PROLONG = Kernel("nest_lay", (Stage(prolong, exact=True),), NestParams)
INTERPOLATE_IN_TIME = Kernel("nest_blend", (Stage(interpolate_in_time, exact=True),), NestParams)
SUM_ROWS = Kernel("nest_row", (Stage(sum_rows, exact=True),), NestParams)
SUM_COLUMNS = Kernel("nest_column", (Stage(sum_columns, exact=True),), NestParams)
AVERAGE_DOWN = Kernel("nest_merge", (Stage(average_down, exact=True),), NestParams)
REFLUX = Kernel("nest_settle", (Stage(reflux, exact=True),), NestParams)


def flux(step: Kernel, along_x: bool) -> Kernel:
    """The kernel that tallies the mass flux through west faces, or south ones, just as a step computes it."""
    stages = []
    for stage in step.stages:
        if stage.body is shallow_water.advance:
            break
        if stage.body is shallow_water.primitives:
            reach = (2, 1, 1, 1) if along_x else (1, 1, 2, 1)  # west, east, south, north
        elif stage.body in (shallow_water.face_x, shallow_water.face_y):
            if (stage.body is shallow_water.face_x) != along_x:
                continue
            reach = (0, 0, 0, 0)
        else:
            reach = (1, 0, 0, 0) if along_x else (0, 0, 1, 0)
        stages.append(Stage(stage.body, *reach))
    stages.append(Stage(accumulate_x if along_x else accumulate_y, exact=True))
    return step._replace(name=f"flux_{'x' if along_x else 'y'}", stages=tuple(stages), at_rest=None)
