"""Which GPUs are there, and can they be used? Queried from NVIDIA's driver, without creating a CUDA context."""

import ctypes
import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, NamedTuple

from esim.distribution import install
from esim.errors import MachineError

DRIVER, MANAGEMENT = "libcuda.so.1", "libnvidia-ml.so.1"
MAJOR, MINOR = 75, 76  # what cuDeviceGetAttribute calls the compute capability
NO_DEVICE = 100  # what cuInit says where it sees none
OLDEST = {13: "580", 12: "525", 11: "450"}  # driver that a CUDA version needs
PACKAGES = ("cupy", "numba_cuda")  # by the names they are imported by
ELSE = "or use run.backend: cpu"


class Gpu(NamedTuple):
    """A GPU by its number among those that this process sees; bytes of its memory, and how many are free.

    identity is the same in every process that sees the GPU; its number may differ.
    """

    number: int
    name: str
    capability: tuple[int, int]
    memory: int
    free: int
    identity: str = ""


class Choice(NamedTuple):
    """The backend that auto stands for, and what there is to say about it."""

    name: str
    warning: str = ""


def simulated() -> bool:
    """Whether Numba's CUDA simulator stands in for a GPU."""
    return os.environ.get("NUMBA_ENABLE_CUDASIM", "0") not in ("", "0")


def generates_code() -> bool:
    """Whether CUDA kernels come from the code generator; with ESIM_CUDA_CODEGEN=0 a thread runs a body for each cell.

    Raises MachineError where the variable is neither 0 nor 1.
    """
    value = os.environ.get("ESIM_CUDA_CODEGEN", "1")
    if value not in ("0", "1"):
        raise MachineError(
            f"ESIM_CUDA_CODEGEN is '{value}'; 1 (the default) runs generated CUDA kernels, 0 one thread for each cell"
        )
    return value == "1"


def library(name: str) -> Any:
    """A library of the driver, None where it is not installed."""
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


@dataclass(frozen=True)
class Driver:
    """NVIDIA's driver: the version of CUDA it supports (13000 is 13.0), what its start returned, number of GPUs."""

    cuda: int
    status: int
    count: int


def driver() -> Driver | None:
    """The driver of this node, None where there is none."""
    found = library(DRIVER)
    if found is None:
        return None
    number, count = ctypes.c_int(0), ctypes.c_int(0)
    found.cuDriverGetVersion(ctypes.byref(number))
    status = found.cuInit(0)
    if status == 0:
        status = found.cuDeviceGetCount(ctypes.byref(count))
    return Driver(number.value, status, count.value if status == 0 else 0)


def driver_release() -> str:
    """Number of the driver's release, such as 580.82.07; empty where NVML is not available."""
    management = library(MANAGEMENT)
    if management is None or management.nvmlInit_v2() != 0:
        return ""
    number = ctypes.create_string_buffer(80)
    try:
        known = management.nvmlSystemGetDriverVersion(number, len(number)) == 0
        return number.value.decode() if known else ""
    finally:
        management.nvmlShutdown()


def gpu_count() -> int:
    """Number of NVIDIA GPUs that this process sees."""
    found = driver()
    return found.count if found else 0


def gpus() -> list[Gpu]:
    """The NVIDIA GPUs that this process sees."""
    return [gpu(number) for number in range(gpu_count())]


def gpu(number: int) -> Gpu:
    """A GPU that this process sees."""
    cuda = library(DRIVER)
    device, major, minor = ctypes.c_int(0), ctypes.c_int(0), ctypes.c_int(0)
    name, total = ctypes.create_string_buffer(256), ctypes.c_size_t(0)
    cuda.cuInit(0)
    cuda.cuDeviceGet(ctypes.byref(device), number)
    cuda.cuDeviceGetName(name, len(name), device)
    cuda.cuDeviceGetAttribute(ctypes.byref(major), MAJOR, device)
    cuda.cuDeviceGetAttribute(ctypes.byref(minor), MINOR, device)
    cuda.cuDeviceTotalMem_v2(ctypes.byref(total), device)
    free = min(_free(_bus(cuda, device), total.value), total.value)  # a part of a GPU has no more than that
    identity = (ctypes.c_ubyte * 16)()
    cuda.cuDeviceGetUuid_v2(ctypes.byref(identity), device)
    capability = (major.value, minor.value)
    return Gpu(number, name.value.decode(), capability, total.value, free, bytes(identity).hex())


