"""Structures thinner than a cell: no leak, rest at any levels, discharges by the formulas of weirs, the same bits."""

import json
from collections import deque

import numpy as np
import pytest
from support import nested
from support.nested import states, tree, volume
from support.oceans import (
    PERIODIC,
    G,
    advance,
    flat,
    march,
    ocean,
    plane,
    state,
    structures_on,
    wall_line,
    water,
)
from support.oceans import volume as volume_of
from support.scenes import channel, checked, compute, configured, cut_off, differing

from esim.drivers.run import driver_of, simulate
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io import netcdf
from esim.io.ocean import structure_lines
from esim.media.ocean.structures import SHIFT, SOUTH, WEST, Line, place, rasterise
from esim.ocean.forcing.dispersion import Dispersion
from esim.parallel.comm import SerialComm, run_ranks

GRID = plane(22, 18, 120.0)
CORNERS = np.array([(-60.0, 1023), (410, 905), (830, 1307), (1250, 777), (2700, 701)])
NEST = {"x": [600, 1800], "y": [480, 1680], "activation_threshold": None}


def bed(x, y):
    """Uneven ground, here and there above the lower of the two waters."""
    return -3 + 1.9 * np.sin(x / 230)[None, :] * np.cos(y / 190)[:, None]


def beyond(points, finest):
    """Whether cells lie north of a line, as a formula of their centres."""
    east, north = points.T + np.array(SHIFT)[:, None] * finest
    return lambda x, y: y[:, None] > np.interp(x, east, north)[None, :]


def two_waters(points, finest, low=-1.0, high=1.3):
    """Water at one level south of a line, and at another one north of it."""
    side = beyond(points, finest)
    return lambda x, y: np.where(side(x, y), high, low)


# ------------------------------------------------------------------ lines on faces


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


# ------------------------------------------------------------------ rest, and no leak


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.3), (0.3, 0.31), (-4.0, -0.5)])
def test_waters_at_different_levels_are_exactly_at_rest(dtype, low, high):
    eta = two_waters(CORNERS, 120.0, low, high)
    made = ocean(GRID, bed, eta, dtype=dtype, lines=[wall_line(CORNERS, 2.0)])
    before = state(made)
    march(made, 10, 0.8 / made.fastest())
    np.testing.assert_array_equal(state(made), before)
    assert np.ptp(before[0]) > 0.005


def test_without_the_line_they_are_not():
    made = ocean(GRID, bed, two_waters(CORNERS, 120.0))
    march(made, 10, 0.8 / made.fastest())
    assert np.abs(state(made)[1:]).max() > 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("ratio", [2, 3])
def test_waters_are_at_rest_through_nests_that_a_line_crosses(ratio, dtype):
    finest = 120.0 / ratio
    eta = two_waters(CORNERS, finest)
    family, dt = tree(GRID, [NEST | {"ratio": ratio}], bed, eta, dtype=dtype, lines=[wall_line(CORNERS, 2.0)])
    before = states(family)
    nested.march(family, 3, dt)
    for name, found in states(family).items():
        np.testing.assert_array_equal(found, before[name], err_msg=name)


@pytest.mark.parametrize("north", [430.0, 470.0, 481.0, 500.0, 530.0])
def test_no_water_leaks_where_a_line_runs_along_the_side_of_a_nest(north):
    """In front of it and behind it, nearer than half of a cell of the parent and further away."""
    points = np.array([(-60.0, north), (1100, north + 7), (2700, north - 5)])
    family, dt = tree(
        GRID, [NEST | {"ratio": 3}], bed, two_waters(points, 40.0, -1.0, 1.3), lines=[wall_line(points, 2.0)]
    )
    before = states(family)
    nested.march(family, 3, dt)
    for name, found in states(family).items():
        np.testing.assert_array_equal(found, before[name], err_msg=name)


