"""Are the members of an ensemble the runs that they would be alone, whoever computes them and however often?"""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support.ensembles import ensemble, write
from support.scenes import mpirun

from esim.cli.main import main as esim
from esim.cli.run import main
from esim.config import from_dict
from esim.drivers.ensemble import member as member_driver
from esim.drivers.ensemble.ensemble import Ensemble
from esim.drivers.run import checked, driver_of, simulate
from esim.ensemble.member import member_config
from esim.errors import InputError, MembersFailed, StopRequested
from esim.parallel.comm import SerialComm, run_ranks
from esim.timestepping.signals import STOP


@pytest.fixture(autouse=True)
def nobody_asks():
    """No test leaves a request to stop behind."""
    yield
    STOP.asked = False


def results(folder: Path) -> dict[str, np.ndarray]:
    """All that the members of an ensemble have computed, by member, file and variable."""
    found: dict[str, np.ndarray] = {}
    for path in sorted(folder.glob("members/*/*.nc")):
        with xr.open_dataset(path, decode_times=False) as data:
            found |= {f"{path.parent.name}/{path.stem}/{name}": data[name].values for name in data.data_vars}
    return found


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(
        np.array_equal(value, other[name], equal_nan=value.dtype.kind == "f") for name, value in one.items()
    )


def record(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "run.json").read_text()))


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> dict[str, np.ndarray]:
    """What the members give as runs of their own."""
    folder = tmp_path_factory.mktemp("alone")
    config = from_dict(ensemble(folder))
    for one in driver_of(config).check(config, SerialComm()).members:
        simulate(member_config(config, config.document(), one))
    return results(folder / "out")


