"""Which waves are expected at the targets? Interactive plots of their bands, with records where they are there."""

from collections.abc import Iterator

from esim.analysis.forecast.files import Bands, ForecastFiles
from esim.analysis.report import words
from esim.analysis.report.section import Section, choice
from esim.analysis.report.series import BLUE, INK, Plot, Trace, area, series
from esim.analysis.report.stations import CHOSEN

SAID = "Grey: before the last data. Bands hold a record with 95 and 50 % of probability."


def targets(forecast: ForecastFiles) -> Iterator[Section]:
    """A plot of each target, of which one is seen at a time."""
    names = forecast.names("target")
    plots = {name: plot(forecast, "target", n) for n, name in enumerate(names[:CHOSEN])}
    more = (
        [f"The first {CHOSEN} of {len(names)} targets; forecast.nc has all."] if len(names) > CHOSEN else []
    )
    yield from choice("Waves at the targets", "Target", plots=plots, words=[SAID, *more])


def plot(forecast: ForecastFiles, kind: str, n: int, said: str = "") -> Plot:
    """The bands at a target or sensor, and the record there."""
    target = kind == "target"
    bands = forecast.target_bands(n) if target else forecast.sensor_bands(n)
    record = forecast.target_record(n) if target else forecast.sensor_record(n)
    traces = [*_traces(bands)]
    if record is not None:
        traces.append(Trace("record", *record, INK, dots=True))
    drawn = series(forecast.start, traces, "elevation (m)", shaded=forecast.until)
    x, y = forecast.places(kind)
    low, high = (words.number(float(end), "m") for end in (bands.outer[0].min(), bands.outer[1].max()))
    alt = f"Expected elevation with bands of 95 and 50 %, from {low} to {high}{', and the record' if record else ''}."
    place = words.place(float(x[n]), float(y[n]), forecast.lonlat)
    return Plot(forecast.names(kind)[n], place, traces, drawn, alt, said)


def _traces(bands: Bands) -> Iterator[Trace]:
    yield area("95 %", bands.time, *bands.outer, BLUE)
    yield area("50 %", bands.time, *bands.inner, BLUE)
    yield Trace("expected", bands.time, bands.expected, BLUE)
