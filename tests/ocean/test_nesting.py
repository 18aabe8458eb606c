"""Grids in grids: rest, mass, waves that pass, the same bits on any ranks and after a restart, and what cannot be."""

import json
import re

import numpy as np
import pytest
from support.nested import hump, march, states, tree, volume
from support.nested_scene import NAMES, everything, outputs, scene
from support.oceans import PERIODIC, coarsen, japan, level, physics, plane, rough
from support.scenes import checked, configured, cut_off, differing, mpirun, observed, saved, steps, written
from support.scenes import japan as honshu
from support.simulator import in_simulator

from esim.config import from_dict
from esim.config.ocean.nests import NestConfig, named, place
from esim.drivers.run import simulate
from esim.errors import InputError, NumericalError
from esim.grids.grid import Grid
from esim.io.gridded import reader
from esim.ocean.nesting.bathymetry import nested_bathymetries
from esim.ocean.nesting.refluxing import Refluxing
from esim.parallel.comm import SerialComm, run_ranks

FAMILY = [
    {"x": [10e3, 40e3], "y": [8e3, 36e3], "ratio": 3},
    {"x": [14e3, 30e3], "y": [14e3, 30e3], "ratio": 2},
]
SIBLINGS = [
    {"x": [6e3, 20e3], "y": [8e3, 36e3], "ratio": 5},
    {"x": [22e3, 50e3], "y": [4e3, 24e3], "ratio": 2},
    {"x": [26e3, 32e3], "y": [8e3, 14e3], "ratio": 3},
]
EDGES = [{"x": [0, 30e3], "y": [0, 48e3], "ratio": 2}]  # on walls in the west, south and north
GRID = plane(30, 24, 2e3)
BACKENDS = {"float32": "cpu", "float64": "numpy"}


def crossed(family):
    """Sides of nests on which water meets land, by name."""
    found = []
    for one in family.levels[1:]:
        wet = one.ocean.water().wet
        rims = [wet[0], wet[-1], wet[:, 0], wet[:, -1]]
        found.append(any(rim.any() and not rim.all() for rim in rims))
    return found


# ------------------------------------------------------------------ rest


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("nests", [FAMILY, SIBLINGS, EDGES])
def test_a_lake_at_any_level_is_exactly_at_rest_through_all_nests(nests, dtype):
    """Shores lie on the sides of nests; at level 0 all is exactly zero, in nests that are awake or not."""
    for height in (0.0, 1.7, -300.0):
        awake = [nest | {"activation_threshold": None} for nest in nests]
        family, dt = tree(GRID, awake, rough(), level(height), dtype=dtype, backend=BACKENDS[dtype])
        assert any(crossed(family))
        before = states(family)
        march(family, 8, dt)
        after = states(family)
        for name, state in after.items():
            assert not state[1:].any(), f"{name} flows at level {height}"
            np.testing.assert_array_equal(state[0], before[name][0])
            assert height or not state.any()


def test_a_lake_over_real_islands_on_the_sphere_is_exactly_zero():
    grid, bed = japan(30)
    nests = [
        {"west": 139, "east": 140.6, "south": 34.0, "north": 35.6, "ratio": 3, "activation_threshold": None}
    ]
    family, dt = tree(grid, nests, bed, given=physics(coriolis=True), dtype="float32", backend="cpu")
    assert crossed(family) == [True]
    march(family, 20, dt)
    assert not any(state.any() for state in states(family).values())


def test_a_nest_sleeps_until_water_comes():
    family, dt = tree(
        plane(60, 12, 2e3), [{"x": [80e3, 110e3], "y": [4e3, 20e3], "ratio": 2}], level(-500.0), hump
    )
    far = family.levels[1]
    assert not far.active and far.activated is None
    march(family, 10, dt)
    assert not far.active and far.steps == 0
    march(family, 100, dt)
    assert far.active and far.steps % far.substeps == 0 and 0 < far.activated


def test_a_nest_that_wakes_wakes_those_around_it():
    """What lies around a nest has to step for it to: the outer one would sleep on by itself."""
    nests = [FAMILY[0] | {"activation_threshold": 100.0}, FAMILY[1] | {"activation_threshold": 1e-3}]
    family, dt = tree(GRID, nests, level(-2000.0), hump)
    assert [one.active for one in family.levels[1:]] == [True, True]
    march(family, 1, dt)
    assert all(one.steps for one in family.levels)


