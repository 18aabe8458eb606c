"""What did the instruments record? Records that the configuration names, or that come with esim."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from esim.analysis.reading.run import Run
from esim.data import PREFIX, locate
from esim.errors import InputError
from esim.io.ocean.record import read_record


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
    """A record: times [s] since the origin of the run, eta [m], and until when [s] it contains seismic waves.

    That of a pressure gauge has the change of the depth in place of eta.
    """

    time: np.ndarray
    eta: np.ndarray
    shaking: float


def variable_of(run: Run, station: str) -> str:
    """The variable of stations.nc that a station records: eta, or what a pressure gauge does where it is one.

    That is depth_change, under air pressure that changes as well bottom_pressure_change.
    """
    kinds = {entry["name"]: entry.get("kind") for entry in run.record.get("stations", [])}
    if kinds.get(station) != "pressure":
        return "eta"
    forced = run.stations is not None and "bottom_pressure_change" in run.stations
    return "bottom_pressure_change" if forced else "depth_change"


def record_of(run: Run, station: str) -> Record | None:
    """The record of a station of a run: its own, or one that comes with esim; None, with a warning if it is gone."""
    for entry in run.record.get("stations", []):
        if entry["name"] == station and (file := entry.get("observed")):
            try:
                shaking = entry.get("observed_after", -np.inf)
                return Record(*read_record(locate(Path(file)), run.start), shaking)
            except InputError as error:
                logging.getLogger("esim").warning("the record of station %s is left out: %s", station, error)
                return None
    return observed(station, run.start)


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
