"""`esim compare`: a run beside observed records, or beside another run."""

import argparse
from pathlib import Path

from esim.cli.command import Commands, add_command


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "compare",
        "compare the gauges of a finished run with observed records, or a run with another one",
        "  esim compare out/tohoku2011                       a table, and figures/stations_misfit.csv\n"
        "  esim compare out/tohoku2011 out/tohoku2011_4min   norms of the differences, figures/differences.csv\n",
    )
    command.add_argument("run_directory", metavar="OUT", type=Path, help="output directory of a run")
    command.add_argument(
        "other", metavar="OTHER", type=Path, nargs="?", help="run to compare with (default: observed records)"
    )
    command.add_argument(
        "--output", metavar="DIR", type=Path, help="folder of the table (default: OUT/figures)"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    from esim.tools.table import show

    if options.other is not None:
        from esim.analysis.comparison import difference

        norms, path = difference.compare_runs(options.run_directory, options.other, options.output)
        show(difference.Norms._fields, difference.rows(norms))
    else:
        from esim.analysis.ocean import misfit

        found, path = misfit.compare_run(options.run_directory, options.output)
        show(misfit.HEADERS, misfit.rows(found))
    print(path)
