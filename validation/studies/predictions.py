"""How good are predictions of time and memory? Six runs, on one rank and on two, beside what was predicted for them.

Rates are measured first, on one rank and on two at once. Each run is repeated, and the least time counts: other
programs only take time. Compared is the processor time of the thread that steps, without that in which it polls for
messages, so that a machine that does other work may be used; on an idle one `--wall` compares the time that a user
waits for steps, messages and output.

Run as `python -m esim.validation.studies.predictions`; it prints the table, and writes it
with --report FILE. With --memory it measures no rates and compares memory alone, in runs of more kinds, which begin and
end as long ones do. Exit code 1 where a prediction is off by more than 20 % in time or 15 % in memory.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import esim
from esim.config.load import load
from esim.drivers.measure import measure
from esim.drivers.run import driver_of
from esim.errors import MachineError
from esim.io.atomic import whole_file
from esim.parallel.comm import SerialComm
from esim.planning.rates import Way, identity, rates_here

TIME, MEMORY = 0.20, 0.15  # how far a prediction may be off, of what was measured
RANKS, REPEATS = (1, 2), 3
CONFIGS = Path(esim.__file__).parent / "configs"
HUMP = "source=[{kind: hump, lon: 146, lat: 37, height: 2, radius: 600 km}]"
NEST = "grid.nests=[{name: japan, west: 140, east: 150, south: 33, north: 43, ratio: 3, activation_threshold: null}]"
CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "ocean": ("tohoku2011.yaml", (HUMP, "grid.spacing=2 arcmin", "time.duration=25 min")),
    "ocean, nest": ("tohoku2011.yaml", (HUMP, NEST, "time.duration=40 min")),
    "ocean, dispersion": ("tohoku2011.yaml", (HUMP, "physics.dispersion=serre", "time.duration=60 min")),
    "ocean, much output": (
        "tohoku2011.yaml",
        (HUMP, "grid.spacing=2 arcmin", "time.duration=15 min", "output.fields.every=30 s"),
    ),
    "crust, elastic": ("loh1.yaml", ("grid.spacing=200 m", "time.duration=4 s")),
    "crust, attenuation": ("loh3.yaml", ("time.duration=1.5 s",)),
}
COUPLED = ("time.duration=2 min", "crust.duration=10 s", "crust.until=null")
MEMORY_CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "fault, 124 thousand cells": ("tohoku2011.yaml", ("time.duration=10 min",)),
    "fault, 495 thousand cells": ("tohoku2011.yaml", ("grid.spacing=2 arcmin", "time.duration=2 min")),
    "fault, nest": ("tohoku2011_nested.yaml", ("time.duration=5 min",)),
    "hump, 2 million cells": (
        "tohoku2011.yaml",
        (HUMP, "grid.spacing=1 arcmin", "time.duration=3 min", "output.fields.every=30 s"),
    ),
    "dispersion": (
        "tohoku2011.yaml",
        (HUMP, "grid.spacing=2 arcmin", "time.duration=1 min", "physics.dispersion=serre"),
    ),
    "air pressure": ("tonga2022.yaml", ("time.duration=30 min",)),
    "landslide": ("landslide.yaml", ("time.duration=1 min",)),
    "crust, 2,304 sources, attenuation": ("kumamoto2016.yaml", ("time.duration=0.5 s",)),
    "coupled": ("coupled_subduction.yaml", COUPLED),
}


class Compared(NamedTuple):
    """Predicted and measured time [s] of the steps, and memory [bytes] of the largest rank."""

    name: str
    ranks: int
    predicted: float
    measured: float
    memory_predicted: float
    memory_measured: float

    @property
    def errors(self) -> tuple[float, float]:
        """Predicted over measured, less one: of time, and of memory."""
        return self.predicted / self.measured - 1, self.memory_predicted / self.memory_measured - 1

    @property
    def good(self) -> bool:
        """Whether both are within their limits."""
        time, memory = self.errors
        return abs(time) <= TIME and abs(memory) <= MEMORY


def needed(cases: Sequence[str]) -> list[str]:
    """The kinds of work of some cases."""
    kinds = {"output", "output: compression"}
    for name in cases:
        file, settings = CASES[name]
        config = load(CONFIGS / file, [*settings, "run.backend=cpu", "run.threads=1"])
        driver = driver_of(config)
        workloads = driver.workloads(driver.check(config, SerialComm(), elsewhere=True), 1)
        kinds |= {kind for one in workloads for kind in one.kinds}
    return sorted(kinds)


def run(name: str, ranks: int, wall: bool, folder: Path) -> dict[str, Any]:
    """What run.json of a case says of its prediction."""
    file, settings = (CASES | MEMORY_CASES)[name]
    out = folder / f"{name.replace(', ', '_').replace(' ', '_')}_{ranks}"
    options = [
        word for text in (*settings, "run.threads=1", "output.overwrite=true") for word in ("--set", text)
    ]
    command = [sys.executable, "-m", "esim.cli.run", str(CONFIGS / file), "--quiet", "--backend", "cpu"]
    launch = [launcher(), "-n", str(ranks)] if ranks > 1 else []
    # Ranks that wait leave their core to others, so that processor time is that of work; messages then take longer.
    environment = os.environ | ({} if wall else {"MPIR_CVAR_ENABLE_HEAVY_YIELD": "1"})
    done = subprocess.run([*launch, *command, "--output", str(out), *options], env=environment, check=False)
    if done.returncode:
        raise MachineError(f"{name} on {ranks} ranks ended with code {done.returncode}")
    # Of a coupled run the part that comes last: the memory of its processes is that of both.
    record = out / "ocean" / "run.json" if (out / "ocean").is_dir() else out / "run.json"
    found: dict[str, Any] = json.loads(record.read_text())["prediction"]
    shutil.rmtree(out)
    return found


def compare_memory(name: str, ranks: int, folder: Path) -> tuple[str, bool]:
    """A row of the table of memory, of one run on so many ranks, and whether its prediction is within the limit."""
    found = run(name, ranks, False, folder)
    predicted, measured = found["predicted"]["memory"], found["measured"]["memory"]
    error = predicted / measured - 1
    row = f"| {name} | {ranks} | {predicted / 1e6:.0f} | {measured / 1e6:.0f} | {100 * error:+.0f} % |"
    return row, abs(error) <= MEMORY


def main_memory(cases: Sequence[str], ranks: Sequence[int], file: Path | None) -> int:
    """Run all cases, and compare their memory."""
    lines = [
        "## Memory",
        "",
        "Made by `python -m esim.validation.studies.predictions --memory --report FILE`: the largest rank's peak "
        "[MB] of one run each, one thread for each rank.",
        "",
        "| run | ranks | predicted | measured | error |",
        "|---|---|---|---|---|",
    ]
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for name in cases:
            for number in ranks:
                row, within = compare_memory(name, number, Path(folder))
                good &= within
                print(row, flush=True)
                lines.append(row)
    if file:
        with whole_file(file) as temporary:
            temporary.write_text("\n".join(lines) + "\n")
    return 0 if good else 1


def launcher() -> str:
    """The mpirun beside this Python, or the first on the path."""
    path = shutil.which(
        "mpirun", path=os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", "")))
    )
    if path is None:
        raise MachineError("mpirun was not found; it is needed for runs on two ranks")
    return path


def compare(name: str, ranks: int, repeats: int, wall: bool, folder: Path) -> Compared:
    """A case on so many ranks: the least of some runs beside its prediction, which earlier runs do not correct."""
    found = [run(name, ranks, wall, folder) for _ in range(repeats)]
    predicted, key = found[0]["predicted"], "time" if wall else "processor"
    raw = (predicted["compute"] - (0.0 if wall else predicted["waiting"])) / predicted["correction"]
    return Compared(
        name,
        ranks,
        raw + predicted["output"] if wall else raw,
        min(one["measured"][key] for one in found),
        predicted["memory"],
        min(one["measured"]["memory"] for one in found),
    )


def table(found: Sequence[Compared], wall: bool) -> list[str]:
    """The comparison as a table in Markdown."""
    what = "steps, messages and output, wall clock" if wall else "work of the steps, processor time"
    lines = [
        f"| run | ranks | predicted [s] ({what}) | measured [s] | error | memory of a rank, predicted [MB] | "
        "measured [MB] | error |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in found:
        time, memory = one.errors
        lines.append(
            f"| {one.name} | {one.ranks} | {one.predicted:.2f} | {one.measured:.2f} | {100 * time:+.0f} % | "
            f"{one.memory_predicted / 1e6:.0f} | {one.memory_measured / 1e6:.0f} | {100 * memory:+.0f} % |"
        )
    return lines


def report(found: Sequence[Compared], wall: bool, repeats: int) -> str:
    """The file of results."""
    good = sum(one.good for one in found)
    intro = [
        "# Predictions of time and memory",
        "",
        "Made by `python -m esim.validation.studies.predictions"
        + (" --wall" if wall else "")
        + " --report FILE`. Rates "
        f"were measured first; each run is the least of {repeats}, one thread for each rank, on {identity()['cores']} "
        f"cores. Errors are predicted over measured, less one; {good} of {len(found)} are within "
        f"{100 * TIME:.0f} % in time and {100 * MEMORY:.0f} % in memory.",
        "",
    ]
    return "\n".join([*intro, *table(found, wall)]) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, run, compare."""
    p = argparse.ArgumentParser(prog="python -m esim.validation.studies.predictions", description=__doc__)
    p.add_argument(
        "cases", nargs="*", metavar="CASE", help=f"{'; '.join(CASES | MEMORY_CASES)} (default: all)"
    )
    p.add_argument("--ranks", type=int, nargs="+", default=RANKS, help="numbers of ranks (default: 1 2)")
    p.add_argument("--repeats", type=int, default=REPEATS, help=f"runs of each (default: {REPEATS})")
    p.add_argument(
        "--wall", action="store_true", help="compare the time that a user waits; on an idle machine"
    )
    p.add_argument("--memory", action="store_true", help="compare memory alone, in runs of more kinds")
    p.add_argument("--keep-rates", action="store_true", help="measure only rates that are not there")
    p.add_argument("--report", type=Path, metavar="FILE", help="write the table into this file")
    options = p.parse_args(arguments)
    if options.memory:
        return main_memory(options.cases or list(MEMORY_CASES), options.ranks, options.report)
    cases = options.cases or list(CASES)
    for ranks in options.ranks:
        way = Way("cpu", "float32", 1, ranks)
        kinds = needed(cases)
        measure(way, rates_here(way).missing(kinds) if options.keep_rates else kinds, print)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in cases:
            for ranks in options.ranks:
                found.append(compare(name, ranks, options.repeats, options.wall, Path(folder)))
                print(table(found, options.wall)[-1], flush=True)
    text = report(found, options.wall, options.repeats)
    print(text)
    if options.report:
        with whole_file(options.report) as temporary:
            temporary.write_text(text)
    return 0 if all(one.good for one in found) else 1


if __name__ == "__main__":
    sys.exit(main())
