"""How fast is it here? Kernel rates against the memory bandwidth measured in the same run.

Every figure is a ratio: cell updates per second times the fewest bytes an update can move, over the bandwidth.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from esim.backends import Backend, select
from esim.comm import SerialComm
from esim.config.physics import Physics
from esim.decomposition import decompose
from esim.drivers.crust import Crust, Settings, allocated, build_crust, longest_step
from esim.drivers.ocean import Ocean, build_ocean
from esim.grid import Grid
from esim.io.atomic import whole_file
from esim.media.attenuation import coarse_grained
from esim.volume import Volume

STATE, PEAKS = 7, 10  # values read and written per cell and step: 4 + 3, and 5 + 5 more with extremes
ELASTIC, VISCOELASTIC = 30, 44  # of the crust: velocity and stress in two sweeps, 13 + 17, and 14 more
DEPTH = 4000.0  # m
TRIAD_BYTES = 3  # a = b + k c moves three values


def best(work: Callable[[], Any], seconds: float = 1.5, least: int = 5) -> float:
    """Shortest time of work() [s] in repeated calls over so many seconds."""
    work()
    shortest, begun, calls = float("inf"), time.perf_counter(), 0
    while calls < least or time.perf_counter() - begun < seconds:
        started = time.perf_counter()
        work()
        shortest = min(shortest, time.perf_counter() - started)
        calls += 1
    return shortest


def ocean_of(backend: Backend, size: int, peaks: bool) -> Ocean:
    """A wet ocean of size x size cells on the sphere, with friction and Coriolis, and small random waves."""
    spacing = 40.0 / size
    grid = Grid("lonlat", 140.0, 10.0, spacing, spacing, size, size)
    comm = SerialComm()
    physics = Physics(coriolis=True, manning=0.025)
    flat = lambda x, y: np.full((y.size, x.size), -DEPTH)  # noqa: E731
    ocean = build_ocean(grid, decompose(grid.shape, 1), comm, backend, physics, flat, peaks=peaks)
    rng = np.random.default_rng(0)
    ocean.fill(0.5 * rng.standard_normal(grid.shape), *rng.standard_normal((2, *grid.shape)))
    return ocean


def measure_ocean(backend: Backend, size: int, peaks: bool) -> float:
    """Cell updates per second of the whole step: kernel, boundary and swap."""
    ocean = ocean_of(backend, size, peaks)
    constants = ocean.constants(0.5 / ocean.fastest(), 0.0)

    def step() -> None:
        ocean.plan.step(constants, 0.0)
        backend.synchronize()

    return size * size / best(step)


def crust_of(backend: Backend, size: int, mechanisms: bool) -> Crust:
    """A crust of size^3 cells with a free surface and ten cells of CPML on the other sides, shaken at random."""
    grid = Grid("cartesian", 0.0, 0.0, 100.0, 100.0, size, size)
    volume = Volume(grid, size, 100.0)
    decomposition = decompose(grid.shape, 1)
    fit = coarse_grained((0.1, 10.0)) if mechanisms else None
    settings = Settings(
        order=4,
        dt=0.9 * longest_step(volume, 4, 6000.0),
        free=True,
        kinds=("cpml", "cpml", "cpml", "free"),
        cells=min(10, size // 4),
        fastest=6000.0,
        frequency=2.0,
        mechanisms=fit,
        largest_inverse_q=0.02,
    )
    values = {"rho": 2.7, "lam": 32.4, "mu": 32.4} | ({"inv_qp": 0.01, "inv_qs": 0.02} if mechanisms else {})
    shape = allocated(decomposition.blocks[0], size)
    medium = {name: backend.from_host(np.full(shape, value)) for name, value in values.items()}
    crust = build_crust(volume, decomposition, SerialComm(), backend, settings, medium)
    rng = np.random.default_rng(0)
    for field in crust.v:
        field[...] = backend.from_host(1e-3 * rng.standard_normal(shape, np.float32))
    return crust


def measure_crust(backend: Backend, size: int, mechanisms: bool) -> tuple[float, float]:
    """Cell updates per second of the whole step, and bytes that a cell takes in memory."""
    crust = crust_of(backend, size, mechanisms)

    def step() -> None:
        crust.step()
        backend.synchronize()

    return size**3 / best(step), crust.bytes / size**3


class Measured(NamedTuple):
    """Rate of a kernel [cells/s] on so many cells, values that it moves per cell, bytes that a cell takes."""

    name: str
    values: int
    rate: float
    cells: int
    memory: float | None = None


def measure_kernels(backend: Backend, options: argparse.Namespace) -> list[Measured]:
    """The ocean with and without extremes, the crust with and without attenuation."""
    found = []
    for name, values, peaks in (("ocean", STATE, False), ("ocean with extremes", STATE + PEAKS, True)):
        found.append(Measured(name, values, measure_ocean(backend, options.size, peaks), options.size**2))
    for name, values, mechanisms in (("elastic", ELASTIC, False), ("viscoelastic", VISCOELASTIC, True)):
        rate, memory = measure_crust(backend, options.volume, mechanisms)
        found.append(Measured(name, values, rate, options.volume**3, memory))
    return found


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """All measurements as the dictionary that --json writes."""
    from esim.backends.bandwidth import bandwidth

    results: list[dict[str, Any]] = []
    bandwidths = {}
    name = select(options.backend, options.precision).name
    counts = options.threads or sorted({1, len(os.sched_getaffinity(0))})
    for threads in counts if name == "cpu" else [1]:
        backend = select(name, options.precision, threads)
        # The bandwidth is measured before and after, since a shared machine drifts.
        before = bandwidth(backend)
        measured = measure_kernels(backend, options)
        bandwidths[threads] = max(before, bandwidth(backend))
        for one in measured:
            size = one.values * backend.dtype.itemsize
            results.append(
                {
                    "name": one.name,
                    "backend": backend.name,
                    "precision": options.precision,
                    "threads": threads,
                    "cells": one.cells,
                    "memory_bytes_per_cell": one.memory,
                    "cells_per_s": one.rate,
                    "bytes_per_cell": size,
                    "effective_GBps": one.rate * size / 1e9,
                    "fraction_of_floor": one.rate * size / bandwidths[threads],
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

    from esim.io.fields import Fields

    n = 1000
    grid = Grid("cartesian", 0.0, 0.0, 1000.0, 1000.0, n, n)
    field = np.cumsum(np.random.default_rng(0).standard_normal((n, n)), axis=1).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        fields = Fields(Path(folder), grid, ("eta",), {}, bits=12)
        fields.slab("bathymetry", 0, field)
        for step in range(5):
            fields.append(float(step), step)
            fields.slab("eta", 0, field)
        fields.close()
        return 6 * field.nbytes / 1e6 / (time.perf_counter() - started)


def time_to_first_step(backend: str, precision: str) -> float:
    """Seconds that a new process needs from its start to the end of its first step, kernels found on disk."""
    import subprocess
    import sys

    code = (
        "from esim.backends import select; from esim.bench import ocean_of; "
        f"o = ocean_of(select('{backend}', '{precision}', 1), 100, True); o.step(1.0, 0.0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - started


def table(results: dict[str, Any]) -> list[str]:
    """The results as lines of text."""
    lines = [
        f"bandwidth with {n} threads: {value:.1f} GB/s"
        for n, value in results["bandwidth_GBps_by_threads"].items()
    ]
    head = f"{'kernel':22}{'backend':>9}{'precision':>10}{'threads':>8}{'M cells/s':>11}{'GB/s':>8}{'of floor':>10}"
    head += f"{'B/cell':>8}"
    lines += ["", head]
    for k in results["kernels"]:
        lines.append(
            f"{k['name']:22}{k['backend']:>9}{k['precision']:>10}{k['threads']:>8}{k['cells_per_s'] / 1e6:>11.1f}"
            f"{k['effective_GBps']:>8.2f}{100 * k['fraction_of_floor']:>9.1f}%"
            + (f"{k['memory_bytes_per_cell']:>8.1f}" if k["memory_bytes_per_cell"] else "")
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
