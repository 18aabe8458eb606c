"""How does a map of the Earth become flat? Projections of pyproj, chosen by name or by the region.

Formulas, and which one suits a region: Snyder 1987, Map projections, a working manual, USGS Professional Paper 1395
(doi:10.3133/pp1395). A picture is made of points: the cell of a grid that is seen at each is looked up once, for all
frames. The Earth is a sphere, and a picture counts in km.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.figures import chart
from esim.constants import EARTH_RADIUS
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

RADIUS = EARTH_RADIUS / 1000  # km
AUTO, SPACE = "auto", "orthographic"
WHOLE = 0.75  # of the radius of the Earth: what reaches further from the middle is seen with all of its half
HALF = 180.0  # degrees of longitude
RIM = 1.03  # of that radius: half of the picture of a whole half
MARGIN = {SPACE: 0.06, "": 0.015}  # of the size of what is shown, on each side
SLENDER = 0.6  # height over width of a picture, at least, and width over height
EDGE = 200  # points along the grid by which its place in the picture is found
POLAR, TROPICAL = (
    60.0,
    15.0,
)  # degrees of latitude of the middle: from here stereographic, up to here Mercator
WIDE = 80.0  # degrees along a great circle, from which a map is azimuthal
STEEPEST = 85.0  # degrees of latitude up to which Mercator goes
CLOSE = 1e-6  # of the radius: a point that is not found again lies beside the Earth


class Region(NamedTuple):
    """The edges of a grid [degrees], and the place in its middle."""

    west: float
    east: float
    south: float
    north: float

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle."""
        return (self.west + self.east) / 2, (self.south + self.north) / 2


def _orthographic(region: Region, centre: tuple[float, float]) -> dict[str, Any]:
    return {"proj": "ortho", "lon_0": centre[0], "lat_0": centre[1]}


def _lambert(region: Region, centre: tuple[float, float]) -> dict[str, Any]:
    """True to scale a sixth of the range of latitudes from either end."""
    sixth = (region.north - region.south) / 6
    first, second = region.south + sixth, region.north - sixth
    if first * second <= 0 or abs(first + second) < 2:
        raise InputError(
            "--projection lambert: a cone needs a map on one side of the equator; expected mercator or azimuthal"
        )
    lon, lat = region.centre
    return {"proj": "lcc", "lon_0": lon, "lat_0": lat, "lat_1": first, "lat_2": second}


def _azimuthal(region: Region, centre: tuple[float, float]) -> dict[str, Any]:
    return {"proj": "aeqd", "lon_0": centre[0], "lat_0": centre[1]}


def _stereographic(region: Region, centre: tuple[float, float]) -> dict[str, Any]:
    """Around the nearer pole, true to scale at the middle latitude."""
    lon, lat = region.centre
    return {"proj": "stere", "lon_0": lon, "lat_0": float(np.copysign(90, lat)), "lat_ts": lat}


def _mercator(region: Region, centre: tuple[float, float]) -> dict[str, Any]:
    if max(-region.south, region.north) > STEEPEST:
        raise InputError(f"--projection mercator ends at {STEEPEST:g} degrees; expected stereographic")
    lon, lat = region.centre
    return {"proj": "merc", "lon_0": lon, "lat_ts": abs(lat)}


PROJECTIONS: dict[str, Callable[[Region, tuple[float, float]], dict[str, Any]]] = {
    "lambert": _lambert,
    "azimuthal": _azimuthal,
    "stereographic": _stereographic,
    "mercator": _mercator,
    SPACE: _orthographic,
}
WORDS = {
    "lambert": "Lambert conformal conic",
    "azimuthal": "azimuthal equidistant",
    "stereographic": "polar stereographic",
    "mercator": "Mercator",
    SPACE: "orthographic",
}


def suited(region: Region) -> str:
    """The projection for a region: a conformal one up to the size of a continent, beyond one with true distances."""
    lat = region.centre[1]
    across = (region.east - region.west) * np.cos(np.deg2rad(lat))
    if abs(lat) >= POLAR:
        return "stereographic"
    if max(across, region.north - region.south) > WIDE:
        return "azimuthal"
    return "mercator" if abs(lat) <= TROPICAL or region.south * region.north < 0 else "lambert"


class Cells(NamedTuple):
    """For each point of a picture the row and column of a grid that is seen there, -1 beside the grid."""

    row: np.ndarray
    column: np.ndarray

    @property
    def there(self) -> np.ndarray:
        """Where the grid is seen."""
        return np.asarray(self.row >= 0)

    def seen(self, values: np.ndarray) -> np.ma.MaskedArray:
        """Values (rows, columns) of the grid at the points of the picture; masked beside it and where infinite."""
        found = np.ma.masked_invalid(values[self.row, self.column])
        return np.ma.masked_where(~self.there, found)


