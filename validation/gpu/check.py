"""The parts of `esim gpu check`, one after the other: each is tried, even if an earlier one failed."""

import logging
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path

from esim.backends import select
from esim.errors import InputError
from esim.validation.gpu.report import Finding, Report, checked, gap, show

REWRITE = 10.0  # s between writings of the report within a part

# Modules and functions, which take `tiny`: what is dear comes last.
WHERE = {
    "kernels": "equality:kernels",
    "repeat": "repeat:repeatability",
    "rest": "runs:rest",
    "crust": "runs:crusts",
    "speed": "speed:speed",
    "ocean": "runs:oceans",
    "scenarios": "scenarios:scenarios",
    "sanitizer": "sanitizer:sanitizer",
}
PARTS: Mapping[str, str] = {
    "kernels": "every kernel against NumPy on random data",
    "repeat": "the same bits twice, for any cut of a box, after a restart, and for two ranks on one GPU",
    "rest": "water at rest stays at rest, to the last bit",
    "crust": "small runs of the crust against NumPy",
    "speed": "speed of each kernel against the bandwidth of a copy, and against the goals",
    "ocean": "small runs of the ocean with every switch of the physics against NumPy",
    "scenarios": "whole scenarios, and what their time is spent on",
    "sanitizer": "compute-sanitizer on every kernel",
}


def check(
    only: Sequence[str] = (),
    minutes: float | None = None,
    tiny: bool = False,
    output: Path = Path("validation/results"),
) -> int:
    """Look at this GPU, print what is found, write gpu_NAME.md and gpu_NAME.json into `output`; 1 if a check failed.

    only names parts, in the order of PARTS; minutes is when to begin nothing more; tiny is for the simulator of CUDA.
    Raises MachineError where there is no GPU, InputError for an unknown part.
    """
    unknown = [name for name in only if name not in PARTS]
    if unknown:
        raise InputError(f"there is no part '{unknown[0]}'; expected {', '.join(PARTS)}")
    end = time.monotonic() + 60 * minutes if minutes else float("inf")
    command = ["esim", "gpu", "check", *["--tiny"] * tiny]
    command += ["--only", ",".join(only)] if only else []
    report = Report(output, select("cuda", "float32"), shlex.join(command))
    with _warnings_off():
        for name in PARTS:
            if not only or name in only:
                _run(report, name, partial(_part, name, tiny), end)
    report.write(over=True)
    print(report.path)
    return int(bool(report.failed))


@contextmanager
def _warnings_off() -> Iterator[None]:
    """What small runs warn of, sources in absorbing layers say, is not what is looked at here."""
    log = logging.getLogger("esim")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def _part(name: str, tiny: bool) -> Iterator[Finding]:
    module, function = WHERE[name].split(":")
    yield from getattr(import_module(f"esim.validation.gpu.{module}"), function)(tiny)


def _run(report: Report, name: str, part: Callable[[], Iterator[Finding]], end: float) -> None:
    """Collect the findings of a part until it is over, fails, or time is up."""
    found = report.parts[name] = []
    begun = written = time.monotonic()

    def add(finding: Finding) -> None:
        found.append(finding)
        show(name, finding)

    if begun > end:
        add(gap(PARTS[name], "time was up before it began"))
    else:
        findings = part()
        try:
            for finding in findings:
                add(finding)
                if time.monotonic() > end:
                    add(gap("the rest of this part", "time was up"))
                    break
                if time.monotonic() - written > REWRITE:
                    report.write()
                    written = time.monotonic()
        except ModuleNotFoundError as error:
            add(gap("the rest of this part", f"the package {error.name} is not installed"))
        except Exception as error:
            add(checked("this part runs to its end", f"{type(error).__name__}: {error}", "no error", False))
        finally:
            findings.close()  # type: ignore[attr-defined]
    report.seconds[name] = time.monotonic() - begun
    report.write()
