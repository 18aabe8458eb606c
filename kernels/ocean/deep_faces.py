"""What flows through the faces of a deep grid: in a step, for nests, and where transport is given at centres."""

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.ocean.deep_water import (
    PUSH_X,
    PUSH_Y,
    U,
    V,
    accelerate,
    after,
    drift_at_coast,
    kicks_and_drifts,
    mean,
    time_of_outer_kick,
)
from esim.kernels.ocean.state import ROWS, Params
from esim.kernels.scalar import where

TAKEN = 4  # slot of what has flowed in a step

span = time_of_outer_kick  # each drift has its own


def through_face(behind, here, ahead, is_open, p):
    """Flow through a face of which the differences are those of `odd_difference`."""
    return where(is_open > p.zero, (p.near + p.far) * here + p.far * (behind + ahead), p.zero)


def begin_taking(j, i, w, p):
    """Nothing has flowed yet."""
    w[TAKEN, j, i] = p.zero


def take_through_west(j, i, ground, w, p):
    """Add what flows through the west face in a drift [m2 per metre of face]."""
    flow = through_face(w[U, j, i - 1], w[U, j, i], w[U, j, i + 1], ground[PUSH_X, j, i], p)
    w[TAKEN, j, i] = w[TAKEN, j, i] + span(p) * flow


def take_through_south(j, i, rows, ground, w, p):
    """Add what flows through the south face in a drift [m2 per metre of face]."""
    flow = through_face(w[V, j - 1, i], w[V, j, i], w[V, j + 1, i], ground[PUSH_Y, j, i], p)
    w[TAKEN, j, i] = w[TAKEN, j, i] + span(p) * (rows[ROWS.per_length, j] * flow)


def accumulate(j, i, register, w, p):
    """Add what has flowed in the step."""
    register[0, j, i] = register[0, j, i] + w[TAKEN, j, i]


def flux(step: Kernel, along_x: bool) -> Kernel:
    """The kernel that accumulates the mass flux through west faces, or south ones, just as a step computes it."""
    forced = any(stage.body.__name__ == accelerate.__name__ for stage in step.stages)
    taking = take_through_west if along_x else take_through_south
    found = [Stage(begin_taking, west=12, east=12, south=12, north=12)]
    for stage in kicks_and_drifts(forced)[:-1]:
        if stage.body.__name__ == drift_at_coast.__name__:
            found.append(after(stage, taking))
        found.append(stage._replace(mark=None, plain=None))
    return step._replace(
        name=f"deep_flux_{'x' if along_x else 'y'}",
        stages=(*found, Stage(accumulate, exact=True)),
        at_rest=None,
    )


def flow_from_centres(j, i, transport, rows, sea, flow, p):
    """Flow through the west and south faces of a cell from the transport at centres, transport[0..1, j, i]."""
    length = rows[ROWS.south, j] * rows[ROWS.drain_x, j]
    west = between(
        transport[0, j, i - 2],
        transport[0, j, i - 1],
        transport[0, j, i],
        transport[0, j, i + 1],
        sea[0, j, i - 2] * sea[0, j, i + 1],
        p,
    )
    south = between(
        transport[1, j - 2, i],
        transport[1, j - 1, i],
        transport[1, j, i],
        transport[1, j + 1, i],
        sea[0, j - 2, i] * sea[0, j + 1, i],
        p,
    )
    flow[0, j, i] = (sea[0, j, i - 1] * sea[0, j, i]) * west
    flow[1, j, i] = length * ((sea[0, j - 1, i] * sea[0, j, i]) * south)


def between(far_behind, behind, ahead, far_ahead, sea, p):
    """The value on a face from those at centres, of fourth order where all are sea, else of second."""
    return where(sea > p.zero, mean(far_behind, behind, ahead, far_ahead, p), p.half * (behind + ahead))


FLOW_FROM_CENTRES = Kernel("deep_flow", (Stage(flow_from_centres, exact=True),), Params, halo=2)
