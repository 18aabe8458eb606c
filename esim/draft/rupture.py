"""On which rectangle does an earthquake of this magnitude slip, and by how much?"""

from dataclasses import dataclass
from math import cos, hypot, radians, sin

from esim.constants import EARTH_RADIUS
from esim.draft.earthquake import Earthquake
from esim.sources import geodesy
from esim.sources.finite_fault import FiniteFault
from esim.sources.scaling import RELATIONS, ScalingRelation, Setting, likely_setting, moment_of

TOP = 1e3  # m, depth of the top edge of ruptures that would reach the sea floor


@dataclass(frozen=True)
class Rupture:
    """A rectangle that slips everywhere alike: lon, lat [degrees] and depth [m] of its centre, its size and slip [m].

    rigidity [Pa] makes the slip of the moment. reasons and remarks: why it is so, and what to doubt, a sentence each.
    """

    lon: float
    lat: float
    depth: float
    length: float
    width: float
    slip: float
    rigidity: float
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Footprint:
    """What a rupture covers on the map [degrees], east above west, and the least horizontal width [m] across it."""

    west: float
    east: float
    south: float
    north: float
    across: float

    @property
    def centre(self) -> tuple[float, float]:
        """lon and lat [degrees] of its middle."""
        return 0.5 * (self.west + self.east), 0.5 * (self.south + self.north)


def rupture_of(quake: Earthquake, setting: Setting | None) -> Rupture:
    """The rupture that scaling relations give an earthquake, centred on it; setting None chooses by its mechanism."""
    chosen, why = (setting, "as asked for") if setting else likely_setting(quake.depth, *quake.plane[1:])
    relation = RELATIONS[chosen]
    length, width = relation.dimensions(quake.magnitude)
    slip = moment_of(quake.magnitude) / (relation.rigidity * length * width)
    lon, lat, depth, moved = _centre(quake, width)
    reasons = (
        f"{relation.reference}, {chosen}: {why}",
        f"{length / 1e3:.0f} km x {width / 1e3:.0f} km, slip from the moment with {relation.rigidity / 1e9:g} GPa",
        *moved,
    )
    remarks = _out_of_range(relation, chosen, quake.magnitude)
    return Rupture(lon, lat, depth, length, width, slip, relation.rigidity, reasons, remarks)


def _centre(quake: Earthquake, width: float) -> tuple[float, float, float, tuple[str, ...]]:
    """lon, lat, depth of the centre: the earthquake, moved down its plane where the top edge would be too shallow."""
    dip = radians(quake.plane.dip)
    least = TOP + 0.5 * width * sin(dip)
    if quake.depth >= least:
        return quake.lon, quake.lat, quake.depth, ()
    level = (least - quake.depth) / sin(dip) * cos(dip)
    strike = radians(quake.plane.strike)
    lon, lat = geodesy.travel(quake.lon, quake.lat, level * cos(strike), -level * sin(strike), True)
    way = hypot(level, least - quake.depth) / 1e3
    return (
        lon,
        lat,
        least,
        (f"its centre is moved {way:.0f} km down dip, so that its top is at {TOP / 1e3:g} km",),
    )


def _out_of_range(relation: ScalingRelation, setting: Setting, magnitude: float) -> tuple[str, ...]:
    if relation.holds(magnitude):
        return ()
    low, high = relation.magnitudes
    return (
        f"Mw {magnitude:.4g} is outside the data of {relation.reference} for {setting} earthquakes, Mw {low:g} to "
        f"{high:g}: length and width are extrapolated",
    )


def footprint(rupture: Rupture, strike: float, dip: float) -> Footprint:
    """What a rectangle covers on the map; angles in degrees."""
    s, c = sin(radians(strike)), cos(radians(strike))
    half, level = 0.5 * rupture.length, 0.5 * rupture.width * cos(radians(dip))
    ends = [(a * half, d * level) for a in (-1, 1) for d in (-1, 1)]
    corners = [geodesy.travel(rupture.lon, rupture.lat, a * s + d * c, a * c - d * s, True) for a, d in ends]
    return _around(corners, max(2 * level, 0.25 * rupture.width))


def fault_footprint(fault: FiniteFault) -> Footprint:
    """What the subfaults that slip cover on the map: their centres, and half a subfault around them."""
    moving = [n for n, moves in enumerate(fault.moving) if moves]
    corners = [fault.centre(n) for n in moving]
    lon0 = corners[0][0]
    corners = [(lon - 360.0 * round((lon - lon0) / 360.0), lat) for lon, lat in corners]
    box = _around(corners, 0.0)
    lat = box.centre[1]
    reach = 0.5 * float(max(fault.width[moving].max(), fault.length[moving].max()))
    west, south = geodesy.travel(box.west, box.south, -reach, -reach, True)
    east, north = geodesy.travel(box.east, box.north, reach, reach, True)
    wide = radians(east - west) * EARTH_RADIUS * cos(radians(lat))
    return Footprint(west, east, south, north, min(wide, radians(north - south) * EARTH_RADIUS))


def _around(corners: list[tuple[float, float]], across: float) -> Footprint:
    lons, lats = zip(*corners, strict=True)
    return Footprint(min(lons), max(lons), min(lats), max(lats), across)
