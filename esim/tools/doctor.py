"""What is fast on this machine, what falls back, and what can be done about it?"""

import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from esim import __version__
from esim.distribution import install
from esim.tools.finding import FALLS_BACK, FAST, MISSING, NOTE, Finding

if TYPE_CHECKING:
    from esim.tools.rank_survey import RankReport

PACKAGES = ("numpy", "numba", "mpi4py", "netCDF4", "xxhash", "zarr", "xarray", "cupy-cuda13x", "numba-cuda")
OPTIONAL = ("cupy-cuda13x", "numba-cuda")
# A launcher's variables: the MPI that is tried in a process of its own must not take itself for a rank.
LAUNCHER = ("PMI", "OMPI_", "PRTE_", "HYDRA", "MPI_LOCAL", "MV2_COMM", "PALS_", "FLUX_")
THREADS = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "SLURM_CPUS_PER_TASK")
PATIENCE = 30  # s for another program to answer


def report(as_json: bool = False) -> None:
    """Prints the findings as a table, or as JSON; under mpirun or srun also what each rank has, from the first rank.

    Raises MachineError where ranks do not find each other.
    """
    from esim.parallel.comm import connect
    from esim.tools import rank_survey

    comm = connect()
    reports = rank_survey.survey_ranks(comm)
    if reports is not None:
        _print(reports, as_json)
    comm.barrier()  # a rank that ends earlier would be taken for one that failed


def _print(reports: "list[RankReport]", as_json: bool) -> None:
    from esim.tools import rank_findings, rank_survey
    from esim.tools.table import show

    findings = [*examine(), *rank_findings.file_systems(reports)]
    if len(reports) > 1:
        findings += rank_findings.ranks(reports)
    if as_json:
        found = [finding._asdict() for finding in findings]
        print(json.dumps({"findings": found, "ranks": rank_survey.as_json(reports)}, indent=2))
        return
    if len(reports) > 1:
        show(rank_survey.HEADERS, rank_survey.rows(reports), rank_survey.headline(reports))
        print()
    show(("topic", "state", "found, and -> what to do"), [row for one in findings for row in _rows(one)])


def examine() -> list[Finding]:
    """All findings; what cannot be examined is one of them, never an error."""
    probes = (
        python,
        mpi,
        ucx,
        infiniband,
        gpus,
        gpudirect,
        array_modules,
        energy,
        cores,
        cache,
        locking,
        data,
    )
    return [finding for probe in probes for finding in _examine(probe)]


def _rows(finding: Finding) -> Iterable[tuple[str, str, str]]:
    yield finding.topic, finding.state, finding.found
    if finding.advice:
        yield "", "", f"-> {finding.advice}"


def _examine(probe: Callable[[], Iterable[Finding]]) -> list[Finding]:
    try:
        return list(probe())
    except Exception as error:  # a doctor who falls ill is of no help
        return [Finding(probe.__name__, f"could not be examined: {type(error).__name__}: {error}")]


def python() -> Iterable[Finding]:
    """Versions of Python and of the packages."""
    found = {"esim": __version__} | {name: _version(name) for name in PACKAGES}
    yield Finding("python", f"{platform.python_version()}, {platform.platform()}")
    yield Finding("packages", ", ".join(f"{name} {number}" for name, number in found.items() if number))
    absent = [name for name, number in found.items() if not number and name not in OPTIONAL]
    if absent:
        yield Finding("packages", f"no {', '.join(absent)}", MISSING, f"{install()} brings them")


def mpi() -> Iterable[Finding]:
    """The MPI library, tried in a process of its own, which it may end."""
    code = "import json; from esim.parallel.mpi import mpi_report; print(json.dumps(mpi_report()))"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(LAUNCHER)}
    ran = _ask([sys.executable, "-c", code], environment)
    if ran is None or ran.returncode or not ran.stdout.strip():
        reason = _last(ran.stderr) if ran else "no answer"
        advice = f"MPI4PY_LIBMPI=PATH of the site's libmpi, or {install('mpi')}"
        yield Finding("MPI", f"does not start: {reason}", MISSING, advice)
        return
    found = json.loads(ran.stdout.strip().splitlines()[-1])
    if not found.get("available", True):
        advice = f"one rank works; for more: {install('mpi')}, or load the site's MPI"
        yield Finding("MPI", str(found.get("reason", "none")), FALLS_BACK, advice)
        return
    yield Finding("MPI", f"{found.get('vendor')} {found.get('version')} (MPI {found.get('standard')})", FAST)
    yield _launcher()
    yield _cuda_aware(bool(found.get("cuda_aware")), str(found.get("cuda_trouble") or ""))


def _launcher() -> Finding:
    """The mpirun beside this Python, which belongs to its MPI wheel, or else the first on the path."""
    folders = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", "")))
    path = shutil.which("mpirun", path=folders) or shutil.which("srun")
    if path is None:
        return Finding("launcher", "none", MISSING, "load the site's MPI for its mpirun; one rank needs none")
    return Finding("launcher", path)


