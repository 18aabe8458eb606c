"""Small whole runs for tests of ranks and restarts: scenarios, and all that a run has written as arrays."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from esim.config import ScenarioConfig, from_dict
from esim.config.ocean.root import TsunamiConfig
from esim.drivers.engine import EngineSetup, Run
from esim.drivers.run import driver_of, prepared, simulate
from esim.errors import StopRequested
from esim.io import netcdf
from esim.io.checkpoint import manifest
from esim.io.checkpoint.generations import find_flaw
from esim.parallel.comm import Comm, SerialComm, run_ranks
from esim.timestepping.clock import Clock
from esim.timestepping.signals import STOP

FIELDS = ("eta", "u", "v", "h")

# Two faults off Honshu; the second one breaks later, and slowly.
FAULT = {
    "length": "180 km",
    "width": "90 km",
    "depth": "8 km",
    "strike": 200,
    "dip": 14,
    "rake": 88,
    "slip": 12,
}
FAULTS = [
    FAULT | {"lon": 143.6, "lat": 38.6, "rupture_time": 60, "rise_time": 90},
    FAULT | {"lon": 142.9, "lat": 37.2, "rupture_time": 600, "rise_time": 1500},
]


def japan(directory: Path, **run) -> dict:
    """Honshu with its islands at half a degree: rotation, friction, a moving source, gauges everywhere."""
    gauges = [(x, y) for x in (145.01, 147.3, 149.9) for y in (36.2, 39.76, 42.01)]
    return {
        "scenario": "tsunami",
        "title": "Honshu",
        "time": {"start": "2011-03-11T05:46:24Z", "duration": 4800},
        "grid": {"kind": "lonlat", "west": 138, "east": 152, "south": 33, "north": 45, "spacing": 0.5},
        "bathymetry": {"file": "data:etopo1_nwpacific_6min.nc"},
        "physics": {"coriolis": True, "manning": 0.025},
        "source": [
            {
                "kind": "okada",
                "faults": [dict(fault) for fault in FAULTS],
                "kajiura": True,
                "horizontal_on_slope": True,
                "time_step": 60,
            },
        ],
        "stations": [{"name": f"g{n}", "lon": x, "lat": y} for n, (x, y) in enumerate(gauges)],
        "output": {
            "directory": str(directory),
            "fields": {"every": 900, "variables": list(FIELDS)},
            "stations": {"every": 60},
            "checkpoint": {"every": 1800},
        },
        "run": {"backend": "cpu", "threads": 1, **run},
    }


def channel(directory: Path, **run) -> dict:
    """A bowl that closes on itself from west to east, a wall, a sponge, and an earthquake on the seam."""
    fault = {
        "length": "30 km",
        "width": "20 km",
        "depth": "3 km",
        "strike": 30,
        "dip": 40,
        "rake": 80,
        "slip": 9,
    }
    places = [(x, y) for x in (-49.5e3, -31e3, 0.0, 49.9e3) for y in (-20e3, 1e3, 22e3)]
    return {
        "scenario": "tsunami",
        "time": {"duration": 1800},
        "grid": {
            "kind": "cartesian",
            "x": [-50e3, 50e3],
            "y": [-48e3, 48e3],
            "spacing": 4000,
            "boundary": {"west": "periodic", "east": "periodic", "south": "wall", "north": "sponge"},
            "sponge_cells": 4,
            "latitude": 40,
        },
        "bathymetry": {"kind": "bowl", "depth": 120, "radius": "58 km"},
        "physics": {"coriolis": True, "manning": 0.03},
        "source": [
            {
                "kind": "okada",
                "faults": [fault | {"x": 48e3, "y": 5e3, "rupture_time": 100, "rise_time": 800}],
                "kajiura": True,
                "horizontal_on_slope": True,
            },
            {"kind": "hump", "x": -47e3, "y": -12e3, "height": 3, "radius": "9 km"},
            {"kind": "hump", "x": 6e3, "y": 9e3, "height": 25, "radius": "16 km"},
        ],
        "stations": [{"name": f"g{n}", "x": x, "y": y} for n, (x, y) in enumerate(places)],
        "output": {
            "directory": str(directory),
            "fields": {"every": 600, "variables": list(FIELDS)},
            "stations": {"every": 5},
            "checkpoint": {"every": 600},
        },
        "run": {"backend": "cpu", "threads": 1, "adaptive": True, **run},
    }


def configured(scene: dict) -> TsunamiConfig:
    """The configuration of a scene."""
    return from_dict(scene)


def compute(scene: dict, ranks: int = 1, resume: bool = False) -> dict[str, np.ndarray]:
    """Run a scene on so many ranks as threads; returns all that it wrote."""
    cfg = configured(scene)
    run_ranks(ranks, lambda comm: simulate(cfg, comm, resume))
    return written(cfg.output.directory)


def checked(cfg: ScenarioConfig, comm: Comm | None = None) -> EngineSetup:
    """The setup of a scenario."""
    return driver_of(cfg).check(cfg, comm or SerialComm())


def observed(
    cfg: ScenarioConfig, comm: Comm, observe: Callable[[Run, Clock], None], resume: bool = False
) -> dict[str, Any]:
    """Compute a scenario, and call observe(run, clock) after every step; returns the content of run.json."""
    runs: list[Run] = []
    observers = [lambda clock: observe(runs[0], clock)]
    with prepared(driver_of(cfg), checked(cfg, comm), resume, observers) as run:
        runs.append(run)
        return run.compute()


def written(directory: Path) -> dict[str, np.ndarray]:
    """Every array of the outputs in a directory and of its checkpoints, by file and name."""
    found = {}
    for file in ("fields", "maxima", "stations"):
        with netcdf.LIBRARY, netcdf.read(directory / f"{file}.nc") as data:
            data.set_auto_maskandscale(False)
            found |= {f"{file}.{name}": data[name][...] for name in data.variables}
    found |= checkpoints(directory)
    assert len(found) > 20
    return found


def checkpoints(directory: Path) -> dict[str, np.ndarray]:
    """Every array of the checkpoints in a directory, which are whole, by `step_N.name`."""
    found = {}
    for folder in manifest.generations(directory):
        assert find_flaw(folder) is None
        checkpoint = manifest.read(folder)
        found[f"{folder.name}.time"] = np.array(checkpoint.attributes["time"])
        found |= {f"{folder.name}.{name}": checkpoint.load(name) for name in checkpoint.arrays}
    return found


def but_checkpoints(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs: a run that was stopped keeps another checkpoint than one that was not."""
    return {name: values for name, values in found.items() if not name.startswith("step_")}


