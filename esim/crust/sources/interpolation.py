"""How is a record read between its samples? By polynomials through six of them."""

import numpy as np

POINTS = 6  # of Lagrange's interpolation


def lagrange(fraction: np.ndarray) -> np.ndarray:
    """Weights (POINTS, n) of values at -2 .. 3 for an interpolation at 0 <= fraction < 1."""
    nodes = np.arange(POINTS) - (POINTS // 2 - 1)
    weights = np.ones((POINTS, *fraction.shape))
    for n, here in enumerate(nodes):
        for there in np.delete(nodes, n):
            weights[n] *= (fraction - there) / (here - there)
    return weights
