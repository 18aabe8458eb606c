"""The north-west Pacific on cells of 4 arc-minutes after the Tohoku earthquake of 2011: what cases on it share.

The source of Satake et al. (2013), without friction, so that a linear solver has the same problem.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from esim import data
from esim.config import load
from esim.config.ocean.root import TsunamiConfig
from esim.ocean.nesting.grid_level import read_media
from esim.ocean.sources.displacement import displacement
from esim.ocean.sources.kajiura import filter_scale, smooth
from esim.ocean.sources.read import read_sources
from esim.parallel.comm import SerialComm
from esim.sources.ocean.fault_source import FaultSource
from esim.validation.cases.solvers import with_solver

CONFIG = Path(__file__).resolve().parents[3] / "configs" / "tohoku2011_4min.yaml"
RELIEF = "bathymetry/nwpacific_4min.nc"
BOX = {"west": 122.0, "east": 185.0, "south": 14.0, "north": 55.0}


def missing(quick: bool) -> str | None:
    """What is not there that the cases need."""
    if any(known.name == RELIEF and known.path is not None for known in data.table()):
        return None
    return f"needs {RELIEF} in the folder named by ESIM_DATA"


def configured(folder: Path, solver: str, spacing: str, **settings: Any) -> TsunamiConfig:
    """The configuration of a run by a solver; settings are by key, two underscores for a dot."""
    grid = with_solver({**BOX, "spacing": spacing}, solver)
    values = {
        **{f"grid.{key}": value for key, value in grid.items()},
        "physics.manning": 0.0,
        "stations": [],
        "output.directory": str(folder),
        "output.overwrite": True,
        "output.maxima": None,
        **{key.replace("__", "."): value for key, value in settings.items()},
    }
    config = load(CONFIG, [f"{key}={json.dumps(value)}" for key, value in values.items()])
    assert isinstance(config, TsunamiConfig)
    return config


def surface_rise(config: TsunamiConfig) -> tuple[np.ndarray, np.ndarray]:
    """Times (K,) [s], and how far the earthquake has lifted the surface of the sea by then (K, ny, nx) [m]."""
    comm, grid = SerialComm(), config.grid.build()
    (source,) = read_sources(config, comm)
    assert isinstance(source, FaultSource)
    elevation = read_media(config, config.grid.tree(), comm)[0].elevation
    box = j0, j1, i0, i1 = source.region(grid)
    bed = displacement(comm, grid, source, box, elevation)
    found = np.zeros((len(bed), *grid.shape))
    found[:, j0:j1, i0:i1] = smooth(comm, grid, elevation, box, bed, filter_scale(grid, elevation, box, bed))
    return source.times, found
