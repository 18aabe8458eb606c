"""How do groups of ranks compute the members of an ensemble? Each takes the next one when it is done with its own."""

import gc
from collections.abc import Mapping, Sequence
from functools import partial

from esim.drivers.driver import Observer
from esim.drivers.ensemble.member import Outcome, compute_member
from esim.drivers.ensemble.progress import MemberCount
from esim.drivers.ensemble.setup import EnsembleSetup
from esim.ensemble.queue import Queue
from esim.ensemble.standing import Standing
from esim.errors import StopRequested
from esim.io.remembered import REMEMBERED
from esim.parallel.collectives import on_root
from esim.timestepping.signals import STOP

ROOM = 1 << 28  # bytes of what members have in common, on each rank


def compute_in_groups(
    setup: EnsembleSetup, missing: Mapping[int, Standing], observers: Sequence[Observer]
) -> tuple[list[Outcome], bool]:
    """What came of the members that all groups have computed, and whether a stop was asked for before. Collective."""
    share = "" if setup.share is None else f"-{setup.share[0]}"
    queue = Queue(setup.config.output.directory, share)
    on_root(setup.comm, queue.open)
    progress = MemberCount(len(setup.members), len(missing), queue.count_done, observers)
    gc.freeze()  # what is there now stays, and need not be looked at after each member
    try:
        with REMEMBERED.within(ROOM):
            mine = _compute_own(setup, missing, queue, progress)
    finally:
        gc.unfreeze()
    told = setup.comm.allgather(mine)
    progress.look()
    on_root(setup.comm, queue.close)
    return [one for found, _ in told for one in found], any(stop for _, stop in told)


def _compute_own(
    setup: EnsembleSetup, missing: Mapping[int, Standing], queue: Queue, progress: MemberCount
) -> tuple[list[Outcome], bool]:
    """What came of the members that this group has computed, told by its first rank; and whether it has stopped."""
    group, outcomes = setup.group, list[Outcome]()
    while not group.allreduce_max(float(_must_stop(setup, progress))):
        number = group.bcast(on_root(group, partial(queue.take, missing)))
        if number is None:
            return outcomes, False
        try:
            found = compute_member(setup.task(number, missing[number]), group, setup.device, [progress.look])
        except StopRequested:
            return outcomes, True
        if group.rank == 0:
            outcomes.append(found)
            queue.finish(number)
        progress.look()
    return outcomes, True


def _must_stop(setup: EnsembleSetup, progress: MemberCount) -> bool:
    """Whether this rank has heard a signal, or the time is up."""
    clock = progress.clock
    return STOP.asked or (setup.group.rank == 0 and setup.wall_clock.due(clock.time, clock.end))
