"""Has a signal asked for a stop? Imports next to nothing, so that the handlers are there before all else.

A second SIGTERM and what comes while the main thread is stuck is the watchdog's business (`esim.supervision`).
"""

import signal
import threading


class _Stop:
    """Whether to write a checkpoint and leave at the next chance; listening says whether signals are heard at all."""

    def __init__(self) -> None:
        self.asked = self.listening = False

    def ask(self, *_: object) -> None:
        """Ask for it."""
        self.asked = True


STOP = _Stop()


def install_handlers() -> None:
    """Let SIGUSR1 (sent by batch systems before the time limit) and SIGTERM ask for a stop."""
    if threading.current_thread() is threading.main_thread():  # only this one may set handlers
        for name in (signal.SIGUSR1, signal.SIGTERM):
            signal.signal(name, STOP.ask)
        STOP.listening = True


def ignore_signals() -> None:
    """Let nothing more ask a run that is over to stop.

    Python, on its way out, hands signals back to the system, by whose default they kill: a run that is complete would
    end as if it were not.
    """
    if threading.current_thread() is threading.main_thread():
        for name in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_IGN)
