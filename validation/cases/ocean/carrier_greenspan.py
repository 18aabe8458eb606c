"""A plane beach without friction (Carrier and Greenspan 1958): a standing wave, and water let go with a hollow.

Slope 1 in 50, lengths in units of 1000 m. The standing wave has 0.7 of the amplitude at which it would break and
runs for two periods; the sea is long enough that nothing comes back from its end. Errors are shares of the largest
surface height, those of the discharge shares of the discharge. The shore is where the water, from the sea, is no
longer thicker than a quarter of what the beach rises over a cell: a film stays behind as it draws back.
"""

from collections.abc import Mapping
from math import pi
from pathlib import Path
from typing import NamedTuple

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import Fields, G, Water
from esim.validation.references import carrier_greenspan as known

LENGTH, SLOPE = 1000.0, 0.02
DEPTH = SLOPE * LENGTH  # m, that of the still water LENGTH from the shore
SPEED = float(np.sqrt(G * DEPTH))  # m/s
TIME = LENGTH / SPEED  # s
SEEN = 0.25  # of what the beach rises over a cell: thinner water is a film
REACH = 2.5  # where errors are taken, in lengths from the still shore


class Wave(NamedTuple):
    """A solution, the times it begins and ends at, its scale, its level far out, and the sea that it needs."""

    solve: known.Solution
    begin: float
    end: float
    height: float
    level: float
    sea: float
    samples: int


WAVES = {
    "standing": Wave(known.standing(0.7), -pi / 4, 7 * pi / 4, 0.7 / 4, 0.0, 24.0, 32),
    "hollow": Wave(known.hollow(0.1), 0.0, 5.0, 0.1, 0.1, 17.0, 20),
}
GRIDS, QUICK = (20, 40, 80, 160), (20, 40)  # cells in a length
SURFACE_LIMIT, SHORE_LIMIT = 0.003, 0.05  # finest: surface L2; shore, which is that of whole cells
ORDER = 1.3


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named wave-cells."""
    return {
        f"{name}-{cells}": _one(folder / f"{name}-{cells}", WAVES[name], cells)
        for name in WAVES
        for cells in (QUICK if quick else GRIDS)
    }


def _one(folder: Path, wave: Wave, cells: int) -> ScenarioConfig:
    land = 0.5
    grid = flow.flume((-wave.sea * LENGTH, land * LENGTH), round((wave.sea + land) * cells), ("open", "wall"))
    start = known.profile(wave.solve, wave.begin, wave.sea)

    def of(n: int, unit: float, level: float = 0.0) -> flow.Formula:
        return lambda x, y: unit * (start.at(x / LENGTH)[n] - level)

    water = Water(of(0, DEPTH, wave.level), of(1, SPEED))
    times = np.arange(1, wave.samples + 1) * (wave.end - wave.begin) * TIME / wave.samples
    # The still level far out is zero, as open sides expect.
    bed = lambda x, y: DEPTH * (x / LENGTH - wave.level)  # noqa: E731
    return flow.configure(folder, grid, bed, water, times=list(times), physics={"dry_depth": 1e-4})


def judge(runs: Runs) -> list[Comparison]:
    """Errors of the surface and the discharge over all samples, of the shore, and orders."""
    lines: list[Comparison] = []
    for name, wave in WAVES.items():
        cells = sorted(int(key.split("-")[1]) for key in runs if key.startswith(name))
        if not cells:
            continue
        found = [flow.read(runs[f"{name}-{n}"]) for n in cells]
        errors = np.array([_errors(wave, fields) for fields in found])
        coarser = GRIDS[-1] / cells[-1]
        surface = flow.loosened(1.0, coarser, ORDER) * SURFACE_LIMIT
        shore = flow.loosened(1.0, coarser, 1.0) * SHORE_LIMIT
        label = f"{name}, {LENGTH / cells[-1]:g} m"
        lines.append(Bound(f"{label}: surface, L2", errors[-1, 0], surface, "%"))
        lines.append(Bound(f"{label}: surface, largest", errors[-1, 1], None, "%"))
        lines.append(Bound(f"{label}: discharge, L2", errors[-1, 2], 3 * surface, "%"))
        lines.append(Bound(f"{label}: shore, largest", errors[-1, 3], shore, "%"))
        lines.append(Bound(f"{label}: highest shore", errors[-1, 4], shore, "%"))
        if len(cells) > 1:
            lines.append(
                Bound(f"{name}: order of the surface", flow.orders([1 / n for n in cells], errors[:, 0])[-1],
                      ORDER, at_least=True)
            )  # fmt: skip
    return lines


def _errors(wave: Wave, fields: Fields) -> tuple[float, float, float, float, float]:
    """Surface in L2 and at most, discharge in L2, the shore's height at any time and at its highest."""
    near = fields.x > -REACH * LENGTH
    off, discharges, shores = [], [], []
    for n, t in enumerate(fields.times[1:], 1):
        now = known.profile(wave.solve, wave.begin + t / TIME, wave.sea)
        eta, u = now.at(fields.x / LENGTH)
        wet = near & (eta - fields.x / LENGTH > _seen(fields) / DEPTH)
        off.append((fields.eta[n, 0] / DEPTH + wave.level - eta)[wet] / wave.height)
        flow_known = ((eta - fields.x / LENGTH) * u)[near]
        discharges.append((flow_known, (fields.h[n, 0] * fields.u[n, 0])[near] / (DEPTH * SPEED)))
        shores.append(((_shore(fields, n) / DEPTH + wave.level - now.shore) / wave.height, now.shore))
    flat, shore = np.concatenate(off), np.array(shores)
    expected, found = np.concatenate(discharges, axis=1)
    return (
        float(np.sqrt(np.mean(flat**2))),
        float(np.abs(flat).max()),
        flow.share(found, expected, 2),
        float(np.abs(shore[:, 0]).max()),
        float(np.abs(shore[shore[:, 1].argmax(), 0])),
    )


