"""Which maps has the hazard of an ensemble? Each for itself, as maxima of a run are."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

ALONG = ("threshold", "quantile")


def single_maps(hazard: "xr.Dataset") -> "xr.Dataset | None":
    """Maps of two dimensions: exceedance_probability_0.5 is that of the threshold 0.5; None where there are no maps.

    Numbers of members are missing where there is none.
    """
    if "worst_member" not in hazard:
        return None
    plane = hazard["worst_member"].dims
    found = {}
    for name, field in hazard.data_vars.items():
        along = next((axis for axis in ALONG if axis in field.dims), None)
        if field.dims[-2:] != plane:
            continue
        if along is None:
            found[str(name)] = field.where(field >= 0) if name == "worst_member" else field
            continue
        for n, value in enumerate(hazard[along].values):
            single = field.isel({along: n}, drop=True)
            told = str(field.attrs["long_name"])
            words = f"{value:g} {told}" if along == "quantile" else f"{told} {value:g}"
            found[f"{name}_{value:g}"] = single.assign_attrs(long_name=words)
    return hazard[list(plane)].assign(found).assign_attrs(hazard.attrs)


def stations_of(hazard: "xr.Dataset") -> "xr.Dataset | None":
    """The stations, as a run has them: positions by the name of their axis; None where there are none."""
    if "station" not in hazard.dims:
        return None
    names = [name for name in ("lon", "lat", "x", "y") if f"station_{name}" in hazard]
    import xarray as xr

    places = {name: ("station", hazard[f"station_{name}"].values) for name in names}
    return xr.Dataset(coords={"station": hazard["station"].values, **places})
