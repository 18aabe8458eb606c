"""How do ranks exchange messages? One protocol for MPI, for threads of one process, and for one rank alone."""

import os
import queue
import threading
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import numpy as np

from esim.distribution import install
from esim.errors import MachineError

T = TypeVar("T")
REDUCTIONS = -1  # the first of the tags that a LocalComm takes for its reductions, downwards

# Environment variables in which the common launchers give the number of ranks.
LAUNCHERS = (
    "PMI_SIZE",
    "PMIX_SIZE",
    "OMPI_COMM_WORLD_SIZE",
    "MV2_COMM_WORLD_SIZE",
    "PALS_SIZE",
    "FLUX_JOB_SIZE",
)
RANK_ONLY = ("PMI_RANK", "PMIX_RANK", "PALS_RANKID", "ALPS_APP_PE", "FLUX_TASK_RANK")
LOCAL_SIZES = (
    "MPI_LOCALNRANKS",
    "OMPI_COMM_WORLD_LOCAL_SIZE",
    "SLURM_NTASKS_PER_NODE",
    "MV2_COMM_WORLD_LOCAL_SIZE",
)


class Request(Protocol):
    """A message on a fixed buffer that is started again and again."""

    def start(self) -> None:
        """Begin the transfer."""

    def wait(self) -> None:
        """Return when the buffer may be used again."""


class Reduction(Protocol):
    """A maximum or a sum over all ranks that goes on while these compute; it is begun again and again.

    values are what this rank gives, to be filled in before each start.
    """

    values: np.ndarray

    def start(self) -> None:
        """Begin; every rank does so in the same order among all that ranks do together."""

    def wait(self) -> np.ndarray:
        """The result, the same on all ranks, until the next start."""


class Comm(Protocol):
    """The few operations that esim needs, in mpi4py's words where there are such."""

    rank: int
    size: int
    local_rank: int
    local_size: int
    library: str | None  # version of the MPI library

    @property
    def direct(self) -> bool:
        """Whether messages may lie in the memory of a GPU."""

    def bcast(self, value: T, root: int = 0) -> T:
        """Value of the root on every rank."""

    def gather(self, value: T, root: int = 0) -> list[T] | None:
        """List of all values on the root, None elsewhere."""

    def allgather(self, value: T) -> list[T]:
        """List of all values on every rank."""

    def allreduce_max(self, value: float) -> float:
        """Largest value of all ranks; exact, so independent of their number."""

    def reduction(self, size: int, operation: Literal["max", "sum"]) -> Reduction:
        """A reduction of so many values that does not block; every rank makes it in the same order."""

    def barrier(self) -> None:
        """Wait for all ranks."""

    def send(self, array: np.ndarray, dest: int, tag: int) -> None:
        """Send a contiguous array."""

    def recv(self, array: np.ndarray, source: int, tag: int) -> None:
        """Receive into a contiguous array."""

    def send_init(self, buffer: np.ndarray, dest: int, tag: int) -> Request:
        """Persistent send."""

    def recv_init(self, buffer: np.ndarray, source: int, tag: int) -> Request:
        """Persistent receive."""

    def fault_barrier(self) -> None:
        """Wait for all ranks on a separate channel, independent of messages in progress."""

    def abort(self, code: int) -> None:
        """End all ranks now."""

    def close(self) -> None:
        """Give back what the library holds for persistent messages, and leave it: no message can follow."""


# ------------------------------------------------------------------ threads of one process


class _World:
    """What the ranks of a LocalComm share."""

    def __init__(self, size: int, timeout: float) -> None:
        self.size, self.timeout = size, timeout
        self.barrier = threading.Barrier(size)
        self.slots: list[Any] = [None] * size
        self.lock = threading.Lock()
        self.mail: dict[tuple[int, int, int], queue.Queue] = {}

    def box(self, source: int, dest: int, tag: int) -> queue.Queue:
        with self.lock:
            return self.mail.setdefault((source, dest, tag), queue.Queue())