def _seen(fields: Fields) -> float:
    """Depth [m] of water that is no film."""
    return SEEN * SLOPE * fields.grid.dx


def _shore(fields: Fields, n: int) -> float:
    """Height of the shore: the surface of the last cell under water."""
    last = np.flatnonzero(fields.h[n, 0] <= _seen(fields)).min() - 1
    return float(fields.eta[n, 0, last])


def draw(runs: Runs, output: Path) -> list[Path]:
    """Surfaces and the height of the shore on the finest grids beside what is known."""
    import matplotlib.pyplot as plt

    figure, rows = plt.subplots(2, 2, figsize=(11, 6), layout="constrained")
    for (name, wave), axes in zip(WAVES.items(), rows, strict=True):
        sizes = sorted(int(key.split("-")[1]) for key in runs if key.startswith(name))
        if not sizes:
            continue
        fields = flow.read(runs[f"{name}-{sizes[-1]}"])
        for n in range(0, len(fields.times), max(1, wave.samples // 8)):
            now = known.profile(wave.solve, wave.begin + fields.times[n] / TIME, wave.sea)
            wet = fields.h[n, 0] > _seen(fields)
            axes[0].plot(now.x, DEPTH * (now.eta - wave.level), "k-", lw=0.8)
            axes[0].plot(
                (fields.x / LENGTH)[wet][::2], fields.eta[n, 0][wet][::2], ".", ms=2.5, color="#c1440e"
            )
        axes[0].plot(fields.x / LENGTH, fields.bed[0], color="0.6", lw=1)
        axes[0].set(
            xlim=(-REACH, 0.3), ylim=(-1.6 * wave.height * DEPTH, 1.4 * wave.height * DEPTH),
            xlabel="x [km]", ylabel="surface [m]", title=f"{name}, {fields.grid.dx:g} m",
        )  # fmt: skip
        moments = np.linspace(wave.begin, wave.end, 200)
        shore = [known.profile(wave.solve, t, 1.0, 500).shore - wave.level for t in moments]
        axes[1].plot((moments - wave.begin) * TIME, DEPTH * np.array(shore), "k-", lw=0.8, label="known")
        heights = [_shore(fields, n) for n in range(len(fields.times))]
        axes[1].plot(fields.times, heights, ".", color="#c1440e", label="esim")
        axes[1].set(xlabel="time [s]", ylabel="height of the shore [m]")
        axes[1].legend(frameon=False)
    path = output / "carrier_greenspan.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "waves on a plane beach that do not break: surface, discharge, shore, order"
CASE = Case("carrier_greenspan", SUMMARY, configure, judge, draw, about=__doc__)
