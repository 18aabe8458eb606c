"""Which seismograms were recorded at the stations? stations.nc of a crust run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from esim.io import cf
from esim.io.crust.station_codes import CodeFormat
from esim.io.timeseries import Described, write_timeseries
from esim.variables.crust import TRUE

HEIGHT = {"units": "m", "standard_name": "altitude", "positive": "up"}


@dataclass(frozen=True)
class StationTable:
    """Names and positions of the stations: x east, y north, depth below the ground [m]; lon, lat [degrees].

    Of stations in_water depth counts from the sea surface. elevation and ground_elevation [m] are heights of the
    station and of the ground there, positive up. convergence is the azimuth of y of the grid [degrees] where the place
    on the Earth is known; with true_axes the components there are to true east and north, else along x and y. formats:
    those whose station codes are reported.
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
    convergence: Sequence[float] | np.ndarray | None = None
    true_axes: bool = True
    formats: Sequence[CodeFormat] = ()

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

    series are variables (stations, times) in SI units by name: vx, vy, vz, ux, ..., ax, ..., exx, ..., pressure; z
    points down, and x and y are true east and north, or those of the grid, as `stations` says. time is in seconds
    since the origin. Raises MachineError if the disk fails.
    """
    places = {"depth": stations.depth, "y": stations.y, "x": stations.x}
    coordinates = {name: (values, cf.coordinate_attributes(name)) for name, values in places.items()}
    coordinates["depth"][1]["long_name"] = (
        "depth below the ground, of stations in water below the sea surface, positive down"
    )
    for name, values in (("lat", stations.lat), ("lon", stations.lon)):
        if values is not None:
            coordinates[name] = values, cf.auxiliary_attributes(name)
    more: dict[str, Described] = {
        name: (values, about)
        for name, values, about in (
            ("elevation", stations.elevation, HEIGHT | {"long_name": "height of the station, positive up"}),
            ("ground_elevation", stations.ground_elevation, cf.variable_attributes("elevation", False)),
            ("in_water", stations.in_water, {"long_name": "1 in the sea, 0 in the ground", "units": "1"}),
        )
        if values is not None
    }
    described = {name: (values, _about(name, stations)) for name, values in series.items()}
    if stations.convergence is not None:
        more["meridian_convergence"] = stations.convergence, cf.auxiliary_attributes("meridian_convergence")
    for one in stations.formats:
        codes = [code.text for code in one.codes(stations.names)]
        more[f"{one.name.lower()}_code"] = (
            codes,
            {"long_name": f"network, station and location in {one.name} files"},
        )
    write_timeseries(
        directory / "stations.nc", stations.names, coordinates, described, time, attributes, start, more
    )


def _about(name: str, stations: StationTable) -> dict[str, Any]:
    """Attributes of a series, with the axes that its components have."""
    attributes = cf.variable_attributes(name, False)
    if stations.convergence is None or name not in TRUE:
        return attributes
    if stations.true_axes:
        return {**attributes, "long_name": TRUE[name].long_name, "axes": "x true east, y true north"}
    return {**attributes, "axes": "x and y of the grid, of which meridian_convergence is the azimuth of y"}
