"""How does the Earth give way under a wave? Elastic loading and self-attraction, felt by the water as a slope.

Water of height zeta above its rest presses the seafloor down, and its mass lifts the geoid. In spherical harmonics
of degree n, with the load Love numbers h' (vertical displacement) and k' (potential) of an elastic Earth (Farrell
1972, Rev. Geophys. 10:761), sea level in equilibrium with a load zeta_n is
    xi_n = 3 rho_w / ((2 n + 1) rho_e) (1 + k'_n - h'_n) zeta_n
above the seafloor (Ray 1998, Mar. Geod. 21:181; Vinogradova et al. 2015, J. Phys. Oceanogr. 45:678), and the water
feels -g grad(zeta - xi). That is Allgeyer & Cummins (2014, GRL 41:2368) with the attraction of the water beside its
weight. A wave of wavenumber K, n + 1/2 = K R, so has the speed c^2 = g h (1 - G(K)), G = xi_n / zeta_n.

The symbol G(K) is applied by Fourier transforms on a coarse copy of the grid with as much empty space beside it. On
a lonlat grid K depends on latitude: xi is found for the scale of some latitudes, and interpolated in between.
"""

import math
from typing import Any

import numpy as np

from esim.constants import EARTH_RADIUS, SEA_DENSITY
from esim.kernels.ocean import air_pressure
from esim.ocean.forces import Force
from esim.ocean.model import Ocean

EARTH_DENSITY = 5514.0  # kg/m3, mean
# Degree n, -h'_n and -k'_n of PREM, from Han & Wahr (1995, Geophys. J. Int. 120:287); the origin is the centre of
# mass of the solid Earth.
LOVE = np.array(
    [
        (1, 0.28796, 0.0),
        (2, 0.99016, 0.30253),
        (3, 1.04998, 0.19413),
        (4, 1.05306, 0.13232),
        (6, 1.14380, 0.08950),
        (8, 1.28358, 0.07593),
        (10, 1.42240, 0.06862),
        (14, 1.66766, 0.05952),
        (20, 1.95829, 0.05070),
        (28, 2.22937, 0.04217),
        (40, 2.47571, 0.03294),
        (56, 2.66104, 0.02488),
        (80, 2.82885, 0.01781),
        (112, 2.99259, 0.01275),
        (160, 3.21246, 0.00897),
        (200, 3.39177, 0.00729),
        (280, 3.74390, 0.00551),
        (400, 4.23996, 0.00431),
        (550, 4.77669, 0.00356),
        (696, 5.20109, 0.00311),
    ]
)
UNIT = 2.0**-24  # m; heights are summed as whole numbers of it, so that no sum depends on its order
FINEST = 8000.0  # m, of the coarse copy: Earth hardly feels shorter waves
MOST_CELLS = 512  # of the coarse copy along a side
SHORTEST = (
    2 * math.pi
)  # in what the deepest basins' waves run from one update to the next; shorter ones are left out
CELERITY = 220.0  # m/s, of long waves over the deepest basins
STEP = math.log(1.5)  # from one latitude to the next, in the logarithm of the scale of longitudes


def loading_response(wavenumber: np.ndarray, shortest: float = 0.0) -> np.ndarray:
    """G(K), the height in equilibrium with a load over the height of that, for wavenumbers K [1/m]; zero for K = 0.

    Waves much shorter than `shortest` [m] are left out.
    """
    scaled = np.maximum(np.abs(wavenumber) * EARTH_RADIUS, 1.5)
    degree = scaled - 0.5
    h = np.interp(np.log(degree), np.log(LOVE[:, 0]), LOVE[:, 1])
    k = np.interp(np.log(degree), np.log(LOVE[:, 0]), LOVE[:, 2])
    ratio = 3 * SEA_DENSITY / (2 * scaled * EARTH_DENSITY) * (1 - k + h)
    weight = 1 / (1 + (wavenumber * shortest / (2 * math.pi)) ** 4)
    return np.where(wavenumber == 0, 0.0, ratio * weight)


