"""How much memory may a process take? Of control groups of both versions, ulimit and Slurm."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from esim.drivers import resources, run
from esim.drivers.memory_limits import Limit, memory_limits
from esim.errors import InputError, MachineError
from esim.parallel.comm import SerialComm

GB = 10**9


def machine(root: Path, own: str, mount: str, **files: str) -> Path:
    """A machine with 64 GB free, the groups of this process, one mount and files below it."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(f"MemTotal: 99 kB\nMemAvailable: {64 * GB // 1024} kB\n")
    (root / "proc/self/status").write_text("VmSize: 1000 kB\nVmData: 500 kB\n")
    (root / "proc/self/cgroup").write_text(own)
    (root / "proc/self/mountinfo").write_text(mount)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def least(root: Path, **environment: str) -> Limit:
    return min(memory_limits(root, environment))


V2 = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
V1 = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"


def test_of_nested_groups_of_version_2_the_narrowest_counts_and_the_page_cache_is_free(
    tmp_path: Path,
) -> None:
    root = machine(
        tmp_path, "0::/job/step\n", V2,
        job__memory_DOT_max=f"{4 * GB}", job__memory_DOT_current=f"{3 * GB}",
        job__memory_DOT_stat=f"anon 1\ninactive_file {GB}\n", job__cgroup_DOT_procs="",
        job__step__memory_DOT_max="max", job__step__memory_DOT_current="1", job__step__cgroup_DOT_procs="",
    )  # fmt: skip
    found = least(root)
    assert found.free == 2 * GB and "/sys/fs/cgroup/job/memory.max (4 GB)" in found.source and found.shared


def test_groups_of_version_1_count_and_no_limit_is_none(tmp_path: Path) -> None:
    root = machine(
        tmp_path, "5:cpu:/x\n4:memory:/slurm/job\n", V1,
        memory__memory_DOT_limit_in_bytes="9223372036854771712", memory__memory_DOT_usage_in_bytes="1",
        memory__slurm__memory_DOT_usage_in_bytes="0", memory__slurm__memory_DOT_limit_in_bytes="9223372036854771712",
        memory__slurm__job__memory_DOT_limit_in_bytes=f"{GB}", memory__slurm__job__memory_DOT_usage_in_bytes="0",
    )  # fmt: skip
    found = least(root)
    assert found.free == GB and "slurm/job/memory.limit_in_bytes" in found.source


def test_slurm_gives_by_node_by_core_or_by_gpu(tmp_path: Path) -> None:
    root = machine(tmp_path, "", "")
    assert least(root).source == "the memory available"
    assert least(root, SLURM_MEM_PER_NODE="1000").free == 1000 * 2**20
    found = least(root, SLURM_MEM_PER_CPU="500", SLURM_CPUS_ON_NODE="4")
    assert found.free == 2000 * 2**20 and "SLURM_MEM_PER_CPU of the job (2.1 GB on this node)" in found.source
    assert least(root, SLURM_MEM_PER_NODE="0").source == "the memory available"  # all of the node


def test_a_run_beyond_ulimit_is_refused_and_the_limit_is_named() -> None:
    code = (
        "import resource\nfrom esim.drivers.resources import check_memory\nfrom esim.parallel.comm import SerialComm\n"
        "resource.setrlimit(resource.RLIMIT_AS, (8 * 10**9, 8 * 10**9))\n"
        "check_memory({'state': 9 * 10**9}, None, SerialComm())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "RLIMIT_AS (ulimit -v) of the process (8 GB) leaves" in done.stderr
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY  # of this process


def test_the_least_of_all_limits_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = [Limit(8.0 * GB, "the memory available"), Limit(2.0 * GB, "SLURM_MEM_PER_NODE of the job")]
    monkeypatch.setattr(resources, "memory_limits", lambda: limits)
    resources.check_memory({"state": GB}, None, SerialComm())
    with pytest.raises(
        InputError, match=r"3 GB \(state: 3 GB\), and SLURM_MEM_PER_NODE of the job leaves 2 GB"
    ):
        resources.check_memory({"state": 3 * GB}, None, SerialComm())


def test_memory_that_runs_out_while_the_input_is_read_is_one_sentence() -> None:
    class Reader:
        def check(self, *_: object) -> None:
            raise MemoryError("Unable to allocate 11 GiB")

    with pytest.raises(
        MachineError, match=r"^out of memory \(Unable to allocate 11 GiB\); while the input was read"
    ):
        run.checked(Reader(), None, SerialComm())  # type: ignore[arg-type]
