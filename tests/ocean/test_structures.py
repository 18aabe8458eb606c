"""Structures thinner than a cell: no leak, and rest at any levels, also through nests; the same bits on all ranks."""

import numpy as np
import pytest
from support import nested
from support.nested import states, tree, volume
from support.oceans import (
    PERIODIC,
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
from support.walls import CORNERS, GRID, NEST, bed, beyond, two_waters

from esim.ocean.forcing.dispersion import Dispersion
from esim.parallel.comm import SerialComm, run_ranks


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


def test_grids_without_structures_keep_their_kernel():
    assert structures_on(GRID, ()) is None
    assert ocean(GRID, bed).kernel.name == "shallow_water"
