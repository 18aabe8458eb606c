"""Absorbing layers: what unsplit CPML with a frequency shift adds to a step (Komatitsch & Martin 2007).

In a layer across an axis a derivative D along it becomes D + (g D + psi), g = 1/kappa - 1, where psi -> b psi + a D
remembers it. The bodies here add the part in brackets, after the step has been made as if there were no layer, so
that corners are nothing special: each layer adds its own. coef holds b, a, g at the centres of the cells across
the layer, then b, a, g half a cell from them; psi_n, psi_1, psi_2 hold psi, from the corner k0, j0, i0 of the layer on.
Each layer also damps velocities: coef[6] is what it leaves of them, keep what layers across the axes before it (x, y, z
in this order) have left, by which its own part of the acceleration is multiplied, too. So all of a velocity is damped
by the same factor in a corner, and forces that balance each other go on to do so.
With attenuation the memory variables relax what is added, too, so that absorption is that of the true medium.
"""

from esim.kernels.crust.anelastic import (
    inv_q_xy,
    inv_q_xz,
    inv_q_yz,
    load_memory,
    store_memory,
    strength,
)
from esim.kernels.crust.elastic import (
    buoyancy,
    rigidity_xy,
    rigidity_xz,
    rigidity_yz,
    s_x,
    s_y,
    s_z,
    v_x,
    v_y,
    v_z,
)
from esim.kernels.crust.staggered import ahead_x, ahead_y, ahead_z, behind_x, behind_y, behind_z


def velocity_x(
    k, j, i, vx, vy, vz, sxx, sxy, sxz, rho, psi_n, psi_1, psi_2, coef, k0, j0, i0, near_interface, p
):
    """Acceleration that a layer across x adds."""
    w = v_x(k, j, i, near_interface, p)
    here = rho[k, j, i]
    normal = ahead_x(sxx, k, j, i, w)
    psi = coef[3, 0, 0, i - i0] * psi_n[k - k0, j - j0, i - i0] + coef[4, 0, 0, i - i0] * normal
    psi_n[k - k0, j - j0, i - i0] = psi
    normal = coef[5, 0, 0, i - i0] * normal + psi
    first = behind_x(sxy, k, j, i, w)
    psi = coef[0, 0, 0, i - i0] * psi_1[k - k0, j - j0, i - i0] + coef[1, 0, 0, i - i0] * first
    psi_1[k - k0, j - j0, i - i0] = psi
    first = coef[2, 0, 0, i - i0] * first + psi
    second = behind_x(sxz, k, j, i, w)
    psi = coef[0, 0, 0, i - i0] * psi_2[k - k0, j - j0, i - i0] + coef[1, 0, 0, i - i0] * second
    psi_2[k - k0, j - j0, i - i0] = psi
    second = coef[2, 0, 0, i - i0] * second + psi
    left = coef[6, 0, 0, i - i0]
    vx[k, j, i] = left * (vx[k, j, i] + buoyancy(here, rho[k, j, i + 1], p) * normal)
    vy[k, j, i] = left * (vy[k, j, i] + buoyancy(here, rho[k, j + 1, i], p) * first)
    vz[k, j, i] = left * (vz[k, j, i] + buoyancy(here, rho[k - 1, j, i], p) * second)


def stress_normal_x(k, j, i, vx, sxx, syy, szz, lam, mu, psi_n, coef, k0, j0, i0, near_interface, p):
    """Normal stresses that a layer across x adds."""
    normal = behind_x(vx, k, j, i, s_x(k, j, i, near_interface, p))
    psi = coef[0, 0, 0, i - i0] * psi_n[k - k0, j - j0, i - i0] + coef[1, 0, 0, i - i0] * normal
    psi_n[k - k0, j - j0, i - i0] = psi
    normal = coef[2, 0, 0, i - i0] * normal + psi
    pressed = lam[k, j, i] * normal
    sxx[k, j, i] = sxx[k, j, i] + (pressed + p.two * mu[k, j, i] * normal)
    syy[k, j, i] = syy[k, j, i] + pressed
    szz[k, j, i] = szz[k, j, i] + pressed


