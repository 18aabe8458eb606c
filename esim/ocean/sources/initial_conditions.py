"""Where is the water at the origin time, and how does it move, before sources have moved anything?"""

from collections.abc import Callable, Sequence

import numpy as np

from esim.config.ocean.physics import OceanPhysics
from esim.errors import InputError
from esim.sources.ocean import AnySource, InitialState


def initial_states(sources: Sequence[AnySource]) -> list[InitialState]:
    """Those of the sources that say how the water begins; InputError if two of them say where all of it is."""
    states = [source for source in sources if isinstance(source, InitialState)]
    whole = [state.name for state in states if state.whole]
    if len(whole) > 1:
        raise InputError(
            f"source: {whole[0]} and {whole[1]} both say where all the water is; expected one state"
        )
    return states


def initial_water(
    states: Sequence[InitialState], bed: np.ndarray, x: np.ndarray, y: np.ndarray, lonlat: bool, dry: float
) -> np.ndarray:
    """zeta, hu, hv [3, ny, nx] at cell centres x, y over a bed [m] that counts from the level at rest, float64.

    Waves add up, in surface and velocity. On them alone, what is dry at rest, thinner than dry [m], stays dry: no wave
    hangs in the air over land. A state that says where all the water is covers land as well.
    """
    surface, wet = np.maximum(bed, 0.0), -bed > dry
    flow = np.zeros((2, *bed.shape))
    for state in sorted(states, key=lambda state: not state.whole):
        eta, *velocity = state.water(x, y, lonlat)
        if state.whole:
            wet = np.nan_to_num(eta, nan=-np.inf) > bed
            surface = np.where(wet, eta, bed)
        else:
            surface = np.where(wet, surface + eta, surface)
        flow += np.where(wet, velocity, 0.0)
    # At sea zeta is the surface itself, without the rounding of the depth.
    zeta = np.maximum(surface, bed) - np.maximum(bed, 0.0)
    return np.stack([zeta, *(np.maximum(surface - bed, 0.0) * flow)])


def courant_rate(
    q: np.ndarray,
    bed: np.ndarray,
    width: np.ndarray,
    height: np.ndarray,
    physics: OceanPhysics,
    rate: Callable[..., np.ndarray],
) -> float:
    """Largest Courant number per second [1/s] of water zeta, hu, hv (3, ny, nx) on rows of cells (ny,) [m].

    rate is that of a solver: see esim.ocean.solver.
    """
    depth = np.maximum(q[0] + np.maximum(-bed, 0.0), 0.0)
    celerity = np.sqrt(physics.gravity * depth)
    u, v = np.abs(q[1:]) / np.maximum(depth, physics.dry_depth)
    return float(rate(celerity, u, v, width, height).max(initial=0.0))