def test_a_wave_floods_none_of_what_lies_behind_a_wall_through_a_two_way_nest():
    points = np.array([(-50.0, 1123), (410, 1305), (830, 1407), (1250, 1277), (3000, 1101)])
    side = beyond(points, 40.0)

    def eta(x, y):
        wave = 3 * np.exp(-((x[None, :] - 1100) ** 2 + (y[:, None] - 900) ** 2) / 200**2)
        return np.where(side(x, y), -9.0, wave)

    family, dt = tree(GRID, [NEST | {"ratio": 3}], bed, eta, lines=[wall_line(points, 9.0)])
    before = volume(family)
    nested.march(family, 30, dt)
    assert volume(family) == pytest.approx(before, rel=1e-13)
    for one in family.levels:
        found, behind = one.ocean.water(), side(one.ocean.grid.x(), one.ocean.grid.y())
        assert found.h[behind].max() == 0 and np.abs(found.u).max() > 0.3


@pytest.mark.parametrize("crest", [8.0, 1.0])
def test_a_dam_breaks_against_a_wall(crest):
    """What a high one holds back stays in front to the last drop, what a low one lets over is not lost."""
    grid, points = plane(30, 20, 40.0), np.array([(-50.0, 460), (610, 430), (1300, 330)])
    side = beyond(points, 40.0)

    def eta(x, y):
        return np.where((y < 250)[:, None] & (x > 300)[None, :], 4.0, -9.0)

    def ground(x, y):
        return -1 + 0.8 * np.sin(x / 57)[None, :] * np.cos(y / 43)[:, None]

    made = ocean(grid, ground, eta, lines=[wall_line(points, crest)])
    before = volume_of(made)
    advance(made, 60, cfl=0.9, adaptive=True)
    found, behind = water(made), side(grid.x(), grid.y())
    assert volume_of(made) == pytest.approx(before, rel=1e-14)
    assert found.h.min() >= 0 and found.eta[~behind].max() > 1.0
    assert (found.h[behind].max() == 0) == (crest == 8.0)


# ------------------------------------------------------------------ discharges


def over_weir(up, down, crest, ground=-2.0, cells=160, duration=150.0):
    """Levels and discharges along a channel, when water has flowed over a weir in its middle for a while."""
    grid, middle = plane(cells, 4, 10.0), 5.0 * cells
    made = ocean(
        grid,
        flat(-ground),
        lambda x, y: np.where(x < middle, up, down)[None, :] + 0 * y[:, None],
        lines=[wall_line([(middle, -99), (middle, 99)], crest)],
    )
    advance(made, duration, cfl=0.45)
    found = water(made)
    return found.eta[1], (found.h * found.u)[1], found.h[1], cells // 2


@pytest.mark.parametrize(
    ("up", "down"),
    [
        (1.0, -3.0),
        *(pytest.param(*pair, marks=pytest.mark.long) for pair in ((1.0, -1.5), (0.3, -1.9), (2.0, -1.0))),
    ],
)
def test_a_free_overflow_is_that_of_a_broad_crested_weir(up, down):
    """1.705 E^1.5 m2/s, also onto dry ground; E is the energy head in front of it."""
    eta, q, h, i = over_weir(up, down, 0.0)
    energy = eta[i - 5] + (q[i - 5] / h[i - 5]) ** 2 / (2 * G)
    assert q[i - 5] == pytest.approx(1.705 * energy**1.5, rel=0.005)
    assert q[i + 5] == pytest.approx(q[i - 5], rel=0.01) and energy > 0.2


