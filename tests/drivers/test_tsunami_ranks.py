"""Any number of ranks and threads computes the same, bit for bit; a rank that fails ends them all."""

import json
import re
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from support.scenes import (
    channel,
    checked,
    compute,
    configured,
    differing,
    japan,
    mpirun,
    observed,
    saved,
    written,
)

from esim.cli.run import guard
from esim.errors import InputError, NumericalError
from esim.parallel.comm import SerialComm, run_ranks
from esim.parallel.decomposition import decompose

SCENES = {"japan": japan, "channel": channel}


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """What one rank computes of each scene."""
    found: dict[str, dict[str, np.ndarray]] = {}

    def get(name: str) -> dict[str, np.ndarray]:
        if name not in found:
            found[name] = compute(SCENES[name](tmp_path_factory.mktemp(name) / "serial"))
        return found[name]

    return get


# ------------------------------------------------------------------ the same bits


def test_the_scenes_are_worth_comparing(serial):
    """There is land and sea, flooded land, waves, a moving bed, and gauges beside the edges of blocks."""
    for name, scene in SCENES.items():
        found = serial(name)
        ground, high = found["maxima.bathymetry"], found["maxima.eta_max"]
        land = ground > 0
        assert 0.03 < land.mean() < 0.5
        assert 0.3 < np.abs(found["stations.eta"]).max() < 20
        assert high[~land].max() > 1 and np.ptp(found["maxima.uplift"]) > 1
        assert np.isfinite(found["stations.eta"]).all()
        assert np.abs(found["fields.u"][-1]).max() > 0.01 and np.abs(found["fields.v"][-1]).max() > 0.01
        shared = 0
        grid = configured(scene(Path("unused"))).grid.build()
        blocks = decompose(grid.shape, 6, grid.periodic).blocks
        for station in configured(scene(Path("unused"))).stations:
            j, i = (int(np.floor(n)) for n in grid.index(*station.position))
            corners = [(j % grid.ny, i % grid.nx), (j + 1, i % grid.nx), (j % grid.ny, (i + 1) % grid.nx)]
            shared += len({n for n, block in enumerate(blocks) for c in corners if block.owns(*c)}) > 1
        assert shared >= 2
    assert configured(SCENES["channel"](Path("unused"))).run.adaptive


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("ranks", [3, *(pytest.param(ranks, marks=pytest.mark.long) for ranks in (2, 4, 6))])
def test_ranks_in_threads_equal_one_rank(name, ranks, serial, tmp_path):
    assert differing(compute(SCENES[name](tmp_path), ranks), serial(name)) == []


@pytest.mark.mpi
@pytest.mark.parametrize("ranks", [1, pytest.param(2, marks=pytest.mark.quick), 4])
def test_ranks_of_mpi_equal_one_rank(ranks, serial, tmp_path):
    scene = saved(japan(tmp_path / "out"), tmp_path)
    ran = mpirun(ranks, "-m", "esim.cli.run", scene, "--quiet")
    assert ran.returncode == 0, ran.stderr
    assert differing(written(tmp_path / "out"), serial("japan")) == []
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert record["decomposition"]["ranks"] == ranks


@pytest.mark.compile
def test_two_threads_equal_one(serial, tmp_path):
    assert differing(compute(japan(tmp_path, threads=2)), serial("japan")) == []


@pytest.mark.parametrize("name", [pytest.param("japan", marks=pytest.mark.long), "channel"])
def test_numpy_equals_the_compiled_bodies_over_a_whole_run(name, serial, tmp_path):
    assert differing(compute(SCENES[name](tmp_path, backend="numpy"), 2), serial(name)) == []


# ------------------------------------------------------------------ what goes wrong


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_nan_stops_the_run_where_it_is(ranks, tmp_path):
    scene = japan(tmp_path / "out")
    cfg = configured(scene)
    at = (9, 17)

    def poison(run, clock):
        ocean = run.oceans[0]
        block = ocean.block
        if clock.step == 19 and block.owns(*at):
            j, i = at[0] - block.j0 + block.halo, at[1] - block.i0 + block.halo
            ocean.plan.state()[1, j, i] = np.nan

    with pytest.raises(NumericalError) as failure:
        run_ranks(ranks, lambda comm: observed(cfg, comm, poison))
    assert failure.value.exit_code == 3
    found = re.fullmatch(
        r"step 20, t = ([\d.]+) s: (zeta|hu|hv) is nan at cell j = (\d+), i = (\d+), lon = ([\d.]+), lat = ([\d.]+)",
        str(failure.value),
    )
    assert found is not None, str(failure.value)
    j, i = int(found[3]), int(found[4])
    assert abs(j - at[0]) <= 2 and abs(i - at[1]) <= 2, "a step carries it two cells at most"
    assert (float(found[5]), float(found[6])) == (138.25 + 0.5 * i, 33.25 + 0.5 * j)
    assert float(found[1]) == pytest.approx(20 * 900 / 14, abs=1e-3)
    # Nothing half-written stays behind.
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_what_is_not_finite_never_gets_into_a_checkpoint(tmp_path):
    """A checkpoint due at a step at which nobody looks at the state is looked at all the same."""
    cfg = configured(japan(tmp_path / "out"))

    def poison(run, clock):
        if clock.step == 26:  # checked in step 20 and 40, and there is a checkpoint after step 28
            run.oceans[0].plan.state()[2, 10, 12] = np.inf

    with pytest.raises(NumericalError, match="step 28"):
        run_ranks(1, lambda comm: observed(cfg, comm, poison))
    assert not [*(tmp_path / "out").rglob("step_*")]


