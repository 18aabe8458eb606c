"""What is drawn of a scene? The map, on the plane of its grid or on a projection, and the images that change on it.

On the plane of the grid each nest is an image of its own, with its own land and coast. On a projection the finest grid
is seen at each point of one image.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.animation.graticule import graticule
from esim.analysis.animation.moving import Moving
from esim.analysis.animation.projections import RADIUS, View
from esim.analysis.figures import chart, coastline, marks
from esim.analysis.figures.inlay import BASE, inlay, outline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SEA, LAND = "#e4ebf1", "#bdbdbd"


class Layer(NamedTuple):
    """An image, and what it shows of snapshot n."""

    image: Any
    seen: Callable[[int], np.ndarray]


def plain(axes: "Axes", scene: Moving, pixels: int) -> list[Layer]:
    """The scene on the plane of its grid, with at most so many cells along a side of each grid."""
    scene.dress(axes)
    found = [_image(axes, scene, pixels, BASE)]
    for n, (name, nest) in enumerate(scene.nests.items(), start=1):
        assert nest.bathymetry is not None  # nests have one
        found.append(_image(axes, nest, pixels, inlay(axes, name, nest.bathymetry, n, pixels)))
    return found


def projected(axes: "Axes", scene: Moving, view: View) -> list[Layer]:
    """The scene on a projection. Land is that of the finest grid at each point, and beside the grids of GSHHG."""
    grids = [scene, *scene.nests.values()]
    cells = [view.cells(grid.field) for grid in grids]
    axes.set(xlim=view.box[:2], ylim=view.box[2:], aspect="equal", xticks=[], yticks=[])
    land, known = np.zeros(view.lon.shape), np.zeros(view.lon.shape, bool)
    for grid, at in zip(grids, cells, strict=True):
        assert grid.bathymetry is not None  # asked by the caller
        land = np.where(at.there, grid.bathymetry.values[at.row, at.column] > 0, land)
        known |= at.there
    if (beside := coastline.land(view.lon, view.lat)) is not None:
        land = np.where(known, land, beside)
    _ground(axes, view, land)
    graticule(axes, view)
    for name, nest in scene.nests.items():
        marks.nest(axes, name, *view.project(*outline(chart.extent(nest.field))))
    for lon, lat in scene.stars:
        x, y = view.project(lon, lat)
        if np.isfinite(x):
            marks.star(axes, float(x), float(y))
    if not view.whole:
        marks.scale_bar(axes, degrees=False, where=" in the middle")

    def seen(n: int) -> np.ndarray:
        parts = [at.seen(grid.factor * grid.field[n].values) for grid, at in zip(grids, cells, strict=True)]
        shown = parts[0]
        for part, at in zip(parts[1:], cells[1:], strict=True):
            shown = np.ma.where(at.there, part, shown)
        return shown

    style: dict[str, Any] = {"cmap": scene.cmap, "norm": scene.norm, "zorder": BASE}
    image = axes.imshow(seen(0), extent=view.box, origin="lower", interpolation="nearest", **style)
    return [Layer(image, seen)]


def _image(axes: "Axes", scene: Moving, pixels: int, zorder: float) -> Layer:
    field = chart.thin(scene.field, pixels)
    style: dict[str, Any] = {"cmap": scene.cmap, "norm": scene.norm, "zorder": zorder}
    image = chart.image(axes, field[0] * scene.factor, smooth=True, **style)
    return Layer(image, lambda n: field[n].values * scene.factor)


def _ground(axes: "Axes", view: View, land: np.ndarray) -> None:
    """Sea and land, the coast, and the limb of a disc."""
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Circle

    shown = np.where(np.isfinite(view.lon), np.where(land > 0, 1.0, 0.0), np.nan)
    style: dict[str, Any] = {"cmap": ListedColormap([SEA, LAND]), "vmin": 0, "vmax": 1, "zorder": 1}
    axes.imshow(shown, extent=view.box, origin="lower", interpolation="nearest", **style)
    rows, columns = shown.shape
    x, y = (
        low + (high - low) * (np.arange(count) + 0.5) / count
        for low, high, count in ((*view.box[:2], columns), (*view.box[2:], rows))
    )
    if (shown == 1).any() and (shown == 0).any():
        axes.contour(x, y, land.astype(float), [0.5], colors=chart.INK, linewidths=0.6, zorder=5)
    if view.whole:
        axes.set_axis_off()
        axes.add_patch(Circle((0, 0), RADIUS, fill=False, ec=chart.INK, lw=0.8, zorder=6))
