"""What would have been forecast on 11 March 2011? First crests at two buoys far away, from data near the source.

The library of configs/forecast_tohoku2011.yaml, the gauges of data:tohoku2011/gauges/near_field.csv (ESIM_DATA) and the
buoys that come with esim: `python -m esim.validation.studies.forecast_tohoku out/forecast_tohoku2011/library.nc` prints
the tables of validation/results/forecast.md, of the earthquake and of sensors that are made wrong.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from esim.analysis.ocean.crest import first_crest
from esim.data import locate
from esim.forecast.library import Library, read_library
from esim.forecast.records import DataFile, Record, data_of, read_records
from esim.forecast.run import Watch
from esim.forecast.sensor_check import CLOCK_LEVEL, doubts, independent, wrong_sensors
from esim.validation.report import markdown

FILES = ("data:tohoku2011/gauges/near_field.csv", "data:tohoku2011_dart.csv")
BUOYS = ("21401", "21413")
CASES = (
    (20, ("21418",)),
    (30, ("21418",)),
    (30, ()),
    (40, ()),
    (60, ()),
)  # min of data, and sensors left out
SHAKING = 1200.0  # s, until which buoys recorded seismic waves
HEADERS = (
    "data up to",
    "without",
    "Mw",
    "buoy",
    "first crest",
    "95 % band",
    "record",
    "difference",
    "samples held",
)
WRONG = (15, 20, 30, 40, 60)  # min of data
RIGHT = range(8, 61)  # min of data at which no sensor may be called wrong
SILENT = 8  # data of a sensor, fewer of which say nothing
FAULTS = ("sign turned", "dead", "5 min late", "5 min early")


def observed(library: Library) -> dict[str, Record]:
    """All records, of sensors and targets."""
    kinds = dict(zip(library.sensors, library.sensor_kinds, strict=True))
    return read_records(
        [DataFile(locate(Path(file))) for file in FILES], kinds, library.start, library.targets
    )


def crests(library: Library, records: Mapping[str, Record]) -> list[tuple[str, ...]]:
    """The table of first crests."""
    rows: list[tuple[str, ...]] = []
    for minutes, without in CASES:
        found = Watch(library, records, exclude=without).forecast(60.0 * minutes)
        low, _, _, _, high = found.waves.quantiles()
        for name in BUOYS:
            n = library.targets.index(name)
            crest = first_crest(library.forecast_time, found.waves.mean[n])
            record = records[name]
            known = (record.time > max(SHAKING, found.until)) & (record.time <= library.forecast_time[-1])
            passed = first_crest(record.time[known], record.value[known])
            assert crest is not None and passed is not None  # of this earthquake
            (time, height), (_, seen) = crest, passed
            at = int(np.abs(library.forecast_time - time).argmin())
            inside = [np.interp(record.time[known], library.forecast_time, band[n]) for band in (low, high)]
            share = np.mean((record.value[known] >= inside[0]) & (record.value[known] <= inside[1]))
            rows.append(
                (
                    f"{minutes} min",
                    ", ".join(without) or "none",
                    f"{found.sizes()[1][1] or 0:.2f}",
                    name,
                    f"{height:.2f} m",
                    f"{low[n, at]:.2f} to {high[n, at]:.2f} m",
                    f"{seen:.2f} m",
                    f"{100 * (height / seen - 1):+.0f} %",
                    f"{100 * share:.0f} %",
                )
            )
    return rows


def spoiled(record: Record, fault: str) -> Record:
    """A record of a sensor that is wrong."""
    late = {"5 min late": 300.0, "5 min early": -300.0}.get(fault, 0.0)
    factor = {"sign turned": -1.0, "dead": 0.0}.get(fault, 1.0)
    return record._replace(time=record.time + late, value=factor * record.value)


def named(library: Library, records: Mapping[str, Record], fault: str, minutes: int) -> str:
    """How many wrong sensors are found as the first, one after the other; and which are not."""
    missed, has = [], 0
    for name in library.sensors:
        data = data_of(library, {**records, name: spoiled(records[name], fault)}, 60.0 * minutes)
        if np.isfinite(data[library.sensors.index(name)]).sum() < SILENT:
            continue
        has += 1
        found = wrong_sensors(library, data)
        if not found or found[0].sensor != name:
            missed.append(name)
    return f"{has - len(missed)} of {has}" + (f", not {', '.join(missed)}" if missed else "")


def clock_rises(library: Library, records: Mapping[str, Record], name: str) -> list[str]:
    """By how much another clock raises twice the log evidence of a record after an hour: right, late, and early."""
    rises = []
    for fault in ("none", "5 min late", "5 min early"):
        data = data_of(library, {**records, name: spoiled(records[name], fault)}, 3600.0)
        found = [one for one in doubts(library, independent(library, data)) if one.sensor == name]
        rises.append(max(one.strength for one in found if "clock" in one.cause) + CLOCK_LEVEL)
    return [f"{rise:.0f}" for rise in rises]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    library = read_library(parser.parse_args().library)
    records = observed(library)
    print(*markdown(HEADERS, crests(library, records)))
    alarms = [len(wrong_sensors(library, data_of(library, records, 60.0 * minutes))) for minutes in RIGHT]
    print(f"\nright sensors called wrong at {RIGHT[0]}, {RIGHT[1]} .. {RIGHT[-1]} min: {sum(alarms)}\n")
    rows = [(fault, *(named(library, records, fault, minutes) for minutes in WRONG)) for fault in FAULTS]
    print(*markdown(("one sensor", *(f"found by {minutes} min" for minutes in WRONG)), rows))
    print()
    clocks = [(name, *clock_rises(library, records, name)) for name in library.sensors]
    print(*markdown(("sensor", "right", "5 min late", "5 min early"), clocks))


if __name__ == "__main__":
    main()
