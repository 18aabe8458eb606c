"""What is computed while faults strike? Tiny runs that write every kind of file, with checkpoints often."""

import json
from pathlib import Path
from typing import Any

GAUGES = [{"name": "west", "x": "9 km", "y": "12 km"}, {"name": "east", "x": "27 km", "y": "21 km"}]
BASIN: dict[str, Any] = {
    "scenario": "tsunami",
    "grid": {
        "kind": "cartesian",
        "x": [0, "36 km"],
        "y": [0, "30 km"],
        "spacing": "1 km",
        "boundary": {"west": "open", "east": "sponge", "south": "wall", "north": "wall"},
        "sponge_cells": 5,
    },
    "bathymetry": {"kind": "slope", "depth": "400 m", "slope": 0.02, "direction": 280},
    "source": [{"kind": "hump", "x": "16 km", "y": "14 km", "height": 2, "radius": "4 km"}],
    "stations": GAUGES,
}

SCENES: dict[str, dict[str, Any]] = {
    # Water at a coast, with a nest in a nest.
    "nested": BASIN
    | {
        "time": {"duration": "150 s"},
        "grid": BASIN["grid"]
        | {
            "nests": [
                {"name": "bay", "x": ["9 km", "21 km"], "y": ["8 km", "20 km"], "ratio": 2},
                {"name": "port", "x": ["12 km", "18 km"], "y": ["11 km", "17 km"], "ratio": 2},
            ]
        },
        "output": {"fields": {"every": 30}, "stations": {"every": 10}, "checkpoint": {"every": 25}},
    },
    # Waves with dispersion.
    "dispersion": BASIN
    | {
        "time": {"duration": "5 min"},
        "physics": {"dispersion": "serre", "manning": 0.03},
        "output": {"fields": {"every": 45}, "stations": {"every": 15}, "checkpoint": {"every": 40}},
    },
    # Rock with attenuation, below a free surface.
    "crust": {
        "scenario": "seismic",
        "time": {"duration": 0.5},
        "grid": {
            "kind": "cartesian",
            "x": [-900, 900],
            "y": [-800, 800],
            "depth": [0, 1600],
            "spacing": 100,
            "boundary": {"cells": 4},
        },
        "medium": {
            "kind": "layers",
            "layers": [
                {"top": 0, "vp": 3000, "vs": 1700, "rho": 2200, "qp": 80, "qs": 40},
                {"top": 600, "vp": 5000, "vs": 2800, "rho": 2600, "qp": 200, "qs": 100},
            ],
        },
        "physics": {"attenuation": "coarse"},
        "source": [
            {
                "kind": "explosion",
                "x": 0,
                "y": 100,
                "depth": 500,
                "moment": 1e14,
                "time_function": {"kind": "gaussian", "sigma": 0.12},
            }
        ],
        "stations": [{"name": "near", "x": 300, "y": 0}, {"name": "far", "x": -700, "y": 400}],
        "output": {
            "fields": {"every": 0.15, "variables": ["vz"]},
            "planes": [{"name": "section", "y": 0, "every": 0.3, "variables": ["vx"]}],
            "stations": {"every": 0.05},
            "checkpoint": {"every": 0.12},
        },
    },
}


def write_scene(name: str, folder: Path, backend: str = "numpy") -> Path:
    """The configuration of a scene as a file (JSON is YAML) in a folder."""
    scene = SCENES[name] | {
        "run": {"backend": backend, "threads": 1},
        "output": {"directory": "out"} | SCENES[name]["output"],
    }
    path = folder / f"{name}_{backend}.yaml"
    path.write_text(json.dumps(scene, indent=1))
    return path
