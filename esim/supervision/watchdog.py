"""Does a rank hang? A thread in each rank sees whether anything moves, and ends the job if nothing does anywhere.

It counts its own waking time, so a job that is suspended, a debugger or a laptop that sleeps raises no alarm. It
never calls MPI: watchdogs of ranks ask each other by datagrams (`peers`), and end their own processes.
"""

import faulthandler
import os
import select
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from esim.errors import MachineError
from esim.parallel.comm import Comm
from esim.supervision import processes
from esim.supervision.interpreter_guard import InterpreterGuard, start_guard
from esim.supervision.launcher import LauncherWatch
from esim.supervision.peers import Message, Peers
from esim.supervision.pulse import OUTPUT, PULSE, START, STEP, Pulse
from esim.supervision.signal_pipe import SECOND_TERM, SignalPipe

LEAST = 600.0  # s without a sign of life that are always allowed, unless run.stall_timeout says less
SLOWER = 20  # times the slowest recent step that a step may take
# Of the limit of a step, what other phases may take without any sign: input is read, sources are computed and kernels
# are compiled before the first step; a file system may be slow when files are written.
ALLOWED = {START: 6.0, STEP: 1.0, OUTPUT: 3.0}
BEAT = 1.0  # s between two looks
GRACE = 10.0  # s in which other watchdogs must answer
STAGGER, STAGGERED = 0.5, 20  # s by which each of the first ranks asks before the next
FAILURE = 4  # exit code
STDERR = 2  # written past Python's streams, whose locks others may hold


