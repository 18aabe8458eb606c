"""Which signals have come, though the main thread may be deep in a call of MPI, where Python's handlers wait?"""

import os
import select
import signal
import threading
import time
from contextlib import suppress

TWICE = 3.0  # s after which a second SIGTERM is meant: launchers may send the first one twice
PATIENCE = 10.0  # s in which the main thread may end by itself after SIGINT
SECOND_TERM, INTERRUPTED = 128 + signal.SIGTERM, 128 + signal.SIGINT  # exit codes


class SignalPipe:
    """Signals to this process with the time of each, as the C handler of Python passes them on."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        os.set_blocking(self.reader, False)
        os.set_blocking(self._writer, False)
        self._came: dict[int, list[float]] = {}
        self._mine = threading.current_thread() is threading.main_thread()
        self._before = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False) if self._mine else -1

    def wait(self, seconds: float) -> bool:
        """Wait for a signal, so long at most [s]; returns whether one came."""
        return bool(select.select([self.reader], [], [], seconds)[0])

    def read(self) -> None:
        """Keep when which signals have come."""
        with suppress(OSError):
            for number in os.read(self.reader, 1024):
                self._came.setdefault(number, []).append(time.monotonic())

    def urgent(self) -> int:
        """The exit code with which the process must end now; 0 if it need not.

        A second SIGTERM does not wait for a checkpoint; SIGINT waits a little for the main thread to end by itself.
        """
        terms, interrupts = (self._came.get(number, []) for number in (signal.SIGTERM, signal.SIGINT))
        if len(terms) > 1 and terms[-1] - terms[0] > TWICE:
            return SECOND_TERM
        if len(interrupts) > 1 or (interrupts and time.monotonic() - interrupts[0] > PATIENCE):
            return INTERRUPTED
        return 0

    def wake(self) -> None:
        """Let the one who waits go on."""
        with suppress(OSError):
            os.write(self._writer, b"\0")

    def close(self) -> None:
        """Hand signals back to whom they went before."""
        if self._mine:
            signal.set_wakeup_fd(self._before)
        os.close(self.reader)
        os.close(self._writer)
