"""How do two runs differ? Their variables one from the other where both have them, norms of that, and their table."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.reading.plane import Plane, plane_of, spacing
from esim.analysis.reading.reader import record_above
from esim.analysis.reading.run import Run
from esim.analysis.sampling.sampling import lazily, sample
from esim.errors import InputError
from esim.io.tables import cell, write_table

if TYPE_CHECKING:
    import xarray as xr

TABLE = "differences.csv"
SAME_TIME = 1e-6  # s
MAPS = ("fields", "maxima", "surface_displacement")
NORMS = {
    "mean_abs": "mean of the absolute difference",
    "rms": "root mean square of the difference",
    "max_abs": "largest absolute difference",
    "relative_l2": "root mean square of the difference over that of the other run",
}


class Norms(NamedTuple):
    """Norms of the difference of a variable of a group, in its units; relative_l2 has none."""

    group: str
    variable: str
    units: str
    mean_abs: float
    rms: float
    max_abs: float
    relative_l2: float


def compare(
    tree: "xr.DataTree", other: "xr.DataTree", configuration: Mapping[str, Any], others: Mapping[str, Any]
) -> "xr.DataTree":
    """The differences of one run less another, as a tree of the groups that both have; lazy.

    Maps are compared at the cells of the coarser grid as far as the finer one reaches, which is interpolated there,
    and at the times that both have; series at the stations that both name, at the times of the first run within those
    of the other, which is interpolated linearly. Whole numbers are left out. Each variable X is followed by X_mean_abs,
    X_rms, X_max_abs and X_relative_l2. Raises InputError where nothing can be compared.
    """
    import xarray as xr

    found: dict[str, xr.Dataset] = {}
    for path in _common_groups(tree, other):
        a, b = tree[path].to_dataset(), other[path].to_dataset()
        told = (
            _configuration(tree[path], configuration),
            _configuration(other[path], others),
        )
        pair = _series(a, b) if path.rsplit("/")[-1] == "stations" else _maps(a, b, *told)
        if pair is not None and (names := _comparable(*pair)):
            found[path] = _difference(pair[0][names], pair[1][names])
    if not found:
        raise InputError(
            "the runs have nothing in common: no station, and no map of the same region and time"
        )
    return xr.DataTree.from_dict(dict(found))


def norms(differences: "xr.DataTree") -> Iterator[Norms]:
    """The norms of all variables in a tree of `compare`; they are computed now."""
    for node in differences.subtree:
        data = node.to_dataset()
        for name in [str(one) for one in data.data_vars if f"{one}_rms" in data]:
            values = data[[f"{name}_{norm}" for norm in NORMS]].compute()
            numbers = [float(values[f"{name}_{norm}"]) for norm in NORMS]
            yield Norms(node.path.strip("/"), name, str(data[name].attrs.get("units", "")), *numbers)


def compare_runs(directory: Path, other: Path, output: Path | None = None) -> tuple[list[Norms], Path]:
    """The norms of one run less another, and the table of them in `output` (by default the figures of the first).

    Raises InputError if one of them is no run, or they have nothing in common.
    """
    with Run.open(directory) as one, Run.open(other) as two:
        assert one.tree is not None and two.tree is not None
        configurations = one.record["configuration"], two.record["configuration"]
        found = list(norms(compare(one.tree, two.tree, *configurations)))
    path = (directory / "figures" if output is None else output) / TABLE
    write_table(path, Norms._fields, rows(found))
    return found, path


def rows(found: list[Norms]) -> list[tuple[str, ...]]:
    """The cells of the table, as text; what is not known is empty."""
    return [(*one[:3], *(cell(value, 4) for value in one[3:])) for one in found]


def _common_groups(tree: "xr.DataTree", other: "xr.DataTree") -> list[str]:
    """Groups with stations or maps on the ground that both trees have."""
    groups = [node.path.strip("/") for node in tree.subtree if node.has_data]
    there = {node.path.strip("/") for node in other.subtree if node.has_data}
    return [one for one in groups if one in there and one.rsplit("/")[-1] in (*MAPS, "stations")]


def _configuration(node: Any, whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """The configuration of the run that a group belongs to: that of a part of a coupled run, if it has parts."""
    if whole.get("scenario") != "coupled":
        return whole
    found: Mapping[str, Any] = record_above(node)["configuration"]
    return found


def _series(a: "xr.Dataset", b: "xr.Dataset") -> "tuple[xr.Dataset, xr.Dataset] | None":
    """The series of the stations of both, at the times of the first."""
    names = [name for name in a["station"].values if name in set(b["station"].values)]
    if not names or not b.sizes["time"]:
        return None
    a, b = (one.isel(station=[list(one["station"].values).index(name) for name in names]) for one in (a, b))
    low, high = b["seconds"].values[[0, -1]]
    a = a.isel(time=(a["seconds"].values >= low - SAME_TIME) & (a["seconds"].values <= high + SAME_TIME))
    at = a["seconds"].values.clip(low, high)
    return (lazily(a), _at_times(lazily(b), at)) if at.size else None


def _at_times(data: "xr.Dataset", seconds: np.ndarray) -> "xr.Dataset":
    """Series at other times [s since origin], linearly."""
    plain = data.drop_vars(["time", "hours"], errors="ignore").chunk(time=-1).swap_dims(time="seconds")
    return plain.interp(seconds=seconds).rename(seconds="time")


def _maps(
    a: "xr.Dataset", b: "xr.Dataset", configuration: Mapping[str, Any], others: Mapping[str, Any]
) -> "tuple[xr.Dataset, xr.Dataset] | None":
    """Two maps on one grid, at the times of both."""
    if "time" in a.dims and "time" in b.dims:
        i, j = _common_times(a["seconds"].values, b["seconds"].values)
        if not i.size:
            return None
        a, b = a.isel(time=i), b.isel(time=j)
    one, two = plane_of(a, configuration), plane_of(b, others)
    if (one.rows, one.crs) != (two.rows, two.crs):
        return None
    if np.array_equal(one.x, two.x) and np.array_equal(one.y, two.y):
        return lazily(a), lazily(b)
    if spacing(one.x) >= spacing(two.x):
        pair = _overlap(a, one, two)
        return pair and (lazily(pair[0]), sample(b, two, *pair[1]))
    pair = _overlap(b, two, one)
    return pair and (sample(a, one, *pair[1]), lazily(pair[0]))


def _overlap(
    data: "xr.Dataset", plane: Plane, finer: Plane
) -> "tuple[xr.Dataset, tuple[xr.DataArray, xr.DataArray]] | None":
    """The part of a map whose cell centres are within a finer one, and their places there."""
    import xarray as xr

    x = finer.locate(lon=plane.x, lat=0 * plane.x)[0] if plane.lonlat else plane.x
    columns = np.flatnonzero(finer.contains(x, np.full_like(x, finer.y[0])))
    rows = np.flatnonzero(finer.contains(np.full_like(plane.y, finer.x[0]), plane.y))
    if not (rows.size and columns.size):
        return None
    part = data.isel({plane.rows: rows, plane.columns: columns})
    places = xr.DataArray(x[columns], dims=plane.columns), xr.DataArray(plane.y[rows], dims=plane.rows)
    return part, places


def _common_times(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the equal ones of two rising series of times."""
    nearest = np.abs(a[:, None] - b).argmin(axis=1) if b.size else np.zeros(0, int)
    same = np.flatnonzero(np.abs(a[: nearest.size] - b[nearest]) <= SAME_TIME)
    return same, nearest[same]


def _comparable(a: "xr.Dataset", b: "xr.Dataset") -> list[str]:
    """Variables of real numbers that both have over the same dimensions."""
    shared = [str(name) for name in a.data_vars if name in b.data_vars]
    return [n for n in shared if a[n].dtype.kind == b[n].dtype.kind == "f" and a[n].shape == b[n].shape]


def _difference(a: "xr.Dataset", b: "xr.Dataset") -> "xr.Dataset":
    """The variables of one dataset less those of another of the same shapes, and the norms."""
    found = a.copy()
    for name in list(a.data_vars):
        less = a[name] - b[name].transpose(*a[name].dims).data
        other = (a[name] - less) ** 2  # where both have a value
        square = less**2
        about = a[name].attrs
        found[name] = less.assign_attrs(about | {"comment": "this run less the other one"})
        values = (
            abs(less).mean(),
            square.mean() ** 0.5,
            abs(less).max(),
            (square.mean() / other.mean().where(other.mean() > 0)) ** 0.5,
        )
        for (norm, words), value in zip(NORMS.items(), values, strict=True):
            units = {} if norm == "relative_l2" else {"units": about.get("units", "1")}
            found[f"{name}_{norm}"] = value.assign_attrs(units | {"long_name": words})
    return found
