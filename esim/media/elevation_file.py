"""How high is the ground in a file? Its values as elevations, positive up, in the datum of the run."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esim.config.elevation import ElevationFileConfig
from esim.data import locate
from esim.errors import InputError
from esim.io.checksum import mark_of
from esim.io.gridded import reader
from esim.io.gridded.expected import ON_EARTH, Expected
from esim.io.gridded.layout import GriddedVariable
from esim.io.remembered import REMEMBERED

OTHER_UNITS = ("km", "kilometer", "kilometers", "cm", "mm", "ft", "feet", "foot", "fathom", "fathoms")


@dataclass(frozen=True)
class ElevationFile:
    """A variable of a file (None: the only one), what its values can be, and what is added to them [m]."""

    path: Path
    variable: str | None
    expected: Expected
    shift: float = 0.0

    def describe(self, lonlat: bool) -> GriddedVariable:
        """Describes the variable without reading its values; raises InputError if the file is not usable."""
        return reader.describe(self.path, self.variable, lonlat, self.expected)

    def require_cover(
        self, x: np.ndarray, y: np.ndarray, lonlat: bool, spacing: tuple[float, float]
    ) -> GriddedVariable:
        """Describes the variable; raises InputError unless it covers the cells."""
        return reader.check_cover(
            self.path, self.variable, x, y, lonlat, spacing=spacing, expected=self.expected
        )

    def read(
        self,
        x: np.ndarray,
        y: np.ndarray,
        lonlat: bool,
        spacing: tuple[float, float],
        patchy: bool = False,
    ) -> np.ndarray:
        """Elevation [m], positive up, float64 (ny, nx) at cell centres; see `read_field`.

        Raises InputError for cells outside the file or without a value, unless it may be patchy: then they are NaN.
        Runs that follow one another in a process, as those of an ensemble, read a file once.
        """
        return REMEMBERED.of(
            (self, mark_of(self.path), x, y, lonlat, spacing, patchy),
            lambda: self._read(x, y, lonlat, spacing, patchy),
        )

    def _read(
        self, x: np.ndarray, y: np.ndarray, lonlat: bool, spacing: tuple[float, float], patchy: bool
    ) -> np.ndarray:
        field = reader.read_field(
            self.path,
            self.variable,
            x,
            y,
            lonlat,
            fill=math.nan if patchy else None,
            spacing=spacing,
            expected=self.expected,
            coverage=0.5 if patchy else None,
        ).reshape(y.size, x.size)
        return field + self.shift if self.shift else field


def elevation_file(section: ElevationFileConfig) -> ElevationFile:
    """The file that a section of the configuration names; raises InputError if it is missing."""
    limits = section.range or ON_EARTH
    expected = Expected(limits, section.missing, section.positive, terrain=section.range is None)
    return ElevationFile(locate(section.file), section.variable, expected, section.datum_shift)


def require_elevation(source: GriddedVariable) -> None:
    """Raises InputError unless a variable has one record, or no records, in metres."""
    if source.records not in (None, 1):
        raise InputError(f"{source.path}: {source.name} has {source.records} records, expected one")
    unit = source.units.lower().rstrip(".").split(",")[0]
    if not {unit, *unit.split(" ")}.isdisjoint(OTHER_UNITS):
        raise InputError(f"{source.path}: {source.name} is in {source.units}, expected metres")
