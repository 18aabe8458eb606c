"""One fault: a run is struck, ends, is resumed, and must have the bits of the run that was left alone."""

import json
import random
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from esim.errors import StopRequested
from esim.io.directory import STOPPED
from esim.io.netcdf import LIBRARY
from esim.validation.faults.plan import COMPILE, LEAVING, SHORT, START, Fault
from esim.validation.faults.process import Ended, command, run, wait_for
from esim.validation.faults.scenes import write_scene
from esim.validation.faults.strike import ACTS, away, flip_bit
from esim.validation.fingerprint import arrays, digest

REFUSED = (2, 4)  # exit codes of a resume that sees damage
ROOMY = "256m"  # of a file system that was full, before the run is resumed
COMPILING = 4.0  # s after the output directory is there, in which kernels are compiled

Bits = Mapping[str, str]


@dataclass(frozen=True)
class Reference:
    """An undisturbed run: hashes of what it writes, its writes in order, s until the first, and size [bytes]."""

    bits: Bits
    writes: tuple[Path, ...]
    start: float
    size: int


@dataclass
class Outcome:
    """What came of a fault; problems are what should not be, note says what else is of interest."""

    fault: Fault
    ended: Ended
    resumed: Ended | None = None
    late: bool = False
    note: str = ""
    problems: list[str] = field(default_factory=list)


def refer(scene: str, folder: Path, shim: Path) -> Reference:
    """Compute a scene undisturbed, and keep what it wrote and in which order."""
    output, log = folder / f"reference_{scene}", folder / f"writes_{scene}"
    start: list[float] = []

    def watch(pid: int) -> None:
        begun = time.monotonic()
        wait_for(log.exists, pid)
        start.append(time.monotonic() - begun)

    environment = {"LD_PRELOAD": str(shim), "FAULT_ROOT": f"{output}/", "FAULT_LOG": str(log)}
    ended = run(command(write_scene(scene, folder), output, 1), output, environment, watch)
    if ended.code != 0:
        raise RuntimeError(f"scene {scene} ends with code {ended.code} without any fault:\n{ended.said}")
    writes = tuple(Path(line).relative_to(output) for line in log.read_text().splitlines())
    size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file())
    return Reference(bits(output), writes, start[0], size)


def bits(output: Path) -> Bits:
    """Hashes of every array in the files that run.json lists."""
    files = json.loads((output / "run.json").read_text())["files"]
    with LIBRARY:
        return {
            f"{Path(file).name}/{name}": digest(values)
            for file in files
            for name, values in arrays(output / Path(file).name)
        }


def attempt(fault: Fault, reference: Reference, folder: Path, shim: Path) -> Outcome:
    """Strike at a run of the scene in a folder, which is made, and resume it."""
    folder.mkdir()
    disk = folder / "disk"
    own_disk = fault.kind.act == "tmpfs" and _mount(disk, reference, fault.part)
    try:
        return _attempt(fault, reference, folder, disk / "out" if own_disk else folder / "out", shim)
    finally:
        if own_disk:
            subprocess.run(["umount", "-l", disk], check=False)


