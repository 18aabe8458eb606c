"""What does a file of the U.S. Geological Survey say of an earthquake? GeoJSON of its catalogue.

    {"type": "Feature", "id": "us1000abcd", "geometry": {"type": "Point", "coordinates": [lon, lat, depth in km]},
     "properties": {"mag": 8.8, "title": "M 8.8 - ...", "time": ms since 1970, "products": {"moment-tensor": [
        {"properties": {"nodal-plane-1-strike": "178", "nodal-plane-1-dip": "77", "nodal-plane-1-rake": "86"}}]}}}

or a FeatureCollection of such; products are in the file of a single event only.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from esim.config.yaml.suggest import listed, nearest
from esim.draft.earthquake import Found, require_file
from esim.errors import InputError
from esim.sources.nodal_planes import NodalPlane, both_planes

PLANES = "nodal-plane-{}-{}"  # what the angles of a plane are called
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_finite_fault(path: Path) -> bool:
    """Whether a file of the USGS is a finite fault, and not an event of its catalogue."""
    content = _geojson(path)
    return content is None or any("slip" in _properties(one) for one in _features(content))


def read_usgs(path: Path, event: str | None) -> Found:
    """An event of the USGS catalogue, GeoJSON: with its moment tensor or mechanism, where these products are in it.

    Raises InputError for a file of another kind, or with several events unless `event` is the id of one of them.
    """
    require_file(path)
    content = _geojson(path)
    feature = _choose(path, _features(content) if content else [], event)
    try:
        return _found(path, feature, _properties(feature))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise InputError(f"{path}: not as the USGS writes its events ({error})") from None


def _found(path: Path, feature: Mapping[str, Any], properties: Mapping[str, Any]) -> Found:
    """What a feature says; any error where it is not as it should be."""
    lon, lat, depth = (float(value) for value in feature["geometry"]["coordinates"])
    size, time = properties["mag"], properties.get("time")
    values = {
        "magnitude": None if size is None else float(size),
        "lon": lon,
        "lat": lat,
        "depth": max(0.0, depth),
    }
    planes, remarks = _product(properties)
    origin = None if time is None else EPOCH + time * MILLISECOND
    title = str(properties.get("title") or properties.get("place") or feature.get("id") or "")
    said = f"magnitude and hypocentre are those of {path.name}"
    return Found(values, planes, title, origin, None, (said, *remarks))


def _geojson(path: Path) -> dict[str, Any] | None:
    """The content of a GeoJSON file; None for another file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:
        return None
    return content if isinstance(content, dict) and "type" in content else None


def _features(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    features = content.get("features") if content["type"] == "FeatureCollection" else [content]
    return [one for one in features or [] if isinstance(one, dict)]


def _properties(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    found = feature.get("properties")
    return found if isinstance(found, dict) else {}


def _choose(path: Path, features: list[dict[str, Any]], event: str | None) -> dict[str, Any]:
    found = [one for one in features if "mag" in _properties(one)]
    names = [str(one.get("id", n)) for n, one in enumerate(found, 1)]
    if event is not None and event in names:
        return found[names.index(event)]
    if not found:
        raise InputError(
            f"{path}: neither a finite fault (.param, .fsp, GeoJSON with slip) nor GeoJSON of an event with 'mag'"
        )
    if event is None and len(found) == 1:
        return found[0]
    near = nearest(event, names) if event else None
    hint = f"did you mean --event {near}?" if near else f"expected --event with one of {listed(names[:5])}"
    raise InputError(f"{path}: has {len(found)} events; {hint}")


def _product(properties: Mapping[str, Any]) -> tuple[tuple[NodalPlane, NodalPlane] | None, tuple[str, ...]]:
    """The planes of the first moment tensor or mechanism among the products of an event, and where they are from."""
    products = properties.get("products") or {}
    for kind in ("moment-tensor", "focal-mechanism"):
        for product in products.get(kind) or ():
            values = product.get("properties") or {}
            angles = [values.get(PLANES.format(1, name)) for name in ("strike", "dip", "rake")]
            if all(angle is not None for angle in angles):
                strike, dip, rake = (float(str(angle)) for angle in angles)
                return both_planes(NodalPlane(strike, dip, rake)), (f"planes are those of its {kind}",)
    return None, ()
