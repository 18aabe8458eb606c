"""Media that are hard for absorbing layers: nothing may grow in them, with everything at its default.

Fast plates between soft layers guide waves whose energy goes against their crests, and matched layers alone make those
grow. Each block is shaken by a wavelet that leaves no stress behind, and then left alone for 60 s and 60,000 steps at
least, the watchdog on.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim.config import ScenarioConfig, from_dict
from esim.parallel.comm import SerialComm
from esim.timestepping.clock import Clock
from esim.validation.cases.case import Bound, Case, Runs

CELL, SIDE = 100.0, 1400.0  # m: eight cells between absorbing layers
DURATION, STEPS, QUICK_STEPS = 60.0, 60_000, 6_000
EVERY = 50  # steps between looks
FILE = "motion.csv"
LEFT_LIMIT, GROWTH_LIMIT = 1e-3, 4.0
FLOOR = 1e-10  # of the most motion: rounding of single precision
QUICK = ("sill of basalt", "soft soil on rock")

Rock = tuple[float, ...]  # top, vp, vs, rho, qp, qs
SILL = ((0, 2500, 1000, 2100), (1000, 5500, 3000, 2700), (1500, 3200, 1400, 2300), (2500, 6000, 3400, 2700))
EVEN = ((0, 3000, 1714, 2100), (1000, 5500, 3000, 2700), (1500, 3400, 1750, 2300), (2500, 6000, 3400, 2700))
FIRM = ((0, 4000, 2000, 2600), (1000, 6000, 3464, 2700))
MUD = ((0, 1700, 340, 1800), (300, 6000, 3400, 2700), (700, 1750, 350, 1850), (1200, 6000, 3400, 2700))
STACK = (
    (0, 1600, 320, 1900, 30, 15),
    (400, 2500, 600, 2000, 60, 30),
    (800, 5800, 3200, 2700, 200, 100),
    (1600, 3000, 800, 2100, 60, 30),
    (2600, 6500, 3600, 2800, 400, 200),
)
SEABED = (
    (-1000, 1600, 320, 1800),
    (400, 2200, 700, 2000),
    (1200, 5500, 3000, 2700),
    (1700, 2800, 1000, 2200),
)


def _layers(rocks: tuple[Rock, ...], lossy: bool = False) -> dict[str, Any]:
    names = ("top", "vp", "vs", "rho", "qp", "qs")[: 6 if lossy else 4]
    return {"kind": "layers", "layers": [dict(zip(names, rock, strict=False)) for rock in rocks]}


def _random(sigma: float) -> dict[str, Any]:
    return {"sigma": sigma, "limit": 2.5, "correlation": CELL / 3, "hurst": 0.1}


SLAB = "slab.nc"  # a gridded model beside the runs
MODELS: dict[str, dict[str, Any]] = {
    "sill of basalt": {"medium": _layers(SILL), "depth": [0, 4000]},
    "sill in firm sediments": {"medium": _layers(EVEN), "depth": [0, 4000]},
    "firm layer on rock": {"medium": _layers(FIRM)},
    "zones of low velocity": {
        "medium": _layers(
            (
                (0, 5500, 3100, 2600),
                (800, 3500, 1200, 2300),
                (1400, 6500, 3700, 2800),
                (2200, 4500, 1500, 2500),
            )
        )
    },
    "soft soil on rock": {"medium": _layers(((0, 1500, 300, 1800), (500, 5500, 3200, 2700)))},
    "plates in mud, Vp/Vs = 5": {"medium": _layers(MUD)},
    "stack of soft and hard": {"medium": _layers(STACK), "depth": [0, 3600]},
    "stack, with attenuation": {
        "medium": _layers(STACK, lossy=True),
        "depth": [0, 3600],
        "physics": {"attenuation": "coarse"},
    },
    "stack, eighth order": {"medium": _layers(STACK), "depth": [0, 3600], "physics": {"order": 8}},
    "plate on mud": {
        "medium": _layers(((0, 6000, 3400, 2700), (300, 1700, 400, 1900), (1500, 5000, 2600, 2600)))
    },
    "sea on soft sediments": {
        "medium": _layers(SEABED),
        "depth": [-1000, 3000],
        "topography": {"kind": "flat", "depth": 500},
    },
    "bay between hills": {
        "medium": _layers(((-2000, 2500, 600, 2000), (600, 5500, 3000, 2700), (1100, 2800, 1000, 2200))),
        "depth": [-1000, 3000],
        "topography": {"kind": "bowl", "depth": 700, "radius": 1500},
    },
    "random from cell to cell": {
        "medium": _layers(((0, 4000, 2000, 2400),)) | {"random": _random(0.3)},
        "surface": "absorbing",
    },
    "dipping slab": {"medium": {"kind": "grid", "file": SLAB}},
    "flat cells": {"medium": _layers(SILL), "depth": [0, 4000], "spacing": [CELL, CELL, CELL / 2]},
}


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs by the names of the models."""
    names = QUICK if quick else tuple(MODELS)
    return {name: _run(folder / _file_name(name), name, QUICK_STEPS if quick else STEPS) for name in names}


def _file_name(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name)


