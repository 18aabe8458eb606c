"""What is the strain near a free surface? That of the differences there, interpolated along z between their nodes.

Receivers of strain and moments, which act on stresses, share the weights, so that they change places without a
difference. Shear strain of faces is zero on the surface, which is known and no node of its own.
"""

from typing import NamedTuple

import numpy as np

from esim.grids.closure import SurfaceClosure

POINTS = 6  # nodes that have weights
EVEN_BELOW = 2  # nodes below the surface from which on there are enough around a point


class SurfaceStrain(NamedTuple):
    """The closure of the differences, and whether even and odd nodes must take part alike.

    They must with coarse-grained attenuation, where the stiffness of a cell is that of its mechanism.
    """

    closure: SurfaceClosure
    even: bool

    def weights(self, position: np.ndarray, on_faces: bool, last: int) -> tuple[np.ndarray, np.ndarray]:
        """First nodes (n,) of six, and their weights (n, 6), at positions counted in nodes; last is the deepest."""
        if not self.even:
            start = np.clip(np.floor(position).astype(int) - 1, 0, last - 3)
            return start, _drop(
                start, np.pad(_solve(position - start, range(4), range(4)), ((0, 0), (0, 2))), on_faces
            )
        start, inside = even_cubic(position, 0, last)
        inside = np.pad(inside, ((0, 0), (0, 1)))
        if on_faces:
            above = np.pad(_solve(position, range(1, 6), range(1, 5), even=True), ((0, 0), (1, 0)))
        else:
            above = _solve(position, range(6), range(5), even=True)
        near = position < EVEN_BELOW
        return np.where(near, 0, start), np.where(near[:, None], above, inside)

    def line(
        self, start: np.ndarray, weights: np.ndarray, on_faces: bool, along: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """First nodes (n,) of velocities and their weights (n, nodes), which make strain at weights of its nodes.

        along says whether it is that of differences along z, per cell, or of slopes across.
        """
        closed, half = self.closure, self.closure.order // 2
        # Far below the surface all is the same at any depth.
        deep = closed.depth + half
        at = np.minimum(start, deep)
        line = np.zeros((start.size, deep + POINTS + half))
        np.put_along_axis(line, at[:, None] + np.arange(POINTS), weights, axis=1)
        if along:
            nodes = line.shape[1]
            line = line @ (closed.behind(nodes) if on_faces else closed.ahead(nodes))
        return start - at, line


def even_cubic(position: np.ndarray, first: np.ndarray | int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """First of five nodes around positions, within first..last, and weights exact for cubics, even and odd alike."""
    start = np.maximum(np.minimum(np.floor(position + 0.5).astype(int) - 2, last - 4), first)
    return start, _solve(position - start, range(5), range(4), even=True)


def _drop(start: np.ndarray, weights: np.ndarray, on_faces: bool) -> np.ndarray:
    """Weights without those of faces on the surface."""
    on_surface = (start[:, None] + np.arange(POINTS) == 0) & on_faces
    return np.where(on_surface, 0.0, weights)


def _solve(position: np.ndarray, nodes: range, powers: range, even: bool = False) -> np.ndarray:
    """Weights (n, nodes) exact for powers of the depth, and with even of the same sum for even and odd nodes."""
    at = np.array(nodes, float)
    rows = [at**m for m in powers] + ([(-1.0) ** at] if even else [])
    wanted = [position**m for m in powers] + ([np.zeros(position.shape)] if even else [])
    return np.linalg.solve(np.array(rows), np.array(wanted)).T
