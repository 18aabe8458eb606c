"""Where is the water before anything moves? Lakes with levels of their own, and land that is dry below the sea."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from esim.config.ocean.water import FirstWaterConfig, RegionConfig
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io import regions
from esim.io.regions import Region


@dataclass(frozen=True, eq=False)
class FirstWater:
    """The sea at its level, but for dry land and for lakes with levels [m above the still sea]; see `InitialState`."""

    dry: tuple[Region, ...]
    lakes: tuple[tuple[Region, float], ...]
    name: str = "water"
    whole: bool = True
    target: Literal["water"] = "water"

    def check(self, grid: Grid) -> None:
        """Raises InputError if no cell of the grid lies in one of the regions."""
        for region in (*self.dry, *(lake for lake, _ in self.lakes)):
            if not region.contains(grid.x(), grid.y(), grid.lonlat).any():
                raise InputError(f"water: no cell of the grid has its centre in {region.name}")

    def water(self, x: np.ndarray, y: np.ndarray, lonlat: bool) -> np.ndarray:
        """Surface above the still sea [m], NaN where dry, and no velocity, (3, ny, nx)."""
        result = np.zeros((3, len(y), len(x)))
        for lake, level in self.lakes:
            result[0, lake.contains(x, y, lonlat)] = level
        for region in self.dry:
            result[0, region.contains(x, y, lonlat)] = np.nan
        return result


def build(config: FirstWaterConfig, lonlat: bool, sea_level: float) -> FirstWater:
    """The first water as the configuration has it; raises InputError for regions that cannot be read."""

    def regions_of(key: str, sections: Sequence[RegionConfig]) -> list[Region]:
        return [region_of(section, f"water.{key}.{n}", lonlat) for n, section in enumerate(sections)]

    levels = [lake.level - sea_level for lake in config.lakes]
    lakes = zip(regions_of("lakes", config.lakes), levels, strict=True)
    return FirstWater(tuple(regions_of("dry", config.dry)), tuple(lakes))


def region_of(section: RegionConfig, where: str, lonlat: bool) -> Region:
    """The region of a section, which messages call where; raises InputError if it cannot be read."""
    if section.polygon is not None:
        return regions.polygon(section.polygon, where)
    if section.file is None:
        raise InputError(f"{where}: expected either polygon or file")
    return regions.read(section.file, section.variable, lonlat)
