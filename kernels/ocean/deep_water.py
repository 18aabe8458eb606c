"""Linear long waves over deep water that keep their energy: a staggered grid, fourth order in space and in time.

    d(zeta)/dt = -D_x hu - D_y hv,  d(hu)/dt = -g H D_x zeta + f hv,  d(hv)/dt = -g H D_y zeta - f hu

on a C grid (Arakawa & Lamb 1977, Methods Comput. Phys. 17:173): zeta at the centres of cells, hu on their west faces,
hv on their south faces, all at the same time. D q = (9/8 (q[1/2] - q[-1/2]) - 1/24 (q[3/2] - q[-3/2])) / dx (Levander
1988, Geophysics 53:1425). The divergence is the adjoint of the gradient, so that the sum over the cells of
g zeta^2 + (hu^2 + hv^2) / H is kept for every relief. On the sphere D_y acts on the length of the south faces times hv.

In time a step changes transport and surface in turn: kicks 0.66, -0.16, -0.16, 0.66 of dt and drifts -0.19, 1.38, -0.19
between them. A kick or a drift is a shear, so nothing is lost in a step of any length up to the bound
c dt/dx = 1.47; and half the trace of a step, 1 - z^2/2 + 0.0410 z^4 - 0.00084 z^6 for z = omega dt, is so near to cos z
that what time and space have too much and too little nearly cancel: a wave of 12 cells is off by at most 0.04 % of its
phase, one of 8 by 0.2 %, for any c dt/dx up to 1.45.

The Earth turns the flow by half before the first kick and by half after the last one, so that a step is symmetric in
time: the mean velocity at the centres beside a face turns what flows through it, which does no work over any relief
(Sadourny 1975, J. Atmos. Sci. 32:680, has the same at corners).

A coast is a wall at faces of cells: nothing flows there, and a neighbour beyond one is mirrored at it, the surface
evenly, the transport across oddly. In x only hu and zeta of one row meet, in y only hv and zeta of one column, so the
divergence stays the adjoint of the gradient for every coast, with inlets and islands of one cell, and no water leaks.

The state q[0..2] has zeta, hu and hv at the centres, as other grids and outputs want them; q[3..4], from which a step
goes on, what flows through west and south faces, in m3/s for each metre of the height of a cell. Units are SI.
sea[0, j, i] is one in cells with water at rest and zero elsewhere, also beyond walls of the grid, and ground has what
`find_ground` makes of it. What else bodies take is described in kernels.ocean.shallow_water.
"""

from collections.abc import Callable

from esim.kernels.kernel import Kernel, Plain, Stage, with_names
from esim.kernels.ocean.maxima import record_maxima, record_times
from esim.kernels.ocean.shallow_water import drag, resisting
from esim.kernels.ocean.state import HU1, HV1, ROWS, STATE, Z1, Params
from esim.kernels.scalar import maximum, where

HALO = 14
VARIABLES = (*STATE, "flow_west", "flow_south")  # meaning of q[n, j, i]
FU, FV = 3, 4
# Planes of ground: gravity times the depth of the west and the south face, over the width and the height of a cell, the
# latter times the length of the face over that height too, zero at walls; one over the depth of the cell, zero on land.
PUSH_X, PUSH_Y, PER_DEPTH = 0, 1, 2
# Slots beside Z1, HU1 and HV1: flow through west and south faces, and what friction leaves of it. More have the kernels
# that add to a step.
U, V, KEPT = 0, 1, 3
TURN_X, TURN_Y = 6, 7  # velocity at the centre that turns the flow along x, and along y times f
SLOTS = 12


# ---------------------------------------------------------------- ground


