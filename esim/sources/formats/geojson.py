"""Finite faults of the U.S. Geological Survey as GeoJSON, files FFM.geojson: one polygon for each subfault.

    {"type": "FeatureCollection", "features": [{
        "properties": {"slip": 1.2, "rake": 95.0, "trup": 12.0, "rise": 4.0, "t_fal": 5.0, "sf_moment": 1.1e18},
        "geometry": {"type": "Polygon", "coordinates": [[[143.8, 39.2, 4000.0], ...]]}}]}

Coordinates are the corners: longitude, latitude and depth, the first one again at the end. Slip in m, times in s: slip
begins at trup and lasts for rise and, where it is there, t_fal; sf_moment in N m. Depths are in m; in km, if none of
all is more than 1000.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.json_file import read_json
from esim.errors import InputError
from esim.sources.finite_fault import RIGIDITY, FiniteFault, lowered
from esim.sources.formats.triangles import local

DEEPEST_KM = 1000.0  # no fault is as deep, and none is so shallow in metres
EXPECTED = "a USGS finite fault: polygons of four corners lon, lat, depth, with slip and rake"
TIMES = {"trup": ("trup", "t_rup", "rupture_time"), "rise": ("rise", "trise", "t_ris", "rise_time")}


def read(path: Path, rigidity: float | None = None) -> FiniteFault:
    """Reads the subfaults; rigidity [Pa] replaces that which the moments of the file give.

    Raises InputError with the number of the feature that is not as it should be.
    """
    features = _features(path)
    labels = tuple(f"{path} feature {n}" for n in range(1, len(features) + 1))
    corners = np.array([_corners(*one) for one in zip(features, labels, strict=True)])
    corners[:, :, 2] *= 1e3 if corners[:, :, 2].max() <= DEEPEST_KM else 1.0
    corners[:, :, 0] -= 360.0 * np.round((corners[:, :, 0] - corners[:, :1, 0]) / 360.0)
    x, y, z = corners.mean(axis=1).T
    strike, dip, length, width = _rectangles(corners)
    values = [_Values(one["properties"], label) for one, label in zip(features, labels, strict=True)]
    slip = np.array([one.required("slip") for one in values])
    depth, said = lowered(z, width, dip, 0.5)
    mu = _rigidity(values, slip * length * width)
    half = np.full(len(values), 0.5)
    return FiniteFault(
        lonlat=True,
        x=x,
        y=y,
        along=half,
        down=half,
        depth=depth,
        length=length,
        width=width,
        strike=strike,
        dip=dip,
        rake=np.array([one.required("rake") for one in values]),
        start=np.array([[one.first(TIMES["trup"])] for one in values]),
        rise=np.array([[one.first(TIMES["rise"]) + one.first(("t_fal",))] for one in values]),
        slip=slip[:, None],
        opening=np.zeros(len(values)),
        rigidity=rigidity or mu or RIGIDITY,
        labels=labels,
        rigidity_given=bool(rigidity or mu),
        remarks=(f"{path}: {said}",) if said else (),
    )


class _Values:
    """The properties of a feature, as numbers."""

    def __init__(self, properties: Mapping[str, Any], label: str) -> None:
        self._properties, self._label = properties, label

    def required(self, name: str) -> float:
        """A number that must be there."""
        if self._properties.get(name) is None:
            raise InputError(f"{self._label}: '{name}' is missing; expected {EXPECTED}")
        return self._number(name)

    def first(self, names: Sequence[str]) -> float:
        """The first of several names that is there, 0 where none is."""
        found = (name for name in names if self._properties.get(name) is not None)
        return next((self._number(name) for name in found), 0.0)

    def _number(self, name: str) -> float:
        try:
            return float(self._properties[name])
        except (TypeError, ValueError):
            raise InputError(f"{self._label}: {name} is '{self._properties[name]}', no number") from None


def _features(path: Path) -> list[dict[str, Any]]:
    try:
        content = read_json(path)
    except ValueError as error:  # no JSON, or no text
        raise InputError(f"{path}: not GeoJSON ({error})") from None
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not features:
        raise InputError(f"{path}: has no features; expected {EXPECTED}")
    return features


def _corners(feature: Any, label: str) -> list[list[float]]:
    """The four corners of a feature: lon, lat, depth."""
    try:
        properties, geometry = feature["properties"], feature["geometry"]
        ring = [[float(value) for value in point] for point in geometry["coordinates"][0]]
    except (KeyError, IndexError, TypeError, ValueError):
        properties, geometry, ring = None, {}, []
    ring = ring[:-1] if ring and ring[0] == ring[-1] else ring
    if geometry.get("type") != "Polygon" or len(ring) != 4 or any(len(point) != 3 for point in ring):
        raise InputError(f"{label}: is not {EXPECTED}")
    if not isinstance(properties, dict):
        raise InputError(f"{label}: has no properties; expected {EXPECTED}")
    return ring


def _rectangles(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Strike, dip [degrees], length, width [m], (n,), of rectangles with the corners (n, 4, 3) in order around them."""
    flat = np.stack([local(one, True) for one in corners]) * (1.0, 1.0, -1.0)  # east, north, depth [m]
    depth = flat[:, :, 2]
    highest = np.argmin(
        depth + np.roll(depth, -1, axis=1), axis=1
    )  # the edge from this corner to the next is on top
    a, b, c, d = (flat[np.arange(len(flat)), (highest + n) % 4] for n in range(4))
    along, down = 0.5 * (b - a + c - d), 0.5 * (d - a + c - b)
    right = along[:, 1] * down[:, 0] - along[:, 0] * down[:, 1]  # whether it dips to the right of the edge
    along = np.where(right[:, None] < 0, -along, along)
    strike = np.rad2deg(np.arctan2(along[:, 0], along[:, 1])) % 360.0
    across = np.abs(right) / np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    dip = np.rad2deg(np.arctan2(np.maximum(down[:, 2], 0.0), across))
    return strike, dip, np.linalg.norm(along, axis=1), np.hypot(across, down[:, 2])


def _rigidity(values: Sequence[_Values], potency: np.ndarray) -> float | None:
    """The mean rigidity [Pa] that the moments of the file have, over slip times area; None where it has none."""
    moment = sum(one.first(("sf_moment", "moment")) for one in values)
    return float(moment / potency.sum()) if moment > 0 and potency.sum() > 0 else None
