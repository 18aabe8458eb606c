"""Which point sources does a file describe? Moment tensors, double couples and forces, with their times."""

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from esim.config.yaml.suggest import nearest, several
from esim.distribution import install
from esim.errors import InputError
from esim.sources.formats import specfem

LOST = re.compile(r"will be (skipped|ignored)", re.IGNORECASE)  # in what ObsPy says of an entry
TENSOR = ("mrr", "mtt", "mpp", "mrt", "mrp", "mtp")


@dataclass(frozen=True)
class SourceEvent:
    """A point source as a file has it.

    values are keys of a source of the configuration: kind, place, and what acts; time_function, too, where the file has
    one. origin is the origin time (UTC), None where the file has none; shift [s] is the centroid time after it, or,
    unless centroid, the onset. half_duration [s] is None where the file has none; region is empty where it names none.
    """

    name: str
    values: Mapping[str, Any]
    origin: datetime | None
    shift: float
    centroid: bool = True
    half_duration: float | None = None
    region: str = ""
    remarks: tuple[str, ...] = ()


def read(path: Path) -> list[SourceEvent]:
    """The events of a CMTSOLUTION or FORCESOLUTION, or of QuakeML, ndk and what else ObsPy reads with moment tensors.

    Raises InputError where there are none.
    """
    text = specfem.text_of(path)
    if text is not None and specfem.is_force(text):
        return [SourceEvent(*force) for force in specfem.forces(path, text)]
    if text is not None and specfem.is_tensor(text):
        return [SourceEvent(*tensor) for tensor in specfem.tensors(path, text)]
    return _read_catalogue(path)


def choose(path: Path, events: Sequence[SourceEvent], wanted: str | None) -> list[SourceEvent]:
    """The event that is wanted by its name or number (from 1), all of them for 'all', and for None the only one."""
    if wanted == "all" or (wanted is None and len(events) == 1):
        return list(events)
    names = several([f"'{event.name}'" for event in events])
    if wanted is None:
        raise InputError(
            f"{path}: has {len(events)} events, {names}; expected the key event with the name or number of one of "
            "them, or 'all'"
        )
    found = [event for event in events if wanted.lower() in event.name.lower().split()]
    found = found or [event for event in events if event.name.lower() == wanted.lower()]
    if len(found) != 1 and wanted.isdigit() and 1 <= int(wanted) <= len(events):
        found = [events[int(wanted) - 1]]
    if len(found) != 1:
        near = nearest(wanted, [event.name for event in events])
        hint = f"did you mean '{near}'?" if near and not found else f"expected one of {names}, or 'all'"
        raise InputError(f"{path}: has {len(found) or 'no'} events '{wanted}', {hint}")
    return found


def _read_catalogue(path: Path) -> list[SourceEvent]:
    try:
        from obspy import read_events
    except ImportError:
        raise InputError(f"{path.name} needs ObsPy, which is not there: {install('seismology')}") from None
    try:
        with warnings.catch_warnings(record=True) as told:  # of each entry that it leaves out
            warnings.simplefilter("always")
            catalogue = read_events(str(path))
        found = [event for event in map(_event, catalogue) if event is not None]
    except Exception as error:  # a damaged file can fail in any way
        raise InputError(
            f"{path}: not a CMTSOLUTION, FORCESOLUTION, QuakeML, ndk or other catalogue that can be read ({error})"
        ) from error
    lost = [str(one.message).splitlines()[0] for one in told if LOST.search(str(one.message))]
    said = [f"{len(lost)} of its entries cannot be read and are left out: {lost[0]}"] if lost else []
    events = [replace(event, remarks=(*event.remarks, *said)) for event in found]
    if not events:
        raise InputError(f"{path}: none of its {len(catalogue)} events has a moment tensor or a mechanism")
    return events


