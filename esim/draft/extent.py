"""Where, how finely and how long are the waves of a tsunami computed? Each choice with its reason."""

import math
from dataclasses import dataclass
from typing import Any

from esim.config.yaml.units import ANGLE, Dimension, parse
from esim.constants import EARTH_RADIUS
from esim.draft.bathymetry import Bathymetry, Box
from esim.draft.cost import ocean_time
from esim.draft.rupture import Footprint
from esim.draft.text import time_words
from esim.errors import InputError
from esim.parallel.comm import SerialComm
from esim.parallel.threads import threads_per_rank

GRAVITY = 9.81
OCEAN_DEPTH = 3500.0  # m, of the mean ocean, in which waves cross the box
SHELF_DEPTH = 100.0  # m, where wavelengths are still to be resolved
POINTS = 10  # cells per wavelength there
SPACINGS = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 10.0)  # arc-minutes that divide a degree
REACH = ((8.5, 1500e3), (7.5, 1000e3), (0.0, 500e3))  # m around a rupture, from a magnitude
FARTHEST = 5000e3  # m around a rupture, however long the run
POLEWARD = 80.0  # degrees, beyond which cells become needles
WIDEST = 350.0  # degrees of longitude
PATIENCE = 600.0  # s that a first run should take at most
DEEPEST = 9000.0  # m, of water in a box whose depths are not known yet
COURANT = 0.6  # of a step that cfl 0.8 allows, in two dimensions


@dataclass(frozen=True)
class Choice:
    """A value of the YAML, and why."""

    value: Any
    why: str


def positive(option: str, text: str, dimension: Dimension) -> float:
    """The value in SI units, or degrees, of what was typed; InputError unless it is above 0."""
    try:
        value = parse(text, dimension)
    except ValueError as error:
        raise InputError(f"{option}: {error}") from None
    if value <= 0:
        raise InputError(
            f"{option} is {text}; expected {dimension.name} above 0, such as {dimension.example}"
        )
    return value


def distance(lon0: float, lat0: float, lon: float, lat: float) -> float:
    """Distance [m] of two points [degrees] along the great circle."""
    a, b, turn = math.radians(lat0), math.radians(lat), math.radians(lon - lon0)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)
    return EARTH_RADIUS * math.acos(min(1.0, max(-1.0, cosine)))


def typed_box(around: Footprint, west: float, east: float, south: float, north: float) -> Choice:
    """The box of --box; InputError for one that is none, or is elsewhere than the rupture."""
    if not (
        -90 < south < north < 90 and -360 <= west <= 360 and west < east + 360 * (east <= west) <= west + 360
    ):
        raise InputError(
            f"--box {west:g} {east:g} {south:g} {north:g}: expected west, east, south and north in degrees, with south "
            "below north"
        )
    lon, lat = around.centre
    box = Box(west, east + 360 * (east <= west), south, north)
    if (lon - west) % 360 > box.east - west or not south <= lat <= north:
        raise InputError(f"--box: the rupture, at lon {lon:.4g}, lat {lat:.4g}, is not in {box}")
    return Choice(box, "as asked for")


def choose_box(around: Footprint, magnitude: float, duration: float | None) -> Choice:
    """The rupture and what is around it, by its magnitude or as far as waves come, in whole degrees.

    Raises InputError for a rupture at a pole.
    """
    if max(abs(around.south), abs(around.north)) > POLEWARD:
        raise InputError(
            f"the rupture reaches beyond {POLEWARD:g} degrees of latitude; expected one farther from the pole"
        )
    why = ""
    reach = next(reach for least, reach in REACH if magnitude >= least)
    if duration is not None:
        reach = min(max(duration * _speed(OCEAN_DEPTH), REACH[-1][1]), FARTHEST)
        why = ", as far as waves come in that time"
    lat = math.degrees(reach / EARTH_RADIUS)
    south = max(-POLEWARD, math.floor(around.south - lat))
    north = min(POLEWARD, math.ceil(around.north + lat))
    lon = lat / math.cos(math.radians(min(abs(around.centre[1]) + 0.5 * lat, POLEWARD)))
    lon = min(lon, 0.5 * (WIDEST - (around.east - around.west)))
    west, east = math.floor(around.west - lon), math.ceil(around.east + lon)
    shift = 360 * math.floor((west + 180) / 360)  # the west edge between -180 and 180
    box = Box(west - shift, east - shift, south, north)
    return Choice(box, f"the rupture and {reach / 1e3:.0f} km around it{why}")


def choose_duration(around: Footprint, box: Box) -> Choice:
    """Until the waves have reached the farthest corner, in whole half hours."""
    lon, lat = around.centre
    way = max(distance(lon, lat, x, y) for x in (box.west, box.east) for y in (box.south, box.north))
    time = way / _speed(OCEAN_DEPTH)
    why = (
        f"the farthest corner is {way / 1e3:.0f} km away: {time / 3600:.1f} h at {_speed(OCEAN_DEPTH):.0f} m/s, in "
        f"water {OCEAN_DEPTH:.0f} m deep"
    )
    return Choice(max(3600.0, 1800.0 * math.ceil(time / 1800.0)), why)


def choose_spacing(around: Footprint, sea: Bathymetry, duration: float, asked: str | None) -> Choice:
    """Size of the cells [degrees]: fine enough for the waves, not finer than the bathymetry, and computed soon."""
    if asked is not None:
        return Choice(positive("--spacing", asked, ANGLE), "as asked for")
    wavelength = 2 * around.across * math.sqrt(SHELF_DEPTH / OCEAN_DEPTH)
    fine = max((one for one in SPACINGS if POINTS * _metres(one) <= wavelength), default=SPACINGS[0])
    why = (
        f"{POINTS} cells per wavelength on a shelf {SHELF_DEPTH:.0f} m deep, of waves that in the ocean are twice as "
        f"long as the rupture is wide, {around.across / 1e3:.0f} km"
    )
    useful = min((one for one in SPACINGS if one / 60 >= sea.step - 1e-6), default=SPACINGS[-1])
    if useful > fine:
        fine, why = useful, f"the nodes of the bathymetry are {60 * sea.step:.3g} arcmin apart"
    quick = min((one for one in SPACINGS if _time(sea.box, one, duration) <= PATIENCE), default=SPACINGS[-1])
    if quick > fine:
        why = f"with {fine:g} arcmin ({why}) the run would take longer than {time_words(PATIENCE)} here"
    return Choice(max(fine, quick) / 60, why)


def snapped(box: Box, spacing: float) -> Box:
    """The box with its edges on whole cells of a size [degrees], inwards."""
    west, south = (math.ceil(edge / spacing - 1e-9) * spacing for edge in (box.west, box.south))
    east, north = (math.floor(edge / spacing + 1e-9) * spacing for edge in (box.east, box.north))
    return Box(west, east, south, north)


def _speed(depth: float) -> float:
    """Of long waves [m/s]."""
    return math.sqrt(GRAVITY * depth)


def _metres(minutes: float) -> float:
    return EARTH_RADIUS * math.radians(minutes / 60)


def _time(box: Box, minutes: float, duration: float) -> float:
    """Wall-clock time [s] of a run with cells of so many arc-minutes."""
    poleward = math.radians(max(abs(box.south), abs(box.north)))
    steps = duration * _speed(DEEPEST) / (COURANT * _metres(minutes) * math.cos(poleward))
    return ocean_time(int(box.area * (60 / minutes) ** 2), steps, threads_per_rank(SerialComm()))
