"""Which layers has a seismic run for other maps? Stations and faults."""

import numpy as np
import shapely

from esim.analysis.crust import medium
from esim.analysis.export.layer import Layer, stations
from esim.analysis.reading.run import Run


def layers(run: Run, step: float | None = None) -> list[Layer]:
    """The layers of a run that are not empty; `step` is that of isochrones, which it has none of."""
    shapes, rows = [], []
    for source in medium.sources(run):
        for corners in source.outlines:
            shapes.append(shapely.Polygon(np.asarray(corners)[:, :2]))
            rows.append({"name": source.name})
    return stations(run) + ([Layer("faults", "faults", shapes, rows)] if shapes else [])
