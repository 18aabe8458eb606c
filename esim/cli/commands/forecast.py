"""`esim forecast`: a library before an earthquake, and from records a forecast with its uncertainty after it."""

import argparse
from pathlib import Path

from esim.cli.command import Command, Commands, add_command


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "forecast",
        "build the library of a forecast, and forecast tsunamis from records of an earthquake with it",
        "  esim forecast build forecast_tohoku2011.yaml       a run for each sensor and target, once\n",
    )
    actions = command.add_subparsers(
        dest="action", metavar="ACTION", required=True, title="actions", parser_class=Command
    )
    _add_build(actions)


def _add_build(actions: Commands) -> None:
    build = add_command(
        actions,
        "build",
        "compute the library of a forecast: what is there of an earlier build is not computed again",
        "  esim forecast build forecast_tohoku2011.yaml\n"
        "  esim forecast build forecast_tohoku2011.yaml --check      what it will take\n",
    )
    build.add_argument("twin", metavar="TWIN.yaml", type=Path, help="configuration of the forecast")
    build.add_argument("--check", action="store_true", help="print the plan, and compute nothing")
    build.set_defaults(run=_run_build)


def _run_build(options: argparse.Namespace) -> None:
    from esim.config.forecast.load import load_base, load_twin
    from esim.forecast.build import build, describe, prepare

    twin = load_twin(options.twin)
    found = prepare(twin, load_base(twin))
    for line in describe(found):
        print(line, flush=True)
    if not options.check:
        print(build(found, lambda text: print(text, flush=True)))
