"""Where are the stations? Their positions on the plane of the grid, and their sites below the ground."""

from typing import Any

import numpy as np

from esim.config.crust.inside import outside
from esim.config.crust.root import SeismicConfig
from esim.config.crust.station import ReceiverConfig
from esim.config.point import PointConfig
from esim.crust.medium.surface import Surface
from esim.errors import InputError
from esim.grids.axes import meridian_convergence
from esim.grids.interpolation import Site
from esim.grids.projection import Projection
from esim.io.crust.seismograms import StationTable
from esim.io.crust.station_codes import MINISEED, SAC, CodeFormat


def plane_position(point: PointConfig, projection: Projection | None) -> tuple[float, float]:
    """x, y [m] of a point of the configuration, which has lon and lat only where there is a projection."""
    if projection is None or not point.lonlat:
        return point.position
    x, y = projection.to_xy(*point.position)
    return float(x), float(y)


def place_stations(config: SeismicConfig, surface: Surface, projection: Projection | None) -> list[Site]:
    """The site of every station; raises InputError with a sentence for each that is outside the grid."""
    sites, problems = [], []
    for n, station in enumerate(config.receivers):
        try:
            sites.append(_site(station, n, surface, projection))
        except InputError as error:
            problems.append(str(error))
    if problems:
        raise InputError("\n".join(problems))
    return sites


def _site(station: ReceiverConfig, n: int, surface: Surface, projection: Projection | None) -> Site:
    grid = surface.grid
    x, y = plane_position(station, projection)
    name = f"station '{station.name}' at x {x:g}, y {y:g}"
    found = outside(grid, f"{name}, depth {station.depth:g} m", x, y, grid.depth_min + station.depth)
    if found is None:
        site = surface.place(f"stations.{n}: station '{station.name}'", x, y, station.depth)
        found = outside(grid, f"{name}, {station.depth:g} m below the ground", x, y, site.depth)
    if found is not None:
        raise InputError(f"stations.{n}: {found[1]}")
    return site


def station_table(config: SeismicConfig, projection: Projection | None) -> StationTable:
    """Names and positions of all stations, for their files."""
    stations = config.receivers
    x, y = np.array([plane_position(s, projection) for s in stations]).reshape(-1, 2).T
    depth, places = np.array([s.depth for s in stations]), dict[str, Any]()
    if projection is not None:
        lon, lat = projection.to_lonlat(x, y)
        places = {"lon": lon, "lat": lat, "convergence": meridian_convergence(projection, lon, lat)}
    true_axes = config.output.stations.axes == "geographic"
    names, formats = [s.name for s in stations], waveform_formats(config)
    return StationTable(names, x, y, depth, **places, true_axes=true_axes, formats=formats)


def waveform_formats(config: SeismicConfig) -> list[CodeFormat]:
    """The formats, besides NetCDF, in which seismograms are written."""
    output = config.output.stations
    return [one for one, wanted in ((SAC, output.sac), (MINISEED, output.miniseed)) if wanted]
