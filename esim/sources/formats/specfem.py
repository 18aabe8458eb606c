"""Point sources as SPECFEM has them: CMTSOLUTION and FORCESOLUTION, one entry after the other.

    PDE 2003 09 25 19 50 06.36 41.78 143.86 27.0 8.1 8.1 HOKKAIDO     origin time, hypocentre, magnitudes, region
    event name:     200309251950C
    time shift:     30.0                                                centroid after origin time [s]
    half duration:  33.0                                                [s]
    latitude:       42.21                                               degrees, or y [m] ("latorUTM")
    longitude:      143.84                                              degrees, or x [m] ("longorUTM")
    depth:          28.2                                                [km]
    Mrr:            1.72e28                                             [dyn cm]; and Mtt, Mpp, Mrt, Mrp, Mtp

A FORCESOLUTION has a line of text, and instead of the last lines `factor force source` [N] and the direction of the
force (`component dir vect source E`, `N`, `Z_UP`, of any length); `source time function` 0 is a Gaussian of unit area,
exp(-(t / a)^2) / (sqrt(pi) a) with a = half duration / 1.628 (Komatitsch & Tromp 2002), 1 a Ricker wavelet of peak 1
and frequency f0. ObsPy reads a CMTSOLUTION by columns that files written by hand do not keep.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import hypot, isfinite, pi, sqrt
from pathlib import Path
from typing import Any

from esim.errors import InputError

DYN_CM = 1e-7  # N m
DECAY = 1.628  # of the Gaussian that is as wide as a triangle
MOMENTS = ("mrr", "mtt", "mpp", "mrt", "mrp", "mtp")
DIRECTION = tuple(f"component dir vect source {axis}" for axis in ("e", "n", "z_up"))
SPELLINGS = {
    "latorutm": "latitude", "lat": "latitude", "longorutm": "longitude", "lonorutm": "longitude", "lon": "longitude",
    "hdurorf0": "half duration", "hdur": "half duration", "f0": "half duration",
}  # fmt: skip
HEADER = re.compile(r"\s*[A-Za-z]*\s*(\d{4})((?:\s+[\d.]+){5})\b")
REGION = re.compile(r"(?:\s+-?[\d.]+){5}\s+(\D.*)")  # behind hypocentre and magnitudes

Entry = tuple[str, dict[str, str], str]  # line of text, values by key, file and line
Described = tuple[str, Mapping[str, Any], datetime | None, float, bool, float | None, str]


def text_of(path: Path) -> str | None:
    """What is in a text file; None for another one."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None


def is_force(text: str) -> bool:
    """Whether this is a FORCESOLUTION."""
    return re.search(r"^\s*factor\s+force\s+source\s*:", text, re.I | re.M) is not None


def is_tensor(text: str) -> bool:
    """Whether this is a CMTSOLUTION."""
    return all(re.search(rf"^\s*{key}\s*:", text, re.I | re.M) for key in (r"time\s+shift", "Mrr"))


def tensors(path: Path, text: str) -> Iterator[Described]:
    """The moment tensors of a CMTSOLUTION.

    Name, keys of a source, origin time, shift [s], True, half duration [s], region.
    """
    for n, (title, values, where) in enumerate(_entries(path, text), start=1):
        moments = {name: DYN_CM * _number(where, values, name) for name in MOMENTS}
        name = values.get("event name") or f"{n}"
        half = _number(where, values, "half duration")
        shift = _number(where, values, "time shift")
        place = {"kind": "moment_tensor"} | _place(where, values)
        yield name, place | moments, _origin(title), shift, True, half or None, _region(title)


def forces(path: Path, text: str) -> Iterator[Described]:
    """The forces of a FORCESOLUTION, as `tensors`."""
    for n, (title, values, where) in enumerate(_entries(path, text), start=1):
        direction = [_number(where, values, key) for key in DIRECTION]
        length = hypot(*direction)
        if length == 0:
            raise InputError(f"{where}: the direction of the force is 0, 0, 0")
        factor = _number(where, values, "factor force source")
        function, peak = _time_function(where, values)
        east, north, up = (factor * peak * part / length for part in direction)
        acts = {"kind": "force", "fx": east, "fy": north, "fz": -up} | function
        name = " ".join(title.split()) or f"{n}"
        yield name, acts | _place(where, values), None, _number(where, values, "time shift"), True, None, ""


def _time_function(where: str, values: dict[str, str]) -> tuple[dict[str, Any], float]:
    """The key time_function, if it is known here, and the peak of the function in the units of SPECFEM."""
    kind, size = values.get("source time function", "").split(), _number(where, values, "half duration")
    if kind[:1] == ["0"] and size > 0:
        width = size / DECAY
        sigma = width / sqrt(2)
        return {"time_function": {"kind": "gaussian", "sigma": sigma}}, 1 / (sqrt(pi) * width)
    if kind[:1] == ["1"] and size > 0:
        return {"time_function": {"kind": "ricker", "frequency": size}}, 1.0
    return {}, 1.0


def _place(where: str, values: dict[str, str]) -> dict[str, float]:
    lat, lon = _number(where, values, "latitude"), _number(where, values, "longitude")
    depth = {"depth": 1000 * _number(where, values, "depth")}
    degrees = abs(lat) <= 90 and abs(lon) <= 360
    return ({"lon": lon, "lat": lat} if degrees else {"x": lon, "y": lat}) | depth


def _entries(path: Path, text: str) -> Iterator[Entry]:
    """The entries of a file: a line of text, then lines of a key, a colon and a value."""
    title, begin, values = "", 0, dict[str, str]()
    for number, line in enumerate(text.splitlines(), start=1):
        key, colon, value = line.partition("!")[0].partition(":")
        key = " ".join(key.lower().split())
        if colon and (key in SPELLINGS or values or key in ("event name", "time shift")):
            values[SPELLINGS.get(key, key)] = value.strip()
        elif line.strip() and not line.lstrip().startswith("#"):
            if values:
                yield title, values, f"{path} line {begin}"
            title, begin, values = line.strip(), number, {}
    yield title, values, f"{path} line {begin}"


def _number(where: str, values: dict[str, str], key: str) -> float:
    words = values.get(key, "").split()
    try:
        value = float(re.sub(r"(?<=[0-9.])[dD](?=[-+0-9])", "e", words[0]))
        if not isfinite(value):
            raise ValueError
        return value
    except (IndexError, ValueError):
        found = f"'{values[key]}'" if key in values else "missing"
        raise InputError(f"{where}: {key} is {found}, expected a number") from None


def _origin(title: str) -> datetime | None:
    """The origin time of the first line of an entry, if it has one."""
    match = HEADER.match(title)
    if match is None:
        return None
    month, day, hour, minute, second = (float(word) for word in match[2].split())
    try:
        whole = datetime(int(match[1]), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
    except ValueError:
        return None
    return whole + timedelta(seconds=second)


def _region(title: str) -> str:
    """The region that the first line of an entry names; empty where it names none."""
    match = HEADER.match(title)
    found = REGION.match(title, match.end()) if match else None
    return " ".join(found[1].split()) if found else ""
