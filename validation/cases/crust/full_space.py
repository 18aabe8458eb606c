"""Full space: an explosion, a double couple and a force against Aki and Richards (2002, eqs. 4.23 and 4.29).

The block ends in walls so far away that nothing comes back from them before a record ends: what differs from the
formulas is the error of the differences, of the time step and of how sources and receivers lie between nodes. With
time steps in proportion to the square of the cells all of it should fall with their fourth power; with cells as they
are and smaller and smaller steps, what is left of a step should fall with its square.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim.config import ScenarioConfig, from_dict
from esim.validation.cases.case import Bound, Case, Runs
from esim.validation.cases.crust.records import Records, largest_error, order, read
from esim.validation.references import full_space
from esim.validation.references.full_space import FullSpace
from esim.validation.references.spectrum import Window

MEDIUM = FullSpace(6000.0, 3464.0, 2700.0)
SIZE = 8000.0  # m: the block
SIGMA, ARRIVAL = 0.1, 0.6  # s
END = 1.2  # s: before anything comes back
STEPS = 180  # up to END with CELLS[0] cells along a side; half of what is stable
CELLS = (48, 64, 96)  # of which QUICK are enough to see the order
QUICK = (48, 64)
MIDDLE = 64  # cells where only the time step changes
HALVINGS = (1, 2, 4)
# Whole numbers of cells in any of the blocks, so that the receivers lie between their nodes as the source does.
RECEIVERS = np.array(
    [[1000.0, 500, 500], [-500, 1000, -500], [500, -500, 1000], [0, 1000, 500], [-1000, 0, -1000]]
)
PLACES = {"on": (0.0, 0.0, 0.0), "between": (0.3, 0.2, -0.4)}  # of a cell from its centre
STRIKE, DIP, RAKE = 30.0, 65.0, 40.0  # degrees
MOMENT = 1e16  # N m
FORCE = np.array([1.0, -2.0, 1.5]) * 1e12  # N
SOURCES: dict[str, dict[str, Any]] = {
    "explosion": {"kind": "explosion", "moment": MOMENT},
    "double_couple": {"kind": "double_couple", "strike": STRIKE, "dip": DIP, "rake": RAKE, "moment": MOMENT},
    "force": {"kind": "force", "fx": FORCE[0], "fy": FORCE[1], "fz": FORCE[2]},
}
ORDER_IN_CELLS, ORDER_IN_STEPS = 3.8, 1.9
ERROR = 0.01  # of the smallest cells


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named source-place-cells-step, the last a part of that which the cells have by rule."""
    runs = {}
    for source in SOURCES:
        for place in ("between",) if quick else PLACES:
            for cells in QUICK if quick else CELLS:
                runs[f"{source}-{place}-{cells}-1"] = (cells, round(STEPS * (cells / CELLS[0]) ** 2))
    for part in HALVINGS:
        runs[f"double_couple-between-{MIDDLE}-step{part}"] = (MIDDLE, STEPS * part)
    return {name: _one(folder / name, name, *numbers) for name, numbers in runs.items()}


def _one(folder: Path, name: str, cells: int, steps: int) -> ScenarioConfig:
    source, place = name.split("-")[:2]
    h = SIZE / cells
    every = END / (STEPS if steps % STEPS == 0 else steps)
    # A centre of a cell near the middle, and from there to the place.
    x, y, depth = (0.5 * h + part * h for part in PLACES[place])
    times = {"kind": "gaussian", "sigma": SIGMA, "delay": ARRIVAL}
    stations = [
        {"name": str(n), "x": x + dx, "y": y + dy, "depth": SIZE / 2 + depth + dz}
        for n, (dx, dy, dz) in enumerate(RECEIVERS.tolist())
    ]
    where = {"x": x, "y": y, "depth": SIZE / 2 + depth, "time_function": times}
    return from_dict(
        {
            "scenario": "seismic",
            "title": f"full space, {source}",
            "time": {"duration": END},
            "grid": {
                "kind": "cartesian",
                "x": [-SIZE / 2, SIZE / 2],
                "y": [-SIZE / 2, SIZE / 2],
                "depth": [0, SIZE],
                "spacing": h,
                "surface": "absorbing",
                "boundary": {"kind": "wall"},
            },
            "medium": {
                "kind": "layers",
                "layers": [{"top": 0, "vp": MEDIUM.vp, "vs": MEDIUM.vs, "rho": MEDIUM.rho}],
            },
            "physics": {"low_pass": False},
            "source": [SOURCES[source] | where],
            "stations": stations,
            "output": {
                "directory": str(folder),
                "overwrite": True,
                "maxima": None,
                "stations": {"every": every, "variables": ["velocity"]},
            },
            "run": {"precision": "float64", "dt": END / steps},
        }
    )


