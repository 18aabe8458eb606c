"""What moves in a moving picture, and what does not: a field in time, its colours, and the map around it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.figures import chart
from esim.config.yaml.suggest import hint
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

SAMPLES = 60  # frames, evenly over the run, from which the scale of colours is chosen
COARSE = 200  # cells along a side of these


class Moving(NamedTuple):
    """A field (time, rows, columns) that is multiplied with `factor`, and how it is drawn.

    words stand beside the scale of colours, title above the picture. dress(axes) draws everything else on the map and
    sets its limits. A projection needs the bathymetry [m] of the same cells, which a field without a place there has
    not, and draws stars at (x, y) itself. nests are finer grids inside, by their names, coarse ones first, with the
    same snapshots, colours and words. captions, if there are any, say of each snapshot what it shows.
    """

    field: "xr.DataArray"
    factor: float
    words: str
    title: str
    cmap: Any
    norm: Any
    dress: "Callable[[Axes], None]"
    ticks: Sequence[float] | None = None  # of the scale of colours; None: where they suit
    bathymetry: "xr.DataArray | None" = None
    stars: Sequence[np.ndarray] = ()
    nests: "Mapping[str, Moving]" = {}  # noqa: RUF012 - of a tuple
    captions: Sequence[str] = ()

    def at(self, chosen: np.ndarray) -> "Moving":
        """The same with some of the snapshots, by their indices."""
        nests = {name: nest.at(chosen) for name, nest in self.nests.items()}
        captions = [self.captions[n] for n in chosen] if self.captions else ()
        return self._replace(field=self.field.isel(time=chosen), nests=nests, captions=captions)


def variable(dataset: "xr.Dataset | None", wanted: str, where: str) -> "xr.DataArray":
    """The variable of a dataset with snapshots. Raises InputError where there is none, or fewer than two snapshots."""
    if dataset is None:
        raise InputError(f"{where}: no snapshots to animate; write them with output.fields")
    known = [
        str(name) for name, field in dataset.data_vars.items() if field.ndim == 3 and field.dims[0] == "time"
    ]
    if wanted not in known:
        raise InputError(f"{where}: no snapshots of '{wanted}', {hint(wanted, known)}")
    if dataset.sizes["time"] < 2:
        raise InputError(f"{where}: one snapshot does not move; expected two or more (output.fields.every)")
    return dataset[wanted]


def cropped(field: "xr.DataArray", box: chart.Box | None) -> "xr.DataArray":
    """The part of a field in a box. Raises InputError where the box is beside the grid."""
    part = chart.crop(field, box)
    if part is None:
        west, east, south, north = chart.extent(field)
        raise InputError(f"--extent lies beside the grid, {west:g} to {east:g}, {south:g} to {north:g}")
    return part


def sample(field: "xr.DataArray") -> "xr.DataArray":
    """Frames over the whole run, coarsely, by which colours are chosen once for all of them."""
    count = field.sizes["time"]
    chosen = np.unique(np.linspace(0, count - 1, min(count, SAMPLES)).round().astype(int))
    return chart.thin(field.isel(time=chosen), COARSE).load()
