"""What does a file of the U.S. Geological Survey say of an earthquake? GeoJSON of its catalogue.

    {"type": "Feature", "id": "us1000abcd", "geometry": {"type": "Point", "coordinates": [lon, lat, depth in km]},
     "properties": {"mag": 8.8, "title": "M 8.8 - ...", "time": ms since 1970, "detail": "https://...",
        "types": ",finite-fault,moment-tensor,origin,", "products": {
        "moment-tensor": [{"status": "UPDATE", "preferredWeight": 207, "properties": {
            "derived-magnitude": "8.8", "derived-longitude": "-73.15", "derived-latitude": "-35.98",
            "derived-depth": "35.5", "nodal-plane-1-strike": "178", "nodal-plane-1-dip": "77",
            "nodal-plane-1-rake": "86"}}],
        "finite-fault": [{"contents": {"FFM.geojson": {"url": "https://..."}}}]}}}

or a FeatureCollection of such. Products, whose values are texts, are in the file of a single event only, which detail
names; of several of a kind the USGS prefers the one of the greatest weight.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from esim.config.yaml.suggest import nearest
from esim.draft.earthquake import Found, require_file
from esim.errors import InputError
from esim.sources.formats import geojson
from esim.sources.nodal_planes import NodalPlane, both_planes

PLANE, OTHER = (tuple(f"nodal-plane-{n}-{name}" for name in ("strike", "dip", "rake")) for n in (1, 2))
CENTROID = {
    "magnitude": "derived-magnitude",
    "lon": "derived-longitude",
    "lat": "derived-latitude",
    "depth": "derived-depth",
}
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_finite_fault(path: Path) -> bool:
    """Whether a file of the USGS is a finite fault, and not an event of its catalogue."""
    content = _geojson(path)
    return content is None or any(geojson.has_slip(_properties(one)) for one in _features(content))


def read_usgs(path: Path, event: str | None) -> Found:
    """An event of the USGS catalogue, GeoJSON: with its moment tensor or mechanism, where these products are in it.

    Raises InputError for a file of another kind, or with several events unless `event` is the id or the number of one
    of them.
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
    lon, lat, depth = (_number(value) for value in (*feature["geometry"]["coordinates"], None)[:3])
    hypocentre = {"magnitude": _number(properties["mag"]), "lon": lon, "lat": lat, "depth": depth}
    said = f"magnitude and hypocentre are those of {path.name}"
    products = properties.get("products") or {}
    kind, values = _mechanism(products)
    centroid = {name: _number(values.get(key)) for name, key in CENTROID.items()}
    if None not in centroid.values():
        hypocentre = centroid
        said = f"magnitude, centroid and planes are those of the {kind} in {path.name}"
    elif values:
        said += f"; planes are those of its {kind}"
    if hypocentre["depth"] is not None:
        hypocentre["depth"] = max(0.0, hypocentre["depth"])
    time = properties.get("time")
    title = str(properties.get("title") or properties.get("place") or feature.get("id") or "")
    return Found(
        hypocentre,
        _planes(values) if values else None,
        title,
        None if time is None else EPOCH + time * MILLISECOND,
        remarks=(said, *_finite_fault(properties, products)),
        elsewhere=_elsewhere(properties),
    )


def _number(value: Any) -> float | None:
    """A number or its text; None for what says that there is none."""
    return None if value is None or str(value).strip().lower() in ("", "null", "none") else float(value)


def _mechanism(products: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The moment tensor or focal mechanism that the USGS prefers, in words, and its properties; empty for none."""
    for kind in ("moment-tensor", "focal-mechanism"):
        kept = [one for one in products.get(kind) or () if one.get("status") != "DELETE"]
        for product in sorted(kept, key=lambda one: -float(one.get("preferredWeight") or 0)):
            values = product.get("properties") or {}
            if all(_number(values.get(name)) is not None for name in PLANE):
                return kind.replace("-", " "), values
    return "", {}


def _planes(values: Mapping[str, Any]) -> tuple[NodalPlane, NodalPlane]:
    """Both nodal planes of a product, the one that dips less first; the second is computed where it is missing."""
    one = NodalPlane(*(float(values[name]) for name in PLANE))
    if any(_number(values.get(name)) is None for name in OTHER):
        return both_planes(one)
    other = NodalPlane(*(float(values[name]) for name in OTHER))
    return (one, other) if one.dip <= other.dip else (other, one)


def _finite_fault(properties: Mapping[str, Any], products: Mapping[str, Any]) -> Iterator[str]:
    """Where the finite fault of an event is, if the USGS has one."""
    for product in products.get("finite-fault") or ():
        for name, one in (product.get("contents") or {}).items():
            if name.lower().endswith("ffm.geojson") and one.get("url"):
                yield f"the USGS has a finite fault of it: download {one['url']} and give it to --usgs"
                return
    if "finite-fault" in str(properties.get("types")).split(","):
        where = properties.get("detail") or properties.get("url") or "its page"
        yield f"the USGS has a finite fault of it, FFM.geojson, see {where}: give that to --usgs"


def _elsewhere(properties: Mapping[str, Any]) -> str:
    """Where the mechanism is that a file of a list of events does not have; empty where nothing is known of it."""
    kinds = {"moment-tensor", "focal-mechanism"} & set(str(properties.get("types")).split(","))
    detail = properties.get("detail")
    return f"; its {min(kinds, key=len)} is in {detail}: give that file to --usgs" if kinds and detail else ""


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
    if not found:
        raise InputError(
            f"{path}: neither a finite fault (.param, .fsp, GeoJSON with slip) nor GeoJSON of an event with 'mag'"
        )
    if event is not None and event in names:
        return found[names.index(event)]
    if event is not None and event.isdigit() and 1 <= int(event) <= len(found):
        return found[int(event) - 1]
    if event is None and len(found) == 1:
        return found[0]
    near = nearest(event, names) if event else None
    raise InputError(
        f"{path}: has {len(found)} events{f', but no {event!r}' if event else ''}; "
        + (
            f"did you mean --event {near}?"
            if near
            else f"expected --event with an id, {_largest(found, names)}"
        )
    )


def _largest(found: list[dict[str, Any]], names: list[str]) -> str:
    """The ids of the largest events, and what they are."""
    sizes = [_properties(one)["mag"] for one in found]
    order = sorted(range(len(found)), key=lambda n: -(sizes[n] if isinstance(sizes[n], int | float) else -9))
    texts = [f"{names[n]} ({_properties(found[n]).get('title') or f'M {sizes[n]}'})" for n in order[:3]]
    return f"{', '.join(texts)}{' ...' if len(found) > 3 else ''}"
