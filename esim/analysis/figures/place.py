"""Where on the Earth is a run? Its reference system, and longitudes and latitudes of its points."""

from collections.abc import Callable
from typing import Any

import numpy as np

from esim.analysis.figures import chart
from esim.analysis.reading import plane
from esim.analysis.reading.plane import GEOGRAPHIC
from esim.analysis.reading.run import Run
from esim.errors import InputError

ToLonLat = Callable[[Any, Any], tuple[Any, Any]]  # x, y [degrees or m] to longitude, latitude [degrees]


def reference_system(run: Run, crs: str | None = None) -> str | None:
    """The reference system of x and y of a run, as WKT or a code: EPSG:4326, grid.crs, that of grid.origin, or crs.

    None for a Cartesian grid without any. Raises InputError if crs is not known.
    """
    if is_lonlat(run):
        return GEOGRAPHIC
    name = crs or plane.reference_system(run.record["configuration"])
    return _known(name) if name else None


def is_lonlat(run: Run) -> bool:
    """Whether a run is on a grid of degrees."""
    datasets = (run.maxima, *run.nests.values(), run.fields, run.stations)
    found = next((data for data in datasets if data is not None), None)
    if found is None:
        return bool(run.record["configuration"].get("grid", {}).get("kind") == "lonlat")
    return "lon" in found.dims or ("lon" in found.variables and "x" not in found.variables)


def to_lonlat(run: Run, crs: str | None = None) -> ToLonLat | None:
    """The function from x, y of a run to longitude and latitude of WGS84; None for a run without a place on Earth."""
    from pyproj import Transformer

    system = reference_system(run, crs)
    if system is None:
        return None
    if system == GEOGRAPHIC:
        return lambda lon, lat: (lon, lat)
    convert = Transformer.from_crs(system, GEOGRAPHIC, always_xy=True)
    return lambda x, y: convert.transform(x, y)


def middle(run: Run) -> tuple[float, float] | None:
    """Longitude and latitude of the middle of the grid; None for a run without a place on Earth."""
    field = next((data for data in (run.maxima, run.fields) if data is not None), None)
    if field is None or (convert := to_lonlat(run)) is None:
        return None
    x, y = (
        float(np.mean(field[name].values[[0, -1]]))
        for name in (("lon", "lat") if "lon" in field.dims else "xy")
    )
    lon, lat = convert(x, y)
    return float(lon), float(lat)


def home(run: Run) -> tuple[float, float] | None:
    """Longitude and latitude of the land that is nearest to the source; the middle of the grid where it has no land.

    None for a run without a place on Earth.
    """
    centre = middle(run)
    data = run.fields if run.maxima is None else run.maxima
    if centre is None or data is None or "bathymetry" not in data or not is_lonlat(run):
        return centre
    lon, lat = source(run) or centre
    height = chart.thin(data["bathymetry"])
    x, y = np.meshgrid(*chart.plane(height))
    land = height.values > 0
    if not land.any():
        return centre
    east = ((x[land] - lon + 180) % 360 - 180) * np.cos(np.deg2rad(lat))
    nearest = np.argmin(np.hypot(east, y[land] - lat))
    return float(x[land][nearest]), float(y[land][nearest])


def source(run: Run) -> tuple[float, float] | None:
    """Where the first fault in degrees begins to slip, or its middle; None where there is none."""
    for entry in run.record.get("sources", []):
        if entry.get("lonlat") and (entry.get("outline") or entry.get("rupture_start")):
            place = entry.get("rupture_start") or np.concatenate(entry["outline"])[:, :2].mean(axis=0)
            return float(place[0]), float(place[1])
    return None


def _known(name: str) -> str:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return str(CRS.from_user_input(name).to_wkt())
    except CRSError:
        raise InputError(f"'{name}' is not a coordinate reference system, such as EPSG:32654") from None
