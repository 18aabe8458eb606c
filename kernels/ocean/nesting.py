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
from esim.kernels.ocean import shallow_water, structures
from esim.kernels.ocean.shallow_water import slope
from esim.kernels.ocean.state import XM, YM
from esim.kernels.scalar import maximum, minimum, where

# The five cells around which values are interpolated.
CENTRE, WEST, EAST, SOUTH, NORTH = range(5)
# Value and half slopes of eta, hu, hv and bed; velocity.
E, EX, EY, M, MX, MY, N, NX, NY, B, BX, BY, U, V = range(14)
PLANES = 14


class NestParams(NamedTuple):
    """Constants of the exchange in the run's floating-point type."""

    substep_fraction: float  # of the parent's step that has passed
    quarter: float
    half: float
    zero: float
    one: float
    tiny: float
    half_theta: float  # see kernels.ocean.shallow_water
    gentle: float
    dry: float  # m
    deep: float  # m, below any sea


def constants(
    real: Callable, dry: float, substep_fraction: float = 0.0, theta: float = 1.3, gentle: float = 0.02
) -> NestParams:
    """Constants of the type `real` of the state; dry [m] is the depth from which water flows."""
    return NestParams(*map(real, (substep_fraction, 0.25, 0.5, 0, 1, 1e-30, theta / 2, gentle, dry, -1e30)))


def gradients(j, i, stencil, floor, gradient, p):
    """Surface, momentum and bed in a parent cell, with half of their slopes, from those of it and its neighbours.

    stencil[0..2, 0..4, i] is the state of the cell and of those in the west, east, south and north, floor[0] their bed.
    The bed slopes where it lies deeper than it varies. In a dry cell the surface is that of the highest water
    beside it, so that a part of it that lies lower than that is no hole.
    """
    b, bw, be = floor[0, j, i], floor[0, j + WEST, i], floor[0, j + EAST, i]
    bs, bn = floor[0, j + SOUTH, i], floor[0, j + NORTH, i]
    h = stencil[0, j, i] + maximum(-b, p.zero)
    hw = stencil[0, j + WEST, i] + maximum(-bw, p.zero)
    he = stencil[0, j + EAST, i] + maximum(-be, p.zero)
    hs = stencil[0, j + SOUTH, i] + maximum(-bs, p.zero)
    hn = stencil[0, j + NORTH, i] + maximum(-bn, p.zero)
    e = stencil[0, j, i] + maximum(b, p.zero)
    ew = stencil[0, j + WEST, i] + maximum(bw, p.zero)
    ee = stencil[0, j + EAST, i] + maximum(be, p.zero)
    es = stencil[0, j + SOUTH, i] + maximum(bs, p.zero)
    en = stencil[0, j + NORTH, i] + maximum(bn, p.zero)
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
    gradient[E, j, i] = where(h > p.dry, e, minimum(b, beside))
    gradient[EX, j, i] = slope(e - ew, ee - e, steep, middle, gentle, p)
    gradient[EY, j, i] = slope(e - es, en - e, steep, middle, gentle, p)
    hu, hv = stencil[1, j, i], stencil[2, j, i]
    gradient[M, j, i] = wet * hu
    gradient[MX, j, i] = slope(
        hu - stencil[1, j + WEST, i], stencil[1, j + EAST, i] - hu, steep, middle, gentle, p
    )
    gradient[MY, j, i] = slope(
        hu - stencil[1, j + SOUTH, i], stencil[1, j + NORTH, i] - hu, steep, middle, gentle, p
    )
    gradient[N, j, i] = wet * hv
    gradient[NX, j, i] = slope(
        hv - stencil[2, j + WEST, i], stencil[2, j + EAST, i] - hv, steep, middle, gentle, p
    )
    gradient[NY, j, i] = slope(
        hv - stencil[2, j + SOUTH, i], stencil[2, j + NORTH, i] - hv, steep, middle, gentle, p
    )
    top = maximum(b, maximum(maximum(bw, be), maximum(bs, bn)))
    bottom = minimum(b, minimum(minimum(bw, be), minimum(bs, bn)))
    smooth = where(top + (top - bottom) < p.zero, p.quarter, p.zero)
    gradient[B, j, i] = b
    gradient[BX, j, i] = smooth * (be - bw)
    gradient[BY, j, i] = smooth * (bn - bs)
    # Beside dry cells the velocity is constant, not the momentum.
    per_h = where(h > p.dry, p.one - wet, p.zero) / maximum(h, p.dry)
    gradient[U, j, i] = per_h * hu
    gradient[V, j, i] = per_h * hv


def prolong(j, i, gradient, offset, ghost, ground, p):
    """State and bed of a ghost cell; offset[0..1, j, i] is twice its distance in x, y from the parent's centre."""
    x, y = offset[0, j, i], offset[1, j, i]
    b = gradient[B, j, i] + (x * gradient[BX, j, i] + y * gradient[BY, j, i])
    e = gradient[E, j, i] + (x * gradient[EX, j, i] + y * gradient[EY, j, i])
    h = maximum(e - b, p.zero)
    hu = gradient[M, j, i] + (x * gradient[MX, j, i] + y * gradient[MY, j, i]) + gradient[U, j, i] * h
    hv = gradient[N, j, i] + (x * gradient[NX, j, i] + y * gradient[NY, j, i]) + gradient[V, j, i] * h
    ground[0, j, i] = b
    ghost[0, j, i] = maximum(e, b) - maximum(b, p.zero)
    ghost[1, j, i] = where(h > p.dry, hu, p.zero)
    ghost[2, j, i] = where(h > p.dry, hv, p.zero)


