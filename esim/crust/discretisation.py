"""How fine is the computation? Frequencies that the grid resolves, time step, and steps between samples."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from esim.config.crust.physics import CrustPhysics
from esim.config.crust.root import SeismicConfig
from esim.constants import GRAVITY
from esim.crust.medium.attenuation import Attenuation, fit_attenuation
from esim.crust.medium.medium import MediumSurvey
from esim.errors import InputError
from esim.grids.closure import AIR_PART, CLOSURES
from esim.grids.grid3d import Grid3D
from esim.kernels.crust.staggered import WEIGHTS

ROUNDING = 1e-9  # of a number of points or steps


@dataclass(frozen=True)
class Discretisation:
    """Resolution in space and time.

    resolved [Hz] is the highest frequency that the grid resolves, frequency that of the run, with so many points per
    wavelength of the slowest waves. fastest [m/s] are the fastest waves, largest_dt [s] the longest stable step for
    them; stations are sampled after every sample_steps of all steps. steps is the number from time zero to the end,
    early that from the beginning of the run to time zero, of which the first hidden ones leave no records.
    """

    resolved: float
    frequency: float
    points_per_wavelength: float
    attenuation: Attenuation | None
    fastest: float
    largest_dt: float
    dt: float
    steps: int
    sample_steps: int
    early: int = 0
    hidden: int = 0

    @property
    def begin(self) -> float:
        """Time at which the run begins [s], zero or before."""
        return -self.early * self.dt

    def starting(self, begin: float, onset: float) -> "Discretisation":
        """The same for a run whose sources begin at the time `begin` [s], low-passed, and without that at their onset.

        Records begin at time zero, or at an onset before it: what a low-pass sends ahead is computed and not written.
        """
        early, shown = (self._samples(max(0.0, -time)) for time in (begin, onset))
        return replace(self, early=max(early, shown), hidden=max(0, early - shown))

    def _samples(self, time: float) -> int:
        """Steps of at least a time [s], a multiple of those between samples."""
        return self.sample_steps * math.ceil(time / (self.sample_steps * self.dt) * (1 - ROUNDING))

    def describe(self, config: SeismicConfig, grid: Grid3D) -> list[str]:
        """Its lines of the plan of a run: frequency, attenuation, time step, steps."""
        physics, courant = config.physics, self.dt * self.fastest / min(grid.spacing)
        lines = [
            f"frequency      {self.frequency:.3g} Hz with {self.points_per_wavelength:.1f} points per wavelength; the "
            f"grid resolves {self.resolved:.3g} Hz with {physics.points_per_wavelength:g}",
            f"time step      {self.dt:.4g} s, {self.dt / self.largest_dt:.2f} of the largest stable one (Vp dt/h = "
            f"{courant:.3f})",
            f"steps          {self.steps:,} for {config.time.duration:g} s"
            + (f", and {self.early:,} before the origin time, from {self.begin:.4g} s" if self.early else ""),
        ]
        if self.attenuation is not None:
            lines.insert(1, self.attenuation.describe())
        return lines


def discretise(
    config: SeismicConfig, grid: Grid3D, survey: MediumSurvey, warn: Callable[[str], None]
) -> Discretisation:
    """The resolution of a run; raises InputError for a frequency that the grid does not resolve, a Q too low for the
    mechanisms, or an unstable time step."""
    resolved, frequency, points = _frequency(config.physics, grid, survey)
    attenuation = fit_attenuation(config.physics, frequency, survey.lowest_qp, survey.lowest_qs)
    # Waves are fastest in the unrelaxed medium.
    stiffening = 1.0 if attenuation is None else max(attenuation.stiffening, 1.0)
    fastest = survey.speeds.fastest * math.sqrt(stiffening)
    largest_dt = stable_time_step(grid, config.physics.order, fastest)
    if config.physics.gravity_surface:
        largest_dt = step_with_gravity(largest_dt, grid, config.physics.order)
    if config.run.dt is not None and config.run.dt > largest_dt:
        raise InputError(
            f"run.dt: {config.run.dt:g} s is not stable with waves of {fastest:.0f} m/s on this grid; use at most "
            f"{largest_dt:.4g} s, or leave run.dt out"
        )
    dt, sample_steps = _time_step(config, largest_dt, warn)
    steps = max(1, math.ceil(config.time.duration / dt * (1 - ROUNDING)))
    return Discretisation(
        resolved, frequency, points, attenuation, fastest, largest_dt, dt, steps, sample_steps
    )


def stable_time_step(grid: Grid3D, order: int, fastest: float) -> float:
    """Longest stable time step [s] for the fastest wave [m/s] (von Neumann, worst direction)."""
    total = sum(abs(weight) for weight in WEIGHTS[order])
    return 1 / (fastest * total * math.sqrt(sum(1 / d**2 for d in grid.spacing)))


def step_with_gravity(without: float, grid: Grid3D, order: int) -> float:
    """Longest stable step [s] with gravity at the sea surface, from that without; see kernels.crust.sea_surface."""
    part = min(CLOSURES[order].faces[0], AIR_PART)
    return 2 / math.sqrt((2 / without) ** 2 + GRAVITY / (part * grid.dz))


def _frequency(physics: CrustPhysics, grid: Grid3D, survey: MediumSurvey) -> tuple[float, float, float]:
    """Highest frequency [Hz] of the grid and of the run, and the latter's points per wavelength."""
    slowest, h = survey.speeds.slowest, max(grid.spacing)
    resolved = slowest / (physics.points_per_wavelength * h)
    frequency = physics.max_frequency or resolved
    points = slowest / (frequency * h)
    if points < physics.points_per_wavelength * (1 - ROUNDING):
        raise InputError(
            f"physics.max_frequency: {frequency:g} Hz has {points:.2f} points per wavelength at {slowest:.0f} m/s, "
            f"fewer than physics.points_per_wavelength, {physics.points_per_wavelength:g}; this grid resolves "
            f"{resolved:.3g} Hz, and cells of {slowest / (physics.points_per_wavelength * frequency):.3g} m are fine "
            "enough"
        )
    return resolved, frequency, points


def _time_step(config: SeismicConfig, largest_dt: float, warn: Callable[[str], None]) -> tuple[float, int]:
    """Time step [s], and steps between samples of the stations."""
    run, every, sampled = config.run, config.output.stations.every, bool(config.receivers)
    limit = run.cfl * largest_dt
    if run.dt is not None:
        steps = max(1, round(every / run.dt))
        if sampled and abs(steps * run.dt - every) > 1e-6 * every:
            warn(
                f"output.stations.every: {every:g} s is no multiple of run.dt; stations are sampled every "
                f"{steps * run.dt:g} s"
            )
        return run.dt, steps
    if not sampled:
        return limit, 1
    if every < limit:
        warn(
            f"output.stations.every: {every:g} s is shorter than the time step, {limit:.3g} s: stations are "
            "sampled at every step"
        )
        return limit, 1
    steps = math.ceil(every / limit * (1 - ROUNDING))
    return every / steps, steps
