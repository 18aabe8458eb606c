"""Do waves leave through open sides, at every angle, and is nothing else changed by the layers that absorb?"""

import json
import math

import numpy as np
import pytest
from support.oceans import OPEN, G, advance, compiled, flat, level, ocean, physics, plane, rough, state, water
from support.scenes import checked

from esim.config import from_dict
from esim.config.ocean.incident import IncidentSteadyConfig
from esim.config.yaml.section import KeyProblem
from esim.drivers.run import simulate
from esim.errors import InputError
from esim.io import netcdf
from esim.ocean.absorbing_layers import RESIDUE, absorption, in_layers
from esim.parallel.decomposition import Block
from esim.sources.ocean.incident import build
from esim.timestepping.step_plan import cut_layers

DEPTH = 4000.0
SPEED = math.sqrt(G * DEPTH)
CELL = 3000.0


def hump(x0, y0, radius):
    """A hump of one metre at (x0, y0) [m]."""
    return lambda x, y: np.exp(-((x[None] - x0) ** 2 + (y[:, None] - y0) ** 2) / radius**2)


def eta_max(sea, duration):
    """Largest zeta in each cell in a time [s]."""
    highest = state(sea)[0]
    steps = math.ceil(duration * sea.fastest() / 0.8)
    for n in range(steps):
        sea.step(duration / steps, duration * (n + 1) / steps)
        highest = np.maximum(highest, state(sea)[0])
    return highest


# ------------------------------------------------------------------ layers


def test_a_wave_fades_to_the_residue_on_its_way_through_the_layer_and_back():
    loss = absorption(100, 0, 100, (10, 25), (1.0, 1.0))  # per cell
    assert loss[10:75].max() == 0 and (np.diff(loss[:10]) < 0).all() and (np.diff(loss[75:]) > 0).all()
    for one in (loss[:10], loss[75:]):
        # The middle rule for the square of the distance is too small by 1 / 4n^2.
        assert math.exp(-2 * one.sum()) == pytest.approx(RESIDUE, rel=0.02)
    np.testing.assert_array_equal(absorption(100, 40, 103, (10, 25), (1.0, 1.0))[:60], loss[40:])


@pytest.mark.parametrize("layers", [(0, 0, 0, 0), (3, 0, 2, 4), (9, 9, 0, 0), (0, 5, 7, 7)])
def test_layers_and_the_rest_are_all_cells_once(layers):
    counts = np.zeros((12, 16), int)
    inside = in_layers(plane(16, 12, 1.0), layers, np.arange(12), np.arange(16))
    for j0, j1 in ((0, 5), (5, 12)):
        for i0, i1 in ((0, 7), (7, 16)):
            block = Block(j0, j1, i0, i1)
            free, absorbing = cut_layers(block, (12, 16), layers, block.interior)
            for n, (rows, columns) in enumerate((free, *absorbing)):
                place = tuple(
                    slice(a - block.halo + first, b - block.halo + first)
                    for (a, b), first in ((rows, j0), (columns, i0))
                )
                counts[place] += 1
                assert inside[place].all() if n else not inside[place].any()
    np.testing.assert_array_equal(counts, 1)


def grid_of(boundary, nx=200, ny=40, **more):
    """The configuration of a grid of so many cells."""
    grid = {
        "kind": "cartesian",
        "x": [0, nx * CELL],
        "y": [0, ny * CELL],
        "spacing": CELL,
        "boundary": boundary,
    }
    return {
        "scenario": "tsunami",
        "time": {"duration": 60},
        "grid": grid | more,
        "bathymetry": {"kind": "flat", "depth": DEPTH},
        "source": [{"kind": "hump", "x": nx * CELL / 2, "y": ny * CELL / 2, "height": 1, "radius": 4 * CELL}],
        "output": {"directory": "out", "maxima": {}},
        "run": {"backend": "numpy"},
    }


