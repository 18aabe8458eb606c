"""What is done to a run at its moment? Signals to its processes, and to its directory what administrators do."""

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from esim.supervision.signal_pipe import TWICE
from esim.validation.faults.process import children, processes, send

APART = 4.0  # s between two SIGTERM that are both meant
Strike = Callable[[int, Path, random.Random], None]


def kill_rank(pid: int, output: Path, chance: random.Random) -> None:
    """SIGKILL to one rank."""
    send(signal.SIGKILL, [chance.choice(processes(output, ranks_only=True) or [pid])])


def kill_ranks(pid: int, output: Path, chance: random.Random) -> None:
    """SIGKILL to all ranks."""
    send(signal.SIGKILL, processes(output, ranks_only=True) or [pid])


def kill_launcher(pid: int, output: Path, chance: random.Random) -> None:
    """SIGKILL to mpirun."""
    send(signal.SIGKILL, [pid])


def kill_proxy(pid: int, output: Path, chance: random.Random) -> None:
    """SIGKILL to what mpirun has started, which has started the ranks."""
    send(signal.SIGKILL, children(pid) or [pid])


def stop_rank(pid: int, output: Path, chance: random.Random) -> None:
    """SIGSTOP to one rank."""
    send(signal.SIGSTOP, [chance.choice(processes(output, ranks_only=True) or [pid])])


def term(pid: int, output: Path, chance: random.Random) -> None:
    """SIGTERM to the command, which mpirun passes on."""
    send(signal.SIGTERM, [pid])


def usr1(pid: int, output: Path, chance: random.Random) -> None:
    """SIGUSR1 to all ranks, as a batch system sends it."""
    send(signal.SIGUSR1, processes(output, ranks_only=True) or [pid])


def interrupt(pid: int, output: Path, chance: random.Random) -> None:
    """SIGINT, as Ctrl-C."""
    send(signal.SIGINT, [pid])


def term_twice(pid: int, output: Path, chance: random.Random) -> None:
    """SIGTERM twice to all ranks within a moment, as launchers and batch systems may send it."""
    for _ in range(2):
        send(signal.SIGTERM, processes(output, ranks_only=True))
        time.sleep(0.2)


def term_leaving(pid: int, output: Path, chance: random.Random) -> None:
    """SIGTERM to all ranks, again and again, for less time than makes a second one urgent."""
    until = time.monotonic() + TWICE / 2
    while (ranks := processes(output, ranks_only=True)) and time.monotonic() < until:
        send(signal.SIGTERM, ranks)
        time.sleep(0.002)


def term_stopped(pid: int, output: Path, chance: random.Random) -> None:
    """SIGTERM twice to the ranks that wait for one that is stopped."""
    stopped, *others = processes(output, ranks_only=True) or [pid]
    send(signal.SIGSTOP, [stopped])
    for _ in range(2):
        send(signal.SIGTERM, others)
        time.sleep(APART)


def vanish(pid: int, output: Path, chance: random.Random) -> None:
    """Rename the output directory."""
    output.rename(away(output))


def away(output: Path) -> Path:
    """Where a directory is that was made to vanish."""
    return output.with_name(output.name + ".away")


def flip_bit(output: Path, chance: random.Random) -> str:
    """Flip a bit of one file of a directory; returns which. Kinds of files are as likely as each other."""
    kinds: dict[str, list[Path]] = {}
    for path in sorted(output.rglob("*")):
        if path.is_file() and path.stat().st_size:
            kind = "".join("N" if letter.isdigit() else letter for letter in str(path.relative_to(output)))
            kinds.setdefault(kind, []).append(path)
    path = chance.choice(kinds[chance.choice(sorted(kinds))])
    data = bytearray(path.read_bytes())
    where = chance.randrange(len(data))
    data[where] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    return f"{path.relative_to(output)}, byte {where} of {len(data)}"


ACTS: dict[str, Strike] = {
    act.__name__: act
    for act in (
        kill_rank,
        kill_ranks,
        kill_launcher,
        kill_proxy,
        stop_rank,
        term,
        usr1,
        interrupt,
        term_twice,
        term_leaving,
        term_stopped,
        vanish,
    )
}
