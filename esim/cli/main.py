"""The command `esim`: everything around a run. Each command imports what it needs when it is called."""

import argparse
import os
import sys
from collections.abc import Sequence

from esim import __version__
from esim.cli.command import Command
from esim.cli.commands import (
    animate,
    compare,
    compile,
    convert,
    data,
    example,
    explain,
    export,
    forecast,
    gpu,
    hazard,
    job,
    machine,
    new,
    plan,
    plot,
    report,
    superpose,
    validate,
)
from esim.errors import EsimError

COMMANDS = (  # in the order of the help
    new,
    example,
    explain,
    plan,
    compile,
    plot,
    animate,
    report,
    compare,
    hazard,
    forecast,
    superpose,
    export,
    convert,
    validate,
    machine,
    gpu,
    job,
    data,
)
DESCRIPTION = """\
Tsunamis and earthquakes, around a run: esim-run computes a scenario, esim does the rest."""
EXAMPLES = """\
examples:
  esim new tsunami --magnitude 8.8 --lon -72.9 --lat -36.1 --depth 30 --strike 18 --dip 18 --rake 100
                                       write the YAML file of an earthquake of your own
  esim example tohoku2011              copy a scenario that comes with esim
  esim-run tohoku2011.yaml             compute it (see esim-run --help)
  esim explain source.okada            what a key of the YAML file means
  esim compile tohoku2011.yaml         compile its kernels beforehand
  esim plot out/tohoku2011             draw its figures
  esim hazard out/kumamoto2016         its intensity measures and ShakeMap grids
  esim animate out/tohoku2011          the waves as a moving picture
  esim export out/tohoku2011           its results for geographic information systems and Google Earth
  esim report out/tohoku2011           the whole run on one page, as a file for a browser
  esim validate tohoku2011             compare a computation with what buoys recorded
  esim doctor                          what is fast on this machine, and what is not
  esim COMMAND --help                  options and examples of a command
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0 done, 1 a check failed, else that of the error."""
    options = parser().parse_args(arguments)
    from esim.cli.warning_lines import shown_warnings

    try:
        with shown_warnings(f"esim {options.command}"):
            return int(options.run(options) or 0)
    except EsimError as error:
        print(f"esim {options.command}: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """The options of all commands."""
    top = argparse.ArgumentParser(
        "esim", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--version", action="version", version=f"esim {__version__}")
    commands = top.add_subparsers(
        dest="command", metavar="COMMAND", required=True, title="commands", parser_class=Command
    )
    for command in COMMANDS:
        command.add(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
