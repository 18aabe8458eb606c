"""What does a text file of a 1-D Earth model say?

Three formats are read, distinguished by their content; lengths are in km, velocities in km/s, densities in g/cm3:

    tvel    two lines of text, then depth vp vs rho; values run straight between depths
    nd      depth vp vs rho [Qp Qs]; a line of one word (mantle, outer-core, ...) names the discontinuity; straight
    layers  depth rho vp vs [Qp Qs]; `#` begins a comment; values are constant from a depth to the next one

The order of the columns tells the second from the third: in rock rho is the smaller number in front of vp, while
vp is the larger one in front of vs. A comment that names the columns (`# depth rho vp vs Qp Qs`) decides where
both could be meant. A depth that is there twice is a jump; it belongs below. Of layers, the last goes on for
ever; a model of the other forms ends at its last depth. Files with other columns, thicknesses for example, name them:
see model_columns. Q = 0 stands for no attenuation. Depths are not
flattened: a plane grid ignores that the Earth is round.
"""

import re
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.media.crust.checks import LEAST_RATIO, ROUNDING, require_sound
from esim.media.crust.models.model_columns import Column, is_plain, named_columns
from esim.media.crust.models.named_layers import named_layers, number_of, numbers_of
from esim.media.crust.models.profile import Profile

STRAIGHT = ("depth", "vp", "vs", "rho")
LAYERS = ("depth", "rho", "vp", "vs")
HEADER = 2  # lines of text before a table, at most
WIDTHS = (4, 6)  # columns without and with Q
EXPECTED = "depth vp vs rho [Qp Qs] or depth rho vp vs [Qp Qs]"


def read(path: Path, scaling: str | None = None) -> Profile:
    """The model of a text file in SI units; raises InputError with the line that is wrong.

    scaling makes vp and density where the columns that a line names have none.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable text file ({error})") from error
    named = _named(lines)
    if named is not None:
        return named_layers(path, lines, *named, scaling)
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


def _named(lines: list[str]) -> tuple[int, list[Column]] | None:
    """The last line above the numbers that names columns of another form than those above, and these columns.

    A line of other words, "depth vs velocity" say, is none unless it has as many words as there are numbers.
    """
    found, count = None, 0
    for n, line in enumerate(lines):
        words = re.split(r"#|//", line)[0].replace(",", " ").split()
        if words and numbers_of(words) is not None:
            count = len(words)
            break
        columns = named_columns(line)
        found = (n, columns) if columns is not None else found
    if found is None or is_plain(found[1]):
        return None
    return found if count in (0, len(found[1])) or all(column.known for column in found[1]) else None


def _table(path: Path, lines: list[str]) -> tuple[np.ndarray, list[int]]:
    """The rows of numbers (n, 4 or 6), and the line of each."""
    rows: list[list[float]] = []
    numbers: list[int] = []
    titles = 0
    for number, line in enumerate(lines, start=1):
        words = re.split(r"#|//", line)[0].replace(",", " ").split()
        if not words:
            continue
        row = numbers_of(words)
        if row is not None:
            if len(row) not in WIDTHS or (rows and len(row) != len(rows[0])):
                expected = len(rows[0]) if rows else "4 or 6"
                raise InputError(f"{path} line {number}: {len(row)} numbers, expected {expected}: {EXPECTED}")
            rows.append(row)
            numbers.append(number)
        elif not rows and number_of(words[0]) is None and titles < HEADER:
            titles += 1
        elif not (len(words) == 1 and re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", words[0])):
            odd = next(word for word in words if number_of(word) is None)
            raise InputError(f"{path} line {number}: '{odd}' is not a number, expected {EXPECTED}")
    if not rows:
        raise InputError(f"{path}: holds no row of numbers, expected {EXPECTED}")
    return np.array(rows), numbers


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