def _attempt(fault: Fault, reference: Reference, folder: Path, output: Path, shim: Path) -> Outcome:
    chance = random.Random(fault.seed)
    config = write_scene(fault.scene, folder)
    compiled = write_scene(fault.scene, folder, "cpu") if fault.moment == COMPILE else config
    extra = ["--set", f"run.stall_timeout={SHORT}"] if fault.kind.stalls else []
    cache = {"ESIM_CACHE_DIR": str(folder / "cache")} if fault.moment == COMPILE else {}
    environment = cache | _shim(fault, shim, output, folder)

    def act(pid: int) -> None:
        if (strike := ACTS.get(fault.kind.act)) and _moment(fault, reference, folder, output, pid):
            strike(pid, output, chance)

    ended = run(command(compiled, output, fault.ranks, *extra), output, environment, act)
    outcome = Outcome(fault, ended, late=ended.code == 0)
    outcome.problems += _flaws(fault, ended)
    if ended.code == StopRequested.exit_code and not (output / STOPPED).exists():
        outcome.problems.append(f"no {STOPPED}")
    if away(output).exists():
        shutil.rmtree(output, ignore_errors=True)
        away(output).rename(output)
    if fault.kind.act == "tmpfs" and output.parent != folder:
        subprocess.run(["mount", "-o", f"remount,size={ROOMY}", output.parent], check=True)
    if fault.kind.act == "flip" and not outcome.late:
        outcome.note = flip_bit(output, chance)
    if not outcome.late:
        again = command(config, output, fault.resumed_on, "--resume")
        outcome.resumed = run(again, output)
        outcome.problems += _flaws_of_resume(fault, outcome.resumed)
    if (outcome.resumed or ended).code == 0:
        if (output / STOPPED).exists():
            outcome.problems.append(f"{STOPPED} of a finished run")
        found = bits(output)
        differing = [
            name for name in {**reference.bits, **found} if reference.bits.get(name) != found.get(name)
        ]
        if differing:
            outcome.problems.append(f"other bits in {', '.join(sorted(differing)[:3])}")
    return outcome


def _shim(fault: Fault, shim: Path, output: Path, folder: Path) -> dict[str, str]:
    """The environment in which the shim does its part."""
    if not fault.kind.do or fault.moment in (START, COMPILE, LEAVING):
        return {}
    found = {
        "LD_PRELOAD": str(shim),
        "FAULT_ROOT": f"{output}/",
        "FAULT_AT": str(fault.at),
        "FAULT_DO": fault.kind.do,
        "FAULT_MARK": str(folder / "mark"),
    }
    return found | ({"FAULT_ON": fault.on} if fault.on else {})


def _moment(fault: Fault, reference: Reference, folder: Path, output: Path, pid: int) -> bool:
    """Wait for the moment of a fault; False if the run has ended before."""
    if fault.moment == START:
        return not wait_for(lambda: False, pid, fault.part * reference.start)
    if fault.moment == COMPILE:
        there = wait_for(lambda: any(output.rglob("*")), pid)
        wait_for(lambda: False, pid, fault.part * COMPILING)
        return there
    if fault.moment == LEAVING:
        return wait_for((output / "run.json").exists, pid)
    return wait_for((folder / "mark").exists, pid)


def _flaws(fault: Fault, ended: Ended) -> list[str]:
    """What is wrong with the end of a run that was struck."""
    flaws = _unkempt(ended)
    early = fault.kind.early if fault.moment == START else ()
    if ended.code not in (0, *fault.kind.codes, *early, None):
        flaws.append(f"exit code {ended.code}")
    if ended.code in (4, 75) and len(ended.sentences) != 1:
        flaws.append(f"{len(ended.sentences)} sentences: {sorted(ended.sentences)}")
    return flaws


def _flaws_of_resume(fault: Fault, resumed: Ended) -> list[str]:
    """What is wrong with a resumed run; it may refuse what was damaged."""
    flaws = _unkempt(resumed)
    refused = fault.kind.act == "flip" and resumed.code in REFUSED and len(resumed.sentences) == 1
    if resumed.code != 0 and not refused:
        flaws.append(f"not resumed, exit code {resumed.code}: {resumed.said[-300:].strip()}")
    return flaws


def _unkempt(ended: Ended) -> list[str]:
    """What must not be at any end."""
    flaws = ["it hangs"] if ended.code is None else []
    flaws += [f"{len(ended.left)} processes stay"] if ended.left else []
    return flaws + (["a traceback"] if ended.traceback else [])


def _mount(disk: Path, reference: Reference, part: float) -> bool:
    """Mount a file system too small for the run; False where that is not allowed."""
    disk.mkdir()
    size = f"size={int(reference.size * (0.3 + 0.6 * part))}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", disk], capture_output=True)
    return mounted.returncode == 0
