"""Strips that neighbours need, and the middle."""

import numpy as np
import pytest

from esim.parallel.decomposition import HALO, Block
from esim.timestepping.step_plan import split


@pytest.mark.parametrize(
    "sides", [(w, e, s, n) for w in (0, 1) for e in (0, 1) for s in (0, 1) for n in (0, 1)]
)
@pytest.mark.parametrize("shape", [(4, 4), (4, 9), (11, 5), (12, 13)])
def test_strips_and_the_middle_cover_a_block_once(shape, sides):
    block = Block(0, shape[0], 0, shape[1])
    strips, middle = split(block, tuple(map(bool, sides)))
    count = np.zeros([n + 2 * HALO for n in shape], int)
    for (j0, j1), (i0, i1) in [*strips, middle]:
        count[j0:j1, i0:i1] += 1
    inner = count[HALO:-HALO, HALO:-HALO]
    assert (inner == 1).all() and count.sum() == inner.sum()
    # What a neighbour needs, the cells within HALO of that side, is never in the middle.
    (j0, j1), (i0, i1) = middle
    if j0 < j1 and i0 < i1:
        west, east, south, north = (HALO if side else 0 for side in sides)
        assert i0 >= HALO + west and i1 <= HALO + shape[1] - east
        assert j0 >= HALO + south and j1 <= HALO + shape[0] - north