def test_layers_are_as_wide_as_the_grid_allows():
    assert from_dict(grid_of("open")).grid.layers == (10, 10, 5, 5)
    assert from_dict(grid_of("open", 7, 15)).grid.layers == (0, 0, 1, 1)
    assert from_dict(grid_of("open", open_cells=0)).grid.layers == (0, 0, 0, 0)
    mixed = ["wall", "sponge", "periodic", "periodic"]
    assert from_dict(grid_of(mixed, sponge_cells=33)).grid.layers == (0, 33, 0, 0)
    nested = from_dict(grid_of(["wall", "open", "wall", "wall"], nests=[
        {"name": "a", "x": [180 * CELL, 200 * CELL], "y": [30 * CELL, 40 * CELL], "ratio": 3}
    ])).grid  # fmt: skip
    assert nested.tree()[1].layers(nested.layers) == (0, 30, 0, 0)
    with pytest.raises(
        InputError, match=r"grid.open_cells: 40 cells of layers fill all 40 from south to north"
    ):
        from_dict(grid_of("open", open_cells=20))


# ------------------------------------------------------------------ waves


@pytest.mark.long
def test_an_oblique_wave_leaves():
    """60 degrees from the normal, where the condition at the side alone reflects a third."""
    rows, layer = 14, 10
    along = 2 * math.pi / (rows * CELL)
    across = along / math.sqrt(3)
    width = 2 * math.pi / across
    free = round(5 * width / CELL)
    packet = lambda x, y: (  # noqa: E731
        1e-3
        * np.exp(-(((x - 2.5 * width) / width) ** 2))[None]
        * np.cos(across * x[None] + along * y[:, None])
    )
    flow = [
        lambda x, y, share=share: share * math.sqrt(G / DEPTH) * packet(x, y)
        for share in (0.5, math.sqrt(0.75))
    ]

    def back(layers):
        grid = plane(free + layer, rows, CELL, ("wall", "open", "periodic", "periodic"))
        sea = ocean(grid, flat(DEPTH), packet, *flow, layers=layers)
        x, y = grid.x(0, free)[None], grid.y()[:, None]

        def part(way):
            return abs((state(sea)[0][:, :free] * np.exp(-1j * (way * across * x + along * y))).sum())

        came = part(1)
        advance(sea, 5 * width / (0.5 * SPEED))
        return part(-1) / came

    assert back((0, layer, 0, 0)) < 0.03
    assert back((0, 0, 0, 0)) > 0.15


@pytest.mark.long
@pytest.mark.parametrize(("bed", "without"), [("flat", 0.05), ("shelf", 0.025)])
def test_maxima_beside_open_sides_are_those_of_a_larger_ocean(bed, without):
    """Waves that run along sides, and along a shore that meets two of them."""
    cells, layer = 48, 6
    side = cells * CELL

    def shelf(x, y):
        slope = np.clip((x - 0.25 * side) / (0.5 * side), -1, 1)[None]
        return -np.where(slope < 0, 500 * slope, 3000 * slope) * (
            1 + 0.2 * np.sin(2 * np.pi * y[:, None] / side)
        )

    ground = flat(DEPTH) if bed == "flat" else shelf
    crest, trough = hump(0.55 * side, 0.5 * side, 4 * CELL), hump(0.55 * side, 0.3 * side, 4 * CELL)
    eta, duration = lambda x, y: crest(x, y) - trough(x, y), 1.9 * side / SPEED
    sea = ocean(plane(cells, cells, CELL, OPEN), ground, eta, layers=(layer,) * 4)
    wide = compiled(plane(3 * cells, 3 * cells, CELL, OPEN, x0=-side, y0=-side), ground, eta)
    found, known = eta_max(sea, duration), eta_max(wide, duration)[cells : 2 * cells, cells : 2 * cells]
    free = ~in_layers(sea.grid, sea.layers, np.arange(cells), np.arange(cells)) & (known > 0.05)
    free &= ground(sea.grid.x(), sea.grid.y()) < 0
    assert free.sum() > 600
    assert np.abs(found[free] / known[free] - 1).max() < 0.02
    # The trough comes back as a crest from where its waves run along a side that is no layer.
    alone = eta_max(compiled(sea.grid, ground, eta), duration)
    assert np.abs(alone[free] / known[free] - 1).max() > without


