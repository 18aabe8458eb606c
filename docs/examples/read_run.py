"""Looks at a finished run, whose directory is the argument."""

import sys
from pathlib import Path

from esim.analysis import open_run


def highest_gauge(directory: Path) -> str:
    """The gauge with the highest water, when and how high."""
    with open_run(directory) as run:
        eta = run.stations.eta
        name = eta.max("time").idxmax("station").item()
        record = eta.sel(station=name)
        height = record.max().item()
        hour = record.hours[record.argmax("time")].item()
        return f"{run.title}: {height:.2f} m at {name} after {hour:.1f} h"


if __name__ == "__main__":
    print(highest_gauge(Path(sys.argv[1])))
