"""What does a map look like on another grid? In degrees, or on the plane of a coordinate reference system."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.reading.plane import GEOGRAPHIC, Plane, plane_of, project
from esim.analysis.sampling.sampling import sample
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

EDGE = 65  # places along each side of a map, whose bounds are looked for
MOST = 100_000_000  # cells of a new map


def to_regular(
    data: "xr.Dataset", configuration: Mapping[str, Any], spacing: float, method: str = "linear"
) -> "xr.Dataset":
    """The maps of a dataset on regular longitudes and latitudes, `spacing` degrees apart.

    The new cells cover those of the old map; what lies outside of it is missing. Of a run in degrees they begin at its
    first cell. Raises InputError for a run without a place on the Earth.
    """
    plane = plane_of(data, configuration)
    west, east, south, north = _bounds(plane, GEOGRAPHIC)
    found = _onto(data, plane, GEOGRAPHIC, _axis(west, east, spacing), _axis(south, north, spacing), method)
    about = {"lon": ("degrees_east", "longitude"), "lat": ("degrees_north", "latitude")}
    for name, (units, words) in about.items():
        found[name].attrs.update(units=units, standard_name=words, long_name=words)
    return found


def to_projected(
    data: "xr.Dataset", configuration: Mapping[str, Any], crs: str, spacing: float, method: str = "linear"
) -> "xr.Dataset":
    """The maps of a dataset on the plane of a coordinate reference system such as EPSG:32654, `spacing` metres apart.

    The new cells cover those of the old map; what lies outside of it is missing. Raises InputError for an unknown
    system or one that is no map projection, and for a run without a place on the Earth.
    """
    plane = plane_of(data, configuration)
    system = _projected(crs)
    west, east, south, north = _bounds(plane, system)
    found = _onto(data, plane, system, _axis(west, east, spacing), _axis(south, north, spacing), method)
    for name in ("x", "y"):
        words = "easting" if name == "x" else "northing"
        found[name].attrs.update(units="m", standard_name=f"projection_{name}_coordinate", long_name=words)
    return found.assign_attrs(crs=system.to_wkt())


def _onto(
    data: "xr.Dataset", plane: Plane, system: Any, x: np.ndarray, y: np.ndarray, method: str
) -> "xr.Dataset":
    """A dataset at the nodes of x and y in a reference system."""
    import xarray as xr

    if x.size * y.size > MOST:
        raise InputError(
            f"the new map has {x.size} x {y.size} cells; expected a wider spacing, {MOST:,} at most"
        )
    rows, columns = ("lat", "lon") if system == GEOGRAPHIC else ("y", "x")
    if plane.lonlat and system == GEOGRAPHIC:  # the axes stay apart, and so do the reads
        along, across = xr.DataArray(x, dims=columns), xr.DataArray(y, dims=rows)
    else:
        where = project(system, plane.system(), *np.meshgrid(x, y))
        if plane.lonlat:
            where = plane.locate(lon=where[0].ravel(), lat=where[1].ravel())
        shape = y.size, x.size
        along, across = (xr.DataArray(values.reshape(shape), dims=(rows, columns)) for values in where)
    found = sample(data, plane, along, across, method)
    return found.assign_coords({rows: (rows, y), columns: (columns, x)})


def _projected(crs: str) -> Any:
    import pyproj
    from pyproj.exceptions import CRSError

    try:
        system = pyproj.CRS.from_user_input(crs)
    except CRSError:
        raise InputError(f"'{crs}' is not a coordinate reference system, such as EPSG:32654") from None
    if not system.is_projected:
        raise InputError(
            f"'{crs}' ({system.name}) is no map projection; expected one in metres, such as EPSG:32654"
        )
    return system


def _bounds(plane: Plane, system: Any) -> tuple[float, float, float, float]:
    """First and last centre of a map along x and y in another reference system: those of its outline."""
    if plane.lonlat and system == GEOGRAPHIC:
        return float(plane.x[0]), float(plane.x[-1]), float(plane.y[0]), float(plane.y[-1])
    x = np.linspace(plane.x[0], plane.x[-1], EDGE)
    y = np.linspace(plane.y[0], plane.y[-1], EDGE)
    sides = [np.broadcast_arrays(*one) for one in ((x, y[0]), (x, y[-1]), (x[0], y), (x[-1], y))]
    along, across = (np.concatenate([side[n] for side in sides]) for n in (0, 1))
    found = project(plane.system(), system, along, across)
    if not all(np.isfinite(one).all() for one in found):
        raise InputError(
            "the map has no place on the plane of that reference system; expected one made for its region"
        )
    if (
        system == GEOGRAPHIC
    ):  # on the turn of the globe of the first point, so that the dateline parts nothing
        found = found[0][0] + (found[0] - found[0][0] + 180) % 360 - 180, found[1]
    return tuple(float(pick(one)) for one in found for pick in (np.min, np.max))  # type: ignore[return-value]


def _axis(first: float, last: float, step: float) -> np.ndarray:
    """Places `step` apart from the first to the last or just beyond."""
    if not step > 0:
        raise InputError(f"the spacing is {step:g}; expected a positive number")
    return first + step * np.arange(int(np.ceil((last - first) / step - 1e-6)) + 1)
