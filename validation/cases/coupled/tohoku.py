"""Tohoku 2011 from rupture to waves: the buoys beside their records and beside Okada's half-space, the ground first.

The ocean is driven by the crust of configs/tohoku2011_coupled.yaml, with its layers, its trench and its sea, and, for
comparison, by the same fault in a uniform half-space, on the same grid. That source was found with the half-space, so
its crests are nearer to the records. The limit between both was set when it was known that cells of 1 km leave out a
part of what a fault of 8 degrees does where it comes up to the seafloor.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from esim.analysis import Run
from esim.analysis.comparison.observations import observed
from esim.analysis.coupled.parts import parts_of
from esim.analysis.ocean.crest import first_crest
from esim.config import ScenarioConfig, load
from esim.config.coupled.root import CoupledConfig
from esim.config.coupled.translate import ocean_run
from esim.errors import InputError
from esim.validation.cases.case import Bound, Case, Check, Comparison, Runs
from esim.validation.cases.tsunamis.tohoku2011 import BUOYS, TIME_LIMIT, series

SCENARIO = Path(__file__).parents[2].parent / "configs" / "tohoku2011_coupled.yaml"
COUPLED, OKADA = "coupled", "okada"
QUICK = (
    "crust.grid.spacing=[4 km, 4 km, 1 km]",
    "time.duration=100 min",  # the last crest passes after 81 minutes
)
SHAKING = 0.05  # of the peak velocity: the first waves
NEAR = 0.5  # degrees within which the sea of a town lies
VOLUME_LIMIT, BESIDE = 1e-6, 0.15


def configure(folder: Path, quick: bool) -> Mapping[str, ScenarioConfig]:
    """The coupled run, and the tsunami of the same fault in a half-space."""
    given = [*(QUICK if quick else ()), "output.overwrite=true"]
    coupled = load(SCENARIO, [f"output.directory={folder / COUPLED}", *given])
    okada = load(SCENARIO, [f"output.directory={folder / OKADA}", "coupling.method=okada", *given])
    assert isinstance(okada, CoupledConfig)
    ocean = ocean_run(okada)
    output = ocean.output.model_copy(update={"directory": folder / OKADA, "fields": None})
    return {COUPLED: coupled, OKADA: ocean.model_copy(update={"output": output})}


def judge(runs: Runs) -> Sequence[Comparison]:
    """First crests of both runs beside the records, the volume of the uplift, and what comes first at the coast."""
    found: list[Comparison] = []
    with Run.open(runs[COUPLED]) as coupled, Run.open(runs[OKADA]) as okada:
        parts = parts_of(coupled)
        for buoy in BUOYS:
            found += _crests(buoy, {COUPLED: parts.ocean, OKADA: okada})
        error = max(float(one["volume_error"]) for one in parts.ocean.record["sources"])
        found.append(Bound("volume of the uplift, crust to ocean", error, VOLUME_LIMIT))
        found += _coast(parts.crust, parts.ocean)
    return found


def _crests(buoy: str, runs: Mapping[str, Run]) -> Iterator[Comparison]:
    """The first crest at a buoy in each run beside the record, and that of the coupled run beside the half-space's."""
    heights = {}
    for name, run in runs.items():
        record = observed(buoy, run.start)
        if record is None:
            raise InputError(f"{run.directory}: not a run of the Tohoku earthquake, 2011-03-11T05:46:24Z")
        known = first_crest(record.time, record.eta, after=record.shaking)
        found = first_crest(*series(run, buoy), after=record.shaking)
        assert known is not None
        yield Check(f"{buoy} first crest, {name}: time", known.time, found and found.time, "s", TIME_LIMIT)
        heights[name] = found.height if found else None
        share = found.height / known.height if found else None
        yield Bound(f"{buoy} first crest, {name}: height over that of the record", share, None, "%")
    ours, theirs = heights[COUPLED], heights[OKADA]
    less = abs(ours / theirs - 1) if ours and theirs else None
    yield Bound(f"{buoy} first crest: height of {COUPLED} beside {OKADA}", less, BESIDE, "%")


def _coast(crust: Run, ocean: Run) -> Iterator[Bound]:
    """How long the ground has shaken at each town when the tsunami comes to the sea before it."""
    stations, maxima = crust.stations, ocean.maxima
    if stations is None or maxima is None:
        raise InputError(f"{crust.directory}: no seismograms, or no arrivals of the tsunami")
    lon, lat = np.meshgrid(maxima["lon"].values, maxima["lat"].values)
    arrivals = _seconds(maxima["arrival_time"].values)
    seconds = stations["seconds"].values
    for n, name in enumerate(map(str, stations["station"].values)):
        record = stations.isel(station=n)
        speed = np.sqrt(sum(record[v].values.astype(float) ** 2 for v in ("vx", "vy", "vz")))
        first = float(seconds[np.argmax(speed > SHAKING * speed.max())])
        away = np.hypot(
            (lon - float(record["lon"])) * np.cos(np.deg2rad(float(record["lat"]))),
            lat - float(record["lat"]),
        )
        away[~np.isfinite(arrivals)] = np.inf
        nearest = np.unravel_index(np.argmin(away), away.shape)
        between = float(arrivals[nearest]) - first if away[nearest] < NEAR else None
        yield Bound(f"{name}: tsunami after the first seismic waves", between, 0.0, "s", at_least=True)


def _seconds(times: np.ndarray) -> np.ndarray:
    """Arrival times [s]; NaN where there is none."""
    if np.issubdtype(times.dtype, np.timedelta64):
        return np.where(np.isnat(times), np.nan, times / np.timedelta64(1, "s"))
    return np.asarray(times, dtype=float)


def draw(runs: Runs, folder: Path) -> Sequence[Path]:
    """The records at the buoys beside both runs."""
    from matplotlib.figure import Figure

    from esim.io.atomic import whole_file

    drawing = Figure(figsize=(7.2, 6.0), layout="constrained")
    panels = drawing.subplots(len(BUOYS), 1, sharex=True)
    with Run.open(runs[COUPLED]) as coupled, Run.open(runs[OKADA]) as okada:
        both = {"crust with layers and sea": parts_of(coupled).ocean, "uniform half-space (Okada)": okada}
        for axes, buoy in zip(panels, BUOYS, strict=True):
            record = observed(buoy, okada.start)
            assert record is not None
            axes.plot(np.asarray(record.time) / 60, record.eta, color="0.2", lw=1.0, label="observed")
            for (name, run), colour in zip(both.items(), ("#0072B2", "#D55E00"), strict=True):
                times, eta = series(run, buoy)
                axes.plot(times / 60, eta, color=colour, lw=1.1, label=name)
                end = times[-1] / 60
            axes.set_xlim(0, end)
            axes.set_ylabel(f"{buoy} (m)")
            axes.spines[["top", "right"]].set_visible(False)
    panels[-1].set_xlabel("time since origin (min)")
    handles, labels = panels[0].get_legend_handles_labels()
    drawing.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)
    path = folder / "tohoku_coupled.png"
    with whole_file(path) as temporary:
        drawing.savefig(temporary, format="png", dpi=150)
    return [path]


SUMMARY = "Tohoku from rupture to waves: buoys beside a half-space's, shaking before the tsunami"
CASE = Case("tohoku_coupled", SUMMARY, configure, judge, draw)
