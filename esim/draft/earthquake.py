"""Which earthquake? Magnitude, place and mechanism, as typed, or from a file of seismology."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite, log10
from pathlib import Path
from typing import Any

from esim.config.yaml.suggest import several
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
    require_file(path)
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


def require_file(path: Path) -> None:
    """Raises InputError where there is no such file."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
