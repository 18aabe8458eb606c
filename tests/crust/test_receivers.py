"""Do receivers see what the grid holds, at any place, and the same on any number of ranks?"""

import itertools

import numpy as np
import pytest

from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.grids.interpolation import NODES, RATES, Gather, stencil
from esim.parallel.decomposition import Block, decompose

GRID = Grid("cartesian", -700.0, 300.0, 100.0, 50.0, nx=13, ny=11)
VOLUME = Grid3D(GRID, nz=9, dz=40.0)
AROUND = Grid("cartesian", 0.0, 0.0, 1.0, 1.0, nx=12, ny=8, boundary=("periodic",) * 4)
HALO = 2
RNG = np.random.default_rng(3)
PLACES = [
    (-123.4, 517.8, 0.0),  # on the surface
    (-700.0, 300.0, 0.0),  # its corners
    (600.0, 850.0, 0.0),
    (-650.0, 320.0, 13.0),
    (11.0, 400.0, 7.0),
    (250.0, 575.0, 20.0),  # a centre of a cell
    (300.0, 600.0, 80.0),  # a corner of cells
    (599.0, 301.0, 200.0),
    (-699.0, 849.9, 359.0),
    (600.0, 850.0, 360.0),  # the deepest corner
]


def nodes(grid: Grid3D, name: str, k: range, j: range, i: range) -> tuple[np.ndarray, ...]:
    """Depth, y and x [m] of the nodes of a quantity, to be broadcast."""
    up, north, east = NODES[name].offset
    depth = grid.depth_min + (np.array(k) + 0.5 + up) * grid.dz
    y = grid.horizontal.y0 + (np.array(j) + 0.5 + north) * grid.horizontal.dy
    x = grid.horizontal.x0 + (np.array(i) + 0.5 + east) * grid.horizontal.dx
    return depth[:, None, None], y[None, :, None], x[None, None, :]


def polynomial(depth: np.ndarray, y: np.ndarray, x: np.ndarray, seed: int = 0) -> np.ndarray:
    """A cubic in each direction, with all mixed terms, of about unit size."""
    c = np.random.default_rng(seed).standard_normal((4, 4, 4))
    z, y, x = depth / 360, (y - 575) / 275, (x + 50) / 650
    return sum(c[a, b, d] * z**a * y**b * x**d for a, b, d in np.ndindex(c.shape))


def whole(grid: Grid3D, fill: dict[str, np.ndarray], array: str) -> np.ndarray:
    """An array [var, k, j, i] of one rank, halo included: NaN where there is no quantity."""
    g = grid.horizontal
    variables = [name for name, node in NODES.items() if node.array == array]
    state = np.full((len(variables), grid.nz + 2 * HALO, g.ny + 2 * HALO, g.nx + 2 * HALO), np.nan)
    for name, values in fill.items():
        above = NODES[name].above
        inner = state[NODES[name].variable, HALO - above : HALO + grid.nz, HALO:-HALO, HALO:-HALO]
        inner[...] = values
    return state


def filled(grid: Grid3D, names: list[str], array: str) -> np.ndarray:
    """Polynomials on the grid, and in the layer above it where the engine keeps one."""
    g = grid.horizontal
    fill = {
        name: polynomial(
            *nodes(grid, name, range(-NODES[name].above, grid.nz), range(g.ny), range(g.nx)),
            seed=NODES[name].variable,
        )
        for name in names
    }
    return whole(grid, fill, array)


def serial(grid: Grid3D, quantities: list[str], places: list = PLACES) -> Gather:
    g = grid.horizontal
    block = Block(0, g.ny, 0, g.nx)
    tight = (grid.nz + 2 * HALO, g.ny + 2 * HALO, g.nx + 2 * HALO)
    return Gather(grid, block, HALO, places, quantities, allocated=tight)


