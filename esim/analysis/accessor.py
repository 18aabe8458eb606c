"""How is a run opened in xarray, and what can be asked of it? The verbs of `tree.esim`, and of `dataset.esim`."""

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from esim.analysis.comparison.difference import compare
from esim.analysis.reading.datum import Datum, datum_of
from esim.analysis.reading.plane import configuration_of, plane_of
from esim.analysis.reading.reader import Chunks, read_tree, record_above
from esim.analysis.reading.run import Run
from esim.analysis.sampling.isochrones import Isochrone, isochrones
from esim.analysis.sampling.points import Points, along_line, at_points, at_station
from esim.analysis.sampling.resampling import to_projected, to_regular
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr


def open_run(directory: str | os.PathLike[str], chunks: Chunks = None) -> "xr.DataTree":
    """Opens the output directory of a finished run as an `xarray.DataTree`; nothing but coordinates is read yet.

    Groups, as far as the run wrote them: `fields` (snapshots), `maxima`, `stations`, `surface_displacement`, `runup`,
    `planes/NAME` (sections through the crust) and, of nested grids, `nests/NAME/fields`, `/maxima` and `/runup`.
    A coupled run has the groups `crust` and `ocean`, each with those of a run of its own.
    Datasets with a `time` also have the coordinates `seconds` and `hours` since the origin. The attributes of the tree
    are directory, scenario, title and run_json, the text of run.json. Verbs are in `tree.esim`, those of one dataset in
    `dataset.esim`. As a context manager, or by `close()`, the tree closes its files.

    Maps are NetCDF files or Zarr stores; where there are both, the file is taken. A part of a store that is missing or
    damaged raises InputError when it is read.

    chunks are those of `xarray.open_dataset`: None reads a variable when its values are asked for, while `.esim` is
    lazy all the same; {} makes Dask arrays with the blocks of the files, which for snapshots are one time by at most
    256 x 256 cells, and for maxima as many. A map of N cells is so read in N / 65,536 pieces of 256 KB, and a series
    at a point takes one piece per snapshot. The series of a station lie together in stations.nc. Where the snapshots
    have millions of such blocks, "auto", or None, keeps Dask's graph small.

    Raises InputError if the directory is none of a run, or if one of its files cannot be read.
    """
    register()
    return read_tree(directory, chunks)


def register() -> None:
    """Makes `.esim` known to xarray, once."""
    import xarray as xr

    if getattr(xr.Dataset, "esim", None) is None:
        xr.register_dataset_accessor("esim")(DatasetAccessor)
        xr.register_datatree_accessor("esim")(RunAccessor)


class Maps(ABC):
    """The verbs of what has maps and series: of a run, of a group of its tree, and of a dataset.

    Of a run they read what their texts say; of a group or a dataset, such as `tree["maxima"].esim`, its own maps.
    """

    @property
    @abstractmethod
    def configuration(self) -> dict[str, Any]:
        """The configuration of the run, every default included."""

    @property
    @abstractmethod
    def units(self) -> dict[str, str]:
        """The units of the variables by their names; of a run by GROUP/NAME."""

    @property
    def datum(self) -> Datum:
        """What places, heights and times count from."""
        return datum_of(self.configuration)

    def at(
        self,
        *,
        name: str | Sequence[str] | None = None,
        lon: Any = None,
        lat: Any = None,
        x: Any = None,
        y: Any = None,
        method: str = "linear",
    ) -> "xr.Dataset":
        """The series of stations by name, or those of the snapshots at places: lon, lat [degrees] or x, y [m].

        Places are numbers, or lists, which have the dimension `point`, or that of a DataArray; each is read from the
        finest nested grid around it (coordinate `grid`, "" for the whole one). Maps are interpolated bilinearly, or
        read in the nearest cell with method="nearest"; the attribute `interpolation` says so. Always lazy: nothing is
        read but the blocks around the places, when the values are asked for.
        """
        if name is not None:
            return at_station(self._stations(), name)
        places = {"lon": lon, "lat": lat, "x": x, "y": y}
        return at_points(self._grids(), self.configuration, places, method)

    def along(
        self,
        points: Points | None = None,
        *,
        start: tuple[float, float] | None = None,
        end: tuple[float, float] | None = None,
        n: int | None = None,
        lonlat: bool | None = None,
        method: str = "linear",
    ) -> "xr.Dataset":
        """A transect of the snapshots from start to end, or through points, by `distance` [m]; lazy.

        See esim.analysis.sampling.points.along_line.
        """
        line = _line(points, start, end)
        return along_line(self._group("fields"), self.configuration, line, n, lonlat, method)

    def isochrones(self, interval: float, variable: str = "arrival_time") -> list[Isochrone]:
        """Lines of equal arrival time, from the maxima, at the multiples of an interval [s]."""
        data = self._group("maxima")
        if variable not in data:
            raise InputError(f"the dataset has no {variable}; expected maxima of a tsunami run")
        return isochrones(data[variable], plane_of(data, self.configuration), interval)

    def to_regular(self, spacing: float, method: str = "linear") -> "xr.Dataset":
        """The snapshots on regular longitudes and latitudes, so many degrees apart; lazy."""
        return to_regular(self._group("fields"), self.configuration, spacing, method)

    def to_projected(self, crs: str, spacing: float, method: str = "linear") -> "xr.Dataset":
        """The snapshots on the plane of a coordinate reference system, so many metres apart; lazy."""
        return to_projected(self._group("fields"), self.configuration, crs, spacing, method)

    @abstractmethod
    def _group(self, name: str) -> "xr.Dataset":
        """The dataset to read: this one, or that of the group of a run."""

    @abstractmethod
    def _grids(self) -> "dict[str, xr.Dataset]":
        """The maps at whose points values are asked for, by the names of their grids."""

    def _stations(self) -> "xr.Dataset":
        data = self._group("stations")
        if "station" not in data.dims:
            raise InputError(
                "the dataset has no stations; expected stations.nc, or a place by lon and lat or x and y"
            )
        return data


