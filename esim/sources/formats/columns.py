"""How do files of finite faults spell the names and units of their columns?

The spellings are those of SRCMOD, the USGS, UCSB, Caltech and GeoClaw. A unit may stand in brackets behind a name,
`slip(cm)`; without one it is that of the format.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from esim.sources.formats.lines import Lines

SPELLINGS = {
    "lat": ("latitude",),
    "lon": ("long", "longitude"),
    "depth": ("z", "dep"),
    "slip": ("total-slip", "total_slip", "totalslip", "slip_m", "slp", "slp_am", "dislocation"),
    "rake": ("rak",),
    "strike": ("strk", "str", "stk", "azimuth"),
    "dip": (),
    "rupture_time": (
        "trup",
        "t_rup",
        "trupt",
        "t_rupt",
        "rupt_time",
        "rup_time",
        "rupt",
        "rupture_initial_time",
        "rupture_start_time",
        "initial_time",
        "onset_time",
        "onset",
        "tinit",
    ),
    "rise_time": ("rise", "risetime", "slip_duration"),
    "rising": ("t_ris", "t_rise", "trise", "rise_time_starting", "rise_time_start"),
    "falling": ("t_fal", "t_fall", "tfall", "fall_time", "falltime", "rise_time_ending", "rise_time_end"),
    "half_duration": ("h_dur", "hdur"),
    "moment": ("mo", "m0", "sf_moment", "seismic_moment"),
    "rigidity": ("mu", "shear_modulus", "shearmodulus"),
}
CANONICAL = {spelling: name for name, all_of_it in SPELLINGS.items() for spelling in (name, *all_of_it)}
# The position once more, in km from the hypocentre.
REDUNDANT = ("x==ew", "y==ns", "x", "y")
TIME = {"s": 1.0, "sec": 1.0, "seconds": 1.0}
ANGLE = {"deg": 1.0, "degree": 1.0, "degrees": 1.0}
UNITS: dict[str, dict[str, float]] = {
    "depth": {"km": 1e3, "m": 1.0},
    "slip": {"cm": 0.01, "m": 1.0},
    "moment": {"nm": 1.0, "n-m": 1.0, "n.m": 1.0, "n*m": 1.0}
    | dict.fromkeys(("dyn-cm", "dyne-cm", "dyn.cm", "dyne.cm", "dyn*cm", "dyne*cm", "dyncm", "dynecm"), 1e-7),
    "rigidity": {"pa": 1.0, "n/m2": 1.0, "n/m^2": 1.0, "gpa": 1e9}
    | dict.fromkeys(("dyne/cm2", "dyn/cm2", "dyne/cm^2", "dyn/cm^2", "dyne/cm**2", "dyn/cm**2"), 0.1),
    **dict.fromkeys(("lat", "lon", "rake", "strike", "dip"), ANGLE),
    **dict.fromkeys(("rupture_time", "rise_time", "rising", "falling", "half_duration"), TIME),
}
PRESSURES = {"Pa": 1.0, "dyn/cm2": 0.1, "GPa": 1e9}
ROCK = (3e9, 1.5e11)  # Pa, within which the rigidity of rock lies


class Column(NamedTuple):
    """A column: its name in SPELLINGS (or as written), and the factor that makes its values SI units and degrees."""

    name: str
    factor: float


def header(
    lines: Lines, text: str, units: Mapping[str, float], others: re.Pattern[str] | None = None
) -> list[Column]:
    """The columns that the line `text` names; units are the factors where none is written.

    Raises InputError for an unknown unit. Columns without a use are remarked; others matches names that have one
    beside those in SPELLINGS.
    """
    found = [_column(lines, word, units, others) for word in re.sub(r"\s+\(", "(", text.lower()).split()]
    unused = [
        column.name
        for column in found
        if column.name not in SPELLINGS
        and column.name not in REDUNDANT
        and not (others and others.fullmatch(column.name))
    ]
    if unused:
        written = ", ".join(f"'{name}'" for name in unused)
        lines.remark(
            f"column {written} is not used" if len(unused) == 1 else f"columns {written} are not used"
        )
    names = [column.name for column in found]
    for name in SPELLINGS:
        if names.count(name) > 1:
            raise lines.error(f"column {name} is given twice")
    return found


def _column(lines: Lines, word: str, units: Mapping[str, float], others: re.Pattern[str] | None) -> Column:
    name, _, unit = word.rstrip(")").partition("(")
    name = name.rstrip(".")
    name = CANONICAL.get(name, name)
    # What has a use beside those in SPELLINGS is the slip in a time window, or its rake.
    window = bool(others and others.fullmatch(name))
    kind = name if not window else "rake" if name.startswith("r") else "slip"
    factor = units.get(name, 1.0)
    if unit and kind in UNITS:
        if unit not in UNITS[kind]:
            raise lines.error(f"{name} is in '{unit}', expected {' or '.join(UNITS[kind])}")
        factor = UNITS[kind][unit]
    return Column(name, factor)


def is_header(words: Sequence[str]) -> bool:
    """Whether words begin with the names of latitude and longitude, in any order, and more follow."""
    first = [_plain(word) for word in words[:2]]
    return sorted(first) == ["lat", "lon"] and len(words) > 3


def _plain(word: str) -> str:
    name = word.lower().partition("(")[0].rstrip(".")
    return CANONICAL.get(name, name)


def is_text(words: Sequence[str]) -> bool:
    """Whether a line is no row of numbers: its first word is none, nor are most of the others."""
    return not _is_number(words[0]) and 2 * sum(map(_is_number, words)) < len(words)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def duration(columns: Mapping[str, np.ndarray], count: int, symmetric: bool) -> np.ndarray:
    """How long each of `count` subfaults slips [s], (count,).

    With a time of falling it is added to that of rising. Without one, slip that is symmetric falls for as long as it
    has risen; else what the file has is the whole duration.
    """
    if "falling" in columns:
        rising = columns.get("rising", columns.get("rise_time", np.zeros(count)))
        return rising + columns["falling"]
    if "rise_time" in columns:
        return columns["rise_time"]
    if "half_duration" in columns:
        return columns["half_duration"] + columns["half_duration"]
    rising = columns.get("rising", np.zeros(count))
    return rising + rising if symmetric else rising


def rigidity_in_pascal(lines: Lines, values: np.ndarray) -> np.ndarray:
    """Rigidity [Pa], (n,), of values which should be in Pa, but may be in another unit; that is remarked."""
    middle = float(np.median(values))
    for unit, factor in PRESSURES.items():
        if ROCK[0] <= middle * factor <= ROCK[1]:
            if factor != 1.0:
                lines.remark_all(f"a rigidity of {middle:g} Pa is not that of rock; it is taken for {unit}")
            return values * factor
    raise lines.error(f"a rigidity of {middle:g} is not that of rock in Pa, dyn/cm2 or GPa")
