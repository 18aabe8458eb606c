"""The text of a kernel that marches over rows: what it holds, and what bodies it refuses."""

import re
from typing import NamedTuple

import numpy as np
import pytest

from esim.backends.cuda.codegen import pointwise, streaming_stencil
from esim.errors import MachineError
from esim.kernels.kernel import Kernel, Stage
from esim.kernels.ocean import absorbing_layer, dispersion, nesting, shallow_water, tracer
from esim.kernels.ocean.state import step_constants
from esim.kernels.scalar import maximum, where

REAL = np.dtype("float32")
A, B = 0, 1
FACTORS = [2.0, 3.0]
STEP = shallow_water.step(friction_map=True, maxima=True, acceleration=True, times=True)
MARCHING = {
    "step": shallow_water.step(),
    "all": STEP,
    "absorbing": absorbing_layer.with_absorption(shallow_water.step()),
    "load": dispersion.load(in_place=True),
    "relax": dispersion.RELAX,
    "west": nesting.flux(STEP, along_x=True),
    "south": nesting.flux(STEP, along_x=False),
}


class Params(NamedTuple):
    """Constants of the kernels here."""

    zero: float
    half: float


def double(j, i, q, w, p):
    """A first stage."""
    w[A, j, i] = q[0, j, i] + q[0, j, i]


def finish(j, i, out, w, p):
    """A last stage, which reads a neighbour."""
    out[0, j, i] = w[A, j, i + 1] - w[A, j - 1, i]


def kernel(*bodies, first=None, halo=1, slots=2):
    """A kernel of some stages, the last of which writes arrays."""
    stages = [first or Stage(double, west=1, east=1, south=1, north=1)]
    stages += [Stage(body, exact=body is bodies[-1]) for body in bodies]
    return Kernel("test", tuple(stages), Params, slots=slots, halo=halo)


def loop(made):
    """Lines of the loop over rows."""
    source = streaming_stencil.text(made, REAL).source
    return [line.strip() for line in source[source.index("while row < end") :].splitlines()]


@pytest.mark.parametrize("name", MARCHING)
def test_an_iteration_waits_once_and_stores_each_value_once(name):
    lines = loop(MARCHING[name])
    assert sum("syncthreads" in line for line in lines) <= 1
    stores = [line.split(" = ")[0] for line in lines if line.startswith("plane_")]
    assert stores and len(set(stores)) == len(stores)


@pytest.mark.parametrize("name", MARCHING)
def test_the_text_names_nothing_else_than_it_is_given(name):
    made = streaming_stencil.text(MARCHING[name], REAL)
    branching = {shortcut.function.__name__ for shortcut in MARCHING[name].shortcuts}
    (code,) = [
        c for c in compile(made.source, "text", "exec").co_consts if getattr(c, "co_name", "") == "stream"
    ]
    fields = set(MARCHING[name].params._fields)
    tools = {"cell", "pitches", "view", "frozen", "scratch", "cuda", "dtype", "Params", "min", "max", "range"}
    of_cuda = {"threadIdx", "blockIdx", "blockDim", "gridDim", "x", "y", "shape", "shared", "array"}
    waits = {"syncthreads", "syncthreads_or"}
    assert set(code.co_names) <= fields | tools | of_cuda | waits | branching | set(made.functions)


def test_each_formula_stands_once_in_the_loop():
    calls = re.findall(r"\b(hll|drag|slopes)\(", " ".join(loop(MARCHING["step"])))
    assert {name: calls.count(name) for name in set(calls)} == {"hll": 2, "drag": 1, "slopes": 2}


def test_what_belongs_to_a_neighbour_is_computed_there():
    """The five states and the bound that a west face takes from its west cell go over as five values, not as eleven."""
    west = {line for line in loop(MARCHING["step"]) if "_west1 = shared" in line and "given" in line}
    assert len(west) == 6  # and the bed


