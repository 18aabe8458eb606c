"""Nonlinear shallow water: one MUSCL-Hancock step, second order, exactly well-balanced, wetting and drying.

State q = (zeta, hu, hv) with zeta = h - max(0, -b): the surface elevation eta at sea, the depth h on land. A lake
at rest is all zeros in any precision, and nothing of the size of the ocean's depth ever cancels.

Every cell predicts (eta, h, u, v) half a step ahead from limited slopes (van Leer 1984; Toro 2001, ch. 14); every
face takes the states of its two cells, the face bed of Chen & Noelle (2017, SIAM J. Numer. Anal. 55:758) and an HLL
flux (Harten, Lax & van Leer 1983). The momentum balance is written in differences of eta alone:
    d(hu) = -dt/dx { [F_e - g h_w*^2/2] - [F_w - g h_e*^2/2] + g h (eta_e - eta_w) },
and F - g h*^2/2 on one side of a face needs only g (h_l* + h_r*) (eta_r - eta_l) / 2. So a lake at any level is at
rest, also where wet cells meet dry ones. The mass flux out of a cell through a face is limited to a fraction of
its water, and the fractions of its faces add up to one, which keeps depths positive for Courant numbers up to one.

On the sphere the faces' lengths weight the fluxes, and the curvature term u tan(lat) / R joins the Coriolis
parameter. Units are SI; p holds the typed constants, rows[k, j] the factors that depend on latitude only, bed[0, j, i]
is b [m, positive up], and sides[0, 0, i] is -1 beyond walls, where the mirrored Earth turns the other way;
sides[1, 0, i] is for the layers that absorb, see kernels.ocean.absorbing_layer.
"""

from esim.kernels.kernel import Kernel, Plain, Shortcut, Stage
from esim.kernels.ocean.maxima import record_maxima, record_times
from esim.kernels.ocean.state import (
    DRAIN_FRACTION,
    EP,
    EX,
    EY,
    HP,
    HU1,
    HV1,
    HX,
    HY,
    ROWS,
    SLOTS,
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
    Z1,
    E,
    H,
    Params,
    U,
    V,
)
from esim.kernels.scalar import guess_rcbrt, maximum, minimum, sqrt, where


def limited(left, right, steep, middle, p):
    """Half of the generalised-minmod slope from the differences to both neighbours.

    steep and middle are theta/2 and 1/4, or zero where the slope has to vanish.
    """
    a = steep * left
    b = steep * right
    centre = middle * (left + right)
    # Between zero and the nearer of a and b where they have one sign, else zero.
    upper = minimum(centre, maximum(minimum(a, b), p.zero))
    return maximum(upper, minimum(maximum(a, b), p.zero))


def slope(left, right, steep, middle, gentle, p):
    """Half of the central slope (Fromm 1968) where waves are gentle, so that crests are not clipped; else limited."""
    return where(gentle, middle * (left + right), limited(left, right, steep, middle, p))


def primitives(j, i, q, bed, w, p):
    """Depth, surface and velocity, which is zero where dry."""
    b = bed[0, j, i]
    h = q[0, j, i] + maximum(-b, p.zero)
    per_h = where(h > p.dry, p.one / maximum(h, p.dry), p.zero)
    w[H, j, i] = h
    w[E, j, i] = q[0, j, i] + maximum(b, p.zero)
    w[U, j, i] = q[1, j, i] * per_h
    w[V, j, i] = q[2, j, i] * per_h


