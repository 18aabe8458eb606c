"""Which thread writes? One of its own, so that computation continues while files are compressed and written."""

import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any

from esim.errors import EsimError, MachineError
from esim.supervision.pulse import PULSE

Job = tuple[Callable[..., Any], tuple[Any, ...]]
LOOK = 1.0  # s between two looks at the thread by one who waits for it


class Writer:
    """One thread that runs the calls it is handed, in order; it alone calls HDF5 and NetCDF, and never MPI.

    Arrays handed over must not be changed afterwards (the slabs of `gather_slabs` are fresh). At most
    `depth` calls wait; then `put` blocks, so that a slow disk slows the run down instead of filling the
    memory. When a call fails the later ones are skipped, and its error is raised by the next put, check, flush or
    close, as is the loss of the thread itself. An inactive writer (every rank but the first) ignores what it is
    given, so that all ranks run the same lines. As a context manager it closes on success; on an error it drops what
    still waits.
    """

    def __init__(self, depth: int = 4, active: bool = True, netcdf: bool = True) -> None:
        """netcdf: whether it calls that library, which takes no calls from two threads at once."""
        self._queue: queue.Queue[Job | None] = queue.Queue(depth)
        self._failure: BaseException | None = None
        self._dropping = self._ended = False
        self._thread = threading.Thread(target=self._run, name="esim-writer", daemon=True)
        self.active, self._closed, self._netcdf = active, False, netcdf
        if active:
            try:
                self._thread.start()
            except RuntimeError as error:
                raise MachineError(
                    f"cannot start the thread that writes ({error}); allow more processes (ulimit -u)"
                ) from None

    def put(self, call: Callable[..., Any], *arguments: Any) -> None:
        """Hands over one call. Raises the error of an earlier one: MachineError if the disk failed."""
        if self.active:
            self.check()
            if self._closed:
                raise ValueError("the writer is closed")
            self._hand_over((call, arguments))

    def check(self) -> None:
        """Raises the error of an earlier call, or MachineError if the thread has ended; cheap enough for each step."""
        self._raise_failure()
        if self.active and not self._ended and not self._thread.is_alive():
            raise MachineError("writing the output failed: the thread that writes has ended")

    def flush(self) -> None:
        """Waits until every call handed over is done; raises the error if one failed."""
        if self.active:
            with self._queue.all_tasks_done:
                while self._queue.unfinished_tasks and self._thread.is_alive():
                    self._queue.all_tasks_done.wait(LOOK)
            self.check()

    def close(self) -> None:
        """Finishes every call handed over and ends the thread; raises the error if one failed."""
        self._stop()
        self.check()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._dropping = True
            self._stop()

    def _stop(self) -> None:
        if self.active and not self._closed:
            try:
                self._hand_over(None)
                self._thread.join()
            finally:
                self._closed = True

    def _hand_over(self, job: Job | None) -> None:
        """Put a job into the queue, as soon as there is room; raises MachineError if nobody is there to take it."""
        while True:
            try:
                self._queue.put(job, timeout=LOOK)
                return
            except queue.Full:
                self.check()

    def _run(self) -> None:
        lock = _library() if self._netcdf else nullcontext()
        while (job := self._queue.get()) is not None:
            try:
                if not (self._failure or self._dropping):
                    call, arguments = job
                    with lock:
                        call(*arguments)
            except BaseException as error:  # whatever it is, the run must know
                self._failure = error
            finally:
                PULSE.sign()
                self._queue.task_done()
        self._ended = True

    def _raise_failure(self) -> None:
        if isinstance(self._failure, EsimError):
            raise type(self._failure)(str(self._failure)) from self._failure
        if self._failure:
            kind = type(self._failure).__name__
            raise MachineError(f"writing the output failed: {kind}: {self._failure}") from self._failure


def _library() -> AbstractContextManager[Any]:
    from esim.io.netcdf import LIBRARY

    return LIBRARY
