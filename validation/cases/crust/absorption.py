"""Absorbing layers: what they send back, and whether the ground comes to rest.

A soft layer with Vp/Vs = 3 on rock is shaken by a wavelet that leaves no stress behind, then left alone for 20 times
as long: what energy is left has not been able to leave, or comes from layers that are not stable. Seismograms near the
sides of a small block are compared with those of a block so large that nothing can have come back from its sides.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.config import ScenarioConfig, from_dict
from esim.parallel.comm import SerialComm
from esim.timestepping.clock import Clock
from esim.validation.cases.case import Bound, Case, Runs
from esim.validation.cases.crust.records import read

MEDIA = {
    "soft over rock": (
        {"top": 0, "vp": 3000, "vs": 1000, "rho": 2000, "qp": 100, "qs": 50},
        {"top": 400, "vp": 6000, "vs": 3464, "rho": 2700, "qp": 400, "qs": 200},
    ),
    "uniform, Vp/Vs = 3": ({"top": 0, "vp": 4500, "vs": 1500, "rho": 2300, "qp": 100, "qs": 50},),
}
FREQUENCY = {"soft over rock": 0.8, "uniform, Vp/Vs = 3": 1.2}  # Hz: 5 cells to the shortest wave
CELL = 100.0  # m
TIMES = 20  # the duration of the wavelet
STEPS = 20  # between looks at the energy
ENERGY_LIMIT, RETURN_LIMIT = 1e-5, 0.02
SMALL, LARGE, SOON = 2500.0, 7000.0, 4.5  # m, m, s: nothing comes back from the large block so soon
FILE = "energy.csv"


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named by number of the medium, attenuation, and what is looked at: rest, small or large."""
    runs: dict[str, ScenarioConfig] = {}
    for n, medium in enumerate(MEDIA):
        for form in ("none",) if quick else ("none", "coarse"):
            wanted = {"rest": SMALL} | ({} if form == "coarse" else {"small": SMALL, "large": LARGE})
            for what, side in wanted.items():
                runs[f"{n}-{form}-{what}"] = _run(folder / f"{n}-{form}-{what}", medium, form, what, side)
    return runs


def _run(folder: Path, medium: str, form: str, what: str, side: float) -> ScenarioConfig:
    frequency = FREQUENCY[medium]
    if medium != "soft over rock" and what == "large":
        side *= 0.8
    source = {"mxx": 1e15, "myy": -5e14, "mzz": 3e14, "mxy": 6e14, "mxz": -8e14, "myz": 4e14}
    return from_dict(
        {
            "scenario": "seismic",
            "title": f"absorbing layers, {medium}",
            "time": {"duration": TIMES * 3 / frequency if what == "rest" else SOON},
            "grid": {
                "kind": "cartesian",
                "x": [-side, side],
                "y": [-side, side],
                "depth": [0, side],
                "spacing": CELL,
            },
            "medium": {"kind": "layers", "layers": list(MEDIA[medium])},
            "physics": {"attenuation": form, "low_pass": False},
            "source": [
                {
                    "kind": "moment_tensor",
                    "x": 0,
                    "y": 0,
                    "depth": 630,
                    "time_function": {"kind": "ricker", "frequency": frequency},
                    **source,
                }
            ],
            "stations": [
                {"name": f"{n}", "x": x, "y": y, "depth": z}
                for n, (x, y, z) in enumerate(
                    ((1400, 0, 0), (900, 1350, 0), (1350, 1350, 0), (600, -1400, 900))
                )
            ],
            "output": {
                "directory": str(folder),
                "overwrite": True,
                "maxima": None,
                "stations": {"every": 0.02, "variables": ["velocity"]},
            },
            # The watch would stop a run that grows; here that is to be seen.
            "run": {"watchdog": False},
        }
    )


def compute(cfg: ScenarioConfig) -> Path:
    """A run that also keeps its energy [J] at times [s], in a file beside its others."""
    from esim.drivers.run import driver_of, prepared

    driver = driver_of(cfg)
    history: list[tuple[float, float]] = []

    def look(clock: Clock) -> None:
        if clock.step % STEPS == 0 or clock.done:
            history.append((clock.time, run.engine.crust.energy()))

    with prepared(driver, driver.check(cfg, SerialComm()), observers=[look]) as run:
        run.compute()
    with open(cfg.output.directory / FILE, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("time", "energy"), *history])
    return cfg.output.directory


def energy(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and energies [J] of a run."""
    table = np.loadtxt(folder / FILE, delimiter=",", skiprows=1)
    return table[:, 0], table[:, 1]


def judge(runs: Runs) -> list[Bound]:
    """Energy left at the end of long runs, the most in their last quarter, and errors near the sides."""
    bounds = []
    for name, folder in runs.items():
        number, form, what = name.split("-")
        label = f"{list(MEDIA)[int(number)]}{', with attenuation' if form == 'coarse' else ''}"
        if what == "rest":
            time, left = energy(folder)
            last = time > 0.75 * time[-1]
            bounds.append(
                Bound(f"{label}: energy left at the end, of the most", left[-1] / left.max(), ENERGY_LIMIT)
            )
            bounds.append(
                Bound(f"{label}: most in the last quarter", left[last].max() / left.max(), ENERGY_LIMIT)
            )
        elif what == "small" and f"{number}-{form}-large" in runs:
            small, large = read(folder), read(runs[f"{number}-{form}-large"])
            n = min(small.times.size, large.times.size)
            difference = np.abs(small.motion[..., :n] - large.motion[..., :n]).max((1, 2))
            worst = float(np.max(difference / np.abs(large.motion).max((1, 2))))
            bounds.append(Bound(f"{label}: motion that comes back", worst, RETURN_LIMIT, "%"))
    return bounds


def draw(runs: Runs, output: Path) -> list[Path]:
    """The energies of the long runs over time."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, folder in runs.items():
        number, form, what = name.split("-")
        if what == "rest":
            time, left = energy(folder)
            label = f"{list(MEDIA)[int(number)]}{', attenuation' if form == 'coarse' else ''}"
            axes.semilogy(time, np.maximum(left / left.max(), 1e-16), label=label)
    axes.axhline(ENERGY_LIMIT, color="0.6", linestyle=":")
    axes.set(xlabel="time [s]", ylabel="energy / largest energy", ylim=(1e-13, 2))
    axes.legend(frameon=False)
    path = output / "absorption_energy.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "energy long after the waves have left, and what absorbing layers send back"
CASE = Case("absorption", SUMMARY, configure, judge, draw, compute)
