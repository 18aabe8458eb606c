"""How are receivers recorded? Raw records at every step, gathered on the device in batches."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from esim.backends.device_buffer import DeviceBuffer
from esim.crust.discretisation import Discretisation
from esim.crust.medium.ground import Ground
from esim.crust.medium.placing import ReceiverSite, receiver_terms
from esim.crust.model import Crust
from esim.crust.output.sea_elevation import ElevationStations
from esim.grids.columns import ColumnGather
from esim.grids.interpolation import NODES, Gather, Site
from esim.io.crust.receiver_history import ReceiverHistory, merge
from esim.variables.crust import ETA, derive_series, needed_quantities, sample_times


class ReceiverRecorder:
    """Records of all stations of a run; each is kept by the rank that owns its cell."""

    def __init__(
        self,
        crust: Crust,
        ground: Ground,
        sites: Sequence[ReceiverSite],
        variables: Sequence[str],
        times: Discretisation,
    ) -> None:
        self._crust, self._variables, self._times = crust, tuple(variables), times
        self.count = len(sites)
        raw = [name for name in needed_quantities(variables) if name not in ETA]
        stresses = tuple(name for name in raw if name in NODES and NODES[name].array == "s")
        groups = ((tuple(n for n in raw if n not in stresses), crust.v), (stresses, crust.s))
        self._gathers: list[tuple[Gather | ColumnGather, Any]] = []
        terms = receiver_terms(ground, sites, crust.coarse, crust.strain)
        for names, array in groups:
            if names:
                gather = Gather(
                    crust.grid,
                    crust.block,
                    crust.block.halo,
                    [Site(site.x, site.y, site.depth) for site in sites],
                    names,
                    allocated=crust.v.shape[1:],
                    terms=terms,
                )
                self._gathers.append((gather.moved(crust.backend.index), array))
        self._surface = None
        if crust.sea is not None and not ETA.keys().isdisjoint(variables):
            self._surface = ElevationStations(crust, crust.sea, ground, sites)
            self._gathers.append((self._surface.gather, crust.sea.eta))
        self.quantities = tuple(name for gather, _ in self._gathers for name in gather.quantities)
        self.mine = self._gathers[0][0].receivers
        self.history = ReceiverHistory(self.quantities, self.mine.size, crust.backend.dtype.str[1:])
        self._batch = DeviceBuffer(crust.backend, (len(self.quantities), self.mine.size))

    def record(self) -> None:
        """Record the step that was just done."""
        if self._surface is not None:
            self._surface.exchange()
        if not self.mine.size:
            return
        row, first = self._batch.row(), 0
        for gather, array in self._gathers:
            last = first + len(gather.quantities)
            row[first:last] = gather.read(array)
            first = last
        if self._batch.full:
            self.flush()

    def flush(self) -> None:
        """Fetch what is still on the device."""
        if self._batch.count:
            self.history.append(self._batch.take())

    def records(self) -> np.ndarray | None:
        """Raw records of all stations (quantities, stations, steps) on rank 0, None elsewhere."""
        self.flush()
        pieces = self._crust.comm.gather((self.mine, self.history.values))
        if pieces is None:
            return None
        steps = max(values.shape[-1] for _, values in pieces)
        return merge([p for p in pieces if p[1].shape[-1] == steps], self.count)

    def restore(self, records: np.ndarray) -> None:
        """Restore the records of a checkpoint."""
        self.history.restore(records[:, self.mine])

    def series(self, records: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Times [s] and the series (stations, times) asked for, from raw records."""
        dt, every, hidden = self._crust.dt, self._times.sample_steps, self._times.hidden
        raw = dict(zip(self.quantities, np.nan_to_num(records), strict=True))
        times = sample_times(records.shape[-1], dt, every, self._times.early, hidden)
        series = derive_series(self._variables, raw, dt, every, hidden)
        # A station that is new in a resumed run has no records before; differences across that step mean nothing.
        first = np.isnan(records[0]).sum(-1, keepdims=True)
        unknown = (first > 0) & (hidden + every * np.arange(len(times)) <= first + 1)
        found = {name: np.where(unknown, np.nan, values) for name, values in series.items()}
        if self._surface is not None:
            for name in ETA:
                found[name][self._surface.dry] = np.nan
        return times, found
