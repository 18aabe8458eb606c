"""Which figures has a forecast?"""

from collections.abc import Iterator
from functools import partial

from esim.analysis.figures.look import PLAIN, Look, Sketch
from esim.analysis.forecast.figures import sharpening, uplift, waves
from esim.analysis.forecast.files import ForecastFiles


def draw(forecast: ForecastFiles, look: Look = PLAIN) -> Iterator[Sketch]:
    """Uplift and bands in one figure, the uplift alone, bands at sensors, and how a followed forecast sharpened."""
    yield "forecast", partial(waves.overview, forecast, look)
    yield "uplift", partial(uplift.figure, forecast, look)
    if forecast.records is not None:
        yield "sensors", partial(waves.sensors, forecast, look)
    if forecast.sharpening is not None:
        yield "sharpening", partial(sharpening.figure, forecast, look)
