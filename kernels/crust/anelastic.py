"""Attenuation: what relaxation mechanisms take from the stress (Emmerich & Korn 1987; Day & Bradley 2001).

A memory variable r of each strain component obeys dr/dt + w r = w e, with e the strain rate, and the stress rate
loses M Y r, M the unrelaxed modulus and Y the strength of the mechanism in this cell. The mechanism stands in
relax[n, k & 1, j & 1, i]: the factors A and B of the step r -> A r + B e, and a, b of Y = a/Q + b/Q^2. Coarse-grained,
each of the eight cells of a 2 x 2 x 2 block has its own mechanism; conventional attenuation calls these bodies once
for each mechanism, which is then the same in all cells. inv_qp and inv_qs are 1/Q of P and of S waves.

Memory variables may be kept as bfloat16, in words of 16 bits (BF16): 24 bytes less of a step's 176 of float32. Where
a mechanism is slow, what a step adds is far less than their last bit, and rounding to the nearest would lose it, always
to the same side; so they are rounded up or down at random, which is right on average. The dice are the last bits of the
strain of the step: every cell throws its own, anew in each step, and the same ones on any number of ranks.
"""

from collections.abc import Callable

from esim.kernels.crust.elastic import rigidity_xy, rigidity_xz, rigidity_yz, s_x, s_y, s_z
from esim.kernels.crust.staggered import ahead_x, ahead_y, ahead_z, behind_x, behind_y, behind_z
from esim.kernels.scalar import pack16, unpack16


def load_memory(r):
    """A memory variable as it is kept, as a number."""
    return r


def store_memory(r, strain):
    """A memory variable as it is kept; strain is what the step adds before it is weighed."""
    return r


def load_memory_bf16(r):
    """A memory variable that is kept as bfloat16, as a number."""
    return unpack16(r)


def store_memory_bf16(r, strain):
    """A memory variable as bfloat16; the bits of the strain decide which way it is rounded."""
    return pack16(r, strain)


BF16: dict[Callable, Callable] = {load_memory: load_memory_bf16, store_memory: store_memory_bf16}


def strength(k, j, i, relax, inv_q):
    """Fraction of the unrelaxed modulus that the mechanism of a cell relaxes."""
    return inv_q * (relax[2, k & 1, j & 1, i] + relax[3, k & 1, j & 1, i] * inv_q)


def mean(a, b, c, d, p):
    """Mean of four values."""
    return p.quarter * ((a + b) + (c + d))


def inv_q_xy(k, j, i, inv_qs, p):
    """1/Q of S waves on the edge of sxy."""
    return mean(inv_qs[k, j, i], inv_qs[k, j, i + 1], inv_qs[k, j + 1, i], inv_qs[k, j + 1, i + 1], p)


def inv_q_xz(k, j, i, inv_qs, p):
    """1/Q of S waves on the edge of sxz."""
    return mean(inv_qs[k, j, i], inv_qs[k, j, i + 1], inv_qs[k - 1, j, i], inv_qs[k - 1, j, i + 1], p)


def inv_q_yz(k, j, i, inv_qs, p):
    """1/Q of S waves on the edge of syz."""
    return mean(inv_qs[k, j, i], inv_qs[k, j + 1, i], inv_qs[k - 1, j, i], inv_qs[k - 1, j + 1, i], p)


def stress_normal(
    k, j, i, vx, vy, vz, sxx, syy, szz, rxx, ryy, rzz, lam, mu, inv_qp, inv_qs, relax, near_interface, p
):
    """Normal stresses from the strain of the step, and what the first mechanism of a cell takes from them."""
    x, y, z = (
        s_x(k, j, i, near_interface, p),
        s_y(k, j, i, near_interface, p),
        s_z(k, j, i, near_interface, p),
    )
    exx, eyy, ezz = behind_x(vx, k, j, i, x), behind_y(vy, k, j, i, y), ahead_z(vz, k, j, i, z)
    keep, take = relax[0, k & 1, j & 1, i], relax[1, k & 1, j & 1, i]
    xx, yy, zz = load_memory(rxx[k, j, i]), load_memory(ryy[k, j, i]), load_memory(rzz[k, j, i])
    new_xx, new_yy, new_zz = keep * xx + take * exx, keep * yy + take * eyy, keep * zz + take * ezz
    twice = p.two * mu[k, j, i]
    # Halves of the sums of old and new are the memory in the middle of the step.
    of_p = p.half * ((lam[k, j, i] + twice) * strength(k, j, i, relax, inv_qp[k, j, i]))
    of_s = p.half * (twice * strength(k, j, i, relax, inv_qs[k, j, i]))
    xx, yy, zz = xx + new_xx, yy + new_yy, zz + new_zz
    pressed = lam[k, j, i] * (exx + eyy + ezz) - of_p * (xx + yy + zz)
    sxx[k, j, i] = sxx[k, j, i] + (pressed + (twice * exx + of_s * (yy + zz)))
    syy[k, j, i] = syy[k, j, i] + (pressed + (twice * eyy + of_s * (xx + zz)))
    szz[k, j, i] = szz[k, j, i] + (pressed + (twice * ezz + of_s * (xx + yy)))
    rxx[k, j, i] = store_memory(new_xx, exx)
    ryy[k, j, i] = store_memory(new_yy, eyy)
    rzz[k, j, i] = store_memory(new_zz, ezz)