class LocalComm:
    """Ranks as threads of one process, so that parallel logic is tested in plain pytest; one rank is serial."""

    def __init__(self, world: _World, rank: int) -> None:
        self._world, self.rank, self.size = world, rank, world.size
        self.local_rank, self.local_size = rank, world.size
        self.library: str | None = None
        self.direct = False
        self._reductions = 0

    def _wait(self) -> None:
        try:
            self._world.barrier.wait(self._world.timeout)
        except threading.BrokenBarrierError:
            raise MachineError(
                f"rank {self.rank}: another rank failed or never came to a collective"
            ) from None

    def allgather(self, value: T) -> list[T]:
        """List of all values on every rank."""
        self._world.slots[self.rank] = value
        self._wait()
        values = list(self._world.slots)
        self._wait()
        return values

    def bcast(self, value: T, root: int = 0) -> T:
        """Value of the root on every rank."""
        return self.allgather(value)[root]

    def gather(self, value: T, root: int = 0) -> list[T] | None:
        """List of all values on the root, None elsewhere."""
        values = self.allgather(value)
        return values if self.rank == root else None

    def allreduce_max(self, value: float) -> float:
        """Largest value of all ranks."""
        return max(self.allgather(value))

    def reduction(self, size: int, operation: Literal["max", "sum"]) -> Reduction:
        """A reduction of so many values that does not block."""
        self._reductions += 1
        return _LocalReduction(self, size, operation, REDUCTIONS - self._reductions)

    def barrier(self) -> None:
        """Wait for all ranks."""
        self._wait()

    def send(self, array: np.ndarray, dest: int, tag: int) -> None:
        """Send a copy of an array."""
        self._world.box(self.rank, dest, tag).put(array.copy())

    def recv(self, array: np.ndarray, source: int, tag: int) -> None:
        """Receive into an array; raises MachineError if nothing comes."""
        box, give_up = self._world.box(source, self.rank, tag), time.monotonic() + self._world.timeout
        while True:
            try:
                array[...] = box.get(timeout=0.1).reshape(array.shape)
                return
            except queue.Empty:
                if self._world.barrier.broken or time.monotonic() > give_up:
                    raise MachineError(
                        f"rank {self.rank}: no message from rank {source} with tag {tag}"
                    ) from None

    def send_init(self, buffer: np.ndarray, dest: int, tag: int) -> Request:
        """Persistent send."""
        return _LocalSend(self, buffer, dest, tag)

    def recv_init(self, buffer: np.ndarray, source: int, tag: int) -> Request:
        """Persistent receive."""
        return _LocalReceive(self, buffer, source, tag)

    def fault_barrier(self) -> None:
        """Wait for all ranks."""
        self._wait()

    def abort(self, code: int) -> None:
        """End the process."""
        os._exit(code)

    def close(self) -> None:
        """Nothing is held."""


class _LocalSend:
    def __init__(self, comm: LocalComm, buffer: np.ndarray, dest: int, tag: int) -> None:
        self.comm, self.buffer, self.dest, self.tag = comm, buffer, dest, tag

    def start(self) -> None:
        self.comm.send(self.buffer, self.dest, self.tag)

    def wait(self) -> None:
        pass


class _LocalReceive:
    def __init__(self, comm: LocalComm, buffer: np.ndarray, source: int, tag: int) -> None:
        self.comm, self.buffer, self.source, self.tag = comm, buffer, source, tag

    def start(self) -> None:
        pass

    def wait(self) -> None:
        self.comm.recv(self.buffer, self.source, self.tag)


class _LocalReduction:
    """Every rank sends its values to all; they are put together in the order of ranks."""

    def __init__(self, comm: LocalComm, size: int, operation: str, tag: int) -> None:
        self.values, self._result = np.zeros(size), np.zeros(size)
        self._comm, self._tag = comm, tag
        self._add = np.maximum if operation == "max" else np.add

    def start(self) -> None:
        for rank in range(self._comm.size):
            self._comm.send(self.values, rank, self._tag)

    def wait(self) -> np.ndarray:
        part = np.empty_like(self.values)
        for rank in range(self._comm.size):
            self._comm.recv(part, rank, self._tag)
            self._result[...] = part if rank == 0 else self._add(self._result, part)
        return self._result


def SerialComm() -> LocalComm:  # noqa: N802 - reads like the class it stands for
    """One rank alone."""
    return LocalComm(_World(1, timeout=5.0), 0)


