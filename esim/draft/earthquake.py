"""Which earthquake? Magnitude, place and mechanism, as typed, or from a file of seismology."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite, log10
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.yaml.suggest import several
from esim.errors import InputError
from esim.sources.formats import events
from esim.sources.nodal_planes import (
    NodalPlane,
    both_planes,
    double_couple_share,
    planes_of,
    scalar_moment,
    tensor,
)

SMALLEST, LARGEST = (
    3.0,
    9.7,
)  # magnitudes: below, a point source says more than a rupture; above, none is known
DEEPEST = 700e3  # m
WORTH = 0.5  # of a moment tensor that is a double couple, below which that is said
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
    """What a file says of an earthquake; the values are None where it is silent. depth in km, as it is typed.

    share is that of the double couple in its moment tensor; elsewhere says where the planes are that the file does
    not have, as the end of a sentence.
    """

    values: Mapping[str, float | None]
    planes: tuple[NodalPlane, NodalPlane] | None = None
    title: str = ""
    origin: datetime | None = None
    half_duration: float | None = None
    remarks: tuple[str, ...] = ()
    share: float = 1.0
    elsewhere: str = ""


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
            f"{found.elsewhere}"
        )
    taken, why = _chosen(found.planes, wanted)
    if found.share < WORTH:
        why = (
            *why,
            f"only {100 * found.share:.0f} % of the moment tensor is slip on a plane, a double couple",
        )
    return taken, why


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

    event is the name or the number of one of several, or "all" for point sources of one earthquake, which are then
    taken together. Raises InputError where there is none that can be used.
    """
    require_file(path)
    one = _single(path, events.read(path), event)
    if one.values["kind"] not in ("moment_tensor", "double_couple") or "lon" not in one.values:
        raise InputError(
            f"{path}: '{one.name}' is no earthquake at a longitude and latitude; expected a moment tensor with them"
        )
    planes, magnitude, share = _mechanism(one.values)
    values = {
        "magnitude": magnitude,
        "lon": one.values["lon"],
        "lat": one.values["lat"],
        "depth": one.values["depth"] / 1e3,
    }
    place = "centroid" if one.centroid else "hypocentre"
    remarks = (f"magnitude, {place} and planes are those of {path.name}, event {one.name}", *one.remarks)
    title = f"{one.region}, Mw {magnitude:.3g} ({one.name})" if one.region else one.name
    return Found(values, planes, title, one.origin, one.half_duration, remarks, share)


def _single(path: Path, found: list[events.SourceEvent], event: str | None) -> events.SourceEvent:
    """The only event, the one that is asked for, or all as one."""
    if len(found) == 1 and event in (None, "all"):
        return found[0]
    if event == "all":
        return _together(path, found)
    if event is None:
        names = several([f"'{one.name}'" for one in found])
        whole = ", or all of this one earthquake with --event all" if _are_one(found) else ""
        raise InputError(
            f"{path}: has {len(found)} events, {names}; expected --event with the name or number of one{whole}"
        )
    return events.choose(path, found, event)[0]


def _are_one(found: Sequence[events.SourceEvent]) -> bool:
    """Whether these are moment tensors with one origin time: point sources of a rupture, as in files of the USGS."""
    return len({one.origin for one in found}) == 1 and all(
        one.values["kind"] == "moment_tensor" and "lon" in one.values for one in found
    )


def _together(path: Path, found: Sequence[events.SourceEvent]) -> events.SourceEvent:
    """The sum of the point sources of one earthquake, at the mean of their places, weighted by their moments."""
    if not _are_one(found):
        raise InputError(
            f"{path}: --event all: its {len(found)} events are not moment tensors of one origin time; expected the "
            "name or number of one"
        )
    moments = np.array([[one.values[name] for name in events.TENSOR] for one in found])
    weights = np.array([scalar_moment(tensor(one.values)) for one in found])
    lon0 = found[0].values["lon"]
    places = np.array([[one.values[name] for name in ("lon", "lat", "depth")] for one in found])
    places[:, 0] -= 360.0 * np.round((places[:, 0] - lon0) / 360.0)
    lon, lat, depth = (float(value) for value in weights @ places / weights.sum())
    begins = min(one.shift - (one.half_duration or 0.0) for one in found)
    ends = max(one.shift + (one.half_duration or 0.0) for one in found)
    values = dict(zip(events.TENSOR, map(float, moments.sum(axis=0)), strict=True))
    return events.SourceEvent(
        path.stem,
        {"kind": "moment_tensor", "lon": lon, "lat": lat, "depth": depth} | values,
        found[0].origin,
        0.5 * (begins + ends),
        half_duration=0.5 * (ends - begins) or None,
        remarks=(f"it is the sum of {len(found)} point sources",),
        region=found[0].region,
    )


def _mechanism(values: Mapping[str, Any]) -> tuple[tuple[NodalPlane, NodalPlane], float, float]:
    """The planes, the one that dips less first, the magnitude, and how much is a double couple."""
    if values["kind"] == "moment_tensor":
        moments = tensor(values)
        magnitude = (log10(scalar_moment(moments)) - 9.1) / 1.5
        return planes_of(moments), magnitude, double_couple_share(moments)
    planes = both_planes(NodalPlane(values["strike"], values["dip"], values["rake"]))
    if "moment" in values:
        return planes, (log10(values["moment"]) - 9.1) / 1.5, 1.0
    return planes, values["magnitude"], 1.0


def require_file(path: Path) -> None:
    """Raises InputError where there is no such file."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
