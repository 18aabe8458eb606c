"""The commands `esim gpu`: compile every kernel without a GPU and judge it, and check everything on a GPU."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from esim.cli.command import Commands, add_command
from esim.distribution import install
from esim.errors import InputError

if TYPE_CHECKING:
    from esim.backends.cuda.compile_check import Figures

COLUMNS = {
    "kernel": "kernel",
    "precision": "precision",
    "architecture": "for",
    "registers": "registers",
    "shared_bytes": "shared B",
    "instructions": "instr.",
    "loop_instructions": "in loop",
    "floating": "floating",
    "integer": "integer",
    "memory": "memory",
    "loads": "loads",
    "stores": "stores",
    "bytes_of_loads": "B/cell, no cache",
    "least_bytes": "B/cell, least",
}
MAIN = (  # of the report
    "step",
    "step with everything and times",
    "deep step",
    "deep step in a layer",
    "dispersion load",
    "dispersion relaxed",
    "velocity 4 plain",
    "stress 4 plain",
    "stress_relaxing 4 plain",
    "stress_relaxing_short 4 plain",
    "velocity 8 plain",
    "stress 8 plain",
    "stress_relaxing 8 plain",
    "velocity_x 4 plain",
    "stress_x 4 plain",
)
REPORT = """\
# CUDA kernels as the compiler makes them

Written by `esim gpu compile --report FILE`. **These are figures of the compiler, not measurements: nothing ran on
a GPU, and none was at hand.** The compiler is that of CUDA 13.0 (NVVM, nvJitLink).

{count} kernels were compiled for {architectures}, {numbers}: {verdict}.
The table holds the main ones.

- *registers* are those of a thread; a GPU with 65,536 on a multiprocessor of 2,048 threads is a quarter full with 128.
- *instr.* are all instructions of machine code; *in loop* those of a thread's loop, one cell each time, or all where
  there is no loop; *floating*, *integer* and *memory* are kinds of those, moves and jumps are the rest.
- *loads* and *stores* are values of main memory in the loop.
- *B/cell, no cache* is what a cell would take if every load went to main memory, and *least* what it takes if each
  array is read and written once (tables of one value a row, column or layer not counted).

{table}
"""


def add(commands: Commands) -> None:
    """Adds the commands and their options."""
    command = add_command(
        commands,
        "gpu",
        "compile every CUDA kernel without a GPU and judge it, or check everything on a GPU",
        f"  esim gpu compile                       needs no GPU: {install('cuda-compile')}\n"
        "  esim gpu compile --only step --precision float32\n"
        "  esim gpu compile --report gpu_compile.md\n"
        "  esim gpu check                         on a GPU\n",
    )
    actions = command.add_subparsers(dest="action", metavar="compile | check", required=True)
    made = actions.add_parser(
        "compile",
        help="compile every CUDA kernel, without a GPU, and judge what comes out; exit code 1 if one fails",
        description="Compile every CUDA kernel, without a GPU, and judge what comes out. Figures are the compiler's.",
    )
    made.add_argument("--arch", metavar="SM", nargs="+", help="architectures (default: sm_80 sm_90)")
    made.add_argument("--only", metavar="NAME", nargs="+", help="kernels by name (default: all)")
    made.add_argument(
        "--precision", choices=("float32", "float64"), help="one precision only (default: both)"
    )
    made.add_argument(
        "--all",
        action="store_true",
        help="also float64 of small varieties of other kernels, which are left out else to save time: the step with "
        "some of its switches, rough surfaces, layers of eighth order",
    )
    made.add_argument("--json", metavar="FILE", type=Path, help="write all figures to this file")
    made.add_argument(
        "--report", metavar="FILE", type=Path, help="write the main kernels into a Markdown file"
    )
    made.add_argument(
        "--processes", metavar="N", type=int, default=2, help="compile in so many processes (default: 2)"
    )
    made.set_defaults(run=_compile)
    looked = actions.add_parser(
        "check",
        help="check this GPU: every kernel, whole runs, repeatability and speed; exit code 1 if a check failed",
        description="Check everything on this GPU and write a report that names it.",
    )
    looked.add_argument("--only", metavar="A,B", default="", help="parts, separated by commas (default: all)")
    looked.add_argument(
        "--minutes", metavar="M", type=float, help="begin no further part after so many minutes"
    )
    looked.add_argument("--tiny", action="store_true", help="tiny sizes, for the simulator of CUDA")
    looked.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        default=Path("validation/results"),
        help="folder of the report (default: validation/results)",
    )
    looked.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    from esim.validation.gpu import check

    only = [name for name in options.only.split(",") if name]
    return check(only, options.minutes, options.tiny, options.output)


def _compile(options: argparse.Namespace) -> int:
    import json

    from esim.backends.cuda.compile_check import ARCHITECTURES, PRECISIONS, examine
    from esim.tools.table import show
    from esim.validation.kernel_catalogue import compiled, varieties

    known = compiled()
    for name in options.only or ():
        if name not in known:
            raise InputError(f"there is no kernel '{name}'; expected one of {', '.join(known)}")
    architectures = tuple(options.arch or ARCHITECTURES)
    for name in architectures:
        if name not in ARCHITECTURES:
            raise InputError(f"--arch {name}: expected {' or '.join(ARCHITECTURES)}")
    if options.processes < 1:
        raise InputError(f"--processes {options.processes}: expected 1 or more")
    precisions = (options.precision,) if options.precision else PRECISIONS
    begun = time.monotonic()
    whole = options.all or options.only or options.precision
    left_out = [] if whole else [(name, "float64") for name in varieties()]
    found = examine(compiled, options.only, precisions, architectures, options.processes, left_out)
    show(tuple(COLUMNS.values()), [_row(figures) for figures in found])
    for figures in found:
        for warning in figures.warnings:
            print(f"note: {figures.where}: {warning}")
    for figures in found:
        for fault in figures.faults:
            print(f"FAIL: {figures.where}: {fault}")
    bad = sum(bool(figures.faults) for figures in found)
    kernels = len({figures.kernel for figures in found})
    print(
        f"{kernels} kernels in {' and '.join(precisions)} for {' and '.join(architectures)}: {len(found)} compiled in "
        f"{time.monotonic() - begun:.0f} s, {_verdict(bad)}; figures of the compiler, nothing ran on a GPU"
    )
    if left_out:
        print(
            f"left out to save time: float64 of {len(left_out)} varieties of these kernels; --all compiles them too"
        )
    if options.json:
        options.json.write_text(json.dumps([figures._asdict() for figures in found], indent=1) + "\n")
    if options.report:
        options.report.write_text(_report(found))
    return int(bad > 0)


def _verdict(bad: int) -> str:
    return f"{bad} FAILED" if bad else "none failed"


def _row(figures: "Figures") -> list[str]:
    return [
        f"{value:g}" if isinstance(value := getattr(figures, key), float) else str(value) for key in COLUMNS
    ]


def _report(found: Sequence["Figures"]) -> str:
    rows = [_row(figures) for figures in found if figures.kernel in MAIN]
    lines = [list(COLUMNS.values()), ["---"] * len(COLUMNS), *rows]
    return REPORT.format(
        count=len({figures.kernel for figures in found}),
        numbers=" and ".join(
            f"{len({figures.kernel for figures in found if figures.precision == precision})} in {precision}"
            for precision in sorted({figures.precision for figures in found})
        ),
        architectures=" and ".join(sorted({figures.architecture for figures in found})),
        verdict=_verdict(sum(bool(figures.faults) for figures in found)),
        table="\n".join(f"| {' | '.join(line)} |" for line in lines),
    )
