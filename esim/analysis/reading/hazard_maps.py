"""Which maps has the hazard of an ensemble? Each for itself, as maxima of a run are."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

SHARES = ("quantile", "fractile")  # told before the name of a variable, and thresholds behind it
ALONG = (*SHARES, "threshold", "inundation_threshold")


def single_maps(hazard: "xr.Dataset") -> "xr.Dataset | None":
    """Maps of two dimensions: exceedance_probability_0.5 is that of the threshold 0.5; None where there are no maps.

    Of a logic tree exceedance_probability_fractile_0.84_0.5 is its 84 % fractile. Numbers of members are missing where
    there is none.
    """
    if "worst_member" not in hazard:
        return None
    found: dict[str, xr.DataArray] = {}
    for name, field in hazard.data_vars.items():
        if field.dims[-2:] == hazard["worst_member"].dims:
            found |= _singles(str(name), field.where(field >= 0) if name == "worst_member" else field)
    return hazard[list(hazard["worst_member"].dims)].assign(found).assign_attrs(hazard.attrs)


def _singles(name: str, field: "xr.DataArray") -> "dict[str, xr.DataArray]":
    """A map for each value along further dimensions, whose name and long name end with that."""
    along = next((axis for axis in ALONG if axis in field.dims), None)
    if along is None:
        return {name: field}
    found: dict[str, xr.DataArray] = {}
    for n, value in enumerate(field[along].values):
        told = str(field.attrs["long_name"])
        words = f"{value:g} {told}" if along in SHARES else f"{told} {value:g}"
        single = field.isel({along: n}, drop=True).assign_attrs(long_name=words)
        found |= _singles(f"{name}_{value:g}", single)
    return found


def stations_of(hazard: "xr.Dataset") -> "xr.Dataset | None":
    """The stations, as a run has them: positions by the name of their axis; None where there are none."""
    if "station" not in hazard.dims:
        return None
    names = [name for name in ("lon", "lat", "x", "y") if f"station_{name}" in hazard]
    import xarray as xr

    places = {name: ("station", hazard[f"station_{name}"].values) for name in names}
    return xr.Dataset(coords={"station": hazard["station"].values, **places})