@dataclass(frozen=True, eq=False)
class View:
    """A picture: its projection by name, its box [km], the place in its middle, longitudes and latitudes (rows,
    columns) of its points, not a number beside the Earth, and the function from lon, lat to x, y [km]."""

    name: str
    box: chart.Box
    centre: tuple[float, float]
    lon: np.ndarray
    lat: np.ndarray
    project: Callable[[Any, Any], tuple[np.ndarray, np.ndarray]]

    @property
    def whole(self) -> bool:
        """Whether half of the Earth is shown, as a disc."""
        return self.name == SPACE and bool(self.box[1] >= RADIUS)

    @property
    def ratio(self) -> float:
        """Height over width."""
        return (self.box[3] - self.box[2]) / (self.box[1] - self.box[0])

    def cells(self, field: "xr.DataArray") -> Cells:
        """What is seen of a grid of degrees."""
        lon, lat = chart.plane(field)
        dx, dy = (float(axis[-1] - axis[0]) / max(axis.size - 1, 1) or 1.0 for axis in (lon, lat))
        east = (self.lon - (lon[0] - dx / 2)) % 360
        column, row = np.floor(east / dx), np.floor((self.lat - lat[0]) / dy + 0.5)
        inside = np.isfinite(self.lon) & (column < lon.size) & (row >= 0) & (row < lat.size)
        return Cells(np.where(inside, row, -1).astype(int), np.where(inside, column, -1).astype(int))


def view(name: str, field: "xr.DataArray", pixels: int, facing: tuple[float, float] | None = None) -> View:
    """The picture of a grid of degrees, `pixels` along its longer side, on a projection by its name, or "auto".

    In the middle of an azimuthal map is the place `facing`, of a view from space where the grid covers half of the
    Earth or more; of others the middle of the grid. Raises InputError where the projection cannot show the grid.
    """
    west, east, south, north = chart.extent(field)
    region = Region(west, east, max(south, -90.0), min(north, 90.0))
    name = suited(region) if name == AUTO else name
    chosen = name == "azimuthal" or (name == SPACE and east - west >= HALF)
    centre = facing if facing is not None and chosen else region.centre
    place = _place(PROJECTIONS[name](region, centre))
    box = _box(name, region, place)
    width, height = box[1] - box[0], box[3] - box[2]
    step = max(width, height) / pixels
    x, y = (
        low + (high - low) * (np.arange(count) + 0.5) / count
        for low, high, count in ((*box[:2], round(width / step)), (*box[2:], round(height / step)))
    )
    lon, lat = _found(place, *np.meshgrid(x, y))

    def project(lon: Any, lat: Any) -> tuple[np.ndarray, np.ndarray]:
        return _finite(place(*np.broadcast_arrays(*(np.asarray(each, dtype=float) for each in (lon, lat)))))

    return View(name, box, centre, lon, lat, project)


def _place(options: dict[str, Any]) -> Any:
    from pyproj import Proj

    return Proj(**options, R=RADIUS * 1000, units="km")


def _finite(pair: Any) -> tuple[np.ndarray, np.ndarray]:
    first, second = (np.where(np.isfinite(each), each, np.nan) for each in pair)
    return first, second


def _found(place: Any, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes of points; not a number where the way back does not lead to the same point."""
    lon, lat = _finite(place(x, y, inverse=True))
    again = _finite(place(lon, lat))
    with np.errstate(invalid="ignore"):
        same = np.hypot(again[0] - x, again[1] - y) < CLOSE * RADIUS
    return np.where(same, lon, np.nan), np.where(same, lat, np.nan)


def _box(name: str, region: Region, place: Any) -> chart.Box:
    """The part of the plane that the grid covers, with a margin; from space the whole disc where that is most of it."""
    lon, lat = np.meshgrid(
        np.linspace(region.west, region.east, EDGE), np.linspace(region.south, region.north, EDGE)
    )
    x, y = (each[np.isfinite(each)] for each in place(lon, lat))
    far = max(np.abs(x).max(), np.abs(y).max()) > WHOLE * RADIUS
    if name == SPACE and (far or region.east - region.west >= HALF):
        return -RIM * RADIUS, RIM * RADIUS, -RIM * RADIUS, RIM * RADIUS
    half = np.array((np.ptp(x), np.ptp(y))) * (0.5 + MARGIN.get(name, MARGIN[""]))
    half = np.maximum(half, SLENDER * half[::-1])
    middle = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    return middle[0] - half[0], middle[0] + half[0], middle[1] - half[1], middle[1] + half[1]