def _event(event: Any) -> SourceEvent | None:
    """An event of ObsPy; None for one without a mechanism or a place."""
    mechanisms = [event.preferred_focal_mechanism(), *event.focal_mechanisms]
    values = next((found for found in map(lambda one: _acts(event, one), mechanisms) if found), None)
    if values is None or not event.origins:
        return None
    tensor = values.pop("tensor")
    centroid = _centroid(event, tensor)
    origin = _hypocentre(event) or centroid
    place = centroid or origin
    remarks = [] if centroid else ["has no centroid; hypocentre and origin time are taken"]
    if place.depth is None or place.longitude is None or place.latitude is None:
        return None
    values |= {"lon": float(place.longitude), "lat": float(place.latitude), "depth": float(place.depth)}
    duration, remark = _duration(tensor)
    return SourceEvent(
        _name(event),
        values,
        origin.time.datetime.replace(tzinfo=UTC),
        float(place.time - origin.time),
        centroid is not None,
        duration,
        _description(event, "region name") or _description(event, "Flinn-Engdahl region"),
        (*remarks, *remark),
    )


def _acts(event: Any, mechanism: Any) -> dict[str, Any] | None:
    """Keys of a source, and the moment tensor of ObsPy, if any, as tensor."""
    if mechanism is None:
        return None
    tensor = mechanism.moment_tensor
    if tensor is not None and tensor.tensor is not None and tensor.tensor.m_rr is not None:
        moments = {name: float(getattr(tensor.tensor, f"m_{name[1:]}")) for name in TENSOR}
        return {"kind": "moment_tensor", "tensor": tensor} | moments
    planes = mechanism.nodal_planes
    plane = planes and (planes.nodal_plane_2 if planes.preferred_plane == 2 else planes.nodal_plane_1)
    size = _size(event, tensor)
    if not plane or plane.strike is None or not size:
        return None
    angles = {name: float(getattr(plane, name)) for name in ("strike", "dip", "rake")}
    return {"kind": "double_couple", "tensor": tensor} | angles | size


def _size(event: Any, tensor: Any) -> dict[str, float]:
    if tensor is not None and tensor.scalar_moment:
        return {"moment": float(tensor.scalar_moment)}
    magnitude = event.preferred_magnitude() or next(iter(event.magnitudes), None)
    return {"magnitude": float(magnitude.mag)} if magnitude is not None else {}


def _centroid(event: Any, tensor: Any) -> Any:
    """The origin that a moment tensor belongs to, or the one that says that it is a centroid."""
    origins: Sequence[tuple[Any, Callable[[Any], bool]]] = [
        (origin, test)
        for test in (
            lambda one: tensor is not None and one.resource_id == tensor.derived_origin_id,
            lambda one: str(one.origin_type) == "centroid",
        )
        for origin in event.origins
    ]
    return next((origin for origin, test in origins if test(origin)), None)


def _hypocentre(event: Any) -> Any:
    """The origin that says that it is a hypocentre, or the preferred one."""
    found = (origin for origin in event.origins if str(origin.origin_type) == "hypocenter")
    return next(found, None) or event.preferred_origin() or event.origins[0]


def _duration(tensor: Any) -> tuple[float | None, list[str]]:
    """Half duration [s] of the moment rate, and a remark if its shape is not a triangle."""
    function = tensor.source_time_function if tensor is not None else None
    if function is None or not function.duration:
        return None, []
    shape = str(function.type)
    remark = [] if shape == "triangle" else [f"its source time function, '{shape}', is taken as a triangle"]
    return float(function.duration) / 2, remark


def _description(event: Any, kind: str) -> str:
    """What the file says of an event; empty where it is silent."""
    texts = (text.text for text in event.event_descriptions if str(text.type) == kind)
    return " ".join(str(next(texts, None) or "").split())


def _name(event: Any) -> str:
    """The name of an event, or the end of its identifier."""
    for kind in ("earthquake name", "region name", "Flinn-Engdahl region"):
        if name := _description(event, kind):
            return name
    return str(event.resource_id.id).removesuffix("/event").rsplit("/", 1)[-1].rsplit("=", 1)[-1]
