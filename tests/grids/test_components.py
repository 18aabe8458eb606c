"""Connected pieces of a map are those of SciPy, whatever their shapes."""

import numpy as np
import pytest

from esim.grids.components import number_components

ndimage = pytest.importorskip("scipy.ndimage")


def by_scipy(cells, north, east):
    """The same of a map with the faces between cells."""
    joined = np.zeros((2 * cells.shape[0] - 1, 2 * cells.shape[1] - 1), bool)
    joined[::2, ::2], joined[1::2, ::2], joined[::2, 1::2] = cells, north, east
    numbers, count = ndimage.label(joined)
    return numbers[::2, ::2], count


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.59, 0.65, 0.9, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (37, 1), (60, 83)])
def test_random_maps_with_closed_faces(fraction, shape):
    numbers = np.random.default_rng(7)
    cells = numbers.random(shape) < fraction
    north = cells[:-1] & cells[1:] & (numbers.random((shape[0] - 1, shape[1])) < 0.97)
    east = cells[:, :-1] & cells[:, 1:] & (numbers.random((shape[0], shape[1] - 1)) < 0.97)
    found, count = number_components(cells, north, east)
    wanted, many = by_scipy(cells, north, east)
    assert count == many
    np.testing.assert_array_equal(found, wanted)


def test_a_spiral_is_one_piece():
    n = 41
    cells = np.zeros((n, n), bool)
    j = i = 0
    cells[0, 0] = True
    for length, (dj, di) in zip(
        [n - 1, n - 1, n - 1, *(k for k in range(n - 3, 0, -2) for _ in range(2))],
        [(0, 1), (1, 0), (0, -1), (-1, 0)] * n,
        strict=False,
    ):
        for _ in range(length):
            j, i = j + dj, i + di
            cells[j, i] = True
    found, count = number_components(cells, cells[:-1] & cells[1:], cells[:, :-1] & cells[:, 1:])
    assert count == 1 and (found == cells).all() and 0.4 < cells.mean() < 0.6