def find_ground(j, i, bed, rows, sea, ground, p):
    """What a step has to know of the ground in a cell and at its west and south faces."""
    here = sea[0, j, i] * maximum(-bed[0, j, i], p.zero)
    west = sea[0, j, i - 1] * maximum(-bed[0, j, i - 1], p.zero)
    south = sea[0, j - 1, i] * maximum(-bed[0, j - 1, i], p.zero)
    across_x, across_y = sea[0, j, i] * sea[0, j, i - 1], sea[0, j, i] * sea[0, j - 1, i]
    length = rows[ROWS.south, j] * rows[ROWS.drain_x, j]
    ground[PUSH_X, j, i] = rows[ROWS.per_dx, j] * (across_x * (p.half_g * (here + west)))
    ground[PUSH_Y, j, i] = length * rows[ROWS.per_dy, j] * (across_y * (p.half_g * (here + south)))
    ground[PER_DEPTH, j, i] = sea[0, j, i] / maximum(here, p.dry)


def wall(j, i, ground, p):
    """Whether the west or the south face of a cell is a wall."""
    return where(ground[PUSH_X, j, i] > p.zero, ground[PUSH_Y, j, i], p.zero) <= p.zero


# ---------------------------------------------------------------- differences


def difference(far_behind, behind, ahead, far_ahead, p):
    """The difference over a cell from values one and a half and half a cell behind, half and one and a half ahead."""
    return p.near * (ahead - behind) + p.far * (far_ahead - far_behind)


def even_difference(far_behind, behind, ahead, far_ahead, open_behind, open_ahead, p):
    """The difference of the surface across an open face; of the next ones the walls are not open."""
    first = where(open_behind > p.zero, far_behind, behind)
    last = where(open_ahead > p.zero, far_ahead, ahead)
    return difference(first, behind, ahead, last, p)


def odd_difference(far_behind, behind, ahead, far_ahead, open_behind, open_ahead, p):
    """The difference of the flow over a cell, of which the faces may be walls."""
    first = where(open_behind > p.zero, far_behind, -ahead)
    last = where(open_ahead > p.zero, far_ahead, -behind)
    return difference(first, behind, ahead, last, p)


def time_of_outer_kick(p):
    """Time [s] of the first and the last kick."""
    return p.outer_kick * p.dt


def time_of_inner_kick(p):
    """Time [s] of the kicks between them."""
    return p.inner_kick * p.dt


def time_of_outer_drift(p):
    """Time [s] of the first and the last drift."""
    return p.outer_drift * p.dt


def time_of_inner_drift(p):
    """Time [s] of the drift between them."""
    return p.inner_drift * p.dt


span = time_of_outer_kick  # each kick and each drift has its own


# ---------------------------------------------------------------- kicks


def turned(hu, hv, per_depth, f, p):
    """What turns the flow along x and along y: velocities in the middle of half a turn, the latter times f."""
    angle = p.quarter * p.dt * f
    return (hv - angle * hu) * per_depth, f * ((hu + angle * hv) * per_depth)


def load(j, i, q, rows, ground, w, p):
    """Take the state, and what turns the flow first; friction has taken nothing yet. Here walls are marked."""
    w[Z1, j, i] = q[0, j, i]
    w[U, j, i] = q[FU, j, i]
    w[V, j, i] = q[FV, j, i]
    w[TURN_X, j, i], w[TURN_Y, j, i] = turned(
        q[1, j, i], q[2, j, i], ground[PER_DEPTH, j, i], rows[ROWS.f, j], p
    )
    w[KEPT, j, i] = p.one


def turn_flow(j, i, rows, ground, w, p):
    """Let the Earth turn the flow by half of a step."""
    turn_x = (p.quarter * p.dt / p.g * rows[ROWS.drain_x, j]) * rows[ROWS.f, j]
    turn_y = p.quarter * p.dt / p.g * rows[ROWS.height, j]
    v = turn_x * (w[TURN_X, j, i - 1] + w[TURN_X, j, i])
    u = turn_y * (w[TURN_Y, j - 1, i] + w[TURN_Y, j, i])
    w[U, j, i] = w[U, j, i] + ground[PUSH_X, j, i] * v
    w[V, j, i] = w[V, j, i] - ground[PUSH_Y, j, i] * u


