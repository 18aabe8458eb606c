"""`esim plan`: how long would a run take, here or on a machine of many nodes?"""

import argparse
from pathlib import Path

from esim.cli.command import Commands, add_command
from esim.cli.options import add_overrides


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "plan",
        "predict time, halo share, memory, output and energy of a run on numbers of ranks, from measured rates",
        "  esim plan scenario.yaml                                        on this machine\n"
        "  esim plan scenario.yaml --measure                              after measuring the rates that it needs\n"
        "  esim plan scenario.yaml --machine cluster.yaml --ranks 1,4,...,4096 --figure scaling.png\n"
        "  esim plan scenario.yaml --machine cluster.yaml --ranks 64,128 --json plan.json\n",
    )
    command.add_argument("config", metavar="CONFIG", help="scenario, a YAML file")
    add_overrides(command)
    command.add_argument(
        "--machine",
        metavar="FILE|NAME",
        help="another machine: a YAML file, or one that comes with esim (see esim job)",
    )
    command.add_argument(
        "--ranks",
        metavar="N,N,...",
        help="numbers of ranks, such as 1,4,16 or 1,4,...,4096 (default: 1, and those of one node)",
    )
    command.add_argument(
        "--measure", action="store_true", help="measure here the rates of its kinds of work that are missing"
    )
    command.add_argument("--figure", metavar="FILE", type=Path, help="draw strong and weak scaling")
    command.add_argument("--json", metavar="FILE", type=Path, help="write the plan into this file")
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from esim.drivers.scaling import plan

    found = plan(options.config, options.overrides, options.machine, options.ranks, options.measure, print)
    print(*found.lines, sep="\n")
    if options.json:
        import json

        from esim.io.atomic import whole_file

        with whole_file(options.json) as temporary:
            temporary.write_text(json.dumps(found.record(), indent=2) + "\n")
    if options.figure:
        from esim.analysis.scaling import draw_scaling

        draw_scaling(found.rows, found.title, found.place, options.figure)
        print(options.figure)
