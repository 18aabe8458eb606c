"""NTHMP BP4: solitary waves on a plane beach in the laboratory of Synolakis (1987).

H/d = 0.0185 (d = 30 cm, does not break) and 0.3 (d = 15 cm, breaks), slope 1 in 19.85: profiles and run-up, by the
shallow-water equations and with dispersion (serre). Criterion of NOAA OAR PMEL-135: run-up within 5 % where the wave
does not break, 10 % where it breaks. What is known of the run-up is a power law through the laboratory's runs whose
H/d is within a quarter. Besides, every fourth of these runs, with its own depth.

Manning's coefficient is that of all laboratories here. Dispersion keeps the high wave from breaking far from the
shore, so that the run-up of waves that break is judged with it; shallow-water figures stand beside.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.nthmp import nthmp
from esim.validation.cases.ocean import flow

WAVES = {0.0185: 0.30, 0.3: 0.15}  # depth [m] by H/d
TIMES = {0.0185: (30, 40, 50, 60, 70), 0.3: (15, 20, 25, 30)}  # sqrt(d/g)
LIMITS = {0.0185: 0.05, 0.3: 0.1}
BREAKS = 0.045  # H/d from which the waves of the laboratory broke
CELLS, QUICK, SET = 20.0, 10.0, 10.0  # in a depth
EVERY, END = 5.0, 75.0
STEP = 4  # of the runs of the laboratory
LAB = "bp04/Lab_runup.txt"
EQUATIONS = {"": False, "-serre": True}
FILES = (LAB, *(f"bp04/profile_H{h:g}_t{t}.txt" for h, times in TIMES.items() for t in times))


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named H/d, H/d-serre, and lab-NUMBER with or without -serre."""
    cells = QUICK if quick else CELLS
    runs: dict[str, ScenarioConfig] = {
        f"{height:g}{name}": nthmp.beach(
            folder / f"{height:g}{name}", height, depth, cells, END, every=EVERY, dispersion=serre
        )
        for height, depth in WAVES.items()
        for name, serre in EQUATIONS.items()
        if not (quick and serre and height < BREAKS)
    }
    for n in [] if quick else chosen():
        height, _, depth = laboratory()[n]
        for name, serre in EQUATIONS.items():
            # The lower the wave the longer it takes to the shore and up.
            until = 60.0 + 12.0 / np.sqrt(height)
            runs[f"lab-{n}{name}"] = nthmp.beach(
                folder / f"lab-{n}{name}", height, depth, SET, until, every=until, dispersion=serre
            )
    return runs


def laboratory() -> np.ndarray:
    """H/d, R/d and depth [m] of the runs of the laboratory, (runs, 3)."""
    return nthmp.numbers(LAB, 3) * [1.0, 1.0, 0.01]


def chosen() -> range:
    """The runs that are computed."""
    return range(0, len(laboratory()), STEP)


def measured(height: float) -> float:
    """Run-up R/d by a power law through the runs with H/d within a quarter."""
    waves, runup, _ = laboratory().T
    near = (waves > height / 1.25) & (waves < height * 1.25)
    slope, level = np.polyfit(np.log(waves[near] / height), np.log(runup[near]), 1)
    return float(np.exp(level))


def seen(depth: float) -> float:
    """Thickness [m] of water that counts as run-up."""
    return 2e-3 * depth


