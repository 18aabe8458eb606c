"""`esim new`: an earthquake becomes a configuration that runs."""

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from esim.cli.command import Commands, add_command
from esim.errors import InputError

if TYPE_CHECKING:
    from esim.draft.earthquake import Earthquake, Found

VALUES = {
    "magnitude": ("MW", "moment magnitude"),
    "lon": ("DEG", "longitude of centroid or hypocentre [degrees east]"),
    "lat": ("DEG", "latitude [degrees north]"),
    "depth": ("KM", "depth [km]"),
    "strike": ("DEG", "strike [degrees clockwise from north]"),
    "dip": ("DEG", "dip [degrees], to the right of strike"),
    "rake": ("DEG", "rake [degrees]: 90 a thrust, -90 a normal fault, 0 left-lateral"),
}
TSUNAMI = (
    "examples:\n"
    "  esim new tsunami --magnitude 8.8 --lon -72.9 --lat -36.1 --depth 30 --strike 18 --dip 18 --rake 100\n"
    "  esim new tsunami --cmt CMTSOLUTION --bathymetry gebco.nc --output maule.yaml\n"
    "  esim new tsunami --usgs FFM.geojson --bathymetry gebco.nc --duration 6h\n"
)
SEISMIC = (
    "examples:\n"
    "  esim new seismic --cmt CMTSOLUTION --model prem --stations STATIONS --fmax 0.5\n"
    "  esim new seismic --cmt event.xml --model jma2001 --stations stations.xml --fmax 1 --within 100\n"
)


def add(commands: Commands) -> None:
    """Adds the command, its scenarios and their options."""
    command = add_command(
        commands,
        "new",
        "write the YAML file of an earthquake of your own: a tsunami, or seismic waves at stations",
        "  esim new tsunami --magnitude 8.8 --lon -72.9 --lat -36.1 --depth 30 --strike 18 --dip 18 --rake 100\n"
        "  esim new tsunami --usgs FFM.geojson --bathymetry gebco.nc\n"
        "  esim new seismic --cmt CMTSOLUTION --model prem --stations STATIONS --fmax 0.5\n",
    )
    scenarios = command.add_subparsers(dest="scenario", metavar="SCENARIO", required=True)
    _declare_tsunami(
        _scenario(
            scenarios, "tsunami", "a tsunami from magnitude and place, a CMT or a finite fault", TSUNAMI
        )
    )
    _declare_seismic(_scenario(scenarios, "seismic", "seismic waves from an earthquake to stations", SEISMIC))


