"""Layers along open sides of a deep grid: matched to its waves, with a wall behind.

As in kernels.ocean.absorbing_layer what flow across a layer brings decays with that flow; what flow along it brings
decays a quarter as fast, without which a layer grows (Meza-Fajardo & Papageorgiou 2008, Bull. Seismol. Soc. Am.
98:1811). All decays in every kick and drift for the time that it takes. split[1, j, i] is the zeta of the first water,
from which that of waves counts; q[ZETA_Y, j, i] the part of it that flow along y has brought.
"""

from collections.abc import Callable

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.ocean.deep_water import (
    FV,
    PUSH_Y,
    U,
    V,
    after,
    drift_at_coast,
    kick_at_coast,
    odd_difference,
    time_of_outer_kick,
)
from esim.kernels.ocean.state import ROWS, Z1
from esim.kernels.scalar import maximum, where

VARIABLES = ("zeta_y",)  # of the state, beside those of the step
ZETA_Y = FV + 1
ZY = 5  # slot of the same

span = time_of_outer_kick  # each kick and each drift has its own


def begin_layer(j, i, q, w, p):
    """The part of the surface that flow along y has brought."""
    w[ZY, j, i] = q[ZETA_Y, j, i]


def bring_along_y(j, i, rows, ground, w, p):
    """Let flow along y change its part of the surface."""
    along_y = odd_difference(
        w[V, j - 1, i],
        w[V, j, i],
        w[V, j + 1, i],
        w[V, j + 2, i],
        ground[PUSH_Y, j, i],
        ground[PUSH_Y, j + 1, i],
        p,
    )
    w[ZY, j, i] = w[ZY, j, i] - (span(p) * rows[ROWS.per_dx, j]) * along_y


def left(change, p):
    """What is left of a part that decays by a change."""
    return (p.one - p.half * change) / (p.one + p.half * change)


def fade_surface(j, i, split, rows, sides, w, p):
    """Let both parts of the surface decay, counted from split[1, j, i], that of the first water."""
    rate_x = sides[1, 0, i] + p.quarter * rows[ROWS.absorption, j]
    rate_y = rows[ROWS.absorption, j] + p.quarter * sides[1, 0, i]
    zeta_x = left(span(p) * rate_x, p) * (w[Z1, j, i] - split[1, j, i] - w[ZY, j, i])
    zeta_y = left(span(p) * rate_y, p) * w[ZY, j, i]
    w[ZY, j, i] = zeta_y
    w[Z1, j, i] = split[1, j, i] + (zeta_x + zeta_y)


def fade_flow(j, i, rows, sides, w, p):
    """Let the flow decay."""
    rate_x = sides[2, 0, i] + p.quarter * rows[ROWS.absorption, j]
    rate_y = rows[ROWS.absorption_south, j] + p.quarter * sides[1, 0, i]
    w[U, j, i] = left(span(p) * rate_x, p) * w[U, j, i]
    w[V, j, i] = left(span(p) * rate_y, p) * w[V, j, i]


def end_layer(j, i, out, w, p):
    """Hand over the part of the surface that flow along y has brought."""
    zeta_y = w[ZY, j, i]
    moves = where(maximum(zeta_y, -zeta_y) < p.motion_threshold, p.zero, p.one)
    out[ZETA_Y, j, i] = zeta_y * moves + p.zero


def with_absorption(step: Kernel) -> Kernel:
    """The kernel of a step that absorbs as well, for the cells of the layers."""
    fading: dict[str, Callable] = {kick_at_coast.__name__: fade_flow, drift_at_coast.__name__: fade_surface}
    found = [Stage(begin_layer, west=12, east=12, south=12, north=12)]
    for stage in step.stages:
        fade = fading.get(stage.body.__name__)
        if fade is fade_surface:
            found.append(after(stage, bring_along_y))
        found += [stage, *([after(stage, fade)] if fade else ())]
    found.append(Stage(end_layer, exact=True))
    if step.at_rest is not None:
        states, result = step.at_rest
        step = step._replace(at_rest=((*states, "split"), result))
    return step._replace(name=f"{step.name}_absorbing", stages=tuple(found))