# ------------------------------------------------------------------ rest


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_lake_is_at_rest_in_layers(dtype):
    sea = ocean(
        plane(24, 20, 2000.0, OPEN, latitude=40),
        rough(),
        dtype=dtype,
        given=physics(coriolis=True, manning=0.03),
        layers=(4, 4, 3, 5),
    )
    advance(sea, 2000.0)
    assert not state(sea).any() and not sea.own(sea.checkpoint_arrays["split"]).any()


@pytest.mark.long
@pytest.mark.parametrize("bed", [pytest.param(flat(DEPTH), marks=pytest.mark.thorough), rough(cell=5000.0)])
def test_what_is_inside_drains_to_rest(bed):
    """Noise half a metre above the still water, with islands and rotation: no level stays, nothing drives itself."""
    noise = np.random.default_rng(1).uniform(-0.5, 1.5, (48, 48))
    given = physics(coriolis=True)
    sea = ocean(plane(48, 48, 5e3, OPEN, latitude=45), bed, lambda x, y: noise, given=given, layers=(6,) * 4)
    step = 0.8 / sea.fastest()
    wet = water(sea).wet
    largest = []
    for n in range(6000):
        sea.step(step, (n + 1) * step)
        if n % 2000 == 1999:
            zeta = state(sea)[0][wet]
            largest.append((np.abs(zeta).max(), abs(zeta.mean())))
    levels, means = zip(*largest, strict=True)
    assert levels[0] > levels[1] > levels[2] and levels[2] < 0.01
    assert means[2] < 1e-3


# ------------------------------------------------------------------ currents


def steady(side, **outside):
    """What is outside a side, steadily."""
    return build(IncidentSteadyConfig(kind="steady", side=side, **outside), G)


@pytest.mark.parametrize("outside", [{"u": 1.0}, {"u": -0.5, "v": 0.2, "level": -0.3}])
def test_a_steady_current_flows_through(outside):
    waves = [steady(side, **outside) for side in ("west", "east", "south", "north")]
    u, v, height = (outside.get(name, 0.0) for name in ("u", "v", "level"))
    sea = ocean(
        plane(20, 16, 100.0, ("incident",) * 4), flat(20.0), level(height), lambda x, y: u, lambda x, y: v,
        incident=waves,
    )  # fmt: skip
    advance(sea, 600.0)
    now = water(sea)
    for found, known in ((now.u, u), (now.v, v), (now.eta, height)):
        np.testing.assert_allclose(found, known, rtol=0, atol=1e-14)


def test_a_current_runs_along_layers_as_if_there_were_none():
    waves = [steady(side, u=1.0) for side in ("west", "east")]
    boundary = ("incident", "incident", "open", "open")
    sea = ocean(
        plane(20, 16, 100.0, boundary),
        flat(20.0),
        None,
        lambda x, y: 1.0,
        incident=waves,
        layers=(0, 0, 4, 4),
    )
    advance(sea, 600.0)
    np.testing.assert_array_equal(water(sea).u, np.ones((16, 20)))


def test_a_current_grows_from_rest_to_what_is_outside():
    waves = [steady(side, u=1.0, level=0.2, ramp=100.0) for side in ("west", "east")]
    sea = ocean(
        plane(8, 4, 100.0, ("incident", "incident", "periodic", "periodic")), flat(20.0), incident=waves
    )
    advance(sea, 1000.0)
    np.testing.assert_allclose(water(sea).u, 1.0, atol=1e-3)
    np.testing.assert_allclose(water(sea).eta, 0.2, atol=1e-3)


