"""`esim hazard`: what engineers and warning centres want to know of a run."""

import argparse
from pathlib import Path

from esim.cli.command import Commands, add_command
from esim.cli.options import ZONE_HELP, length


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "hazard",
        "write the hazard tables of a finished run: intensity measures and ShakeMap grids; travel times and warnings",
        "  esim hazard out/kumamoto2016 --periods 0.5 1 3\n"
        "  esim hazard out/tohoku2011 --places towns.csv --within 3km     how long until, how high\n"
        "  esim hazard out/tohoku2011 --segments coasts.geojson --levels jma --green-depth '1 m'\n",
    )
    command.add_argument("run_directory", metavar="OUT", type=Path, help="output directory of a run")
    command.add_argument(
        "--output", metavar="DIR", type=Path, help="folder of the files (default: OUT/figures)"
    )
    seismic = command.add_argument_group("of a seismic run")
    seismic.add_argument(
        "--periods", metavar="S", type=float, nargs="+", help="periods of the response spectra [s]"
    )
    seismic.add_argument(
        "--damping", metavar="PART", type=float, help="of the response spectra (default: 0.05)"
    )
    tsunami = command.add_argument_group("of a tsunami run")
    tsunami.add_argument(
        "--places", metavar="FILE", type=Path, help="places for the travel times: name, lon, lat"
    )
    tsunami.add_argument(
        "--within",
        metavar="LENGTH",
        type=length,
        help="distance from a place to the nearest wet cell, at most (default: 5 km)",
    )
    tsunami.add_argument("--crs", help="reference system of x and y (default: grid.crs of the run)")
    tsunami.add_argument("--timezone", metavar="ZONE", help=ZONE_HELP)
    tsunami.add_argument(
        "--segments",
        metavar="FILE",
        type=Path,
        help="coastal segments: GeoJSON, or CSV with name, lon, lat, radius",
    )
    tsunami.add_argument(
        "--radius", metavar="LENGTH", type=length, help="of points without one, such as '20 km'"
    )
    tsunami.add_argument(
        "--levels",
        metavar="WHOSE",
        help="jma, ptwc or a YAML file with levels: [{name: Advisory, above: 0.2 m}, ...] (default: jma)",
    )
    tsunami.add_argument(
        "--green-depth",
        metavar="DEPTH",
        type=length,
        help="take heights to this depth by Green's law (default: no)",
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from dataclasses import fields

    from esim.analysis.figures.look import checked_zone
    from esim.analysis.hazard import HazardOptions, hazard

    options.zone = checked_zone(options.timezone)
    given = {field.name: getattr(options, field.name) for field in fields(HazardOptions)}
    for path in hazard(options.run_directory, options.output, HazardOptions(**given)):
        print(path)