def shore(wet, h, e, b, h_behind, h_ahead, e_behind, e_ahead, b_behind, b_ahead, p):
    """Half of the slopes of depth and, where a wet cell has water on one side only, of the surface; wet: on both.

    There the surface goes on as it comes from that side, over ground with its limited slope, and the depth at the faces
    is kept within zero and four times that of the cell, where it would carry more than the cell holds. Level water
    stays level, whatever the ground does. Without these slopes tips of water are of first order: they run up too
    slowly, and a film stays behind as they draw back. A tip is on a beach: the ground rises out of the water towards
    it by two thirds of the depth or more. Deep water under a cliff has a level surface there, as at a wall; with slopes
    in both of its cells an inlet of two would swing without losing anything to the faces, and ever higher.
    """
    here = where(h > p.dry, p.half, p.zero)
    behind, ahead = where(h_behind > p.dry, here, p.zero), where(h_ahead > p.dry, here, p.zero)
    # Half of the ground's rise from the side with water.
    climb = behind * (b - b_behind) + ahead * (b - b_ahead)
    tip = where(h < climb + climb + climb, behind + ahead, p.zero) == p.half
    some = where(tip, p.one, wet)
    before, after = where(tip, b - b_behind, h - h_behind), where(tip, b_ahead - b, h_ahead - h)
    # Of the ground in a tip, of the depth elsewhere.
    usual = limited(before, after, p.half_theta * some, p.quarter * some, p)
    rise = behind * (e - e_behind) + ahead * (e_ahead - e)
    rise = maximum(minimum(rise, maximum(usual + h, p.zero)), minimum(usual - h, p.zero))
    most = h + h + h
    return where(tip, maximum(minimum(rise - usual, most), -most), usual), where(tip, rise, p.zero)


def wave(h0, h, h1, e0, e, e1, p):
    """Whether a wave is gentle in a cell and those behind (0) and ahead (1), and the smallest of their depths."""
    behind, ahead = e - e0, e1 - e
    lowest = minimum(h, minimum(h0, h1))
    return maximum(maximum(behind, -behind), maximum(ahead, -ahead)) < p.gentle * lowest, lowest


def without_water(j, i, q, bed, p):
    """Whether a cell is dry, or its depth is not a number."""
    return where(q[0, j, i] + maximum(-bed[0, j, i], p.zero) > p.dry, p.zero, p.one) > p.zero


def slopes(h0, h, h1, e0, e, e1, u0, u, u1, v0, v, v1, b0, b, b1, p):
    """Half of the slopes of depth, surface and velocity; those of the velocity are zero in and beside dry cells.

    From the values in the cell, in that behind (0) and in that ahead (1).
    """
    gentle, lowest = wave(h0, h, h1, e0, e, e1, p)
    wet = where(lowest > p.dry, p.one, p.zero)
    steep, middle = p.half_theta * wet, p.quarter * wet
    hs, es = shore(wet, h, e, b, h0, h1, e0, e1, b0, b1, p)
    return (
        hs,
        es + slope(e - e0, e1 - e, steep, middle, gentle, p),
        slope(u - u0, u1 - u, steep, middle, gentle, p),
        slope(v - v0, v1 - v, steep, middle, gentle, p),
    )


def slopes_of_water(h0, h, h1, e0, e, e1, u0, u, u1, v0, v, v1, p):
    """The slopes where all three cells are wet: `shore` has no say there."""
    gentle, _ = wave(h0, h, h1, e0, e, e1, p)
    return (
        limited(h - h0, h1 - h, p.half_theta, p.quarter, p),
        slope(e - e0, e1 - e, p.half_theta, p.quarter, gentle, p),
        slope(u - u0, u1 - u, p.half_theta, p.quarter, gentle, p),
        slope(v - v0, v1 - v, p.half_theta, p.quarter, gentle, p),
    )


def unlike_open_sea(h0, h, h1, e0, e, e1, u0, u, u1, v0, v, v1, b0, b, b1, p):
    """Whether a cell may have other slopes than those of `open_sea`."""
    gentle, lowest = wave(h0, h, h1, e0, e, e1, p)
    return where(gentle, lowest, p.zero) <= p.dry


def open_sea(h0, h, h1, e0, e, e1, u0, u, u1, v0, v, v1, b0, b, b1, p):
    """The slopes of gentle waves over water."""
    return (
        limited(h - h0, h1 - h, p.half_theta, p.quarter, p),
        p.quarter * ((e - e0) + (e1 - e)),
        p.quarter * ((u - u0) + (u1 - u)),
        p.quarter * ((v - v0) + (v1 - v)),
    )


OPEN_SEA = Shortcut(slopes, unlike_open_sea, open_sea)


