"""What may a rank use of its machine? Threads, memory, and a GPU."""

import math
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from esim.backends import devices
from esim.backends.array_module import open_module
from esim.backends.devices import Gpu
from esim.config.run import ResourcesConfig
from esim.drivers.memory_limits import memory_limits
from esim.errors import InputError, MachineError
from esim.parallel.comm import Comm

ON_HOST = (
    "program",
    "seafloor",
    "preparation",
    "seismograms",
    "source displacements",
    "point sources",
)  # of what is predicted, what a GPU does not hold
OUT_OF_MEMORY = (
    "CUDA_ERROR_OUT_OF_MEMORY",
    "cudaErrorMemoryAllocation",
)  # in CUDA errors that are no MemoryError
# Resident bytes of Python, the libraries (LLVM among them), and Numba where it compiles, by backend; and of an MPI
# library.
PROGRAM = {"numpy": 190_000_000, "cpu": 260_000_000, "cuda": 450_000_000}
MPI = 20_000_000
CONTEXT = 600_000_000  # bytes of GPU memory that CUDA, its libraries and compiled kernels take per process


def with_program(predicted: Mapping[str, int], backend: str, ranks: int) -> dict[str, int]:
    """What is predicted for each of so many ranks, and the program itself."""
    return {**predicted, "program": PROGRAM[backend] + (MPI if ranks > 1 else 0)}


@dataclass(frozen=True)
class Device:
    """Where a rank computes: its backend, and its GPU, if it has one, with the number of ranks that share that.

    here is False where this machine lacks it, and it only describes what another one would use.
    """

    backend: str
    gpu: Gpu | None = None
    sharing: int = 1
    warnings: tuple[str, ...] = ()
    here: bool = True


def select_device(run: ResourcesConfig, comm: Comm) -> Device:
    """Where all ranks compute, the same backend on each; raises MachineError, on all, where one of them cannot."""
    backend = run.backend
    warnings: list[str] = []
    if backend == "auto":
        choices = comm.allgather(devices.best())
        backend = "cuda" if all(choice.name == "cuda" for choice in choices) else "cpu"
        warnings += [choice.warning for choice in choices if choice.warning][:1]
        if backend == "cpu" and any(choice.name == "cuda" for choice in choices):
            warnings = warnings or [
                "run.backend: auto takes the CPU, as some ranks have no GPU that can be used"
            ]
    module = run.array_module if backend == "numpy" else ""
    wrong = [text for text in comm.allgather(_trouble(backend, module, comm)) if text]
    if wrong:
        raise MachineError(wrong[0])
    if module != "cupy" and (backend != "cuda" or devices.simulated()):
        return Device(backend, warnings=tuple(warnings))
    gpu = devices.gpu(comm.local_rank % devices.gpu_count())
    taken = comm.allgather((platform.node(), gpu.identity))
    return Device(backend, gpu, taken.count(taken[comm.rank]), (*warnings, *_crowded(taken)))


def _trouble(backend: str, module: str, comm: Comm) -> str:
    """Why a rank cannot compute on a backend, or on an array module of backend numpy; empty if it can."""
    try:
        if backend == "cuda" and not devices.simulated():
            devices.require()
            _ = comm.size > 1 and comm.direct  # raises where MPI is set to take GPU memory and cannot
        elif module:
            open_module(module, comm.local_rank)
    except MachineError as error:
        return str(error)
    return ""


def _crowded(taken: list[tuple[str, str]]) -> list[str]:
    """A warning where ranks share a GPU: taken are node and GPU of each rank."""
    node, most = max(((gpu[0], taken.count(gpu)) for gpu in taken), key=lambda found: found[1])
    if most == 1:
        return []
    here = [gpu for gpu in taken if gpu[0] == node]
    count = len(set(here))
    gpus = "1 GPU" if count == 1 else f"{count} GPUs"
    return [
        f"{len(here)} ranks of a node have {gpus}, and take them in turn: up to {most} ranks share one; start {count} "
        "on each node for the best speed"
    ]


