"""Does a closed sea on real ground keep its energy? The north-west Pacific between walls for a day, by solver.

The Tohoku earthquake of 2011 on cells of 4 arc-minutes, without friction. Energy is twice that of the surface, the mean
of an hour: waves have as much in their flow, which a map of velocities at centres does not show whole where they are
short. It counts as a part of that of the second hour, when the source has ended; coast and shelf turn long waves into
shorter ones all day.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig, from_dict
from esim.config.ocean.root import TsunamiConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean.flow import G
from esim.validation.cases.solvers import SOLVERS
from esim.validation.cases.tsunamis.nw_pacific import configured, missing

DAY, PER_HOUR = 24.0, 4  # h; maps an hour
LEAST = {"nonlinear": 0.02, "deep": 0.9}


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """A run of each solver; `quick` takes cells of 12 arc-minutes and six hours."""
    spacing, hours = ("12 arcmin", 6.0) if quick else ("4 arcmin", DAY)
    return {
        solver: configured(
            folder / solver,
            solver,
            spacing,
            time__duration=hours * 3600,
            grid__boundary="wall",
            output__fields={"every": 3600 / PER_HOUR, "variables": ["eta"]},
        )
        for solver in SOLVERS
    }


def energy(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Ends of hours [h], and the energy [J] over the density of water in each."""
    with Run.open(folder) as run:
        config = from_dict(run.record["configuration"])
        assert isinstance(config, TsunamiConfig) and run.fields is not None
        width, height = config.grid.build().cell_size()
        area, sea = (width * height)[:, None], run.fields["bathymetry"].values < 0
        found = [
            (G * np.nan_to_num(run.fields["eta"][n].values.astype(float)) ** 2 * area)[sea].sum()
            for n in range(1, run.fields.sizes["time"])
        ]
        means = np.array(found).reshape(-1, PER_HOUR).mean(axis=1)
        return np.arange(1.0, means.size + 1), means


def judge(runs: Runs) -> list[Comparison]:
    """What is left of the energy of the second hour after some hours, and at the end."""
    lines: list[Comparison] = []
    for solver, folder in runs.items():
        hours, found = energy(folder)
        for n in range(2, hours.size, 3):
            limit = LEAST[solver] if hours[n] == DAY else None
            label = f"{solver}: energy left after {hours[n]:g} hours"
            lines.append(Bound(label, float(found[n] / found[1]), limit, "%", at_least=True))
    return lines


def draw(runs: Runs, output: Path) -> list[Path]:
    """Energy against time."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for solver, folder in runs.items():
        hours, found = energy(folder)
        axes.plot(hours[1:], 100 * found[1:] / found[1], "o-", label=solver)  # of the second hour on
    axes.set(xlabel="hours", ylabel="energy left [%]", ylim=(0, 105))
    axes.legend(frameon=False)
    path = output / "closed_sea.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "energy left in the north-west Pacific between walls after a day without friction, by solver"
CASE = Case("closed_sea", SUMMARY, configure, judge, draw, missing=missing, about=__doc__ or "")
