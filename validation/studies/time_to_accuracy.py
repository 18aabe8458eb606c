"""How long does each solver take to the same accuracy? Gaussian humps over deep water against the exact solution.

Humps with a standard deviation of 1.5 to 8 cells spread for 130 cells over 4000 m of water in a basin of 320 x 320
cells between walls, whose cosines are known. Errors are relative, in L2, over the whole basin. The solvers take the
steps that they take by default, in float32. The leapfrog (validation/references/leapfrog.py), c dt/dx = 0.5 as such
models are run, has the same hump on cells that are smaller by whole numbers; from the finest follows, with its errors
falling with the square of the cells and its time growing with their cube, the time in which it is as exact. Then a
simulated half hour of the north-west Pacific on 4 arc-minutes, all tiles computed. All run in turns; the least of the
times counts.

Run as `python -m esim.validation.studies.time_to_accuracy`; it prints the tables, --report FILE writes them.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from esim.analysis import Run
from esim.config import ScenarioConfig
from esim.drivers.run import simulate
from esim.grids.grid import Grid
from esim.validation.cases.ocean import flow
from esim.validation.cases.ocean.flow import G, Water
from esim.validation.cases.solvers import SOLVERS, with_solver
from esim.validation.cases.tsunamis import nw_pacific
from esim.validation.references.leapfrog import Leapfrog, use_threads
from esim.validation.report import markdown

DEPTH, HEIGHT, CELL, CELLS, WAY = 4000.0, 1e-3, 1000.0, 320, 130
SPEED = float(np.sqrt(G * DEPTH))
END = WAY * CELL / SPEED  # s
WIDTHS = (1.5, 2.0, 3.0, 4.0, 6.0, 8.0)  # cells, standard deviation
FINER = (1, 2, 3)  # times as many cells along a side for the leapfrog
COURANT = 0.5
REPEATS = 3
Result = tuple[float, float]  # relative error, time [s]


def hump(width: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A hump in the middle of the basin, a width in cells."""
    middle = 0.5 * CELLS * CELL
    square = (x - middle) ** 2 + (y - middle) ** 2
    return np.asarray(HEIGHT * np.exp(-0.5 * square / (width * CELL) ** 2))


def error(found: np.ndarray, width: float) -> float:
    """Relative error of a surface (n, n) at the end, in L2."""
    from scipy.fft import dctn, idctn

    n = len(found)
    size = CELLS * CELL / n
    x = (np.arange(n) + 0.5) * size
    k = np.pi * np.arange(n) / (CELLS * CELL)
    turned = np.cos(SPEED * END * np.hypot(k[:, None], k[None, :]))
    known = idctn(dctn(hump(width, x[None, :], x[:, None])) * turned)
    return float(np.linalg.norm(found - known) / np.linalg.norm(known))


def configured(folder: Path, solver: str, width: float, threads: int) -> ScenarioConfig:
    """A hump by a solver."""
    grid = {
        "kind": "cartesian", "x": [0.0, CELLS * CELL], "y": [0.0, CELLS * CELL], "spacing": CELL, "boundary": "wall"
    }  # fmt: skip
    return flow.configure(
        folder, with_solver(grid, solver), lambda x, y: -DEPTH, Water(lambda x, y: hump(width, x, y)), times=[END],
        output={"fields": {"every": END, "variables": ["eta"]}},
        run={"adaptive": False, "precision": "float32", "threads": threads},
    )  # fmt: skip


def loop_time(folder: Path) -> float:
    """How long the steps of a run took [s]."""
    return float(json.loads((folder / "run.json").read_text())["timings"]["time loop"])


def by_solver(folder: Path, solver: str, width: float, threads: int) -> Result:
    """Error and time of a solver."""
    out = simulate(configured(folder, solver, width, threads))
    with Run.open(out) as run:
        assert run.fields is not None
        return error(run.fields["eta"][-1].values.astype(float), width), loop_time(out)


