"""Does another run write into this directory now? A lock that tells a live process from one that has gone.

The kernel's lock on the directory ends with its process. Some file systems of networks have none, or one for each
machine, so a file beside it names the owner, and its time of change moves as long as that is alive.
"""

import errno
import fcntl
import json
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from esim.errors import InputError, MachineError
from esim.io.atomic import partial, writing
from esim.supervision import processes

NAME = ".run.lock"
BEAT = 5.0  # s between two changes of the file's time
WATCHED = 4 * BEAT  # s without a change after which the owner on another machine is gone
LOST = (
    errno.ENOENT,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
)  # errors after which no file can be written any more
TRIES = 3  # beats that may fail by others, before the directory counts as lost


class DirectoryLock:
    """A directory that is ours; called at each step, it raises MachineError once nothing can be written there."""

    def __init__(self, directory: Path, handle: int) -> None:
        self._directory, self._handle = directory, handle
        self._trouble: str | None = None
        self._failed, self._released = 0, threading.Event()
        self._thread = threading.Thread(target=self._run, name="esim-lock", daemon=True)

    def __call__(self, _: Any = None) -> None:
        """Raise MachineError if the directory was lost."""
        if self._trouble is not None:
            raise MachineError(self._trouble)

    def start(self) -> None:
        """Name this process as the owner and keep the file's time moving."""
        with writing(self._directory / NAME):
            self._sign()
            self._thread.start()

    def release(self) -> None:
        """Take our name away, unless the directory has gone."""
        self._released.set()
        if self._thread.is_alive():
            self._thread.join()
        with suppress(OSError):
            (self._directory / NAME).unlink()

    def beat(self) -> None:
        """Move the time of the file; a directory that is lost is kept in mind."""
        try:
            self._touch()
            self._failed = 0
        except OSError as error:
            self._failed += 1
            if error.errno in LOST or self._failed >= TRIES:
                reason = "it has gone" if error.errno == errno.ENOENT else os.strerror(error.errno or 0)
                self._trouble = f"output.directory: cannot write into {self._directory} any more: {reason}"

    def _touch(self) -> None:
        now, ours = os.stat(self._directory), os.fstat(self._handle)
        if (now.st_dev, now.st_ino) != (ours.st_dev, ours.st_ino):
            raise OSError(errno.ENOENT, "another directory is there now")
        if not os.access(self._directory, os.W_OK | os.X_OK):
            os.stat(self._directory)  # if it has gone meanwhile, that is said
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        try:
            os.utime(self._directory / NAME)
        except FileNotFoundError:  # somebody has cleaned up
            self._sign()

    def _sign(self) -> None:
        """Write the file, whole or not at all."""
        path = self._directory / NAME
        partial(path).write_text(json.dumps(_owner()))
        os.replace(partial(path), path)

    def _run(self) -> None:
        while not self._released.wait(BEAT):
            self.beat()


@contextmanager
def claim(directory: Path) -> Iterator[DirectoryLock]:
    """Keeps the runs of other processes out of a directory, which is made, and ends with this one at the latest.

    Raises InputError if one is writing there.
    """
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory, os.O_RDONLY)
    try:
        owner = read_owner(directory)
        if _is_live(owner, directory, _locked(handle)):
            raise InputError(
                f"output.directory: another run{_named(owner)} is writing into {directory} now; wait for it, or write "
                "elsewhere by --output"
            )
        lock = DirectoryLock(directory, handle)
        lock.start()
        try:
            yield lock
        finally:
            lock.release()
    finally:
        os.close(handle)


def read_owner(directory: Path) -> dict[str, Any] | None:
    """Who has signed the lock file of a directory; None where nobody has."""
    try:
        owner = json.loads((directory / NAME).read_text())
        return {"machine": str(owner["machine"]), "pid": int(owner["pid"]), "start": int(owner["start"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _owner() -> dict[str, Any]:
    me = processes.find(os.getpid())
    return {"machine": processes.machine(), "pid": os.getpid(), "start": me.start if me else 0}


def _locked(handle: int) -> bool | None:
    """Whether we have the kernel's lock now; None where the file system has none."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_live(owner: dict[str, Any] | None, directory: Path, locked: bool | None) -> bool:
    """Whether a live process has the directory: the kernel knows, or the owner that the file names shows it."""
    if locked is False:
        return True
    if owner is None:
        return False
    if owner["machine"] == processes.machine():
        found = processes.find(owner["pid"])
        same = found is not None and found.start == owner["start"] and owner["pid"] != os.getpid()
        return not locked and same
    logging.getLogger("esim").warning(
        f"output.directory: {directory} was left locked by a run{_named(owner)}; watching for {WATCHED:g} s whether "
        "that is still alive"
    )
    return _moves(directory / NAME)


def _moves(path: Path) -> bool:
    """Whether the time of a file changes while we watch."""
    begun, first = time.monotonic(), _changed(path)
    while time.monotonic() - begun < WATCHED:
        time.sleep(BEAT / 5)
        if (now := _changed(path)) != first:
            return now != 0  # it may also have gone
    return False


def _changed(path: Path) -> int:
    """Time of change [ns] of a file, asked of its server: opening it renews what a network file system remembers."""
    try:
        with path.open() as file:
            return os.fstat(file.fileno()).st_mtime_ns
    except OSError:
        return 0


def _named(owner: dict[str, Any] | None) -> str:
    return f" (process {owner['pid']} on {owner['machine'].split(' ')[0]})" if owner else ""
