"""The ground is the uppermost solid cells, and what lies beside an interface keeps to its own side of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support import crusts
from support.quakes import configured

from esim.crust.medium.differences import Differences
from esim.crust.medium.ground import FREE_LAYERS, REDUCED_CELLS, Ground
from esim.crust.medium.placing import ReceiverSite, receiver_terms
from esim.crust.medium.stencils import Stencils
from esim.drivers.run import simulate
from esim.drivers.seismic import Seismic, SeismicSetup
from esim.errors import InputError
from esim.grids.closure import CLOSURES
from esim.grids.interpolation import NODES
from esim.grids.one_sided import one_sided_weights
from esim.kernels.crust.staggered import WEIGHTS
from esim.parallel.comm import SerialComm

ROCK = {"vp": 4000, "vs": 2300, "rho": 2400}
SEA = {"vp": 1500, "vs": 0, "rho": 1030}
SLOPE = {"kind": "slope", "depth": 100, "slope": 0.3, "direction": 70}
FORCE, MOMENT = 1e12, 1e15
STRAINS = ("exx", "eyy", "ezz", "exy", "exz", "eyz")


def scene(directory: Path | str = "unused", topography: dict | None = None, **more: Any) -> dict:
    """Rock of 20 x 18 x 22 cells of 100 m, from 600 m above depth 0 down, under topography."""
    return {
        "scenario": "seismic",
        "time": {"duration": 1.0},
        "grid": {
            "kind": "cartesian", "x": [-1000, 1000], "y": [-900, 900], "depth": [-600, 1600], "spacing": 100,
            "boundary": {"cells": 3},
        },
        "medium": {"kind": "layers", "layers": [{"top": -1000, **ROCK, "qp": 80, "qs": 40}]},
        "topography": topography or SLOPE,
        "physics": {"low_pass": False, "attenuation": "none"},
        "source": [],
        "stations": [],
        "output": {
            "directory": str(directory), "overwrite": True, "maxima": None,
            "stations": {"every": 0.02, "variables": ["velocity", "pressure"]},
        },
        "run": {"backend": "numpy"},
    } | more  # fmt: skip


def checked(made: dict) -> SeismicSetup:
    return Seismic().check(configured(made), SerialComm())


def computed(made: dict) -> xr.Dataset:
    return xr.load_dataset(simulate(configured(made)) / "stations.nc")


# ------------------------------------------------------------------ weights of one side


def test_weights_beside_an_interface_are_exact_for_cubics_where_there_are_nodes() -> None:
    nodes = np.stack(np.meshgrid(*3 * [np.arange(4) - 1.3], indexing="ij"), axis=-1).reshape(1, -1, 3)
    usable = nodes[..., 0] > -1  # one layer is of the other side
    weights = one_sided_weights(nodes, np.concatenate([usable]))[0]
    assert (weights[~usable[0]] == 0).all() and weights.sum() == pytest.approx(1)
    cubic = 1 + nodes[0] @ (1.0, 2.0, -1.0) + nodes[0, :, 1] ** 2
    assert weights @ cubic == pytest.approx(1)
    on_node = nodes - nodes[:, 27:28]
    assert one_sided_weights(on_node, usable)[0, 27] == 1
    few = usable & (np.arange(64) % 16 == 5)
    assert one_sided_weights(nodes, few)[0].sum() == pytest.approx(1)
    with pytest.raises(ValueError, match="no node on its side"):
        one_sided_weights(nodes, np.zeros_like(usable))


def test_parities_take_part_alike() -> None:
    index = np.indices((4, 4, 4)).reshape(3, -1).T[None]
    usable = index[..., 0] > 0
    weights = one_sided_weights(index - (1.2, 1.4, 1.7), usable, index.astype(float))[0]
    for parity in np.ndindex(2, 2, 2):
        same = (index[0] % 2 == parity).all(1)
        assert weights[same].sum() == pytest.approx(1 / 8)


# ------------------------------------------------------------------ where things are


def test_the_sea_is_the_same_whether_the_medium_or_topography_has_it() -> None:
    """Fields of the medium, orders of differences, and places are the same, bit for bit."""
    grid = {**scene()["grid"], "depth": [0, 2200]}
    layers = [{"top": 0, **SEA}, {"top": 1000, **ROCK}]
    stations = [{"name": "a", "x": 0, "y": 0}, {"name": "h", "x": 0, "y": 0, "depth": 1000, "in_water": True}]
    medium = scene(grid=grid, stations=stations, medium={"kind": "layers", "layers": layers}, topography=None)
    medium.pop("topography")
    terrain = scene(grid=grid, stations=stations, topography={"kind": "flat", "depth": 1000})
    terrain["medium"]["layers"][0] = {"top": 0, **ROCK}
    one, two = (checked(made) for made in (medium, terrain))
    assert one.sites == two.sites and one.dt == two.dt
    assert one.sites[0] == ReceiverSite(0.0, 0.0, 1000.0, False, 0.0, -1000.0)
    assert one.sites[1] == ReceiverSite(0.0, 0.0, 1000.0, True, 1000.0, -1000.0)
    for ground in (one.ground, two.ground):
        assert ground.free and not ground.air_above and ground.survey.soft_layers == 10
    box = ((-2, 24), (-2, 20), (-2, 22))
    np.testing.assert_array_equal(one.ground.classes(box), two.ground.classes(box))
    np.testing.assert_array_equal(one.ground.medium.cells(box), two.ground.medium.cells(box))
    block = one.decomposition.blocks[0]
    near = one.ground.near_interface(block)
    np.testing.assert_array_equal(near, two.ground.near_interface(block))
    assert near[:, 5, 5].nonzero()[0].tolist() == [
        10,
        11,
        12,
        13,
    ]  # two cells above the seafloor and two below


@pytest.mark.parametrize(("topography", "free"), [
    ({"kind": "flat", "depth": 1000}, True),  # water deep enough
    ({"kind": "flat", "depth": 500}, False),  # not so
    ({"kind": "flat", "depth": 0}, True),  # all ground
    ({"kind": "slope", "depth": 200, "slope": 0.2, "direction": 90}, False),  # the beach is at the top
    ({"kind": "flat", "depth": 1000, "water": False}, False),  # air
])  # fmt: skip
def test_the_top_is_free_by_differences_or_by_air(topography: dict, free: bool) -> None:
    grid = {**scene()["grid"], "depth": [0, 2200]}
    ground = checked(scene(grid=grid, topography=topography)).ground
    assert (ground.free, ground.air_above) == (free, not free)


def test_a_receiver_is_placed_where_it_is_said_to_be(tmp_path: Path) -> None:
    flat = {"kind": "flat", "depth": 500}
    stations = [
        {"name": "floor", "x": 0, "y": 0},
        {"name": "borehole", "x": 0, "y": 0, "depth": 130},
        {"name": "buoy", "x": 0, "y": 0, "in_water": True},
        {"name": "deep", "x": 0, "y": 0, "elevation": -470},
        {"name": "rock", "x": 0, "y": 0, "elevation": -530},
        {"name": "bird", "x": 0, "y": 0, "elevation": 80},
    ]
    made = scene(tmp_path, flat, stations=stations)
    made["time"]["duration"] = 0.05
    found = computed(made)
    assert found.elevation.values.tolist() == [-500, -630, 0, -470, -530, -500]
    assert found.depth.values.tolist() == [0, 130, 0, 470, 30, 0]
    assert found.in_water.values.tolist() == [0, 0, 1, 1, 0, 0]
    assert (found.ground_elevation == -500).all()
    setup = checked(made)
    assert any("'bird' is the first" in text and "placed on it" in text for text in setup.warnings.texts)
    lines = Seismic().describe(setup)
    assert any("deep, in the water 470 m below the sea surface: elevation -470 m" in line for line in lines)


@pytest.mark.parametrize(("station", "said"), [
    ({"depth": 600, "in_water": True}, "to be in_water, but the sea there reaches from depth 0 to 500 m"),
    ({"depth": 1200}, "1200 m below the ground is outside the grid"),
    ({"depth": 10, "elevation": 20}, "is given beside depth; expected one of them"),
])  # fmt: skip
def test_a_receiver_that_cannot_be_there_is_refused(station: dict, said: str) -> None:
    made = scene(
        topography={"kind": "flat", "depth": 500}, stations=[{"name": "a", "x": 0, "y": 0, **station}]
    )
    with pytest.raises(InputError, match=said):
        checked(made)


def test_a_sea_whose_surface_is_within_a_cell_is_told() -> None:
    made = scene(topography={"kind": "flat", "depth": 500})
    made["grid"]["depth"] = [-630, 1570]
    texts = checked(made).warnings.texts
    assert any(
        "the sea begins at a face of the cells, here at depth -30 m in place of 0" in text for text in texts
    )


def test_a_source_just_above_the_ground_is_put_on_it() -> None:
    bell = {"kind": "gaussian", "sigma": 0.1}
    source = {"kind": "moment_tensor", "mxy": MOMENT, "x": 0, "y": 0, "time_function": bell}
    flat = {"kind": "flat", "depth": 500}
    setup = checked(scene(topography=flat, source=[source | {"depth": 440}]))
    assert setup.sources[0].depth.tolist() == [500]
    assert any(
        "1 of 1 points of the source lie up to 60 m above the ground" in t for t in setup.warnings.texts
    )
    with pytest.raises(InputError, match=r"depth 390 m is in the sea, where only an explosion can be"):
        checked(scene(topography=flat, source=[source | {"depth": 390}]))
    blast = {"kind": "explosion", "moment": MOMENT, "x": 0, "y": 0, "depth": 390, "time_function": bell}
    assert checked(scene(topography=flat, source=[blast])).sources[0].depth.tolist() == [390]


# ------------------------------------------------------------------ one side alone


def kinds_of(ground: Ground, name: str, k: np.ndarray, j: np.ndarray, i: np.ndarray) -> np.ndarray:
    """The kinds (cells, nodes) of the cells that meet in nodes."""
    offset = NODES[name].offset
    spans = [
        (0, -1) if axis == 0 and shift else (0, 1) if shift else (0,) for axis, shift in enumerate(offset)
    ]
    box = ((-12, 40), (-12, 40), (-12, 40))
    classes = ground.classes(box)
    return np.stack(
        [classes[k + a + 12, j + b + 12, i + c + 12] for a in spans[0] for b in spans[1] for c in spans[2]]
    )


@pytest.mark.parametrize("even", [False, True])
@pytest.mark.parametrize("name", list(NODES))
def test_points_near_interfaces_touch_their_own_side_alone(name: str, even: bool) -> None:
    """Random points under a slope of ground and sea; their weights are those of a value."""
    ground = checked(scene()).ground
    rng = np.random.default_rng(4)
    x, y = rng.uniform(-700, 700, (2, 200))
    depth = rng.uniform(-600, 900, 200)
    cell = np.array(
        [np.floor((v - e) / 100).astype(int) for v, e in zip((depth, y, x), (-600, -900, -1000), strict=True)]
    )
    kind = ground.classes(((0, 22), (0, 18), (0, 20)))[tuple(cell)]
    x, y, depth, water = x[kind < 2], y[kind < 2], depth[kind < 2], kind[kind < 2] == 1
    points = Stencils(ground, x, y, depth, water)
    assert 50 < points.near.sum() < len(x)
    found = points.stresses(name, even) if name.startswith("s") else points.values(name)
    side = water[points.near].astype(int)
    meeting = kinds_of(ground, name, found.k, found.j, found.i)
    touched = (meeting == side[:, None]).any(0) if name.startswith("v") else (meeting == side[:, None]).all(0)
    assert touched[found.weights != 0].all()
    total = found.weights.sum(1)
    if name in ("sxy", "sxz", "syz"):
        assert (abs(total) < 3).all()  # weights of nodes where shear stress vanishes are left out
    elif name.startswith("v"):
        np.testing.assert_allclose(total, 1)


def test_strain_on_stepped_ground_is_that_of_a_linear_motion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where differences are of second order; air holds huge values."""
    monkeypatch.setattr(Differences, "_beside", lambda self, index: np.ones(index.shape[:-1]))
    ground = checked(scene()).ground
    gradient = np.array([[2.0, -1.0, 0.5], [0.3, 1.0, 4.0], [-2.0, 0.7, 3.0]])  # of vx, vy, vz along x, y, z
    k, j, i = np.indices((26, 24, 24)) - 2
    v = np.zeros((3, 26, 24, 24))
    for n, (dz, dy, dx) in enumerate(((0.5, 0.5, 1), (0.5, 1, 0.5), (0, 0.5, 0.5))):
        v[n] = 100 * (gradient[n, 0] * (i + dx) + gradient[n, 1] * (j + dy) + gradient[n, 2] * (k + dz))
    box = ((-2, 24), (-3, 22), (-3, 22))
    rock = ground.classes(box) == 0
    moving = [rock[:, 1:, 1:] | np.roll(rock, -1, 2)[:, 1:, 1:], rock[:, 1:, 1:] | np.roll(rock, -1, 1)[:, 1:, 1:],
              rock[:, 1:, 1:] | np.roll(rock, 1, 0)[:, 1:, 1:]]  # fmt: skip
    for n in range(3):
        v[n][~moving[n][:26, :24, :24]] = 1e30
    sites = [site for site in checked(scene(stations=[
        {"name": f"{n}", "x": x, "y": 57, "depth": 120 * n} for n, x in enumerate((-333, -90, 128, 410))
    ])).sites]  # fmt: skip
    terms = receiver_terms(ground, sites)
    for name in ("exx", "eyy", "ezz"):
        part = terms(name)
        found = (v[part.variable, part.k + 2, part.j + 2, part.i + 2] * part.weights).sum(1)
        axis = "xyz".index(name[1])
        np.testing.assert_allclose(found, gradient[axis, axis], rtol=1e-8)
    part = terms("wy")
    found = (v[part.variable, part.k + 2, part.j + 2, part.i + 2] * part.weights).sum(1)
    np.testing.assert_allclose(found, (gradient[2, 0] - gradient[0, 2]) / 2, rtol=1e-8)


