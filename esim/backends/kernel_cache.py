"""Where compiled kernels are kept between runs, and how many ranks may write there at once."""

import fcntl
import functools
import importlib.util
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

PATIENCE = 120.0  # s, longer than any kernel takes to compile
_one_thread = threading.Lock()


@functools.cache
def cache_directory() -> Path:
    """First folder that can really be written: ESIM_CACHE_DIR, NUMBA_CACHE_DIR, the user's cache, temporary space."""
    named = [os.environ.get("ESIM_CACHE_DIR"), os.environ.get("NUMBA_CACHE_DIR")]
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    shared = Path(tempfile.gettempdir()) / f"esim-cache-{os.getuid()}"
    for folder in [*(Path(name) / "esim" for name in named if name), Path(home) / "esim"]:
        if _writable(folder):
            return folder
    # What lies there is executed: a folder that somebody else made in a public place is not ours.
    if _writable(shared) and shared.stat().st_uid == os.getuid():
        return shared
    return Path(tempfile.mkdtemp(prefix="esim-cache-"))


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@contextmanager
def compiling(name: str) -> Iterator[None]:
    """Let one thread of one process compile kernels of a name: the others wait, and find its work on disk.

    Who has waited for longer than any compilation takes goes on: the other one may have been stopped.
    """
    with _one_thread, open(cache_directory() / f"{name}.lock", "w") as file:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.05)
            except OSError:  # a file system without locks
                break
        yield


def write_once(path: Path, text: str) -> None:
    """Write a file unless it is there with this text; whole or not at all, also when many ranks do it at once."""
    if path.exists() and path.read_text() == text:
        return
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    try:
        os.link(temporary, path)  # fails if another rank was first: its file keeps its time stamp
    except OSError:
        # Or the file is damaged, by a full disk say, or this file system has no hard links.
        if not path.exists() or path.read_text() != text:
            os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def load_module(name: str, source: str) -> ModuleType:
    """Import generated source from the cache folder, beside which Numba keeps the compiled code."""
    name = f"esim_generated_{name}"
    if name not in sys.modules:
        path = cache_directory() / f"{name}.py"
        write_once(path, source)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
    return sys.modules[name]
