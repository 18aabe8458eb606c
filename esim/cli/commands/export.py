"""`esim export`: results for geographic information systems."""

import argparse
from pathlib import Path

from esim.cli.command import Commands, add_command
from esim.cli.options import positive


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "export",
        "write results of a finished run for geographic information systems and Google Earth",
        "  esim export out/tohoku2011                                     the maxima as GeoTIFF\n"
        "  esim export out/tohoku2011 --variable eta_max --variable extent --output maps\n"
        "  esim export out/tohoku2011 --format cog                        with tiles and overviews, for the web\n"
        "  esim export out/tohoku2011 --format kml                        isochrones, flood, run-up, stations, faults\n"
        "  esim export out/tohoku2011 --format geojson --variable isochrones --step 10min\n"
        "  esim export out/harbour --crs EPSG:32654                       x and y of a Cartesian run\n",
    )
    command.add_argument("run_directory", metavar="OUT", type=Path, help="output directory of a run")
    command.add_argument(
        "--format",
        choices=("geotiff", "cog", "geojson", "gpkg", "kml"),
        help="kind of file: maps (geotiff, cog), or points, lines and polygons (default: geotiff)",
    )
    command.add_argument(
        "--variable",
        metavar="NAME",
        action="append",
        default=[],
        help="a variable of maxima.nc, or a layer such as isochrones; may be repeated (default: all)",
    )
    command.add_argument(
        "--step",
        metavar="TIME",
        help="time between isochrones, such as 10min (default: about ten of them)",
    )
    command.add_argument(
        "--crs", help="reference system of x and y (default: grid.crs of the run); longitudes are EPSG:4326"
    )
    command.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="folder of the files (default: OUT/FORMAT)",
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from esim.analysis.export import export

    step = None if options.step is None else positive("--step", options.step, "TIME")
    form = options.format or "geotiff"
    for path in export(options.run_directory, options.output, options.variable, options.crs, form, step):
        print(path)