def run_ranks(size: int, function: Callable[[Comm], T], timeout: float = 180.0) -> list[T]:
    """Run function(comm) on so many ranks as threads; returns the results in order, raises the first error."""
    world = _World(size, timeout)
    results: list[Any] = [None] * size
    errors: list[BaseException] = []

    def work(rank: int) -> None:
        try:
            results[rank] = function(LocalComm(world, rank))
        except BaseException as error:
            errors.append(error)
            world.barrier.abort()

    threads = [threading.Thread(target=work, args=(rank,), name=f"rank-{rank}") for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


# ------------------------------------------------------------------ MPI


class MPIComm:
    """Ranks of MPI."""

    def __init__(self, mpi: Any, comm: Any) -> None:
        self._mpi, self._comm = mpi, comm
        self.rank, self.size = comm.Get_rank(), comm.Get_size()
        self.library: str | None = mpi.Get_library_version().split("\n")[0].strip()
        self._faults = comm.Dup()
        self._requests: list[Any] = []
        self._reductions: list[_MPIReduction] = []
        node = comm.Split_type(mpi.COMM_TYPE_SHARED)
        self.local_rank, self.local_size = node.Get_rank(), node.Get_size()

    @cached_property
    def direct(self) -> bool:
        """Whether MPI takes messages from the memory of a GPU."""
        return cuda_aware()

    def bcast(self, value: T, root: int = 0) -> T:
        """Value of the root on every rank."""
        return self._comm.bcast(value, root)

    def gather(self, value: T, root: int = 0) -> list[T] | None:
        """List of all values on the root, None elsewhere."""
        return self._comm.gather(value, root)

    def allgather(self, value: T) -> list[T]:
        """List of all values on every rank."""
        return self._comm.allgather(value)

    def allreduce_max(self, value: float) -> float:
        """Largest value of all ranks."""
        return self._comm.allreduce(float(value), self._mpi.MAX)

    def reduction(self, size: int, operation: Literal["max", "sum"]) -> Reduction:
        """A reduction of so many values that does not block: in the switches, where the network reduces there."""
        made = _MPIReduction(self._comm, size, self._mpi.MAX if operation == "max" else self._mpi.SUM)
        self._reductions.append(made)
        return made

    def barrier(self) -> None:
        """Wait for all ranks."""
        self._comm.Barrier()

    def send(self, array: np.ndarray, dest: int, tag: int) -> None:
        """Send a contiguous array."""
        self._comm.Send(array, dest, tag)

    def recv(self, array: np.ndarray, source: int, tag: int) -> None:
        """Receive into a contiguous array."""
        self._comm.Recv(array, source, tag)

    def send_init(self, buffer: np.ndarray, dest: int, tag: int) -> Request:
        """Persistent send."""
        return self._keep(self._comm.Send_init(buffer, dest, tag))

    def recv_init(self, buffer: np.ndarray, source: int, tag: int) -> Request:
        """Persistent receive."""
        return self._keep(self._comm.Recv_init(buffer, source, tag))

    def _keep(self, request: Any) -> Request:
        self._requests.append(request)
        return _MPIRequest(request)

    def fault_barrier(self) -> None:
        """Wait for all ranks on a communicator of its own."""
        self._faults.Barrier()

    def abort(self, code: int) -> None:
        """End all ranks now."""
        self._comm.Abort(code)

    def close(self) -> None:
        """Free the persistent requests and end MPI, which waits for all ranks: here, where that is watched."""
        for reduction in self._reductions:
            reduction.wait()  # one that all ranks have begun, and none has asked for
        for request in self._requests:
            request.Free()
        self._requests.clear()
        self._mpi.Finalize()


class _MPIRequest:
    def __init__(self, request: Any) -> None:
        self._request = request

    def start(self) -> None:
        self._request.Start()

    def wait(self) -> None:
        self._request.Wait()


class _MPIReduction:
    def __init__(self, comm: Any, size: int, operation: Any) -> None:
        self.values, self._given, self._result = np.zeros((3, size))
        self._comm, self._operation = comm, operation
        self._request: Any = None

    def start(self) -> None:
        self._given[...] = self.values  # what is under way must not change
        self._request = self._comm.Iallreduce(self._given, self._result, self._operation)

    def wait(self) -> np.ndarray:
        if self._request is not None:
            self._request.Wait()
            self._request = None
        return self._result


def launched_ranks() -> int:
    """Number of ranks that a launcher says it started; 0 where there is no sign of one."""
    for name in LAUNCHERS:
        if os.environ.get(name, "").isdigit():
            return int(os.environ[name])
    # A Slurm step (srun); in the batch script itself, outside any step, the variables describe the job.
    if os.environ.get("SLURM_STEP_ID", "").isdigit() and "SLURM_PROCID" in os.environ:
        return int(os.environ.get("SLURM_STEP_NUM_TASKS") or os.environ.get("SLURM_NTASKS") or 1)
    return 1 if any(name in os.environ for name in RANK_ONLY) else 0


def connect() -> Comm:
    """Communicator of this process: MPI under a launcher, else one rank alone, without loading MPI.

    Raises MachineError where a launcher started several ranks and the MPI library sees only one each: the two do
    not belong together, and every rank would silently compute the whole problem.
    """
    ranks = launched_ranks()
    if ranks == 0:
        return SerialComm()
    if _oversubscribed():
        # MPICH's waiting ranks otherwise take the processor from those they wait for.
        os.environ.setdefault("MPIR_CVAR_ENABLE_HEAVY_YIELD", "1")
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        if ranks <= 1:
            return SerialComm()
        raise MachineError(
            f"a launcher started {ranks} ranks, but no MPI library could be loaded ({error}); install one with "
            f"{install('mpi')} or point MPI4PY_LIBMPI at the site's libmpi"
        ) from None
    size = MPI.COMM_WORLD.Get_size()
    if ranks > 1 and size == 1:
        library = MPI.Get_library_version().split("\n")[0].split(",")[0]
        raise MachineError(
            f"the launcher started {ranks} ranks, but MPI ({library}) sees one: mpirun and the MPI library do not "
            "belong together; use the mpirun beside esim-run, or set MPI4PY_LIBMPI to the library of your mpirun"
        )
    return MPIComm(MPI, MPI.COMM_WORLD)


def _oversubscribed() -> bool:
    local = next((int(v) for v in map(os.environ.get, LOCAL_SIZES) if v and v.isdigit()), 1)
    return local > len(os.sched_getaffinity(0))


def mpi_vendor() -> str | None:
    """Whose MPI library it is, "Open MPI" or "MPICH", without starting it; None where there is none."""
    import mpi4py

    mpi4py.rc.initialize = False
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError):
        return None
    return str(MPI.get_vendor()[0])