def stress_shear_x(k, j, i, vy, vz, sxy, sxz, mu, psi_1, psi_2, coef, k0, j0, i0, near_interface, p):
    """Shear stresses that a layer across x adds."""
    w = s_x(k, j, i, near_interface, p)
    first = ahead_x(vy, k, j, i, w)
    psi = coef[3, 0, 0, i - i0] * psi_1[k - k0, j - j0, i - i0] + coef[4, 0, 0, i - i0] * first
    psi_1[k - k0, j - j0, i - i0] = psi
    first = coef[5, 0, 0, i - i0] * first + psi
    second = ahead_x(vz, k, j, i, w)
    psi = coef[3, 0, 0, i - i0] * psi_2[k - k0, j - j0, i - i0] + coef[4, 0, 0, i - i0] * second
    psi_2[k - k0, j - j0, i - i0] = psi
    second = coef[5, 0, 0, i - i0] * second + psi
    sxy[k, j, i] = sxy[k, j, i] + rigidity_xy(k, j, i, mu, p) * first
    sxz[k, j, i] = sxz[k, j, i] + rigidity_xz(k, j, i, mu, p) * second


def relax_normal_x(
    k,
    j,
    i,
    vx,
    sxx,
    syy,
    szz,
    rxx,
    lam,
    mu,
    inv_qp,
    inv_qs,
    relax,
    psi_n,
    coef,
    k0,
    j0,
    i0,
    near_interface,
    p,
):
    """Relax what a layer across x has added to the normal stresses of this step."""
    strain = (
        coef[2, 0, 0, i - i0] * behind_x(vx, k, j, i, s_x(k, j, i, near_interface, p))
        + psi_n[k - k0, j - j0, i - i0]
    )
    taken = relax[1, k & 1, j & 1, i] * strain
    twice = p.two * mu[k, j, i]
    of_p = p.half * ((lam[k, j, i] + twice) * strength(k, j, i, relax, inv_qp[k, j, i])) * taken
    of_s = p.half * (twice * strength(k, j, i, relax, inv_qs[k, j, i])) * taken
    sxx[k, j, i] = sxx[k, j, i] - of_p
    syy[k, j, i] = syy[k, j, i] - (of_p - of_s)
    szz[k, j, i] = szz[k, j, i] - (of_p - of_s)
    rxx[k, j, i] = store_memory(load_memory(rxx[k, j, i]) + taken, taken)


def relax_shear_x(
    k, j, i, vy, vz, sxy, sxz, rxy, rxz, mu, inv_qs, relax, psi_1, psi_2, coef, k0, j0, i0, near_interface, p
):
    """Relax what a layer across x has added to the shear stresses of this step."""
    w = s_x(k, j, i, near_interface, p)
    take = relax[1, k & 1, j & 1, i]
    first = take * (coef[5, 0, 0, i - i0] * ahead_x(vy, k, j, i, w) + psi_1[k - k0, j - j0, i - i0])
    second = take * (coef[5, 0, 0, i - i0] * ahead_x(vz, k, j, i, w) + psi_2[k - k0, j - j0, i - i0])
    of_first = rigidity_xy(k, j, i, mu, p) * strength(k, j, i, relax, inv_q_xy(k, j, i, inv_qs, p))
    of_second = rigidity_xz(k, j, i, mu, p) * strength(k, j, i, relax, inv_q_xz(k, j, i, inv_qs, p))
    sxy[k, j, i] = sxy[k, j, i] - p.half * of_first * first
    sxz[k, j, i] = sxz[k, j, i] - p.half * of_second * second
    rxy[k, j, i] = store_memory(load_memory(rxy[k, j, i]) + first, first)
    rxz[k, j, i] = store_memory(load_memory(rxz[k, j, i]) + second, second)


