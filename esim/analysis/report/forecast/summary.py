"""What is expected, and from how much data, in a few sentences and in numbers?"""

from collections.abc import Iterator

import numpy as np

from esim.analysis.figures.clock import Clock, local_zone
from esim.analysis.forecast.files import MIDDLE, OUTER, ForecastFiles
from esim.analysis.report import words
from esim.analysis.report.event import number_of, opening, sentence
from esim.analysis.report.section import Choices, Fact, Section, known

CAUTION = (
    "This page describes a computation from records. It is not a warning: follow those of the authorities."
)


def summary(forecast: ForecastFiles, choices: Choices) -> Iterator[Section]:
    """The first section of a forecast."""
    times = clock(forecast, choices)
    yield opening((_event(forecast, times), _highest(forecast)), CAUTION, _facts(forecast, times))


def clock(forecast: ForecastFiles, choices: Choices) -> Clock:
    """The clocks of a forecast: local time is that of the zone chosen, else of the target in the shallowest water."""
    zone = choices.look.zone
    if zone is None and forecast.lonlat:
        (lon, lat), n = forecast.places("target"), int(forecast.result["target_depth"].values.argmin())
        zone = local_zone(float(lon[n]), float(lat[n]))
    return Clock(forecast.start, zone)


def _event(forecast: ForecastFiles, times: Clock) -> str:
    """From which data, and of what magnitude."""
    data = f"From records up to {words.after(forecast.until, times)}"
    return sentence(f"{data}: {forecast.size}" if forecast.size else data)


def _highest(forecast: ForecastFiles) -> str:
    """The target with the highest wave."""
    heights = forecast.result["eta_max"].values
    n = int(np.nanargmax(heights[MIDDLE]))
    low, middle, high = (words.number(float(heights[k, n]), "m", 2) for k in (OUTER[0], MIDDLE, OUTER[1]))
    where = f"Of {number_of(heights.shape[1], 'target')}, {forecast.names('target')[n]} is to expect the highest wave"
    return f"{where}, {middle} ({low} to {high} with 95 % of probability)."


def _facts(forecast: ForecastFiles, times: Clock) -> Iterator[Fact]:
    about = forecast.configuration.get("forecast", {})
    used, count = forecast.used(), forecast.result.sizes["sensor"]
    green = about.get("green_depth")
    yield from known(
        ("Size", forecast.size),
        ("Largest expected uplift", words.number(float(forecast.result["uplift"].max()), "m")),
        ("Origin time", times.origin().removeprefix("origin ")),
        ("Data up to", words.moment(forecast.until, times)),
        ("Data", words.count(about.get("data"))),
        ("Sensors in use", f"{int(used.sum())} of {count}" if used is not None else words.count(count)),
        ("Misfit, 1 as noise says", words.number(about.get("misfit"), digits=2)),
        ("Heights of levels", f"at {words.number(green, 'm')} of depth" if green else ""),
    )
