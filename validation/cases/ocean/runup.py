"""Run-up of solitary waves that do not break on a plane beach: the law of Synolakis (1987).

A beach of one slope behind water 10 m deep, without friction; the wave begins half its length before the toe with the
velocity of a long wave. NTHMP asks for 5 % of analytic run-up. The law is asymptotic: where it is more than 3 % off the
integral that it comes from, the integral alone counts. Both take the wave to come to the toe unchanged; it steepens
slightly during propagation.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G, Water
from esim.validation.references import runup

DEPTH = 10.0  # m
HEIGHTS = {
    10.0: (0.01, 0.02, 0.04),
    19.85: (0.005, 0.01, 0.0185, 0.028),
    40.0: (0.004, 0.007, 0.012),
}  # over the depth, by the cotangent of the slope
QUICK = {19.85: (0.0185,)}
CELLS, STEEP_CELLS, QUICK_CELLS = (
    30,
    60,
    20,
)  # between the still shore and the highest; of waves that nearly break
STUDY = (19.85, 0.0185)
LIMIT, TRUSTED = 0.05, 0.03
SEEN = 0.003  # of the run-up, water that counts


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named cot-height-cells."""
    if quick:
        wanted = [(cot, height, QUICK_CELLS) for cot, heights in QUICK.items() for height in heights]
    else:
        wanted = [
            (cot, height, _cells(cot, height)) for cot, heights in HEIGHTS.items() for height in heights
        ]
        wanted += [(*STUDY, STEEP_CELLS // 4), (*STUDY, STEEP_CELLS // 2)]
    return {
        f"{cot:g}-{height:g}-{n}": _one(folder / f"{cot:g}-{height:g}-{n}", cot, height, n)
        for cot, height, n in wanted
    }


def _cells(cot: float, height: float) -> int:
    return STEEP_CELLS if height > 0.5 * runup.breaking(cot) else CELLS


def _one(folder: Path, cot: float, height: float, cells: int) -> ScenarioConfig:
    highest, reach = runup.law(height, cot), runup.reach(height)
    size = highest * cot / cells
    sea, land = (round(cot + 2 * reach, 3), 1.5 * highest * cot)
    count = round((sea + land) / size)
    grid = flow.flume((-sea * DEPTH, (count * size - sea) * DEPTH), count, ("open", "wall"))
    crest, steepness = -(cot + reach) * DEPTH, np.sqrt(0.75 * height) / DEPTH

    def eta(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return height * DEPTH / np.cosh(np.minimum(np.abs(x - crest) * steepness, 300.0)) ** 2

    # Long after its crest has reached the shore the water is in run-down.
    end = (2 * reach + 2 * cot) * DEPTH / np.sqrt(G * DEPTH)
    return flow.configure(
        folder, grid, lambda x, y: np.maximum(x / cot, -DEPTH), Water(eta, lambda x, y: eta(x, y) * np.sqrt(G / DEPTH)),
        times=[end], physics={"dry_depth": 1e-4}, output={"maxima": {"variables": ["eta_max", "inundation_depth_max"]}},
    )  # fmt: skip


def judge(runs: Runs) -> list[Comparison]:
    """Run-up over the depth: the law, and the integral; and how it depends on the cells."""
    lines: list[Comparison] = []
    study = {}
    for name in sorted(runs, key=lambda name: [float(part) for part in name.split("-")]):
        cot, height, cells = (float(part) for part in name.split("-"))
        found, law, exact = (
            highest(runs[name], cot, height),
            runup.law(height, cot),
            runup.linear(height, cot),
        )
        if (cot, height) == STUDY:
            study[int(cells)] = found
        if cells not in (_cells(cot, height), QUICK_CELLS):
            continue
        label = f"slope 1:{cot:g}, H/d {height:g}"
        if abs(law / exact - 1) <= TRUSTED:
            lines.append(Check(f"{label}: run-up over H, law", law / height, found / height, "", LIMIT, True))
        lines.append(
            Check(f"{label}: run-up over H, integral", exact / height, found / height, "", LIMIT, True)
        )
    for cells, found in list(study.items())[:-1]:
        label = f"slope 1:{STUDY[0]:g}, H/d {STUDY[1]:g}: {cells} cells to the highest, against {max(study)}"
        lines.append(Bound(label, abs(found / study[max(study)] - 1), None, "%"))
    return lines


def highest(folder: Path, cot: float, height: float) -> float:
    """The highest water on the beach, over the depth."""
    with Run.open(folder) as run:
        assert run.maxima is not None
        depth = run.maxima["inundation_depth_max"].values[0]
        wet = np.nan_to_num(depth) > SEEN * runup.law(height, cot) * DEPTH
        return float(run.maxima["eta_max"].values[0][wet].max() / DEPTH) if wet.any() else 0.0


def draw(runs: Runs, output: Path) -> list[Path]:
    """Run-up over the height of the wave by its height, for each slope."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
    wanted = [tuple(float(part) for part in name.split("-")) for name in runs]
    for cot, colour in zip(HEIGHTS, ("#1f6f8b", "#c1440e", "#5b7f2b"), strict=True):
        last = runup.breaking(cot)
        curve = np.geomspace(0.1 * last, last, 40)
        axes.plot(curve, [runup.law(h, cot) / h for h in curve], "--", color=colour, lw=0.8)
        axes.plot(curve, [runup.linear(h, cot) / h for h in curve], "-", color=colour, lw=1)
        for name, (slope, height, cells) in zip(runs, wanted, strict=True):
            if slope == cot and cells in (_cells(cot, height), QUICK_CELLS):
                axes.plot(height, highest(runs[name], cot, height) / height, "o", color=colour)
        axes.plot([], [], "o-", color=colour, label=f"1:{cot:g}")
    axes.plot([], [], "--", color="0.4", label="law")
    axes.set(xlabel="height of the wave over the depth", ylabel="run-up over the height of the wave")
    axes.legend(frameon=False)
    path = output / "runup.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "solitary waves on plane beaches: run-up by the law of Synolakis"
CASE = Case("runup", SUMMARY, configure, judge, draw, about=__doc__)
