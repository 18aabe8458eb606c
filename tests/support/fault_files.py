"""A thrust fault of twelve subfaults, as FiniteFault and as the files in which others would write it."""

from pathlib import Path

import numpy as np
import pytest

from esim.sources import geodesy
from esim.sources.finite_fault import FiniteFault
from esim.sources.ocean import seafloor

LON, LAT, STRIKE, DIP = 142.0, 0.0, 200.0, 12.0  # on the equator: parallels bend least there
LENGTH, WIDTH, TOP = 20e3, 15e3, 6e3  # of a subfault, and the depth of the first row's upper edge
ALONG, DOWN = 4, 3
MU = 3.2e10


def rows(along: float = 0.5, down: float = 0.5, strike: float = STRIKE, dip: float = DIP, lon: float = LON):
    """Subfaults of a plane whose upper edge begins at (lon, LAT): lon, lat, depth [m], slip [m], times [s]."""
    for k in range(DOWN):
        for n in range(ALONG):
            yield (
                *at((n + along) * LENGTH, (k + down) * WIDTH, strike, dip, lon),
                1.0 + n + 2 * k,
                3.0 * n + k,
                4.0,
            )


def at(along: float, down: float, strike: float, dip: float, lon: float) -> tuple[float, float, float]:
    """lon, lat and depth [m] of a point on the plane."""
    s, c, level = np.sin(np.deg2rad(strike)), np.cos(np.deg2rad(strike)), down * np.cos(np.deg2rad(dip))
    x, y = geodesy.travel(lon, LAT, along * s + level * c, along * c - level * s, True)
    return x, y, TOP + down * np.sin(np.deg2rad(dip))


def plane() -> FiniteFault:
    """The same subfaults, as they should be read."""
    values = np.array(list(rows())).T
    full = np.full(ALONG * DOWN, 1.0)
    return FiniteFault(
        True,
        values[0],
        values[1],
        0.5 * full,
        0.5 * full,
        values[2],
        LENGTH * full,
        WIDTH * full,
        STRIKE * full,
        DIP * full,
        95.0 * full,
        values[4][:, None],
        10.0 * full[:, None],
        values[3][:, None],
        0.0 * full,
        MU,
    )


def param(
    folder: Path,
    segments=((STRIKE, DIP, LON),),
    along=0.5,
    down=0.5,
    corners=True,
    header=None,
    unit="",
    inset=0.0,
):
    """A .param file with the points of subfaults anywhere in them, and corners `inset` subfaults inside the plane."""
    lines = [f"#Total number of fault_segments=     {len(segments)}"]
    for number, (strike, dip, lon) in enumerate(segments, start=1):
        lines.append(
            f"#Fault_segment =   {number} nx(Along-strike)= {ALONG:3d} Dx= {LENGTH / 1e3:5.2f}km "
            f"ny(downdip)= {DOWN:3d} Dy= {WIDTH / 1e3:5.2f}km"
        )
        lines += [f"#Boundary of Fault_segment     {number}. EQ in cell 2,2.", "#Lon.  Lat.  Depth"]
        if corners:
            (a0, a1), (d0, d1) = (
                (inset * size, (count - inset) * size) for count, size in ((ALONG, LENGTH), (DOWN, WIDTH))
            )
            ends = ((a0, d0), (a1, d0), (a1, d1), (a0, d1), (a0, d0))
            for end in ends:
                x, y, z = at(*end, strike, dip, lon)
                lines.append(f"   {x:.5f}  {y:.5f}  {z / 1e3:.5f}")
        lines.append(header or f"#Lat. Lon. depth slip{unit} rake strike dip t_rup t_ris t_fal mo")
        for x, y, z, slip, start, rise in rows(along, down, strike, dip, lon):
            mo = MU * LENGTH * WIDTH * slip * 1e7
            size = slip if unit == "(m)" else slip * 100
            lines.append(
                f"{y:.6f} {x:.6f} {z / 1e3:.5f} {size:.4f} 95.0 {strike} {dip} {start} {rise} 6.0 {mo:.6e}"
            )
    return written(folder / "fault.param", lines)


def written(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def uplift(fault: FiniteFault) -> np.ndarray:
    x, y = np.linspace(140, 144, 21), np.linspace(-2, 1, 16)
    return seafloor.uplift(fault, np.array([0.0, 8.0, 1e3]), x, y, True)


def same(found: FiniteFault, expected: FiniteFault) -> None:
    np.testing.assert_allclose(uplift(found), uplift(expected), atol=1e-3)
    assert np.abs(uplift(expected)).max() > 1.0
    assert found.moment() == pytest.approx(expected.moment(), rel=1e-4)


# .fsp

HEAD = f"""% ---------------------------- FINITE-SOURCE RUPTURE MODEL --------------------------------
%
% Event : SOMEWHERE 1900/01/01 [made for a test]
% EventTAG: p0001
%
% Loc  : LAT = 0.0   LON = 142.5   DEP = 12.0
% Size : LEN = 80.0 km   WID = 45.0 km   Mw = 8.1   Mo = {MU * LENGTH * WIDTH * 54.0:.6e} Nm
% Mech : STRK = {STRIKE}   DIP = {DIP}   RAKE = 95.0   Htop = {TOP / 1e3} km
% Rupt : HypX = 30.00 km  HypZ = 22.5 km   avTr = 999.0 s   avVr = 2.5 km/s
% Invs : Nx = 4   Nz = 3   Fmin = 0.01 Hz   Fmax = 1.0 Hz
% Invs : Dx = {LENGTH / 1e3} km   Dz = {WIDTH / 1e3} km
% Invs : Ntw = 2   Nsg = 1   (# of time-windows,# of fault segments)
% Invs : LEN = 5.0 s   SHF = 5.0 s   (time-window length and time-shift)
% SVF : Asymetriccosine
%
% SOURCE MODEL PARAMETERS
% Nsbfs = 12 subfaults
% X,Y,Z coordinates in km; SLIP in m
% Coordinates are given for center of each subfault or segment
""".splitlines()
NAMES = "% LAT LON X==EW Y==NS Z SLIP RAKE TRUP RISE SF_MOMENT"


def table(moment=True, windows=False, down=0.5, **where):
    for x, y, z, slip, start, _ in rows(down=down, **where):
        line = f"{y:.6f} {x:.6f} 1.0 2.0 {z / 1e3:.6f} {slip:.6f} 95.0 {start}"
        line += f" {0.5 * slip:.6f} {0.5 * slip:.6f}" if windows else " 10.0"
        yield line + (f" {MU * LENGTH * WIDTH * slip:.6e}" if moment else "")
