"""Small whole runs of seismic waves for tests: a scenario, ways to change it, and all that a run has written."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
from support.scenes import checkpoints

from esim.config import from_dict
from esim.config.crust.root import SeismicConfig
from esim.drivers.run import prepared, simulate
from esim.drivers.seismic import Seismic, SeismicRun
from esim.io import netcdf
from esim.parallel.comm import Comm, run_ranks
from esim.timestepping.clock import Clock

PATIENCE = 600.0  # s that ranks wait for one that compiles
VARIABLES = ("velocity", "displacement", "acceleration", "strain", "pressure")
LAYERS = [
    {"top": 0, "vp": 3000, "vs": 1700, "rho": 2200, "qp": 80, "qs": 40},
    {"top": 630, "vp": 5000, "vs": 2800, "rho": 2600, "qp": 200, "qs": 100},
]
BELL = {"kind": "gaussian", "sigma": 0.04, "delay": 0.2}
SLIP = {
    "kind": "double_couple",
    "x": 130,
    "y": -70,
    "depth": 830,
    "strike": 30,
    "dip": 60,
    "rake": 70,
    "magnitude": 4.0,
    "time_function": BELL,
}
ACCELERATION = {
    "kind": "force",
    "x": -430,
    "y": 260,
    "depth": 0,
    "fx": 1e10,
    "fz": 2e10,
    "time_function": BELL,
}
BLAST = {"kind": "explosion", "x": 20, "y": 440, "depth": 555, "moment": 1e14, "time_function": BELL}
# At nodes, between them, below the surface, in an absorbing layer, and beside the edges of blocks.
PLACES = [(0, 0, 0), (3, -412, 0), (-395, 7, 350), (-1130, 5, 0), (612, 633, 0), (405, -298, 1480)]


def quake(directory: Path | str, attenuation: str = "none", **run: Any) -> dict:
    """Slip, a push and a blast in two layers of 24 x 22 x 20 cells; every kind of output, checkpoints at 0.3 s."""
    return {
        "scenario": "seismic",
        "title": "A small earthquake",
        "time": {"duration": 0.8},
        "grid": {
            "kind": "cartesian",
            "x": [-1200, 1200],
            "y": [-1100, 1100],
            "depth": [0, 2000],
            "spacing": 100,
            "boundary": {"cells": 4},
        },
        "medium": {"kind": "layers", "layers": deepcopy(LAYERS)},
        "physics": {"attenuation": attenuation},
        "source": deepcopy([SLIP, ACCELERATION, BLAST]),
        "stations": [{"name": f"s{n}", "x": x, "y": y, "depth": z} for n, (x, y, z) in enumerate(PLACES)],
        "output": {
            "directory": str(directory),
            "stations": {"every": 0.02, "variables": list(VARIABLES)},
            "fields": {"every": 0.2},
            "surface_displacement": {"every": 0.2},
            "planes": [
                {"name": "across", "y": 30, "every": 0.2},
                {"name": "along", "x": -380, "every": 0.2, "variables": ["vz", "vx"]},
                {"name": "below", "depth": 800, "every": 0.4},
            ],
            "checkpoint": {"every": 0.3},
        },
        "run": {"backend": "cpu", "threads": 1, **run},
    }


def halfspace(directory: Path | str, source: list[dict], stations: list[tuple], **more: Any) -> dict:
    """One rock, with only the sources, the stations (x, y, depth) and no more files than stations.nc."""
    scene = quake(directory)
    scene["medium"]["layers"] = [{"top": 0, "vp": 4000, "vs": 2300, "rho": 2500, "qp": 80, "qs": 40}]
    scene["source"] = source
    scene["stations"] = [
        {"name": f"s{n}", "x": x, "y": y, "depth": z} for n, (x, y, z) in enumerate(stations)
    ]
    scene["output"] = {"directory": str(directory), "maxima": None, "stations": {"every": 0.02}}
    return scene | more


def change(scene: dict, path: str, value: Any) -> dict:
    """Set a key such as source.0.depth of a scene; sections that are not there are made."""
    *outer, last = path.split(".")
    section: Any = scene
    for name in outer:
        section = section[int(name)] if name.isdigit() else section.setdefault(name, {})
    section[int(last) if last.isdigit() else last] = value
    return scene


def configured(scene: dict) -> SeismicConfig:
    """The configuration of a scene."""
    cfg = from_dict(scene)
    assert isinstance(cfg, SeismicConfig)
    return cfg


def compute(scene: dict, ranks: int = 1, resume: bool = False) -> dict[str, np.ndarray]:
    """Run a scene on so many ranks as threads; returns all that it wrote."""
    cfg = configured(scene)
    run_ranks(ranks, lambda comm: simulate(cfg, comm, resume), PATIENCE)
    return written(cfg.output.directory)


def march(
    scene: dict, look: Callable[[SeismicRun, Clock], None], ranks: int = 1, resume: bool = False
) -> list[SeismicRun]:
    """Run a scene with look(run, clock) called after every step; returns the runs of all ranks."""
    cfg, driver, runs = configured(scene), Seismic(), []

    def work(comm: Comm) -> None:
        def observe(clock: Clock) -> None:
            look(run, clock)

        with prepared(driver, driver.check(cfg, comm), resume, [observe]) as run:
            runs.append(run)
            run.compute()

    run_ranks(ranks, work, PATIENCE)
    return runs


def written(directory: Path) -> dict[str, np.ndarray]:
    """Every array of the outputs in a directory and of its checkpoints, and the bytes of other files."""
    found = {}
    for path in sorted(directory.glob("*.nc")):
        with netcdf.LIBRARY, netcdf.read(path) as data:
            data.set_auto_maskandscale(False)
            found |= {f"{path.stem}.{name}": data[name][...] for name in data.variables}
    for path in [*sorted(directory.glob("sac/*")), *sorted(directory.glob("*.mseed"))]:
        found[path.name] = np.frombuffer(path.read_bytes(), np.uint8)
    return found | checkpoints(directory)


SIDES = ("west", "east", "south", "north", "bottom")
STATE = ("v", "s", "ground_velocity", "ground_displacement", "ground_maxima", "stations") + tuple(
    f"layer_{side}" for side in SIDES
)
