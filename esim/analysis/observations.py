"""What did the instruments record? Records shipped with esim, found by event and station."""

from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from esim.data import PREFIX, locate


class Event(NamedTuple):
    """A file of records and the origin time from which it counts seconds.

    Before `shaking` [s] instruments recorded seismic waves.
    """

    file: str
    origin: datetime
    shaking: float


EVENTS = (Event("tohoku2011_dart.csv", datetime(2011, 3, 11, 5, 46, 24, tzinfo=UTC), 1200.0),)
SAME = 600.0  # s: origin times closer than this are those of one earthquake


class Record(NamedTuple):
    """A record: times [s] since the origin of the run, eta [m], and until when [s] it contains seismic waves."""

    time: np.ndarray
    eta: np.ndarray
    shaking: float


def observed(station: str, start: datetime | None) -> Record | None:
    """The record of a station for the event that began at `start` (UTC); None where esim has none."""
    if start is None:
        return None
    for event in EVENTS:
        shift = (event.origin - start).total_seconds()
        if abs(shift) <= SAME and (values := _read(event.file).get(station)):
            time, eta = np.array(values).T
            return Record(time + shift, eta, event.shaking + shift)
    return None


def _read(file: str) -> dict[str, list[tuple[float, float]]]:
    """Lines `station,time,eta` by station; comments begin with #, and the first other line is the header."""
    records: dict[str, list[tuple[float, float]]] = {}
    lines = locate(PREFIX + file).read_text(encoding="utf-8").splitlines()
    for line in [text for text in lines if text and not text.startswith("#")][1:]:
        station, time, eta = line.split(",")
        records.setdefault(station, []).append((float(time), float(eta)))
    return records
