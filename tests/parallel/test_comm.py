"""Ranks: in threads, and as launchers start them."""

import os
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from esim.errors import MachineError
from esim.parallel.comm import LAUNCHERS, RANK_ONLY, connect, launched_ranks, run_ranks


def test_ranks_in_threads_know_mpis_words():
    def work(comm):
        assert comm.allgather(comm.rank**2) == [0, 1, 4, 9]
        assert comm.bcast("root" if comm.rank == 2 else None, root=2) == "root"
        assert comm.gather(comm.rank, root=3) == ([0, 1, 2, 3] if comm.rank == 3 else None)
        assert comm.allreduce_max(float(-comm.rank)) == 0.0
        got = np.zeros((2, 3))
        comm.send(np.full((2, 3), comm.rank), (comm.rank + 1) % 4, 7)
        comm.recv(got, (comm.rank - 1) % 4, 7)
        comm.barrier()
        return got[0, 0]

    assert run_ranks(4, work) == [3, 0, 1, 2]


def test_one_rank_that_fails_ends_the_others_with_its_error():
    def work(comm):
        if comm.rank == 1:
            raise ValueError("rank one")
        comm.barrier()

    with pytest.raises(ValueError, match="rank one"):
        run_ranks(3, work)


def test_a_message_that_never_comes_is_a_machine_error():
    with pytest.raises(MachineError, match="rank 0: no message from rank 1 with tag 5"):
        run_ranks(2, lambda comm: comm.recv(np.zeros(1), 1, 5) if comm.rank == 0 else None, timeout=0.1)


@pytest.fixture
def alone(monkeypatch):
    """No sign of a launcher in the environment."""
    for name in [*os.environ]:
        if name in (*LAUNCHERS, *RANK_ONLY) or name.startswith(("SLURM_", "PMI")):
            monkeypatch.delenv(name)
    return monkeypatch


def test_launchers_are_recognised(alone):
    assert launched_ranks() == 0
    for name in LAUNCHERS:
        with alone.context() as m:
            m.setenv(name, "4")
            assert launched_ranks() == 4
    for name in RANK_ONLY:
        with alone.context() as m:
            m.setenv(name, "3")
            assert launched_ranks() == 1
    alone.setenv("SLURM_NTASKS", "8")
    alone.setenv("SLURM_PROCID", "0")
    assert launched_ranks() == 0  # the batch script itself
    alone.setenv("SLURM_STEP_ID", "0")
    alone.setenv("SLURM_STEP_NUM_TASKS", "6")
    assert launched_ranks() == 6


def test_without_a_launcher_mpi_is_not_loaded(alone):
    alone.setitem(sys.modules, "mpi4py", None)  # importing it would fail
    comm = connect()
    assert (comm.rank, comm.size, comm.local_rank, comm.local_size) == (0, 1, 0, 1)


class LonelyComm:
    """COMM_WORLD of an MPI library that does not understand the launcher."""

    def Get_size(self):  # noqa: N802
        return 1


def test_a_launcher_and_a_library_that_do_not_match_are_an_error(alone):
    mpi = SimpleNamespace(COMM_WORLD=LonelyComm(), Get_library_version=lambda: "Other MPI 1.0, more\n")
    alone.setitem(sys.modules, "mpi4py", SimpleNamespace(MPI=mpi))
    alone.setenv("PMI_SIZE", "4")
    with pytest.raises(MachineError, match=r"started 4 ranks, but MPI \(Other MPI 1.0\) sees one"):
        connect()


def test_a_launcher_without_any_mpi_library_is_an_error(alone):
    alone.setitem(sys.modules, "mpi4py", None)
    alone.setenv("OMPI_COMM_WORLD_SIZE", "2")
    with pytest.raises(MachineError, match="no MPI library could be loaded"):
        connect()
    alone.setenv("OMPI_COMM_WORLD_SIZE", "1")
    assert connect().size == 1


def test_the_command_tells_of_the_mismatch_and_ends_with_4(alone, tmp_path):
    pytest.importorskip("mpi4py.MPI", reason="needs an MPI library")
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("scenario: tsunami\n")
    command = [sys.executable, "-m", "esim.cli.run", str(scenario)]
    # A variable of another MPI than the one that is loaded: exactly what a wrong mpirun leaves.
    other = "PALS_SIZE"
    ran = subprocess.run(command, env=os.environ | {other: "4"}, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 4 and ran.stderr.count("\n") == 1
    assert re.match("esim-run: the launcher started 4 ranks, but MPI .* sees one: ", ran.stderr)
