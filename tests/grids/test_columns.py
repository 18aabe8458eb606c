"""Stations between columns read bilinear means of those that have a value, alike on any ranks."""

import numpy as np
import pytest

from esim.grids.columns import ColumnGather
from esim.grids.grid import Grid
from esim.parallel.decomposition import decompose

NX, NY = 9, 8
X = np.array([250.0, 333.0, 20.0, 895.0, 610.0])
Y = np.array([150.0, 207.0, 790.0, 5.0, 444.0])


def read(ranks, sides="open", dry=(), values=lambda x, y: 2 * x - y):
    """What stations read of a field of columns, gathered from so many ranks."""
    grid = Grid("cartesian", 0.0, 0.0, 100.0, 100.0, NX, NY, (sides,) * 4)
    decomposition = decompose(grid.shape, ranks, grid.periodic, halo=2)
    found, counts = np.full(X.size, np.nan), np.zeros(X.size, int)
    for block in decomposition.blocks:
        j, i = (
            np.arange(first - 2, last + 2) for first, last in ((block.j0, block.j1), (block.i0, block.i1))
        )
        inside = ((j >= 0) & (j < NY))[:, None] & ((i >= 0) & (i < NX))
        if sides == "periodic":
            j, i, inside = j % NY, i % NX, np.ones_like(inside)
        array = np.where(inside, values(100.0 * i + 50, 100.0 * j[:, None] + 50), 1e9)
        known = inside.astype(float)
        for row, column in dry:
            known[np.ix_(j == row, i == column)] = 0
        gather = ColumnGather(grid, block, "eta", X, Y, known)
        assert gather.quantities == ("eta",)
        found[gather.receivers] = gather.read(array[None])[0]
        counts[gather.receivers] += 1
    assert (counts == 1).all()
    return found


def test_a_plane_is_read_exactly_and_goes_on_flat_beyond_the_outermost_columns():
    x, y = np.clip(X, 50, 100 * NX - 50), np.clip(Y, 50, 100 * NY - 50)
    np.testing.assert_allclose(read(1), 2 * x - y, rtol=1e-12)


@pytest.mark.parametrize("sides", ["open", "periodic"])
def test_any_ranks_read_the_same_bits(sides):
    wanted = read(1, sides, dry=[(2, 3)])
    for ranks in (2, 4):
        np.testing.assert_array_equal(read(ranks, sides, dry=[(2, 3)]), wanted)


def test_columns_without_a_value_are_left_out():
    """Of the four around the second station one is dry: the others count by their weights."""
    w = {(1, 2): 0.17 * 0.43, (1, 3): 0.83 * 0.43, (2, 2): 0.17 * 0.57, (2, 3): 0.83 * 0.57}
    plane = {(j, i): 2 * (100.0 * i + 50) - (100.0 * j + 50) for j, i in w}
    wet = [at for at in w if at != (2, 3)]
    known = sum(w[at] * plane[at] for at in wet) / sum(w[at] for at in wet)
    assert read(1, dry=[(2, 3)])[1] == pytest.approx(known, rel=1e-12)


def test_a_station_without_any_reads_zero():
    assert read(1, dry=list(w for w in np.ndindex(NY, NX)))[1] == 0


def test_a_station_at_a_centre_reads_its_column_alone():
    assert read(1, dry=[(j, i) for j, i in np.ndindex(NY, NX) if (j, i) != (1, 2)])[0] == 2 * 250.0 - 150.0
