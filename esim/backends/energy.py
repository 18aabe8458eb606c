"""How much energy does a run take? Joules from the counters of the processors (RAPL) and of the GPUs (NVML).

RAPL counts a processor package and, on some machines, its memory; NVML counts a GPU; both include other processes. They
are read from the beginning of the time loop to its end: packages once per node, and those GPUs that ranks use.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from esim.distribution import install
from esim.parallel.comm import Comm

POWERCAP = Path("/sys/class/powercap")
KINDS = {"cpu": "CPU", "dram": "memory", "gpu": "GPU"}


class CounterError(Exception):
    """A counter that cannot be read; the text says why."""


class Counter(Protocol):
    """An energy counter."""

    kind: str  # one of KINDS
    key: str  # names what is counted
    source: str  # which interface reports it
    period: float  # s, after which it has to be read again

    def passed(self) -> float:
        """Joules [J] since the last call. Raises CounterError."""


# ------------------------------------------------------------------ RAPL


class Domain:
    """A domain of RAPL: a package, or the memory attached to it. Its counter wraps around at `reach` [J].

    That is after 4 min for some packages at full load, so it is read every 10 s.
    """

    source = "RAPL"
    period = 10.0

    def __init__(self, folder: Path, kind: str) -> None:
        """Raises CounterError where the counter cannot be read."""
        self.kind, self.key, self._file = kind, str(folder), folder / "energy_uj"
        self._reach = _number(folder / "max_energy_range_uj") / 1e6
        self._last = _number(self._file) / 1e6

    def passed(self) -> float:
        """Joules since the last call."""
        now = _number(self._file) / 1e6
        last, self._last = self._last, now
        return now - last if now >= last else now - last + self._reach


def domains(powercap: Path = POWERCAP) -> list[Domain]:
    """Domains of this node: packages, and the memory attached to them. Raises CounterError where one cannot be read.

    Cores and graphics are parts of a package, and the platform (psys) holds everything: they would count twice.
    """
    found = []
    for folder in sorted(powercap.glob("intel-rapl:*")):  # AMD's processors appear under the same name
        try:
            name = (folder / "name").read_text().strip()
        except OSError:
            continue
        kind = "cpu" if name.startswith("package") else "dram" if name == "dram" else None
        if kind is not None:
            found.append(Domain(folder, kind))
    if not any(domain.kind == "cpu" for domain in found):
        raise CounterError(
            f"the processor's energy counters are not available here (no package in {powercap})"
        )
    return found


def _number(path: Path) -> int:
    try:
        return int(path.read_text())
    except PermissionError:
        raise CounterError(
            f"the processor's energy counters are for root only; chmod a+r {path.parent.parent}/"
            f"intel-rapl:*/{path.name} on each node would let everybody read them"
        ) from None
    except (OSError, ValueError) as error:
        raise CounterError(f"the processor's energy counter cannot be read ({path}: {error})") from None


# ------------------------------------------------------------------ NVML


class Gpu:
    """A GPU that counts its energy."""

    kind, source = "gpu", "NVML"
    period = 60.0

    def __init__(self, nvml: Any, handle: Any) -> None:
        """Raises NVML's error where the GPU does not count."""
        self._nvml, self._handle = nvml, handle
        self.key = str(nvml.nvmlDeviceGetUUID(handle))
        self._last = self._read()

    def passed(self) -> float:
        """Joules since the last call."""
        try:
            now = self._read()
        except self._nvml.NVMLError as error:
            raise CounterError(f"the GPU's energy counter cannot be read ({error})") from None
        last, self._last = self._last, now
        return now - last

    def _read(self) -> float:
        return self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle) / 1e3


class PowerGpu(Gpu):
    """A GPU that reports only its power: sampled twice a second and integrated with the trapezoidal rule."""

    source = "NVML, from its power every 0.5 s"
    period = 0.5

    def __init__(self, nvml: Any, handle: Any) -> None:
        """Raises NVML's error where the GPU does not report its power."""
        self._power, self._time, self._joules = 0.0, 0.0, 0.0
        super().__init__(nvml, handle)

    def _read(self) -> float:
        power, now = self._nvml.nvmlDeviceGetPowerUsage(self._handle) / 1e3, time.perf_counter()
        if self._time:
            self._joules += (power + self._power) / 2 * (now - self._time)
        self._power, self._time = power, now
        return self._joules


def gpu(bus: str, nvml: Any = None) -> Gpu:
    """The GPU at an address on the PCI bus, by which CUDA and NVML both know it. Raises CounterError.

    nvml stands in for the module pynvml. A slice of a GPU (MIG) has the address of the whole, which is counted.
    """
    nvml = nvml or _nvml()
    try:
        return _counting(nvml, nvml.nvmlDeviceGetHandleByPciBusId(bus))
    except nvml.NVMLError as error:
        raise CounterError(f"the GPU's energy counter cannot be read ({error})") from None


def _counting(nvml: Any, handle: Any) -> Gpu:
    try:
        return Gpu(nvml, handle)
    except nvml.NVMLError:  # older than Volta
        return PowerGpu(nvml, handle)


def _nvml() -> Any:
    """NVML, open until the process ends."""
    try:
        import pynvml
    except ImportError:
        raise CounterError(
            f"the GPU's energy counter is read with nvidia-ml-py, which is not installed; {install('cuda')}"
        ) from None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        raise CounterError(f"the GPU's energy counter cannot be read ({error})") from None
    return pynvml


# ------------------------------------------------------------------ a rank, and all of them


