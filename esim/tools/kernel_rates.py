"""How fast does each kernel step here, and how many bytes does it move? Small oceans and crusts, stepped and timed."""

import math
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.backends import Backend
from esim.backends.activity import without_skipping
from esim.backends.devices import simulated
from esim.backends.energy import Meter, energy_record
from esim.crust.discretisation import stable_time_step
from esim.crust.layout import allocated_shape
from esim.crust.model import Crust, build_crust
from esim.crust.settings import CrustSettings
from esim.crust.sweep import SweepParts
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.kernels.kernel import Kernel, Part
from esim.kernels.ocean import shallow_water
from esim.kernels.ocean.maxima import MAXIMA
from esim.kernels.ocean.state import step_constants
from esim.media.crust.attenuation import coarse_grained
from esim.parallel.comm import SerialComm
from esim.parallel.decomposition import decompose
from esim.tools.traffic import traffic

if TYPE_CHECKING:
    from esim.ocean.model import Ocean

DEPTH = 4000.0  # m
TOGETHER = 20  # steps of a GPU that are timed as one: the host waits once


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
    """Cell updates per second, bytes that one moves, and energy of 1e9 [J], None where no counter measures it."""

    cells_per_s: float
    moved: int
    joules: float | None

    @property
    def bytes_per_s(self) -> float:
        """Bytes that pass between memory and processor."""
        return self.cells_per_s * self.moved


def timed(backend: Backend, step: Callable[[], Any], cells: int, moved: int) -> Rate:
    """The rate of step(), which updates so many cells and moves so many bytes for each: the best time, all energy."""
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
    return Rate(together * cells / shortest, moved, energy["joules_per_1e9_updates"])


def ocean_bytes(backend: Backend, kernel: Kernel, arrays: Mapping[str, Any], cells: int) -> int:
    """Bytes of a cell that a step of the ocean moves."""
    return traffic([(kernel, arrays)], cells, backend.dtype).moved(backend.name != "cuda")


def crust_bytes(crust: Crust) -> int:
    """Bytes of a point inside that a step moves: on a CPU in one sweep, else velocities and stresses in one each."""
    parts, backend = SweepParts(crust), crust.backend
    (k0, k1), (j0, j1), (i0, i1) = crust.interior
    cells = (k1 - k0) * (j1 - j0) * (i1 - i0)
    velocity, stress = (
        [(part.kernel, part.arrays) for part in group if 2 * _cells(part) > cells]
        for group in (parts.velocity(crust.interior), parts.stress(crust.interior))
    )
    sweeps = [velocity + stress] if backend.name == "cpu" else [velocity, stress]
    return sum(traffic(sweep, cells, backend.dtype).moved(backend.name != "cuda") for sweep in sweeps)


def _cells(part: Part) -> int:
    return math.prod(last - first for first, last in part.box)


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
    ocean.begin()  # as a run does: memory that nothing was ever written to is not there to be read
    return ocean


def measure_ocean(backend: Backend, size: int, maxima: bool) -> Rate:
    """The whole step: kernel, boundary and swap; the kernel alone where the package of configurations is missing."""
    if find_spec("pydantic") is None:
        return measure_ocean_kernel(backend, size, maxima)
    ocean = ocean_of(backend, size, maxima)
    constants = ocean.constants(0.5 / ocean.fastest(), 0.0)
    arrays = {**ocean.inputs[0], "out": ocean.inputs[1]["q"]}
    moved = ocean_bytes(backend, ocean.kernel, arrays, size * size)
    return timed(backend, lambda: ocean.plan.step(constants, 0.0), size * size, moved)


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
        "maxima": np.zeros((MAXIMA.highest_time, *shape), np.float32),
    }
    arrays = {name: backend.from_host(value) for name, value in given.items()}
    states = [backend.from_host(state) for _ in range(2)]
    kernel, box = without_skipping(shallow_water.step(maxima=maxima)), ((2, size + 2), (2, size + 2))
    uses = [{"q": states[n], "out": states[1 - n], **arrays} for n in range(2)]
    launches = [backend.bind(kernel, box, use) for use in uses]
    dt = 1e-3  # s; the factors of rows make cells of 1 m
    constants = backend.constants(step_constants(backend.dtype, dt=dt, time=0.0, manning=0.025))
    turn = [0]

    def step() -> None:
        launches[turn[0]](constants)
        turn[0] = 1 - turn[0]

    return timed(backend, step, size * size, ocean_bytes(backend, kernel, uses[0], size * size))


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
    return timed(backend, crust.step, size**3, crust_bytes(crust)), crust.bytes / size**3


class Measured(NamedTuple):
    """Rate of a kernel on so many cells, bytes that a cell takes."""

    name: str
    rate: Rate
    cells: int
    memory: float | None = None


CRUSTS: tuple[tuple[str, bool, str | None], ...] = (
    ("elastic", False, None),
    ("viscoelastic", True, None),
    ("viscoelastic, 16 bits", True, "bfloat16"),
)


def measure_kernels(backend: Backend, size: int, volume: int) -> list[Measured]:
    """The ocean with and without maxima, the crust with and without attenuation, and with its memory in 16 bits."""
    found = []
    for name, maxima in (("ocean", False), ("ocean with maxima", True)):
        found.append(Measured(name, measure_ocean(backend, size, maxima), size**2))
    for name, mechanisms, memory in CRUSTS:
        if memory is not None and backend.dtype != np.float32:
            continue  # for whom 16 bits are enough, 64 are not needed
        rate, taken = measure_crust(backend, volume, mechanisms, memory)
        found.append(Measured(name, rate, volume**3, taken))
    return found
