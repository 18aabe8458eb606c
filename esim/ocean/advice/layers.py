"""Do sources lie in the layers along open sides, where waves are damped?"""

from collections.abc import Iterator

import numpy as np

from esim.ocean.model import Ocean
from esim.ocean.output.maxima import absorbing_cells
from esim.ocean.sources.seafloor_motion import SeafloorMotion

MUCH = 0.05  # of the largest displacement


def damped_sources(ocean: Ocean, motion: SeafloorMotion) -> Iterator[str]:
    """A sentence about what moves in layers that absorb, of the bed in the end and of the water as it begins.

    Every rank calls it.
    """
    zeta, bed = ocean.own(ocean.plan.state())[0], ocean.own(ocean.bed)[0]
    lifted = np.where(bed < 0, np.abs(zeta - motion.first_level), 0.0)
    yield from damped_uplift(ocean, np.maximum(np.abs(motion.uplift), lifted))


def damped_uplift(ocean: Ocean, moved: np.ndarray) -> Iterator[str]:
    """A sentence about a displacement [m] of the owned cells (nj, ni) in layers that absorb. Every rank calls it."""
    damped = absorbing_cells(ocean)
    largest = (float(moved.max(initial=0.0, where=where)) for where in (damped, np.ones_like(damped)))
    inside, anywhere = map(ocean.comm.allreduce_max, largest)
    if inside > MUCH * anywhere:
        yield (
            f"source: the absorbing layers along open sides hold a displacement of up to {inside:.3g} m, "
            f"{100 * inside / anywhere:.0f} % of the largest, whose waves are damped; use a larger grid"
        )
