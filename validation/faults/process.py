"""How are runs started, found and ended? By the command line; each is known by its output directory."""

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 240.0  # s that a run may take, on a busy machine
ENDING = 20.0  # s in which all processes of a run must end after its launcher
LOOK = 0.01  # s between two looks
SENTENCE = re.compile(r"^esim-run(?: \(rank \d+ of \d+\))?: (?!warning:|Python stacks)(.+)$", re.MULTILINE)


def command(config: Path, output: Path, ranks: int, *more: str) -> list[str]:
    """esim-run of this checkout, under mpirun beside this Python for several ranks."""
    run = [sys.executable, "-m", "esim.cli.run", str(config), "--quiet", "--output", str(output), *more]
    launcher = [str(Path(sys.executable).parent / "mpirun"), "-n", str(ranks)]
    return [*launcher, *run] if ranks > 1 else run


def processes(output: Path, ranks_only: bool = False) -> list[int]:
    """Processes of the run that writes into a directory, its launcher among them unless only ranks are wanted."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            ours = str(output).encode() in words and state not in "ZX"
            if ours and not (ranks_only and words[0].endswith(b"mpirun")):
                found.append(int(folder.name))
    return sorted(found)


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def send(number: signal.Signals, pids: Sequence[int]) -> None:
    """Send a signal to processes, as far as they are still there."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


@dataclass
class Ended:
    """How a run has ended: exit code (None: not within LIMIT), seconds, what it said, processes that stayed."""

    code: int | None
    seconds: float
    said: str
    left: list[int] = field(default_factory=list)

    @property
    def sentences(self) -> set[str]:
        """The different messages of errors."""
        return set(SENTENCE.findall(self.said))

    @property
    def traceback(self) -> bool:
        """Whether it ended with a traceback; one of Python itself, interrupted before it ran esim, does not count."""
        early = "KeyboardInterrupt" in self.said and "in supervise" not in self.said
        return "Traceback (most recent call last)" in self.said and not early


def run(
    given: Sequence[str],
    output: Path,
    environment: Mapping[str, str] | None = None,
    act: Callable[[int], None] | None = None,
) -> Ended:
    """Run a command to its end; act(pid) strikes at it when it thinks it is time, and returns."""
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    logs = (output.with_name(f"{output.name}_{n}.log") for n in itertools.count(1))
    log = next(path for path in logs if not path.exists())
    begun = time.monotonic()
    with log.open("w") as stream:
        process = subprocess.Popen(
            given,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": paths} | dict(environment or {}),
        )
        if act is not None:
            act(process.pid)
        try:
            code: int | None = process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            code = None
            process.kill()
    seconds = time.monotonic() - begun
    left = [] if code is None else _left(output)
    send(signal.SIGKILL, processes(output))
    process.wait()
    return Ended(code, seconds, log.read_text(errors="replace"), left)


def _left(output: Path) -> list[int]:
    """Processes of a run that are still there some time after its launcher has ended."""
    begun = time.monotonic()
    while (found := processes(output)) and time.monotonic() - begun < ENDING:
        time.sleep(10 * LOOK)
    return found


def wait_for(condition: Callable[[], bool], pid: int, seconds: float = LIMIT) -> bool:
    """Wait until a condition holds; False if the process has ended or too much time has passed."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if condition():
            return True
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state == "Z":
            return False
        time.sleep(LOOK)
    return False
