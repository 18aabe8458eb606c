"""Which earthquake? Magnitude, place and mechanism, as typed, or from a file of seismology or of the USGS."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite, log10
from pathlib import Path
from typing import Any

from esim.config.yaml.suggest import listed, nearest, several
from esim.errors import InputError
from esim.sources.formats import events
from esim.sources.nodal_planes import NodalPlane, both_planes, planes_of, scalar_moment, tensor

SMALLEST, LARGEST = (
    3.0,
    9.7,
)  # magnitudes: below, a point source says more than a rupture; above, none is known
DEEPEST = 700e3  # m
BOUNDS = {
    "magnitude": (SMALLEST, LARGEST, ""),
    "lon": (-360.0, 360.0, " degrees"),
    "lat": (-89.0, 89.0, " degrees"),
    "depth": (0.0, DEEPEST / 1e3, " km"),
    "strike": (-360.0, 360.0, " degrees"),
    "dip": (0.1, 90.0, " degrees"),
    "rake": (-360.0, 360.0, " degrees"),
}
PLANES = "nodal-plane-{}-{}"  # how the USGS calls the angles of a plane
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Earthquake:
    """An earthquake as a point: its moment magnitude, its centroid or hypocentre, and the plane on which it slipped.

    lon, lat and the angles of the plane in degrees, depth in m. half_duration [s] is None where it is not known.
    remarks say where the values are from, why_plane how the plane was chosen, a sentence each.
    """

    magnitude: float
    lon: float
    lat: float
    depth: float
    plane: NodalPlane
    title: str
    origin: datetime | None = None
    half_duration: float | None = None
    remarks: tuple[str, ...] = ()
    why_plane: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a file says of an earthquake; the values are None where it is silent. depth in km, as it is typed."""

    values: Mapping[str, float | None]
    planes: tuple[NodalPlane, NodalPlane] | None = None
    title: str = ""
    origin: datetime | None = None
    half_duration: float | None = None
    remarks: tuple[str, ...] = ()


def earthquake(given: Mapping[str, float | None], found: Found | None, plane: int | None) -> Earthquake:
    """The earthquake of typed values, by name and depth in km, which come before those of a file.

    plane is the nodal plane that is wanted, 1 the one that dips less; None chooses. Raises InputError for what is
    missing or impossible.
    """
    found = found or Found({})
    typed = {name: value for name, value in given.items() if value is not None}
    angles = [name for name in ("strike", "dip", "rake") if name in typed]
    if angles and len(angles) < 3:
        raise InputError(f"--{angles[0]} is given; expected --strike, --dip and --rake together")
    values = {name: value for name, value in found.values.items() if value is not None} | typed
    replaced = [name for name in typed if found.values.get(name) is not None]
    chosen, why_plane = _plane(typed, found, plane)
    _require({name: values.get(name) for name in ("magnitude", "lon", "lat", "depth")})
    _require(dict(chosen._asdict()))
    title = found.title or f"Mw {values['magnitude']:.4g} at lon {values['lon']:.6g}, lat {values['lat']:.6g}"
    return Earthquake(
        values["magnitude"],
        values["lon"],
        values["lat"],
        1e3 * values["depth"],
        chosen,
        title,
        found.origin,
        found.half_duration,
        (*found.remarks, *([f"as typed, not as in the file: {', '.join(replaced)}"] if replaced else [])),
        why_plane,
    )


def _require(values: Mapping[str, float | None]) -> None:
    for name, value in values.items():
        low, high, unit = BOUNDS[name]
        if value is None:
            raise InputError(f"--{name} is missing; expected {low:g} to {high:g}{unit}")
        if not (isfinite(value) and low <= value <= high):
            raise InputError(f"--{name} is {value:g}{unit}; expected {low:g} to {high:g}{unit}")


def _plane(
    typed: Mapping[str, float], found: Found, wanted: int | None
) -> tuple[NodalPlane, tuple[str, ...]]:
    """The plane that slipped, and what is said of the choice."""
    if "strike" in typed:
        one = NodalPlane(typed["strike"], typed["dip"], typed["rake"])
        return (one, ()) if wanted is None else _chosen(both_planes(one), wanted)
    if found.planes is None:
        raise InputError(
            "--strike, --dip and --rake are missing; expected the plane on which the earthquake slipped"
        )
    return _chosen(found.planes, wanted)


