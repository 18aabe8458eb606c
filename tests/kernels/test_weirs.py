"""What flows over a structure: formulas of free and drowned weirs, walls that send waves back, sills that do not."""

import numpy as np
import pytest
from support.oceans import G, advance, flat, march, ocean, physics, plane, wall_line, water
from support.oceans import volume as volume_of


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


def overtopped(dx, resolved, crest):
    """Water [m2] behind a levee, 8 m wide or as thin as a face, that a surge has run over on cells of dx [m]."""
    grid = plane(round(2400 / dx), 4, dx)

    def ground(x, y):
        sides = crest - 0.8 * np.maximum(np.abs(x - 1200) - 4, 0)
        found = np.where(x < 1200, -6.0, -1.0)
        return (np.maximum(found, sides) if resolved else found)[None, :] + 0 * y[:, None]

    made = ocean(
        grid,
        ground,
        lambda x, y: (
            np.where(x < 1200, 5 * np.exp(-(((x - 700) / 150) ** 2)), -9.0)[None, :] + 0 * y[:, None]
        ),
        given=physics(manning=0.025),
        lines=[] if resolved else [wall_line([(1200, -99), (1200, 999)], crest)],
    )
    advance(made, 80, cfl=0.45, adaptive=True)
    return water(made).h[1][grid.x() > 1200 + 12 * resolved].sum() * dx


@pytest.mark.long
@pytest.mark.parametrize("crest", [1.0, 2.0])
def test_a_levee_as_thin_as_a_face_lets_over_what_one_of_many_cells_does(crest):
    """On cells of 25 m what needs cells of 2 m otherwise, on which it still grows with finer ones."""
    assert overtopped(25.0, False, crest) == pytest.approx(overtopped(2.0, True, crest), rel=0.1)
