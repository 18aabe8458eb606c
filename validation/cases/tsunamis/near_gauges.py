"""Tohoku 2011 at eight gauges above and beside the source: what is the wave, and what is the ground under them?

The source of Satake et al. (2013, BSSA 103:1473) on cells of 1 arc-minute, with and without the horizontal motion of
slopes (Tanioka & Satake 1996) and the filter of Kajiura (1963). First crests at the pressure gauges P02 and P06 of
Saito et al. (2011, GRL 38:L00G19) and at GPS buoys, as surface (eta) and as change of the depth (depth_change): height,
how much later than the observed one, and the part of its height. Limits hold for what a gauge records; they leave room
for the source.

A pressure gauge records depth_change. Read so, P02 and P06 are not 38 % but 51 % too low: the source lifts the ground
under them by 0.6 m, and the water above flows off. The records have the ground sink: they rise by 0.7 and 1.0 m in the
first five minutes, and after 40 minutes they stay 0.7 and 1.0 m above the computed eta. These 1.3 and 1.7 m between the
ground of the source and that of the records are 54 and 69 % of what the crests lack; counted from the ground as it is
then, the crests of eta are 72 and 80 % of the observed ones. Maeda et al. (2011, EPS 63:803) conclude for two cabled
gauges off Kamaishi, which rose slowly to 2 m before a crest of more than 5 m, that the ground did not rise there.

A buoy sees eta, but from a GPS station on the coast, which sank as well, by up to 1 m (Fujii et al. 2011, EPS 63:815):
before the wave comes, the records of 801 to 803 are 0.2 to 0.4 m lower than at first, where eta is 0.7 to 1.3 m lower
and the depth the same. Their crests are 72 to 84 % of the observed ones as eta, 94 to 100 % as change of the depth, and
92 to 94 % where both are counted from the level before the wave.

The horizontal motion makes 20 to 39 % of the crests; the filter takes at most 6 %. Of the rise at P02 and P06 it makes
0.16 and 0.12 m, which depth_change, at one place, has, and a gauge that the ground carries along does not notice. Half
the cells, or dispersion (no runs of this case), change the crests there by at most 5 % and 16 s.

Not explained: without the ground's part, the crest is 1.1 m too low and 132 s early at P02, 0.7 m and 40 s at P06; 804
and 807 in the north are 38 and 34 % too low, 33 and 21 % with half the cells; at 806 in the south another wave is the
first to be high. How much of the records' slow rise is due to their processing (tides removed, gaps filled, smoothed)
is not known, nor how far each buoy's station on the coast sank.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim import data
from esim.analysis import Run
from esim.analysis.comparison.observations import Record
from esim.analysis.ocean.crest import first_crest
from esim.config import ScenarioConfig, load
from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs

CONFIG = Path(__file__).resolve().parents[3] / "configs" / "tohoku2011_4min.yaml"
RELIEF = "bathymetry/etopo1_1min_tohoku.nc"
PLACES, RECORDS = "tohoku2011/gauges/positions.csv", "tohoku2011/gauges/near_field.csv"
BOX = {"west": 139.2, "east": 146.8, "south": 34.2, "north": 40.8}
SETTINGS = {  # horizontal_on_slope and kajiura, by the names of the runs
    "slope_filter": (True, True),
    "slope": (True, False),
    "filter": (False, True),
    "neither": (False, False),
}
BEST = "slope_filter"
PRESSURE = ("P02", "P06")
UNLIKE = ("806",)  # where another wave is the first to be high
VARIABLES = ("eta", "depth_change")
TIME_LIMIT, HEIGHT_LIMIT = 150.0, 0.6  # s, of the observed height: what source and cells leave open
BEFORE, AFTER = (
    (180.0, 300.0),
    (2400.0, 3600.0),
)  # s: before the wave comes to the buoys, and after the first waves


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """One run for each choice of settings; `quick` takes cells of 2 arc-minutes."""
    return {name: _configured(folder / name, quick, *SETTINGS[name]) for name in SETTINGS}


def _configured(folder: Path, quick: bool, slope: bool, kajiura: bool) -> ScenarioConfig:
    settings: dict[str, Any] = {
        "time.duration": 3600,
        **{f"grid.{side}": value for side, value in BOX.items()},
        "grid.spacing": "2 arcmin" if quick else "1 arcmin",
        "bathymetry.file": f"data:{RELIEF}",
        "source.0.horizontal_on_slope": slope,
        "source.0.kajiura": kajiura,
        "stations": {"file": f"data:{PLACES}"},
        "output.directory": str(folder),
        "output.overwrite": True,
        "output.fields": None,
        "output.stations.every": 4,
    }
    return load(CONFIG, [f"{key}={json.dumps(value)}" for key, value in settings.items()])


def read_records() -> dict[str, Record]:
    """The records by the names of the gauges: of P02 and P06 changes of the depth."""
    with data.locate(f"data:{RECORDS}").open(encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    time, *levels = np.array(rows, float).T
    return {name: Record(time, values, -np.inf) for name, values in zip(names[1:], levels, strict=True)}


def judge(runs: Runs) -> list[Comparison]:
    """First crests as either kind of gauge, and what the ground did under them."""
    records = read_records()
    lines: list[Comparison] = []
    opened = {name: Run.open(folder) for name, folder in runs.items()}
    try:
        for gauge, record in records.items():
            if gauge not in UNLIKE:
                lines += _checks(gauge, record, opened[BEST])
        for gauge, record in records.items():
            lines += _crests(gauge, record, opened)
        for gauge, record in records.items():
            lines += _ground(gauge, record, opened)
    finally:
        for run in opened.values():
            run.close()
    return lines


def series(run: Run, gauge: str, variable: str) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and values [m] of a variable at a gauge."""
    assert run.stations is not None
    n = list(run.stations["station"].values).index(gauge)
    return run.stations["seconds"].values, run.stations[variable].isel(station=n).values


