"""A strike-slip fault that breaks the ground, against wavenumber integration summed over its points.

The fault is vertical, 2 km long and 1 km deep, in the layer of LOH.1, slips by 1 m everywhere and breaks from a point
inside it at 1800 m/s. Its points are 100 m apart, the uppermost 50 m, half a cell, below the ground, where sources have
to know the free surface. Ten stations on the ground, from 0.4 to 4 km from it. The moment rate of a point is a Gaussian
of 0.15 s, which cells of 100 m carry. The misfit is the root of the sum of the squares of the difference, over that of
the reference, of all three components.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig, from_dict
from esim.validation.cases.case import Bound, Case, Runs
from esim.validation.cases.crust.records import read
from esim.validation.references import layered

CELL = 100.0  # m, and between points
LENGTH, WIDTH, SLIP = 2000.0, 1000.0, 1.0  # m
HYPOCENTRE, SPEED = (650.0, 650.0), 1800.0  # m along and down, m/s
SIGMA, DELAY, END = 0.15, 0.9, 6.5  # s
EVERY = 0.02  # s
STATIONS = (
    (1000, 400), (400, -600), (1800, 800), (-500, 500), (2600, -400),
    (1000, 1500), (-1200, -1000), (3000, 1200), (600, 2600), (3500, -2500),
)  # fmt: skip
LIMIT = 0.05
ROCK = layered.LOH1[0]
MOMENT = ROCK.rho * ROCK.vs**2 * CELL**2 * SLIP  # N m, of a point


def points() -> np.ndarray:
    """x, depth [m] and onset [s] of the points, (n, 3)."""
    along, down = (np.arange(0.5 * CELL, size, CELL) for size in (LENGTH, WIDTH))
    x, depth = (axis.ravel() for axis in np.meshgrid(along, down))
    return np.stack([x, depth, np.hypot(x - HYPOCENTRE[0], depth - HYPOCENTRE[1]) / SPEED], axis=1)


def pulse(times: np.ndarray) -> np.ndarray:
    """The moment rate per unit moment [1/s]."""
    return np.exp(-0.5 * ((times - DELAY) / SIGMA) ** 2) / (SIGMA * np.sqrt(2 * np.pi))


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """The one run."""
    bell = {"kind": "gaussian", "sigma": SIGMA, "delay": DELAY}
    return {
        "": from_dict(
            {
                "scenario": "seismic",
                "title": "a fault that breaks the ground",
                "time": {"duration": END},
                "grid": {
                    "kind": "cartesian",
                    "x": [-2700, 5000],
                    "y": [-4000, 4100],
                    "depth": [0, 4000],
                    "spacing": CELL,
                },
                "medium": {
                    "kind": "layers",
                    "layers": [{"top": r.top, "vp": r.vp, "vs": r.vs, "rho": r.rho} for r in layered.LOH1],
                },
                "physics": {"low_pass": False},
                "source": [
                    {"kind": "moment_tensor", "x": x, "y": 0, "depth": depth, "onset": onset, "mxy": MOMENT,
                     "time_function": bell}
                    for x, depth, onset in points().tolist()
                ],
                "stations": [{"name": f"s{n:02d}", "x": x, "y": y} for n, (x, y) in enumerate(STATIONS, start=1)],
                "output": {
                    "directory": str(folder),
                    "overwrite": True,
                    "maxima": None,
                    "stations": {"every": EVERY, "variables": ["velocity"]},
                },
            }
        )
    }  # fmt: skip


def reference(times: np.ndarray) -> np.ndarray:
    """Velocity (stations, 3, T) [m/s] at times [s]: the sum over the points."""
    from scipy.interpolate import CubicSpline

    known = np.zeros((len(STATIONS), 3, times.size))
    fine = np.arange(0.0, times[-1] + EVERY, 0.5 * EVERY)
    for depth in np.unique(points()[:, 1]):
        row = points()[points()[:, 1] == depth]
        places = np.array([(x - point[0], y) for point in row for x, y in STATIONS])
        motion = layered.velocity(layered.LOH1, depth, places, pulse, fine, moment=(0, 0, 0, MOMENT, 0, 0))
        for n, part in enumerate(np.split(motion, len(row))):
            late = times - row[n, 2]
            known += np.where(late > 0, CubicSpline(fine, part, axis=-1)(np.maximum(late, 0.0)), 0.0)
    return known


def judge(runs: Runs) -> list[Bound]:
    """The misfit at each station."""
    records = read(runs[""])
    known = reference(records.times)
    errors = np.sqrt(((records.motion - known) ** 2).sum((1, 2)) / (known**2).sum((1, 2)))
    return [
        Bound(f"misfit at {name}", float(e), LIMIT, "%")
        for name, e in zip(records.names, errors, strict=True)
    ]


SUMMARY = "a strike-slip fault that breaks the ground, against wavenumber integration over its points"
CASE = Case("surface_rupture", SUMMARY, configure, judge, about=__doc__)
