"""A round dam breaks over water (Toro 2001, section 13.3): against rings of water on a fine grid.

2.5 m deep within 2.5 m, 0.5 m outside; the bore runs out, the middle falls dry nearly and fills again. Errors at each
of the times are over the whole square; the spread is that of cells alike in distance from the middle, along the axes
and the diagonals.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import Fields, Water
from esim.validation.references import radial

INNER, OUTER, RADIUS, HALF = 2.5, 0.5, 2.5, 20.0  # m
EVERY, TIMES = 0.7, (0.7, 1.4, 3.5)  # s
GRIDS, QUICK = (100, 200, 400), (100, 200)
FINE = 2000  # rings out to the corner
LIMIT = 0.01  # depth L1, finest
SPREAD = 0.02  # of the depth outside


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named by the cells along a side."""
    times = np.arange(1, round(TIMES[-1] / EVERY) + 1) * EVERY
    water = Water(lambda x, y: np.where(np.hypot(x, y) < RADIUS, INNER, OUTER))
    return {
        str(cells): flow.configure(
            folder / str(cells), flow.square(HALF, cells), lambda x, y: 0.0, water, times=list(times)
        )
        for cells in (QUICK if quick else GRIDS)
    }


def judge(runs: Runs) -> list[Comparison]:
    """Errors of the depth and of the outward discharge at the times, orders, roundness, mass."""
    cells = sorted(map(int, runs))
    found = [flow.read(runs[str(n)]) for n in cells]
    loose = flow.loosened(1.0, GRIDS[-1] / cells[-1], 1.0)
    label = f"{2 * HALF / cells[-1]:g} m"
    lines: list[Comparison] = []
    for t in TIMES:
        errors = np.array([_errors(fields, t) for fields in found])
        lines.append(Bound(f"{label}, {t:g} s: depth, L1", errors[-1, 0], loose * LIMIT, "%"))
        lines.append(Bound(f"{label}, {t:g} s: depth, L2", errors[-1, 1], None, "%"))
        lines.append(Bound(f"{label}, {t:g} s: discharge, L1", errors[-1, 2], None, "%"))
        if len(cells) > 1:
            order = flow.orders([1 / n for n in cells], errors[:, 0])[-1]
            lines.append(Bound(f"{t:g} s: order of the depth", order, 0.7, at_least=True))
    lines.append(
        Bound(f"{label}, {TIMES[-1]:g} s: axis against diagonal", _spread(found[-1]), loose * SPREAD, "%")
    )
    lines.append(flow.lost("", max(fields.drift() for fields in found)))
    return lines


def _errors(fields: Fields, t: float) -> tuple[float, float, float]:
    """Of the depth in L1 and L2, of the discharge in L1."""
    n = int(np.abs(fields.times - t).argmin())
    x, y = fields.x[None, :], fields.y[:, None]
    r = np.hypot(x, y)
    depth, speed = reference(t).at(r)
    outward = (fields.u[n] * x + fields.v[n] * y) / r
    h = fields.h[n]
    return flow.share(h, depth), flow.share(h, depth, 2), flow.share(h * outward, depth * speed)


def _spread(fields: Fields) -> float:
    """Largest difference of the depth at the same distance along an axis and a diagonal, over the depth outside.

    Beside the bore, where a cell more or less is everything, it is the mean.
    """
    r = np.arange(0.5, 0.9 * HALF, fields.grid.dx)
    row, x = fields.y.size // 2, fields.x
    axis = np.interp(r, x, 0.5 * (fields.h[-1, row] + fields.h[-1, row - 1]))
    diagonal = np.interp(r, np.sqrt(2) * x, np.diagonal(fields.h[-1]))
    return float(np.abs(axis - diagonal).mean() / OUTER)


@cache
def reference(t: float) -> radial.State:
    """Rings of water at a time."""
    size = np.sqrt(2) * HALF / FINE
    r = (np.arange(FINE) + 0.5) * size
    return radial.march(r, np.where(r < RADIUS, INNER, OUTER), t, rings=True)


def draw(runs: Runs, output: Path) -> list[Path]:
    """Depths along an axis and a diagonal, and a map."""
    import matplotlib.pyplot as plt

    fields = flow.read(runs[max(runs, key=int)])
    figure, axes = plt.subplots(1, 4, figsize=(14, 3.4), layout="constrained")
    row = fields.y.size // 2
    for t, axis in zip(TIMES, axes, strict=False):
        n = int(np.abs(fields.times - t).argmin())
        state = reference(t)
        axis.plot(state.r, state.h, "k-", lw=0.8, label="rings")
        axis.plot(fields.x[row:], fields.h[n, row, row:], ".", ms=3, color="#c1440e", label="along x")
        diagonal = np.diagonal(fields.h[n])[row:]
        axis.plot(
            np.sqrt(2) * fields.x[row:], diagonal, ".", ms=3, color="#1f6f8b", label="along the diagonal"
        )
        axis.set(
            title=f"{t:g} s, {fields.grid.dx:g} m", xlabel="distance [m]", ylabel="depth [m]", xlim=(0, HALF)
        )
    axes[0].legend(frameon=False)
    edge = (-HALF, HALF, -HALF, HALF)
    image = axes[3].imshow(fields.h[-1], origin="lower", extent=edge, cmap="cividis")
    figure.colorbar(image, ax=axes[3], label="depth [m]")
    axes[3].set(xlabel="x [m]", ylabel="y [m]")
    path = output / "radial_dam_break.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "a round dam break: depth and discharge against rings, roundness"
CASE = Case("radial_dam_break", SUMMARY, configure, judge, draw, about=__doc__)
