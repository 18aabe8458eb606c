"""How does a recorded motion move the bed, frame by frame, without holding more than two of them?"""

import math
from typing import Any

import numpy as np

from esim.ocean.model import Ocean
from esim.ocean.sources.displacement import own_cells
from esim.ocean.sources.mapped_motion import FrameSupply, MappedMotion
from esim.ocean.sources.uplift import bind_uplift, on_block


class StreamedMotion:
    """A recorded motion on one grid: between two frames it is linear in time, and the last one stays.

    Frames are taken from the supply when the time comes; the arrays of the device are bound once. What a frame does
    depends on its number alone, so that a run that is resumed has the same bits.
    """

    def __init__(self, ocean: Ocean, mapped: MappedMotion, supply: FrameSupply) -> None:
        self._ocean, self.mapped, self.supply = ocean, mapped, supply
        self._geometry = supply.source.geometry
        # A grid that the block does not reach would keep frames waiting for it.
        self._number = -1 if mapped.empty else supply.subscribe()
        self._k, self._ended, self._time = -1, mapped.empty, -math.inf
        j0, j1, i0, i1 = mapped.box
        self._before = self._after = np.zeros((2, j1 - j0, i1 - i0))
        self._rise: Any = ocean.zeros(2)
        box = None if mapped.empty else mapped.box
        target = supply.source.target
        self._uplift = bind_uplift(ocean, *self._interval, self._rise, box, target == "bed")

    @property
    def _interval(self) -> tuple[float, float]:
        """Times [s] of the two frames."""
        return self._geometry.time(self._k - 1), self._geometry.time(self._k)

    @property
    def begin(self) -> float:
        """Time [s] before which nothing moves."""
        return self._geometry.time(-1)

    @property
    def end(self) -> float:
        """Time [s] after which nothing moves any more; infinite as long as no frame is known to be the last."""
        if self.mapped.empty:
            return self.begin
        return self._geometry.time(self._k) if self._ended else math.inf

    def apply(self, begin: float, end: float) -> None:
        """Move what moves after `begin` and up to `end` [s], in the current state. Collective."""
        self._time = end
        while not self._ended:
            if self._k >= 0:
                self._uplift.apply(self._ocean, begin, end)
            if end <= self._geometry.time(self._k) or not self._advance():
                return

    def resume(self, time: float) -> None:
        """Take up the two frames around a time [s], in whose state the run goes on. Collective."""
        self._time = time
        if self._ended or time <= self._geometry.time(-1):
            return
        k = max(0, math.floor((time - self._geometry.begin) / self._geometry.every) - 1)
        while self._geometry.time(k) < time:  # the frame up to which an uninterrupted run has come
            k += 1
        if k and not self._load(k - 1):
            self._k, coefficients = self.supply.take_last()
            self._before = self._after = self.mapped.fields(coefficients)
            self._ended = True
            return
        self._k = k - 1
        self._advance()

    def _advance(self) -> bool:
        """Go on to the next frame; whether there is one."""
        if not self._load(self._k + 1):
            self._ended, self._before = True, self._after
            return False
        self._k += 1
        self._rise[...] = on_block(self._ocean, self._after - self._before, self.mapped.box)
        self._uplift.begin, self._uplift.end = self._interval
        return True

    def _load(self, k: int) -> bool:
        """Let frame k be the later of the two; whether there is one."""
        coefficients = self.supply.take(self._number, k)
        if coefficients is None:
            return False
        self._before, self._after = self._after, self.mapped.fields(coefficients)
        return True

    def displacement(self) -> np.ndarray:
        """Displacement [m] of the bed and of the surface so far, (2, nj, ni), on the box."""
        begin, end = self._interval
        done = min(max((self._time - begin) / (end - begin), 0.0), 1.0)
        return self._before + done * (self._after - self._before)

    def own_uplift(self) -> np.ndarray:
        """Rise of the bed [m] so far on the owned cells (nj, ni)."""
        return own_cells(self._ocean, self.displacement()[0], self.mapped.box)

    def uplift_on_block(self) -> np.ndarray:
        """Rise of the bed [m] so far on the block with its halo (nj, ni). Collective."""
        return self._ocean.backend.to_host(on_block(self._ocean, self.displacement()[:1], self.mapped.box))[0]
