"""What is the provenance of a result? run.json: what ran, on which machine, from which inputs, how fast."""

import functools
import json
import math
import platform
import re
import resource
import shlex
import socket
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from esim import __version__
from esim.errors import InputError
from esim.io.atomic import whole_file
from esim.io.checksum import checksum, size_of

PACKAGES = ("numpy", "numba", "mpi4py", "zarr")


def run_record(
    configuration: Mapping[str, Any],
    *,
    started: datetime,
    ended: datetime,
    inputs: Iterable[Mapping[str, Any]] = (),
    decomposition: Mapping[str, Any] | None = None,
    timings: Mapping[str, float] | None = None,
    cell_rate: float | None = None,
    warnings: Iterable[str] = (),
    peak_memory: int | None = None,
    mpi: str | None = None,
    **extra: Any,
) -> dict[str, Any]:
    """The content of run.json as plain JSON values.

    inputs are those of `input_file`, timings in seconds by phase, cell_rate in cell updates per second, peak_memory in
    bytes over all ranks (that of this process if not given), mpi is the library's own version string; `extra` is added
    as it is.
    """
    record = {
        "configuration": configuration,
        "command": shlex.join(sys.orig_argv),
        "versions": versions(mpi),
        "machine": machine(),
        "inputs": list(inputs),
        "decomposition": decomposition or {},
        "timings": timings or {},
        "cell_rate": cell_rate,
        "peak_memory": peak_rss() if peak_memory is None else peak_memory,
        "warnings": list(warnings),
        "started": started.astimezone(UTC),
        "ended": ended.astimezone(UTC),
    }
    return plain(record | extra)


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Writes run.json whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(plain(record), indent=2, allow_nan=False) + "\n")


def versions(mpi: str | None = None) -> dict[str, str | None]:
    """Versions of Python, of the packages that compute and write, and of the MPI library (or None)."""
    from esim.io import netcdf

    packages = {"esim": __version__} | {name: _version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **packages, "netCDF4": netcdf.version(), "mpi": mpi}


def machine() -> dict[str, str]:
    """Where this process runs: host, operating system, kind of processor."""
    return {"host": socket.gethostname(), "system": platform.platform(), "processor": platform.machine()}


def input_file(path: Path) -> dict[str, Any]:
    """Path, size in bytes and `checksum` of an input file or store. Raises InputError if it cannot be read."""
    try:
        return {"path": str(path), "bytes": size_of(path), **checksum(path)}
    except OSError as error:
        raise InputError(f"cannot read the input file {path}: {error.strerror}") from error


def peak_rss() -> int:
    """Largest resident memory of this process so far [bytes].

    The kernel's own count is asked first: what getrusage says may be that of the program which started this one.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        status = ""
    if found := re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE):
        return 1024 * int(found[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def plain(value: Any) -> Any:
    """The value in JSON types: paths and dates become text, arrays lists, and NaN and infinities None."""
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | str) else str(value)


@functools.cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
