"""The figures of propagation: the surface, and planes through the crust, at up to six times."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.crust import medium
from esim.analysis.crust.figures import map_marks
from esim.analysis.figures import chart, credit, marks
from esim.analysis.figures.look import PLAIN, Look, Sketch
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = 6
MANY = 8  # interfaces: a medium with more is better seen without them
WIDTH = {2: 3.0, 1: 6.4}  # inches of a panel, by the number of columns
FLAT = 0.15  # height over width, below which panels are in one column, else in two
PIXELS = 600  # cells along a side of a panel
COARSE = 80  # cells along a side that tell how strong the motion is
QUANTILE = 0.9995  # of the velocities that the colours span
ROOT = 0.5  # power of the scale of colours, so that late waves are seen beside early ones
SIGNIFICANT = 0.1  # of the strongest motion: snapshots below it are left out
NEAR = 0.1  # of the width of a plane: sources up to so far from it are marked
TURNED = 0.5  # degrees: axes of the grid that are turned more against east and north are not called by these
WORDS = {"vx": "velocity eastward", "vy": "velocity northward", "vz": "vertical velocity, positive upward"}


class View(NamedTuple):
    """What to show: snapshots (time, across, along) of a velocity [m/s], its name, and where it is."""

    field: "xr.DataArray"
    words: str
    where: str
    axis: str  # across which the plane lies: x, y or depth
    at: float  # m


def figures(run: Run, look: Look = PLAIN) -> Iterator[Sketch]:
    """Snapshots with their names: of the surface (fields.nc) and of each plane that has several."""
    for name in ("", *run.planes):
        dataset = run.planes[name] if name else run.fields
        if dataset is not None and dataset.sizes.get("time", 0) > 1 and set(WORDS) & set(dataset):
            yield f"wavefield_{name}" if name else "wavefield", partial(_draw, run, name, look)


def view(run: Run, name: str = "", variable: str | None = None) -> View:
    """What to show of the surface, or of the plane of a name: a velocity, by default the one that tells most."""
    dataset = run.planes[name] if name else run.fields
    assert dataset is not None  # asked by the caller
    axis, at = _position(run, name) if name else ("depth", 0.0)
    field, words = _component(dataset, axis, variable)
    where = "at the surface" if not name else f"at {axis} = {at / 1000:g} km"
    if name and axis == "depth":
        where = f"at a depth of {at / 1000:g} km"
    return View(medium.inner(run, field), words, where, axis, at)


def _draw(run: Run, name: str, look: Look) -> "Figure | None":
    found = view(run, name)
    if found.axis == "depth":
        part = chart.crop(found.field, look.extent)
        return None if part is None else _figure(run, found._replace(field=part), look)
    return _figure(run, found, look)


def _position(run: Run, name: str) -> tuple[str, float]:
    """The axis that a plane is perpendicular to, and where it cuts it [m]."""
    planes = run.record["configuration"].get("output", {}).get("planes") or []
    entry: Mapping[str, Any] = next((plane for plane in planes if plane.get("name") == name), {})
    axis = next((axis for axis in ("x", "y", "depth") if entry.get(axis) is not None), None)
    if axis is None:  # the coordinate that does not vary in the file
        axis = next(axis for axis in ("x", "y", "depth") if axis not in run.planes[name].dims)
        return axis, float(run.planes[name].get(axis, 0.0))
    return axis, float(entry[axis])


def _component(dataset: "xr.Dataset", axis: str, variable: str | None = None) -> "tuple[xr.DataArray, str]":
    """The vertical velocity on a map; on a vertical plane the strongest one, as some vanish by symmetry."""
    names = [name for name in WORDS if name in dataset]
    if variable is not None:
        name = variable
    elif axis == "depth" and "vz" in names:
        name = "vz"
    else:
        name = max(names, key=lambda each: float((chart.thin(dataset[each], COARSE) ** 2).mean()))
    words = WORDS[name]
    if name != "vz" and "meridian_convergence" in dataset:
        largest = float(np.abs(dataset["meridian_convergence"]).max())
        words = f"velocity along {name[1]} of the grid" if largest > TURNED else words
    return (-dataset[name] if name == "vz" else dataset[name]), words


def _figure(run: Run, view: View, look: Look) -> "Figure":
    from matplotlib.figure import Figure

    chosen = _chosen(view.field)
    values = chart.thin(view.field.isel(time=chosen), PIXELS).load()
    left, right, low, high = medium.box(values)
    ratio = (high - low) / (right - left)
    most = 1 if ratio < FLAT else 2
    columns = min(len(chosen), most)
    rows = -(-len(chosen) // columns)
    width = WIDTH[most]
    size = width * columns + 1.2, (width * ratio + 0.32) * rows + 1.1
    drawing = Figure(figsize=size, layout="compressed")
    panels = drawing.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    largest = span(values.values)
    unit = medium.unit(largest, "m/s")
    norm = root_norm(chart.nice(largest * unit.factor, (1, 2, 5)))
    for axes in panels.flat[len(chosen) :]:
        axes.set_visible(False)
    coast = map_marks.coast(run, (left, right, low, high)) if view.axis == "depth" else []
    for axes, snapshot in zip(panels.flat, values, strict=False):
        drawn = chart.image(
            axes,
            snapshot * unit.factor,
            extent=(left, right, low, high),
            cmap=look.colours("RdBu_r"),
            norm=norm,
            smooth=True,
        )
        frame(axes, view, snapshot, (left, right, low, high))
        axes.set_title(f"{float(snapshot['seconds']):.3g} s", loc="left", fontsize=9)
        map_marks.shore(axes, coast)
        source_marks(axes, run, view, (left, right, low, high))
        axes.label_outer()
    beyond = chart.beyond(unit.factor * values.values, norm.vmin, norm.vmax)
    bar = drawing.colorbar(drawn, ax=panels, shrink=0.7, aspect=30, pad=0.015, extend=beyond)
    ticks = root_ticks(norm.vmax)
    bar.set_ticks(ticks, labels=[f"{tick:g}".replace("-", "\N{MINUS SIGN}") for tick in ticks])
    bar.ax.minorticks_off()
    bar.set_label(f"{view.words} ({unit.name})")
    drawing.suptitle(
        medium.heading(run, f"{view.words}, {view.where}{medium.resolved(run)}", look), x=0.01, ha="left"
    )
    if view.axis == "depth":
        marks.scale_bar(panels[0, 0], degrees=False)
    credit.line(drawing, run, bool(coast) and map_marks.own_ground(run) is None)
    return drawing


def _chosen(field: "xr.DataArray") -> np.ndarray:
    """Indices of up to six snapshots, evenly from the first to the last that shows motion."""
    size = (chart.thin(field, COARSE).fillna(0) ** 2).mean(dim=field.dims[-2:]).values ** 0.5
    moving = np.flatnonzero(size > SIGNIFICANT * size.max()) if size.max() > 0 else np.arange(size.size)
    return np.unique(np.linspace(moving[0], moving[-1], PANELS).round().astype(int))


def span(values: np.ndarray) -> float:
    """The velocity [m/s] that all but the strongest places stay below; not zero."""
    size = np.abs(values[np.isfinite(values) & (values != 0)])
    return float(np.quantile(size, QUANTILE)) if size.size else 1e-9


def root_norm(reach: float) -> Any:
    """Colours by the root of the velocity, with its sign."""
    from matplotlib.colors import FuncNorm

    def forward(values: np.ndarray) -> np.ndarray:
        return np.sign(values) * np.abs(values) ** ROOT

    def inverse(values: np.ndarray) -> np.ndarray:
        return np.sign(values) * np.abs(values) ** (1 / ROOT)

    return FuncNorm((forward, inverse), vmin=-reach, vmax=reach)


def root_ticks(reach: float) -> list[float]:
    """Values that such a scale of colours names."""
    ends = reach * np.array((0.1, 0.5, 1))
    return [*-ends[::-1], 0.0, *ends]


def frame(axes: "Axes", view: View, snapshot: "xr.DataArray", box: chart.Box) -> None:
    """Limits and labels of a map or a vertical plane, depth downwards."""
    if view.axis == "depth":
        chart.frame(axes, snapshot, box, ticks=4)
        return
    left, right, top, bottom = box
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    axes.set(xlabel=f"{snapshot.dims[-1]} (km)", ylabel="depth (km)")
    axes.locator_params(nbins=6, steps=[1, 2, 5, 10])


def source_marks(axes: "Axes", run: Run, view: View, box: chart.Box) -> None:
    """Sources on a map; on a vertical plane the sources near it, and interfaces of the medium."""
    if view.axis == "depth":
        map_marks.epicentres(axes, run, size=9)
        return
    profile = medium.profile(run)
    interfaces = () if profile is None else profile.interfaces
    for depth in interfaces if len(interfaces) <= MANY else ():
        axes.axhline(depth / 1000, color="0.25", lw=0.7, ls=(0, (5, 3)), zorder=4)
    along = 0 if view.axis == "y" else 1
    for source in medium.sources(run):
        place = (source.x / 1000, source.y / 1000)
        if abs(place[1 - along] - view.at / 1000) <= NEAR * (box[1] - box[0]):
            for outline in source.outlines:
                closed = np.vstack((outline, outline[:1])) / 1000
                axes.plot(closed[:, along], closed[:, 2], color="black", lw=1.0, zorder=5)
            axes.plot(place[along], source.depth / 1000, ms=9, mew=0.8, zorder=8, **marks.STAR)
