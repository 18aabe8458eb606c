"""Where is the fault of a tsunami? What run.json has of it, as the map counts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.figures import chart, marks
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


def subfaults(run: Run, field: "xr.DataArray") -> list[np.ndarray]:
    """The subfaults that slip, as corners (4, 2) or (3, 2) in the coordinates of the map of a field."""
    return [
        np.array(corners)[:, :2] / scale + shift
        for entry, scale, shift in _faults(run, field)
        for corners in entry.get("outline") or ()
    ]


def epicentres(run: Run, field: "xr.DataArray") -> list[np.ndarray]:
    """Where slip begins on faults that say so, in the coordinates of the map of a field."""
    return [
        np.array(entry["rupture_start"]) / scale + shift
        for entry, scale, shift in _faults(run, field)
        if entry.get("rupture_start")
    ]


def draw(axes: "Axes", run: Run, field: "xr.DataArray") -> None:
    """The subfaults, and a star where slip begins, on the map of a field."""
    marks.outlines(axes, subfaults(run, field))
    for x, y in epicentres(run, field):
        marks.star(axes, x, y)


def _faults(run: Run, field: "xr.DataArray") -> Iterator[tuple[dict[str, Any], float, np.ndarray]]:
    """Faults placed as the map counts, what their positions are divided by, and what is added to them.

    A fault in degrees is not drawn on a map in km. A chamber or a dipole is a point where it begins, with an outline
    if it has a size.
    """
    lonlat = chart.lonlat(field)
    for entry in run.record.get("sources", []):
        if entry.get("lonlat") is lonlat and (entry.get("outline") or entry.get("rupture_start")):
            points = np.concatenate(entry["outline"]) if entry["outline"] else [entry["rupture_start"]]
            x, middle = np.mean(np.asarray(points)[:, 0]), chart.plane(field)[0].mean()
            turn = 360 * np.round((middle - x) / 360) if lonlat else 0.0
            yield entry, 1.0 if lonlat else 1000.0, np.array((turn, 0.0))
