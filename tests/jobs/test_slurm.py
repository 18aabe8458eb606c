"""Does the script of `esim job` do on a real Slurm what it promises? Time limit, checkpoint, requeue, the same bits."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from support.commands import POND, esim_run
from support.ensembles import VARY, ensemble, write
from support.slurm import missing, running_slurm, slurm

TOP = Path(__file__).parents[2]
MACHINE = """\
nodes: {cores: 4, numa_domains: 4, memory: 8000 MB, exclusive: false}
slurm: {notice: 10 s}
start: {environment: {PYTHONPATH: PATHS}}
"""

# A run of a second or so would be over before any time limit: in the first start of the job each of its steps waits.
PACE = """\
import os, time
from esim.timestepping.clock import Clock
advance = Clock.advance
def slowly(self, *given):
    time.sleep(0.25)
    return advance(self, *given)
if "SLURM_JOB_ID" in os.environ and os.environ.get("SLURM_RESTART_COUNT", "0") == "0":
    Clock.advance = slowly
"""
CONFIG = "it's $(touch harmed) a pond.yaml"
STEPS = 320  # 80 s in the first start of the job, which is told to stop 20 to 50 s after it
LONGEST = 600.0  # s that a job may take, on a machine that is busy with other things
SETTINGS = (
    "run.dt=1 s",
    "run.backend=numpy",  # nothing to compile
    f"time.duration={STEPS} s",
    """title='"; touch harmed; $(touch harmed)'""",
)
FINISHED = (
    "COMPLETED",
    "FAILED",
    "TIMEOUT",
    "CANCELLED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "BOOT_FAIL",
    "DEADLINE",
)

pytestmark = [pytest.mark.slurm, pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with running_slurm(tmp_path_factory.mktemp("slurm")) as environment:
        yield environment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a scenario and a machine, whose names would harm a script that does not quote them."""
    (tmp_path / "pace").mkdir()
    (tmp_path / "pace/sitecustomize.py").write_text(PACE)
    (tmp_path / "a node.yaml").write_text(MACHINE.replace("PATHS", json.dumps(f"{tmp_path / 'pace'}:{TOP}")))
    (tmp_path / CONFIG).write_text(POND)
    return tmp_path


def test_a_job_meets_its_time_limit_and_ends_with_the_bits_of_a_run_without_one(
    cluster: dict[str, str], folder: Path
) -> None:
    given = [word for setting in SETTINGS for word in ("--set", setting)]
    number = submit(cluster, folder, "--time", "1 min", *given)
    whole = esim_run(CONFIG, *given, "--output", "whole", cwd=folder)
    assert whole.returncode == 0, whole.stderr
    wait_for(cluster, number, lambda facts: facts["Restarts"] != "0")
    slurm(cluster, "scontrol", "update", f"JobId={number}", "TimeLimit=30")  # once is enough
    facts = wait_for(cluster, number, lambda facts: facts["JobState"] in FINISHED)
    (log,) = folder.glob("*.log")
    text = log.read_text()
    assert facts["JobState"] == "COMPLETED" and "checkpoint" in text, text
    assert text.count(", start ") == int(facts["Restarts"]) + 1 > 1, text
    record = json.loads((folder / "out/run.json").read_text())
    assert record["decomposition"]["ranks"] == 4 and record["steps"] < STEPS
    for name in ("fields.nc", "maxima.nc", "stations.nc"):
        same_bits(folder / "out" / name, folder / "whole" / name)

    check_statistics(cluster, folder)
    assert not list(folder.glob("harmed"))


def test_a_run_and_its_analysis_go_over_two_nodes(cluster: dict[str, str], folder: Path) -> None:
    given = [word for setting in SETTINGS for word in ("--set", setting)]
    environment = f"PYTHONPATH: {json.dumps(str(TOP))}"
    (folder / "a node.yaml").write_text(MACHINE.replace("PYTHONPATH: PATHS", environment))
    number = submit(cluster, folder, "--nodes", "2", "--time", "5 min", *given)
    facts = wait_for(cluster, number, lambda facts: facts["JobState"] in FINISHED)
    (log,) = folder.glob("*.log")
    assert facts["JobState"] == "COMPLETED" and facts["NumNodes"] == "2", log.read_text()
    whole = esim_run(CONFIG, *given, "--output", "whole", cwd=folder)
    assert whole.returncode == 0, whole.stderr
    record = json.loads((folder / "out/run.json").read_text())
    assert record["decomposition"]["ranks"] == 4
    for name in ("fields.nc", "maxima.nc", "stations.nc"):
        same_bits(folder / "out" / name, folder / "whole" / name)
    check_statistics(cluster, folder, "--nodes", "2")


