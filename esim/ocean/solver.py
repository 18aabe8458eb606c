"""Which equations does the step of a grid solve, and how? The nonlinear ones everywhere, or linear ones in deep water.

`nonlinear` is the second-order scheme with shores of kernels.ocean.shallow_water, for any water. `deep` are the
linear equations of kernels.ocean.deep_water, with coasts as walls, which lose nothing of a wave on its way.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from esim.config.ocean.run import COURANT
from esim.kernels.kernel import Kernel
from esim.kernels.ocean import absorbing_layer, deep_faces, deep_layer, deep_water, nesting, shallow_water
from esim.kernels.ocean.state import STATE
from esim.parallel.decomposition import HALO


@dataclass(frozen=True)
class Solver:
    """A step of a grid: its kernels, the cells that it reads on each side, its Courant number.

    step makes its kernel from what shallow_water.step takes; flux makes from that the kernel of the mass flux through
    west (True) or south faces, absorbing that of a step in absorbing layers. rate is the Courant number per second
    [1/s] from celerities [m/s] (ny, nx), speeds [m/s] along x and y, and cell sizes [m] of the rows; cfl is the
    Courant number of a step where none is asked for, bound the largest that there may be. variables are the planes of
    its state, layer_variables those that come to them where layers absorb. linear says that depth and coast are those
    of the water at rest.
    """

    name: str
    halo: int
    cfl: float
    bound: float
    step: Callable[..., Kernel]
    flux: Callable[[Kernel, bool], Kernel]
    absorbing: Callable[[Kernel], Kernel]
    rate: Callable[..., np.ndarray]
    variables: tuple[str, ...] = STATE
    layer_variables: tuple[str, ...] = ()
    linear: bool = False


def sum_of_rates(
    celerity: np.ndarray, u: np.ndarray, v: np.ndarray, width: np.ndarray, height: np.ndarray
) -> np.ndarray:
    """(|u| + c)/dx + (|v| + c)/dy [1/s]."""
    return (np.abs(u) + celerity) / width[:, None] + (np.abs(v) + celerity) / height[:, None]


def larger_rate(
    celerity: np.ndarray, u: np.ndarray, v: np.ndarray, width: np.ndarray, height: np.ndarray
) -> np.ndarray:
    """c / min(dx, dy) [1/s]: what decides how well the step follows a wave, below the bound of stability."""
    return celerity / np.minimum(width, height)[:, None]


NONLINEAR = Solver(
    "nonlinear",
    HALO,
    *COURANT["nonlinear"],
    shallow_water.step,
    nesting.flux,
    absorbing_layer.with_absorption,
    sum_of_rates,
)
DEEP = Solver(
    "deep",
    deep_water.HALO,
    *COURANT["deep"],
    deep_water.step,
    deep_faces.flux,
    deep_layer.with_absorption,
    larger_rate,
    deep_water.VARIABLES,
    deep_layer.VARIABLES,
    linear=True,
)
SOLVERS = {solver.name: solver for solver in (NONLINEAR, DEEP)}
