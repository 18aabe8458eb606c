"""`esim report`: a run, an ensemble or a forecast on one page."""

import argparse
from pathlib import Path

from esim.cli.command import Commands, add_command
from esim.cli.options import ZONE_HELP


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "report",
        "write a finished run, ensemble or forecast as one page: summary, maps, waves, records, arrivals, provenance",
        "  esim report out/tohoku2011                               for any browser: out/tohoku2011/report.html\n"
        "  esim report out/tohoku2011 --places ports.csv --output tohoku.html\n"
        "  esim report out/kumamoto2016 --timezone Asia/Tokyo\n"
        "  esim report out/ensemble_tohoku2011                      hazard curves and maps of an ensemble\n"
        "  esim report out/forecast_tohoku2011                      the output of esim forecast run\n",
    )
    command.add_argument(
        "run_directory", metavar="OUT", type=Path, help="output directory of a run or forecast"
    )
    command.add_argument(
        "--output", metavar="FILE", type=Path, help="file to write (default: OUT/report.html)"
    )
    command.add_argument(
        "--places",
        metavar="FILE",
        type=Path,
        help="places for the arrival times of a tsunami: name, lon, lat",
    )
    command.add_argument("--timezone", metavar="ZONE", help=ZONE_HELP)
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from esim.analysis.figures.look import Look, checked_zone
    from esim.analysis.report.page import report
    from esim.analysis.report.section import Choices

    choices = Choices(Look(zone=checked_zone(options.timezone)), options.places)
    print(report(options.run_directory, options.output, choices))
