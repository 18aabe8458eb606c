"""Nothing hangs: a rank that raises, is killed or is stopped ends the job; a busy or a suspended one does not."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.commands import command, write_pond

from esim.parallel.comm import SerialComm, run_ranks
from esim.supervision import processes, watchdog
from esim.supervision.peers import Peers
from esim.supervision.pulse import OUTPUT, START, STEP, Pulse
from esim.supervision.signal_pipe import INTERRUPTED, SECOND_TERM, SignalPipe
from esim.supervision.watchdog import LEAST, SLOWER, Watchdog


@pytest.fixture
def wall(monkeypatch):
    """Wall-clock time that the test turns, and disks that nobody uses."""
    time_now = [1000.0]
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: time_now[0])
    monkeypatch.setattr(processes, "disk_bytes", lambda: 0)
    return time_now


@pytest.fixture
def watched(wall):
    """A watchdog that is not started, and its pulse."""
    pulse = Pulse()
    dog = Watchdog(SerialComm(), launched=False, pulse=pulse)
    dog.look()
    yield dog, pulse
    dog.stop()


def seconds_until_alarm(dog: Watchdog, wall: list[float], most: float = 1e5) -> float:
    """How long a watchdog that looks every second is quiet."""
    begun = wall[0]
    while not dog.look():
        assert wall[0] < begun + most
        wall[0] += 1
    return wall[0] - begun


@pytest.mark.parametrize(("phase", "times"), [(START, 6), (STEP, 1), (OUTPUT, 3)])
@pytest.mark.parametrize(("slowest", "limit"), [(0.1, LEAST), (100.0, SLOWER * 100)])
def test_the_limit_follows_the_phase_and_the_slowest_step(watched, wall, phase, times, slowest, limit):
    dog, pulse = watched
    pulse.step(slowest)
    pulse.enter(phase)
    dog.look()
    assert seconds_until_alarm(dog, wall) == pytest.approx(times * limit, abs=2)


def test_a_key_sets_the_limit_and_any_sign_of_life_counts(watched, wall, monkeypatch):
    dog, pulse = watched
    dog.timeout, written = 20.0, [0]
    monkeypatch.setattr(processes, "disk_bytes", lambda: written[0])
    for sign in (lambda: pulse.step(1.0), pulse.sign, lambda: written.__setitem__(0, 4096)):
        pulse.enter(STEP)
        dog.look()
        wall[0] += 3
        sign()
        assert not dog.look()
        assert seconds_until_alarm(dog, wall) == pytest.approx(20, abs=2)


def test_time_in_which_the_process_was_suspended_does_not_count(watched, wall):
    dog, pulse = watched
    pulse.step(0.1)
    dog.look()
    wall[0] += 100_000
    assert not dog.look()
    assert seconds_until_alarm(dog, wall) == pytest.approx(LEAST, abs=3)


def test_the_slowest_step_is_forgotten_after_some_hundred_others():
    pulse = Pulse()
    pulse.step(50.0)
    for _ in range(700):
        pulse.step(0.1)
    assert pulse.slowest == 0.1 and pulse.steps == 701


def test_watchdogs_hear_each_other_and_nobody_else():
    """Two ranks as threads: each gets what the other sends, and not what comes without the secret."""

    def talk(comm):
        peers = Peers(comm)
        other = peers.all[1 - comm.rank]
        peers._socket.sendto(b"0" * 16 + b'{"from": 9}', (other.address, other.port))
        peers.send({"what": "ask"}, [other.rank])
        heard, until = [], time.monotonic() + 20
        while not heard and time.monotonic() < until:
            heard = peers.receive(0.1)[0]
        comm.barrier()
        peers.close()
        return heard

    assert run_ranks(2, talk) == [[{"from": 1, "what": "ask"}], [{"from": 0, "what": "ask"}]]


@pytest.mark.parametrize(
    ("came", "code"),
    [
        ({signal.SIGTERM: [0.0]}, 0),
        ({signal.SIGTERM: [0.0, 0.5, 2.9]}, 0),  # what launchers send at once is one
        ({signal.SIGTERM: [0.0, 3.5]}, SECOND_TERM),
        ({signal.SIGINT: [0.0]}, INTERRUPTED),  # long ago, and the main thread is still there
        ({signal.SIGUSR1: [0.0, 9.0]}, 0),
    ],
)
def test_which_signals_end_a_run_at_once(came, code):
    pipe = SignalPipe()
    pipe._came = came
    assert pipe.urgent() == code
    pipe.close()


# ------------------------------------------------------------------ the interpreter is blocked

BLOCKED = """
import ctypes, sys
from esim.cli import run
from esim.timestepping.simulation import Simulation

advance = Simulation.advance

def blocked(self):
    advance(self)
    if self.clock.step == 25:
        ctypes.PyDLL(None).sleep(100)  # unlike CDLL it keeps the lock of the interpreter

