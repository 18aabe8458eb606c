"""A small coupled run: a thrust under a sloping sea, two seconds in NumPy."""

from pathlib import Path
from typing import Any

import numpy as np
from support.scenes import written

from esim.config import ScenarioConfig, from_dict
from esim.drivers.driver import Observer
from esim.drivers.run import checked, driver_of, prepared, simulate
from esim.parallel.comm import Comm, SerialComm, run_ranks

KM = 1000.0
THRUST = {
    "kind": "double_couple",
    "x": 1 * KM,
    "y": -2 * KM,
    "depth": 8 * KM,
    "strike": 0,
    "dip": 30,
    "rake": 90,
    "magnitude": 7.0,
    "half_duration": 2.0,
}


def scene(directory: Path, method: str = "kinematic", **coupling: Any) -> dict[str, Any]:
    """The configuration, as a dictionary."""
    layers: list[dict[str, Any]] = [{"top": 0, "vp": 6000, "vs": 3464, "rho": 2700}]
    if method == "surface":
        sea = {"vp": 1500, "vs": 0, "rho": 1000}
        layers = [{"top": 0, **sea}, {"top": 4 * KM, **layers[0] | {"top": 4 * KM}}]
    return {
        "scenario": "coupled",
        "time": {"duration": 90.0},
        "source": [dict(THRUST)],
        "crust": {
            "duration": 40.0,
            "until": {"velocity": 0.1, "window": 4.0},
            "grid": {
                "kind": "cartesian",
                "x": [-20 * KM, 20 * KM],
                "y": [-20 * KM, 20 * KM],
                "depth": [0, 20 * KM],
                "spacing": 2.5 * KM,
                "surface": "free",
                # Tests of the crust have layers that absorb better, of many more kernels.
                "boundary": {"kind": "sponge", "cells": 3},
            },
            "medium": {"kind": "layers", "layers": layers},
            "physics": {"max_frequency": 0.1 if method == "surface" else 0.25},
        },
        "ocean": {
            "grid": {
                "kind": "cartesian",
                "x": [-28 * KM, 27.5 * KM],
                "y": [-26 * KM, 25 * KM],
                "spacing": 1.5 * KM,
                "nests": [
                    {
                        "x": [-10 * KM, 5 * KM],
                        "y": [-8 * KM, 7 * KM],
                        "ratio": 3,
                        "activation_threshold": None,
                    }
                ],
            },
            "bathymetry": {"kind": "slope", "depth": 2 * KM, "slope": 0.01, "direction": 90},
        },
        "coupling": {"method": method, "every": 3.0} | coupling,
        "stations": {
            "crust": [{"name": "A", "x": 10 * KM, "y": 0}],
            "ocean": [{"name": "G", "x": 12 * KM, "y": 1 * KM}],
        },
        "output": {
            "directory": str(directory),
            "checkpoint": {"every": 6.0},
            "crust": {"stations": {"every": 0.5}, "fields": {"every": 5.0}},
            "ocean": {"fields": {"every": 30.0}, "stations": {"every": 10.0}},
        },
        "run": {"backend": "numpy", "threads": 1},
    }


def configured(made: dict[str, Any]) -> ScenarioConfig:
    """The checked configuration of a scene."""
    return from_dict(made)


def results(directory: Path) -> dict[str, np.ndarray]:
    """All arrays that both parts have written."""
    return {
        f"{part}/{name}": values
        for part in ("crust", "ocean")
        for name, values in written(directory / part).items()
    }


def compute(made: dict[str, Any], ranks: int = 1, resume: bool = False) -> dict[str, np.ndarray]:
    """All arrays of a scene, computed on so many ranks."""
    config = configured(made)
    if ranks == 1:
        simulate(config, SerialComm(), resume)
    else:
        run_ranks(ranks, lambda comm: simulate(config, comm, resume))
    return results(config.output.directory)


def march(made: dict[str, Any], observer: Observer, ranks: int = 1, resume: bool = False) -> None:
    """Compute a scene under the eyes of an observer, on all ranks."""
    config = configured(made)
    driver = driver_of(config)

    def on(comm: Comm) -> None:
        with prepared(driver, checked(driver, config, comm), resume, [observer]) as run:
            run.compute()

    run_ranks(ranks, on)
