"""What a run of an engine loads before its first step: nothing that it never calls."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
import numpy as np
from esim.backends import select
backend = select("cpu", "float32")
import numba
@numba.njit
def product(a, b):
    return np.dot(a, b)
@numba.njit
def root(a):
    return np.sqrt(a).sum()
assert root(np.full(4, 4.0)) == 8.0
assert "scipy.linalg" not in sys.modules, "SciPy's linear algebra was loaded"
assert product(np.eye(2), np.full((2, 2), 3.0)).tolist() == [[3.0, 3.0], [3.0, 3.0]]
print("lean")
"""


@pytest.mark.quick
@pytest.mark.compile
def test_kernels_are_compiled_without_scipy_and_products_of_matrices_still_find_blas():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.stdout == "lean\n", done.stderr


def test_the_plan_of_a_tsunami_loads_neither_scipy_nor_the_crust():
    script = """
import sys
from esim.config import load
from esim.drivers.run import checked, driver_of
from esim.parallel.comm import SerialComm
config = load(sys.argv[1], ["output.directory=/nonexistent/out", "output.maxima=null"])
checked(driver_of(config), config, SerialComm(), elsewhere=True)
engine = [name for name in sys.modules if name.startswith(("esim.crust", "esim.media.crust", "esim.sources.crust"))]
heavy = ["scipy.ndimage", "pyproj", "numba", "matplotlib", "xarray", "pandas"]
print(engine + [name for name in heavy if name in sys.modules])
"""
    from esim.tools.examples import FOLDER

    done = subprocess.run(
        [sys.executable, "-c", script, str(FOLDER / "tohoku2011.yaml")], capture_output=True, text=True
    )
    assert done.stdout == "[]\n", done.stdout + done.stderr
