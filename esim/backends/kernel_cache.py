"""Where are compiled kernels kept between runs, and how many ranks may write there at once?

A cache never ends a run: what is damaged there is passed over and compiled anew, a full disk keeps nothing, and a
folder where somebody else could have put code is not used. Each is said once, in `remarks`.
"""

import atexit
import fcntl
import functools
import linecache
import os
import shutil
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

PATIENCE = 120.0  # s, longer than any kernel takes to compile
CODE = ".code"  # how names of files of machine code end
MODULE = "esim_generated_"  # how those of modules of generated source begin
NOT_KEPT = "compiled kernels: cannot be kept"
_one_thread = threading.Lock()
used: set[str] = set()  # names of the files of machine code that this process has read or written
remarks: list[str] = []  # what the user should know of the cache, each once; a run takes them to its warnings


def remark(text: str) -> None:
    """Keep a sentence for the user, unless it was kept before."""
    if text not in remarks:
        remarks.append(text)


@functools.cache
def cache_directory() -> Path:
    """First folder that can be written, and only by this user: ESIM_CACHE_DIR, NUMBA_CACHE_DIR, ~/.cache, /tmp."""
    named = [os.environ.get("ESIM_CACHE_DIR"), os.environ.get("NUMBA_CACHE_DIR")]
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    shared = Path(tempfile.gettempdir()) / f"esim-cache-{os.getuid()}"
    for folder in [*(Path(name) / "esim" for name in named if name), Path(home) / "esim", shared]:
        if not _writable(folder):
            continue
        if (doubt := _doubt(folder)) is None:
            return folder
        remark(
            f"compiled kernels: {folder} {doubt}, so what lies there is not run; another folder is used: remove it, "
            f"or make it yours alone (chmod go-w {folder})"
        )
    private = Path(tempfile.mkdtemp(prefix="esim-cache-"))
    atexit.register(shutil.rmtree, private, ignore_errors=True)  # nobody could find it again
    return private


@functools.cache
def site_directories() -> tuple[Path, ...]:
    """Folders of compiled kernels that a site offers, read and never written: the names in ESIM_SITE_CACHE, by ':'.

    Each is a folder that somebody has filled as ESIM_CACHE_DIR. One that any user can write is not used.
    """
    found = []
    for name in filter(None, os.environ.get("ESIM_SITE_CACHE", "").split(os.pathsep)):
        folder = Path(name) / "esim"
        try:
            mode = folder.stat().st_mode
            os.listdir(folder)
        except OSError as error:
            remark(f"compiled kernels: {folder}, of ESIM_SITE_CACHE, cannot be read ({error.strerror})")
            continue
        if mode & stat.S_IWOTH:
            remark(
                f"compiled kernels: {folder}, of ESIM_SITE_CACHE, can be written by all users, so what lies there is "
                f"not run (chmod o-w {folder})"
            )
            continue
        found.append(folder)
    return tuple(found)


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _doubt(folder: Path) -> str | None:
    """Why code in a folder may be that of somebody else; None for a folder of this user alone."""
    found = folder.stat()
    if found.st_uid != os.getuid():
        return f"belongs to another user (number {found.st_uid})"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "can be written by others"
    return None


@contextmanager
def compiling(name: str, patience: float = PATIENCE) -> Iterator[bool]:
    """Let one thread of one process compile kernels of a name: the others wait, and find its work on disk.

    Who has waited for so many seconds, longer than any compilation takes, goes on, as the other one may have been
    stopped; the value is whether nobody else compiles them.
    """
    with _one_thread, _lock_file(cache_directory() / f"{name}.lock") as file:
        end, free = time.monotonic() + patience, file is None
        while not free:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
                free = True
            except BlockingIOError:
                if time.monotonic() >= end:
                    break
                time.sleep(min(0.05, patience))
            except OSError:  # a file system without locks
                free = True
        yield free


@contextmanager
def _lock_file(path: Path) -> Iterator[int | None]:
    """A descriptor to lock; None where there is none to be had, as on a full disk: all then compile for themselves."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        file = None
    try:
        yield file
    finally:
        if file is not None:
            os.close(file)


def write_once(path: Path, content: bytes) -> None:
    """Write a file unless it is there with this content; whole or not at all, also when many ranks do it at once."""
    if _content(path) == content:
        return
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        try:
            os.link(temporary, path)  # fails if another rank was first: its file keeps its time stamp
        except OSError:
            # Or the file is damaged, by a full disk say, or this file system has no hard links.
            if _content(path) != content:
                os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _content(path: Path) -> bytes | None:
    """What is in a file; None where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def load_module(name: str, source: str) -> ModuleType:
    """A module of generated source, of which a copy lies in the cache folder, for tracebacks and Numba.

    It is made of `source` itself: Python's own cache of modules would run what lies on the disk.
    """
    name = f"{MODULE}{name}"
    if name not in sys.modules:
        path = cache_directory() / f"{name}.py"
        try:
            write_once(path, source.encode())
        except OSError as error:
            not_kept(error)
            lines = source.splitlines(keepends=True)
            linecache.cache[str(path)] = (len(source), None, lines, str(path))
        module = ModuleType(name)
        module.__file__ = str(path)
        exec(compile(source, str(path), "exec"), vars(module))
        sys.modules[name] = module
    return sys.modules[name]


def not_kept(error: BaseException) -> None:
    """Say, the first time, that compiled kernels cannot be kept, and why."""
    begins = f"{NOT_KEPT} in {cache_directory()}"
    if not any(text.startswith(begins) for text in remarks):
        reason = getattr(error, "strerror", None) or str(error)
        remark(
            f"{begins} ({reason}); each run compiles them anew until there is room, or ESIM_CACHE_DIR names another "
            "folder"
        )
