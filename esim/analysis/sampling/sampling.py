"""What does a map say between its cell centres? Bilinear interpolation, or the nearest cell; lazy under Dask.

Maps are sampled at points, along lines and on other grids by the same lines: what differs are the dimensions of the
places. As at the gauges of a tsunami run, missing (dry) cells do not count and the others share their weight; where
all four are missing, so is the value. Classes (whole numbers) are those of the nearest cell. Outside the cells of a
map values are missing.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from esim.analysis.reading.plane import Plane
from esim.config.yaml.suggest import hint
from esim.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

METHODS = {
    "linear": "bilinear between cell centres; missing cells do not count and the others share their weight",
    "nearest": "value of the cell",
}


class Neighbours(NamedTuple):
    """Cells before and after places on an axis, and the weight of the one after; all of the shape of the places."""

    before: "xr.DataArray"
    after: "xr.DataArray"
    weight: "xr.DataArray"


def sample(
    data: "xr.Dataset", plane: Plane, x: "xr.DataArray", y: "xr.DataArray", method: str = "linear"
) -> "xr.Dataset":
    """The variables of a dataset on a plane at places x, y in the coordinates of the plane, of any dimensions.

    x and y over one dimension are points or a line, over a dimension each a grid, over the same two a map. What does
    not lie on the plane is left as it is. Raises InputError for an unknown method.
    """
    if method not in METHODS:
        raise InputError(f"the interpolation is '{method}', {hint(method, METHODS)}")
    on_plane = [
        name for name, field in data.data_vars.items() if {plane.rows, plane.columns} <= set(field.dims)
    ]
    around = {plane.rows: neighbours(plane.y, y), plane.columns: neighbours(plane.x, x, plane.turn)}
    inside = _inside(plane, x, y)
    found = data.drop_dims([plane.rows, plane.columns])
    for name in on_plane:
        classes = data[name].dtype.kind not in "fc"
        pick = _nearest if classes or method == "nearest" else _linear
        field, (rows, columns) = _cut(data[name].drop_vars(_maps(data, plane)), around)
        values = pick(field, plane, rows, columns)
        values = values if inside.all() else values.where(inside)
        found[name] = values.transpose(..., *inside.dims).assign_attrs(
            field.attrs | {"interpolation": METHODS["nearest" if classes else method]}
        )
    return found


def lazily(data: "xr.Dataset") -> "xr.Dataset":
    """A dataset whose variables are Dask arrays, in the blocks of its files where it was opened without chunks."""
    return data.assign({name: _lazy(field) for name, field in data.data_vars.items()})


def _lazy(field: "xr.DataArray") -> "xr.DataArray":
    return field if field.chunks is not None else field.chunk(field.encoding.get("preferred_chunks", {}))


def _cut(field: "xr.DataArray", around: dict[str, Neighbours]) -> "tuple[xr.DataArray, list[Neighbours]]":
    """A field, lazy, without the blocks that no place needs, and the neighbours counted from its new beginning.

    A graph of all blocks of a large map would take longer than reading the few that are needed.
    """
    kept, counted = {}, []
    for name, (before, after, weight) in around.items():
        block = field.encoding.get("preferred_chunks", {}).get(name, 1)
        first = min(int(before.min()), int(after.min())) // block * block
        kept[name] = slice(first, -(-(max(int(before.max()), int(after.max())) + 1) // block) * block)
        counted.append(Neighbours(before - first, after - first, weight))
    encoding = field.encoding
    part = field.isel(kept)
    part.encoding = encoding
    return _lazy(part), counted


def neighbours(centres: np.ndarray, at: "xr.DataArray", turn: float | None = None) -> Neighbours:
    """The cells on both sides of places on an axis of rising centres, which closes in itself after a turn."""
    last = centres.size - 1
    nodes = np.append(centres, centres[0] + turn) if turn else centres
    places = centres[0] + (at.values - centres[0]) % turn if turn else at.values
    places = np.nan_to_num(places, nan=centres[0])
    before = np.clip(np.searchsorted(nodes, places, "right") - 1, 0, max(nodes.size - 2, 0))
    after = np.minimum(before + 1, nodes.size - 1)
    width = np.where(after > before, nodes[after] - nodes[before], 1.0)
    weight = np.clip((places - nodes[before]) / width, 0.0, 1.0)
    found = before, after % (last + 1), weight
    return Neighbours(*(at.copy(data=values).reset_coords(drop=True) for values in found))


def _inside(plane: Plane, x: "xr.DataArray", y: "xr.DataArray") -> "xr.DataArray":
    """Whether places are in the cells of a plane, over rows first."""
    import xarray as xr

    across, along = xr.broadcast(y.reset_coords(drop=True), x.reset_coords(drop=True))
    return across.copy(data=plane.contains(along.values, across.values))


def _maps(data: "xr.Dataset", plane: Plane) -> list[Any]:
    """Coordinates on the plane, such as the longitudes of a projected one: they do not belong to the new places."""
    return [name for name, one in data.coords.items() if {plane.rows, plane.columns} & set(one.dims)]


def _linear(field: "xr.DataArray", plane: Plane, rows: Neighbours, columns: Neighbours) -> "xr.DataArray":
    total: Any = 0.0
    weights: Any = 0.0
    for j, across in ((rows.before, 1 - rows.weight), (rows.after, rows.weight)):
        for i, along in ((columns.before, 1 - columns.weight), (columns.after, columns.weight)):
            value, weight = field.isel({plane.rows: j, plane.columns: i}), across * along
            total = total + weight * value.fillna(0.0)
            weights = weights + weight * value.notnull()
    return total / weights.where(weights > 0)


def _nearest(field: "xr.DataArray", plane: Plane, rows: Neighbours, columns: Neighbours) -> "xr.DataArray":
    j, i = (one.after.where(one.weight >= 0.5, one.before) for one in (rows, columns))
    return field.isel({plane.rows: j, plane.columns: i})
