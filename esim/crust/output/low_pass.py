"""How is the displacement of the surface low-passed in time? By means over a Hann window, one window for each record.

Records are n steps dt apart, E = n dt. The one of the time T is the mean of the displacement u with the weights

    w(t) = (1 + cos(pi (t - T) / 2E)) / 4n,    |t - T| < 2E,

a Hann window (Harris 1978, section V.C) of the full width 4E around T, which adds up to one. It is symmetric, so that
phases stay as they are. A wave of frequency f keeps, with x = 4 E f,

    H = sin(pi x) / (pi x (1 - x^2)),

one half at the period 4E, nothing at 2E, the shortest that records so far apart show, and of shorter ones at most
2.7 %; a step becomes a ramp of the width 4E. Windows overlap by three quarters and together have the same weight at all
times, so that the mean of the records is that of the displacement.

A record is complete 2E after its time. Before the run the ground was where it was; after its end it stays where it is.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from esim.backends import Backend
from esim.kernels.crust.time_means import ACCUMULATE, MeanParams

REACH = 2  # records on each side of a window: its half width
WINDOWS = 2 * REACH  # that a step may belong to


def hann_weights(every: int) -> np.ndarray:
    """Weights (n, 4) of the step m = 0..n-1 after a record in the windows of the record before, that one, the next two.

    every is n, the number of steps between records; all steps of a window together weigh one.
    """
    lags = np.arange(every)[:, None] + every * np.arange(1, 1 - WINDOWS, -1)
    return np.asarray((1 + np.cos(np.pi * lags / (REACH * every))) / (WINDOWS * every))


def response(frequency: Any, interval: float) -> np.ndarray:
    """What is kept of waves of a frequency [Hz] in records an interval [s] apart, where time steps are short."""
    x = WINDOWS * interval * np.asarray(frequency, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.sinc(x) / (1 - x * x)
    return np.where(np.abs(x) == 1, 0.5, found)


class LowPass:
    """Windowed means of a field (components, nj, ni) that changes in place from step to step.

    Steps are counted from time zero, so that record r has the time of step r * every; the run began `early` steps
    before, at rest. Sums of four windows are kept on the device: that of record r in place r modulo 4. add() is called
    after each step, and take() after each multiple of `every`, when the record two before is complete. A checkpoint
    has them by a name.
    """

    def __init__(self, backend: Backend, field: Any, every: int, early: int = 0, name: str = "means") -> None:
        components, nj, ni = field.shape
        self._backend, self._field, self._every, self._name = backend, field, every, name
        self.first = -early // every - REACH  # the last record whose window ends before anything moves
        self._weights = hann_weights(every)
        self._sums = backend.zeros((WINDOWS, components, nj, ni))
        rows = components * nj
        arrays = {"sums": self._sums.reshape(WINDOWS, rows, ni), "field": field.reshape(1, rows, ni)}
        self._accumulate = backend.bind(ACCUMULATE, ((0, rows), (0, ni)), arrays)
        self._constants = backend.step_constants(MeanParams(*(backend.dtype.type(0),) * WINDOWS))

    def add(self, step: int) -> None:
        """Add the field after a step to the windows that it belongs to."""
        record, after = divmod(step, self._every)
        weights = self._weights[after]
        # Those of the records record - 1 .. record + 2, each to the place of its record.
        placed = [weights[(place - record + 1) % WINDOWS] for place in range(WINDOWS)]
        self._accumulate(self._constants.fill(*placed))

    def take(self, step: int) -> np.ndarray:
        """The record (components, nj, ni) that is complete after a multiple of `every`; its place is free again."""
        sums = self._sums[(step // self._every - REACH) % WINDOWS]
        record = np.array(self._backend.to_host(sums))
        sums[...] = 0
        return record

    def rest(self, step: int) -> Iterator[tuple[int, np.ndarray]]:
        """Records, each with its number, whose windows reach beyond the last step, from where on all stays as it is.

        The last of them is the field itself.
        """
        field = self._backend.to_host(self._field)
        record, after = divmod(step, self._every)
        last = record + REACH + (after > 0)
        for number in range(record + 1 - REACH, last):
            beyond = self._beyond(step - number * self._every)
            sums = self._backend.to_host(self._sums[number % WINDOWS])
            yield number, sums + self._backend.dtype.type(beyond) * field
        yield last, np.array(field)

    def _beyond(self, lag: int) -> float:
        """The weight of all steps of a window more than `lag` steps after its middle."""
        half = REACH * self._every
        steps = np.arange(lag + 1, half)
        return math.fsum((1 + np.cos(np.pi * steps / half)) / (2 * half))

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint needs, (4 x components, nj, ni)."""
        sums = self._backend.to_host(self._sums)
        return {self._name: sums.reshape(-1, *sums.shape[-2:])}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Restore the state of a checkpoint."""
        self._sums[...] = self._backend.from_host(state[self._name]).reshape(self._sums.shape)
