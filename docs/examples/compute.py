"""Computes a pond with a hump of water from Python."""

import sys
from pathlib import Path

from esim.config import from_dict
from esim.drivers.run import simulate


def compute_pond(directory: Path, height: float) -> Path:
    """How a hump of a height [m] spreads in a sea of 1000 m; the directory with its files."""
    grid = {"kind": "cartesian", "x": ["0 km", "60 km"], "y": ["0 km", "40 km"]}
    hump = {"kind": "hump", "x": "20 km", "y": "20 km", "radius": "4 km"}
    scenario = {
        "scenario": "tsunami",
        "time": {"duration": "10 min"},
        "grid": grid | {"spacing": "1 km"},
        "bathymetry": {"kind": "flat", "depth": 1000},
        "source": [hump | {"height": height}],
        "stations": [{"name": "gauge", "x": "45 km", "y": "20 km"}],
        "output": {"directory": str(directory), "overwrite": True},
        "run": {"backend": "numpy"},  # small: not worth compiling
    }
    return simulate(from_dict(scenario))


if __name__ == "__main__":
    print(compute_pond(Path(sys.argv[1]), 1.0))