def judge(runs: Runs) -> list[Comparison]:
    """Profiles and run-up of the two waves, run-up of the others, and mass."""
    lines: list[Comparison] = []
    drifts = []
    for height, depth in WAVES.items():
        for name, serre in EQUATIONS.items():
            folder = runs.get(f"{height:g}{name}")
            if folder is None:
                continue
            fields = flow.read(folder)
            drifts.append(fields.drift())
            label = f"H/d {height:g}{', dispersive' if serre else ''}"
            for time in TIMES[height]:
                x, eta = nthmp.numbers(f"bp04/profile_H{height:g}_t{time}.txt", 2).T
                error = nthmp.deviation(nthmp.profile(fields, round(time / EVERY), depth, x), eta)
                lines.append(Bound(f"{label}: profile at t = {time}", error, None, "%"))
            judged = serre or height < BREAKS
            up = nthmp.runup(folder, depth, seen(depth))
            quantity = f"{label}: run-up R/d {measured(height):.4f}, computed {up:.4f}"
            lines.append(
                Check(f"{label}: run-up", measured(height), up, "d", LIMITS[height], True)
                if judged
                else Bound(quantity, nthmp.relative(up, measured(height)), None, "%")
            )
    return [*lines, *_set(runs), flow.lost("", max(drifts), nthmp.MASS)]


def errors(runs: Runs, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """H/d, measured R/d and computed R/d of the runs of the laboratory that were computed."""
    table = laboratory()
    have = [n for n in chosen() if f"lab-{n}{name}" in runs]
    found = [nthmp.runup(runs[f"lab-{n}{name}"], table[n, 2], seen(table[n, 2])) for n in have]
    return table[have, 0], table[have, 1], np.array(found)


def _set(runs: Runs) -> list[Comparison]:
    lines: list[Comparison] = []
    for name, serre in EQUATIONS.items():
        height, known, found = errors(runs, name)
        for label, which in (("do not break", height < BREAKS), ("break", height >= BREAKS)):
            if not which.any():
                continue
            error = found[which] / known[which] - 1
            text = f"{which.sum()} runs that {label}{', dispersive' if serre else ''}: run-up"
            lines.append(Bound(f"{text}, mean of the errors", float(error.mean()), None, "%"))
            lines.append(Bound(f"{text}, mean of their sizes", float(np.abs(error).mean()), None, "%"))
            lines.append(Bound(f"{text}, largest", float(np.abs(error).max()), None, "%"))
    return lines


def draw(runs: Runs, output: Path) -> list[Path]:
    """Profiles of the two waves, and run-up against H/d."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(3, 3, figsize=(13, 9), layout="constrained")
    panels = [(height, time) for height, times in TIMES.items() for time in times][1:]
    for axis, (height, time) in zip(axes.flat, panels, strict=False):
        x, eta = nthmp.numbers(f"bp04/profile_H{height:g}_t{time}.txt", 2).T
        depth, n = WAVES[height], round(time / EVERY)
        for name, serre in EQUATIONS.items():
            folder = runs.get(f"{height:g}{name}")
            if folder is None:
                continue
            fields = flow.read(folder)
            label = "dispersive" if serre else "shallow water"
            axis.plot(fields.x / depth, fields.eta[n, 0] / depth, lw=1.2, label=label)
            axis.plot(fields.x / depth, fields.bed[0] / depth, color="0.6")
        axis.plot(x, eta, "k.", ms=3, label="laboratory")
        margin = 0.15 * np.ptp(eta)
        axis.set(xlim=(min(x.min(), 0) - 1, x.max()), ylim=(eta.min() - margin, eta.max() + 2 * margin))
        axis.set(title=f"H/d = {height:g}, t = {time}", xlabel="x / d", ylabel="surface / d")
    axes.flat[0].legend(frameon=False)
    axis = axes.flat[-1]
    axis.loglog(*laboratory()[:, :2].T, "k.", ms=4, label="laboratory")
    for name, serre in EQUATIONS.items():
        heights, _, found = errors(runs, name)
        if heights.size:
            axis.loglog(heights, found, "o" if serre else "x", ms=5, mfc="none",
                        label="dispersive" if serre else "shallow water")  # fmt: skip
    axis.set(xlabel="H / d", ylabel="run-up / d")
    axis.legend(frameon=False)
    path = output / "bp4.png"
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return [path]


SUMMARY = "NTHMP BP4, solitary waves on a plane beach in the laboratory: profiles, run-up"
CASE = Case(
    "bp4", SUMMARY, configure, judge, draw, missing=lambda quick: nthmp.missing(*FILES), about=__doc__
)
