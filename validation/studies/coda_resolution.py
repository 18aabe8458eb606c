"""Which is nearer to the truth on 4 arc-minutes: the deep solver, the nonlinear one or a leapfrog of second order?

The records of the case `coda` against those of the deep solver on cells of half the size, over the same ground
interpolated, with layers as wide; the level there is the mean of the four cells around the centre of a buoy's cell. Run
the case first: `python -m esim.validation.studies.coda_resolution out/validation/coda`; it takes two minutes, writes a
run beside those of the case, and prints the table of validation/results/deep_ocean.md.
"""

import argparse
from pathlib import Path

import numpy as np

from esim.analysis import Run
from esim.analysis.ocean.crest import first_crest
from esim.drivers.run import simulate
from esim.validation.cases.solvers import SOLVERS
from esim.validation.cases.tsunamis.coda import (
    BUOYS,
    EVERY,
    HOURS,
    LAYER,
    NEAR,
    Record,
    leapfrog,
    records,
)
from esim.validation.cases.tsunamis.nw_pacific import configured
from esim.validation.report import markdown

COARSE, FINE = "4 arcmin", "2 arcmin"
CORNERS = [(a, b) for a in (-1, 1) for b in (-1, 1)]
HEADERS = ("buoy", "solver", "variance", "difference", "first crest")


def compute(folder: Path, like: Path) -> dict[str, Record]:
    """What the deep solver has on the finer cells, around the stations of a run."""
    with Run.open(like) as run:
        assert run.stations is not None
        places = {
            str(name): (float(run.stations["lon"][n]), float(run.stations["lat"][n]))
            for n, name in enumerate(run.stations["station"].values)
        }
    half = float(FINE.split()[0]) / 120
    stations = [
        {"name": f"{name} {a} {b}", "lon": lon + a * half, "lat": lat + b * half}
        for name, (lon, lat) in places.items()
        for a, b in CORNERS
    ]
    end = HOURS * 3600.0
    config = configured(
        folder,
        "deep",
        FINE,
        time__duration=end,
        grid__boundary="sponge",
        grid__sponge_cells=2 * LAYER[COARSE],
        stations=stations,
        output__fields={"every": end, "variables": ["h"]},
        output__stations={"every": EVERY},
    )
    simulate(config)
    found = records(folder)
    return {
        name: Record(
            found[f"{name} -1 -1"].time, np.mean([found[f"{name} {a} {b}"].eta for a, b in CORNERS], axis=0)
        )
        for name in BUOYS
    }


def row(name: str, solver: str, found: Record, known: Record) -> tuple[str, ...]:
    """What a record has of the variance, how far it is off, and its first crest with its lag."""
    crest = first_crest(*known)
    assert crest is not None
    near = np.abs(found.time - crest.time) <= NEAR
    n = int(found.eta[near].argmax())
    height, lag = found.eta[near][n] / crest.height - 1, found.time[near][n] - crest.time
    off = np.sqrt(np.mean((found.eta - known.eta) ** 2) / np.var(known.eta))
    variance = np.var(found.eta) / np.var(known.eta)
    return name, solver, f"{variance:.0%}", f"{off:.0%}", f"{height:+.1%}, {lag:+.0f} s"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("case", type=Path, help="folder of the runs of the case coda")
    folder = parser.parse_args().case
    fine = compute(folder / "deep on half the cells", folder / "deep")
    runs = {"leapfrog": leapfrog(folder / "deep")[0]}
    runs |= {solver: records(folder / solver) for solver in SOLVERS}
    rows = [row(name, solver, found[name], fine[name]) for name in BUOYS for solver, found in runs.items()]
    print(*markdown(HEADERS, rows))


if __name__ == "__main__":
    main()