@pytest.mark.parametrize(
    ("up", "down", "crest"),
    [
        (2.0, 1.0, 0.0),
        *(pytest.param(*three, marks=pytest.mark.long) for three in ((2.0, 1.7, 0.0), (1.0, 0.5, -1.5))),
    ],
)
def test_a_drowned_overflow_loses_the_head_of_borda_and_carnot(up, down, crest):
    """Head to velocity up to the crest, and behind it the momentum balance of a jet that widens."""
    eta, q, h, i = over_weir(up, down, crest)
    flow, behind = q[i - 6], h[i + 10]
    on_crest = np.linspace(0.3, 4, 100_001)  # m, the depth there
    force = flow**2 / on_crest + G / 2 * (on_crest + crest + 2) ** 2
    wanted = flow**2 / behind + G / 2 * behind**2
    depth = on_crest[(np.abs(force - wanted) + (on_crest < (flow**2 / G) ** (1 / 3)) * 99).argmin()]
    energy = eta[i - 6] - crest + (flow / h[i - 6]) ** 2 / (2 * G)
    assert flow == pytest.approx(depth * np.sqrt(2 * G * (energy - depth)), rel=0.05)
    assert eta[i - 6] > eta[i + 10]


def test_a_lake_runs_over_down_to_the_crest():
    """With dH/dt = -1.705 H^(3/2) / L its head H falls from 0.5 m to (0.5^(-1/2) + 1.705 t / (2 L))^(-2)."""
    grid, duration = plane(12, 4, 10.0), 120.0
    made = ocean(
        grid,
        flat(2.0),
        lambda x, y: np.where(x < 60, 1.0, -2.0)[None, :] + 0 * y[:, None],
        lines=[wall_line([(60, -9), (60, 99)], 0.5)],
    )
    before = volume_of(made)
    advance(made, duration, cfl=0.45)
    found, head = water(made), (0.5**-0.5 + 1.705 * duration / (2 * 60)) ** -2
    assert found.eta[:, :6].mean() - 0.5 == pytest.approx(head, rel=0.02)
    assert found.h[:, 6:].mean() == pytest.approx(0.5 - head, rel=0.02)
    assert volume_of(made) == pytest.approx(before, rel=1e-13)


def passed(points, eta, side):
    """Water behind a line after ten seconds [m3]."""
    grid = plane(40, 40, 10.0)
    made = ocean(grid, flat(5.0), eta, lines=[wall_line(points, 0.0)])
    before = water(made).h[side(grid)].sum()
    advance(made, 10, cfl=0.45)
    return (water(made).h[side(grid)].sum() - before) * 100


def test_an_oblique_weir_lets_over_what_its_length_lets_over():
    """Nearly: its faces are longer than itself by the square root of two, which would make it twice as much."""
    straight = passed(
        [(-50, 201), (450, 201)],
        lambda x, y: np.where(y < 200, 1.0, -3.0)[:, None] + 0 * x[None, :],
        lambda grid: np.broadcast_to(grid.y()[:, None] > 200, (40, 40)),
    )
    oblique = passed(
        [(-50, -48), (450, 452)],
        lambda x, y: np.where(y[:, None] < x[None, :] + 1, 1.0, -3.0),
        lambda grid: grid.y()[:, None] > grid.x()[None, :] + 1,
    )
    assert oblique / straight == pytest.approx(np.sqrt(2), rel=0.05)


def test_a_wall_sends_a_wave_back_as_the_side_of_a_grid_does():
    """Twice its height at the wall, and all of it on its way back; in the cell beside the wall to first order."""
    found = []
    for cells, lines in ((60, ()), (80, [wall_line([(6e3, -99), (6e3, 999)], 50.0)])):
        made = ocean(
            plane(cells, 4, 100.0),
            flat(100.0),
            lambda x, y: 2 * ((x < 6e3) * np.exp(-(((x - 3e3) / 700) ** 2)))[None, :] + 0 * y[:, None],
            lines=lines,
        )
        dt, run = 1.3, []
        for _ in range(4):
            march(made, 24, dt)
            run.append(water(made).eta[1, :60])
            assert np.abs(water(made).eta[1, 60:]).max(initial=0) == 0
        found.append(np.array(run))
    assert found[0][:, -1].max() > 1.8
    np.testing.assert_allclose(found[1], found[0], atol=0.06)
    np.testing.assert_allclose(found[1][:, :-1], found[0][:, :-1], atol=0.03)


