"""How does a rupture in the Standard Rupture Format become point sources?"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from esim.errors import InputError
from esim.grids.projection import Projection
from esim.sources import bearing
from esim.sources.crust import moment_tensor
from esim.sources.crust.finite_fault import SHAPES
from esim.sources.crust.point import PointSources, join
from esim.sources.crust.rates import Rates, Sampled, Windows
from esim.sources.formats.srf import Rupture, read, without_lost

__all__ = ["Rupture", "read", "sources"]

Rigidity = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

NEGLIGIBLE = 1e-3  # m, slip that files round away
TOLERANCE = 0.25  # of the slip, by which the slip rates may miss it


def sources(
    rupture: Rupture,
    projection: Projection | None,
    rigidity: float | None = None,
    medium: Rigidity | None = None,
    onset: float = 0.0,
    slip_rate: str = "cosine",
    rise_time: float | None = None,
) -> PointSources:
    """A point source for each subfault and direction in which it slips.

    The moment is rigidity x area x slip. rigidity [Pa] is the given one, else that of the file (den vs^2), else that
    of the medium, called with x, y, depth [m]. Opening has lambda = mu. Times are counted from onset [s]. Between
    samples the slip rate is linear; it falls to zero over one step after the last. Slip without slip rates has the
    shape slip_rate over rise_time [s] where that is given, else it is left out as `without_lost` says.
    """
    x, y, north = bearing.place(projection, rupture.lon, rupture.lat, str(rupture.path))
    strike = rupture.strike + north
    mu = _rigidity(rupture, x, y, rigidity, medium)
    lost, along = np.nonzero(rupture.lost)
    lost_slip = rupture.slip[lost, along]
    if rise_time is None:
        rupture = without_lost(rupture, mu)
    else:
        rupture = replace(rupture, slip=np.where(rupture.lost, 0.0, rupture.slip))
    tensors = np.stack(
        [
            moment_tensor.double_couple(strike, rupture.dip, rupture.rake),
            moment_tensor.double_couple(strike, rupture.dip, rupture.rake + 90),
            moment_tensor.opening(strike, rupture.dip),
        ],
        axis=1,
    )
    labels = [rupture.label(n) for n in range(rupture.line.size)]

    def points(subfault: np.ndarray, direction: np.ndarray, slip: np.ndarray, rates: Rates) -> PointSources:
        size = (mu * rupture.area)[subfault] * slip
        return PointSources(
            rupture.path.name,
            x[subfault],
            y[subfault],
            rupture.depth[subfault],
            size[:, None] * tensors[subfault, direction],
            np.zeros((subfault.size, 3)),
            rates,
            [labels[n] for n in subfault],
            rupture.remarks,
        )

    subfault, direction = np.nonzero(rupture.count)
    if subfault.size == lost.size == 0:
        raise InputError(f"{rupture.path}: no subfault slips, expected slip rates of at least one")
    groups = []
    if subfault.size:
        groups.append(points(subfault, direction, *_rates(rupture, subfault, direction, onset)))
    if lost.size and rise_time is not None:
        start, unit = rupture.onset[lost] + onset, np.ones((lost.size, 1))
        windows = Windows(start[:, None], rise_time * unit, unit, SHAPES[slip_rate])
        groups.append(points(lost, along, lost_slip, windows))
    return (
        groups[0] if len(groups) == 1 else replace(join(rupture.path.name, groups), remarks=rupture.remarks)
    )


def _rigidity(
    rupture: Rupture, x: np.ndarray, y: np.ndarray, given: float | None, medium: Rigidity | None
) -> np.ndarray:
    if given is not None:
        return np.full(x.shape, given)
    unknown = np.isnan(rupture.rigidity)
    if not unknown.any():
        return rupture.rigidity
    if medium is None:
        raise InputError(
            f"{rupture.label(int(np.argmax(unknown)))} has no vs and den; expected them in the file, or the key "
            "rigidity of the source"
        )
    return np.where(unknown, medium(x, y, rupture.depth), rupture.rigidity)


def _rates(
    rupture: Rupture, subfault: np.ndarray, direction: np.ndarray, onset: float
) -> tuple[np.ndarray, Sampled]:
    """Slip [m] of each series that the file has, and their slip rates per unit of slip [1/s].

    Where the slip is so small that it was rounded, or slip forth and back leaves none, the slip rates themselves
    say how much there is.
    """
    slip, count = rupture.slip[subfault, direction], rupture.count[subfault, direction]
    begin, step = rupture.begin[subfault, direction], rupture.step[subfault]
    total = step * np.add.reduceat(rupture.values, begin)
    integral = total - 0.5 * step * rupture.values[begin]
    tiny = np.abs(slip) <= NEGLIGIBLE
    wrong = np.abs(total - slip) > TOLERANCE * np.abs(slip) + NEGLIGIBLE
    wrong |= ~tiny & (integral * np.sign(slip) < TOLERANCE * np.abs(slip))
    if wrong.any():
        n = int(np.argmax(wrong))
        raise InputError(
            f"{rupture.label(subfault[n])} has slip{direction[n] + 1} {slip[n] * 100:g} cm, but its slip rates add up "
            f"to {total[n] * 100:g} cm"
        )
    moved = step * np.add.reduceat(np.abs(rupture.values), begin)
    size = np.where(tiny, moved, slip)
    per_unit = np.where(tiny, 1 / np.where(moved > 0, moved, 1.0), 1 / np.where(tiny, 1.0, integral))
    # One zero after each series, towards which the rate falls.
    series = np.arange(count.size)
    values = np.zeros(rupture.values.size + count.size, dtype=np.float32)
    values[np.arange(rupture.values.size) + np.repeat(series, count)] = rupture.values * np.repeat(
        per_unit, count
    )
    return size, Sampled(rupture.onset[subfault] + onset, step, begin + series, count + 1, values)
