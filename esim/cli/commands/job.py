"""`esim job`: the batch scripts of jobscripts/, with the number of nodes and the configuration filled in."""

import argparse
import re
import shlex
from pathlib import Path

from esim.cli.command import Commands, add_command
from esim.cli.options import count
from esim.errors import InputError

FOLDER = Path(__file__).parents[2] / "jobscripts"


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "job",
        "print a Slurm batch script to adapt: CPU nodes, or nodes with NVIDIA A100",
        "  esim job cpu > job.sh\n  esim job a100 --nodes 4 --config my.yaml > job.sh && sbatch job.sh\n",
    )
    command.add_argument("machine", choices=("cpu", "a100"), help="kind of nodes")
    command.add_argument("--nodes", metavar="N", type=count, default=1, help="number of nodes (default: 1)")
    command.add_argument("--config", metavar="FILE", type=Path, help="configuration to run")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    print(template(options.machine, options.nodes, options.config), end="")


def template(machine: str, nodes: int = 1, config: Path | None = None) -> str:
    """The Slurm script for `cpu` or `a100` nodes.

    Raises InputError if the configuration does not exist, or the templates were not installed.
    """
    path = FOLDER / f"slurm_{machine}.sh"
    if not path.is_file():
        raise InputError(f"{path}: no such template; take it from jobscripts/ of the source of esim")
    if config is not None and not config.is_file():
        raise InputError(f"{config}: no such file; --config names the YAML file to run")
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^#SBATCH --nodes=\d+", f"#SBATCH --nodes={nodes}", text)
    if config is not None:
        line = f"CONFIG={shlex.quote(str(config))}"
        text = re.sub(r"(?m)^CONFIG=\S+", lambda _: line, text)
    return text
