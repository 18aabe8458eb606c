"""What does the edge of a nest send back? A packet of waves through a nest over deep water, by solver.

Waves of 24 and 36 cells of the whole grid under a Gaussian come from the west over 4000 m of water, run into a two-way
nest of a third or a fifth of the cells, and leave it in the east. At the end they are beyond it: what runs west then,
by surface and flow, has been reflected, and its share is the root of its energy over that of the packet. What the
packet has lost is to be read: a nest is nonlinear. And at rest, over relief with an island in the nest, nothing moves,
to the last bit.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import Fields, G, Water
from esim.validation.cases.solvers import SOLVERS, with_solver

DEPTH, HEIGHT, CELL = 4000.0, 0.01, 2000.0  # m
SPEED = float(np.sqrt(G * DEPTH))
ALONG, ACROSS = 600, 16  # cells
NEST = (280, 340)  # cells along x, all across
START, END = 180, 440  # cells: where the packet is, first and last
WAVES, RATIOS = (24, 36), (3, 5)
REST = "rest"
REFLECTED, LOST = 0.01, 1e-9


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named solver-cells-ratio and solver-rest-ratio; `quick` is the deep solver's with a ratio of 3."""
    runs: dict[str, ScenarioConfig] = {}
    for solver in ("deep",) if quick else SOLVERS:
        for ratio in RATIOS[:1] if quick else RATIOS:
            for cells in WAVES[:1] if quick else WAVES:
                name = f"{solver}-{cells}-{ratio}"
                runs[name] = _packet(folder / name, solver, cells, ratio)
            name = f"{solver}-{REST}-{ratio}"
            runs[name] = _rest(folder / name, solver, ratio)
    return runs


def _grid(solver: str, ratio: int, along: int, nest: tuple[int, int], across: int) -> dict[str, Any]:
    box = {"x": [nest[0] * CELL, nest[1] * CELL], "y": [0.0, across * CELL]}
    grid = {
        "kind": "cartesian", "x": [0.0, along * CELL], "y": [0.0, across * CELL], "spacing": CELL, "boundary": "wall",
        "nests": [{"name": "fine", "ratio": ratio, "activation_threshold": None, **box}],
    }  # fmt: skip
    return with_solver(grid, solver)


def _packet(folder: Path, solver: str, cells: int, ratio: int) -> ScenarioConfig:
    def eta(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        way = x / CELL - START
        return np.asarray(HEIGHT * np.exp(-0.5 * (way / cells) ** 2) * np.cos(2 * np.pi * way / cells))

    return flow.configure(
        folder, _grid(solver, ratio, ALONG, NEST, ACROSS), lambda x, y: -DEPTH,
        Water(eta, lambda x, y: SPEED / DEPTH * eta(x, y)),
        times=[(END - START) * CELL / SPEED], run={"adaptive": False},
    )  # fmt: skip


def _rest(folder: Path, solver: str, ratio: int) -> ScenarioConfig:
    def relief(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        island = 2500 * np.exp(-((x / CELL - 40) ** 2 + (y / CELL - 20) ** 2) / 30)
        return np.asarray(-2000 + 700 * np.sin(x / 9e3) * np.cos(y / 7e3) + island)

    return flow.configure(
        folder, _grid(solver, ratio, 80, (25, 55), 40), relief, Water(lambda x, y: 0.0),
        times=[3600.0], run={"adaptive": False},
    )  # fmt: skip


def judge(runs: Runs) -> list[Comparison]:
    """Reflection, mass, loss, and rest."""
    lines: list[Comparison] = []
    for name, folder in runs.items():
        solver, cells, ratio = name.split("-")
        found, label = flow.read(folder), f"{solver}, nest of 1/{ratio}"
        if cells == REST:
            flows = [
                values for key, values in flow.arrays(folder).items() if key.split(".")[-1] in ("u", "v")
            ]
            moved = max(float(np.abs(values).max()) for values in (found.h - found.h[0], *flows))
            lines.append(Bound(f"{label}: change of level or speed at rest", moved, 0, "m or m/s"))
            continue
        label = f"{label}, {cells} cells a wavelength"
        west, east = _parts(found)
        lines.append(Bound(f"{label}: reflected", west[-1] / east[0], REFLECTED, "%"))
        lines.append(Bound(f"{label}: lost on the way", 1 - east[-1] / east[0], None, "%"))
        mass = found.eta.sum((1, 2))
        drift = abs(mass[-1] - mass[0]) / np.abs(found.eta[0]).sum()
        lines.append(Bound(f"{label}: change of mass, of the water above and below the level", drift, LOST))
    return lines


def _parts(found: Fields) -> tuple[np.ndarray, np.ndarray]:
    """Root of the energy of what runs west and of what runs east, at the first and the last time."""
    stream = found.u * np.sqrt(DEPTH / G)
    west, east = (np.sqrt(((found.eta + sign * stream) ** 2).mean((1, 2))) for sign in (-1, 1))
    return west, east


SUMMARY = "reflection, mass and rest where waves cross a two-way nest over deep water, by solver"
CASE = Case("nest_join", SUMMARY, configure, judge, about=__doc__)
