"""How is the grid cut into blocks?"""

import numpy as np
import pytest

from esim.errors import InputError
from esim.parallel.decomposition import HALO, MIN_CELLS, CostMap, decompose

SHAPES = [(41, 67), (4, 400), (400, 4), (20, 20), (97, 13)]
WRAPS = [(False, False), (False, True), (True, False), (True, True)]


def most_ranks(shape):
    return (shape[0] // MIN_CELLS) * (shape[1] // MIN_CELLS)


@pytest.mark.parametrize("shape", SHAPES)
def test_blocks_cover_the_grid_exactly_once(shape):
    for size in range(1, min(24, most_ranks(shape)) + 1):
        found = decompose(shape, size)
        assert len(found.blocks) == size
        owners = np.zeros(shape, int)
        for block in found.blocks:
            assert min(block.shape) >= MIN_CELLS
            owners[block.j0 : block.j1, block.i0 : block.i1] += 1
        assert (owners == 1).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_largest_number_of_ranks_is_the_one_in_the_message(shape):
    most = most_ranks(shape)
    assert len(decompose(shape, most).blocks) == most
    with pytest.raises(InputError, match=rf"{most + 1} ranks are too many .* at most {most} ranks"):
        decompose(shape, most + 1)


@pytest.mark.parametrize("size", [2, 3, 5, 7, 12, 24])
def test_shares_of_the_cost_are_equal(size):
    shape = (300, 400)
    y, x = np.mgrid[: shape[0], : shape[1]]
    wet = ((x - 290) ** 2 + (y - 100) ** 2 < 150**2) | (x > 330)
    cells = np.where(wet, 1.0, 0.2)
    cost = CostMap(np.arange(shape[0] + 1), np.arange(shape[1] + 1), cells)
    balanced, plain = decompose(shape, size, cost=cost), decompose(shape, size)
    exact = [cells[b.j0 : b.j1, b.i0 : b.i1].sum() for b in balanced.blocks]
    assert balanced.imbalance(cost) == pytest.approx(max(exact) / np.mean(exact), rel=1e-12)
    assert balanced.imbalance(cost) < 1.06
    assert plain.imbalance(cost) > balanced.imbalance(cost) + 0.1


def test_a_map_in_bins_balances_too():
    edges_j, edges_i = np.array([0, 7, 20, 50]), np.array([0, 30, 31, 60])
    density = np.array([[1.0, 5.0, 2.0], [0.0, 1.0, 1.0], [4.0, 2.0, 0.5]])
    cost = CostMap(edges_j, edges_i, density * np.outer(np.diff(edges_j), np.diff(edges_i)))
    cells = np.repeat(np.repeat(density, np.diff(edges_j), 0), np.diff(edges_i), 1)
    found = decompose((50, 60), 6, cost=cost)
    for block in found.blocks:
        exact = cells[block.j0 : block.j1, block.i0 : block.i1].sum()
        assert cost.of(block) == pytest.approx(exact, rel=1e-12)
    assert found.imbalance(cost) < 1.25


def test_a_grid_without_cost_is_cut_all_the_same():
    nothing = CostMap(np.array([0, 30]), np.array([0, 40]), np.array([[0.0]]))
    assert sum(block.cells for block in decompose((30, 40), 7, cost=nothing).blocks) == 1200


def test_neighbours_agree_on_every_message():
    for periodic in WRAPS:
        found = decompose((23, 31), 7, periodic)
        for a in range(7):
            taken = sum(o.cells for b in range(7) for o in found.needs(a, b))
            block = found.blocks[a]
            rows = [1 if periodic[0] else 0 <= j < 23 for j in range(block.j0 - HALO, block.j1 + HALO)]
            columns = [1 if periodic[1] else 0 <= i < 31 for i in range(block.i0 - HALO, block.i1 + HALO)]
            assert taken == sum(rows) * sum(columns) - block.cells
