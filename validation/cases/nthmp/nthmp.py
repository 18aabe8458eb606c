"""What do the benchmarks of the NTHMP have in common? Their files, the solitary wave, the beach, and the measures.

The set-ups are those of Synolakis et al. (2007, NOAA OAR PMEL-135). Errors are what the NTHMP's reports tabulate: the
root mean square of the difference over the range of what is known, and the relative error of the largest value.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from esim import data
from esim.analysis import Run
from esim.config.ocean.root import TsunamiConfig
from esim.errors import InputError
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import Fields, G, Water
from esim.validation.references.runup import law, reach

COT = 19.85  # of the slope of the beach
MANNING = 0.012  # s/m^(1/3), all laboratories: planed wood (Chow 1959), between glass and trowelled concrete
DRY = 1e-4  # m, in laboratories
SHALLOW = 0.01  # m, without dispersion above ground that lies less deep
MASS = 1e-3
Table = np.ndarray


def missing(*names: str) -> str | None:
    """A sentence if a file of the benchmarks is neither here nor to be downloaded."""
    known = {known.name: known.origin for known in data.table()}
    for name in (f"nthmp/{name}" for name in names):
        try:
            # Those with a public address are fetched when they are asked for.
            if known.get(name) != "public":
                data.locate(f"data:{name}")
        except InputError as error:
            return str(error)
    return None


def numbers(name: str, columns: int) -> Table:
    """The lines of nthmp/NAME that are just so many numbers, (rows, columns)."""
    found = []
    for line in data.locate(f"data:nthmp/{name}").read_text(encoding="utf-8").splitlines():
        try:
            values = [float(word) for word in line.replace(",", " ").split()]
        except ValueError:
            continue
        if len(values) == columns:
            found.append(values)
    return np.array(found)


def deviation(found: np.ndarray, known: np.ndarray) -> float:
    """Root mean square of the difference over the range of what is known; where both are numbers."""
    both = np.isfinite(found) & np.isfinite(known)
    range_ = float(np.ptp(known[both]))
    return float(np.sqrt(np.mean((found[both] - known[both]) ** 2)) / range_)


# ------------------------------------------------------------------ the plane beach


def beach(
    folder: Path,
    height: float,
    depth: float,
    cells: float,
    until: float,
    *,
    every: float = 5.0,
    dispersion: bool = False,
    stations: Sequence[float] = (),
    manning: float = MANNING,
) -> TsunamiConfig:
    """A solitary wave of a height over the depth [m], that begins half its length from the toe of the beach.

    x = 0 is the still shore and grows towards the sea; cells to a depth; times are in units of sqrt(depth / G).
    The flume is closed, and so long that nothing comes back from its far end.
    """
    crest, tau = COT + reach(height), float(np.sqrt(depth / G))
    # A wave that breaks runs up no higher than about the depth.
    land = 1.5 * COT * min(law(height, COT), 0.7 + height)
    sea = max(crest + 0.5 * until + 2 * reach(height), crest + 3 * reach(height))
    count = round((land + sea) * cells)
    grid = flow.flume((-land * depth, (count / cells - land) * depth), count)
    middle = 0.5 * sum(grid["y"])
    places = [{"name": f"{x:g}", "x": x * depth, "y": middle} for x in stations]
    return flow.configure(
        folder, grid, lambda x, y: np.maximum(-x / COT, -depth), Water(lambda x, y: 0.0),
        times=list(np.arange(1, round(until / every) + 1) * every * tau),
        physics=physics(dispersion) | {"manning": manning, "dry_depth": min(DRY, 1e-3 * depth)},
        source=[solitary(height * depth, depth, x=crest * depth, direction=270.0, exact=dispersion)],
        stations=places,
        output={"maxima": {"variables": ["eta_max", "inundation_depth_max"]}, "stations": {"every": 0.25 * tau}},
    )  # fmt: skip


def physics(dispersion: bool) -> dict[str, Any]:
    """The physics of a laboratory."""
    more = {"dispersion": "serre", "dispersion_depth": SHALLOW} if dispersion else {}
    return {"manning": MANNING, "dry_depth": DRY} | more


def solitary(height: float, depth: float, *, x: float, direction: float, exact: bool) -> dict[str, Any]:
    """A solitary wave, with the velocity of the dispersive equations or, as in PMEL-135, of a linear long wave."""
    velocity = "exact" if exact else "linear"
    return {
        "kind": "solitary_wave", "x": x, "direction": direction, "height": height, "depth": depth, "velocity": velocity
    }  # fmt: skip


def runup(folder: Path, depth: float, seen: float) -> float:
    """The highest water on the beach over the depth [m], where it was thicker than `seen` [m]."""
    with Run.open(folder) as run:
        assert run.maxima is not None
        thickness = np.nan_to_num(run.maxima["inundation_depth_max"].values[0])
        wet = thickness > seen
        return float(run.maxima["eta_max"].values[0][wet].max()) / depth if wet.any() else 0.0


def profile(fields: Fields, n: int, depth: float, x: np.ndarray) -> np.ndarray:
    """The surface over the depth [m] of snapshot n at distances from the shore; on dry ground the ground."""
    return np.asarray(np.interp(x, fields.x / depth, fields.eta[n, 0] / depth))


def highest(fields: Fields, n: int, depth: float, seen: float, x: np.ndarray) -> float:
    """The highest surface over the depth [m] of snapshot n from the shore to the largest of some distances."""
    where = (fields.x <= depth * x.max()) & (fields.h[n, 0] > seen)
    return float(fields.eta[n, 0][where].max() / depth)


# ------------------------------------------------------------------ gauges


def gauges(folder: Path) -> tuple[np.ndarray, Mapping[str, np.ndarray]]:
    """Times [s], and surfaces [m] by the names of the gauges."""
    with Run.open(folder) as run:
        stations = run.stations
        assert stations is not None
        names = [str(name) for name in stations["station"].values]
        return stations["seconds"].values.astype(float), {
            name: stations["eta"].isel(station=n).values.astype(float) for n, name in enumerate(names)
        }


def relative(found: float, known: float) -> float:
    """Size of the relative error."""
    return abs(found / known - 1)