@pytest.mark.parametrize("rise", [60.0, pytest.param(1.0, marks=pytest.mark.long)])
def test_a_deeply_drowned_sill_lets_waves_through(rise):
    grid = plane(160, 4, 100.0)
    heights = []
    for lines in ((), [wall_line([(8e3, -99), (8e3, 999)], rise - 100)]):
        made = ocean(
            grid,
            flat(100.0),
            lambda x, y: np.exp(-(((x - 5e3) / 800) ** 2))[None, :] + 0 * y[:, None],
            lines=lines,
        )
        advance(made, 170, cfl=0.8)
        heights.append(water(made).eta[1, 80:].max())
    assert heights[1] == pytest.approx(heights[0], rel=0.03) and heights[0] > 0.45


def test_a_crest_moves_with_the_ground():
    """Both sides rise by a metre: water below the new crest stays, although it stands above the old one."""
    made = ocean(plane(10, 4, 10.0), flat(2.0), lines=[wall_line([(50, -9), (50, 99)], 0.5)])
    made.bed[...] += 1.0
    zeta = np.where(np.arange(10) < 5, 1.2, -1.0)[None, :] + np.zeros((4, 1))
    made.fill(zeta)
    march(made, 3, 0.5)
    np.testing.assert_array_equal(state(made)[0], zeta)
    made.fill(zeta + np.where(zeta > 0, 0.4, 0))
    march(made, 3, 0.5)
    assert state(made)[0][:, 5].max() > -1.0


# ------------------------------------------------------------------ ranks, periodic sides, kernels


def spread(comm):
    """A wave that runs over an oblique wall, through a nest and across ranks."""

    def eta(x, y):
        return np.where(
            beyond(CORNERS, 40.0)(x, y),
            -1.0,
            4 * np.exp(-((x[None, :] - 900) ** 2 + (y[:, None] - 600) ** 2) / 300**2),
        )

    family, dt = tree(
        GRID, [NEST | {"ratio": 3}], bed, eta, dtype="float32", comm=comm, lines=[wall_line(CORNERS, 0.6)]
    )
    nested.march(family, 6, dt)
    return states(family)


@pytest.mark.parametrize("ranks", [2, pytest.param(4, marks=pytest.mark.long)])
def test_the_same_bits_on_any_number_of_ranks(ranks):
    alone = spread(SerialComm())
    assert (alone["nest1"][0] > 0.6).any()
    for name, found in run_ranks(ranks, spread)[0].items():
        np.testing.assert_array_equal(found, alone[name], err_msg=f"{name} on {ranks} ranks")


def test_a_line_across_a_periodic_side_holds():
    grid = plane(20, 12, 50.0, PERIODIC)
    ring = [(150, 100), (870, 100), (870, 470), (150, 470), (150, 100)]
    shifted = [(x + 500, y + 310) for x, y in ring]  # across both sides: the parts beyond come again
    lines = [wall_line([(x + dx, y + dy) for x, y in shifted], 3.0) for dx in (0, -1000) for dy in (0, -600)]
    inside = lambda x, y: (  # noqa: E731
        (((x - 500) % 1000 > 150) & ((x - 500) % 1000 < 870))[None, :]
        & (((y - 310) % 600 > 100) & ((y - 310) % 600 < 470))[:, None]
    )
    made = ocean(
        grid, flat(2.0), lambda x, y: np.where(inside(x, y), 1.0, -0.5), dtype="float32", lines=lines
    )
    before = state(made)
    march(made, 10, 0.8 / made.fastest())
    np.testing.assert_array_equal(state(made), before)


