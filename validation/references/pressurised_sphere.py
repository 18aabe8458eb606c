"""How does the ground move above a spherical chamber under pressure, near the surface or not? To any accuracy wanted.

Points that expand and vertical point forces (Mindlin 1936, Physics 7, 195-202) on the axis inside the chamber, each of
which leaves the surface of the half-space free, are weighed so that together they press on the wall of the chamber as
its content does: the method of fundamental solutions, by least squares on a meridian. x, y [m] are level, z [m] is
depth; stresses are over the rigidity.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from esim.validation.references import chamber

SOURCES, WALL = 24, 80  # depths of sources on the axis, and places on the meridian
WITHIN = 0.8  # of the radius: how far sources go from the centre
STEP = 1e-3  # of the radius, of differences of fourth order
Field = Callable[[np.ndarray, float, float], np.ndarray]


class Chamber(NamedTuple):
    """A solution: depths [m] of sources, their strengths, Poisson's ratio, and the largest error of the pressure."""

    depths: np.ndarray
    expansions: np.ndarray
    forces: np.ndarray
    poisson: float
    residual: float

    def ground(self, distance: np.ndarray) -> np.ndarray:
        """Displacement (away, up) [m], (2, n), of the surface at distances (n,) [m]."""
        at = np.stack([distance, np.zeros_like(distance), np.zeros_like(distance)])
        total = sum(
            e * _expansion(at, depth, self.poisson) + f * vertical_force(at, depth, self.poisson)
            for depth, e, f in zip(self.depths.tolist(), self.expansions, self.forces, strict=True)
        )
        return np.asarray(total)[[0, 2]] * [[1.0], [-1.0]]


def solve(radius: float, depth: float, pressure: float, poisson: float) -> Chamber:
    """The chamber of a radius [m] with its centre at a depth [m], under a pressure over the rigidity."""
    angle = (np.arange(WALL) + 0.5) / WALL * np.pi
    normal = np.stack([np.sin(angle), np.zeros(WALL), np.cos(angle)])
    wall = np.array([[0.0], [0.0], [depth]]) + radius * normal
    depths = depth + WITHIN * radius * np.cos((np.arange(SOURCES) + 0.5) / SOURCES * np.pi)
    columns = np.stack(
        [
            _traction(field, wall, normal, at, poisson, STEP * radius)[[0, 2]].ravel()
            for field in (_expansion, vertical_force)
            for at in depths.tolist()
        ],
        axis=1,
    )
    wanted, size = -pressure * normal[[0, 2]].ravel(), np.linalg.norm(columns, axis=0)
    weight = np.sqrt(np.tile(np.sin(angle), 2))
    scaled = columns / size
    strength = np.linalg.lstsq(weight[:, None] * scaled, weight * wanted, rcond=1e-13)[0]
    residual = float(np.abs(scaled @ strength - wanted).max() / pressure)
    strength = strength / size
    return Chamber(depths, strength[:SOURCES], strength[SOURCES:], poisson, residual)


def vertical_force(position: np.ndarray, depth: float, poisson: float) -> np.ndarray:
    """Displacement (x, y, down), (3, ...), by a force downwards at a depth in a half-space, over force and rigidity."""
    x, y, z = position
    level, c, k = x * x + y * y, depth, 3 - 4 * poisson
    near, far = np.sqrt(level + (z - c) ** 2), np.sqrt(level + (z + c) ** 2)
    away = (z - c) / near**3 + k * (z - c) / far**3 + 6 * c * z * (z + c) / far**5
    away = away - 4 * (1 - poisson) * (1 - 2 * poisson) / (far * (far + z + c))
    down = k / near + (8 * (1 - poisson) ** 2 - k) / far + (z - c) ** 2 / near**3
    down = down + (k * (z + c) ** 2 - 2 * c * z) / far**3 + 6 * c * z * (z + c) ** 2 / far**5
    return np.stack([x * away, y * away, down]) / (16 * np.pi * (1 - poisson))


def _expansion(position: np.ndarray, depth: float, poisson: float) -> np.ndarray:
    return chamber.point(position, depth, 1.0, poisson)


def _traction(
    field: Field, position: np.ndarray, normal: np.ndarray, depth: float, poisson: float, step: float
) -> np.ndarray:
    """Force on a wall (3, n) over the rigidity, by a source at a depth; normals (3, n)."""
    gradient = np.empty((3, *position.shape))
    for k in range(3):
        aside = step * (np.arange(3) == k)[:, None]
        one, two = (field(position + n * aside, depth, poisson) - field(position - n * aside, depth, poisson)
                    for n in (1, 2))  # fmt: skip
        gradient[:, k] = (8 * one - two) / (12 * step)
    strain = gradient + gradient.transpose(1, 0, 2)
    stiffness = 2 * poisson / (1 - 2 * poisson)
    return np.asarray(np.einsum("ijk,jk->ik", strain, normal) + stiffness * np.trace(gradient) * normal)
