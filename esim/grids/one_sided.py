"""How is a value found beside an interface? From nodes on one side of it alone, by the polynomials through them.

Of all weights that are exact for polynomials those are taken that are smallest, far nodes being dear (moving least
squares: Lancaster and Salkauskas 1981, Mathematics of Computation 37). The degree is 3 where there are nodes enough,
else less.
"""

from itertools import product

import numpy as np

DEGREES = (3, 2, 1, 0)
LARGEST_SUM = 8.0  # of the absolute weights: a cubic carried on by half a cell has 6
TOLERANCE = 1e-8
NEAR = 0.25  # square of the distance [cells] within which nodes are equally near
ON_NODE = 1e-6  # cells
SIGNS = tuple(sign for sign in product((0, 1), repeat=3) if any(sign))


def one_sided_weights(
    offsets: np.ndarray, usable: np.ndarray, indices: np.ndarray | None = None
) -> np.ndarray:
    """Weights (n, nodes) for the value at each of n points, zero for nodes that are not usable (n, nodes).

    offsets (n, nodes, 3) are the places of the nodes from the point [cells]. With the indices of nodes (n, nodes, 3),
    NaN for those that do not count, the weights of even and odd nodes have the same sum along each axis and across.
    Raises ValueError for a point without nodes.
    """
    if not usable.any(1).all():
        raise ValueError("a point has no node on its side of the interface")
    weights = np.zeros(usable.shape)
    left = np.arange(len(usable))
    if indices is None:
        on = usable & ((offsets**2).sum(2) < ON_NODE**2)
        weights[on.any(1), on.argmax(1)[on.any(1)]] = 1.0
        left = np.flatnonzero(~on.any(1))
    for degree in DEGREES:
        if not left.size:
            break
        even = None if indices is None else indices[left]
        found, good = _of_degree(degree, offsets[left], usable[left], even)
        if degree == DEGREES[-1] and even is not None and not good.all():  # too few nodes for that
            found[~good], again = _of_degree(degree, offsets[left][~good], usable[left][~good], None)
            good[~good] = again
        weights[left[good]] = found[good]
        left = left[~good]
    return weights


def _of_degree(
    degree: int, offsets: np.ndarray, usable: np.ndarray, even: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Weights exact for polynomials of a degree, and which of them are good."""
    powers = [p for p in product(range(degree + 1), repeat=3) if sum(p) <= degree]
    rows = [np.prod(offsets**p, axis=2) for p in powers]
    if even is not None:
        counted, index = ~np.isnan(even[..., 0]), np.nan_to_num(even)
        rows += [np.where(counted, 1 - 2 * (index @ sign % 2), 0.0) for sign in SIGNS]
    basis = np.stack(rows, axis=2)
    wanted = np.zeros(basis.shape[2])
    wanted[0] = 1.0
    cheap = np.where(usable, (NEAR + (offsets**2).sum(2)) ** -2, 0.0)[..., None] * basis
    normal = np.swapaxes(basis, 1, 2) @ cheap
    # Each row and column is scaled to one on the diagonal.
    size = np.sqrt(np.maximum(np.einsum("naa->na", normal), 1e-300))
    scaled = normal / (size[:, :, None] * size[:, None, :])
    factors = (np.linalg.pinv(scaled, rcond=1e-9, hermitian=True) @ (wanted / size)[..., None])[..., 0] / size
    weights = np.einsum("nma,na->nm", cheap, factors)
    error = np.abs(np.einsum("nma,nm->na", basis, weights) - wanted).max(1)
    return weights, (error < TOLERANCE) & (np.abs(weights).sum(1) < LARGEST_SUM)
