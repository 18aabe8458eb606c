"""Which cells are joined to each other, through neighbours?"""

import numpy as np


def number_components(cells: np.ndarray, north: np.ndarray, east: np.ndarray) -> tuple[np.ndarray, int]:
    """Numbers (ny, nx) from 1 on of connected pieces of some cells (ny, nx), 0 elsewhere, and how many there are.

    north (ny - 1, nx) and east (ny, nx - 1) tell which cells of these are joined to the next one in that direction.
    Pieces are in the order of their first cells, row by row. Runs along rows are joined by the least of their numbers
    until nothing changes; what is loaded for that, NumPy, is loaded already.

    >>> number_components(np.ones((1, 3), bool), np.ones((0, 3), bool), np.array([[True, False]]))[0].tolist()
    [[1, 1, 2]]
    """
    begins = cells.copy()
    begins[:, 1:] &= ~east
    runs = np.cumsum(begins).reshape(cells.shape) - 1
    first = _join(int(begins.sum()), *_pairs(runs, north))
    roots, number = np.unique(first, return_inverse=True)
    found = np.zeros(cells.shape, np.int64)
    found[cells] = number[runs[cells]] + 1
    return found, roots.size


def _pairs(runs: np.ndarray, north: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of runs that touch runs of the next row, each pair once or so."""
    one, other = runs[:-1][north], runs[1:][north]
    new = np.ones(one.size, bool)
    new[1:] = (one[1:] != one[:-1]) | (other[1:] != other[:-1])
    return one[new], other[new]


def _join(count: int, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The least of all numbers below count to which each is joined, through pairs."""
    least = np.arange(count)
    while True:
        here, there = least[one], least[other]
        apart = here != there
        if not apart.any():
            return least
        one, other = one[apart], other[apart]
        np.minimum.at(least, np.maximum(here, there)[apart], np.minimum(here, there)[apart])
        while not np.array_equal(shorter := least[least], least):
            least = shorter
