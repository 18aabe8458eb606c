"""How is a triangle of a finite fault written down, and what plane does it lie in?

By its corners, in any order: lon1, lat1, depth1 to lon3, lat3, depth3 (or x1, y1; depth1_km), with slip and rake.
Strike and dip follow from them: the hanging wall is above the triangle. A level triangle has strike 0, and one that
stands upright dips to the side from which its corners run counterclockwise.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.sources import geodesy

CORNERS = tuple(f"{name}{n}" for n in (1, 2, 3) for name in ("lon", "lat", "x", "y", "depth"))
EXPECTED = "lon1, lat1, depth1 to lon3, lat3, depth3 (or x1, y1, ...)"
UNUSED = ("lon", "lat", "x", "y", "depth", "length", "width", "strike", "dip", "reference")
FLAT = 1e-6  # height over length of a triangle, below which its corners lie on a line


def are_given(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a subfault is a triangle: then all have to be."""
    return any(name in row for row in rows for name in CORNERS)


def geometry(
    rows: Sequence[Mapping[str, Any]], labels: Sequence[str]
) -> tuple[bool, np.ndarray, dict[str, np.ndarray]]:
    """Whether corners are in lon and lat, the corners (n, 3, 3) as x, y, depth, and the rectangles that stand for them.

    These have the centre, the area, the strike and the dip of the triangles; arrays (n,) by the names of FiniteFault.
    Raises InputError for a corner that is missing, for corners on a line, and for names that triangles have no use for.
    """
    lonlat = "lon1" in rows[0]
    names = ("lon", "lat", "depth") if lonlat else ("x", "y", "depth")
    wanted = [f"{name}{n}" for n in (1, 2, 3) for name in names]
    for row, label in zip(rows, labels, strict=True):
        if missing := [name for name in wanted if name not in row]:
            raise InputError(
                f"{label}: '{missing[0]}' is missing; expected {EXPECTED}, the same for all subfaults"
            )
        if unused := [name for name in (*UNUSED, *CORNERS) if name in row and name not in wanted]:
            raise InputError(
                f"{label}: '{unused[0]}' has no use beside the corners of a triangle, {EXPECTED}"
            )
    corners = np.array([[row[name] for name in wanted] for row in rows], dtype=np.float64).reshape(-1, 3, 3)
    if lonlat:  # all on the same turn of the globe
        corners[:, :, 0] -= 360.0 * np.round((corners[:, :, 0] - corners[:, :1, 0]) / 360.0)
    corners, normal = _seen_from_above(corners, lonlat)
    size = np.linalg.norm(normal, axis=1)
    edge = np.ptp(np.stack([local(c, lonlat) for c in corners]), axis=1).max(axis=1)
    if (flat := np.flatnonzero(size <= FLAT * edge**2)).size:
        raise InputError(f"{labels[flat[0]]}: its corners lie on a line, expected a triangle")
    middle, half = corners.mean(axis=1), np.full(len(corners), 0.5)
    side = np.sqrt(0.5 * size)
    return (
        lonlat,
        corners,
        {
            "x": middle[:, 0],
            "y": middle[:, 1],
            "depth": middle[:, 2],
            "along": half,
            "down": half,
            "length": side,
            "width": side,
            "strike": np.mod(np.rad2deg(np.arctan2(-normal[:, 1], normal[:, 0])), 360.0),
            "dip": np.rad2deg(np.arctan2(np.hypot(normal[:, 0], normal[:, 1]), normal[:, 2])),
        },
    )


def local(corners: np.ndarray, lonlat: bool) -> np.ndarray:
    """East, north and up [m] of the corners (3, 3) of a triangle seen from the ground above its middle."""
    x0, y0 = float(corners[:, 0].mean()), float(corners[:, 1].mean())
    there = [geodesy.local(c[:1], c[1:2], x0, y0, lonlat) for c in corners]
    return np.array(
        [[east[0, 0], north[0, 0], -c[2]] for (east, north), c in zip(there, corners, strict=True)]
    )


def _seen_from_above(corners: np.ndarray, lonlat: bool) -> tuple[np.ndarray, np.ndarray]:
    """Corners in the order in which they run counterclockwise from above, and their normals, twice the area long."""
    here = np.stack([local(c, lonlat) for c in corners])
    normal = np.cross(here[:, 1] - here[:, 0], here[:, 2] - here[:, 0])
    below = normal[:, 2] < 0
    return np.where(below[:, None, None], corners[:, ::-1], corners), np.where(
        below[:, None], -normal, normal
    )
