"""What do unit sources leave? Their waves at the stations, Green's functions, together in one Zarr store.

Of a metre of slip on each subfault alone, at once, at the origin time. They are linear in slip by definition; how far
the runs were not, `linearity` says of a superposition.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from esim import __version__
from esim.config.ocean.root import TsunamiConfig
from esim.ensemble.results import STATIONS
from esim.ensemble.unit_sources import nonlinear_terms
from esim.errors import InputError
from esim.io import cf
from esim.io.atomic import whole_file
from esim.io.map_record import MapRecord, open_record
from esim.io.zarr.whole import Array, write_store
from esim.sources.finite_fault import FiniteFault

LIBRARY = "greens_functions.zarr"  # in the output directory of the ensemble
SUBFAULTS = "subfaults.csv"  # beside it: a fault file to write slip into
FORMAT = 1  # raised when an older library cannot be read any more
CHUNK = 1 << 24  # bytes of the Green's functions in a chunk, about
GEOMETRY = {  # of a subfault: units, and what it is
    "depth": ("m", "depth of its centre"),
    "length": ("m", "length along strike"),
    "width": ("m", "width down dip"),
    "strike": ("degrees", "strike, clockwise from north"),
    "dip": ("degrees", "dip, to the right of the strike"),
    "rake": ("degrees", "rake of its slip"),
    "rigidity": ("Pa", "rigidity, which enters the moment only"),
}


def write_library(
    path: Path,
    fault: FiniteFault,
    names: Sequence[str],
    folders: Sequence[Path],
    slip: float,
    base: TsunamiConfig,
    attributes: Mapping[str, Any],
) -> list[str]:
    """Writes the library of subfaults whose members, with a slip [m] each, are in folders, whole or not at all.

    base is the configuration of one of them. Returns sentences about stations that are left out. Raises InputError
    where members have other stations or times than the first one, and MachineError if the disk fails.
    """
    records = [open_record(folder / STATIONS) for folder in folders]
    stations, time = _axes(records)
    rest = base.physics.sea_level
    values = np.stack([(record.read("eta") - rest) / slip for record in records])
    wet = np.asarray(np.isfinite(values).all(axis=(0, 2)))
    remarks = [
        f"{path.name}: station '{name}' falls dry in some members and is left out"
        for name, kept in zip(stations, wet, strict=True)
        if not kept
    ]
    if not wet.any():
        raise InputError(f"{path}: all stations fall dry in some members; expected some in water")
    about = {
        "esim_version": __version__,
        "library_format": FORMAT,
        "base": json.dumps(base.echo()),
        "nonlinear_terms": ", ".join(nonlinear_terms(base)),
        "unit_slip": slip,
        "sea_level": rest,
        "featureType": "timeSeries",
    }
    arrays = _subfault_arrays(fault, names) | _station_arrays(records[0], stations, wet)
    arrays["time"] = Array(time, ("time",), cf.time_attributes(base.time.start))
    arrays["greens_function"] = _greens_array(values[:, wet], records[0])
    write_store(path, dict(attributes) | about, arrays)
    return remarks


def _axes(records: Sequence[MapRecord]) -> tuple[list[str], np.ndarray]:
    """Names of the stations and times [s] that all members have. Raises InputError."""
    stations, time = [str(name) for name in records[0].read("station")], records[0].read("time")
    for record in records[1:]:
        if [str(name) for name in record.read("station")] != stations or not np.array_equal(
            record.read("time"), time
        ):
            raise InputError(
                f"{record.path}: has other stations or times than {records[0].path}; expected the same in all members"
            )
    return stations, time


def _subfault_arrays(fault: FiniteFault, names: Sequence[str]) -> dict[str, Array]:
    """Names and geometry of the subfaults."""
    x, y = np.array([fault.centre(n) for n in range(fault.x.size)]).T
    geometry = _geometry(fault)
    found = {"subfault": Array(np.array(names, object), ("subfault",), {"long_name": "name of the subfault"})}
    for name, values in zip(("lon", "lat") if fault.lonlat else ("x", "y"), (x, y), strict=True):
        about = cf.auxiliary_attributes(name)
        about["long_name"] += " of the centre of the subfault"
        found[f"subfault_{name}"] = Array(values, ("subfault",), about)
    for name, (units, words) in GEOMETRY.items():
        about = {"units": units, "long_name": words} | ({"positive": "down"} if name == "depth" else {})
        found[f"subfault_{name}"] = Array(geometry[name], ("subfault",), about)
    return found


def _geometry(fault: FiniteFault) -> dict[str, np.ndarray]:
    """The values of GEOMETRY of each subfault."""
    found = {name: getattr(fault, name) for name in GEOMETRY}
    depth = np.array([fault.outline(n)[:, 2].mean() for n in range(fault.x.size)])
    rigidity = np.broadcast_to(fault.rigidity, depth.shape).astype(float)
    return found | {"depth": depth, "rigidity": rigidity}


def _station_arrays(record: MapRecord, stations: Sequence[str], wet: np.ndarray) -> dict[str, Array]:
    """Names and positions of the stations that stay wet."""
    about = {"cf_role": "timeseries_id", "long_name": "name of the station"}
    found = {"station": Array(np.array(stations, object)[wet], ("station",), about)}
    for axis in ("lon", "lat", "x", "y"):
        if axis in record.variables:
            found[axis] = Array(record.read(axis)[wet], ("station",), cf.auxiliary_attributes(axis))
    return found


def _greens_array(values: np.ndarray, record: MapRecord) -> Array:
    axes = " ".join(axis for axis in ("lon", "lat", "x", "y") if axis in record.variables)
    about = {
        "units": "m",
        "long_name": "change of the water-surface elevation by 1 m of slip on the subfault at the origin time",
        "coordinates": axes,
    }
    together = max(1, CHUNK // (values[0].nbytes or 1))
    chunk = (min(together, len(values)), *values.shape[1:])
    return Array(values, ("subfault", "station", "time"), about, chunk)


def write_subfaults(path: Path, fault: FiniteFault, names: Sequence[str]) -> None:
    """Writes the subfaults as a fault file without slip, in which a user gives it; raises MachineError."""
    geometry, place = _geometry(fault), ("lon", "lat") if fault.lonlat else ("x", "y")
    columns = ("depth", "length", "width", "strike", "dip", "rake")
    rigidity = {float(value) for value in geometry["rigidity"]}
    with whole_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        stream.write(
            "# Subfaults of a library of Green's functions: give slip [m], rupture_time and rise_time [s].\n"
        )
        stream.write("# reference: center\n")
        stream.write(f"# rigidity: {rigidity.pop():g}\n" if len(rigidity) == 1 else "")
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["name", *place, *columns, "slip", "rupture_time", "rise_time"])
        for n, name in enumerate(names):
            where = (repr(float(value)) for value in fault.centre(n))
            table.writerow([name, *where, *(repr(float(geometry[one][n])) for one in columns), 0, 0, 0])
