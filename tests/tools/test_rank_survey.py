"""Does the doctor see what ranks have, and where cores, GPUs and file systems do not suit?"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from esim.parallel.comm import run_ranks
from esim.tools import file_systems, rank_findings
from esim.tools.finding import FALLS_BACK, FAST, MISSING, Finding
from esim.tools.rank_survey import (
    RankReport,
    compact,
    expand,
    headline,
    network_cards,
    numa_domains,
    rows,
    survey_ranks,
)


def report(rank: int, node: str = "n1", **more: object) -> RankReport:
    """A rank with four cores, a GPU and a card of its own, on a node with two NUMA domains."""
    local = rank % 2
    return replace(
        RankReport(
            rank=rank, node=node, local_rank=local, cores=tuple(range(4 * local, 4 * local + 4)), numa=(local,),
            threads=4, wanted=4, gpu=f"{local}: A100", gpu_identity=f"{node}{local}", gpu_numa=local,
            cards=(f"mlx5_{local}:1",), library="MPICH", output="lustre", cache="lustre", sees_output=True,
        ),
        **more,
    )  # type: ignore[arg-type]  # fmt: skip


GOOD = [report(0), report(1), report(2, "n2"), report(3, "n2")]


def found(reports: list[RankReport]) -> dict[str, Finding]:
    return {
        one.topic: one
        for one in (*rank_findings.ranks(reports), *rank_findings.file_systems(reports))
        if one.state != FAST
    }


def test_ranks_that_fit_their_nodes_are_praised() -> None:
    assert headline(GOOD) == "4 ranks on 2 nodes; a node has 2 ranks x 8 cores x 2 GPUs x 2 network cards"
    assert rows(GOOD)[1] == ("1", "n1", "4-7", "1", "4", "1: A100", "mlx5_1:1")
    states = [finding.state for finding in (*rank_findings.ranks(GOOD), *rank_findings.file_systems(GOOD))]
    assert FALLS_BACK not in states and MISSING not in states and states.count(FAST) == 4


@pytest.mark.parametrize(
    ("change", "topic", "words"),
    [
        (
            {"cores": (3, 4, 5, 6)},
            "CPU binding",
            "2 ranks of n1 are not bound to cores of their own: they share 3",
        ),
        ({"numa": (0, 1)}, "CPU binding", "rank 1 has cores of NUMA domains 0-1"),
        ({"threads": 8}, "threads", "oversubscribed: 12 threads of 2 ranks on 8 cores of n1"),
        ({"wanted": 16}, "threads", "16 asked for, and rank 1 has 4 cores; 4 used"),
        ({"gpu": None, "gpu_identity": None}, "GPUs of ranks", "1 ranks have none, such as 1 on n1"),
        ({"gpu_identity": "n10"}, "GPUs of ranks", "2 ranks of n1 share 1 GPUs"),
        ({"gpu_numa": 0}, "GPUs of ranks", "NUMA domain 1, and its GPU is next to 0"),
        ({"library": "Open MPI"}, "MPI of ranks", "different ones: MPICH; Open MPI"),
        ({"sees_output": False, "output": "ext4"}, "output folder", "is not seen on n1 (file system: ext4)"),
    ],
)
def test_what_does_not_fit_is_said_with_advice(change: dict[str, object], topic: str, words: str) -> None:
    finding = found([GOOD[0], replace(GOOD[1], **change), *GOOD[2:]])[topic]  # type: ignore[arg-type]
    assert words in finding.found and finding.advice and finding.state in (FALLS_BACK, MISSING)


def test_file_systems_are_told_and_judged(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    home = Path(os.path.realpath(tmp_path))
    mounts.write_text(
        f"/dev/a / ext4 rw 0 0\nhost:/x {home} nfs4 rw 0 0\nram {home}/in\\040memory tmpfs rw 0 0\n"
    )
    assert file_systems.file_system(tmp_path / "new/out", mounts) == "nfs4"
    assert file_systems.file_system(tmp_path / "in memory/x", mounts) == "tmpfs"
    assert file_systems.file_system(Path("/elsewhere"), mounts) == "ext4"
    assert file_systems.file_system(tmp_path, tmp_path / "none") == ""
    assert "--output" in file_systems.judge_output("nfs4") and "ESIM_CACHE_DIR" in file_systems.judge_cache(
        "nfs"
    )
    assert "memory" in file_systems.judge_output("tmpfs") and "each job compiles" in file_systems.judge_cache(
        "tmpfs"
    )
    assert file_systems.judge_output("lustre") == file_systems.judge_cache("xfs") == ""
    nfs = [replace(one, output="nfs", cache="nfs") for one in GOOD]
    assert {one.topic for one in found(nfs).values()} >= {"output folder", "compile cache"}


def test_cores_domains_and_cards_are_read_as_the_kernel_writes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert expand("0-3,8\n") == {0, 1, 2, 3, 8} and expand("\n") == set()
    assert compact({8, 1, 0, 2, 3}) == "0-3,8" and compact([]) == ""
    for number, cores in enumerate(("0-3", "4-7")):
        (tmp_path / f"node{number}").mkdir()
        (tmp_path / f"node{number}/cpulist").write_text(cores)
    assert numa_domains([3], tmp_path) == (0,) and numa_domains([3, 4], tmp_path) == (0, 1)
    for name, state in (("mlx5_0", "4: ACTIVE"), ("mlx5_1", "1: DOWN")):
        (tmp_path / f"cards/{name}/ports/1").mkdir(parents=True)
        (tmp_path / f"cards/{name}/ports/1/state").write_text(state)
    monkeypatch.delenv("UCX_NET_DEVICES", raising=False)
    assert network_cards(tmp_path / "cards") == ("mlx5_0:1",)
    monkeypatch.setenv("UCX_NET_DEVICES", "mlx5_3:1,eth0")
    assert network_cards(tmp_path / "cards") == ("mlx5_3:1", "eth0")


def test_all_ranks_report_to_the_first_and_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, *others = run_ranks(3, survey_ranks)
    assert first is not None and others == [None, None]
    assert [one.rank for one in first] == [0, 1, 2] and all(one.sees_output for one in first)
    assert not list(tmp_path.iterdir())


@pytest.mark.mpi
def test_the_doctor_shows_one_table_for_all_ranks(tmp_path: Path) -> None:
    mpirun = shutil.which("mpirun", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if mpirun is None:
        pytest.skip("there is no mpirun beside this Python nor on PATH")
    command = [mpirun, "-n", "2", sys.executable, "-m", "esim.cli.main", "doctor"]
    ran = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert [one["rank"] for one in told["ranks"]] == [0, 1]
    assert {"ranks", "CPU binding", "threads", "MPI", "CUDA-aware MPI"} <= {
        one["topic"] for one in told["findings"]
    }
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert ran.stdout.startswith("2 ranks on 1 node; a node has 2 ranks x ")
    assert ran.stdout.count("CPU binding") == 1
