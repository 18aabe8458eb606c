"""A steady current flows through the grid, and past an island that sheds eddies.

1 m/s over 10 m, given at both ends, runs along open sides. Without an island it stays what it is, to rounding. Behind a
round island, 200 m wide, eddies leave by turns on both sides; the frequency f at which they pass a gauge three
diameters downstream gives the Strouhal number f D / U, U being the current that comes in, which is 0.15 to 0.25 for
cylinders over a wide range of Reynolds numbers (Williamson 1996, Annu. Rev. Fluid Mech. 28:477). Friction is weak: the
stability number c_f D / h of shallow wakes is far below 0.2, above which they are steady (Chen & Jirka 1995, Fluid Dyn.
Res. 16:11).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig
from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import Fields, Water

DEPTH, SPEED, DIAMETER = 10.0, 1.0, 200.0  # m, m/s, m
CELL = 20.0  # m
LENGTH, BREADTH, UPSTREAM, GAUGE = 24, 12, 6, 3  # diameters
TURNS, SETTLED, EVERY = 60, 0.4, 20.0  # diameters that the current runs; share of that to begin with; s
STROUHAL, SPREAD = 0.20, 0.05
BRIEF = 600.0  # s, without an island
ISLAND = (UPSTREAM * DIAMETER, 0.5 * BREADTH * DIAMETER)


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """The current alone, and with the island."""
    grid = {
        "kind": "cartesian",
        "x": [0.0, LENGTH * DIAMETER],
        "y": [0.0, BREADTH * DIAMETER],
        "spacing": 2 * CELL if quick else CELL,
        "boundary": {"west": "incident", "east": "incident", "south": "open", "north": "open"},
        "open_cells": 8,
    }
    ends = [{"side": side, "kind": "steady", "u": SPEED} for side in ("west", "east")]
    alone = flow.configure(
        folder / "alone",
        grid,
        lambda x, y: -DEPTH,
        Water(lambda x, y: 0.0, lambda x, y: SPEED),
        times=[BRIEF],
        incident=ends,
    )
    if quick:
        return {"alone": alone}
    times = np.arange(EVERY, TURNS * DIAMETER / SPEED + 1, EVERY)
    water = Water(lambda x, y: 0.0, lambda x, y: SPEED, _aside)
    island = flow.configure(
        folder / "island", grid, _bed, water, times=list(times), incident=ends, physics={"manning": 0.02}
    )
    return {"alone": alone, "island": island}


def _bed(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A cone with slopes of 45 degrees, cut off 2 m above the water."""
    return np.clip(0.5 * DIAMETER - np.hypot(x - ISLAND[0], y - ISLAND[1]), -DEPTH, 2.0)


def _aside(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A little flow across the wake, so that it need not wait for rounding to leave its symmetry [m/s]."""
    squares = (x - ISLAND[0] - DIAMETER) ** 2 + (y - ISLAND[1] - 0.3 * DIAMETER) ** 2
    return np.asarray(0.1 * np.exp(-squares / DIAMETER**2))


def judge(runs: Runs) -> list[Comparison]:
    """How far the current alone has changed, and the Strouhal number behind the island."""
    lines: list[Comparison] = []
    alone = flow.read(runs["alone"])
    lines.append(
        Bound("alone: change of the current", float(np.abs(alone.u[-1] - SPEED).max()), 1e-12, "m/s")
    )
    lines.append(Bound("alone: change of the level", float(np.abs(alone.h[-1] - DEPTH).max()), 1e-12, "m"))
    if "island" in runs:
        frequency, inflow = shedding(flow.read(runs["island"]))
        number = frequency * DIAMETER / inflow
        lines.append(Check("island: Strouhal number", STROUHAL, number, "", SPREAD / STROUHAL, relative=True))
    return lines


def shedding(fields: Fields) -> tuple[float, float]:
    """Frequency [1/s] of the flow across the wake at the gauge, from its zeros, and the speed that comes in [m/s]."""
    late = fields.times > SETTLED * fields.times[-1]
    j = int(np.abs(fields.y - ISLAND[1]).argmin())
    i = int(np.abs(fields.x - ISLAND[0] - GAUGE * DIAMETER).argmin())
    across = fields.v[late, j, i] - fields.v[late, j, i].mean()
    zeros = fields.times[late][1:][np.diff(np.signbit(across))]
    return 0.5 / float(np.diff(zeros).mean()), float(fields.u[late, :, 0].mean())


SUMMARY = "a steady current through the grid, and the eddies that an island sheds in it"
CASE = Case("current", SUMMARY, configure, judge, about=__doc__)
