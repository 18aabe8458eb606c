"""`esim plot`: the figures of a run."""

import argparse
from pathlib import Path

from esim.cli.command import Commands, add_command
from esim.cli.options import add_look, chosen_look


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "plot",
        "draw the figures of a finished run, ensemble or forecast: heights or shaking, snapshots, gauges, curves",
        "  esim plot out/tohoku2011\n"
        "  esim plot out/tohoku2011 --format pdf --output figures\n"
        "  esim plot out/tohoku2011 --only heights --extent 138 146 34 42 --dpi 300     one map, another part of it\n"
        "  esim plot out/tohoku2011 --only heights --cmap cmo.amp --title Tohoku --timezone Asia/Tokyo\n"
        "  esim plot out/kumamoto2016 --only pgv --extent -30 30 -30 30                 km, as on the map\n",
    )
    command.add_argument(
        "run_directory", metavar="OUT", type=Path, help="output directory of a run or forecast"
    )
    command.add_argument(
        "--format", choices=("png", "pdf", "svg"), default="png", help="kind of file (default: png)"
    )
    command.add_argument(
        "--output", metavar="DIR", type=Path, help="folder of the figures (default: OUT/figures)"
    )
    command.add_argument(
        "--only",
        metavar="NAME",
        nargs="+",
        action="extend",
        default=[],
        help="figures to draw, by the names of their files; heights also draws heights_NEST (default: all)",
    )
    add_look(command)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from esim.analysis.plot import plot

    for path in plot(options.run_directory, options.output, options.format, chosen_look(options)):
        print(path)
