"""Does an ensemble give the same bits whoever computes it, however often it is killed, and what does it cost?

The 64 earthquakes of `ensemble_tohoku2011.yaml`: undisturbed on two ranks; killed as a whole three times and resumed;
on workers of Dask; and, where sbatch is there and a machine file is given, as a job array of Slurm. And 64 magnitudes
of the earthquake of 2011, one fault whose uplift is computed once.

    python -m esim.validation.studies.ensemble_engines [--machine slurm.yaml] [--members 64] [--report FILE]

It takes ten minutes on two cores, and an hour where others compute there. What is complete in --folder is not computed
again; --set, as of esim-run, makes members shorter.
"""

import argparse
import hashlib
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import esim
from esim.io.atomic import whole_file
from esim.validation.faults.process import command, processes, send
from esim.validation.report import code, markdown

CONFIGS = Path(esim.__file__).parent / "configs"
RANDOM = CONFIGS / "ensemble_tohoku2011.yaml"
MAGNITUDES = """\
scenario: ensemble
title: 64 magnitudes of the 2011 Tohoku earthquake
base: {base}
set: {{time.duration: 2 h, output.fields: null}}
members: {{count: 64, seed: 1, method: sobol, vary: {{source.0.magnitude: {{normal: [9.0, 0.1]}}}}}}
hazard: {{thresholds: [0.5, 1, 3]}}
output: {{directory: out}}
"""
ENGINES = ("killed", "dask", "slurm_array", "magnitudes")
RANKS, KILLS, TASKS = 2, 3, 8
LIMIT = 1800.0  # s that a run may take, on a busy machine
LATER = 0.5  # s into a member at which a run is killed


@dataclass(frozen=True)
class Ran:
    """An ensemble that was computed: where it is, by how many starts of the program."""

    folder: Path
    starts: int = 1

    @property
    def record(self) -> dict[str, Any]:
        """What run.json says of it."""
        return dict(json.loads((self.folder / "run.json").read_text()))


@dataclass(frozen=True)
class Cost:
    """Where the time of all ranks went [s]: the time loops, sources, all of members, and hazard.nc too."""

    loops: float
    sources: float
    members: float
    whole: float

    def row(self, name: str) -> tuple[str, ...]:
        """The overhead over the time loops: of members, with and without their sources, and with their statistics."""
        return (
            name,
            f"{self.loops:.0f} s",
            f"{self.sources:.0f} s",
            _percent((self.members - self.sources) / self.loops - 1),
            _percent(self.members / self.loops - 1),
            _percent(self.whole / self.loops - 1),
        )


COSTS = (
    "members",
    "time loops",
    "sources",
    "overhead without sources",
    "with sources",
    "with hazard.nc",
)
BITS = (
    "computed",
    "starts",
    "members complete",
    "computed by the last start",
    "checksums like those of two ranks",
)


def _percent(part: float) -> str:
    return f"{100 * part:.1f} %"


def compute(config: Path, output: Path, ranks: int, *more: str) -> Ran:
    """Run an ensemble to its end, unless it is there. Raises RuntimeError with what it said if it fails."""
    if _is_complete(output):
        return Ran(output)
    ended = subprocess.run(
        command(config, output, ranks, *more),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        env=_environment(),
    )
    if ended.returncode != 0:
        raise RuntimeError(f"{output.name}: esim-run ends with code {ended.returncode}:\n{ended.stderr}")
    return Ran(output)


def compute_killed(config: Path, output: Path, members: int, *more: str) -> Ran:
    """The same, but all processes are killed three times on the way, each time in the middle of members."""
    for n in range(1, KILLS + 1):
        if _is_complete(output):
            break
        given = command(config, output, RANKS, *more, *(["--resume"] if n > 1 else []))
        with (output.parent / f"killed_{n}.log").open("w") as log:
            process = subprocess.Popen(given, stdout=log, stderr=log, env=_environment())
            wanted = n * members // (KILLS + 1)
            while _complete(output) < wanted:
                if process.poll() is not None:
                    raise RuntimeError(f"{output.name}: esim-run ends before it is killed, see {log.name}")
                time.sleep(0.02)
            time.sleep(LATER)
            send(signal.SIGKILL, processes(output))
            process.wait()
        while processes(output):
            time.sleep(0.02)
    return Ran(compute(config, output, RANKS, *more, "--resume").folder, KILLS + 1)