def slopes_x(j, i, bed, w, p):
    """Half of the slopes along x."""
    w[HX, j, i], w[EX, j, i], w[UX, j, i], w[VX, j, i] = slopes(
        w[H, j, i - 1],
        w[H, j, i],
        w[H, j, i + 1],
        w[E, j, i - 1],
        w[E, j, i],
        w[E, j, i + 1],
        w[U, j, i - 1],
        w[U, j, i],
        w[U, j, i + 1],
        w[V, j, i - 1],
        w[V, j, i],
        w[V, j, i + 1],
        bed[0, j, i - 1],
        bed[0, j, i],
        bed[0, j, i + 1],
        p,
    )


def slopes_of_water_x(j, i, w, p):
    """Half of the slopes along x where no cell is dry."""
    w[HX, j, i], w[EX, j, i], w[UX, j, i], w[VX, j, i] = slopes_of_water(
        w[H, j, i - 1],
        w[H, j, i],
        w[H, j, i + 1],
        w[E, j, i - 1],
        w[E, j, i],
        w[E, j, i + 1],
        w[U, j, i - 1],
        w[U, j, i],
        w[U, j, i + 1],
        w[V, j, i - 1],
        w[V, j, i],
        w[V, j, i + 1],
        p,
    )


def slopes_y(j, i, bed, w, p):
    """Half of the slopes along y."""
    w[HY, j, i], w[EY, j, i], w[UY, j, i], w[VY, j, i] = slopes(
        w[H, j - 1, i],
        w[H, j, i],
        w[H, j + 1, i],
        w[E, j - 1, i],
        w[E, j, i],
        w[E, j + 1, i],
        w[U, j - 1, i],
        w[U, j, i],
        w[U, j + 1, i],
        w[V, j - 1, i],
        w[V, j, i],
        w[V, j + 1, i],
        bed[0, j - 1, i],
        bed[0, j, i],
        bed[0, j + 1, i],
        p,
    )


def slopes_of_water_y(j, i, w, p):
    """Half of the slopes along y where no cell is dry."""
    w[HY, j, i], w[EY, j, i], w[UY, j, i], w[VY, j, i] = slopes_of_water(
        w[H, j - 1, i],
        w[H, j, i],
        w[H, j + 1, i],
        w[E, j - 1, i],
        w[E, j, i],
        w[E, j + 1, i],
        w[U, j - 1, i],
        w[U, j, i],
        w[U, j + 1, i],
        w[V, j - 1, i],
        w[V, j, i],
        w[V, j + 1, i],
        p,
    )


def predict(j, i, rows, sides, w, p):
    """State half a step ahead, from the equations in primitive form."""
    h, e, u, v = w[H, j, i], w[E, j, i], w[U, j, i], w[V, j, i]
    hx, ex, ux, vx = w[HX, j, i], w[EX, j, i], w[UX, j, i], w[VX, j, i]
    hy, ey, uy, vy = w[HY, j, i], w[EY, j, i], w[UY, j, i], w[VY, j, i]
    lx = p.dt * rows[ROWS.per_dx, j]
    ly = p.dt * rows[ROWS.per_dy, j]
    bend = rows[ROWS.curvature, j]
    turn = p.half_dt * (rows[ROWS.f, j] * sides[0, 0, i] + u * bend)
    rise = p.half_dt * bend * (h * v) - (lx * (u * hx + h * ux) + ly * (v * hy + h * vy))
    w[HP, j, i] = h + rise
    w[EP, j, i] = e + rise
    w[UP, j, i] = u - (lx * (u * ux + p.g * ex) + ly * (v * uy)) + turn * v
    w[VP, j, i] = v - (lx * (u * vx) + ly * (v * vy + p.g * ey)) - turn * u
    # What flow carries across its downstream faces, and a quarter of the rest through each face, are all the water.
    flow = lx * maximum(u, -u) + ly * maximum(v, -v)
    w[DRAIN_FRACTION, j, i] = p.quarter * maximum(p.one - flow, p.zero)


def add_forcing(j, i, acceleration, w, p):
    """Velocity half a step ahead under an acceleration acceleration[0..1, j, i] [m/s2]; dry cells do not move."""
    wet = where(w[H, j, i] > p.dry, p.half_dt, p.zero)
    w[UP, j, i] = w[UP, j, i] + wet * acceleration[0, j, i]
    w[VP, j, i] = w[VP, j, i] + wet * acceleration[1, j, i]