def velocity_y(
    k, j, i, vx, vy, vz, syy, sxy, syz, rho, psi_n, psi_1, psi_2, coef, keep, k0, j0, i0, near_interface, p
):
    """Acceleration that a layer across y adds."""
    w = v_y(k, j, i, near_interface, p)
    here = rho[k, j, i]
    normal = ahead_y(syy, k, j, i, w)
    psi = coef[3, 0, j - j0, 0] * psi_n[k - k0, j - j0, i - i0] + coef[4, 0, j - j0, 0] * normal
    psi_n[k - k0, j - j0, i - i0] = psi
    normal = coef[5, 0, j - j0, 0] * normal + psi
    first = behind_y(sxy, k, j, i, w)
    psi = coef[0, 0, j - j0, 0] * psi_1[k - k0, j - j0, i - i0] + coef[1, 0, j - j0, 0] * first
    psi_1[k - k0, j - j0, i - i0] = psi
    first = coef[2, 0, j - j0, 0] * first + psi
    second = behind_y(syz, k, j, i, w)
    psi = coef[0, 0, j - j0, 0] * psi_2[k - k0, j - j0, i - i0] + coef[1, 0, j - j0, 0] * second
    psi_2[k - k0, j - j0, i - i0] = psi
    second = coef[2, 0, j - j0, 0] * second + psi
    left = coef[6, 0, j - j0, 0]
    before = keep[0, 0, 0, i - i0]
    vy[k, j, i] = left * (vy[k, j, i] + before * (buoyancy(here, rho[k, j + 1, i], p) * normal))
    vx[k, j, i] = left * (vx[k, j, i] + before * (buoyancy(here, rho[k, j, i + 1], p) * first))
    vz[k, j, i] = left * (vz[k, j, i] + before * (buoyancy(here, rho[k - 1, j, i], p) * second))


def stress_normal_y(k, j, i, vy, sxx, syy, szz, lam, mu, psi_n, coef, k0, j0, i0, near_interface, p):
    """Normal stresses that a layer across y adds."""
    normal = behind_y(vy, k, j, i, s_y(k, j, i, near_interface, p))
    psi = coef[0, 0, j - j0, 0] * psi_n[k - k0, j - j0, i - i0] + coef[1, 0, j - j0, 0] * normal
    psi_n[k - k0, j - j0, i - i0] = psi
    normal = coef[2, 0, j - j0, 0] * normal + psi
    pressed = lam[k, j, i] * normal
    syy[k, j, i] = syy[k, j, i] + (pressed + p.two * mu[k, j, i] * normal)
    sxx[k, j, i] = sxx[k, j, i] + pressed
    szz[k, j, i] = szz[k, j, i] + pressed


def stress_shear_y(k, j, i, vx, vz, sxy, syz, mu, psi_1, psi_2, coef, k0, j0, i0, near_interface, p):
    """Shear stresses that a layer across y adds."""
    w = s_y(k, j, i, near_interface, p)
    first = ahead_y(vx, k, j, i, w)
    psi = coef[3, 0, j - j0, 0] * psi_1[k - k0, j - j0, i - i0] + coef[4, 0, j - j0, 0] * first
    psi_1[k - k0, j - j0, i - i0] = psi
    first = coef[5, 0, j - j0, 0] * first + psi
    second = ahead_y(vz, k, j, i, w)
    psi = coef[3, 0, j - j0, 0] * psi_2[k - k0, j - j0, i - i0] + coef[4, 0, j - j0, 0] * second
    psi_2[k - k0, j - j0, i - i0] = psi
    second = coef[5, 0, j - j0, 0] * second + psi
    sxy[k, j, i] = sxy[k, j, i] + rigidity_xy(k, j, i, mu, p) * first
    syz[k, j, i] = syz[k, j, i] + rigidity_yz(k, j, i, mu, p) * second


def relax_normal_y(
    k,
    j,
    i,
    vy,
    sxx,
    syy,
    szz,
    ryy,
    lam,
    mu,
    inv_qp,
    inv_qs,
    relax,
    psi_n,
    coef,
    k0,
    j0,
    i0,
    near_interface,
    p,
):
    """Relax what a layer across y has added to the normal stresses of this step."""
    strain = (
        coef[2, 0, j - j0, 0] * behind_y(vy, k, j, i, s_y(k, j, i, near_interface, p))
        + psi_n[k - k0, j - j0, i - i0]
    )
    taken = relax[1, k & 1, j & 1, i] * strain
    twice = p.two * mu[k, j, i]
    of_p = p.half * ((lam[k, j, i] + twice) * strength(k, j, i, relax, inv_qp[k, j, i])) * taken
    of_s = p.half * (twice * strength(k, j, i, relax, inv_qs[k, j, i])) * taken
    syy[k, j, i] = syy[k, j, i] - of_p
    sxx[k, j, i] = sxx[k, j, i] - (of_p - of_s)
    szz[k, j, i] = szz[k, j, i] - (of_p - of_s)
    ryy[k, j, i] = store_memory(load_memory(ryy[k, j, i]) + taken, taken)


