"""Elastic waves: one leapfrog step of velocity and of stress on the staggered grid (Virieux 1986; Graves 1996).

rho dv/dt = div s and ds/dt = lam tr(e) 1 + 2 mu e, with e the strain rate. vx, vy, vz lie on the east, the north and
the upper face of a cell, normal stresses and the medium at its centre, shear stresses on the edges between. The
density of a face is the mean of its two cells, the rigidity of an edge the harmonic mean of its four (Moczo et al.
2002), and zero if one of them is a fluid or air, so that interfaces of all kinds need nothing of their own.

Units keep float32 far from its limits: velocities in m/s, stresses in MPa, densities in g/cm3, moduli in GPa; the
weights of the differences carry the time step, the size of a cell and these units. Where near_interface is one,
beside rough surfaces, differences are of second order (only in kernels of the variant `reduced_order`). In the
uppermost layers below a flat free surface it holds the weights of differences along z (variant `near_surface`).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from esim.kernels.crust import closure
from esim.kernels.crust.reduced_order import REDUCED_ORDER
from esim.kernels.crust.staggered import (
    EIGHTH,
    ahead_x,
    ahead_y,
    ahead_z,
    behind_x,
    behind_y,
    behind_z,
)
from esim.kernels.kernel import Kernel, Stage, replace
from esim.kernels.scalar import maximum, where


class Params(NamedTuple):
    """Constants of a step in the run's floating-point type; see `constants` in esim/crust/model.py."""

    zero: float
    half: float
    one: float
    two: float
    quarter: float
    four: float
    tiny: float  # keeps 0/0 at zero
    second: float  # weight of the nearest pair in second order over that in full order
    above_1: float  # what continues vx and vy above a free surface: weights of three layers, and of the slope there
    above_2: float
    above_3: float
    above_slope: float
    vx1: float  # weights of differences of stress along x in the velocity step, then along y and z
    vx2: float
    vx3: float
    vx4: float
    vy1: float
    vy2: float
    vy3: float
    vy4: float
    vz1: float
    vz2: float
    vz3: float
    vz4: float
    sx1: float  # weights of differences of velocity in the stress step
    sx2: float
    sx3: float
    sx4: float
    sy1: float
    sy2: float
    sy3: float
    sy4: float
    sz1: float
    sz2: float
    sz3: float
    sz4: float


def v_x(k, j, i, near_interface, p):
    """Weights along x in the velocity step."""
    return (p.vx1, p.vx2, p.vx3, p.vx4)


def v_y(k, j, i, near_interface, p):
    """Weights along y in the velocity step."""
    return (p.vy1, p.vy2, p.vy3, p.vy4)


def v_z(k, j, i, near_interface, p):
    """Weights along z in the velocity step."""
    return (p.vz1, p.vz2, p.vz3, p.vz4)


def s_x(k, j, i, near_interface, p):
    """Weights along x in the stress step."""
    return (p.sx1, p.sx2, p.sx3, p.sx4)


def s_y(k, j, i, near_interface, p):
    """Weights along y in the stress step."""
    return (p.sy1, p.sy2, p.sy3, p.sy4)


def s_z(k, j, i, near_interface, p):
    """Weights along z in the stress step."""
    return (p.sz1, p.sz2, p.sz3, p.sz4)


NEAR_SURFACE = {
    order: {
        v_z: closure.ROW[order],
        s_z: closure.ROW[order],
        ahead_z: closure.AHEAD[order],
        behind_z: closure.BEHIND[order],
    }
    for order in (4, 8)
}


def buoyancy(a, b, p):
    """One over the mean of two densities, zero between two cells of air."""
    total = a + b
    return where(total > p.zero, p.two / total, p.zero)


def harmonic(a, b, c, d, p):
    """Harmonic mean of four rigidities, zero if one of them is."""
    ab = a * b
    cd = c * d
    return p.four * (ab * cd) / maximum((a + b) * cd + (c + d) * ab, p.tiny)


def rigidity_xy(k, j, i, mu, p):
    """Rigidity on the edge of sxy."""
    return harmonic(mu[k, j, i], mu[k, j, i + 1], mu[k, j + 1, i], mu[k, j + 1, i + 1], p)


def rigidity_xz(k, j, i, mu, p):
    """Rigidity on the edge of sxz."""
    return harmonic(mu[k, j, i], mu[k, j, i + 1], mu[k - 1, j, i], mu[k - 1, j, i + 1], p)


def rigidity_yz(k, j, i, mu, p):
    """Rigidity on the edge of syz."""
    return harmonic(mu[k, j, i], mu[k, j + 1, i], mu[k - 1, j, i], mu[k - 1, j + 1, i], p)


