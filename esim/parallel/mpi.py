"""How do ranks talk by MPI, and what does its library say of itself? The one place that knows mpi4py."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from esim.distribution import install
from esim.errors import MachineError
from esim.parallel.protocol import Reduction, Request, T


class MPIComm:
    """Ranks of MPI."""

    def __init__(self, mpi: Any, comm: Any) -> None:
        self._mpi, self._comm = mpi, comm
        self.rank, self.size = comm.Get_rank(), comm.Get_size()
        self.library: str | None = mpi.Get_library_version().split("\n")[0].strip()
        self._faults = comm.Dup()
        self._requests: list[Any] = []
        self._reductions: list[_MPIReduction] = []
        self._parts: list[MPIComm] = []
        node = comm.Split_type(mpi.COMM_TYPE_SHARED)
        self.local_rank, self.local_size = node.Get_rank(), node.Get_size()
        node.Free()

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

    def has_message(self, source: int, tag: int) -> bool:
        """Whether a message has come."""
        return bool(self._comm.Iprobe(source, tag))

    def split(self, group: int) -> "MPIComm":
        """A communicator of the ranks of a group."""
        part = MPIComm(self._mpi, self._comm.Split(group, self.rank))
        self._parts.append(part)
        return part

    def release(self) -> None:
        """Give back a communicator of a group: MPI libraries have no more than some thousands."""
        self._free()
        self._faults.Free()
        self._comm.Free()

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
        self._free()
        self._mpi.Finalize()

    def _free(self) -> None:
        """Give back what persistent messages hold, those of all groups too."""
        for part in self._parts:
            part._free()
        self._parts.clear()
        for reduction in self._reductions:
            reduction.wait()  # one that all ranks have begun, and none has asked for
        self._reductions.clear()
        for request in self._requests:
            request.Free()
        self._requests.clear()


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


def load_mpi(ranks: int) -> MPIComm | None:
    """All ranks of MPI, of which a launcher says that it started so many; None for one rank where there is no library.

    Raises MachineError where several ranks have no library, or one by which they do not see each other.
    """
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        if ranks <= 1:
            return None
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
