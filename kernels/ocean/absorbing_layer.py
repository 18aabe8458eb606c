"""Absorbing layers along open sides: a matched layer for long waves, whatever the angle at which they come.

Within a layer the coordinate across the side is stretched into the complex plane (Berenger 1994, J. Comput. Phys.
114:185; for shallow water Navon, Neta & Hussaini 2004, Mon. Weather Rev. 132:1369), so that waves decay on their way
out, and only on that way: one that runs along the side has nothing to lose, and nothing to send back. zeta is split
into what flow across the side has brought, which decays as the momentum across it does, and what flow along it has
brought, which does not:
    d(zeta_x)/dt + s_x zeta_x = -d(hu)/dx,  d(zeta_y)/dt + s_y zeta_y = -d(hv)/dy,  zeta = zeta_x + zeta_y,
with rates s = a c / dx of the celerity c, for which a wave fades by the same factor over water of any depth. Both
layers of a corner act at once. split[0, j, i] is zeta_y, which a run goes on from; elsewhere there is none.
"""

from esim.kernels.kernel import Kernel, Stage
from esim.kernels.ocean.shallow_water import HU1, HV1, ROWS, YM, Z1, H, advance
from esim.kernels.scalar import maximum, minimum, sqrt, where


def absorb(j, i, split, bed, rows, sides, w, p):
    """Let zeta and momentum decay in the directions in which the layer absorbs; implicit: any rate is stable."""
    h = w[H, j, i]
    celerity = sqrt(p.g * maximum(h, p.dry))
    keep_x = p.one / (p.one + p.dt * rows[ROWS.per_dx, j] * celerity * sides[1, 0, i])
    keep_y = p.one / (p.one + p.dt * rows[ROWS.per_dy, j] * celerity * rows[ROWS.absorption, j])
    shallowest = minimum(minimum(w[H, j - 1, i], w[H, j + 1, i]), minimum(w[H, j, i - 1], w[H, j, i + 1]))
    at_sea = minimum(h, shallowest) > p.dry
    both = minimum(keep_x, keep_y)
    keep_x = where(at_sea, keep_x, both)
    keep_y = where(at_sea, keep_y, both)
    brought = p.dt * (rows[ROWS.north, j] * w[YM, j + 1, i] - rows[ROWS.south, j] * w[YM, j, i])
    along_y = maximum(minimum(split[0, j, i] - brought, h), -h)
    along_y = where(at_sea, along_y, p.zero)
    along_x = w[Z1, j, i] - along_y
    along_y = along_y * keep_y
    zeta = along_x * keep_x + along_y
    # The parts may have different signs: together they must not leave less than no water.
    w[Z1, j, i] = zeta + maximum(minimum(bed[0, j, i], p.zero) - zeta, p.zero)
    w[HU1, j, i] = w[HU1, j, i] * keep_x
    w[HV1, j, i] = w[HV1, j, i] * keep_y
    split[0, j, i] = along_y


def with_absorption(step: Kernel) -> Kernel:
    """The kernel of a shallow-water step that absorbs as well, for the cells of the layers."""
    stages = []
    for stage in step.stages:
        stages.append(stage)
        if stage.body is advance:
            stages.append(Stage(absorb, exact=True))
    if step.at_rest is not None:
        states, result = step.at_rest
        step = step._replace(at_rest=((*states, "split"), result))
    return step._replace(name=f"{step.name}_absorbing", stages=tuple(stages))