def test_water_that_comes_in_has_the_velocity_along_the_side_that_is_outside():
    waves = [steady(side, u=1.0, v=0.3) for side in ("west", "east")]
    boundary = ("incident", "incident", "periodic", "periodic")
    sea = ocean(plane(8, 4, 100.0, boundary), flat(20.0), None, lambda x, y: 1.0, incident=waves)
    advance(sea, 2000.0)
    np.testing.assert_allclose(water(sea).v, 0.3, atol=1e-3)


def test_a_level_without_a_velocity_takes_none():
    with pytest.raises((KeyProblem, ValueError), match="takes the velocity from inside"):
        IncidentSteadyConfig(kind="steady", side="west", total=True, u=1.0)


# ------------------------------------------------------------------ what is said


def warnings_of(scene):
    """The warnings of a check."""
    return checked(from_dict(scene)).warnings.texts


def test_gauges_and_nests_in_a_layer_are_named():
    scene = grid_of("open", nests=[{"x": [150 * CELL, 192 * CELL], "y": [10 * CELL, 30 * CELL], "ratio": 2}])
    scene["stations"] = [
        {"name": "free", "x": 100 * CELL, "y": 5.1 * CELL},
        {"name": "damped", "x": 100 * CELL, "y": 4.9 * CELL},
    ]
    found = warnings_of(scene)
    assert [text.split(",")[0] for text in found if "absorbing layer" in text] == [
        "stations: gauge 'damped' lies in the absorbing layer of the south side",
        "grid.nests: 'nest1' reaches into the absorbing layer of the east side",
    ]


def test_a_current_through_an_open_side_is_named(tmp_path):
    x = y = np.arange(16) * CELL + CELL / 2
    for name, u in (("current", 0.5), ("wave", math.sqrt(G / DEPTH))):
        with netcdf.create(tmp_path / f"{name}.nc") as data:
            for axis, values in (("y", y), ("x", x)):
                data.createDimension(axis, 16)
                data.createVariable(axis, "f8", (axis,))[:] = values
                data[axis].units = "m"
            for field, value in (("eta", float(name == "wave")), ("u", u), ("v", 0.0)):
                data.createVariable(field, "f8", ("y", "x"))[:] = np.full((16, 16), value)
                data[field].units = "m" if field == "eta" else "m s-1"
        scene = grid_of("open", 16, 16)
        scene["source"] = [{"kind": "state", "file": str(tmp_path / f"{name}.nc")}]
        said = [text for text in warnings_of(scene) if "water flows through" in text]
        begin = "grid.boundary: water flows through the {} side at 0.5 m/s"
        sides = ("west", "east") if name == "current" else ()
        assert [text.split(" as the run")[0] for text in said] == [begin.format(side) for side in sides]


def test_maxima_say_where_they_are_damped(tmp_path):
    scene = grid_of(["open", "wall", "wall", "open"], 24, 16, open_cells=4)
    scene["output"] = {"directory": str(tmp_path / "out"), "maxima": {}}
    scene["source"] = [{"kind": "hump", "x": 5 * CELL, "y": 8 * CELL, "height": 2, "radius": 2 * CELL}]
    simulate(from_dict(scene))
    (warning,) = json.loads((tmp_path / "out/run.json").read_text())["warnings"]
    # The nearest centre of a cell in the layer is 1.5 cells from the crest along x and half a cell along y.
    assert f"displacement of up to {2 * math.exp(-(1.5**2 + 0.5**2) / 4):.3g} m" in warning
    with netcdf.read(tmp_path / "out/maxima.nc") as data:
        found = np.asarray(data["absorbing_layer"][:])
        assert data["absorbing_layer"].flag_meanings == "free damped"
    known = np.zeros((16, 24), int)
    known[:, :4] = known[-4:] = 1
    np.testing.assert_array_equal(found, known)
