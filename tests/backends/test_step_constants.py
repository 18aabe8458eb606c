"""Constants of a step are made once: filled in, they are to the last bit those that are made anew."""

import pytest

from esim.backends import select
from esim.kernels.kernel import varying
from esim.kernels.ocean.state import Params, step_constants, step_values

STEPS = ((0.7, 0.7), (1 / 3, 1e5 / 7), (12.345678901, 3.3e4))  # dt and time [s]
MANNING, GRAVITY = 0.025, 9.81


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["numpy", "cpu"])
def test_filled_constants_are_those_made_anew(name, dtype):
    backend = select(name, dtype)
    prepared = backend.step_constants(step_constants(dtype, 1.0, 0.0, MANNING, GRAVITY))
    fields, found = Params._fields, []
    for dt, time in STEPS:
        filled = prepared.fill(*step_values(dt, time, MANNING, GRAVITY))
        anew = step_constants(dtype, dt, time, MANNING, GRAVITY)
        values = filled if name == "cpu" else [getattr(filled, field) for field in fields]
        for value, expected in zip(values, anew, strict=True):
            assert type(value) is type(expected) and value == expected
        found.append(filled)
    assert all(filled is found[0] for filled in found)  # nothing is made in a step


def test_as_many_values_are_filled_in_as_vary():
    prepared = select("cpu", "float32").step_constants(step_constants("float32", 1.0, 0.0))
    assert len(step_values(1.0, 0.0)) == len(varying(Params))
    with pytest.raises(ValueError):
        prepared.fill(1.0)
