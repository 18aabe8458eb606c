"""A small output directory as esim-run leaves it, with a made-up wave, for tests of what comes after."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from esim.grids.grid import Grid
from esim.io import cf
from esim.io.gridded.maxima import MaximaFile
from esim.io.gridded.snapshots import SnapshotFile
from esim.io.gridded.writer import slab_rows
from esim.io.ocean.gauges import write_stations
from esim.io.ocean.maxima import maxima_variables
from esim.io.provenance import run_record, write_record

START = datetime(2011, 3, 11, 5, 46, 24, tzinfo=UTC)
BUOYS = {"21418": (148.69, 38.71), "21401": (152.58, 42.62), "21413": (152.12, 30.52)}
CRESTS = {"21418": (1956.0, 1.87), "21401": (3996.0, 0.66), "21413": (4836.0, 0.77)}
SPEED = 200.0  # m/s
TIMES = np.arange(0, 7201, 900.0)


def write_run(
    folder: Path,
    lonlat: bool = True,
    fields: bool = True,
    maxima: bool = True,
    stations: bool = True,
    uplift: float = 5.0,
    crests: Mapping[str, tuple[float, float]] = CRESTS,
    nest: str | None = None,
) -> Path:
    """Writes the files of a run: land in the west, a ring of water around a source, a crest at each buoy.

    With the name of a nest also snapshots of a grid twice as fine inside, where the wave is half as high.
    """
    grid = Grid("lonlat", 140, 28, 0.5, 0.5, 32, 36) if lonlat else Grid("cartesian", 0, 0, 5e4, 5e4, 32, 36)
    start = START if lonlat else None
    configuration = {"title": "a made-up wave", "time": {"start": start, "duration": 7200.0}}
    attributes = cf.global_attributes("a made-up wave", configuration)
    folder.mkdir(parents=True, exist_ok=True)
    distance = _distance(grid)
    bed = np.where(np.arange(grid.nx) < 4, 500.0, -4000.0) + np.zeros(grid.shape)
    if fields:
        _write_fields(SnapshotFile(folder, grid, ("eta",), attributes, start=start), grid, distance, bed)
    if nest is not None:
        inner = Grid("lonlat", 144, 31, 0.25, 0.25, 20, 16)
        part = (slice(6, 14), slice(8, 18))
        fine = [each[part].repeat(2, 0).repeat(2, 1) for each in (distance, bed)]
        file = SnapshotFile(folder, inner, ("eta",), attributes, stem=f"fields_{nest}", start=start)
        _write_fields(file, inner, *fine, height=0.5)
    if maxima:
        _write_maxima(folder, grid, attributes, distance, bed, uplift)
    if stations:
        _write_stations(folder, grid, attributes, start, crests)
    sources = [{"source": "made up", "moment_Nm": 5e22 if uplift else None}]
    record = run_record(configuration, started=START, ended=START, sources=sources)
    write_record(folder / "run.json", record)
    return folder


def _distance(grid: Grid) -> np.ndarray:
    """Distance [m] of the cells from the source at the middle."""
    step = 111e3 if grid.lonlat else 1.0
    x, y = grid.x(), grid.y()
    return step * np.hypot(*np.meshgrid(x - x[10], y - y[18]))


def _write_fields(
    file: SnapshotFile, grid: Grid, distance: np.ndarray, bed: np.ndarray, height: float = 1.0
) -> None:
    _slabs(file, grid, "bathymetry", bed)
    for step, time in enumerate(TIMES):
        file.append(time, step)
        eta = height * np.exp(-(((distance - SPEED * time) / 2e5) ** 2))
        _slabs(file, grid, "eta", np.where(bed < 0, eta, np.nan))
    file.close()


def _write_maxima(
    folder: Path, grid: Grid, attributes: dict[str, str], distance: np.ndarray, bed: np.ndarray, uplift: float
) -> None:
    values = {
        "eta_max": np.where(bed < 0, 5 / (1 + distance / 2e5), np.nan),
        "eta_min": np.where(bed < 0, -1 / (1 + distance / 2e5), np.nan),
        "speed_max": np.zeros(grid.shape),
        "momentum_flux_max": np.zeros(grid.shape),
        "inundation_depth_max": np.full(grid.shape, np.nan),
        "arrival_time": np.where(bed < 0, distance / SPEED, np.nan),
        "bathymetry": bed,
        "uplift": uplift * np.exp(-((distance / 2e5) ** 2)),
    }
    file = MaximaFile(folder, grid, attributes, variables=maxima_variables(values, [0.01]))
    file.open()
    for name, field in values.items():
        _slabs(file, grid, name, field)
    file.close()


def _write_stations(
    folder: Path,
    grid: Grid,
    attributes: Mapping[str, str],
    start: datetime | None,
    crests: Mapping[str, tuple[float, float]],
) -> None:
    places = BUOYS if grid.lonlat else {"A": (3e5, 4e5), "B": (6e5, 7e5), "C": (9e5, 2e5)}
    time = np.arange(0, 7201, 15.0)
    waves = [height * np.exp(-(((time - when) / 200) ** 2)) for when, height in crests.values()]
    eta = np.array(waves)
    series = {"eta": eta, "depth": 4000 + eta, "u": 0 * eta, "v": 0 * eta}
    names, positions = list(places), list(places.values())
    write_stations(folder, grid, names, positions, series, time, attributes, start)


def _slabs(file: SnapshotFile | MaximaFile, grid: Grid, name: str, values: np.ndarray) -> None:
    for first in range(0, grid.ny, rows := slab_rows(grid)):
        file.slab(name, first, values[first : first + rows])
