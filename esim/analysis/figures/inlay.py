"""How does a nested grid lie on the map of a coarser one? It hides that, and has its own land, coast and outline."""

from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.figures import chart, marks

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

BASE, ABOVE = 2.0, 0.1  # z-order of the image of a grid, and how much higher the next nest lies
COAST = 2.02  # z-order of the coast of a grid with nests: above its field and below them
DENSE = 60  # points along a side of the outline


def inlay(axes: "Axes", name: str, bathymetry: "xr.DataArray", n: int, pixels: int) -> float:
    """Draws all of nest n (from 1, coarse ones first) but its field; returns the z-order for the image of that.

    bathymetry [m] is shown with at most so many cells along a side.
    """
    from matplotlib.patches import Rectangle

    base = BASE + n * ABOVE
    west, east, south, north = box = chart.extent(bathymetry)
    cover = {"fc": axes.get_facecolor(), "ec": "none", "zorder": base - 0.5 * ABOVE}
    axes.add_patch(Rectangle((west, south), east - west, north - south, **cover))
    chart.land(axes, chart.thin(bathymetry, pixels), relief=base - 0.4 * ABOVE, coast=base + 0.2 * ABOVE)
    marks.nest(axes, name, *outline(box))
    return base


def outline(box: chart.Box) -> tuple[np.ndarray, np.ndarray]:
    """x and y around a box from its upper left corner clockwise, dense enough to be bent."""
    west, east, south, north = box
    corners = np.array(((west, north), (east, north), (east, south), (west, south), (west, north)))
    at = np.linspace(0, 4, 4 * DENSE + 1)
    x, y = (np.interp(at, np.arange(5), corners[:, n]) for n in (0, 1))
    return x, y
