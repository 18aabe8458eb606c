"""Which figures does an ensemble have?"""

from collections.abc import Iterator
from functools import partial

from esim.analysis.ensemble.figures import curves, maps
from esim.analysis.figures.look import PLAIN, Look, Sketch
from esim.analysis.reading.run import Run


def draw(run: Run, look: Look = PLAIN) -> Iterator[Sketch]:
    """Hazard curves of the stations, maps of exceedance, quantiles and the worst case; none without hazard.nc."""
    if run.hazard is None:
        return
    yield from curves.figures(run, look)
    if run.maxima is None:
        return
    for value in run.hazard["threshold"].values:
        yield f"exceedance_{value:g}", partial(maps.exceedance, run, float(value), look)
    for name in run.maxima.data_vars:
        if str(name).endswith("_worst") or "_max_quantile_" in str(name) or "pgv_quantile_" in str(name):
            yield str(name), partial(maps.height, run, str(name), look)
