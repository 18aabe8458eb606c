"""Which rectangle is a subfault that a GeoJSON file gives as a polygon: longitudes, latitudes and depths of corners?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.sources.formats.triangles import local

DEEPEST_KM = 1000.0  # no fault is as deep, and none is so shallow in metres
EXPECTED = "a USGS finite fault: polygons of four corners lon, lat, depth, with slip and rake"
UPRIGHT = (
    20.0  # m that the bottom lies beside the top, about what coordinates of four decimals are rounded by
)
THIN = 10.0  # times the thickness of a subfault, from which its row does not touch the next one


def corners_of(
    geometries: Sequence[Any], labels: Sequence[str], system: Any, remarks: list[str]
) -> np.ndarray:
    """Corners (n, 4, 3) of polygons: lon, lat [degrees] on one turn of the globe, depth [m], in the order of the file.

    labels name the polygons; system is the member `crs` of the file, None for longitudes and latitudes. What is taken
    for granted is added to remarks. Raises InputError for what is no polygon of four corners with depths.
    """
    corners = np.array([_ring(*one) for one in zip(geometries, labels, strict=True)])
    corners[:, :, :2] = _in_degrees(corners[:, :, :2], labels, system, remarks)
    corners[:, :, 2] = _depths(corners[:, :, 2], remarks)
    corners[:, :, 0] -= 360.0 * np.round((corners[:, :, 0] - corners[:, :1, 0]) / 360.0)
    return corners


def rectangles(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Strike, dip [degrees], length, width [m], (n,), of rectangles with the corners (n, 4, 3) in order around them.

    They dip to the right of strike; where they are upright, strike is the direction in which the file gives the corners
    of the upper edge, as the USGS does.
    """
    flat = np.stack([local(one, True) for one in corners]) * (1.0, 1.0, -1.0)  # east, north, depth [m]
    depth = flat[:, :, 2]
    # The edge from this corner to the next is on top.
    highest = np.argmin(depth + np.roll(depth, -1, axis=1), axis=1)
    a, b, c, d = (flat[np.arange(len(flat)), (highest + n) % 4] for n in range(4))
    along, down = 0.5 * (b - a + c - d), 0.5 * (d - a + c - b)
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    across = (along[:, 1] * down[:, 0] - along[:, 0] * down[:, 1]) / length  # to the right of the edge
    left = across < -UPRIGHT
    along = np.where(left[:, None], -along, along)
    across = np.where(left, -across, np.maximum(across, 0.0))
    strike = np.rad2deg(np.arctan2(along[:, 0], along[:, 1])) % 360.0
    fall = np.maximum(down[:, 2], 0.0)
    return strike, np.rad2deg(np.arctan2(fall, across)), np.linalg.norm(along, axis=1), np.hypot(across, fall)


def _ring(geometry: Any, label: str) -> list[list[float]]:
    """The four corners of a polygon: lon, lat, depth."""
    try:
        kind, parts = geometry["type"], geometry["coordinates"]
        if kind == "MultiPolygon" and len(parts) == 1:  # as geographic information systems write polygons
            kind, parts = "Polygon", parts[0]
        ring = [[float(value) for value in point] for point in parts[0]] if kind == "Polygon" else []
    except (KeyError, IndexError, TypeError, ValueError):
        ring = []
    ring = ring[:-1] if ring and ring[0] == ring[-1] else ring
    if len(ring) == 4 and all(len(point) == 2 for point in ring):
        raise InputError(f"{label}: its corners have no depth; expected {EXPECTED}")
    if len(ring) != 4 or any(len(point) != 3 for point in ring):
        raise InputError(f"{label}: is not {EXPECTED}")
    return ring


def _in_degrees(points: np.ndarray, labels: Sequence[str], system: Any, remarks: list[str]) -> np.ndarray:
    """Longitudes and latitudes of points (n, 4, 2) in the reference system of the file."""
    name = _system_name(labels[0], system)
    if name is None:
        wrong = (np.abs(points[..., 0]) > 360) | (np.abs(points[..., 1]) > 90) | ~np.isfinite(points).all(-1)
        if wrong.any():
            n, k = np.argwhere(wrong)[0]
            raise InputError(
                f"{labels[n]}: lon {points[n, k, 0]:g}, lat {points[n, k, 1]:g} is no place on the Earth; expected "
                "degrees, or the member 'crs' with the name of another reference system, such as EPSG:32719"
            )
        return points
    import pyproj

    try:
        source = pyproj.CRS.from_user_input(name)
    except pyproj.exceptions.CRSError:
        raise InputError(
            f"{_file(labels)}: crs '{name}' is unknown; expected a name such as EPSG:4326 or EPSG:32719"
        ) from None
    remarks.append(f"its corners are in {source.name}; they are taken to longitudes and latitudes of WGS84")
    change = pyproj.Transformer.from_crs(source, "EPSG:4326", always_xy=True)
    found = np.stack(change.transform(points[..., 0], points[..., 1]), axis=-1)
    if not np.isfinite(found).all():
        raise InputError(f"{_file(labels)}: some corners lie outside of its crs '{name}'")
    return found


def _system_name(label: str, system: Any) -> str | None:
    """The name of the reference system of a file; None for that of GeoJSON, longitude and latitude of WGS84."""
    if system is None:
        return None
    properties = system.get("properties") if isinstance(system, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    if not isinstance(name, str):
        raise InputError(
            f"{_file([label])}: its crs has no name; expected {{type: name, properties: {{name: EPSG:4326}}}}"
        )
    return None if name.rsplit(":", 1)[-1] in ("CRS84", "CRS84h", "4326", "4979") else name


def _file(labels: Sequence[str]) -> str:
    return labels[0].rpartition(" feature ")[0]


def _depths(z: np.ndarray, remarks: list[str]) -> np.ndarray:
    """Depths [m], positive down, of what a file has (n, 4): metres or kilometres, depths or heights."""
    if z.max() <= 0 and z.min() < 0:
        remarks.append("its corners have heights below zero, which are taken for depths")
        z = -z
    if z.max() <= DEEPEST_KM:
        remarks.append(f"depths, at most {z.max():g}, are taken for kilometres")
        z = 1e3 * z
    return _thickened(z, remarks)


def _thickened(z: np.ndarray, remarks: list[str]) -> np.ndarray:
    """Depths [m] (n, 4) where those of top and bottom differ by what is written in km, as in USGS files of 2018.

    There, rows of subfaults lie a thousand times farther apart than each is thick.
    """
    thickness, middle = np.ptp(z, axis=1), z.mean(axis=1)
    apart = np.diff(middle)
    rows = (apart > THIN * thickness[:-1]) & (thickness[:-1] > 0)
    if not rows.any() or not 0.5 < np.median(apart[rows] / thickness[:-1][rows]) / 1e3 < 2.0:
        return z
    remarks.append(
        f"top and bottom of its subfaults differ by {np.median(thickness):.3g} m, and their rows by "
        f"{np.median(apart[rows]):.4g} m: the former are taken for kilometres"
    )
    return middle[:, None] + 1e3 * (z - middle[:, None])
