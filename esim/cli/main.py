"""The command `esim`: everything around a run. Each command imports what it needs when it is called."""

import argparse
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from esim import __version__
from esim.distribution import install
from esim.errors import EsimError, InputError

if TYPE_CHECKING:
    from esim.analysis.figures.look import Look

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
  esim hazard out/kumamoto2016         its intensity measures and ShakeMap grids
  esim animate out/tohoku2011          the waves as a moving picture
  esim export out/tohoku2011           its results for geographic information systems and Google Earth
  esim report out/tohoku2011           the whole run on one page, as a file for a browser
  esim validate tohoku2011             compare a computation with what buoys recorded
  esim doctor                          what is fast on this machine, and what is not
  esim COMMAND --help                  options and examples of a command
"""
ZONE_HELP = "local time beside UTC, such as Asia/Tokyo (default: of the land nearest to the source)"


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
        _animate,
        _report,
        _compare,
        _hazard,
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
        "  esim plot out/tohoku2011\n"
        "  esim plot out/tohoku2011 --format pdf --output figures\n"
        "  esim plot out/tohoku2011 --only heights --extent 138 146 34 42 --dpi 300     one map, another part of it\n"
        "  esim plot out/tohoku2011 --only heights --cmap cmo.amp --title Tohoku --timezone Asia/Tokyo\n"
        "  esim plot out/kumamoto2016 --only pgv --extent -30 30 -30 30                 km, as on the map\n",
    )
    command.add_argument("run_directory", metavar="OUT", type=Path, help="output directory of a run")
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
    _look(command)
    command.set_defaults(run=_run_plot)


def _look(command: argparse.ArgumentParser) -> None:
    """The options that figures and moving pictures share."""
    command.add_argument(
        "--extent",
        metavar=("WEST", "EAST", "SOUTH", "NORTH"),
        type=float,
        nargs=4,
        help="part of the maps to show, in degrees, or in km where the map has km",
    )
    command.add_argument(
        "--cmap",
        metavar="NAME",
        help="map of colours of Matplotlib, cmocean (cmo.deep) or cmcrameri (cmc.lapaz)",
    )
    command.add_argument("--title", metavar="TEXT", help="in place of the title of the run")
    command.add_argument(
        "--timezone",
        metavar="ZONE",
        help=ZONE_HELP,
    )
    command.add_argument("--dpi", metavar="N", type=_dpi, help="pixels per inch (default: 200; GIF: 120)")


def _chosen_look(options: argparse.Namespace) -> "Look":
    from esim.analysis.figures.look import Look, checked_colours, checked_extent, checked_zone

    extent = None if options.extent is None else tuple(options.extent)
    return Look(
        extent=checked_extent(extent),
        cmap=checked_colours(options.cmap),
        title=options.title,
        zone=checked_zone(options.timezone),
        dpi=options.dpi,
        only=tuple(getattr(options, "only", ())),
    )


def _run_plot(options: argparse.Namespace) -> None:
    from esim.analysis.plot import plot

    for path in plot(options.run_directory, options.output, options.format, _chosen_look(options)):
        print(path)


def _animate(commands: Commands) -> None:
    command = _command(
        commands,
        "animate",
        "write the snapshots of a finished run as a moving picture, MP4 or GIF",
        "  esim animate out/tohoku2011                              the water surface: figures/eta.mp4\n"
        "  esim animate out/tohoku2011 --globe --fps 15             as from space\n"
        "  esim animate out/tohoku2011 --projection auto            on the projection that suits the region\n"
        "  esim animate out/tohoku2011 --format gif --extent 138 146 34 42\n"
        "  esim animate out/kumamoto2016 --what vx                  the ground\n"
        "  esim animate out/kumamoto2016 --plane west_east          a plane through the crust\n"
        "  esim animate out/kumamoto2016 --plane depth_10km west_east   two of them\n",
    )
    command.add_argument("run_directory", metavar="OUT", type=Path, help="output directory of a run")
    command.add_argument(
        "--what", metavar="NAME", help="variable of the snapshots (default: eta, or the vertical velocity)"
    )
    command.add_argument(
        "--plane",
        metavar="NAME",
        nargs="+",
        default=(),
        help="planes through the crust, by their names, one below the other",
    )
    command.add_argument(
        "--format", choices=("mp4", "gif"), help="kind of file (default: that of --output, or mp4)"
    )
    command.add_argument(
        "--fps", metavar="N", type=_rate, default=10.0, help="snapshots shown per second (default: 10)"
    )
    projection = command.add_mutually_exclusive_group()
    projection.add_argument(
        "--projection",
        choices=("auto", "lambert", "azimuthal", "stereographic", "mercator", "orthographic"),
        help="projection of a grid of longitudes and latitudes: auto takes the one that suits the region "
        "(Lambert conformal conic, azimuthal equidistant around the source, polar stereographic, Mercator)",
    )
    projection.add_argument(
        "--globe",
        action="store_const",
        const="orthographic",
        dest="projection",
        help="as from space: --projection orthographic",
    )
    command.add_argument(
        "--output", metavar="FILE", type=Path, help="file to write (default: OUT/figures/NAME.mp4)"
    )
    _look(command)
    command.set_defaults(run=_run_animate)


def _run_animate(options: argparse.Namespace) -> None:
    from esim.analysis.animation.animate import animate
    from esim.analysis.animation.film import chosen_format
    from esim.cli.progress import track

    path = animate(
        options.run_directory,
        options.output,
        what=options.what,
        planes=options.plane,
        format=chosen_format(options.format, options.output),
        fps=options.fps,
        projection=options.projection,
        look=_chosen_look(options),
        progress=track,
    )
    print(path)


def _report(commands: Commands) -> None:
    command = _command(
        commands,
        "report",
        "write a finished run as one page: summary, maps, waves in time, records, arrivals, provenance",
        "  esim report out/tohoku2011                               for any browser: out/tohoku2011/report.html\n"
        "  esim report out/tohoku2011 --places ports.csv --output tohoku.html\n"
        "  esim report out/kumamoto2016 --timezone Asia/Tokyo\n",
    )
    command.add_argument("run_directory", metavar="OUT", type=Path, help="output directory of a run")
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
    command.set_defaults(run=_run_report)


def _run_report(options: argparse.Namespace) -> None:
    from esim.analysis.figures.look import Look, checked_zone
    from esim.analysis.report.page import report
    from esim.analysis.report.section import Choices

    choices = Choices(Look(zone=checked_zone(options.timezone)), options.places)
    print(report(options.run_directory, options.output, choices))


def _compare(commands: Commands) -> None:
    command = _command(
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
    command.set_defaults(run=_run_compare)


def _run_compare(options: argparse.Namespace) -> None:
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


def _hazard(commands: Commands) -> None:
    command = _command(
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
        type=_length,
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
        "--radius", metavar="LENGTH", type=_length, help="of points without one, such as '20 km'"
    )
    tsunami.add_argument(
        "--levels",
        metavar="WHOSE",
        help="jma, ptwc or a YAML file with levels: [{name: Advisory, above: 0.2 m}, ...] (default: jma)",
    )
    tsunami.add_argument(
        "--green-depth",
        metavar="DEPTH",
        type=_length,
        help="take heights to this depth by Green's law (default: no)",
    )
    command.set_defaults(run=_run_hazard)


def _run_hazard(options: argparse.Namespace) -> None:
    from dataclasses import fields

    from esim.analysis.figures.look import checked_zone
    from esim.analysis.hazard import HazardOptions, hazard

    options.zone = checked_zone(options.timezone)
    given = {field.name: getattr(options, field.name) for field in fields(HazardOptions)}
    for path in hazard(options.run_directory, options.output, HazardOptions(**given)):
        print(path)


def _export(commands: Commands) -> None:
    command = _command(
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
    command.set_defaults(run=_run_export)


def _run_export(options: argparse.Namespace) -> None:
    from esim.analysis.export import export

    step = None if options.step is None else _positive("--step", options.step, "TIME")
    form = options.format or "geotiff"
    for path in export(options.run_directory, options.output, options.variable, options.crs, form, step):
        print(path)


def _positive(option: str, text: str, dimension: str) -> float:
    """A quantity above zero, with a unit, in SI units; dimension is the name of one of those of the configuration."""
    from esim.config.yaml import units

    try:
        value = units.parse(text, getattr(units, dimension))
    except ValueError as error:
        raise InputError(f"{option}: {error}") from None
    if value <= 0:
        raise InputError(f"{option} {text}: expected more than 0")
    return value


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


def _length(text: str) -> float:
    """A length in metres, or with a unit."""
    from esim.config.yaml.units import LENGTH, parse

    try:
        return parse(text, LENGTH)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _dpi(text: str) -> int:
    """A whole number of pixels per inch, from 20 to 1200."""
    if not text.isdecimal() or not 20 <= int(text) <= 1200:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 20 to 1200")
    return int(text)


def _rate(text: str) -> float:
    """A number of frames per second, from 0.1 to 120."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.1 <= value <= 120:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 0.1 to 120")
    return value


def _count(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
