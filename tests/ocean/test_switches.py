"""Every switch of the physics, on both kinds of grid: each does something, and all backends give NumPy's bits."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import strict_arrays
from support import switches as simulator

from esim.backends.numpy.backend import NumpyBackend
from esim.validation import switches

# Others launch bodies that these launch, in other combinations.
COMPILED = [
    pytest.param(*pair, marks=[] if pair[0] in simulator.EVERY_BODY else pytest.mark.thorough)
    for pair in switches.combinations()
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with all inputs."""
    made = tmp_path_factory.mktemp("matrix")
    switches.write_inputs(made)
    return made


@pytest.fixture(scope="module")
def computed(folder) -> dict:
    """What every combination ends in on NumPy, and the names of the bodies that it launches."""
    bind, found = NumpyBackend.bind, {}
    with pytest.MonkeyPatch.context() as patch:
        for pair in switches.combinations():
            bodies: set = set()

            def noted(self, kernel, *given, bodies=bodies, **more):
                bodies.update(f"{stage.body.__module__}.{stage.body.__qualname__}" for stage in kernel.stages)
                return bind(self, kernel, *given, **more)

            patch.setattr(NumpyBackend, "bind", noted)
            found[pair] = switches.final(folder, *pair, "numpy"), bodies
    return found


@pytest.fixture(scope="module")
def expected(computed) -> dict:
    """What every combination ends in on NumPy."""
    return {pair: states for pair, (states, _) in computed.items()}


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


def test_what_is_compiled_and_simulated_launches_every_body(computed):
    everything = set().union(*(bodies for _, bodies in computed.values()))
    simulated = {(switch, kind) for kind in switches.KINDS for switch in simulator.simulated(kind)}
    assert {switch for switch, _ in simulated} == set(simulator.EVERY_BODY)
    assert set().union(*(computed[pair][1] for pair in simulated)) == everything


@pytest.mark.compile
@pytest.mark.parametrize(("switch", "kind"), COMPILED)
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
