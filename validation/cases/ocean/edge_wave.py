"""Does a wave that a beach traps stay? The lowest edge wave on a plane slope for ten periods, by solver.

eta = a exp(-k x) cos(k y - w t) with w2 = g k s on a beach of slope s is exact for long linear waves (Lamb 1932, art.
260): where the still water ends, the flux across is nothing by itself, so that a shore and a wall there are the same.
The bed goes on as land; the wave, of 1 mm, does not reach it. 24 cells on a wavelength along the beach leave 3.8 cells
for the e-folding across it. The amplitude is that of the surface's part in the shape of the wave.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G, Water
from esim.validation.cases.solvers import SOLVERS, with_solver

SLOPE, HEIGHT, CELL, PERIODS = 0.01, 1e-3, 1000.0, 10
LAND, SEA, WAVES = 12, 2.5, 2  # cells of land, wavelengths of sea across the beach and along it
CELLS, QUICK = (12, 24, 48), (24,)  # a wavelength
STATED = 24
LEAST = {"nonlinear": 0.65, "deep": 0.97}


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named solver-cells."""
    return {
        f"{solver}-{cells}": _one(folder / f"{solver}-{cells}", solver, cells)
        for solver in SOLVERS
        for cells in (QUICK if quick else CELLS)
    }


def _one(folder: Path, solver: str, cells: int) -> ScenarioConfig:
    k = 2 * np.pi / (cells * CELL)
    turns = np.sqrt(G * k * SLOPE)
    speed = G * k / turns
    grid = {
        "kind": "cartesian", "x": [-LAND * CELL, SEA * cells * CELL], "y": [0.0, WAVES * cells * CELL], "spacing": CELL,
        "boundary": ["wall", "wall", "periodic", "periodic"],
    }  # fmt: skip

    def shape(x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, HEIGHT * np.exp(-k * np.maximum(x, 0)), 0)

    water = Water(
        lambda x, y: shape(x) * np.cos(k * y),
        lambda x, y: -speed * shape(x) * np.sin(k * y),
        lambda x, y: speed * shape(x) * np.cos(k * y),
    )
    return flow.configure(
        folder, with_solver(grid, solver), lambda x, y: -SLOPE * x, water,
        times=[PERIODS * 2 * np.pi / turns], run={"adaptive": False},
    )  # fmt: skip


def left(folder: Path, cells: int) -> complex:
    """What is left of the wave, with the phase that it is late."""
    found, k = flow.read(folder), 2 * np.pi / (cells * CELL)
    shape = np.where(found.x > 0, np.exp(-k * found.x), 0)[None, :] * np.exp(-1j * k * found.y)[:, None]
    first, last = (np.where(found.bed < 0, found.eta[[0, -1]], 0) * shape).sum((1, 2))
    return complex(last / first)


def judge(runs: Runs) -> list[Comparison]:
    """Amplitude and phase after ten periods."""
    lines: list[Comparison] = []
    for name, folder in runs.items():
        solver, cells = name.split("-")
        ratio = left(folder, int(cells))
        label = f"{solver}, {cells} cells, after {PERIODS} periods"
        least = LEAST[solver] if int(cells) >= STATED else None
        lines.append(Bound(f"{label}: amplitude left", abs(ratio), least, "%", at_least=True))
        lines.append(
            Bound(f"{label}: phase off by, of a period", abs(np.angle(ratio)) / (2 * np.pi), None, "%")
        )
    return lines


SUMMARY = "the lowest edge wave on a plane beach after ten periods, by solver and cells"
CASE = Case("edge_wave", SUMMARY, configure, judge, about=__doc__)
