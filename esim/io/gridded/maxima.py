"""How are the maxima of a run written? One value of each variable in every cell, maxima.nc."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from esim.io.gridded.frame import Place
from esim.io.gridded.writer import GridFile, MapVariable


class MaximaFile(GridFile):
    """maxima.nc of a run, or another stem: open, the slabs of every variable, close, all on the writer thread."""

    def __init__(
        self,
        directory: Path,
        place: Place,
        attributes: Mapping[str, str],
        *,
        variables: Sequence[MapVariable],
        stem: str = "maxima",
        compression: int = 1,
    ) -> None:
        super().__init__(directory / f"{stem}.nc", place, attributes, compression=compression)
        self._variables = tuple(variables)

    def open(self) -> None:
        """Creates the temporary file with its coordinates and variables."""
        super().open()
        for variable in self._variables:
            self.define(variable)
