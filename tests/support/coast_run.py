"""What a small tsunami run at a coast writes, made up: a flood, arrival times, a station, run-up."""

import json
from pathlib import Path

import numpy as np
import xarray as xr

CELLS = 20
UTM = "EPSG:32654"


def write_run(folder: Path, x0: float, y0: float, step: float, lonlat: bool, crs: str | None = None) -> Path:
    """A coast in the west, a wave from the east at 10 cells a minute, a flood around a dry hill, a station."""
    x, y = x0 + step * np.arange(CELLS), y0 + step * np.arange(CELLS)
    rows, columns = np.mgrid[:CELLS, :CELLS]
    land = columns < 8
    flooded = land & (columns >= 3) & (rows >= 5) & (rows < 12) & ~((columns == 5) & (rows == 8))
    wet = ~land | flooded
    names = ("lat", "lon") if lonlat else ("y", "x")
    fields = {
        "eta_max": np.where(wet, 2.0 + 0.1 * rows, np.nan),
        "arrival_time": np.where(wet, 60.0 * (CELLS - columns), np.nan),
        "inundation_depth_max": np.where(flooded, 1.0 + 0.01 * columns, np.nan),
        "bathymetry": np.where(land, 3.0, -100.0),
        "extent": np.where(flooded, 1, np.where(land, 0, 2)),
    }
    data = xr.Dataset({name: (names, values) for name, values in fields.items()}, {names[1]: x, names[0]: y})
    data["arrival_time"].attrs["threshold"] = 0.01
    folder.mkdir(parents=True)
    data.to_netcdf(folder / "maxima.nc")
    place = dict(zip(names[::-1], ("station", "station"), strict=True))
    xr.Dataset(
        {"eta": (("station", "time"), [[0.0, 1.5, -2.0]], {"units": "m"})},
        {"station": ["pier"], "time": [0.0, 1.0, 2.0]}
        | {n: (place[n], [v]) for n, v in zip(names[::-1], (x[10], y[10]), strict=True)},
    ).to_netcdf(folder / "stations.nc")
    points = {"runup": [3.5, np.nan], "shore_level": [2.0, np.nan]}
    xr.Dataset(
        {name: ("point", values) for name, values in points.items()}
        | {n: ("point", v) for n, v in zip(names[::-1], ([x[5], x[6]], [y[7], y[8]]), strict=True)}
    ).to_netcdf(folder / "runup.nc")
    grid = {"kind": "lonlat" if lonlat else "cartesian", "crs": crs}
    told = {
        "scenario": "tsunami",
        "title": "made up",
        "grid": grid,
        "time": {"start": "2011-03-11T05:46:24Z"},
    }
    (folder / "run.json").write_text(json.dumps({"configuration": told}))
    return folder