@dataclass
class Reading:
    """Joules by counter of one rank, each with its kind and source; and by kind why a counter cannot be read."""

    joules: dict[str, tuple[str, str, float]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


class Meter:
    """Joules measured by a rank while the context is open; `reading` has them afterwards.

    Rank 0 of a node (local_rank) reads the packages, and each rank its GPU, if it has one: `bus` is its address. A
    thread reads them periodically, because counters wrap around; time steps are not affected.
    """

    def __init__(
        self, local_rank: int, bus: str | None = None, powercap: Path = POWERCAP, nvml: Any = None
    ) -> None:
        self._local_rank, self._bus, self._powercap, self._nvml = local_rank, bus, powercap, nvml
        self._counters: list[Counter] = []
        self.reading = Reading()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Meter":
        if self._bus is not None:
            try:
                self._counters.append(gpu(self._bus, self._nvml))
            except CounterError as why:
                self.reading.unreadable["gpu"] = str(why)
        if self._local_rank == 0:
            try:
                self._counters += domains(self._powercap)
            except CounterError as why:
                self.reading.unreadable["cpu"] = str(why)
        for counter in self._counters:
            self.reading.joules[counter.key] = counter.kind, counter.source, 0.0
        if self._counters:
            self._thread = threading.Thread(target=self._sample_loop, name="energy", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._sample()

    def _sample_loop(self) -> None:
        while not self._over.wait(min((counter.period for counter in self._counters), default=None)):
            self._sample()

    def _sample(self) -> None:
        for counter in tuple(self._counters):
            kind, source, joules = self.reading.joules[counter.key]
            try:
                self.reading.joules[counter.key] = kind, source, joules + counter.passed()
            except CounterError as why:
                self._counters.remove(counter)
                self.reading.unreadable[kind] = str(why)


def total(readings: Iterable[Reading]) -> dict[str, Any]:
    """Joules of all ranks: total, by kind, their sources, and a note of what is missing; None where not measured.

    A GPU that several ranks use counts once. A kind that one node cannot measure is not reported at all.
    """
    joules: dict[str, dict[Any, float]] = {kind: {} for kind in KINDS}
    sources: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for rank, reading in enumerate(readings):
        unreadable = reading.unreadable | unreadable
        for key, (kind, source, value) in reading.joules.items():
            joules[kind].setdefault(key if kind == "gpu" else (rank, key), value)
            sources.setdefault(kind, source)
    by: dict[str, float | None] = {}
    for kind, counted in joules.items():
        blind = unreadable.keys() & {kind, "cpu" if kind == "dram" else kind}
        by[kind] = sum(counted.values()) if counted and not blind else None
        if by[kind] == 0:
            by[kind], unreadable[kind] = None, "its counter did not move"
    measured = {kind: value for kind, value in by.items() if value is not None}
    notes = ["all that ran on these nodes and GPUs is counted"] if measured else []
    return {
        "joules": sum(measured.values()) if measured else None,
        "by": by,
        "source": "; ".join(f"{KINDS[k]}: {sources[k]} ({len(joules[k])})" for k in measured) or None,
        "note": "; ".join(notes + [f"{KINDS[kind]} not counted: {why}" for kind, why in unreadable.items()]),
    }


def energy_record(comm: Comm, reading: Reading, simulated: float, updates: int) -> dict[str, Any]:
    """What run.json has of energy, the same on all ranks: total(), and that for a simulated second and 1e9 updates.

    simulated [s] and updates are those of the time that was measured, of all ranks.
    """
    record = total(comm.allgather(reading))
    joules = record["joules"]
    return record | {
        "joules_per_simulated_second": joules / simulated if joules is not None and simulated else None,
        "joules_per_1e9_updates": joules / updates * 1e9 if joules is not None and updates else None,
    }


def energy_lines(record: Mapping[str, Any]) -> list[str]:
    """A line for the summary of a run; none where no energy was measured."""
    if record["joules"] is None:
        return []
    parts = [f"{KINDS[kind]} {_short(value)}" for kind, value in record["by"].items() if value is not None]
    rates = [
        f"{record[key]:.3g} J {text}"
        for key, text in (
            ("joules_per_simulated_second", "per simulated second"),
            ("joules_per_1e9_updates", "per 1e9 cell updates"),
        )
        if record[key] is not None
    ]
    return ["energy: " + ", ".join(parts + rates)]


def _short(joules: float) -> str:
    return (
        f"{joules / 1e6:.3g} MJ"
        if joules >= 1e6
        else f"{joules / 1e3:.3g} kJ"
        if joules >= 1e3
        else f"{joules:.3g} J"
    )


def counters_here(gpus: bool = False, powercap: Path = POWERCAP, nvml: Any = None) -> dict[str, str]:
    """For each kind of this machine what counts its energy, or why nothing does; gpus asks for GPUs too."""
    counters = {}
    try:
        found = domains(powercap)
        for kind in ("cpu", "dram"):
            if count := sum(domain.kind == kind for domain in found):
                counters[kind] = f"RAPL, {_many(count, 'counter')}"
    except CounterError as why:
        counters["cpu"] = str(why)
    if gpus:
        counters["gpu"] = _gpus_here(nvml)
    return counters


def _gpus_here(nvml: Any) -> str:
    try:
        nvml = nvml or _nvml()
    except CounterError as why:
        return str(why)
    try:
        count = nvml.nvmlDeviceGetCount()
        sources = {_counting(nvml, nvml.nvmlDeviceGetHandleByIndex(n)).source for n in range(count)}
    except nvml.NVMLError as error:
        return f"the GPU's energy counter cannot be read ({error})"
    return f"{' and '.join(sorted(sources))}, {_many(count, 'GPU')}" if count else "NVML sees no GPU"


def _many(count: int, name: str) -> str:
    return f"{count} {name}{'s' if count > 1 else ''}"
