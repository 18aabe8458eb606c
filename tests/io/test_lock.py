"""One run at a time in a directory; what a dead or lost one has left does not keep others out."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest
from support.commands import settings, write_pond

from esim.cli.run import main
from esim.errors import InputError, MachineError
from esim.io import lock
from esim.io.lock import NAME, claim
from esim.io.writer import Writer
from esim.supervision import processes


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A heart that beats quickly."""
    monkeypatch.setattr(lock, "BEAT", 0.02)
    monkeypatch.setattr(lock, "WATCHED", 0.5)


@pytest.fixture
def no_flock(monkeypatch):
    """A file system without locks."""
    monkeypatch.setattr(lock, "_locked", lambda handle: None)


def left_by(directory, **owner) -> None:
    directory.mkdir()
    (directory / NAME).write_text(json.dumps(owner))


def test_a_live_run_is_named_and_keeps_others_out(tmp_path):
    with claim(tmp_path / "out"), pytest.raises(InputError, match=rf"process {os.getpid()} on .* is writing"):
        with claim(tmp_path / "out"):
            pass
    assert not [*(tmp_path / "out").iterdir()]
    with claim(tmp_path / "out"):
        pass


def test_without_locks_the_owner_is_asked_for(no_flock, tmp_path):
    """A live process of this machine keeps others out; a dead one, or another with its number, does not."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    start = processes.find(child.pid).start
    here = {"machine": processes.machine(), "pid": child.pid}
    left_by(tmp_path / "live", start=start, **here)
    with pytest.raises(InputError, match=f"process {child.pid} on"), claim(tmp_path / "live"):
        pass
    left_by(tmp_path / "another", start=start - 5, **here)
    with claim(tmp_path / "another"):
        assert json.loads((tmp_path / "another" / NAME).read_text())["pid"] == os.getpid()
    child.communicate(b"\n")
    with claim(tmp_path / "live"):
        pass


def test_an_owner_on_another_machine_is_alive_while_its_file_changes(tmp_path, caplog):
    out, done = tmp_path / "out", threading.Event()
    left_by(out, machine="elsewhere 1 2", pid=7, start=1)

    def beat():
        while not done.wait(0.05):
            os.utime(out / NAME)

    thread = threading.Thread(target=beat)
    thread.start()
    with pytest.raises(InputError, match="process 7 on elsewhere"), claim(out):
        pass
    done.set()
    thread.join()
    with claim(out):
        pass
    assert "was left locked by a run (process 7 on elsewhere); watching" in caplog.text


def wait_for_trouble(mine) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        mine()
        time.sleep(0.01)


def test_a_lost_directory_is_known_at_the_next_step(tmp_path, monkeypatch):
    """Moved away, replaced by another one, or with errors that stay; a file that was cleaned up is made anew."""
    with claim(tmp_path / "out") as mine:
        (tmp_path / "out" / NAME).unlink()
        until = time.monotonic() + 20
        while not (tmp_path / "out" / NAME).exists() and time.monotonic() < until:
            time.sleep(0.01)
        mine()
        (tmp_path / "out").rename(tmp_path / "gone")
        (tmp_path / "out").mkdir()
        with pytest.raises(MachineError, match="cannot write into .*out any more: it has gone"):
            wait_for_trouble(mine)
    monkeypatch.setattr(os, "utime", lambda path: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    with claim(tmp_path / "bad") as mine, pytest.raises(MachineError, match="any more: Input/output error"):
        wait_for_trouble(mine)


def test_the_command_ends_when_its_directory_vanishes(tmp_path, capsys):
    """Nothing is due to be written for simulated days."""
    out = tmp_path / "out"

    def vanish():
        while not (out / NAME).exists() or not [*out.glob(".fields*")]:
            time.sleep(0.01)
        out.rename(tmp_path / "gone")

    thread = threading.Thread(target=vanish, daemon=True)
    thread.start()
    long = settings("run.backend=numpy", "time.duration=300 d", "output.fields.every=200 d", "stations=[]")
    assert main([str(write_pond(tmp_path)), "--output", str(out), "--quiet", *long]) == 4
    thread.join()
    err = capsys.readouterr().err
    assert "output.directory: cannot write into" in err and "it has gone" in err and "Traceback" not in err


# ------------------------------------------------------------------ the thread that writes


def test_a_writer_that_cannot_start_says_so(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(MachineError, match="cannot start the thread that writes .*ulimit"):
        Writer()


def test_any_failure_of_the_writer_is_known_at_the_next_check():
    def fail(error):
        raise error

    for error, said in ((OSError(28, "No space left"), "No space left"), (SystemExit(3), "SystemExit: 3")):
        writer = Writer()
        writer.put(fail, error)
        with pytest.raises(MachineError, match=said):
            writer.flush()
        with pytest.raises(MachineError, match=said):
            writer.check()
        with pytest.raises(MachineError, match=said):
            writer.close()


def test_a_writer_whose_thread_has_died_does_not_block(monkeypatch):
    """With a full queue, nobody takes anything out of it any more."""
    monkeypatch.setattr("esim.io.writer.LOOK", 0.01)
    monkeypatch.setattr(Writer, "_run", lambda self: None)
    writer = Writer(depth=1)
    writer._thread.join()
    for call in (lambda: writer.put(print), writer.check, writer.flush, writer.close):
        with pytest.raises(MachineError, match="the thread that writes has ended"):
            call()