def relax_shear_y(
    k, j, i, vx, vz, sxy, syz, rxy, ryz, mu, inv_qs, relax, psi_1, psi_2, coef, k0, j0, i0, near_interface, p
):
    """Relax what a layer across y has added to the shear stresses of this step."""
    w = s_y(k, j, i, near_interface, p)
    take = relax[1, k & 1, j & 1, i]
    first = take * (coef[5, 0, j - j0, 0] * ahead_y(vx, k, j, i, w) + psi_1[k - k0, j - j0, i - i0])
    second = take * (coef[5, 0, j - j0, 0] * ahead_y(vz, k, j, i, w) + psi_2[k - k0, j - j0, i - i0])
    of_first = rigidity_xy(k, j, i, mu, p) * strength(k, j, i, relax, inv_q_xy(k, j, i, inv_qs, p))
    of_second = rigidity_yz(k, j, i, mu, p) * strength(k, j, i, relax, inv_q_yz(k, j, i, inv_qs, p))
    sxy[k, j, i] = sxy[k, j, i] - p.half * of_first * first
    syz[k, j, i] = syz[k, j, i] - p.half * of_second * second
    rxy[k, j, i] = store_memory(load_memory(rxy[k, j, i]) + first, first)
    ryz[k, j, i] = store_memory(load_memory(ryz[k, j, i]) + second, second)


def velocity_z(
    k, j, i, vx, vy, vz, szz, sxz, syz, rho, psi_n, psi_1, psi_2, coef, keep, k0, j0, i0, near_interface, p
):
    """Acceleration that a layer across z adds."""
    w = v_z(k, j, i, near_interface, p)
    here = rho[k, j, i]
    normal = behind_z(szz, k, j, i, w)
    psi = coef[3, k - k0, 0, 0] * psi_n[k - k0, j - j0, i - i0] + coef[4, k - k0, 0, 0] * normal
    psi_n[k - k0, j - j0, i - i0] = psi
    normal = coef[5, k - k0, 0, 0] * normal + psi
    first = ahead_z(sxz, k, j, i, w)
    psi = coef[0, k - k0, 0, 0] * psi_1[k - k0, j - j0, i - i0] + coef[1, k - k0, 0, 0] * first
    psi_1[k - k0, j - j0, i - i0] = psi
    first = coef[2, k - k0, 0, 0] * first + psi
    second = ahead_z(syz, k, j, i, w)
    psi = coef[0, k - k0, 0, 0] * psi_2[k - k0, j - j0, i - i0] + coef[1, k - k0, 0, 0] * second
    psi_2[k - k0, j - j0, i - i0] = psi
    second = coef[2, k - k0, 0, 0] * second + psi
    left = coef[6, k - k0, 0, 0]
    before = keep[0, 0, j - j0, i - i0]
    vz[k, j, i] = left * (vz[k, j, i] + before * (buoyancy(here, rho[k - 1, j, i], p) * normal))
    vx[k, j, i] = left * (vx[k, j, i] + before * (buoyancy(here, rho[k, j, i + 1], p) * first))
    vy[k, j, i] = left * (vy[k, j, i] + before * (buoyancy(here, rho[k, j + 1, i], p) * second))


def stress_normal_z(k, j, i, vz, sxx, syy, szz, lam, mu, psi_n, coef, k0, j0, i0, near_interface, p):
    """Normal stresses that a layer across z adds."""
    normal = ahead_z(vz, k, j, i, s_z(k, j, i, near_interface, p))
    psi = coef[0, k - k0, 0, 0] * psi_n[k - k0, j - j0, i - i0] + coef[1, k - k0, 0, 0] * normal
    psi_n[k - k0, j - j0, i - i0] = psi
    normal = coef[2, k - k0, 0, 0] * normal + psi
    pressed = lam[k, j, i] * normal
    szz[k, j, i] = szz[k, j, i] + (pressed + p.two * mu[k, j, i] * normal)
    sxx[k, j, i] = sxx[k, j, i] + pressed
    syy[k, j, i] = syy[k, j, i] + pressed


