"""How do workers of Dask compute the members of an ensemble? Each a member at a time, as one rank alone.

They are those of the scheduler that DASK_SCHEDULER_ADDRESS names, on a cluster those of dask-jobqueue or dask-mpi, and
else processes of this machine.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from esim.distribution import install
from esim.drivers.driver import Observer
from esim.drivers.ensemble.member import Outcome, Task, compute_member
from esim.drivers.ensemble.progress import LOOK, MemberCount
from esim.drivers.ensemble.rank_groups import ROOM
from esim.drivers.ensemble.setup import EnsembleSetup
from esim.drivers.resources import Device
from esim.ensemble.standing import Standing
from esim.errors import InputError, StopRequested
from esim.io.remembered import REMEMBERED
from esim.parallel.comm import SerialComm
from esim.timestepping.signals import STOP


def compute_on_dask(
    setup: EnsembleSetup, missing: Mapping[int, Standing], observers: Sequence[Observer]
) -> tuple[list[Outcome], bool]:
    """What came of the members that workers have computed, and whether a stop was asked for before.

    Those that are being computed when a stop is asked for are left where they are: --resume computes them.
    Raises InputError where Dask's scheduler is not installed, or not there.
    """
    outcomes: list[Outcome] = []
    progress = MemberCount(len(setup.members), len(missing), lambda: len(outcomes), observers)
    with _client(setup) as client:
        from distributed import wait

        waiting = {
            client.submit(_compute, setup.task(number, standing), setup.device, pure=False): number
            for number, standing in missing.items()
        }
        while waiting:
            if STOP.asked or setup.wall_clock.due(progress.clock.time, progress.clock.end):
                client.cancel(list(waiting))
                return outcomes, True
            try:
                done = wait(list(waiting), timeout=LOOK, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                done = set()
            for future in done:
                outcome = _outcome(future, waiting.pop(future))
                if outcome is None:
                    client.cancel(list(waiting))
                    return outcomes, True
                outcomes.append(outcome)
            progress.look()
    return outcomes, False


def _compute(task: Task, device: Device) -> Outcome | None:
    """A member, in a worker; None where the worker was asked to stop."""
    REMEMBERED.make_room(ROOM)
    try:
        return compute_member(task, SerialComm(), device)
    except StopRequested:
        return None


def _outcome(future: Any, number: int) -> Outcome | None:
    """What a worker has returned; a worker that was lost with its member is a failure of that."""
    error = future.exception()
    if error is None:
        found: Outcome | None = future.result()
        return found
    return Outcome(number, 0.0, error=f"its worker was lost ({type(error).__name__}: {error})")


@contextmanager
def _client(setup: EnsembleSetup) -> Iterator[Any]:
    """A client of the scheduler that is configured, or of workers on this machine, one task at a time each."""
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError(f"run.engine: dask needs Dask's scheduler: {install('cluster')}") from None
    address = dask.config.get("scheduler-address", None)
    if address is not None:
        try:
            client = Client(address)
        except (OSError, TimeoutError) as error:
            raise InputError(f"DASK_SCHEDULER_ADDRESS: no scheduler answers at {address} ({error})") from None
        with client:
            yield client
        return
    cores = len(os.sched_getaffinity(0))
    workers = setup.config.run.workers or max(1, cores // setup.threads)
    with (
        LocalCluster(
            min(workers, len(setup.members)),
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.ERROR,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client
