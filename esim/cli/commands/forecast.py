"""`esim forecast`: a library before an earthquake, and from records a forecast with its uncertainty after it."""

import argparse
import logging
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from esim.cli.command import Command, Commands, add_command
from esim.cli.options import length, positive
from esim.distribution import install
from esim.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from esim.forecast.library import Library
    from esim.forecast.records import Record
    from esim.forecast.run import Forecast

THRESHOLDS = (0.5, 1.0, 3.0)  # m


def add(commands: Commands) -> None:
    """Adds the command and its options."""
    command = add_command(
        commands,
        "forecast",
        "build the library of a forecast, and forecast tsunamis from records of an earthquake with it",
        "  esim forecast build forecast_tohoku2011.yaml       a run for each sensor and target, once\n"
        "  esim forecast run out/forecast_tohoku2011/library.nc --data records.csv --until '30 min'\n",
    )
    actions = command.add_subparsers(
        dest="action", metavar="ACTION", required=True, title="actions", parser_class=Command
    )
    _add_build(actions)
    _add_run(actions)


def _add_build(actions: Commands) -> None:
    build = add_command(
        actions,
        "build",
        "compute the library of a forecast: what is there of an earlier build is not computed again",
        "  esim forecast build forecast_tohoku2011.yaml\n"
        "  esim forecast build forecast_tohoku2011.yaml --check      what it will take\n",
    )
    build.add_argument("twin", metavar="TWIN.yaml", type=Path, help="configuration of the forecast")
    build.add_argument("--check", action="store_true", help="print the plan, and compute nothing")
    build.set_defaults(run=_run_build)


def _add_run(actions: Commands) -> None:
    run = add_command(
        actions,
        "run",
        "forecast the waves at the targets of a library from records of its sensors",
        "  esim forecast run library.nc --data records.csv\n"
        "  esim forecast run library.nc --data gauges.csv 21418.txt --detide 21418  de-tided\n"
        "  esim forecast run library.nc --data records.csv --follow                    minute by minute\n",
    )
    run.add_argument("library", metavar="LIBRARY", type=Path, help="library.nc of `esim forecast build`")
    run.add_argument(
        "--data",
        metavar="FILE",
        nargs="+",
        required=True,
        help="records: CSV with columns time and one for each sensor, or station, time, eta; NetCDF; DART text; "
        "SENSOR=FILE where neither the file nor its name says whose it is",
    )
    run.add_argument(
        "--detide",
        metavar="SENSOR",
        nargs="*",
        help="remove the tide, as it was before the origin (alone: from all records that have an hour before it)",
    )
    run.add_argument(
        "--lowpass", metavar="TIME", help="remove shorter periods, as of seismic waves, such as '2 min'"
    )
    run.add_argument(
        "--until", metavar="TIME", help="since the origin: later data are not used (default: all)"
    )
    run.add_argument(
        "--origin", metavar="DATE", help="origin time, UTC, of dates in data (default: that of the base)"
    )
    run.add_argument(
        "--output", metavar="DIR", type=Path, help="folder of the files (default: beside the library)"
    )
    run.add_argument("--follow", action="store_true", help="replay the records, a forecast each minute")
    run.add_argument("--exclude", metavar="SENSOR", nargs="+", default=[], help="sensors that are not used")
    run.add_argument("--keep-all", action="store_true", help="use sensors that contradict the others as well")
    run.add_argument(
        "--green-depth",
        metavar="DEPTH",
        type=length,
        help="take heights to this depth by Green's law (default: no)",
    )
    run.add_argument(
        "--array-module",
        choices=("numpy", "cupy", "nlcpy"),
        default="numpy",
        help="of the matrices (default: numpy); cupy: a GPU",
    )
    run.add_argument(
        "--members",
        metavar="COUNT",
        type=int,
        help="write so many samples of slip as an ensemble, DIR/members/ensemble.yaml, for the probability of flooding",
    )
    run.add_argument(
        "--base",
        metavar="BASE.yaml",
        type=Path,
        help="tsunami on which the members are computed, with nests if wanted (default: the base of the library)",
    )
    run.add_argument(
        "--thresholds",
        metavar="HEIGHT",
        type=length,
        nargs="+",
        default=THRESHOLDS,
        help="heights whose exceedance the members are asked for (default: 0.5 1 3)",
    )
    run.set_defaults(run=_run_run)