# ------------------------------------------------------------------ mass


def flux(family):
    """Largest transport through the water of all nests [m2/s]."""
    return max(np.abs(state[1:]).max() for name, state in states(family).items() if name != "root")


@pytest.mark.long
@pytest.mark.parametrize("nests", [FAMILY, SIBLINGS, EDGES])
def test_no_water_is_lost_between_nests(nests):
    """Waves, 40 m high at first, go through all sides, over shores; walls all around."""
    family, dt = tree(GRID, nests, rough(), hump)
    before = volume(family)
    march(family, 30, dt)
    assert flux(family) > 100
    width, height = GRID.cell_size()
    moved = (np.abs(states(family)["root"][0]) * (width * height)[:, None]).sum()
    assert moved > 1e8
    assert abs(volume(family) - before) < 1e-10 * moved


@pytest.mark.long
def test_without_refluxing_water_would_be_lost(monkeypatch):
    monkeypatch.setattr(Refluxing, "apply", lambda self: None)
    family, dt = tree(GRID, FAMILY, rough(), hump)
    before = volume(family)
    march(family, 30, dt)
    assert abs(volume(family) - before) > 1e6


def test_no_water_is_lost_on_the_sphere():
    """Cells and faces of other sizes in each row."""
    grid = Grid("lonlat", 140.0, 55.0, 0.1, 0.1, 24, 20, ("wall",) * 4)
    nests = [{"west": 140.5, "east": 141.8, "south": 55.4, "north": 56.6, "ratio": 3}]

    def hill(x, y):
        return 5 * np.exp(-(((x[None, :] - 140.6) / 0.2) ** 2) - ((y[:, None] - 55.9) / 0.2) ** 2)

    family, dt = tree(grid, nests, level(-800.0), hill, given=physics(coriolis=True))
    before = volume(family)
    march(family, 30, dt)
    assert flux(family) > 10
    assert abs(volume(family) - before) < 1e-14 * before


# ------------------------------------------------------------------ waves


def swell(width, speed=0.0):
    """A crest across the channel at 50 km, and the same as a velocity."""

    def crest(x, y):
        return np.exp(-(((x[None, :] - 50e3) / width) ** 2)) + 0 * y[:, None]

    return crest, lambda x, y: speed * crest(x, y)


@pytest.mark.parametrize(
    ("ratio", "width", "most"), [(2, 8e3, 1e-3), (3, 8e3, 1e-3), (5, 8e3, 1e-3), (3, 16e3, 2e-4)]
)
def test_a_wave_goes_into_a_nest_and_out_again_without_echoes(ratio, width, most):
    grid, depth = plane(240, 8, 1e3), 4000.0
    c = np.sqrt(9.81 * depth)
    eta, u = swell(width, c / depth)
    nests = [{"x": [90e3, 150e3], "y": [0, 8e3], "ratio": ratio}]
    family, dt = tree(grid, nests, level(-depth), eta, u, backend="cpu", dtype="float32")
    march(family, round(60e3 / c / dt), dt)
    inside = states(family)
    assert inside["nest1"][0].max() > 0.97
    assert np.abs(inside["root"][0][:, :50]).max() < most, "an echo of the way in"
    march(family, round(80e3 / c / dt), dt)
    outside = states(family)["root"][0]
    assert outside[:, 150:].max() > 0.96
    assert np.abs(outside[:, :140]).max() < most, "an echo of the way out"


def test_a_nest_comes_near_to_the_grid_that_is_fine_everywhere():
    """A hill spreads over a rough sea: in the nest the error is a small part of the coarse grid's."""
    r, grid = 3, plane(60, 48, 1e3)
    fine = plane(180, 144, 1e3 / 3)

    def bed(x, y):
        return -60 + 25 * np.sin(x[None, :] / 4e3) * np.cos(y[:, None] / 3e3)

    def hill(x, y):
        return 2 * np.exp(-((x[None, :] - 22e3) ** 2 + (y[:, None] - 24e3) ** 2) / 2.5e3**2)

    box = {"x": [12e3, 48e3], "y": [8e3, 40e3], "ratio": r}
    quick = {"backend": "cpu", "dtype": "float32"}
    family, dt = tree(grid, [box], bed, hill, **quick)
    end, steps = 400.0, int(400 / dt) + 1
    march(family, steps, end / steps)
    wanted, dt = tree(fine, [], bed, hill, **quick)
    steps = int(end / dt) + 1
    march(wanted, steps, end / steps)
    alone, dt = tree(grid, [], bed, hill, **quick)
    steps = int(end / dt) + 1
    march(alone, steps, end / steps)
    true = states(wanted)["root"][0]
    nest = states(family)["nest1"][0]
    inner = coarsen(true, r)[8:40, 12:48]
    scale = np.abs(true).max()
    best = np.abs(nest - true[24:120, 36:144]).max() / scale
    coarse = np.abs(states(alone)["root"][0][8:40, 12:48] - inner).max() / scale
    assert best < 0.02 and best < 0.25 * coarse


