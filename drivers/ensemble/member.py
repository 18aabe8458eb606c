"""How is one member of an ensemble computed? As a run of its own, silently, a second time if it fails."""

import gc
import time as wall
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.scenario import SimulationConfig
from esim.drivers.driver import Observer
from esim.drivers.messages import silenced
from esim.drivers.resources import Device
from esim.drivers.run import driver_of, prepared
from esim.ensemble.member import Member
from esim.ensemble.standing import sign
from esim.errors import EsimError, StopRequested
from esim.io.checkpoint.manifest import generations
from esim.parallel.collectives import from_root, on_root
from esim.parallel.comm import Comm

ATTEMPTS = 2
PATIENCE = 5.0  # s in which all ranks of a member must have failed, else one of them has failed alone
FAILED = 30_000  # tag of the messages that say so


@dataclass(frozen=True)
class Outcome:
    """What came of a member: its warnings, or the sentence with which its last attempt failed.

    seconds is what it took in all, and loop what its time loops took; peak_memory [bytes] is that of its ranks.
    """

    number: int
    seconds: float
    loop: float = 0.0
    attempts: int = 1
    error: str = ""
    warnings: Sequence[str] = ()
    peak_memory: int = 0


@dataclass(frozen=True)
class Task:
    """All that is needed to compute a member, anywhere: its number, configuration and what decides its results.

    resume: a part of it may be there already.
    """

    number: int
    member: Member
    config: SimulationConfig
    identity: Mapping[str, Any]
    resume: bool


def compute_member(task: Task, comm: Comm, device: Device, observers: Sequence[Observer] = ()) -> Outcome:
    """Compute a member on all ranks, from its checkpoint if it has one to be resumed; it may fail once.

    Raises StopRequested, and the error of a rank that has failed alone, after which the others cannot go on.
    """
    begun, errors = wall.perf_counter(), list[str]()
    on_root(comm, lambda: sign(task.config.output.directory, task.member, task.identity))
    for attempt in range(1, ATTEMPTS + 1):
        mine = comm.split(0)  # no message of an attempt that failed reaches the next
        try:
            record = _compute(task.config, mine, device, task.resume or attempt > 1, observers)
        except StopRequested:
            raise
        except Exception as error:
            if not _all_failed(mine):
                raise
            errors.append(from_root(comm, lambda error=error: _sentence(error)))  # type: ignore[misc]
            continue
        finally:
            gc.collect()  # the arrays of a member, before those of the next are allocated
            gc.freeze()  # what is left is for all members, and need not be looked at after each
        mine.release()
        return Outcome(
            task.number,
            wall.perf_counter() - begun,
            _loop(record),
            attempt,
            "",
            record["warnings"],
            record["peak_memory"],
        )
    return Outcome(task.number, wall.perf_counter() - begun, attempts=ATTEMPTS, error=errors[-1])


def _compute(
    config: SimulationConfig, comm: Comm, device: Device, resume: bool, observers: Sequence[Observer]
) -> dict[str, Any]:
    """One attempt: a run like any other, whose record has its warnings."""
    driver = driver_of(config)
    with silenced():
        setup = driver.check(config, comm, device)
        again = resume and from_root(comm, lambda: _has_checkpoint(config.output.directory))
        with prepared(driver, setup, again, observers, predicted=False) as run:
            record: dict[str, Any] = run.compute()
    return record


def _has_checkpoint(directory: Path) -> bool:
    """Whether a run in a directory, or a part of it, can be resumed."""
    return any(generations(folder) for folder in (directory, *directory.glob("*")) if folder.is_dir())


def _loop(record: dict[str, Any]) -> float:
    """What the time loops of a run took [s], without the last files."""
    timings = record["timings"]
    return float(timings["time loop"] - timings.get("time loop: last files", 0.0))


def _sentence(error: Exception) -> str:
    """An error in a sentence, also one that nobody foresaw."""
    text = " ".join(str(error).split())
    return text if isinstance(error, EsimError) else f"{type(error).__name__}: {text}"


def _all_failed(comm: Comm) -> bool:
    """Whether all ranks come here within a few seconds; one that computes on waits for us in vain."""
    word, others = np.zeros(1), [rank for rank in range(comm.size) if rank != comm.rank]
    for rank in others:
        comm.send(word, rank, FAILED)
    waiting, begun = set(others), wall.monotonic()
    while waiting and wall.monotonic() - begun < PATIENCE:
        for rank in [rank for rank in waiting if comm.has_message(rank, FAILED)]:
            comm.recv(word, rank, FAILED)
            waiting.remove(rank)
        wall.sleep(0.01)
    return not waiting
