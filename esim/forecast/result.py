"""What is written of a forecast? One NetCDF file by the CF conventions: slip, uplift, waves, heights and warnings."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.ocean.warning_levels import WarningLevels
from esim.forecast.library import Library
from esim.forecast.run import SIZES, Forecast
from esim.forecast.waves import BANDS, slip_of, uplift_of
from esim.io import cf, netcdf
from esim.io.atomic import whole_file
from esim.io.provenance import plain

Variable = tuple[tuple[str, ...], np.ndarray, Mapping[str, Any]]
# What has moved, what it belongs to, and its words.
NAMES = {
    "slip": ("slip", "subfault", "slip"),
    "uplift": ("cell_uplift", "cell", "uplift of a cell of the seafloor"),
}
ETA = {"standard_name": "sea_surface_height_above_mean_sea_level", "units": "m"}


def write_forecast(
    path: Path, library: Library, found: Forecast, levels: WarningLevels, depth: float | None
) -> None:
    """Writes forecast.nc whole or not at all; levels are of heights at a depth [m] by Green's law, None: as is."""
    about = {"until": found.until, "green_depth": depth, "data": found.count, "misfit": found.misfit}
    with whole_file(path) as temporary, netcdf.LIBRARY, netcdf.create(temporary) as data:
        data.setncatts(
            cf.global_attributes(
                f"forecast: {library.about['title']}",
                {"forecast": about, "library": library.about["configuration"]},
                "esim forecast run",
            )
            | {"remarks": "\n".join(found.texts), "until_s": found.until}
        )
        cf.define_time(data, library.start, library.forecast_time.size)
        data["time"][:] = library.forecast_time
        write_texts(
            data, "target", library.targets, {"cf_role": "timeseries_id", "long_name": "name of the target"}
        )
        write_texts(
            data, "level", [levels.none, *(one.name for one in levels.levels)], {"long_name": "warning level"}
        )
        write_texts(data, "sensor", library.sensors, {"long_name": "name of the sensor"})
        done = data.createVariable("record_processing", str, ("sensor",))
        done.setncatts({"long_name": "what was assumed of the record of the sensor and done to it"})
        done[:] = np.array(found.done, dtype=object)
        write_variables(data, _variables(library, found, levels, depth))


def write_variables(data: Any, variables: Mapping[str, Variable]) -> None:
    """Writes numbers with their dimensions, which are made where they are new; what is not finite is missing."""
    for name, (dimensions, values, attributes) in variables.items():
        for one, size in zip(dimensions, values.shape, strict=True):
            if one not in data.dimensions:
                data.createDimension(one, size)
        storage = {"compression": "zlib", "complevel": 1} if values.size > 1000 else {}
        fill = {"fill_value": float(cf.FILL)} if name not in dimensions else {}
        variable = data.createVariable(name, "f8" if values.ndim < 2 else "f4", dimensions, **storage, **fill)
        variable.setncatts(plain(attributes))
        variable[:] = np.where(np.isfinite(values), values, cf.FILL)


def _variables(
    library: Library, found: Forecast, levels: WarningLevels, depth: float | None
) -> dict[str, Variable]:
    """All variables but texts and time."""
    lonlat = bool(library.about["lonlat"])
    x, y = ("lon", "lat") if lonlat else ("x", "y")
    slip, slip_deviation, covariance = slip_of(library, found.x)
    uplift, uplift_deviation = uplift_of(library, slip.sum(axis=0), covariance)
    moved, part, words = NAMES[library.unknowns]
    at = {"coordinates": f"target_{x} target_{y}"}
    metres, chance = {"units": "m"}, {"units": "1"}
    place = {name: cf.auxiliary_attributes(name) for name in (x, y)}
    green = "as on the grid" if depth is None else f"at the coast at {depth:g} m of depth by Green's law"
    return {
        "probability": (
            ("probability",),
            np.array(BANDS),
            chance | {"long_name": "probability of lower values"},
        ),
        y: ((y,), library.y, cf.coordinate_attributes(y)),
        x: ((x,), library.x, cf.coordinate_attributes(x)),
        f"target_{x}": (("target",), library.target_x, place[x]),
        f"target_{y}": (("target",), library.target_y, place[y]),
        "target_depth": (
            ("target",),
            library.target_depth,
            metres | {"long_name": "depth of the cell of the target"},
        ),
        f"sensor_{x}": (("sensor",), library.sensor_x, place[x]),
        f"sensor_{y}": (("sensor",), library.sensor_y, place[y]),
        "eta": (("target", "time"), found.waves.mean, {**ETA, **at, "long_name": "expected surface"}),
        "eta_quantile": (
            ("probability", "target", "time"),
            found.waves.quantiles(),
            {**ETA, **at, "long_name": "quantiles of what a record will have"},
        ),
        "eta_max": (
            ("probability", "target"),
            found.extremes.highest_quantiles(),
            {**metres, **at, "long_name": "quantiles of the largest elevation"},
        ),
        "arrival_time": (
            ("probability", "target"),
            found.extremes.arrival_quantiles(),
            {
                "units": "s",
                **at,
                "long_name": "quantiles of the arrival after the origin; missing: no wave by the end",
            },
        ),
        "level_probability": (
            ("target", "level"),
            found.level_probabilities(library, levels, depth),
            {**chance, **at, "long_name": f"probability of a warning level, of heights {green}"},
        ),
        **_sizes(found),
        moved: (("window", part), slip, metres | {"long_name": f"expected {words}"}),
        f"{moved}_deviation": (
            ("window", part),
            slip_deviation,
            metres | {"long_name": f"standard deviation of {words}"},
        ),
        f"{part}_outline": (
            (part, "corner", "xyz"),
            library.subfault_outline,
            {"long_name": f"corners of {part}s: {x}, {y}, depth in m"},
        ),
        "uplift": ((y, x), uplift, metres | {"long_name": "expected uplift of the bed"}),
        "uplift_deviation": (
            (y, x),
            uplift_deviation,
            metres | {"long_name": "standard deviation of the uplift"},
        ),
    }


def _sizes(found: Forecast) -> dict[str, Variable]:
    """How large it is: the magnitude of slip; volume and energy of uplift."""
    if found.lifted is None:
        _, values = found.sizes()
        magnitudes = np.array([np.nan if one is None else one for one in values])
        sizes = {"magnitude": (magnitudes, {"units": "1", "long_name": "moment magnitude"})}
    else:
        volume, energy = (np.quantile(one, SIZES) for one in (found.lifted.volume, found.lifted.energy))
        sizes = {
            "volume": (volume, {"units": "m3", "long_name": "net volume of water that was lifted"}),
            "energy": (energy, {"units": "J", "long_name": "potential energy of the water that was lifted"}),
        }
    along = "magnitude_probability" if found.lifted is None else "size_probability"
    lower = {"units": "1", "long_name": "probability of a lower value"}
    return {name: ((along,), *rest) for name, rest in sizes.items()} | {
        along: ((along,), np.array(SIZES), lower)
    }


def write_texts(data: Any, name: str, values: Iterable[str], attributes: Mapping[str, str]) -> None:
    """Writes texts along a dimension of their name."""
    values = list(values)
    data.createDimension(name, len(values))
    variable = data.createVariable(name, str, (name,))
    variable.setncatts(attributes)
    variable[:] = np.array(values, dtype=object)
