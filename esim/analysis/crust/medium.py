"""What is known of a finished crust run? Its sources, its layers, the grid without the absorbing layers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.figures.clock import clock
from esim.analysis.figures.look import Box, Look
from esim.analysis.reading.run import Run
from esim.data import locate
from esim.errors import InputError
from esim.media.crust.models import model_file

if TYPE_CHECKING:
    import xarray as xr

    from esim.grids.projection import Projection

ABSORBING = ("cpml", "sponge")
SLICES = 200  # layers that stand for a gradient
LENGTHS = ((1.0, "m"), (1e2, "cm"), (1e3, "mm"), (1e6, "\N{MICRO SIGN}m"), (1e9, "nm"))


class Source(NamedTuple):
    """A source: its name, place [m] (x east, y north, depth down) and moment [N m], 0 for a force.

    outlines are the polygons (corners, 3) [m] of the planes of a finite fault, begins [s] is when its first motion can
    be seen, and shear whether it sends out S waves.
    """

    name: str
    x: float
    y: float
    depth: float
    moment: float
    outlines: tuple[np.ndarray, ...]
    begins: float = 0.0
    shear: bool = True


class Profile(NamedTuple):
    """Layers from the surface to the bottom of the grid: depth of their upper faces [m], vp and vs [m/s].

    interfaces are the depths [m] at which the medium jumps: none in a gradient, for which many layers stand.
    """

    top: np.ndarray
    vp: np.ndarray
    vs: np.ndarray
    interfaces: np.ndarray


class Unit(NamedTuple):
    """A unit in which a peak is a handy number: what values in SI are multiplied with, and its name."""

    factor: float
    name: str


def sources(run: Run) -> list[Source]:
    """The sources that have a place, the strongest first; a plane wave has none."""
    found = [_source(entry) for entry in run.record.get("sources", []) if entry.get("x") is not None]
    return sorted(found, key=lambda source: -source.moment)


def profile(run: Run) -> Profile | None:
    """Layers of a medium that depends on depth alone; None where the record does not contain them."""
    configuration = run.record["configuration"]
    medium = configuration.get("medium") or {}
    bottom = float((configuration.get("grid", {}).get("depth") or (0, np.inf))[1])
    if medium.get("kind") == "layers" and medium.get("layers"):
        rows = sorted([float(layer[key]) for key in ("top", "vp", "vs")] for layer in medium["layers"])
        top, vp, vs = np.array([row for row in rows if row[0] < bottom]).T
        return Profile(top, vp, vs, top[1:])
    if medium.get("kind") == "gradient":
        faces = np.linspace(0, bottom, SLICES + 1)
        vp, vs = (_line(medium, name, (faces[1:] + faces[:-1]) / 2) for name in ("vp", "vs"))
        return Profile(faces[:-1], vp, vs, np.empty(0))
    return _model(medium["file"], medium.get("scaling"), bottom) if medium.get("kind") == "model" else None


def projection(run: Run) -> "Projection | None":
    """How x and y of the run become longitude and latitude; None for a run without a place on Earth."""
    origin = run.record["configuration"].get("grid", {}).get("origin")
    if not origin:
        return None
    from esim.grids.projection import Projection

    return Projection(float(origin["lon"]), float(origin["lat"]))


def inner(run: Run, field: "xr.DataArray") -> "xr.DataArray":
    """A field without the cells in which waves are absorbed; all of it where nothing would be left."""
    grid = run.record["configuration"].get("grid", {})
    boundary = grid.get("boundary") or {}
    cells = int(boundary.get("cells") or 0)
    box: dict[str, slice] = {}
    for name in field.dims[-2:]:
        side = "bottom" if name == "depth" else str(name)
        kind = boundary.get(side) or boundary.get("kind", "cpml")
        first = 0 if name == "depth" else cells
        if cells and kind in ABSORBING and field.sizes[name] > 2 * cells + 2:
            box[str(name)] = slice(first, field.sizes[name] - cells)
    return field.isel(box)


def box(field: "xr.DataArray") -> Box:
    """Outer edges [km] of the cells of a field over its last two dimensions: left, right, lower, upper value."""
    edges: list[float] = []
    for name in reversed(field.dims[-2:]):
        nodes = field[name].values / 1000
        half = (nodes[-1] - nodes[0]) / max(nodes.size - 1, 1) / 2 or 0.5
        edges += [float(nodes[0] - half), float(nodes[-1] + half)]
    return edges[0], edges[1], edges[2], edges[3]


def unit(peak: float, si: str) -> Unit:
    """The unit in which a peak, given in the SI unit `si` that begins with metres, is at least one."""
    factor, name = next((entry for entry in LENGTHS if peak * entry[0] >= 1), LENGTHS[-1])
    return Unit(factor, name + si.removeprefix("m")) if peak > 0 else Unit(1.0, si)


def heading(run: Run, words: str, look: Look) -> str:
    """Title of a figure: that of the run, its magnitude, what is drawn, and the origin time."""
    size = f"Mw {run.magnitude:.2f}, " if run.magnitude is not None else ""
    return "\n".join(filter(None, (look.heading(run), f"{size}{words}", clock(run, look).origin())))


def resolved(run: Run) -> str:
    """The highest frequency that the run resolves, in words; empty where it is not recorded."""
    frequency = run.record.get("frequency_resolved")
    return f", up to {float(frequency):.3g} Hz" if frequency else ""


def number(value: float) -> str:
    """Three digits, and no power of ten for what has up to six."""
    return f"{float(f'{value:.3g}'):g}"


def _model(file: str, scaling: str | None, bottom: float) -> Profile | None:
    """The layers of a file with a model of the Earth, down to the bottom of the grid; None if it is gone."""
    try:
        model = model_file.read(locate(file), scaling)
    except InputError:
        return None
    inside = model.depths[(model.depths > 0) & (model.depths < bottom)]
    faces = np.unique(np.concatenate((np.linspace(0, bottom, SLICES + 1), inside)))
    vp, vs = model.sample(np.zeros(1), np.zeros(1), (faces[1:] + faces[:-1]) / 2)[:2, :, 0, 0]
    jumps = np.array([depth for depth in model.interfaces if 0 < depth < bottom])
    return Profile(faces[:-1], vp, vs, jumps)


def _source(entry: Mapping[str, Any]) -> Source:
    x, y, depth = (float(entry.get(key) or 0.0) for key in ("x", "y", "depth"))
    name = str(entry.get("name") or entry.get("source") or "")
    moment = float(entry.get("moment_Nm") or entry.get("moment") or 0.0)
    begins, shear = float(entry.get("pulse_begins") or 0.0), not entry.get("isotropic", False)
    return Source(name, x, y, depth, moment, _outlines(entry.get("outline")), begins, shear)


def _outlines(lists: Any) -> tuple[np.ndarray, ...]:
    """One polygon or several of them, of corners (x, y) or (x, y, depth), as arrays (corners, 3)."""
    if not lists:
        return ()
    polygons = [lists] if np.ndim(lists[0][0]) == 0 else lists
    corners = [np.array(polygon, dtype=float) for polygon in polygons]
    return tuple(np.pad(each, ((0, 0), (0, 3 - each.shape[1]))) for each in corners)


def _line(medium: Mapping[str, Any], name: str, depth: np.ndarray) -> np.ndarray:
    return float(medium[name]) + float(medium.get(f"{name}_gradient") or 0.0) * depth
