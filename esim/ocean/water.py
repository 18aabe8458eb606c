"""What does the state say of the water: how deep is it, where is its surface, how fast does it flow?"""

from collections.abc import Sequence

import numpy as np

from esim.kernels.ocean.state import STATE
from esim.variables.ocean import Water


def water_of(
    state: np.ndarray,
    bed: np.ndarray,
    dry: float,
    variables: Sequence[str] = STATE,
    first_depth: np.ndarray | float = np.nan,
) -> Water:
    """The water of a state zeta, hu, hv and what else `variables` name [var, ...] over a bed, float64.

    Dry cells, thinner than dry [m], have no velocity and their surface is the ground. first_depth [m] is that of the
    first water there.
    """
    planes = dict(zip(variables, state.astype(np.float64), strict=True))
    zeta, hu, hv = (planes.pop(name) for name in STATE)
    bed = bed.astype(np.float64)
    h = zeta + np.maximum(-bed, 0)
    wet = h > dry
    safe = np.where(wet, h, 1.0)
    return Water(
        h=h,
        eta=zeta + np.maximum(bed, 0),
        u=np.where(wet, hu / safe, 0.0),
        v=np.where(wet, hv / safe, 0.0),
        wet=wet,
        others=planes,
        first_depth=first_depth,
    )