def by_leapfrog(width: float, finer: int) -> Result:
    """Error and time of the leapfrog on smaller cells."""
    n = CELLS * finer
    size = CELLS * CELL / n
    grid = Grid("cartesian", 0.0, 0.0, size, size, n, n, ("wall",) * 4)
    steps = round(END * SPEED / size / COURANT)
    water = Leapfrog(
        grid, np.full(grid.shape, DEPTH), hump(width, grid.x()[None, :], grid.y()[:, None]), END / steps
    )
    begun = time.perf_counter()
    water.advance(steps)
    return error(water.zeta, width), time.perf_counter() - begun


def least(measure: Callable[[], Result], repeats: int) -> Result:
    """The error, and the least of some times."""
    found = [measure() for _ in range(repeats)]
    return found[0][0], min(seconds for _, seconds in found)


def as_exact(wanted: float, leapfrog: dict[int, Result]) -> tuple[float, float]:
    """How many times finer, and how long [s], the leapfrog is to be for an error, from its finest cells."""
    finest = max(leapfrog)
    known, seconds = leapfrog[finest]
    factor = float(np.sqrt(known / wanted))
    return finest * factor, seconds * factor**3


def humps(threads: int, repeats: int) -> Iterator[tuple[str, ...]]:
    """Rows of the table of humps."""
    with tempfile.TemporaryDirectory() as folder:
        by_solver(Path(folder) / "first", SOLVERS[-1], 4.0, threads)  # compiles
        by_leapfrog(4.0, 1)
        for width in WIDTHS:
            rounds = [
                (
                    {s: by_solver(Path(folder) / f"{s}-{width:g}", s, width, threads) for s in SOLVERS},
                    {n: by_leapfrog(width, n) for n in FINER},
                )
                for _ in range(repeats)
            ]
            solved = {s: (rounds[0][0][s][0], min(r[0][s][1] for r in rounds)) for s in SOLVERS}
            leapt = {n: (rounds[0][1][n][0], min(r[1][n][1] for r in rounds)) for n in FINER}
            for s, (off, seconds) in solved.items():
                finer, other = as_exact(off, leapt)
                yield (
                    f"{width:g}",
                    s,
                    percent(off),
                    f"{seconds:.2f} s",
                    f"{finer:.2g}",
                    f"{other / seconds:.2g}",
                )
            for n, (off, seconds) in leapt.items():
                yield f"{width:g}", f"leapfrog, cells 1/{n}", percent(off), f"{seconds:.2f} s", "", ""


def percent(value: float) -> str:
    """A fraction as text."""
    return f"{100 * value:.3g} %"


def pacific(threads: int, repeats: int) -> Iterator[tuple[str, ...]]:
    """Rows of the table of the north-west Pacific."""
    duration = 1800.0
    with tempfile.TemporaryDirectory() as folder:
        times: dict[str, list[float]] = {solver: [] for solver in SOLVERS}
        for _ in range(repeats):
            for solver, found in times.items():
                cfg = nw_pacific.configured(
                    Path(folder) / solver, solver, "4 arcmin", time__duration=duration, grid__boundary="wall",
                    output__fields={"every": duration, "variables": ["eta"]},
                    run__threads=threads, run__skip_at_rest=False,
                )  # fmt: skip
                found.append(loop_time(simulate(cfg)))
        first = min(times[SOLVERS[0]])
        for solver, found in times.items():
            yield solver, f"{min(found):.2f} s", f"{duration / min(found):.0f}", f"{first / min(found):.2f}"


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description="time to the same accuracy, by solver and by a leapfrog")
    parser.add_argument("--threads", type=int, default=2, help="threads of each (default: 2)")
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"rounds (default: {REPEATS})")
    parser.add_argument("--report", type=Path, help="write the tables into a Markdown file")
    options = parser.parse_args()
    use_threads(options.threads)
    headers = (
        "standard deviation, cells", "solver", "error", "time", "leapfrog as exact on cells 1/", "in times as long"
    )  # fmt: skip
    text = markdown(headers, list(humps(options.threads, options.repeats)))
    print(*text, flush=True)
    if nw_pacific.missing(False) is None:
        rates = list(pacific(options.threads, options.repeats))
        text += markdown(("solver", "time", "simulated seconds a second", "of the first"), rates)
        print("", text[-1], sep="\n")
    if options.report:
        options.report.write_text("\n\n".join(["# Time to accuracy", *text]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
