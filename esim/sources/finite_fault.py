"""What is a finite fault? Rectangular subfaults with slip, rupture time and rise time."""

from dataclasses import dataclass, field, replace
from math import ceil, cos, log10, radians, sin
from typing import Self

import numpy as np

from esim.config.limits import FAULT_SIZE, IN_EARTH, RUPTURE, SLIP, STIFFNESS
from esim.config.yaml.units import ANGLE, LENGTH
from esim.config.yaml.within import Within
from esim.errors import InputError
from esim.sources import geodesy

RIGIDITY = 4e10  # Pa, of the shallow part of a subduction zone; it enters the moment, not the displacement

DEGREES, METRES = ANGLE.within, LENGTH.within
LIMITS = {
    "depth": IN_EARTH, "length": FAULT_SIZE, "width": FAULT_SIZE, "opening": SLIP, "start": RUPTURE, "rise": RUPTURE,
}  # fmt: skip
MOST_RECORDS = 1e5
ROUNDED = 1.0  # m, by which rounding may let a subfault stand out of the ground

# The point of a rectangle whose position and depth are given: how far along strike and how far down dip it
# lies, as fractions of length and width.
REFERENCES = {"top_center": (0.5, 0.0), "top_corner": (0.0, 0.0), "center": (0.5, 0.5)}


