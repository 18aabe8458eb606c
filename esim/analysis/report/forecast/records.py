"""On which records does the forecast rest, what was done to them, and which sensors are wrong?"""

from collections.abc import Iterator

import numpy as np

from esim.analysis.forecast.files import ForecastFiles
from esim.analysis.report import words
from esim.analysis.report.forecast.waves import plot
from esim.analysis.report.section import Section, Table, choice, contents
from esim.analysis.report.stations import CHOSEN

SAID = "What the forecast expects of the records on which it rests, and of what came after them."
HEADERS = "sensor", "sees", "data in use", "from (min)", "to (min)", "assumed and done", "likely to be wrong"
DONE = "record_processing"  # of forecast.nc


def sensors(forecast: ForecastFiles) -> Iterator[Section]:
    """A plot of each sensor, of which one is seen at a time; none without records."""
    if forecast.records is None:
        return
    used = forecast.used()
    names = forecast.names("sensor")[:CHOSEN]
    plots = {
        name: plot(
            forecast, "sensor", n, "" if used is None or used[n] else "The forecast does not use this record."
        )
        for n, name in enumerate(names)
    }
    yield from choice("Records of the sensors", "Sensor", plots=plots, words=[SAID])


def records(forecast: ForecastFiles) -> Iterator[Section]:
    """What was said of the data, and a table of the sensors."""
    tables = [] if forecast.records is None else [Table("Sensors", HEADERS, list(_rows(forecast)))]
    yield from contents(
        "Data", words=[f"{text[0].upper()}{text[1:]}." for text in forecast.remarks], tables=tables
    )


def _rows(forecast: ForecastFiles) -> Iterator[tuple[str, ...]]:
    assert forecast.records is not None  # asked by the caller
    minutes = forecast.records["sensor_time"].values / 60
    for n, name in enumerate(forecast.names("sensor")):
        sensor = forecast.records.isel(sensor=n)
        there = np.flatnonzero(sensor["sensor_used"].values == 1)
        ends = [words.number(float(minutes[k])) for k in there[[0, -1]]] if there.size else ["", ""]
        kind = (
            "water surface"
            if str(sensor["sensor_kind"].values) == "surface"
            else str(sensor["sensor_kind"].values)
        )
        done = str(forecast.result[DONE].values[n]) if DONE in forecast.result else ""
        yield name, kind, words.count(there.size), *ends, done, str(sensor["sensor_wrong"].values)
