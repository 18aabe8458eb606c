"""Waves in a compressible ocean of constant depth: frequencies of its modes, over ground that moves or does not.

Pressure p in water with the speed c of sound obeys p_tt = c^2 div grad p, and is rho g eta at the surface, which
follows the water. Over a rigid bottom a mode of the wavenumber k has p = cosh(m (H - z)), m^2 = k^2 - w^2 / c^2, and

    w^2 = g m tanh(m H);

in acoustic modes m is imaginary, m = i q, and w^2 = -g q tan(q H), with q H a little more than (n - 1/2) pi (Yamamoto
1982, Int. J. Soil Dyn. Earthq. Eng. 1, 65; Lotto and Dunham 2015, Comput. Geosci. 19, 327). Over a layer of rock whose
base is fixed, potentials of P and S waves are joined to the water: no shear stress, one pressure, one vertical motion.
SI units, angular frequencies in rad/s.
"""

import cmath
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from esim.constants import GRAVITY


@dataclass(frozen=True)
class Ocean:
    """Water of a depth [m], speed of sound [m/s] and density [kg/m3]."""

    depth: float
    speed: float
    density: float
    gravity: float = GRAVITY


@dataclass(frozen=True)
class Floor:
    """A layer of rock of a thickness [m] on a base that does not move; vp, vs [m/s], density [kg/m3]."""

    thickness: float
    vp: float
    vs: float
    density: float


def gravity_mode(k: float, ocean: Ocean) -> float:
    """Angular frequency of the gravity wave of a wavenumber k [1/m] over a rigid bottom."""
    incompressible = math.sqrt(ocean.gravity * k * math.tanh(k * ocean.depth))

    def excess(w: float) -> float:
        m = math.sqrt(max(k * k - (w / ocean.speed) ** 2, 0.0))
        return w * w - ocean.gravity * m * math.tanh(m * ocean.depth)

    return _root(excess, 0.1 * incompressible, incompressible)


def acoustic_mode(n: int, k: float, ocean: Ocean) -> float:
    """Angular frequency of the acoustic mode n, from 1 on, of a wavenumber k [1/m] over a rigid bottom."""

    def excess(q: float) -> float:
        squared = ocean.speed**2 * (q * q + k * k)
        return squared * math.cos(q * ocean.depth) + ocean.gravity * q * math.sin(q * ocean.depth)

    without = (n - 0.5) * math.pi / ocean.depth  # gravity stiffens the surface
    q = _root(excess, without, without + 0.5 * math.pi / ocean.depth)
    return ocean.speed * math.hypot(q, k)


def over_rock(rigid: float, k: float, ocean: Ocean, floor: Floor, softer: float = 0.01) -> float:
    """Angular frequency over rock of the mode that has the frequency `rigid` over a rigid bottom.

    Rock softens it by at most a part `softer`; raises ValueError where it is not found there.
    """

    def determinant(w: float) -> float:
        return float(np.linalg.det(_conditions(w, k, ocean, floor)))

    return _root(determinant, (1 - softer) * rigid, (1 + 0.1 * softer) * rigid)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """The root between two arguments; raises ValueError where there is none."""
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-15))


def _conditions(w: float, k: float, ocean: Ocean, floor: Floor) -> np.ndarray:
    """What must be zero, for the water and for the two constants of each potential of the rock (5, 5).

    Displacement is (i (k P - S'), P' - k S) for potentials P and i S, each cosh and sinh of the depth in the rock.
    """
    (c, s), squared = _even(k * k - (w / ocean.speed) ** 2, ocean.depth), k * k - (w / ocean.speed) ** 2
    surface = -ocean.gravity / w**2  # p over dp/dz there
    pressure, slope = surface * c + s, surface * squared * s + c
    a, b = k * k - (w / floor.vp) ** 2, k * k - (w / floor.vs) ** 2
    (ca, sa), (cb, sb) = _even(a, floor.thickness), _even(b, floor.thickness)
    mu = floor.density * floor.vs**2
    normal = floor.density * (2 * (floor.vs * k) ** 2 - w * w)
    rows = np.array(
        [
            [0.0, k * ca, k * sa, -b * sb, -cb],  # horizontal motion of the base
            [0.0, a * sa, ca, -k * cb, -k * sb],  # vertical motion of the base
            [0.0, 0.0, 2 * k, -(b + k * k), 0.0],  # shear stress on the seafloor
            [-slope / (ocean.density * w * w), 0.0, 1.0, -k, 0.0],  # vertical motion of the seafloor
            [pressure, normal, 0.0, 0.0, -2 * mu * k],  # normal stress on the seafloor
        ]
    )
    return np.asarray(rows / np.abs(rows).max(1, keepdims=True))


def _even(squared: float, distance: float) -> tuple[float, float]:
    """cosh(m x) and sinh(m x) / m for the square of m, of either sign."""
    m = cmath.sqrt(squared)
    return cmath.cosh(m * distance).real, (cmath.sinh(m * distance) / m).real if m else distance