@dataclass(frozen=True, eq=False)
class FiniteFault:
    """n rectangular subfaults that slip in w time windows; arrays (n,), those of the windows (n, w), float64.

    x, y: reference point of each subfault, degrees if lonlat, else m; along, down: where in the rectangle it
    is (see REFERENCES); depth [m] of that point; length, width [m]; strike, dip, rake [degrees]; start, rise
    [s], slip [m] of each window (slip grows linearly over rise, or jumps where rise = 0); opening [m], which
    grows in proportion to the slip, or to the windows where there is none; rigidity [Pa], one or (n,), and
    whether it was given or is the default; labels: where each subfault was read, for messages; remarks: what the
    user should know of how it was read, a sentence each. corners (n, 3, 3), as x, y, depth, where the subfaults are
    triangles; the rectangles then have their centres, areas, strikes and dips. InputError names the subfault whose
    value is impossible.
    """

    lonlat: bool
    x: np.ndarray
    y: np.ndarray
    along: np.ndarray
    down: np.ndarray
    depth: np.ndarray
    length: np.ndarray
    width: np.ndarray
    strike: np.ndarray
    dip: np.ndarray
    rake: np.ndarray
    start: np.ndarray
    rise: np.ndarray
    slip: np.ndarray
    opening: np.ndarray
    rigidity: float | np.ndarray = RIGIDITY
    poisson: float = 0.25
    labels: tuple[str, ...] = field(default=())
    rigidity_given: bool = True
    remarks: tuple[str, ...] = ()
    corners: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name in ("x", "y", "depth", "length", "width", "strike", "dip", "rake", "start", "rise", "slip"):
            self._require(np.isfinite(getattr(self, name)), name, "is not a finite number")
        self._require(np.isfinite(self.opening), "opening", "is not a finite number")
        places = {name: DEGREES if self.lonlat else METRES for name in ("x", "y")}
        for name, within in (places | LIMITS).items():
            self._require_within(getattr(self, name), name, within)
        self._require_within(self.total_slip, "slip", SLIP)
        self._require_within(np.broadcast_to(self.rigidity, self.x.shape), "rigidity", STIFFNESS)
        for name in ("length", "width"):
            self._require(getattr(self, name) > 0, name, "must be greater than zero")
        self._require((self.dip >= 0) & (self.dip <= 90), "dip", "must be between 0 and 90 degrees")
        for name in ("strike", "rake"):
            self._require(np.abs(getattr(self, name)) <= 360, name, "must be between -360 and 360 degrees")
        self._require(self.slip >= 0, "slip", "must not be negative; turn the rake by 180 degrees instead")
        self._require(self.rise >= 0, "rise_time", "must not be negative")
        self._require(self.top >= -1e-6 * self.width, "depth", "puts the top edge above the ground")
        self._require(
            (self.dip > 0) | (self.top > 0), "depth", "is 0: a horizontal fault must lie below the ground"
        )
        if self.lonlat:
            self._require(np.abs(self.y) <= 90, "lat", "must be between -90 and 90 degrees")
        if not (self.slip.any() or self.opening.any()):
            raise InputError(
                f"{self.label(0)}: no subfault slips or opens; expected at least one slip above 0"
            )

    @property
    def top(self) -> np.ndarray:
        """Depth of the top edges [m], (n,)."""
        if self.corners is not None:
            return self.corners[:, :, 2].min(axis=1)
        return self.depth - self.down * self.width * np.sin(np.deg2rad(self.dip))

    @property
    def total_slip(self) -> np.ndarray:
        """Slip when all windows have ended [m], (n,)."""
        return self.slip.sum(axis=1)

    @property
    def moving(self) -> np.ndarray:
        """Which subfaults slip or open, (n,)."""
        return (self.total_slip > 0) | (self.opening != 0)

    def moment(self) -> float:
        """Seismic moment of the slip [N m], rigidity x area x slip; opening has none."""
        return float(np.sum(self.rigidity * self.length * self.width * self.total_slip))

    def magnitude(self) -> float | None:
        """Moment magnitude 2/3 (log10 M0 - 9.1), M0 in N m (Hanks and Kanamori 1979); None without slip."""
        return moment_magnitude(self.moment())

    def instantaneous(self) -> Self:
        """The same fault with everything moving at the origin time, t = 0."""
        return replace(self, start=np.zeros_like(self.start), rise=np.zeros_like(self.rise))

    def scaled(self, factor: float) -> Self:
        """The same fault with its slip, and opening, times a factor."""
        return replace(self, slip=factor * self.slip, opening=factor * self.opening)

    def progress(self, times: np.ndarray) -> np.ndarray:
        """Fraction 0..1 of its final dislocation that each subfault has reached, (K, n), at times (K,) [s].

        It is exactly 0 before the first window and exactly 1 after the last.
        """
        weight = np.where(self.slip.any(axis=1, keepdims=True), self.slip, 1.0)
        done, total = np.zeros((len(times), len(self.x))), np.zeros(len(self.x))
        for start, rise, part in zip(self.start.T, self.rise.T, weight.T, strict=True):
            since = times[:, None] - start
            ramp = np.clip(since / np.where(rise > 0, rise, 1.0), 0.0, 1.0)
            done += part * np.where(times[:, None] >= start + rise, 1.0, np.where(rise > 0, ramp, 0.0))
            total += part
        return done / total

    def times(self, time_step: float) -> np.ndarray:
        """Times [s], (K,), from first to last motion, at most time_step apart; one if all moves at once.

        A jump (rise = 0) that falls between two of them is spread over the interval between them.
        """
        moving = (self.slip > 0) | ((self.total_slip == 0) & (self.opening != 0))[:, None]
        first, last = self.start[moving].min(), (self.start + self.rise)[moving].max()
        if (last - first) / time_step > MOST_RECORDS:
            raise InputError(
                f"{self.label(0)}: {(last - first) / time_step:.3g} records of the seafloor, from {first:g} to "
                f"{last:g} s every {time_step:g} s; expected at most {MOST_RECORDS:g}: use a longer time_step"
            )
        return np.linspace(first, last, ceil(round((last - first) / time_step, 9)) + 1)

    def centre(self, n: int) -> tuple[float, float]:
        """Position of the middle of subfault n, in the coordinates of x and y."""
        return self._point(n, 0.5, 0.5)[:2]

    def outline(self, n: int) -> np.ndarray:
        """Corners (4, 3), of a triangle (3, 3), of subfault n: x, y as those of the fault, depth [m]; the top first."""
        if self.corners is not None:
            return self.corners[n]
        ends = [(a, d) for d, sides in ((0.0, (0.0, 1.0)), (1.0, (1.0, 0.0))) for a in sides]
        return np.array([self._point(n, along, down) for along, down in ends])

    def rupture_start(self) -> tuple[float, float] | None:
        """Middle of the one subfault that slips first, as x and y; None where several do, or there is only one."""
        starts = np.where(self.slip > 0, self.start, np.inf).min(axis=1)
        first = np.flatnonzero(starts == starts.min())
        return self.centre(int(first[0])) if first.size == 1 and starts.size > 1 else None

    def label(self, n: int) -> str:
        """How to call subfault n in a message."""
        return self.labels[n] if self.labels else f"subfault {n + 1}"

    def _point(self, n: int, along: float, down: float) -> tuple[float, float, float]:
        """x, y, depth [m] of the point of subfault n at fractions of its length along strike and its width down dip."""
        length = (along - self.along[n]) * self.length[n]
        slant = (down - self.down[n]) * self.width[n]
        across = slant * cos(radians(self.dip[n]))
        s, c = sin(radians(self.strike[n])), cos(radians(self.strike[n]))
        x, y = float(self.x[n]), float(self.y[n])
        place = geodesy.travel(x, y, length * s + across * c, length * c - across * s, self.lonlat)
        return *place, float(self.depth[n] + slant * sin(radians(self.dip[n])))

    def _require_within(self, values: np.ndarray, name: str, within: Within) -> None:
        """Raises InputError for the first value that nothing on the Earth has, with what sets the bound."""
        wrong = np.argwhere((values < within.low) | (values > within.high))
        if wrong.size:
            value = float(values[tuple(wrong[0])])
            raise InputError(
                f"{self.label(int(wrong[0][0]))}: {name} is {value:g} and {within.problem(value)}"
            )

    def _require(self, valid: np.ndarray, name: str, problem: str) -> None:
        """Raises InputError for the first subfault where valid is False."""
        wrong = np.flatnonzero(~valid.reshape(len(self.x), -1).all(axis=1))
        if wrong.size:
            raise InputError(f"{self.label(int(wrong[0]))}: {name} {problem}")


def moment_magnitude(moment: float) -> float | None:
    """2/3 (log10 M0 - 9.1) of a moment M0 [N m] (Hanks and Kanamori 1979); None where there is none."""
    return (log10(moment) - 9.1) / 1.5 if moment > 0 else None


def lowered(
    depth: np.ndarray, width: np.ndarray, dip: np.ndarray, down: float | np.ndarray
) -> tuple[np.ndarray, str]:
    """Depth [m] of the reference points of rectangles, lowered where their top edges stand out of the ground.

    Also says how many were shifted, and how far; empty where none was, or only by what rounding does. A point that
    itself lies above the ground stays: its depth has the wrong sign.
    """
    least = down * width * np.sin(np.deg2rad(dip))
    above = np.where(depth >= 0, np.maximum(least - depth, 0.0), 0.0)
    out = int(np.count_nonzero(above > ROUNDED))
    said = (
        f"{out} of {depth.size} subfaults stand out of the ground, by up to {above.max() / 1e3:.3g} km; "
        "they are shifted down to it"
    )
    return np.where(above > 0, least, depth), said if out else ""