# ------------------------------------------------------------------ the same bits


def bits(nests, steps=24, comm=None, backend="cpu"):
    family, dt = tree(GRID, nests, rough(), hump, comm=comm, backend=backend, dtype="float32")
    march(family, steps, dt)
    return states(family), [sum(b.cells > 0 for b in one.ocean.decomposition.blocks) for one in family.levels]


@pytest.fixture(scope="module")
def alone():
    return {"family": bits(FAMILY)[0], "siblings": bits(SIBLINGS)[0]}


@pytest.mark.parametrize(
    "ranks", [pytest.param(2, marks=pytest.mark.long), 3, pytest.param(4, marks=pytest.mark.long)]
)
@pytest.mark.parametrize(("name", "nests"), [("family", FAMILY), ("siblings", SIBLINGS)])
def test_any_number_of_ranks_gives_the_same_bits(name, nests, ranks, alone):
    """The innermost sibling is too small for all ranks; where blocks of parent and nest meet differs with the ranks."""
    for found, shared in run_ranks(ranks, lambda comm: bits(nests, comm=comm)):
        assert shared[0] == ranks and shared[1] >= min(ranks, 3) and (name == "family" or shared[3] == 1)
        for grid, state in alone[name].items():
            np.testing.assert_array_equal(found[grid], state)


def test_numpy_gives_the_same_bits(alone):
    for grid, state in bits(SIBLINGS, backend="numpy")[0].items():
        np.testing.assert_array_equal(state, alone["siblings"][grid])


def test_a_one_way_nest_leaves_its_parent_alone():
    without = bits([])[0]["root"]
    found = bits([{**FAMILY[0], "two_way": False}])[0]
    np.testing.assert_array_equal(found["root"], without)
    assert found["nest1"].any()
    assert (bits(FAMILY[:1])[0]["root"] != without).any()


def test_to_wait_until_anything_moves_changes_nothing():
    nests = [{"x": [36e3, 54e3], "y": [8e3, 36e3], "ratio": 3, "activation_threshold": 0}]
    found = []
    for awake in (False, True):
        family, dt = tree(GRID, nests, level(-2000.0), lambda x, y: np.maximum(hump(x, y) - 1, 0))
        if awake:
            family.nests[0].activated = 0.0
        slept = not family.levels[1].active
        march(family, 6, dt)
        found.append((slept, states(family)))
    assert [slept for slept, _ in found] == [True, False]
    for name, state in found[0][1].items():
        np.testing.assert_array_equal(state, found[1][1][name])


def test_a_nest_across_a_periodic_grid_is_periodic():
    """What leaves it in the east comes back in the west, as on the grid without it."""
    grid = plane(24, 20, 2e3, PERIODIC)
    nests = [{"x": [0, 48e3], "y": [10e3, 30e3], "ratio": 2}]

    def hill(x, y):
        return np.exp(
            -((np.mod(x[None, :] - 46e3 + 24e3, 48e3) - 24e3) ** 2 + (y[:, None] - 20e3) ** 2) / 6e3**2
        )

    family, dt = tree(grid, nests, level(-1000.0), hill)
    assert family.levels[1].place.grid.boundary == ("periodic", "periodic", "nest", "nest")
    march(family, 30, dt)
    field = states(family)["nest1"][0]
    assert field.max() > 0.1
    np.testing.assert_allclose(field, np.roll(field[:, ::-1], -4, 1), atol=2e-3)


