"""Which warning does each target call for, how high is the wave, and when does it come?"""

from collections.abc import Iterator

import numpy as np

from esim.analysis.forecast.files import MIDDLE, OUTER, ForecastFiles
from esim.analysis.report import words
from esim.analysis.report.forecast.summary import clock
from esim.analysis.report.section import Choices, Section, Table, contents

SAID = (
    "Heights and arrivals are medians, with the interval that holds them with 95 % of probability. Times count from "
    "the origin."
)


def warnings(forecast: ForecastFiles, choices: Choices) -> Iterator[Section]:
    """Tables of the targets: probabilities of the levels, and heights and arrivals."""
    names, levels = forecast.names("target"), forecast.names("level")
    chances = forecast.result["level_probability"]
    rows = [
        (name, levels[int(each.argmax())], *(f"{100 * chance:.0f} %" for chance in each))
        for name, each in zip(names, chances.values, strict=True)
    ]
    words_of = str(chances.attrs["long_name"]).removeprefix("probability of a warning level, ")
    level = Table(f"Probability of each warning level, {words_of}", ("target", "most likely", *levels), rows)
    yield from contents("Warning levels", words=[SAID], tables=[level, _heights(forecast, choices)])


def _heights(forecast: ForecastFiles, choices: Choices) -> Table:
    times = clock(forecast, choices)
    heights, arrivals = forecast.result["eta_max"].values, forecast.result["arrival_time"].values
    rows = []
    for n, name in enumerate(forecast.names("target")):
        low, middle, high = (words.number(float(heights[k, n])) for k in (OUTER[0], MIDDLE, OUTER[1]))
        first, when, last = (float(arrivals[k, n]) for k in (OUTER[0], MIDDLE, OUTER[1]))
        rows.append(
            (name, middle, f"{low} to {high}", words.moment(when, times) or "no wave", _between(first, last))
        )
    headers = ("target", "largest elevation (m)", "interval (m)", "arrival", "interval (min)")
    return Table("Heights and arrivals", headers, rows)


def _between(first: float, last: float) -> str:
    """An interval of times in minutes; that of a wave that may not come is open."""
    if not np.isfinite(first):
        return ""
    return (
        f"{first / 60:.0f} to {last / 60:.0f}"
        if np.isfinite(last)
        else f"from {first / 60:.0f} on, if at all"
    )