def test_a_file_that_only_the_first_rank_reads_is_one_error_of_all(tmp_path):
    scene = japan(tmp_path / "out")
    scene["source"][0] = {"kind": "finite_fault", "file": str(tmp_path / "nothing.csv")}
    told = []

    def work(comm):
        try:
            checked(configured(scene), comm)
        except InputError as error:
            told.append(str(error))

    run_ranks(3, work, timeout=5)
    assert len(told) == 3 and len(set(told)) == 1


GUARDED = """
import sys, threading, time
from pathlib import Path
from esim.cli import run
from esim.cli.run import guard
from esim.parallel.comm import connect
from esim.errors import InputError, MachineError

comm = connect()
run.PATIENCE = 1.0 if {alone} else 15.0

def work():
    import numpy as np
    comm.barrier()
    if {alone} and comm.rank == 0:
        comm.recv(np.zeros(1), 1, 3)  # it never comes
    Path(sys.argv[1], f"raised-{{comm.rank}}").write_text(str(time.time()))
    {fault}

sys.exit(guard(comm, work))
"""


def guarded(tmp_path: Path, fault: str, alone: bool = True, ranks: int = 2):
    """Run a fault under mpirun; returns the process and the seconds from the fault to its end."""
    script = tmp_path / "fault.py"
    script.write_text(GUARDED.format(fault=fault, alone=alone))
    ran = mpirun(ranks, script, tmp_path, timeout=60)
    ended = time.time()
    raised = [float(file.read_text()) for file in tmp_path.glob("raised-*")]
    assert len(raised) == (1 if alone else ranks), f"{ran.returncode}: {ran.stdout}{ran.stderr}"
    return ran, ended - max(raised)


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("fault", "words", "code"),
    [
        ("raise MachineError('the disk is full')", "esim-run (rank 1 of 2): the disk is full", 4),
        ("raise InputError('a bad file')", "esim-run (rank 1 of 2): a bad file", 2),
        ("1 / 0", "esim-run (rank 1 of 2): ZeroDivisionError: division by zero", 4),
        (
            "t = threading.Thread(target=lambda: [][1]); t.start(); comm.barrier()",
            "esim-run (rank 1 of 2): IndexError: list index out of range",
            4,
        ),
    ],
)
def test_a_rank_that_raises_ends_the_whole_mpirun(fault, words, code, tmp_path):
    ran, seconds = guarded(tmp_path, fault)
    assert seconds < 20
    assert words in ran.stderr.splitlines()
    assert ran.returncode == code
    assert ("Traceback" in ran.stderr) == ("Error:" in words)


def test_an_error_of_all_ranks_is_told_once(tmp_path):
    ran, seconds = guarded(tmp_path, "raise InputError('a bad key')", alone=False, ranks=3)
    assert seconds < 20
    assert (ran.returncode, ran.stderr.strip()) == (2, "esim-run: a bad key")


@pytest.mark.parametrize(
    ("error", "told"),
    [(InputError("a bad key"), "esim-run: a bad key\n"), (KeyError("k"), "esim-run: KeyError: 'k'\n")],
)
def test_what_a_rank_tells_is_one_write(error, told, monkeypatch):
    """mpirun passes on what it reads: the sentences of ranks that write theirs in pieces get mixed."""
    written = []

    def work():
        raise error

    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(write=written.append, flush=lambda: None))
    assert guard(SerialComm(), work) == (2 if isinstance(error, InputError) else 4)
    assert len(written) == 1 and written[0].endswith(told)


FAILING = """
import sys
from esim.cli.run import guard
from esim.parallel.comm import connect
from esim.config import load
from esim.drivers.run import driver_of, prepared

comm = connect()

def fail(clock):
    if comm.rank == 1 and clock.step == 7:
        raise OSError("lost the scratch disk")

def work():
    cfg = load(sys.argv[1])
    driver = driver_of(cfg)
    with prepared(driver, driver.check(cfg, comm), observers=[fail]) as run:
        run.compute()

sys.exit(guard(comm, work))
"""


@pytest.mark.mpi
def test_a_rank_that_fails_amid_a_run_ends_the_others_in_their_exchange(tmp_path):
    (tmp_path / "failing.py").write_text(FAILING)
    ran = mpirun(3, tmp_path / "failing.py", saved(japan(tmp_path / "out"), tmp_path), timeout=60)
    assert ran.returncode == 4
    assert "esim-run (rank 1 of 3): OSError: lost the scratch disk" in ran.stderr.splitlines()


@pytest.mark.mpi
def test_more_ranks_than_fit_are_one_sentence(tmp_path):
    scene = channel(tmp_path / "out")
    scene["grid"] |= {"spacing": 10000, "x": [-50e3, 50e3], "y": [-50e3, 50e3], "sponge_cells": 1}
    ran = mpirun(5, "-m", "esim.cli.run", saved(scene, tmp_path), "--check")
    assert ran.returncode == 2
    assert ran.stderr.strip().startswith("esim-run: 5 ranks are too many for a grid of 10 x 10 cells: ")
    assert ran.stderr.strip().endswith("use at most 4 ranks") and not (tmp_path / "out").exists()