SIMULATE = """
import json
import numpy as np
from support.nested import hump, march, states, tree
from support.oceans import plane, rough
nests = [{"x": [6e3, 14e3], "y": [6e3, 14e3], "ratio": 2}]
found = []
for backend in ("numpy", "cuda"):
    family, dt = tree(plane(9, 9, 2e3), nests, rough(), hump, backend=backend, dtype="float32")
    march(family, 1, dt)
    found.append(states(family))
print(json.dumps([name for name in found[0] if not np.array_equal(found[0][name], found[1][name])]))
"""


@pytest.mark.simulator
def test_the_cuda_simulator_gives_the_same_bits():
    assert json.loads(in_simulator(SIMULATE)) == []


# ------------------------------------------------------------------ beds


def test_the_beds_of_parent_and_nest_fit():
    """The nest has the parent's bed at its sides and its own inside; the parent has the means of the nest's."""
    grid = plane(20, 20, 1e3)
    placed = place(grid, named((NestConfig(x=[4e3, 16e3], y=[4e3, 16e3], ratio=4),)))
    outer, inner = nested_bathymetries(placed, [level(-100.0), level(-60.0)])
    nest = inner(placed[1].grid.x(), placed[1].grid.y())
    assert (nest[:4] == -100).all() and nest[4:8, 20].max() < -85
    assert (nest[16:-16, 16:-16] == -60).all()
    whole = outer(grid.x(), grid.y())
    np.testing.assert_allclose(whole[4:16, 4:16], coarsen(nest, 4), rtol=1e-12)
    assert (whole[:4] == -100).all()
    part = outer(grid.x(3, 9), grid.y(7, 17))
    np.testing.assert_array_equal(part, whole[7:17, 3:9])
    np.testing.assert_array_equal(inner(placed[1].grid.x(5, 9), placed[1].grid.y(0, 7)), nest[:7, 5:9])


def test_the_seafloor_of_small_grids_is_read_a_few_times(tmp_path, monkeypatch):
    """Though nests ask for dozens of pieces of it while a run is checked."""
    read, asked = reader.read_field, []

    def counted(*given, **more):
        asked.append(given[0])
        return read(*given, **more)

    monkeypatch.setattr(reader, "read_field", counted)
    assert len(checked(configured(scene(tmp_path))).levels) == 3
    assert 3 <= len(asked) < 10


def test_a_one_way_nest_does_not_change_the_bed_of_its_parent():
    grid = plane(20, 20, 1e3)
    placed = place(grid, named((NestConfig(x=[4e3, 16e3], y=[4e3, 16e3], ratio=4, two_way=False),)))
    outer, _ = nested_bathymetries(placed, [level(-100.0), level(-60.0)])
    assert (outer(grid.x(), grid.y()) == -100).all()


# ------------------------------------------------------------------ forces


class Plane:
    """A force with an array that is a plane in space and grows with the steps it was told of."""

    checkpoint_arrays: dict = {}

    def __init__(self, made):
        self._made, self.outside, self.seen, self.times = made, {}, [], []
        self._plane = made.backend.zeros((1, *made.block.allocated))
        self.inherited = {"slant": self._plane}

    def _values(self):
        grid, block = self._made.grid, self._made.block
        x, y = (n(a - 2, b + 2) for n, a, b in ((grid.x, block.i0, block.i1), (grid.y, block.j0, block.j1)))
        return x[None, :] + 2 * y[:, None]

    def add(self, acceleration, time):
        inner = tuple(slice(*part) for part in self._made.block.interior)
        wanted = self._values()
        shape = tuple(slice(0, n) for n in wanted.shape)
        self._plane[0][shape] = -1
        self._plane[(0, *inner)] = (1 + time) * wanted[2:-2, 2:-2]
        for fill in self.outside.values():
            fill(self._plane)
        self.seen.append(np.abs(self._plane[0][shape] - (1 + time) * wanted).max())
        self.times.append(time)


def test_an_array_of_a_force_has_ghost_cells_from_the_parent():
    """Linear in space and in time: a plane that grows in proportion to time is met exactly, at all steps of a nest."""
    family, dt = tree(GRID, FAMILY[:1], level(-2000.0), hump, forces=Plane)
    march(family, 4, dt)
    force = family.levels[1].ocean.forces.all[0]
    assert len(force.seen) == 1 + 4 * family.levels[1].substeps
    assert max(force.seen[1:]) < 1e-9 * 1e5
    assert family.root.ocean.forces.all[0].outside == {}


