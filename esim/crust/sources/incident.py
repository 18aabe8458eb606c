"""How does an oblique plane wave enter the crust? Computed in one column, and added on the faces of a box."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from esim.config.crust.root import SeismicConfig
from esim.crust.medium.ground import Ground
from esim.crust.medium.medium import CrustMedium
from esim.crust.model import Crust
from esim.crust.sources.box import InjectionBox, place_box
from esim.crust.sources.box_injection import STRESS, BoxInjection, medium_column
from esim.crust.sources.column import BELOW, EXTRA, OFFSETS, ColumnMotion, propagate
from esim.crust.sources.injection import Rates
from esim.crust.sources.interpolation import POINTS, lagrange
from esim.crust.sources.stencils import read_stencils
from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.sources.crust import InjectedField, PlaneWave, PointSources
from esim.sources.crust.incident_wave import IncidentWave

ALIKE = 1e-3  # relative difference of moduli and densities up to which a medium is the same
MARGIN_STEPS = 12  # before anything moves


@dataclass(frozen=True)
class ColumnSeries:
    """The motion of a column as it passes nodes at some places: a callable for `SourceInjection`."""

    motion: ColumnMotion
    rows: np.ndarray  # of motion.values, its first two axes as one
    delay: np.ndarray  # p.x of each node [s]
    late: np.ndarray  # in steps: 0.5 for stresses

    def __call__(self, times: np.ndarray) -> np.ndarray:
        """Values (times, nodes) at times (K,) [s], a step apart."""
        dt, values = self.motion.dt, self.motion.values
        flat = values.reshape(-1, values.shape[-1])
        at = (times[0] - self.delay - self.motion.begin) / dt - self.late
        first = np.floor(at)
        weights = lagrange(at - first)
        index = first.astype(int) - (POINTS // 2 - 1) + np.arange(times.size)[:, None]
        total = np.zeros(index.shape)
        for n in range(POINTS):
            m = index + n
            total += np.where(m >= 0, weights[n] * flat[self.rows, np.clip(m, 0, flat.shape[1] - 1)], 0.0)
        return total


def check_incident(config: SeismicConfig, wave: IncidentWave, ground: Ground) -> InjectionBox:
    """The box on which a wave enters; InputError where the block has no sides, or no layered medium, for it."""
    medium = ground.medium
    if config.grid.surface == "absorbing":
        raise InputError(
            "plane_wave: an oblique wave needs grid.surface 'free'; 'absorbing' has no ground above"
        )
    if config.physics.memory_variable_precision is not None:
        raise InputError(
            "physics.memory_variable_precision: an oblique plane wave needs memory variables in full precision; "
            "leave it out"
        )
    box = place_box(ground.grid, config.grid.boundary)
    for name, size, sides in (("x", wave.slowness[0], box.columns), ("y", wave.slowness[1], box.rows)):
        if sides is None and abs(size) * wave.speed > 1e-9:
            raise InputError(
                f"grid.boundary.{name}: 'periodic' sides do not fit a wave that goes along {name}; expected cpml or "
                "sponge, or a wave of another azimuth or incidence 0"
            )
    if not (medium.rock.layered and medium.terrain is None):
        _require_layered(box, medium)
    _check_reference(wave, medium, box)
    return box


def _require_layered(box: InjectionBox, medium: CrustMedium) -> None:
    """Raises InputError unless the medium at the faces of a box depends on depth alone."""
    grid = medium.grid
    j, i = box.corner
    column = medium.cells(((0, grid.nz), (j, j + 1), (i, i + 1)))
    for (k0, k1), rows, columns in box.around(grid, 4):
        for first in range(*rows, 64):
            part = (first, min(first + 64, rows[1]))
            values, wanted = medium.cells(((k0, k1), part, columns)), column[:, k0:k1]
            with np.errstate(invalid="ignore"):
                apart = np.abs(values - wanted) > ALIKE * np.maximum(np.abs(values), np.abs(wanted))
            apart &= np.isfinite(values) | np.isfinite(wanted)
            if apart.any():
                _, dk, dj, di = np.argwhere(apart)[0]
                _refuse(grid, box, k0 + dk, part[0] + dj, columns[0] + di, (j, i))


def _refuse(grid: Grid3D, box: InjectionBox, k: int, j: int, i: int, corner: tuple[int, int]) -> None:
    area = grid.horizontal
    x, y, depth = area.x(i, i + 1)[0], area.y(j, j + 1)[0], grid.depth(k, k + 1)[0]
    there = f"x {area.x(corner[1], corner[1] + 1)[0]:g}, y {area.y(corner[0], corner[0] + 1)[0]:g}"
    raise InputError(
        f"plane_wave: an oblique wave enters on the faces of the box {box.extent(grid)}, where the medium must "
        f"depend on depth alone; at x {x:g}, y {y:g}, depth {depth:g} m it differs from that at {there}; expected a "
        "layered medium and level ground around what is to be studied"
    )


def half_space(config: SeismicConfig, ground: Ground) -> tuple[float, float]:
    """vp and vs [m/s] of the lowest layer of cells at a corner of the box."""
    medium = ground.medium
    (j, i), nz = place_box(ground.grid, config.grid.boundary).corner, medium.grid.nz
    lam, mu, rho = medium.cells(((nz - 1, nz), (j, j + 1), (i, i + 1)))[:3, 0, 0, 0]
    return float(np.sqrt((lam + 2 * mu) / rho)), float(np.sqrt(mu / rho))


def _check_reference(wave: IncidentWave, medium: CrustMedium, box: InjectionBox) -> None:
    """Raises InputError where the reference point lies above the half-space."""
    grid, (j, i) = medium.grid, box.corner
    column = medium.cells(((0, grid.nz), (j, j + 1), (i, i + 1)))[:3, :, 0, 0]
    other = np.flatnonzero((np.abs(column - column[:, -1:]) > ALIKE * np.abs(column[:, -1:])).any(0))
    top = grid.depth_min + (other[-1] + 1 if other.size else 0) * grid.dz
    if wave.depth < top - 1e-6 * grid.dz:
        raise InputError(
            f"plane_wave: depth {wave.depth:g} m is above {top:g} m, the top of the lowest layer, in which the wave "
            f"comes up; expected {top:g} to {grid.depth_max:g} m, or none for the latter"
        )


@dataclass(frozen=True)
class WaveField:
    """A plane wave in the nodes of a grid."""

    grid: Grid3D
    wave: IncidentWave
    motion: ColumnMotion

    def rates(self, variable: np.ndarray, k: np.ndarray, j: np.ndarray, i: np.ndarray) -> Rates:
        """What gives velocities [m/s] (variable 0..2) and stresses [MPa] (3..8) at nodes (n,) of the grid."""
        area, wave, offsets = self.grid.horizontal, self.wave, OFFSETS[variable]
        x = area.x0 + (i + 0.5 + offsets[:, 0]) * area.dx - wave.x
        y = area.y0 + (j + 0.5 + offsets[:, 1]) * area.dy - wave.y
        delay = wave.slowness[0] * x + wave.slowness[1] * y
        rows = variable * self.motion.values.shape[1] + k
        return ColumnSeries(self.motion, rows, delay, np.where(variable < STRESS, 0.0, 0.5))


def inject_waves(
    config: SeismicConfig, crust: Crust, sources: Sequence[PointSources | PlaneWave | InjectedField]
) -> list[BoxInjection]:
    """What the oblique plane waves among some sources add."""
    waves = [source for source in sources if isinstance(source, IncidentWave)]
    if not waves:
        return []
    grid, dt = crust.grid, crust.dt
    box = place_box(grid, config.grid.boundary)
    stencils = read_stencils(grid, crust.settings, medium_column(crust, box), grid.nz + EXTRA)
    fields = []
    for wave in waves:
        ahead = wave.vertical_slowness * (grid.depth_max + BELOW * grid.dz - wave.depth)
        begin = wave.onset - ahead - MARGIN_STEPS * dt
        end = config.time.duration + wave.lead + MARGIN_STEPS * dt
        fields.append(WaveField(grid, wave, propagate(stencils, wave, begin, end, grid.nz)))
    return [BoxInjection(crust, box, stencils, fields)]
