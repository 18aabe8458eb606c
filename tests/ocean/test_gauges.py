"""Gauges are kept on the device and fetched in batches; nobody can tell from what they record."""

import numpy as np
import pytest
from support.nested import march, tree
from support.nested_scene import everything, scene
from support.oceans import level, plane, rough
from support.scenes import channel, compute, cut_off, differing

from esim.backends import device_buffer
from esim.backends.device_buffer import ROWS
from esim.ocean.output import gauges as output_gauges
from esim.ocean.output.gauges import Gauges, bilinear_cells
from esim.ocean.water import water_of
from esim.parallel.comm import run_ranks

GRID = plane(40, 24, 2e3)
NESTS = [  # the first sleeps at first
    {"x": [44e3, 60e3], "y": [8e3, 36e3], "ratio": 2, "activation_threshold": 0.01},
    {"x": [8e3, 24e3], "y": [8e3, 36e3], "ratio": 3, "activation_threshold": None},
]
# In a nest, on the shore of its box, in a nest that wakes, in none, on land.
PLACES = [
    (15.3e3, 20.2e3),
    (8.1e3, 9.7e3),
    (51.1e3, 22.3e3),
    (35.2e3, 30e3),
    (71e3, 41.7e3),
    (17.1e3, 31.9e3),
]


def hump(x, y):
    """A hill of water in the second nest."""
    return 40 * np.exp(-((x[None, :] - 14e3) ** 2 + (y[:, None] - 20e3) ** 2) / 5e3**2)


def at_once(family, place):
    """What a gauge sees: values from the cells around it in the finest grid that is awake, on one rank."""
    around = [one for one in family.levels if one.active and one.ocean.grid.contains(*place)]
    finest = min(around, key=lambda one: one.ocean.grid.dx)
    ocean = finest.ocean
    rows, columns, weights = bilinear_cells(ocean.grid, *place)
    cells = rows + ocean.block.halo, columns + ocean.block.halo
    water = water_of(ocean.plan.state()[:, *cells], ocean.bed[0, *cells], ocean.physics.dry_depth)
    weights = weights * water.wet
    if not weights.sum():
        return np.array([np.nan, 0, 0, 0, np.nan, np.nan, np.nan])
    change = water.h - finest.motion.first_depth[rows, columns]
    calm = np.zeros(4)  # there is no air pressure that changes
    seen = (water.eta, water.h, water.u, water.v, change, calm, change)
    return np.array([(values * weights).sum() / weights.sum() for values in seen])


def record(comm=None, every=1, steps=200):
    """Samples of a nested run, fetched when there is no more room and at the end; and what each gauge saw."""
    family, dt = tree(GRID, NESTS, rough(3, 1500.0), hump, backend="cpu", dtype="float32", comm=comm)
    gauges, pieces, seen, awake = Gauges(family.levels, PLACES), [], [], []
    for n in range(steps):
        march(family, every, dt)
        gauges.sample(float(n))
        awake.append(family.levels[1].active)
        if family.root.ocean.comm.size == 1:
            seen.append(np.transpose([at_once(family, place) for place in PLACES]))
        if gauges.full:
            pieces.append(gauges.fetch())
    pieces.append(gauges.fetch())
    assert len(set(awake)) == 2
    return pieces, seen


@pytest.fixture(scope="module")
def alone():
    return record()


def test_a_batch_has_what_each_sample_saw(alone):
    pieces, seen = alone
    assert [len(times) for times, _ in pieces] == [ROWS, 200 - ROWS]
    np.testing.assert_array_equal(np.concatenate([times for times, _ in pieces]), np.arange(200.0))
    values = np.concatenate([values for _, values in pieces])
    np.testing.assert_array_equal(values, np.array(seen))
    assert np.isnan(values).any(axis=(0, 1)).any() and np.ptp(values[:, 0, 0]) > 1


@pytest.mark.parametrize("ranks", [2, pytest.param(3, marks=pytest.mark.long)])
def test_ranks_record_the_same(ranks, alone):
    first, *others = [pieces for pieces, _ in run_ranks(ranks, record)]
    for found, wanted in zip(first, alone[0], strict=True):
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(one, other)
    assert all(piece is None for pieces in others for piece in pieces)


def test_samples_are_not_fetched_one_by_one(monkeypatch):
    family, _ = tree(GRID, [], level(-1000.0), hump)
    backend = family.root.ocean.backend
    gauges, fetched = Gauges(family.levels, PLACES), []
    monkeypatch.setattr(backend, "to_host", lambda array: fetched.append(array.shape) or np.array(array))
    for n in range(ROWS):
        gauges.sample(float(n))
    assert gauges.full and not fetched
    gauges.fetch()
    assert fetched == [(ROWS, 4, len(PLACES), 4)]


@pytest.fixture
def small(monkeypatch):
    """Batches of seven samples, so that they fill between checkpoints."""
    for module in (device_buffer, output_gauges):
        monkeypatch.setattr(module, "ROWS", 7)


def test_runs_write_the_same_with_batches_of_any_size(tmp_path, small, request):
    found = compute(channel(tmp_path / "small"))
    request.getfixturevalue("monkeypatch").undo()
    assert found["stations.eta"].shape[1] % 7 and found["stations.eta"].shape[1] > 2 * 7
    assert differing(found, compute(channel(tmp_path / "large"))) == []


@pytest.mark.long
def test_a_nested_run_with_small_batches_goes_on_bit_for_bit(tmp_path, small):
    whole = everything(scene(tmp_path / "whole"))
    made = scene(tmp_path / "cut")
    cut_off(made, 40, 2)
    assert differing(everything(made, 1, resume=True), whole) == []


def test_a_gauge_on_land_sees_its_own_cell_in_the_finest_grid_alone():
    """The nest around it sleeps: it is dry, whatever the coarse grid has there. At sea the coarse grid is read."""
    family, _ = tree(GRID, NESTS, level(-1000.0), hump)
    assert not family.levels[1].active
    gauges = Gauges(family.levels, [PLACES[2], PLACES[2], PLACES[0], PLACES[0]], on_land={0, 2})
    gauges.sample(0.0)
    values = gauges.fetch()[1][0].T
    assert np.isnan(values[0, [0, 4]]).all() and values[0, 1:4].tolist() == [0, 0, 0]
    assert values[1, 1] == pytest.approx(1000 + values[1, 0]) and np.isfinite(values[1, 0])
    ocean = family.levels[2].ocean
    j, i = (int(index + 0.5) for index in ocean.grid.index(*PLACES[0]))
    x, y = ocean.grid.x(i, i + 1), ocean.grid.y(j, j + 1)
    np.testing.assert_allclose(values[2, 0], hump(x, y)[0, 0], rtol=1e-6)
    assert abs(values[3, 0] - values[2, 0]) > 1e-3
