"""How heterogeneous is rock? A random von Karman field of velocity, the same for any number of ranks."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.media.crust.medium import RHO, VP, VS
from esim.media.crust.models.derived import Derived

BOX = 256  # cells along each side of the field, at most
LENGTHS = 8  # correlation lengths in the field, at least, so that its spectrum is resolved
DENSITY = 0.8  # relative change of density over that of velocity


@dataclass(frozen=True)
class VonKarman(Derived):
    """A medium in whose solids vp and vs are multiplied by 1 + d, and rho by 1 + 0.8 d; fluids stay as they are.

    d is a Gaussian random field of standard deviation `sigma` and mean 0 with the von Karman spectrum
    (1 + kx^2 ax^2 + ky^2 ay^2 + kz^2 az^2)^-(hurst + 3/2), cut at +-limit * sigma. correlation is (ax, ay, az)
    [m]. It has one value per cell of the grid, made from `seed` in a periodic box of at most 256 cells a side,
    which repeats over a larger grid. Waves shorter than two cells are not in it: all of sigma is in the rest.
    """

    grid: Grid3D
    sigma: float
    correlation: tuple[float, float, float]
    hurst: float
    seed: int
    limit: float

    @property
    def layered(self) -> bool:
        """Whether values depend on depth alone."""
        return False

    def check(self, grid: Grid3D) -> None:
        """Raises InputError unless the base is sound and stays so at the largest change."""
        self.base.check(grid)
        if self.sigma * self.limit >= 1:
            raise InputError(
                f"medium.random: sigma {self.sigma:g} times limit {self.limit:g} is {self.sigma * self.limit:g}, "
                "expected less than 1, at which velocities vanish"
            )

    def sample(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at x (nx,), y (ny,), depth (nz,) [m]: float64 (5, nz, ny, nx)."""
        return self._disturbed(self.base.sample(x, y, depth), self.deviation(x, y, depth))

    def at(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """vp, vs, rho, qp, qs at points x, y, depth (n,) [m]: float64 (5, n)."""
        deviation = self._clipped(tuple(self._cells(x, y, depth)))
        return self._disturbed(self.base.at(x, y, depth), deviation)

    def _disturbed(self, values: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        change = np.where(values[VS] > 0, self.sigma * deviation, 0.0)
        values[VP] *= 1 + change
        values[VS] *= 1 + change
        values[RHO] *= 1 + DENSITY * change
        return values

    def deviation(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """The field over sigma, cut at `limit`, in the cells of points: float64 (nz, ny, nx)."""
        return self._clipped(np.ix_(*self._cells(x, y, depth)))

    def _cells(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> list[np.ndarray]:
        """Cells of the field along depth, y and x."""
        g, flat = self.grid, self.grid.horizontal
        axes = ((depth, g.depth_min, g.dz), (y, flat.y0, flat.dy), (x, flat.x0, flat.dx))
        return [
            np.floor((points - first) / step).astype(np.int64) % size
            for (points, first, step), size in zip(axes, self._field.shape, strict=True)
        ]

    def _clipped(self, cells: tuple[np.ndarray, ...]) -> np.ndarray:
        return np.clip(self._field[cells].astype(np.float64), -self.limit, self.limit)

    @cached_property
    def _field(self) -> np.ndarray:
        """The whole periodic box of standard deviation 1, float32 (nz, ny, nx): white noise, filtered.

        Every rank makes all of it, from the shape of the grid and the seed alone.
        """
        spacing = self.grid.spacing[::-1]
        lengths = self.correlation[::-1]
        shape = tuple(
            _side(cells, length / step)
            for cells, length, step in zip(self.grid.shape, lengths, spacing, strict=True)
        )
        noise = np.random.default_rng(self.seed).standard_normal(shape, dtype=np.float32)
        spectrum = np.fft.rfftn(noise, axes=(0, 1, 2))
        spectrum *= self._filter(shape)
        return np.asarray(np.fft.irfftn(spectrum, shape, axes=(0, 1, 2)), dtype=np.float32)

    def _filter(self, shape: tuple[int, ...]) -> np.ndarray:
        """Factors of the half spectrum of white noise that give mean 0 and, on average, variance 1."""
        square = np.ones((1, 1, 1))
        for axis, (size, step, length) in enumerate(
            zip(shape, self.grid.spacing[::-1], self.correlation[::-1], strict=True)
        ):
            numbers = np.fft.rfftfreq(size, step) if axis == 2 else np.fft.fftfreq(size, step)
            along = [1, 1, 1]
            along[axis] = -1
            square = square + ((2 * math.pi * length * numbers) ** 2).reshape(along)
        power = square ** -(self.hurst + 1.5)
        power[0, 0, 0] = 0.0
        twice = np.full(power.shape[2], 2.0)  # the half that is left out mirrors all columns but the first
        twice[0] = 1.0
        if shape[2] % 2 == 0:
            twice[-1] = 1.0  # and, of an even number, the last
        mean = float((power * twice).sum()) / math.prod(shape)
        return np.sqrt(power / mean).astype(np.float32)


def _side(cells: int, length: float) -> int:
    """Cells along a side of the box: all of the grid and some correlation lengths, of factors 2, 3 and 5."""
    wanted = min(BOX, max(2, cells, math.ceil(LENGTHS * length)))
    return next(size for size in range(wanted, BOX + 1) if _smooth(size))


def _smooth(size: int) -> bool:
    for factor in (2, 3, 5):
        while size % factor == 0:
            size //= factor
    return size == 1