class Watchdog:
    """The watchdog of a rank: started by all ranks alike, stopped when the run has ended.

    beaten are called at each look. timeout [s] is run.stall_timeout, None for the default.
    """

    def __init__(
        self, comm: Comm, launched: bool, beaten: Sequence[Callable[[], None]] = (), pulse: Pulse = PULSE
    ) -> None:
        self.timeout: float | None = None
        self.beaten, self.launched = list(beaten), launched
        self._rank, self._size, self._pulse = comm.rank, comm.size, pulse
        self._peers = Peers(comm) if comm.size > 1 else None
        self._launcher = LauncherWatch(launched)
        self._signals = SignalPipe()
        self._stopped, self._deferred = False, 0.0
        self._quiet, self._seen, self._looked = 0.0, (-1, -1), time.monotonic()
        self._armed = 0.0
        self._guard: InterpreterGuard | None = None
        self._thread = threading.Thread(target=self._run, name="esim-watchdog", daemon=True)
        pulse.begin()

    def start(self) -> None:
        """Begin to watch; raises MachineError where no thread can be started."""
        try:
            self._thread.start()
        except RuntimeError as error:
            raise MachineError(
                f"cannot start the watchdog, a thread ({error}); allow more processes (ulimit -u)"
            ) from None

    def begin(self, timeout: float | None) -> None:
        """Take the timeout of a run that begins, and have its interpreter guarded from now on."""
        self.timeout, self._guard = timeout, start_guard(FAILURE)
        self._arm()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped = True
        self._signals.wake()
        if self._thread.is_alive():
            self._thread.join()
        faulthandler.cancel_dump_traceback_later()
        if self._guard is not None:
            self._guard.close()
        self._signals.close()
        if self._peers is not None:
            self._peers.close()

    @property
    def limit(self) -> float:
        """How long [s] this rank may be without a sign of life now."""
        usual = self.timeout or max(LEAST, SLOWER * self._pulse.slowest)
        return usual * ALLOWED[self._pulse.phase]

    def look(self) -> bool:
        """Count how long nothing has moved; returns whether that is too long."""
        now = time.monotonic()
        passed, self._looked = now - self._looked, now
        seen = self._pulse.signs, processes.disk_bytes()
        if seen != self._seen:
            self._seen, self._quiet, self._deferred = seen, 0.0, 0.0
        else:
            self._quiet += min(passed, 2 * self._beat)
        return self._quiet > self.limit + STAGGER * min(self._rank, STAGGERED) + self._deferred

    @property
    def _beat(self) -> float:
        return min(BEAT, (self.timeout or LEAST) / 10)

    def _run(self) -> None:
        self._looked = time.monotonic()
        while not self._stopped:
            for message in self._hear(self._beat):
                self._answer(message)
            if gone := self._launcher.missing():
                self._tell(f"the launcher ({gone}) has gone, so the run ends; {self._last()}")
                _exit(FAILURE)
            for call in self.beaten:
                call()
            self._arm()
            if self.look():
                self._judge()

    def _hear(self, seconds: float) -> list[Message]:
        """Messages of other watchdogs; signals to this process are heeded on the way."""
        if self._guard is not None:
            self._guard.beat()
        if self._peers is None:
            signalled, messages = self._signals.wait(seconds), list[Message]()
        else:
            messages, signalled = self._peers.receive(seconds, self._signals.reader)
        if signalled:
            self._signals.read()
        if code := self._signals.urgent():
            self._tell(
                f"{'ended by a second SIGTERM' if code == SECOND_TERM else 'interrupted'}; {self._last()}"
            )
            _exit(code)
        return messages

    def _answer(self, message: Message) -> None:
        """Do what another watchdog asks for."""
        assert self._peers is not None  # messages come from there
        sender = int(message["from"])
        if message["what"] == "ask":
            state = {"what": "state", "quiet": self._quiet, "limit": self.limit}
            self._peers.send(state | {"checkpoint": self._pulse.checkpoint}, [sender])
        elif message["what"] == "stacks":
            self._dump()
        elif message["what"] == "end":
            self._peers.end_later(message["missing"])
            _exit(FAILURE)

    def _judge(self) -> None:
        """Nothing has moved here for too long: ask the others, and end the job unless one of them still moves."""
        states = self._ask()
        alive = [state["quiet"] for state in states.values() if state["quiet"] < state["limit"]]
        if alive:
            self._quiet = min(self._quiet, *alive)
            return
        if not self.look():  # something has moved meanwhile
            return
        if not self._deferred and any(rank < self._rank for rank in states):
            # One tells it for all: the first rank that can, unless that does not do so soon.
            self._deferred = 3 * self._grace
            return
        missing = [rank for rank in range(self._size) if rank != self._rank and rank not in states]
        self._dump()
        if self._peers is not None:
            self._peers.send({"what": "stacks"}, states)
            time.sleep(self._grace / 4)
        checkpoints = [self._pulse.checkpoint, *(tuple(one["checkpoint"] or ()) for one in states.values())]
        self._tell(self._sentence(missing, max((one for one in checkpoints if one), default=None)))
        time.sleep(0.5)  # for what is not yet forwarded
        if self._peers is not None:
            self._peers.send({"what": "end", "missing": missing}, states)
            self._peers.end_later(missing)
        _exit(FAILURE)

    def _ask(self) -> dict[int, Message]:
        """How others are, by rank; those that do not answer are not there."""
        states: dict[int, Message] = {}
        if self._peers is None:
            return states
        asked, begun = 0.0, time.monotonic()
        while (spent := time.monotonic() - begun) < self._grace and len(states) < self._size - 1:
            if spent >= asked:  # a datagram may be lost
                waited_for = [rank for rank in range(self._size) if rank not in states and rank != self._rank]
                self._peers.send({"what": "ask"}, waited_for)
                asked += self._grace / 4
            for message in self._hear(self._grace / 20):
                if message["what"] == "state":
                    states[int(message["from"])] = message
                else:
                    self._answer(message)
        return states

    @property
    def _grace(self) -> float:
        return min(GRACE, (self.timeout or LEAST) / 2)

    def _sentence(self, missing: Sequence[int], checkpoint: Sequence[float] | None) -> str:
        doing = {START: "during the start-up", STEP: "in", OUTPUT: "while files were written, after"}[
            self._pulse.phase
        ]
        number = self._pulse.steps + (self._pulse.phase == STEP)
        where = doing if self._pulse.phase == START else f"{doing} step {number} of this run"
        lost = ""
        if self._peers is not None and missing:
            named = ", ".join(map(self._peers.describe, missing[:4])) + (" and more" if missing[4:] else "")
            lost = f"; {named} did not answer: stopped, or lost with its machine"
        return (
            f"nothing has moved for {self._quiet:.0f} s {where} (run.stall_timeout){lost}; the run ends; "
            f"{self._last(checkpoint)}"
        )

    def _last(self, checkpoint: Sequence[float] | None = None) -> str:
        found = checkpoint or self._pulse.checkpoint
        if not found:
            return "there is no checkpoint of this run yet"
        return f"resume with --resume, from the checkpoint of step {found[0]:,} (t = {found[1]:.1f} s)"

    def _tell(self, text: str) -> None:
        if _heard():
            with suppress(OSError):
                os.write(STDERR, self._signed(text).encode())

    def _signed(self, text: str) -> str:
        where = f" (rank {self._rank} of {self._size})" if self._size > 1 else ""
        return f"esim-run{where}: {text}\n"

    def _dump(self) -> None:
        """Print the Python stacks of all threads of this rank."""
        self._tell("Python stacks:")
        if _heard():
            faulthandler.dump_traceback(STDERR)

    def _arm(self) -> None:
        """Have the process ended, should the interpreter itself be blocked and this thread with it.

        Where there is no guard for that, the stacks are printed at least.
        """
        now, allowed = time.monotonic(), 2 * self.limit
        if self._guard is not None:
            self._guard.allow(
                allowed,
                self._signed(
                    f"the interpreter was blocked for {allowed:.0f} s by a call that lets no other thread run "
                    f"(run.stall_timeout); the run ends; {self._last()}"
                ),
            )
        elif now > self._armed:
            self._armed = now + self.limit / 4
            faulthandler.dump_traceback_later(allowed, file=STDERR)


def _heard() -> bool:
    """Whether stderr takes text: the pipe of a launcher that hangs is full."""
    return bool(select.select([], [STDERR], [], BEAT)[1])


def _exit(code: int) -> NoReturn:
    """End this process now, whatever its other threads do; the launcher then ends the other ranks."""
    os._exit(code)
