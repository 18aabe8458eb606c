"""A flat free surface: how vx and vy go on above it, for stations that look at them there.

The step itself needs nothing above the surface, which is the upper face of layer k, where vz, sxz and syz lie: the
closure of esim/grids/closure.py takes szz, sxz and syz as zero there. vx and vy are continued by the cubic through
the three nodes below whose slope at the surface leaves no shear traction: dvx/dz = -dvz/dx.
"""

from esim.kernels.crust.elastic import s_x, s_y
from esim.kernels.crust.staggered import ahead_x, ahead_y


def velocity_above(k, j, i, vx, vy, vz, near_interface, p):
    """Continue vx and vy above the first layer k."""
    x, y = s_x(k, j, i, near_interface, p), s_y(k, j, i, near_interface, p)
    below_x = p.above_1 * vx[k, j, i] + p.above_2 * vx[k + 1, j, i] + p.above_3 * vx[k + 2, j, i]
    below_y = p.above_1 * vy[k, j, i] + p.above_2 * vy[k + 1, j, i] + p.above_3 * vy[k + 2, j, i]
    vx[k - 1, j, i] = below_x + p.above_slope * ahead_x(vz, k, j, i, x)
    vy[k - 1, j, i] = below_y + p.above_slope * ahead_y(vz, k, j, i, y)
