"""How does a plane wave pass a layered medium? The propagator of its steps, frequency by frequency.

A field exp(iw (t - p.x)) turns a step of the crust into a band matrix over the layers of one column. Solved for each
frequency, with the stencils of the run, it is what the run itself would compute of a plane wave in a layered medium
without sides, to rounding: a reflectivity method in which the propagator of each layer is that of the grid, with its
dispersion. Frequencies have a small negative imaginary part, so that what is later than the window has died
(Phinney 1965). Below the grid the last layer goes on as a half-space; there the wave is added at one depth, and what
comes down is absorbed by stretched coordinates.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.crust.sources.box_injection import STRESS
from esim.crust.sources.stencils import Stencil, StepStencils
from esim.kernels.crust.staggered import WEIGHTS
from esim.sources.crust.incident_wave import IncidentWave

BELOW = 6  # layers between the grid and where the wave is added, and from there to where it is absorbed
ABSORBING = 40  # layers
EXTRA = 2 * BELOW + ABSORBING  # layers below the grid
REFLECTION = 1e-12  # of the absorbing layers by theory, of a vertical wave
DECAY = math.log(1e5)  # by which a field dies over the window
# What is less than this part of the largest spectral value is left out; the end of the window raises it by exp(DECAY).
LEAST = 1e-8
FINEST = 0.85  # of the largest symbol of a difference: waves that the half-space carries
# Nodes of velocities and stresses in a cell, in its sizes: x east, y north, z down, from its centre.
OFFSETS = np.array(
    [(0.5, 0, 0), (0, 0.5, 0), (0, 0, -0.5)]
    + [(0, 0, 0)] * 3
    + [(0.5, 0.5, 0), (0.5, 0, -0.5), (0, 0.5, -0.5)]
)
VERTICAL_V, VERTICAL_S = (
    {(0, 4), (1, 5), (2, 2)},
    {(0, 2), (1, 2), (2, 2), (4, 0), (5, 1)},
)  # differences along z


@dataclass(frozen=True)
class ColumnMotion:
    """vx, vy, vz [m/s] and the six stresses [MPa] of a column in time, (9, nz, samples), dt [s] apart.

    Velocities begin at `begin` [s], stresses half a step later, both at the reference point of the wave.
    """

    begin: float
    dt: float
    values: np.ndarray


class Assembly:
    """Weights of stencils summed over what lies side by side, as sparse matrices of one frequency."""

    def __init__(self, stencils: StepStencils) -> None:
        self.stencils, self.nz = stencils, stencils.grid.nz
        recalled: dict[int, list[Stencil]] = {}
        for one in stencils.recall:
            recalled.setdefault(one.source, []).append(one)
        self._lossy = [
            (Stencil(r.target, e.source, e.offset, r.weights * e.weights), e.target)
            for e in stencils.straining
            for r in recalled.get(e.target, ())
        ]

    def matrices(self, z: complex, k: Sequence[complex], stretch: Sequence[np.ndarray] | None) -> tuple:
        """Matrices from stresses to velocities, and back, for a factor z a step and wavenumbers k along x and y.

        stretch are factors of differences along z, at the centres of layers and on their upper faces.
        """
        acceleration = [(a, a.weights.mean((0, 1))) for a in self.stencils.acceleration]
        hooke = [(a, a.weights.mean((0, 1)).astype(complex)) for a in self.stencils.hooke]
        left = self.stencils.remaining
        for one, variable in self._lossy:
            late = one.weights / (z - left[variable])  # what the step before has left
            hooke.append((one, late.mean((0, 1))))
        return (
            self._matrix(acceleration, (3, 6), (0, STRESS), k, stretch, VERTICAL_V),
            self._matrix(hooke, (6, 3), (STRESS, 0), k, stretch, VERTICAL_S),
        )

    def _matrix(
        self,
        parts: list[tuple[Stencil, np.ndarray]],
        sizes: tuple[int, int],
        firsts: tuple[int, int],
        k: Sequence[complex],
        stretch: Sequence[np.ndarray] | None,
        vertical: set[tuple[int, int]],
    ) -> Any:
        from scipy.sparse import csr_array

        rows, columns, data = [], [], []
        layers, spacing = np.arange(self.nz), self.stencils.grid.spacing
        for one, weights in parts:
            shift = OFFSETS[firsts[1] + one.source] - OFFSETS[firsts[0] + one.target]
            dx, dy = (one.offset[2] + shift[0]) * spacing[0], (one.offset[1] + shift[1]) * spacing[1]
            values = weights * np.exp(-1j * (k[0] * dx + k[1] * dy))
            if stretch is not None and (one.target, one.source) in vertical:
                values = values * stretch[int(OFFSETS[firsts[0] + one.target][2] != 0)]
            to = layers + one.offset[0]
            good = (to >= 0) & (to < self.nz) & (values != 0)
            rows.append(layers[good] * sizes[0] + one.target)
            columns.append(to[good] * sizes[1] + one.source)
            data.append(values[good])
        shape = self.nz * sizes[0], self.nz * sizes[1]
        return csr_array((np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))), shape=shape)


def propagate(
    stencils: StepStencils, wave: IncidentWave, begin: float, end: float, layers: int
) -> ColumnMotion:
    """The motion of the uppermost `layers` of a column from `begin` to `end` [s], stencils with EXTRA ones below.

    Nothing may move before `begin`. What the half-space does not carry on this grid is left out.
    """
    from scipy import fft

    dt = stencils.settings.dt
    count = math.ceil((end - begin) / dt) + 8
    size = fft.next_fast_len(math.ceil(1.3 * count), real=True)
    decay = DECAY / (size * dt)
    damping = np.exp(-decay * dt * np.arange(size))
    spectrum = np.fft.rfft(wave.velocity(begin + dt * np.arange(size)) * damping)
    omega = 2 * np.pi * np.fft.rfftfreq(size, dt) - 1j * decay
    assembly = Assembly(stencils)
    found = []
    for n in np.flatnonzero(np.abs(spectrum) > LEAST * np.abs(spectrum).max()):
        motion = _motion(assembly, wave, omega[n])
        if motion is None:
            break
        found.append((n, motion[:, :layers] * spectrum[n]))
    values = np.zeros((9, layers, count))
    for variable in range(9):  # one after the other: all frequencies of all are many numbers
        whole = np.zeros((layers, omega.size), complex)
        for n, motion in found:
            whole[:, n] = motion[variable]
        values[variable] = np.fft.irfft(whole, size, axis=-1)[:, :count] / damping[:count]
    return ColumnMotion(begin, dt, values)


def _motion(assembly: Assembly, wave: IncidentWave, omega: complex) -> np.ndarray | None:
    """Velocities and stresses (9, nz) for an amplitude of one; None where the grid does not carry the wave.

    Stresses are half a step later. Where the wave is added, motion above is all there is, below it what comes down.
    """
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import splu

    stencils, nz, half = assembly.stencils, assembly.nz, 0.5j * omega * assembly.stencils.settings.dt
    delta, k = np.exp(half) - np.exp(-half), (omega * wave.slowness[0], omega * wave.slowness[1])
    plain_v, plain_s = assembly.matrices(np.exp(2 * half), k, None)
    incoming = _plane_wave(stencils, plain_v, plain_s, wave, omega, k)
    if incoming is None:
        return None
    to_v, to_s = assembly.matrices(np.exp(2 * half), k, _stretching(stencils, wave, omega))
    above = np.arange(nz) < nz - ABSORBING - BELOW
    above_v, above_s = np.repeat(above, 3), np.repeat(above, 6)
    v_in = incoming.reshape(-1)
    s_in = plain_s @ v_in / delta
    q_v = above_v * (to_v @ s_in) - to_v @ (above_s * s_in)
    q_s = above_s * (to_s @ v_in) - to_s @ (above_v * v_in)
    matrix = delta**2 * eye_array(3 * nz, format="csc") - to_v @ to_s
    v = splu(matrix.tocsc()).solve(delta * q_v + to_v @ q_s)
    s = (to_s @ v + q_s) / delta * np.exp(half)
    return np.concatenate([v.reshape(-1, 3).T, s.reshape(-1, 6).T])


def _stretching(stencils: StepStencils, wave: IncidentWave, omega: complex) -> list[np.ndarray]:
    """One over the stretching of depth, at centres of layers and on their upper faces."""
    grid = stencils.grid
    damping = -3 * wave.fastest * math.log(REFLECTION) / (2 * ABSORBING * grid.dz)
    first = grid.nz - ABSORBING
    return [
        1 / (1 + damping * np.clip((np.arange(grid.nz) + half - first) / ABSORBING, 0, 1) ** 2 / (1j * omega))
        for half in (0.5, 0.0)
    ]


def _plane_wave(
    stencils: StepStencils,
    to_v: Any,
    to_s: Any,
    wave: IncidentWave,
    omega: complex,
    k: tuple[complex, complex],
) -> np.ndarray | None:
    """Velocities (nz, 3) of the wave in a half-space like the last layers; None where the grid does not carry it."""
    grid, settings = stencils.grid, stencils.settings
    weights, rows = np.array(WEIGHTS[settings.order]), grid.nz - ABSORBING - BELOW + np.arange(2)
    source, target, down = (2, 2, 1) if wave.phase == "P" else (0, 4, 0)  # behind which v the stress s stands
    there = np.mean([to_s[6 * r + target, 3 * (r + down) + source] for r in rows])
    back = np.mean([to_v[3 * r + source, 6 * (r + 1 - down) + target] for r in rows])
    squared = there * back / weights[0] ** 2 * (grid.dz / settings.dt) ** 2  # of the speed
    steps = (2 / settings.dt * np.sin(omega * settings.dt / 2)) ** 2 / squared
    along = [_symbol(weights, kn, d) for kn, d in zip(k, grid.spacing, strict=False)]
    vertical = omega * np.sqrt((steps - along[0] ** 2 - along[1] ** 2) / omega**2)
    kz = -_wavenumber(weights, vertical, grid.dz)
    if not np.isfinite(kz):
        return None
    slope = _symbol(weights, kz, grid.dz)
    size, across = (omega * np.sqrt(n / omega**2) for n in (steps, along[0] ** 2 + along[1] ** 2))
    hx, hy = wave.direction if abs(across) < 1e-9 * abs(size) else (along[0] / across, along[1] / across)
    motion = {
        "P": (along[0] / size, along[1] / size, slope / size),
        "SV": (-slope / size * hx, -slope / size * hy, across / size),
        "SH": (hy, -hx, 0.0),
    }[wave.phase]
    depth = grid.depth_min + (np.arange(grid.nz)[:, None] + 0.5 + OFFSETS[:3, 2]) * grid.dz - wave.depth
    return np.array(motion) * np.exp(-1j * kz * depth)


def _symbol(weights: np.ndarray, k: complex, d: float) -> complex:
    """What a staggered difference does to exp(-ikx), over -i."""
    halves = np.arange(weights.size) + 0.5
    return complex(2 / d * (weights * np.sin(halves * k * d)).sum())


def _wavenumber(weights: np.ndarray, symbol: complex, d: float) -> complex:
    """The wavenumber of a symbol, by Newton's method; not a number where the grid does not carry the wave."""
    halves = np.arange(weights.size) + 0.5
    if abs(symbol) > FINEST * abs(_symbol(weights, np.pi / d, d)):
        return complex(math.nan)
    k = symbol
    for _ in range(30):
        slope = (2 * weights * halves * np.cos(halves * k * d)).sum()
        k = k - (_symbol(weights, k, d) - symbol) / slope
    return complex(k)