def _checks(gauge: str, record: Record, run: Run) -> Iterator[Comparison]:
    """The first crest of what the gauge records, within limits."""
    variable = VARIABLES[gauge in PRESSURE]
    found = first_crest(*series(run, gauge, variable))
    known = first_crest(record.time, record.eta)
    assert known is not None
    time, height = found or (None, None)
    name = f"{gauge}, {variable}: first crest"
    yield Check(f"{name}, time", known.time, time, "s", TIME_LIMIT)
    yield Check(f"{name}, height", known.height, height, "m", HEIGHT_LIMIT, relative=True)


def _crests(gauge: str, record: Record, runs: Mapping[str, Run]) -> Iterator[Comparison]:
    """The first crest of either kind of gauge in all runs, as a part of the observed one."""
    known = first_crest(record.time, record.eta)
    assert known is not None
    for variable in VARIABLES:
        for name, run in runs.items():
            quantity = f"{gauge}, {variable}, {name.replace('_', ' and ')}"
            found = first_crest(*series(run, gauge, variable))
            if found is None:
                yield Bound(f"{quantity}: first crest", None)
                continue
            late = found.time - known.time
            yield Bound(
                f"{quantity}: first crest {found.height:.2f} m, {late:+.0f} s",
                found.height / known.height,
                None,
                "%",
            )


def _ground(gauge: str, record: Record, runs: Mapping[str, Run]) -> Iterator[Comparison]:
    """How far the source lifts the ground, and where the water is by the record while there are no high waves."""
    lift, vertical = (uplift(runs[name], gauge) for name in (BEST, "filter"))
    yield Bound(
        f"{gauge}: rise of the ground, {lift - vertical:+.2f} m of it by horizontal motion", lift, None, "m"
    )
    begin, end = AFTER if gauge in PRESSURE else BEFORE
    seen = (record.time >= begin) & (record.time <= end)
    level = float(record.eta[seen].mean())
    eta, change = (
        float(np.interp(record.time[seen], *series(runs[BEST], gauge, variable)).mean())
        for variable in VARIABLES
    )
    words = (
        f"{begin / 60:g} to {end / 60:g} min: {level:+.2f} m, eta {eta:+.2f} m, depth_change {change:+.2f} m"
    )
    yield Bound(f"{gauge}: observed level less eta, {words}", level - eta, None, "m")


def uplift(run: Run, gauge: str) -> float:
    """How far the ground under a gauge has risen at the end [m]."""
    assert run.stations is not None and run.maxima is not None
    n = list(run.stations["station"].values).index(gauge)
    place = {axis: float(run.stations[axis][n]) for axis in ("lon", "lat")}
    return float(run.maxima["uplift"].interp(place))


def draw(runs: Runs, output: Path) -> list[Path]:
    """What each gauge recorded, and what either kind of gauge computes."""
    import matplotlib.pyplot as plt

    records = read_records()
    figure, panels = plt.subplots(4, 2, figsize=(9, 9), layout="constrained", sharex=True)
    with Run.open(runs[BEST]) as run:
        for axes, (gauge, record) in zip(panels.T.flat, records.items(), strict=True):
            axes.axhline(0, color="0.8", lw=0.6)
            axes.plot(record.time / 60, record.eta, "k", lw=1, label="observed")
            for variable, color in zip(VARIABLES, ("#0072B2", "#D55E00"), strict=True):
                time, values = series(run, gauge, variable)
                axes.plot(time / 60, values, color=color, lw=1, label=variable)
            axes.set_ylabel(f"{gauge} [m]")
    panels[0, 0].legend(frameon=False)
    for axes in panels[-1]:
        axes.set_xlabel("minutes after the earthquake")
    path = output / "near_gauges.png"
    figure.savefig(path, dpi=150)
    plt.close(figure)
    return [path]


def missing(quick: bool) -> str | None:
    """What is not there that the case needs."""
    there = {known.name for known in data.table() if known.path is not None}
    gone = [name for name in (RELIEF, PLACES, RECORDS) if name not in there]
    return f"needs {' and '.join(gone)} in $ESIM_DATA" if gone else None


SUMMARY = "first crests at two pressure gauges and six GPS buoys near the source, as surface and as change of the depth"
CASE = Case("near_gauges", SUMMARY, configure, judge, draw, missing=missing, about=__doc__ or "")
