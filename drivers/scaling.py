"""What would a configuration cost on other numbers of ranks, here or on another machine?"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from esim.backends import devices
from esim.config.load import load
from esim.config.machine import load_machine
from esim.drivers.measure import measurable, measure
from esim.drivers.resources import Device
from esim.drivers.run import driver_of
from esim.parallel.comm import SerialComm
from esim.planning.rates import Way, rates_here
from esim.planning.scaling import Place, Row, place_of, plan_scaling, read_ranks, this_machine
from esim.planning.table import legend, table

LOCAL_DISK = 5e8  # B/s of a disk of which nothing is known


@dataclass(frozen=True)
class ScalingPlan:
    """A plan for some numbers of ranks, and the lines that say it."""

    title: str
    rows: Sequence[Row]
    place: Place
    remarks: Sequence[str]

    @property
    def lines(self) -> list[str]:
        """The plan as printed."""
        return [
            self.title,
            "",
            *table(self.rows, self.place),
            "",
            *legend(self.rows, self.place, self.remarks),
        ]

    def record(self) -> dict[str, Any]:
        """The plan as JSON has it: seconds, bytes, joules."""
        return {
            "title": self.title,
            "machine": self.place.name,
            "ranks_per_node": self.place.ranks,
            "rates": self.place.source,
            "remarks": list(self.remarks),
            "rows": [row.record() for row in self.rows],
        }


def plan(
    config_file: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    machine_file: str | os.PathLike[str] | None = None,
    ranks: str | None = None,
    measuring: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> ScalingPlan:
    """The plan of a configuration; raises InputError for what is wrong with it, the machine file or the ranks."""
    machine = load_machine(machine_file) if machine_file else None
    numbers = read_ranks(ranks) if ranks else None
    config = load(config_file, overrides)
    driver = driver_of(config)
    backend = devices.best().name if config.run.backend == "auto" else config.run.backend
    setup = driver.check(config, SerialComm(), Device(backend, here=False) if machine else True)
    cores = len(os.sched_getaffinity(0))
    threads = 1 if machine or not config.run.threads else config.run.threads
    shared = 1 if machine else max(1, cores // threads)
    way = Way(backend, config.run.precision, threads, shared)
    workloads = driver.workloads(setup, 1)
    kinds = [*{kind: None for one in workloads for kind in one.kinds}, "output", "output: compression"]
    if measuring:
        measure(way, measurable(rates_here(way).missing(kinds)), say)
    here = rates_here(way)
    place = place_of(machine, here) if machine else this_machine(here, _memory() / shared, LOCAL_DISK)
    rows = plan_scaling(
        lambda count: driver.workloads(setup, count), numbers or sorted({1, place.ranks}), place
    )
    remarks = [text for one in workloads for text in one.uncounted]
    if numbers and len(rows) < len(numbers):
        remarks.append(f"{numbers[len(rows)]:,} ranks and more do not fit this grid")
    if missing := here.missing(kinds):
        remarks.append(
            f"not measured on this machine, within a factor of 2: {', '.join(missing)}; --measure measures them"
        )
    return ScalingPlan(config.title or str(config_file), rows, place, remarks)


def _memory() -> int:
    """Memory [bytes] that this machine has."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
