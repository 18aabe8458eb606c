"""Where is the tracer at the origin time?"""

import numpy as np

from esim.config.ocean.tracer import TracerConfig
from esim.ocean.domain import Domain
from esim.sources import geodesy


def initial_concentration(config: TracerConfig, domain: Domain) -> np.ndarray:
    """Concentration in the owned cells of a domain (nj, ni)."""
    grid, block = domain.grid, domain.block
    x, y = grid.x(block.i0, block.i1), grid.y(block.j0, block.j1)
    found = np.full(block.shape, config.background)
    for patch in config.initial:
        east, north = geodesy.local(x, y, *patch.position, grid.lonlat)
        found[np.hypot(east, north) <= patch.radius] = patch.concentration
    return found
