"""How fast are the kernels on this GPU, beside what its memory allows and what was aimed at?

The floor of a kernel is the time that the fewest bytes of an update take at the bandwidth of a copy, which is
measured in the same run before and after it: the larger of the two counts.
"""

import argparse
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from esim.backends import Backend, select
from esim.backends.bandwidth import bandwidth
from esim.backends.cuda.codegen import crust_sweep
from esim.backends.devices import simulated
from esim.tools.bench import sizes, time_to_first_step
from esim.tools.kernel_rates import CRUSTS, Rate, measure_crust, measure_ocean, measure_ocean_kernel
from esim.validation.gpu.report import GOAL, READ, Finding, gap

TINY = (256, 48)  # cells along a side of the ocean and of the crust
SHAPES = (8, 16, 32, 64, 128)  # longest runs of layers of a thread of the crust


class Goal(NamedTuple):
    """What a kernel should reach: a rate [cells/s], or a part of its floor."""

    rate: float = 0.0
    part: float = 0.0


GOALS = {"ocean": Goal(rate=2e10), "elastic": Goal(part=0.75), "viscoelastic": Goal(part=0.70)}


def speed(tiny: bool) -> Iterator[Finding]:
    """Rates in float32 and float64, then without graphs, with other shapes of blocks, and the time to a first step."""
    if simulated():
        yield gap("speed", "the CUDA simulator says nothing about it")
        return
    size, cells = TINY if tiny else sizes(argparse.Namespace(size=None, volume=None), "cuda")
    for precision in ("float32", "float64"):
        # A value twice as large: three quarters of the cells along a side take less memory.
        fewer = cells if precision == "float32" else cells * 3 // 4
        yield from rates(select("cuda", precision), size, fewer)
    yield from _graphs(select("cuda", "float32"))
    yield from _shapes(select("cuda", "float32"), cells)
    for cold in (True, False):
        seconds = time_to_first_step("cuda", "float32", cold)
        name = "nothing compiled yet" if cold else "kernels on disk"
        yield Finding(
            f"start of a process to its first step, {name}", f"{seconds:.1f} s", numbers={"s": seconds}
        )


def rates(backend: Backend, size: int, cells: int) -> Iterator[Finding]:
    """The bandwidth, and the rate of each kernel in an ocean of size^2 and a crust of cells^3 cells."""
    memory = [bandwidth(backend)]
    yield Finding("copy, before", f"{memory[0] / 1e9:.0f} GB/s", numbers={"bytes_per_s": memory[0]})
    wanted: list[tuple[str, int, Callable[[], Rate]]] = [
        ("ocean", size**2, lambda: measure_ocean(backend, size, False)),
        ("ocean, kernel alone", size**2, lambda: measure_ocean_kernel(backend, size, False)),
        ("ocean with extremes", size**2, lambda: measure_ocean(backend, size, True)),
    ]
    for name, mechanisms, short in CRUSTS:
        if short is None or backend.dtype.itemsize == 4:
            wanted.append(
                (
                    name,
                    cells**3,
                    lambda m=mechanisms, s=short: measure_crust(backend, cells, m, s)[0],  # type: ignore[misc]
                )
            )
    for name, number, measure in wanted:
        try:
            rate = measure()
        except MemoryError:
            yield gap(f"{name}, {backend.dtype}", f"{number} cells do not fit into the memory that is free")
            continue
        finally:
            gc.collect()
        memory.append(bandwidth(backend))
        yield _finding(name, backend, number, rate, max(memory[-2:]))
    yield Finding("copy, after", f"{memory[-1] / 1e9:.0f} GB/s", numbers={"bytes_per_s": memory[-1]})


def _finding(name: str, backend: Backend, cells: int, rate: Rate, memory: float) -> Finding:
    """A rate beside its floor and its goal; goals are those of a GPU in float32."""
    part = rate.bytes_per_s / memory
    found = f"{rate.cells_per_s:.3g} cells/s, {100 * part:.1f} % of the floor of {rate.moved} B"
    if rate.joules:
        found += f", {rate.joules:.3g} J per 1e9 cells"
    goal = GOALS.get(name) if backend.dtype.itemsize == 4 and backend.name == "cuda" else None
    wanted, good = "", None
    if goal:
        wanted = f">= {goal.rate:.1g} cells/s" if goal.rate else f">= {100 * goal.part:.0f} % of the floor"
        good = rate.cells_per_s >= goal.rate if goal.rate else part >= goal.part
    numbers = {
        "cells": cells,
        "cells_per_s": rate.cells_per_s,
        "bytes_per_cell": rate.moved,
        "fraction_of_floor": part,
        "copy_bytes_per_s": memory,
        "joules_per_1e9_updates": rate.joules,
    }
    title = f"{name}, {backend.dtype}, {cells:.3g} cells"
    return Finding(title, found, wanted, GOAL if goal else READ, good, numbers)


@contextmanager
def _changed(owner: Any, **values: Any) -> Iterator[None]:
    """Attributes of an object that are others for a while."""
    before = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)


def _graphs(backend: Backend) -> Iterator[Finding]:
    """Small grids, where launches cost most, replayed as graphs and launched one by one."""
    device = getattr(backend, "device", None)
    for name, measure in (
        ("ocean of 500 x 500", lambda: measure_ocean(backend, 500, False)),
        ("elastic crust of 64 x 64 x 64", lambda: measure_crust(backend, 64, False)[0]),
    ):
        on = measure()
        with _changed(device, graphs=False):
            off = measure()
        found = f"{on.cells_per_s:.3g} cells/s, without {off.cells_per_s:.3g}"
        numbers = {"with": on.cells_per_s, "without": off.cells_per_s}
        yield Finding(f"{name}, CUDA graphs", found, numbers=numbers)


def _shapes(backend: Backend, cells: int) -> Iterator[Finding]:
    """The crust with other numbers of layers that a thread computes one above the other."""
    cells = min(cells, 384)
    for longest in SHAPES:
        with _changed(crust_sweep, LONGEST=longest, SHORTEST=min(longest, crust_sweep.SHORTEST)):
            rate, _ = measure_crust(backend, cells, False)
        name = f"elastic, runs of at most {longest} layers" + (
            " (as it is)" if longest == crust_sweep.LONGEST else ""
        )
        yield Finding(name, f"{rate.cells_per_s:.3g} cells/s", numbers={"cells_per_s": rate.cells_per_s})
        gc.collect()
