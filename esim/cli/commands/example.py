"""`esim example`: the scenarios that come with esim."""

import argparse
from pathlib import Path

from esim.cli.command import Commands, add_command


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "example",
        "list the scenarios that come with esim, or copy one with the files that it names",
        "  esim example\n"
        "  esim example tohoku2011                 into this folder\n"
        "  esim example kumamoto2016 runs/first\n",
    )
    command.add_argument("name", metavar="NAME", nargs="?", help="scenario to copy (default: list them)")
    command.add_argument(
        "folder",
        metavar="DIR",
        type=Path,
        nargs="?",
        default=Path(),
        help="folder to copy it to (default: .)",
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from esim.tools.examples import example

    example(options.name, options.folder)
