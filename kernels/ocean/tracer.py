"""A tracer that the water carries: its concentration c, by the mass fluxes of the shallow-water step.

Each face takes the concentration of the cell that the water leaves, with a limited slope (van Leer 1977) that fades as
the cell gives all that it may through the face. With the new depth h' and what leaves through the faces, F,
    h' c' = h c - sum F c_face   and   h' = h - sum F,   so   c' = c - sum F (c_face - c) / h'.
In this form a uniform concentration stays as it is to the last bit, the sum of h c is kept to rounding, and no cell
gets more or less than its neighbours have, also where land falls dry and is flooded.
"""

from typing import NamedTuple

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.ocean import shallow_water
from esim.kernels.ocean.shallow_water import limited
from esim.kernels.ocean.state import DRAIN_FRACTION, ROWS, SLOTS, STATE, XM, YM, Z1, H, U, V
from esim.kernels.scalar import maximum, minimum, where

NAME = "tracer"
PLANE = len(STATE)  # of the state
# Scratch slots: concentration, half slopes in x and y, concentration at the west and the south face.
C, CX, CY, XC, YC = range(SLOTS, SLOTS + 5)
C1 = CX  # the new concentration takes the place of slopes that are no longer needed


def concentration(j, i, q, w, p):
    """Concentration of the cell."""
    w[C, j, i] = q[PLANE, j, i]


def tracer_slopes(j, i, w, p):
    """Half of the limited slopes of the concentration; zero in and beside dry cells."""
    c, h = w[C, j, i], w[H, j, i]
    wet_x = where(minimum(h, minimum(w[H, j, i - 1], w[H, j, i + 1])) > p.dry, p.one, p.zero)
    wet_y = where(minimum(h, minimum(w[H, j - 1, i], w[H, j + 1, i])) > p.dry, p.one, p.zero)
    w[CX, j, i] = limited(c - w[C, j, i - 1], w[C, j, i + 1] - c, p.half_theta * wet_x, p.quarter * wet_x, p)
    w[CY, j, i] = limited(c - w[C, j - 1, i], w[C, j + 1, i] - c, p.half_theta * wet_y, p.quarter * wet_y, p)


def upwind(mass, most, least, left, left_slope, right, right_slope, p):
    """Concentration of the water that flows through a face, whose mass flux lies between least and most."""
    from_left = left + left_slope * (p.one - mass / maximum(most, p.tiny))
    from_right = right - right_slope * (p.one - mass / minimum(least, -p.tiny))
    return where(mass > p.zero, from_left, from_right)


def tracer_face_x(j, i, rows, w, p):
    """Concentration at the west face; see shallow_water.face_x for the bounds of the mass flux."""
    lx = p.dt * rows[ROWS.per_dx, j]
    drain = p.per_dt * rows[ROWS.drain_x, j]
    most = w[DRAIN_FRACTION, j, i - 1] + lx * maximum(w[U, j, i - 1], p.zero)
    least = w[DRAIN_FRACTION, j, i] + lx * maximum(-w[U, j, i], p.zero)
    w[XC, j, i] = upwind(
        w[XM, j, i],
        w[H, j, i - 1] * most * drain,
        -w[H, j, i] * least * drain,
        w[C, j, i - 1],
        w[CX, j, i - 1],
        w[C, j, i],
        w[CX, j, i],
        p,
    )


def tracer_face_y(j, i, rows, w, p):
    """Concentration at the south face; see shallow_water.face_y for the bounds of the mass flux."""
    most = w[DRAIN_FRACTION, j - 1, i] + p.dt * rows[ROWS.per_dy, j - 1] * maximum(w[V, j - 1, i], p.zero)
    least = w[DRAIN_FRACTION, j, i] + p.dt * rows[ROWS.per_dy, j] * maximum(-w[V, j, i], p.zero)
    w[YC, j, i] = upwind(
        w[YM, j, i],
        w[H, j - 1, i] * most * (p.per_dt * rows[ROWS.drain_north, j - 1]),
        -w[H, j, i] * least * (p.per_dt * rows[ROWS.drain_south, j]),
        w[C, j - 1, i],
        w[CY, j - 1, i],
        w[C, j, i],
        w[CY, j, i],
        p,
    )


def advect(j, i, bed, rows, w, p):
    """The new concentration, within those of the cell and its neighbours; a cell without water keeps its own."""
    c = w[C, j, i]
    h = w[Z1, j, i] + maximum(-bed[0, j, i], p.zero)
    along_x = w[XM, j, i + 1] * (w[XC, j, i + 1] - c) - w[XM, j, i] * (w[XC, j, i] - c)
    along_y = p.dt * rows[ROWS.north, j] * w[YM, j + 1, i] * (w[YC, j + 1, i] - c) - p.dt * rows[
        ROWS.south, j
    ] * w[YM, j, i] * (w[YC, j, i] - c)
    change = (p.dt * rows[ROWS.per_dx, j] * along_x + along_y) / maximum(h, p.tiny)
    # But for rounding of thin water over a deep bed these bounds are never reached.
    lowest = minimum(
        c, minimum(minimum(w[C, j, i - 1], w[C, j, i + 1]), minimum(w[C, j - 1, i], w[C, j + 1, i]))
    )
    highest = maximum(
        c, maximum(maximum(w[C, j, i - 1], w[C, j, i + 1]), maximum(w[C, j - 1, i], w[C, j + 1, i]))
    )
    w[C1, j, i] = where(h > p.zero, maximum(minimum(c - change, highest), lowest), c)


def write_tracer(j, i, out, w, p):
    """Hand over the new concentration."""
    out[PLANE, j, i] = w[C1, j, i]


def with_tracer(step: Kernel) -> Kernel:
    """The kernel of a shallow-water step that carries a tracer too."""
    after = {
        shallow_water.primitives: [Stage(concentration, west=2, east=2, south=2, north=2)],
        shallow_water.slopes_y: [Stage(tracer_slopes, west=1, east=1, south=1, north=1)],
        shallow_water.face_y: [Stage(tracer_face_x, east=1), Stage(tracer_face_y, north=1)],
        shallow_water.advance: [Stage(advect)],
        shallow_water.write_state: [Stage(write_tracer, exact=True)],
    }
    stages = [one for stage in step.stages for one in (stage, *after.get(stage.body, ()))]
    return step._replace(name="shallow_water_tracer", stages=tuple(stages), slots=SLOTS + 5)


class GhostParams(NamedTuple):
    """No constants."""


def extrapolate_tracer(j, i, tracer, p):
    """Ghost cells beyond any side have the concentration of the last cell within; every side is seen as a west side."""
    tracer[0, j, i] = tracer[0, j, i + 1]
    tracer[0, j, i - 1] = tracer[0, j, i + 1]


EXTRAPOLATE = Kernel("tracer_extrapolate", (Stage(extrapolate_tracer, exact=True),), GhostParams, halo=1)
