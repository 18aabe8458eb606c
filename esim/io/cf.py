"""What do the names in the NetCDF files mean? CF-1.11 attributes, coordinates and times."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from esim import __version__
from esim.io.provenance import plain
from esim.variables.crust import VARIABLES as CRUST
from esim.variables.ocean import VARIABLES as OCEAN

FILL = np.float32(9.969209968386869e36)  # NetCDF's own default for missing floats


MORE = {  # attributes of some coordinates
    "depth": {"positive": "down"},
    "meridian_convergence": {
        "comment": "to true east: x cos + y sin, to true north: y cos - x sin, of components along x and y of the grid"
    },
}


def global_attributes(title: str, configuration: Mapping[str, Any], command: str = "esim") -> dict[str, str]:
    """The global attributes of every file; `configuration` is the one in force, every default included."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "Conventions": "CF-1.11",
        "title": title,
        "source": f"esim {__version__}",
        "history": f"{now}: {command} (esim {__version__})",
        "configuration": json.dumps(plain(configuration)),
    }


def variable_attributes(name: str, lonlat: bool) -> dict[str, Any]:
    """Units, long_name and, where CF has one, the standard_name of a variable in esim's files."""
    return (CRUST[name] if name in CRUST else OCEAN[name]).attributes(lonlat)


def coordinate_attributes(name: str) -> dict[str, str]:
    """Attributes of a coordinate: lon, lat, x, y, depth, or the angle of the axes x and y there."""
    standard_name, units, axis, long_name = {
        "lon": ("longitude", "degrees_east", "X", "longitude"),
        "lat": ("latitude", "degrees_north", "Y", "latitude"),
        "x": ("projection_x_coordinate", "m", "X", "distance east"),
        "y": ("projection_y_coordinate", "m", "Y", "distance north"),
        "depth": ("depth", "m", "Z", "depth, positive down"),
        "row": ("", "1", "", "row of a table of cells"),
        "column": ("", "1", "", "column of a table of cells"),
        "rho": ("", "g cm-3", "", "density of a cell"),
        "lam": ("", "GPa", "", "first Lame parameter of a cell, unrelaxed"),
        "mu": ("", "GPa", "", "rigidity of a cell, unrelaxed"),
        "meridian_convergence": ("", "degrees", "", "azimuth of y of the grid, clockwise from true north"),
    }[name]
    attributes = {"standard_name": standard_name, "units": units, "axis": axis, "long_name": long_name}
    found = {key: value for key, value in attributes.items() if value}
    return found | MORE.get(name, {})


def auxiliary_attributes(name: str) -> dict[str, str]:
    """Attributes of a coordinate that is not an axis of the data: only one may be named X, or Y, or Z."""
    return {key: value for key, value in coordinate_attributes(name).items() if key != "axis"}


def given_attributes(name: str) -> dict[str, str]:
    """Attributes of the coordinate of a station before it was moved; CF knows one position of a station only."""
    about = coordinate_attributes(name)
    return {"units": about["units"].partition("_")[0], "long_name": f"{about['long_name']}, as given"}


def time_attributes(start: datetime | None) -> dict[str, str]:
    """Attributes of `time`, seconds since the origin: a date in UTC where it is known (naive means UTC)."""
    if start is None:
        return {"units": "s", "long_name": "time since origin"}
    origin = start.astimezone(UTC).replace(tzinfo=None) if start.tzinfo else start
    return {
        "units": f"seconds since {origin.isoformat(sep=' ')}",
        "calendar": "standard",
        "standard_name": "time",
        "long_name": "time (UTC)",
        "axis": "T",
    }


def define_time(dataset: Any, start: datetime | None, size: int | None = None) -> None:
    """Adds the dimension and coordinate `time`, unlimited unless a size is given, to an open dataset."""
    dataset.createDimension("time", size)
    dataset.createVariable("time", "f8", ("time",)).setncatts(time_attributes(start))