@pytest.mark.parametrize("shortcut", STEP.shortcuts)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_shortcut_gives_the_same_where_it_may_be_taken(shortcut, dtype):
    rng = np.random.default_rng(2)
    p = step_constants(dtype, 1.0, 1.0)
    count = 20000
    bed = np.where(rng.random((3, count)) < 0.2, -1, -4000) + rng.standard_normal((3, count))
    eta = np.where(rng.random(count) < 0.3, 100, 0.1) * rng.standard_normal((3, count))
    h = np.maximum(eta - bed, 0)
    given = [*h, *np.maximum(eta, bed), *rng.standard_normal((6, count)), *bed]
    given = [value.astype(dtype) for value in given]
    needs = shortcut.needs(*given, p)
    assert 0.2 < needs.mean() < 0.8
    for whole, short in zip(shortcut.function(*given, p), shortcut.short(*given, p), strict=True):
        np.testing.assert_array_equal(short[~needs], whole[~needs])
        assert (short[needs] != whole[needs]).any()


def test_what_depends_on_the_row_alone_is_computed_once_for_a_row():
    assert not any(re.search(r"row_\d+_\w+ \* p|p\.dt \* row", line) for line in loop(MARCHING["step"]))


def test_a_result_that_is_a_state_is_not_seen_as_constant():
    source = streaming_stencil.text(MARCHING["load"], REAL).source
    assert "whole_start = view(" in source and "whole_x = frozen(" in source
    assert "whole_start = frozen(" not in source
    assert "to_acceleration = view(" in pointwise.text(dispersion.ACCELERATION, REAL).source
    with pytest.raises(MachineError, match="its result acceleration is none of its states x"):
        pointwise.text(dispersion.ACCELERATION._replace(at_rest=(("x",), "acceleration")), REAL)


def test_a_strip_of_few_columns_has_few_threads():
    assert streaming_stencil.spread(STEP, ((2, 1002), (2, 4))).threads == (32, 1)
    for size in (50, 400, 2000, 9000):
        blocks, (width, _), (*_, run) = streaming_stencil.spread(STEP, ((2, 2 + size), (2, 2 + size)))
        own = width - 4
        assert own * (blocks[0] - 1) < size <= own * blocks[0] and blocks[0] * width < 1.1 * size + 64
        assert run * (blocks[1] - 1) < size <= run * blocks[1] and run <= streaming_stencil.LONGEST
    # What a GPU has in hand at once, or, with blocks of longer runs, several times as much.
    assert streaming_stencil.spread(STEP, ((2, 2002), (2, 2002))).threads != (32, 1)
    assert streaming_stencil.spread(STEP, ((2, 9002), (2, 9002))).numbers[-1] > 64


def test_a_column_of_cells_has_its_threads_along_it():
    assert pointwise.spread(STEP, ((0, 1000), (1, 2))).threads == (1, 128)
    assert pointwise.spread(STEP, ((0, 1000), (1, 4))).threads == (4, 32)
    blocks, threads, _ = pointwise.spread(STEP, ((0, 1000), (0, 1000)))
    assert threads == (32, 4) and blocks == (32, 250)


def branch(j, i, out, w, p):
    """Refused: a branch."""
    if p.half > p.zero:
        out[0, j, i] = w[A, j, i]


def loop_over(j, i, out, w, p):
    """Refused: a loop."""
    for _n in range(2):
        out[0, j, i] = w[A, j, i]


def augmented(j, i, out, w, p):
    """Refused: what Python would read twice."""
    out[0, j, i] += w[A, j, i]


def other_cell(j, i, out, w, p):
    """Refused: another cell than its own."""
    out[0, j, i + 1] = w[A, j, i]


def bare_number(j, i, out, w, p):
    """Refused: of no type."""
    out[0, j, i] = 2.0 * w[A, j, i]


def power(j, i, out, w, p):
    """Refused: an operator that no body has."""
    out[0, j, i] = w[A, j, i] ** w[A, j, i]


def two_comparisons(j, i, out, w, p):
    """Refused: a chain."""
    out[0, j, i] = where(p.zero < w[A, j, i] < p.half, p.half, p.zero)


def far_index(j, i, out, w, p):
    """Refused: an index that is computed."""
    out[0, j, i] = w[A, j, i + A * 2]


def swapped(j, i, out, w, p):
    """Refused: columns for rows."""
    out[0, j, i] = w[A, i, j]


def named_number(j, i, out, w, p):
    """Refused: a global number."""
    out[0, j, i] = w[A, j, i] * FACTORS


def method(j, i, out, w, p):
    """Refused: a call of what is no function."""
    out[0, j, i] = FACTORS.index(w[A, j, i])