def _cuda_aware(aware: bool, trouble: str) -> Finding:
    """Which way messages between GPUs go; it matters only where there are GPUs, and more than one rank."""
    decided = "ESIM_CUDA_AWARE_MPI" in os.environ
    asked = f"ESIM_CUDA_AWARE_MPI={os.environ['ESIM_CUDA_AWARE_MPI']}" if decided else "the library says so"
    if trouble:
        return Finding("CUDA-aware MPI", trouble, MISSING)
    if aware:
        return Finding("CUDA-aware MPI", f"yes ({asked}): MPI takes GPU halos from device memory", FAST)
    advice = "several GPUs are faster with an MPI built for CUDA; ESIM_CUDA_AWARE_MPI=1 if it is, and does not say so"
    asked = asked if decided else "the library does not say so"
    return Finding("CUDA-aware MPI", f"no ({asked}): GPU halos go through pinned host memory", NOTE, advice)


def ucx() -> Iterable[Finding]:
    """The transports of UCX."""
    ran = _ask(["ucx_info", "-d"])
    if ran is None:
        yield Finding(
            "UCX", "no ucx_info", NOTE, "on a cluster: load the module of UCX to see its transports"
        )
        return
    lines = [line.split(":", 1)[1].strip() for line in ran.stdout.splitlines() if "Transport:" in line]
    names = sorted(set(lines))
    fast = any(name.startswith(("rc", "dc", "ud")) for name in names)
    advice = "" if fast else "no InfiniBand transport: between nodes messages go by TCP"
    yield Finding("UCX", ", ".join(names) or "no transports", FAST if fast else FALLS_BACK, advice)


def infiniband() -> Iterable[Finding]:
    """The InfiniBand (or RoCE) devices and the state of their ports."""
    devices = sorted(Path("/sys/class/infiniband").glob("*"))
    if not devices:
        yield Finding("InfiniBand", "no device", FALLS_BACK, "one node needs none; between nodes TCP is used")
    for device in devices:
        ports = sorted(device.glob("ports/*"))
        states = [f"{_line(port / 'state')} {_line(port / 'rate')}" for port in ports]
        found = f"{device.name}: {'; '.join(states)}"
        if any("ACTIVE" in state for state in states):
            yield Finding("InfiniBand", found, FAST)
        else:
            yield Finding("InfiniBand", found, FALLS_BACK, "no port is active: ask the operators")


def gpus() -> Iterable[Finding]:
    """The NVIDIA driver and the GPUs of this node, whether they can be used, and which rank takes which."""
    from esim.backends import devices

    found, trouble = devices.driver(), devices.trouble()
    if found is None:
        hidden = "; ".join(_gpu_names())
        advice = f"nvidia-smi sees {hidden}: its driver library is missing here" if hidden else ""
        yield Finding("GPUs", "no NVIDIA driver", FALLS_BACK, advice or "run.backend cpu uses all cores")
        return
    number = devices.driver_release()
    name = f"{number}, supports" if number else "supports"
    yield Finding("NVIDIA driver", f"{name} CUDA {devices.release(found.cuda)}", NOTE if trouble else FAST)
    for gpu in devices.gpus():
        memory = f"{gpu.memory / 1e9:.1f} GB, {gpu.free / 1e9:.1f} GB of it free"
        capability = f"compute capability {gpu.capability[0]}.{gpu.capability[1]}"
        yield Finding("GPUs", f"{gpu.number}: {gpu.name}, {capability}, {memory}", NOTE if trouble else FAST)
    if trouble:
        reason, _, advice = trouble.partition("; ")
        yield Finding("GPUs", f"cannot be used: {reason}", MISSING if found.count else FALLS_BACK, advice)
        return
    yield cuda_kernels()
    yield _ranks(found.count)


def cuda_kernels() -> Finding:
    """Whether the CUDA code generator is used."""
    from esim.backends.devices import generates_code
    from esim.errors import MachineError

    try:
        generated = generates_code()
    except MachineError as error:
        return Finding("CUDA kernels", str(error), MISSING, "unset ESIM_CUDA_CODEGEN")
    if generated:
        return Finding("CUDA kernels", "generated from the bodies", FAST)
    return Finding(
        "CUDA kernels",
        "one thread per cell (ESIM_CUDA_CODEGEN=0)",
        FALLS_BACK,
        "slow, for comparisons; unset ESIM_CUDA_CODEGEN for generated kernels",
    )


def _ranks(count: int) -> Finding:
    """Which rank takes which GPU."""
    taken = (
        "every rank of a node takes GPU 0" if count == 1 else f"rank n of a node takes GPU n modulo {count}"
    )
    start = f"mpirun -n {count}" if count > 1 else "mpirun -n 1"
    advice = f"start {count} on each node: {start}, or srun --ntasks-per-node={count} --gpus-per-node={count}"
    return Finding("ranks and GPUs", taken, NOTE, advice)


