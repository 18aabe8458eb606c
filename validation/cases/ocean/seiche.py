"""Does a closed basin keep its swing? A standing wave between walls for a week, by solver.

One wavelength in a basin of 500 km, 4000 m deep, from rest: 240 periods. The amplitude counts surface and flow, in the
shapes of the wave, so that no phase enters.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G, Water
from esim.validation.cases.solvers import SOLVERS, with_solver

DEPTH, HEIGHT, LENGTH, WEEK = 4000.0, 0.01, 500e3, 7 * 86400.0
CELLS, QUICK = (25, 50), (50,)  # a wavelength
STATED = 50
ACROSS = 16
K = 2 * np.pi / LENGTH
LEAST = {"nonlinear": 0.8, "deep": 0.99}


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named solver-cells; `quick` is a day."""
    return {
        f"{solver}-{cells}": _one(folder / f"{solver}-{cells}", solver, cells, WEEK / 7 if quick else WEEK)
        for solver in SOLVERS
        for cells in (QUICK if quick else CELLS)
    }


def _one(folder: Path, solver: str, cells: int, duration: float) -> ScenarioConfig:
    cell = LENGTH / cells
    grid = {
        "kind": "cartesian", "x": [0.0, LENGTH], "y": [0.0, ACROSS * cell], "spacing": cell, "boundary": "wall"
    }  # fmt: skip
    return flow.configure(
        folder, with_solver(grid, solver), lambda x, y: -DEPTH, Water(lambda x, y: HEIGHT * np.cos(K * x)),
        times=[duration], run={"adaptive": False},
    )  # fmt: skip


def left(folder: Path) -> float:
    """What is left of the wave."""
    found = flow.read(folder)
    surface = (found.eta[[0, -1]] * np.cos(K * found.x)).mean((1, 2))
    stream = np.sqrt(DEPTH / G) * (found.u[[0, -1]] * np.sin(K * found.x)).mean((1, 2))
    first, last = np.hypot(surface, stream)
    return float(last / first)


def judge(runs: Runs) -> list[Comparison]:
    """Amplitude at the end."""
    lines: list[Comparison] = []
    for name, folder in runs.items():
        solver, cells = name.split("-")
        days = flow.read(folder).times[-1] / 86400
        least = LEAST[solver] if int(cells) >= STATED else None
        label = f"{solver}, {cells} cells, after {days:g} days"
        lines.append(Bound(f"{label}: amplitude left", left(folder), least, "%", at_least=True))
    return lines


SUMMARY = "a standing wave in a closed basin for a week, by solver"
CASE = Case("seiche", SUMMARY, configure, judge, about=__doc__)