def test_a_wall_keeps_a_tracer_back_and_a_weir_loses_none():
    """Concentration one in front and zero behind, on both sides of a wall; over a weir all of it goes on."""
    side = beyond(CORNERS, 120.0)

    def eta(x, y):
        return np.where(
            side(x, y), 0.5, 4 * np.exp(-((x[None, :] - 900) ** 2 + (y[:, None] - 600) ** 2) / 300**2)
        )

    for crest in (9.0, 0.6):
        made = ocean(
            GRID, flat(5.0), eta, tracer=lambda x, y: 1.0 * ~side(x, y), lines=[wall_line(CORNERS, crest)]
        )
        total = (water(made).h * state(made)[3]).sum()
        march(made, 20, 0.4 / made.fastest())
        found, behind = state(made)[3], side(GRID.x(), GRID.y())
        assert (water(made).h * found).sum() == pytest.approx(total, rel=1e-13)
        assert found.min() >= 0 and found.max() <= 1
        assert (found[behind].max() == 0) == (crest == 9.0)
        assert crest < 9 or (found[~behind] == 1).all()


def test_grids_without_structures_keep_their_kernel():
    assert structures_on(GRID, ()) is None
    assert ocean(GRID, bed).kernel.name == "shallow_water"


# ------------------------------------------------------------------ whole runs


def scene(directory, **changes):
    """A channel with walls, weirs and a file of lines; the source is beside them."""
    made = channel(directory, backend="numpy")
    lines = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"top": 5.0},
                "geometry": {"type": "LineString", "coordinates": [[-30e3, -30e3], [-20e3, 20e3]]},
            }
        ],
    }
    directory.mkdir(exist_ok=True)
    (directory / "lines.geojson").write_text(json.dumps(lines))
    made["structures"] = [
        {"name": "mole", "points": [[2e3, -22e3], [19e3, 1e3], [15e3, 30e3]], "crest": 1.5},
        {"points": [[-49e3, 9e3], [-35e3, 12e3]], "height": "100 m"},
        {"name": "file", "file": str(directory / "lines.geojson"), "crest_from": "top"},
    ]
    return made | changes


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return compute(scene(tmp_path_factory.mktemp("whole")))


def test_a_run_with_structures_differs_from_one_without(whole, tmp_path):
    assert "fields.eta" in differing(compute(scene(tmp_path, structures=[])), whole)


@pytest.mark.long
def test_ranks_write_the_same(whole, tmp_path):
    assert differing(compute(scene(tmp_path), 2), whole) == []


def test_a_run_that_was_cut_off_resumes_bit_for_bit(whole, tmp_path):
    made = scene(tmp_path)
    steps = [step for step in whole["fields.step"] if step > 0]
    cut_off(made, int(steps[1]) - 2, 2)
    assert differing(compute(made, resume=True), whole) == []


@pytest.mark.long
def test_a_nested_run_resumes_bit_for_bit(tmp_path):
    """On ground that an earthquake moves, across a wall."""
    found = []
    for name in ("whole", "cut"):
        made = scene(tmp_path / name)
        made["grid"]["nests"] = [{"x": [-24e3, 20e3], "y": [-28e3, 24e3], "ratio": 2}]
        if name == "cut":
            steps = [step for step in found[0]["fields.step"] if step > 0]
            cut_off(made, int(steps[1]) - 2, 2)
        found.append(compute(made, resume=name == "cut"))
    assert differing(*found) == []


def test_dispersion_leaves_out_cells_beside_structures():
    """They have no acceleration, and are not counted among those in which it was switched off by breaking."""

    def eta(x, y):
        return 3 * np.exp(-((x[None, :] - 900) ** 2 + (y[:, None] - 600) ** 2) / 300**2)

    made = ocean(GRID, flat(40.0), eta, lines=[wall_line(CORNERS, -10.0)], forces=[Dispersion])
    (j0, j1), (i0, i1) = made.block.interior
    west, south = made.crests[0, j0:j1, i0 : i1 + 1] > 0, made.crests[1, j0 : j1 + 1, i0:i1] > 0
    beside = west[:, :-1] | west[:, 1:] | south[:-1] | south[1:]
    found = np.abs(made.own(made.accelerations[made.plan.current])).max(axis=0)
    assert beside.sum() > 20 and (found[beside] == 0).all() and found[~beside].max() > 1e-3
    force = made.forces.all[0]
    force._broken[0] = 1.0
    assert force.broken() == (~beside).sum()


