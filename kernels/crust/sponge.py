"""A sponge: waves lose a part of themselves with every step in a layer (Cerjan et al. 1985).

keep[0, k, j, i] is what is left after a step, constant along the axes in which the layer is one cell thick here.
"""


def damp_velocity(k, j, i, vx, vy, vz, keep, k0, j0, i0, p):
    """Damp velocities in a layer."""
    left = keep[0, k - k0, j - j0, i - i0]
    vx[k, j, i] = vx[k, j, i] * left
    vy[k, j, i] = vy[k, j, i] * left
    vz[k, j, i] = vz[k, j, i] * left


def damp_stress(k, j, i, sxx, syy, szz, sxy, sxz, syz, keep, k0, j0, i0, p):
    """Damp stresses in a layer."""
    left = keep[0, k - k0, j - j0, i - i0]
    sxx[k, j, i] = sxx[k, j, i] * left
    syy[k, j, i] = syy[k, j, i] * left
    szz[k, j, i] = szz[k, j, i] * left
    sxy[k, j, i] = sxy[k, j, i] * left
    sxz[k, j, i] = sxz[k, j, i] * left
    syz[k, j, i] = syz[k, j, i] * left
