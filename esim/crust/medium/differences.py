"""What are the strains of the nodes of stresses? Differences of velocities, with the weights of a step.

They are those of kernels.crust.reduced_order, as far as the halo of the cell that holds a receiver reaches, and along z
those of kernels.crust.closure in the uppermost layers below a flat free surface.
"""

import numpy as np

from esim.crust.medium.cells_around import cubes_of
from esim.crust.medium.ground import Ground
from esim.grids.closure import CLOSURES
from esim.grids.interpolation import NODES, InterpolationTerms
from esim.kernels.crust.staggered import WEIGHTS

PAIRS = 3  # neighbouring differences on either side that a difference takes, at most
ABOVE, ASIDE = 10, 7  # cells around a point in which the order is looked up


class Differences:
    """Differences of velocities at nodes around points in cells (n, 3)."""

    def __init__(self, ground: Ground, cell: np.ndarray) -> None:
        self._ground, self._cell = ground, cell
        self._reduced = cubes_of(ground.reduced, cell, (ABOVE, ASIDE, ASIDE))

    def of(self, nodes: InterpolationTerms, velocity: str, axis: int, on_edge: bool) -> InterpolationTerms:
        """Terms of the slope of a velocity along an axis of k, j, i, at nodes of stresses with their weights."""
        index = np.stack([nodes.k, nodes.j, nodes.i], axis=2)
        # Where the lower of the two neighbours of a node lies, which is at a centre of cells or on a face or an edge.
        lower = -1 if on_edge == (axis == 0) else 0
        ahead = np.arange(-PAIRS, PAIRS + 1)
        shifts = np.eye(3, dtype=int)[axis] * ahead[:, None]
        full = 1.0 - self._beside(index[:, :, None, :] + shifts)
        full *= self._fits(index, axis, lower)[:, :, None]
        steps = _on_edge(full, self._ground.order, lower) if on_edge else _at_centre(full, self._ground.order)
        weights = np.pad(steps, ((0, 0), (0, 0), (1, 0))) - np.pad(steps, ((0, 0), (0, 0), (0, 1)))
        weights *= (nodes.weights / self._ground.grid.spacing[2 - axis])[:, :, None]
        # The first of the values lies as many before the lower neighbour as there are pairs.
        at = (
            index[:, :, None, :]
            + np.eye(3, dtype=int)[axis] * (np.arange(2 * PAIRS + 2) - PAIRS + lower)[:, None]
        )
        if axis == 0 and self._ground.free:
            at, weights = self._closed(nodes, on_edge, at, weights)
        k, j, i = (at[..., n].reshape(len(at), -1) for n in range(3))
        variable = np.full_like(k, NODES[velocity].variable)
        return InterpolationTerms(variable, k, j, i, weights.reshape(len(at), -1))

    def _closed(
        self, nodes: InterpolationTerms, on_face: bool, at: np.ndarray, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Places (n, nodes, values, 3) and weights of differences along z, of the closure in the layers it is for."""
        closed = CLOSURES[self._ground.order]
        rows = (closed.behind if on_face else closed.ahead)(closed.reach)[: closed.depth]
        mine = nodes.k < closed.depth
        own = rows[np.minimum(nodes.k, closed.depth - 1)] * (nodes.weights / self._ground.grid.dz)[:, :, None]
        k = np.where(mine[:, :, None], np.arange(closed.reach), nodes.k[:, :, None])
        places = np.stack(np.broadcast_arrays(k, nodes.j[:, :, None], nodes.i[:, :, None]), axis=3)
        weights, own = np.where(mine[:, :, None], 0.0, weights), np.where(mine[:, :, None], own, 0.0)
        return np.concatenate([at, places], axis=2), np.concatenate([weights, own], axis=2)

    def _beside(self, index: np.ndarray) -> np.ndarray:
        """One for cells beside an interface, else zero."""
        k, j, i = np.moveaxis(index - self._cell[:, None, None, :], 3, 0)
        k, j, i = (np.clip(n + r, 0, 2 * r) for n, r in ((k, ABOVE), (j, ASIDE), (i, ASIDE)))
        return (self._reduced[np.arange(len(index))[:, None, None], k, j, i] > 0).astype(float)

    def _fits(self, index: np.ndarray, axis: int, lower: int) -> np.ndarray:
        """Whether all values that a full difference takes are in the grid, and in the halo of the cell of its point."""
        reach = self._ground.order // 2
        first, last = index[..., axis] + lower - reach + 1, index[..., axis] + lower + reach
        if axis == 0:
            return np.asarray((first >= 0) & (last < self._ground.grid.nz))
        cell, size = self._cell[:, None, axis], self._ground.grid.shape[axis]
        inside = (first >= 0) & (last < size) | self._ground.grid.horizontal.periodic[axis - 1]
        return np.asarray(inside & (first >= cell - reach) & (last <= cell + reach))


def _sums(order: int) -> tuple[float, float, float, float]:
    """Weights of the correction of the second order for differences 0, 1, 2, 3 places away."""
    w0, w1, w2, w3 = WEIGHTS[order]
    return (w0 - 1) + w1 + w2 + w3, w1 + w2 + w3, w2 + w3, w3


def _at_centre(full: np.ndarray, order: int) -> np.ndarray:
    """Weights (..., 7) of the differences around a node at a centre of cells; full (..., 7) is 1 - near_interface."""
    zero, one, two, three = _sums(order)
    weights = full * (three, two, one, zero, one, two, three)
    weights[..., PAIRS] += 1
    return weights


def _on_edge(full: np.ndarray, order: int, lower: int) -> np.ndarray:
    """Weights (..., 7) of the differences around a node on an edge between the cells at lower and behind it."""
    _, one, two, three = _sums(order)
    two += three
    one += two
    first, second = full[..., PAIRS + lower, None], full[..., PAIRS + lower + 1, None]
    before = np.array([-three, -two, -one, one, two, three, 0.0])
    weights = -first * before - second * before[::-1]
    weights[..., PAIRS] += 1
    return np.asarray(weights)


def merged(terms: InterpolationTerms, cell: np.ndarray) -> InterpolationTerms:
    """Terms in which a node is there once for each point; those of no weight are in the cells (n, 3) of the points."""
    columns = np.stack(terms[:4])
    low = columns.min((1, 2), keepdims=True)
    key = np.ravel_multi_index(tuple(columns - low), tuple((columns - low).max((1, 2)) + 1))
    order = np.argsort(key, axis=1, kind="stable")
    key, weights = np.take_along_axis(key, order, axis=1), np.take_along_axis(terms.weights, order, axis=1)
    group = np.cumsum(np.diff(key, axis=1, prepend=key[:, :1]) != 0, axis=1)
    rows = np.arange(len(key))[:, None]
    total = np.zeros((len(key), int(group.max(initial=0)) + 1))
    np.add.at(total, (rows, group), weights)
    homes = (np.zeros(len(cell), int), *cell.T)
    nodes = np.repeat(np.stack(homes)[:, :, None], total.shape[1], axis=2)
    nodes[:, rows, group] = np.take_along_axis(columns, order[None], axis=2)
    variable, k, j, i = np.where(total != 0, nodes, np.stack(homes)[:, :, None])
    return InterpolationTerms(variable, k, j, i, total)
