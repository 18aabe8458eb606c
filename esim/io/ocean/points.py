"""Values at points: a NetCDF file of CF points, and a table that every program reads."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.io import cf, netcdf
from esim.io.atomic import whole_file
from esim.io.tables import cell, write_table


def write_points(
    path: Path,
    coordinates: Mapping[str, np.ndarray],
    values: Mapping[str, np.ndarray],
    attributes: Mapping[str, str],
) -> None:
    """Writes `path` (.nc) and the same as .csv beside it, whole or not at all; called on the writer thread.

    coordinates are lon and lat [degrees] or x and y [m], values other variables that cf knows, all (points,). What
    is not finite is missing: empty in the table. Raises MachineError if the disk fails.
    """
    lonlat = "lon" in coordinates
    with whole_file(path) as temporary, netcdf.create(temporary) as dataset:
        dataset.setncatts({**attributes, "featureType": "point"})
        dataset.createDimension("point", len(next(iter(coordinates.values()))))
        for name, column in coordinates.items():
            coordinate = dataset.createVariable(name, "f8", ("point",))
            coordinate.setncatts(cf.auxiliary_attributes(name))
            coordinate[:] = column
        for name, column in values.items():
            variable = dataset.createVariable(name, "f8", ("point",), fill_value=float(cf.FILL))
            about = {"coordinates": " ".join(coordinates)}
            variable.setncatts(cf.variable_attributes(name, lonlat) | about)
            variable[:] = np.where(np.isfinite(column), column, cf.FILL)
    rows = zip(*coordinates.values(), *values.values(), strict=True)
    cells = ([cell(value, 9) for value in row] for row in rows)
    write_table(path.with_suffix(".csv"), [*coordinates, *values], cells)
