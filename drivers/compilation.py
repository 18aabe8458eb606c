"""Compile what a run will need, before it: everything is prepared as for the run, and nothing computed."""

import os
from dataclasses import dataclass
from pathlib import Path

from esim.backends import kernel_cache
from esim.config import ScenarioConfig
from esim.drivers.driver import Driver
from esim.drivers.run import checked, driver_of, prepared
from esim.errors import MachineError
from esim.io.directory import drop_ledger
from esim.parallel.comm import Comm, SerialComm
from esim.parallel.local import run_ranks

TIMEOUT = 3600.0  # s that ranks wait for each other, while one of them compiles


@dataclass(frozen=True)
class Compiled:
    """Names of the kernels that a run needs, once for each piece of machine code, and the folder that keeps them."""

    made: tuple[str, ...]
    found: tuple[str, ...]
    folder: Path


def compile_scenario(config: ScenarioConfig, ranks: int = 1) -> Compiled:
    """Compile the kernels of a scenario on one rank and, where asked for, those that only more ranks need.

    The output directory of the configuration is written to, and left without files. Raises what a run raises, and
    MachineError where compiled kernels cannot be kept.
    """
    before = _names()
    _prepare(config, SerialComm())
    if ranks > 1:
        run_ranks(ranks, lambda comm: _prepare(config, comm), TIMEOUT)
    if lost := [text for text in kernel_cache.remarks if text.startswith(kernel_cache.NOT_KEPT)]:
        raise MachineError(lost[0])
    made, found = kernel_cache.used - before, kernel_cache.used & before
    return Compiled(_kernels(made), _kernels(found), kernel_cache.cache_directory())


def _prepare(config: ScenarioConfig, comm: Comm) -> None:
    driver: Driver = driver_of(config)
    for engine, setup in driver.engines(checked(driver, config, comm)):
        with prepared(engine, setup) as run:
            run.backend.finish_compiling()
            comm.barrier()
            run.outputs.abandon()
            if comm.rank == 0:
                drop_ledger(setup.config.output.directory)


def _names() -> set[str]:
    """Names of the files of compiled code that are there."""
    folders = (kernel_cache.cache_directory(), *kernel_cache.site_directories())
    return {name for folder in folders for name in os.listdir(folder) if name.endswith(kernel_cache.CODE)}


def _kernels(files: set[str]) -> tuple[str, ...]:
    """Names of kernels, from those of the files that have their code."""
    modules = (name.partition(".")[0].removeprefix(kernel_cache.MODULE) for name in files)
    return tuple(sorted(module.rpartition("_")[0] for module in modules))
