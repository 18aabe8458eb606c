"""What is done to records before they are data? Tides and seismic waves are removed where asked, tides left named."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from esim.config.yaml.suggest import hint
from esim.errors import InputError
from esim.forecast.detide import FEWEST, SHORT, without_tide
from esim.forecast.library import Library
from esim.forecast.lowpass import low_passed
from esim.forecast.records import Record

LEFT = 2.0  # noise floors of level, or of drift in an hour, before the origin, above which a tide is named
RECENT = 3 * 3600.0  # s before the origin


def prepare(
    library: Library,
    records: Mapping[str, Record],
    origin: datetime | None,
    *,
    detide: Sequence[str] | None = None,
    lowpass: float | None = None,
) -> dict[str, Record]:
    """Records of sensors as they are used, those of others as they are.

    detide has names of sensors, none of them for all that have values before the origin; None removes no tide. lowpass
    [s] is the shortest period that is kept. Raises InputError for what cannot be done.
    """
    for name in detide or ():
        if name not in library.sensors or name not in records:
            have = [one for one in library.sensors if one in records]
            raise InputError(f"--detide: '{name}' is no sensor with data, {hint(name, have)}")
    return {
        name: _prepared(library, name, record, origin, detide, lowpass) if name in library.sensors else record
        for name, record in records.items()
    }


def _prepared(
    library: Library,
    name: str,
    record: Record,
    origin: datetime | None,
    detide: Sequence[str] | None,
    lowpass: float | None,
) -> Record:
    enough = (record.time <= 0).sum() >= FEWEST and record.time[0] <= -SHORT
    if detide is not None and (name in detide or (not detide and enough)):
        lonlat = bool(library.about["lonlat"])
        latitude = float(library.sensor_y[library.sensors.index(name)]) if lonlat else None
        record = without_tide(name, record, latitude, origin)
    elif detide is not None and not detide:
        record = record._replace(
            done=(*record.done, "no tide removed, as an hour before the origin is not there")
        )
    if left := _tide_left(record, library.noise.floor):
        record = record._replace(done=(*record.done, left))
    return record if lowpass is None else low_passed(record, lowpass)


def _tide_left(record: Record, floor: float) -> str:
    """A sentence if a record before the origin has a level, or drifts, as with a tide."""
    before = (record.time <= 0) & (record.time >= -RECENT)
    if before.sum() < FEWEST or np.ptp(record.time[before]) < SHORT:
        return ""
    drift, level = np.polyfit(record.time[before], record.value[before], 1)
    if abs(level) > LEFT * floor:
        return f"at the origin it is at {level:.2f} m, so a tide or a level seems to be in it: see --detide"
    if abs(drift) * 3600 > LEFT * floor:
        return (
            f"it drifts by {3600 * drift:.2f} m in the hour before the origin, as with a tide: see --detide"
        )
    return ""
