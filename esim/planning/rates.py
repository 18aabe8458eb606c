"""How fast is each kind of work on this machine? Measured once and kept beside the compiled kernels."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import esim
from esim.backends.kernel_cache import cache_directory
from esim.io.atomic import whole_file
from esim.planning.kinds import GPU_FRACTION, KINDS, NUMPY, NUMPY_CALLS, UNCERTAINTY

MEASURED = 1.15  # factor within which a measured rate holds, either way
FOLDERS = ("kernels", "backends")  # whose text decides how fast kernels are


class Rate(NamedTuple):
    """Seconds for an update and for a call, and whether they were measured here."""

    per_update: float
    per_call: float
    measured: bool

    def time(self, amount: float, calls: float) -> float:
        """Seconds [s] of so many updates in so many calls."""
        return self.per_update * amount + self.per_call * calls


class Way(NamedTuple):
    """How a rank computes: backend, precision, threads, and how many ranks share its node."""

    backend: str
    precision: str
    threads: int = 1
    ranks: int = 1

    @property
    def key(self) -> str:
        """The name under which its rates are kept."""
        return f"{self.backend} {self.precision}, {self.threads} threads, {self.ranks} ranks on a node"


@dataclass(frozen=True)
class Rates:
    """Rates of one way of computing: those that were measured, and the shipped ones for the rest.

    bandwidth [B/s] is that of the memory where the rank computes on a GPU, else None.
    """

    way: Way
    measured: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    bandwidth: float | None = None

    def of(self, kind: str) -> Rate:
        """The rate of a kind of work."""
        if kind in self.measured:
            return Rate(*self.measured[kind], True)
        shipped = KINDS[kind]
        width = 2.0 if self.way.precision == "float64" else 1.0
        if self.bandwidth is not None and shipped.values:
            moved = 4.0 * width * shipped.values
            return Rate(moved / (GPU_FRACTION * self.bandwidth), shipped.per_call, False)
        array_operations = self.way.backend == "numpy"
        slower = width * (NUMPY if array_operations else 1.0)
        threads = 1 if array_operations or kind.startswith("output") else self.way.threads
        call = shipped.per_call * (NUMPY_CALLS if array_operations else 1.0)
        return Rate(shipped.per_update * slower / threads, call, False)

    def uncertainty(self, kinds: list[str]) -> float:
        """Factor within which a time of these kinds of work holds, either way."""
        return MEASURED if all(kind in self.measured for kind in kinds) else UNCERTAINTY

    def missing(self, kinds: list[str]) -> list[str]:
        """Kinds of work that were not measured."""
        return [kind for kind in kinds if kind not in self.measured]


def identity() -> dict[str, Any]:
    """What decides how fast kernels are: the processor, its cores, and the text of the kernels."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "kernels": _kernels(),
    }


def _processor() -> str:
    """The model of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = ("model name", "cpu model", "cpu", "Processor")
    found = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    model = next((found[name] for name in names if name in found), os.uname().machine)
    stepping = [found[name] for name in ("cpu family", "model", "stepping") if name in found]
    return " ".join([model, *stepping])


def _kernels() -> str:
    """A digest of the text of kernels and backends."""
    digest = hashlib.sha256()
    root = Path(esim.__file__).parent
    for folder in FOLDERS:
        for path in sorted((root / folder).resolve().rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_file(name: str) -> Path:
    """The file of this machine in the folder of compiled kernels: rates, or past predictions."""
    digest = hashlib.sha256(json.dumps(identity(), sort_keys=True).encode()).hexdigest()[:12]
    return cache_directory() / f"{name}_{digest}.json"


def load(path: Path) -> dict[str, Any]:
    """What such a file holds; nothing where it is missing or damaged."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def save(path: Path, content: Mapping[str, Any]) -> None:
    """Write such a file whole."""
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n")


def rates_here(way: Way, bandwidth: float | None = None) -> Rates:
    """The rates of this machine for a way of computing; measured ones of as many ranks on a node, or else of one."""
    known = load(cache_file("rates")).get("rates", {})
    found: dict[str, tuple[float, float]] = {}
    for candidate in (way._replace(ranks=1), way):
        for kind, values in known.get(candidate.key, {}).items():
            if kind in KINDS and _sound(values):
                found[kind] = (float(values[0]), float(values[1]))
    return Rates(way, found, bandwidth)


def _sound(values: Any) -> bool:
    """Whether a pair of numbers is one of a rate."""
    return (
        isinstance(values, list)
        and len(values) == 2
        and all(isinstance(v, int | float) and 0 <= v < 1e6 for v in values)
    )


def keep(way: Way, measured: Mapping[str, tuple[float, float]]) -> Path:
    """Add measured rates to those of this machine; returns the file."""
    path = cache_file("rates")
    known = load(path).get("rates", {})
    known[way.key] = known.get(way.key, {}) | {kind: list(values) for kind, values in measured.items()}
    save(path, {"machine": identity(), "rates": known})
    return path
