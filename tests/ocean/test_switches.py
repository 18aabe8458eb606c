"""Every switch of the physics, on both kinds of grid: each does something, and all backends give NumPy's bits."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import strict_arrays
from support import switches as simulator

from esim.validation import switches


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with all inputs."""
    made = tmp_path_factory.mktemp("matrix")
    switches.write_inputs(made)
    return made


@pytest.fixture(scope="module")
def expected(folder) -> dict:
    """What every combination ends in on NumPy."""
    return {pair: switches.final(folder, *pair, "numpy") for pair in switches.combinations()}


def assert_equal(found: dict, expected: dict) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


@pytest.mark.parametrize(("switch", "kind"), switches.combinations())
def test_every_switch_changes_the_water_and_stays_finite(switch, kind, expected):
    states = expected[switch, kind]
    assert all(np.isfinite(array).all() for array in states.values())
    same = np.array_equal(states["root: q"], expected["plain", kind]["root: q"])
    assert same == (switch == "plain" or switch in switches.SAME)


@pytest.mark.compile
@pytest.mark.parametrize(("switch", "kind"), switches.combinations())
def test_cpu_equals_numpy(switch, kind, folder, expected):
    assert_equal(switches.final(folder, switch, kind, "cpu"), expected[switch, kind])


@pytest.mark.long
@pytest.mark.parametrize(("switch", "kind"), switches.combinations())
def test_another_array_module_equals_numpy(switch, kind, folder, expected, monkeypatch):
    monkeypatch.setitem(sys.modules, "nlcpy", strict_arrays.module("nlcpy"))
    assert_equal(switches.final(folder, switch, kind, "nlcpy"), expected[switch, kind])


@pytest.mark.simulator
@pytest.mark.parametrize("kind", switches.KINDS)
def test_cuda_simulator_equals_numpy(kind, folder, tmp_path):
    pytest.importorskip("numba.cuda", reason="numba-cuda, which brings the simulator, is not installed")
    target = tmp_path / "cuda.npz"
    command = [sys.executable, simulator.__file__, str(folder), kind, str(target)]
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict = {switch: {} for switch in simulator.simulated(kind)}
    with np.load(target) as arrays:
        for key in arrays:
            switch, name = key.split("|")
            found[switch][name] = arrays[key]
    for switch, arrays in found.items():
        assert_equal(arrays, switches.final(folder, switch, kind, "numpy", steps=1))
