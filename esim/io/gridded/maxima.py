"""What were the maxima? maxima.nc: of the water and its arrival, or of the shaking of the ground."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from esim.io.gridded.frame import Place
from esim.io.gridded.writer import GridFile


class MaximaFile(GridFile):
    """maxima.nc of a run, or another stem: open, the slabs of every variable, close, all on the writer thread.

    arrival_time is in seconds since the origin, and not finite where `arrival_threshold` [m] was never
    exceeded; inundation_depth_max is not finite on cells that were wet at first: both are stored as missing.
    extent counts through variables.ocean.EXTENT and is never missing.
    A crust run has pgv, pga, pgd, the same with _horizontal, and the elevation of the ground.
    """

    def __init__(
        self,
        directory: Path,
        place: Place,
        attributes: Mapping[str, str],
        *,
        stem: str = "maxima",
        arrival_threshold: float | None = None,
        variables: Sequence[str],
        compression: int = 1,
        dtype: str = "f4",
    ) -> None:
        super().__init__(directory / f"{stem}.nc", place, attributes, compression=compression)
        self._variables, self._threshold, self._dtype = tuple(variables), arrival_threshold, dtype

    def open(self) -> None:
        """Creates the temporary file with its coordinates and variables."""
        super().open()
        for name in self._variables:
            more = {"threshold": self._threshold, "threshold_units": "m"} if name == "arrival_time" else {}
            self.define(name, dtype="i1" if name == "extent" else self._dtype, more=more)
