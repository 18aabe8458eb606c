"""What is an obliquely incident plane wave?"""

from dataclasses import dataclass, replace

import numpy as np

from esim.config.crust.source import PlaneWaveConfig
from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.sources.crust.plane_wave import PlaneWave
from esim.sources.crust.time_function import Peaked
from esim.sources.crust.time_function import build as build_function

STEEPEST = 85.0  # degrees from the vertical


@dataclass(frozen=True, kw_only=True)
class IncidentWave(PlaneWave):
    """A plane wave that comes up from the half-space below a layered medium.

    In the half-space the point (x, y, depth) [m] moves with the velocity amplitude [m/s] times time_function of the
    time since onset. slowness (east, north) [s/m] is horizontal, direction the unit vector along which it goes. P moves
    along the way of the wave, SV along direction and down where that is not level, SH to the right of direction.
    """

    phase: str
    x: float
    y: float
    slowness: tuple[float, float]
    direction: tuple[float, float]
    speed: float  # of the wave in the half-space [m/s]
    fastest: float  # P waves in the half-space [m/s]
    lead: float = 0.0  # time [s] by which it enters the grid before it passes the point
    lag: float = 0.0  # time [s] after that until it has left

    @property
    def begin(self) -> float:
        """Time [s] at which it enters the grid."""
        return self.onset - self.lead

    @property
    def end(self) -> float:
        """Time [s] at which it has passed the grid once, upwards and downwards."""
        return self.onset + self.time_function.duration + self.lag

    @property
    def vertical_slowness(self) -> float:
        """Vertical slowness in the half-space [s/m]."""
        return float(np.sqrt(1 / self.speed**2 - self.slowness[0] ** 2 - self.slowness[1] ** 2))

    @property
    def incidence(self) -> float:
        """Angle from the vertical in the half-space [degrees]."""
        return float(np.degrees(np.arcsin(min(1.0, np.hypot(*self.slowness) * self.speed))))


def build(config: PlaneWaveConfig, grid: Grid3D, vp: float, vs: float) -> IncidentWave:
    """The wave of a configuration over a half-space of vp and vs [m/s]; InputError for one that cannot be."""
    phase = config.wave_type or "P"
    speed = vp if phase == "P" else vs
    if speed <= 0:
        raise InputError(
            f"plane_wave: the lowest layer is a fluid, in which there is no {phase} wave; expected P"
        )
    angle = np.deg2rad(config.propagation_azimuth)
    direction = float(np.sin(angle)), float(np.cos(angle))
    size = (
        config.slowness
        if config.slowness is not None
        else np.sin(np.deg2rad(config.incidence or 0.0)) / speed
    )
    if size * speed > np.sin(np.deg2rad(STEEPEST)):
        raise InputError(
            f"plane_wave: slowness {size:g} s/m is that of a wave at {STEEPEST:g} degrees or more from the vertical in "
            f"the lowest layer, where {phase} waves have {speed:g} m/s; expected less than "
            f"{np.sin(np.deg2rad(STEEPEST)) / speed:.4g} s/m"
        )
    function = Peaked(build_function(config.rate))
    onset = config.onset if config.centroid_time is None else config.centroid_time - function.centroid
    size = float(size) if size * speed > 1e-9 else 0.0
    area = grid.horizontal
    x = config.x if config.x is not None else area.x0 + 0.5 * area.nx * area.dx
    y = config.y if config.y is not None else area.y0 + 0.5 * area.ny * area.dy
    wave = IncidentWave(
        name=config.kind,
        polarisation=None,
        depth=grid.depth_max if config.depth is None else config.depth,
        amplitude=config.amplitude,
        time_function=function,
        onset=onset,
        phase=phase,
        x=x,
        y=y,
        slowness=(size * direction[0], size * direction[1]),
        direction=direction,
        speed=speed,
        fastest=vp,
    )
    return with_travel_times(wave, grid)


def with_travel_times(wave: IncidentWave, grid: Grid3D) -> IncidentWave:
    """The wave with the times at which it enters and leaves a grid."""
    area = grid.horizontal
    xs = np.array([area.x0, area.x0 + area.nx * area.dx]) - wave.x
    ys = np.array([area.y0, area.y0 + area.ny * area.dy]) - wave.y
    delays = wave.slowness[0] * xs[:, None] + wave.slowness[1] * ys
    up = wave.vertical_slowness * (grid.depth_max - wave.depth)
    height = wave.vertical_slowness * (grid.depth_max - grid.depth_min)
    return replace(wave, lead=float(up - delays.min()), lag=float(delays.max() - up + 2 * height))
