"""How does a metre of slip on each subfault lift the bed and the water? Okada (1985), slopes and Kajiura's filter."""

from dataclasses import dataclass, replace

import numpy as np

from esim.config.forecast.unknowns import SlipConfig, UnknownsConfig
from esim.config.ocean.root import TsunamiConfig
from esim.config.ocean.source import FaultSourceConfig, FiniteFaultConfig
from esim.errors import InputError
from esim.grids.grid import CellFunction, Grid
from esim.ocean.sources.displacement import slope
from esim.ocean.sources.kajiura import box_filter, filter_scale
from esim.sources.finite_fault import FiniteFault
from esim.sources.geodesy import Box
from esim.sources.ocean import build, seafloor
from esim.sources.ocean.fault_source import STEEP, FaultSource


@dataclass(frozen=True, eq=False)
class UnitUplifts:
    """Rise [m] of bed and water surface by 1 m of each of K unknowns, (K, nj, ni) on a box of cells.

    The surface does not rise on land.
    """

    box: Box
    bed: np.ndarray
    surface: np.ndarray


def read_fault(unknowns: SlipConfig, base: TsunamiConfig) -> FiniteFault:
    """The fault of a file in the coordinates of the grid, as it slips there; raises InputError."""
    given = FiniteFaultConfig.model_validate(
        {"kind": "finite_fault", "file": unknowns.fault, "rigidity": unknowns.rigidity}
    )
    crs = base.grid.crs if base.grid.kind == "cartesian" else None
    found = build(given, base.grid.kind == "lonlat", base.time.start, crs=crs)
    assert isinstance(found, FaultSource)
    return found.fault


def first_starts(unknowns: SlipConfig, fault: FiniteFault) -> np.ndarray:
    """When the first window of each subfault begins [s], (K,): at its rupture time in the file, or the origin time."""
    return fault.start.min(axis=1) if unknowns.start == "file" else np.zeros(fault.x.size)


def unit_fault(fault: FiniteFault) -> FiniteFault:
    """The same subfaults, each with 1 m of slip at the origin time."""
    one = np.ones((fault.x.size, 1))
    return replace(fault, slip=one, start=0 * one, rise=0 * one, opening=np.zeros(fault.x.size))


def source_terms(unknowns: UnknownsConfig, base: TsunamiConfig) -> tuple[bool, bool]:
    """Whether Kajiura's filter and the horizontal motion of slopes count: as asked for, or as the base has it.

    Free uplift has no horizontal motion.
    """
    first = next((one for one in base.source if isinstance(one, FaultSourceConfig)), None)
    kajiura, sloped = (True, True) if first is None else (first.kajiura, first.horizontal_on_slope)
    asked = unknowns.horizontal_on_slope if isinstance(unknowns, SlipConfig) else False
    return (
        kajiura if unknowns.kajiura is None else unknowns.kajiura,
        sloped if asked is None else asked,
    )


def unit_uplifts(
    fault: FiniteFault,
    grid: Grid,
    elevation: CellFunction,
    dry: float,
    *,
    kajiura: bool,
    horizontal_on_slope: bool,
) -> UnitUplifts:
    """The rises by a metre of slip, over a bed [m above the still water]; less water than dry [m] is land.

    With the slopes of the bed its horizontal motion counts: uz - ux db/dx - uy db/dy (Tanioka and Satake 1996, GRL
    23(8), 861-864). Raises InputError for a fault that moves nothing in the grid.
    """
    unit = unit_fault(fault)
    # Where slip of 1 m on average moves the bed by less than 0.1 mm, nothing counts.
    share = replace(unit, slip=unit.slip / unit.x.size)
    box = seafloor.region(share, grid, STEEP if horizontal_on_slope else 0.0)
    if box[0] >= box[1] or box[2] >= box[3]:
        raise InputError(
            "unknowns.fault: its subfaults move nothing in the grid of base; expected a fault in it"
        )
    x, y = grid.x(*box[2:]), grid.y(*box[:2])
    slopes = slope(grid, elevation, box) if horizontal_on_slope else (0.0, 0.0)
    bed = np.stack([_rise(unit, n, x, y, grid.lonlat, slopes) for n in range(unit.x.size)])
    return UnitUplifts(box, bed, surface_of(bed, grid, elevation, box, dry, kajiura=kajiura))


def surface_of(
    bed: np.ndarray, grid: Grid, elevation: CellFunction, box: Box, dry: float, *, kajiura: bool
) -> np.ndarray:
    """Rise of the water [m] above rises of the bed (K, nj, ni) [m], by Kajiura's filter if wanted; none on land."""
    surface = bed.copy()
    if kajiura:
        smoothed = box_filter(grid, elevation, box, filter_scale(grid, elevation, box, bed.sum(axis=0)[None]))
        surface = np.stack([smoothed(one) for one in bed])
    surface[:, -elevation(grid.x(*box[2:]), grid.y(*box[:2])) <= dry] = 0.0
    return surface


def vertical_motion(fault: FiniteFault, x: float, y: float) -> np.ndarray:
    """Rise [m] of a point of the bed by 1 m of slip on each subfault, (K,).

    An instrument goes with the ground sideways as well, so the slope of the bed does not count.
    """
    unit, place = unit_fault(fault), (np.array([x]), np.array([y]))
    return np.array(
        [float(seafloor.motion(unit, n, *place, unit.lonlat)[2][0, 0]) for n in range(unit.x.size)]
    )


def _rise(
    fault: FiniteFault,
    n: int,
    x: np.ndarray,
    y: np.ndarray,
    lonlat: bool,
    slopes: tuple[np.ndarray | float, np.ndarray | float],
) -> np.ndarray:
    ux, uy, uz = seafloor.motion(fault, n, x, y, lonlat)
    return np.asarray(uz - ux * slopes[0] - uy * slopes[1])