def _gpu_names() -> list[str]:
    ran = _ask(["nvidia-smi", "-L"])
    lines = ran.stdout.splitlines() if ran and not ran.returncode else []
    return [line.split("(UUID")[0].strip() for line in lines]


def array_modules() -> Iterable[Finding]:
    """Modules whose arrays backend numpy can take, run.array_module."""
    from esim.backends.array_module import NAMES

    found = [name for name in NAMES if find_spec(name) is not None]
    yield Finding("array modules", f"{', '.join(found)}, for run.backend numpy", NOTE)


def energy() -> Iterable[Finding]:
    """What counts the energy of a run."""
    from esim.backends.devices import gpu_count
    from esim.backends.energy import counters_here

    counters = counters_here(gpus=gpu_count() > 0)
    yield Finding("energy", "; ".join(f"{kind}: {text}" for kind, text in counters.items()), NOTE)


def gpudirect() -> Iterable[Finding]:
    """The kernel modules with which network cards and GPUs exchange data directly."""
    modules = Path("/proc/modules")
    loaded = {line.split()[0] for line in modules.read_text().splitlines()} if modules.is_file() else set()
    found = sorted(loaded & {"nvidia_peermem", "nv_peer_mem", "gdrdrv"})
    if found:
        yield Finding("GPUDirect", ", ".join(found), FAST)
    elif "nvidia" in loaded:
        advice = "for several GPU nodes: ask for nvidia_peermem and gdrdrv"
        yield Finding("GPUDirect", "no module", FALLS_BACK, advice)
    else:
        yield Finding("GPUDirect", "no NVIDIA driver", NOTE)


def cores() -> Iterable[Finding]:
    """Cores of the node, those that this process may use, and the settings for threads."""
    mine, all_cores = len(os.sched_getaffinity(0)), os.cpu_count() or 1
    nodes = len(list(Path("/sys/devices/system/node").glob("node[0-9]*"))) or 1
    state = FAST if mine == all_cores else NOTE
    yield Finding("cores", f"{mine} usable of {all_cores}; NUMA domains: {nodes}", state)
    for name in THREADS:
        value = os.environ.get(name, "")
        if value.isdecimal() and int(value) > mine:
            advice = (
                f"give each rank {value} cores (srun --cpus-per-task, mpirun --bind-to none), or lower it"
            )
            yield Finding("threads", f"{name}={value} on {mine} usable cores", FALLS_BACK, advice)
        elif value:
            yield Finding("threads", f"{name}={value}")


def cache() -> Iterable[Finding]:
    """The folder that keeps compiled kernels, and those of the site."""
    from esim.backends.kernel_cache import cache_directory, site_directories

    folder = cache_directory()
    temporary = Path(tempfile.gettempdir()) in folder.parents
    advice = "set ESIM_CACHE_DIR to a folder that lasts, or each start compiles" if temporary else ""
    yield Finding("compile cache", str(folder), FALLS_BACK if temporary else FAST, advice)
    for shared in site_directories():
        yield Finding("compile cache", f"{shared}, of the site, read only")


def locking() -> Iterable[Finding]:
    """Whether HDF5 can write and read, and the file system lock, files in the current folder."""
    from esim.io import netcdf

    here = Path.cwd()
    try:
        with tempfile.TemporaryDirectory(dir=here, prefix=".esim-doctor-") as folder:
            path = Path(folder) / "probe.nc"
            netcdf.create(path).close()
            netcdf.read(path).close()
            locks = _locks(path)
    except (OSError, RuntimeError) as error:
        advice = "write elsewhere (--output), or, if only locks fail, set HDF5_USE_FILE_LOCKING=FALSE"
        yield Finding("files", f"HDF5 cannot write in {here}: {error}", MISSING, advice)
        return
    free = f"{shutil.disk_usage(here).free / 1e9:.0f} GB free"
    if locks:
        yield Finding("files", f"HDF5 writes in {here}, which has locks; {free}", FAST)
    else:
        advice = "do not read outputs while a run writes them"
        yield Finding("files", f"HDF5 writes in {here}, which has no locks; {free}", FALLS_BACK, advice)


def _locks(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def data() -> Iterable[Finding]:
    """Where input data are looked for, and how many of the known files are there."""
    from esim.data import table

    folder = os.environ.get("ESIM_DATA")
    origins = [known.origin for known in table()]
    counts = ", ".join(f"{origins.count(name)} {name}" for name in dict.fromkeys(origins))
    yield Finding("data", f"known files: {counts}", NOTE, "`esim data` lists them")
    if not folder:
        yield Finding("ESIM_DATA", "not set", NOTE, "set it to a folder with data files of your own")
    elif Path(folder).expanduser().is_dir():
        yield Finding("ESIM_DATA", folder)
    else:
        yield Finding("ESIM_DATA", f"{folder}: no such folder", MISSING, "set it to the folder of your data")


def _ask(
    command: list[str], environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str] | None":
    """What another program says; None if it is not there or does not answer."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _line(path: Path) -> str:
    return path.read_text().strip() if path.is_file() else "?"


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
