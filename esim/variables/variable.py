"""What is a quantity in a file called, and in which units is it?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Variable:
    """A quantity as CF describes it; standard_name and cell_methods are empty where there are none.

    lonlat_name is the standard name on a grid in degrees where that is another one (eastward, not along x); more are
    further attributes.
    """

    units: str
    long_name: str
    standard_name: str = ""
    cell_methods: str = ""
    lonlat_name: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    def attributes(self, lonlat: bool = False) -> dict[str, Any]:
        """Its attributes in a NetCDF file of a grid in degrees or in metres."""
        named = {
            "units": self.units,
            "standard_name": lonlat and self.lonlat_name or self.standard_name,
            "long_name": self.long_name,
            "cell_methods": self.cell_methods,
        }
        return {key: value for key, value in named.items() if value} | dict(self.more)


def describe(variables: Mapping[str, Variable]) -> str:
    """The names of some quantities and what they mean, as one phrase."""
    return "; ".join(f"{name} ({one.long_name})" for name, one in variables.items())
