"""Which moment tensor does a fault have? Six numbers (xx, yy, zz, xy, xz, yz), x east, y north, z down.

Strike, dip and rake [degrees] as in Aki & Richards (2002, p. 106): the fault dips to the right of strike, the
rake is the direction in which the hanging wall slips, counter-clockwise from strike. All functions take arrays.
"""

from math import log10

import numpy as np

Angle = float | np.ndarray


def normal(strike: Angle, dip: Angle) -> np.ndarray:
    """Unit vector across the fault, from the foot wall to the hanging wall, (..., 3)."""
    s, d = np.deg2rad(strike), np.deg2rad(dip)
    return np.stack(np.broadcast_arrays(np.sin(d) * np.cos(s), -np.sin(d) * np.sin(s), -np.cos(d)), axis=-1)


def slip(strike: Angle, dip: Angle, rake: Angle) -> np.ndarray:
    """Unit vector in which the hanging wall slips, (..., 3)."""
    s, d, r = np.deg2rad(strike), np.deg2rad(dip), np.deg2rad(rake)
    along, up = np.cos(r), np.sin(r)
    east = along * np.sin(s) - up * np.cos(d) * np.cos(s)
    north = along * np.cos(s) + up * np.cos(d) * np.sin(s)
    return np.stack(np.broadcast_arrays(east, north, -up * np.sin(d)), axis=-1)


def double_couple(strike: Angle, dip: Angle, rake: Angle) -> np.ndarray:
    """Tensor of a shear fault with the scalar moment 1, (..., 6).

    A fault that strikes north and stands upright, with left-lateral slip, has xy (east-north) alone:

    >>> [round(float(m), 9) + 0.0 for m in double_couple(0.0, 90.0, 0.0)]
    [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    """
    return _pair(slip(strike, dip, rake), normal(strike, dip))


def opening(strike: Angle, dip: Angle, poisson: Angle = 0.25) -> np.ndarray:
    """Tensor of a crack that opens, over rigidity x area x opening, (..., 6): lambda on all axes, 2 mu more across."""
    n, ratio = normal(strike, dip), np.asarray(poisson)[..., None]
    return _pair(n, n) + 2 * ratio / (1 - 2 * ratio) * explosion(1.0)


def explosion(moment: float) -> np.ndarray:
    """Tensor with the same moment [N m] on all three axes, (6,)."""
    return np.array([moment, moment, moment, 0.0, 0.0, 0.0])


def _pair(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a b + b a."""
    pairs = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
    return np.stack([a[..., p] * b[..., q] + a[..., q] * b[..., p] for p, q in pairs], axis=-1)


def scalar(moment: np.ndarray) -> np.ndarray:
    """Scalar moment [N m] of tensors (..., 6): Frobenius norm over the square root of 2 (Silver & Jordan 1982)."""
    squares = moment * moment
    return np.sqrt(0.5 * squares[..., :3].sum(axis=-1) + squares[..., 3:].sum(axis=-1))


def magnitude(moment: float) -> float | None:
    """Moment magnitude 2/3 (log10 M0 - 9.1), M0 in N m (Hanks & Kanamori 1979); None where there is no moment.

    >>> magnitude(1e22)
    8.6
    """
    return (log10(moment) - 9.1) / 1.5 if moment > 0 else None


def from_magnitude(magnitude: float) -> float:
    """Scalar moment [N m] of a moment magnitude."""
    return 10 ** (1.5 * magnitude + 9.1)
