"""What does a plane wave lose a wavelength, and how far is its phase off? Straight and diagonal, by solver and step.

A sine of 1 cm on 4000 m of water runs ten of its wavelengths through a periodic basin. Its amplitude and its phase are
those of the Fourier component of the surface. Diagonal waves have as many cells on a wavelength, counted along their
way, to 0.2 %.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G, Water
from esim.validation.cases.solvers import SOLVERS, courant_numbers, with_solver

DEPTH, HEIGHT, CELL, WAVES = 4000.0, 0.01, 1000.0, 10
SPEED = float(np.sqrt(G * DEPTH))
# Cells along x and y, and how many waves fit into them, by the cells a wavelength.
BASINS = {
    "straight": {12: ((24, 16), (2, 0)), 16: ((32, 16), (2, 0)), 24: ((24, 16), (1, 0))},
    "diagonal": {12: ((17, 17), (1, 1)), 16: ((68, 68), (3, 3)), 24: ((34, 34), (1, 1))},
}
# Loss a wavelength and phase error.
LIMITS = {
    "nonlinear": {12: (0.08, 0.012), 16: (0.035, 8e-3), 24: (0.012, 4e-3)},  # what it does
    "deep": {12: (3e-3, 3e-3), 16: (1e-3, 1e-3), 24: (2e-4, 3e-4)},
}


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named solver-direction-cells-cfl; `quick` takes 24 cells and the default step."""
    runs: dict[str, ScenarioConfig] = {}
    for solver in SOLVERS:
        for direction, basins in BASINS.items():
            for cells in basins:
                for cfl in sorted(courant_numbers(solver)):
                    if quick and (cells, cfl) != (24, courant_numbers(solver)[0]):
                        continue
                    name = f"{solver}-{direction}-{cells}-{cfl:g}"
                    runs[name] = _one(folder / name, solver, direction, cells, cfl)
    return runs


def wave(direction: str, cells: int) -> tuple[np.ndarray, float]:
    """Wave number (x, y) [1/m] of a wave, and its period [s]."""
    counts, waves = BASINS[direction][cells]
    k = 2 * np.pi * np.array(waves) / (np.array(counts) * CELL)
    return k, float(2 * np.pi / (SPEED * np.hypot(*k)))


def _one(folder: Path, solver: str, direction: str, cells: int, cfl: float) -> ScenarioConfig:
    counts, _ = BASINS[direction][cells]
    k, period = wave(direction, cells)
    speed = SPEED / DEPTH * k / np.hypot(*k)
    grid = {
        "kind": "cartesian", "x": [0.0, counts[0] * CELL], "y": [0.0, counts[1] * CELL], "spacing": CELL,
        "boundary": "periodic",
    }  # fmt: skip

    def eta(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.asarray(HEIGHT * np.cos(k[0] * x + k[1] * y))

    water = Water(eta, lambda x, y: speed[0] * eta(x, y), lambda x, y: speed[1] * eta(x, y))
    return flow.configure(
        folder, with_solver(grid, solver), lambda x, y: -DEPTH, water,
        times=[WAVES * period], run={"adaptive": False, "cfl": cfl},
    )  # fmt: skip


def errors(folder: Path, direction: str, cells: int) -> tuple[float, float]:
    """What a wave has lost a wavelength, and the error of its phase, as a part of a wavelength too."""
    found = flow.read(folder)
    k, _ = wave(direction, cells)
    carrier = np.exp(-1j * (k[0] * found.x[None, :] + k[1] * found.y[:, None]))
    first, last = (found.eta[[0, -1]] * carrier).mean((1, 2))
    ratio = last / first
    return float(1 - abs(ratio) ** (1 / WAVES)), float(abs(np.angle(ratio)) / (2 * np.pi * WAVES))


def judge(runs: Runs) -> list[Comparison]:
    """Loss and phase error of each run."""
    lines: list[Comparison] = []
    for name, folder in runs.items():
        solver, direction, cells, cfl = name.split("-")
        label = f"{solver}, {direction}, {cells} cells, cfl {cfl}"
        found = errors(folder, direction, int(cells))
        for quantity, value, limit in zip(("loss", "phase"), found, LIMITS[solver][int(cells)], strict=True):
            lines.append(Bound(f"{label}: {quantity} a wavelength", value, limit, "%"))
    return lines


def draw(runs: Runs, output: Path) -> list[Path]:
    """Loss and phase error a wavelength of straight and of diagonal waves, over cells, by solver and Courant number."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(2, 2, figsize=(10, 7), layout="constrained", sharex=True, sharey="row")
    for column, direction in zip(panels.T, BASINS, strict=True):
        for color, solver in enumerate(SOLVERS):
            for style, cfl in zip((":", "-", "--"), sorted(courant_numbers(solver)), strict=True):
                found = {
                    cells: errors(runs[name], direction, cells)
                    for cells in BASINS[direction]
                    if (name := f"{solver}-{direction}-{cells}-{cfl:g}") in runs
                }
                for n, axes in enumerate(column):
                    values = [100 * max(both[n], 0.0) for both in found.values()]
                    axes.plot(
                        list(found), values, f"C{color}o{style}", markersize=4, label=f"{solver}, cfl {cfl:g}"
                    )
        column[0].set_title(direction)
        column[1].set_xlabel("cells a wavelength")
    for axes, quantity, least in zip(panels[:, 0], ("loss", "phase error"), (1e-2, 1e-3), strict=True):
        axes.set_yscale("symlog", linthresh=least)  # so that nothing lost is seen, too
        axes.set_ylim(bottom=0)
        axes.set_ylabel(f"{quantity} a wavelength [%]")
    panels[0, 0].legend(frameon=False)
    path = output / "plane_waves.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "loss and phase error of plane waves a wavelength, straight and diagonal, by solver, cells and step"
CASE = Case("plane_waves", SUMMARY, configure, judge, draw, about=__doc__)
