"""NVIDIA's compute-sanitizer on every kernel: memory out of bounds, races in shared memory, values never written.

Arrays lie in the pool of memory that CuPy keeps, so of what leaves an array only that is seen which leaves the pool.
"""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from esim.backends.devices import simulated
from esim.validation.gpu.equality import jobs, process
from esim.validation.gpu.report import Finding, checked, gap

TOOLS = ("memcheck", "racecheck", "initcheck")
FOUND = 9  # exit code that says that a tool has found something


def sanitizer(tiny: bool) -> Iterator[Finding]:
    """Each tool on all kernels in float32, with few cells."""
    program = where()
    if simulated() or program is None:
        why = (
            "the simulator has no use for it"
            if simulated()
            else "it is neither on the PATH nor in CUDA_HOME/bin"
        )
        yield gap("compute-sanitizer", why)
        return
    lines = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    yield Finding("compute-sanitizer", next((line for line in lines if "ersion" in line), program))
    wanted = [job for job in jobs(tiny) if job[2] == "float32"]
    for tool in TOOLS:
        command = [program, "--tool", tool, "--error-exitcode", str(FOUND), "--target-processes", "all"]
        broken, done = [], 0
        for result in process(wanted, True, threading.Event(), command):
            done += "broken" not in result
            if "broken" in result:
                broken.append(f"{' '.join(result['job'])}: {result['broken']}")
        found = "; ".join(broken[:3]) or f"clean in {done} kernels"
        yield checked(tool, found, "clean", not broken and done == len(wanted))


def where() -> str | None:
    """The program on the PATH, or in the toolkit that CUDA_HOME or CUDA_PATH names."""
    found = shutil.which("compute-sanitizer")
    for name in ("CUDA_HOME", "CUDA_PATH"):
        path = Path(os.environ.get(name, "")) / "bin" / "compute-sanitizer"
        if found is None and os.environ.get(name) and os.access(path, os.X_OK):
            found = str(path)
    return found