def hll(hl, el, ul, vl, hr, er, ur, vr, most, least, p):
    """Flux through a face from the states on its left and right (u normal, v along the face).

    most and least bound the mass flux. Returns the mass flux, the normal momentum flux less the pressure
    g h*^2/2 of the left and of the right side, and the flux of momentum along the face.
    """
    bed_l, bed_r = el - hl, er - hr
    bed = minimum(maximum(bed_l, bed_r), minimum(el, er))
    depth_l = maximum(minimum(el - bed, hl), p.zero)
    depth_r = maximum(minimum(er - bed, hr), p.zero)
    # Between water and a dry cell the surface difference is that of the depths over the common bed.
    step = where(minimum(depth_l, depth_r) > p.zero, er - el, depth_r - depth_l)
    # One celerity, of the deeper side, bounds the waves of both.
    celerity = sqrt(p.g * maximum(depth_l, depth_r))
    slow = minimum(minimum(ul, ur) - celerity, p.zero)
    fast = maximum(maximum(ul, ur) + celerity, p.zero)
    per_width = p.one / maximum(fast - slow, p.tiny)
    ql = depth_l * ul
    qr = depth_r * ur
    cross = fast * slow
    mass = (fast * ql - slow * qr + cross * step) * per_width
    mass = maximum(minimum(mass, most), least)
    pressure = p.half_g * (depth_l + depth_r) * step
    advection = fast * (ql * ul) - slow * (qr * ur) + cross * (qr - ql)
    along = mass * where(mass > p.zero, vl, vr)
    # A film thinner than the step of the ground under it runs down that step.
    fall_l = p.g * depth_l * maximum(bed_l - bed, p.zero)
    fall_r = p.g * depth_r * maximum(bed_r - bed, p.zero)
    normal_l = (advection - slow * pressure) * per_width - fall_l
    normal_r = (advection - fast * pressure) * per_width - fall_r
    return mass, normal_l, normal_r, along


def face_x(j, i, rows, w, p):
    """Flux through the west face of the cell."""
    lx = p.dt * rows[ROWS.per_dx, j]
    drain = p.per_dt * rows[ROWS.drain_x, j]
    most = w[DRAIN_FRACTION, j, i - 1] + lx * maximum(w[U, j, i - 1], p.zero)
    least = w[DRAIN_FRACTION, j, i] + lx * maximum(-w[U, j, i], p.zero)
    w[XM, j, i], w[XL, j, i], w[XR, j, i], w[XT, j, i] = hll(
        w[HP, j, i - 1] + w[HX, j, i - 1],
        w[EP, j, i - 1] + w[EX, j, i - 1],
        w[UP, j, i - 1] + w[UX, j, i - 1],
        w[VP, j, i - 1] + w[VX, j, i - 1],
        w[HP, j, i] - w[HX, j, i],
        w[EP, j, i] - w[EX, j, i],
        w[UP, j, i] - w[UX, j, i],
        w[VP, j, i] - w[VX, j, i],
        w[H, j, i - 1] * most * drain,
        -w[H, j, i] * least * drain,
        p,
    )


def face_y(j, i, rows, w, p):
    """Flux through the south face of the cell."""
    most = w[DRAIN_FRACTION, j - 1, i] + p.dt * rows[ROWS.per_dy, j - 1] * maximum(w[V, j - 1, i], p.zero)
    least = w[DRAIN_FRACTION, j, i] + p.dt * rows[ROWS.per_dy, j] * maximum(-w[V, j, i], p.zero)
    w[YM, j, i], w[YL, j, i], w[YR, j, i], w[YT, j, i] = hll(
        w[HP, j - 1, i] + w[HY, j - 1, i],
        w[EP, j - 1, i] + w[EY, j - 1, i],
        w[VP, j - 1, i] + w[VY, j - 1, i],
        w[UP, j - 1, i] + w[UY, j - 1, i],
        w[HP, j, i] - w[HY, j, i],
        w[EP, j, i] - w[EY, j, i],
        w[VP, j, i] - w[VY, j, i],
        w[UP, j, i] - w[UY, j, i],
        w[H, j - 1, i] * most * (p.per_dt * rows[ROWS.drain_north, j - 1]),
        -w[H, j, i] * least * (p.per_dt * rows[ROWS.drain_south, j]),
        p,
    )


