"""`esim forecast`: a library before an earthquake, and from records a forecast with its uncertainty after it."""

import argparse
from pathlib import Path

from esim.cli.command import Command, Commands, add_command
from esim.cli.options import length, positive
from esim.errors import InputError


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
        "  esim forecast run library.nc --data gauges.csv buoys.nc --until '30 min'     as it was known then\n"
        "  esim forecast run library.nc --data records.csv --follow                    minute by minute\n",
    )
    run.add_argument("library", metavar="LIBRARY", type=Path, help="library.nc of `esim forecast build`")
    run.add_argument(
        "--data",
        metavar="FILE",
        type=Path,
        nargs="+",
        required=True,
        help="records [m] without tide: CSV with columns time and one for each sensor, or station, time, eta; NetCDF",
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
    from esim.config.time import utc
    from esim.forecast.figure import draw_forecast, draw_sharpening
    from esim.forecast.library import read_library
    from esim.forecast.records import read_records
    from esim.forecast.result import write_forecast
    from esim.forecast.run import Watch, follow, last_time, summary

    until = None if options.until is None else positive("--until", options.until, "TIME")
    if options.green_depth is not None and options.green_depth <= 0:
        raise InputError(f"--green-depth {options.green_depth:g}: expected more than 0")
    library = read_library(options.library)
    try:
        origin = library.start if options.origin is None else utc(options.origin)
    except ValueError as error:
        raise InputError(f"--origin: {error}") from None
    kinds = dict(zip(library.sensors, library.sensor_kinds, strict=True))
    records = read_records(options.data, kinds, origin)
    end = last_time(library, records, until)
    watch = Watch(
        library,
        records,
        open_module(options.array_module),
        keep=options.keep_all,
        exclude=tuple(options.exclude),
    )
    folder = options.output or options.library.parent
    if options.follow:
        history = []
        for found in follow(library, watch, end):
            history.append(found)
            print(found.line(), flush=True)
        draw_sharpening(folder / "sharpening.png", library, history)
    else:
        found = watch.forecast(end)
    levels = WarningLevels.model_validate(library.about["levels"])
    write_forecast(folder / "forecast.nc", library, found, levels, options.green_depth)
    draw_forecast(folder / "forecast.png", library, found, records)
    for line in summary(library, found, levels, options.green_depth):
        print(line)
    for name in ("forecast.nc", "forecast.png", *(["sharpening.png"] if options.follow else [])):
        print(folder / name)
