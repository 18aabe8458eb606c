"""Kernels are compiled side by side: helpers write what this process loads, and where one fails it does the work."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import cloudpickle

from esim.backends import kernel_cache
from esim.backends.cpu import compilation, compile_helper
from esim.backends.cpu.backend import CpuBackend
from esim.backends.cpu.compilation import Compilation
from esim.backends.cpu.compile_helper import BUSY, DONE, FAILED, Helper
from esim.kernels.kernel import replace
from esim.kernels.ocean import seafloor


class Loop:
    """Stands for a loop: compiling it writes a file, by which others find it."""

    def __init__(self, name: str, folder: Path, seconds: float = 0.0, cost: int = 1) -> None:
        self.name, self.folder, self.seconds, self.cost = name, folder, seconds, cost

    def is_kept(self) -> bool:
        return (self.folder / self.name).exists()

    def compile(self) -> str:
        if not self.is_kept():
            time.sleep(self.seconds)
            (self.folder / self.name).write_text(str(os.getpid()))
        return (self.folder / self.name).read_text()


class Broken(Loop):
    """One that no helper can compile."""

    def compile(self) -> str:
        if os.getpid() != int((self.folder / "pid").read_text()):
            raise ValueError("not here")
        return super().compile()


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Iterator[Path]:
    """A cache of this process and its helpers."""
    monkeypatch.setenv("ESIM_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(kernel_cache, "cache_directory", kernel_cache.cache_directory.__wrapped__)
    monkeypatch.setattr(compile_helper, "cache_directory", kernel_cache.cache_directory)
    kernel_cache.cache_directory().mkdir(exist_ok=True)
    (tmp_path / "pid").write_text(str(os.getpid()))
    # A helper cannot import this file: what it is asked to compile goes to it as a whole.
    here = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(here)
    yield tmp_path
    cloudpickle.unregister_pickle_by_value(here)


def ask(helper: Helper, *loops: Any) -> list[bytes]:
    return [helper.ask(loop) for loop in loops]


@pytest.mark.long
def test_helpers_and_this_process_share_the_work(cache):
    compiling = Compilation(processes=2)
    codes = [compiling.need(Loop(f"loop{n}", cache, seconds=1.0)) for n in range(4)]
    assert codes[0] is compiling.need(Loop("loop0", cache))
    end = time.monotonic() + 60
    while not (cache / "loop0").exists() and time.monotonic() < end:
        time.sleep(0.05)  # the helper starts, and this process has other things to do
    compiling.finish()
    found = [code.get() for code in codes]
    assert found[0] != str(os.getpid()) and str(os.getpid()) in found and len(set(found)) == 2


def test_a_helper_compiles_what_cannot_be_imported_and_a_second_process_finds_it(cache):
    arrays = {"q": np.zeros((3, 8, 8)), "bed": np.zeros((1, 8, 8)), "rows": np.zeros((9, 8))}
    backend = CpuBackend(np.dtype("float64"))
    (stage,) = seafloor.COURANT_RATE.stages
    kernel = seafloor.COURANT_RATE._replace(
        name="copied", stages=(stage._replace(body=replace(stage.body, {})),)
    )
    launch = backend.bind(kernel, ((1, 7), (1, 7)), arrays | {"speed": np.zeros((1, 8, 8))})
    (code,) = backend._compilation._codes.values()
    with Helper() as helper:
        assert ask(helper, code.loop) == [DONE]
    assert code.result is None and code.loop.is_kept()
    before = {path: path.stat().st_mtime_ns for path in (cache / "esim").glob("*.code")}
    assert len(before) == 1
    launch(backend.constants((9.81, 0.0, 1.0, 0.01)))
    assert code.result is not None
    assert {path: path.stat().st_mtime_ns for path in (cache / "esim").glob("*.code")} == before


def test_what_a_helper_cannot_do_is_done_here(cache, monkeypatch):
    compiling = Compilation(processes=2)
    code = compiling.need(Broken("broken", cache))
    compiling.finish()
    assert code.get() == str(os.getpid())
    with Helper() as helper:
        assert ask(helper, Broken("again", cache), threading.Lock()) == [FAILED, FAILED]

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError("no processes here")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    compiling = Compilation(processes=4)
    codes = [compiling.need(Loop(name, cache)) for name in "abc"]
    compiling.finish()
    assert [code.get() for code in codes] == [str(os.getpid())] * 3


def test_a_helper_that_ends_leaves_its_work(cache, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/true")
    compiling = Compilation(processes=2)
    codes = [compiling.need(Loop(name, cache)) for name in "abc"]
    compiling.finish()
    assert [code.get() for code in codes] == [str(os.getpid())] * 3
    with pytest.raises((EOFError, BrokenPipeError)), Helper():
        pass


def test_a_helper_with_another_cache_is_sent_away(cache, monkeypatch):
    monkeypatch.setattr(compile_helper, "cache_directory", lambda: Path("/somewhere/else"))
    with pytest.raises(EOFError, match="another cache"), Helper():
        pass


def test_what_another_process_compiles_is_left_to_it(cache):
    loop, other = Loop("loop", cache, cost=9), Loop("other", cache)
    compiling = Compilation(processes=1)
    order = []
    with kernel_cache._lock_file(cache / "esim" / "loop.lock") as file:
        kernel_cache.fcntl.flock(file, kernel_cache.fcntl.LOCK_EX)
        codes = [compiling.need(loop), compiling.need(other)]
        with Helper() as helper:
            assert ask(helper, loop) == [BUSY]

        def end() -> None:
            while codes[1].result is None:
                time.sleep(0.01)
            order.append("the other one first")
            (cache / "loop").write_text("by another process")
            kernel_cache.fcntl.flock(file, kernel_cache.fcntl.LOCK_UN)

        thread = threading.Thread(target=end)
        thread.start()
        compiling.finish()
        thread.join()
    assert order and codes[0].get() == "by another process" and codes[1].get() == str(os.getpid())


def test_a_process_that_was_stopped_does_not_stop_the_others(cache, monkeypatch):
    monkeypatch.setattr(compilation, "PATIENCE", 0.1)
    compiling = Compilation(processes=1)
    with kernel_cache._lock_file(cache / "esim" / "loop.lock") as file:
        kernel_cache.fcntl.flock(file, kernel_cache.fcntl.LOCK_EX)
        code = compiling.need(Loop("loop", cache))
        compiling.finish()
    assert code.get() == str(os.getpid())


def test_an_error_of_compiling_is_raised_where_the_code_is_needed(cache):
    class Wrong(Loop):
        def compile(self) -> str:
            raise ValueError("cannot be compiled")

    compiling = Compilation(processes=1)
    compiling.need(Wrong("wrong", cache))
    with pytest.raises(ValueError, match="cannot be compiled"):
        compiling.finish()


def test_the_number_of_processes_follows_the_threads_unless_it_is_said(monkeypatch):
    monkeypatch.delenv("ESIM_COMPILE_PROCESSES", raising=False)
    assert [compilation.processes_for(threads) for threads in (1, 2, 64)] == [1, 2, compilation.PROCESSES]
    monkeypatch.setenv("ESIM_COMPILE_PROCESSES", "1")
    assert compilation.processes_for(64) == 1
    monkeypatch.setenv("ESIM_COMPILE_PROCESSES", "many")
    assert compilation.processes_for(2) == 2