def accelerate(j, i, acceleration, w, p):
    """Momentum that an acceleration acceleration[0..1, j, i] [m/s2] adds in the whole step."""
    h = w[HP, j, i]
    wet = where(w[H, j, i] > p.dry, p.dt * h, p.zero)
    w[HU1, j, i] = w[HU1, j, i] + wet * acceleration[0, j, i]
    w[HV1, j, i] = w[HV1, j, i] + wet * acceleration[1, j, i]


def rcbrt(x, p):
    """x^(-1/3) of a positive number: a first guess from the bits of x, then two cubic iterations.

    No power function: none is vectorised on every machine, and this one gives the same bits on all.
    """
    y = guess_rcbrt(x, p.rcbrt_0)
    c = x * y * y * y
    y = y * (p.rcbrt_1 - c * (p.rcbrt_2 - p.rcbrt_3 * c))
    c = x * y * y * y
    return y * (p.rcbrt_1 - c * (p.rcbrt_2 - p.rcbrt_3 * c))


def drag(h, qx, qy, friction, p):
    """Factor 1 / (1 + dt g n^2 |u| / h^(4/3)) of semi-implicit Manning friction; zero where dry.

    It is smaller where the flow would still be faster than the cap.
    """
    h2 = h * h
    speed = sqrt(qx * qx + qy * qy)
    resisted = h2 + friction * speed * rcbrt(maximum(h, p.dry), p)
    wet = h2 / maximum(resisted, h * speed * p.per_cap)
    return where(h > p.dry, wet, p.zero)


def advance(j, i, q, bed, rows, w, p):
    """Balance of the face fluxes, the slope of the surface and the Earth's rotation over the whole step."""
    h, u, v = w[HP, j, i], w[UP, j, i], w[VP, j, i]
    lx = p.dt * rows[ROWS.per_dx, j]
    ly = p.dt * rows[ROWS.per_dy, j]
    ln = p.dt * rows[ROWS.north, j]
    ls = p.dt * rows[ROWS.south, j]
    gh = p.g * h
    turn = p.dt * (rows[ROWS.f, j] + u * rows[ROWS.curvature, j]) * h
    zeta = q[0, j, i] - (lx * (w[XM, j, i + 1] - w[XM, j, i]) + (ln * w[YM, j + 1, i] - ls * w[YM, j, i]))
    slope_x = gh * (w[EX, j, i] + w[EX, j, i])
    slope_y = gh * (w[EY, j, i] + w[EY, j, i])
    hu = q[1, j, i] - (
        lx * (w[XL, j, i + 1] - w[XR, j, i] + slope_x) + (ln * w[YT, j + 1, i] - ls * w[YT, j, i]) - turn * v
    )
    hv = q[2, j, i] - (
        lx * (w[XT, j, i + 1] - w[XT, j, i])
        + (ln * w[YL, j + 1, i] - ls * w[YR, j, i] + ly * slope_y)
        + turn * u
    )
    # Rounding must not leave less than no water. A sum, not maximum(zeta, -rest_depth), so that NaN stays NaN.
    w[Z1, j, i] = zeta + maximum(minimum(bed[0, j, i], p.zero) - zeta, p.zero)
    w[HU1, j, i] = hu
    w[HV1, j, i] = hv


def manning_friction(j, i, bed, w, p):
    """Semi-implicit Manning friction, one coefficient everywhere; dry cells lose their momentum."""
    h = w[Z1, j, i] + maximum(-bed[0, j, i], p.zero)
    factor = drag(h, w[HU1, j, i], w[HV1, j, i], p.friction, p)
    w[HU1, j, i] = w[HU1, j, i] * factor
    w[HV1, j, i] = w[HV1, j, i] * factor


