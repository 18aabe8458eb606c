"""Where are velocities, density and Q in a NetCDF model, and on which axes? CF names and plain ones alike."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim.errors import InputError
from esim.media.crust.checks import NAMES
from esim.media.crust.medium import RHO, VS
from esim.media.crust.models.nodes import Nodes

VELOCITIES = {"": 1.0, "m/s": 1.0, "ms-1": 1.0, "km/s": 1000.0, "kms-1": 1000.0}
DENSITIES = {
    "": 1.0, "kg/m3": 1.0, "kgm-3": 1.0, "g/cm3": 1000.0, "gcm-3": 1000.0, "g/cc": 1000.0, "t/m3": 1000.0
}  # fmt: skip
METRES = {"": 1.0, "m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0}
KILOMETRES = {
    "km": 1000.0,
    "kilometre": 1000.0,
    "kilometres": 1000.0,
    "kilometer": 1000.0,
    "kilometers": 1000.0,
}
LENGTHS = METRES | KILOMETRES
STANDARD_NAMES = {
    "longitude": "x", "projection_x_coordinate": "x", "latitude": "y", "projection_y_coordinate": "y",
    "depth": "z", "height": "z", "altitude": "z",
}  # fmt: skip
AXIS_NAMES = {
    "x": ("x", "lon", "longitude", "easting"),
    "y": ("y", "lat", "latitude", "northing"),
    "z": ("z", "depth", "dep", "height", "altitude", "elevation"),
}
UPWARDS = ("height", "altitude", "elevation")
WORDS = {"z": "depth", "y": "latitude or y", "x": "longitude or x"}


@dataclass(frozen=True, eq=False)
class Layout:
    """The axes of a model, and its variables by row of a medium.

    depth [m] is positive down, y and x are latitude and longitude [degrees] (lonlat) or metres. names and scale
    have the variables of vp, vs, rho and, if there, qp, qs, and their factors to SI units; None where there is none.
    """

    depth: Nodes
    y: Nodes
    x: Nodes
    lonlat: bool
    names: tuple[str | None, ...]
    scale: tuple[float, ...]
    order: tuple[int, int, int]  # which dimension of the variables is depth, y, x

    def window(self, data: Any, name: str, scale: float, spans: tuple[tuple[int, int], ...]) -> np.ndarray:
        """Values (depth, y, x) of a variable of the open file at nodes first..last-1 of each axis, SI, float64.

        NaN where the file has none.
        """
        variable = data[name]
        picks = [
            axis.index[first:last]
            for axis, (first, last) in zip((self.depth, self.y, self.x), spans, strict=True)
        ]
        slices: list[slice] = [slice(None)] * 3
        for pick, dimension in zip(picks, self.order, strict=True):
            slices[dimension] = slice(int(pick.min()), int(pick.max()) + 1)
        block = np.ma.filled(variable[tuple(slices)].astype(np.float64), np.nan).transpose(self.order)
        return block[np.ix_(*(pick - pick.min() for pick in picks))] * scale


def find(path: Path, data: Any, scaled: bool = False) -> Layout:
    """The layout of an open NetCDF model; raises InputError for what is missing or has an unknown unit.

    scaled: vp and rho may be missing.
    """
    rows = _variables(path, data, scaled)
    names = [name for name in rows if name is not None]
    dimensions = data[names[0]].dimensions
    for name in names:
        if sorted(data[name].dimensions) != sorted(dimensions) or len(dimensions) != 3:
            raise InputError(
                f"{path}: {name} has the dimensions ({', '.join(data[name].dimensions)}), expected (depth, lat, lon) "
                "or (depth, y, x), the same for all variables"
            )
        if data[name].dimensions != dimensions:
            raise InputError(f"{path}: {names[0]} and {name} have their dimensions in different orders")
    kinds = [_kind(data, dimension) for dimension in dimensions]
    for kind, word in WORDS.items():
        if kinds.count(kind) != 1:
            raise InputError(
                f"{path}: which of the dimensions ({', '.join(dimensions)}) of {names[0]} is {word}? Expected one "
                f"with a coordinate variable named {', '.join(AXIS_NAMES[kind])} or a CF standard_name"
            )
    order = (kinds.index("z"), kinds.index("y"), kinds.index("x"))
    z, y, x = (data[dimensions[n]] for n in order)
    lonlat = _in_degrees(x)
    if lonlat != _in_degrees(y):
        raise InputError(f"{path}: {x.name} and {y.name} must both be in degrees, or both in metres or km")
    return Layout(
        _nodes(path, z, _down(z) * _factor(path, z, LENGTHS)),
        _nodes(path, y, 1.0 if lonlat else _factor(path, y, LENGTHS)),
        _nodes(path, x, 1.0 if lonlat else _factor(path, x, LENGTHS), wraps=lonlat),
        lonlat,
        tuple(rows),
        tuple(1.0 if name is None else _scale(path, data[name], row) for row, name in enumerate(rows)),
        order,
    )


def _variables(path: Path, data: Any, scaled: bool) -> list[str | None]:
    """Names of the variables in the order of a medium; None for those that scaling makes."""
    lower = {name.lower(): name for name in data.variables}
    missing = [name for name in NAMES[: RHO + 1] if name not in lower]
    if "vs" in missing or (missing and not scaled):
        raise InputError(
            f"{path}: no variable {missing[0]}, expected vp, vs, rho and, for attenuation, qp, qs; the file has "
            f"{', '.join(data.variables) or 'no variables'} (medium.scaling makes vp and rho of vs)"
        )
    if ("qp" in lower) != ("qs" in lower):
        raise InputError(f"{path}: has only one of qp and qs, expected both or none")
    return [lower.get(name) for name in NAMES if name in lower or name in NAMES[: RHO + 1]]


def _kind(data: Any, dimension: str) -> str | None:
    """z, y or x, from the coordinate variable of a dimension; None if it has none or nothing tells."""
    if dimension not in data.variables or data[dimension].dimensions != (dimension,):
        return None
    variable = data[dimension]
    standard = str(getattr(variable, "standard_name", ""))
    if standard in STANDARD_NAMES:
        return STANDARD_NAMES[standard]
    axis = str(getattr(variable, "axis", "")).lower()
    if axis in AXIS_NAMES:
        return axis
    return next((kind for kind, names in AXIS_NAMES.items() if dimension.lower() in names), None)


def _in_degrees(variable: Any) -> bool:
    units = str(getattr(variable, "units", "")).strip().lower()
    standard = str(getattr(variable, "standard_name", ""))
    named = variable.name.lower() in ("lon", "longitude", "lat", "latitude")
    return units.startswith("degree") or standard in ("longitude", "latitude") or (named and not units)


def _down(variable: Any) -> float:
    """1 for a depth, -1 for a height: by `positive`, else by standard_name, else by name."""
    positive = str(getattr(variable, "positive", "")).lower()
    if positive in ("up", "down"):
        return -1.0 if positive == "up" else 1.0
    standard = str(getattr(variable, "standard_name", "")) or variable.name.lower()
    return -1.0 if standard in UPWARDS else 1.0


def _nodes(path: Path, variable: Any, factor: float, wraps: bool = False) -> Nodes:
    values = np.ma.filled(variable[:].astype(np.float64), np.nan) * factor
    nodes = Nodes.of(values, wraps)
    if nodes is None:
        raise InputError(
            f"{path}: {variable.name} must rise or fall from end to end, without missing values, at least two"
        )
    return nodes


def _scale(path: Path, variable: Any, row: int) -> float:
    if row > RHO:
        return 1.0
    return _factor(path, variable, VELOCITIES if row <= VS else DENSITIES)


def _factor(path: Path, variable: Any, known: dict[str, float]) -> float:
    """Factor to SI units; a variable without a unit is in them."""
    units = str(getattr(variable, "units", "")).strip()
    short = re.sub(r"[\s^*.]", "", units).lower()
    if short not in known:
        expected = ", ".join(name for name in known if name)
        raise InputError(f"{path}: {variable.name} is in '{units}', expected one of {expected}")
    return known[short]
