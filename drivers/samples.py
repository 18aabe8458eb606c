"""Which small runs show how fast each kind of work is?

All water moves and all ground shakes in them, so that nothing is skipped.
"""

from pathlib import Path
from typing import Any

from esim.config import from_dict
from esim.config.scenario import ScenarioConfig
from esim.planning.rates import Way

DURATION = 1e6  # s, longer than any measurement
CELL, POINT = 1000.0, 100.0  # m
DEPTH = 4000.0  # m
Q = {"qp": 100, "qs": 50}


def ocean(way: Way, folder: Path, n: int, **changes: Any) -> ScenarioConfig:
    """An ocean of n x n cells with one long wave; changes are sections of the configuration."""
    width = n * CELL
    hump = {"kind": "hump", "x": width / 2, "y": width / 2, "height": 1.0, "radius": width / 2}
    grid: dict[str, Any] = {
        "kind": "cartesian",
        "x": [0, width],
        "y": [0, width],
        "spacing": CELL,
        "boundary": "wall",
    }
    made = {
        "scenario": "tsunami",
        "time": {"duration": DURATION},
        "grid": grid | changes.pop("grid", {}),
        "bathymetry": {"kind": "flat", "depth": DEPTH},
        "physics": {"manning": 0.025} | changes.pop("physics", {}),
        "source": [hump],
        "output": {"directory": str(folder), "maxima": None} | changes.pop("output", {}),
        "run": _run(way) | changes.pop("run", {}),
    }
    return from_dict(made | changes, folder)


def crust(way: Way, folder: Path, n: int, attenuation: str = "none", **changes: Any) -> ScenarioConfig:
    """A crust of n x n x n points under a free surface, with walls around it; changes are sections."""
    width = n * POINT
    layer = {"top": 0, "vp": 5000, "vs": 3000, "rho": 2700} | ({} if attenuation == "none" else Q)
    made = {
        "scenario": "seismic",
        "time": {"duration": DURATION / 1e4},
        "grid": {
            "kind": "cartesian",
            "x": [0, width],
            "y": [0, width],
            "depth": [0, width],
            "spacing": POINT,
            "boundary": changes.pop("boundary", {"kind": "wall"}),
        },
        "medium": {"kind": "layers", "layers": [layer]},
        "physics": {"attenuation": attenuation} | changes.pop("physics", {}),
        "source": changes.pop("source", [explosion(width / 2, width / 2, width / 2)]),
        "output": {"directory": str(folder), "maxima": None} | changes.pop("output", {}),
        "run": _run(way) | {"watchdog": False},
    }
    return from_dict(made | changes, folder)


def explosion(x: float, y: float, depth: float) -> dict[str, Any]:
    """A point source at a place [m]."""
    function = {"kind": "gaussian", "sigma": 0.2}
    return {"kind": "explosion", "x": x, "y": y, "depth": depth, "moment": 1e15, "time_function": function}


def _run(way: Way) -> dict[str, Any]:
    return {"backend": way.backend, "precision": way.precision, "threads": way.threads}
