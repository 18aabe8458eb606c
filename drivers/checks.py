"""What is checked and counted alike before every run: its steps, its device, its memory, its checkpoints?"""

import math
import time as wall
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

from esim.backends.array_module import LONG_STRIP_CELLS, STRIP_VALUES
from esim.config.scenario import ScenarioConfig
from esim.drivers.driver import Warnings
from esim.drivers.resources import Device, check_memory, select_device
from esim.errors import InputError, MachineError
from esim.parallel.comm import Comm

C = TypeVar("C", bound=ScenarioConfig)
MOST_STEPS = 1e9


def require_steps(steps: float, dt: float) -> None:
    """Raises InputError where a run has more steps than any machine computes."""
    if steps > MOST_STEPS:
        raise InputError(
            f"time.duration: {steps * dt:.3g} s in time steps of {dt:.3g} s are {steps:.3g} steps; expected at most "
            f"{MOST_STEPS:g}, which take weeks on the fastest machines"
        )


def strip_bytes(config: ScenarioConfig, cells: int) -> int:
    """Bytes of the temporaries between two array operations, on a rank with so many cells."""
    run = config.run
    if run.backend != "numpy" or run.array_module == "numpy":
        return 0
    return min(cells, LONG_STRIP_CELLS) * STRIP_VALUES * np.dtype(run.precision).itemsize


def without(config: C, *outputs: str) -> C:
    """The configuration, as it would be without some of its outputs."""
    output = config.output.model_copy(update=dict.fromkeys(outputs))
    return config.model_copy(update={"output": output})


def checkpoint_count(every: float | None, duration: float) -> int:
    """Checkpoints of a run [s], one every so many; none at its end."""
    return 0 if every is None else max(0, math.ceil(duration / every) - 1)


def find_device(
    config: ScenarioConfig, comm: Comm, warnings: Warnings, elsewhere: bool | Device = False
) -> Device:
    """Where this rank computes; raises MachineError, on all ranks, where one cannot, unless it is elsewhere."""
    if isinstance(elsewhere, Device):
        return elsewhere
    try:
        device = select_device(config.run, comm)
    except MachineError as error:
        if not elsewhere:
            raise
        text = f"{error} (this machine's memory was not checked)"
        device = Device(config.run.backend, warnings=(text,), here=False)
    for text in device.warnings:
        warnings.add(text)
    return device


def require_memory(
    config: ScenarioConfig,
    comm: Comm,
    device: Device,
    memory: Mapping[str, int],
    dimensions: int,
    savings: Sequence[str] = (),
) -> None:
    """Raises InputError, on all ranks, where memory [bytes], by name, does not fit into that of the device.

    dimensions are those in which grid.spacing divides the box; savings are settings that need less memory.
    """
    run = config.run
    if device.here:
        smaller = ("run.precision: float32",) if run.precision == "float64" else ()
        check_memory(
            memory, run.memory_limit, comm, device, dimensions=dimensions, savings=(*savings, *smaller)
        )


@contextmanager
def timed(timings: dict[str, float], name: str) -> Iterator[None]:
    """Context whose wall-clock seconds are kept under a name."""
    begun = wall.perf_counter()
    yield
    timings[name] = timings.get(name, 0.0) + wall.perf_counter() - begun
