"""How is a finite fault discretised? Subfaults as grids of point sources."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from esim.errors import InputError
from esim.grids.projection import Projection
from esim.sources import bearing
from esim.sources.crust import moment_tensor
from esim.sources.crust.point import PointSources
from esim.sources.crust.rates import Repeated, Windows
from esim.sources.crust.time_function import Cosine, Kupper, TimeFunction, Triangle, Yoffe
from esim.sources.fault_doubts import doubts
from esim.sources.finite_fault import FiniteFault

Modulus = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
Height = Callable[[np.ndarray, np.ndarray], np.ndarray]

# Slip rates that last for the time 1; that of Yoffe peaks after an eighth of it.
SHAPES: dict[str, TimeFunction] = {
    "cosine": Cosine(1.0),
    "triangle": Triangle(1.0),
    "kupper": Kupper(1.0),
    "yoffe": Yoffe(0.8, 0.1),
}


@dataclass(frozen=True, eq=False)
class Points:
    """M points on the rectangles: the number of the subfault, x, y, depth [m], and the fraction of it, each (M,)."""

    subfault: np.ndarray
    x: np.ndarray
    y: np.ndarray
    depth: np.ndarray
    fraction: np.ndarray


def sources(
    name: str,
    fault: FiniteFault,
    projection: Projection | None,
    spacing: float,
    slip_rate: str = "cosine",
    rise_time: float | None = None,
    rigidity: float | Modulus | None = None,
    onset: float = 0.0,
    ground: Height | None = None,
    poisson: Modulus | None = None,
) -> PointSources:
    """Point sources no farther apart than spacing [m] along strike and dip, in the middles of equal parts.

    All points of a subfault slip alike: in each of its windows with the shape slip_rate, stretched to the rise time.
    rise_time [s] stands for those that the fault gives as 0. The moment is rigidity x area x slip; rigidity is a
    number [Pa] or a function of x, y, depth [m], else that of the fault; so is Poisson's ratio, for what opens. Times
    count from onset [s]. Depths count from the ground, whose height [m] is ground(x, y), positive up; None: from depth
    0 of the grid.
    """
    points, moment = discretise(name, fault, projection, spacing, rigidity, poisson, ground)
    return PointSources(
        name,
        points.x,
        points.y,
        points.depth,
        moment,
        np.zeros((points.x.size, 3)),
        Repeated(_windows(fault, SHAPES[slip_rate], rise_time, onset), points.subfault),
        [fault.label(n) for n in points.subfault],
        (*fault.remarks, *doubts(name, fault)),
    )


def discretise(
    name: str,
    fault: FiniteFault,
    projection: Projection | None,
    spacing: float,
    rigidity: float | Modulus | None = None,
    poisson: Modulus | None = None,
    ground: Height | None = None,
) -> tuple[Points, np.ndarray]:
    """The points that stand for a fault, and their moment tensors (M, 6) [N m]; see `sources`."""
    x, y, strike = _placed(name, fault, projection)
    if fault.corners is None:
        points = _divide(fault, x, y, strike, spacing)
    else:
        points = _divide_triangles(fault, projection, spacing)
    if ground is not None:
        points = replace(points, depth=points.depth - ground(points.x, points.y))
    n, place = points.subfault, (points.x, points.y, points.depth)
    if callable(rigidity):
        mu = rigidity(*place)
    else:
        mu = np.broadcast_to(rigidity or fault.rigidity, fault.x.shape)[n]
    size = mu * (fault.length * fault.width)[n] * points.fraction
    moment = fault.total_slip[n, None] * moment_tensor.double_couple(strike[n], fault.dip[n], fault.rake[n])
    if fault.opening.any():
        ratio = fault.poisson if poisson is None else poisson(*place)
        moment = moment + fault.opening[n, None] * moment_tensor.opening(strike[n], fault.dip[n], ratio)
    return points, size[:, None] * moment


def _placed(
    name: str, fault: FiniteFault, projection: Projection | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y [m] of the reference points, and the strikes [degrees], on the plane of the grid."""
    if not fault.lonlat:
        return fault.x, fault.y, fault.strike
    x, y, north = bearing.place(projection, fault.x, fault.y, name)
    return x, y, fault.strike + north


def _divide(fault: FiniteFault, x: np.ndarray, y: np.ndarray, strike: np.ndarray, spacing: float) -> Points:
    parts = []
    for n in np.flatnonzero(fault.moving):
        along, down = (max(1, ceil(size / spacing - 1e-9)) for size in (fault.length[n], fault.width[n]))
        a = ((np.arange(along) + 0.5) / along - fault.along[n]) * fault.length[n]
        d = ((np.arange(down) + 0.5) / down - fault.down[n]) * fault.width[n]
        a, d = (part.ravel() for part in np.meshgrid(a, d))
        s, c, dip = np.sin(np.deg2rad(strike[n])), np.cos(np.deg2rad(strike[n])), np.deg2rad(fault.dip[n])
        level = d * np.cos(dip)
        east, north = x[n] + a * s + level * c, y[n] + a * c - level * s
        fraction = np.full(a.size, 1 / a.size)
        parts.append((np.full(a.size, n), east, north, fault.depth[n] + d * np.sin(dip), fraction))
    return Points(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _divide_triangles(fault: FiniteFault, projection: Projection | None, spacing: float) -> Points:
    """The middles of k x k equal triangles in each that moves, whose sides are no longer than spacing [m]."""
    corners, parts = np.array(fault.corners), []
    if fault.lonlat:
        assert projection is not None  # or _placed would have refused
        corners[:, :, 0], corners[:, :, 1] = projection.to_xy(corners[:, :, 0], corners[:, :, 1])
    for n in np.flatnonzero(fault.moving):
        edges = corners[n] - np.roll(corners[n], 1, axis=0)
        k = max(1, ceil(np.linalg.norm(edges, axis=1).max() / spacing - 1e-9))
        j, i = np.indices((k, k))
        # Each cell of a rhombus is two triangles; the second half of them lies beyond the third side.
        weights = np.concatenate(
            [np.stack([i + third, j + third], axis=-1).reshape(-1, 2) / k for third in (1 / 3, 2 / 3)]
        )
        weights = weights[weights.sum(axis=1) < 1]
        points = corners[n, 0] + weights @ (corners[n, 1:] - corners[n, 0])
        parts.append((np.full(len(points), n), *points.T, np.full(len(points), 1 / len(points))))
    return Points(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _windows(fault: FiniteFault, shape: TimeFunction, rise_time: float | None, onset: float) -> Windows:
    """The windows of each subfault; where it only opens, all of them alike."""
    weight = np.where(fault.slip.any(axis=1, keepdims=True), fault.slip, 1.0)
    jumps = (fault.rise == 0) & (weight > 0) & fault.moving[:, None]
    if jumps.any() and rise_time is None:
        n = int(np.argmax(jumps.any(axis=1)))
        raise InputError(
            f"{fault.label(n)}: rise_time is 0, but waves need one; expected it there, or as the key rise_time of "
            "the source"
        )
    rise = np.where(fault.rise == 0, rise_time or 1.0, fault.rise)
    fraction = weight / weight.sum(axis=1, keepdims=True)
    return Windows(fault.start + onset, rise, fraction, shape)
