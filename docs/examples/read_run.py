"""Looks at a finished run, whose directory is the argument."""

import sys
from pathlib import Path

import xarray as xr


def highest_gauge(directory: Path) -> str:
    """The gauge with the highest water, how high and when."""
    with xr.open_dataset(directory / "stations.nc") as stations:
        eta = stations.eta
        name = eta.max("time").idxmax("station").item()
        record = eta.sel(station=name)
        crest = record.isel(time=record.argmax("time"))
        return f"{crest.item():.2f} m at {name}, {crest.time.values}"


if __name__ == "__main__":
    print(highest_gauge(Path(sys.argv[1])))