def _chosen(planes: tuple[NodalPlane, NodalPlane], wanted: int | None) -> tuple[NodalPlane, tuple[str, ...]]:
    taken, other = planes if wanted != 2 else planes[::-1]
    number = 2 if wanted == 2 else 1
    if wanted is not None:
        why = "as asked for"
    elif 0 < taken.rake < 180:
        why = "which dips less, as that of a subduction thrust does"
    else:
        why = "which dips less; a moment tensor does not say which plane slipped"
    text = f"plane {number} is taken ({taken}), {why}; --plane {3 - number} takes the other one ({other})"
    return taken, (text,)


def read_event(path: Path, event: str | None) -> Found:
    """The earthquake of a CMTSOLUTION, QuakeML, ndk or another catalogue that ObsPy reads.

    event is the name or the number of one of several. Raises InputError where there is none that can be used.
    """
    _require_file(path)
    one = _single(path, events.read(path), event)
    if one.values["kind"] not in ("moment_tensor", "double_couple") or "lon" not in one.values:
        raise InputError(
            f"{path}: '{one.name}' is no earthquake at a longitude and latitude; expected a moment tensor with them"
        )
    planes, magnitude = _mechanism(one.values)
    values = {
        "magnitude": magnitude,
        "lon": one.values["lon"],
        "lat": one.values["lat"],
        "depth": one.values["depth"] / 1e3,
    }
    place = "centroid" if one.centroid else "hypocentre"
    remarks = (f"magnitude, {place} and planes are those of {path.name}, event {one.name}", *one.remarks)
    return Found(values, planes, one.name, one.origin, one.half_duration, remarks)


def _single(path: Path, found: list[events.SourceEvent], event: str | None) -> events.SourceEvent:
    """The only event, or the one that is asked for."""
    if len(found) == 1 and event is None:
        return found[0]
    if event in (None, "all"):
        names = several([f"'{one.name}'" for one in found])
        raise InputError(
            f"{path}: has {len(found)} events, {names}; expected --event with the name or number of one"
        )
    return events.choose(path, found, event)[0]


def _mechanism(values: Mapping[str, Any]) -> tuple[tuple[NodalPlane, NodalPlane], float]:
    """The planes, the one that dips less first, and the magnitude."""
    if values["kind"] == "moment_tensor":
        moments = tensor(values)
        return planes_of(moments), (log10(scalar_moment(moments)) - 9.1) / 1.5
    planes = both_planes(NodalPlane(values["strike"], values["dip"], values["rake"]))
    if "moment" in values:
        return planes, (log10(values["moment"]) - 9.1) / 1.5
    return planes, values["magnitude"]


def is_finite_fault(path: Path) -> bool:
    """Whether a file of the USGS is a finite fault, and not an event of its catalogue."""
    content = _geojson(path)
    return content is None or any("slip" in (one.get("properties") or {}) for one in _features(content))


def read_usgs(path: Path, event: str | None) -> Found:
    """An event of the USGS catalogue, GeoJSON: with its moment tensor or mechanism, where these products are in it.

    Raises InputError for a file of another kind, or with several events unless `event` is the id of one of them.
    """
    _require_file(path)
    content = _geojson(path)
    feature = _choose(path, _features(content) if content else [], event)
    properties, (lon, lat, depth) = feature["properties"], _point(path, feature)
    values = {"magnitude": properties.get("mag"), "lon": lon, "lat": lat, "depth": depth}
    planes, remarks = _product(properties)
    origin = None
    if isinstance(time := properties.get("time"), int | float):
        origin = EPOCH + time * MILLISECOND
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


def _choose(path: Path, features: list[dict[str, Any]], event: str | None) -> dict[str, Any]:
    found = [one for one in features if "mag" in (one.get("properties") or {})]
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


def _point(path: Path, feature: Mapping[str, Any]) -> tuple[float, float, float]:
    """Longitude, latitude [degrees] and depth [km]."""
    try:
        lon, lat, depth = (float(value) for value in feature["geometry"]["coordinates"])
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path}: its geometry is no point with longitude, latitude and depth") from None
    return lon, lat, max(0.0, depth)


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


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
