"""Which long-crested waves propagate at the origin time? Solitary waves and N-waves."""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, radians, sin, sqrt
from typing import Literal

import numpy as np

from esim.errors import InputError
from esim.grids.grid import Grid

Profile = Callable[[np.ndarray], np.ndarray]  # distance ahead of the crest [m] -> surface [m]

UNSEEN = 1e-12  # fraction of the height below which there is no wave
ISOSCELES = 1.5 * sqrt(3.0)  # of tanh sech^2, whose maximum is 1 / ISOSCELES


@dataclass(frozen=True, eq=False)
class Wave:
    """A wave of one profile along straight crests, on a plane; see `InitialState`.

    It runs from (x, y) [m] to `direction` [degrees clockwise from y] over the depth [m]; profile(s) is its surface
    [m] at the distance s [m] ahead of that point, height its maximum [m]. velocity is how the water moves in it:
    linear, u = eta sqrt(g/d); exact, u = c eta / (d + eta) with c = sqrt(g (d + height)), a wave of permanent form;
    simple, u = 2 (sqrt(g (d + eta)) - sqrt(g d)), the wave to one side of the shallow-water equations; or rest.
    """

    name: str
    profile: Profile
    x: float
    y: float
    direction: float
    height: float
    depth: float
    velocity: str
    gravity: float
    whole: bool = False
    target: Literal["water"] = "water"

    def check(self, grid: Grid) -> None:
        """Raises InputError if the grid is not a plane."""
        if grid.lonlat:
            raise InputError(f"source {self.name}: a wave with straight crests needs a cartesian grid")

    def water(self, x: np.ndarray, y: np.ndarray, lonlat: bool) -> np.ndarray:
        """Surface [m] above the level at rest and velocity [m/s], (3, ny, nx)."""
        east, north = sin(radians(self.direction)), cos(radians(self.direction))
        eta = self.profile((x[None, :] - self.x) * east + (y[:, None] - self.y) * north)
        eta = np.where(np.abs(eta) < UNSEEN * self.height, 0.0, eta)
        speed = self._speed(eta)
        return np.stack([eta, speed * east, speed * north])

    def _speed(self, eta: np.ndarray) -> np.ndarray:
        g, d = self.gravity, self.depth
        match self.velocity:
            case "linear":
                return eta * sqrt(g / d)
            case "exact":
                return sqrt(g * (d + self.height)) * eta / (d + eta)
            case "simple":
                return 2.0 * (np.sqrt(g * np.maximum(d + eta, 0.0)) - sqrt(g * d))
        return np.zeros_like(eta)


def solitary(height: float, depth: float) -> Profile:
    """H sech^2(k s), k = sqrt(3 H / (4 d^3)): the first-order solitary wave (Boussinesq 1872; Synolakis 1987)."""
    k = sqrt(0.75 * height / depth) / depth
    return lambda s: height * _sech2(k * s)


def n_wave(
    height: float, depth: float, steepness: float | None, offset: float | None, leading: str
) -> Profile:
    """The N-waves of Tadepalli and Synolakis (1994, Proc. R. Soc. A 445, 99-112), with a crest of the given height.

    With k = sqrt(3 H p / (4 d^3)) and the steepness p: without an offset the isosceles wave, whose trough is as deep
    as its crest is high, 3 sqrt(3)/2 H sech^2(k s) tanh(k s), by default with their p = 3 sqrt(3)/2; else the
    generalised wave, a multiple of (s - offset) sech^2(k s), by default with p = 1. leading says whether the
    depression or the elevation comes first; with a positive offset [m] the water is at its level that far on the side
    of what comes first, so that it is the smaller of the two.
    """
    steepness = steepness or (ISOSCELES if offset is None else 1.0)
    k = sqrt(0.75 * height * steepness / depth) / depth
    sign = 1.0 if leading == "elevation" else -1.0
    if offset is None:
        return lambda s: sign * ISOSCELES * height * _sech2(k * s) * np.tanh(k * s)

    def shape(s: np.ndarray) -> np.ndarray:
        return sign * k * (s - offset) * _sech2(k * s)

    crest = float(shape(np.linspace(-8.0, 8.0, 160001) / k).max())
    return lambda s: height / crest * shape(s)


def _sech2(a: np.ndarray) -> np.ndarray:
    return 1.0 / np.cosh(np.clip(a, -300.0, 300.0)) ** 2
