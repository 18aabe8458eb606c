"""Does a wave that rotation holds to a wall stay? A Kelvin wave over five of its wavelengths, by solver.

eta = a exp(-f y / c) cos(k x - w t), w = k c, flow along the wall only: exact between two walls (Gill 1982, section
10.4). 4000 m of water at 45 degrees north; a wavelength of two Rossby radii.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.constants import EARTH_ROTATION
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G, Water
from esim.validation.cases.solvers import SOLVERS, with_solver

DEPTH, HEIGHT, LATITUDE, WAVES = 4000.0, 0.01, 45.0, 5
SPEED = float(np.sqrt(G * DEPTH))
RADIUS = SPEED / float(2 * EARTH_ROTATION * np.sin(np.radians(LATITUDE)))  # m
LENGTH, AROUND, RADII = 2 * RADIUS, 2, 6  # m, wavelength; wavelengths along the wall, radii from wall to wall
CELLS, QUICK = (13, 25, 50), (25,)
STATED = 25
LEAST = {"nonlinear": 0.95, "deep": 0.99}


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named solver-cells."""
    return {
        f"{solver}-{cells}": _one(folder / f"{solver}-{cells}", solver, cells)
        for solver in SOLVERS
        for cells in (QUICK if quick else CELLS)
    }


def _one(folder: Path, solver: str, cells: int) -> ScenarioConfig:
    grid = {
        "kind": "cartesian", "x": [0.0, AROUND * LENGTH], "y": [0.0, RADII * RADIUS],
        "spacing": LENGTH / cells, "latitude": LATITUDE,
        "boundary": ["periodic", "periodic", "wall", "wall"],
    }  # fmt: skip

    def eta(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray(HEIGHT * np.exp(-y / RADIUS) * np.cos(2 * np.pi * x / LENGTH))

    return flow.configure(
        folder, with_solver(grid, solver), lambda x, y: -DEPTH, Water(eta, lambda x, y: SPEED / DEPTH * eta(x, y)),
        times=[WAVES * LENGTH / SPEED], physics={"manning": 0.0, "coriolis": True}, run={"adaptive": False},
    )  # fmt: skip


def left(folder: Path) -> complex:
    """What is left of the wave, with the phase that it is late."""
    found = flow.read(folder)
    shape = np.exp(-found.y / RADIUS)[:, None] * np.exp(-2j * np.pi * found.x / LENGTH)[None, :]
    first, last = (found.eta[[0, -1]] * shape).sum((1, 2))
    return complex(last / first)


def judge(runs: Runs) -> list[Comparison]:
    """Amplitude and phase after five wavelengths."""
    lines: list[Comparison] = []
    for name, folder in runs.items():
        solver, cells = name.split("-")
        ratio = left(folder)
        label = f"{solver}, {cells} cells, after {WAVES} wavelengths"
        least = LEAST[solver] if int(cells) >= STATED else None
        lines.append(Bound(f"{label}: amplitude left", abs(ratio), least, "%", at_least=True))
        lines.append(
            Bound(f"{label}: phase off by, of a period", abs(np.angle(ratio)) / (2 * np.pi), None, "%")
        )
    return lines


SUMMARY = "a Kelvin wave along a wall over five wavelengths, by solver and cells"
CASE = Case("kelvin_wave", SUMMARY, configure, judge, about=__doc__)
