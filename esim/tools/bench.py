"""How fast is it here? Kernel rates against the memory bandwidth measured in the same run.

Every figure is a ratio: cell updates per second times the fewest bytes an update can move, over the bandwidth; both
count what passes between memory and processor, see esim.tools.traffic and esim.backends.bandwidth.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from esim.backends import select
from esim.backends.devices import gpus, simulated
from esim.grids.grid import Grid
from esim.io.atomic import whole_file
from esim.tools.kernel_rates import measure_kernels

GPU_SIZES = ((60, 8192, 512), (24, 8192, 384), (0, 4096, 256))  # from so many GB free: ocean, crust


def sizes(options: argparse.Namespace, name: str) -> tuple[int, int]:
    """Cells along a side of the ocean and of the crust: as asked, else by the memory of the machine."""
    size, volume = 2000, 256
    if name == "cuda" and not simulated():
        free = gpus()[0].free / 1e9
        size, volume = next(found[1:] for found in GPU_SIZES if free >= found[0])
    return options.size or size, options.volume or volume


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All measurements as the dictionary that --json writes."""
    from esim.backends.bandwidth import bandwidth

    results: list[dict[str, Any]] = []
    bandwidths = {}
    name = select(options.backend, options.precision).name
    size_of_ocean, size_of_crust = sizes(options, name)
    counts = options.threads or sorted({1, len(os.sched_getaffinity(0))})
    for threads in counts if name == "cpu" else [1]:
        backend = select(name, options.precision, threads)
        # The bandwidth is measured before and after, since a shared machine drifts.
        before = bandwidth(backend)
        measured = measure_kernels(backend, size_of_ocean, size_of_crust)
        bandwidths[threads] = max(before, bandwidth(backend))
        for one in measured:
            results.append(
                {
                    "name": one.name,
                    "backend": backend.name,
                    "precision": options.precision,
                    "threads": threads,
                    "cells": one.cells,
                    "memory_bytes_per_cell": one.memory,
                    "cells_per_s": one.rate.cells_per_s,
                    "bytes_per_cell": one.rate.moved,
                    "effective_GBps": one.rate.bytes_per_s / 1e9,
                    "fraction_of_floor": one.rate.bytes_per_s / bandwidths[threads],
                    "joules_per_1e9_updates": one.rate.joules,
                }
            )
    most = max(bandwidths)
    return {
        "bandwidth_GBps": bandwidths[most] / 1e9,
        "bandwidth_GBps_by_threads": {str(n): value / 1e9 for n, value in bandwidths.items()},
        "kernels": results,
        "output_MBps": measure_output(),
        "time_to_first_step_s": time_to_first_step(name, options.precision),
    }


def measure_output() -> float:
    """Raw megabytes per second into a compressed NetCDF file in the temporary folder."""
    import tempfile

    from esim.io.gridded.snapshots import SnapshotFile

    n = 1000
    grid = Grid("cartesian", 0.0, 0.0, 1000.0, 1000.0, n, n)
    field = np.cumsum(np.random.default_rng(0).standard_normal((n, n)), axis=1).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        fields = SnapshotFile(Path(folder), grid, ("eta",), {}, bits=12)
        fields.slab("bathymetry", 0, field)
        for step in range(5):
            fields.append(float(step), step)
            fields.slab("eta", 0, field)
        fields.close()
        return 6 * field.nbytes / 1e6 / (time.perf_counter() - started)


def time_to_first_step(backend: str, precision: str, cold: bool = False) -> float:
    """Seconds that a new process needs from its start to the end of its first step.

    It finds the kernels on disk, or with cold compiles them into an empty folder.
    """
    import subprocess
    import sys
    import tempfile

    code = (
        "from esim.backends import select; from esim.tools.kernel_rates import ocean_of; "
        f"b = select('{backend}', '{precision}', 1); o = ocean_of(b, 100, True); o.step(1.0, 0.0); b.synchronize()"
    )
    command = [sys.executable, "-c", code]
    with tempfile.TemporaryDirectory() as empty:
        environment = os.environ | ({"ESIM_CACHE_DIR": empty, "ESIM_SITE_CACHE": ""} if cold else {})
        if not cold:
            subprocess.run(command, check=True)
        started = time.perf_counter()
        subprocess.run(command, check=True, env=environment)
        return time.perf_counter() - started


def table(results: dict[str, Any]) -> list[str]:
    """The results as lines of text."""
    lines = [
        f"bandwidth with {n} threads: {value:.1f} GB/s"
        for n, value in results["bandwidth_GBps_by_threads"].items()
    ]
    head = f"{'kernel':22}{'backend':>9}{'precision':>10}{'threads':>8}{'M cells/s':>11}"
    head += f"{'moved B':>9}{'GB/s':>8}{'of floor':>10}{'kept B':>8}"
    lines += ["", head]
    for k in results["kernels"]:
        lines.append(
            f"{k['name']:22}{k['backend']:>9}{k['precision']:>10}{k['threads']:>8}{k['cells_per_s'] / 1e6:>11.1f}"
            f"{k['bytes_per_cell']:>9}{k['effective_GBps']:>8.2f}{100 * k['fraction_of_floor']:>9.1f}%"
            + (f"{k['memory_bytes_per_cell']:>8.1f}" if k["memory_bytes_per_cell"] else "")
            + (f"  {k['joules_per_1e9_updates']:.3g} J per 1e9" if k["joules_per_1e9_updates"] else "")
        )
    lines += ["", f"compressed output: {results['output_MBps']:.0f} MB/s of raw data"]
    return [*lines, f"start of a process to its first step: {results['time_to_first_step_s']:.1f} s"]


def main(options: argparse.Namespace) -> int:
    """Measure, print, and write --json FILE."""
    results = measure(options)
    print(*table(results), sep="\n")
    if options.json:
        with whole_file(Path(options.json)) as temporary:
            temporary.write_text(json.dumps(results, indent=2) + "\n")
    return 0
