"""Where are the stations? Their positions on the plane of the grid, and their sites in the ground or in the sea."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from esim.config.crust.inside import outside
from esim.config.crust.root import SeismicConfig
from esim.config.crust.station import ReceiverConfig
from esim.config.point import PointConfig
from esim.crust.medium.ground import Ground
from esim.crust.medium.placing import ROUNDING, Columns, ReceiverSite
from esim.errors import InputError
from esim.grids.axes import meridian_convergence
from esim.grids.projection import Projection
from esim.io.crust.seismograms import StationTable
from esim.io.crust.station_codes import MINISEED, SAC, CodeFormat
from esim.io.crust.waveforms import sac_files

SHOWN = 12  # stations in the plan of a run, at most


def plane_position(point: PointConfig, projection: Projection | None) -> tuple[float, float]:
    """x, y [m] of a point of the configuration, which has lon and lat only where there is a projection."""
    if projection is None or not point.lonlat:
        return point.position
    x, y = projection.to_xy(*point.position)
    return float(x), float(y)


def place_stations(
    config: SeismicConfig, ground: Ground, projection: Projection | None
) -> tuple[list[ReceiverSite], list[str]]:
    """The site of every station, and what the user should know of them, a sentence each.

    Raises InputError with a sentence for each that is outside the grid, or in_water where there is none.
    """
    stations, problems = config.receivers, list[str]()
    if not stations:
        return [], []
    x, y = np.array([plane_position(s, projection) for s in stations]).T
    for n, station in enumerate(stations):
        depth = ground.grid.depth_min + (station.depth if station.elevation is None else 0.0)
        problems += _outside(ground, n, station, x[n], y[n], depth, f", depth {station.depth:g} m")
    if problems:
        raise InputError("\n".join(problems))
    columns, sites = Columns(ground, x, y), list[ReceiverSite]()
    raised, afloat = dict[str, float](), list[str]()
    for n, station in enumerate(stations):
        site, where = _site(ground, columns, n, station, float(x[n]), float(y[n]))
        problems += _outside(ground, n, station, site.x, site.y, site.depth, where)
        problems += _without_water(ground, columns, n, station, site, where)
        if station.elevation is not None and site.depth + station.elevation > ROUNDING * ground.grid.dz:
            raised[station.name] = site.depth + station.elevation
        if columns.all_sea[n] and not station.in_water:
            afloat.append(station.name)
        sites.append(site)
    if problems:
        raise InputError("\n".join(problems))
    return sites, list(_remarks(raised, afloat))


def _site(
    ground: Ground, columns: Columns, n: int, station: ReceiverConfig, x: float, y: float
) -> tuple[ReceiverSite, str]:
    """The site of a station, and its height in words."""
    top, floor, margin = float(columns.top[n]), float(columns.floor[n]), ROUNDING * ground.grid.dz
    begins = top if station.in_water or columns.all_sea[n] else floor
    if station.elevation is None:
        depth = begins + station.depth
        where = f", {station.depth:g} m below the {'sea surface' if begins < floor else 'ground'}"
    else:
        depth, where = -station.elevation, f", elevation {station.elevation:g} m"
        if depth < top - margin:
            depth = begins
    in_water = station.in_water or bool(columns.wet[n] and depth < floor - margin)
    below = depth - (top if in_water else begins)
    elevation = math.nan if columns.all_sea[n] else -floor + 0.0
    return ReceiverSite(x, y, depth, in_water, below, elevation), where


def _outside(
    ground: Ground, n: int, station: ReceiverConfig, x: float, y: float, depth: float, where: str
) -> list[str]:
    """A sentence for a station that is outside the grid."""
    found = outside(ground.grid, f"station '{station.name}' at x {x:g}, y {y:g}{where}", x, y, depth)
    return [] if found is None else [f"stations.{n}: {found[1]}"]


def _without_water(
    ground: Ground, columns: Columns, n: int, station: ReceiverConfig, site: ReceiverSite, where: str
) -> list[str]:
    """A sentence for a station in_water where there is none."""
    top, floor, margin = columns.top[n], columns.floor[n], ROUNDING * ground.grid.dz
    if not station.in_water or (columns.wet[n] and top - margin <= site.depth <= floor + margin):
        return []
    sea = (
        f"the sea there reaches from depth {top:g} to {floor:g} m"
        if columns.wet[n]
        else "there is no sea there"
    )
    what = f"station '{station.name}' at x {site.x:g}, y {site.y:g}{where}"
    return [f"stations.{n}: {what} is to be in_water, but {sea}"]


def _remarks(raised: Mapping[str, float], afloat: Sequence[str]) -> Iterator[str]:
    """Sentences about stations that were placed on the ground, and those that have no ground below."""
    if raised:
        first, most = next(iter(raised)), max(raised.values())
        yield (
            f"stations: {len(raised)} with an elevation above the ground, which is made of cells here, by up to "
            f"{most:.3g} m ('{first}' is the first); they are placed on it"
        )
    if afloat:
        yield (
            f"stations: no ground lies below {len(afloat)} of them ('{afloat[0]}' is the first), only fluid; their "
            "depth is counted from the top of the fluid"
        )


def describe_stations(config: SeismicConfig, sites: Sequence[ReceiverSite]) -> Iterator[str]:
    """The lines of the plan of a run: where the first stations sit."""
    for station, site in list(zip(config.receivers, sites, strict=True))[:SHOWN]:
        medium, below = ("water", "sea surface") if site.in_water else ("ground", "ground")
        yield (
            f"station        {station.name}, in the {medium} {site.below:g} m below the {below}: elevation "
            f"{site.elevation:g} m, that of the ground {site.ground_elevation:g} m"
        )
    if len(sites) > SHOWN:
        yield f"station        and {len(sites) - SHOWN} more"


def station_records(
    config: SeismicConfig, sites: Sequence[ReceiverSite], projection: Projection | None
) -> list[dict[str, Any]]:
    """What run.json has of the stations: where they are [m], in which medium, and how high the ground is there."""
    table = station_table(config, sites, projection)
    return [
        {
            "name": name,
            "x": site.x,
            "y": site.y,
            **({} if table.lon is None or table.lat is None else {"lon": table.lon[n], "lat": table.lat[n]}),
            "depth": site.below,
            "elevation": site.elevation,
            "ground_elevation": None if math.isnan(site.ground_elevation) else site.ground_elevation,
            "medium": "water" if site.in_water else "ground",
        }
        for n, (name, site) in enumerate(zip(table.names, sites, strict=True))
    ]


def station_table(
    config: SeismicConfig, sites: Sequence[ReceiverSite], projection: Projection | None
) -> StationTable:
    """Names and positions of all stations, for their files."""
    x, y, depth, in_water, below, ground = (np.array(column) for column in zip(*sites, strict=True))
    places: dict[str, Any] = {"elevation": 0.0 - depth, "ground_elevation": ground, "in_water": in_water}
    if projection is not None:
        lon, lat = projection.to_lonlat(x, y)
        places |= {"lon": lon, "lat": lat, "convergence": meridian_convergence(projection, lon, lat)}
    true_axes = config.output.stations.axes == "geographic"
    names, formats = [station.name for station in config.receivers], waveform_formats(config)
    return StationTable(names, x, y, below, **places, true_axes=true_axes, formats=formats)


def waveform_formats(config: SeismicConfig) -> list[CodeFormat]:
    """The formats, besides NetCDF, in which seismograms are written."""
    output = config.output.stations
    return [one for one, wanted in ((SAC, output.sac), (MINISEED, output.miniseed)) if wanted]


def seismogram_files(
    config: SeismicConfig, sites: Sequence[ReceiverSite], projection: Projection | None, interval: float
) -> list[str]:
    """Names of the files that have the seismograms of a run, sampled at an interval [s]."""
    if not sites:
        return []
    output = config.output.stations
    names = ["stations.nc"] + ["waveforms.mseed"] * output.miniseed
    return names + (sac_files(station_table(config, sites, projection), interval) if output.sac else [])
