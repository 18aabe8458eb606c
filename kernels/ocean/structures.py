"""Structures as thin as a face: walls, dams and weirs between two cells, over which water flows once it is high enough.

A structure stands on a face, `rise` above the higher of the two cells, so that it moves with the ground. On each side
the water presses on it as on a wall. Over a crest with the energy head E upstream (the surface above the crest, and the
velocity head) and the head B downstream flows what flows over a broad-crested weir (Henderson 1966, Open Channel Flow,
ch. 6),
    q = Y sqrt(2 g (E - Y)),   Y = max(B, 2 E / 3),
free, q = (2/3)^(3/2) sqrt(g) E^(3/2), until the water behind drowns it, and zero between equal levels. The levels
beside the face are those that the waves leave which the face sends back: what arrives, h u, and does not pass raises
the surface by (h u - q) / s with the speed s = |u| + sqrt(g h) of the wave. So it stays stable where it is drowned, a
deeply drowned sill lets waves through as no sill does, and where the flow is steady these terms vanish. Water falls
from the crest with the velocity q / Y; over a drowned sill the head that is lost is that of Borda and Carnot.

Cells beside a structure have no slopes across it, as beside dry cells: nothing is seen through it. A lake at rest on
each side stays at rest, at whatever levels below the crest.
"""

from typing import NamedTuple

from esim.kernels.kernel import Kernel, Shortcut, Stage
from esim.kernels.ocean import dispersion, shallow_water
from esim.kernels.ocean.dispersion import S
from esim.kernels.ocean.state import (
    DRAIN_FRACTION,
    EP,
    EX,
    EY,
    HP,
    HX,
    HY,
    ROWS,
    UP,
    UX,
    UY,
    VP,
    VX,
    VY,
    XL,
    XM,
    XR,
    XT,
    YL,
    YM,
    YR,
    YT,
    H,
    U,
    V,
)
from esim.kernels.scalar import maximum, minimum, sqrt, where


class Planes(NamedTuple):
    """Meaning of structures[k, j, i]; the west and the south face of a cell."""

    rise_x: int = 0  # height of the crest over the higher of the two cells [m]; zero: no structure
    rise_y: int = 1
    # Square of the length of the crest over that of the faces it stands on: an oblique one stands on more of them.
    length_x: int = 2
    length_y: int = 3


PLANES = Planes()


def open_faces(low, high, p):
    """One for a cell between two faces without structures, else zero."""
    return where(maximum(low, high) > p.zero, p.zero, p.one)


def close_slopes(j, i, structures, w, p):
    """Take away the slopes across a structure in the cells beside it."""
    along_x = open_faces(structures[PLANES.rise_x, j, i], structures[PLANES.rise_x, j, i + 1], p)
    along_y = open_faces(structures[PLANES.rise_y, j, i], structures[PLANES.rise_y, j + 1, i], p)
    w[HX, j, i] = w[HX, j, i] * along_x
    w[EX, j, i] = w[EX, j, i] * along_x
    w[UX, j, i] = w[UX, j, i] * along_x
    w[VX, j, i] = w[VX, j, i] * along_x
    w[HY, j, i] = w[HY, j, i] * along_y
    w[EY, j, i] = w[EY, j, i] * along_y
    w[UY, j, i] = w[UY, j, i] * along_y
    w[VY, j, i] = w[VY, j, i] * along_y


def overflow(above, beyond, fall, u, arriving, slow, arriving_behind, slow_behind, length, p):
    """Discharge [m2/s] over a crest from one side, and the depth [m] on the crest.

    above and beyond are the heights of the surface over the crest on this side and on the other, fall their difference;
    u and `arriving` the velocity and the discharge towards the crest, slow one over the speed of the waves that it
    sends back; those behind count for as much as the weir is drowned.
    """
    head = maximum(above, p.zero)
    toward = maximum(u, p.zero)
    # Of water that only just reaches the crest no more than that passes which is above it, however fast it comes.
    velocity_head = minimum(p.half * toward * toward / p.g, head + head)
    energy = head + velocity_head
    third = energy / (p.one + p.one + p.one)
    critical = energy - third
    depth = minimum(maximum(beyond, critical), energy)
    drowned = minimum(maximum((beyond - critical) / maximum(third, p.tiny), p.zero), p.one)
    drive = minimum(fall + velocity_head, third) + (
        arriving * slow + drowned * (arriving_behind * slow_behind)
    )
    drive = maximum(drive, p.zero)
    # q^2 = 2 g Y^2 (drive - q hold)
    square = p.g * (depth * depth) * length
    hold = square * (slow + drowned * slow_behind)
    per_drive = (square + square) / maximum(hold + sqrt(hold * hold + (square + square) * drive), p.tiny)
    return per_drive * drive, depth


