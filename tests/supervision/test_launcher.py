"""Whom does a rank depend on? Not on shells, and not on a terminal."""

import os
import subprocess
import sys

import pytest

from esim.supervision import processes
from esim.supervision.launcher import LauncherWatch, find_launchers
from esim.supervision.processes import Process


def chain(*names: str) -> list[Process]:
    """Ancestors of these names, the parent first."""
    return [Process(100 + n, 1, name, 101 + n) for n, name in enumerate(names)]


@pytest.mark.parametrize(
    ("ancestors", "wanted"),
    [
        (["hydra_pmi_proxy", "mpirun", "bash", "sshd"], ["hydra_pmi_proxy", "mpirun"]),
        (["bash", "hydra_pmi_proxy", "mpiexec.hydra"], ["hydra_pmi_proxy", "mpiexec.hydra"]),
        (["prterun", "bash", "mpirun"], ["prterun"]),
        (["orted", "sshd"], ["orted"]),
        (["slurmstepd"], ["slurmstepd"]),
        (["starter", "bash"], ["starter"]),  # unknown: the parent
        ([], []),
    ],
)
def test_the_nearest_known_launcher_is_watched(ancestors, wanted):
    assert [process.name for process in find_launchers(chain(*ancestors))] == wanted


def test_a_run_without_a_launcher_watches_nobody():
    """Its shell may end, as after nohup, setsid or disown."""
    assert LauncherWatch(launched=False).launchers == ()


def test_a_process_is_known_by_its_start_too():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    found = processes.find(child.pid)
    assert found is not None and found.parent == os.getpid() and found.alive
    assert not Process(found.pid, found.start - 1, found.name, found.parent).alive
    child.communicate(b"\n")
    assert not found.alive and processes.find(child.pid) is None


def test_the_ancestors_lead_to_the_first_process():
    found = processes.ancestors()
    assert found[0].pid == os.getppid()
    assert all(above.pid == below.parent for below, above in zip(found, found[1:], strict=False))