def mpi_report() -> dict[str, Any]:
    """What MPI there is, for `esim doctor`; starts MPI."""
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        return {"available": False, "reason": str(error).split("\n")[0]}
    vendor, version = MPI.get_vendor()
    try:
        aware, trouble = cuda_aware(), ""
    except MachineError as error:
        aware, trouble = False, str(error)
    return {
        "available": True,
        "vendor": vendor,
        "version": ".".join(map(str, version)),
        "standard": ".".join(map(str, MPI.Get_version())),
        "library": MPI.Get_library_version().split("\n")[0].strip(),
        "thread_level": {MPI.THREAD_MULTIPLE: "multiple", MPI.THREAD_SERIALIZED: "serialized"}.get(
            MPI.Query_thread(), "funneled or single"
        ),
        "cuda_aware": aware,
        "cuda_trouble": trouble,
    }


def cuda_aware() -> bool:
    """Whether MPI takes device buffers: what the library says, unless ESIM_CUDA_AWARE_MPI is 0, 1 or trust.

    Asked only, never tried: a device buffer given to a library that is not aware ends the process. So 1 is believed
    where the library says nothing, and is a MachineError where it says no; trust is believed in any case.
    """
    forced = os.environ.get("ESIM_CUDA_AWARE_MPI")
    if forced is None:
        return bool(library_cuda_aware())
    if forced == "1" and library_cuda_aware() is False:
        raise MachineError(
            "ESIM_CUDA_AWARE_MPI=1 has MPI take messages from GPU memory, and this MPI library says that it cannot; "
            "unset it to send through pinned memory, load a CUDA-aware MPI, or set it to trust to continue regardless"
        )
    return forced in ("1", "trust")


def library_cuda_aware(maps: Path = Path("/proc/self/maps")) -> bool | None:
    """Whether the MPI library says that it takes device buffers; None where it says nothing.

    maps lists the files of this process, the library among them.
    """
    from mpi4py import MPI

    kinds = MPI.COMM_WORLD.Get_info().Get("mpi_memory_alloc_kinds")
    if kinds:
        return any(kind.split(":")[0].strip() == "cuda" for kind in kinds.split(","))
    query = getattr(_mpi_library(maps), "MPIX_Query_cuda_support", None)
    if query:
        return bool(query())
    return True if os.environ.get("MPICH_GPU_SUPPORT_ENABLED") == "1" else None


def _mpi_library(maps: Path) -> Any:
    """The MPI library that is loaded, or the process itself where it is part of that."""
    import ctypes

    try:
        files = [line.split(maxsplit=5)[-1] for line in maps.read_text().splitlines()]
        return ctypes.CDLL(next((file for file in files if "libmpi" in Path(file).name), None))
    except OSError:  # no list of files, or one that was replaced since
        return ctypes.CDLL(None)
