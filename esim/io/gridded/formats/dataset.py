"""What does every format hold? Variables with dimensions and attributes, as an open NetCDF file has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np


class Values(Protocol):
    """An array, or a file that gives windows of one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values along each dimension."""

    def __getitem__(self, index: Any) -> np.ndarray:
        """The values of a window, NaN or masked where there is none."""


class Variable:
    """A variable of a `Dataset`; attributes of the file, such as units, are attributes of it."""

    def __init__(self, name: str, dimensions: tuple[str, ...], values: Values, **attributes: str) -> None:
        self.name, self.dimensions, self._values = name, dimensions, values
        vars(self).update(attributes)

    dtype = np.dtype(np.float64)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values along each dimension."""
        return self._values.shape

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.dimensions)

    def __getitem__(self, index: Any) -> np.ndarray:
        return self._values[index]


@dataclass(frozen=True)
class Dataset:
    """The variables of a file by name, coordinates among them.

    crs is the coordinate reference system (WKT), None if the file has none; notes are sentences about what was
    assumed of it.
    """

    variables: Mapping[str, Variable]
    crs: str | None = None
    notes: tuple[str, ...] = field(default=())

    def __getitem__(self, name: str) -> Variable:
        return self.variables[name]


def grid(
    fields: Mapping[str, Values],
    x: np.ndarray,
    y: np.ndarray,
    times: np.ndarray | None = None,
    *,
    attributes: Mapping[str, Mapping[str, str]] | None = None,
    **more: Any,
) -> Dataset:
    """The dataset of fields (y, x), or (time, y, x) where there are times [s], at the nodes x and y.

    attributes are those of x, y and the fields, where the file has them; more are the other parts of `Dataset`.
    """
    known = attributes or {}
    dimensions = ("y", "x") if times is None else ("time", "y", "x")
    made = [Variable(name, (name,), nodes, **known.get(name, {})) for name, nodes in (("y", y), ("x", x))]
    if times is not None:
        made.append(Variable("time", ("time",), times, units="s"))
    made += [Variable(name, dimensions, values, **known.get(name, {})) for name, values in fields.items()]
    return Dataset({variable.name: variable for variable in made}, **more)