def test_the_plan_tells_faces_and_crests(tmp_path):
    setup = checked(configured(scene(tmp_path)))
    lines = [line for line in driver_of(setup.config).describe(setup) if line.startswith("structures")]
    assert lines == ["structures     on 39 cell faces of root, crests 1.5 to 62 m above the still water"]


@pytest.mark.parametrize(
    ("structure", "words"),
    [
        (
            {"name": "deep", "points": [[0, 0], [9e3, 9e3]], "crest": -500},
            "structures.0: 'deep' lies below the ground everywhere, so it does nothing; its crest is at most -500 m",
        ),
        (
            {"points": [[100, 100], [120, 130]], "crest": 5},
            "structures.0: 'structure1' passes between no two cells of any grid",
        ),
        (
            {"points": [[-40e3, -20e3], [40e3, 20e3]], "crest": -50},
            "structures.0: 'structure1' lies below the ground at ",
        ),
    ],
)
def test_lines_that_do_nothing_are_told(structure, words, tmp_path):
    setup = checked(configured(scene(tmp_path, structures=[structure])))
    assert any(words in text for text in setup.warnings.texts)


# ------------------------------------------------------------------ levees of the bathymetry


def polder(directory, **changes):
    """A levee two nodes of the file wide, oblique, 4 m high, between a sea with a wave and land 0.5 m above it."""
    import xarray as xr

    x, y = np.arange(-50, 1551, 10.0), np.arange(-50, 1251, 10.0)
    way = 700 + 0.3 * y[:, None]
    ground = np.where(x < way, -6.0, 0.5)
    ground = np.where(np.abs(x - way) <= 12, 4.0, ground)
    directory.mkdir(exist_ok=True)
    xr.Dataset(
        {"elevation": (("y", "x"), ground, {"units": "m"})},
        {"y": ("y", y, {"units": "m"}), "x": ("x", x, {"units": "m"})},
    ).to_netcdf(directory / "polder.nc")
    return {
        "scenario": "tsunami",
        "time": {"duration": 60},
        "grid": {"kind": "cartesian", "x": [0, 1500], "y": [0, 1200], "spacing": 100, "boundary": "wall"},
        "bathymetry": {"file": str(directory / "polder.nc")},
        "source": [{"kind": "hump", "x": 300, "y": 600, "height": 4, "radius": 300}],
        "output": {"directory": str(directory / "out"), "fields": {"every": 30, "variables": ["h", "eta"]}},
        "run": {"backend": "numpy", "precision": "float64"},
    } | changes


def test_crests_of_the_file_that_cells_do_not_have_are_told(tmp_path):
    setup = checked(configured(polder(tmp_path)))
    told = [text for text in setup.warnings.texts if text.startswith("bathymetry: crests of the file")]
    assert len(told) == 1 and "a cell of 'root' are lost at " in told[0] and "levees: 0.5 m keeps" in told[0]
    assert setup.levels[0].structures is None
    lost = float(told[0].split("up to ")[1].split(" m")[0])
    level = setup.levels[0]
    x, y = level.grid.x(), level.grid.y()
    ground = level.media.elevation(x, y)
    way = 700 + 0.3 * y[:, None]
    across = (way > x[:-1] - 12) & (way < x[1:] + 12)
    along = (700 + 0.3 * y[:-1, None] < x + 12) & (700 + 0.3 * y[1:, None] > x - 12)
    lower = [
        np.maximum(ground[:, :-1], ground[:, 1:])[across].min(),
        np.maximum(ground[:-1], ground[1:])[along].min(),
    ]
    assert lost == pytest.approx(4 - min(lower), abs=0.01) and lost > 3


@pytest.mark.parametrize("nests", [[], [{"x": [400, 1200], "y": [300, 900], "ratio": 2}]])
def test_a_levee_that_is_kept_holds_the_water_back(nests, tmp_path):
    behind = {}
    for levees in (None, 0.5):
        made = polder(tmp_path, levees=levees)
        made["grid"]["nests"] = nests
        compute_plain(made)
        behind[levees] = land_water(tmp_path / "out", "nest1" if nests else None)
    assert behind[None] > 0.1 and behind[0.5] == 0.0


