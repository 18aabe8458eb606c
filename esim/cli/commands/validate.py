"""`esim validate`: published cases, computed and judged."""

import argparse
from pathlib import Path

from esim.cli.command import Commands, add_command


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "validate",
        "compute published cases and compare with what is known; exit code 1 if one fails",
        "  esim validate --list\n"
        "  esim validate ocean --quick                       all cases of the ocean, the smaller runs\n"
        "  esim validate ocean --report ocean.md             with a report, the figures beside it\n"
        "  esim validate tohoku2011\n"
        "  esim validate tohoku2011 --quick\n"
        "  esim validate tohoku2011 --run out/tohoku2011     a run that is there already\n",
    )
    command.add_argument("cases", metavar="CASE", nargs="*", help="cases, or ocean, crust (default: all)")
    command.add_argument("--quick", action="store_true", help="smaller computations, for a first look")
    command.add_argument("--list", action="store_true", help="list the cases and stop")
    command.add_argument(
        "--run", dest="run_directory", metavar="DIR", type=Path, help="judge this run of the one CASE named"
    )
    command.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        default=Path("out/validation"),
        help="folder of validation.json and of the runs, which are replaced (default: out/validation)",
    )
    command.add_argument(
        "--report", metavar="FILE", type=Path, help="write all tables into a Markdown file, figures beside it"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from esim.validation.validate import validate

    return validate(
        options.cases, options.output, options.run_directory, options.quick, options.list, options.report
    )