@pytest.mark.parametrize("name", NODES)
def test_cubics_are_exact_on_every_node_anywhere_within_the_grid(name: str) -> None:
    """NaN beyond the grid shows that nothing there is read, not even with no weight."""
    array = NODES[name].array
    points = PLACES + [
        (x, y, depth) for x, y, depth in RNG.uniform((-700, 300, 0), (600, 850, 360), (200, 3))
    ]
    values = serial(VOLUME, [name], points).read(filled(VOLUME, [name], array))
    expected = [polynomial(depth, y, x, seed=NODES[name].variable) for x, y, depth in points]
    np.testing.assert_allclose(values[0], expected, rtol=0, atol=3e-12)


@pytest.mark.parametrize("name", RATES)
def test_strain_rates_of_cubics_are_exact(name: str) -> None:
    parts = [slope.velocity for slope in RATES[name]]
    values = serial(VOLUME, [name]).read(filled(VOLUME, parts, "v"))
    step = 1e-3
    expected = np.zeros(len(PLACES))
    for slope in RATES[name]:
        shift = {"x": (step, 0, 0), "y": (0, step, 0), "z": (0, 0, step)}[slope.axis]
        for n, (x, y, depth) in enumerate(PLACES):
            ends = [
                polynomial(
                    depth + s * shift[2], y + s * shift[1], x + s * shift[0], NODES[slope.velocity].variable
                )
                for s in (1, -1)
            ]
            expected[n] += slope.factor * (ends[0] - ends[1]) / (2 * step)
    np.testing.assert_allclose(values[0], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("name", "at", "index"), [
    ("vz", (-150.0, 525.0, 0.0), (0, 4, 5)),
    ("vx", (-100.0, 525.0, 20.0), (0, 4, 5)),
    ("vy", (-150.0, 550.0, 60.0), (1, 4, 5)),
    ("szz", (-150.0, 525.0, 60.0), (1, 4, 5)),
    ("sxy", (-100.0, 550.0, 60.0), (1, 4, 5)),
    ("sxz", (-100.0, 525.0, 40.0), (1, 4, 5)),
    ("syz", (-150.0, 550.0, 40.0), (1, 4, 5)),
])  # fmt: skip
def test_a_receiver_on_a_node_sees_that_node_alone(name: str, at: tuple, index: tuple) -> None:
    x, y, depth = at
    for noise in (0.0, 1e-7, -1e-7):  # of what conversions of units leave behind
        k, j, i, weights = stencil(VOLUME, x + noise, y, depth, name)
        assert k.shape == j.shape == i.shape == weights.shape == (64,)
        (one,) = np.flatnonzero(weights)
        assert weights[one] == 1.0 and (k[one], j[one], i[one]) == index


def test_the_surface_uses_one_layer_above_for_horizontal_motion_only_where_it_is_free() -> None:
    lowest = {name: stencil(VOLUME, 0.0, 500.0, 0.0, name)[0].min() for name in NODES}
    assert lowest == {name: -1 if name in ("vx", "vy") else 0 for name in NODES}
    assert stencil(VOLUME, 0.0, 500.0, 0.0, "vx", ghost=False)[0].min() == 0


def test_interpolation_is_of_fourth_order_and_slopes_as_well() -> None:
    errors = []
    for n in (16, 32):
        grid = Grid3D(Grid("cartesian", 0.0, 0.0, 12.0 / n, 1.0, nx=n, ny=5), nz=5, dz=1.0)
        x = nodes(grid, "vx", range(-1, 5), range(5), range(n))[2]
        state = whole(grid, {"vx": np.sin(x) + np.zeros((6, 5, n))}, "v")
        at = np.linspace(3, 9, 41)
        value, slope = serial(grid, ["vx", "exx"], [(x, 2.5, 2.5) for x in at]).read(state)
        errors.append((abs(value - np.sin(at)).max(), abs(slope - np.cos(at)).max()))
    order = np.log2(np.divide(*errors))
    assert (order > 3.7).all(), order


def blocks(shape: tuple[int, int], ranks: int, periodic: tuple[bool, bool]) -> tuple[Block, ...]:
    return decompose(shape, ranks, periodic).blocks