def _run(folder: Path, name: str, steps: int) -> ScenarioConfig:
    from esim.drivers.run import driver_of

    model = MODELS[name]
    medium = dict(model["medium"])
    if medium.get("file") == SLAB:
        medium["file"] = str(_write_slab(folder.parent / SLAB))
    settings = _settings(folder, name, model, medium)
    setup = driver_of(from_dict(settings)).check(from_dict(settings), SerialComm())
    settings["time"]["duration"] = max(DURATION if steps == STEPS else 0.0, (steps - 0.5) * setup.dt)
    settings["source"][0]["time_function"]["frequency"] = setup.discretisation.resolved / 2
    return from_dict(settings)


def _settings(folder: Path, name: str, model: Mapping[str, Any], medium: Mapping[str, Any]) -> dict[str, Any]:
    depth = model.get("depth", [0, 3000])
    moments = {"mxx": 1e15, "myy": -5e14, "mzz": 3e14, "mxy": 6e14, "mxz": -8e14, "myz": 4e14}
    wavelet = {"kind": "ricker", "frequency": 1.0}
    source = {"kind": "moment_tensor", "x": 130, "y": -210, "depth": 0.4 * depth[1], "time_function": wavelet}
    settings = {
        "scenario": "seismic",
        "title": f"hard media, {name}",
        "time": {"duration": DURATION},
        "grid": {
            "kind": "cartesian",
            "x": [-SIDE, SIDE],
            "y": [-SIDE, SIDE],
            "depth": depth,
            "spacing": model.get("spacing", CELL),
            "surface": model.get("surface", "free"),
        },
        "medium": medium,
        "physics": {"low_pass": False} | model.get("physics", {}),
        "source": [source | moments],
        "output": {"directory": str(folder), "overwrite": True, "maxima": None},
    }
    return settings | ({"topography": model["topography"]} if "topography" in model else {})


def _write_slab(path: Path) -> Path:
    """A slab of oceanic crust that dips by 45 degrees through sediments and mantle, with a soft layer on it."""
    import xarray as xr

    ground = np.arange(0.0, 3001.0, CELL / 2)
    across = np.arange(-SIDE, SIDE + 1, CELL / 2)
    depth, _, x = np.meshgrid(ground, np.array([-SIDE, SIDE]), across, indexing="ij")
    below = depth - 600 - (x + SIDE) * 0.7  # m below the top of the slab, straight down
    rocks = (
        (-1e9, (2800, 1100, 2200)),
        (-300, (1800, 450, 1900)),
        (0, (6500, 3700, 2900)),
        (600, (5000, 2000, 2700)),
    )
    values = np.zeros((3, *depth.shape))
    for top, rock in rocks:
        for row, value in zip(values, rock, strict=True):
            row[below >= top] = value
    axes = {"depth": ground, "y": [-SIDE, SIDE], "x": across}
    fields = {name: (tuple(axes), row) for name, row in zip(("vp", "vs", "rho"), values, strict=True)}
    path.parent.mkdir(parents=True, exist_ok=True)
    xr.Dataset(fields, axes).to_netcdf(path)
    return path


def compute(cfg: ScenarioConfig) -> Path:
    """A run that also keeps the sum of squares of velocities [m2/s2] at times [s], in a file beside its others."""
    from esim.drivers.run import driver_of, prepared

    driver = driver_of(cfg)
    history: list[tuple[int, float, float]] = []

    def look(clock: Clock) -> None:
        if clock.step % EVERY == 0 or clock.done:
            history.append((clock.step, clock.time, run.engine.crust.motion()))

    with prepared(driver, driver.check(cfg, SerialComm()), observers=[look]) as run:
        run.compute()
    with open(cfg.output.directory / FILE, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("step", "time", "motion"), *history])
    return cfg.output.directory


def motion(folder: Path) -> np.ndarray:
    """Steps, times [s] and motion [m2/s2] of a run, (3, n)."""
    return np.loadtxt(folder / FILE, delimiter=",", skiprows=1).T


def growth(found: np.ndarray) -> float:
    """The most that motion has grown from one twentieth of a run to a later one; floored by rounding."""
    twentieths = np.array([part.max() for part in np.array_split(found, 20)])
    floored = np.maximum(twentieths[twentieths.argmax() :], FLOOR * found.max())
    return float((floored / np.minimum.accumulate(floored)).max())


def judge(runs: Runs) -> list[Bound]:
    """What is left in the last tenth of each run, and how much it has grown on the way."""
    bounds = []
    names = {_file_name(name): name for name in MODELS}
    for folder in runs.values():
        name = names[folder.name]
        steps, times, found = motion(folder)
        left = found[-len(found) // 10 :].max() / found.max()
        label = f"{name}, {steps[-1]:.0f} steps, {times[-1]:.0f} s"
        bounds.append(Bound(f"{label}: motion left, of the most", float(left), LEFT_LIMIT))
        bounds.append(Bound(f"{label}: growth on the way", growth(found), GROWTH_LIMIT))
    return bounds


SUMMARY = "nothing grows in absorbing layers through hard media, in 60,000 steps"
CASE = Case("hard_media", SUMMARY, configure, judge, compute=compute)
