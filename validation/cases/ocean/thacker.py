"""Thacker's bowls (1981): a lake that circles with a plane surface, and one that contracts and spreads.

The shore moves over dry ground all the time; three periods without friction. Errors are of the depth and of the
discharge, and where the shore is along the axis towards east.
"""

from collections.abc import Mapping
from math import pi, tau
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import Fields, Water
from esim.validation.references.thacker import Bowl

BOWL = Bowl(depth=10.0, radius=3000.0, shift=600.0, amplitude=0.3)
HALF = 4600.0  # m
PERIODS = {"planar": tau / BOWL.turn, "radial": pi / BOWL.turn}  # s
TURNS, SAMPLES = 3, 4  # of a period
GRIDS, QUICK = (50, 100, 200), (50, 100)
LIMITS = {"planar": (0.01, 0.02), "radial": (0.02, 0.05)}  # on the finest grid: depth L1, discharge L1
ORDER = 1.0
SEEN = 0.5  # of what the ground rises over a cell at the rim: thinner water that is left behind is a film


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named solution-cells."""
    return {
        f"{name}-{cells}": _one(folder / f"{name}-{cells}", name, cells)
        for name in PERIODS
        for cells in (QUICK if quick else GRIDS)
    }


def _one(folder: Path, name: str, cells: int) -> ScenarioConfig:
    solve = getattr(BOWL, name)
    water = Water(*(lambda x, y, m=m: solve(x, y, 0.0)[m] for m in range(3)))
    times = np.arange(1, TURNS * SAMPLES + 1) * PERIODS[name] / SAMPLES
    return flow.configure(folder, flow.square(HALF, cells), BOWL.bed, water, times=list(times))


def judge(runs: Runs) -> list[Comparison]:
    """Errors after three periods, their orders, the shore at any sample, and mass."""
    lines: list[Comparison] = []
    for name in PERIODS:
        cells = sorted(int(key.split("-")[1]) for key in runs if key.startswith(name))
        if not cells:
            continue
        found = [flow.read(runs[f"{name}-{n}"]) for n in cells]
        errors = np.array([errors_of(name, fields) for fields in found])
        loose = flow.loosened(1.0, GRIDS[-1] / cells[-1], 1.5)
        limits = [loose * limit for limit in LIMITS[name]]
        label = f"{name}, {2 * HALF / cells[-1]:g} m"
        lines.append(Bound(f"{label}: depth, L1", errors[-1, 0], limits[0], "%"))
        lines.append(Bound(f"{label}: depth, L2", errors[-1, 1], None, "%"))
        lines.append(Bound(f"{label}: depth, largest", errors[-1, 2], None, "%"))
        lines.append(Bound(f"{label}: discharge, L1", errors[-1, 3], limits[1], "%"))
        lines.append(Bound(f"{label}: shore off by, in cells", shore(name, found[-1]), 3.0))
        if len(cells) > 1:
            order = flow.orders([1 / n for n in cells], errors[:, 0])[-1]
            lines.append(Bound(f"{name}: order of the depth", order, ORDER, at_least=True))
        lines.append(flow.lost(name, max(fields.drift() for fields in found)))
    return lines


def exact(name: str, fields: Fields, t: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth [m] and discharges [m2/s] (ny, nx) on the cells of a run."""
    x, y = fields.x[None, :], fields.y[:, None]
    eta, u, v = getattr(BOWL, name)(x, y, t)
    h = np.maximum(eta - BOWL.bed(x, y), 0.0)
    return h, h * u, h * v


def errors_of(name: str, fields: Fields) -> tuple[float, float, float, float]:
    """Errors at the end: of the depth in L1, L2 and at most, of the discharge in L1 (over its scale in a period)."""
    h, hu, hv = exact(name, fields, fields.times[-1])
    depth = [flow.share(fields.h[-1], h, power) for power in (1, 2, np.inf)]
    # At whole periods the radial flow is at rest: a quarter earlier it is fastest.
    h, hu, hv = exact(name, fields, fields.times[-2])
    off = np.hypot(fields.h[-2] * fields.u[-2] - hu, fields.h[-2] * fields.v[-2] - hv)
    return (*depth, float(off.mean() / np.hypot(hu, hv).mean()))  # type: ignore[return-value]


def shore(name: str, fields: Fields) -> float:
    """Largest distance, at any sample, of the easternmost wet cell near the axis from where it should be, in cells."""
    row, seen = fields.y.size // 2, _seen(fields)
    off = []
    for n, t in enumerate(fields.times):
        wet = [np.flatnonzero(h[row] > seen).max() for h in (fields.h[n], exact(name, fields, t)[0])]
        off.append(abs(int(wet[0]) - int(wet[1])))
    return float(max(off))


def _seen(fields: Fields) -> float:
    """Depth [m] of water that is no film."""
    return SEEN * 2 * BOWL.depth / BOWL.radius * fields.grid.dx


def draw(runs: Runs, output: Path) -> list[Path]:
    """Sections through the bowl at the end, and errors against the size of cells."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
    for name, axis in zip(PERIODS, axes, strict=False):
        names = [key for key in runs if key.startswith(name)]
        if not names:
            continue
        sizes = sorted(int(key.split("-")[1]) for key in names)
        fields = flow.read(runs[f"{name}-{sizes[-1]}"])
        row = fields.y.size // 2
        for n, colour in ((-1, "#c1440e"), (-3, "#1f6f8b")):
            t = fields.times[n]
            h = exact(name, fields, t)[0][row]
            bed = fields.bed[row]
            wet, found = h > 0, fields.h[n][row] > _seen(fields)
            axis.plot(fields.x[wet] / 1e3, (h + bed)[wet], "k-", lw=0.8)
            axis.plot(
                fields.x[found] / 1e3, fields.eta[n][row][found], ".", ms=2.5, color=colour,
                label=f"{t / PERIODS[name]:g} periods",
            )  # fmt: skip
        axis.plot(fields.x / 1e3, fields.bed[row], color="0.6", lw=1)
        axis.set(title=f"{name}, {fields.grid.dx:g} m", xlabel="x [km]", ylabel="surface [m]", ylim=(-11, 8))
        axis.legend(frameon=False)
        errors = [errors_of(name, flow.read(runs[f"{name}-{n}"]))[0] for n in sizes]
        axes[2].loglog([2 * HALF / n for n in sizes], errors, "o-", label=name)
    axes[2].set_xticks([2 * HALF / n for n in GRIDS], [f"{2 * HALF / n:.0f}" for n in GRIDS])
    axes[2].minorticks_off()
    axes[2].set(xlabel="cells [m]", ylabel="error of the depth, L1")
    axes[2].legend(frameon=False)
    path = output / "thacker.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "lakes that slosh in a paraboloid, planar and radial: depth, discharge, shore, order"
CASE = Case("thacker", SUMMARY, configure, judge, draw, about=__doc__)