def test_the_tasks_of_an_array_compute_an_ensemble_and_the_job_behind_what_they_have_left(
    cluster: dict[str, str], folder: Path
) -> None:
    environment = f"PYTHONPATH: {json.dumps(str(TOP))}"
    (folder / "a node.yaml").write_text(MACHINE.replace("PYTHONPATH: PATHS", environment))
    members = {"count": 6, "seed": 3, "vary": VARY}
    write(folder / CONFIG, ensemble(folder, members, run={"engine": "slurm_array", "workers": 3}))
    write_script(folder)
    lost, *tasks = slurm(
        cluster, "sbatch", "--parsable", "--hold", "--array=0-2", f"--chdir={folder}", folder / "job.sh"
    ).split()
    assert not tasks
    slurm(cluster, "scancel", f"{lost}_1")  # this task computes nothing
    slurm(cluster, "scontrol", "release", lost)
    number = slurm(
        cluster,
        "sbatch",
        "--parsable",
        f"--dependency=afterany:{lost}",
        f"--chdir={folder}",
        folder / "job.sh",
    ).strip()
    facts = wait_for(cluster, number, lambda facts: facts["JobState"] in FINISHED)
    assert facts["JobState"] == "COMPLETED", [log.read_text() for log in folder.glob("*.log")]
    record = json.loads((folder / "out/run.json").read_text())
    assert [one["state"] for one in record["members"]] == 6 * ["complete"]
    assert ["attempts" in one for one in record["members"]] == 2 * [False, True, False]  # by the job behind
    alone = {"engine": "mpi"}
    write(folder / "alone.yaml", ensemble(folder, members, run=alone, output={"directory": "alone"}))
    ran = esim_run("alone.yaml", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    paths = [path.relative_to(folder / "alone") for path in sorted((folder / "alone").glob("**/*.nc"))]
    assert len(paths) == 1 + 2 * 6
    for path in paths:
        same_bits(folder / "out" / path, folder / "alone" / path)


def test_workers_that_dask_submits_compute_an_ensemble(cluster: dict[str, str], folder: Path) -> None:
    pytest.importorskip("dask_jobqueue")
    environment = f"PYTHONPATH: {json.dumps(str(TOP))}"
    (folder / "a node.yaml").write_text(MACHINE.replace("PYTHONPATH: PATHS", environment))
    members = {"count": 5, "seed": 3, "vary": VARY}
    write(folder / CONFIG, ensemble(folder, members))
    program = [sys.executable, str(TOP / "jobscripts/ensemble_dask.py"), CONFIG, "--machine", "a node.yaml"]
    ran = subprocess.run(
        program,
        cwd=folder,
        env=cluster | {"PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    assert ran.returncode == 0, ran.stderr
    assert "members: 5 of 5 complete" in ran.stdout and "engine         dask" in ran.stdout
    logs = "".join(path.read_text() for path in folder.glob("slurm-*.out"))
    assert "Starting Worker" in logs or "Start worker" in logs  # in a job of Slurm, not here
    write(folder / "alone.yaml", ensemble(folder, members, output={"directory": "alone"}))
    assert esim_run("alone.yaml", cwd=folder).returncode == 0
    paths = [path.relative_to(folder / "alone") for path in sorted((folder / "alone").glob("**/*.nc"))]
    assert len(paths) == 1 + 2 * 5
    for path in paths:
        same_bits(folder / "out" / path, folder / "alone" / path)


def check_statistics(cluster: dict[str, str], folder: Path, *options: str) -> None:
    """Submits the analysis of a run, and compares what it writes with the run."""
    number = submit(cluster, folder, "--template", "analysis", "--name", "statistics", *options)
    facts = wait_for(cluster, number, lambda facts: facts["JobState"] in FINISHED)
    assert facts["JobState"] == "COMPLETED", (folder / f"statistics-{number}.log").read_text()
    with (
        xr.open_dataset(folder / "out/fields.nc") as run,
        xr.open_dataset(folder / "out/statistics.nc") as found,
    ):
        np.testing.assert_allclose(found.eta_mean, run.eta.mean("time"), atol=1e-6)
        np.testing.assert_array_equal(found.eta_max, run.eta.max("time"))


def submit(cluster: dict[str, str], folder: Path, *options: str) -> str:
    """Writes the script of a job with four ranks, and submits it; its number."""
    write_script(folder, "--ranks", "4", *options)
    return slurm(cluster, "sbatch", "--parsable", f"--chdir={folder}", folder / "job.sh").strip()


def write_script(folder: Path, *options: str) -> None:
    """Writes the script of a job, job.sh."""
    command = [sys.executable, "-m", "esim.cli.main", "job", CONFIG, "--machine", "a node.yaml"]
    ran = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    (folder / "job.sh").write_text(ran.stdout)


def wait_for(
    cluster: dict[str, str], number: str, condition: Callable[[dict[str, str]], bool]
) -> dict[str, str]:
    """What Slurm says of a job as soon as a condition is met."""
    until = time.monotonic() + LONGEST
    while True:
        words = slurm(cluster, "scontrol", "--oneliner", "show", "job", number).split()
        facts = dict(word.split("=", 1) for word in words if "=" in word)
        if condition(facts):
            return facts
        assert time.monotonic() < until and facts["JobState"] not in FINISHED, facts
        time.sleep(1)


def same_bits(one: Path, other: Path) -> None:
    """Raises AssertionError where variables of two files differ in a bit."""
    with netCDF4.Dataset(one) as left, netCDF4.Dataset(other) as right:
        assert set(left.variables) == set(right.variables) and left.variables
        for name in left.variables:
            for dataset in (left, right):
                dataset[name].set_auto_maskandscale(False)
            here, there = left[name][...], right[name][...]
            assert here.dtype == there.dtype and here.shape == there.shape, name
            same = (here == there).all() if here.dtype == object else here.tobytes() == there.tobytes()
            assert same, f"{one.name}: {name}"
