"""Ground over a fault that breaks it moves with the slip, also where the wedge between is thinner than a cell."""

from pathlib import Path

import numpy as np
import pytest

from esim.analysis import Run
from esim.config import from_dict
from esim.crust.output.outputs import SeismicOutputs
from esim.drivers.run import simulate
from esim.parallel.comm import SerialComm, run_ranks
from esim.sources.formats import csv_yaml
from esim.sources.ocean.fault_source import FaultSource

CELL = 800.0
ROCK = {"top": 0, "vp": 6000, "vs": 3464, "rho": 2700}
COLUMNS = "x,y,depth,length,width,strike,dip,rake,slip,rupture_time,rise_time"


def thrust(folder: Path, cells: int = 14, duration: float = 16.0) -> dict:
    """A gentle thrust that comes up to level ground; its outermost two cells are less than one cell thick."""
    fault = folder / "fault.csv"
    fault.parent.mkdir(parents=True, exist_ok=True)
    fault.write_text(f"# rigidity: 3.24e10\n{COLUMNS}\n-3900,0,0,9600,6400,0,14,90,1,0,3\n")
    side = cells * CELL
    return {
        "scenario": "seismic",
        "time": {"duration": duration},
        "grid": {
            "kind": "cartesian",
            "x": [-side, side],
            "y": [-side, side],
            "depth": [0, 14 * CELL],
            "spacing": CELL,
            "boundary": {"cells": 4},
        },
        "medium": {"kind": "layers", "layers": [ROCK]},
        "physics": {"max_frequency": 0.6},
        "source": [{"kind": "finite_fault", "file": str(fault)}],
        "output": {
            "directory": str(folder / "out"),
            "maxima": None,
            "surface_displacement": {"every": 1, "low_pass": True},
        },
        "run": {"backend": "numpy", "threads": 1},
    }


def final(made: dict, ranks: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """x, y [m] of the cells, and the final displacement [m] along x and up."""
    config = from_dict(made)
    if ranks == 1:
        simulate(config, SerialComm())
    else:
        run_ranks(ranks, lambda comm: simulate(config, comm))
    with Run.open(config.output.directory) as run:
        last = run.surface_displacement.isel(time=-1)
        return last.x.values, last.y.values, last.ux.values, -last.uz.values


def okada(made: dict, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Displacement [m] along x in a half-space."""
    fault = csv_yaml.read(Path(made["source"][0]["file"]), None)
    source, level = FaultSource("fault", fault, np.array([100.0]), False, True), np.zeros((y.size, x.size))
    uz = source.displacement(x, y, False, level, level)[-1]
    return source.displacement(x, y, False, level - 1, level)[-1] - uz


def error(made: dict, ux: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """Root of the mean square error of the displacement along x, over the largest, near the fault."""
    near = np.ix_(np.abs(y) < 6e3, np.abs(x) < 6e3)
    known = okada(made, x, y)
    return float(np.sqrt(np.mean((ux - known)[near] ** 2)) / np.abs(known).max())


@pytest.mark.long
def test_the_ground_follows_the_slip_as_in_a_half_space(tmp_path, monkeypatch):
    made = thrust(tmp_path / "with")
    x, y, ux, _ = final(made)
    assert error(made, ux, x, y) < 0.03
    monkeypatch.setattr(SeismicOutputs, "follow_slip", lambda *_: None)
    without = thrust(tmp_path / "without")
    assert error(without, final(without)[2], x, y) > 0.08


@pytest.mark.long
def test_what_is_added_is_the_slip_that_no_node_has(tmp_path, monkeypatch):
    """Within a cell of the ground, along x alone; and the same bits on any number of ranks."""
    made = thrust(tmp_path / "with", cells=8, duration=4.0)
    x, _, ux, uz = final(made)
    monkeypatch.setattr(SeismicOutputs, "follow_slip", lambda *_: None)
    _, _, bare, up = final(thrust(tmp_path / "without", cells=8, duration=4.0))
    added = ux - bare
    row = added[added.shape[0] // 2]
    moved = np.flatnonzero(np.abs(row) > 1e-6)
    assert np.array_equal(uz, up)
    assert x[moved].min() > -3900 - CELL and x[moved].max() < -3900 + CELL / np.tan(np.deg2rad(14)) + CELL
    assert -1.0 < row[moved].min() < -0.5  # of a slip of 1 m, towards the tip
    monkeypatch.undo()
    assert np.array_equal(final(thrust(tmp_path / "two", cells=8, duration=4.0), ranks=2)[2], ux)
