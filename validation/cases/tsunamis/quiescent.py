"""Water at rest costs nothing: the first hour of the 2011 Tohoku tsunami, with work skipping and without.

Where nothing has moved yet, and nothing moves in what a step reads, the step changes nothing, and tiles of such
water are left out. Both runs of a pair write the same maxima and series bit for bit; the ratio is that of the time
loops, the fastest of some runs each, which take turns on the same machine. The displacement of an earthquake never
quite ends, so it is cut off below a fraction of the largest (`displacement_cutoff`), a thousandth on the north-west
Pacific at 4 arc-minutes and on the whole one.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim import data
from esim.config import load
from esim.config.ocean.root import TsunamiConfig
from esim.io import netcdf
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.tsunamis.tohoku2011 import COARSE, CONFIGS, FINE, RELIEF

FASTER = 2.0  # at least, on grids of
WIDE = 300_000  # cells or more: on smaller ones there is little that the wave does not reach within the hour
TURNS = {"region": 3, "pacific": 1}
HOUR = "time.duration=1 h"
PACIFIC = "bathymetry/etopo1_6min_pacific.nc"
OCEAN = {"kind": "lonlat", "west": 110, "east": 290, "south": -60, "north": 60, "spacing": "6 arcmin"}
CUT = 0.005  # of the largest displacement, on the grid that comes with the package
NORTHWEST = [
    "grid.west=123",
    "grid.east=184",
    "grid.south=15",
    "grid.north=54",
    "source.0.displacement_cutoff=0.001",
]


def _at_hand(name: str) -> bool:
    return any(known.name == name and known.path is not None for known in data.table())


def configure(folder: Path, quick: bool) -> Mapping[str, TsunamiConfig]:
    """Runs of the region and, unless quick and if its relief is at hand, of the whole Pacific, in both ways."""
    wide = not quick and _at_hand(RELIEF)
    wanted = {"region": (FINE, NORTHWEST) if wide else (COARSE, [f"source.0.displacement_cutoff={CUT}"])}
    if not quick and _at_hand(PACIFIC):
        wanted["pacific"] = (
            COARSE,
            [
                f"grid={json.dumps(OCEAN)}",
                f"bathymetry.file=data:{PACIFIC}",
                "source.0.displacement_cutoff=0.001",
                "source.0.instantaneous=true",
            ],
        )
    return {
        f"{name}_{word}_{turn}": _config(
            folder / f"{name}_{word}_{turn}", file, [*settings, f"run.skip_at_rest={skip}"]
        )
        for name, (file, settings) in wanted.items()
        for turn in range(1, TURNS[name] + 1)
        for word, skip in (("skipping", "true"), ("whole", "false"))
    }


def _config(folder: Path, file: str, settings: list[str]) -> TsunamiConfig:
    given = [
        HOUR,
        "output.fields=null",
        "output.overwrite=true",
        f"output.directory={json.dumps(str(folder))}",
    ]
    config = load(CONFIGS / file, given + settings)
    assert isinstance(config, TsunamiConfig)
    return config


def judge(runs: Runs) -> list[Comparison]:
    """How much faster, how much was skipped, and whether all bits are equal, of each pair that is there."""
    found: list[Comparison] = []
    for name in ("region", "pacific"):
        pair = [
            [path for key, path in sorted(runs.items()) if key.startswith(f"{name}_{word}")]
            for word in ("skipping", "whole")
        ]
        if not all(pair):
            continue
        records = [[json.loads((path / "run.json").read_text()) for path in paths] for paths in pair]
        fast, slow = (min(one["timings"]["time loop: compute"] for one in group) for group in records)
        limit = FASTER if records[0][0]["grid"]["cells"] >= WIDE else None
        different = sum(differing(pair[0][0], path) for path in (*pair[0][1:], *pair[1]))
        found += [
            Bound(f"{name}, times faster", slow / fast, limit, at_least=True),
            Bound(f"{name}, cell updates skipped", records[0][0]["at_rest"]["skipped"], unit="%"),
            Bound(f"{name}, values that differ", float(different), 0.0),
        ]
    return found


def differing(a: Path, b: Path) -> int:
    """Number of values of maxima.nc and stations.nc whose bits are not the same in two runs."""
    count = 0
    for file in ("maxima.nc", "stations.nc"):
        values = [_values(folder / file) for folder in (a, b)]
        for name, value in values[0].items():
            count += int(np.count_nonzero(value.view(np.uint8) != values[1][name].view(np.uint8)))
    return count


def _values(path: Path) -> dict[str, np.ndarray]:
    with netcdf.LIBRARY, netcdf.read(path) as found:
        found.set_auto_maskandscale(False)
        numbers = [name for name, variable in found.variables.items() if variable.dtype is not str]
        return {name: np.ascontiguousarray(found[name][...]) for name in numbers}


CASE = Case(
    "quiescent",
    "the first hour of Tohoku 2011 with water at rest left out, and with every cell computed",
    configure,
    judge,
    about=__doc__ or "",
)
