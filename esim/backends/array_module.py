"""Which module has the arrays of the numpy backend? NumPy, CuPy on a GPU, NLCPy on a vector engine, used alike."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from esim.distribution import install
from esim.errors import MachineError
from esim.kernels import scalar

NAMES = ("numpy", "cupy", "nlcpy")
STRIP_CELLS = 16_384  # cells a strip, so that its temporaries stay in cache
LONG_STRIP_CELLS = 2_000_000  # and where vectors are to be long, since each call costs as much as many cells
STRIP_VALUES = 64  # values of a cell of a strip that a body has at once, at most: scratch, temporaries
INSTALL = {"cupy": install("cuda"), "nlcpy": "pip install nlcpy on a machine with vector engines"}


@dataclass(frozen=True)
class ArrayModule:
    """An array module like NumPy: its functions xp, and the number of cells that one call had best do."""

    xp: Any
    strip: int = STRIP_CELLS

    @property
    def name(self) -> str:
        """Name of the module."""
        return str(self.xp.__name__)

    def to_host(self, array: Any) -> np.ndarray:
        """NumPy's array of one of the module: itself, or a copy."""
        return array if isinstance(array, np.ndarray) else array.get()

    def scalars(self) -> Mapping[Callable, Callable]:
        """What bodies call instead of the functions of kernels.scalar."""
        xp = self.xp
        return {
            scalar.sqrt: xp.sqrt,
            scalar.minimum: xp.minimum,
            scalar.maximum: xp.maximum,
            scalar.where: xp.where,
            scalar.guess_rcbrt: _guess_rcbrt,
            scalar.unpack16: scalar.unpack16,
            scalar.pack16: scalar.pack16,
        }

    def synchronize(self) -> None:
        """Wait until everything is done that was called."""
        if hasattr(self.xp, "cuda"):
            self.xp.cuda.get_current_stream().synchronize()
        elif hasattr(self.xp, "request"):
            self.xp.request.flush()

    def describe(self) -> dict[str, Any]:
        """Name and version, and the GPU."""
        found = {"array_module": self.name, "array_module_version": getattr(self.xp, "__version__", None)}
        if hasattr(self.xp, "cuda"):
            number = self.xp.cuda.runtime.getDevice()
            properties = self.xp.cuda.runtime.getDeviceProperties(number)
            bus = self.xp.cuda.runtime.deviceGetPCIBusId(number)
            found |= {"device": properties["name"].decode(), "number": number, "bus": bus}
        return found


NUMPY = ArrayModule(np)


def open_module(name: str, local_rank: int = 0) -> ArrayModule:
    """The array module of run.array_module for a rank; raises MachineError where it cannot be used."""
    if name == "numpy":
        return NUMPY
    number = None
    if name == "cupy":
        from esim.backends.devices import gpu_of

        number = gpu_of(local_rank, "run.array_module: cupy", [])
    try:
        xp = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise _unusable(name, error) from None
        raise MachineError(
            f"run.array_module: '{name}' is not installed; {INSTALL[name]}, or leave run.array_module out for numpy"
        ) from None
    except Exception as error:  # it looks for its device, and fails in its own ways
        raise _unusable(name, error) from None
    return checked(xp, number)


def checked(xp: ModuleType | Any, number: int | None = None) -> ArrayModule:
    """An array module that has shown that it can add, on a GPU of a number; raises MachineError where it cannot."""
    try:
        if number is not None:
            xp.cuda.Device(number).use()
        sound = float((xp.zeros(3, np.float32) + np.float32(1)).sum()) == 3.0
    except Exception as error:
        raise _unusable(xp.__name__, error) from None
    if not sound:
        raise _unusable(xp.__name__, ArithmeticError("1 + 1 + 1 is not 3"))
    return ArrayModule(xp, LONG_STRIP_CELLS)


def _unusable(name: str, error: Exception) -> MachineError:
    reason = " ".join(str(error).split())
    return MachineError(
        f"run.array_module: '{name}' is installed but does not work here ({type(error).__name__}: {reason}); see "
        "`esim doctor`, or leave run.array_module out for numpy"
    )


def _guess_rcbrt(x: Any, magic: Any) -> Any:
    """kernels.scalar.guess_rcbrt on arrays of any module; magic is a number of NumPy."""
    integer = np.int32 if x.dtype == np.float32 else np.int64
    return (magic.view(integer) - x.view(integer) // integer(3)).view(x.dtype)
