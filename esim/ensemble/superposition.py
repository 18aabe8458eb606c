"""What is a library of Green's functions good for? The waves of any slip on its subfaults, as a sum."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from esim import __version__
from esim.config.time import utc
from esim.data import locate
from esim.ensemble.greens_functions import FORMAT, GEOMETRY, LIBRARY
from esim.ensemble.member import FOLDER
from esim.ensemble.slip_history import SlipHistory, match_slip
from esim.ensemble.summation import superposed
from esim.errors import InputError
from esim.io import cf
from esim.io.map_record import MapRecord, open_record
from esim.sources.fault_doubts import doubts
from esim.sources.finite_fault import FiniteFault, moment_magnitude
from esim.sources.formats import csv_yaml

if TYPE_CHECKING:
    import xarray as xr

SAME_MAGNITUDE = 0.005  # as it is printed


@dataclass(frozen=True, eq=False)
class GreensFunctions:
    """A library of unit sources; its Green's functions are read when they are first asked for.

    fault has the subfaults, with 1 m of slip each, by their centres; names are theirs.
    """

    path: Path
    record: MapRecord
    fault: FiniteFault
    names: tuple[str, ...]

    @cached_property
    def values(self) -> np.ndarray:
        """Change of the surface [m] by 1 m of slip, (subfaults, stations, times)."""
        return self.record.read("greens_function")

    @cached_property
    def time(self) -> np.ndarray:
        """Times of the samples [s since origin], from 0."""
        return self.record.read("time")

    @cached_property
    def stations(self) -> tuple[str, ...]:
        """Names of the stations."""
        return tuple(map(str, self.record.read("station")))

    @cached_property
    def positions(self) -> dict[str, np.ndarray]:
        """Positions of the stations, by the names of the axes."""
        return {
            axis: self.record.read(axis) for axis in ("lon", "lat", "x", "y") if axis in self.record.variables
        }

    @property
    def sea_level(self) -> float:
        """Surface [m] before anything moves."""
        return float(self.record.attributes["sea_level"])

    @property
    def start(self) -> datetime | None:
        """Origin time (UTC) of the base, if it has one."""
        given = json.loads(str(self.record.attributes["base"]))["time"].get("start")
        return None if given is None else utc(given)

    @property
    def nonlinear_terms(self) -> str:
        """What of the runs of the library is not linear in slip."""
        return str(self.record.attributes["nonlinear_terms"])

    def history(self, slip: "Path | str | FiniteFault | Sequence[float] | np.ndarray") -> SlipHistory:
        """The slip of a fault file, a fault, or of each subfault [m] at the origin time. Raises InputError."""
        if isinstance(slip, Path | str):
            slip = read_slip(Path(slip))
        if isinstance(slip, FiniteFault):
            return match_slip(slip, self.fault)
        values = np.asarray(slip, float)
        if values.shape != (len(self.names),) or not np.isfinite(values).all():
            raise InputError(
                f"slip: has the shape {values.shape}; expected {len(self.names)} numbers [m], one for each subfault"
            )
        column = values[:, None]
        return SlipHistory(np.arange(values.size), column, 0 * column, 0 * column)

    def superpose(self, slip: "Path | str | FiniteFault | Sequence[float] | np.ndarray") -> "xr.Dataset":
        """The waves of slip at the stations: eta (station, time) and its maxima, as stations.nc of a run has it.

        slip is as in `history`. Raises InputError.
        """
        import xarray as xr

        history = self.history(slip)
        eta = self.sea_level + superposed(self.values, self.time, history)
        top = eta.argmax(axis=1)
        about = cf.variable_attributes("eta", self.fault.lonlat)
        seconds = {"units": "s", "long_name": "time since origin of the maximum water-surface elevation"}
        moment = float(np.sum(self.moments * history.total(len(self.names))))
        return xr.Dataset(
            {
                "eta": (("station", "time"), eta, about),
                "eta_max": ("station", eta.max(axis=1), cf.variable_attributes("eta_max", self.fault.lonlat)),
                "eta_max_time": ("station", self.time[top], seconds),
            },
            coords={
                "station": list(self.stations),
                "time": ("time", self.time, {"units": "s", "long_name": "time since origin"}),
                **{axis: ("station", values) for axis, values in self.positions.items()},
            },
            attrs={"magnitude": moment_magnitude(moment) or np.nan, "library": str(self.path)},
        )

    @property
    def moments(self) -> np.ndarray:
        """Seismic moment [N m] of 1 m of slip on each subfault."""
        return np.asarray(self.fault.rigidity * self.fault.length * self.fault.width)


def open_library(path: Path | str) -> GreensFunctions:
    """A library in greens_functions.zarr, or in a directory with it. Raises InputError for one of another version."""
    path = Path(path)
    path = path / LIBRARY if (path / LIBRARY).is_dir() else path
    if (path / FOLDER).is_dir():
        raise InputError(f"{path}: has members but no {LIBRARY}; complete them with esim-run --resume")
    if not path.is_dir():
        raise InputError(f"{path}: no such library; expected {LIBRARY} of an ensemble of unit sources")
    record = open_record(path)
    if "library_format" not in record.attributes:
        raise InputError(f"{path}: is no library of Green's functions; expected {LIBRARY} of unit sources")
    made = str(record.attributes["esim_version"])
    if record.attributes["library_format"] != FORMAT or made != __version__:
        raise InputError(
            f"{path}: was made by esim {made}, and this is {__version__}; make it again with esim-run"
        )
    names = tuple(map(str, record.read("subfault")))
    return GreensFunctions(path, record, _fault(record, names), names)


def read_slip(path: Path) -> FiniteFault:
    """The slip of a fault file of any kind that is read. Raises InputError."""
    return csv_yaml.read(locate(path))


def slip_remarks(path: Path, slip: FiniteFault, found: "xr.Dataset") -> list[str]:
    """What a user should know of a fault file, and of its magnitude."""
    remarks, own = [*slip.remarks, *doubts(path.name, slip)], slip.magnitude()
    if own is not None and abs(own - found.attrs["magnitude"]) > SAME_MAGNITUDE:
        remarks.append(f"{path.name}: with its own rigidity Mw {own:.2f}, with that of the library as above")
    return remarks


def superposition_lines(library: GreensFunctions, found: "xr.Dataset") -> list[str]:
    """The magnitude of the slip, and the highest wave at each station."""
    width = max(7, *map(len, library.stations))
    lines = [f"slip           Mw {found.attrs['magnitude']:.2f} on subfaults of {library.path}"]
    lines.append(f"{'station':{width}}  highest  after")
    tops = zip(library.stations, found["eta_max"].values, found["eta_max_time"].values, strict=True)
    return lines + [f"{name:{width}}  {top:5.2f} m  {after / 60:5.1f} min" for name, top, after in tops]


def _fault(record: MapRecord, names: Sequence[str]) -> FiniteFault:
    """The subfaults of a library, with 1 m of slip each."""
    lonlat = "subfault_lon" in record.variables
    x, y = (record.read(f"subfault_{name}") for name in (("lon", "lat") if lonlat else ("x", "y")))
    geometry: dict[str, Any] = {name: record.read(f"subfault_{name}") for name in GEOMETRY}
    half, one = np.full(x.size, 0.5), np.ones((x.size, 1))
    return FiniteFault(
        lonlat=lonlat,
        x=x,
        y=y,
        along=half,
        down=half,
        **geometry,
        start=0 * one,
        rise=0 * one,
        slip=one,
        opening=np.zeros(x.size),
        labels=tuple(names),
    )
