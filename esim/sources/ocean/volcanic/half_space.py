"""How does the ground deform above a point that expands, a spherical chamber, or a moment tensor?

Displacement of the flat surface of a homogeneous elastic half-space, in closed form. All functions take points east and
north [m] of the source, which broadcast, and return the displacement (east, north, up) [m].
"""

from math import pi

import numpy as np

from esim.sources.volcanic import free_surface_terms

Vector = tuple[np.ndarray, np.ndarray, np.ndarray]


def mogi(
    east: np.ndarray, north: np.ndarray, depth: float, volume_change: float, poisson: float = 0.25
) -> Vector:
    """A small sphere that gains a volume [m3] at a depth [m]: Mogi (1958, Bull. Earthquake Res. Inst. 36, 99-134).

    u = (1 - nu) volume_change / pi x (x, y, depth) / R^3. The volume is that of the cavity, pi a^3 pressure / mu for a
    radius a; the ground rises by 2 (1 - nu) of it, 1.5 for nu = 0.25:

    >>> up = mogi(np.array(0.0), np.array(0.0), 3e3, 1e6)[2]
    >>> round(float(up), 5)
    0.02653
    """
    size = (1 - poisson) * volume_change / pi
    squared = east * east + north * north + depth * depth
    scale = size / (squared * np.sqrt(squared))
    return scale * east, scale * north, scale * depth


def mctigue(
    east: np.ndarray,
    north: np.ndarray,
    depth: float,
    radius: float,
    volume_change: float,
    poisson: float = 0.25,
) -> Vector:
    """A spherical chamber of a radius [m] with its centre at a depth [m]: McTigue (1987, JGR 92(B12), 12931-12940).

    Mogi's displacement x (1 + (radius / depth)^3 (a + b depth^2 / R^2)): the stress that the free surface sends back to
    the chamber, taken as uniform across it, makes it expand once more. volume_change is pi radius^3 pressure /
    rigidity.
    """
    isotropic, vertical = free_surface_terms(radius / depth, poisson)
    squared = depth * depth / (east * east + north * north + depth * depth)
    factor = 1 + isotropic + vertical * squared
    ux, uy, uz = mogi(east, north, depth, volume_change, poisson)
    return factor * ux, factor * uy, factor * uz


def moment_tensor(
    east: np.ndarray, north: np.ndarray, depth: float, potency: np.ndarray, poisson: float = 0.25
) -> Vector:
    """A point moment tensor at a depth [m]: Okada (1985), eqs. 8-10, for points whose planes are along the axes.

    potency: the six moments (xx, yy, zz, xy, xz, yz), x east, y north, z down, over the rigidity [m3].
    """
    shape = np.broadcast_shapes(np.shape(east), np.shape(north))
    x, y = np.broadcast_to(east, shape), np.broadcast_to(north, shape)
    terms = _Terms(x, y, depth, 1 - 2 * poisson)
    # A crack that opens has lambda / mu on all three axes and 2 more across it; all three of them are an explosion.
    cracks, stiffness = terms.cracks(), 2 * poisson / (1 - 2 * poisson)
    explosion = (cracks[0] + cracks[1] + cracks[2]) / (3 * stiffness + 2)
    fields = [0.5 * (crack - stiffness * explosion) for crack in cracks] + terms.shears()
    ux, uy, uz = sum(p * field for p, field in zip(potency, fields, strict=True)) / (2 * pi)
    return ux, uy, uz


class _Terms:
    """Displacements (3, ...) times 2 pi by sources of 1 m3 at a depth d below places x, y of the surface."""

    def __init__(self, x: np.ndarray, y: np.ndarray, d: float, alpha: float) -> None:
        self.x, self.y, self.d, self.alpha = x, y, d, alpha
        r = np.sqrt(x * x + y * y + d * d)
        below = r * (r + d)
        self.cube = r * r * r
        self.direct = 3 * np.stack([x, y, np.full_like(r, d)]) / (self.cube * r * r)
        self.near, self.far = 1 / (below * (r + d)), (3 * r + d) / (below * below * below)
        self.level, self.steep = 1 / below, (2 * r + d) / (below * below * r)

    def cracks(self) -> list[np.ndarray]:
        """Cracks that open across x, y and z: eq. 10 with dips of 90 degrees, of which one is turned, and of 0."""
        x, y, d, alpha = self.x, self.y, self.d, self.alpha
        i1, i2 = self._i1(x, y), self._i1(y, x)
        across_x = np.stack([i2, alpha * y / self.cube - i1, self._i5(y)])
        across_y = np.stack([alpha * x / self.cube - i2, i1, self._i5(x)])
        return [
            self.direct * x * x - across_x,
            self.direct * y * y - across_y,
            self.direct * d * d,
        ]

    def shears(self) -> list[np.ndarray]:
        """The moments xy, xz and yz: strike slip with dips of 90 and 0 degrees (eq. 8), dip slip with 90 (eq. 9)."""
        x, y, d = self.x, self.y, self.d
        i4 = -self.alpha * x * y * self.steep
        twisted = np.stack([self._i1(x, y), self._i1(y, x), i4])
        return [self.direct * x * y + twisted, -self.direct * x * d, -self.direct * y * d]

    def _i1(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """I1 of eqs. 8-10; with x and y exchanged I2."""
        return self.alpha * y * (self.near - x * x * self.far)

    def _i5(self, x: np.ndarray) -> np.ndarray:
        return self.alpha * (self.level - x * x * self.steep)
