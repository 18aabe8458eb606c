"""Which smooth surface goes through values at the centres of a regular grid of cells? The cubic B-spline.

Of all surfaces through the values it bends least (Unser 1999, IEEE Signal Proc. Mag. 16(6), 22-38). Values beyond the
grid are zero: so are the coefficients there, and the surface ends two cells beyond the outermost centres.
"""

import numpy as np

POINTS = 4  # coefficients on each axis that count at a point
REACH = 2  # cells around a centre within which its coefficient counts
_SIDE, _MIDDLE = 1 / 6, 2 / 3  # of a B-spline at the centres beside its own, and at its own


def coefficients(values: np.ndarray) -> np.ndarray:
    """B-spline coefficients (..., ny, nx), float64, of the surface through values (..., ny, nx)."""
    along_x = _solve(np.moveaxis(np.asarray(values, np.float64), -1, 0))
    return np.moveaxis(_solve(np.moveaxis(along_x, -1, 0)), (0, 1), (-2, -1))


def basis(fraction: np.ndarray) -> np.ndarray:
    """Weights (4, ...) of the coefficients -1, 0, 1, 2 cells from the one before a point, a fraction of a cell on."""
    t, s = fraction, 1.0 - fraction
    return np.stack(
        [
            s**3 / 6,
            _MIDDLE - 0.5 * t * t * (2.0 - t),
            _MIDDLE - 0.5 * s * s * (2.0 - s),
            t**3 / 6,
        ]
    )


def spread(values: np.ndarray) -> np.ndarray:
    """The adjoint of what gives values from coefficients, (ny, nx): sum(spread(a) * coefficients(u)) is sum(a * u)."""
    found = np.asarray(values, np.float64)
    for axis in (0, 1):
        padded = np.pad(found, [(1, 1) if n == axis else (0, 0) for n in (0, 1)])
        lower, centre, upper = (
            np.take(padded, np.arange(first, first + found.shape[axis]), axis) for first in (0, 1, 2)
        )
        found = _MIDDLE * centre + _SIDE * (lower + upper)
    return found


def _solve(values: np.ndarray) -> np.ndarray:
    """Coefficients along the first axis."""
    from scipy.linalg import solve_banded

    count = values.shape[0]
    bands = np.full((3, count), _SIDE)
    bands[1] = _MIDDLE
    return np.asarray(solve_banded((1, 1), bands, values.reshape(count, -1))).reshape(values.shape)
