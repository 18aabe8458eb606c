"""How are the maxima of an ocean run written? Water-surface elevation, speed, inundation, arrival times."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from esim.io.gridded.frame import Place
from esim.io.gridded.maxima import MaximaFile
from esim.variables.ocean import MAXIMA


class OceanMaximaFile(MaximaFile):
    """maxima.nc of an ocean run.

    Arrival times are in seconds since the origin, and not finite where their one of `arrival_thresholds` [m] was never
    exceeded; inundation_depth_max is not finite on cells that were wet at first: both are stored as missing.
    extent is a classification, of whole numbers, and never missing.
    """

    def __init__(
        self,
        directory: Path,
        place: Place,
        attributes: Mapping[str, str],
        *,
        variables: Sequence[str],
        arrival_thresholds: Sequence[float],
        stem: str = "maxima",
        compression: int = 1,
        dtype: str = "f4",
    ) -> None:
        super().__init__(
            directory,
            place,
            attributes,
            variables=variables,
            stem=stem,
            compression=compression,
            dtype=dtype,
        )
        self._thresholds = tuple(arrival_thresholds)

    def define_maximum(self, name: str) -> None:
        """Adds one of the variables."""
        variable = MAXIMA[name]
        more = {}
        if variable.threshold is not None:
            more = {"threshold": self._thresholds[variable.threshold], "threshold_units": "m"}
        self.define(name, dtype=variable.dtype or self._dtype, more=more)
