"""When does the batch system end this job? From its environment, else asked of Slurm; or as run.walltime says.

Slurm: sbatch(1), output environment variables, and squeue(1), format %e. Torque: PBS_WALLTIME. Cobalt: COBALT_ENDTIME.
OAR: OAR_JOB_WALLTIME_SECONDS. LSF, PBS Professional and Grid Engine have none: there run.walltime is needed.
"""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from esim.supervision import processes

ENDS = ("SLURM_JOB_END_TIME", "COBALT_ENDTIME")  # s since 1970
LENGTHS = ("PBS_WALLTIME", "OAR_JOB_WALLTIME_SECONDS")  # s since the job began
ANSWER = 20.0  # s in which Slurm must answer


@dataclass(frozen=True)
class TimeLimit:
    """The limit of wall-clock time: its end and the beginning of the job [s since 1970], and who says so."""

    end: float
    begin: float
    source: str

    @property
    def length(self) -> float:
        """How long [s] the job may take in all."""
        return self.end - self.begin


def find_limit(
    walltime: float | None, environment: Mapping[str, str], ask: Callable[[Sequence[str]], str] | None = None
) -> TimeLimit | None:
    """The earlier one of run.walltime [s], counted from the start of this process, and the limit of the batch system.

    ask(command) returns what a command prints.
    """
    begin = process_start(os.getpid())
    found = [_scheduled(environment, begin, ask or _output)]
    if walltime is not None:
        found.append(TimeLimit(begin + walltime, begin, "run.walltime"))
    return min((one for one in found if one is not None), key=lambda one: one.end, default=None)


def process_start(pid: int) -> float:
    """When a process began [s since 1970]; the present time where that is not known."""
    process = processes.find(pid)
    if process is None:
        return time.time()
    since_boot = process.start / os.sysconf("SC_CLK_TCK")
    return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot)


def _scheduled(
    environment: Mapping[str, str], begin: float, ask: Callable[[Sequence[str]], str]
) -> TimeLimit | None:
    for name in ENDS:
        if (end := _number(environment.get(name, ""))) is not None:
            return TimeLimit(
                end, min(begin, _number(environment.get("SLURM_JOB_START_TIME", "")) or begin), name
            )
    for name in LENGTHS:
        if (length := _number(environment.get(name, ""))) is not None:
            first = process_start(os.getsid(0))  # the script of the job leads the session
            return TimeLimit(first + length, first, name)
    job = environment.get("SLURM_JOB_ID", "")
    if job.isdecimal():
        for command in (["squeue", "-h", "-j", job, "-o", "%e"], ["scontrol", "show", "job", "-o", job]):
            if (end := _date(ask(command))) is not None:
                return TimeLimit(end, begin, command[0])
    return None


def _number(text: str) -> float | None:
    """A positive number of seconds."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def _date(text: str) -> float | None:
    """The local date of the end of a job [s since 1970], as squeue prints it, or as EndTime=... of scontrol."""
    for word in text.split():
        with suppress(ValueError):
            if word.startswith("EndTime=") or "=" not in word:
                return datetime.fromisoformat(word.removeprefix("EndTime=")).timestamp()
    return None


def _output(command: Sequence[str]) -> str:
    """What a command prints; nothing where it is missing, fails or hangs."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=ANSWER, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
