"""How do the seismograms of a run get into ObsPy? A Stream of traces, and an Inventory of the stations.

Codes are those of the miniSEED files of a run: NETWORK.STATION.LOCATION as the names of the stations say, channels
E, N and Z (up), or 1, 2 and Z where components are along the axes of a grid that is turned.
"""

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from esim.analysis.reading.run import Run
from esim.config.yaml.suggest import hint
from esim.errors import InputError
from esim.io.crust.seismograms import StationTable
from esim.io.crust.station_codes import MINISEED, NETWORK, Code
from esim.io.crust.waveforms import channels, require_obspy, stream_of

if TYPE_CHECKING:
    import xarray as xr

MOTIONS = {"velocity": ("v", "M/S"), "displacement": ("u", "M"), "acceleration": ("a", "M/S**2")}


def stream(run: Run, network: str | None = None, motion: str = "velocity") -> Any:
    """The seismograms of a run as an `obspy.Stream`, in SI units, Z upward.

    They start at the origin time, or on 1970-01-01 in a run without a date. network is the code of stations whose
    names bring none (SY, synthetic). motion is velocity, displacement or acceleration, as far as the run wrote it.
    `stats.distance` is the epicentral distance [m] where a source has a place, `stats.coordinates` the position.
    Raises InputError without such seismograms, or without ObsPy.
    """
    require_obspy("a stream")
    data, letter = _seismograms(run, motion), MOTIONS[motion][0]
    table, time = table_of(data), data["seconds"].values.astype(float)
    components = np.array([data[f"{letter}{axis}"].values for axis in "xyz"])
    codes = codes_of(table, network)
    found = stream_of(table, codes, time, components, run.start)
    for trace, n in zip(found, np.repeat(np.arange(len(codes)), 3), strict=True):
        _describe(trace, table, int(n), _epicentre(run))
    return found


def inventory(run: Run, network: str | None = None, motion: str = "velocity") -> Any:
    """The stations of a run as an `obspy.Inventory`, with the flat response of their channels, 1 in SI units.

    `inventory.write(path, format="STATIONXML")` makes a file of it. Raises InputError without seismograms, without
    ObsPy, or for a run without a place on the Earth, which StationXML needs.
    """
    require_obspy("an inventory")
    from obspy import Inventory
    from obspy.core.inventory import Network

    data = _seismograms(run, motion)
    table, codes = table_of(data), codes_of(table_of(data), network)
    if not table.located:
        raise InputError(
            f"{run.directory}: StationXML needs longitudes and latitudes; expected grid.origin in the run"
        )
    step = _step(data)
    groups: dict[str, list[Any]] = {}
    for n, code in enumerate(codes):
        groups.setdefault(code.network, []).append(_station(run, table, n, code, step, MOTIONS[motion][1]))
    networks = [Network(code, stations=stations, description=run.title) for code, stations in groups.items()]
    return Inventory(networks=networks, source="esim")


def table_of(data: "xr.Dataset") -> StationTable:
    """Names, positions and axes of the stations in stations.nc."""
    known: dict[str, Any] = {
        name: data[name].values
        for name in ("lon", "lat", "elevation", "ground_elevation", "in_water")
        if name in data
    }
    convergence = data["meridian_convergence"].values if "meridian_convergence" in data else None
    turned = any("of the grid" in str(one.attrs.get("axes", "")) for one in data.data_vars.values())
    names = [str(name) for name in data["station"].values]
    x, y, depth = (data[name].values for name in ("x", "y", "depth"))
    return StationTable(names, x, y, depth, **known, convergence=convergence, true_axes=not turned)


def codes_of(table: StationTable, network: str | None) -> list[Code]:
    """Network, station and location codes, with a network for the stations whose names bring none."""
    if network is not None and not re.fullmatch(r"[A-Za-z0-9]{1,2}", network):
        raise InputError(f"the network is '{network}'; expected one or two letters and digits, such as XX")
    return [
        code._replace(network=network.upper()) if network and _without_network(code, name) else code
        for code, name in zip(MINISEED.codes(table.names), table.names, strict=True)
    ]


def _without_network(code: Code, name: str) -> bool:
    return code.network == NETWORK and not name.startswith(f"{NETWORK}.")


def _seismograms(run: Run, motion: str) -> "xr.Dataset":
    """The stations of a run that recorded a motion."""
    if motion not in MOTIONS:
        raise InputError(f"the motion is '{motion}', {hint(motion, MOTIONS)}")
    names = {f"{MOTIONS[motion][0]}{axis}" for axis in "xyz"}
    if run.stations is None or not names <= set(run.stations) or run.stations.sizes["time"] < 2:
        raise InputError(
            f"{run.directory}: the run has no seismograms of {motion}; expected a seismic run with stations"
        )
    return run.stations


def _step(data: "xr.Dataset") -> float:
    """The sampling interval [s]."""
    return float(np.ptp(data["seconds"].values) / (data.sizes["time"] - 1))


def _epicentre(run: Run) -> tuple[float, float] | None:
    """x and y [m] of the strongest source that has a place."""
    from esim.analysis.crust.medium import sources

    found = sources(run)
    return (found[0].x, found[0].y) if found else None


def _describe(trace: Any, table: StationTable, n: int, epicentre: tuple[float, float] | None) -> None:
    """Add to a trace where its station is."""
    if table.lon is not None and table.lat is not None:
        elevation = 0.0 if table.elevation is None else float(table.elevation[n])
        place = {"latitude": float(table.lat[n]), "longitude": float(table.lon[n]), "elevation": elevation}
        trace.stats.coordinates = place
    if epicentre is not None:
        trace.stats.distance = float(np.hypot(table.x[n] - epicentre[0], table.y[n] - epicentre[1]))


def _station(run: Run, table: StationTable, n: int, code: Code, step: float, units: str) -> Any:
    """A station with its three channels."""
    from obspy import UTCDateTime
    from obspy.core.inventory import Channel, Site, Station
    from obspy.core.inventory.response import Response

    assert table.lat is not None and table.lon is not None
    ground = 0.0 if table.ground_elevation is None else float(table.ground_elevation[n])
    place = {"latitude": float(table.lat[n]), "longitude": float(table.lon[n]), "elevation": ground}
    flat = Response.from_paz([], [], 1.0, input_units=units, output_units=units)
    made = [
        Channel(
            one.code(step), code.location, **place, depth=float(table.depth[n]), azimuth=one.azimuth,
            dip=one.incidence - 90.0, sample_rate=1 / step,
            response=flat,
        )
        for one in channels(table, n)
    ]  # fmt: skip
    start = None if run.start is None else UTCDateTime(run.start)
    return Station(code.station, **place, site=Site(name=table.names[n]), channels=made, start_date=start)
