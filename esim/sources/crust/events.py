"""How do the events of a file become sources of the configuration? With times counted from the start of the run."""

from datetime import datetime
from typing import Any, NamedTuple

from esim.config.crust.source import CrustSourceConfig, EventConfig, source_section
from esim.config.yaml.suggest import several
from esim.data import locate
from esim.errors import InputError
from esim.sources.formats import events
from esim.sources.formats.events import SourceEvent

FAR = 86400.0  # s between the event and the start of the run, from which one of the two dates must be wrong


class Found(NamedTuple):
    """An event of a file: its name, the source that it is, and its origin time [s] in the run."""

    name: str
    section: CrustSourceConfig
    origin_time: float


def sections(config: EventConfig, start: datetime | None) -> tuple[list[Found], tuple[str, ...]]:
    """The events that are wanted, and what the user should know of how they were read.

    Their times are after `start`, or, where there is none, after the origin time of the event. Raises InputError for an
    event that cannot be used.
    """
    path = locate(config.file)
    wanted = None if config.event is None else str(config.event)
    chosen = events.choose(path, events.read(path), wanted)
    found: list[Found] = []
    remarks: dict[str, list[str]] = {}
    for event in chosen:
        values, texts = _values(config, event, start, f"{path} event '{event.name}'")
        begin = 0.0 if start is None or event.origin is None else (event.origin - start).total_seconds()
        found.append(Found(event.name, values, begin))
        for text in texts:
            remarks.setdefault(text, []).append(f"'{event.name}'")
    return found, tuple(f"{path.name} event {several(names)}: {text}" for text, names in remarks.items())


def _values(
    config: EventConfig, event: SourceEvent, start: datetime | None, where: str
) -> tuple[CrustSourceConfig, list[str]]:
    remarks = list(event.remarks)
    values: dict[str, Any] = dict(event.values)
    if config.centroid_time is not None:
        values["centroid_time"] = config.centroid_time
    else:
        time, remark = _time(event, start, where)
        values["centroid_time" if event.centroid else "onset"] = time
        remarks += remark
    values |= _shape(config, event, where)
    return source_section(values, where), remarks


def _time(event: SourceEvent, start: datetime | None, where: str) -> tuple[float, list[str]]:
    """The time [s] of the event in the run, and a remark if the run has no date to compare with, or the event none."""
    if start is None or event.origin is None:
        if event.origin is not None:
            return event.shift, [f"times count from its origin time, {event.origin.isoformat()}"]
        return event.shift, [f"has no date; its time shift of {event.shift:g} s counts from the start"]
    time = (event.origin - start).total_seconds() + event.shift
    if abs(time) > FAR:
        raise InputError(
            f"{where}: was at {event.origin.isoformat()}, {time / FAR:.6g} days after the time.start of the run, "
            f"{start.isoformat()}; expected a time.start near it, or the key centroid_time"
        )
    return time, []


def _shape(config: EventConfig, event: SourceEvent, where: str) -> dict[str, Any]:
    """The source time function: the one of the configuration, else that of the file."""
    if config.time_function is not None:
        return {"time_function": config.time_function}
    if config.half_duration is not None:
        return {"half_duration": config.half_duration, "time_function": None}
    if event.half_duration is not None:
        return {"half_duration": event.half_duration}
    if "time_function" in event.values:
        return {}
    raise InputError(
        f"{where}: the file has no half duration or source time function that is known; expected the key half_duration "
        "or time_function of the source"
    )