@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
@pytest.mark.parametrize("quantities", [["vx", "vy", "vz", "exx", "exy", "eyz"], ["sxx", "syy", "szz"]])
@pytest.mark.parametrize(
    "grid", [VOLUME, Grid3D(AROUND, nz=7, dz=1.0, depth_min=2.0)], ids=["sides", "periodic"]
)
def test_the_bits_do_not_depend_on_the_ranks(grid: Grid3D, quantities: list[str], ranks: int) -> None:
    g = grid.horizontal
    state = np.random.default_rng(1).standard_normal((6, grid.nz + 2 * HALO, g.ny, g.nx)).astype("f4")
    state = np.pad(state, ((0, 0), (0, 0), (HALO, HALO), (HALO, HALO)), mode="wrap")
    low, high = (g.x0, g.y0, grid.depth_min), (g.x0 + g.nx * g.dx, g.y0 + g.ny * g.dy, grid.depth_max)
    points = [tuple(p) for p in np.random.default_rng(2).uniform(low, high, (60, 3))]
    points += [tuple(corner) for corner in itertools.product(*zip(low, high, strict=True))]
    expected = serial(grid, quantities, points).read(state)
    assert np.isfinite(expected).all() and expected.dtype == np.float64
    seen: list[int] = []
    for block in blocks(g.shape, ranks, g.periodic):
        rows, columns = block.allocated
        local = np.full((6, grid.nz + 2 * HALO, rows, columns), np.nan, "f4")
        nj, ni = block.shape[0] + 2 * HALO, block.shape[1] + 2 * HALO
        local[:, :, :nj, :ni] = state[:, :, block.j0 : block.j0 + nj, block.i0 : block.i0 + ni]
        gather = Gather(grid, block, HALO, points, quantities)
        assert gather.read(local).tobytes() == expected[:, gather.receivers].tobytes()
        seen += list(gather.receivers)
    assert sorted(seen) == list(range(len(points)))


def test_across_a_periodic_seam_the_other_side_is_seen() -> None:
    grid = Grid3D(AROUND, nz=6, dz=1.0)
    wave = np.sin(2 * np.pi * (np.arange(-HALO, 14) + 1.0) / 12)
    state = np.zeros((3, 10, 12, 16)) + wave
    value = serial(grid, ["vx"], [(0.1, 4.0, 3.0), (11.9, 4.0, 3.0)]).read(state)[0]
    np.testing.assert_allclose(value, np.sin(2 * np.pi * np.array([0.1, 11.9]) / 12), atol=3e-4)


def test_receivers_that_lie_on_nodes_cost_few_terms() -> None:
    gather = serial(VOLUME, ["vz"], [(-150.0, 525.0, 0.0), (-50.0, 525.0, 0.0)])
    assert gather.indices.shape == gather.weights.shape == (1, 2, 1)
    gather = serial(VOLUME, ["vx"], [(-100.0, 530.0, 0.0)])
    assert gather.indices.shape == (1, 1, 16)


def test_a_rank_without_receivers_reads_nothing() -> None:
    gather = Gather(VOLUME, Block(0, 5, 0, 6), HALO, [(500.0, 800.0, 0.0)], ["vx", "vz"])
    assert gather.read(np.zeros((3, 13, *Block(0, 5, 0, 6).allocated))).shape == (2, 0)


def test_a_moved_gather_reads_the_same() -> None:
    gather = serial(VOLUME, ["vx"])
    state = filled(VOLUME, ["vx"], "v")
    moved = gather.moved(np.asfortranarray)
    np.testing.assert_array_equal(moved.read(state), gather.read(state))
    assert moved.quantities == ("vx",) and not gather.indices.flags.f_contiguous


def test_mixed_arrays_and_too_small_ones_are_refused() -> None:
    with pytest.raises(ValueError, match="one array"):
        serial(VOLUME, ["vx", "szz"])
    with pytest.raises(ValueError, match="beyond"):
        Gather(VOLUME, Block(0, 11, 0, 13), 0, PLACES, ["vx"])
