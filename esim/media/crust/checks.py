"""Are the values of a medium possible? One sentence that says what is wrong, and where."""

import math
from collections.abc import Callable

import numpy as np

from esim.config.crust.bounds import BOUNDS, bounds_problem
from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.media.crust.medium import QP, QS, RHO, VP, VS

LEAST_RATIO = math.sqrt(2.0)  # below, Lame's first parameter and Poisson's ratio are negative
ROUNDING = 1e-9
NAMES = ("vp", "vs", "rho", "qp", "qs")
UNITS = ("m/s", "m/s", "kg/m3", "", "")


def require_sound(values: np.ndarray, place: Callable[[tuple[int, ...]], str]) -> None:
    """Raises InputError unless all values (5, ...) are possible: vp, vs [m/s], rho [kg/m3], qp, qs.

    Values in other units are recognised by `BOUNDS`. place tells where the entry with the given index (without the
    first axis) is: "FILE line 7", "at depth ...".
    """
    for row in (VP, VS, RHO):
        _refuse(~np.isfinite(values[row]), values, row, place, "expected a finite number")
    for row in (VP, RHO):
        _refuse(values[row] <= 0, values, row, place, "expected more than 0")
    _refuse(values[VS] < 0, values, VS, place, "expected 0 (a fluid) or more")
    for row in (QP, QS):
        _refuse(~(values[row] > 0), values, row, place, "expected more than 0")
    for row, (name, bounds) in enumerate(BOUNDS.items()):
        outside = (values[row] < bounds.low) | (values[row] > bounds.high)
        for at in np.argwhere(outside & (values[row] != 0)):
            index = tuple(int(n) for n in at)
            raise InputError(f"{place(index)}: {bounds_problem(name, float(values[(row, *index)]))}")
    slow = values[VP] < LEAST_RATIO * (1 - ROUNDING) * values[VS]
    if slow.any():
        index = tuple(int(n) for n in np.argwhere(slow)[0])
        vp, vs = values[(VP, *index)], values[(VS, *index)]
        raise InputError(
            f"{place(index)}: vp {vp:g} m/s is only {vp / vs:.3g} times vs {vs:g} m/s, expected at least sqrt(2), "
            "the least of a solid whose first Lame parameter is not negative"
        )


def require_top(begins: float, grid: Grid3D, name: str) -> None:
    """Raises InputError if a model that begins at a depth [m] does not reach up to the top of the grid.

    One that reaches sea level is continued upwards, for the rock of mountains.
    """
    gap = begins - max(grid.depth_min, 0.0)
    if gap > ROUNDING * grid.dz:
        raise InputError(
            f"{name}: begins at depth {begins:g} m and does not cover {grid.extent()}; short by {gap:g} m at the top"
        )


def require_bottom(ends: float, grid: Grid3D, name: str) -> None:
    """Raises InputError if a model that ends at a depth [m] does not reach down to the bottom of the grid."""
    gap = grid.depth_max - ends
    if gap > ROUNDING * grid.dz:
        raise InputError(
            f"{name}: ends at depth {ends:g} m and does not cover {grid.extent()}; short by {gap:g} m at the bottom"
        )


def _refuse(
    bad: np.ndarray, values: np.ndarray, row: int, place: Callable[[tuple[int, ...]], str], expected: str
) -> None:
    if bad.any():
        index = tuple(int(n) for n in np.argwhere(bad)[0])
        found = f"{values[(row, *index)]:g} {UNITS[row]}".rstrip()
        raise InputError(f"{place(index)}: {NAMES[row]} is {found}, {expected}")
