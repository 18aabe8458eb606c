"""Lamb's problem: a vertical force on the surface of a half-space against the closed form.

The case of SW4's user guide (Petersson and Sjogreen, table of Lamb's problem): vp = sqrt(3) vs, a force that lasts
1 / f0 as a seventh power of a parabola, which sends little above 3 f0. Points per wavelength are vs / (h 3 f0), and
a wavelength is vs / f0. Errors are the largest of the vertical displacement over the largest displacement.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig, from_dict
from esim.validation.cases.case import Bound, Case, Runs
from esim.validation.cases.crust.records import read
from esim.validation.references import lamb
from esim.validation.references.lamb import HalfSpace

MEDIUM = HalfSpace(1000.0 * np.sqrt(3.0), 1000.0, 1500.0)  # m/s, kg/m3
F0, HIGHEST = 1.0, 3.0  # Hz
WAVELENGTH = MEDIUM.vs / F0
FORCE = 1e13  # N
RECEIVERS = {"east": (1.0, 0.0), "north-east": (0.6, 0.8)}  # directions
PLACES = {"on": (0.0, 0.0), "between": (0.3, 0.4)}  # of a cell from where vz lies
NEAR = {
    5.0: None,
    20 / 3: None,
    10.0: 0.02,
    40 / 3: None,
}  # points per wavelength and limits, 1 wavelength away
FAR = {5.0: None, 20 / 3: None, 10.0: None}  # 10 wavelengths away
SW4 = {
    1: {5.0: 0.072, 20 / 3: 0.034, 10.0: 0.0093, 40 / 3: 0.0033},
    10: {5.0: 0.43, 20 / 3: 0.24, 10.0: 0.07},
}
QUICK = (5.0, 10.0)


def bump(times: np.ndarray) -> np.ndarray:
    """The force over FORCE: 51480 (t (1 - t))^7 for t = f0 times in 0..1, of unit area over t."""
    t = np.clip(F0 * np.asarray(times, float), 0.0, 1.0)
    return 51480.0 * (t * (1.0 - t)) ** 7


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named wavelengths-place-points."""
    folder.mkdir(parents=True, exist_ok=True)
    history = folder / "bump.txt"
    times = np.linspace(0.0, 1.0 / F0, 4001)
    np.savetxt(history, np.stack([times, bump(times)], axis=1))
    wanted = [(1, place, points) for points in NEAR for place in PLACES if not quick or points in QUICK]
    wanted += [] if quick else [(10, "on", points) for points in FAR]
    names = [f"{distance}-{place}-{points:.3g}" for distance, place, points in wanted]
    return {name: _one(folder / name, history, *run) for name, run in zip(names, wanted, strict=True)}


def _one(folder: Path, history: Path, distance: int, place: str, points: float) -> ScenarioConfig:
    h = MEDIUM.vs / (HIGHEST * F0 * points)
    x, y = (0.5 * h + part * h for part in PLACES[place])
    reach = distance * WAVELENGTH
    margin, layer = 0.7 * WAVELENGTH, 10 * h
    # Far away there is one receiver, in a strip wide and deep enough that nothing grazes its sides.
    side, depth = (margin, 0.9 * WAVELENGTH) if distance == 1 else (2.5 * WAVELENGTH, 1.8 * WAVELENGTH)
    directions = RECEIVERS if distance == 1 else {"east": RECEIVERS["east"]}
    north = reach + margin if distance == 1 else side
    stations = [
        {"name": name, "x": x + along * reach, "y": y + across * reach}
        for name, (along, across) in directions.items()
    ]
    return from_dict(
        {
            "scenario": "seismic",
            "title": "Lamb's problem",
            "time": {"duration": distance * 1.15 + 1.2},
            "grid": {
                "kind": "cartesian",
                "x": _whole(-margin - layer, reach + margin + layer, h),
                "y": _whole(-side - layer, north + layer, h),
                "depth": [0, _whole(0.0, depth + layer, h)[1]],
                "spacing": h,
            },
            "medium": {
                "kind": "layers",
                "layers": [{"top": 0, "vp": MEDIUM.vp, "vs": MEDIUM.vs, "rho": MEDIUM.rho}],
            },
            "physics": {"low_pass": False},
            "source": [
                {
                    "kind": "force",
                    "x": x,
                    "y": y,
                    "depth": 0,
                    "fz": FORCE * float(bump(np.array(0.5 / F0))),
                    "time_function": {"kind": "file", "file": str(history)},
                }
            ],
            "stations": stations,
            "output": {
                "directory": str(folder),
                "overwrite": True,
                "maxima": None,
                "stations": {"every": 0.01, "variables": ["velocity", "displacement"]},
            },
        }
    )


def _whole(first: float, last: float, h: float) -> list[float]:
    """An extent of whole cells that holds another."""
    return [float(np.floor(first / h) * h), float(np.ceil(last / h) * h)]


def judge(runs: Runs) -> list[Bound]:
    """Errors of the vertical displacement, and of the horizontal one."""
    bounds = []
    for name in sorted(runs, key=lambda name: (*map(float, name.split("-")[::2]), name)):
        distance, place, points = name.split("-")
        records = read(runs[name], "u")
        known = solution(int(distance), records.times)
        errors = np.array(
            [_errors(motion, known, RECEIVERS[d]) for d, motion in zip(*records[::3], strict=True)]
        )
        limit = NEAR[10.0] if (distance, points) == ("1", "10") else None
        label = f"{points} points, {distance} wavelengths, {place} nodes"
        bounds.append(Bound(f"{label}, vertical", float(errors[:, 1].max()), limit, "%"))
        bounds.append(Bound(f"{label}, horizontal", float(errors[:, 0].max()), None, "%"))
    return bounds


def solution(distance: int, times: np.ndarray) -> np.ndarray:
    """Displacement (outward, down), (2, T) [m], so many wavelengths away."""
    rate = lamb.derivative(lambda t: FORCE * bump(t))
    return lamb.motion(MEDIUM, distance * WAVELENGTH, rate, times)


def _errors(motion: np.ndarray, known: np.ndarray, direction: tuple[float, float]) -> np.ndarray:
    """Largest differences (outward, down) as shares of the largest displacement of the component."""
    outward = direction[0] * motion[0] + direction[1] * motion[1]
    found = np.stack([outward, motion[2]])
    return np.abs(found - known).max(1) / np.abs(known).max(1)


def draw(runs: Runs, output: Path) -> list[Path]:
    """Vertical displacement a wavelength away beside the closed form."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, folder in runs.items():
        distance, place, points = name.split("-")
        if (distance, place) == ("1", "on"):
            records = read(folder, "u")
            axes.plot(records.times, records.at("east")[2], label=f"{points} points per wavelength")
    times = np.linspace(0, 1.15 + 1.2, 400)
    axes.plot(times, solution(1, times)[1], "k--", label="closed form")
    axes.set(xlabel="time [s]", ylabel="displacement down [m]")
    axes.legend(frameon=False)
    path = output / "lamb_vertical.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "vertical force on a half-space: largest errors by points per shortest wavelength"
CASE = Case("lamb", SUMMARY, configure, judge, draw)