def steps(directory: Path) -> list[int]:
    """Steps of the checkpoints in a directory."""
    return [int(path.name[5:]) for path in manifest.generations(directory)[::-1]]


def latest(directory: Path) -> manifest.Checkpoint:
    """The newest checkpoint in a directory."""
    return manifest.read(manifest.generations(directory)[0])


def differing(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> list[str]:
    """Names of arrays that are not equal bit for bit, or not in both."""
    return [
        name
        for name in sorted(found.keys() | wanted.keys())
        if name not in found
        or name not in wanted
        or found[name].dtype != wanted[name].dtype
        or found[name].shape != wanted[name].shape
        or found[name].tobytes() != wanted[name].tobytes()
        and not (found[name].dtype == object and np.array_equal(found[name], wanted[name]))
    ]


def saved(scene: dict, folder: Path) -> Path:
    """A scene as a file (JSON is YAML)."""
    path = folder / "scene.yaml"
    path.write_text(json.dumps(scene))
    return path


def mpirun(ranks: int, *command: object, timeout: float = 120) -> subprocess.CompletedProcess:
    """Run a Python command under the mpirun that belongs to this Python; skips the test without one."""
    pytest.importorskip("mpi4py.MPI", reason="needs an MPI library")
    beside = Path(sys.executable).parent / "mpirun"
    program = str(beside) if beside.exists() else shutil.which("mpirun")
    if program is None:
        pytest.skip("there is no mpirun beside this Python nor on PATH")
    process = subprocess.Popen(
        [program, "-n", str(ranks), sys.executable, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=5)
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


class Killed(BaseException):
    """The end of a process, as far as a thread can have one."""


def cut_off(
    scene: dict,
    step: int,
    ranks: int = 1,
    stop: bool = False,
    resume: bool = False,
    observe: Callable[[Run, Clock], None] | None = None,
) -> None:
    """Run a scene to a step, where it is killed, or asked to stop; observe(run, clock) is called after each."""
    cfg = configured(scene)

    def end(run: Run, clock: Clock) -> None:
        if observe is not None:
            observe(run, clock)
        if clock.step == step:
            if not stop:
                raise Killed
            STOP.ask()

    with pytest.raises(StopRequested if stop else Killed):
        run_ranks(ranks, lambda comm: observed(cfg, comm, end, resume))
    STOP.asked = False
