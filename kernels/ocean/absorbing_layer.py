"""Absorbing layers along open sides: a matched layer for long waves, whatever the angle at which they come.

Within a layer the coordinate across the side is stretched into the complex plane (Berenger 1994, J. Comput. Phys.
114:185; for shallow water Navon, Neta & Hussaini 2004, Mon. Weather Rev. 132:1369), so that waves decay on their way
out, and only on that way: one that runs along the side has nothing to lose, and nothing to send back. zeta is split
into what flow across the side has brought, which decays as the momentum across it does, and what flow along it has
brought, which does not:
    d(zeta_x)/dt + s_x zeta_x = -d(hu)/dx,  d(zeta_y)/dt + s_y zeta_y = -d(hv)/dy,  zeta = zeta_x + zeta_y.
Both layers of a corner act at once. split[0, j, i] is zeta_y, which a run goes on from; elsewhere there is none. zeta
counts from split[1, j, i], that of the first water: a lake stays what it is.

That holds for waves. A current has eddies that the layer would feed: what else keeps its part of zeta loses it too,
the more the faster the water is, all of it from a third of the celerity on. The parts stay within the depth, and
beside dry cells only momentum decays, so that no shore drives itself.
"""

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.ocean.shallow_water import manning_friction, manning_friction_map
from esim.kernels.ocean.state import HU1, HV1, ROWS, YM, Z1, H, U, V
from esim.kernels.scalar import maximum, minimum, sqrt, where


def shallowest(h, west, east, south, north):
    """Least of the depths of a cell and its four neighbours."""
    return minimum(h, minimum(minimum(west, east), minimum(south, north)))


def absorb(j, i, split, bed, rows, sides, w, p):
    """Let zeta and momentum decay at the rates rows and sides [1/s] of the layers; implicit: any rate is stable."""
    h, u, v = w[H, j, i], w[U, j, i], w[V, j, i]
    rate_x = p.dt * sides[1, 0, i]
    rate_y = p.dt * rows[ROWS.absorption, j]
    w[HU1, j, i] = w[HU1, j, i] / (p.one + rate_x)
    w[HV1, j, i] = w[HV1, j, i] / (p.one + rate_y)
    speed = maximum(u, -u) + maximum(v, -v)
    leak = minimum((speed + speed + speed) / sqrt(p.g * maximum(h, p.dry)), p.one)
    brought = p.dt * (rows[ROWS.south, j] * w[YM, j, i] - rows[ROWS.north, j] * w[YM, j + 1, i])
    zeta_y = maximum(minimum(split[0, j, i] + brought, h), -h)
    rest = split[1, j, i]
    zeta_x = (w[Z1, j, i] - rest - zeta_y) / (p.one + rate_x + leak * rate_y)
    zeta_y = zeta_y / (p.one + rate_y + leak * rate_x)
    shore = shallowest(h, w[H, j, i - 1], w[H, j, i + 1], w[H, j - 1, i], w[H, j + 1, i]) <= p.dry
    zeta = where(shore, w[Z1, j, i], zeta_x + zeta_y + rest)
    # The parts may have different signs: together they must not leave less than no water.
    w[Z1, j, i] = zeta + maximum(minimum(bed[0, j, i], p.zero) - zeta, p.zero)
    split[0, j, i] = where(shore, p.zero, zeta_y)


def with_absorption(step: Kernel) -> Kernel:
    """The kernel of a shallow-water step that absorbs as well, for the cells of the layers."""
    stages = []
    for stage in step.stages:
        stages.append(stage)
        if stage.body in (manning_friction, manning_friction_map):
            stages.append(Stage(absorb, exact=True))
    if step.at_rest is not None:
        states, result = step.at_rest
        step = step._replace(at_rest=((*states, "split"), result))
    return step._replace(name=f"{step.name}_absorbing", stages=tuple(stages))
