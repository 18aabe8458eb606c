"""Asks a finished run, whose directory is the argument, for what a map and a gauge show."""

import sys

import esim


def explore(directory: str) -> str:
    """The highest water of the run, and that of a gauge and of a place."""
    with esim.open_run(directory) as run:
        highest = float(run["maxima"].eta_max.max())
        gauge = run.esim.at(name="gauge").eta  # a time series
        place = run["maxima"].esim.at(x=30e3, y=20e3).eta_max
        return f"{highest:.2f} m, {float(gauge.max()):.2f} m, {float(place):.2f} m"


if __name__ == "__main__":
    print(explore(sys.argv[1]))