def over_structure(rise, length, bl, hl, el, ul, vl, br, hr, er, ur, vr, most, least, p):
    """Flux over a structure from the states on its left and right: see shallow_water.hll."""
    crest = maximum(bl, br) + rise
    left, right = el - crest, er - crest
    ql, qr = hl * ul, hr * ur
    speed_l = maximum(ul, -ul) + sqrt(p.g * maximum(hl, p.zero))
    speed_r = maximum(ur, -ur) + sqrt(p.g * maximum(hr, p.zero))
    slow_l, slow_r = p.one / maximum(speed_l, p.tiny), p.one / maximum(speed_r, p.tiny)
    onward, depth_l = overflow(left, right, el - er, ul, ql, slow_l, qr, slow_r, length, p)
    back, depth_r = overflow(right, left, er - el, -ur, -qr, slow_r, -ql, slow_l, length, p)
    mass = maximum(minimum(onward - back, most), least)
    jet = where(mass > p.zero, mass / maximum(depth_l, p.tiny), mass / maximum(depth_r, p.tiny))
    normal_l = mass * where(mass > p.zero, ul, jet) + speed_l * (ql - mass)
    normal_r = mass * where(mass > p.zero, jet, ur) + speed_r * (mass - qr)
    return mass, normal_l, normal_r, mass * where(mass > p.zero, vl, vr)


def stands(rise, length, bl, hl, el, ul, vl, br, hr, er, ur, vr, most, least, p):
    """Whether there is a structure on a face."""
    return rise > p.zero


def nothing_stands(rise, length, bl, hl, el, ul, vl, br, hr, er, ur, vr, most, least, p):
    """No flux over a structure, where there is none."""
    return p.zero, p.zero, p.zero, p.zero


STANDING = Shortcut(over_structure, stands, nothing_stands)


def structure_x(j, i, bed, rows, structures, w, p):
    """Flux through the west face of the cell where a structure stands on it, with the bounds of face_x."""
    lx = p.dt * rows[ROWS.per_dx, j]
    drain = p.per_dt * rows[ROWS.drain_x, j]
    rise = structures[PLANES.rise_x, j, i]
    mass, left, right, along = over_structure(
        rise,
        structures[PLANES.length_x, j, i],
        bed[0, j, i - 1],
        w[HP, j, i - 1],
        w[EP, j, i - 1],
        w[UP, j, i - 1],
        w[VP, j, i - 1],
        bed[0, j, i],
        w[HP, j, i],
        w[EP, j, i],
        w[UP, j, i],
        w[VP, j, i],
        w[H, j, i - 1] * (w[DRAIN_FRACTION, j, i - 1] + lx * maximum(w[U, j, i - 1], p.zero)) * drain,
        -w[H, j, i] * (w[DRAIN_FRACTION, j, i] + lx * maximum(-w[U, j, i], p.zero)) * drain,
        p,
    )
    w[XM, j, i] = where(rise > p.zero, mass, w[XM, j, i])
    w[XL, j, i] = where(rise > p.zero, left, w[XL, j, i])
    w[XR, j, i] = where(rise > p.zero, right, w[XR, j, i])
    w[XT, j, i] = where(rise > p.zero, along, w[XT, j, i])


def structure_y(j, i, bed, rows, structures, w, p):
    """Flux through the south face of the cell where a structure stands on it."""
    most = w[DRAIN_FRACTION, j - 1, i] + p.dt * rows[ROWS.per_dy, j - 1] * maximum(w[V, j - 1, i], p.zero)
    least = w[DRAIN_FRACTION, j, i] + p.dt * rows[ROWS.per_dy, j] * maximum(-w[V, j, i], p.zero)
    rise = structures[PLANES.rise_y, j, i]
    mass, left, right, along = over_structure(
        rise,
        structures[PLANES.length_y, j, i],
        bed[0, j - 1, i],
        w[HP, j - 1, i],
        w[EP, j - 1, i],
        w[VP, j - 1, i],
        w[UP, j - 1, i],
        bed[0, j, i],
        w[HP, j, i],
        w[EP, j, i],
        w[VP, j, i],
        w[UP, j, i],
        w[H, j - 1, i] * most * (p.per_dt * rows[ROWS.drain_north, j - 1]),
        -w[H, j, i] * least * (p.per_dt * rows[ROWS.drain_south, j]),
        p,
    )
    w[YM, j, i] = where(rise > p.zero, mass, w[YM, j, i])
    w[YL, j, i] = where(rise > p.zero, left, w[YL, j, i])
    w[YR, j, i] = where(rise > p.zero, right, w[YR, j, i])
    w[YT, j, i] = where(rise > p.zero, along, w[YT, j, i])


def leave_out(j, i, structures, w, p):
    """Cells beside a structure take no part in dispersion."""
    along_x = open_faces(structures[PLANES.rise_x, j, i], structures[PLANES.rise_x, j, i + 1], p)
    along_y = open_faces(structures[PLANES.rise_y, j, i], structures[PLANES.rise_y, j + 1, i], p)
    w[S, j, i] = w[S, j, i] * (along_x * along_y)


def without_dispersion_beside(load: Kernel) -> Kernel:
    """The kernel that sets up dispersion (see dispersion.load), without dispersion beside structures."""
    return _with(load, {dispersion.weigh: [Stage(leave_out, west=1, east=1, south=1, north=1)]})


def _with(kernel, after):
    """A kernel with more stages after some of its own."""
    stages = [one for stage in kernel.stages for one in (stage, *after.get(stage.body, ()))]
    return kernel._replace(name=f"{kernel.name}_structures", stages=tuple(stages))


def with_structures(step: Kernel) -> Kernel:
    """The kernel of a shallow-water step, with a tracer or not, with structures on some faces."""
    after = {
        shallow_water.slopes_y: [Stage(close_slopes, west=1, east=1, south=1, north=1)],
        shallow_water.face_y: [Stage(structure_x, east=1), Stage(structure_y, north=1)],
    }
    return _with(step._replace(shortcuts=(*step.shortcuts, STANDING)), after)
