"""Which hazard tables does an ensemble have? Its curves, and what is to be expected at each station."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from esim.analysis.reading.run import Run
from esim.errors import InputError
from esim.io.tables import cell, write_table

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

    from esim.analysis.hazard import HazardOptions

CURVES, STATIONS = "hazard_curves.csv", "station_quantiles.csv"
OPTIONS = (
    "periods", "damping", "places", "within", "crs", "zone", "segments", "radius", "levels", "green_depth",
)  # fmt: skip


def write(run: Run, folder: Path, options: "HazardOptions") -> list[Path]:
    """Writes hazard_curves.csv and station_quantiles.csv; returns the paths.

    Raises InputError where the ensemble has no hazard at stations, or an option is given: none has a meaning here.
    """
    options.refuse("an ensemble", *OPTIONS)
    if run.hazard is None or "hazard_curve" not in run.hazard:
        raise InputError(
            f"{run.directory}: no hazard at stations; expected an ensemble with the section hazard"
        )
    _write_curves(folder / CURVES, run.hazard)
    _write_stations(folder / STATIONS, run.hazard)
    return [folder / CURVES, folder / STATIONS]


def _write_curves(path: Path, hazard: "xr.Dataset") -> None:
    """A row for each station and level, a column for each curve: mean, band, fractiles, branches."""
    found = [one for name in hazard.data_vars for one in _curves(hazard, str(name))]
    stations, levels = hazard["station"].values, hazard["level"].values

    def rows() -> Iterator[list[str]]:
        for s, station in enumerate(stations):
            for n, level in enumerate(levels):
                yield [str(station), cell(float(level)), *(cell(float(one[n, s])) for _, one in found)]

    about = hazard["level"].attrs
    write_table(path, ["station", f"level [{about['units']}]", *(title for title, _ in found)], rows())


def _curves(hazard: "xr.Dataset", name: str) -> "Iterator[tuple[str, np.ndarray]]":
    """Columns of a variable (level, station): hazard_curve_rate_low is rate_low [1/year], hazard_curve probability.

    That of a fractile ends with it, that of a branch with its name.
    """
    if not name.startswith("hazard_curve"):
        return
    rest, values = name.removeprefix("hazard_curve").removeprefix("_"), hazard[name]
    stem, units = (
        (rest, " [1/year]")
        if rest.startswith("rate")
        else ("_".join(filter(None, ("probability", rest))), "")
    )
    if values.ndim == 2:
        yield f"{stem}{units}", values.values
        return
    for along, one in zip(hazard[values.dims[0]].values, values.values, strict=True):
        yield f"{stem}_{along if isinstance(along, str) else f'{along:g}'}{units}", one


def _write_stations(path: Path, hazard: "xr.Dataset") -> None:
    """A row for each station: quantiles of the quantity and of the arrival, and the worst member."""
    names = [str(name) for name, one in hazard.data_vars.items() if one.dims == ("quantile", "station")]
    shares = hazard["quantile"].values
    columns = [
        f"{name.removeprefix('station_')}_{share:g} [{hazard[name].attrs['units']}]"
        for name in names
        for share in shares
    ]
    members = hazard["member"].values
    rows = [
        [
            str(station),
            *(cell(float(value)) for name in names for value in hazard[name].isel(station=n).values),
            str(members[worst]) if (worst := int(hazard["station_worst_member"][n])) >= 0 else None,
        ]
        for n, station in enumerate(hazard["station"].values)
    ]
    write_table(path, ["station", *columns, "worst_member"], rows)