def test_a_nest_that_wakes_has_forces_of_the_time_at_which_it_begins():
    """They were evaluated when the run began; what the parent has is carried over from that time on."""
    far = {"x": [80e3, 110e3], "y": [4e3, 20e3], "ratio": 2, "activation_threshold": 0.01}
    family, dt = tree(plane(60, 12, 2e3), [far], level(-500.0), hump, forces=Plane)
    nest = family.levels[1]
    steps = 0
    while not nest.steps:
        family.step(steps * dt, (steps + 1) * dt, dt)
        steps += 1
    assert 10 < steps and nest.activated == steps * dt
    force, inner = (
        nest.ocean.forces.all[0],
        np.linspace(nest.activated - dt, nest.activated, nest.substeps + 1),
    )
    np.testing.assert_allclose(force.times, [0.0, *inner], rtol=0, atol=1e-9 * nest.activated)
    assert max(force.seen[1:]) < 1e-9 * 1e5 * nest.activated


# ------------------------------------------------------------------ whole runs


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    directory = tmp_path_factory.mktemp("nested") / "out"
    return everything(scene(directory)), directory


def test_a_nested_run_writes_maps_of_all_grids_and_an_account(whole):
    found, directory = whole
    assert found["fields_coast.eta"].shape == (4, 24, 20)
    assert found["maxima_nest2.eta_max"].shape[0] % 6 == 0
    assert (
        np.nanmax(np.where(found["maxima_nest2.eta_max"] < 1e30, found["maxima_nest2.eta_max"], np.nan)) > 1
    )
    record = json.loads((directory / "run.json").read_text())
    assert [grid["name"] for grid in record["grids"]] == ["root", *NAMES]
    assert [grid["ratio"] for grid in record["grids"]] == [1, 2, 3]
    assert sum(grid["fraction"] for grid in record["grids"]) == pytest.approx(1)
    assert (
        record["steps"] - 3 < record["grids"][1]["steps"] / record["grids"][1]["substeps"] <= record["steps"]
    )
    assert 0 < record["grids"][1]["active_from"] < 200
    assert any(
        "'nest2' is enlarged to whole cells of its parent 'coast'" in text for text in record["warnings"]
    )


