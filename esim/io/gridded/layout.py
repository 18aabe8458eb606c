"""Which variable of a file is the grid, and where are its coordinates? CF, COARDS and GMT alike."""

import difflib
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from esim.errors import InputError
from esim.io.gridded.axis import NAMES, UNIFORM, Axis
from esim.io.gridded.formats.dataset import Dataset
from esim.io.gridded.reference import GEOGRAPHIC, require_kind, require_same, vertical_note

log = logging.getLogger("esim")

USUAL_VARIABLES = ("elevation", "z", "band1", "topo", "bathymetry", "altitude", "depth")
STANDARD_NAMES = {
    "longitude": "x",
    "projection_x_coordinate": "x",
    "latitude": "y",
    "projection_y_coordinate": "y",
    "time": "time",
}
UNITS = ((r"degrees?_?e(ast)?", "x"), (r"degrees?_?n(orth)?", "y"), (r"\w+ since .*", "time"))
METRES = {"m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0, "km": 1000.0}
DOWN = r"positive[\s_-]*(is[\s_-]*)?down|down(wards?)?[\s_-]*positive"
UP = r"positive[\s_-]*(is[\s_-]*)?up|up(wards?)?[\s_-]*positive|elevation|altitude|height|topo|relief|uplift"
DEPTH = r"depth|bathym"


Positive = Literal["up", "down"]


class Sign(NamedTuple):
    """Whether values count downwards, as depths do, and what says so.

    by is a key of the configuration, an attribute or the name of the variable, or its other words; "depth" if they
    speak of depth without saying which way it counts, "" if nothing does.
    """

    down: bool
    by: Literal["key", "attribute", "name", "words", "depth", ""]


@dataclass(frozen=True)
class GriddedVariable:
    """A variable whose last two dimensions are (y, x), and the axes of these.

    records is the length of a dimension before them, None if there is none; crs is the coordinate reference system of
    the file (WKT), None if it has none; notes are sentences about what was assumed of the file.
    """

    path: Path
    name: str
    units: str
    x: Axis
    y: Axis
    lonlat: bool
    records: int | None
    sign: Sign
    crs: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def positive_down(self) -> bool:
        """Whether it is a depth."""
        return self.sign.down

    @property
    def names(self) -> tuple[str, str]:
        """What to call x and y."""
        return ("lon", "lat") if self.lonlat else ("x", "y")

    @property
    def resolution(self) -> tuple[float, float]:
        """Distance of the nodes (dx, dy) in degrees or metres."""
        return self.x.step, self.y.step


def find_gridded(
    path: Path, data: Any, name: str | None, lonlat: bool, positive: Positive | None = None
) -> GriddedVariable:
    """Describes the gridded variable `name`, or the one that it must be, of an open file.

    lonlat is whether the cells it is wanted for are in degrees, positive which way its values count if the file is
    not to be asked. Raises InputError: no such variable (lists what the file has), more than one candidate,
    coordinates missing, in the wrong unit, unsorted or uneven.
    """
    crs, notes = (data.crs, data.notes) if isinstance(data, Dataset) else (None, ())
    require_kind(path, crs, lonlat)
    name = _find_variable(path, data, name)
    variable = data[name]
    if variable.ndim not in (2, 3):
        raise InputError(f"{path}: variable {name} is {_shape(variable)}, expected (y, x) or (time, y, x)")
    y, x = (_find_axis(path, data, variable, kind, lonlat) for kind in ("y", "x"))
    units = str(getattr(variable, "units", "")).strip()
    records = variable.shape[0] if variable.ndim == 3 else None
    sign = Sign(positive == "down", "key") if positive else _sign(path, variable)
    if lonlat:
        require_same(path, crs, GEOGRAPHIC, x, y)
    notes = (*notes, *vertical_note(path, crs), *_assumed(path, variable, sign))
    return GriddedVariable(path, name, units, x, y, lonlat, records, sign, crs, notes)


def _find_variable(path: Path, data: Any, name: str | None) -> str:
    found = ", ".join(f"{key} {_shape(data[key])}" for key in data.variables)
    listed = f"the file has {found or 'no variables'}"
    if name is not None:
        if name in data.variables:
            return name
        near = difflib.get_close_matches(name, data.variables, 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise InputError(f"{path}: no variable {name}{hint}; {listed}")
    gridded = [key for key in data.variables if _is_gridded(data, data[key])]
    usual = sorted((key for key in gridded if key.lower() in USUAL_VARIABLES), key=_rank)
    if len(gridded) == 1 or usual:
        return (usual or gridded)[0]
    if gridded:
        raise InputError(f"{path}: several variables on a grid, name one of {', '.join(gridded)}; {listed}")
    raise InputError(f"{path}: no variable on a grid (y, x) with 1-D coordinates; {listed}")


def _rank(name: str) -> int:
    return USUAL_VARIABLES.index(name.lower())


def _is_gridded(data: Any, variable: Any) -> bool:
    return (
        variable.ndim in (2, 3)
        and np.dtype(variable.dtype).kind in "iuf"
        and _coordinate(data, variable.dimensions[-2], "y") is not None
        and _coordinate(data, variable.dimensions[-1], "x") is not None
    )


def _shape(variable: Any) -> str:
    sizes = zip(variable.dimensions, variable.shape, strict=True)
    return f"({', '.join(f'{name}: {size}' for name, size in sizes)})"


def _coordinate(data: Any, dimension: str, kind: str) -> Any:
    """The 1-D variable along a dimension that is of this kind; else the dimension's own, if it is of none."""
    along = [v for v in data.variables.values() if v.dimensions == (dimension,) and v.dtype != str]
    of_kind = [v for v in along if _kind(v) == kind]
    unknown = [v for v in along if _kind(v) is None and v.name == dimension]
    return next(iter(of_kind + unknown), None)


def _kind(variable: Any) -> str | None:
    """x, y or time by standard_name, units, axis or name, in this order; None if nothing tells."""
    standard = str(getattr(variable, "standard_name", ""))
    if standard.startswith("grid_"):
        return "rotated"
    if standard in STANDARD_NAMES:
        return STANDARD_NAMES[standard]
    units = str(getattr(variable, "units", ""))
    for pattern, kind in UNITS:
        if re.fullmatch(pattern, units, re.IGNORECASE):
            return kind
    axis = {"X": "x", "Y": "y", "T": "time"}.get(str(getattr(variable, "axis", "")).upper())
    return axis or next((kind for kind, names in NAMES.items() if variable.name.lower() in names), None)


def _find_axis(path: Path, data: Any, variable: Any, kind: str, lonlat: bool) -> Axis:
    dimension = variable.dimensions[-1 if kind == "x" else -2]
    coordinate = _coordinate(data, dimension, kind)
    if coordinate is None:
        raise InputError(
            f"{path}: variable {variable.name} is {_shape(variable)}, but {dimension} has no coordinate"
            f" variable that is a {_word(kind, lonlat)}; expected the dimensions (y, x)"
        )
    values = np.ma.filled(coordinate[:].astype(np.float64), np.nan) * _unit(path, coordinate, kind, lonlat)
    where = f"{path}: {_word(kind, lonlat)} ({coordinate.name})"
    axis = _uniform_axis(where, values, wraps=lonlat and kind == "x")
    if lonlat and kind == "y" and max(-values.min(), values.max()) > 90 + UNIFORM * axis.step:
        raise InputError(f"{where} runs from {values.min():g} to {values.max():g}, expected -90 to 90")
    return axis


def _word(kind: str, lonlat: bool) -> str:
    return {"x": "longitude", "y": "latitude"}[kind] if lonlat else f"coordinate {kind}"


def _unit(path: Path, coordinate: Any, kind: str, lonlat: bool) -> float:
    """Factor to degrees or metres; a coordinate without a unit is taken to be in that of the cells."""
    units = str(getattr(coordinate, "units", "")).strip().lower()
    standard = str(getattr(coordinate, "standard_name", ""))
    degrees = units.startswith("degree") or standard in ("longitude", "latitude")
    metres = units in METRES or standard.startswith("projection_")
    if degrees and not lonlat:
        raise InputError(f"{path}: {coordinate.name} is in degrees, but the grid is cartesian, in metres")
    if metres and lonlat:
        raise InputError(f"{path}: {coordinate.name} is in metres, but the grid is lonlat, in degrees")
    return METRES.get(units, 1.0)


def _uniform_axis(where: str, values: np.ndarray, wraps: bool) -> Axis:
    if values.size < 2 or not np.isfinite(values).all():
        raise InputError(f"{where} has missing values or fewer than two")
    if wraps:
        values = np.unwrap(values, period=360.0)
    falling = bool(values[-1] < values[0])
    rising = values[::-1] if falling else values
    if not (np.diff(rising) > 0).all():
        raise InputError(f"{where} is neither rising nor falling from end to end")
    step = float(rising[-1] - rising[0]) / (values.size - 1)
    uneven = np.abs(rising - (rising[0] + step * np.arange(values.size))) > UNIFORM * step
    if uneven.any():
        raise InputError(
            f"{where} is not evenly spaced, as at {rising[uneven.argmax()]:g}; resample the file"
        )
    turn = 360.0 / step if wraps else None
    if turn and abs(turn - round(turn)) < UNIFORM:
        turn = float(round(turn))
        step = 360.0 / turn if values.size >= turn else step  # a seam closes exactly
    return Axis(float(rising[0]), step, values.size, falling, turn)


def _sign(path: Path, variable: Any) -> Sign:
    """Which way a variable counts: by `positive`, else by standard_name and name, else by its long_name."""
    attribute = str(getattr(variable, "positive", "")).lower()
    standard, name = str(getattr(variable, "standard_name", "")).lower(), variable.name.lower()
    words = f"{name} {standard} {getattr(variable, 'long_name', '')}".lower()
    if attribute in ("up", "down"):
        found = Sign(attribute == "down", "attribute")
    elif "depth" in standard or name == "depth":
        found = Sign(True, "name")
    elif re.search(DOWN, words):
        found = Sign(True, "words")
    elif re.search(UP, words):
        found = Sign(False, "words")
    else:
        found = Sign(False, "depth" if re.search(DEPTH, words) else "")
    if found.down:
        log.info("%s: variable %s is a depth, positive down; its sign is changed", path, variable.name)
    return found


def _assumed(path: Path, variable: Any, sign: Sign) -> tuple[str, ...]:
    """A sentence about a depth that only its description says to be one."""
    if not (sign.down and sign.by in ("name", "words")):
        return ()
    long_name = getattr(variable, "long_name", "")
    reason = f"its long_name is '{long_name}'" if sign.by == "words" and long_name else "its name says so"
    return (
        f"{path.name}: {variable.name} is read as a depth, positive down, as {reason}; if it is not, set positive: up",
    )
