"""What did an instrument record? The elevation or depth of the water in time, from a file of one record."""

import logging
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from esim.config.yaml.suggest import listed
from esim.errors import InputError
from esim.io.ocean.record_file import read_file
from esim.io.ocean.record_table import EXPECTED

HIGHEST = 500.0  # m: what is higher is no wave but the depth, another unit, or the mark of a gap
NO_START = "which need time.start, the origin time of the run"


def read_record(path: Path, start: datetime | None) -> tuple[np.ndarray, np.ndarray]:
    """Rising times [s since the origin of the run, which is at start] and elevations eta [m] of a record.

    CSV has columns time and eta, in usual spellings and units, or two of numbers without names; NetCDF (.nc) variables
    of such names; DART text is as NOAA publishes it. Gaps are left out, times put in order, and of equal ones the first
    counts. Where values are depths, the level before the origin is removed, with a warning. Raises InputError with
    a sentence for what is no record.
    """
    found = read_file(path, start, NO_START, HIGHEST)
    if len(found) != 1 or found[0].name:
        raise InputError(f"{path}: has no column 'eta', but {listed(one.name for one in found)}; {EXPECTED}")
    (_, time, eta, notes) = found[0]
    if time.size < 2:
        raise InputError(f"{path}: has {time.size} values of eta; expected a record of two at least")
    for note in notes:
        _tell(path, note)
    return time, eta


@lru_cache(maxsize=1024)
def _tell(path: Path, note: str) -> None:
    """Says what was assumed of a file, once."""
    logging.getLogger("esim").warning("%s: %s", path, note)