def compute_as_array(config: Path, output: Path, machine: Path, *more: str) -> Ran:
    """The same as a job array of Slurm, two tasks at a time, and the job behind it that gathers."""
    if _is_complete(output):
        return Ran(output, TASKS + 1)
    sets = [
        word for setting in ("run.engine=slurm_array", f"run.workers={TASKS}") for word in ("--set", setting)
    ]
    job = [sys.executable, "-m", "esim.cli.main", "job", str(config), "--machine", str(machine)]
    told = subprocess.run(
        [*job, "--output", str(output), "--time", "20 min", *sets, *more],
        capture_output=True,
        text=True,
        check=True,
        env=_environment(),
    )
    script = output.parent / "array.sh"
    script.write_text(told.stdout)
    begun = time.perf_counter()
    submit = ["sbatch", "--parsable", f"--chdir={output.parent}", f"--output={output.parent}/array-%j.log"]
    array = _said(*submit, f"--array=0-{TASKS - 1}%{RANKS}", str(script))
    behind = _said(*submit, f"--dependency=afterany:{array}", str(script))
    while (state := _job_state(behind)) not in ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT"):
        if time.perf_counter() - begun > LIMIT:
            raise RuntimeError(f"the job behind the array is still {state}")
        time.sleep(1)
    if state != "COMPLETED":
        raise RuntimeError(f"the job behind the array: {state}, see {output.parent}/array-{behind}.log")
    return Ran(output, TASKS + 1)


def _job_state(number: str) -> str:
    words = dict(
        word.split("=", 1) for word in _said("scontrol", "-o", "show", "job", number).split() if "=" in word
    )
    return words["JobState"]


