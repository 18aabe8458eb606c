"""What in the faults and chambers of a tsunami is valid but probably unintended, seen from the grids?"""

from collections.abc import Iterator, Sequence

import numpy as np

from esim.grids.grid import Grid
from esim.sources import geodesy
from esim.sources.fault_doubts import SMALLEST_FAULT, extent
from esim.sources.ocean import AnySource
from esim.sources.ocean.fault_source import FaultSource
from esim.sources.ocean.volcanic.buried_point import BuriedPoint

SMALLEST_MAGNITUDE = 6.0  # weaker earthquakes make no tsunami that is seen


def check_faults(grids: Sequence[Grid], sources: Sequence[AnySource]) -> Iterator[str]:
    """Sentences about faults and volcanic sources outside the grid, smaller than its cells, or too weak.

    The whole grid comes first.
    """
    for source in sources:
        if isinstance(source, BuriedPoint):
            yield from _point_outside(grids[0], source)
            yield from _small(grids, source.name, source.depth)
        elif isinstance(source, FaultSource) and source.smallest is not None:
            yield from _outside(grids[0], source)
            yield from _small(grids, source.name, source.smallest)
        elif isinstance(source, FaultSource):
            yield from _outside(grids[0], source)
            yield from _unresolved(grids, source)
            magnitude = source.magnitude
            if (
                magnitude is not None
                and magnitude < SMALLEST_MAGNITUDE
                and extent(source.fault) >= SMALLEST_FAULT
            ):
                yield (
                    f"source {source.name}: Mw {magnitude:.2f} is small for a tsunami, expected 6 or more; are slip, "
                    "length and width in metres?"
                )


def _outside(grid: Grid, source: FaultSource) -> Iterator[str]:
    distances = [distance(grid, *source.fault.centre(int(n))) for n in np.flatnonzero(source.fault.moving)]
    if out := sum(d > 0 for d in distances):
        yield (
            f"source {source.name}: {out} of the {len(distances)} subfaults that move lie outside the grid, by up to "
            f"{max(distances) / 1e3:.3g} km; what they move inside it is computed"
        )


def _point_outside(grid: Grid, source: BuriedPoint) -> Iterator[str]:
    away = distance(grid, source.x, source.y)
    if away > 0:
        yield (
            f"source {source.name}: lies outside the grid, by {away / 1e3:.3g} km; what it moves inside it is computed"
        )


def _small(grids: Sequence[Grid], name: str, size: float) -> Iterator[str]:
    """A volcanic source of a size [m], of its depth or its own, that falls between the finest cells."""
    cell = _finest(grids)
    if size < cell:
        yield (
            f"source {name}: displaces the seafloor over about {size / 1e3:.3g} km, less than a cell of "
            f"{cell / 1e3:.3g} km; its uplift is sampled too coarsely"
        )


def _finest(grids: Sequence[Grid]) -> float:
    """Side of the finest cells [m], as if the source were under them."""
    return min(float(min(size.min() for size in grid.cell_size())) for grid in grids)


def _unresolved(grids: Sequence[Grid], source: FaultSource) -> Iterator[str]:
    cell = _finest(grids)
    sides = np.minimum(source.fault.length, source.fault.width)[source.fault.moving]
    if small := int(np.count_nonzero(sides < cell)):
        yield (
            f"source {source.name}: {small} of {sides.size} subfaults are smaller than a cell of {cell / 1e3:.3g} km, "
            f"down to {sides.min() / 1e3:.3g} km; where they are shallow, their uplift is sampled too coarsely"
        )


def distance(grid: Grid, x: float, y: float) -> float:
    """Distance [m] of a point from the box of a grid, 0 inside."""
    width, height = grid.nx * grid.dx, grid.ny * grid.dy
    if grid.lonlat:  # by whichever way round the globe it is nearer
        x -= 360.0 * round((x - grid.x0 - 0.5 * width) / 360.0)
    near_x = x if grid.periodic[1] else min(max(x, grid.x0), grid.x0 + width)
    near_y = y if grid.periodic[0] else min(max(y, grid.y0), grid.y0 + height)
    east, north = geodesy.local(np.array([x]), np.array([y]), near_x, near_y, grid.lonlat)
    return float(np.hypot(east, north)[0, 0])