def velocity(k, j, i, vx, vy, vz, sxx, syy, szz, sxy, sxz, syz, rho, near_interface, p):
    """Accelerate by the divergence of stress."""
    x, y, z = (
        v_x(k, j, i, near_interface, p),
        v_y(k, j, i, near_interface, p),
        v_z(k, j, i, near_interface, p),
    )
    here = rho[k, j, i]
    to_east = behind_y(sxy, k, j, i, y) + ahead_z(sxz, k, j, i, z) + ahead_x(sxx, k, j, i, x)
    to_north = behind_x(sxy, k, j, i, x) + ahead_z(syz, k, j, i, z) + ahead_y(syy, k, j, i, y)
    down = behind_x(sxz, k, j, i, x) + behind_y(syz, k, j, i, y) + behind_z(szz, k, j, i, z)
    vx[k, j, i] = vx[k, j, i] + buoyancy(here, rho[k, j, i + 1], p) * to_east
    vy[k, j, i] = vy[k, j, i] + buoyancy(here, rho[k, j + 1, i], p) * to_north
    vz[k, j, i] = vz[k, j, i] + buoyancy(here, rho[k - 1, j, i], p) * down


def stress_normal(k, j, i, vx, vy, vz, sxx, syy, szz, lam, mu, near_interface, p):
    """Normal stresses by Hooke's law from the strain of the step."""
    x, y, z = (
        s_x(k, j, i, near_interface, p),
        s_y(k, j, i, near_interface, p),
        s_z(k, j, i, near_interface, p),
    )
    exx, eyy, ezz = behind_x(vx, k, j, i, x), behind_y(vy, k, j, i, y), ahead_z(vz, k, j, i, z)
    pressed = lam[k, j, i] * (exx + eyy + ezz)
    twice = p.two * mu[k, j, i]
    sxx[k, j, i] = sxx[k, j, i] + (pressed + twice * exx)
    syy[k, j, i] = syy[k, j, i] + (pressed + twice * eyy)
    szz[k, j, i] = szz[k, j, i] + (pressed + twice * ezz)


def stress_shear(k, j, i, vx, vy, vz, sxy, sxz, syz, mu, near_interface, p):
    """Shear stresses by Hooke's law from the strain of the step."""
    x, y, z = (
        s_x(k, j, i, near_interface, p),
        s_y(k, j, i, near_interface, p),
        s_z(k, j, i, near_interface, p),
    )
    exy = ahead_x(vy, k, j, i, x) + ahead_y(vx, k, j, i, y)
    exz = ahead_x(vz, k, j, i, x) + behind_z(vx, k, j, i, z)
    eyz = ahead_y(vz, k, j, i, y) + behind_z(vy, k, j, i, z)
    sxy[k, j, i] = sxy[k, j, i] + rigidity_xy(k, j, i, mu, p) * exy
    sxz[k, j, i] = sxz[k, j, i] + rigidity_xz(k, j, i, mu, p) * exz
    syz[k, j, i] = syz[k, j, i] + rigidity_yz(k, j, i, mu, p) * eyz


NONE: Mapping[Callable, Callable] = MappingProxyType({})
VARIANTS = ("plain", "reduced_order", "near_surface")


def _variant(name: str, order: int) -> Mapping[Callable, Callable]:
    """The functions that bodies of a variant call instead of others."""
    if name == "reduced_order":
        weights = {v_x: "v_x", v_y: "v_y", v_z: "v_z", s_x: "s_x", s_y: "s_y", s_z: "s_z"}
        differences, named = REDUCED_ORDER[order]
        return {**differences, **{function: named[key] for function, key in weights.items()}}
    return NEAR_SURFACE[order] if name == "near_surface" else NONE


def kernel(
    name: str,
    *bodies,
    order: int = 4,
    variant: str = "plain",
    width: int = 0,
    changes: Mapping[Callable, Callable] = NONE,
    packed: tuple[str, ...] = (),
) -> Kernel:
    """Kernel of some bodies of the crust for an order of the differences.

    variant is plain, reduced_order (second order where near_interface is one) or near_surface (near_interface holds
    the weights of differences along z in the uppermost layers below a flat free surface);
    changes are functions that the bodies call instead of others, and packed the arrays that hold 16 bits then.
    """
    functions = dict(changes) | (EIGHTH if order == 8 else {}) | dict(_variant(variant, order))
    stages = tuple(Stage(replace(body, functions), exact=True) for body in bodies)
    return Kernel(f"{name}_{order}_{variant}", stages, Params, halo=order // 2, width=width, packed=packed)
