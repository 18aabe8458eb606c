"""What is the tide in a record? What was recorded before the origin is continued, and no later value is used.

The tide is a Gaussian process: a level, constituents whose amplitudes are not known, and slow changes of the sea
beside these (Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, section 2.2; Foreman 1977, Manual
for tidal heights analysis and prediction). Its mean is defined after an hour as after a month: what a record is too
short to tell apart becomes neither large nor of opposite sign, as it may in fits of polynomials or by least squares.
From records of 15 days and more UTide (Codiga 2011) first takes the constituents that it tells apart.
"""

from datetime import datetime, timedelta

import numpy as np

from esim.distribution import install
from esim.errors import InputError
from esim.forecast.records import Record

LONG = 15 * 86400.0  # s before the origin, from which M2 and S2 are told apart
SHORT = 3600.0  # s before the origin, less of which says nothing of a tide
FEWEST = 4  # values before the origin
PERIODS = {
    "M2": 12.4206012, "S2": 12.0, "N2": 12.6583475, "K1": 23.9344696, "O1": 25.8193417, "P1": 24.0658902,
}  # h, Foreman (1977)  # fmt: skip
AMPLITUDE, LEVEL = 0.3, 100.0  # m, deviations of each constituent and of the level before any data
SLOW, WEATHER = 6 * 3600.0, 0.03  # s and m of other changes of the sea, as by weather
INSTRUMENT = 0.005  # m, deviation of a value
STEP, MOST = 600.0, 500  # s over which means are taken, or as much longer as gives no more than so many


def without_tide(name: str, record: Record, latitude: float | None, origin: datetime | None) -> Record:
    """A record less its tide and level, with what was done; latitude [degrees] and date correct for the lunar node.

    Raises InputError where there is too little before the origin, or UTide is missing and needed.
    """
    before = record.time <= 0
    lasts = abs(float(record.time[before][0])) if before.any() else 0.0
    if before.sum() < FEWEST or lasts < SHORT:
        raise InputError(
            f"--detide: '{name}' has {before.sum()} values in the {lasts / 3600:.2g} h before the origin; expected "
            f"{FEWEST} at least in an hour, from which the tide is estimated"
        )
    tide, words = np.zeros(record.time.size), f"level and {', '.join(PERIODS)}"
    if lasts >= LONG:
        tide, words = _by_utide(record, before, latitude, origin)
    tide = tide + _continued(record.time, record.value - tide, before)
    note = f"tide removed: {words} and slow changes, from {lasts / 3600:.3g} h before the origin"
    return record._replace(value=record.value - tide, done=(*record.done, note))


def _continued(time: np.ndarray, value: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The mean of the Gaussian process at times [s], given the values [m] before the origin."""
    step = max(STEP, -time[before][0] / MOST)
    groups, number = np.unique(np.floor(time[before] / step), return_inverse=True)
    count = np.bincount(number, minlength=groups.size)
    at, mean = (np.bincount(number, values[before]) / count for values in (time, value))
    covariance = _covariance(at, at) + INSTRUMENT**2 * np.diag(1 / count)
    return np.asarray(_covariance(time, at) @ np.linalg.solve(covariance, mean))


def _covariance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The covariance [m2] of the tide between times [s]."""
    apart = one[:, None] - other
    found = LEVEL**2 + WEATHER**2 * np.exp(-np.abs(apart) / SLOW)
    for hours in PERIODS.values():
        found += AMPLITUDE**2 * np.cos(2 * np.pi * apart / (3600 * hours))
    return np.asarray(found)


def _by_utide(
    record: Record, before: np.ndarray, latitude: float | None, origin: datetime | None
) -> tuple[np.ndarray, str]:
    """The tide by UTide [m], with nodal corrections where the place and the date are known."""
    try:
        from utide import reconstruct, solve
    except ImportError:
        raise InputError(
            f"--detide: records of 15 days and more need UTide, {install('tides')}; shorter ones do not"
        ) from None
    nodal = latitude is not None and origin is not None
    start = (origin or datetime(2000, 1, 1)).replace(tzinfo=None)
    times = np.array([start + timedelta(seconds=float(second)) for second in record.time], "datetime64[ms]")
    options = {"nodal": nodal, "trend": False, "method": "ols", "conf_int": "none", "verbose": False}
    found = solve(times[before], record.value[before], lat=latitude or 0.0, **options)
    words = f"UTide with {', '.join(found.name)}" + ("" if nodal else " without nodal corrections,")
    return np.asarray(reconstruct(times, found, verbose=False).h), words
