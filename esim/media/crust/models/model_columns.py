"""What are the columns of a text file of layers, where a line names them? Depths or thicknesses, and what is there.

    # thickness vs                            a comment, or a line of its own, as the last one before the numbers
    H(KM) VP(KM/S) VS(KM/S) RHO(GM/CC) QP QS   with units, of Computer Programs in Seismology (Herrmann 2013)
    thick_m, vp_m_s, vs_m_s, rho_kg_m3

Units are km, km/s and g/cm3 unless the names say others. Columns with other names are not used. With depths, vp before
the density stands for values that run straight between them, as in the forms without names.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

NAMES = {
    "depth": ("depth", "dep", "z", "top"),
    "thickness": ("thickness", "thick", "thk", "h", "dz"),
    "vp": ("vp", "alpha"),
    "vs": ("vs", "beta"),
    "rho": ("rho", "density", "dens", "den"),
    "qp": ("qp", "qa", "qalpha"),
    "qs": ("qs", "qb", "qbeta"),
}
UNITS = {
    "m": 1.0, "km": 1e3, "m/s": 1.0, "ms": 1.0, "km/s": 1e3, "kms": 1e3, "kg/m3": 1.0, "kgm3": 1.0, "kg/m^3": 1.0,
    "g/cm3": 1e3, "gcm3": 1e3, "g/cm^3": 1e3, "g/cc": 1e3, "gm/cc": 1e3, "gcc": 1e3, "t/m3": 1e3,
}  # fmt: skip
_WORD = re.compile(r"([A-Za-z]+)(?:[\[(]([^\])]*)[\])]|_([a-z0-9_]+))?")


class Column(NamedTuple):
    """The name of a column as the medium has it, or its title for one that is not used, and the factor to SI units."""

    name: str
    factor: float

    @property
    def known(self) -> bool:
        """Whether it is used."""
        return self.name in NAMES


def named_columns(line: str) -> list[Column] | None:
    """The columns that a line names: depth or thickness, vs, and others; None for another line."""
    text = re.sub(r"\s+(?=[\[(])", "", line.strip().lstrip("#/").replace(",", " "))
    columns = [_column(word) for word in text.split()]
    names = [column.name for column in columns if column is not None and column.known]
    if None in columns or "vs" not in names or len({"depth", "thickness"} & set(names)) != 1:
        return None
    return [column for column in columns if column is not None] if len(set(names)) == len(names) else None


def is_plain(columns: Sequence[Column]) -> bool:
    """Whether the columns are among those of the other forms, which have depths, vp, vs and density in km and km/s."""
    names = [column.name for column in columns]
    standard = all(column.factor == (1.0 if column.name in ("qp", "qs") else 1e3) for column in columns)
    return (
        standard and {"depth", "vp", "vs", "rho"} <= set(names) and set(names) <= set(NAMES) - {"thickness"}
    )


def _column(title: str) -> Column | None:
    """A column of a title; None for what is no name."""
    match = _WORD.fullmatch(title)
    if match is None:
        return None
    word = match[1].lower()
    name = next((name for name, spellings in NAMES.items() if word in spellings), title)
    if name in ("qp", "qs") or name not in NAMES:
        return Column(name, 1.0)
    unit = (match[2] or match[3] or "").lower().replace(" ", "").replace("_", "")
    return Column(name, UNITS[unit] if unit in UNITS else 1e3) if unit in UNITS or not unit else None
