"""What did a check of a GPU find? A file of Markdown to read and one of JSON, rewritten as findings come in."""

import platform
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from esim import __version__
from esim.backends import Backend
from esim.backends.devices import driver, driver_release, release, simulated
from esim.backends.energy import counters_here
from esim.io.atomic import whole_file
from esim.io.provenance import write_record

PACKAGES = (
    "numpy", "numba", "numba-cuda", "cupy-cuda13x", "cupy-cuda12x", "cuda-bindings", "mpi4py", "netCDF4",
    "pydantic", "nvidia-ml-py",
)  # fmt: skip
SOURCES = Path(__file__).resolve().parents[2]
CHECK, GOAL, READ, GAP = "check", "goal", "read", "gap"
WORDS = {(CHECK, True): "pass", (CHECK, False): "FAIL", (GOAL, True): "reached", (GOAL, False): "not reached"}


@dataclass(frozen=True)
class Finding:
    """One line of a part: a check, a goal, a number to be read, or what could not be looked at (a gap)."""

    name: str
    found: str
    wanted: str = ""
    kind: str = READ
    good: bool | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether it is a check that failed; a goal that is not reached is no failure."""
        return self.kind == CHECK and not self.good

    @property
    def word(self) -> str:
        """pass, FAIL, reached, not reached, not there, or nothing."""
        return "not there" if self.kind == GAP else WORDS.get((self.kind, bool(self.good)), "")


def checked(name: str, found: str, wanted: str, good: bool, **numbers: Any) -> Finding:
    """A check."""
    return Finding(name, found, wanted, CHECK, good, numbers)


def gap(name: str, why: str) -> Finding:
    """What could not be looked at, and why."""
    return Finding(name, why, kind=GAP)


class Report:
    """Findings by part, and what they are about."""

    def __init__(self, folder: Path, backend: Backend, command: str) -> None:
        self.facts = facts(backend, command)
        self.parts: dict[str, list[Finding]] = {}
        self.seconds: dict[str, float] = {}
        name = re.sub(r"[^a-z0-9]+", "_", self.facts["device"].lower()).strip("_")
        self.path = folder / f"gpu_{name.removeprefix('nvidia_')}.md"

    @property
    def findings(self) -> Iterator[Finding]:
        """All of them."""
        for found in self.parts.values():
            yield from found

    @property
    def failed(self) -> int:
        """Number of checks that failed."""
        return sum(finding.failed for finding in self.findings)

    def write(self, over: bool = False) -> None:
        """Write both files as far as they are known; over says that nothing will follow."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        record = {
            "facts": self.facts,
            "complete": over,
            "failed": self.failed,
            "seconds": self.seconds,
            "parts": {
                part: [asdict(finding) | {"result": finding.word} for finding in found]
                for part, found in self.parts.items()
            },
        }
        write_record(self.path.with_suffix(".json"), record)
        with whole_file(self.path) as temporary:
            temporary.write_text("\n".join(self._lines(over)) + "\n")

    def _lines(self, over: bool) -> Iterator[str]:
        facts = self.facts
        yield f"# esim on {facts['device']}"
        yield ""
        if facts["simulated"]:
            yield "**This is Numba's CUDA simulator, not a GPU: kernels ran as Python on the CPU.** It shows whether"
            yield "results are right, and nothing about speed or about what a GPU's compiler makes of the kernels."
            yield ""
        yield "| | |"
        yield "|---|---|"
        for name, value in facts.items():
            yield f"| {name} | {_cell(_text(value))} |"
        yield ""
        yield self._summary(over)
        for part, found in self.parts.items():
            yield ""
            seconds = f" ({self.seconds[part]:.0f} s)" if part in self.seconds else " (not ended)"
            yield f"## {part}{seconds}"
            yield ""
            yield "| what | found | wanted | result |"
            yield "|---|---|---|---|"
            for finding in found:
                cells = (finding.name, finding.found, finding.wanted, finding.word)
                yield f"| {' | '.join(map(_cell, cells))} |"

    def _summary(self, over: bool) -> str:
        counts = {word: sum(f.word == word for f in self.findings) for word in (*WORDS.values(), "not there")}
        summary = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
        return f"{summary or 'nothing yet'}." + ("" if over else " The check has not come to its end.")


def facts(backend: Backend, command: str) -> dict[str, Any]:
    """What the report is about: the GPU, its driver, the versions of all that matters."""
    described = backend.describe()
    found = driver() if not simulated() else None
    return {
        "device": str(described["device"]),
        "simulated": simulated(),
        "compute capability": described.get("compute_capability", "none"),
        "memory of the device": f"{described['memory_bytes'] / 2**30:.0f} GiB"
        if "memory_bytes" in described
        else "none",
        "driver": f"{driver_release()} (CUDA {release(found.cuda)})" if found else "none",
        "energy": counters_here(gpus=found is not None),
        "command": command,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "revision": _revision(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {"esim": __version__} | {name: number for name in PACKAGES if (number := _version(name))},
    }


def show(part: str, finding: Finding) -> None:
    """Print a finding as it comes."""
    wanted = f" ({finding.wanted})" if finding.wanted else ""
    print(f"{part}: {finding.name}: {finding.found}{wanted} {finding.word}".rstrip(), flush=True)


def _revision() -> str:
    """The revision of a checkout; "none" in an installation."""
    command = ["git", "-C", str(SOURCES), "describe", "--always", "--dirty=, with changes"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "none"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")
