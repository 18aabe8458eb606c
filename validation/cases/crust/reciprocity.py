"""Reciprocity in a lossy layered half-space: what a force at A does at B is what a force at B does at A.

Also what a moment at A does at B, which is the strain that a force at B makes at A. A lies in the ground between
nodes, B on the free surface.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim.analysis import open_run
from esim.config import ScenarioConfig, from_dict
from esim.validation.cases.case import Bound, Case, Runs
from esim.validation.cases.crust.records import read

LAYERS = (
    {"top": 0, "vp": 4000, "vs": 2000, "rho": 2600, "qp": 120, "qs": 40},
    {"top": 1000, "vp": 6000, "vs": 3464, "rho": 2700, "qp": 155.9, "qs": 69.3},
)
POINTS = {"A": {"x": -1430, "y": -690, "depth": 1570}, "B": {"x": 1310, "y": 870, "depth": 0}}  # m
AXES = "xyz"
FORCE = 1e12  # N
MOMENT = dict(
    zip(("mxx", "myy", "mzz", "mxy", "mxz", "myz"), (4e14, -2e14, 3e14, 5e14, -3e14, 2e14), strict=True)
)
STRAINS = {"exx": 1, "eyy": 1, "ezz": 1, "exy": 2, "exz": 2, "eyz": 2}  # how often each is in a tensor
FREQUENCY = 0.25  # Hz, of the wavelet
LIMITS = {"conventional": 1e-3, "coarse": 5e-3}  # cells of the latter differ from each other


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named by form of attenuation, place and axis of a force, or M for the moment at A."""
    runs = {}
    for form in ("conventional",) if quick else LIMITS:
        for where, along in ("Ax", "Az", "Bx", "Bz", "AM"):
            name = f"{form}-{where}{along}"
            kind = (
                {"kind": "moment_tensor", **MOMENT} if along == "M" else {"kind": "force", f"f{along}": FORCE}
            )
            runs[name] = _run(folder / name, form, {**kind, **POINTS[where]})
    return runs


def _run(folder: Path, form: str, source: dict[str, Any]) -> ScenarioConfig:
    return from_dict(
        {
            "scenario": "seismic",
            "title": "reciprocity",
            "time": {"duration": 13},
            "grid": {
                "kind": "cartesian",
                "x": [-3750, 3750],
                "y": [-3500, 3500],
                "depth": [0, 4500],
                "spacing": 125,
            },
            "medium": {"kind": "layers", "layers": list(LAYERS)},
            "physics": {"attenuation": form, "low_pass": False},
            "source": [source | {"time_function": {"kind": "ricker", "frequency": FREQUENCY}}],
            "stations": [{"name": name, **place} for name, place in POINTS.items()],
            "output": {
                "directory": str(folder),
                "overwrite": True,
                "maxima": None,
                "stations": {"every": 0.02, "variables": ["velocity", "strain"]},
            },
        }
    )


def judge(runs: Runs) -> list[Bound]:
    """Differences of what should be the same, as shares of its largest value."""
    bounds = []
    for form in dict.fromkeys(name.split("-")[0] for name in runs):
        motion = {name: read(runs[f"{form}-{name}"]) for name in ("Ax", "Az", "Bx", "Bz", "AM")}
        for i in "xz":
            for j in "xz":
                there = motion["A" + i].at("B")[AXES.index(j)]
                back = motion["B" + j].at("A")[AXES.index(i)]
                bounds.append(
                    Bound(f"{form}, force {i} to motion {j}", _difference(there, back), LIMITS[form])
                )
        for j in "xz":
            there = motion["AM"].at("B")[AXES.index(j)] * FORCE
            back = _work(runs[f"{form}-B{j}"])
            bounds.append(Bound(f"{form}, moment to motion {j}", _difference(there, back), LIMITS[form]))
    return bounds


def _work(folder: Path) -> np.ndarray:
    """The moment times the strain (T,) at A in a run."""
    with open_run(folder) as run:
        assert run.stations is not None
        at = run.stations.isel(station=list(POINTS).index("A"))
        parts = zip(MOMENT.values(), STRAINS.items(), strict=True)
        return np.sum([m * times * at[name].values for m, (name, times) in parts], axis=0)


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).max() / np.abs(a).max())


CASE = Case(
    "reciprocity", "sources and receivers change places in a lossy layered half-space", configure, judge
)
