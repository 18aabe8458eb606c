"""Every kernel on the GPU against NumPy, on the same random data.

Kernels run in processes of their own: an error on a GPU spoils all that follows in a process, and many compile sooner
than one. NumPy rounds after every operation. A GPU contracts a product and a sum into one rounding, and divides with
an error of two units: where a formula loses digits, that is seen in the result. Differences are in units in the
last place (ulp) of the largest value of an array, variable by variable.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from typing import Any

import numpy as np

from esim.backends import select
from esim.backends.devices import simulated
from esim.kernels.scalar import unpack16
from esim.validation.gpu.report import Finding, checked
from esim.validation.kernel_catalogue import (
    BF16,
    BODIES,
    MEMORIES,
    OCEAN,
    SIZE,
    VOLUME,
    CrustKind,
    compute_crust,
    compute_ocean,
)

CRUST = (
    CrustKind("float32", 4, "plain"),
    CrustKind("float64", 4, "reduced_order"),
    CrustKind("float32", 8, "near_surface"),
    CrustKind("float64", 8, "plain"),
)
# ulp of the largest value; words: units of their own last place, which dice may round either way.
LIMITS = {"ocean": 32.0, "dispersion": 64.0, "crust": 16.0, "bf16": 2.0}
SMALL_OCEAN, SMALL_CRUST = (9, 13), (6, 6, 8)  # for the simulator, and for tools that make kernels slow
# A kernel with scratch and one without, an edge; a plain sweep, a layer, words of 16 bits, a free surface.
FEW = ("step", "uplift_bed", "wall", "velocity", "stress_x", "relax_bf16", "velocity_above")
MOST_WORKERS = 8
PATIENCE = 180.0  # s without a sign of a process that compiles and runs kernels
SIGNS = ("Invalid ", "Uninitialized ", "hazard", "Race reported")  # of compute-sanitizer
NEVER = 1e29  # larger values stand for a time that has not come
ROUNDED = 1 << 16  # a last place of bfloat16 in those of float32
Job = list[str]  # ocean, name, dtype; or crust, name, dtype, order, variant


def jobs(tiny: bool) -> list[Job]:
    """All kernels in both precisions; with tiny one of each kind."""
    found = [["ocean", name, dtype] for dtype in ("float32", "float64") for name in OCEAN]
    for kind in CRUST:
        for name in (*BODIES, *BF16):
            found.append(["crust", name, kind.dtype, str(kind.order), kind.variant])
    if tiny:
        found = [job for job in found if job[1] in FEW and job[3:] in ([], ["4", "plain"])]
    return found


def kernels(tiny: bool) -> Iterator[Finding]:
    """Every kernel as a check."""
    for result in spread(jobs(tiny), tiny):
        yield judged(result)


def judged(result: dict[str, Any]) -> Finding:
    """The check that the result of a job makes."""
    family, name, dtype, *kind = result["job"]
    title = " ".join([family, name, dtype, *kind])
    if "broken" in result:
        return checked(title, result["broken"], "runs", False)
    group = "bf16" if result["worst"] in MEMORIES and name in BF16 else family
    if group == "ocean" and name.startswith("dispersion"):
        group = "dispersion"
    found = f"{result['ulps']:.3g} ulp" + (f" of {result['worst']}" if result["ulps"] else "")
    numbers = {"ulps": result["ulps"], "by": result["by"]}
    return checked(title, found, f"<= {LIMITS[group]:g} ulp", result["ulps"] <= LIMITS[group], **numbers)


def spread(wanted: Sequence[Job], small: bool) -> Iterator[dict[str, Any]]:
    """Results of jobs as they come from some processes."""
    workers = max(1, min(MOST_WORKERS, len(os.sched_getaffinity(0)) // 2))
    results: Queue[dict[str, Any]] = Queue()
    stop = threading.Event()

    def work(mine: Sequence[Job]) -> None:
        for result in process(mine, small, stop):
            results.put(result)

    with ThreadPoolExecutor(workers) as pool:
        try:
            for first in range(workers):
                pool.submit(work, wanted[first::workers])
            for _ in wanted:
                yield results.get()
        finally:
            stop.set()


def process(
    wanted: Sequence[Job], small: bool, stop: threading.Event, before: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """Results of jobs in a process, and in a new one after each job that ends its process; `before` starts it.

    A process that ends badly after its last job is reported as one more result.
    """
    left = list(wanted)
    while left and not stop.is_set():
        command = [*before, sys.executable, "-m", "esim.validation.gpu.equality", *["--small"] * small]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as child:
            errors: list[str] = []
            reader = threading.Thread(target=_collect, args=(child.stderr, errors))
            reader.start()
            watch = threading.Thread(target=_end, args=(child, stop), daemon=True)
            watch.start()
            assert child.stdin is not None and child.stdout is not None
            child.stdin.write(json.dumps(left))
            child.stdin.close()
            timer = _timer(child)
            for line in child.stdout:
                timer.cancel()
                if line.startswith("{"):
                    left.pop(0)
                    yield json.loads(line)
                else:
                    errors.append(line)
                timer = _timer(child)
            timer.cancel()
            code = child.wait()
            reader.join()
        if (left or code) and not stop.is_set():
            job = left.pop(0) if left else ["all of them"]
            yield {"job": job, "broken": f"its process ended with code {code}: {_said(errors)}"}


def _said(lines: Sequence[str]) -> str:
    """The most informative line: the first one of a tool that names an error, else the last one."""
    texts = [line.strip(" =\n") for line in lines if line.strip(" =\n")]
    named = [line for line in texts if any(word in line for word in SIGNS)]
    return (named or texts[-1:] or ["no message"])[0]


def _collect(stream: Any, lines: list[str]) -> None:
    lines += stream


def _timer(child: subprocess.Popen) -> threading.Timer:
    timer = threading.Timer(PATIENCE, child.kill)
    timer.daemon = True
    timer.start()
    return timer


def _end(child: subprocess.Popen, stop: threading.Event) -> None:
    while child.poll() is None:
        if stop.wait(0.5):
            child.kill()
            return


# ------------------------------------------------------------------ in the process


def result(job: Job, small: bool) -> dict[str, Any]:
    """Differences in ulp of a kernel on the GPU from NumPy: the largest, where, and by array."""
    family, name, dtype, *kind = job
    machines = [select(backend, dtype) for backend in ("numpy", "cuda")]
    if family == "ocean":
        size = SMALL_OCEAN if small else SIZE
        expected, found = (compute_ocean(machine, OCEAN[name], size) for machine in machines)
    else:
        order, variant, grid = int(kind[0]), kind[1], SMALL_CRUST if small else VOLUME
        expected, found = (compute_crust(machine, (name,), order, variant, grid) for machine in machines)
    by = {key: ulps(found[key], value) for key, value in expected.items()}
    worst = max(by, key=lambda key: by[key])
    return {"job": job, "ulps": by[worst], "worst": worst, "by": {key: one for key, one in by.items() if one}}


def ulps(found: np.ndarray, expected: np.ndarray) -> float:
    """Largest difference in units in the last place of the largest value of each variable [var, ...].

    Infinite where only one of the two is finite.
    """
    if expected.dtype == np.uint16:
        return ulps(unpack16(found), unpack16(expected)) / ROUNDED
    worst = 0.0
    for one, other in zip(found, expected, strict=True) if expected.ndim == 3 else ((found, expected),):
        same = (one == other) | (np.isnan(one) & np.isnan(other))
        if same.all():
            continue
        usual = np.abs(other[np.abs(other) < NEVER])
        scale = np.spacing(usual.max()) if usual.size else 0
        with np.errstate(invalid="ignore", divide="ignore"):
            difference = np.abs(one.astype(np.float64) - other)[~same].max() / np.float64(scale)
        worst = max(worst, float(difference) if np.isfinite(difference) else float("inf"))
    return worst


def main() -> None:
    """Compute the jobs that come as JSON, and print a line of JSON for each."""
    parser = argparse.ArgumentParser(
        description="Kernels on a GPU against NumPy; `esim gpu check` starts it."
    )
    parser.add_argument("--small", action="store_true", help="few cells")
    options = parser.parse_args()
    for job in json.load(sys.stdin):
        print(json.dumps(result(job, options.small or simulated())), flush=True)


if __name__ == "__main__":
    main()
