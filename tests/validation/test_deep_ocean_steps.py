"""The kicks and drifts of the deep solver are those that the study chose, and do what it says of them."""

import numpy as np
import pytest

from esim.kernels.ocean.state import step_constants
from esim.ocean.solver import DEEP
from esim.validation.studies.deep_ocean_steps import (
    CHOSEN,
    EQUAL,
    FIVE,
    FOURTH,
    Humps,
    Step,
    failure,
    half_trace,
    shears,
    stages,
    staggered,
)

STEP = Step("chosen", 14, shears(*CHOSEN))


def test_the_solver_takes_what_was_chosen():
    p = step_constants("float64", 1.0, 0.0)
    kicks, drifts = CHOSEN
    assert kicks == (p.outer_kick, p.inner_kick, p.inner_kick, p.outer_kick)
    assert drifts == (p.outer_drift, p.inner_drift, p.outer_drift)
    assert sum(kicks) == pytest.approx(1) and sum(drifts) == pytest.approx(1)


def test_nothing_grows_up_to_the_bound_and_hardly_more_is_possible():
    """A wave is kept where half the trace is between -1 and 1; the largest frequency is that of a checkerboard."""
    largest = np.hypot(staggered(np.array(np.pi)), staggered(np.array(np.pi)))
    trace = half_trace(*CHOSEN)
    assert np.abs(trace(np.linspace(0, DEEP.bound * largest, 100_001) ** 2)).max() <= 1
    assert failure(DEEP.bound + 0.02, STEP) == np.inf
    assert np.abs(trace(np.linspace(0, (DEEP.bound + 0.02) * largest, 100_001) ** 2)).max() > 1


@pytest.mark.parametrize("courant", [0.3, DEEP.cfl, DEEP.bound])
def test_waves_keep_their_phase(courant):
    assert failure(courant, STEP) < 0.3


def test_it_is_worth_more_than_stages_or_equal_kicks():
    hump = Humps(2)
    error = hump.of(STEP, DEEP.cfl)
    assert error < hump.of(Step("collocated", 20, stages(FIVE, FOURTH)), 1.8) / 1.5
    assert failure(1.1, Step("equal", 14, shears(*EQUAL))) > 1
