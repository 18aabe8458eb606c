"""`esim convert`: a NetCDF file of maps into a Zarr store, or a store into a file."""

import argparse
from pathlib import Path

from esim.cli.command import Commands, add_command


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "convert",
        "convert NetCDF files of maps to Zarr stores, and stores to files, bit for bit; what was there stays",
        "  esim convert out/tohoku2011/fields.nc               makes out/tohoku2011/fields.zarr\n"
        "  esim convert out/large/*.zarr --output out/netcdf   makes out/netcdf/fields.nc, maxima.nc ...\n",
    )
    command.add_argument("files", metavar="FILE", type=Path, nargs="+", help="file .nc or store .zarr")
    command.add_argument(
        "--output", metavar="DIR", type=Path, help="folder of the results (default: that of the file)"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from esim.io.zarr.convert import convert

    for file in options.files:
        print(convert(file, options.output))
