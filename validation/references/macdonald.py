"""Which bed makes a given depth steady? MacDonald et al. (1997, J. Hydraul. Eng. 123:1041), channels of unit width.

Depths are chosen first, along x [m]; the bed follows from the discharge and Manning's friction:
    db/dx = (q^2 / (g h^3) - 1) dh/dx - n^2 q^2 / h^(10/3).
The depths are those collected in SWASHES (Delestre et al. 2013, Int. J. Numer. Meth. Fluids 72:269).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

G = 9.81
LENGTH = 1000.0  # m
UNIT = (4 / G) ** (1 / 3)  # m, the critical depth for 2 m2/s


class Channel(NamedTuple):
    """Discharge [m2/s], Manning's n [s/m^(1/3)] and the depth [m] at x in 0..LENGTH; jump is where there is one."""

    q: float
    manning: float
    depth: Callable[[np.ndarray], np.ndarray]
    jump: float | None = None


def _falling(x: np.ndarray) -> np.ndarray:
    s = x / LENGTH - 0.5
    return np.asarray(UNIT * (1 - np.where(s <= 0, np.tanh(3 * s) / 3, np.tanh(6 * s) / 6)))


def _smooth_jump(x: np.ndarray) -> np.ndarray:
    s = x / LENGTH
    before = UNIT * (0.9 - np.exp(-x / 250.0) / 6)
    series = sum(
        a * np.exp(-20.0 * k * (s - 0.5)) for k, a in enumerate((-0.348427, 0.552264, -0.555580), start=1)
    )
    after = UNIT * (1.0 + series + 0.8 * np.exp(s - 1.0))
    return np.where(x <= 500.0, before, after)


CHANNELS = {
    "subcritical": Channel(2.0, 0.033, lambda x: UNIT * (1 + 0.5 * np.exp(-16 * (x / LENGTH - 0.5) ** 2))),
    "supercritical": Channel(2.5, 0.04, lambda x: UNIT * (1 - 0.2 * np.exp(-36 * (x / LENGTH - 0.5) ** 2))),
    "transcritical": Channel(
        2.0,
        0.0218,
        lambda x: (
            UNIT
            * (
                1
                - np.where(
                    x <= 500.0, np.tanh(3 * (x / LENGTH - 0.5)) / 3, np.tanh(6 * (x / LENGTH - 0.5)) / 6
                )
            )
        ),
    ),
    "jump": Channel(2.0, 0.0218, _smooth_jump, 500.0),
}


class Profile(NamedTuple):
    """Depth and bed [m] at places x [m]."""

    x: np.ndarray
    h: np.ndarray
    bed: np.ndarray


def profile(channel: Channel, before: float, after: float, step: float = 0.05) -> Profile:
    """The channel and, at both ends, lengths [m] of uniform flow that are also steady; the bed is 0 at x = LENGTH."""
    x = np.arange(-before - step, LENGTH + after + 2 * step, step)
    inside = np.clip(x, 0.0, LENGTH)
    h = channel.depth(inside)
    e = 1e-3
    low, high = inside - e, inside + e
    if channel.jump is not None:
        # One-sided on each side of the jump, where the bed is continuous.
        high = np.where((inside <= channel.jump) & (high > channel.jump), inside, high)
        low = np.where((inside > channel.jump) & (low <= channel.jump), inside, low)
    slope = (channel.depth(high) - channel.depth(low)) / (high - low)
    slope = np.where((x < 0) | (x > LENGTH), 0.0, slope)
    fall = (channel.q**2 / (G * h**3) - 1) * slope - channel.manning**2 * channel.q**2 / h ** (10 / 3)
    bed = np.concatenate([[0.0], np.cumsum(0.5 * step * (fall[1:] + fall[:-1]))])
    return Profile(x, h, bed - np.interp(LENGTH, x, bed))
