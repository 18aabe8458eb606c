"""Which maxima of an ocean run are written? Water-surface elevation, speed, inundation, arrival times."""

from collections.abc import Iterable, Sequence

from esim.io.gridded.writer import MapVariable
from esim.variables.ocean_maxima import MAXIMA


def maxima_variables(
    names: Iterable[str], arrival_thresholds: Sequence[float], dtype: str = "f4"
) -> list[MapVariable]:
    """The variables of maxima.nc of an ocean run.

    Arrival times are in seconds since the origin, and not finite where their one of `arrival_thresholds` [m] was never
    exceeded; inundation_depth_max is not finite on cells that were wet at first: both are stored as missing.
    extent is a classification, of whole numbers, and never missing.
    """
    found = []
    for name in names:
        one, more = MAXIMA[name], {}
        if one.threshold is not None:
            more = {"threshold": arrival_thresholds[one.threshold], "threshold_units": "m"}
        found.append(MapVariable(name, one.dtype or dtype, more=more))
    return found
