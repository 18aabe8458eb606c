"""Faults of the program Coulomb (Toda et al. 2011, USGS Open-File Report 2011-1060), files `*.inp`.

    PR1= .250 PR2= .250 DEPTH= 10.0                     Poisson's ratio
    E1= 0.800000E+06 E2= 0.800000E+06                   Young's modulus in bar
      #   X-start    Y-start     X-fin      Y-fin   Kode  rt.lat    reverse   dip angle     top      bot
    xxx xxxxxxxxxx xxxxxxxxxx xxxxxxxxxx xxxxxxxxxx xxx xxxxxxxxxx xxxxxxxxxx xxxxxxxxxx xxxxxxxxxx xxxxxxxxxx
      1      -10.0       20.0       10.0       20.0 100        0.0        1.5       30.0        5.0      15.0
      3 --------------------------- zero lon =      142.3690000     of the point x = y = 0
      6 --------------------------- zero lat =       38.2970000

Lengths in km, x to the east, y to the north; slip in m, right-lateral and reverse slip positive, or `rake` [degrees]
and `netslip` in place of the two. Start and finish are the ends of the top edge; the fault dips to their right. With
zero lon and zero lat, x and y are distances on the ellipsoid from there, in the direction in which they start; else the
fault lies on a plane. Only slip (Kode 100) is read. Faults without slip, on which stress is computed, move nothing.
"""

import re
from pathlib import Path

import numpy as np

from esim.errors import InputError
from esim.grids.projection import destination
from esim.sources.finite_fault import RIGIDITY, FiniteFault
from esim.sources.formats.lines import Lines, opened

COLUMNS = "# X-start Y-start X-fin Y-fin Kode rt.lat reverse dip top bot"
SETTING = re.compile(r"(\bPR1|\bE1|#fixed|zero lon|zero lat)\s*=\s*([-+0-9.eE]+)", re.IGNORECASE)
BAR = 1e5  # Pa


def read(path: Path, rigidity: float | None = None) -> FiniteFault:
    """Reads the faults that slip; rigidity [Pa] replaces that which the elastic constants of the file give.

    Raises InputError with file and line where it is not as it should be.
    """
    with opened(path, comment=None) as lines:
        settings, rows, numbers = _read(lines)
    if settings.get("#fixed", len(rows)) != len(rows):
        lines.remark_all(
            f"#fixed is {settings['#fixed']:g}, but there are {len(rows)} faults, which are used"
        )
    lines.remark_all("no rupture times: everything moves at the origin time")
    x0, y0, x1, y1, dip, top, bottom = (
        np.array([row[:7] for row in rows]).T * np.r_[[1e3] * 4, 1, 1e3, 1e3][:, None]
    )
    rake, slip = np.array([row[7:] for row in rows]).T
    lonlat = "zero lon" in settings and "zero lat" in settings
    if lonlat:
        x, y = destination(settings["zero lon"], settings["zero lat"], x0, y0)
    else:
        x, y = x0, y0
        lines.remark_all("neither zero lon nor zero lat: its x and y are taken for those of the grid")
    poisson = settings.get("pr1", 0.25)
    mu = settings["e1"] * BAR / (2 * (1 + poisson)) if "e1" in settings else RIGIDITY
    count = len(rows)
    return FiniteFault(
        lonlat=lonlat,
        x=x,
        y=y,
        along=np.zeros(count),
        down=np.zeros(count),
        depth=top,
        length=np.hypot(x1 - x0, y1 - y0),
        width=(bottom - top) / np.sin(np.deg2rad(dip)),
        strike=np.mod(np.rad2deg(np.arctan2(x1 - x0, y1 - y0)), 360.0),
        dip=dip,
        rake=np.mod(rake, 360.0),
        start=np.zeros((count, 1)),
        rise=np.zeros((count, 1)),
        slip=slip[:, None],
        opening=np.zeros(count),
        rigidity=mu if rigidity is None else rigidity,
        poisson=poisson,
        labels=tuple(f"{path} line {number}" for number in numbers),
        rigidity_given="e1" in settings or rigidity is not None,
        remarks=lines.remarks,
    )


def _read(lines: Lines) -> tuple[dict[str, float], list[list[float]], list[int]]:
    """Settings by name in small letters, faults as x0 y0 x1 y1 dip top bottom rake slip, and their lines."""
    settings: dict[str, float] = {}
    rows: list[list[float]] = []
    numbers: list[int] = []
    table, with_rake = False, False
    line = lines.optional()
    while line is not None:
        words = line.split()
        if "x-start" in line.lower():
            table, with_rake = True, "rake" in line.lower()
        elif table and words[0].isdigit() and "----" not in line:
            rows.append(_fault(lines, words, with_rake))
            numbers.append(lines.number)
        elif not line.startswith("xxx"):
            table = False
            settings |= {name.lower(): lines.number_of(word, name) for name, word in SETTING.findall(line)}
        line = lines.optional()
    if not rows:
        raise InputError(f"{lines.where}: the file ends here, expected {COLUMNS} and faults")
    return settings, rows, numbers


def _fault(lines: Lines, words: list[str], with_rake: bool) -> list[float]:
    """x0 y0 x1 y1 dip top bottom, rake and slip of a row, in the units of the file."""
    expected = COLUMNS.replace("rt.lat reverse", "rake netslip") if with_rake else COLUMNS
    if len(words) < 11:
        raise InputError(f"{lines.where}: has {len(words)} values, expected 11: {expected}")
    x0, y0, x1, y1, kode, first, second, dip, top, bottom = (
        lines.number_of(w, expected) for w in words[1:11]
    )
    rake, slip = (
        (first, second) if with_rake else (np.rad2deg(np.arctan2(second, -first)), np.hypot(first, second))
    )
    if slip < 0:
        rake, slip = rake + 180.0, -slip
    if kode != 100 and slip:
        raise InputError(
            f"{lines.where}: Kode is {kode:g}, expected 100, slip; opening and points are not read"
        )
    if not 0 < dip <= 90:
        raise InputError(f"{lines.where}: dip is {dip:g}, expected more than 0 and at most 90 degrees")
    if not 0 <= top < bottom:
        raise InputError(f"{lines.where}: top and bot are {top:g} and {bottom:g} km, expected 0 <= top < bot")
    return [x0, y0, x1, y1, dip, top, bottom, float(rake), float(slip)]
