"""How fast are small waves? Standing waves in a basin against the relation of Airy's waves, omega^2 = g k tanh(kh).

Half a wave between two walls over 100 m of water, for waves from 60 depths to little more than one depth long, on
grids of so many cells per wavelength. Phase speeds go by physics.dispersion: serre with its default factor alpha. The
asked accuracy is 1 % up to kh = 1 and 5 % up to kh = 3; the equations themselves are 0.6 % off at most up to there.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G, Water

DEPTH, HEIGHT = 100.0, 0.01  # m
WAVES = (0.1, 0.5, 1.0, 2.0, 3.0, 5.0)  # kh
CELLS = (16, 24, 40)  # per wavelength
QUICK_WAVES, QUICK_CELLS = (1.0, 3.0), (24,)
STATED = 24  # cells per wavelength for which the limits are
LIMITS = {0.1: 0.01, 0.5: 0.01, 1.0: 0.01, 2.0: 0.05, 3.0: 0.05}
SAMPLES = 80  # a period


def airy(kh: float) -> float:
    """Angular frequency [1/s] of a small wave."""
    return float(np.sqrt(G * kh / DEPTH * np.tanh(kh)))


def improved(kh: np.ndarray, alpha: float) -> np.ndarray:
    """Phase speed over that of long waves by the equations with a factor alpha."""
    third = kh**2 / 3
    return np.sqrt((1 + (alpha - 1) * third) / (1 + alpha * third))


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named kh-cells."""
    waves, grids = (QUICK_WAVES, QUICK_CELLS) if quick else (WAVES, CELLS)
    return {f"{kh:g}-{cells}": _one(folder / f"{kh:g}-{cells}", kh, cells) for kh in waves for cells in grids}


def _one(folder: Path, kh: float, cells: int) -> ScenarioConfig:
    length, period = 2 * np.pi * DEPTH / kh, 2 * np.pi / airy(kh)
    water = Water(lambda x, y: HEIGHT * np.cos(2 * np.pi * x / length))
    return flow.configure(
        folder,
        flow.flume((0.0, length / 2), cells // 2),
        lambda x, y: -DEPTH,
        water,
        times=list(period / SAMPLES * np.arange(1, SAMPLES + 1)),
        physics={"manning": 0.0, "dispersion": "serre"},
        run={"precision": "float64"},
    )


def error(folder: Path, kh: float) -> float:
    """Relative error of the frequency, from the times at which the wave is flat."""
    found = flow.read(folder)
    mode = np.cos(kh / DEPTH * found.x)
    height = (found.eta[:, 0] * mode).mean(1)
    turns = np.flatnonzero(height[:-1] * height[1:] < 0)[:2]
    step = found.times[1] - found.times[0]
    flat = found.times[turns] + step * height[turns] / (height[turns] - height[turns + 1])
    return float(np.pi / (flat[1] - flat[0]) / airy(kh) - 1)


def judge(runs: Runs) -> list[Comparison]:
    """Errors of phase speeds, with limits on the grid for which they are stated."""
    lines: list[Comparison] = []
    for name in sorted(runs, key=lambda name: tuple(map(float, name.split("-")))):
        kh, cells = name.split("-")
        limit = LIMITS.get(float(kh)) if int(cells) >= STATED else None
        lines.append(
            Bound(f"kh = {kh}, {cells} cells: phase speed", abs(error(runs[name], float(kh))), limit, "%")
        )
    return lines


def draw(runs: Runs, output: Path) -> list[Path]:
    """Phase speeds over those of long waves: by theory and as computed."""
    import matplotlib.pyplot as plt

    from esim.config.ocean.physics import OceanPhysics

    alpha = OceanPhysics.model_fields["dispersion_alpha"].default
    kh = np.linspace(0.01, 5.5, 300)
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(kh, np.sqrt(np.tanh(kh) / kh), "k", label="Airy")
    axes.plot(kh, improved(kh, alpha), "C0--", label=f"equations, alpha = {alpha:g}")
    axes.plot(kh, improved(kh, 1.0), "C7:", label="equations, alpha = 1")
    for color, cells in enumerate(sorted({int(name.split("-")[1]) for name in runs}), 1):
        waves = [float(name.split("-")[0]) for name in runs if name.endswith(f"-{cells}")]
        found = [np.sqrt(np.tanh(k) / k) * (1 + error(runs[f"{k:g}-{cells}"], k)) for k in waves]
        axes.plot(waves, found, f"C{color}o", mfc="none", label=f"{cells} cells per wavelength")
    axes.set(xlabel="kh", ylabel="phase speed over sqrt(gh)", ylim=(0.35, 1.03))
    axes.legend(frameon=False)
    path = output / "linear_dispersion.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "phase speeds of small waves against kh"
CASE = Case("linear_dispersion", SUMMARY, configure, judge, draw, about=__doc__)