@pytest.mark.parametrize("order", [4, 8])
def test_strain_below_a_free_sea_surface_is_that_of_the_steps(order: int) -> None:
    """At nodes in the uppermost layers, where differences along z are those of the closure."""
    grid, closed = {**scene()["grid"], "depth": [0, 2200]}, CLOSURES[order]
    ground = checked(
        scene(grid=grid, topography={"kind": "flat", "depth": 1100}, physics={"order": order})
    ).ground
    site = ReceiverSite(50.0, 50.0, 350.0, in_water=True)
    terms = receiver_terms(ground, [site])
    down, across = terms("ezz"), terms("exx")
    found = np.zeros(closed.reach)
    np.add.at(found, down.k[0], 100 * down.weights[0])
    np.testing.assert_allclose(found, closed.ahead(closed.reach)[3], atol=1e-12)
    pairs = sorted(100 * across.weights[0][across.weights[0] > 0])
    np.testing.assert_allclose(pairs, sorted(abs(np.array(WEIGHTS[order]))[: order // 2]), atol=1e-12)


# ------------------------------------------------------------------ reciprocity


@pytest.mark.compile
@pytest.mark.long
@pytest.mark.parametrize(
    ("order", "attenuation", "height"),
    [
        pytest.param(4, "none", 0.0, marks=pytest.mark.thorough),
        (4, "none", 2.3),
        pytest.param(8, "none", 0.4, marks=pytest.mark.thorough),
        (4, "coarse", 0.4),
    ],
)
def test_sources_and_receivers_change_places_below_stepped_ground(
    tmp_path: Path, order: int, attenuation: str, height: float
) -> None:
    """Sea on one side of it; amplitudes to 2 %, waveforms to 3 %, of forces and moments; height in cells below it."""
    deep, shallow = {"x": 430.0, "y": -250.0}, {"x": -133.0, "y": 127.0}

    def run(kind: dict, place: dict, station: dict, variables: tuple[str, ...]) -> xr.Dataset:
        made = scene(
            tmp_path,
            stations=[{"name": "s", **station}],
            physics={"order": order, "attenuation": attenuation},
        )
        made["physics"]["low_pass"], made["run"] = False, {"backend": "cpu", "threads": 1}
        made["source"] = [kind | place | {"time_function": {"kind": "ricker", "frequency": 1.5}}]
        made["output"]["stations"]["variables"] = list(variables)
        return computed(made).isel(station=0)

    below, above = deep | {"elevation": -1000}, shallow | {"depth": 100 * height}
    back = {
        a: run({"kind": "force", f"f{a}": FORCE}, deep | {"depth": 1000}, above, ("velocity", "strain"))
        for a in "xyz"
    }
    place = shallow | {"depth": -float(back["x"].elevation)}
    kinds = {f"v{a}": {"kind": "force", f"f{a}": FORCE} for a in "xyz"}
    kinds |= {name: {"kind": "moment_tensor", f"m{name[1:]}": MOMENT} for name in STRAINS}
    for name, kind in kinds.items():
        there = run(kind, place, below, ("velocity",))
        size = 1.0 if name.startswith("v") else (FORCE / MOMENT) / (1 if name[1] == name[2] else 2)
        forth = size * np.concatenate([there[f"v{a}"].values for a in "xyz"])
        known = np.concatenate([back[a][name].values for a in "xyz"])
        assert np.linalg.norm(forth - known) < 0.03 * np.linalg.norm(known), name
        assert forth @ known == pytest.approx(known @ known, rel=0.02), name


@pytest.mark.parametrize("order", [4, 8])
def test_no_energy_is_made_where_the_order_falls(order: int) -> None:
    """Random rock, fluid and air, the order reduced in a third of all cells."""
    shape = (14, 12, 13)
    rock = crusts.rough(shape, fluid=0.2, air=0.2)

    def near(k: np.ndarray, j: np.ndarray, i: np.ndarray) -> np.ndarray:
        return ((k + 2 * j + i) % 3 == 0) * 1.0

    made = crusts.build(
        shape, rock, kinds=crusts.PERIODIC, free=False, order=order, near=near, backend="numpy"
    )
    crusts.stir(made)
    energies = []
    for _ in range(60):
        before = made.own(made.s).copy()
        made.step()
        energies.append(crusts.invariant(made, before))
    np.testing.assert_allclose(energies, energies[0], rtol=1e-12)


@pytest.mark.parametrize("order", [4, 8])
def test_no_energy_is_made_where_a_sea_is_as_shallow_as_a_free_surface_can_have_it(order: int) -> None:
    """Differences of second order around the seafloor are clear of those of the surface."""
    shape, floor = (18, 6, 7), FREE_LAYERS[order]

    def near(k: np.ndarray, j: np.ndarray, i: np.ndarray) -> np.ndarray:
        return (abs(k + 0.5 - floor) < REDUCED_CELLS) * 1.0

    made = crusts.build(
        shape, crusts.rough(shape), kinds=crusts.WALL, order=order, near=near, backend="numpy"
    )
    crusts.stir(made)
    energies = []
    for _ in range(40):
        before = made.own(made.s).copy()
        made.step()
        energies.append(crusts.invariant(made, before))
    np.testing.assert_allclose(energies, energies[0], rtol=1e-12)


# ------------------------------------------------------------------ the sea


@pytest.mark.long
@pytest.mark.parametrize("sea", ["layer", "to the top", "below air"])
def test_a_wave_from_below_reverberates_in_the_sea(tmp_path: Path, sea: str) -> None:
    """Velocity and pressure at the seafloor against the sum of all reflections, whichever way the sea is given."""
    depth = [-300, 3000] if sea == "below air" else [0, 3000]
    layers = [{"top": 0, **SEA}, {"top": 800, **ROCK}] if sea == "layer" else [{"top": -300, **ROCK}]
    made = scene(tmp_path, {"kind": "flat", "depth": 800}, medium={"kind": "layers", "layers": layers})
    if sea == "layer":
        made["topography"] = None
    made["grid"] |= {"x": [-200, 200], "y": [-200, 200], "depth": depth, "spacing": 50,
                     "boundary": {"kind": "periodic"}}  # fmt: skip
    bell = {"kind": "gaussian", "sigma": 0.12, "delay": 0.6}
    made["source"] = [
        {"kind": "plane_wave", "polarisation": "z", "depth": 1600, "amplitude": 1.0, "time_function": bell}
    ]
    made["stations"] = [
        {"name": "floor", "x": 0, "y": 0},
        {"name": "surface", "x": 0, "y": 0, "in_water": True},
    ]
    made["time"]["duration"] = 3.2
    found = computed(made)
    rock, water = 4000 * 2400, 1500 * 1030
    ratio = (rock - water) / (rock + water)

    def incident(time: np.ndarray) -> np.ndarray:
        return np.exp(-0.5 * ((time - 800 / 4000 - 0.6) / 0.12) ** 2)

    trips = [(1 + ratio) * (-ratio) ** n * incident(found.time.values - 2 * n * 800 / 1500) for n in range(4)]
    later = [
        (1 + ratio) * (-ratio) ** n * incident(found.time.values - 2 * (n + 1) * 800 / 1500) for n in range(4)
    ]
    velocity, pressure = sum(trips) + sum(later), water * (sum(trips) - sum(later))
    vz, p = found.vz.values[0], found.pressure.values[0]
    sign = np.sign(vz[np.abs(vz).argmax()])
    assert np.linalg.norm(sign * vz - velocity) < 0.02 * np.linalg.norm(velocity)
    assert min(np.linalg.norm(s * p - pressure) for s in (1, -1)) < 0.04 * np.linalg.norm(pressure)
    assert np.abs(found.pressure.values[1]).max() < 2e-3 * np.abs(p).max()


def test_maps_of_the_ground_are_what_stations_on_it_record(tmp_path: Path) -> None:
    """On the level seafloor, at the centre of a cell."""
    made = scene(tmp_path, {"kind": "flat", "depth": 500})
    bell = {"kind": "gaussian", "sigma": 0.15, "delay": 0.4}
    made["source"] = [
        {"kind": "explosion", "moment": 1e14, "x": 50, "y": 50, "depth": 1000, "time_function": bell}
    ]
    made["stations"] = [{"name": "a", "x": -350, "y": 250}]
    made["output"] |= {"maxima": {}, "planes": [{"name": "up", "y": 50, "every": 0.5}]}
    made["output"]["stations"]["every"] = 1e-3
    found = computed(made)
    motion = np.sqrt(found.vx[0] ** 2 + found.vy[0] ** 2 + found.vz[0] ** 2)
    maxima = xr.load_dataset(tmp_path / "maxima.nc")
    assert float(maxima.pgv.sel(x=-350, y=250)) == pytest.approx(float(motion.max()), rel=0.02)
    assert (maxima.elevation == -500).all()
    plane = xr.load_dataset(tmp_path / "plane_up.nc")
    last = plane.vz.isel(time=-1).transpose("depth", "x").values
    assert np.isnan(last[:6]).all() and np.isfinite(last[6:]).all()
