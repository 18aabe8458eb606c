"""`esim job`: the script of a batch job for a scenario, from its plan and a file about the machine."""

import argparse
import sys
from pathlib import Path

from esim.cli.command import Commands, add_command
from esim.cli.options import add_overrides, count
from esim.errors import InputError

TEMPLATES = ("cpu", "a100", "vector", "analysis")


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "job",
        "print the Slurm batch script of a scenario: nodes, ranks, memory and time from its plan",
        "  esim job my.yaml > my.sh && sbatch my.sh\n"
        "  esim job my.yaml --machine dgx_a100 --template a100 --nodes 4 > my.sh\n"
        "  esim job --show example > ours.yaml                a file about the machine, to change\n"
        "  esim job my.yaml --machine ours.yaml --ranks 64 --time 2h > my.sh\n"
        "  esim job my.yaml --machine ours.yaml --template analysis > statistics.sh\n",
    )
    command.add_argument("config", metavar="CONFIG", type=Path, nargs="?", help="scenario, a YAML file")
    command.add_argument(
        "--machine",
        metavar="FILE|NAME",
        help="what the nodes are: a YAML file, or a machine that comes with esim (default: that of the template)",
    )
    command.add_argument(
        "--template",
        choices=TEMPLATES,
        default="cpu",
        help="what computes: cores, NVIDIA GPUs, NEC's vector engines; or Dask, over the results (default: cpu)",
    )
    command.add_argument(
        "--nodes", metavar="N", type=count, help="nodes (default: the fewest that hold the run)"
    )
    command.add_argument(
        "--ranks",
        metavar="N",
        type=count,
        help="ranks in all (default: one for each NUMA domain or accelerator of the nodes)",
    )
    command.add_argument(
        "--time", metavar="T", help="time limit, such as '2 h' (default: twice what is predicted)"
    )
    command.add_argument(
        "--output", metavar="DIR", help="directory for the outputs, in place of output.directory"
    )
    command.add_argument("--name", metavar="TEXT", help="name of the job (default: that of CONFIG)")
    add_overrides(command)
    command.add_argument(
        "--program",
        metavar="FILE",
        type=Path,
        help="Python program of template analysis (default: statistics of all snapshots)",
    )
    command.add_argument(
        "--show", metavar="NAME", help="print the file of a machine that comes with esim, to copy and change"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from esim.config.machine import machine_file
    from esim.jobs.script import Wish, command_line, write_job

    if options.show is not None:
        print(machine_file(options.show).read_text(encoding="utf-8"), end="")
        return
    if options.config is None:
        raise InputError("CONFIG is missing; expected the YAML file of a scenario, or --show NAME")
    if options.program is not None and options.template != "analysis":
        raise InputError("--program goes with --template analysis only")
    wish = Wish(
        config=options.config,
        template=options.template,
        machine=options.machine,
        nodes=options.nodes,
        ranks=options.ranks,
        time=_seconds(options.time),
        output=options.output,
        name=options.name,
        overrides=tuple(options.overrides),
        program=options.program,
    )
    text, said = write_job(wish)
    print(text, end="")
    print(
        *(f"esim job: {line}" for line in said), f"submit it: {command_line(wish)}", sep="\n", file=sys.stderr
    )


def _seconds(text: str | None) -> float | None:
    """A time limit [s]; raises InputError."""
    from esim.config.yaml.units import TIME, parse

    if text is None:
        return None
    try:
        seconds = parse(text, TIME)
    except ValueError as error:
        raise InputError(f"--time: {error}") from None
    if seconds < 60:
        raise InputError(f"--time {text} is too short; Slurm counts minutes, so expected at least '1 min'")
    return seconds