def _run_build(options: argparse.Namespace) -> None:
    from esim.config.forecast.load import load_base, load_twin
    from esim.forecast.build import build, describe, prepare

    twin = load_twin(options.twin)
    found = prepare(twin, load_base(twin))
    for line in describe(found):
        print(line, flush=True)
    if not options.check:
        print(build(found, lambda text: print(text, flush=True)))


def _run_run(options: argparse.Namespace) -> None:
    from esim.backends.array_module import open_module
    from esim.config.ocean.warning_levels import WarningLevels
    from esim.forecast.library import read_library
    from esim.forecast.members import ENSEMBLE, plan_members, write_members
    from esim.forecast.prepare import prepare
    from esim.forecast.records import data_file, read_records
    from esim.forecast.result import write_forecast
    from esim.forecast.run import Watch, follow, last_time, summary

    until = None if options.until is None else positive("--until", options.until, "TIME")
    if options.green_depth is not None and options.green_depth <= 0:
        raise InputError(f"--green-depth {options.green_depth:g}: expected more than 0")
    library = read_library(options.library)
    plan = None if options.members is None else plan_members(library, options.members, options.base)
    kinds = dict(zip(library.sensors, library.sensor_kinds, strict=True))
    origin = _origin(options.origin, library.start)
    read = read_records([data_file(text) for text in options.data], kinds, origin, library.targets)
    lowpass = None if options.lowpass is None else positive("--lowpass", options.lowpass, "TIME")
    records = prepare(library, read, origin, detide=options.detide, lowpass=lowpass)
    end = last_time(library, records, until)
    module, exclude = open_module(options.array_module), tuple(options.exclude)
    watch = Watch(library, records, module, keep=options.keep_all, exclude=exclude)
    history = []
    for found in follow(library, watch, end) if options.follow else [watch.forecast(end)]:
        history.append(found)
        if options.follow:
            print(found.line(), flush=True)
    folder, last = options.output or options.library.parent, history[-1]
    levels = WarningLevels.model_validate(library.about["levels"])
    write_forecast(folder / "forecast.nc", library, last, levels, options.green_depth)
    for line in summary(library, last, levels, options.green_depth):
        print(line)
    print(folder / "forecast.nc")
    for path in [*_write_more(folder, library, history, records), *_draw(folder)]:
        print(path)
    if plan is not None:
        for line in write_members(folder / "members", plan, library, last, options.thresholds):
            print(f"members        {line}")
        print(folder / "members" / ENSEMBLE)
        print(f"next: esim-run {shlex.quote(str(folder / 'members' / ENSEMBLE))}")


def _origin(text: str | None, start: "datetime | None") -> "datetime | None":
    """The origin time of --origin, or that of the base."""
    from esim.config.time import utc

    try:
        return start if text is None else utc(text)
    except ValueError as error:
        raise InputError(f"--origin: {error}") from None


def _write_more(
    folder: Path, library: "Library", history: "list[Forecast]", records: "dict[str, Record]"
) -> Iterator[Path]:
    """The files beside forecast.nc: records, and how it has sharpened; of an earlier forecast none is left."""
    from esim.forecast.records_file import write_records
    from esim.forecast.sharpening import write_sharpening

    write_records(folder / "records.nc", library, history[-1], records)
    yield folder / "records.nc"
    for name in ("sharpening.nc", "sharpening.png"):
        (folder / name).unlink(missing_ok=True)
    if len(history) > 1:
        write_sharpening(folder / "sharpening.nc", library, history)
        yield folder / "sharpening.nc"


def _draw(folder: Path) -> list[Path]:
    """The figures of a forecast, and of how it has sharpened; a line where they cannot be drawn."""
    from esim.analysis.figures.look import Look
    from esim.analysis.plot import plot

    if find_spec("matplotlib") is None:
        logging.getLogger("esim").warning("no figures: they need Matplotlib, %s", install("analysis"))
        return []
    followed = (folder / "sharpening.nc").is_file()
    return plot(folder, folder, look=Look(only=("forecast", "sharpening") if followed else ("forecast",)))
