"""How does the surface move? Its velocity, displacement and maxima, one value for each column of cells."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from esim.crust.model import Crust
from esim.variables.crust import SHAKING_MEASURES, USUAL_MEASURES


def surface_layers(crust: Crust, margin: int = 0) -> np.ndarray:
    """First layer of rock of the owned columns, (nj, ni), and so many around them; 0 where there is none."""
    h, nz = crust.block.halo, crust.grid.nz
    (j0, j1), (i0, i1) = ((first - margin, last + margin) for first, last in crust.block.interior)
    layers = np.zeros((j1 - j0, i1 - i0), int)
    found = np.zeros(layers.shape, bool)
    for k in range(nz):
        solid = crust.backend.to_host(crust.fields["mu"][k + h, j0:j1, i0:i1]) > 0
        layers[solid & ~found] = k
        found |= solid
        if found.all():
            break
    return layers


def level_ground(layers: np.ndarray) -> np.ndarray:
    """Which columns (nj, ni) are as high as those beside them; layers (nj + 2, ni + 2) has one more on every side."""
    own = layers[1:-1, 1:-1]
    beside = layers[:-2, 1:-1], layers[2:, 1:-1], layers[1:-1, :-2], layers[1:-1, 2:]
    return np.all([own == other for other in beside], axis=0)


class SurfaceMotion:
    """Velocities on the surface of the owned columns, (3, nj, ni), and what is kept of them from step to step.

    layers (nj + 2, ni + 2) are those of `surface_layers` with one more column around. vz lies on their upper faces; vx
    and vy are means of the faces of their cells along x and y, half a cell lower. Where the ground is as high on all
    sides they are continued to it, by the parabola through two layers with the slope that leaves no shear traction,
    dvx/dz = -dvz/dx. update() is called after each step.

    measures are the names of the maxima that are kept; convergence is the azimuth of y of the grid [degrees] of the
    owned columns, (nj, ni), zero where it is not known.
    """

    def __init__(
        self,
        crust: Crust,
        layers: np.ndarray,
        measures: Sequence[str] = USUAL_MEASURES,
        convergence: np.ndarray | None = None,
    ) -> None:
        self._crust, self._measures = crust, {name: SHAKING_MEASURES[name] for name in measures}
        block, h = crust.block, crust.block.halo
        nj, ni = block.shape
        j, i = np.meshgrid(np.arange(nj) + h, np.arange(ni) + h, indexing="ij")
        k = layers[1:-1, 1:-1] + h
        _, nk, rows, pitch = crust.v.shape
        # What is read lies as far from the cell of each column as from that of any other: one array of places does.
        self._first = pitch + 1
        self._places = crust.backend.index((k * rows + j) * pitch + i - self._first)

        def away(variable: int, dj: int, di: int, dk: int = 0) -> int:
            return ((variable * nk + dk) * rows + dj) * pitch + di

        self._pairs = ((away(0, 0, 0), away(0, 0, -1)), (away(1, 0, 0), away(1, -1, 0)))
        self._down = away(2, 0, 0)
        self._below = ((away(0, 0, 0, 1), away(0, 0, -1, 1)), (away(1, 0, 0, 1), away(1, -1, 0, 1)))
        self._beside = ((away(2, 0, 1), away(2, 0, -1)), (away(2, 1, 0), away(2, -1, 0)))
        real, dt, (dx, dy, dz) = crust.backend.dtype.type, crust.dt, crust.grid.spacing
        self._half, self._eighth, self._half_step, self._rate = map(real, (0.5, 0.125, 0.5 * dt, 1 / dt))
        self._steepness = real(3 / 16 * dz / dx), real(3 / 16 * dz / dy)
        rock = crust.backend.to_host(crust.fields["mu"])[k, j, i] > 0
        level = rock & level_ground(layers)
        self._level = crust.backend.from_host(level.astype(float)) if level.any() else None
        self.velocity = crust.backend.zeros((3, nj, ni))
        self._before = crust.backend.zeros((3, nj, ni))
        self.displacement = crust.backend.zeros((3, nj, ni))
        self.maxima = crust.backend.zeros((len(self._measures), nj, ni))
        angle = np.zeros((nj, ni)) if convergence is None else np.deg2rad(convergence)
        self._cos, self._sin = map(crust.backend.from_host, (np.cos(angle), np.sin(angle)))

    def update(self) -> None:
        """Update motions and maxima with the step that was just done."""
        self._before, self.velocity = self.velocity, self._before
        now = self.velocity
        now[0], now[1], now[2] = self._along(0), self._along(1), self._read(self._down)
        moved = now + self._before
        moved *= self._half_step
        self.displacement += moved
        if not self._measures:
            return
        motions = {
            "velocity": now,
            "displacement": self.displacement,
            "acceleration": (now - self._before) * self._rate,
        }
        for n, measure in enumerate(self._measures.values()):
            square = self._square(motions[measure.motion], measure.components)
            self._crust.backend.raise_to(self.maxima[n], square)

    def _read(self, away: int) -> Any:
        """Velocities so many places away from the cells of the surface."""
        return self._crust.v.reshape(-1)[self._first + away :].take(self._places)

    def _along(self, axis: int) -> Any:
        """Velocity along x or y (0, 1) on the surface; work is done in place, as memory is what takes time."""
        ahead, behind = self._pairs[axis]
        found = self._read(ahead)
        found += self._read(behind)
        found *= self._half
        if self._level is None:
            return found
        ahead, behind = self._below[axis]
        more = self._read(ahead)
        more += self._read(behind)
        more *= -self._half
        more += found
        more *= self._eighth
        ahead, behind = self._beside[axis]
        rise = self._read(ahead)
        rise -= self._read(behind)
        rise *= self._steepness[axis]
        more += rise
        more *= self._level
        found += more
        return found

    def _square(self, motion: Any, components: str) -> Any:
        """The squared length of some components of a motion."""
        if components in ("xyz", "xy"):
            return (motion[: len(components)] ** 2).sum(0)
        if components == "z":
            return motion[2] ** 2
        along, across = (motion[0], motion[1]) if components == "e" else (motion[1], -motion[0])
        return (self._cos * along + self._sin * across) ** 2

    def velocity_on_host(self) -> np.ndarray:
        """Velocities [m/s] after the step that was done last."""
        return self._crust.backend.to_host(self.velocity)

    def shaking(self) -> dict[str, np.ndarray]:
        """The maxima so far, by the names of their measures [m/s, m/s2, m]."""
        return dict(zip(self._measures, np.sqrt(self._crust.backend.to_host(self.maxima)), strict=True))

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint needs."""
        host = self._crust.backend.to_host
        return {
            "ground_velocity": host(self.velocity),
            "ground_displacement": host(self.displacement),
            "ground_maxima": host(self.maxima),
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Restore the state of a checkpoint."""
        device = self._crust.backend.from_host
        self.velocity[...] = device(state["ground_velocity"])
        self.displacement[...] = device(state["ground_displacement"])
        self.maxima[...] = device(state["ground_maxima"])
