"""Is the launcher that started this rank still there? A rank without one computes for nobody, and keeps its files."""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

from esim.supervision import processes
from esim.supervision.processes import Process

# What starts ranks on a node: MPICH and its relatives, Open MPI, Slurm, PALS, ALPS, LSF, Flux.
LAUNCHERS = (
    "hydra_",
    "mpiexec",
    "mpirun",
    "pmi_proxy",
    "prte",
    "orte",
    "slurmstepd",
    "pals",
    "apinit",
    "jsm",
    "flux-shell",
)
PR_SET_PDEATHSIG = 1


def find_launchers(ancestors: Sequence[Process]) -> tuple[Process, ...]:
    """Those that a rank depends on: the nearest known launcher and the known ones right above it, else the parent.

    Shells and wrappers between a launcher and its rank may come and go, and so may what lies above the launcher: a
    terminal, or a shell left by nohup or setsid.
    """
    names = [process.name.startswith(LAUNCHERS) for process in ancestors]
    if True not in names:
        return tuple(ancestors[:1])
    first = names.index(True)
    last = next((n for n in range(first, len(names)) if not names[n]), len(names))
    return tuple(ancestors[first:last])


class LauncherWatch:
    """The launchers of this rank; nobody is watched where it has none, as its parent may end when it likes."""

    def __init__(self, launched: bool) -> None:
        self.launchers = find_launchers(processes.ancestors()) if launched else ()
        # The kernel ends even a rank that is stopped. It minds the thread that started the rank, so only where that is
        # all of the parent can it be asked.
        parent = self.launchers[0] if self.launchers else None
        if parent is not None and parent.pid == os.getppid() and processes.threads(parent.pid) == 1:
            _die_with_parent()

    def missing(self) -> str:
        """The launcher that has gone, as part of a sentence; empty if all are there."""
        for one in self.launchers:
            if not one.alive:
                return f"{one.name}, process {one.pid}"
        return ""


def _die_with_parent() -> None:
    """Have the kernel send SIGKILL to this process when its parent ends; only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