def solution(source: str, times: np.ndarray) -> np.ndarray:
    """Velocity (R, 3, T) [m/s] at RECEIVERS from a source, by its name."""
    window = Window(4.0, 16.0, 1e-9)
    if source == "force":
        motion = {"force": FORCE / pulse(np.array(ARRIVAL))}  # the factor of a force has the peak 1
    else:
        motion = {"moment": MOMENT * (np.array([1.0, 1, 1, 0, 0, 0]) if source == "explosion" else _couple())}
    return full_space.displacement(MEDIUM, RECEIVERS, pulse, times, window=window, derivatives=1, **motion)


def pulse(times: np.ndarray) -> np.ndarray:
    """The rate of the sources [1/s]."""
    return np.exp(-0.5 * ((times - ARRIVAL) / SIGMA) ** 2) / (SIGMA * np.sqrt(2 * np.pi))


def _couple() -> np.ndarray:
    """Moment tensor (xx, yy, zz, xy, xz, yz) from the normal of the fault and the slip, east, north and down."""
    strike, dip, rake = np.deg2rad((STRIKE, DIP, RAKE))
    along = np.array([np.sin(strike), np.cos(strike), 0.0])
    up = np.array([-np.cos(dip) * np.cos(strike), np.cos(dip) * np.sin(strike), -np.sin(dip)])  # up the dip
    slip = np.cos(rake) * along + np.sin(rake) * up
    normal = np.cross(up, along)  # into the hanging wall, in axes of which z points down
    tensor = np.outer(slip, normal) + np.outer(normal, slip)
    return np.array([tensor[a, b] for a, b in full_space.PAIRS])


def judge(runs: Runs) -> list[Bound]:
    """Errors and orders."""
    records = {name: read(folder) for name, folder in runs.items()}
    return [*_cells(records), *_steps(records)]


def _cells(records: Mapping[str, Records]) -> list[Bound]:
    bounds = []
    for source in SOURCES:
        for place in PLACES:
            cells = [n for n in CELLS if f"{source}-{place}-{n}-1" in records]
            found = [records[f"{source}-{place}-{n}-1"] for n in cells]
            errors = [largest_error(r.motion, solution(source, r.times)) for r in found]
            label = f"{source.replace('_', ' ')} {place} nodes"
            for n, (count, error) in enumerate(zip(cells, errors, strict=True)):
                limit = ERROR if count == CELLS[-1] else None
                bounds.append(Bound(f"{label}, error, h = {SIZE / count:.1f} m", error, limit, "%"))
                if n:
                    power = order(errors[n - 1], error, count / cells[n - 1])
                    bounds.append(Bound(f"{label}, order in h", power, ORDER_IN_CELLS, at_least=True))
    return bounds


def _steps(records: Mapping[str, Records]) -> list[Bound]:
    """Of three runs with halved steps, the differences fall with the order."""
    names = [f"double_couple-between-{MIDDLE}-step{part}" for part in HALVINGS]
    if not all(name in records for name in names):
        return []
    one, two, four = (records[name].motion for name in names)
    power = order(float(np.abs(one - two).max()), float(np.abs(two - four).max()), 2.0)
    return [Bound(f"order in dt, h = {SIZE / MIDDLE:.0f} m", power, ORDER_IN_STEPS, at_least=True)]


CASE = Case("full_space", "point sources in a space without end: errors and orders", configure, judge)
