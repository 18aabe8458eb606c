"""Which sections has every run? Warnings, times and energy, provenance."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from esim.analysis.reading.run import Run
from esim.analysis.report import words
from esim.analysis.report.section import Section, Table, contents, known
from esim.backends.energy import energy_lines


def sections(run: Run) -> Iterator[Section]:
    """The sections after those of the scenario."""
    yield from warnings(run)
    yield from performance(run)
    yield from provenance(run)


def warnings(run: Run) -> Iterator[Section]:
    """What the run warned of."""
    if found := run.record.get("warnings"):
        yield Section("Warnings of the run", "warnings.html", {"warnings": [str(text) for text in found]})


def performance(run: Run) -> Iterator[Section]:
    """Times of the phases, speed, memory and energy."""
    record = run.record
    backend, rate = record.get("backend") or {}, record.get("cell_rate")
    ranks = (record.get("decomposition") or {}).get("ranks")
    exposed = (record.get("halo") or {}).get("exposed_s") or []
    facts = known(
        ("Backend", " ".join(filter(None, (backend.get("name"), backend.get("precision"))))),
        ("MPI ranks", words.count(ranks)),
        ("Threads per rank", words.count(backend.get("threads"))),
        ("Cells", words.count(_cells(record))),
        ("Time steps", words.count(record.get("steps"))),
        ("First time step", words.number(record.get("dt"), "s")),
        ("Cell updates", words.number(rate / 1e6, "million/s") if rate else ""),
        ("Halo exchange not hidden, at most", words.number(max(exposed), "s") if any(exposed) else ""),
        ("Peak memory, all ranks", words.memory(record.get("peak_memory"))),
    )
    tables = [_timings(record["timings"])] if record.get("timings") else []
    yield from contents("Computing time and energy", facts=list(facts), tables=tables, words=_energy(record))


def _cells(record: dict[str, Any]) -> int | None:
    """Cells of all grids of a nest; of the grid where there is one."""
    grids = record.get("grids") or [record.get("grid") or {}]
    return sum(grid["cells"] for grid in grids) if all("cells" in grid for grid in grids) else None


def _timings(timings: dict[str, float]) -> Table:
    """Seconds of each phase; parts of a phase have names with a colon."""
    rows = [(name, words.number(spent)) for name, spent in timings.items()]
    return Table("Wall-clock time by phase", ("phase", "time (s)"), rows)


def _energy(record: dict[str, Any]) -> list[str]:
    energy = record.get("energy") or {}
    told = energy_lines(energy) if energy else []
    told += [f"Energy: {energy['note']}."] if energy.get("note") else []
    return [f"{text[0].upper()}{text[1:]}" for text in told]


def _date(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def provenance(run: Run) -> Iterator[Section]:
    """What ran, when, on which machine, from which inputs: what is needed to compute it again."""
    record = run.record
    machine, versions = record.get("machine") or {}, record.get("versions") or {}
    facts = known(
        ("Command", record.get("command")),
        ("Computed", " to ".join(_date(record[key]) for key in ("started", "ended") if record.get(key))),
        ("Machine", ", ".join(filter(None, machine.values()))),
        ("Versions", ", ".join(f"{name} {version}" for name, version in versions.items() if version)),
    )
    inputs = [
        (str(each["path"]), words.memory(each["bytes"]), each.get("sha256") or f"XXH3 {each['xxh3_128']}")
        for each in record.get("inputs", [])
    ]
    table = Table("Input files", ("file", "size", "SHA-256"), inputs)
    text = json.dumps(record["configuration"], indent=2, ensure_ascii=False)
    data = {"facts": list(facts), "table": table if inputs else None, "configuration": text}
    yield Section("Provenance", "provenance.html", data)
