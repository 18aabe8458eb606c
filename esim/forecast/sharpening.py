"""How did a forecast that was followed sharpen while data came in? One NetCDF file beside forecast.nc."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from esim.forecast.library import Library
from esim.forecast.result import Variable, write_texts, write_variables
from esim.forecast.run import SIZES, Forecast
from esim.forecast.waves import BANDS
from esim.io import cf, netcdf
from esim.io.atomic import whole_file

NAME = "sharpening.nc"


def write_sharpening(path: Path, library: Library, history: Sequence[Forecast]) -> None:
    """Writes sharpening.nc whole or not at all: size, largest elevations and arrivals by each time of data."""
    chance = {"units": "1", "long_name": "probability of lower values"}
    with whole_file(path) as temporary, netcdf.LIBRARY, netcdf.create(temporary) as data:
        title = f"how a forecast sharpened: {library.about['title']}"
        about = {"library": library.about["configuration"]}
        data.setncatts(cf.global_attributes(title, about, "esim forecast run --follow"))
        write_texts(data, "target", library.targets, {"long_name": "name of the target"})
        write_variables(
            data,
            {
                "until": (
                    ("until",),
                    np.array([one.until for one in history]),
                    {"units": "s", "long_name": "time since origin of the last data"},
                ),
                "data": (
                    ("until",),
                    np.array([float(one.count) for one in history]),
                    {"units": "1", "long_name": "number of data"},
                ),
                "probability": (("probability",), np.array(BANDS), chance),
                "size_probability": (("size_probability",), np.array(SIZES), chance),
                **_sizes(history),
                "eta_max": (
                    ("until", "probability", "target"),
                    np.array([one.extremes.highest_quantiles() for one in history]),
                    {"units": "m", "long_name": "quantiles of the largest elevation"},
                ),
                "arrival_time": (
                    ("until", "probability", "target"),
                    np.array([one.extremes.arrival_quantiles() for one in history]),
                    {"units": "s", "long_name": "quantiles of the arrival; missing: no wave by the end"},
                ),
            },
        )  # fmt: skip


def _sizes(history: Sequence[Forecast]) -> dict[str, Variable]:
    """Quantiles of the magnitude of slip, or of the volume of water that uplift has lifted."""
    dimensions, values = ("until", "size_probability"), np.array([one.sizes()[1] for one in history], float)
    if history[0].lifted is None:
        return {"magnitude": (dimensions, values, {"units": "1", "long_name": "moment magnitude"})}
    about = {"units": "m3", "long_name": "net volume of water that was lifted"}
    return {"volume": (dimensions, 1e9 * values, about)}
