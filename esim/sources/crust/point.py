"""What is a point source? A moment tensor or a force, with its time history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.sources.crust import moment_tensor, spectrum
from esim.sources.crust.rates import Joined, Rates

EXAMINED = 64  # strongest sources whose spectra are looked at
SAMPLES = 513  # of a rate, to see how much of it is released


@dataclass(frozen=True, eq=False)
class PointSources:
    """N point sources; arrays (N,) or as given.

    x, y: position towards east and north [m]; depth [m]; moment: (N, 6) tensors xx, yy, zz, xy, xz, yz [N m], x
    east, y north, z down; force: (N, 3) towards east, north and down [N]. rates(times (K,)) is (K, N): moment rate
    per unit of moment [1/s], and for a force the factor, of peak 1, by which it is multiplied. labels: how to call
    each source in a message. remarks: what the user should know of how they were read, a sentence each. low_pass:
    corner frequency [Hz] of the filter that the rates pass before they act. origin_time: that of an earthquake [s],
    where a file distinguishes it from the onset. outlines: corners (n, 3), x, y, depth [m], of the planes that the
    points stand for, where they are known.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    depth: np.ndarray
    moment: np.ndarray
    force: np.ndarray
    rates: Rates
    labels: Sequence[str] = ()
    remarks: tuple[str, ...] = ()
    low_pass: float | None = None
    origin_time: float | None = None
    outlines: tuple[np.ndarray, ...] = ()

    @property
    def total_moment(self) -> float:
        """Scalar moment released in the end [N m].

        Tensors of sources at one point are added as tensors, the moments of points then as numbers, so that a
        fault that curves has the moment of its slip.
        """
        if self.x.size == 0:
            return 0.0
        released = self.moment * self.rates.integral[:, None]
        at = np.lexsort((self.x, self.y, self.depth))
        place = np.stack([self.x[at], self.y[at], self.depth[at]])
        starts = np.flatnonzero(np.r_[True, (place[:, 1:] != place[:, :-1]).any(axis=0)])
        return float(moment_tensor.scalar(np.add.reduceat(released[at], starts, axis=0)).sum())

    @property
    def magnitude(self) -> float | None:
        """Moment magnitude 2/3 (log10 M0 - 9.1); None where no moment is released, as by forces or wavelets."""
        size = moment_tensor.scalar(self.moment).sum()
        moment = self.total_moment
        return moment_tensor.magnitude(moment) if moment > 1e-6 * size else None

    @property
    def begin(self) -> float:
        """Time [s] at which the first rate begins; infinite where there is none."""
        return float(self.rates.first.min(initial=np.inf))

    @property
    def end(self) -> float:
        """Time [s] after which all rates are zero to 1e-6."""
        return float(self.rates.last.max(initial=0.0))

    def released(self, time: float) -> float:
        """Fraction of the scalar moment, or of the impulse of forces, released up to a time [s]."""
        size = moment_tensor.scalar(self.moment) + np.sqrt((self.force**2).sum(axis=1))
        late = np.flatnonzero((self.rates.last > time) & (size > 0))
        if late.size == 0:
            return 1.0
        part = np.zeros(late.size)
        for n in range(0, late.size, EXAMINED):
            part[n : n + EXAMINED] = self._released(late[n : n + EXAMINED], time)
        return float(1 - (size[late] * (1 - part)).sum() / size.sum())

    def _released(self, index: np.ndarray, time: float) -> np.ndarray:
        """Fraction of the sources of an index array, by the area under the absolute value of their rates."""
        first, last = self.rates.first[index], self.rates.last[index]
        times = first + (last - first) * np.linspace(0, 1, SAMPLES)[:, None]
        rate = np.abs(self.rates.at(times, index))
        area = rate.sum(axis=0)
        return np.where(area > 0, (rate * (times <= time)).sum(axis=0) / np.where(area > 0, area, 1.0), 1.0)

    def highest_frequency(self, fraction: float = 0.01) -> float:
        """Frequency [Hz] above which less than `fraction` of the energy of the far-field velocity lies.

        That velocity goes as the derivative of the moment rate or of the force. Looks at the strongest sources
        (at most 64). Infinite where a rate jumps: its velocity has all frequencies alike.
        """
        strength = moment_tensor.scalar(self.moment)
        if not strength.any():
            strength = np.sqrt((self.force**2).sum(axis=1))
        strongest = np.argsort(-strength, kind="stable")[:EXAMINED]
        first, last = self.rates.first[strongest], self.rates.last[strongest]
        return spectrum.highest_frequency(
            lambda since: self.rates.at(first + since, strongest),
            last - first,
            strength[strongest],
            fraction,
            True,
        )

    def check(self, grid: Grid3D) -> None:
        """Raises InputError if a source lies outside the grid; whether it is in the air, the medium knows."""
        flat = grid.horizontal
        east, north = flat.x0 + flat.nx * flat.dx, flat.y0 + flat.ny * flat.dy
        inside = (self.x >= flat.x0) & (self.x <= east) & (self.y >= flat.y0) & (self.y <= north)
        inside &= (self.depth >= grid.depth_min) & (self.depth <= grid.depth_max)
        if not inside.all():
            raise InputError(f"{self.where(int(np.argmin(inside)))} lies outside {grid.extent()}")

    def where(self, n: int) -> str:
        """Name and place of source n, for messages."""
        label = self.labels[n] if len(self.labels) else f"source {self.name}"
        return f"{label} at x {self.x[n]:g}, y {self.y[n]:g}, depth {self.depth[n]:g} m"

    def take(self, index: np.ndarray) -> "PointSources":
        """The sources of an index array, or of a mask."""
        index = np.arange(self.x.size)[index]
        arrays = {name: getattr(self, name)[index] for name in ("x", "y", "depth", "moment", "force")}
        labels = [self.labels[n] for n in index] if len(self.labels) else ()
        return replace(self, **arrays, rates=self.rates.take(index), labels=labels)


def join(name: str, sources: Sequence[PointSources]) -> PointSources:
    """Several groups of sources as one; messages call each source by its group where it has no label."""
    arrays = {
        key: np.concatenate([getattr(group, key) for group in sources])
        for key in ("x", "y", "depth", "moment", "force")
    }
    labels = [
        label
        for group in sources
        for label in (group.labels if len(group.labels) else [f"source {group.name}"] * group.x.size)
    ]
    remarks = tuple(text for group in sources for text in group.remarks)
    return PointSources(
        name,
        arrays["x"],
        arrays["y"],
        arrays["depth"],
        arrays["moment"],
        arrays["force"],
        Joined(tuple(group.rates for group in sources)),
        labels,
        remarks,
    )
