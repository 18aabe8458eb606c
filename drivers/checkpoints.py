"""When is a checkpoint written, and how is one resumed?"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from esim.drivers.driver import Observer
from esim.drivers.start import Start
from esim.errors import StopRequested
from esim.io.checkpoint.manifest import Checkpoint
from esim.io.directory import drop_ledger
from esim.io.writer import Writer
from esim.parallel.comm import Comm
from esim.supervision.pulse import OUTPUT, PULSE
from esim.supervision.wall_clock import WallClock
from esim.timestepping.clock import Clock
from esim.timestepping.signals import STOP

STOP_INTERVAL = 10  # steps between two questions to all ranks whether a signal has come, or the time has
ON_REQUEST, OUT_OF_TIME = 2.0, 1.0  # reasons to stop: the maximum over all ranks counts


class RunOutputs(Protocol):
    """The files of a run."""

    directory: Path
    writer: Writer

    def begin(self) -> None:
        """Write what does not change."""

    def check(self) -> None:
        """Raise the error of a writer of this rank that has failed; cheap enough for each step."""

    def checkpoint(self, clock: Clock) -> None:
        """Write a checkpoint."""

    def resume(self, checkpoint: Checkpoint) -> None:
        """Restore a checkpoint of the same configuration."""

    def finish(self) -> list[Path]:
        """Complete all files; returns their paths."""

    def abandon(self) -> None:
        """Drop what is not complete."""


@contextmanager
def abandoned_on_error(outputs: RunOutputs, comm: Comm) -> Iterator[None]:
    """Context in which an error leaves no file that is not complete, and no list of files where there are none."""
    try:
        yield
    except BaseException:
        outputs.abandon()
        if comm.rank == 0:
            drop_ledger(outputs.directory)
        raise


@dataclass
class Checkpoints:
    """When is a checkpoint written, and how is one resumed? check_finite raises NumericalError for a broken state."""

    comm: Comm
    outputs: RunOutputs
    check_finite: Observer
    wall_clock: WallClock
    last: int | None = None  # step of the one that was written last

    def write(self, clock: Clock) -> None:
        """Write a checkpoint of a sound state, once at a step; none is resumed from a broken one."""
        if clock.step == self.last:
            return
        self.check_finite(clock)
        begun, done = self.wall_clock.now(), self.wall_clock.measured
        self.outputs.checkpoint(clock)
        self.last = clock.step
        if self.outputs.writer.active:
            self.outputs.writer.put(done, begun, clock.step, clock.time)  # after all that belongs to it
        else:
            self.wall_clock.written_elsewhere(clock.step, clock.time)

    def write_unless_done(self, clock: Clock) -> None:
        """Write a checkpoint, but not at the end of the run."""
        if not clock.done:
            self.write(clock)

    def stop_if_asked(self, clock: Clock) -> None:
        """Write a checkpoint and leave when a signal has asked for it, or the time is up; all ranks agree on the step.

        Raises at once, at any step, what the writer met.
        """
        self.outputs.check()
        if clock.step % STOP_INTERVAL == 0 and not clock.done and (why := self._why_stop(clock)):
            PULSE.enter(OUTPUT)
            self.write(clock)
            self.outputs.writer.close()
            self.comm.barrier()  # a rank that leaves earlier would end the one that still writes
            asked = "on request" if why == ON_REQUEST else "before the limit of wall-clock time"
            raise StopRequested(
                f"stopped {asked} at t = {clock.time:.1f} s with a checkpoint in {self.outputs.directory}; resume with "
                "--resume"
            )

    def _why_stop(self, clock: Clock) -> float:
        """Why all ranks stop now, 0 if they go on."""
        due = self.comm.rank == 0 and self.wall_clock.due(clock.time, clock.end)
        return self.comm.allreduce_max(ON_REQUEST if STOP.asked else OUT_OF_TIME if due else 0.0)

    def resume(self, start: Start, clock: Clock) -> bool:
        """Take up the checkpoint of a start, if it has one; before, what the run replaces is removed."""
        start.make_room()
        if start.checkpoint is None:
            return False
        self.outputs.resume(start.checkpoint)
        clock.step = start.checkpoint.step
        clock.time, clock.lost = start.checkpoint.attributes["time"]
        PULSE.checkpoint = clock.step, clock.time
        self.outputs.begin()
        return True
