"""A small library of unit sources for tests: two subfaults under a deep basin, linear waves, NumPy."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from support.ensembles import base, write

from esim.config import from_dict
from esim.drivers.run import simulate

PLANE = {"x": 0, "y": 0, "depth": 3000, "length": 40000, "width": 20000, "strike": 20, "dip": 15}
UNITS = {"plane": PLANE, "subfault": [20000, 20000], "rake": 90}


def basin(**changes: Any) -> dict[str, Any]:
    """A tsunami with two gauges over 4 km of water; a source is to be given."""
    return (
        base(
            time={"duration": 120},
            grid={
                "kind": "cartesian",
                "x": [-60000, 60000],
                "y": [-50000, 50000],
                "spacing": 4000,
                "boundary": "open",
                "solver": "deep",
            },
            bathymetry={"kind": "flat", "depth": 4000},
            source=[],
            stations=[{"name": "near", "x": 2500, "y": 500}, {"name": "far", "x": -12500, "y": 12500}],
            output={"directory": "nowhere", "stations": {"every": 10}},
            run={"backend": "numpy", "precision": "float64", "threads": 1, "dt": 10},
        )
        | changes
    )


def units(folder: Path, unit_sources: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The ensemble of its unit sources, as plain data; its base is written into the folder."""
    write(folder / "base.yaml", basin(**changes))
    return {
        "scenario": "ensemble",
        "base": str(folder / "base.yaml"),
        "members": {"unit_sources": UNITS | (unit_sources or {})},
        "output": {"directory": str(folder / "out")},
    }


def slip_file(path: Path, subfaults: Path, slip_of: Callable[[int], tuple[float, float, float]]) -> Path:
    """subfaults.csv with slip, rupture time and rise time of each subfault by its number."""
    lines = subfaults.read_text().splitlines()
    comments = [line for line in lines if line.startswith("#")]
    header, *rows = [line for line in lines if not line.startswith("#")]
    given = [",".join([*row.split(",")[:-3], *map(str, slip_of(n))]) for n, row in enumerate(rows)]
    path.write_text("\n".join([*comments, header, *given]) + "\n")
    return path


def direct(folder: Path, slip: Path, **changes: Any) -> Path:
    """The run of a slip file over the basin; its output directory."""
    source = [{"kind": "finite_fault", "file": str(slip), "time_step": 10}]
    output = {"directory": str(folder), "stations": {"every": 10}}
    simulate(from_dict(basin(source=source, output=output, **changes)))
    return folder
