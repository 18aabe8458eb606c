"""Finite faults of the U.S. Geological Survey as GeoJSON, files FFM.geojson: one polygon for each subfault.

    {"type": "FeatureCollection",
     "metadata": {"eventid": "us1000abcd", "epicenter": {"date": "2010-02-27T00:00:00.000000Z", "location": "CHILE",
                  "lon": -72.7, "lat": -35.8, "depth": 35.0, "mag": 8.8, "moment": 1.8e22}},
     "features": [{
        "properties": {"slip": 1.2, "rake": 95.0, "trup": 12.0, "rise": 4.0, "sf_moment": 1.1e18,
                       "x==ew": -30.8, "y==ns": -162.8, "fill": "#FFFFFF", "stroke-width": 1.5, "fill-opacity": 1},
        "geometry": {"type": "Polygon", "coordinates": [[[143.8, 39.2, 4000.0], ...]]}}]}

Coordinates are the corners: longitude, latitude and depth [m], the upper edge along strike first, the first corner
again at the end; the segments of a fault stand one after the other. Slip in m, times in s: slip begins at trup and
lasts for rise (and t_fal, where other programs write it); sf_moment in N m; rake may be above 360. Other spellings are
in `columns`, other forms of the corners in `polygons`.
"""

from collections.abc import Mapping, Sequence
from math import log10
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.json_file import read_json
from esim.errors import InputError
from esim.sources.finite_fault import RIGIDITY, FiniteFault, lowered
from esim.sources.formats.columns import CANONICAL, ROCK, UNITS, duration
from esim.sources.formats.polygons import EXPECTED, corners_of, rectangles

NO_SUBFAULTS = ("Point", "MultiPoint", "LineString", "MultiLineString")  # an epicentre, a trace
PLAUSIBLE = (1e9, 3e11)  # Pa, the mean rigidity that moments and slips may give
UNLIKE = 1.5  # times, by which moments of all subfaults and of the whole may differ unsaid
# What slip and moments are written in, to be tried in this order: words, and factors to m and N m.
WRITTEN = (
    ("moments are taken for dyn cm", 1.0, 1e-7),
    ("slips are taken for cm", 0.01, 1.0),
    ("slips are taken for cm and moments for dyn cm", 0.01, 1e-7),
)


def read(path: Path, rigidity: float | None = None) -> FiniteFault:
    """Reads the subfaults; rigidity [Pa] replaces that which the moments of the file give.

    Raises InputError with the number of the feature that is not as it should be.
    """
    content = _content(path)
    said: list[str] = []
    features, labels = _subfaults(path, content, said)
    corners = corners_of([one.get("geometry") for one in features], labels, content.get("crs"), said)
    table = _table(features, labels)
    x, y, z = corners.mean(axis=1).T
    strike, dip, length, width = rectangles(corners)
    depth, shifted = lowered(z, width, dip, 0.5)
    slip, mu = _slip_and_rigidity(table, length * width, _moment(content), said)
    if "rupture_time" not in table:
        said.append("no rupture times: everything moves at the origin time")
    half, zeros = np.full(len(labels), 0.5), np.zeros(len(labels))
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
        rake=np.mod(table["rake"], 360.0),
        start=table.get("rupture_time", zeros)[:, None],
        rise=duration(table, len(labels), symmetric=False)[:, None],
        slip=slip[:, None],
        opening=zeros,
        rigidity=next(one for one in (rigidity, mu, RIGIDITY) if one is not None),
        labels=labels,
        rigidity_given=rigidity is not None or mu is not None,
        remarks=tuple(f"{path}: {text}" for text in (*said, shifted) if text),
    )


def has_slip(properties: Mapping[str, Any]) -> bool:
    """Whether the properties of a feature are those of a subfault."""
    return any(_spelled(str(key))[0] == "slip" for key in properties)


def title(path: Path) -> str:
    """What a file says of the earthquake: place and date; empty where it is silent."""
    place = _epicentre(_content(path))
    words = (place.get("location"), str(place.get("date") or "")[:10])
    return ", ".join(" ".join(str(word).split()) for word in words if word)


def _content(path: Path) -> dict[str, Any]:
    try:
        content = read_json(path)
    except ValueError as error:  # no JSON, or no text
        raise InputError(f"{path}: not GeoJSON ({error})") from None
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not features:
        raise InputError(f"{path}: has no features; expected {EXPECTED}")
    return dict(content)


def _epicentre(content: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = content.get("metadata")
    found = metadata.get("epicenter") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}


