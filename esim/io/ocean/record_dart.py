"""What did a DART buoy record? Text of NOAA: year month day hour minute second type height, in any order of time.

Format: NOAA National Data Buoy Center, "Measurement descriptions and units", section Tsunameter (DART): times are in
UTC, the type is 1, 2 or 3 for values every 15 min, 1 min and 15 s, the height is that of the water column in m.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.io.ocean.record_values import since_origin, without_marks

ROW = re.compile(r"((?:19|20)\d\d)" + r"\s+(\d{1,2})" * 5 + r"\s+([123])\s+(-?\d+(?:\.\d*)?)")
TITLE = re.compile(r"#?\s*YY(YY)?\s+MM\s+DD\s+hh\s+mm", re.IGNORECASE)
FIRST = 100  # lines that are looked at


def is_dart(path: Path) -> bool:
    """Whether the first row that is no comment and no title is one of DART text."""
    try:
        with path.open(encoding="utf-8-sig") as stream:
            lines = [line.strip() for line, _ in zip(stream, range(FIRST), strict=False)]
    except (OSError, UnicodeDecodeError):
        return False
    row = next((line for line in lines if line and not _beside(line)), "")
    return ROW.fullmatch(row) is not None


def read_dart(
    path: Path, origin: datetime | None, without_origin: str
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Times [s since the origin], heights [m], NaN for none, and what was assumed; InputError for a wrong row."""
    times, heights = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        text = line.strip()
        if not text or _beside(text):
            continue
        if (match := ROW.fullmatch(text)) is None:
            raise InputError(
                f"{path.name}, line {number}: '{text[:60]}' is no row of DART text; expected year month day hour "
                "minute second type height"
            )
        try:
            year, month, day, hour, minute, second = map(int, match.groups()[:6])
            moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError as error:
            raise InputError(f"{path.name}, line {number}: {error}") from None
        times.append(since_origin(path, moment, origin, without_origin))
        heights.append(float(match[8]))
    return np.array(times, float), *without_marks(np.array(heights, float))


def _beside(line: str) -> bool:
    """Whether a line is a comment or the title of the columns."""
    return line.startswith("#") or TITLE.match(line) is not None