def stress_shear_z(k, j, i, vx, vy, sxz, syz, mu, psi_1, psi_2, coef, k0, j0, i0, near_interface, p):
    """Shear stresses that a layer across z adds."""
    w = s_z(k, j, i, near_interface, p)
    first = behind_z(vx, k, j, i, w)
    psi = coef[3, k - k0, 0, 0] * psi_1[k - k0, j - j0, i - i0] + coef[4, k - k0, 0, 0] * first
    psi_1[k - k0, j - j0, i - i0] = psi
    first = coef[5, k - k0, 0, 0] * first + psi
    second = behind_z(vy, k, j, i, w)
    psi = coef[3, k - k0, 0, 0] * psi_2[k - k0, j - j0, i - i0] + coef[4, k - k0, 0, 0] * second
    psi_2[k - k0, j - j0, i - i0] = psi
    second = coef[5, k - k0, 0, 0] * second + psi
    sxz[k, j, i] = sxz[k, j, i] + rigidity_xz(k, j, i, mu, p) * first
    syz[k, j, i] = syz[k, j, i] + rigidity_yz(k, j, i, mu, p) * second


def relax_normal_z(
    k,
    j,
    i,
    vz,
    sxx,
    syy,
    szz,
    rzz,
    lam,
    mu,
    inv_qp,
    inv_qs,
    relax,
    psi_n,
    coef,
    k0,
    j0,
    i0,
    near_interface,
    p,
):
    """Relax what a layer across z has added to the normal stresses of this step."""
    strain = (
        coef[2, k - k0, 0, 0] * ahead_z(vz, k, j, i, s_z(k, j, i, near_interface, p))
        + psi_n[k - k0, j - j0, i - i0]
    )
    taken = relax[1, k & 1, j & 1, i] * strain
    twice = p.two * mu[k, j, i]
    of_p = p.half * ((lam[k, j, i] + twice) * strength(k, j, i, relax, inv_qp[k, j, i])) * taken
    of_s = p.half * (twice * strength(k, j, i, relax, inv_qs[k, j, i])) * taken
    szz[k, j, i] = szz[k, j, i] - of_p
    sxx[k, j, i] = sxx[k, j, i] - (of_p - of_s)
    syy[k, j, i] = syy[k, j, i] - (of_p - of_s)
    rzz[k, j, i] = store_memory(load_memory(rzz[k, j, i]) + taken, taken)


def relax_shear_z(
    k, j, i, vx, vy, sxz, syz, rxz, ryz, mu, inv_qs, relax, psi_1, psi_2, coef, k0, j0, i0, near_interface, p
):
    """Relax what a layer across z has added to the shear stresses of this step."""
    w = s_z(k, j, i, near_interface, p)
    take = relax[1, k & 1, j & 1, i]
    first = take * (coef[5, k - k0, 0, 0] * behind_z(vx, k, j, i, w) + psi_1[k - k0, j - j0, i - i0])
    second = take * (coef[5, k - k0, 0, 0] * behind_z(vy, k, j, i, w) + psi_2[k - k0, j - j0, i - i0])
    of_first = rigidity_xz(k, j, i, mu, p) * strength(k, j, i, relax, inv_q_xz(k, j, i, inv_qs, p))
    of_second = rigidity_yz(k, j, i, mu, p) * strength(k, j, i, relax, inv_q_yz(k, j, i, inv_qs, p))
    sxz[k, j, i] = sxz[k, j, i] - p.half * of_first * first
    syz[k, j, i] = syz[k, j, i] - p.half * of_second * second
    rxz[k, j, i] = store_memory(load_memory(rxz[k, j, i]) + first, first)
    ryz[k, j, i] = store_memory(load_memory(ryz[k, j, i]) + second, second)
