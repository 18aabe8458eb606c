"""Rows of a tile whose cells are all plain are computed with less work, and with the same bits."""

from typing import NamedTuple

import numpy as np
import pytest

from esim.backends import select
from esim.kernels.kernel import Kernel, Plain, Stage
from esim.kernels.ocean import shallow_water
from esim.kernels.ocean.maxima import MAXIMA
from esim.kernels.ocean.state import NEVER, step_constants
from esim.kernels.scalar import where

DTYPES = ("float32", "float64")


# ------------------------------------------------------------------ which rows are plain


class Params(NamedTuple):
    """Constants of the kernel below."""

    zero: float
    one: float


def copy_in(j, i, q, w, p):
    """Take a value."""
    w[0, j, i] = q[0, j, i]


def odd(j, i, q, p):
    """Whether a cell is above zero, or not a number."""
    return where(q[0, j, i] <= p.zero, p.zero, p.one) > p.zero


def whole(j, i, out, w, p):
    """Say that a cell was computed in full."""
    out[0, j, i] = p.one


def less(j, i, out, w, p):
    """Say that a cell was computed with less work."""
    out[0, j, i] = p.one + p.one


def telling(south, north, plain=less):
    """A kernel whose result tells which body computed a cell."""
    stages = (
        Stage(copy_in, west=2, east=2, south=2, north=2, mark=odd),
        Stage(whole, exact=True, plain=Plain(plain, south, north)),
    )
    return Kernel("telling", stages, Params, slots=1, halo=2)


def computed(kernel, q, box, threads=1):
    """The result of the kernel above on a box."""
    machine = select("cpu", "float32", threads)
    given = {"q": machine.from_host(q[np.newaxis]), "out": machine.zeros((1, *q.shape))}
    machine.bind(kernel, box, given)(machine.constants(Params(*map(machine.dtype.type, (0, 1)))))
    return machine.to_host(given["out"])[0]


@pytest.mark.compile
@pytest.mark.parametrize(
    ("south", "north"), [(0, 0), (1, 1), (2, 2), pytest.param(1, 0, marks=pytest.mark.quick), (0, 2)]
)
@pytest.mark.parametrize("value", [1.0, np.nan])
def test_rows_of_a_tile_near_a_marked_cell_are_computed_in_full(south, north, value):
    q = -np.ones((150, 230), np.float32)
    q[70, 100] = value  # in the second tile of the second row of tiles
    q[40, 1] = value  # in the halo of the first
    q[:, 222:] = value  # beyond the halo of the last, where loops run on to fill a vector
    found = computed(telling(south, north), q, ((2, 148), (2, 220)))
    expected = np.zeros_like(q)
    expected[2:148, 2:220] = 2
    expected[70 - north : 70 + south + 1, 78:154] = 1
    expected[40 - north : 40 + south + 1, 2:78] = 1
    np.testing.assert_array_equal(found, expected)


def test_marks_follow_what_moves():
    machine = select("cpu", "float32")
    given = {"q": machine.from_host(-np.ones((1, 40, 60))), "out": machine.zeros((1, 40, 60))}
    launch = machine.bind(telling(1, 1), ((2, 38), (2, 50)), given)
    constants = machine.constants(Params(*map(machine.dtype.type, (0, 1))))
    for row in (10, 20):
        given["q"][...] = -1
        given["q"][0, row, 30] = 1
        launch(constants)
        full = np.flatnonzero(machine.to_host(given["out"])[0, 2:38, 30] == 1) + 2
        assert full.tolist() == [row - 1, row, row + 1]


def test_nothing_may_be_less_work():
    q = -np.ones((40, 60), np.float32)
    q[20, 30] = 1
    found = computed(telling(0, 0, None), q, ((2, 38), (2, 50)))
    assert (found[20, 2:50] == 1).all() and np.count_nonzero(found) == 48


@pytest.mark.parametrize("rows", [0, 3])
def test_a_plain_body_needs_marks_of_all_rows_that_it_looks_at(rows):
    kernel = telling(rows, rows)
    if rows == 0:
        kernel = kernel._replace(stages=tuple(stage._replace(mark=None) for stage in kernel.stages))
    with pytest.raises(ValueError, match="no stage marks all rows by which stage 1 is plain"):
        computed(kernel, np.zeros((40, 60), np.float32), ((4, 36), (4, 50)))


