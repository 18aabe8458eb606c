"""The command `esim`: everything around a run. Each command imports what it needs when it is called."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from esim import __version__
from esim.distribution import install
from esim.errors import EsimError

Commands: TypeAlias = "argparse._SubParsersAction[_Command]"

DESCRIPTION = """\
Tsunamis and earthquakes, around a run: esim-run computes a scenario, esim does the rest."""
EXAMPLES = """\
examples:
  esim new tsunami --magnitude 8.8 --lon -72.9 --lat -36.1 --depth 30 --strike 18 --dip 18 --rake 100
                                       write the YAML file of an earthquake of your own
  esim example tohoku2011              copy a scenario that comes with esim
  esim-run tohoku2011.yaml             compute it (see esim-run --help)
  esim explain source.okada            what a key of the YAML file means
  esim plot out/tohoku2011             draw its figures
  esim export out/tohoku2011           its maxima as GeoTIFF, for geographic information systems
  esim validate tohoku2011             compare a computation with what buoys recorded
  esim doctor                          what is fast on this machine, and what is not
  esim COMMAND --help                  options and examples of a command
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code: 0 done, 1 a check failed, else that of the error."""
    options = parser().parse_args(arguments)
    try:
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
        dest="command", metavar="COMMAND", required=True, title="commands", parser_class=_Command
    )
    for declare in (
        _new,
        _example,
        _explain,
        _plot,
        _compare,
        _export,
        _validate,
        _bench,
        _doctor,
        _gpu,
        _job,
        _data,
        _schema,
    ):
        declare(commands)
    return top


class _Command(argparse.ArgumentParser):
    """One command. Where it takes a list of cases, these may stand before, between and after its options."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """As in argparse, which gives a list only what stands together."""
        found, rest = super().parse_known_args(args, namespace)
        if hasattr(found, "cases"):
            found.cases += [word for word in rest if not word.startswith("-")]
            rest = [word for word in rest if word.startswith("-")]
        return found, rest


def _command(commands: Commands, name: str, help: str, examples: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _example(commands: Commands) -> None:
    command = _command(
        commands,
        "example",
        "list the scenarios that come with esim, or copy one with the files that it names",
        "  esim example\n"
        "  esim example tohoku2011                 into this folder\n"
        "  esim example kumamoto2016 runs/first\n",
    )
    command.add_argument("name", metavar="NAME", nargs="?", help="scenario to copy (default: list them)")
    command.add_argument(
        "folder",
        metavar="DIR",
        type=Path,
        nargs="?",
        default=Path(),
        help="folder to copy it to (default: .)",
    )
    command.set_defaults(run=_run_example)


def _run_example(options: argparse.Namespace) -> None:
    from esim.cli.example import example

    example(options.name, options.folder)


def _new(commands: Commands) -> None:
    from esim.cli import new

    command = _command(
        commands,
        "new",
        "write the YAML file of an earthquake of your own: a tsunami, or seismic waves at stations",
        "  esim new tsunami --magnitude 8.8 --lon -72.9 --lat -36.1 --depth 30 --strike 18 --dip 18 --rake 100\n"
        "  esim new tsunami --usgs FFM.geojson --bathymetry gebco.nc\n"
        "  esim new seismic --cmt CMTSOLUTION --model prem --stations STATIONS --fmax 0.5\n",
    )
    new.declare(command)


def _explain(commands: Commands) -> None:
    command = _command(
        commands,
        "explain",
        "say what a key of the YAML file means: type, unit, default, bounds, choices, an example",
        "  esim explain                        the sections\n"
        "  esim explain source.okada\n"
        "  esim explain grid.boundary\n"
        "  esim explain seismic.physics        of one scenario\n",
    )
    command.add_argument("key", metavar="KEY", nargs="?", help="path of a key (default: list the sections)")
    command.set_defaults(run=_run_explain)


def _run_explain(options: argparse.Namespace) -> None:
    from esim.cli.explain import explain

    explain(options.key)


def _plot(commands: Commands) -> None:
    command = _command(
        commands,
        "plot",
        "draw the figures of a finished run: heights or shaking, snapshots, gauges or record sections",
        "  esim plot out/tohoku2011\n  esim plot out/loh1\n  esim plot out/tohoku2011 --format pdf --output figures\n",
    )
    command.add_argument("run_directory", metavar="OUT", type=Path, help="output directory of a run")
    command.add_argument(
        "--format", choices=("png", "pdf", "svg"), default="png", help="kind of file (default: png)"
    )
    command.add_argument(
        "--output", metavar="DIR", type=Path, help="folder of the figures (default: OUT/figures)"
    )
    command.set_defaults(run=_run_plot)


def _run_plot(options: argparse.Namespace) -> None:
    from esim.analysis.plot import plot

    for path in plot(options.run_directory, options.output, options.format):
        print(path)


def _compare(commands: Commands) -> None:
    command = _command(
        commands,
        "compare",
        "compare the gauges of a finished run with observed records: arrival, first crest, misfit, lag",
        "  esim compare out/tohoku2011                       a table, and figures/stations_misfit.csv\n",
    )
    command.add_argument("run_directory", metavar="OUT", type=Path, help="output directory of a run")
    command.add_argument(
        "--output", metavar="DIR", type=Path, help="folder of stations_misfit.csv (default: OUT/figures)"
    )
    command.set_defaults(run=_run_compare)


def _run_compare(options: argparse.Namespace) -> None:
    from esim.analysis.ocean.misfit import HEADERS, compare_run, rows
    from esim.tools.table import show

    found, path = compare_run(options.run_directory, options.output)
    show(HEADERS, rows(found))
    print(path)


def _export(commands: Commands) -> None:
    command = _command(
        commands,
        "export",
        "write the maxima of a finished run as GeoTIFF, for geographic information systems",
        "  esim export out/tohoku2011\n"
        "  esim export out/tohoku2011 --variable eta_max --variable extent --output maps\n"
        "  esim export out/harbour --crs EPSG:32654      x and y of a Cartesian run\n",
    )
    command.add_argument("run_directory", metavar="OUT", type=Path, help="output directory of a run")
    command.add_argument(
        "--format", choices=("geotiff",), default="geotiff", help="kind of file (default: geotiff)"
    )
    command.add_argument(
        "--variable",
        metavar="NAME",
        action="append",
        default=[],
        help="a variable of maxima.nc; may be repeated (default: all)",
    )
    command.add_argument(
        "--crs", help="reference system of x and y (default: grid.crs of the run); longitudes are EPSG:4326"
    )
    command.add_argument(
        "--output", metavar="DIR", type=Path, help="folder of the files (default: OUT/geotiff)"
    )
    command.set_defaults(run=_run_export)


def _run_export(options: argparse.Namespace) -> None:
    from esim.analysis.export import export

    for path in export(options.run_directory, options.output, options.variable, options.crs):
        print(path)


def _validate(commands: Commands) -> None:
    command = _command(
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
    command.set_defaults(run=_run_validate)


def _run_validate(options: argparse.Namespace) -> int:
    from esim.cli.validate import validate

    return validate(
        options.cases, options.output, options.run_directory, options.quick, options.list, options.report
    )


def _bench(commands: Commands) -> None:
    command = _command(
        commands,
        "bench",
        "measure the bandwidth of this machine and the speed of each kernel against it",
        "  esim bench\n"
        "  esim bench --threads 1 2 --json bench.json\n"
        "  esim bench --backend numpy --size 500\n",
    )
    command.add_argument("--json", metavar="FILE", type=Path, help="write the results to this file")
    command.add_argument(
        "--size",
        metavar="N",
        type=_count,
        help="ocean of N x N cells (default: 2000; on a GPU as many as fit)",
    )
    command.add_argument(
        "--volume",
        metavar="N",
        type=_count,
        help="crust of N x N x N cells (default: 256; on a GPU what fits)",
    )
    command.add_argument(
        "--threads", metavar="N", type=_count, nargs="+", help="numbers of threads (default: 1 and all cores)"
    )
    command.add_argument(
        "--backend", choices=("auto", "numpy", "cpu", "cuda"), default="auto", help="default: auto"
    )
    command.add_argument(
        "--precision", choices=("float32", "float64"), default="float32", help="default: float32"
    )
    command.set_defaults(run=_run_bench)


def _run_bench(options: argparse.Namespace) -> int:
    from esim.tools.bench import main as bench

    return bench(options)


def _doctor(commands: Commands) -> None:
    command = _command(
        commands,
        "doctor",
        "report what is fast on this machine, what falls back, and what to do about it",
        "  esim doctor\n"
        "  srun -n 1 --gpus 1 esim doctor     on a compute node\n"
        "  esim doctor --json > machine.json\n",
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=_run_doctor)


def _run_doctor(options: argparse.Namespace) -> None:
    from esim.tools.doctor import report

    report(options.json)


def _gpu(commands: Commands) -> None:
    from esim.cli import gpu

    command = _command(
        commands,
        "gpu",
        "compile every CUDA kernel without a GPU and judge it, or check everything on a GPU",
        f"  esim gpu compile                       needs no GPU: {install('cuda-compile')}\n"
        "  esim gpu compile --only step --precision float32\n"
        "  esim gpu compile --report gpu_compile.md\n"
        "  esim gpu check                         on a GPU\n",
    )
    gpu.declare(command)


def _job(commands: Commands) -> None:
    command = _command(
        commands,
        "job",
        "print a Slurm batch script to adapt: CPU nodes, or nodes with NVIDIA A100",
        "  esim job cpu > job.sh\n  esim job a100 --nodes 4 --config my.yaml > job.sh && sbatch job.sh\n",
    )
    command.add_argument("machine", choices=("cpu", "a100"), help="kind of nodes")
    command.add_argument("--nodes", metavar="N", type=_count, default=1, help="number of nodes (default: 1)")
    command.add_argument("--config", metavar="FILE", type=Path, help="configuration to run")
    command.set_defaults(run=_run_job)


def _run_job(options: argparse.Namespace) -> None:
    from esim.cli.job import template

    print(template(options.machine, options.nodes, options.config), end="")


def _data(commands: Commands) -> None:
    command = _command(
        commands,
        "data",
        "list the known data files and where they are, or fetch one",
        "  esim data\n  esim data fetch tohoku2011_dart.csv\n"
        "  ESIM_DATA=/data/esim esim data               files in a folder of your own come first\n",
    )
    command.set_defaults(run=_run_data, name=None)
    actions = command.add_subparsers(dest="action", metavar="fetch")
    fetch = actions.add_parser(
        "fetch", help="make a file available, check it, and print its path", description="Fetch a data file."
    )
    fetch.add_argument("name", metavar="NAME", help="name as `esim data` lists it")


def _run_data(options: argparse.Namespace) -> None:
    from esim import data
    from esim.tools.table import show

    if options.name is not None:
        print(data.locate(data.PREFIX + options.name.removeprefix(data.PREFIX)))
        return
    rows = [(known.name, known.origin, str(known.path or known.address or "")) for known in data.table()]
    show(("name", "found", "path, or public address"), rows)
    if not os.environ.get("ESIM_DATA"):
        print("ESIM_DATA is not set: set it to a folder that holds such files to use them from there")


def _schema(commands: Commands) -> None:
    command = _command(
        commands,
        "schema",
        "print the JSON schema of the configuration, with which editors complete and check YAML",
        "  esim schema > esim.schema.json\n"
        "  then, as first line of a YAML file:  # yaml-language-server: $schema=esim.schema.json\n",
    )
    command.set_defaults(run=_run_schema)


def _run_schema(options: argparse.Namespace) -> None:
    import json

    from esim.config import schema

    print(json.dumps(schema(), indent=2))


def _count(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
