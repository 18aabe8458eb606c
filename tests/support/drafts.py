"""What tests of `esim new` share: earthquakes and stations in files, a sea, and the command itself."""

import json
from pathlib import Path

import numpy as np
import xarray as xr

from esim.cli.main import main
from esim.cli.run import main as esim_run
from esim.config import load
from esim.config.scenario import ScenarioConfig

MAULE = "--magnitude 8.8 --lon -72.9 --lat -36.1 --depth 30 --strike 18 --dip 18 --rake 100".split()
TOKACHI = """\
PDE 2003 09 25 19 50 06.36 41.7800 143.8600 27.0 8.1 8.1 HOKKAIDO, JAPAN REGION
event name:     200309251950A
time shift:     30.0000
half duration:  33.0
latitude:       42.2100
longitude:      143.8400
depth:          28.2000
Mrr:  1.72e+28
Mtt:  -0.104e+28
Mpp:  -1.62e+28
Mrt:  0.516e+28
Mrp:  2.41e+28
Mtp:  -0.497e+28
"""
STATIONS = "\n".join(f"S{n} XX {42.0 + 0.1 * n} {143.0 + 0.2 * n} 0 0" for n in range(10)) + "\n"
PLANES = {"strike": "220", "dip": "26", "rake": "90"}


def cmt(folder: Path) -> Path:
    path = folder / "CMTSOLUTION"
    path.write_text(TOKACHI)
    return path


def stations(folder: Path) -> Path:
    path = folder / "STATIONS"
    path.write_text(STATIONS)
    return path


def usgs_event(folder: Path, products: bool = True) -> Path:
    """An event of the catalogue, with a moment tensor and a finite fault among its products or without."""
    worse = {"properties": {f"nodal-plane-1-{name}": "45" for name in PLANES}, "preferredWeight": 1}
    place = {
        "magnitude": "8.3",
        "magnitude-type": "Mww",
        "longitude": "143.84",
        "latitude": "42.21",
        "depth": "28",
    }
    values = {f"derived-{name}": text for name, text in place.items()}
    values |= {f"nodal-plane-1-{name}": angle for name, angle in PLANES.items()}
    values |= {"nodal-plane-2-strike": "40", "nodal-plane-2-dip": "64", "nodal-plane-2-rake": "90"}
    better = {"properties": values, "preferredWeight": 207, "status": "UPDATE"}
    properties = {"mag": 8.1, "title": "M 8.3 - Hokkaido", "time": 1064519406360}
    properties |= {"types": ",finite-fault,moment-tensor,origin,", "detail": "https://a.b/us1.geojson"}
    if products:
        files = {"FFM.geojson": {"url": "https://a.b/FFM.geojson"}}
        properties["products"] = {"moment-tensor": [worse, better], "finite-fault": [{"contents": files}]}
    geometry = {"type": "Point", "coordinates": [143.91, 41.815, 27.0]}
    path = folder / "event.geojson"
    path.write_text(
        json.dumps({"type": "Feature", "id": "us1", "properties": properties, "geometry": geometry})
    )
    return path


def sea(
    folder: Path, west: float, east: float, south: float, north: float, coast: float | None = None
) -> Path:
    """A cut like those of GEBCO, nodes every quarter of a degree: 4 km deep, and land east of a coast."""
    lon, lat = np.arange(west + 0.125, east, 0.25), np.arange(south + 0.125, north, 0.25)
    height = np.where(lon > coast, 500, -4000) if coast is not None else np.full(lon.size, -4000)
    data = xr.DataArray(
        np.tile(height.astype(np.int16), (lat.size, 1)),
        {"lat": ("lat", lat, {"units": "degrees_north"}), "lon": ("lon", lon, {"units": "degrees_east"})},
        ("lat", "lon"),
        "elevation",
        {"units": "m"},
    )
    path = folder / "gebco.nc"
    data.to_netcdf(path)
    return path


def drafted(*arguments: object) -> ScenarioConfig:
    """The configuration that `esim new ... --output my.yaml` writes here; it is one that esim-run --check takes."""
    assert main(["new", *map(str, arguments), "--output", "my.yaml"]) == 0
    assert esim_run(["my.yaml", "--check", "--quiet"]) == 0
    return load("my.yaml")
