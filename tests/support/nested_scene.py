"""A small whole run with nests, and all that it writes."""

import numpy as np
from support.scenes import compute, configured
from support.scenes import japan as honshu

from esim.io import netcdf

NAMES = ("coast", "nest2")


def scene(directory, **run) -> dict:
    """Honshu with its coast and source in a nest, and a bay in a nest of that; gauges on all of them."""
    made = honshu(directory, **run)
    made["time"]["duration"] = 2700
    made["grid"]["nests"] = [
        {"name": "coast", "west": 140, "east": 145, "south": 35, "north": 41, "ratio": 2},
        {
            "west": 140.8,
            "east": 143.2,
            "south": 37.2,
            "north": 39,
            "ratio": 3,
            "activation_threshold": "1 mm",
        },
    ]
    made["stations"] += [{"name": "bay", "lon": 142.4, "lat": 38.2}]
    return made


def outputs(directory) -> dict[str, np.ndarray]:
    """All arrays of the maps of the nests."""
    found = {}
    for file in (f"{kind}_{name}" for kind in ("fields", "maxima") for name in NAMES):
        with netcdf.LIBRARY, netcdf.read(directory / f"{file}.nc") as data:
            data.set_auto_maskandscale(False)
            found |= {f"{file}.{name}": data[name][...] for name in data.variables}
    return found


def everything(made, ranks=1, resume=False):
    """All arrays that a run writes, the maps of its nests among them."""
    return compute(made, ranks, resume) | outputs(configured(made).output.directory)
