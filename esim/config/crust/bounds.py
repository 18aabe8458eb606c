"""Can a number be a speed, a density or a quality factor of the ground? The same bounds wherever it is read.

They are wide enough for peat, ice, the sea and the core of the Earth, and narrow enough that km/s and g/cm3 are not
taken for m/s and kg/m3, nor these for those.
"""

from typing import NamedTuple


class Bounds(NamedTuple):
    """What a value can be, its unit, and a thousand of these, as files have them too."""

    low: float
    high: float
    unit: str
    thousand: str


BOUNDS = {
    "vp": Bounds(100.0, 20_000.0, "m/s", "km/s"),
    "vs": Bounds(10.0, 15_000.0, "m/s", "km/s"),
    "rho": Bounds(100.0, 20_000.0, "kg/m3", "g/cm3"),
    "qp": Bounds(1.0, float("inf"), "", ""),
    "qs": Bounds(1.0, float("inf"), "", ""),
}


def bounds_problem(name: str, value: float) -> str | None:
    """A sentence if vp, vs [m/s], rho [kg/m3], qp or qs cannot be what it is called; a vs of 0 is that of a fluid."""
    low, high, unit, thousand = BOUNDS[name]
    if low <= value <= high or (name == "vs" and value == 0):
        return None
    if not unit:
        guess = f"; is it 1/Q, of a Q of {1 / value:.4g}?" if value > 0 else ""
        return f"{name} is {value:g}, expected {low:g} or more{guess}"
    expected = (
        f"{name} is {value:g} {unit}, expected {'0 (a fluid) or ' * (name == 'vs')}{low:g} to {high:g} {unit}"
    )
    if low <= 1000 * value <= high:
        return f"{expected}; is it {value:g} {thousand}?"
    if low <= value / 1000 <= high:
        return f"{expected}; is it {value / 1000:g} {unit}, and not {thousand}?"
    return expected