def kick(j, i, ground, w, p):
    """Let the slope of the surface act on the flow, where no wall is near."""
    along_x = difference(w[Z1, j, i - 2], w[Z1, j, i - 1], w[Z1, j, i], w[Z1, j, i + 1], p)
    along_y = difference(w[Z1, j - 2, i], w[Z1, j - 1, i], w[Z1, j, i], w[Z1, j + 1, i], p)
    w[U, j, i] = w[U, j, i] - ground[PUSH_X, j, i] * (span(p) * along_x)
    w[V, j, i] = w[V, j, i] - ground[PUSH_Y, j, i] * (span(p) * along_y)


def kick_at_coast(j, i, ground, w, p):
    """Let the slope of the surface act on the flow."""
    along_x = even_difference(
        w[Z1, j, i - 2],
        w[Z1, j, i - 1],
        w[Z1, j, i],
        w[Z1, j, i + 1],
        ground[PUSH_X, j, i - 1],
        ground[PUSH_X, j, i + 1],
        p,
    )
    along_y = even_difference(
        w[Z1, j - 2, i],
        w[Z1, j - 1, i],
        w[Z1, j, i],
        w[Z1, j + 1, i],
        ground[PUSH_Y, j - 1, i],
        ground[PUSH_Y, j + 1, i],
        p,
    )
    w[U, j, i] = w[U, j, i] - ground[PUSH_X, j, i] * (span(p) * along_x)
    w[V, j, i] = w[V, j, i] - ground[PUSH_Y, j, i] * (span(p) * along_y)


def accelerate(j, i, acceleration, rows, ground, w, p):
    """Let an acceleration acceleration[0..1, j, i] [m/s2] act on the flow in the time of a kick."""
    along_x = p.half * (acceleration[0, j, i - 1] + acceleration[0, j, i])
    along_y = p.half * (acceleration[1, j - 1, i] + acceleration[1, j, i])
    w[U, j, i] = w[U, j, i] + ground[PUSH_X, j, i] * (span(p) / p.g * rows[ROWS.drain_x, j] * along_x)
    w[V, j, i] = w[V, j, i] + ground[PUSH_Y, j, i] * (span(p) / p.g * rows[ROWS.height, j] * along_y)


# ---------------------------------------------------------------- drifts


def drift(j, i, rows, w, p):
    """Let the flow change the surface, where no wall is near."""
    along_x = difference(w[U, j, i - 1], w[U, j, i], w[U, j, i + 1], w[U, j, i + 2], p)
    along_y = difference(w[V, j - 1, i], w[V, j, i], w[V, j + 1, i], w[V, j + 2, i], p)
    w[Z1, j, i] = w[Z1, j, i] - (span(p) * rows[ROWS.per_dx, j]) * (along_x + along_y)


def drift_at_coast(j, i, rows, ground, w, p):
    """Let the flow change the surface."""
    along_x = odd_difference(
        w[U, j, i - 1],
        w[U, j, i],
        w[U, j, i + 1],
        w[U, j, i + 2],
        ground[PUSH_X, j, i],
        ground[PUSH_X, j, i + 1],
        p,
    )
    along_y = odd_difference(
        w[V, j - 1, i],
        w[V, j, i],
        w[V, j + 1, i],
        w[V, j + 2, i],
        ground[PUSH_Y, j, i],
        ground[PUSH_Y, j + 1, i],
        p,
    )
    w[Z1, j, i] = w[Z1, j, i] - (span(p) * rows[ROWS.per_dx, j]) * (along_x + along_y)


# ---------------------------------------------------------------- end of a step


def mean(far_behind, behind, ahead, far_ahead, p):
    """The value at the centre of a cell from those on faces, of fourth order."""
    return p.near_mean * (behind + ahead) + p.far_mean * (far_behind + far_ahead)


def odd_mean(far_behind, behind, ahead, far_ahead, open_behind, open_ahead, p):
    """The flow at the centre of a cell, of which the faces may be walls."""
    first = where(open_behind > p.zero, far_behind, -ahead)
    last = where(open_ahead > p.zero, far_ahead, -behind)
    return mean(first, behind, ahead, last, p)


