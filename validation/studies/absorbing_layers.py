"""How far is a small block from a large one? A sill of basalt between sediments, everything at its default.

Its layers of 10 cells are compared with a sponge of 30 cells in a block twice as large, and all of them with a block
three times as large. Differences are the largest in 12 s at a receiver, as shares of its largest velocity; the wavelet
of 1 Hz has moved the whole block by then.

Run as `python -m esim.validation.studies.absorbing_layers`; it prints the table of validation/results/crust.md.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from esim.config import ScenarioConfig, from_dict
from esim.drivers.run import simulate
from esim.validation.cases.crust.hard_media import SILL
from esim.validation.cases.crust.records import read

SIDE, DEPTH, CELL, DURATION = 2500.0, 4000.0, 100.0, 12.0  # m, m, m, s
SOURCE = {"strike": 30, "dip": 60, "rake": 70, "magnitude": 4, "x": 130, "y": -210, "depth": 2000}
RECEIVERS = ((0.0, 0.0), (1000.0, 500.0))  # m
LARGEST = 3
BLOCKS = {  # times the small block, and its sides
    "layers": (1, {}),
    "layers, twice as large": (2, {}),
    "sponge, twice as large": (2, {"kind": "sponge", "cells": 30}),
    "layers, three times as large": (LARGEST, {}),
}


def configure(folder: Path, times: float, boundary: dict[str, object]) -> ScenarioConfig:
    """The run of a block so many times as large, with its sides."""
    side, names = times * SIDE, ("top", "vp", "vs", "rho")
    wavelet = {"kind": "ricker", "frequency": 1.0}
    return from_dict(
        {
            "scenario": "seismic",
            "title": "a sill of basalt",
            "time": {"duration": DURATION},
            "grid": {
                "kind": "cartesian",
                "x": [-side, side],
                "y": [-side, side],
                "depth": [0, times * DEPTH],
                "spacing": CELL,
                "boundary": boundary,
            },
            "medium": {
                "kind": "layers",
                "layers": [dict(zip(names, rock, strict=True)) for rock in SILL],
            },
            "source": [{"kind": "double_couple", "time_function": wavelet} | SOURCE],
            "stations": [{"name": str(n), "x": x, "y": y} for n, (x, y) in enumerate(RECEIVERS)],
            "output": {
                "directory": str(folder),
                "maxima": None,
                "stations": {"every": 0.05, "variables": ["velocity"]},
            },
        }
    )


def main() -> None:
    """Print the table."""
    with TemporaryDirectory() as folder:
        motion = {
            name: read(simulate(configure(Path(folder) / str(n), *block))).motion
            for n, (name, block) in enumerate(BLOCKS.items())
        }
    print(f"| block | against | {' | '.join(f'{np.hypot(x, y) / 1000:.1f} km' for x, y in RECEIVERS)} |")
    names = list(BLOCKS)
    for n, name in enumerate(names):
        for other in names[n + 1 :]:
            print(f"| {name} | {other} | {' | '.join(differences(motion[name], motion[other]))} |")


def differences(found: np.ndarray, known: np.ndarray) -> list[str]:
    """Largest differences (R,) of motions (R, 3, T), as shares of the largest of the receiver."""
    return [f"{100 * x:.2g} %" for x in np.abs(found - known).max((1, 2)) / np.abs(known).max((1, 2))]


if __name__ == "__main__":
    main()
