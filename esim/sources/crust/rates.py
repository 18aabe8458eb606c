"""Which moment rates have many point sources, each after its own onset?"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from esim.sources.crust.time_function import TimeFunction


class Rates(Protocol):
    """Moment rates of N sources per unit of moment [1/s]; N is the size of `first`."""

    @property
    def first(self) -> np.ndarray:
        """Time [s] of each source, (N,), before which nothing happens."""

    @property
    def last(self) -> np.ndarray:
        """Time [s] of each source, (N,), after which its rate is zero to 1e-6."""

    @property
    def integral(self) -> np.ndarray:
        """Moment that each source has released in the end, per unit of moment, (N,)."""

    def __call__(self, times: np.ndarray) -> np.ndarray:
        """Rates [1/s], (K, N), at times (K,) [s]."""

    def at(self, times: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Rates [1/s], (K, M), of the sources index (M,), each at its own times (K, M) or (K, 1) [s]."""

    def take(self, index: np.ndarray) -> "Rates":
        """Those of the sources index (M,), whole numbers in any order."""


@dataclass(frozen=True, eq=False)
class Shifted:
    """One time function for all sources, after their onsets (N,) [s]."""

    function: TimeFunction
    onset: np.ndarray

    @property
    def first(self) -> np.ndarray:
        """The onsets [s]."""
        return self.onset

    @property
    def last(self) -> np.ndarray:
        """Ends [s]."""
        return self.onset + self.function.duration

    @property
    def integral(self) -> np.ndarray:
        """Moment released per unit of moment."""
        return np.full(self.onset.shape, self.function.integral)

    def __call__(self, times: np.ndarray) -> np.ndarray:
        """Rates [1/s], (K, N), at times (K,) [s]."""
        return self.function(times[:, None] - self.onset)

    def at(self, times: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Rates [1/s] of the sources index (M,), each at its own times (K, M) [s]."""
        return self.function(times - self.onset[index])

    def take(self, index: np.ndarray) -> "Shifted":
        """Those of some sources."""
        return Shifted(self.function, self.onset[index])


@dataclass(frozen=True, eq=False)
class Windows:
    """W windows of each source, arrays (N, W): start, rise [s], and fraction of the moment, which adds up to 1.

    In each window the moment rate is `shape`, a time function of duration 1, stretched to the rise time.
    """

    start: np.ndarray
    rise: np.ndarray
    fraction: np.ndarray
    shape: TimeFunction

    @property
    def first(self) -> np.ndarray:
        """Starts of the first windows that release moment [s]."""
        return np.where(self.fraction != 0, self.start, np.inf).min(axis=1)

    @property
    def last(self) -> np.ndarray:
        """Ends of the last windows that release moment [s]."""
        end = self.start + self.rise * self.shape.duration
        return np.where(self.fraction != 0, end, -np.inf).max(axis=1)

    @property
    def integral(self) -> np.ndarray:
        """Moment released per unit of moment."""
        return self.fraction.sum(axis=1) * self.shape.integral

    def __call__(self, times: np.ndarray) -> np.ndarray:
        """Rates [1/s], (K, N), at times (K,) [s]."""
        return self.at(times[:, None], np.arange(len(self.start)))

    def at(self, times: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Rates [1/s] of the sources index (M,), each at its own times (K, M) [s]."""
        total = np.zeros((len(times), index.size))
        windows = (self.start[index].T, self.rise[index].T, self.fraction[index].T)
        for start, rise, fraction in zip(*windows, strict=True):
            total += fraction / rise * self.shape((times - start) / rise)
        return total

    def take(self, index: np.ndarray) -> "Windows":
        """Those of some sources."""
        return Windows(self.start[index], self.rise[index], self.fraction[index], self.shape)


@dataclass(frozen=True, eq=False)
class Sampled:
    """A series for each source, linear between samples and zero outside.

    Source n has the samples values[begin[n] : begin[n] + count[n]] [1/s], step[n] apart, from start[n] [s] on;
    there are at least two of them.
    """

    start: np.ndarray
    step: np.ndarray
    begin: np.ndarray
    count: np.ndarray
    values: np.ndarray

    @property
    def first(self) -> np.ndarray:
        """Times of the first samples [s]."""
        return self.start

    @cached_property
    def last(self) -> np.ndarray:
        """Times of the last samples [s]."""
        return self.start + (self.count - 1) * self.step

    @cached_property
    def integral(self) -> np.ndarray:
        """Moment released per unit of moment."""
        sums = [
            self.values[b : b + n].sum(dtype=np.float64) for b, n in zip(self.begin, self.count, strict=True)
        ]
        ends = self.values[self.begin] + self.values[self.begin + self.count - 1].astype(np.float64)
        return self.step * (np.array(sums, dtype=np.float64) - 0.5 * ends)

    def __call__(self, times: np.ndarray) -> np.ndarray:
        """Rates [1/s], (K, N), at times (K,) [s]."""
        rates = np.zeros((len(times), len(self.start)))
        if times.size:  # a rupture front is narrow: most sources have not begun, or are over
            active = np.flatnonzero((self.first <= times.max()) & (self.last >= times.min()))
            rates[:, active] = self.at(times[:, None], active)
        return rates

    def at(self, times: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Rates [1/s] of the sources index (M,), each at its own times (K, M) [s]."""
        position = (times - self.start[index]) / self.step[index]
        k = np.clip(position, 0, self.count[index] - 2).astype(np.int64)
        part, left = position - k, self.begin[index] + k
        rate = (1 - part) * self.values[left] + part * self.values[left + 1]
        return np.where((part >= 0) & (part <= 1), rate, 0.0)

    def take(self, index: np.ndarray) -> "Sampled":
        """Those of some sources; the samples are shared."""
        start, step = self.start[index], self.step[index]
        return Sampled(start, step, self.begin[index], self.count[index], self.values)


@dataclass(frozen=True, eq=False)
class Repeated:
    """Sources that share the rates of others: source n has those of `inner` number index[n]."""

    inner: Rates
    index: np.ndarray

    @property
    def first(self) -> np.ndarray:
        """Onsets [s]."""
        return self.inner.first[self.index]

    @property
    def last(self) -> np.ndarray:
        """Ends [s]."""
        return self.inner.last[self.index]

    @property
    def integral(self) -> np.ndarray:
        """Moment released per unit of moment."""
        return self.inner.integral[self.index]

    def __call__(self, times: np.ndarray) -> np.ndarray:
        """Rates [1/s], (K, N), at times (K,) [s]."""
        return self.inner(times)[:, self.index]

    def at(self, times: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Rates [1/s] of the sources index (M,), each at its own times (K, M) [s]."""
        return self.inner.at(times, self.index[index])

    def take(self, index: np.ndarray) -> "Repeated":
        """Those of some sources; what none of them needs is left behind."""
        used, place = np.unique(self.index[index], return_inverse=True)
        return Repeated(self.inner.take(used), place)


@dataclass(frozen=True, eq=False)
class Joined:
    """Rates of different kinds, one group after the other."""

    parts: tuple[Rates, ...]

    @property
    def first(self) -> np.ndarray:
        """Onsets [s]."""
        return np.concatenate([part.first for part in self.parts])

    @property
    def last(self) -> np.ndarray:
        """Ends [s]."""
        return np.concatenate([part.last for part in self.parts])

    @property
    def integral(self) -> np.ndarray:
        """Moment released per unit of moment."""
        return np.concatenate([part.integral for part in self.parts])

    @cached_property
    def edges(self) -> np.ndarray:
        """Number of the first source of each part, and of all sources in the end."""
        return np.cumsum([0, *(part.first.size for part in self.parts)])

    def __call__(self, times: np.ndarray) -> np.ndarray:
        """Rates [1/s], (K, N), at times (K,) [s]."""
        return np.concatenate([part(times) for part in self.parts], axis=1)

    def at(self, times: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Rates [1/s] of the sources index (M,), each at its own times (K, M) [s]."""
        times = np.broadcast_to(times, (len(times), index.size))
        rates = np.empty(times.shape)
        for part, edge, end in zip(self.parts, self.edges[:-1], self.edges[1:], strict=True):
            own = np.flatnonzero((index >= edge) & (index < end))
            rates[:, own] = part.at(times[:, own], index[own] - edge)
        return rates

    def take(self, index: np.ndarray) -> Repeated:
        """Those of some sources; what none of them needs is left behind."""
        used, place = np.unique(np.arange(self.edges[-1])[index], return_inverse=True)
        groups = np.searchsorted(used, self.edges)
        parts = tuple(
            part.take(used[a:b] - edge)
            for part, edge, a, b in zip(self.parts, self.edges[:-1], groups[:-1], groups[1:], strict=True)
        )
        return Repeated(Joined(parts), place)
