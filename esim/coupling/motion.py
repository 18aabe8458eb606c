"""Where and when will a run of the crust record its motion? Known before it is computed."""

from esim.crust.discretisation import Discretisation
from esim.crust.output.low_pass import REACH
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.sources.ocean.recorded.frames import MotionGeometry


def planned_motion(
    grid: Grid3D, projection: Projection | None, times: Discretisation, interval: float
) -> MotionGeometry:
    """The geometry of the low-passed records, about an interval [s] apart, as their file will have it."""
    steps = max(1, round(interval / times.dt))
    first = -times.early // steps - REACH
    flat, every = grid.horizontal, steps * times.dt
    return MotionGeometry(flat.x(), flat.y(), projection, every, first * every)
