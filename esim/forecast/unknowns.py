"""What is to be found? Subfaults that slip, or cells that rise, each in windows of time, and what they lift."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from esim.config.forecast.unknowns import SlipConfig, UnknownsConfig, UpliftConfig
from esim.config.ocean.root import TsunamiConfig
from esim.forecast.cell_uplift import rising_cells
from esim.forecast.operator import window_starts
from esim.forecast.prior import distances
from esim.forecast.uplift import (
    UnitUplifts,
    first_starts,
    read_fault,
    source_terms,
    unit_uplifts,
    vertical_motion,
)
from esim.grids.grid import CellFunction, Grid


@dataclass(frozen=True, eq=False)
class Unknowns:
    """K parts, subfaults or cells of the seafloor, each of which moves in W windows.

    uplifts: the rises by 1 m of each; starts [s] of its windows, (W, K); apart [m] their centres, (K, K); outlines:
    corners (K, n, 3) as x, y and depth [m]; area [m2] and moment [N m] by 1 m of slip, NaN for cells, (K,); rise: of a
    point of the bed at x, y by 1 m of each [m], (K,); file: of the fault or of the area, None where there is none;
    parts: what they are, in words.
    """

    uplifts: UnitUplifts
    starts: np.ndarray
    apart: np.ndarray
    outlines: np.ndarray
    area: np.ndarray
    moment: np.ndarray
    rise: Callable[[float, float], np.ndarray]
    file: Path | None
    parts: str

    @property
    def count(self) -> int:
        """Number of parts."""
        return int(self.area.size)


def build_unknowns(
    config: UnknownsConfig, base: TsunamiConfig, grid: Grid, elevation: CellFunction
) -> Unknowns:
    """The unknowns on the grid of a base, over a bed [m above the still water]; raises InputError."""
    if isinstance(config, SlipConfig):
        return _subfaults(config, base, grid, elevation)
    return _cells(config, base, grid, elevation)


def _subfaults(config: SlipConfig, base: TsunamiConfig, grid: Grid, elevation: CellFunction) -> Unknowns:
    fault = read_fault(config, base)
    kajiura, sloped = source_terms(config, base)
    uplifts = unit_uplifts(
        fault, grid, elevation, base.physics.dry_depth, kajiura=kajiura, horizontal_on_slope=sloped
    )
    outlines = np.stack([fault.outline(n) for n in range(fault.x.size)])
    centres = np.array([fault.centre(n) for n in range(fault.x.size)])
    area = fault.length * fault.width
    return Unknowns(
        uplifts,
        window_starts(first_starts(config, fault), config.windows, config.window),
        distances(centres, outlines[:, :, 2].mean(axis=1), fault.lonlat),
        outlines,
        area,
        fault.rigidity * area,
        lambda x, y: vertical_motion(fault, x, y),
        config.fault,
        f"{fault.x.size} subfaults",
    )


def _cells(config: UpliftConfig, base: TsunamiConfig, grid: Grid, elevation: CellFunction) -> Unknowns:
    kajiura, _ = source_terms(config, base)
    cells = rising_cells(config, grid, elevation, base.physics.dry_depth, kajiura=kajiura)
    count = cells.area.size
    return Unknowns(
        cells.uplifts,
        window_starts(np.zeros(count), config.windows, config.window),
        distances(cells.centres, np.zeros(count), grid.lonlat),
        cells.outlines,
        cells.area,
        np.full(count, np.nan),
        cells.rise,
        config.area.file,
        f"{count} squares of up to {config.cells} x {config.cells} cells",
    )
