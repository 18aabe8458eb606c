"""Numbers with units: `4 arcmin`, `2 h`, `50 km`. A bare number is in SI units, an angle in degrees."""

import math
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from numbers import Real
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from esim.config.yaml.suggest import nearest, shown
from esim.config.yaml.within import Beyond, Within

_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*")


@dataclass(frozen=True)
class Dimension:
    """What a number measures: its name in a sentence, an example, the size of each unit, and its bounds, in SI units.

    The bounds are those of all that there is on the Earth; a key may have narrower ones of its own.
    """

    name: str
    example: str = ""
    units: Mapping[str, Fraction] = field(default_factory=dict)
    within: Within = Within(-sys.float_info.max, sys.float_info.max, "the largest number there is")

    @property
    def wanted(self) -> str:
        """The dimension as the end of a sentence that says what was expected."""
        return f"expected {self.name} such as {self.example}"


def _units(**names: int | float | str) -> dict[str, Fraction]:
    """Units by their size; several spellings of one unit are separated by underscores."""
    return {name: Fraction(size) for spellings, size in names.items() for name in spellings.split("_")}


NUMBER = Dimension("a plain number", "0.5")
LENGTH = Dimension(
    "a length",
    "'50 km'",
    _units(m=1, km=1000, cm="1/100", mm="1/1000"),
    Within(-5e7, 5e7, "the Earth is 4.0e7 m around"),
)
ANGLE = Dimension(
    "an angle",
    "'4 arcmin'",
    _units(deg_degree_degrees=1, arcmin="1/60", arcsec="1/3600") | {"°": Fraction(1)},
    Within(-720.0, 720.0, "that is twice round in degrees"),
)
TIME = Dimension(
    "a time",
    "'15 min'",
    _units(s_sec_second_seconds=1, ms="1/1000", min_minute_minutes=60, h_hour_hours=3600, d_day_days=86400),
    Within(-1e11, 1e11, "that is three thousand years in seconds"),
)
SPEED = Dimension(
    "a speed",
    "'50 m/s'",
    {
        "m/s": Fraction(1),
        "km/s": Fraction(1000),
        "cm/s": Fraction(1, 100),
        "mm/s": Fraction(1, 1000),
        "km/h": Fraction(1000, 3600),
    },
    Within(-3e8, 3e8, "light is not faster, seismic waves are below 14,000 m/s"),
)
SLOWNESS = Dimension(
    "a slowness",
    "'0.06 s/km'",
    {"s/m": Fraction(1), "s/km": Fraction(1, 1000), "ms/m": Fraction(1, 1000)},
    Within(-1.0, 1.0, "a slowness in s/m of one is a speed of 1 m/s"),
)
ACCELERATION = Dimension(
    "an acceleration",
    "'9.81 m/s2'",
    {"m/s2": Fraction(1), "m/s^2": Fraction(1)},
    Within(-1e4, 1e4, "that is a thousand times gravity in m/s2"),
)
PRESSURE = Dimension(
    "a pressure",
    "'40 GPa'",
    _units(Pa=1, hPa=100, kPa=1000, MPa=10**6, GPa=10**9),
    Within(-1e13, 1e13, "in the centre of the Earth it is 3.6e11 Pa"),
)
FREQUENCY = Dimension(
    "a frequency",
    "'2 Hz'",
    _units(Hz=1, kHz=1000, mHz="1/1000"),
    Within(-1e6, 1e6, "waves in rock and water are below 1 MHz"),
)
FORCE = Dimension(
    "a force",
    "'1e15 N'",
    _units(N=1, kN=10**3, MN=10**6, GN=10**9),
    Within(-1e20, 1e20, "the largest landslides exert 1e13 N"),
)
MOMENT = Dimension(
    "a moment",
    "'1e18 N m'",
    {"N m": Fraction(1), "Nm": Fraction(1), "dyn cm": Fraction("1e-7")},
    Within(-1e26, 1e26, "the largest earthquake known, of 1960, had 2e23 N m"),
)
DENSITY = Dimension(
    "a density",
    "'2700 kg/m3'",
    {"kg/m3": Fraction(1), "kg/m^3": Fraction(1), "g/cm3": Fraction(1000), "g/cm^3": Fraction(1000)},
    Within(-1e8, 1e8, "nothing in the Earth is denser than 2e4 kg/m3"),
)
VOLUME = Dimension(
    "a volume",
    "'1e7 m3'",
    {"m3": Fraction(1), "m^3": Fraction(1), "km3": Fraction(10**9), "km^3": Fraction(10**9)},
    Within(-1e14, 1e14, "in m3; the largest eruptions known brought up some 5e12 m3"),
)
SPEED_GRADIENT = Dimension(
    "a speed per depth",
    "'0.5 m/s/m'",
    {"m/s/m": Fraction(1), "m/s/km": Fraction(1, 1000), "km/s/km": Fraction(1), "1/s": Fraction(1)},
    Within(-1e4, 1e4, "over a metre no speed changes by more than all speeds there are"),
)
DENSITY_GRADIENT = Dimension(
    "a density per depth",
    "'20 kg/m3/km'",
    {"kg/m3/m": Fraction(1), "kg/m3/km": Fraction(1, 1000)},
    Within(-2e4, 2e4, "over a metre no density changes by more than all densities there are"),
)
MEMORY = Dimension(
    "an amount of memory",
    "'4 GB'",
    _units(B=1, kB=10**3, MB=10**6, GB=10**9, TB=10**12, KiB=2**10, MiB=2**20, GiB=2**30, TiB=2**40),
    Within(0, 1e18, "no machine has more bytes"),
)
BANDWIDTH = Dimension(
    "a bandwidth",
    "'12.5 GB/s'",
    {
        f"{prefix}B/s": Fraction(10**power)
        for prefix, power in (("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12))
    }
    | {f"{prefix}bit/s": Fraction(10**power, 8) for prefix, power in (("M", 6), ("G", 9))},
    Within(0, 1e18, "no memory or network moves more bytes per second"),
)
LATENCY = Dimension(
    "a latency",
    "'2 us'",
    _units(s=1, ms="1/1000", us="1/1000000", ns="1/1000000000"),
    Within(0, 1e3, "no message takes a quarter of an hour"),
)
POWER = Dimension(
    "a power", "'700 W'", _units(W=1, kW=1000), Within(0, 1e9, "a power station has a thousand MW")
)
DIMENSIONS = (
    LENGTH,
    ANGLE,
    TIME,
    SPEED,
    SLOWNESS,
    ACCELERATION,
    PRESSURE,
    FREQUENCY,
    FORCE,
    MOMENT,
    DENSITY,
    VOLUME,
    SPEED_GRADIENT,
    DENSITY_GRADIENT,
    MEMORY,
    BANDWIDTH,
    LATENCY,
    POWER,
)


def parse(value: object, dimension: Dimension) -> float:
    """The value in SI units (angles in degrees) of a number, or of a string with a unit of `dimension`.

    Raises ValueError with a sentence that names the dimension expected.
    """
    if isinstance(value, str):
        return _finite(_parse_text(value, dimension), value, dimension)
    if isinstance(value, Real) and not isinstance(value, bool):
        return _finite(value, value, dimension)
    raise ValueError(f"{shown(value)} is not {dimension.name}; {dimension.wanted}")


def _parse_text(text: str, dimension: Dimension) -> float:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{shown(text)} is not {dimension.name}; {dimension.wanted}")
    number, unit = float(match[1]), match[2]
    if not unit:
        return number
    if unit not in dimension.units:
        raise ValueError(_wrong_unit(text, unit, dimension))
    size = dimension.units[unit]
    return number * size.numerator / size.denominator


def _wrong_unit(text: str, unit: str, dimension: Dimension) -> str:
    other = next((d for d in DIMENSIONS if unit in d.units), None)
    if other is not None:
        return f"{shown(text)} is {other.name}; {dimension.wanted}"
    near = nearest(unit, dimension.units)
    meant = f", did you mean '{near}'?" if near else f"; {dimension.wanted}"
    return f"{shown(text)} has an unknown unit '{unit}'{meant}"


def _finite(number: Real | float, value: object, dimension: Dimension) -> float:
    try:
        result = float(number)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise ValueError(f"{shown(value)} is not a finite number; {dimension.wanted}")
    if not dimension.within.low <= result <= dimension.within.high:
        unit = next((name for name, size in dimension.units.items() if size == 1), "")
        raise Beyond(f"{shown(value)} {dimension.within.problem(result, unit)}", result)
    return result


def _whole(value: object, dimension: Dimension) -> int:
    return round(parse(value, dimension))


def _quantity(
    dimension: Dimension, convert: Callable[..., Any] = parse
) -> tuple[BeforeValidator, WithJsonSchema]:
    """The pydantic annotations of a number with units, and how the schema shows it."""
    schema = {"type": ["number", "string"] if dimension.units else "number"}
    return BeforeValidator(partial(convert, dimension=dimension)), WithJsonSchema(schema)


Number = Annotated[float, *_quantity(NUMBER)]
Length = Annotated[float, *_quantity(LENGTH)]
Angle = Annotated[float, *_quantity(ANGLE)]
Duration = Annotated[float, *_quantity(TIME)]
Speed = Annotated[float, *_quantity(SPEED)]
Slowness = Annotated[float, *_quantity(SLOWNESS)]
Acceleration = Annotated[float, *_quantity(ACCELERATION)]
Pressure = Annotated[float, *_quantity(PRESSURE)]
Frequency = Annotated[float, *_quantity(FREQUENCY)]
Force = Annotated[float, *_quantity(FORCE)]
ScalarMoment = Annotated[float, *_quantity(MOMENT)]
Density = Annotated[float, *_quantity(DENSITY)]
Volume = Annotated[float, *_quantity(VOLUME)]
SpeedGradient = Annotated[float, *_quantity(SPEED_GRADIENT)]
DensityGradient = Annotated[float, *_quantity(DENSITY_GRADIENT)]
Memory = Annotated[int, *_quantity(MEMORY, _whole)]
Bandwidth = Annotated[float, *_quantity(BANDWIDTH)]
Latency = Annotated[float, *_quantity(LATENCY)]
Power = Annotated[float, *_quantity(POWER)]
Count = Annotated[int, Field(strict=True), Within(-(2**63), 2**63 - 1, "whole numbers have 64 bits")]
