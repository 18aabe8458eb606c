"""`esim compile`: compile the kernels of a scenario before it is run."""

import argparse
from collections import Counter
from collections.abc import Sequence

from esim.cli.command import Commands, add_command
from esim.cli.options import add_overrides, count


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "compile",
        "compile the kernels that a scenario needs, so that its runs start at once",
        "  esim compile scenario.yaml                                 for this user\n"
        "  esim compile scenario.yaml --ranks 8                       and those that only one rank of several needs\n"
        "  ESIM_CACHE_DIR=/opt/esim/cache esim compile scenario.yaml  for all users, who set\n"
        "  export ESIM_SITE_CACHE=/opt/esim/cache                     to read it\n"
        "\n"
        "The run is prepared on this machine, not computed, and takes the memory of the run. Processor, Python and\n"
        "Numba have to be those of the runs.\n",
    )
    command.add_argument("config", metavar="CONFIG", help="scenario, a YAML file")
    add_overrides(command)
    command.add_argument("--backend", choices=["auto", "cpu", "cuda"], help="in place of run.backend")
    command.add_argument(
        "--ranks", metavar="N", type=count, default=1, help="number of ranks of the run (default: 1)"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    import json
    import tempfile
    import time

    from esim.config import load
    from esim.drivers.compilation import compile_scenario

    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="esim-compile-") as folder:
        chosen = [f"run.backend={options.backend}"] if options.backend else []
        chosen.append(f"output.directory={json.dumps(folder + '/out')}")
        found = compile_scenario(load(options.config, [*options.overrides, *chosen]), options.ranks)
    total = len(found.made) + len(found.found)
    print(
        f"{total} kernels: {len(found.made)} compiled, {len(found.found)} found compiled, "
        f"in {time.monotonic() - begun:.0f} s; they are in {found.folder}"
    )
    for title, names in (("compiled", found.made), ("found", found.found)):
        if names:
            print(f"  {title:<9}{_listed(names)}")


def _listed(names: Sequence[str]) -> str:
    """Names in order, with how often they come where that is more than once."""
    return ", ".join(f"{name} x {n}" if n > 1 else name for name, n in Counter(names).items())