def test_a_stage_that_marks_is_computed():
    first, last = telling(0, 0).stages
    kernel = telling(0, 0)._replace(stages=(first, last._replace(mark=odd, plain=Plain())))
    with pytest.raises(ValueError, match="stage 1 marks, so its plain body cannot be none"):
        computed(kernel, np.zeros((40, 60), np.float32), ((4, 36), (4, 50)))


# ------------------------------------------------------------------ the shallow-water step


def coast(dtype, seed):
    """Deep and shallow water, shores, films and dry land: a state, a bed and all else that a step reads."""
    rng = np.random.default_rng(seed)
    shape = (150, 230)
    y, x = np.mgrid[: shape[0], : shape[1]]
    bed = -4000 + 4020 * np.exp(-(((x - 160) / 25) ** 2 + ((y - 80) / 20) ** 2)) + rng.standard_normal(shape)
    bed[:30] = -np.exp(rng.uniform(-7, 9, (30, shape[1])))  # of any depth from cell to cell
    h = np.maximum(0.5 * rng.standard_normal(shape) - bed, 0)
    h[rng.random(shape) < 0.003] = 5e-4  # films, also over deep ground
    size = np.exp(rng.uniform(-12, 3, shape)) * h**1.3
    size[40:, :100] = (
        np.exp(rng.uniform(-9, 6, (110, 1))) * (h**0.5)[40:, :100]
    )  # rows with friction and without
    q = np.stack(
        [h - np.maximum(-bed, 0), size * rng.standard_normal(shape), size * rng.standard_normal(shape)]
    )
    rows = np.full((10, shape[0]), 1 / 7000.0)
    rows[4:6], rows[6:9] = 1e-4, 7000.0
    maxima = np.zeros((len(MAXIMA), *shape))
    maxima[[MAXIMA.rise, MAXIMA.fall]] = NEVER
    given = {"q": q, "out": np.zeros_like(q), "bed": bed[np.newaxis], "rows": rows, "maxima": maxima}
    given |= {"sides": np.ones((2, 1, shape[1])), "roughness": np.full((1, *shape), 9.81 * 0.03**2)}
    given |= {"acceleration": 1e-5 * rng.standard_normal((2, *shape))}
    return {name: value.astype(dtype) for name, value in given.items()}


def bare(kernel):
    """A kernel all rows of which are computed in full."""
    return kernel._replace(stages=tuple(stage._replace(mark=None, plain=None) for stage in kernel.stages))


def stepped(backend, kernel, given):
    """The state after a step to and one fro, and the maxima."""
    arrays = {name: backend.from_host(value) for name, value in given.items()}
    constants = backend.constants(step_constants(backend.dtype, 5.0, 5.0, manning=0.03))
    for turn in (0, 1):
        state, out = ("q", "out") if turn == 0 else ("out", "q")
        named = arrays | {"q": arrays[state], "out": arrays[out]}
        backend.bind(kernel, ((2, 148), (2, 200)), named)(constants)
    return {name: backend.to_host(arrays[name]) for name in ("q", "out", "maxima")}


STEPS = {"plain": {}, "forced": {"acceleration": True, "friction_map": True, "maxima": True}}


@pytest.mark.compile
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", STEPS)
def test_a_step_has_the_bits_of_one_computed_in_full(name, dtype, seed):
    kernel, given = shallow_water.step(**STEPS[name]), coast(dtype, seed)
    found, expected = (stepped(select(machine, dtype), kernel, given) for machine in ("cpu", "numpy"))
    for array in expected:
        np.testing.assert_array_equal(found[array], expected[array], err_msg=array)


@pytest.mark.compile
def test_what_is_not_a_number_stays_so_and_spreads_as_in_a_step_computed_in_full():
    given = coast("float32", 3)
    for n, at in enumerate([(100, 40), (120, 60), (75, 150)]):
        given["q"][n][at] = np.nan
    machine, kernel = select("cpu", "float32"), shallow_water.step()
    found, expected = (stepped(machine, each, given) for each in (kernel, bare(kernel)))
    for array in ("out", "q"):
        np.testing.assert_array_equal(found[array], expected[array], err_msg=array)
    assert np.isnan(found["out"][:, 100, 40]).any() and np.isnan(found["out"][:, 75, 150]).any()


