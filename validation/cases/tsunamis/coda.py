"""Do late waves keep their height on real ground? Six buoys in the north-west Pacific, against a linear leapfrog.

Six hours after the Tohoku earthquake of 2011 on cells of 4 arc-minutes, layers of 25 cells that absorb along the sides.
The leapfrog (validation/references/leapfrog.py) has the same still water, the same rise of the sea and as wide a rim,
and loses nothing but what leaves. Compared are the variance of the record, of its last two hours as well, and the
leapfrog's first crest, at the buoys of the DART network (NOAA National Data Buoy Center), moved to the centres of their
cells.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from esim.analysis import Run
from esim.analysis.ocean.crest import first_crest
from esim.config import ScenarioConfig, from_dict
from esim.config.ocean.root import TsunamiConfig
from esim.validation.cases.case import Bound, Case, Comparison, Runs
from esim.validation.cases.solvers import SOLVERS
from esim.validation.cases.tsunamis.nw_pacific import BOX, configured, missing, surface_rise
from esim.validation.references.leapfrog import Leapfrog

BUOYS = {
    "21401": (152.583, 42.617),
    "21413": (152.117, 30.515),
    "21418": (148.694, 38.711),
    "21419": (155.736, 44.455),
    "21414": (178.270, 48.941),
    "21415": (171.847, 50.176),
}
HOURS, EVERY = 6, 30.0  # h, s
LAYER = {"4 arcmin": 25, "12 arcmin": 8}  # cells that absorb
STEP = {"4 arcmin": 10.0, "12 arcmin": 30.0}  # s, of the leapfrog
LATE, NEAR = 4 * 3600.0, 240.0  # s; how far from a crest of the leapfrog its own may be
LIMITS = {"deep": (0.05, 0.02)}  # of the variance, and of first crests, on cells of 4 arc-minutes


class Record(NamedTuple):
    """A record: times [s] and levels [m]."""

    time: np.ndarray
    eta: np.ndarray


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """A run of each solver; `quick` takes cells of 12 arc-minutes."""
    spacing = "12 arcmin" if quick else "4 arcmin"
    size = float(spacing.split()[0]) / 60
    stations = [
        {"name": name, "lon": _centre(lon, BOX["west"], size), "lat": _centre(lat, BOX["south"], size)}
        for name, (lon, lat) in BUOYS.items()
    ]
    end = HOURS * 3600.0
    return {
        solver: configured(
            folder / solver,
            solver,
            spacing,
            time__duration=end,
            grid__boundary="sponge",
            grid__sponge_cells=LAYER[spacing],
            stations=stations,
            output__fields={"every": end, "variables": ["h"]},
            output__stations={"every": EVERY},
        )
        for solver in SOLVERS
    }


def _centre(position: float, first: float, size: float) -> float:
    return float(first + (np.floor((position - first) / size) + 0.5) * size)


def leapfrog(folder: Path) -> tuple[dict[str, Record], str]:
    """What the leapfrog has at the buoys, over the first water of a run and with its source, and the size of cells."""
    with Run.open(folder) as run:
        config = from_dict(run.record["configuration"])
        assert isinstance(config, TsunamiConfig) and run.fields is not None and run.stations is not None
        grid = config.grid.build()
        still = run.fields["h"][0].values.astype(float)
        times = run.stations["seconds"].values
        cells = {
            str(station.item()): tuple(
                round(n) for n in grid.index(float(run.stations["lon"][k]), float(run.stations["lat"][k]))
            )
            for k, station in enumerate(run.stations["station"])
        }
    spacing = f"{60 * grid.dx:.0f} arcmin"
    dt = STEP[spacing]
    sea = np.nan_to_num(still)
    moments, rise = surface_rise(config)
    water = Leapfrog(grid, sea, rise[0], dt, LAYER[spacing])
    found = []
    for begin in times:
        found.append([water.zeta[cell] for cell in cells.values()])
        for n in range(round(EVERY / dt)):
            before, after = (np.searchsorted(moments, begin + (n + k) * dt, "right") - 1 for k in (0, 1))
            if before != after:
                water.zeta += (rise[after] - rise[before]) * (sea > 0)
            water.advance()
    return {
        name: Record(times, levels) for name, levels in zip(cells, np.array(found).T, strict=True)
    }, spacing


def records(folder: Path) -> dict[str, Record]:
    """What a run has at the buoys."""
    with Run.open(folder) as run:
        assert run.stations is not None
        times, eta = run.stations["seconds"].values, run.stations["eta"]
        return {
            str(name): Record(times, eta.sel(station=name).values) for name in run.stations["station"].values
        }


def judge(runs: Runs) -> list[Comparison]:
    """Variance and first crests over those of the leapfrog."""
    known, spacing = leapfrog(next(iter(runs.values())))
    lines: list[Comparison] = []
    for solver, folder in runs.items():
        found = records(folder)
        variance, crest = LIMITS.get(solver, (None, None)) if spacing == "4 arcmin" else (None, None)
        for name, record in known.items():
            label, here = f"{solver}, {name}", found[name]
            ratio = np.var(here.eta) / np.var(record.eta)
            lines.append(
                Bound(f"{label}: variance {100 * ratio:.1f} %, off by", abs(ratio - 1), variance, "%")
            )
            late = record.time >= LATE
            ratio = np.var(here.eta[late]) / np.var(record.eta[late])
            lines.append(Bound(f"{label}: variance after {LATE / 3600:g} hours", ratio, None, "%"))
            first = first_crest(*record)
            assert first is not None
            near = np.abs(here.time - first.time) <= NEAR
            n = int(here.eta[near].argmax())
            lag, height = here.time[near][n] - first.time, here.eta[near][n]
            quantity = f"{label}: first crest {first.height:.3f} m, {lag:+.0f} s, off by"
            lines.append(Bound(quantity, abs(float(height) / first.height - 1), crest, "%"))
    return lines


def draw(runs: Runs, output: Path) -> list[Path]:
    """The records of all solvers and of the leapfrog."""
    import matplotlib.pyplot as plt

    known, _ = leapfrog(next(iter(runs.values())))
    figure, panels = plt.subplots(3, 2, figsize=(11, 7), layout="constrained", sharex=True)
    for axes, (name, record) in zip(panels.flat, known.items(), strict=True):
        axes.plot(record.time / 3600, 100 * record.eta, "k", lw=0.8, label="leapfrog")
        for solver, folder in runs.items():
            here = records(folder)[name]
            axes.plot(here.time / 3600, 100 * here.eta, lw=0.8, label=solver)
        axes.set_ylabel(f"{name} [cm]")
    panels[0, 0].legend(frameon=False)
    for axes in panels[-1]:
        axes.set_xlabel("hours after the earthquake")
    path = output / "coda.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


SUMMARY = "six hours at six buoys in the north-west Pacific against a linear leapfrog, by solver"
CASE = Case("coda", SUMMARY, configure, judge, draw, missing=missing, about=__doc__ or "")
