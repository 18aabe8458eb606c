"""How does the sea surface move under gravity? Its elevation on maps and at stations, and its maximum."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from esim.crust.medium.ground import Ground
from esim.crust.medium.placing import Columns, ReceiverSite
from esim.crust.model import Crust
from esim.crust.sea_surface import SeaSurface
from esim.grids.columns import ColumnGather
from esim.io.checkpoint.manifest import Checkpoint
from esim.io.checkpoint.part import Part
from esim.parallel.halo import HaloExchange


class ElevationMaps:
    """The elevation [m, up] of the sea surface of the owned columns, and with `maximum` its maximum so far."""

    def __init__(self, crust: Crust, sea: SeaSurface, maximum: bool) -> None:
        self._crust, self._sea = crust, sea
        self._own = (slice(None), *(slice(*pair) for pair in crust.block.interior))
        self._maximum = crust.backend.zeros((1, *crust.block.shape)) if maximum else None

    def update(self) -> None:
        """Update the maximum with the step that was just done."""
        if self._maximum is not None:
            self._crust.backend.raise_to(self._maximum, self._sea.eta[self._own])

    def elevation_on_host(self) -> np.ndarray:
        """Elevation (nj, ni) at the time of the velocities, halfway between two of its own; NaN where no water is."""
        host, (_, rows, columns) = self._crust.backend.to_host, self._own
        eta, down = host(self._sea.eta[self._own])[0], host(self._crust.v[2, self._sea.k, rows, columns])
        half_step = eta.dtype.type(self._crust.dt / 2)
        return np.where(self._sea.wet, eta + half_step * down, np.nan).astype(eta.dtype)

    def maximum_on_host(self) -> np.ndarray:
        """The maximum (nj, ni) so far; NaN where no water is."""
        assert self._maximum is not None  # by what is asked for
        highest = self._crust.backend.to_host(self._maximum)[0]
        return np.where(self._sea.wet, highest, np.nan).astype(highest.dtype)

    def save(self, part: Part) -> None:
        """Write what a checkpoint needs into the part of this rank."""
        flat, mine = self._crust.grid.horizontal.shape, self._crust.block
        for name, array in self._arrays().items():
            values = self._crust.backend.to_host(array)
            part.array(name, [values], mine, (1, *flat), values.dtype)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Restore the state of a checkpoint."""
        block = self._crust.block
        for name, array in self._arrays().items():
            values = checkpoint.load(name, (block.j0, block.j1, block.i0, block.i1))
            array[...] = self._crust.backend.from_host(values)

    def _arrays(self) -> dict[str, Any]:
        """By the names that a checkpoint has: the elevation, and its maximum."""
        more = {} if self._maximum is None else {"eta_max": self._maximum}
        return {"eta": self._sea.eta[self._own]} | more


class ElevationStations:
    """What stations record of the elevation of the sea surface above them; dry says which have none."""

    def __init__(self, crust: Crust, sea: SeaSurface, ground: Ground, sites: Sequence[ReceiverSite]) -> None:
        grid, block = crust.grid.horizontal, crust.block
        x, y = np.array([(site.x, site.y) for site in sites]).T
        self.dry = ~Columns(ground, x, y).wet
        self._halo = HaloExchange(crust.comm, crust.decomposition, 1, crust.backend)
        self._eta = sea.eta
        wet = np.zeros(sea.eta.shape)
        wet[0][tuple(slice(*pair) for pair in block.interior)] = sea.wet
        around = crust.backend.from_host(wet)
        self._halo.fill(around)
        known = crust.backend.to_host(around)[0].astype(np.float64)
        self.gather = ColumnGather(grid, block, "eta", x, y, known).moved(crust.backend.index)

    def exchange(self) -> None:
        """Bring the elevation of neighbours' columns up to date; all ranks together."""
        self._halo.fill(self._eta)
