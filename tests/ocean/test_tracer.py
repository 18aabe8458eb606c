"""A tracer that the water carries: nothing is made or lost, nothing moves at rest, and the water does not feel it."""

import numpy as np
import pytest
from support.oceans import PERIODIC, advance, level, march, ocean, plane, rough, state, water
from support.scenes import channel, compute, configured, cut_off, differing
from support.simulator import in_simulator

from esim.errors import InputError

GRID = plane(40, 32, 2e3)


def hill(x, y):
    """A hill of water beside islands, which floods and lays dry."""
    return 40 * np.exp(-(((x[None, :] - 20e3) / 8e3) ** 2) - ((y[:, None] - 30e3) / 8e3) ** 2)


def patch(x, y):
    """Tracer in a square."""
    return 1.0 * ((np.abs(x - 24e3) < 9e3)[None, :] & (np.abs(y - 30e3) < 11e3)[:, None])


def sea(tracer, **more):
    """A sea with islands and a hill of water."""
    return ocean(GRID, rough(3, 120.0, 200.0), hill, **{"backend": "numpy", "tracer": tracer} | more)


def total(made):
    """Water times concentration on the block [m]."""
    return float((water(made).h * state(made)[3].astype(float)).sum())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_uniform_concentration_stays_to_the_last_bit(dtype):
    made = sea(level(0.3), dtype=dtype)
    advance(made, 900.0, cfl=0.8)
    assert np.abs(state(made)[1]).max() > 10
    assert np.unique(state(made)[3]).size == 1


def test_no_tracer_is_made_or_lost_nor_beyond_its_bounds():
    made = sea(patch)
    before, wet = total(made), water(made).wet
    advance(made, 900.0, cfl=0.8)
    assert (water(made).wet != wet).any(), "water comes and goes"
    assert total(made) == pytest.approx(before, rel=1e-12)
    found = state(made)[3]
    assert found.min() >= 0 and found.max() <= 1 and ((found > 0.1) & (found < 0.9)).any()


def test_a_lake_at_rest_keeps_its_tracer_where_it_is():
    made = ocean(GRID, rough(3, 120.0, 200.0), level(), backend="numpy", dtype="float32", tracer=patch)
    before = state(made).copy()
    march(made, 20, 0.5 / made.fastest())
    np.testing.assert_array_equal(state(made), before)
    assert before[3].max() == 1


def test_the_water_does_not_feel_it():
    made, without = sea(patch, dtype="float32"), sea(None, dtype="float32")
    dt = 0.5 / without.fastest()
    for one in (made, without):
        march(one, 30, dt)
    np.testing.assert_array_equal(state(made)[:3], state(without))
    assert state(without).shape[0] == 3


@pytest.mark.long
def test_a_current_carries_it():
    """Once around a ring, at 10 m/s through still deep water; the crest loses little."""
    grid = plane(100, 4, 1e3, PERIODIC)
    made = ocean(
        grid,
        level(-1000.0),
        u=level(10.0),
        backend="numpy",
        tracer=lambda x, y: np.exp(-(((x - 50e3) / 12e3) ** 2))[None, :],
    )
    before = state(made)[3].copy()
    advance(made, 1e4, cfl=0.8)
    after = state(made)[3]
    assert np.abs(after - before).max() < 0.1 and after.max() > 0.9


@pytest.mark.compile
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_compiled_bodies_give_the_same(dtype):
    found = [sea(patch, backend=backend, dtype=dtype) for backend in ("numpy", "cpu")]
    dt = 0.5 / found[0].fastest()
    for made in found:
        march(made, 20, dt)
    np.testing.assert_array_equal(state(found[0]), state(found[1]))


SIMULATE = """
import numpy as np
from support.oceans import march, ocean, plane, rough, state

def run(backend):
    hill = lambda x, y: 9 * np.exp(-(((x[None, :] - 8e3) / 4e3) ** 2) - ((y[:, None] - 9e3) / 4e3) ** 2)
    patch = lambda x, y: 1.0 * (x < 9e3)[None, :] * (y > 5e3)[:, None]
    made = ocean(plane(10, 8, 2e3), rough(3, 120.0, 200.0), hill, backend=backend, dtype="float32", tracer=patch)
    march(made, 2, 8.0)
    return state(made)

one, other = run("numpy"), run("cuda")
assert 0 < (other[3] % 1 > 0).sum()
np.testing.assert_array_equal(one, other)
"""


@pytest.mark.simulator
def test_the_simulated_gpu_gives_the_same():
    in_simulator(SIMULATE)


def scene(directory):
    """A channel with a wall, a sponge and a seam, over which the tracer lies."""
    made = channel(directory, backend="numpy")
    made["physics"]["tracer"] = {
        "initial": [{"x": "-47 km", "y": "-5 km", "radius": "14 km", "concentration": 2.0}],
        "background": 0.5,
    }
    made["output"]["fields"]["variables"] += ["tracer"]
    return made


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return compute(scene(tmp_path_factory.mktemp("whole")))


def test_a_run_writes_it(whole):
    found = np.ma.masked_greater(whole["fields.tracer"], 1e30)
    assert found.shape == whole["fields.eta"].shape and found.min() >= 0.5 and found.max() <= 2
    assert (found[-1] != found[0]).any()
    assert (np.ma.getmaskarray(found) == (whole["fields.eta"] > 1e30)).all()


def test_ranks_write_the_same(whole, tmp_path):
    assert differing(compute(scene(tmp_path), 2), whole) == []


def test_a_run_that_was_cut_off_resumes_bit_for_bit(whole, tmp_path):
    made = scene(tmp_path)
    steps = [step for step in whole["fields.step"] if step > 0]
    cut_off(made, int(steps[1]) - 2, 2)
    assert differing(compute(made, resume=True), whole) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda made: made["physics"].pop("tracer"), "'tracer' needs physics.tracer, which is null"),
        (
            lambda made: made["grid"].update(nests=[{"x": [-10e3, 10e3], "y": [-12e3, 12e3], "ratio": 2}]),
            "physics.tracer: is not carried into nests yet",
        ),
        (lambda made: made["physics"]["tracer"]["initial"][0].update(y="90 km"), "is outside the grid"),
    ],
)
def test_what_cannot_be_is_said(change, words, tmp_path):
    made = scene(tmp_path)
    change(made)
    with pytest.raises(InputError) as error:
        configured(made)
    assert words in str(error.value)
