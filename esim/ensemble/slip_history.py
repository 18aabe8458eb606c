"""Which subfaults of a library slip, how much, and when? Those of a fault file that are the same rectangles."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from esim.constants import EARTH_RADIUS
from esim.errors import InputError
from esim.sources.finite_fault import FiniteFault

NEAR = 0.02  # of the shorter side: how far centres, lengths and widths may be apart
TURNED = 1.0  # degrees, by which angles may differ


@dataclass(frozen=True, eq=False)
class SlipHistory:
    """Slip [m] of w windows on subfaults of a library, by their number (n,), with start and rise [s]: all (n, w)."""

    subfault: np.ndarray
    slip: np.ndarray
    start: np.ndarray
    rise: np.ndarray

    @property
    def at_once(self) -> bool:
        """Whether all slip comes at the origin time."""
        return not (self.start[self.slip != 0].any() or self.rise[self.slip != 0].any())

    def total(self, subfaults: int) -> np.ndarray:
        """Slip [m] of each of all subfaults of the library when everything has moved, (subfaults,)."""
        found = np.zeros(subfaults)
        np.add.at(found, self.subfault, self.slip.sum(axis=1))
        return found


def match_slip(slip: FiniteFault, library: FiniteFault) -> SlipHistory:
    """The slip of a fault on the subfaults of a library, in any order; those that are not named do not slip.

    Raises InputError for a subfault that slips and is none of the library, with what differs from the nearest.
    """
    if slip.corners is not None:
        raise InputError(f"{slip.label(0)}: is a triangle; expected the rectangles of the library")
    if slip.lonlat != library.lonlat:
        words = {True: "lon and lat", False: "x and y"}
        raise InputError(
            f"{slip.label(0)}: is placed by {words[slip.lonlat]}, but the library by {words[library.lonlat]}"
        )
    if (slip.opening != 0).any():
        n = int(np.flatnonzero(slip.opening)[0])
        raise InputError(f"{slip.label(n)}: opens; a library of unit sources has slip only")
    if (slip.start[slip.slip != 0] < 0).any():
        n = int(np.argwhere((slip.start < 0) & (slip.slip != 0))[0][0])
        raise InputError(
            f"{slip.label(n)}: slips before the origin time, at which the runs of a library begin"
        )
    moving, centres, theirs = np.flatnonzero(slip.moving), _centres(slip), _centres(library)
    numbers = []
    for n in moving.tolist():
        away = np.linalg.norm(theirs - centres[n], axis=1)
        numbers.append(_require_same(slip, n, library, int(away.argmin()), float(away.min())))
    return SlipHistory(np.array(numbers), slip.slip[moving], slip.start[moving], slip.rise[moving])


def _centres(fault: FiniteFault) -> np.ndarray:
    """Centres of the subfaults [m] on the ground, in space where they are in lon and lat, (n, 3)."""
    x, y = np.array([fault.centre(n) for n in range(fault.x.size)]).T
    if not fault.lonlat:
        return np.stack([x, y, 0 * x], axis=1)
    lon, lat = np.deg2rad(x), np.deg2rad(y)
    return EARTH_RADIUS * np.stack(
        [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1
    )


def _require_same(slip: FiniteFault, n: int, library: FiniteFault, nearest: int, distance: float) -> int:
    """The nearest subfault of a library, a distance [m] away, if it is the same as one of a fault, else InputError."""
    wrong = next(_differences(slip, n, library, nearest, distance), None)
    if wrong is not None:
        raise InputError(
            f"{slip.label(n)}: is none of the library's subfaults: {wrong} ({library.label(nearest)}); expected those "
            "of subfaults.csv beside the library"
        )
    return nearest


def _differences(slip: FiniteFault, n: int, library: FiniteFault, k: int, distance: float) -> Iterator[str]:
    """What differs between subfault n of a fault and the nearest of a library, whose centre is a distance [m] away."""
    room = NEAR * float(min(library.length[k], library.width[k]))
    if distance > room:
        yield f"its centre is {distance / 1e3:.3g} km from that of the nearest"
    depths = [float(one.outline(m)[:, 2].mean()) for one, m in ((slip, n), (library, k))]
    if abs(depths[0] - depths[1]) > room:
        yield f"its centre is {depths[0] / 1e3:.4g} km deep, that of the nearest {depths[1] / 1e3:.4g} km"
    for name in ("length", "width"):
        mine, its = float(getattr(slip, name)[n]), float(getattr(library, name)[k])
        if abs(mine - its) > NEAR * its:
            yield f"its {name} is {mine / 1e3:.4g} km, that of the nearest {its / 1e3:.4g} km"
    for name in ("strike", "dip", "rake"):
        mine, its = float(getattr(slip, name)[n]), float(getattr(library, name)[k])
        if abs((mine - its + 180.0) % 360.0 - 180.0) > TURNED:
            yield f"its {name} is {mine:.4g} degrees, that of the nearest {its:.4g} degrees"
