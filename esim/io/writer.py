"""Which thread writes? One of its own, so that computation continues while files are compressed and written."""

import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Any

from esim.errors import EsimError, MachineError

Job = tuple[Callable[..., Any], tuple[Any, ...]]


class Writer:
    """One thread that runs the calls it is handed, in order; it alone calls HDF5 and NetCDF, and never MPI.

    Arrays handed over must not be changed afterwards (the slabs of `gather_slabs` are fresh). At most
    `depth` calls wait; then `put` blocks, so that a slow disk slows the run down instead of filling the
    memory. When a call fails the later ones are skipped, and its error is raised by the next put, flush or
    close. An inactive writer (every rank but the first) ignores what it is given, so that all ranks run the
    same lines. As a context manager it closes on success; on an error it drops what still waits.
    """

    def __init__(self, depth: int = 4, active: bool = True, netcdf: bool = True) -> None:
        """netcdf: whether it calls that library, which takes no calls from two threads at once."""
        self._queue: queue.Queue[Job | None] = queue.Queue(depth)
        self._failure: Exception | None = None
        self._dropping = False
        self._thread = threading.Thread(target=self._run, name="esim-writer", daemon=True)
        self._active, self._closed, self._netcdf = active, False, netcdf
        if active:
            self._thread.start()

    def put(self, call: Callable[..., Any], *arguments: Any) -> None:
        """Hands over one call. Raises the error of an earlier one: MachineError if the disk failed."""
        if self._active:
            self._raise_failure()
            if self._closed:
                raise ValueError("the writer is closed")
            self._queue.put((call, arguments))

    def flush(self) -> None:
        """Waits until every call handed over is done; raises the error if one failed."""
        if self._active:
            self._queue.join()
            self._raise_failure()

    def close(self) -> None:
        """Finishes every call handed over and ends the thread; raises the error if one failed."""
        self._stop()
        self._raise_failure()

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
        if self._active and not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join()

    def _run(self) -> None:
        lock = _library() if self._netcdf else nullcontext()
        while (job := self._queue.get()) is not None:
            try:
                if not (self._failure or self._dropping):
                    call, arguments = job
                    with lock:
                        call(*arguments)
            except Exception as error:
                self._failure = error
            finally:
                self._queue.task_done()

    def _raise_failure(self) -> None:
        if isinstance(self._failure, EsimError):
            raise type(self._failure)(str(self._failure)) from self._failure
        if self._failure:
            kind = type(self._failure).__name__
            raise MachineError(f"writing the output failed: {kind}: {self._failure}") from self._failure


def _library() -> AbstractContextManager[Any]:
    from esim.io.netcdf import LIBRARY

    return LIBRARY
