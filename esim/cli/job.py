"""The batch scripts of jobscripts/, with the number of nodes and the configuration filled in."""

import re
import shlex
from pathlib import Path

from esim.errors import InputError

FOLDER = Path(__file__).parents[1] / "jobscripts"


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
