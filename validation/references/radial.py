"""How does water move in one dimension? A fine grid, in a plane or in rings, with another scheme than the engine's.

Second order: MUSCL with van Leer's limiter, HLLC-free HLL fluxes and two Runge-Kutta stages (Toro 2001, ch. 13; radial
source terms of section 13.3). Level bed.
"""

from typing import NamedTuple

import numpy as np

G = 9.81


class State(NamedTuple):
    """Depth [m] and velocity [m/s] at the centres r [m] of the cells."""

    r: np.ndarray
    h: np.ndarray
    u: np.ndarray

    def at(self, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Depth and velocity at other places, linear between."""
        return np.interp(r, self.r, self.h), np.interp(r, self.r, self.u)


def march(
    r: np.ndarray,
    h: np.ndarray,
    end: float,
    *,
    rings: bool = False,
    manning: float = 0.0,
    dry: float = 1e-8,
    g: float = G,
    cfl: float = 0.45,
) -> State:
    """Water of depth h at rest on uniform cells r, after `end` seconds.

    rings: r is a radius, whose first edge is 0. Manning friction is implicit. Beyond the ends nothing changes.
    """
    dr = r[1] - r[0]
    q = np.stack([h, np.zeros_like(h)])
    inverse = 1.0 / r if rings else np.zeros_like(r)
    time = 0.0
    while time < end:
        depth, u = _primitive(q, dry)
        dt = min(cfl * dr / float((np.abs(u) + np.sqrt(g * depth)).max()), end - time)
        first = q + dt * _rate(q, dr, inverse, dry, g)
        q = _rub(0.5 * (q + first + dt * _rate(first, dr, inverse, dry, g)), dt, manning, dry, g)
        time += dt
    return State(r, *_primitive(q, dry))


def _primitive(q: np.ndarray, dry: float) -> tuple[np.ndarray, np.ndarray]:
    wet = q[0] > dry
    return np.maximum(q[0], 0.0), np.where(wet, q[1] / np.where(wet, q[0], 1.0), 0.0)


def _rate(q: np.ndarray, dr: float, inverse: np.ndarray, dry: float, g: float) -> np.ndarray:
    h, u = (
        _ghosts(a, sign)
        for a, sign in zip(_primitive(q, dry), (1.0, -1.0 if inverse.any() else 1.0), strict=True)
    )
    sides = []
    for a in (h, u):
        back, ahead = np.diff(a)[:-1], np.diff(a)[1:]
        product = back * ahead
        half = np.where(product > 0, product / np.where(product > 0, back + ahead, 1.0), 0.0)
        sides.append((a[1:-1] + half, a[1:-1] - half))
    hl, ul, hr, ur = sides[0][0][:-1], sides[1][0][:-1], sides[0][1][1:], sides[1][1][1:]
    cl, cr = np.sqrt(g * hl), np.sqrt(g * hr)
    # Over dry ground the front runs at u + 2 c.
    slow = np.minimum(np.where(hl > dry, np.minimum(ul - cl, ur - cr), ur - 2 * cr), 0.0)
    fast = np.maximum(np.where(hr > dry, np.maximum(ul + cl, ur + cr), ul + 2 * cl), 0.0)
    slow = np.where(hr > dry, slow, np.minimum(ul - cl, 0.0))
    fast = np.where(hl > dry, fast, np.maximum(ur + cr, 0.0))
    width = np.maximum(fast - slow, 1e-30)
    left, right = np.stack([hl, hl * ul]), np.stack([hr, hr * ur])
    flux_l = np.stack([hl * ul, hl * ul**2 + 0.5 * g * hl**2])
    flux_r = np.stack([hr * ur, hr * ur**2 + 0.5 * g * hr**2])
    flux = (fast * flux_l - slow * flux_r + fast * slow * (right - left)) / width
    depth, speed = h[2:-2], u[2:-2]
    rings = np.stack([depth * speed, depth * speed**2]) * inverse
    return -np.diff(flux) / dr - rings


def _ghosts(a: np.ndarray, sign: float) -> np.ndarray:
    """Two cells more at each end: mirrored at the axis of rings, continued elsewhere."""
    return np.concatenate([sign * a[1::-1] if sign < 0 else a[1::-1], a, [a[-1], a[-1]]])


def _rub(q: np.ndarray, dt: float, manning: float, dry: float, g: float) -> np.ndarray:
    h, u = _primitive(q, dry)
    rough = np.where(h > dry, dt * g * manning**2 * np.abs(u) / np.maximum(h, dry) ** (4 / 3), 0.0)
    return np.stack([h, h * u / (1 + rough)])
