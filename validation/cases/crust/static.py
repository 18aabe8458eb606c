"""What the ground keeps: permanent displacement above a thrust, on land and below a sea, against Okada (1985).

A sea that is shallow against the fault leaves it as it is. What counts is the surface within three quarters of the
block, as a tsunami takes it, once the waves have left; uplift volume is that of the same part, while the run goes on.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig, from_dict
from esim.errors import InputError
from esim.sources.ocean import okada
from esim.validation.cases.case import Bound, Case, Runs

SIDE, SEA, CELL = 12e3, 1e3, 250.0  # m: half a block, depth of the sea, cells
FAULT = {
    "depth": 1500.0,
    "length": 6000.0,
    "width": 4000.0,
    "strike": 0.0,
    "dip": 30.0,
    "rake": 90.0,
    "slip": 1.0,
}
RISE_TIME, LEFT, DURATION = 2.0, 12.0, 40.0  # s; at LEFT waves are gone
INNER = 0.75
LIMIT, VOLUME_LIMIT = 0.02, 0.05


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs land and sea."""
    duration = LEFT + 3 if quick else DURATION
    return {name: _run(folder, name, duration) for name in (("land",) if quick else ("land", "sea"))}


def _run(folder: Path, name: str, duration: float) -> ScenarioConfig:
    water = SEA if name == "sea" else 0.0
    table = folder / f"{name}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    fault = FAULT | {"depth": FAULT["depth"] + water}
    values = ",".join(f"{value:g}" for value in fault.values())
    table.write_text(
        f"# rigidity: 3.24e10\nx,y,{','.join(fault)},rupture_time,rise_time\n0,0,{values},0,{RISE_TIME}\n",
        "utf-8",
    )
    settings: dict[str, Any] = {
        "scenario": "seismic",
        "title": f"permanent displacement, {name}",
        "time": {"duration": duration},
        "grid": {
            "kind": "cartesian",
            "x": [-SIDE, SIDE],
            "y": [-SIDE, SIDE],
            "depth": [0, 10e3 + water],
            "spacing": CELL,
        },
        "medium": {"kind": "layers", "layers": [{"top": 0, "vp": 6000, "vs": 6000 / 3**0.5, "rho": 2700}]},
        "source": [{"kind": "finite_fault", "file": str(table)}],
        "output": {
            "directory": str(folder / name),
            "overwrite": True,
            "maxima": None,
            "surface_displacement": {"every": 2.0},
        },
    }
    return from_dict(settings | ({"topography": {"kind": "flat", "depth": water}} if water else {}))


def surface(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times (T,) [s], displacement east, north and up (T, 3, j, i) [m] of the inner part, and Okada's (3, j, i)."""
    with Run.open(folder) as run:
        data = run.surface_displacement
        if data is None:
            raise InputError(f"{folder}: no surface_displacement.nc")
        inner = data.isel(
            x=np.flatnonzero(np.abs(data["x"].values) <= INNER * SIDE),
            y=np.flatnonzero(np.abs(data["y"].values) <= INNER * SIDE),
        )
        found = np.stack([inner[name].values for name in ("ux", "uy", "uz")], axis=1).astype(float)
        found[:, 2] *= -1  # files have z down
        east, north = np.meshgrid(inner["x"].values, inner["y"].values)
        known = okada.displacement(east, north, **FAULT)
        return inner["seconds"].values.astype(float), found, np.stack(known)


def judge(runs: Runs) -> list[Bound]:
    """Largest errors at the end and since the waves left, of the largest displacement, and of the uplift volume."""
    bounds = []
    for name, folder in runs.items():
        times, found, known = surface(folder)
        error = np.abs(found - known).max((2, 3)) / np.abs(known).max()
        volume = np.maximum(found[:, 2], 0).sum((1, 2)) / np.maximum(known[2], 0).sum() - 1
        later = times >= LEFT
        bounds += [
            Bound(f"{name}: vertical, at the end", float(error[-1, 2]), LIMIT, "%"),
            Bound(f"{name}: vertical, from {LEFT:g} s on", float(error[later, 2].max()), None, "%"),
            Bound(f"{name}: horizontal, at the end", float(error[-1, :2].max()), LIMIT, "%"),
            Bound(f"{name}: uplift volume, at the end", float(abs(volume[-1])), VOLUME_LIMIT, "%"),
            Bound(
                f"{name}: uplift volume, from {LEFT:g} s on", float(np.abs(volume[later]).max()), None, "%"
            ),
        ]
    return bounds


SUMMARY = "permanent displacement above a thrust, on land and below a sea, against Okada (1985)"
CASE = Case("static", SUMMARY, configure, judge)