def keyword(j, i, out, w, p):
    """Refused: an argument by name."""
    out[0, j, i] = maximum(w[A, j, i], b=p.zero)


def too_many(j, i, out, w, p):
    """Refused: two values for one."""
    a, b, c = w[A, j, i], p.zero
    out[0, j, i] = a + b + c


def unpacked(j, i, out, w, p):
    """Refused: several values of one."""
    a, b = p.half
    out[0, j, i] = a + w[A, j, i]


def unset(j, i, out, w, p):
    """Refused: scratch that nobody wrote."""
    out[0, j, i] = w[B, j, i]


def beyond(j, i, out, w, p):
    """Refused: further than the stage before it has got."""
    out[0, j, i] = w[A, j, i + 2]


def north(j, i, out, w, p):
    """Refused: further north than the stage before it has got."""
    out[0, j, i] = w[A, j + 2, i]


def own_neighbour(j, i, out, w, p):
    """Refused: a neighbour of what it writes."""
    w[B, j, i] = w[A, j, i]
    out[0, j, i] = w[B, j, i - 1]


def array_neighbour(j, i, out, w, p):
    """Refused: a neighbour in an array that the kernel writes."""
    out[0, j, i] = out[0, j, i + 1] + w[A, j, i]


def far_array(j, i, q, out, w, p):
    """Refused: beyond the halo."""
    out[0, j, i] = q[0, j, i - 2] + w[A, j, i]


def default(j, i, out, w, p, more=2):
    """Refused: an argument with a default."""
    out[0, j, i] = w[A, j, i]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (branch, "no plain assignment"),
        (loop_over, "no plain assignment"),
        (augmented, "no plain assignment"),
        (other_cell, "another cell than its own"),
        (bare_number, "is no formula"),
        (power, "is no formula"),
        (two_comparisons, "is no formula"),
        (far_index, "no whole number"),
        (swapped, "is no index j"),
        (named_number, "is no formula"),
        (method, "is no formula"),
        (keyword, "is no formula"),
        (too_many, "another number of names"),
        (unpacked, "from what is no call"),
        (unset, "which nothing has written"),
        (beyond, "beyond the box of double"),
        (north, "beyond the box of double"),
        (own_neighbour, "neighbours of scratch slot 1"),
        (array_neighbour, "neighbours in out"),
        (far_array, "beyond the halo"),
        (default, "other arguments"),
    ],
)
def test_what_is_not_understood_is_refused(body, word):
    with pytest.raises(MachineError, match=word) as caught:
        streaming_stencil.text(kernel(body), REAL)
    assert body.__name__ in str(caught.value) and "kernel test" in str(caught.value)


def test_stages_that_write_arrays_are_told_as_such():
    with pytest.raises(MachineError, match="finish writes out but is not exact"):
        streaming_stencil.text(kernel(finish, array_neighbour), REAL)
    wide = Kernel("test", (Stage(double, 1, 1, 1, 1), Stage(finish, west=1, exact=True)), Params, 2, 1)
    with pytest.raises(MachineError, match="finish writes arrays beyond the box"):
        streaming_stencil.text(wide, REAL)


def test_stages_that_run_ahead_of_the_halo_are_refused():
    with pytest.raises(MachineError, match="double reads further north"):
        streaming_stencil.text(kernel(finish, first=Stage(double, 1, 1, 1, 2)), REAL)


def test_arrays_of_different_pitch_are_refused():
    made = kernel(finish)
    whole = {"q": np.zeros((1, 6, 8), REAL), "out": np.zeros((1, 6, 8), REAL)}
    streaming_stencil.check(made, whole)
    with pytest.raises(ValueError, match="different shapes or pitches"):
        streaming_stencil.check(made, whole | {"out": np.zeros((1, 6, 9), REAL)})


def test_a_kernel_with_much_in_shared_memory_has_narrower_blocks():
    carrying = tracer.with_tracer(shallow_water.step())
    narrow = streaming_stencil.text(carrying, np.dtype("float64")).options["launch_bounds"]
    assert narrow < streaming_stencil.text(carrying, np.dtype("float32")).options["launch_bounds"]
    assert streaming_stencil.spread(carrying, ((2, 2002), (2, 2002)), narrow).threads[0] <= narrow
