"""How do the watchdogs of ranks talk while MPI is stuck? By datagrams, which need no thread of MPI and no connection.

Each has an address that was exchanged by MPI at the start, and takes only what bears the secret of the run.
"""

import json
import os
import secrets
import select
import socket
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from esim.parallel.comm import Comm
from esim.supervision import processes

SECRET_BYTES = 16
LARGEST = 60_000  # bytes of a datagram
LATER = 2  # s
QUIET: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
NOWHERE = ("192.0.2.1", 9)  # an address for documentation (RFC 5737): asked for a route, never sent to
Message = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """Where a rank runs, and where its watchdog listens: address is empty if others cannot reach it."""

    rank: int
    machine: str
    pid: int
    start: int
    address: str
    port: int

    @property
    def alive(self) -> bool:
        """Whether its process, on this machine, is still there."""
        process = processes.find(self.pid)
        return process is not None and process.start == self.start

    @property
    def host(self) -> str:
        """Name of its machine."""
        return self.machine.split(" ")[0]


class Peers:
    """All ranks, and a socket to the watchdogs of the others. Collective: to be made by all ranks alike."""

    def __init__(self, comm: Comm) -> None:
        self.rank = comm.rank
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        machine = processes.machine()
        together = len(set(comm.allgather(machine))) == 1
        self._socket.bind(("127.0.0.1" if together else "", 0))
        me = processes.find(os.getpid())
        mine = Peer(
            comm.rank,
            machine,
            os.getpid(),
            me.start if me else 0,
            "127.0.0.1" if together else own_address(),
            self._socket.getsockname()[1],
        )
        self.all = comm.allgather(mine)
        self._secret = comm.bcast(secrets.token_bytes(SECRET_BYTES))

    def send(self, message: Message, ranks: Iterable[int]) -> None:
        """Send a message to ranks; what cannot be sent is lost."""
        data = self._secret + json.dumps({"from": self.rank} | message).encode()
        for rank in ranks:
            peer = self.all[rank]
            if peer.address and len(data) <= LARGEST:
                with suppress(OSError):
                    self._socket.sendto(data, (peer.address, peer.port))

    def receive(self, seconds: float, also: int = -1) -> tuple[list[Message], bool]:
        """Messages that came, and whether the file descriptor `also` can be read; waits for either so long [s]."""
        watched = [self._socket.fileno(), *([also] if also >= 0 else [])]
        ready, _, _ = select.select(watched, [], [], max(0.0, seconds))
        messages: list[Message] = []
        while True:
            try:
                data = self._socket.recv(LARGEST + SECRET_BYTES)
            except OSError:  # there is no more
                return messages, also in ready
            if data.startswith(self._secret):
                messages.append(json.loads(data[SECRET_BYTES:]))

    def end_later(self, ranks: Iterable[int]) -> None:
        """Have the processes of ranks on this machine killed soon, such as those that are stopped.

        Not now: a launcher tells the exit code of the rank that ends first, which should be that of this one. Most
        launchers then end the others, but Slurm's only if it is told to (srun --kill-on-bad-exit).
        """
        here = [
            peer for peer in map(self.all.__getitem__, ranks) if peer.machine == self.all[self.rank].machine
        ]
        if left := [str(peer.pid) for peer in here if peer.rank != self.rank and peer.alive]:
            script = f"sleep {LATER}; kill -9 {' '.join(left)}"
            with suppress(OSError):
                subprocess.Popen(["/bin/sh", "-c", script], **QUIET)  # closes what a launcher watches

    def describe(self, rank: int) -> str:
        """A rank as part of a sentence."""
        peer = self.all[rank]
        return f"rank {rank} (process {peer.pid} on {peer.host})"

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def own_address() -> str:
    """An address at which other machines may reach this one; empty if none is known."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET, socket.SOCK_DGRAM)
        outside = [str(one[4][0]) for one in found if not str(one[4][0]).startswith("127.")]
        if outside:
            return outside[0]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(NOWHERE)
            return str(probe.getsockname()[0])
    except OSError:
        return ""
