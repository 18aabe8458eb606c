"""What did a barometer record? Air pressure in time, from a table."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from esim.config.table import Table, read_table
from esim.config.yaml.suggest import listed
from esim.config.yaml.units import PRESSURE, TIME

TIMES = ("time", "t", "seconds")
PRESSURES = ("pressure", "p", "air_pressure", "pressure_change")
ENDS = 0.1  # of the largest pressure, up to which the first and the last one are taken to be rest
HIGHEST = 1e5  # Pa: what is higher is no pulse but the air itself
EXPECTED = "expected columns time [s since the origin] and pressure [Pa or hPa, above that at rest]"


class Barogram(NamedTuple):
    """Rising times [s since the origin], at least three, and the pressures above that at rest [Pa]."""

    time: tuple[float, ...]
    pressure: tuple[float, ...]


def read_barogram(path: Path) -> Barogram:
    """The record in a CSV file. Raises ValueError with a sentence for what is none, or is not at rest at its ends."""
    table = read_table(path)
    if not table.columns:
        raise ValueError(f"{path}: its first row does not name its columns; {EXPECTED}")
    time, pressure = (
        _values(path, table, names, units)
        for names, units in ((TIMES, TIME.units), (PRESSURES, PRESSURE.units))
    )
    if time.size < 3 or not (np.diff(time) > 0).all():
        raise ValueError(f"{path}: {EXPECTED}, in three rows or more whose times rise")
    peak = float(np.abs(pressure).max())
    if not 0 < peak <= HIGHEST:
        raise ValueError(f"{path}: its largest pressure is {peak:g} Pa above that at rest; {EXPECTED}")
    if max(abs(pressure[0]), abs(pressure[-1])) > ENDS * peak:
        raise ValueError(
            f"{path}: begins with {pressure[0]:g} and ends with {pressure[-1]:g} Pa; expected a record that begins and "
            f"ends at rest, within {100 * ENDS:g} % of its largest, {peak:g} Pa"
        )
    return Barogram(tuple(time.tolist()), tuple(pressure.tolist()))


def _values(path: Path, table: Table, names: tuple[str, ...], units: Any) -> np.ndarray:
    """The numbers of the column of some name, in SI units."""
    column = table.find(names)
    if column is None:
        titles = listed(one.title for one in table.columns)
        raise ValueError(f"{path}: has no column '{names[0]}', but {titles}; {EXPECTED}")
    unit = table.columns[column].unit
    if unit and unit not in units:
        raise ValueError(f"{path}: the column '{names[0]}' has the unit '{unit}'; {EXPECTED}")
    values = []
    for number, row in table.rows:
        try:
            values.append(float(row[column]))
        except ValueError:
            raise ValueError(
                f"{path.name}, line {number}: '{row[column]}' is no number; {EXPECTED}"
            ) from None
    if not np.isfinite(values).all():
        raise ValueError(f"{path}: the column '{names[0]}' has gaps; {EXPECTED}")
    return np.array(values) * (float(units[unit]) if unit else 1.0)
