"""Tohoku 2011: first crests at three deep-ocean buoys (DART), with the source of Satake et al. (2013).

Observed values are read off the de-tided records shipped with esim, after the seismic shaking. The limits
allow for what the source model, the grid and shallow-water theory without dispersion leave open.
"""

import json
from pathlib import Path

import numpy as np

from esim import data
from esim.analysis import Run
from esim.analysis.comparison.observations import observed
from esim.analysis.ocean.crest import first_crest
from esim.config import load
from esim.config.ocean.root import TsunamiConfig
from esim.errors import InputError
from esim.validation.cases.case import Case, Check

BUOYS = ("21418", "21401", "21413")
TIME_LIMIT = 150.0  # s
HEIGHT_LIMIT = 0.25  # of the observed height
CONFIGS = Path(__file__).resolve().parents[3] / "configs"
FINE, COARSE = "tohoku2011_4min.yaml", "tohoku2011.yaml"
RELIEF = "bathymetry/nwpacific_4min.nc"  # what the fine configuration needs
QUICK = "100 min"  # the last crest passes after 81 minutes


def configure(folder: Path, quick: bool) -> TsunamiConfig:
    """The configuration at 4 arc-minutes where its relief is at hand, else the one with the relief shipped.

    `quick` takes the latter and ends after the last first crest.
    """
    path = CONFIGS / (COARSE if quick or not _at_hand(RELIEF) else FINE)
    settings = [f"output.directory={json.dumps(str(folder))}", "output.overwrite=true", "output.fields=null"]
    config = load(path, settings + [f"time.duration={QUICK}"] * quick)
    assert isinstance(config, TsunamiConfig)
    return config


def judge(folder: Path) -> list[Check]:
    """Times and heights of the first crests in a run; raises InputError if it is not one of this event."""
    with Run.open(folder) as run:
        return [check for buoy in BUOYS for check in _compare(run, buoy)]


def _compare(run: Run, buoy: str) -> list[Check]:
    record = observed(buoy, run.start)
    if record is None:
        raise InputError(f"{run.directory}: not a run of the Tohoku earthquake, 2011-03-11T05:46:24Z")
    known = first_crest(record.time, record.eta, after=record.shaking)
    assert known is not None
    found = first_crest(*series(run, buoy))
    time, height = found or (None, None)
    return [
        Check(f"{buoy} first crest, time", known.time, time, "s", TIME_LIMIT),
        Check(f"{buoy} first crest, height", known.height, height, "m", HEIGHT_LIMIT, relative=True),
    ]


def series(run: Run, buoy: str) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and levels [m] computed at a buoy."""
    if run.stations is None or buoy not in run.stations["station"].values:
        raise InputError(f"{run.directory}: no record of station {buoy} in stations.nc")
    stations = run.stations
    n = list(stations["station"].values).index(buoy)
    return stations["seconds"].values, stations["eta"].isel(station=n).values


def _at_hand(name: str) -> bool:
    return any(known.name == name and known.path is not None for known in data.table())


SUMMARY = "first crests at three DART buoys; the limits are meant for grids of 4 arc-minutes or finer"
CASE = Case.of_one_run("tohoku2011", SUMMARY, configure, judge)
