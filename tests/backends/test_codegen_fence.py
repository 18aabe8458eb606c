"""Without the CUDA code generator (ESIM_CUDA_CODEGEN=0) a thread runs the body itself, with the same bits."""

import json
from pathlib import Path

import pytest
from support.simulator import in_simulator

from esim.backends import devices
from esim.backends.cuda import thread_per_cell
from esim.errors import MachineError
from esim.kernels.ocean import shallow_water
from esim.tools import doctor

TOP = Path(__file__).parents[2]

# Every kernel of the ocean.
OCEAN = """
from esim.validation.kernel_catalogue import OCEAN, compute_ocean
for name, kernel in OCEAN.items():
    compare(name, lambda machine: compute_ocean(select(machine, dtype), kernel, (5, 7)))
"""

# Every body of the crust in each variant.
CRUST = """
from support.kernels import CRUST_COMPILED
from esim.validation.kernel_catalogue import BODIES, compute_crust
for dtype, order, variant in CRUST_COMPILED:
    for name in BODIES:
        size = (8, 5, 7)  # layers: as many as the differences below a free surface read
        compare((variant, name), lambda machine: compute_crust(select(machine, dtype), (name,), order, variant, size))
"""

# An ocean with land, most of it at rest, friction, rotation, maxima and open sides.
OCEAN_RUN = """
from support.oceans import OPEN, march, ocean, physics, plane, state
def run(machine):
    given = physics(coriolis=True, manning=0.03)
    bed = lambda x, y: -100.0 + 0.03 * x[None, :] + 0 * y[:, None]
    hump = lambda x, y: np.where((x[None, :] < 500) & (y[:, None] < 500), 0.5, 0.0)
    made = ocean(plane(24, 8, 200.0, OPEN), bed, hump, backend=machine, dtype="float32", maxima=True, given=given)
    march(made, 3, 2.0)
    return {"state": state(made), "maxima": np.array(made.own(made.maxima))}
compare("ocean", run)
"""

# A crust with attenuation, absorbing layers and a free surface.
CRUST_RUN = """
from support.crusts import build, march, stir, uniform
def run(machine):
    rock = uniform(6000.0, 3464.0, 2700.0)
    made = build((8, 7, 9), rock, cells=2, attenuate="coarse", backend=machine, dtype="float32")
    stir(made)
    march(made, 2)
    return {"v": np.array(made.own(made.v)), "s": np.array(made.own(made.s))}
compare("crust", run)
"""

BEFORE = """
import json
import numpy as np
from esim.backends import select
different, count = [], 0
def compare(name, run):
    global count
    expected, found = run("numpy"), run("cuda")
    different.extend([name, key] for key in expected if not np.array_equal(found[key], expected[key]))
    count += 1
"""

AFTER = """
print(json.dumps([different, count, select("cuda", "float32").describe()["kernels"]]))
"""


@pytest.mark.simulator
@pytest.mark.parametrize(
    "runs",
    [
        'dtype = "float32"' + OCEAN,
        pytest.param('dtype = "float64"' + OCEAN, marks=pytest.mark.thorough),
        CRUST,
        OCEAN_RUN,
        pytest.param(CRUST_RUN, marks=pytest.mark.thorough),
    ],
    ids=["ocean", "ocean in double precision", "crust", "tsunami", "waves"],
)
def test_one_thread_per_cell_gives_the_bits_of_numpy(runs, monkeypatch):
    monkeypatch.setenv("ESIM_CUDA_CODEGEN", "0")
    different, count, kernels = json.loads(in_simulator(BEFORE + runs + AFTER))
    assert different == [] and count > 0
    assert kernels == "one thread per cell"


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


def test_nothing_but_the_door_of_the_generator_is_used():
    """By modules of the backend; what measures shapes of threads on a GPU sets them within."""
    found = [
        f"{path.name}: {line}"
        for path in (TOP / "esim").rglob("*.py")
        if "codegen" not in path.parts and path.name != "speed.py"
        for line in path.read_text().splitlines()
        if line.startswith(("import", "from")) and "backends.cuda.codegen" in line
    ]
    assert found == []
