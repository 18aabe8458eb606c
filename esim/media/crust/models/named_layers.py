"""What are the values of a text file whose columns a line names? Those of layers, or of depths."""

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from esim.config.crust.scaling import rho_of_vp, scaling_remarks, vp_of_vs
from esim.errors import InputError
from esim.media.crust.checks import require_sound
from esim.media.crust.models.model_columns import Column
from esim.media.crust.models.profile import Profile


def named_layers(
    path: Path, lines: Sequence[str], header: int, columns: Sequence[Column], scaling: str | None
) -> Profile:
    """The layers below the line `header`, in SI units; the last one is a half-space, whatever thickness it has.

    Values run straight between depths if vp comes before the density, as in the forms without names, and are constant
    otherwise. scaling makes vp of vs, and density of vp, where there is no column. Raises InputError with the line that
    is wrong.
    """
    rows, places = _rows(path, lines, header, columns)
    if not rows:
        raise InputError(f"{path} line {header + 1}: names columns, and no row of numbers follows")
    table = {
        column.name: column.factor * values
        for column, values in zip(columns, np.array(rows).T, strict=True)
        if column.known
    }
    missing = [name for name in ("vp", "rho") if name not in table]
    if missing and scaling is None:
        raise InputError(
            f"{path} line {header + 1}: names no {' and no '.join(missing)}; expected them, or the key scaling of the "
            "medium, brocher2005, which makes vp of vs and rho of vp"
        )
    vs = table["vs"]
    if missing and not vs.all():
        raise InputError(f"{places[int(np.argmin(vs))]}: vs is 0; a fluid needs vp and rho")
    vp = table.get("vp", vp_of_vs(vs))
    values = np.stack(
        [vp, vs, table.get("rho", rho_of_vp(vp)), *(_quality(table, name) for name in ("qp", "qs"))]
    )
    require_sound(values, lambda index: places[index[0]])
    made = (vs if "vp" in missing else None, vp if "rho" in missing else None)
    unused = [column.name for column in columns if not column.known]
    remarks = [f"{path}: columns {', '.join(unused)} are not used"] if unused else []
    remarks += scaling_remarks(str(path), *made)
    names = [column.name for column in columns]
    straight = "depth" in names and not missing and names.index("vp") < names.index("rho")
    tops = _tops(table, places, straight)
    return Profile(tops, values, straight, str(path), tuple(places), remarks=tuple(remarks))


def _rows(
    path: Path, lines: Sequence[str], header: int, columns: Sequence[Column]
) -> tuple[list[list[float]], list[str]]:
    """The rows of numbers, and where each of them stands."""
    rows, places = [], []
    for number, line in enumerate(lines[header + 1 :], start=header + 2):
        words = re.split(r"#|//", line)[0].replace(",", " ").split()
        if not words:
            continue
        row = numbers_of(words)
        where = f"{path} line {number}"
        if row is None:
            odd = next(word for word in words if number_of(word) is None)
            raise InputError(f"{where}: '{odd}' is not a number")
        if len(row) != len(columns):
            titles = " ".join(column.name for column in columns)
            raise InputError(f"{where}: {len(row)} numbers, expected {len(columns)}: {titles}")
        rows.append(row)
        places.append(where)
    return rows, places


def _tops(table: dict[str, np.ndarray], places: Sequence[str], straight: bool) -> np.ndarray:
    """Depths [m] of the rows; InputError where they do not increase (one may be there twice, if straight)."""
    if "depth" in table:
        tops = table["depth"]
        steps = np.diff(tops)
        wrong = np.flatnonzero(steps < 0 if straight else steps <= 0) + 1
        text = "the depth is not below that of the row before"
    else:
        tops = np.concatenate([[0.0], np.cumsum(table["thickness"][:-1])])
        wrong = np.flatnonzero(table["thickness"][:-1] <= 0)
        text = "the thickness is not above 0"
    if wrong.size:
        raise InputError(f"{places[wrong[0]]}: {text}")
    return tops


def _quality(table: dict[str, np.ndarray], name: str) -> np.ndarray:
    """A quality factor; 0, or no column, stands for no attenuation."""
    q = table.get(name, np.zeros_like(table["vs"]))
    return np.where(q == 0, np.inf, q)


def numbers_of(words: list[str]) -> list[float] | None:
    """The numbers that words are; None if one of them is none."""
    found = [number_of(word) for word in words]
    return None if None in found else [number for number in found if number is not None]


def number_of(word: str) -> float | None:
    """The finite number that a word is, also with the exponent D of Fortran; else None."""
    try:
        value = float(re.sub(r"(?<=[0-9.])[dD](?=[-+0-9])", "e", word))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
