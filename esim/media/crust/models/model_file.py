"""What does a text file of a 1-D Earth model say?

Three formats are read, distinguished by their content; lengths are in km, velocities in km/s, densities in g/cm3:

    tvel    two lines of text, then depth vp vs rho; values run straight between depths
    nd      depth vp vs rho [Qp Qs]; a line of one word (mantle, outer-core, ...) names the discontinuity; straight
    layers  depth rho vp vs [Qp Qs]; `#` begins a comment; values are constant from a depth to the next one

The order of the columns tells the second from the third: in rock rho is the smaller number in front of vp, while
vp is the larger one in front of vs. A comment that names the columns (`# depth rho vp vs Qp Qs`) decides where
both could be meant. A depth that is there twice is a jump; it belongs below. Of layers, the last goes on for
ever; a model of the other forms ends at its last depth. Q = 0 stands for no attenuation. Depths are not
flattened: a plane grid ignores that the Earth is round.
"""

import math
import re
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.media.crust.checks import LEAST_RATIO, ROUNDING, require_sound
from esim.media.crust.models.profile import Profile

STRAIGHT = ("depth", "vp", "vs", "rho")
LAYERS = ("depth", "rho", "vp", "vs")
HEADER = 2  # lines of text before a table, at most
WIDTHS = (4, 6)  # columns without and with Q
EXPECTED = "depth vp vs rho [Qp Qs] or depth rho vp vs [Qp Qs]"


def read(path: Path) -> Profile:
    """The model of a text file in SI units; raises InputError with the line that is wrong."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable text file ({error})") from error
    table, numbers = _table(path, lines)
    order = _order(path, lines, table)
    places = tuple(f"{path} line {number}" for number in numbers)
    falls = np.flatnonzero(np.diff(table[:, 0]) < 0)
    if falls.size:
        n = int(falls[0])
        raise InputError(
            f"{places[n + 1]}: depth {table[n + 1, 0]:g} km is above that of the row before, {table[n, 0]:g} km"
        )
    values = _values(table, order)
    require_sound(values, lambda index: places[index[0]])
    return Profile(1000 * table[:, 0], values, order == STRAIGHT, str(path), places)


def _table(path: Path, lines: list[str]) -> tuple[np.ndarray, list[int]]:
    """The rows of numbers (n, 4 or 6), and the line of each."""
    rows: list[list[float]] = []
    numbers: list[int] = []
    titles = 0
    for number, line in enumerate(lines, start=1):
        words = re.split(r"#|//", line)[0].replace(",", " ").split()
        if not words:
            continue
        row = _numbers(words)
        if row is not None:
            if len(row) not in WIDTHS or (rows and len(row) != len(rows[0])):
                expected = len(rows[0]) if rows else "4 or 6"
                raise InputError(f"{path} line {number}: {len(row)} numbers, expected {expected}: {EXPECTED}")
            rows.append(row)
            numbers.append(number)
        elif not rows and _number(words[0]) is None and titles < HEADER:
            titles += 1
        elif not (len(words) == 1 and re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", words[0])):
            odd = next(word for word in words if _number(word) is None)
            raise InputError(f"{path} line {number}: '{odd}' is not a number, expected {EXPECTED}")
    if not rows:
        raise InputError(f"{path}: holds no row of numbers, expected {EXPECTED}")
    return np.array(rows), numbers


def _numbers(words: list[str]) -> list[float] | None:
    found = [_number(word) for word in words]
    return None if None in found else [number for number in found if number is not None]


def _number(word: str) -> float | None:
    """The finite number that a word is, also with the exponent D of Fortran; else None."""
    try:
        value = float(re.sub(r"(?<=[0-9.])[dD](?=[-+0-9])", "e", word))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _order(path: Path, lines: list[str], table: np.ndarray) -> tuple[str, ...]:
    """Which columns the first four are."""
    for line in lines:
        if line.lstrip().startswith(("#", "//")):
            named = tuple(re.findall(r"\b(depth|rho|vp|vs)\b", line.lower()))
            if named in (STRAIGHT, LAYERS):
                return named
    second, third, fourth = table[:, 1], table[:, 2], table[:, 3]
    least = LEAST_RATIO * (1 - ROUNDING)
    straight, layers = bool((second >= least * third).all()), bool((third >= least * fourth).all())
    if straight != layers:
        return STRAIGHT if straight else LAYERS
    reason = "could be either" if straight else "gives vp less than sqrt(2) times vs in some row either way"
    raise InputError(
        f"{path}: {reason}, expected the columns {EXPECTED}; a line '# depth rho vp vs' or '# depth vp vs rho' names "
        "them"
    )


def _values(table: np.ndarray, order: tuple[str, ...]) -> np.ndarray:
    """vp, vs, rho, qp, qs (5, n) in SI units."""
    columns = {name: 1000 * table[:, n] for n, name in enumerate(order)}
    q = table[:, 4:].T if table.shape[1] == WIDTHS[1] else np.zeros((2, len(table)))
    return np.stack([columns["vp"], columns["vs"], columns["rho"], *np.where(q == 0, np.inf, q)])
