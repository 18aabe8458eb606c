"""Which solvers of the ocean are shown side by side, and with which steps?"""

from collections.abc import Mapping
from typing import Any

from esim.config.ocean.run import COURANT

SOLVERS = tuple(COURANT)
SMALL = 0.3  # a Courant number with which a step is far from its bound


def with_solver(grid: Mapping[str, Any], solver: str) -> dict[str, Any]:
    """The settings of a grid that a solver computes."""
    return {**grid, "solver": solver}


def courant_numbers(solver: str) -> tuple[float, float, float]:
    """Courant numbers of a solver: the default, a small one and the bound."""
    default, bound = COURANT[solver]
    return default, SMALL, bound
