"""What happened at a place, and along a line? Series at gauges and points, and transects."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.reading.plane import GEOGRAPHIC, Plane, plane_of, project, spacing
from esim.analysis.sampling.sampling import sample
from esim.config.yaml.suggest import hint
from esim.constants import DEGREE
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

Points = Sequence[tuple[float, float]]


def at_station(stations: "xr.Dataset", name: str | Sequence[str]) -> "xr.Dataset":
    """The series of one station, or of several in the order of their names. Raises InputError for an unknown name."""
    known = [str(one) for one in stations["station"].values]
    names = [name] if isinstance(name, str) else list(name)
    for one in names:
        if one not in known:
            raise InputError(f"the run has no station '{one}', {hint(one, known)}")
    rows = [known.index(one) for one in names]
    return stations.isel(station=rows[0] if isinstance(name, str) else rows)


def at_points(
    maps: "Mapping[str, xr.Dataset]",
    configuration: Mapping[str, Any],
    places: Mapping[str, Any],
    method: str = "linear",
) -> "xr.Dataset":
    """What the finest of some grids, by their names, says at places: lon and lat, or x and y; numbers or lists.

    Lists have the dimension `point`, or the one of an `xarray.DataArray`, with its index. `grid` is the name of the
    grid that was read. Raises InputError for a place outside of all grids.
    """
    import xarray as xr

    planes = {name: plane_of(data, configuration) for name, data in maps.items()}
    located = {name: plane.locate(**places) for name, plane in planes.items()}
    chosen = _finest(planes, located)
    pieces: list[xr.Dataset] = []
    order: list[int] = []
    for name in dict.fromkeys(chosen.ravel().tolist()):
        mine = np.flatnonzero(chosen.ravel() == name)
        x, y = (xr.DataArray(np.ravel(values)[mine], dims="point") for values in located[name])
        found = sample(maps[name], planes[name], x, y, method)
        pieces.append(
            _with_places(found, planes[name], x, y).assign_coords(grid=("point", [name] * mine.size))
        )
        order.extend(mine)
    whole = pieces[0] if len(pieces) == 1 else _joined(pieces)
    whole = whole.isel(point=np.argsort(order))
    if not chosen.ndim:
        return whole.isel(point=0)
    return _named_as(whole, next(one for one in places.values() if one is not None))


def along_line(
    data: "xr.Dataset",
    configuration: Mapping[str, Any],
    points: Points,
    n: int | None = None,
    lonlat: bool | None = None,
    method: str = "linear",
) -> "xr.Dataset":
    """A transect through points, as (lon, lat) or (x, y), with the dimension `distance` [m] from the first one.

    n places are evenly spaced along the whole line, by default a cell apart; between points in degrees it follows the
    geodesic of WGS84. lonlat says that the points of a run on a projected plane are degrees. Raises InputError for
    fewer than two points.
    """
    import xarray as xr

    plane = plane_of(data, configuration)
    corners = np.asarray(points, dtype=float)
    if corners.ndim != 2 or corners.shape[0] < 2 or corners.shape[1] != 2:
        raise InputError("a transect needs two points or more, each (lon, lat) or (x, y)")
    geographic = plane.lonlat if lonlat is None else lonlat
    distance, line = _evenly(corners, geographic, n, plane)
    names = ("lon", "lat") if geographic else ("x", "y")
    located = plane.locate(**dict(zip(names, line.T, strict=True)))
    x, y = (xr.DataArray(values, dims="distance") for values in located)
    found = _with_places(sample(data, plane, x, y, method), plane, x, y)
    about = {"units": "m", "long_name": "distance along the transect"}
    return found.assign_coords(distance=("distance", distance, about))


def _named_as(data: "xr.Dataset", given: Any) -> "xr.Dataset":
    """Points by the dimension, and its index, that the places had when they were given."""
    name = getattr(given, "dims", ("point",))[0]
    data = data.rename(point=name) if name != "point" else data
    return data.assign_coords({name: given[name]}) if name in getattr(given, "coords", ()) else data


def _joined(pieces: "list[xr.Dataset]") -> "xr.Dataset":
    """Points of several grids in one dataset, at the times that all have."""
    import xarray as xr

    return xr.concat(pieces, "point", join="inner", coords="minimal", data_vars="minimal", compat="override")


def _finest(planes: Mapping[str, Plane], located: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Name of the finest grid around each place."""
    ordered = sorted(planes, key=lambda name: spacing(planes[name].x))
    first = located[ordered[0]][0]
    chosen = np.full(first.shape, "", dtype=object)
    free = np.ones(first.shape, bool)
    for name in ordered:
        inside = free & planes[name].contains(*located[name])
        chosen[inside], free = name, free & ~inside
    if free.any():
        plane, n = planes[ordered[-1]], int(np.argmax(free))
        x, y = (float(np.ravel(values)[n]) for values in located[ordered[-1]])
        x = (x + 180) % 360 - 180 if plane.lonlat else x
        reach = (
            f"{name} {c[0]:g} to {c[-1]:g}" for name, c in ((plane.columns, plane.x), (plane.rows, plane.y))
        )
        raise InputError(
            f"{plane.columns} {x:.6g}, {plane.rows} {y:.6g} lies outside of the grid; expected {' and '.join(reach)}"
        )
    return chosen


def _with_places(data: "xr.Dataset", plane: Plane, x: "xr.DataArray", y: "xr.DataArray") -> "xr.Dataset":
    """The coordinates of sampled places beside what was found there; longitudes from -180 to 180 degrees."""
    if not plane.lonlat:
        data = data.assign_coords(x=x, y=y)
        if not plane.crs:
            return data
    lon, lat = (x, y) if plane.lonlat else project(plane.system(), GEOGRAPHIC, x.values, y.values)
    east = (np.asarray(lon) + 180) % 360 - 180
    return data.assign_coords(lon=(x.dims, east), lat=(x.dims, np.asarray(lat)))


def _evenly(
    corners: np.ndarray, geographic: bool, n: int | None, plane: Plane
) -> tuple[np.ndarray, np.ndarray]:
    """Distances [m] from the first corner of places evenly along a line, and the places."""
    lengths, azimuths = _legs(corners, geographic)
    starts = np.concatenate(([0.0], np.cumsum(lengths)))
    if not starts[-1] > 0:
        raise InputError("a transect needs two different points")
    step = spacing(plane.x) * (DEGREE if plane.lonlat else 1.0)
    count = max(2, n if n is not None else int(starts[-1] / step) + 2)
    distance = np.linspace(0.0, starts[-1], count)
    leg = np.clip(np.searchsorted(starts, distance, "right") - 1, 0, lengths.size - 1)
    rest = distance - starts[leg]
    if not geographic:
        part = rest / np.where(lengths[leg] > 0, lengths[leg], 1.0)
        return distance, corners[leg] + part[:, None] * (corners[leg + 1] - corners[leg])
    lon, lat, _ = _ellipsoid().fwd(*corners[leg].T, azimuths[leg], rest)
    return distance, np.column_stack((lon, lat))


def _legs(corners: np.ndarray, geographic: bool) -> tuple[np.ndarray, np.ndarray]:
    """Lengths [m] and first azimuths [degrees] of the legs of a line."""
    first, last = corners[:-1].T, corners[1:].T
    if geographic:
        azimuths, _, lengths = _ellipsoid().inv(*first, *last)
        return np.asarray(lengths), np.asarray(azimuths)
    return np.hypot(*(last - first)), np.zeros(len(corners) - 1)


def _ellipsoid() -> Any:
    import pyproj

    return pyproj.Geod(ellps="WGS84")