def interpolate_in_time(j, i, early, late, ring, p):
    """State of a ghost cell between the beginning and the end of the parent's step."""
    ring[0, j, i] = early[0, j, i] + p.substep_fraction * (late[0, j, i] - early[0, j, i])
    ring[1, j, i] = early[1, j, i] + p.substep_fraction * (late[1, j, i] - early[1, j, i])
    ring[2, j, i] = early[2, j, i] + p.substep_fraction * (late[2, j, i] - early[2, j, i])


def accumulate_x(j, i, register, w, p):
    """Add what flows through the west face in a step [m2 per metre of face]."""
    register[0, j, i] = register[0, j, i] + p.dt * w[XM, j, i]


def accumulate_y(j, i, register, w, p):
    """Add what flows through the south face in a step [m2 per metre of face]."""
    register[0, j, i] = register[0, j, i] + p.dt * w[YM, j, i]


def row_mean(zeta, hu, hv, b, weight, mean0, mean1, mean2, mean3, mean4, p):
    """Means into which a cell of the nest has been taken, with a weight that is its fraction of its parent's area."""
    h = zeta + maximum(-b, p.zero)
    e = zeta + maximum(b, p.zero)
    wet = where(h > p.dry, weight, p.zero)
    area = mean4 + wet
    mean = mean0 + wet / maximum(area, p.tiny) * (e - mean0)
    return mean, mean1 + wet * hu, mean2 + wet * hv, mean3 + wet * h, area


def sum_rows(j, i, q, bed, weights, mean, p):
    """Take a row of cells of the nest into means over their parent's cells: surface, momentum, depth of those wet.

    weights[0, j] is the fraction of a cell in the area of its parent's. mean[4] is the fraction that is wet so far. A
    mean goes on from the one before by differences, so that equal surfaces have exactly their own as mean.
    """
    mean[0, j, i], mean[1, j, i], mean[2, j, i], mean[3, j, i], mean[4, j, i] = row_mean(
        q[0, j, i],
        q[1, j, i],
        q[2, j, i],
        bed[0, j, i],
        weights[0, j],
        mean[0, j, i],
        mean[1, j, i],
        mean[2, j, i],
        mean[3, j, i],
        mean[4, j, i],
        p,
    )


def sum_rows_of_part(j, i, q, bed, weights, part, mean, p):
    """Take a row of cells of the nest into means over that part of their parent's cells which has its centre.

    part[0, j, i] is zero for cells that structures part from it, else one over the fraction of the others.
    """
    mean[0, j, i], mean[1, j, i], mean[2, j, i], mean[3, j, i], mean[4, j, i] = row_mean(
        q[0, j, i],
        q[1, j, i],
        q[2, j, i],
        bed[0, j, i],
        weights[0, j] * part[0, j, i],
        mean[0, j, i],
        mean[1, j, i],
        mean[2, j, i],
        mean[3, j, i],
        mean[4, j, i],
        p,
    )


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


def reflux(j, i, beside, ours, theirs, factor, deficit, p):
    """Give a parent's cell beside a nest the water that the nest's faces let through, in place of its own face.

    beside[0..1] are its zeta and bed, ours and theirs what went through the face [m2], and factor is +- length of the
    face / area of the cell. There is never less than no water: deficit[0] sums up what could not be taken [m].
    """
    rest_depth = maximum(-beside[1, j, i], p.zero)
    after = beside[0, j, i] + factor[0, j, i] * (ours[0, j, i] - theirs[0, j, i])
    missing = maximum(-rest_depth - after, p.zero)
    beside[0, j, i] = after + missing
    deficit[0, j, i] = deficit[0, j, i] + missing


GRADIENTS = Kernel("nest_gradients", (Stage(gradients, exact=True),), NestParams)
PROLONG = Kernel("nest_prolong", (Stage(prolong, exact=True),), NestParams)
INTERPOLATE_IN_TIME = Kernel("nest_interpolate", (Stage(interpolate_in_time, exact=True),), NestParams)
SUM_ROWS = Kernel("nest_sum_rows", (Stage(sum_rows, exact=True),), NestParams)
SUM_ROWS_OF_PART = Kernel("nest_sum_rows_of_part", (Stage(sum_rows_of_part, exact=True),), NestParams)
SUM_COLUMNS = Kernel("nest_sum_columns", (Stage(sum_columns, exact=True),), NestParams)
AVERAGE_DOWN = Kernel("nest_average_down", (Stage(average_down, exact=True),), NestParams)
REFLUX = Kernel("nest_reflux", (Stage(reflux, exact=True),), NestParams)


def flux(step: Kernel, along_x: bool) -> Kernel:
    """The kernel that accumulates the mass flux through west faces, or south ones, just as a step computes it."""
    stages = []
    faces = {
        shallow_water.face_x: True,
        structures.structure_x: True,
        shallow_water.face_y: False,
        structures.structure_y: False,
    }
    for stage in step.stages:
        if stage.body is shallow_water.advance:
            break
        if stage.body is shallow_water.primitives:
            reach = (2, 1, 1, 1) if along_x else (1, 1, 2, 1)  # west, east, south, north
        elif stage.body in faces:
            if faces[stage.body] != along_x:
                continue
            reach = (0, 0, 0, 0)
        else:
            reach = (1, 0, 0, 0) if along_x else (0, 0, 1, 0)
        stages.append(Stage(stage.body, *reach))
    stages.append(Stage(accumulate_x if along_x else accumulate_y, exact=True))
    return step._replace(name=f"flux_{'x' if along_x else 'y'}", stages=tuple(stages), at_rest=None)
