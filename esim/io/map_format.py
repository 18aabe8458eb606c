"""Are maps written as NetCDF or as Zarr? As the configuration says, or by the size of the largest one."""

from dataclasses import dataclass
from typing import Any

ZARR_FROM = 1 << 28  # bytes of a map from which on gathering it on one rank holds up the others


@dataclass(frozen=True)
class MapFormat:
    """The format of the maps of a run, "netcdf" or "zarr"; the largest map has so many bytes."""

    name: str
    map_bytes: int
    automatic: bool

    def file(self, stem: str) -> str:
        """Name of a file of maps."""
        return stem + {"netcdf": ".nc", "zarr": ".zarr"}[self.name]

    def describe(self) -> str:
        """The line of the plan of a run."""
        how = {"netcdf": "NetCDF, gathered on one rank", "zarr": "Zarr, written by all ranks"}[self.name]
        size = f"the largest map has {self.map_bytes / 1e6:.3g} MB"
        if self.automatic:
            side = "under" if self.name == "netcdf" else "from"
            size += f", {side} the {ZARR_FROM / 1e6:.0f} MB of output.format: auto"
        return f"maps           {how}: {size}"

    def record(self) -> dict[str, Any]:
        """What run.json has of it."""
        return {"format": self.name, "map_bytes": self.map_bytes, "automatic": self.automatic}


def choose_format(asked: str, cells: int, precision: str) -> MapFormat:
    """The format that output.format asks for, of a run whose largest map has so many cells."""
    size = cells * (8 if precision == "float64" else 4)
    if asked != "auto":
        return MapFormat(asked, size, automatic=False)
    return MapFormat("zarr" if size >= ZARR_FROM else "netcdf", size, automatic=True)
