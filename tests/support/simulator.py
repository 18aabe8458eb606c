"""Scripts on Numba's CUDA simulator, which is switched on before Numba is imported: in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


def in_simulator(script: str, *arguments: object) -> str:
    """Last line that a script prints with the simulator on; it may import tests/support, and fails like a test."""
    pytest.importorskip("numba.cuda", reason="numba-cuda, which brings the simulator, is not installed")
    paths = filter(None, (str(TESTS), os.environ.get("PYTHONPATH")))
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1", "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return (done.stdout.splitlines() or [""])[-1]
