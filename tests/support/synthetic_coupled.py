"""A small output directory of a coupled run with made-up motion of crust, bed and water."""

from pathlib import Path

import numpy as np
from support import synthetic_crust, synthetic_run

from esim.grids.grid import Grid
from esim.io import cf
from esim.io.gridded.frame import horizontal
from esim.io.gridded.snapshots import SnapshotFile
from esim.io.gridded.writer import slab_rows
from esim.io.provenance import run_record, write_record

ORIGIN = (143.0, 37.0)  # near the coast of the made-up ocean, which is land west of 142 degrees
TIMES = np.arange(5.0, 61.0, 5.0)
UPLIFT = 3.0  # m, at the origin at the end
REST = 30.0  # s: the bed lies still from then on


def write_run(folder: Path, lonlat: bool = True) -> Path:
    """Writes the files of both parts and the record of the whole; without lonlat all are on one plane."""
    stations = {"KMS": (-60e3, 20e3), "OFU": (-50e3, -10e3)}
    scene = synthetic_crust.Scene(
        half=80e3, spacing=4e3, duration=60.0, every=0.5, origin=ORIGIN if lonlat else None, stations=stations
    )
    synthetic_crust.write_run(folder / "crust", scene)
    synthetic_run.write_run(folder / "ocean", lonlat=lonlat)
    _bed(folder / "crust", scene)
    start = synthetic_run.START if lonlat else None
    configuration = {
        "scenario": "coupled",
        "title": "a made-up rupture and its tsunami",
        "time": {"start": start, "duration": 7200.0},
    }
    write_record(
        folder / "run.json", run_record(configuration, started=synthetic_run.START, ended=synthetic_run.START)
    )
    return folder


def _bed(folder: Path, scene: synthetic_crust.Scene) -> None:
    """The record of the bed: a bell whose height grows linearly and then stays."""
    count = round(2 * scene.half / scene.spacing)
    grid = Grid("cartesian", -scene.half, -scene.half, scene.spacing, scene.spacing, count, count)
    bell = np.exp(-((np.hypot(*np.meshgrid(grid.x(), grid.y())) / 30e3) ** 2))
    attributes = cf.global_attributes("a made-up bed", {})
    names = ("ux", "uy", "uz")
    file = SnapshotFile(
        folder,
        horizontal(grid, depth=0.0),
        names,
        attributes,
        stem="surface_displacement",
        static=None,
        start=synthetic_crust.START if scene.origin else None,
    )
    for step, time in enumerate(TIMES):
        file.append(time, step)
        for name, part in zip(names, (0.0, 0.0, -UPLIFT), strict=True):
            values = part * min(time / REST, 1.0) * bell
            for first in range(0, count, rows := slab_rows(grid)):
                file.slab(name, first, values[first : first + rows])
    file.close()
