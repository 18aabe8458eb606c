"""How well does reciprocity hold on the grid? Waves between two places 1,000 km apart, computed both ways.

A hump is let go at each place, on the Earth at one end and on one that turns the other way at the other; the mean of
the surface over the hump at the far end must be the same. On the bathymetry that comes with esim, at 4 arc-minutes:
`python -m esim.validation.studies.reciprocity`; it takes a minute and prints the table of
validation/results/forecast.md.
"""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from esim.config import from_dict
from esim.config.ocean.root import TsunamiConfig
from esim.forecast.reciprocity import Hump, hump_radius, respond
from esim.grids.grid import Grid
from esim.sources.geodesy import box, local
from esim.validation.report import markdown

PLACES = {"off Miyagi": (142.8, 38.3), "DART 21413": (152.117, 30.515), "DART 21401": (152.583, 42.617)}
CELLS = 2.0  # radius of a hump
EVERY, DURATION = 15.0, 7200.0  # s
HEADERS = ("from", "to", "distance", "Earth turns", "turned back", "difference")


def configured(spacing: str, coriolis: bool, **more: Any) -> TsunamiConfig:
    """The north-west Pacific without an earthquake."""
    found = from_dict(
        {
            "scenario": "tsunami",
            "time": {"duration": DURATION},
            "grid": {
                "kind": "lonlat",
                "west": 135,
                "east": 160,
                "south": 26,
                "north": 48,
                "spacing": spacing,
            },
            "bathymetry": {"file": "data:etopo1_nwpacific_6min.nc"},
            "physics": {"coriolis": coriolis},
            "source": [],
            "output": {"directory": "unused"},
            **more,
        }
    )
    assert isinstance(found, TsunamiConfig)
    return found


def far_records(
    base: TsunamiConfig,
    first: Hump,
    second: Hump,
    duration: float,
    folder: Path,
    turned: bool,
    every: float = EVERY,
) -> tuple[np.ndarray, np.ndarray]:
    """Integrals [m3] over the second hump of the wave from the first one, and over the first of that from the second.

    turned: the second wave is on an Earth that turns the other way.
    """
    grid = base.grid.build()
    found = (
        respond(base, one, *shape(grid, other), every, duration, folder / one.name, turned=way)
        for one, other, way in ((first, second, False), (second, first, turned))
    )
    there, back = (response.volume * response.surface[:, 0] for response in found)
    return there, back


def shape(grid: Grid, hump: Hump) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """A hump of 1 m (1, nj, ni) on the box of cells that it covers."""
    cells = box(grid, hump.x, hump.y, 5 * hump.radius)
    east, north = local(grid.x(*cells[2:]), grid.y(*cells[:2]), hump.x, hump.y, grid.lonlat)
    return np.exp(-(east**2 + north**2) / hump.radius**2)[None], cells


def difference(there: np.ndarray, back: np.ndarray) -> float:
    """Relative L2 difference of two records."""
    return float(np.linalg.norm(there - back) / np.linalg.norm(there))


def distance(first: Hump, second: Hump) -> float:
    """Between two humps [m], on the sphere."""
    east, north = local(np.array([second.x]), np.array([second.y]), first.x, first.y, True)
    return float(np.hypot(east, north)[0, 0])


def main() -> None:
    """Print the table."""
    rows = []
    names = list(PLACES)
    for coriolis in (False, True):
        base = configured("4 arcmin", coriolis)
        grid = base.grid.build()
        humps = [Hump(name, *place, hump_radius(grid, place[1], CELLS)) for name, place in PLACES.items()]
        for n, m in ((0, 1), (0, 2)):
            apart = distance(humps[n], humps[m])
            for turned in (False, True)[: 1 + coriolis]:
                with TemporaryDirectory() as folder:
                    found = difference(*far_records(base, humps[n], humps[m], DURATION, Path(folder), turned))
                turns = "yes" if coriolis else "no"
                way = "yes" if turned else "no"
                rows.append(
                    (names[n], names[m], f"{apart / 1000:.0f} km", turns, way, f"{100 * found:.2g} %")
                )
    print(*markdown(HEADERS, rows))


if __name__ == "__main__":
    main()