@pytest.mark.parametrize(
    ("ranks", "each"), [(1, 1), (2, 1), (2, 2), pytest.param(5, 2, marks=pytest.mark.long)]
)
def test_members_have_the_bits_of_runs_of_their_own(ranks, each, alone, tmp_path):
    config = from_dict(ensemble(tmp_path, run={"ranks_per_member": each}))
    run_ranks(ranks, lambda comm: simulate(config, comm))
    assert len(alone) > 20 and same(results(tmp_path / "out"), alone)
    told = record(tmp_path / "out")
    assert told["state"] == "complete" and [one["name"] for one in told["members"]] == [
        "m1",
        "m2",
        "m3",
        "m4",
    ]
    assert told["decomposition"] == {
        "ranks": ranks,
        "groups": max(1, ranks // each),
        "ranks_per_member": told["decomposition"]["ranks_per_member"],
    }
    assert not (tmp_path / "out" / ".queue").exists()


def test_only_what_is_missing_is_computed_again(alone, tmp_path):
    config = from_dict(ensemble(tmp_path))
    out = simulate(config)
    shutil.rmtree(out / "members" / "m2")
    before = {path: path.stat().st_mtime_ns for path in out.glob("members/*/maxima.nc")}
    assert len(before) == 3
    with pytest.raises(InputError, match="already has a run"):
        simulate(config)
    simulate(config, resume=True)
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    assert same(results(out), alone)
    assert [one.get("attempts") for one in record(out)["members"]] == [None, 1, None, None]


def test_a_member_of_another_configuration_is_refused_or_replaced(tmp_path):
    out = simulate(from_dict(ensemble(tmp_path)))
    other = ensemble(tmp_path, set={"physics.manning": 0.03})
    with pytest.raises(
        InputError, match=r"--resume: .*m1 is of another configuration: physics.manning was .*0.03"
    ):
        simulate(from_dict(other), resume=True)
    other["output"]["overwrite"] = True
    simulate(from_dict(other), resume=True)
    assert record(out / "members" / "m3")["configuration"]["physics"]["manning"] == 0.03


def test_more_members_are_added_by_a_longer_table(tmp_path):
    table = tmp_path / "members.csv"
    table.write_text("name,source.0.height\na,1\n")
    config = from_dict(ensemble(tmp_path, {"table": str(table)}))
    out = simulate(config)
    first = (out / "members" / "a" / "maxima.nc").stat().st_mtime_ns
    table.write_text("name,source.0.height\na,1\nb,2\n")
    simulate(config, resume=True)
    assert (out / "members" / "a" / "maxima.nc").stat().st_mtime_ns == first
    assert (out / "members" / "b" / "run.json").exists()
    sums = {Path(one["path"]).name: one["sha256"] for one in record(out)["inputs"]}
    assert sums["members.csv"] == hashlib.sha256(table.read_bytes()).hexdigest() and "base.yaml" in sums


def test_an_ensemble_that_is_replaced_leaves_no_members_behind(tmp_path):
    simulate(from_dict(ensemble(tmp_path)))
    mine = tmp_path / "out" / "members" / "m4" / "notes.txt"
    mine.write_text("of somebody else")
    members = {"count": 2, "vary": {"source.0.height": {"discrete": [1, 2]}}}
    output = {"directory": str(tmp_path / "out"), "overwrite": True}
    out = simulate(from_dict(ensemble(tmp_path, members, output=output)))
    assert sorted(path.name for path in (out / "members").iterdir()) == ["m1", "m2", "m4"]
    assert [path.name for path in (out / "members" / "m4").iterdir()] == ["notes.txt"]


@pytest.mark.long
def test_a_stopped_member_goes_on_from_its_checkpoint(tmp_path, monkeypatch):
    changes = {"set": {"output.checkpoint": {"every": 20}, "run.dt": 2}}
    whole = results(simulate(from_dict(ensemble(tmp_path / "whole", **changes))))
    config, steps = from_dict(ensemble(tmp_path / "cut", **changes)), []

    def ask(clock) -> None:
        steps.append(clock.step)
        if len(steps) == 95:  # the second member, at its step 35
            STOP.asked = True

    inner = member_driver._compute
    monkeypatch.setattr(
        member_driver, "_compute", lambda c, m, d, again, seen: inner(c, m, d, again, [*seen, ask])
    )
    with pytest.raises(StopRequested, match="stopped with 1 of 4 members done in .*; resume with --resume"):
        simulate(config)
    STOP.asked = False
    out = simulate(config, resume=True)
    assert same(results(out), whole)
    resumed = [record(path.parent)["resumed"] for path in sorted(out.glob("members/*/run.json"))]
    assert [one and one["step"] for one in resumed] == [None, 40, None, None]


def test_a_member_that_fails_is_tried_twice_and_the_others_go_on(tmp_path):
    members = tmp_path / "members.csv"
    members.write_text("name,run.dt,source.0.height\ngood,,1\nbad,400,30\nlast,,2\n")
    config = from_dict(ensemble(tmp_path, {"table": str(members)}, hazard=None))
    with pytest.raises(
        MembersFailed, match=r"1 of 3 members failed, each twice: bad: .*the others are complete"
    ):
        simulate(config)
    told = record(tmp_path / "out")
    assert told["state"] == "incomplete"
    assert [one["state"] for one in told["members"]] == ["complete", "failed", "complete"]
    assert told["members"][1]["attempts"] == 2 and "run.dt" in told["members"][1]["error"]


def test_a_failure_that_does_not_come_again_is_forgotten(alone, tmp_path, monkeypatch):
    inner, failed = member_driver._compute, []

    def once(config, *rest):
        if config.output.directory.name == "m3" and not failed:
            failed.append(config)
            raise OSError("the disk is gone")
        return inner(config, *rest)

    monkeypatch.setattr(member_driver, "_compute", once)
    out = simulate(from_dict(ensemble(tmp_path)))
    assert same(results(out), alone)
    assert [one["attempts"] for one in record(out)["members"]] == [1, 1, 2, 1]


@pytest.mark.long
def test_a_rank_that_fails_alone_ends_the_run(tmp_path, monkeypatch):
    inner = member_driver._compute
    monkeypatch.setattr(member_driver, "PATIENCE", 0.2)

    def on_one_rank(config, comm, *rest):
        if comm.rank == 1:
            raise OSError("only here")
        return inner(config, comm, *rest)

    monkeypatch.setattr(member_driver, "_compute", on_one_rank)
    config = from_dict(ensemble(tmp_path, run={"ranks_per_member": 2}))
    with pytest.raises(OSError, match="only here"):
        run_ranks(2, lambda comm: simulate(config, comm), timeout=20)


def test_a_wrong_member_is_named_before_anything_is_written(tmp_path):
    members = {"count": 3, "vary": {"source.0.heigth": {"uniform": [1, 2]}}}
    config = from_dict(ensemble(tmp_path, members))
    for ranks in (1, 2):
        with pytest.raises(
            InputError, match=r"member 'm1': source.0.heigth: unknown key, did you mean 'height'"
        ):
            run_ranks(ranks, lambda comm: simulate(config, comm))
    assert not (tmp_path / "out").exists()


def test_the_plan_and_the_exit_code_of_the_command(tmp_path, capsys):
    path = write(tmp_path / "e.yaml", ensemble(tmp_path))
    assert main([str(path), "--check"]) == 0
    told = capsys.readouterr().out
    assert "members        4 (latin_hypercube, seed 3)" in told and "predicted      4 x" in told
    assert "engine         mpi, 1 group of 1 rank" in told and not (tmp_path / "out").exists()
    assert main([str(path)]) == 0
    told = capsys.readouterr().out
    assert "100.0 %  4 of 4 members" in told and "members: 4 of 4 complete" in told
    assert main([str(path), "--set", "members.count=0"]) == 2
    members = tmp_path / "members.csv"
    members.write_text("name,run.dt\ngood,\nbad,400\n")
    assert main([str(path), "--set", f"members={{table: {members}}}", "--output", str(tmp_path / "b")]) == 5
    assert "bad: " in capsys.readouterr().err


@pytest.mark.mpi
def test_a_killed_ensemble_goes_on_under_mpirun(alone, tmp_path):
    """Three groups on three ranks, of which that with the third member is killed."""
    path = write(tmp_path / "e.yaml", ensemble(tmp_path))
    killer = (
        "import os, sys\n"
        "from esim.drivers.ensemble import member\n"
        "from esim.cli.run import main\n"
        "inner = member._compute\n"
        "def compute(config, *rest):\n"
        "    if config.output.directory.name == 'm3':\n"
        "        os.kill(os.getpid(), 9)\n"
        "    return inner(config, *rest)\n"
        "member._compute = compute\n"
        "sys.exit(main([sys.argv[1]]))\n"
    )
    assert mpirun(3, "-c", killer, path).returncode != 0
    done = len(list((tmp_path / "out").glob("members/*/run.json")))
    assert not (tmp_path / "out" / "run.json").exists() and done < 4
    again = mpirun(2, "-m", "esim.cli.run", path, "--resume")
    assert again.returncode == 0, again.stderr
    assert same(results(tmp_path / "out"), alone)
    assert sum("attempts" in one for one in record(tmp_path / "out")["members"]) == 4 - done


@pytest.mark.long
def test_workers_of_dask_give_the_same_bits(alone, tmp_path):
    """In threads of this process; those of a cluster are reached in the same way."""
    distributed = pytest.importorskip("distributed")
    dask = pytest.importorskip("dask")
    config = from_dict(ensemble(tmp_path, run={"engine": "dask"}))
    with (
        distributed.LocalCluster(2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        dask.config.set({"scheduler-address": cluster.scheduler_address}),
    ):
        out = simulate(config)
        shutil.rmtree(out / "members" / "m1")
        simulate(config, resume=True)
    assert same(results(out), alone) and (out / "hazard.nc").exists()
    assert ["attempts" in one for one in record(out)["members"]] == [True, False, False, False]
    with pytest.raises(
        InputError, match="run.engine: dask has workers of its own; start esim-run without mpirun"
    ):
        run_ranks(2, lambda comm: simulate(config, comm))


@pytest.mark.long
def test_processes_of_dask_give_the_same_bits(alone, tmp_path):
    pytest.importorskip("distributed")
    path = write(tmp_path / "e.yaml", ensemble(tmp_path, run={"engine": "dask", "workers": 2}))
    command = [sys.executable, "-m", "esim.cli.run", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert same(results(tmp_path / "out"), alone) and "members: 4 of 4 complete" in ran.stdout


def test_tasks_of_a_job_array_share_the_members_and_the_job_behind_gathers(
    alone, tmp_path, monkeypatch, capsys
):
    path = write(tmp_path / "e.yaml", ensemble(tmp_path, run={"engine": "slurm_array", "workers": 3}))
    out = tmp_path / "out"
    monkeypatch.setenv("SLURM_ARRAY_TASK_COUNT", "2")  # --array=0,2, as somebody may submit some of them
    for task, names in ((0, ["m1", "m4"]), (2, ["m1", "m3", "m4"])):
        monkeypatch.setenv("SLURM_ARRAY_TASK_ID", str(task))
        assert main([str(path)]) == 0
        assert sorted(one.parent.name for one in out.glob("members/*/run.json")) == names
        assert f"task {task + 1} of 3" in capsys.readouterr().out
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    assert main([str(path)]) == 2
    assert "there is no task 3 among 3; expected sbatch --array=0-2" in capsys.readouterr().err
    assert not (out / "run.json").exists() and not (out / "hazard.nc").exists()
    monkeypatch.delenv("SLURM_ARRAY_TASK_ID")
    assert main([str(path)]) == 2
    assert "already has members of an ensemble (m1); resume it by --resume" in capsys.readouterr().err
    assert main([str(path), "--resume"]) == 0  # the second task never ran
    assert same(results(out), alone) and (out / "hazard.nc").exists()
    assert ["attempts" in one for one in record(out)["members"]] == [False, True, False, False]
    assert sorted(one.name for one in out.iterdir()) == ["hazard.nc", "members", "members.csv", "run.json"]


def test_a_job_is_planned_as_so_many_runs_one_after_another(tmp_path, capsys):
    config = from_dict(ensemble(tmp_path, run={"ranks_per_member": 2}))
    setup = checked(Ensemble(), config, SerialComm())
    (one,) = driver_of(setup.first.config).workloads(setup.first, 2)
    for ranks, turns in ((2, 4), (4, 2), (8, 1)):
        (found,) = Ensemble().workloads(setup, ranks)
        assert (found.steps, found.ranks) == (turns * one.steps, 2)
        assert (found.output.results, found.output.all) == (turns * one.output.results, 4 * one.output.all)
    config = from_dict(ensemble(tmp_path, run={"engine": "slurm_array", "workers": 2}))
    (found,) = Ensemble().workloads(checked(Ensemble(), config, SerialComm()), 1)
    assert found.steps == 2 * one.steps
    path = write(tmp_path / "e.yaml", ensemble(tmp_path))
    assert esim(["plan", str(path), "--ranks", "1,2,4"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 3
