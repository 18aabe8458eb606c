"""Linear long waves by a staggered leapfrog, of second order and without loss: the yardstick of deep-ocean solvers.

    d(zeta)/dt = -d(hu)/dx - d(hv)/dy,  d(hu)/dt = -g H d(zeta)/dx + f hv,  d(hv)/dt = -g H d(zeta)/dy - f hu

on a C grid (Arakawa & Lamb 1977, Methods Comput. Phys. 17:173): zeta at the centres of cells, hu and hv on their faces,
half a step later; f by hu and hv in turn. A face beside a dry cell, or on the outer edge, is a wall. One sweep over
memory a step, in float32.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from esim.grids.grid import Grid
from esim.ocean.absorbing_layers import absorption

G = 9.81


class Leapfrog:
    """Water at rest with a surface zeta [m] over still water of a depth [m], both (ny, nx); no depth is land.

    `zeta` (ny, nx) [m]; `hu` (ny, nx + 1) and `hv` (ny + 1, nx) [m2/s] are half a step ahead. Steps of dt [s] are
    stable up to dt c sqrt(1/dx2 + 1/dy2) = 1. In `rim` cells along the outer edges waves decay.
    """

    def __init__(
        self, grid: Grid, depth: np.ndarray, zeta: np.ndarray, dt: float, rim: int = 0, coriolis: bool = True
    ) -> None:
        """Set the coefficients, and the fluxes after half a step."""
        (width, height), f, wet = grid.cell_size(), grid.coriolis() * coriolis, depth > 0
        south = grid.face_width(0, grid.ny + 1)
        self.zeta = np.where(wet, zeta, 0).astype("f4")
        self.hu, self.hv = np.zeros((grid.ny, grid.nx + 1), "f4"), np.zeros((grid.ny + 1, grid.nx), "f4")
        self._push_u, self._push_v = np.zeros_like(self.hu), np.zeros_like(self.hv)
        self._push_u[:, 1:-1] = _faces(depth, wet) * dt * G / width[:, None]
        self._push_v[1:-1] = _faces(depth.T, wet.T).T * dt * G / height[0]
        area = width * height
        turn = 0.25 * dt * np.stack([f, np.append(f[0], 0.5 * (f[1:] + f[:-1]))])
        self._rows = np.stack([dt / width, dt * south[:-1] / area, dt * south[1:] / area, *turn]).astype("f4")
        self.hu[:, 1:-1] = -0.5 * self._push_u[:, 1:-1] * np.diff(self.zeta, axis=1)
        self.hv[1:-1] = -0.5 * self._push_v[1:-1] * np.diff(self.zeta, axis=0)
        self._rim = list(_rims(grid, depth, dt, rim)) if rim else []

    def advance(self, steps: int = 1) -> None:
        """Take some steps."""
        step = compiled()
        for _ in range(steps):
            step(self.zeta, self.hu, self.hv, self._push_u, self._push_v, self._rows)
            for part, factor in self._rim:
                for values in (self.zeta, self.hu, self.hv):
                    values[part] *= factor


def _faces(depth: np.ndarray, wet: np.ndarray) -> np.ndarray:
    """Depth on the inner faces across the second axis; no water beside land."""
    return 0.5 * (depth[:, 1:] + depth[:, :-1]) * (wet[:, 1:] & wet[:, :-1])


def _rims(grid: Grid, depth: np.ndarray, dt: float, rim: int) -> Any:
    """Strips along the outer edges, and what is left of a wave in them after a step."""
    celerity = np.sqrt(G * depth.max())
    for axis, count, size in ((1, grid.nx, grid.cell_size()[0].mean()), (0, grid.ny, grid.cell_size()[1][0])):
        rate = absorption(count, 0, rim, (rim, rim), (celerity / size,) * 2)
        left = (1 / (1 + dt * rate)).astype("f4")
        low = [slice(None), slice(None)]
        high = low.copy()
        low[axis], high[axis] = slice(rim), slice(-rim, None)
        yield tuple(low), np.expand_dims(left, 1 - axis)
        yield tuple(high), np.expand_dims(left[::-1], 1 - axis)


def use_threads(count: int) -> None:
    """Let steps have so many threads."""
    from numba import set_num_threads

    set_num_threads(count)


@cache
def compiled() -> Callable[..., None]:
    """The step, for as many threads as `use_threads` has said."""
    from numba import get_num_threads, njit, prange

    @njit(error_model="numpy")
    def surface(zeta: Any, hu: Any, hv: Any, rows: Any, j: int) -> None:
        for i in range(zeta.shape[1]):
            east = rows[0, j] * (hu[j, i + 1] - hu[j, i])
            zeta[j, i] -= east + (rows[2, j] * hv[j + 1, i] - rows[1, j] * hv[j, i])

    @njit(error_model="numpy")
    def flux_u(zeta: Any, hu: Any, hv: Any, push: Any, turn: Any, j: int) -> None:
        for i in range(1, zeta.shape[1]):
            west, east = hv[j, i - 1] + hv[j + 1, i - 1], hv[j, i] + hv[j + 1, i]
            turned = turn * (west + east) if push[j, i] > 0 else np.float32(0)
            hu[j, i] += turned - push[j, i] * (zeta[j, i] - zeta[j, i - 1])

    @njit(error_model="numpy")
    def flux_v(zeta: Any, hu: Any, hv: Any, push: Any, turn: Any, j: int) -> None:
        for i in range(zeta.shape[1]):
            south, north = hu[j - 1, i] + hu[j - 1, i + 1], hu[j, i] + hu[j, i + 1]
            turned = turn * (south + north) if push[j, i] > 0 else np.float32(0)
            hv[j, i] -= turned + push[j, i] * (zeta[j, i] - zeta[j - 1, i])

    @njit(parallel=True, error_model="numpy")
    def step(zeta: Any, hu: Any, hv: Any, push_u: Any, push_v: Any, rows: Any) -> None:
        ny, blocks = zeta.shape[0], get_num_threads()
        for n in prange(blocks):
            first = n * ny // blocks
            for j in range(first, (n + 1) * ny // blocks):
                surface(zeta, hu, hv, rows, j)
                flux_u(zeta, hu, hv, push_u, rows[3, j], j)
                if j > first:
                    flux_v(zeta, hu, hv, push_v, rows[4, j], j)
        for n in range(1, blocks):  # what two threads meet at
            j = n * ny // blocks
            flux_v(zeta, hu, hv, push_v, rows[4, j], j)

    return step