def test_deep_rows_are_plain_and_others_are_not():
    """The state above has both kinds of rows, or the test of its bits would show nothing."""
    given = coast("float32", 1)
    p = step_constants("float32", 5.0, 5.0, manning=0.03)
    h = given["q"][0] + np.maximum(-given["bed"][0], 0)
    felt = shallow_water.resisting(h, given["q"][1], given["q"][2], p.friction, p)
    for marked in (h <= p.dry, felt):
        rows = marked[2:148, 2:94].any(axis=1)
        assert 0.2 < rows.mean() < 0.8


@pytest.mark.parametrize("dtype", DTYPES)
def test_friction_that_is_left_out_has_a_factor_of_exactly_one(dtype):
    rng = np.random.default_rng(4)
    p = step_constants(dtype, 7.0, 0.0, manning=0.03)
    count = 400_000
    h = np.exp(rng.uniform(-8, 9.5, count)).astype(dtype)
    # Friction about as large as rounding, the speed about that of the cap, and anything.
    rounding = np.finfo(dtype).epsneg / 2 * h ** (7 / 3) / p.friction
    size = np.stack([rounding, h / p.per_cap, h])[rng.integers(3, size=count), np.arange(count)]
    size = size * np.exp(rng.uniform(-2, 2, count))
    angle = rng.choice([0, np.pi / 4, 1.0, np.pi / 2], count)
    qx, qy = (size * np.cos(angle)).astype(dtype), -(size * np.sin(angle)).astype(dtype)
    for friction in (p.friction, p.zero, np.full(count, p.friction)):
        felt = shallow_water.resisting(h, qx, qy, friction, p)
        factor = shallow_water.drag(h, qx, qy, friction, p)
        assert (factor[~felt] == 1).all() and (factor[felt] < 1).any()
        assert 0.05 < felt.mean() < 0.95
    # Nearly all that could be left out is: the bound is two thirds of the largest there is, or more.
    near = (size < 0.5 * rounding) & (h > 0.01)
    assert not shallow_water.resisting(h, qx, qy, p.friction, p)[near].any()
    for other in ((np.nan, 0, 0), (5000, np.nan, 0), (5000, 0, np.nan)):
        assert shallow_water.resisting(*np.array(other, dtype), p.friction, p)
    assert shallow_water.resisting(p.dry, p.zero, p.zero, p.friction, p)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_first_guess_of_the_cube_root_is_as_good_as_it_is_said_to_be(dtype):
    p = step_constants(dtype, 1.0, 0.0)
    x = np.geomspace(1e-3, 8e-3, 200_001).astype(dtype)  # a period of the guess
    for scale in (1, 8, 8**5):
        ratio = shallow_water.guess_rcbrt(x * p.one * scale, p.rcbrt_0) * np.cbrt(x * scale)
        assert ratio.min() > 0.96 and ratio.max() < 1.04


@pytest.mark.parametrize("dtype", DTYPES)
def test_slopes_of_water_are_those_beside_no_dry_cell(dtype):
    rng = np.random.default_rng(5)
    p = step_constants(dtype, 1.0, 1.0)
    count = 40_000
    h = np.exp(rng.uniform(-8, 9, (3, count)))
    e = np.exp(rng.uniform(-9, 4, count)) * rng.standard_normal((3, count))
    cells = [*h, *e, *rng.standard_normal((6, count)), *(e - h)]
    cells = [value.astype(dtype) for value in cells]
    wet = np.min(cells[:3], axis=0) > p.dry
    assert 0.3 < wet.mean() < 0.9
    short, full = shallow_water.slopes_of_water(*cells[:12], p), shallow_water.slopes(*cells, p)
    for one, other in zip(short, full, strict=True):
        np.testing.assert_array_equal(one[wet], other[wet])
    assert (short[0][~wet] != full[0][~wet]).any()