def centre(j, i, rows, w, p):
    """Transport at the centre, where no wall is near."""
    w[HU1, j, i] = mean(w[U, j, i - 1], w[U, j, i], w[U, j, i + 1], w[U, j, i + 2], p)
    along_y = mean(w[V, j - 1, i], w[V, j, i], w[V, j + 1, i], w[V, j + 2, i], p)
    w[HV1, j, i] = rows[ROWS.per_aspect, j] * along_y


def centre_at_coast(j, i, rows, ground, w, p):
    """Transport at the centre."""
    w[HU1, j, i] = odd_mean(
        w[U, j, i - 1],
        w[U, j, i],
        w[U, j, i + 1],
        w[U, j, i + 2],
        ground[PUSH_X, j, i],
        ground[PUSH_X, j, i + 1],
        p,
    )
    along_y = odd_mean(
        w[V, j - 1, i],
        w[V, j, i],
        w[V, j + 1, i],
        w[V, j + 2, i],
        ground[PUSH_Y, j, i],
        ground[PUSH_Y, j + 1, i],
        p,
    )
    w[HV1, j, i] = rows[ROWS.per_aspect, j] * along_y


def resists(j, i, bed, w, p):
    """Whether a cell may feel friction: see shallow_water.resisting."""
    return resisting(maximum(-bed[0, j, i], p.zero), w[HU1, j, i], w[HV1, j, i], p.friction, p)


def resists_map(j, i, bed, roughness, w, p):
    """Whether a cell may feel friction, roughness[0, j, i] = g n^2."""
    friction = p.dt * roughness[0, j, i]
    return resisting(maximum(-bed[0, j, i], p.zero), w[HU1, j, i], w[HV1, j, i], friction, p)


def resist(j, i, bed, w, p):
    """Semi-implicit Manning friction over the depth at rest, one coefficient everywhere."""
    factor = drag(maximum(-bed[0, j, i], p.zero), w[HU1, j, i], w[HV1, j, i], p.friction, p)
    w[HU1, j, i] = factor * w[HU1, j, i]
    w[HV1, j, i] = factor * w[HV1, j, i]
    w[KEPT, j, i] = factor


def resist_map(j, i, bed, roughness, w, p):
    """Semi-implicit Manning friction over the depth at rest, roughness[0, j, i] = g n^2."""
    friction = p.dt * roughness[0, j, i]
    factor = drag(maximum(-bed[0, j, i], p.zero), w[HU1, j, i], w[HV1, j, i], friction, p)
    w[HU1, j, i] = factor * w[HU1, j, i]
    w[HV1, j, i] = factor * w[HV1, j, i]
    w[KEPT, j, i] = factor


def turn(j, i, rows, ground, w, p):
    """What turns the flow at the end."""
    w[TURN_X, j, i], w[TURN_Y, j, i] = turned(
        w[HU1, j, i], w[HV1, j, i], ground[PER_DEPTH, j, i], rows[ROWS.f, j], p
    )


