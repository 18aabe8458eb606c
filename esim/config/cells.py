"""How many cells of one size fill an extent?"""

from math import floor
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from esim.config.yaml.section import KeyProblem
from esim.config.yaml.units import Angle, Length

MIN_CELLS = 4
MAX_CELLS = 10_000_000  # along one side; more is a slip of the pen
WHOLE = 1e-6  # how far from a whole number the number of cells may be

Range = tuple[Length, Length]
Size = Annotated[Length, Field(gt=0)]
Width = Annotated[Angle, Field(gt=0)]


def one_or(n: int) -> tuple[BeforeValidator, WithJsonSchema]:
    """The pydantic annotations of a tuple of n values, for all of which one value may stand."""

    def spread(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return (value,) * n
        if len(value) != n:
            raise ValueError(f"has {len(value)} items; expected {n}, or one value for all")
        return value

    size = {"type": ["number", "string"]}
    several = {"type": "array", "items": size, "minItems": n, "maxItems": n}
    return BeforeValidator(spread), WithJsonSchema({"anyOf": [size, several]})


def check_range(key: str, extent: tuple[float, float]) -> None:
    """Raise KeyProblem unless an extent [from, to] increases."""
    first, last = extent
    if first >= last:
        raise KeyProblem(key, f"expected [from, to] with from below to, not [{first:g}, {last:g}]")


def check_enough(cells: int, names: str) -> None:
    """Raise KeyProblem where there are too few cells; names is "west to east"."""
    if cells < MIN_CELLS:
        raise KeyProblem("spacing", f"only {cells} cells from {names}; expected at least {MIN_CELLS}")


def count_cells(first: float, last: float, size: float, names: tuple[str, str], unit: str) -> int:
    """How many cells of `size` fill first..last; KeyProblem, with extents that fit, where not whole."""
    cells = (last - first) / size
    if cells > MAX_CELLS:
        raise KeyProblem("spacing", f"gives {cells:.3g} cells from {names[0]} to {names[1]}, too many")
    if abs(cells - round(cells)) <= WHOLE:
        return round(cells)
    fits = [f"{first + (floor(cells) + n) * size:.10g}" for n in (0, 1)]
    low, high = names
    raise KeyProblem(
        "spacing",
        f"{last - first:.10g} {unit} from {low} to {high} is {cells:.8g} cells of {size:.10g} {unit}, "
        f"not a whole number; {high} {fits[0]} or {fits[1]} would fit",
    )