def _moment(content: Mapping[str, Any]) -> float:
    """The moment of the whole fault [N m] that a file has in its metadata, 0 where it has none."""
    moment = _epicentre(content).get("moment")
    return float(moment) if isinstance(moment, int | float) and moment > 0 else 0.0


def _subfaults(
    path: Path, content: Mapping[str, Any], said: list[str]
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """The features that are not points or lines, with their names for messages."""
    kept: list[tuple[dict[str, Any], str]] = []
    others = 0
    for n, feature in enumerate(content["features"], start=1):
        label = f"{path} feature {n}"
        if not isinstance(feature, dict):
            raise InputError(f"{label}: is not {EXPECTED}")
        geometry = feature.get("geometry")
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if kind in NO_SUBFAULTS:
            others += 1
        else:
            kept.append((feature, label))
    if not kept:
        raise InputError(f"{path}: has only points and lines; expected {EXPECTED}")
    if others:
        said.append(f"{others} of its features are points or lines, and not used")
    return [feature for feature, _ in kept], tuple(label for _, label in kept)


def _spelled(key: str) -> tuple[str, str]:
    """The name of a property as `columns` has it, and the unit that stands in brackets behind it."""
    name, _, unit = key.lower().rstrip(")").partition("(")
    return CANONICAL.get(name.strip(), name.strip()), unit.strip()


def _table(features: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> dict[str, np.ndarray]:
    """The properties that have a use, in SI units and degrees, (n,) each, by their names in `columns`.

    Raises InputError for one that is missing, in some of the features or at all where it must be there, or no number.
    """
    rows = [_row(*one) for one in zip(features, labels, strict=True)]
    names = dict.fromkeys(("slip", "rake", *(name for row in rows for name in row)))
    for name in names:
        for row, label in zip(rows, labels, strict=True):
            if name not in row:
                raise InputError(f"{label}: '{name}' is missing; expected {EXPECTED}")
    return {name: np.array([row[name] for row in rows]) for name in names}


def _row(feature: Mapping[str, Any], label: str) -> dict[str, float]:
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise InputError(f"{label}: has no properties; expected {EXPECTED}")
    row = {}
    for key, value in properties.items():
        name, unit = _spelled(str(key))
        if name not in UNITS or value is None or name in ("lon", "lat", "depth", "strike", "dip"):
            continue  # where it lies, the corners say
        if unit and unit not in UNITS[name]:
            raise InputError(f"{label}: {name} is in '{unit}', expected {' or '.join(UNITS[name])}")
        try:
            row[name] = float(value) * (UNITS[name][unit] if unit else 1.0)
        except (TypeError, ValueError):
            raise InputError(f"{label}: {name} is '{value}', no number") from None
    return row


def _slip_and_rigidity(
    table: Mapping[str, np.ndarray], area: np.ndarray, whole: float, said: list[str]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Slip [m] and rigidity [Pa], (n,); the latter None where the file does not give it.

    The moments of subfaults, or that of the whole fault, over slip times area must be the rigidity of rock: by this,
    units are known.
    """
    slip, moment = table["slip"], table.get("moment", np.zeros_like(area))
    potency = float(np.sum(slip * area))
    total = float(moment.sum()) or whole
    mean = total / potency if potency > 0 else 0.0
    if mean <= 0:
        return slip, None
    if not PLAUSIBLE[0] <= mean <= PLAUSIBLE[1]:
        fits = [one for one in WRITTEN if ROCK[0] <= mean * one[2] / one[1] <= ROCK[1]]
        doubt = f"its moments and slips would make a rigidity of {mean:.2g} Pa, which no rock has"
        if not fits:
            said.append(f"{doubt}; {RIGIDITY:.2g} Pa is taken")
            return slip, None
        words, of_slip, of_moment = fits[0]
        said.append(f"{doubt}; {words}")
        slip, moment, mean = of_slip * slip, of_moment * moment, mean * of_moment / of_slip
    if whole and not 1 / UNLIKE < mean * float(np.sum(slip * area)) / whole < UNLIKE:
        made, meant = ((log10(moment) - 9.1) / 1.5 for moment in (mean * float(np.sum(slip * area)), whole))
        said.append(
            f"its subfaults have Mw {made:.2f} together, and its metadata Mw {meant:.2f}; the former holds"
        )
    mu = np.full_like(area, mean)
    known = (moment > 0) & (slip > 0)
    mu[known] = moment[known] / (slip * area)[known]
    return slip, mu