def stress_shear(k, j, i, vx, vy, vz, sxy, sxz, syz, rxy, rxz, ryz, mu, inv_qs, relax, near_interface, p):
    """Shear stresses from the strain of the step, and what the first mechanism of a cell takes from them."""
    x, y, z = (
        s_x(k, j, i, near_interface, p),
        s_y(k, j, i, near_interface, p),
        s_z(k, j, i, near_interface, p),
    )
    exy = ahead_x(vy, k, j, i, x) + ahead_y(vx, k, j, i, y)
    exz = ahead_x(vz, k, j, i, x) + behind_z(vx, k, j, i, z)
    eyz = ahead_y(vz, k, j, i, y) + behind_z(vy, k, j, i, z)
    keep, take = relax[0, k & 1, j & 1, i], relax[1, k & 1, j & 1, i]
    xy, xz, yz = load_memory(rxy[k, j, i]), load_memory(rxz[k, j, i]), load_memory(ryz[k, j, i])
    new_xy, new_xz, new_yz = keep * xy + take * exy, keep * xz + take * exz, keep * yz + take * eyz
    of_xy = p.half * strength(k, j, i, relax, inv_q_xy(k, j, i, inv_qs, p))
    of_xz = p.half * strength(k, j, i, relax, inv_q_xz(k, j, i, inv_qs, p))
    of_yz = p.half * strength(k, j, i, relax, inv_q_yz(k, j, i, inv_qs, p))
    sxy[k, j, i] = sxy[k, j, i] + rigidity_xy(k, j, i, mu, p) * (exy - of_xy * (xy + new_xy))
    sxz[k, j, i] = sxz[k, j, i] + rigidity_xz(k, j, i, mu, p) * (exz - of_xz * (xz + new_xz))
    syz[k, j, i] = syz[k, j, i] + rigidity_yz(k, j, i, mu, p) * (eyz - of_yz * (yz + new_yz))
    rxy[k, j, i] = store_memory(new_xy, exy)
    rxz[k, j, i] = store_memory(new_xz, exz)
    ryz[k, j, i] = store_memory(new_yz, eyz)


def relax_normal(
    k, j, i, vx, vy, vz, sxx, syy, szz, rxx, ryy, rzz, lam, mu, inv_qp, inv_qs, relax, near_interface, p
):
    """Relax the normal stresses."""
    x, y, z = (
        s_x(k, j, i, near_interface, p),
        s_y(k, j, i, near_interface, p),
        s_z(k, j, i, near_interface, p),
    )
    keep, take = relax[0, k & 1, j & 1, i], relax[1, k & 1, j & 1, i]
    xx, yy, zz = load_memory(rxx[k, j, i]), load_memory(ryy[k, j, i]), load_memory(rzz[k, j, i])
    exx, eyy, ezz = behind_x(vx, k, j, i, x), behind_y(vy, k, j, i, y), ahead_z(vz, k, j, i, z)
    new_xx, new_yy, new_zz = keep * xx + take * exx, keep * yy + take * eyy, keep * zz + take * ezz
    twice = p.two * mu[k, j, i]
    # Halves of the sums of old and new are the memory in the middle of the step.
    of_p = p.half * ((lam[k, j, i] + twice) * strength(k, j, i, relax, inv_qp[k, j, i]))
    of_s = p.half * (twice * strength(k, j, i, relax, inv_qs[k, j, i]))
    xx, yy, zz = xx + new_xx, yy + new_yy, zz + new_zz
    pressed = of_p * (xx + yy + zz)
    sxx[k, j, i] = sxx[k, j, i] - (pressed - of_s * (yy + zz))
    syy[k, j, i] = syy[k, j, i] - (pressed - of_s * (xx + zz))
    szz[k, j, i] = szz[k, j, i] - (pressed - of_s * (xx + yy))
    rxx[k, j, i] = store_memory(new_xx, exx)
    ryy[k, j, i] = store_memory(new_yy, eyy)
    rzz[k, j, i] = store_memory(new_zz, ezz)


def relax_shear(k, j, i, vx, vy, vz, sxy, sxz, syz, rxy, rxz, ryz, mu, inv_qs, relax, near_interface, p):
    """Relax the shear stresses."""
    x, y, z = (
        s_x(k, j, i, near_interface, p),
        s_y(k, j, i, near_interface, p),
        s_z(k, j, i, near_interface, p),
    )
    keep, take = relax[0, k & 1, j & 1, i], relax[1, k & 1, j & 1, i]
    xy, xz, yz = load_memory(rxy[k, j, i]), load_memory(rxz[k, j, i]), load_memory(ryz[k, j, i])
    exy = ahead_x(vy, k, j, i, x) + ahead_y(vx, k, j, i, y)
    exz = ahead_x(vz, k, j, i, x) + behind_z(vx, k, j, i, z)
    eyz = ahead_y(vz, k, j, i, y) + behind_z(vy, k, j, i, z)
    new_xy, new_xz, new_yz = keep * xy + take * exy, keep * xz + take * exz, keep * yz + take * eyz
    of_xy = rigidity_xy(k, j, i, mu, p) * strength(k, j, i, relax, inv_q_xy(k, j, i, inv_qs, p))
    of_xz = rigidity_xz(k, j, i, mu, p) * strength(k, j, i, relax, inv_q_xz(k, j, i, inv_qs, p))
    of_yz = rigidity_yz(k, j, i, mu, p) * strength(k, j, i, relax, inv_q_yz(k, j, i, inv_qs, p))
    sxy[k, j, i] = sxy[k, j, i] - p.half * (of_xy * (xy + new_xy))
    sxz[k, j, i] = sxz[k, j, i] - p.half * (of_xz * (xz + new_xz))
    syz[k, j, i] = syz[k, j, i] - p.half * (of_yz * (yz + new_yz))
    rxy[k, j, i] = store_memory(new_xy, exy)
    rxz[k, j, i] = store_memory(new_xz, exz)
    ryz[k, j, i] = store_memory(new_yz, eyz)
