"""What the tests of the command esim-run share: two small scenarios, their relief, and ways to run them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

POND = """\
scenario: tsunami
title: a pond
time: {duration: 200 s}
grid: {kind: cartesian, x: [0, 32 km], y: [0, 24 km], spacing: 1 km}
bathymetry: {kind: flat, depth: 1000}
source: [{kind: hump, x: 16 km, y: 12 km, height: 1, radius: 4 km}]
stations: [{name: gauge, x: 20 km, y: 12 km}]
output: {directory: out, fields: {every: 50 s}, stations: {every: 10 s}}
"""
SEA = """\
scenario: tsunami
title: across the dateline
time: {duration: 20 min}
grid: {kind: lonlat, west: 171, east: 190, south: -9, north: 9, spacing: 30 arcmin}
bathymetry: {file: sea.nc}
source: [{kind: hump, lon: 180, lat: 0, height: 1, radius: 200 km}]
stations: [{name: gauge, lon: -175, lat: 1}]
output: {directory: out, fields: {every: 5 min}}
"""
LON, LAT = np.arange(170, 191.01, 0.25), np.arange(-10, 10.01, 0.25)


def relief() -> np.ndarray:
    """A sea 4 km deep with hills, and an island 50 m high in its north-west, around the dateline."""
    bed = -4000 + 300 * np.sin(LON / 2) + 200 * np.cos(LAT)[:, None]
    return np.where((LAT[:, None] > 5) & (LON < 174), 50.0, bed)


def write_grid(
    path: Path, values: Any, lon: Any = LON, lat: Any = LAT, name: str = "z", **attributes: str
) -> Path:
    """A NetCDF file with one variable on longitudes and latitudes."""
    axes = {"lat": ("lat", lat, {"units": "degrees_north"}), "lon": ("lon", lon, {"units": "degrees_east"})}
    grid = xr.DataArray(np.asarray(values), axes, ("lat", "lon"), name, attributes)
    grid.to_dataset().to_netcdf(path, encoding={name: {"_FillValue": None}})
    return path


def write_pond(folder: Path) -> Path:
    """A hump on a flat Cartesian sea."""
    path = folder / "pond.yaml"
    path.write_text(POND)
    return path


def write_sea(folder: Path) -> Path:
    """A hump on a sea across the dateline, whose relief is in sea.nc beside the configuration."""
    write_grid(folder / "sea.nc", relief(), units="m")
    path = folder / "sea.yaml"
    path.write_text(SEA)
    return path


def settings(*given: str) -> list[str]:
    """Arguments `--set KEY=VALUE` for texts KEY=VALUE."""
    return [argument for text in given for argument in ("--set", text)]


def command(*arguments: object) -> list[str]:
    """The command esim-run of this Python."""
    return [sys.executable, "-m", "esim.cli.run", *map(str, arguments)]


def esim_run(*arguments: object, **more: Any) -> "subprocess.CompletedProcess[str]":
    """esim-run in a process of its own; its output is text."""
    environment = os.environ | more.pop("environment", {})
    given = command(*arguments)
    return subprocess.run(given, capture_output=True, text=True, timeout=120, env=environment, **more)
