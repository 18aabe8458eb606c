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
    """Records of sensors as they are used, and those of targets, which are drawn, without their tides as well.

    detide has names of these, none of them for all that have values before the origin; None removes no tide. lowpass
    [s] is the shortest period of sensors that is kept. Raises InputError for what cannot be done.
    """
    y = dict(zip(library.targets, library.target_y, strict=True))
    y |= dict(zip(library.sensors, library.sensor_y, strict=True))
    for name in detide or ():
        if name not in y or name not in records:
            have = [one for one in y if one in records]
            raise InputError(f"--detide: '{name}' is no sensor or target with data, {hint(name, have)}")
    found = dict(records)
    for name in records.keys() & y.keys():
        latitude = float(y[name]) if library.about["lonlat"] else None
        found[name] = _without_tide(name, records[name], latitude, library.noise.floor, origin, detide)
        if lowpass is not None and name in library.sensors:
            found[name] = low_passed(found[name], lowpass)
    return found


def _without_tide(
    name: str,
    record: Record,
    latitude: float | None,
    floor: float,
    origin: datetime | None,
    detide: Sequence[str] | None,
) -> Record:
    """A record without its tide where that is asked for; where one seems to be left, that is said."""
    enough = (record.time <= 0).sum() >= FEWEST and record.time[0] <= -SHORT
    if detide is not None and (name in detide or (not detide and enough)):
        record = without_tide(name, record, latitude, origin)
    elif detide is not None and not detide:
        record = record._replace(
            done=(*record.done, "no tide removed, as an hour before the origin is not there")
        )
    left = _tide_left(record, floor)
    return record._replace(done=(*record.done, left)) if left else record


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
