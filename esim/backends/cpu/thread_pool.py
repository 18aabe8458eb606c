"""How do the threads of a rank share work? They wait, asleep, for jobs that release Python's lock."""

import threading
import weakref
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any

Jobs = SimpleQueue  # of (job, its arguments, the queue that takes its error or None), or None to end a thread


class ThreadPool:
    """Threads that live as long as the backend; started when there is work for more than one."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._jobs: Jobs = Jobs()
        self._started = False
        self._lock = threading.Lock()

    def do(self, jobs: Sequence[Callable[..., Any]], *arguments: Any) -> None:
        """Do all jobs with the same arguments and return when they are done; an error in one is raised."""
        if len(jobs) == 1:
            jobs[0](*arguments)
            return
        if not self._started:
            self._start()
        done: SimpleQueue = SimpleQueue()
        others = jobs[1:]
        for job in others:
            self._jobs.put((job, arguments, done))
        try:
            if jobs:
                jobs[0](*arguments)
        finally:
            errors = [done.get() for _ in others]
        for error in filter(None, errors):
            raise error

    def _start(self) -> None:
        with self._lock:
            if self._started:
                return
            for _ in range(self.size - 1):
                threading.Thread(target=_work, args=(self._jobs,), name="esim-pool", daemon=True).start()
            weakref.finalize(self, _end, self._jobs, self.size - 1)
            self._started = True


def _work(jobs: Jobs) -> None:
    while (given := jobs.get()) is not None:
        job, arguments, done = given
        try:
            job(*arguments)
            done.put(None)
        except BaseException as error:
            done.put(error)
        del given, job, arguments, done  # what they hold may be freed while the thread sleeps


def _end(jobs: Jobs, threads: int) -> None:
    for _ in range(threads):
        jobs.put(None)
