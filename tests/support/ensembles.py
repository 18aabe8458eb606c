"""Small ensembles for tests: waves from a hump in a basin of some hundred cells."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

VARY = {"source.0.height": {"uniform": [0.5, 2]}, "source.0.x": {"normal": [0, 2000]}}


def base(**changes: Any) -> dict[str, Any]:
    """A basin with a hump, two gauges and maxima, which takes a few steps."""
    return {
        "scenario": "tsunami",
        "time": {"duration": 120},
        "grid": {
            "kind": "cartesian",
            "x": [-12000, 12000],
            "y": [-10000, 10000],
            "spacing": 1000,
            "boundary": "open",
        },
        "bathymetry": {"kind": "flat", "depth": 100},
        "source": [{"kind": "hump", "x": 0, "y": 0, "height": 1, "radius": 3000}],
        "stations": [{"name": "near", "x": 2500, "y": 500}, {"name": "far", "x": -7500, "y": 2500}],
        "output": {"directory": "nowhere", "stations": {"every": 10}, "maxima": {"arrival_threshold": 0.05}},
        "run": {"backend": "numpy", "precision": "float64", "threads": 1},
    } | changes


def write(path: Path, content: Mapping[str, Any]) -> Path:
    """A configuration as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        YAML().dump(dict(content), stream)
    return path


def ensemble(folder: Path, members: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """An ensemble of four members of the basin, as plain data; its base is written into the folder."""
    write(folder / "base.yaml", base())
    return {
        "scenario": "ensemble",
        "base": str(folder / "base.yaml"),
        "members": members or {"count": 4, "seed": 3, "vary": VARY},
        "output": {"directory": str(folder / "out")},
        "hazard": {"thresholds": [0.05, 0.2], "quantiles": [0.25, 0.5]},
    } | changes
