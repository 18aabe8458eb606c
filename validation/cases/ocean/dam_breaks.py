"""Dam breaks: onto dry ground (Ritter 1892), onto still water (Stoker 1957), and onto rough dry ground.

A dam between 10 m and nothing, or 2 m, of water, after 40 s; limits are for the finest grid. ANUGA's tests of the dry
one ask for 10 to 15 % of the depth, 25 % of the discharge. With Manning's friction the reference is another scheme on
a grid four times finer, and the front is also compared with the theory of the tip (Whitham 1955, Chanson 2009).
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import Fields, Water
from esim.validation.references import dam_break, radial

LEFT, RIGHT, END, HALF = 10.0, 2.0, 40.0, 1000.0  # m, m, s, m
GRIDS = {"dry": (100, 200, 400, 800), "wet": (100, 200, 400, 800), "rough": (200, 400, 800)}
QUICK = (200, 400)
MANNING = 0.03  # s/m^(1/3)
FINER = 4  # than the finest grid
LIMITS = {"dry": (0.003, 0.01), "wet": (0.002, 0.01), "rough": (0.002, 0.01)}  # of depth and discharge, L1
FRONT_LIMIT = 0.05  # of the way it has run
FRONT = 0.01  # of the depth behind the dam: where it is exceeded, the front has been


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named ground-cells."""
    return {
        f"{ground}-{cells}": _one(folder / f"{ground}-{cells}", ground, cells)
        for ground, grids in GRIDS.items()
        for cells in (QUICK if quick else grids)
    }


def _one(folder: Path, ground: str, cells: int) -> ScenarioConfig:
    right = RIGHT if ground == "wet" else 0.0
    water = Water(lambda x, y: np.where(x < 0, LEFT, right))
    grid = flow.flume((-HALF, HALF), cells)
    rough = {"physics": {"manning": MANNING}} if ground == "rough" else {}
    return flow.configure(folder, grid, lambda x, y: 0.0, water, times=[END], **rough)


def judge(runs: Runs) -> list[Comparison]:
    """Errors of depth and discharge, orders, the place of the front, and mass."""
    lines: list[Comparison] = []
    for ground in GRIDS:
        cells = sorted(int(name.split("-")[1]) for name in runs if name.startswith(ground))
        if cells:
            lines += _judge(ground, cells, [flow.read(runs[f"{ground}-{n}"]) for n in cells])
    return lines


def _judge(ground: str, cells: list[int], found: list[Fields]) -> list[Comparison]:
    known = [exact(ground, fields.x) for fields in found]
    depth = [flow.share(fields.h[-1, 0], h) for fields, (h, _) in zip(found, known, strict=True)]
    discharge = [
        flow.share(fields.h[-1, 0] * fields.u[-1, 0], h * u)
        for fields, (h, u) in zip(found, known, strict=True)
    ]
    loose = flow.loosened(1.0, GRIDS[ground][-1] / cells[-1], 1.0)
    limits = [loose * limit for limit in LIMITS[ground]]
    label = f"{ground}, {2 * HALF / cells[-1]:g} m"
    lines: list[Comparison] = [
        Bound(f"{label}: depth, L1", depth[-1], limits[0], "%"),
        Bound(f"{label}: discharge, L1", discharge[-1], limits[1], "%"),
    ]
    if len(cells) > 1:
        order = flow.orders([1 / n for n in cells], depth)[-1]
        lines.append(Bound(f"{ground}: order of the depth", order, 0.75, at_least=True))
    x, (h, _) = found[-1].x, known[-1]
    level = (RIGHT if ground == "wet" else 0.0) + FRONT * LEFT
    front, reached = (float(x[depth > level].max()) for depth in (h, found[-1].h[-1, 0]))
    lines.append(Check(f"{label}: front", front, reached, "m", loose * FRONT_LIMIT, relative=True))
    if ground == "rough":
        theory = dam_break.tip(END, LEFT, MANNING)[0]
        lines.append(Check(f"{label}: front by the theory of the tip", theory, reached, "m", 0.05, True))
    lines.append(flow.lost(ground, max(fields.drift() for fields in found)))
    return lines


def exact(ground: str, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth [m] and velocity [m/s] at the end."""
    if ground == "dry":
        return dam_break.ritter(x, END, LEFT)
    if ground == "wet":
        return dam_break.stoker(x, END, LEFT, RIGHT)
    return _fine().at(x)


@cache
def _fine() -> radial.State:
    cells = FINER * GRIDS["rough"][-1]
    r = (np.arange(cells) + 0.5) / cells * 2 * HALF - HALF
    return radial.march(r, np.where(r < 0, LEFT, 0.0), END, manning=MANNING)


def draw(runs: Runs, output: Path) -> list[Path]:
    """Depths of the finest grids beside what is known."""
    import matplotlib.pyplot as plt

    figure, rows = plt.subplots(2, 3, figsize=(11, 5), layout="constrained", sharex=True)
    for ground, axes in zip(GRIDS, rows.T, strict=True):
        names = [name for name in runs if name.startswith(ground)]
        if not names:
            continue
        fields = flow.read(runs[max(names, key=lambda name: int(name.split("-")[1]))])
        x = np.linspace(-HALF, HALF, 2001)
        known = exact(ground, x)
        values = (fields.h[-1, 0], fields.u[-1, 0])
        for axis, found, curve, words in zip(
            axes, values, known, ("depth [m]", "velocity [m/s]"), strict=True
        ):
            axis.plot(x, curve, "k-", lw=0.8, label="known")
            axis.plot(fields.x, found, ".", ms=2.5, color="#c1440e", label="esim")
            axis.set(ylabel=words)
        axes[0].set(title=f"{ground}, {fields.grid.dx:g} m")
        axes[1].set(xlabel="x [m]")
        axes[0].legend(frameon=False)
    path = output / "dam_breaks.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "dam breaks onto dry, wet and rough ground: depth, discharge, front"
CASE = Case("dam_breaks", SUMMARY, configure, judge, draw, about=__doc__)