Simulation.advance = blocked
sys.exit(run.main())
"""


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="the guard needs a signal of its own")
def test_a_rank_whose_interpreter_is_blocked_ends_with_its_stacks(tmp_path):
    (tmp_path / "blocked.py").write_text(BLOCKED)
    given = [sys.executable, tmp_path / "blocked.py", write_pond(tmp_path), "--output", tmp_path / "out"]
    more = "--quiet --set run.backend=numpy --set run.stall_timeout=2s --set time.duration=1h"
    ran = subprocess.run([*given, *more.split()], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 4 and " in blocked\n" in ran.stderr, ran.stderr
    said = r"esim-run: the interpreter was blocked for (4|24) s by a call that .* \(run\.stall_timeout\); the run "
    assert re.match(said, ran.stderr.splitlines()[-1]), ran.stderr  # 24 s where steps had just begun


@pytest.mark.long
def test_a_rank_that_was_suspended_is_not_taken_for_blocked(tmp_path):
    """Nor are stacks printed."""
    out = tmp_path / "out"
    long = ["--set", "time.duration=10 d", "--set", "output.fields=null", "--set", "run.stall_timeout=2 s"]
    given = command(write_pond(tmp_path), "--output", out, "--quiet", "--set", "run.backend=numpy", *long)
    process = subprocess.Popen(given, stderr=subprocess.PIPE, text=True)
    try:
        while not (out / ".run_files.json").exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGSTOP)
        time.sleep(8)
        process.send_signal(signal.SIGCONT)
        time.sleep(3)
        process.send_signal(signal.SIGTERM)
        error = process.communicate(timeout=30)[1]
        assert process.returncode == 75 and error.startswith("esim-run: stopped on request"), error
    finally:
        process.kill()


# ------------------------------------------------------------------ two ranks

FAULTS = """
import os, signal, sys
from pathlib import Path
from esim.cli import run
from esim.timestepping.simulation import Simulation

how, rank = sys.argv[1], int(os.environ.get("PMI_RANK", os.environ.get("OMPI_COMM_WORLD_RANK", "0")))
advance = Simulation.advance

def faulty(self):
    advance(self)
    if rank == 1 and self.clock.step == 25:
        if how == "raise":
            raise ValueError("a fault of rank 1")
        os.kill(os.getpid(), signal.SIGSTOP if how == "stop" else signal.SIGKILL)

run.PATIENCE = 1.0
Simulation.advance = faulty
sys.exit(run.main(sys.argv[2:]))
"""


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        ("raise", 4, "esim-run (rank 1 of 2): ValueError: a fault of rank 1"),
        ("kill", 9, ""),
        ("stop", 4, "did not answer: stopped, or lost with its machine; the run ends; resume with --resume, from the "
         "checkpoint of step "),
    ],
)  # fmt: skip
def test_a_rank_that_fails_ends_the_job(how, code, said, tmp_path):
    """Within run.stall_timeout and what the watchdogs need to ask each other, however busy the machine is."""
    (tmp_path / "faulty.py").write_text(FAULTS)
    config = ["--set", "run.backend=numpy", "--set", "output.checkpoint={every: 60 s}"]
    more = ["--set", "run.stall_timeout=6 s", "--set", "time.duration=1 h", "--output", tmp_path / "out"]
    mpirun = Path(sys.executable).parent / "mpirun"
    if not mpirun.exists():
        pytest.skip("there is no mpirun beside this Python")
    given = [mpirun, "-n", "2", sys.executable, tmp_path / "faulty.py", how, write_pond(tmp_path)]
    ran = subprocess.run(
        [*map(str, given), *config, *map(str, more), "--quiet"], capture_output=True, text=True, timeout=120
    )
    assert ran.returncode in (code, 128 + code) and said in ran.stderr, ran.stderr
    if how == "stop":
        assert "rank 1 (process" in ran.stderr and "Python stacks:" in ran.stderr
        assert "in finish" in ran.stderr  # the exchange of halos, where rank 0 waits
    left = until_gone(str(tmp_path / "out"))
    assert not left


def until_gone(word: str) -> list[int]:
    """Processes with a word in their command line, as soon as there are none, or after a while."""
    until = time.monotonic() + 20
    while (found := having(word)) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def having(word: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
        except OSError:
            continue
        if word in words and processes.find(int(folder.name)):
            found.append(int(folder.name))
    return found


@pytest.mark.mpi
def test_ranks_end_with_the_process_that_started_them(tmp_path):
    """MPICH's proxy is killed; without a word its ranks computed on, and their lock refused the resume."""
    mpirun = Path(sys.executable).parent / "mpirun"
    if not mpirun.exists() or "hydra" not in subprocess.run([mpirun, "--version"], capture_output=True, text=True).stdout.lower():  # fmt: skip # noqa: E501
        pytest.skip("needs MPICH's mpirun beside this Python")
    out = tmp_path / "out"
    run = command(write_pond(tmp_path), "--output", out, "--set", "run.backend=numpy", "--quiet")
    long = ["--set", "time.duration=10 d", "--set", "output.fields=null"]
    process = subprocess.Popen(
        [mpirun, "-n", "2", *run, *long], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 60
        while not out.exists() and time.monotonic() < until:
            time.sleep(0.05)
        (proxy,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        Path(f"/proc/{proxy}/stat").read_text()
        subprocess.run(["kill", "-9", proxy], check=True)
        process.wait(60)
        assert until_gone(str(out)) == []
    finally:
        process.kill()
        for pid in having(str(out)):
            subprocess.run(["kill", "-9", str(pid)])
