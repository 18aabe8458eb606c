"""Which process is that, and is it still there? A number alone is soon given to another one: the start time tells.

Reads /proc, and knows nothing where there is none.
"""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
ENDED = ("Z", "X")  # states of a process that has ended and is still listed


@dataclass(frozen=True)
class Process:
    """A process: its number, its start [clock ticks since boot], its name and the number of its parent."""

    pid: int
    start: int
    name: str
    parent: int

    @property
    def alive(self) -> bool:
        """Whether this very process is still there."""
        now = find(self.pid)
        return now is not None and now.start == self.start


def find(pid: int) -> Process | None:
    """The process of a number; None if there is none, or if it has ended."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The name stands in parentheses, and may have blanks and parentheses in it.
    before, _, after = text.rpartition(")")
    fields = after.split()
    if fields[0] in ENDED:
        return None
    return Process(pid, int(fields[19]), before.partition("(")[2], int(fields[1]))


def ancestors() -> list[Process]:
    """Parent of this process, its parent and so on, as far as they can be seen."""
    found: list[Process] = []
    process = find(os.getppid())
    while process is not None and process.pid > 1:
        found.append(process)
        process = find(process.parent)
    return found


def threads(pid: int) -> int:
    """Number of threads of a process; 0 where that is not known."""
    try:
        return len(list((PROC / str(pid) / "task").iterdir()))
    except OSError:
        return 0


def machine() -> str:
    """What tells this machine from others, since it was booted, and containers with processes of their own."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        boot = namespace = ""
    return f"{socket.gethostname()} {boot} {namespace}"


def disk_bytes() -> int:
    """Bytes that this process has read from disks and files of networks or written there so far; 0 if not known."""
    try:
        lines = (PROC / "self/io").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("read_bytes", "write_bytes")))