class DatasetAccessor(Maps):
    """The verbs of one dataset that esim wrote: fields, maxima, stations."""

    def __init__(self, data: "xr.Dataset") -> None:
        self._data = data

    @property
    def configuration(self) -> dict[str, Any]:
        """The configuration of the run, every default included."""
        return configuration_of(self._data)

    @property
    def units(self) -> dict[str, str]:
        """The units of the variables by their names."""
        return _units(self._data)

    def _group(self, name: str) -> "xr.Dataset":
        return self._data

    def _grids(self) -> "dict[str, xr.Dataset]":
        return {"": self._data}


class RunAccessor(Maps):
    """The verbs of a run, or of a group of its tree that holds a dataset."""

    def __init__(self, tree: "xr.DataTree") -> None:
        self._tree = tree

    @property
    def record(self) -> dict[str, Any]:
        """The record of the run, run.json: configuration, versions, sources, timings, warnings."""
        return record_above(self._tree)

    @property
    def configuration(self) -> dict[str, Any]:
        """The configuration of the run, every default included."""
        return dict(self.record["configuration"])

    @property
    def run(self) -> Run:
        """The run as figures and tables see it."""
        return Run.of(next(node for node in (self._tree, *self._tree.parents) if "run_json" in node.attrs))

    @property
    def start(self) -> datetime | None:
        """Origin time in UTC; None for a run without a date."""
        return self.run.start

    @property
    def units(self) -> dict[str, str]:
        """The units of all variables, by GROUP/NAME."""
        return {
            f"{node.path}/{name}".lstrip("/"): unit
            for node in self._tree.subtree
            for name, unit in _units(node.to_dataset()).items()
        }

    def compare(self, other: "xr.DataTree | str | os.PathLike[str]") -> "xr.DataTree":
        """The differences of this run less another, opened or by its directory."""
        tree = read_tree(other) if isinstance(other, str | os.PathLike) else other
        return compare(self._tree, tree, self.configuration, RunAccessor(tree).configuration)

    def misfit(self, observations: Mapping[str, Any] | Any = None) -> "xr.Dataset":
        """How far the series at stations are from what was observed there, by `station`.

        Of a tsunami run observations are {station: file, or (times [s], eta [m])}; None takes the records that the
        configuration names, or that come with esim. Of a seismic run they are an ObsPy Stream or a file that ObsPy
        reads, in m/s. See esim.analysis.ocean.misfit and esim.analysis.crust.misfit.
        """
        from esim.analysis.misfit import misfit_of

        return misfit_of(self.run, observations)

    def stream(self, network: str | None = None, motion: str = "velocity") -> Any:
        """The seismograms as an ObsPy Stream; see esim.analysis.crust.waveforms."""
        from esim.analysis.crust.waveforms import stream

        return stream(self.run, network, motion)

    def inventory(self, network: str | None = None, motion: str = "velocity") -> Any:
        """The stations as an ObsPy Inventory, to be written as StationXML; see esim.analysis.crust.waveforms."""
        from esim.analysis.crust.waveforms import inventory

        return inventory(self.run, network, motion)

    def _group(self, name: str) -> "xr.Dataset":
        """The dataset of this group, or of the one of a name below it."""
        if self._tree.has_data:
            return self._tree.to_dataset()
        if name not in self._tree.children:
            groups = ", ".join(self._tree.children) or "none"
            raise InputError(f"the run wrote no {name}; it has {groups}")
        return self._tree[name].to_dataset()

    def _grids(self) -> "dict[str, xr.Dataset]":
        maps = {"": self._group("fields")}
        if not self._tree.has_data and "nests" in self._tree.children:
            nests = self._tree["nests"].children.items()
            maps |= {nest: node["fields"].to_dataset() for nest, node in nests if "fields" in node.children}
        return maps


def _units(data: "xr.Dataset") -> dict[str, str]:
    return {str(name): str(one.attrs.get("units", "")) for name, one in data.data_vars.items()}


def _line(
    points: Points | None, start: tuple[float, float] | None, end: tuple[float, float] | None
) -> Points:
    """The corners of a transect, given either way."""
    if (points is None) == (start is None or end is None):
        raise InputError("a transect goes from start to end or through points; expected one of these")
    return points if points is not None else [start, end]  # type: ignore[list-item]
