"""Water at rest stays at rest, over the islands of Japan and their shores.

Two hours on the relief that is shipped, with rotation and friction, between walls, open sides and absorbing layers:
at the level of the relief nothing may move at all, to the last bit. Water 1.7 m higher may move by rounding.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig, from_dict
from esim.grids.grid import Grid
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import Water

RELIEF = "data:etopo1_nwpacific_6min.nc"
SIDES = ("wall", "open", "sponge")
LEVEL = 1.7  # m
HOURS = 2
LIMITS = {"float32": 1e-5, "float64": 1e-6}  # m, of the raised water


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """Runs named sides-precision and raised-precision."""
    precisions = ("float32",) if quick else ("float32", "float64")
    wanted = [(sides, precision, 0.0) for precision in precisions for sides in SIDES]
    wanted += [("wall", precision, LEVEL) for precision in precisions]
    runs = {}
    for sides, precision, level in wanted:
        name = f"{'raised' if level else sides}-{precision}"
        runs[name] = _one(folder / name, sides, precision, level)
    return runs


def _one(folder: Path, sides: str, precision: str, level: float) -> ScenarioConfig:
    grid = {
        "kind": "lonlat", "west": 138, "east": 146, "south": 33, "north": 41, "spacing": 0.1, "boundary": sides,
    }  # fmt: skip
    source = []
    if level:
        file = folder / "raised.nc"
        folder.mkdir(parents=True, exist_ok=True)
        cells = Grid("lonlat", 138.0, 33.0, 0.1, 0.1, 80, 80)
        flow.write_initial(file, cells, lambda x, y: 0.0, Water(lambda x, y: level))
        source = [{"kind": "state", "file": str(file)}]
    return from_dict(
        {
            "scenario": "tsunami",
            "title": "water at rest",
            "time": {"duration": HOURS * 3600},
            "grid": grid,
            "bathymetry": {"file": RELIEF},
            "source": source,
            "output": {
                "directory": str(folder),
                "overwrite": True,
                "fields": {"every": HOURS * 3600, "variables": ["eta", "u", "v", "h"]},
                "maxima": {"variables": ["eta_max", "eta_min", "speed_max"]},
            },
            "run": {"precision": precision},
        }
    )


def judge(runs: Runs) -> list[Comparison]:
    """The largest level off that at rest and the largest speed, at any time."""
    lines: list[Comparison] = []
    for name, folder in runs.items():
        what, precision = name.split("-")
        raised = what == "raised"
        limit = LIMITS[precision] if raised else 0.0
        label = f"{'water at 1.7 m' if raised else f'{what} sides'}, {precision}"
        with Run.open(folder) as run:
            assert run.maxima is not None and run.fields is not None
            level = LEVEL if raised else 0.0
            wet = run.fields["h"].values[-1] > 1e-3
            eta = run.fields["eta"].values[-1][wet]
            off = float(np.abs(eta - np.float32(level)).max())
            speed = float(np.nanmax(run.maxima["speed_max"].values))
        lines.append(Bound(f"{label}: level off by", off, limit, "m"))
        lines.append(Bound(f"{label}: largest speed", speed, 1e-3 if raised else 0.0, "m/s"))
    return lines


SUMMARY = "water at rest over islands stays at rest, to the last bit"
CASE = Case("rest", SUMMARY, configure, judge, about=__doc__)
