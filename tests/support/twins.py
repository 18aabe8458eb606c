"""A small forecast: four subfaults under a flat sea with a coast, two sensors and two targets."""

from pathlib import Path
from typing import Any

from esim.config.forecast.load import load_base, load_twin
from esim.config.yaml.write import to_yaml
from esim.forecast.build import Prepared, prepare

BASE: dict[str, Any] = {
    "scenario": "tsunami",
    "time": {"start": "2011-03-11T05:46:24Z", "duration": "1 h"},
    "grid": {"kind": "lonlat", "west": 140, "east": 150, "south": 34, "north": 43, "spacing": 0.25},
    "bathymetry": {"kind": "slope", "depth": 4000, "slope": 0.012, "direction": 270},
    "physics": {"coriolis": True},
    "source": [],
    "output": {"directory": "base"},
    "run": {"backend": "numpy", "precision": "float64"},
}
FAULT = """\
lon,lat,depth,length,width,strike,dip,rake,slip1,rupture_time,rise_time
143.6,38.6,10000,100000,60000,200,15,90,5,0,60
143.1,38.6,25000,100000,60000,200,15,90,5,0,60
143.2,37.7,10000,100000,60000,200,15,90,5,0,60
142.7,37.7,25000,100000,60000,200,15,90,5,0,60
"""
TWIN: dict[str, Any] = {
    "title": "a small forecast",
    "base": "base.yaml",
    "unknowns": {"fault": "fault.csv", "windows": 2, "window": "60 s"},
    "prior": {"mean": "1 m", "spread": "3 m", "correlation": "60 km"},
    "noise": {"floor": "2 cm", "relative": 0.05, "correlation": "1 min"},
    "sensors": [
        {"name": "near", "lon": 143.4, "lat": 38.2, "kind": "pressure"},
        {"name": "north", "lon": 144.2, "lat": 39.9},
        {"name": "east", "lon": 146.5, "lat": 38.0},
    ],
    "targets": [
        {"name": "south", "lon": 145.1, "lat": 35.9},
        {"name": "town", "lon": 140.9, "lat": 38.3, "snap_distance": "100 km"},
    ],
    "sampling": {"every": "30 s", "observed": "30 min", "forecast_every": "60 s", "duration": "40 min"},
    "output": {"directory": "out"},
}


def write_twin(folder: Path, base: dict[str, Any] | None = None, **changes: Any) -> Path:
    """Write the files of the small forecast into a folder, with keys of base and forecast exchanged."""
    twin = TWIN | {"output": {"directory": str(folder / "out")}}
    for key, value in changes.items():
        there = twin.get(key)
        # A section of another kind has other keys.
        more = isinstance(value, dict) and isinstance(there, dict) and "kind" not in value
        twin[key] = there | value if more else value
    (folder / "base.yaml").write_text(to_yaml(BASE | (base or {})))
    (folder / "fault.csv").write_text(FAULT)
    path = folder / "twin.yaml"
    path.write_text(to_yaml(twin))
    return path


def prepared(path: Path) -> Prepared:
    """What is known of a forecast before any run."""
    twin = load_twin(path)
    return prepare(twin, load_base(twin))