def compute_plain(made):
    """Run a scene without checkpoints."""
    simulate(configured(made | {"output": made["output"] | {"overwrite": True}}), SerialComm())


def land_water(directory, nest):
    """Depth [m] of the deepest water on the land behind the levee."""
    found = 0.0
    for file in ("fields.nc", *([f"fields_{nest}.nc"] if nest else [])):
        with netcdf.LIBRARY, netcdf.read(directory / file) as data:
            x, y, h = data["x"][...], data["y"][...], np.ma.filled(data["h"][-1], 0.0)
        size = x[1] - x[0]
        found = max(found, h[(x[None, :] > 700 + 0.3 * y[:, None] + size)].max())
    return found


def test_a_grid_without_a_finer_file_has_no_levees(tmp_path):
    setup = checked(configured(scene(tmp_path, levees=0.5)))
    assert "levees: the bathymetry of 'root' is no file finer than its cells" in " ".join(
        setup.warnings.texts
    )


def test_levees_are_the_same_on_two_ranks(tmp_path):
    cfg = configured(polder(tmp_path, levees=0.5))
    alone, *_ = run_ranks(1, lambda comm: checked(cfg, comm).levels[0].structures)
    for other in run_ranks(2, lambda comm: checked(cfg, comm).levels[0].structures):
        for name in ("axis", "j", "i", "crest"):
            np.testing.assert_array_equal(getattr(other.faces, name), getattr(alone.faces, name))


# ------------------------------------------------------------------ what cannot be


@pytest.mark.parametrize(
    ("structure", "words"),
    [
        ({"points": [[0, 0]], "crest": 5}, "structures.0.points: is a single point; a structure is a line"),
        (
            {"points": [[0, 0], [9e3, 0]]},
            "structures.0: needs crest, height or crest_from; it has none of them",
        ),
        (
            {"points": [[0, 0], [9e3, 0]], "crest": 5, "height": 2},
            "needs crest, height or crest_from; it has crest and height",
        ),
        ({"crest": 5}, "structures.0: needs points or file; it has none of them"),
        ({"points": [[0, 0], [9e3, 0]], "crest_from": "top"}, "structures.0.crest_from: needs a file"),
        ({"points": [[0, 0], [9e3, 0]], "height": 0}, "structures.0.height: 0 is too small"),
        (
            {"points": [[90e3, 0], [99e3, 0]], "crest": 5},
            "structures.0.points: 'structure1' lies outside the grid, which spans x -50000..50000, y -48000..48000",
        ),
        (
            {"file": "lines.geojson", "crest_from": "tip"},
            "feature 1 has no property 'tip', did you mean 'top'?",
        ),
        ({"file": "a.csv", "crest": 3}, "line 1 is a single point"),
        ({"file": "b.csv", "crest_from": "z"}, "there is no column 'z'"),
    ],
)
def test_bad_lines_are_one_sentence(structure, words, tmp_path):
    made = scene(tmp_path)
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("x,y,crest\n1,2,3\n1000,2,3\n")
    if "file" in structure:
        structure = structure | {"file": str(tmp_path / structure["file"])}
    with pytest.raises(InputError) as error:
        checked(configured(made | {"structures": [structure]}))
    assert words in str(error.value) and len(str(error.value).splitlines()) == 1


def test_lines_of_a_table_have_crests_at_their_points(tmp_path):
    (tmp_path / "a.csv").write_text("line,x,y,top\n1,0,0,3\n1,10,0,4\n2,0,5,7\n2,0,9,8\n")
    found = structure_lines.read(tmp_path / "a.csv", False, "top", "structures.0.file")
    assert [(points.tolist(), values.tolist()) for points, values in found] == [
        ([[0, 0], [10, 0]], [3, 4]),
        ([[0, 5], [0, 9]], [7, 8]),
    ]