def _said(*given: str) -> str:
    return subprocess.run(given, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def _environment() -> dict[str, str]:
    """This one, in which other processes find the same esim, with a thread for each rank."""
    paths = os.pathsep.join(filter(None, (str(Path(esim.__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}


def _is_complete(output: Path) -> bool:
    return (output / "run.json").exists()


def _complete(output: Path) -> int:
    return sum(1 for _ in output.glob("members/*/run.json"))


# ------------------------------------------------------------------ what is compared


def checksums(output: Path) -> dict[str, str]:
    """SHA-256 of the values of all variables of hazard.nc, and of maxima.nc and stations.nc of each member."""
    paths = [output / "hazard.nc", *sorted(output.glob("members/*/maxima.nc"))]
    paths += sorted(output.glob("members/*/stations.nc"))
    return {str(path.relative_to(output)): _checksum(path) for path in paths}


def _checksum(path: Path) -> str:
    import xarray as xr

    found = hashlib.sha256()
    with xr.open_dataset(path, decode_times=False, mask_and_scale=False) as data:
        for name in sorted(map(str, data.variables)):
            values = data[name].values
            text = values.dtype.kind in "OUT"
            found.update(name.encode() + ("\n".join(values.ravel()).encode() if text else values.tobytes()))
    return found.hexdigest()


def direct_curves(output: Path) -> tuple[float, int]:
    """Largest difference of the hazard curves from shares counted in the members' files; and how many were counted."""
    import xarray as xr

    files = [
        xr.open_dataset(path, decode_times=False) for path in sorted(output.glob("members/*/stations.nc"))
    ]
    peaks = np.array([[np.nanmax(series) for series in data["eta"].values] for data in files])
    with xr.open_dataset(output / "hazard.nc") as hazard:
        levels, curves = hazard["level"].values, hazard["hazard_curve"].values
    direct = [[sum(peak > level for peak in column) / len(files) for column in peaks.T] for level in levels]
    for data in files:
        data.close()
    return float(np.abs(np.array(direct) - curves).max()), curves.size


def cost(ran: Ran, ranks: int) -> Cost:
    """Where the time of a run on so many ranks went, of which each computes members of its own."""
    record = ran.record
    timings = [json.loads(path.read_text())["timings"] for path in ran.folder.glob("members/*/run.json")]
    return Cost(
        record["timings"]["time loops of members"],
        sum(one["sources"] for one in timings),
        ranks * record["timings"]["members"],
        ranks * record["timings"]["time loop"],
    )


def main() -> None:
    """Compute all, and print and write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--machine", type=Path, help="machine file for `esim job`; none: no job array")
    parser.add_argument("--members", type=int, default=64)
    parser.add_argument("--engines", nargs="*", choices=ENGINES, default=ENGINES, help="beside two ranks")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="settings of all ensembles")
    parser.add_argument("--folder", type=Path, help="outputs; what is complete there is not computed again")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the tables into this file")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="esim_ensembles_") as folder:
        text = "\n\n".join(_study(options.folder or Path(folder), options)) + "\n"
    print(text)
    if options.report:
        with whole_file(options.report) as temporary:
            temporary.write_text(text, encoding="utf-8")


def _study(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Paragraphs of the report."""
    given = [f"members.count={options.members}", *options.set]
    more = [word for setting in given for word in ("--set", setting)]
    plain = compute(RANDOM, folder / "mpi", RANKS, *more)
    wanted = checksums(plain.folder)
    found = [_bits(f"{RANKS} ranks", plain, wanted)]
    if "killed" in options.engines:
        killed = compute_killed(RANDOM, folder / "killed", options.members, *more)
        found.append(_bits(f"{RANKS} ranks, killed {KILLS} times", killed, wanted))
    if "dask" in options.engines:
        dask = ["--set", "run.engine=dask", "--set", f"run.workers={RANKS}"]
        found.append(
            _bits(f"{RANKS} workers of Dask", compute(RANDOM, folder / "dask", 1, *more, *dask), wanted)
        )
    if "slurm_array" in options.engines and options.machine is not None:
        array = compute_as_array(RANDOM, folder / "array", options.machine.resolve(), *more)
        found.append(_bits(f"{TASKS} tasks of a Slurm array, {RANKS} at a time", array, wanted))
    shorter = f", with {', '.join(f'`{one}`' for one in options.set)}" if options.set else ""
    yield f"## {options.members} earthquakes off Tohoku{shorter}"
    yield (
        f"`configs/ensemble_tohoku2011.yaml`{shorter}, {code()}, {platform.machine()}, {os.cpu_count()} cores. "
        "Checksums are those of all values of hazard.nc and of maxima.nc and stations.nc of every member. A run is "
        "killed by SIGKILL of all its processes, with two members half computed each time."
    )
    yield from markdown(BITS, found)
    difference, count = direct_curves(plain.folder)
    yield (
        f"Hazard curves beside shares counted in the members' stations.nc: largest difference {difference:.1e} among "
        f"{count:,} probabilities."
    )
    yield (
        f"Times of the {RANKS} ranks together, over those of the time loops of all members. Random slip is another "
        "fault in each member, whose uplift is summed over all its subfaults in each cell (Okada 1985); of one fault "
        "with many magnitudes it is computed once."
    )
    costs = [cost(plain, RANKS).row("random slip")]
    if "magnitudes" in options.engines:
        (folder / "magnitudes.yaml").write_text(MAGNITUDES.format(base=CONFIGS / "tohoku2011.yaml"))
        magnitudes = compute(folder / "magnitudes.yaml", folder / "magnitudes", RANKS, *more)
        costs.append(cost(magnitudes, RANKS).row("magnitudes of one fault, 4 arc-minutes, 2 h"))
    yield from markdown(COSTS, costs)


def _bits(name: str, ran: Ran, wanted: dict[str, str]) -> Sequence[str]:
    """A row of the table of bits."""
    members, found = ran.record["members"], checksums(ran.folder)
    same = sum(found.get(path) == value for path, value in wanted.items())
    return (
        name,
        str(ran.starts),
        f"{sum(one['state'] == 'complete' for one in members)} of {len(members)}",
        str(sum("attempts" in one for one in members)),
        f"{same} of {len(wanted)}",
    )


if __name__ == "__main__":
    main()