def _scenario(
    scenarios: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help: str, examples: str
) -> argparse.ArgumentParser:
    return scenarios.add_parser(
        name,
        help=help,
        description=f"Writes the YAML file of {help}.",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _declare_tsunami(command: argparse.ArgumentParser) -> None:
    _declare_earthquake(command)
    command.add_argument(
        "--usgs",
        metavar="FILE",
        type=Path,
        help="finite fault (.param, .fsp, GeoJSON) or event (GeoJSON) of the USGS",
    )
    command.add_argument(
        "--bathymetry", metavar="FILE", type=Path, help="such as a cut of GEBCO (default: what is here)"
    )
    command.add_argument("--flat", metavar="DEPTH", help="an ocean of this depth everywhere, such as '4 km'")
    command.add_argument(
        "--spacing", metavar="SIZE", help="size of the cells, such as '2 arcmin' (default: chosen)"
    )
    command.add_argument(
        "--box",
        metavar=("WEST", "EAST", "SOUTH", "NORTH"),
        nargs=4,
        type=float,
        help="extent [degrees] (default: chosen)",
    )
    command.add_argument(
        "--setting",
        choices=("interface", "intraslab", "reverse", "normal", "strike-slip"),
        help="of the scaling relation (default: by depth, dip and rake)",
    )
    command.set_defaults(run=run_tsunami)


def _declare_seismic(command: argparse.ArgumentParser) -> None:
    _declare_earthquake(command)
    command.add_argument(
        "--model",
        metavar="NAME|FILE",
        required=True,
        help="1-D velocity model: prem, ak135, jma2001, or a text file",
    )
    command.add_argument(
        "--stations",
        metavar="FILE",
        type=Path,
        required=True,
        help="StationXML, STATIONS, CSV with name, lon, lat ...",
    )
    command.add_argument("--fmax", metavar="HZ", type=float, required=True, help="highest frequency [Hz]")
    command.add_argument(
        "--within", metavar="KM", type=float, help="only stations within this distance (default: all)"
    )
    command.set_defaults(run=run_seismic)


def _declare_earthquake(command: argparse.ArgumentParser) -> None:
    for name, (metavar, help) in VALUES.items():
        command.add_argument(f"--{name}", metavar=metavar, type=float, help=help)
    command.add_argument(
        "--cmt", metavar="FILE", type=Path, help="CMTSOLUTION, QuakeML, ndk (the latter need ObsPy)"
    )
    command.add_argument(
        "--event",
        metavar="NAME",
        help="which of several events of a file; all, if they are one earthquake",
    )
    command.add_argument(
        "--plane", type=int, choices=(1, 2), help="nodal plane: 1 the one that dips less, 2 the other"
    )
    command.add_argument("--duration", metavar="TIME", help="simulated time, such as 6h (default: chosen)")
    command.add_argument(
        "--output", metavar="FILE", type=Path, help="YAML file to write (default: by scenario and magnitude)"
    )
    command.add_argument("--overwrite", action="store_true", help="replace a YAML file that is there already")


def run_tsunami(options: argparse.Namespace) -> None:
    """Writes the configuration of a tsunami."""
    from esim.draft import source, tsunami, usgs
    from esim.draft.text import require_free

    _only_one(options, "cmt", "usgs")
    _only_one(options, "bathymetry", "flat")
    if options.usgs is not None and usgs.is_finite_fault(options.usgs):
        _unused(options, (*VALUES, "event", "plane", "setting"), "a finite fault has its own")
        target = options.output or Path(f"tsunami_{options.usgs.stem}.yaml")
        lifts = source.finite_fault(options.usgs, target)
    else:
        found = usgs.read_usgs(options.usgs, options.event) if options.usgs else _from_cmt(options)
        quake = _earthquake(options, found)
        target = options.output or Path(f"tsunami_m{quake.magnitude:.1f}.yaml")
        lifts = source.point_source(quake, options.setting)
    require_free(target, options.overwrite)
    wanted = tsunami.Wanted(options.bathymetry, options.flat, options.duration, options.spacing, options.box)
    _told(target, tsunami.draft_tsunami(lifts, wanted, target), ("plot", "report", "animate"))


def run_seismic(options: argparse.Namespace) -> None:
    """Writes the configuration of seismic waves."""
    from esim.draft import seismic
    from esim.draft.text import require_free

    quake = _earthquake(options, _from_cmt(options))
    target = options.output or Path(f"seismic_m{quake.magnitude:.1f}.yaml")
    require_free(target, options.overwrite)
    typed = any(getattr(options, name) is not None for name in (*VALUES, "plane"))
    wanted = seismic.Wanted(
        options.model,
        options.stations,
        options.fmax,
        options.duration,
        options.within,
        None if typed else options.cmt,
        options.event,
    )
    _told(target, seismic.draft_seismic(quake, wanted, target), ("plot", "report", "hazard"))


def _from_cmt(options: argparse.Namespace) -> "Found | None":
    from esim.draft.earthquake import read_event

    if options.cmt is None and options.event is not None:
        raise InputError(
            f"--event {options.event}: no file of events is given; expected --cmt FILE beside it"
        )
    return read_event(options.cmt, options.event) if options.cmt else None


def _earthquake(options: argparse.Namespace, found: "Found | None") -> "Earthquake":
    from esim.draft.earthquake import earthquake

    return earthquake({name: getattr(options, name) for name in VALUES}, found, options.plane)


def _only_one(options: argparse.Namespace, first: str, second: str) -> None:
    if getattr(options, first) is not None and getattr(options, second) is not None:
        raise InputError(f"--{first} and --{second} are both given; expected one of them")


def _unused(options: argparse.Namespace, names: Sequence[str], why: str) -> None:
    given = [name for name in names if getattr(options, name) is not None]
    if given:
        raise InputError(f"--{given[0]} is given beside --usgs {options.usgs}, but {why}; leave it out")


def _told(target: Path, remarks: Sequence[str], after: Sequence[str]) -> None:
    """Prints what was written, what is to be known of it, and how to go on: with a run, and commands after it."""
    from esim.draft.text import capital

    print(f"wrote {target}")
    for text in remarks:
        print(f"  {capital(text)}")
    name = shlex.quote(str(target))
    print(f"next: esim-run {name} --check    the plan\n      esim-run {name}")
    print(f"then: {' or '.join(f'esim {command} out/{target.stem}' for command in after)}")
