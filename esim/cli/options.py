"""Options that several commands share, and the kinds of values that options take."""

import argparse
import math
from typing import TYPE_CHECKING

from esim.errors import InputError

if TYPE_CHECKING:
    from esim.analysis.figures.look import Look

ZONE_HELP = "local time beside UTC, such as Asia/Tokyo (default: of the land nearest to the source)"


def add_overrides(command: argparse.ArgumentParser) -> None:
    """Adds --set, which changes keys of a scenario."""
    command.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        dest="overrides",
        help="set a key of the scenario, such as run.cfl=0.5 or source.0.kajiura=false; may be repeated",
    )


def add_look(command: argparse.ArgumentParser) -> None:
    """Adds the options that figures and moving pictures share."""
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


def chosen_look(options: argparse.Namespace) -> "Look":
    """What the options of `add_look` say; InputError where that cannot be."""
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


def positive(option: str, text: str, dimension: str) -> float:
    """A quantity above zero, with a unit, in SI units; dimension is the name of one of those of the configuration."""
    from esim.config.yaml import units

    try:
        value = units.parse(text, getattr(units, dimension))
    except ValueError as error:
        raise InputError(f"{option}: {error}") from None
    if value <= 0:
        raise InputError(f"{option} {text}: expected more than 0")
    return value


def length(text: str) -> float:
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


def rate(text: str) -> float:
    """A number of frames per second, from 0.1 to 120."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.1 <= value <= 120:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 0.1 to 120")
    return value


def count(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1")
    return int(text)
