"""`esim data`: which data files are known, and where they are."""

import argparse
import os

from esim.cli.command import Commands, add_command


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "data",
        "list the known data files and where they are, or fetch one",
        "  esim data\n  esim data fetch tohoku2011_dart.csv\n"
        "  ESIM_DATA=/data/esim esim data               files in a folder of your own come first\n",
    )
    command.set_defaults(run=_run, name=None)
    actions = command.add_subparsers(dest="action", metavar="fetch")
    fetch = actions.add_parser(
        "fetch", help="make a file available, check it, and print its path", description="Fetch a data file."
    )
    fetch.add_argument("name", metavar="NAME", help="name as `esim data` lists it")


def _run(options: argparse.Namespace) -> None:
    from esim import data
    from esim.tools.table import show

    if options.name is not None:
        print(data.locate(data.PREFIX + options.name.removeprefix(data.PREFIX)))
        return
    rows = [(known.name, known.origin, str(known.path or known.address or "")) for known in data.table()]
    show(("name", "found", "path, or public address"), rows)
    if not os.environ.get("ESIM_DATA"):
        print("ESIM_DATA is not set: set it to a folder that holds such files to use them from there")
