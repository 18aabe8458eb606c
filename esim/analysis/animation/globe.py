"""How does the Earth look from space? The orthographic projection (Snyder 1987, USGS Professional Paper 1395, p. 145).

A picture of it is made of points: the cell of the grid that is seen at each is looked up once, for all frames.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.figures import chart, coastline

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

MARGIN = 0.06  # of the size of what is shown, on each side
WHOLE = 0.75  # of the radius of the Earth: what reaches further from the middle is shown on the whole disc
HALF = 180.0  # degrees of longitude
RIM = 1.03  # of that radius: half of the picture of the whole disc
SLENDER = 0.6  # height over width of a picture, at least, and width over height
EDGE = 200  # points along the grid by which its place in the picture is found
SEA, LAND, LINES = "#e4ebf1", "#bdbdbd", "#9aa7b2"
GRATICULE = 10.0, 30.0  # degrees between its lines, of a part of the Earth and of the whole disc


class Globe(NamedTuple):
    """A picture: its box in Earth radii, longitudes and latitudes (rows, columns) of its points, not a number beside
    the disc, and for each the row and column of the grid that is seen there, -1 beside the grid."""

    box: chart.Box
    centre: tuple[float, float]
    lon: np.ndarray
    lat: np.ndarray
    row: np.ndarray
    column: np.ndarray

    @property
    def whole(self) -> bool:
        """Whether the whole disc is shown."""
        return bool(self.box[1] >= 1)

    def seen(self, values: np.ndarray) -> np.ma.MaskedArray:
        """Values (rows, columns) of the grid at the points of the picture; masked beside it and where infinite."""
        found = np.ma.masked_invalid(values[self.row, self.column])
        return np.ma.masked_where(self.row < 0, found)


def globe(field: "xr.DataArray", pixels: int, facing: tuple[float, float] | None = None) -> Globe:
    """The picture of a grid of degrees, `pixels` along its longer side.

    The middle of the grid faces the reader, or of a grid over half of the Earth or more the place `facing`.
    """
    lon, lat = chart.plane(field)
    centre = float((lon[0] + lon[-1]) / 2), float((lat[0] + lat[-1]) / 2)
    if facing is not None and np.ptp(lon) >= HALF:
        centre = facing
    box = _box(lon, lat, centre)
    width, height = box[1] - box[0], box[3] - box[2]
    step = max(width, height) / pixels
    x = box[0] + step * (np.arange(round(width / step)) + 0.5)
    y = box[2] + step * (np.arange(round(height / step)) + 0.5)
    found = _place(centre)(*np.meshgrid(x, y), inverse=True)
    at_lon, at_lat = (np.where(np.isfinite(each), each, np.nan) for each in found)
    return Globe(box, centre, at_lon, at_lat, *_cells(at_lon, at_lat, lon, lat))


def dress(axes: "Axes", view: Globe, bathymetry: "xr.DataArray") -> None:
    """Sea, land and coast, meridians and parallels, and the limb; land is that of the grid, and beside it of GSHHG."""
    from matplotlib.patches import Circle

    axes.set(xlim=view.box[:2], ylim=view.box[2:], aspect="equal", xticks=[], yticks=[])
    beside = coastline.land(view.lon, view.lat)
    height = bathymetry.values[view.row, view.column]
    land = np.where(view.row >= 0, height > 0, False if beside is None else beside)
    disc = np.where(np.isfinite(view.lon), np.where(land, 1.0, 0.0), np.nan)
    colours: Any = _two_colours()
    axes.imshow(
        disc, cmap=colours, vmin=0, vmax=1, extent=view.box, origin="lower", zorder=1, interpolation="nearest"
    )
    x, y = (
        np.linspace(*ends, count)
        for ends, count in zip((view.box[:2], view.box[2:]), disc.T.shape, strict=True)
    )
    if land.any() and not land.all():
        axes.contour(x, y, land.astype(float), [0.5], colors=chart.INK, linewidths=0.6, zorder=5)
    _graticule(axes, view)
    if view.whole:
        axes.set_axis_off()
        axes.add_patch(Circle((0, 0), 1, fill=False, ec=chart.INK, lw=0.8, zorder=6))


def _place(centre: tuple[float, float]) -> Any:
    from pyproj import Proj

    return Proj(proj="ortho", lon_0=centre[0], lat_0=centre[1], R=1)


def _box(lon: np.ndarray, lat: np.ndarray, centre: tuple[float, float]) -> chart.Box:
    """The part of the disc that the grid covers, with a margin; the whole one where that is most of it."""
    sample = np.meshgrid(np.linspace(lon[0], lon[-1], EDGE), np.linspace(lat[0], lat[-1], EDGE))
    x, y = (each[np.isfinite(each)] for each in _place(centre)(*sample))
    if max(np.abs(x).max(), np.abs(y).max()) > WHOLE or np.ptp(lon) >= HALF:
        return -RIM, RIM, -RIM, RIM
    half = np.array((np.ptp(x), np.ptp(y))) * (0.5 + MARGIN)
    half = np.maximum(half, SLENDER * half[::-1])
    middle = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    return middle[0] - half[0], middle[0] + half[0], middle[1] - half[1], middle[1] + half[1]


def _cells(
    at_lon: np.ndarray, at_lat: np.ndarray, lon: np.ndarray, lat: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the cell at each point, -1 beside the grid."""
    dx, dy = (float(axis[-1] - axis[0]) / max(axis.size - 1, 1) or 1.0 for axis in (lon, lat))
    east = (at_lon - (lon[0] - dx / 2)) % 360
    column, row = np.floor(east / dx), np.floor((at_lat - lat[0]) / dy + 0.5)
    inside = np.isfinite(at_lon) & (column < lon.size) & (row >= 0) & (row < lat.size)
    return np.where(inside, row, -1).astype(int), np.where(inside, column, -1).astype(int)


def _two_colours() -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap([SEA, LAND])


def _graticule(axes: "Axes", view: Globe) -> None:
    """Meridians and parallels; what is behind the limb is infinite, and not drawn."""
    step = GRATICULE[view.whole]
    place = _place(view.centre)
    along = np.linspace(-180, 180, 721)
    lines = [(np.full(along.shape, lon), along / 2) for lon in np.arange(-180, 180, step)]
    lines += [(along, np.full(along.shape, lat)) for lat in np.arange(-90 + step, 90, step)]
    for lon, lat in lines:
        x, y = (np.where(np.isfinite(each), each, np.nan) for each in place(lon, lat))
        axes.plot(x, y, color=LINES, lw=0.4, zorder=1.5, scalex=False, scaley=False)
