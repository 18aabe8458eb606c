"""How fast is it here? Kernel rates against the memory bandwidth measured in the same run.

Every figure is a ratio: cell updates per second times the fewest bytes an update can move, over the bandwidth.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.backends import Backend, select
from esim.backends.activity import without_skipping
from esim.backends.devices import gpus, simulated
from esim.backends.energy import Meter, energy_record
from esim.crust.discretisation import stable_time_step
from esim.crust.layout import allocated_shape
from esim.crust.model import Crust, build_crust
from esim.crust.settings import CrustSettings
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.io.atomic import whole_file
from esim.kernels.ocean import shallow_water
from esim.kernels.ocean.state import step_constants
from esim.media.crust.attenuation import coarse_grained
from esim.parallel.comm import SerialComm
from esim.parallel.decomposition import decompose

if TYPE_CHECKING:
    from esim.ocean.model import Ocean

STATE, MAXIMA = 7, 10  # values read and written per cell and step: 4 + 3, and 5 + 5 more with maxima
ELASTIC, VISCOELASTIC = 30, 44  # of the crust: velocity and stress in two sweeps, 13 + 17, and 14 more
DEPTH = 4000.0  # m
SHORT_MEMORY = 38  # six memory variables of half the size, read and written
TOGETHER = 20  # steps of a GPU that are timed as one: the host waits once
GPU_SIZES = ((60, 8192, 512), (24, 8192, 384), (0, 4096, 256))  # from so many GB free: ocean, crust


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


class Rate(NamedTuple):
    """Cell updates per second, and the energy of 1e9 of them [J], None where no counter measures it."""

    cells_per_s: float
    joules: float | None


def timed(backend: Backend, step: Callable[[], Any], cells: int) -> Rate:
    """The rate of step(), which updates so many cells: the best time, and the energy of all of them."""
    together = TOGETHER if backend.name == "cuda" and not simulated() else 1
    calls = [0]

    def steps() -> None:
        for _ in range(together):
            step()
        backend.synchronize()
        calls[0] += together

    steps()  # what is compiled and recorded at first is no part of it
    calls[0] = 0
    comm = SerialComm()
    with Meter(comm.local_rank, backend.describe().get("bus")) as meter:
        shortest = best(steps)
    energy = energy_record(comm, meter.reading, 0.0, calls[0] * cells)
    return Rate(together * cells / shortest, energy["joules_per_1e9_updates"])


def ocean_of(backend: Backend, size: int, maxima: bool) -> "Ocean":
    """A wet ocean of size x size cells on the sphere, with friction and Coriolis, and small random waves."""
    from esim.config.ocean.physics import OceanPhysics
    from esim.ocean.model import build_ocean

    spacing = 40.0 / size
    grid = Grid("lonlat", 140.0, 10.0, spacing, spacing, size, size)
    comm = SerialComm()
    physics = OceanPhysics(coriolis=True, manning=0.025)
    flat = lambda x, y: np.full((y.size, x.size), -DEPTH)  # noqa: E731
    ocean = build_ocean(grid, decompose(grid.shape, 1), comm, backend, physics, flat, maxima=maxima)
    rng = np.random.default_rng(0)
    ocean.fill(0.5 * rng.standard_normal(grid.shape), *rng.standard_normal((2, *grid.shape)))
    return ocean


def measure_ocean(backend: Backend, size: int, maxima: bool) -> Rate:
    """The whole step: kernel, boundary and swap; the kernel alone where the package of configurations is missing."""
    if find_spec("pydantic") is None:
        return measure_ocean_kernel(backend, size, maxima)
    ocean = ocean_of(backend, size, maxima)
    constants = ocean.constants(0.5 / ocean.fastest(), 0.0)
    return timed(backend, lambda: ocean.plan.step(constants, 0.0), size * size)


def measure_ocean_kernel(backend: Backend, size: int, maxima: bool) -> Rate:
    """The kernel of a step alone, to and fro between two states of a wet ocean with small random waves."""
    shape = (size + 4, size + 4)
    rng = np.random.default_rng(0)
    state = rng.standard_normal((3, *shape), np.float32) * np.array([[[0.5]], [[1.0]], [[1.0]]], np.float32)
    given: dict[str, np.ndarray] = {
        "bed": np.full((1, *shape), -DEPTH, np.float32),
        "rows": np.ones((9, shape[0])),
        "sides": np.ones((1, 1, shape[1])),
        "speed": np.zeros((1, *shape), np.float32),
        "maxima": np.zeros((5, *shape), np.float32),
    }
    arrays = {name: backend.from_host(value) for name, value in given.items()}
    states = [backend.from_host(state) for _ in range(2)]
    kernel, box = without_skipping(shallow_water.step(maxima=maxima)), ((2, size + 2), (2, size + 2))
    launches = [backend.bind(kernel, box, {"q": states[n], "out": states[1 - n], **arrays}) for n in range(2)]
    dt = 1e-3  # s; the factors of rows make cells of 1 m
    constants = backend.constants(step_constants(backend.dtype, dt=dt, time=0.0, manning=0.025))
    turn = [0]

    def step() -> None:
        launches[turn[0]](constants)
        turn[0] = 1 - turn[0]

    return timed(backend, step, size * size)


def crust_of(backend: Backend, size: int, mechanisms: bool, memory: str | None = None) -> Crust:
    """A crust of size^3 cells with a free surface and ten cells of CPML on the other sides, shaken at random."""
    grid = Grid3D(Grid("cartesian", 0.0, 0.0, 100.0, 100.0, size, size), size, 100.0)
    decomposition = decompose(grid.horizontal.shape, 1)
    fit = coarse_grained((0.1, 10.0)) if mechanisms else None
    settings = CrustSettings(
        order=4,
        dt=0.9 * stable_time_step(grid, 4, 6000.0),
        free=True,
        kinds=("cpml", "cpml", "cpml", "free"),
        cells=min(10, size // 4),
        fastest=6000.0,
        frequency=2.0,
        mechanisms=fit,
        largest_inverse_q=0.02,
        memory=memory,
    )
    values = {"rho": 2.7, "lam": 32.4, "mu": 32.4} | ({"inv_qp": 0.01, "inv_qs": 0.02} if mechanisms else {})
    shape = allocated_shape(decomposition.blocks[0], size)
    medium = {name: backend.from_host(np.full(shape, value)) for name, value in values.items()}
    crust = build_crust(grid, decomposition, SerialComm(), backend, settings, medium)
    rng = np.random.default_rng(0)
    for field in crust.v:
        field[...] = backend.from_host(1e-3 * rng.standard_normal(shape, np.float32))
    return crust


def measure_crust(
    backend: Backend, size: int, mechanisms: bool, memory: str | None = None
) -> tuple[Rate, float]:
    """The whole step, and bytes that a cell takes in memory."""
    crust = crust_of(backend, size, mechanisms, memory)
    return timed(backend, crust.step, size**3), crust.bytes / size**3


class Measured(NamedTuple):
    """Rate of a kernel on so many cells, values that it moves per cell, bytes that a cell takes."""

    name: str
    values: int
    rate: Rate
    cells: int
    memory: float | None = None


CRUSTS: tuple[tuple[str, int, bool, str | None], ...] = (
    ("elastic", ELASTIC, False, None),
    ("viscoelastic", VISCOELASTIC, True, None),
    ("viscoelastic, 16 bits", SHORT_MEMORY, True, "bfloat16"),
)


def measure_kernels(backend: Backend, size: int, volume: int) -> list[Measured]:
    """The ocean with and without maxima, the crust with and without attenuation, and with its memory in 16 bits."""
    found = []
    for name, values, maxima in (("ocean", STATE, False), ("ocean with maxima", STATE + MAXIMA, True)):
        found.append(Measured(name, values, measure_ocean(backend, size, maxima), size**2))
    for name, values, mechanisms, memory in CRUSTS:
        if memory is not None and backend.dtype != np.float32:
            continue  # words of 16 bits beside values of 64 have another floor
        rate, taken = measure_crust(backend, volume, mechanisms, memory)
        found.append(Measured(name, values, rate, volume**3, taken))
    return found


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
            size = one.values * backend.dtype.itemsize
            results.append(
                {
                    "name": one.name,
                    "backend": backend.name,
                    "precision": options.precision,
                    "threads": threads,
                    "cells": one.cells,
                    "memory_bytes_per_cell": one.memory,
                    "cells_per_s": one.rate.cells_per_s,
                    "bytes_per_cell": size,
                    "effective_GBps": one.rate.cells_per_s * size / 1e9,
                    "fraction_of_floor": one.rate.cells_per_s * size / bandwidths[threads],
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
        "from esim.backends import select; from esim.tools.bench import ocean_of; "
        f"b = select('{backend}', '{precision}', 1); o = ocean_of(b, 100, True); o.step(1.0, 0.0); b.synchronize()"
    )
    command = [sys.executable, "-c", code]
    with tempfile.TemporaryDirectory() as empty:
        environment = os.environ | ({"ESIM_CACHE_DIR": empty} if cold else {})
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
    head = f"{'kernel':22}{'backend':>9}{'precision':>10}{'threads':>8}{'M cells/s':>11}{'GB/s':>8}{'of floor':>10}"
    head += f"{'B/cell':>8}"
    lines += ["", head]
    for k in results["kernels"]:
        lines.append(
            f"{k['name']:22}{k['backend']:>9}{k['precision']:>10}{k['threads']:>8}{k['cells_per_s'] / 1e6:>11.1f}"
            f"{k['effective_GBps']:>8.2f}{100 * k['fraction_of_floor']:>9.1f}%"
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
