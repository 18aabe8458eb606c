"""How strong was the shaking over the map? Grids as ShakeMap has them: PGA, PGV and macroseismic intensity.

shakemap.nc is on the grid of the run, grid.xml (the format of the USGS, Worden et al. 2020, doi:10.5066/F7W957B2) on
regular longitudes and latitudes as fine as that grid, over the largest rectangle along its edges. Peaks are the larger
of the two to east and north where the run kept these (pgv_east, pgv_north, ...), as ShakeMap has them, else those of
the length of the horizontal vector, which are larger, by a tenth to a fifth mostly. The MMI is that of PGV.
"""

import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np

from esim import __version__
from esim.analysis.crust import medium
from esim.analysis.crust.hazard.mmi import PGV, mmi
from esim.analysis.reading.plane import GEOGRAPHIC, Plane, plane_of, project, spacing
from esim.analysis.reading.run import Run
from esim.analysis.sampling.resampling import to_regular
from esim.constants import EARTH_RADIUS, STANDARD_GRAVITY
from esim.errors import InputError
from esim.io.atomic import whole_file

if TYPE_CHECKING:
    import xarray as xr

MEASURES = {  # by name: what it is multiplied with, units, those of grid.xml, long name
    "pga": (
        100 / STANDARD_GRAVITY,
        "0.01 standard_free_fall",
        "pctg",
        "peak ground acceleration, percent of g",
    ),
    "pgv": (100.0, "cm s-1", "cms", "peak ground velocity"),
}
SCHEMA = "http://earthquake.usgs.gov/eqcenter/shakemap"
LOCATION = f"http://earthquake.usgs.gov {SCHEMA}/xml/schemas/shakemap.xsd"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
EDGE = 129  # places along each side of the map


def has_pgv(run: Run) -> bool:
    """Whether a run kept a map of a PGV that is horizontal, or of all components."""
    return run.maxima is not None and any(_choices("pgv", run.maxima))


def shaking_map(run: Run) -> "xr.Dataset":
    """pga [percent of g], pgv [cm/s] and mmi over the grid of a run, without its absorbing layers.

    The attribute `component` of a peak says which it is. Raises InputError for a run without maps of PGV.
    """
    import xarray as xr

    if run.maxima is None or not has_pgv(run):
        raise InputError(f"{run.directory}: the run has no map of PGV; expected maxima.nc of a seismic run")
    found = {}
    for name, (factor, units, _, words) in MEASURES.items():
        if (choice := next(_choices(name, run.maxima), None)) is not None:
            field, component = choice
            about = {"units": units, "long_name": words, "component": component}
            found[name] = (medium.inner(run, field) * factor).astype("f4").assign_attrs(about)
    found["mmi"] = _mmi(found["pgv"])
    return xr.Dataset(found, attrs=run.maxima.attrs)


def write_shakemap(run: Run, folder: Path) -> list[Path]:
    """Writes shakemap.nc, and grid.xml where the run has a place on the Earth; returns the paths."""
    maps = shaking_map(run)
    path = folder / "shakemap.nc"
    with whole_file(path) as temporary:
        maps.to_netcdf(os.fspath(temporary), engine="netcdf4")
    plane = plane_of(maps, run.record["configuration"])
    if not plane.crs:
        logging.getLogger("esim").warning("no grid.xml: the run has no place on the Earth (grid.origin)")
        return [path]
    return [path, _write_grid_xml(run, maps, plane, folder / "grid.xml")]


def _choices(key: str, maxima: "xr.Dataset") -> Any:
    """The maps of a peak in the order in which they are preferred, with what they are in words."""
    if {f"{key}_east", f"{key}_north"} <= set(maxima):
        pair = maxima[f"{key}_east"], maxima[f"{key}_north"]
        yield pair[0].where(~(pair[1] > pair[0]), pair[1]), "larger of the two to true east and north"
    if f"{key}_horizontal" in maxima:
        yield maxima[f"{key}_horizontal"], "length of the horizontal vector"
    if key in maxima:
        yield maxima[key], "length of the vector of three components"


def _mmi(pgv: "xr.DataArray") -> "xr.DataArray":
    about = {"units": "1", "long_name": "modified Mercalli intensity from PGV (Worden et al. 2012)"}
    found = pgv.copy(data=mmi(pgv.values, PGV).astype("f4"))
    found.attrs = about
    return found


