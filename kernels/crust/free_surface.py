"""A flat free surface: what the layers of cells above it hold, so that the step below needs nothing special.

The surface is the upper face of layer k, where vz, sxz and syz lie. Stresses that have to vanish there are continued
above it by the cubic through zero and the three nodes below, which makes the differences of the step one-sided ones of
fourth order, as in the adjusted approximations of Kristek, Moczo & Archuleta (2002). vx, vy and vz are continued so
that the traction of the strain at the surface is zero (Graves 1996). Rayleigh waves then are 1.1 % slow at 6 points
per wavelength and 0.2 % at 10, a third of what mirrored stresses give, and no mode grows for Vp/Vs of 1.5 to 3.
"""

from esim.kernels.crust.elastic import s_x, s_y
from esim.kernels.crust.staggered import ahead_x, ahead_y, behind_x, behind_y
from esim.kernels.scalar import maximum


def stress_above(k, j, i, szz, sxz, syz, p):
    """Continue stresses above the first layer k, and clear the shear stress on the surface."""
    one, two, three = szz[k, j, i], szz[k + 1, j, i], szz[k + 2, j, i]
    szz[k - 1, j, i] = p.zz1 * one + p.zz2 * two + p.zz3 * three
    szz[k - 2, j, i] = p.zzz1 * one + p.zzz2 * two + p.zzz3 * three
    sxz[k - 1, j, i] = p.xz1 * sxz[k + 1, j, i] + p.xz2 * sxz[k + 2, j, i] + p.xz3 * sxz[k + 3, j, i]
    syz[k - 1, j, i] = p.xz1 * syz[k + 1, j, i] + p.xz2 * syz[k + 2, j, i] + p.xz3 * syz[k + 3, j, i]
    sxz[k, j, i] = p.zero
    syz[k, j, i] = p.zero


def velocity_above(k, j, i, vx, vy, vz, lam, mu, near_interface, p):
    """Continue velocities above the first layer k so that no traction acts on the surface."""
    x, y = s_x(k, j, i, near_interface, p), s_y(k, j, i, near_interface, p)
    stretched = behind_x(vx, k, j, i, x) + behind_y(vy, k, j, i, y)
    ratio = lam[k, j, i] / maximum(lam[k, j, i] + p.two * mu[k, j, i], p.tiny)
    vz[k - 1, j, i] = vz[k + 1, j, i] + p.two * p.layer * (ratio * stretched)
    vx[k - 1, j, i] = vx[k, j, i] + p.layer * ahead_x(vz, k, j, i, x)
    vy[k - 1, j, i] = vy[k, j, i] + p.layer * ahead_y(vz, k, j, i, y)
