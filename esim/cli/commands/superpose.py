"""`esim superpose`: the waves of any slip from a library of Green's functions, in milliseconds."""

import argparse
from pathlib import Path

from esim.cli.command import Commands, add_command


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "superpose",
        "the waves at stations of any slip on the subfaults of a library of unit sources",
        "  esim superpose out/units --slip slip.csv\n"
        "  esim superpose out/units --slip slip.csv --against out/run     how far from a run of that slip\n",
    )
    command.add_argument(
        "library",
        metavar="LIBRARY",
        type=Path,
        help="greens_functions.zarr, or the output directory of an ensemble of unit sources",
    )
    command.add_argument(
        "--slip",
        metavar="FILE",
        type=Path,
        required=True,
        help="fault file whose subfaults are some of the library's: subfaults.csv with slip, or any finite fault",
    )
    command.add_argument(
        "--against",
        metavar="OUT",
        type=Path,
        help="output directory of a run of the same slip: prints how far the superposition is from it",
    )
    command.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="folder of stations.nc (default: superposition_NAME beside the library, NAME that of the slip file)",
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from esim.ensemble.linearity import LinearityError, error_lines, linearity_errors
    from esim.ensemble.superposition import open_library, read_slip, slip_remarks, superposition_lines
    from esim.ensemble.superposition_file import require_free, write_superposition

    library = open_library(options.library)
    folder = options.output or library.path.parent / f"superposition_{options.slip.stem}"
    require_free(folder)
    slip = read_slip(options.slip)
    found = library.superpose(slip)
    remarks = slip_remarks(options.slip, slip, found)
    errors: list[LinearityError] = []
    for line in superposition_lines(library, found):
        print(line)
    if options.against is not None:
        errors, more = linearity_errors(library, found, options.against)
        remarks += more
        print(f"against {options.against}; in the library not linear: {library.nonlinear_terms}")
        for line in error_lines(errors):
            print(line)
    for line in remarks:
        print(line)
    for path in write_superposition(folder, library, found, options.slip, options.against, errors, remarks):
        print(path)
