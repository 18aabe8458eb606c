"""Without the CUDA code generator (ESIM_CUDA_CODEGEN=0) a thread runs the body itself, with the same bits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from esim.backends import devices, select
from esim.backends.cuda import thread_per_cell
from esim.errors import MachineError
from esim.kernels.ocean import shallow_water
from esim.tools import doctor
from esim.validation.kernel_catalogue import BODIES, OCEAN, compute_crust, compute_ocean

HERE = Path(__file__).parents[1]
# Of the variants of the crust, each with one order and one precision; boxes are small, as the simulator is slow.
CRUST = (("float32", 4, "plain"), ("float64", 4, "reduced_order"), ("float32", 8, "near_surface"))
TINY = (5, 5, 7)


def different_ocean() -> list:
    """Arrays of ocean kernels in which one thread per cell differs from NumPy."""
    found = []
    for dtype in ("float32", "float64"):
        for name, kernel in OCEAN.items():
            expected = compute_ocean(select("numpy", dtype), kernel, (5, 7))
            made = compute_ocean(select("cuda", dtype), kernel, (5, 7))
            found += [(dtype, name, a) for a in expected if not np.array_equal(made[a], expected[a])]
    return found


def different_crust() -> list:
    """The same of the bodies of the crust."""
    found = []
    for dtype, order, variant in CRUST:
        for name in BODIES:
            expected = compute_crust(select("numpy", dtype), (name,), order, variant, TINY)
            made = compute_crust(select("cuda", dtype), (name,), order, variant, TINY)
            found += [(dtype, name, a) for a in expected if not np.array_equal(made[a], expected[a])]
    return found


def different_ocean_run() -> list:
    """A tiny ocean with friction, maxima, rotation and land, some steps long, most of it at rest."""
    from oceans import march, ocean, physics, plane, state

    def bed(x, y):
        return -100.0 + 0.03 * x[None, :] + 0 * y[:, None]

    def eta(x, y):
        return np.where((x[None, :] < 500) & (y[:, None] < 500), 0.5, 0.0)

    states = []
    for name in ("numpy", "cuda"):
        made = ocean(
            plane(24, 8, 200.0),
            bed,
            eta,
            backend=name,
            dtype="float32",
            maxima=True,
            given=physics(coriolis=True, manning=0.03),
        )
        march(made, 3, 2.0)
        states.append(state(made))
    return [] if np.array_equal(*states) and np.count_nonzero(states[0]) else ["ocean"]


def different_crust_run() -> list:
    """A tiny crust with attenuation, absorbing layers and a free surface."""
    from crusts import build, march, stir, uniform

    states = []
    for name in ("numpy", "cuda"):
        made = build(
            (8, 7, 9),
            uniform(6000.0, 3464.0, 2700.0),
            cells=2,
            attenuate="coarse",
            backend=name,
            dtype="float32",
        )
        stir(made)
        march(made, 2)
        states.append(np.concatenate([made.own(made.v).ravel(), made.own(made.s).ravel()]))
    return [] if np.array_equal(*states) and np.count_nonzero(states[0]) else ["crust"]


SIMULATE = """
import json, sys
sys.path[:0] = [sys.argv[1] + "/backends", sys.argv[1] + "/support", sys.argv[1]]
import test_codegen_fence as here
from esim.backends import select
print(json.dumps([getattr(here, sys.argv[2])(), select("cuda", "float32").describe()["kernels"]]))
"""


@pytest.mark.parametrize(
    "what", ["different_ocean", "different_crust", "different_ocean_run", "different_crust_run"]
)
def test_one_thread_per_cell_gives_the_bits_of_numpy(what):
    pytest.importorskip("numba.cuda", reason="numba-cuda, which brings the simulator, is not installed")
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1", "ESIM_CUDA_CODEGEN": "0"}
    command = [sys.executable, "-c", SIMULATE, str(HERE), what]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [[], "one thread per cell"]


def test_a_stage_is_one_thread_for_each_cell_of_its_own_box():
    kernel = shallow_water.step()
    first, last = kernel.stages[0], kernel.stages[-1]
    assert thread_per_cell.launch_shape(last, ((2, 12), (2, 72))) == ((3, 3), (32, 4), (2, 12, 2, 72))
    assert thread_per_cell.launch_shape(first, ((2, 12), (2, 72))).numbers == (0, 14, 0, 74)
    text = thread_per_cell.stage_text(kernel, 0).source
    assert "stage_0(j, i, q, bed, w, p)" in text and "if j < last_j and i < last_i:" in text


def test_another_value_of_the_variable_is_refused_in_one_sentence(monkeypatch):
    monkeypatch.setenv("ESIM_CUDA_CODEGEN", "yes")
    with pytest.raises(MachineError, match="ESIM_CUDA_CODEGEN is 'yes'; 1 .* 0 one thread for each cell"):
        devices.generates_code()
    assert "ESIM_CUDA_CODEGEN is 'yes'" in doctor.cuda_kernels().found


@pytest.mark.parametrize(("value", "said"), [("0", "one thread per cell"), ("1", "generated")])
def test_doctor_says_how_kernels_are_made(value, said, monkeypatch):
    monkeypatch.setenv("ESIM_CUDA_CODEGEN", value)
    assert said in doctor.cuda_kernels().found


def test_nothing_of_the_generator_but_its_door_is_used():
    folder = HERE.parent / "esim"
    users = {
        (str(path.relative_to(folder)), line.strip())
        for path in folder.rglob("*.py")
        if "codegen" not in path.parts
        for line in path.read_text().splitlines()
        if "backends.cuda.codegen" in line and line.startswith(("import", "from"))
    }
    assert {user for user, _ in users} <= {"validation/gpu/speed.py"}, users