def test_gauges_are_read_from_the_finest_grid(whole):
    """What the gauge in the bay has at the end is what lies in the last snapshot around it."""
    found, _ = whole
    lon, lat = found["fields_nest2.lon"], found["fields_nest2.lat"]
    j, i = np.searchsorted(lat, 38.2) - 1, np.searchsorted(lon, 142.4) - 1
    up, on = (38.2 - lat[j]) / (lat[1] - lat[0]), (142.4 - lon[i]) / (lon[1] - lon[0])
    south, north = (1 - on) * found["fields_nest2.eta"][-1, j : j + 2, i] + on * found["fields_nest2.eta"][
        -1, j : j + 2, i + 1
    ]
    assert found["stations.eta"][-1, -1] == pytest.approx((1 - up) * south + up * north, abs=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("ranks", [2, 4])
def test_ranks_give_the_same_files(ranks, whole, tmp_path):
    assert differing(everything(scene(tmp_path), ranks), whole[0]) == []


@pytest.mark.mpi
def test_ranks_of_mpi_give_the_same_files(whole, tmp_path):
    ran = mpirun(3, "-m", "esim.cli.run", saved(scene(tmp_path / "out"), tmp_path), "--quiet")
    assert ran.returncode == 0, ran.stderr
    assert differing(written(tmp_path / "out") | outputs(tmp_path / "out"), whole[0]) == []


@pytest.mark.long
@pytest.mark.parametrize(("before", "after"), [pytest.param(1, 2, marks=pytest.mark.long), (3, 1)])
def test_a_nested_run_goes_on_bit_for_bit(before, after, whole, tmp_path):
    """The second fault still moves at the checkpoint, at 1800 s."""
    made = scene(tmp_path)
    cut_off(made, 40, before)
    assert steps(tmp_path)
    assert differing(everything(made, after, resume=True), whole[0]) == []


@pytest.mark.long
def test_water_that_a_parent_did_not_have_is_counted_on_after_a_restart(tmp_path):
    made = scene(tmp_path)
    counted = []

    def run_short(run, clock):
        if clock.step == 10:
            run.hierarchy.nests[0].nesting._refluxing._lists["deficit"][...] = 0.5
        counted.append(run.hierarchy.mass_deficits())

    cut_off(made, 40, 2, observe=run_short)
    assert counted[-1]["coast"] > 1e6 and counted[-1]["nest2"] == 0
    simulate(configured(made), resume=True)
    warnings = json.loads((tmp_path / "run.json").read_text())["warnings"]
    assert f"mass deficit of {counted[-1]['coast']:.3g} m3 at the boundary of nest 'coast'" in warnings


@pytest.mark.long
def test_a_nan_in_a_nest_is_found_and_named(tmp_path):
    def poison(run, clock):
        if clock.step == 19:
            run.oceans[1].plan.state()[1, 24, 20] = np.nan

    with pytest.raises(NumericalError, match=r"lat = [\d.]+ of nest 'coast'"):
        observed(configured(scene(tmp_path)), SerialComm(), poison)


def test_an_adaptive_step_takes_nests_into_account(tmp_path):
    """The nests make as many steps as their water asks for."""
    made = scene(tmp_path, adaptive=True)
    made["time"]["duration"] = 900
    del made["output"]["checkpoint"]
    simulate(configured(made))
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["grids"][1]["steps"] >= record["steps"]


# ------------------------------------------------------------------ what cannot be


def refused(directory, nests, **grid) -> str:
    """The sentence with which a list of nests is refused."""
    made = honshu(directory)
    made["grid"] |= {"nests": nests} | grid
    with pytest.raises(InputError) as error:
        from_dict(made)
    return str(error.value)


BOX = {"west": 140, "east": 145, "south": 35, "north": 41, "ratio": 2}


@pytest.mark.parametrize(
    ("nests", "words"),
    [
        ([BOX | {"ratio": 1}], r"grid\.nests\.0\.ratio: 1 is too small; expected at least 2"),
        (
            [BOX | {"east": 155}],
            r"grid\.nests\.0\.east: .* reaches out of its parent 'root', which spans 138 to 152",
        ),
        (
            [BOX | {"west": 138.5}],
            r"grid\.nests\.0\.west: .* the nearest place for this edge is 139, or the edge itself",
        ),
        (
            [BOX | {"west": 100, "east": 105}],
            r"grid\.nests\.0\.west: nest 'nest1' from 100 to 105 reaches out",
        ),
        (
            [BOX | {"west": 145, "east": 140}],
            r"grid\.nests\.0\.east: .* is 355 degrees around the globe; for 5 degrees write west: 140, east: 145",
        ),
        ([BOX | {"north": 36}], r"grid\.nests\.0\.north: nest 'nest1' covers 2 cells .* expected at least 4"),
        ([BOX | {"south": 42}], r"grid\.nests\.0\.north: .* 42 and 41 do not increase"),
        (
            [BOX, BOX | {"west": 145, "east": 150}],
            r"grid\.nests\.1: nests 'nest1' and 'nest2' overlap or touch",
        ),
        (
            [BOX, BOX | {"parent": "nest9"}],
            r"grid\.nests\.1\.parent: there is no grid 'nest9' before it .*'nest1'",
        ),
        ([BOX | {"name": "a b"}], r"grid\.nests\.0\.name: 'a b' cannot be part of a file name"),
        ([BOX | {"name": "a"}] * 2, r"grid\.nests\.1\.name: 'a' is already the name of another nest"),
        ([BOX | {"name": "root"}], r"grid\.nests\.0\.name: 'root' is the name of the grid around"),
        (
            [{"x": [0, 1], "y": [0, 1], "ratio": 2}],
            r"grid\.nests\.0: nest 'nest1' needs west, east, south and north",
        ),
        ([BOX | {"rato": 3}], r"grid\.nests\.0\.rato: unknown key, did you mean 'ratio'"),
    ],
)
def test_what_is_wrong_with_a_nest_is_said_in_a_sentence(nests, words, tmp_path):
    said = refused(tmp_path, nests)
    assert re.search(words, said) and "\n" not in said


def test_the_seafloor_of_a_nest_must_cover_it(tmp_path):
    made = honshu(tmp_path)
    made["grid"]["nests"] = [BOX | {"bathymetry": {"file": str(tmp_path / "small.nc")}}]
    with pytest.raises(InputError, match=r"small\.nc"):
        checked(configured(made))
