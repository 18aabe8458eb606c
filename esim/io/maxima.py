"""What were the extremes? maxima.nc: greatest and least values, arrival times, inundation, sea floor."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from esim.grid import Grid
from esim.io.gridfile import GridFile

MAXIMA = ("eta_max", "eta_min", "speed_max", "momentum_flux_max", "inundation_depth_max", "arrival_time")
VARIABLES = (*MAXIMA, "bathymetry", "uplift")


class Maxima(GridFile):
    """maxima.nc of a run: open, then the slabs of every variable, then close, all on the writer thread.

    arrival_time is in seconds since the origin, and not finite where `arrival_threshold` [m] was never
    exceeded; inundation_depth_max is not finite on cells that were wet at first: both are stored as missing.
    """

    def __init__(
        self,
        directory: Path,
        grid: Grid,
        attributes: Mapping[str, str],
        *,
        arrival_threshold: float,
        variables: Sequence[str] = VARIABLES,
        compression: int = 1,
        dtype: str = "f4",
    ) -> None:
        super().__init__(directory / "maxima.nc", grid, attributes, compression=compression)
        self._variables, self._threshold, self._dtype = tuple(variables), arrival_threshold, dtype

    def open(self) -> None:
        """Creates the temporary file with its coordinates and variables."""
        super().open()
        for name in self._variables:
            more = {"threshold": self._threshold, "threshold_units": "m"} if name == "arrival_time" else {}
            self.define(name, dtype=self._dtype, more=more)
