"""Which seismograms were recorded at the stations? stations.nc of a crust run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from esim.io import cf
from esim.io.timeseries import write_timeseries

HEIGHT = {"units": "m", "standard_name": "altitude", "positive": "up"}


@dataclass(frozen=True)
class StationTable:
    """Names and positions of the stations: x east, y north, depth below the ground [m]; lon, lat [degrees].

    Of stations in_water depth counts from the sea surface. elevation and ground_elevation [m] are heights of the
    station and of the ground there, positive up.
    """

    names: Sequence[str]
    x: Sequence[float] | np.ndarray
    y: Sequence[float] | np.ndarray
    depth: Sequence[float] | np.ndarray
    lon: Sequence[float] | np.ndarray | None = None
    lat: Sequence[float] | np.ndarray | None = None
    elevation: Sequence[float] | np.ndarray | None = None
    ground_elevation: Sequence[float] | np.ndarray | None = None
    in_water: Sequence[bool] | np.ndarray | None = None

    @property
    def located(self) -> bool:
        """Whether longitudes and latitudes are known."""
        return self.lon is not None and self.lat is not None


def write_seismograms(
    directory: Path,
    stations: StationTable,
    time: np.ndarray,
    series: Mapping[str, np.ndarray],
    attributes: Mapping[str, str],
    start: datetime | None = None,
) -> None:
    """Writes stations.nc, whole or not at all; called on the writer thread.

    series are variables (stations, times) in SI units by name: vx, vy, vz, ux, ..., ax, ..., exx, ..., pressure;
    z points down. time is in seconds since the origin. Raises MachineError if the disk fails.
    """
    places = {"depth": stations.depth, "y": stations.y, "x": stations.x}
    coordinates = {name: (values, cf.coordinate_attributes(name)) for name, values in places.items()}
    coordinates["depth"][1]["long_name"] = (
        "depth below the ground, of stations in water below the sea surface, positive down"
    )
    for name, values in (("lat", stations.lat), ("lon", stations.lon)):
        if values is not None:
            coordinates[name] = values, cf.auxiliary_attributes(name)
    more = {
        name: (values, about)
        for name, values, about in (
            ("elevation", stations.elevation, HEIGHT | {"long_name": "height of the station, positive up"}),
            ("ground_elevation", stations.ground_elevation, cf.variable_attributes("elevation", False)),
            ("in_water", stations.in_water, {"long_name": "1 in the sea, 0 in the ground", "units": "1"}),
        )
        if values is not None
    }
    described = {name: (values, cf.variable_attributes(name, False)) for name, values in series.items()}
    write_timeseries(
        directory / "stations.nc", stations.names, coordinates, described, time, attributes, start, more
    )
