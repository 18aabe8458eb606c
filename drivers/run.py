"""Run a loaded configuration from Python: notebooks, validation, tests."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from esim.config import ScenarioConfig
from esim.config.scenarios import SCENARIOS, load_part
from esim.drivers.agreement import require_agreement
from esim.drivers.driver import Driver, Observer, R, S
from esim.drivers.output_directory import claimed
from esim.drivers.resources import explain_out_of_memory
from esim.parallel.comm import Comm, SerialComm


def driver_of(config: ScenarioConfig) -> Driver[Any, Any, Any]:
    """The driver of the scenario of a configuration."""
    driver: Driver[Any, Any, Any] = load_part(SCENARIOS[config.scenario].driver)()
    return driver


def checked(driver: Driver[Any, S, Any], config: ScenarioConfig, comm: Comm, elsewhere: bool = False) -> S:
    """The setup of a configuration; memory that runs out meanwhile is a MachineError."""
    with explain_out_of_memory():
        return driver.check(config, comm, elsewhere)


@contextmanager
def prepared(
    driver: Driver[Any, S, R],
    setup: S,
    resume: bool = False,
    observers: Sequence[Observer] = (),
    predicted: bool = True,
) -> Iterator[R]:
    """Context with the run of a setup, while which no other run may write into its output directory.

    predicted: what is expected of it is compared with what it takes.
    """
    comm = setup.comm
    with claimed(comm, setup.output) as lock, explain_out_of_memory(setup.memory):
        driver.refuse(setup, resume)
        start = driver.plan_start(setup, resume)
        for text in start.remarks:
            setup.warnings.add(text)
        run = driver.prepare(setup, start, [*observers, *([lock] if lock else [])])
        if predicted:
            driver.expect(run)
        run.start_wall_clock()
        yield run


def simulate(config: ScenarioConfig, comm: Comm | None = None, resume: bool = False) -> Path:
    """Compute a scenario and return the directory with its files; raises esim.errors.EsimError."""
    comm = comm or SerialComm()
    if comm.size > 1:
        require_agreement(comm, config.echo(), {"resume": resume})
    driver = driver_of(config)
    with prepared(driver, checked(driver, config, comm), resume) as run:
        run.compute()
    return config.output.directory