def bus(number: int) -> str:
    """The address on the PCI bus of a GPU that this process sees, as in /sys/bus/pci/devices."""
    cuda, device = library(DRIVER), ctypes.c_int(0)
    cuda.cuInit(0)
    cuda.cuDeviceGet(ctypes.byref(device), number)
    return str(_bus(cuda, device).value.decode()).lower()


def _bus(cuda: Any, device: ctypes.c_int) -> Any:
    address = ctypes.create_string_buffer(64)
    cuda.cuDeviceGetPCIBusId(address, len(address), device)
    return address


class _Memory(ctypes.Structure):
    """nvmlMemory_t."""

    _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]


def _free(bus: Any, total: int) -> int:
    """Free bytes on the GPU at a PCI bus address; all of them where NVML is not available."""
    management = library(MANAGEMENT)
    if management is None or management.nvmlInit_v2() != 0:
        return total
    handle, memory = ctypes.c_void_p(), _Memory()
    try:
        if management.nvmlDeviceGetHandleByPciBusId_v2(bus, ctypes.byref(handle)) != 0:
            return total
        known = management.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory)) == 0
        return int(memory.free) if known else total
    finally:
        management.nvmlShutdown()


def packages_missing(needed: Iterable[str] = PACKAGES) -> list[str]:
    """Which Python packages are missing to compute on a GPU."""
    return [name.replace("_", "-") for name in needed if find_spec(name) is None]


def cuda_of_packages() -> int | None:
    """Major version of CUDA that CuPy was built for; None where its name does not say."""
    for number in OLDEST:
        try:
            version(f"cupy-cuda{number}x")
        except PackageNotFoundError:
            continue
        return number
    return None


def release(cuda: int) -> str:
    """A CUDA version as it is usually written: 13000 is 13.0."""
    return f"{cuda // 1000}.{cuda % 1000 // 10}"


def trouble(packages: Iterable[str] = PACKAGES) -> str:
    """Why no GPU can be used here, and what to do about it; empty if one can."""
    found = driver()
    if found is None:
        return f"there is no NVIDIA driver here ({DRIVER} is not found); run on a node with GPUs, {ELSE}"
    missing = packages_missing(packages)
    if found.status not in (0, NO_DEVICE):
        return (
            f"the NVIDIA driver does not start (CUDA error {found.status}); see what nvidia-smi says, or ask the "
            f"operators, {ELSE}"
        )
    if not found.count:
        return _nothing_seen()
    if missing:
        lacking = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed"
        return f"{lacking}; {install('cuda')}, {ELSE}"
    needed = cuda_of_packages()
    if needed is not None and found.cuda < 1000 * needed:
        older = (
            f", or pip install cupy-cuda{found.cuda // 1000}x 'numba-cuda[cu{found.cuda // 1000}]' in place of "
            f"cupy-cuda{needed}x"
            if found.cuda // 1000 in (12,)
            else ""
        )
        return (
            f"the NVIDIA driver supports CUDA {release(found.cuda)}, and cupy-cuda{needed}x needs CUDA {needed}.0; "
            f"have driver {OLDEST[needed]} or newer installed{older}, {ELSE}"
        )
    return ""


def _nothing_seen() -> str:
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return f"the NVIDIA driver sees no GPU; ask for one (srun --gpus), {ELSE}"
    return f"CUDA_VISIBLE_DEVICES='{visible}' leaves no GPU to be seen; unset it or list numbers such as 0,1, {ELSE}"


def best() -> Choice:
    """What run.backend auto stands for on this node: cuda if a GPU can be used, else cpu."""
    if simulated() or not gpu_count():
        return Choice("cpu")
    reason = trouble()
    if not reason:
        return Choice("cuda")
    said = reason.removesuffix(f", {ELSE}")
    return Choice("cpu", f"run.backend: auto takes the CPU although there is a GPU: {said}")


def require(asked: str = "run.backend: cuda", packages: Iterable[str] = PACKAGES) -> int:
    """Number of GPUs that can be used; raises MachineError, for what was asked, where there is none."""
    reason = trouble(packages)
    if reason:
        raise MachineError(f"{asked} needs an NVIDIA GPU: {reason}")
    return gpu_count()


def gpu_of(local_rank: int, asked: str = "run.backend: cuda", packages: Iterable[str] = PACKAGES) -> int:
    """Number of the GPU of a rank of this node: ranks take them in turn. Raises MachineError where there is none."""
    return local_rank % require(asked, packages)
