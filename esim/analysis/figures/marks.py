"""Which marks has every map? Stations, where the rupture begins, faults, nests, a scale bar, origins of its data."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from esim import __version__
from esim.analysis.figures import chart, coastline, labels
from esim.analysis.reading.run import Run
from esim.constants import EARTH_RADIUS
from esim.data import ORIGINALS, PREFIX

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STAR: dict[str, Any] = {"marker": "*", "mec": "black", "mfc": "#ffd92f", "ls": "none"}
NAMED = 40  # stations, beyond which they are dots without names
BAR = 0.22  # of the width of a map: a scale bar, at most
LOW = 8.0  # points from the lower edge of the map to a scale bar, at least
TALL = 4.0  # degrees of latitude, from which a scale bar says where it holds
SHIPPED = {"etopo1_nwpacific_6min.nc": "ETOPO1 (NOAA, doi:10.7289/V5C8276M)"}  # what comes with esim is of
GAP = 5.0  # points between a figure and the line below it


def stations(axes: "Axes", places: "xr.Dataset | None", names: bool = True) -> None:
    """Triangles at the stations on a map that has its final limits, with names as far as there is room."""
    if places is None:
        return
    x, y = positions(places)
    (west, east), (south, north) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    on = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    many = on.sum() > NAMED
    axes.plot(
        x[on], y[on], "^", ms=3.5 if many else 6.5, mfc="white", mec=chart.INK, mew=0.9, ls="none", zorder=7
    )
    if names and not many:
        labels.beside(axes, x[on], y[on], [str(name) for name in places["station"].values[on]], size=8.5)


def positions(places: "xr.Dataset") -> tuple[np.ndarray, np.ndarray]:
    """Positions of stations or points as maps count them: degrees where the run has them alone, else km."""
    if "x" in places.variables:
        return places["x"].values / 1000, places["y"].values / 1000
    return places["lon"].values, places["lat"].values


def star(axes: "Axes", x: float, y: float, size: float = 14.0) -> None:
    """A star where the rupture of a source begins."""
    axes.plot(x, y, ms=size, mew=0.9, zorder=8, scalex=False, scaley=False, **STAR)


def outlines(axes: "Axes", polygons: Iterable[np.ndarray], width: float = 0.5) -> None:
    """Polygons (corners, 2 or more), such as the subfaults of a fault, as thin lines."""
    from matplotlib.collections import LineCollection

    closed = [np.vstack((corners, corners[:1]))[:, :2] for corners in polygons]
    axes.add_collection(
        LineCollection(closed, colors=chart.INK, linewidths=width, alpha=0.75, zorder=5.5), autolim=False
    )


def nests(axes: "Axes", run: Run, shown: str = "") -> None:
    """The nested grids of a run on the map of another grid, outlined, with their names."""
    for name, maxima in run.nests.items():
        field = maxima["bathymetry"] if "bathymetry" in maxima else next(iter(maxima.data_vars.values()))
        west, east, south, north = chart.extent(field)
        if name == shown or not _inside((west, east, south, north), axes):
            continue
        x = np.array((west, east, east, west, west))
        nest(axes, name, x, np.array((north, north, south, south, north)))


def nest(axes: "Axes", name: str, x: np.ndarray, y: np.ndarray) -> None:
    """The outline of a nested grid from its upper left corner on, with its name there."""
    axes.plot(x, y, color="white", lw=2.2, zorder=6, scalex=False, scaley=False)
    axes.plot(x, y, color="#D55E00", lw=1.1, zorder=6.1, scalex=False, scaley=False)
    word(axes, float(x[0]), float(y[0]), name, color="#a33f00", va="bottom")


def word(axes: "Axes", x: float, y: float, text: str, **style: Any) -> None:
    """Writes a word at a point, readable on any colour."""
    from matplotlib.patheffects import withStroke

    halo: list[Any] = [withStroke(linewidth=2.2, foreground="white")]
    look: dict[str, Any] = {"fontsize": 8.5, "zorder": 8, "xytext": (2, 2), "textcoords": "offset points"}
    look["annotation_clip"] = True  # not where the point is beside the map
    axes.annotate(text, (x, y), path_effects=halo, **look | style)


def scale_bar(axes: "Axes", degrees: bool, where: str = "") -> None:
    """A bar of a round length in the lower right corner of a map of degrees, or of km, that has its final limits.

    where says in which part of the map it holds, if that is not to be told from the map.
    """
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    latitude = (south + north) / 2
    km = np.deg2rad(1) * EARTH_RADIUS / 1000 * np.cos(np.deg2rad(latitude)) if degrees else 1.0
    length = _round_below(BAR * (east - west) * km)
    points = axes.get_window_extent().height * 72 / axes.figure.dpi
    right, low = east - 0.035 * (east - west), south + max(0.035, LOW / points) * (north - south)
    ends = (right - length / km, right)
    for color, width in (("white", 5.5), (chart.INK, 2.5)):
        axes.plot(
            ends,
            (low, low),
            color=color,
            lw=width,
            solid_capstyle="butt",
            zorder=9,
            scalex=False,
            scaley=False,
        )
    name = f"{length:g} km" if length >= 1 else f"{1000 * length:g} m"
    if degrees and north - south >= TALL:
        name += f" at {chart.parallel(round(latitude))}"
    name += where
    word(axes, right, low, name, xytext=(0, 4), ha="right", fontsize=8, zorder=9)


def notes(axes: "Axes", lines: Iterable[str]) -> None:
    """Lines of small print in the lower left corner of a map."""
    if text := "\n".join(lines):
        box: dict[str, Any] = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.5}
        place: dict[str, Any] = {
            "xycoords": "axes fraction",
            "fontsize": 7.5,
            "color": chart.INK,
            "zorder": 9,
        }
        axes.annotate(text, (0.012, 0.012), bbox=box, **place)


def credit(drawing: "Figure", run: Run, coast: bool = False) -> None:
    """A line below a figure that says where its data are from. Call it last: everything must have its place."""
    parts = [
        *_files(run),
        *([f"coastline {coastline.CREDIT}"] if coast else []),
        f"computed with esim {__version__}",
    ]
    if (layout := drawing.get_layout_engine()) is not None:
        layout.execute(drawing)
        drawing.set_layout_engine("none")  # which would do the same again on each drawing
    boxes = [axes.get_tightbbox() for axes in drawing.axes if axes.get_visible()]
    left, low = (min(getattr(box, side) for box in boxes if box is not None) for side in ("x0", "y0"))
    x, y = drawing.transFigure.inverted().transform((left, low - GAP * drawing.dpi / 72))
    drawing.text(x, y, "; ".join(parts), va="top", fontsize=6.5, color="0.35")


def _files(run: Run) -> list[str]:
    """The files of bathymetry and sources of a run, by name; those known to esim by their origin."""
    told = run.record["configuration"]
    nests = told.get("grid", {}).get("nests") or ()
    beds = [bed for part in (told, *nests) for bed in _sections(part.get("bathymetry"))]
    groups = {"bathymetry": beds, "source": told.get("source") or (), "model": _sections(told.get("medium"))}
    return [f"{what} {', '.join(names)}" for what, parts in groups.items() if (names := _names(parts))]


def _sections(part: Any) -> list[Any]:
    """One section, a list of them, or none, as a list."""
    return part if isinstance(part, list) else [] if part is None else [part]


def _names(parts: Iterable[Any]) -> list[str]:
    """What the files that sections name are called, each once."""
    files = [part["file"] for part in parts if isinstance(part, dict) and isinstance(part.get("file"), str)]
    return list(dict.fromkeys(_origin(file) for file in files))


def _origin(file: str) -> str:
    """Where a data file is from, as far as esim knows, or what the file is called."""
    name = file.removeprefix(PREFIX)
    known = re.match(r"[^,(/]+\([^)]*\)", SHIPPED.get(name) or ORIGINALS.get(name, ""))
    return known[0] if known else name.rsplit("/", 1)[-1]


def _inside(box: chart.Box, axes: "Axes") -> bool:
    """Whether a box lies on a map, at least in part, and does not fill it."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    meets = box[0] < east and box[1] > west and box[2] < north and box[3] > south
    return meets and not (box[0] <= west and box[1] >= east and box[2] <= south and box[3] >= north)


def _round_below(value: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above a positive value."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(step * power for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)))