def write_state(j, i, out, rows, ground, w, p):
    """Hand over the new state after another half a turn; less than the rounding of a small wave is rest.

    Friction leaves of the flow through a face the mean of what it leaves in the cells beside it.
    """
    turn_x = (p.quarter * p.dt / p.g * rows[ROWS.drain_x, j]) * rows[ROWS.f, j]
    turn_y = p.quarter * p.dt / p.g * rows[ROWS.height, j]
    v = turn_x * (w[TURN_X, j, i - 1] + w[TURN_X, j, i])
    u = turn_y * (w[TURN_Y, j - 1, i] + w[TURN_Y, j, i])
    west = p.half * (w[U, j, i] * (w[KEPT, j, i - 1] + w[KEPT, j, i])) + ground[PUSH_X, j, i] * v
    south = p.half * (w[V, j, i] * (w[KEPT, j - 1, i] + w[KEPT, j, i])) - ground[PUSH_Y, j, i] * u
    zeta, half_turn = w[Z1, j, i], p.half_dt * rows[ROWS.f, j]
    angle = p.half * half_turn
    hu = w[HU1, j, i] + half_turn * (w[HV1, j, i] - angle * w[HU1, j, i])
    hv = w[HV1, j, i] - half_turn * (w[HU1, j, i] + angle * w[HV1, j, i])
    flow = maximum(hu, -hu) + maximum(hv, -hv) + (maximum(west, -west) + maximum(south, -south))
    moves = where(maximum(zeta, -zeta) + p.per_cap * flow < p.motion_threshold, p.zero, p.one)
    # Products, so that NaN stays NaN; and sums, so that no zero has a sign.
    out[0, j, i] = zeta * moves + p.zero
    out[1, j, i] = hu * moves + p.zero
    out[2, j, i] = hv * moves + p.zero
    out[FU, j, i] = west * moves + p.zero
    out[FV, j, i] = south * moves + p.zero


# ---------------------------------------------------------------- kernels


def step(
    friction_map: bool = False,
    maxima: bool = False,
    acceleration: bool = False,
    times: bool = False,
) -> Kernel:
    """Make the kernel of one time step; see kernels.ocean.shallow_water.step."""
    stages = kicks_and_drifts(acceleration)
    stages += [
        Stage(
            centre_at_coast,
            west=1,
            south=1,
            mark=resists_map if friction_map else resists,
            plain=Plain(centre, south=1, north=1),
        ),
        Stage(resist_map if friction_map else resist, west=1, south=1, plain=Plain()),
        Stage(turn, west=1, south=1),
    ]
    if maxima and times:
        stages.append(Stage(record_times, exact=True))
    if maxima:
        stages.append(Stage(record_maxima, exact=True))
    stages.append(Stage(write_state, exact=True))
    moving = ("q", "acceleration") if acceleration else ("q",)
    return Kernel("deep_water", tuple(stages), Params, SLOTS, halo=HALO, at_rest=(moving, "out"))


def kicks_and_drifts(acceleration: bool = False) -> list[Stage]:
    """The stages of a step to the last kick, each on the box that those after it read."""
    kicks = (
        _during(time_of_outer_kick, kick_at_coast, kick, (11, 11, 11, 11)),
        _during(time_of_inner_kick, kick_at_coast, kick, (8, 8, 8, 8)),
        _during(time_of_inner_kick, kick_at_coast, kick, (5, 5, 5, 5)),
        _during(time_of_outer_kick, kick_at_coast, kick, (2, 2, 2, 2)),
    )
    drifts = (
        _during(time_of_outer_drift, drift_at_coast, drift, (10, 9, 10, 9)),
        _during(time_of_inner_drift, drift_at_coast, drift, (7, 6, 7, 6)),
        _during(time_of_outer_drift, drift_at_coast, drift, (4, 3, 4, 3)),
    )
    found = [
        Stage(load, west=13, east=12, south=13, north=12, mark=wall),
        Stage(turn_flow, west=11, east=11, south=11, north=11),
    ]
    for n, one in enumerate(kicks):
        found += [one, *([after(one, accelerate)] if acceleration else ()), *drifts[n : n + 1]]
    return found


def _during(time: Callable, body: Callable, plain: Callable, reach: tuple[int, int, int, int]) -> Stage:
    """A stage that takes a time, with a body for where no wall is near, neither in its row nor beside it."""
    short = Plain(with_names(plain, span=time), south=1, north=1)
    return Stage(with_names(body, span=time), *reach, plain=short)


def after(stage: Stage, body: Callable) -> Stage:
    """A stage of another body that takes as long as one, on the same cells."""
    return Stage(with_names(body, span=stage.body.__globals__["span"]), *stage[1:5])


GROUND = Kernel("deep_ground", (Stage(find_ground, exact=True),), Params, halo=1)