class SurfaceLoad:
    """The wave on the root grid as a load: how sea level in equilibrium with it slopes, at some moments.

    slope is d(xi)/dx, d(xi)/dy (2, NJ, NI) on the coarse copy, in the run's precision, the same on all ranks; time [s]
    is the last moment, as the run's precision has it one second later. All that follow take the slope over at once,
    nests that are not active too, so that nothing but their acceleration has to be kept.
    """

    def __init__(self, ocean: Ocean, interval: float) -> None:
        self.ocean, self.interval = ocean, interval
        grid = ocean.grid
        width, height = (float(size.max()) for size in grid.cell_size())
        self._by = _bundle(grid.ny, height, grid.periodic[0]), _bundle(grid.nx, width, grid.periodic[1])
        shape = tuple(-(-n // by) for n, by in zip(grid.shape, self._by, strict=True))
        self.shape = shape
        self.slope = np.zeros((2, *shape), ocean.backend.dtype)
        self.time = -math.inf
        self.followers: list[SelfAttractionLoading] = []
        if ocean.comm.rank == 0:
            self._prepare()

    def _prepare(self) -> None:
        """Sizes of the transforms, the symbols, and the weights of the latitudes they stand for."""
        from scipy.fft import next_fast_len

        grid = self.ocean.grid
        whole = [grid.periodic[n] and grid.shape[n] % self._by[n] == 0 for n in (0, 1)]
        self._size = tuple(
            n if closed else next_fast_len(2 * n, real=True)
            for n, closed in zip(self.shape, whole, strict=True)
        )
        width, height = grid.cell_size()
        self._dy = float(height[0]) * self._by[0]
        edges = np.minimum(np.arange(self.shape[0] + 1) * self._by[0], grid.ny)
        self._dx = np.add.reduceat(width, edges[:-1]) / np.diff(edges) * self._by[1]
        # A few widths of cells, from the largest to the smallest, stand for all.
        logs = np.log(self._dx)
        count = 1 + math.ceil((logs.max() - logs.min()) / STEP - 1e-9)
        nodes = np.linspace(logs.min(), logs.max(), count) if count > 1 else logs[:1]
        # Rows of the empty space are as those at the nearer edge of the grid.
        rows = np.arange(self._size[0])
        beyond = (self.shape[0] + self._size[0]) // 2
        near = logs[np.where(rows < beyond, np.minimum(rows, self.shape[0] - 1), 0)]
        self._weights = [
            (np.interp(near, nodes, one) if count > 1 else np.ones(near.size)).astype(self.slope.dtype)
            for one in np.eye(count)
        ]
        shortest = SHORTEST * CELERITY * self.interval
        waves_y, waves_x = np.fft.fftfreq(self._size[0])[:, None], np.fft.rfftfreq(self._size[1])[None, :]
        sharp = _sharpened(waves_y, self._by[0]) * _sharpened(waves_x, self._by[1])
        self._symbols = [
            (
                sharp
                * loading_response(
                    2 * np.pi * np.hypot(waves_x / math.exp(node), waves_y / self._dy), shortest
                )
            ).astype(self.slope.dtype)
            for node in nodes
        ]

    def update(self, time: float) -> None:
        """Find the slope anew if it is time [s] to; all ranks take part."""
        if time < self.time + self.interval * (1 - 1e-9):
            return
        comm = self.ocean.comm
        heights = self._gather()
        found = self._respond(heights) if comm.rank == 0 and heights.any() else np.zeros_like(self.slope)
        self.slope = comm.bcast(found)
        self.time = float(self.slope.dtype.type(time + 1)) - 1  # as the arrays of the followers will have it
        for follower in self.followers:
            follower.take()

    def _gather(self) -> np.ndarray:
        """Mean height of the water above its rest [m] in the cells of the coarse copy, the same on all ranks."""
        ocean, block = self.ocean, self.ocean.block
        state = ocean.own(ocean.plan.state()[:1])[0].astype(np.float64)
        with np.errstate(invalid="ignore"):
            counts = np.rint(state / UNIT).astype(np.int64)
        rows, first_j = _edges(block.j0, block.j1, self._by[0])
        columns, first_i = _edges(block.i0, block.i1, self._by[1])
        mine = np.add.reduceat(np.add.reduceat(counts, rows, axis=0), columns, axis=1)
        total = np.zeros(self.shape, np.int64)
        for j, i, part in ocean.comm.allgather((first_j, first_i, mine)):
            total[j : j + part.shape[0], i : i + part.shape[1]] += part
        cells = [
            np.diff(np.minimum(np.arange(n + 1) * by, size))
            for n, by, size in zip(self.shape, self._by, ocean.grid.shape, strict=True)
        ]
        return np.asarray(total * UNIT / np.outer(*cells), self.slope.dtype)

    def _respond(self, heights: np.ndarray) -> np.ndarray:
        """Slope (2, NJ, NI) of sea level in equilibrium with heights (NJ, NI) [m]."""
        from scipy.fft import irfft2, rfft2

        nj, ni = self.shape
        waves = rfft2(heights, self._size, workers=1)
        xi = np.zeros(self._size, heights.dtype)
        for weight, ratio in zip(self._weights, self._symbols, strict=True):
            xi += weight[:, None] * irfft2(waves * ratio, self._size, workers=1)
        along = _difference(xi, 1)[:nj, :ni] / self._dx[:, None], _difference(xi, 0)[:nj, :ni] / self._dy
        return np.stack(along).astype(self.slope.dtype)

    def sample(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The slope (2, ny, nx) at cells x (nx,), y (ny,) of any grid within the root."""
        grid = self.ocean.grid
        rows = _between((y - grid.y0) / (grid.dy * self._by[0]) - 0.5, self.shape[0])
        columns = _between((x - grid.x0) / (grid.dx * self._by[1]) - 0.5, self.shape[1])
        part = (
            self.slope[:, rows[0], :] * (1 - rows[2])[:, None] + self.slope[:, rows[1], :] * rows[2][:, None]
        )
        return part[..., columns[0]] * (1 - columns[2]) + part[..., columns[1]] * columns[2]


class SelfAttractionLoading(Force):
    """The acceleration of the water of one grid by a load on the root grid; see `Force`.

    Between the moments at which the load is updated, the acceleration is extrapolated in time.
    """

    def __init__(self, ocean: Ocean, load: SurfaceLoad) -> None:
        self._ocean, self.load = ocean, load
        backend, block = ocean.backend, ocean.block
        # The acceleration at the last moment, its rate of change, and one plus that moment, zero where there is none.
        self._array = backend.zeros((5, *block.allocated))
        self._last: float | None = None
        load.followers.append(self)
        given = {"early": self._array[0:2], "late": self._array[2:4]}
        self._launches = tuple(
            backend.bind(
                air_pressure.INTERPOLATE_IN_TIME, block.interior, {"acceleration": acceleration, **given}
            )
            for acceleration in ocean.accelerations
        )

    @property
    def checkpoint_arrays(self) -> dict[str, Any]:
        """The acceleration at the last moment, its rate and the moment."""
        return {"loading": self._array}

    def add(self, acceleration: Any, time: float) -> None:
        """Add g grad(xi) at a time [s] to acceleration[2, j, i] on the owned cells."""
        ocean, load = self._ocean, self.load
        if self._last is None:
            self._resume()
        if load.ocean is ocean:
            load.update(time)
        if self._last is None:
            return
        real = ocean.backend.dtype.type
        constants = air_pressure.BlendParams(real(1), real(time - self._last))
        self._launches[ocean.plan.current](ocean.backend.constants(constants))

    def _resume(self) -> None:
        """Go on from what a checkpoint had."""
        moments = self._ocean.own(self._array[4:5])
        moment = float(moments[0, 0, 0]) if moments.size else 0.0
        if moment:
            self._last = moment - 1
            if self.load.ocean is self._ocean:
                self.load.time = self._last

    def take(self) -> None:
        """Take the slope of the load over."""
        if self._last is None:
            self._resume()
        ocean, load, block = self._ocean, self.load, self._ocean.block
        (j0, j1), (i0, i1) = block.interior
        real = ocean.backend.dtype.type
        slope = load.sample(ocean.grid.x(block.i0, block.i1), ocean.grid.y(block.j0, block.j1))
        fresh = ocean.backend.from_host(ocean.physics.gravity * slope)
        held, rate = self._array[0:2, j0:j1, i0:i1], self._array[2:4, j0:j1, i0:i1]
        if self._last is not None:
            rate[...] = (fresh - held) * real(1 / (load.time - self._last))
        held[...] = fresh
        self._array[4] = real(load.time + 1)
        self._last = load.time


def _bundle(cells: int, size: float, periodic: bool) -> int:
    """How many cells of a size [m] go into one of the coarse copy along a side; a divisor of all on a periodic one."""
    least = max(1, int(FINEST / size), -(-cells // MOST_CELLS))
    if periodic:
        return next((n for n in range(least, 2 * least + 1) if cells % n == 0), least)
    return least


def _sharpened(waves: np.ndarray, by: int) -> np.ndarray:
    """What waves, in numbers per coarse cell, lose by means over `by` cells and by interpolation back to those."""
    return (np.sinc(waves / by) / np.sinc(waves)) ** 3


def _edges(first: int, last: int, by: int) -> tuple[np.ndarray, int]:
    """Where, in cells first..last-1, bundles of `by` cells of the grid begin, and the number of the first bundle."""
    bundles = np.arange(first // by, (last - 1) // by + 1)
    return np.maximum(bundles * by - first, 0), int(bundles[0])


def _difference(field: np.ndarray, axis: int) -> np.ndarray:
    """Central differences of fourth order of a periodic field, per cell."""
    near = np.roll(field, -1, axis) - np.roll(field, 1, axis)
    far = np.roll(field, -2, axis) - np.roll(field, 2, axis)
    return (8 * near - far) / 12


def _between(position: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes below and above positions, and the weight of the upper one; at the ends the last node's value."""
    inside = np.clip(position, 0, count - 1)
    low = np.minimum(np.floor(inside).astype(np.int64), max(count - 2, 0))
    return low, np.minimum(low + 1, count - 1), inside - low
