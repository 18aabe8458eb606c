"""How are numbers, places and times written on the page?"""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC

from esim.analysis.figures.clock import Clock
from esim.analysis.figures.clock import duration as rounded

MINUS = "\N{MINUS SIGN}"
SPACE = "\N{NO-BREAK SPACE}"  # between a number and its unit
DIGITS = 3
EXACT = 600.0  # s: times below it are told to the second
LONGEST = 1e9  # numbers from here on are written with a power of ten
MEMORY = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | None, unit: str = "", digits: int = DIGITS) -> str:
    """A number of some significant digits with its unit; empty for None and what is not finite."""
    if value is None or not math.isfinite(value):
        return ""
    rounded = float(f"{value:.{digits}g}")
    text = f"{rounded:.{digits}g}" if abs(rounded) < 10**digits else f"{rounded:,.0f}"
    if abs(rounded) >= LONGEST or "e" in text:
        text = _with_power(rounded, digits)
    return SPACE.join(filter(None, (text.replace("-", MINUS), unit)))


def count(value: float | None) -> str:
    """A whole number, with commas between thousands from ten thousand on."""
    return "" if value is None else f"{value:,.0f}" if value >= 10_000 else f"{value:.0f}"


def signed(value: float | None, unit: str = "") -> str:
    """A number with its sign."""
    text = number(value, unit)
    return f"+{text}" if text and value is not None and value > 0 else text


def span(values: Iterable[float | None], unit: str = "") -> str:
    """From the smallest to the largest of some numbers; empty where none is known."""
    found = [value for value in values if value is not None and math.isfinite(value)]
    ends = dict.fromkeys((number(min(found)), number(max(found)))) if found else {}
    return SPACE.join(filter(None, (" to ".join(ends), unit if ends else "")))


def memory(size: float | None) -> str:
    """A number of bytes in GB, MB or kB."""
    if size is None:
        return ""
    factor, unit = next((entry for entry in MEMORY if size >= entry[0]), (1.0, "bytes"))
    return number(size / factor, unit)


def place(x: float, y: float, lonlat: bool) -> str:
    """A position: 38.71°N 148.69°E, or x 20 km, y 12 km; x and y are degrees or km."""
    if not lonlat:
        return f"x {number(x, 'km', 4)}, y {number(y, 'km', 4)}"
    east, north = round((x + 180) % 360 - 180, 2), round(y, 2)
    return f"{abs(north):g}°{'N' if north >= 0 else 'S'} {abs(east):g}°{'E' if east >= 0 else 'W'}"


def duration(seconds: float, exact: bool = False) -> str:
    """A time since the origin: 50 s, 1 min 40 s, 2 h 30 min; to the second below ten minutes, or always if exact."""
    whole = round(seconds)
    if abs(seconds) < 60 or not whole % 60 or not (exact or seconds < EXACT):
        return rounded(seconds)
    return f"{rounded(whole - whole % 60)} {whole % 60} s"


def moment(seconds: float | None, times: Clock, exact: bool = False) -> str:
    """A time since the origin, and what the clocks show then; empty where it is not known."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    return ", ".join((duration(seconds, exact), *_clocks(seconds, times, exact)))


def after(seconds: float, times: Clock) -> str:
    """The same in a sentence: 29 min after the origin (06:15 UTC, 15:15 JST)."""
    clocks = ", ".join(_clocks(seconds, times))
    return f"{duration(seconds)} after the origin{f' ({clocks})' if clocks else ''}"


def date(times: Clock) -> str:
    """When it began, in a sentence: on 11 March 2011 at 05:46 UTC (14:46 JST); empty without an origin time."""
    if times.start is None:
        return ""
    first, *others = times.at(0.0)
    start = times.start.astimezone(UTC)
    return f"on {start.day} {start:%B %Y} at {first}{f' ({others[0]})' if others else ''}"


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them: a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _clocks(seconds: float, times: Clock, exact: bool = False) -> list[str]:
    return times.at(seconds, "%H:%M:%S" if exact or seconds < EXACT else "%H:%M")


def _with_power(value: float, digits: int) -> str:
    """A number as 4.17 × 10²²."""
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(RAISED)}"