def check_memory(
    predicted: Mapping[str, int],
    limit: int | None,
    comm: Comm,
    device: Device | None = None,
    *,
    dimensions: int = 2,
    savings: Sequence[str] = (),
) -> None:
    """Raises InputError, on all ranks, if the arrays would not fit in the memory there is, or in run.memory_limit.

    What is predicted lies on the GPU of the device, if it has one, except ON_HOST. dimensions are those in which
    grid.spacing divides the box; savings are settings that need less.
    """
    gpu = device.gpu if device else None
    there = {name: size for name, size in predicted.items() if gpu is None or name not in ON_HOST}
    here = {name: size for name, size in predicted.items() if name not in there}
    trouble = ""
    if device and gpu:
        trouble = _lacking_on_gpu(there, limit, comm, gpu, device.sharing, dimensions, savings)
    found = next((text for text in comm.allgather(trouble) if text), "")
    if found:
        raise InputError(found)
    _check_host(here if gpu else there, None if gpu else limit, comm)


def _lacking_on_gpu(
    predicted: Mapping[str, int],
    limit: int | None,
    comm: Comm,
    gpu: Gpu,
    sharing: int,
    dimensions: int,
    savings: Sequence[str],
) -> str:
    """What to say where the GPU of a rank has too little memory; empty if it has enough."""
    need, available = sum(predicted.values()), gpu.free / sharing - CONTEXT
    allowed = max(1.0, min(available, limit or math.inf))
    if need <= allowed:
        return ""
    largest = max(predicted, key=lambda name: predicted[name])
    if limit and limit < available:
        source = f"run.memory_limit is {limit / 1e9:.3g} GB per rank"
    else:
        shared = f" for the {sharing} ranks that share it" if sharing > 1 else ""
        source = f"{gpu.name} has {gpu.free / 1e9:.3g} GB free{shared}"
    coarser = (need / allowed) ** (1 / dimensions)
    number = math.ceil(comm.size * need / max(1.0, min(gpu.free - CONTEXT, limit or math.inf)))
    ways = [f"a grid.spacing {math.ceil(coarser * 100) / 100:.2f} times as large", f"about {number} GPUs"]
    return (
        f"memory: a rank would need {(need + CONTEXT) / 1e9:.3g} GB of its GPU ({largest}: "
        f"{predicted[largest] / 1e9:.3g} GB), and {source}; use {', '.join([*ways, *savings])} or a smaller box"
    )


def _check_host(predicted: Mapping[str, int], limit: int | None, comm: Comm) -> None:
    need = sum(predicted.values())
    found = [(one.free / (comm.local_size if one.shared else 1), one.source) for one in memory_limits()]
    if limit:
        found.append((float(limit), "run.memory_limit"))
    allowed, source = min(comm.allgather(min(found)))  # of the rank that has least
    if need > allowed:
        largest = max(predicted.keys() - {"program"}, key=lambda name: predicted[name])
        program = predicted.get("program", 0)  # each rank has its own
        ranks = math.ceil(comm.size * (need - program) / max(allowed - program, 1.0))
        more = (
            f", or about {ranks} ranks on more nodes"
            if allowed > program
            else "; the program itself takes more"
        )
        raise InputError(
            f"memory: a rank would need {need / 1e9:.3g} GB ({largest}: {predicted[largest] / 1e9:.3g} GB), and "
            f"{source} leaves {allowed / 1e9:.3g} GB to each rank; use a coarser grid.spacing, a smaller "
            f"box{more}"
        )


@contextmanager
def explain_out_of_memory(predicted: Mapping[str, int] | None = None) -> Iterator[None]:
    """Context in which memory that runs out, though less of it was predicted, is a MachineError in one sentence.

    Without a prediction it is that of the input, which is read before anything is predicted.
    """
    try:
        yield
    except Exception as error:
        if not isinstance(error, MemoryError) and not any(word in str(error) for word in OUT_OF_MEMORY):
            raise
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        if predicted is None:
            text = "while the input was read; end what else takes memory there, or use a smaller box or smaller files"
        else:
            text = (
                f"predicted need was {sum(predicted.values()) / 1e9:.3g} GB per rank; end what else takes memory "
                "there, use more ranks or GPUs, or a coarser grid.spacing"
            )
        raise MachineError(f"out of memory ({reason}); {text}") from error
