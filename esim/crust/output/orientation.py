"""To which axes are the components at stations? True east and north, or those of the grid."""

from collections.abc import Mapping

import numpy as np

from esim.grids.axes import tensor_to_earth, vector_to_earth
from esim.variables.crust import ACCELERATION, DISPLACEMENT, ROTATION, ROTATION_RATE, STRAIN, VELOCITY

VECTORS = tuple(tuple(part) for part in (VELOCITY, DISPLACEMENT, ACCELERATION, ROTATION, ROTATION_RATE))
TENSORS = (tuple(STRAIN),)  # xx, yy, zz, xy, xz, yz


def to_true_axes(series: Mapping[str, np.ndarray], convergence: np.ndarray) -> dict[str, np.ndarray]:
    """Series (stations, times) by name, whose x and y are those of the grid, with x true east and y true north.

    convergence (stations,) is the azimuth of y of the grid [degrees].
    """
    turned, north = dict(series), -convergence[:, None]
    for groups, turn in ((VECTORS, vector_to_earth), (TENSORS, tensor_to_earth)):
        for names in groups:
            if names[0] in series:
                components = turn(np.stack([series[name] for name in names], axis=-1), north)
                turned |= zip(names, np.moveaxis(components, -1, 0), strict=True)
    return turned
