"""Which nested grids are seen on a map of snapshots?"""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from esim.analysis.figures import chart
from esim.analysis.reading.run import Run

if TYPE_CHECKING:
    import xarray as xr

SAME = 1e-3  # s between snapshots of one time


def nested(run: Run, field: "xr.DataArray") -> "Iterator[tuple[str, xr.DataArray, xr.DataArray]]":
    """Nested grids with snapshots of the same at the same times: names, fields and bathymetries, coarse ones first.

    They are cropped to the part of the map that is shown; a nest with other snapshots is left out, and that is told.
    """
    box, times = chart.extent(field), field["seconds"].values
    for name, data in sorted(run.nest_fields.items(), key=lambda one: -_spacing(one[1])):
        if str(field.name) not in data:
            continue
        own = data["seconds"].values
        chosen = np.clip(np.searchsorted(own, times - SAME), 0, own.size - 1)
        if not own.size or np.abs(own[chosen] - times).max() > SAME:
            logging.getLogger("esim").warning(
                "nest '%s' is not shown: its snapshots are at other times", name
            )
            continue
        part, bed = chart.crop(data[str(field.name)], box), chart.crop(data["bathymetry"], box)
        if part is not None and bed is not None:
            yield name, part.isel(time=chosen), bed


def _spacing(data: "xr.Dataset") -> float:
    x, _ = chart.plane(data["bathymetry"])
    return float(np.ptp(x)) / max(x.size - 1, 1)