def manning_friction_map(j, i, bed, roughness, w, p):
    """Semi-implicit Manning friction, roughness[0, j, i] = g n^2; dry cells lose their momentum."""
    h = w[Z1, j, i] + maximum(-bed[0, j, i], p.zero)
    factor = drag(h, w[HU1, j, i], w[HV1, j, i], p.dt * roughness[0, j, i], p)
    w[HU1, j, i] = w[HU1, j, i] * factor
    w[HV1, j, i] = w[HV1, j, i] * factor


def resisting(h, qx, qy, friction, p):
    """Whether the factor of `drag` may be another than one, also where a value is not a number.

    It is one where what friction adds to h^2 is lost in its rounding, up to half of the largest speed. The first guess
    of h^(-1/3) is good enough to know: p.negligible allows for it.
    """
    speed = maximum(qx, -qx) + maximum(qy, -qy)
    felt = friction * guess_rcbrt(maximum(h, p.dry), p.rcbrt_0) + p.negligible * (p.per_cap + p.per_cap) * h
    return where(speed * felt <= p.negligible * h * h, h, p.zero) <= p.dry


def resists(j, i, bed, w, p):
    """Whether a cell may feel friction."""
    h = w[Z1, j, i] + maximum(-bed[0, j, i], p.zero)
    return resisting(h, w[HU1, j, i], w[HV1, j, i], p.friction, p)


def resists_map(j, i, bed, roughness, w, p):
    """Whether a cell may feel friction, roughness[0, j, i] = g n^2."""
    h = w[Z1, j, i] + maximum(-bed[0, j, i], p.zero)
    return resisting(h, w[HU1, j, i], w[HV1, j, i], p.dt * roughness[0, j, i], p)


def write_state(j, i, out, w, p):
    """Hand over the new state; what is less than the rounding of a small wave is rest.

    Ahead of every wave the scheme spreads ever smaller traces, two cells a step: no water would be left at rest.
    """
    zeta, hu, hv = w[Z1, j, i], w[HU1, j, i], w[HV1, j, i]
    size = maximum(zeta, -zeta) + p.per_cap * (maximum(hu, -hu) + maximum(hv, -hv))
    moves = where(size < p.motion_threshold, p.zero, p.one)
    # Products, so that NaN stays NaN; and sums, so that no zero has a sign.
    out[0, j, i] = zeta * moves + p.zero
    out[1, j, i] = hu * moves + p.zero
    out[2, j, i] = hv * moves + p.zero


def step(
    friction_map: bool = False,
    maxima: bool = False,
    acceleration: bool = False,
    times: bool = False,
) -> Kernel:
    """Make the kernel of one time step with the physics that a run asks for.

    acceleration says that there is an acceleration[0..1, j, i] [m/s2] beside those of the shallow-water
    equations; times that maxima has its planes from MAXIMA.highest_time on.
    """
    stages = [
        Stage(primitives, west=2, east=2, south=2, north=2, mark=without_water),
        Stage(slopes_x, west=1, east=1, south=1, north=1, plain=Plain(slopes_of_water_x)),
        Stage(slopes_y, west=1, east=1, south=1, north=1, plain=Plain(slopes_of_water_y, south=1, north=1)),
        Stage(predict, west=1, east=1, south=1, north=1),
    ]
    if acceleration:
        stages.append(Stage(add_forcing, west=1, east=1, south=1, north=1))
    stages += [Stage(face_x, east=1), Stage(face_y, north=1), Stage(advance)]
    if acceleration:
        stages.append(Stage(accelerate))
    stages[-1] = stages[-1]._replace(mark=resists_map if friction_map else resists)
    stages.append(Stage(manning_friction_map if friction_map else manning_friction, plain=Plain()))
    if maxima and times:
        stages.append(Stage(record_times, exact=True))
    if maxima:
        stages.append(Stage(record_maxima, exact=True))
    stages.append(Stage(write_state, exact=True))
    moving = ("q", "acceleration") if acceleration else ("q",)
    return Kernel(
        "shallow_water", tuple(stages), Params, SLOTS, halo=2, at_rest=(moving, "out"), shortcuts=(OPEN_SEA,)
    )
