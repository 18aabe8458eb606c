"""Lines of structures on faces: where they stand, without a gap, and how they are read."""

from collections import deque

import numpy as np
import pytest
from support.oceans import (
    plane,
    wall_line,
)
from support.walls import beyond

from esim.grids.grid import Grid
from esim.io.ocean import structure_lines
from esim.media.ocean.structures import SOUTH, WEST, Line, place, rasterise


def test_a_line_stands_on_the_faces_between_the_centres_that_it_parts():
    """From (1, 2.4) to (4, 2.4) in cells of one: south faces of row 2, columns with centres between; crests between."""
    line = Line("sill", np.array([(1.0, 2.4), (4.0, 2.4)]), np.array([10.0, 40.0]))
    grid = plane(6, 5, 1.0)
    found = rasterise(place([line], False, 1.0), grid)
    found = found.take(found.inside(grid))
    assert set(found.axis) == {SOUTH} and list(found.j) == [2, 2, 2] and list(found.i) == [1, 2, 3]
    np.testing.assert_allclose(found.crest, [15, 25, 35], atol=1e-4)
    np.testing.assert_allclose(found.length, 1)
    oblique = rasterise(place([wall_line([(0, 0), (6, 6)], 1)], False, 1.0), grid)
    np.testing.assert_allclose(oblique.length, np.sqrt(0.5))


def reachable(found, shape, start):
    """Cells that can be reached from one without crossing a face with a structure."""
    closed = {*zip(found.axis.tolist(), found.j.tolist(), found.i.tolist(), strict=True)}
    seen, todo = {start}, deque([start])
    while todo:
        j, i = todo.popleft()
        for cell, face in (
            ((j, i - 1), (WEST, j, i)),
            ((j, i + 1), (WEST, j, i + 1)),
            ((j - 1, i), (SOUTH, j, i)),
            ((j + 1, i), (SOUTH, j + 1, i)),
        ):
            if (
                face not in closed
                and cell not in seen
                and all(0 <= n < m for n, m in zip(cell, shape, strict=True))
            ):
                seen.add(cell)
                todo.append(cell)
    return seen


@pytest.mark.parametrize("seed", range(8))
def test_no_way_leads_through_a_line(seed):
    """Random lines, lines along faces, and lines through centres."""
    rng, grid = np.random.default_rng(seed), plane(23, 17, 1.0)
    east = np.r_[-1, np.sort(rng.uniform(0, 23, 5)), 24]
    north = rng.uniform(1, 16, 7)
    if seed % 4 == 1:
        east, north = np.r_[-1, np.arange(2, 22, 4), 24] + 0.5, np.array([4.5, 4, 8, 4, 8, 8, 8]) + 0.5
    if seed % 4 == 2:
        north = np.full(7, 8.0)
    points = np.stack([east, north], axis=1)
    found = rasterise(place([wall_line(points, 1.0)], False, 1.0), grid)
    side = beyond(points, 1.0)(grid.x(), grid.y())
    assert reachable(found, side.shape, (0, 0)) == {*zip(*map(list, np.nonzero(~side)), strict=True)}


def test_lines_go_on_across_the_dateline_and_a_periodic_side():
    grid = Grid("lonlat", -180.0, -10.0, 1.0, 1.0, 360, 20, ("periodic", "periodic", "wall", "wall"))
    found = rasterise(place([wall_line([(175.9, 0.1), (184.1, 0.1)], 3.0)], True, 1.0), grid)
    inside = found.take(found.inside(grid))
    assert list(inside.i) == [0, 1, 2, 3, 356, 357, 358, 359] and {*inside.j} == {10}
    assert {-2, -1, 360, 361} <= {*found.i}


def test_beyond_walls_they_are_mirrored_and_beyond_open_sides_they_go_on():
    lines = place([wall_line([(1.0, -9), (1.0, 9)], 1.0)], False, 1.0)
    walled = rasterise(lines, plane(5, 4, 1.0))
    assert set(walled.i) == {1, -1} and set(walled.j) == {-2, -1, 0, 1, 2, 3, 4, 5}
    open_ = rasterise(lines, plane(5, 4, 1.0, ("open",) * 4))
    assert set(open_.i) == {1} and set(open_.j) == {-2, -1, 0, 1, 2, 3, 4, 5}
    on_wall = rasterise(place([wall_line([(0.2, -9), (0.2, 9)], 1.0)], False, 1.0), plane(5, 4, 1.0))
    assert len(on_wall) == 0


def test_lines_of_a_table_have_crests_at_their_points(tmp_path):
    (tmp_path / "a.csv").write_text("line,x,y,top\n1,0,0,3\n1,10,0,4\n2,0,5,7\n2,0,9,8\n")
    found = structure_lines.read(tmp_path / "a.csv", False, "top", "structures.0.file")
    assert [(points.tolist(), values.tolist()) for points, values in found] == [
        ([[0, 0], [10, 0]], [3, 4]),
        ([[0, 5], [0, 9]], [7, 8]),
    ]
