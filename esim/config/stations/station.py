"""What may a station say, and what a file or a list of them?"""

from typing import Literal

from pydantic import Field, PrivateAttr

from esim.config.point import PointConfig
from esim.config.stations.contents import Contents
from esim.config.stations.file import read
from esim.config.yaml.paths import InputFile
from esim.config.yaml.section import Section
from esim.data import locate


class StationSettings(Section):
    """What a list or a file may say for all its stations."""

    outside: Literal["refuse", "skip"] = Field(
        default="refuse",
        description="A station outside the grid: refuse the run, or skip the station with a warning.",
    )


class StationConfig(PointConfig, StationSettings):
    """A station: a named position at which time series are recorded."""

    name: str = Field(
        min_length=1, description="Name of the station, unique; text, so a number needs quotes."
    )


class StationFileConfig(StationSettings):
    """Stations of a file."""

    file: InputFile = Field(
        description="Stations of a file, relative to the configuration or data:NAME: CSV with columns name and lon, "
        "lat or x, y; GeoJSON points with a property name; StationXML (needs ObsPy); STATIONS (SPECFEM), .stl "
        "(Broadband Platform), .ll and .xy (OpenSWPC)."
    )

    _contents: dict[bool, Contents] = PrivateAttr(default_factory=dict)

    def contents(self, lonlat: bool) -> Contents:
        """What is in the file, which is read once; raises ValueError with a sentence."""
        if lonlat not in self._contents:
            self._contents[lonlat] = read(locate(self.file), lonlat)
        return self._contents[lonlat]