def _write_grid_xml(run: Run, maps: "xr.Dataset", plane: Plane, path: Path) -> Path:
    """Writes the format of the USGS: attributes of event and grid, then a line for each point, from the north-west."""
    step = np.rad2deg(spacing(plane.x) / EARTH_RADIUS)
    west, east, south, north = _inscribed(plane)
    regular = to_regular(maps.drop_vars("mmi"), run.record["configuration"], step)
    regular = regular.sel(lon=slice(west, east), lat=slice(south, north)).compute()
    if not (regular.sizes["lon"] and regular.sizes["lat"]):
        raise InputError(f"{run.directory}: no rectangle of longitudes and latitudes fits into the map")
    regular["mmi"] = _mmi(regular["pgv"])
    tree = _tree(run, regular.isel(lat=slice(None, None, -1)), step)
    with whole_file(path) as temporary:
        tree.write(os.fspath(temporary), encoding="UTF-8", xml_declaration=True)
    return path


def _inscribed(plane: Plane) -> tuple[float, float, float, float]:
    """West, east, south and north of the rectangle in degrees that the edges of a map leave."""
    x, y = (np.linspace(axis[0], axis[-1], EDGE) for axis in (plane.x, plane.y))
    sides = [np.broadcast_arrays(*one) for one in ((x[0], y), (x[-1], y), (x, y[0]), (x, y[-1]))]
    placed = [project(plane.system(), GEOGRAPHIC, *side) for side in sides]
    west, east, south, north = placed
    return float(west[0].max()), float(east[0].min()), float(south[1].max()), float(north[1].min())


def _tree(run: Run, grid: "xr.Dataset", step: float) -> ElementTree.ElementTree:
    """The document of regular maps whose rows begin in the north."""
    event, now = run.directory.resolve().name, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    root = ElementTree.Element(
        "shakemap_grid",
        {
            "xmlns:xsi": INSTANCE, "xmlns": SCHEMA, "xsi:schemaLocation": LOCATION,
            "event_id": event, "shakemap_id": event, "shakemap_version": "1", "code_version": f"esim {__version__}",
            "process_timestamp": now, "shakemap_originator": "esim", "map_status": "RELEASED",
            "shakemap_event_type": "SCENARIO",
        },
    )  # fmt: skip
    ElementTree.SubElement(root, "event", _event(run, event))
    ElementTree.SubElement(root, "grid_specification", _specification(grid, step))
    names = [name for name in (*MEASURES, "mmi") if name in grid]
    units = {name: entry[2] for name, entry in MEASURES.items()} | {"mmi": "intensity"}
    fields = [("LON", "dd"), ("LAT", "dd"), *((name.upper(), units[name]) for name in names)]
    for n, (name, unit) in enumerate(fields, start=1):
        ElementTree.SubElement(root, "grid_field", {"index": str(n), "name": name, "units": unit})
    ElementTree.SubElement(root, "grid_data").text = _lines(grid, names)
    ElementTree.indent(root, "")
    return ElementTree.ElementTree(root)


def _event(run: Run, name: str) -> dict[str, str]:
    """The strongest source: an attribute that is not known is empty."""
    found = medium.sources(run)
    place, depth = ("", ""), ""
    if found:
        plane = plane_of(run.maxima, run.record["configuration"])  # type: ignore[arg-type]
        lon, lat = project(plane.system(), GEOGRAPHIC, found[0].x, found[0].y)
        place, depth = (f"{float(lon):.6f}", f"{float(lat):.6f}"), f"{found[0].depth / 1000:g}"
    magnitude = "" if run.magnitude is None else f"{run.magnitude:.2f}"
    moment = "" if run.start is None else run.start.strftime("%Y-%m-%dT%H:%M:%SUTC")
    return {
        "event_id": name, "magnitude": magnitude, "depth": depth, "lat": place[1], "lon": place[0],
        "event_timestamp": moment, "event_network": "", "event_description": run.title,
    }  # fmt: skip


def _specification(grid: "xr.Dataset", step: float) -> dict[str, str]:
    """Bounds and spacings of the grid."""
    lon, lat = grid["lon"].values, grid["lat"].values
    bounds = {"lon_min": lon.min(), "lat_min": lat.min(), "lon_max": lon.max(), "lat_max": lat.max()}
    spacings = {"nominal_lon_spacing": step, "nominal_lat_spacing": step}
    sizes = {"nlon": str(lon.size), "nlat": str(lat.size)}
    return {name: f"{value:.6f}" for name, value in (bounds | spacings).items()} | sizes


def _lines(grid: "xr.Dataset", names: list[str]) -> str:
    """A line for each point: longitude, latitude and the values."""
    lat, lon = np.meshgrid(grid["lat"].values, grid["lon"].values, indexing="ij")
    columns = [grid[name].transpose("lat", "lon").values.ravel() for name in names]
    table = zip(lon.ravel(), lat.ravel(), *columns, strict=True)
    return "\n" + "".join(
        f"{x:.6f} {y:.6f} {' '.join(f'{value:.4g}' for value in values)}\n" for x, y, *values in table
    )
