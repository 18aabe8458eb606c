"""How do differences along z end at a flat free surface? In a closure that conserves energy in any medium.

vx, vy and normal stresses lie in layers, at depths of 1/2, 3/2 .. cells, vz, sxz and syz on faces, at 0, 1 .. . Of the
uppermost layers and faces each stands for a part of a cell. A difference ahead, from faces to layers, is Q over these
parts of the layers, one behind, from layers to faces, -Q transposed over those of the faces: summation by parts (Kreiss
and Scherer 1974; on staggered grids O'Reilly et al. 2017), here without a node for szz on the surface, where it is zero
as sxz and syz on the uppermost faces are. So kinetic and strain energy, each cell counted with its parts, stay what
they are in any medium.

The parts and Q are those of the least error among all with which differences are exact for parabolas and the time step
is as long as without a surface. The error is the sum of squares, mostly at 4.5 to 14 points per wavelength of S and for
Vp/Vs of 1.5 to 3, of: the motion of the surface that a source of LOH.1 makes at each wavenumber and frequency; motion
and strain at the uppermost nodes below a load on the surface, and in P and S waves of all slownesses that it reflects;
the speed of Rayleigh waves; and the static field of sources on the uppermost nodes. (Without the last there are
closures with a slow mode of their own, which the others do not see.) Rayleigh waves are 0.70 % slow at 6 points per
wavelength, 0.19 % at 8 and 0.06 % at 10 (of eighth order 0.40, 0.12 and 0.05 %).
"""

from dataclasses import dataclass

import numpy as np

from esim.kernels.crust.staggered import WEIGHTS

# What continues vx and vy by half a cell above the surface: weights of three layers, and of the slope of vz along the
# surface, per cell. It is the cubic whose slope there leaves no shear traction, dvx/dz = -dvz/dx.
ABOVE, SLOPE_ABOVE = (21 / 23, 3 / 23, -1 / 23), 24 / 23
Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class SurfaceClosure:
    """Parts of a cell of the uppermost layers and faces, and Q (layers, faces) between them."""

    order: int
    layers: tuple[float, ...]
    faces: tuple[float, ...]
    q: Rows

    @property
    def depth(self) -> int:
        """Layers from the surface down in which differences are of the closure."""
        return len(self.layers)

    @property
    def reach(self) -> int:
        """Nodes from the surface down that these differences take."""
        return self.depth + self.order // 2

    def matrix(self, nodes: int) -> np.ndarray:
        """Q (nodes, nodes) with ordinary differences below the closure."""
        q = np.zeros((nodes, nodes))
        for n, weight in enumerate(WEIGHTS[self.order]):
            q += weight * (np.eye(nodes, k=n + 1) - np.eye(nodes, k=-n))
        q[: self.depth, : self.depth] = self.q
        return q

    def ahead(self, nodes: int) -> np.ndarray:
        """Differences (layers, faces) per cell of values on so many faces; the lowest rows are incomplete."""
        return self.matrix(nodes) / self.parts(np.arange(nodes), on_faces=False)[:, None]

    def behind(self, nodes: int) -> np.ndarray:
        """Differences (faces, layers) per cell of values in so many layers; the lowest rows are incomplete."""
        return -self.matrix(nodes).T / self.parts(np.arange(nodes), on_faces=True)[:, None]

    def parts(self, k: np.ndarray, on_faces: bool) -> np.ndarray:
        """Parts of a cell that layers or faces k, 0 or more, stand for."""
        own = np.array(self.faces if on_faces else self.layers)
        return np.where(k < own.size, own[np.minimum(k, own.size - 1)], 1.0)

    def table(self, halo: int, scale: float, dtype: np.dtype) -> np.ndarray:
        """What kernels.crust.closure takes: (halo + depth, 2 (reach + 1), 1), weights times scale."""
        nodes, rows = self.reach, np.arange(self.depth)
        q = (scale * self.matrix(nodes)).astype(dtype)
        table = np.zeros((halo + self.depth, 2, nodes + 1), dtype)
        table[halo:, 0, 0] = 1 / self.parts(rows, on_faces=False)
        table[halo:, 1, 0] = 1 / self.parts(rows, on_faces=True)
        table[halo:, 0, 1:], table[halo:, 1, 1:] = q[: self.depth], -q.T[: self.depth]
        return table.reshape(halo + self.depth, -1, 1)


_FOURTH = SurfaceClosure(
    4,
    (1.17761715515, 0.57556623827, 1.37981925716, 0.83565284271, 1.04420621899, 0.98348454968, 1.00365373804),
    (0.31493713447, 1.38096523467, 0.63522089396, 1.28500825322, 0.84160717946, 1.04309499206, 0.99916631216),
    (
        (
            -1.16302401043,
            1.19149691966,
            -0.11611306622,
            0.12534871945,
            -0.03706257693,
            0.00557356951,
            -0.00621955504,
        ),
        (
            0.05847296887,
            -0.80538257423,
            0.93055572541,
            -0.27840287946,
            0.12634054211,
            -0.0391865278,
            0.00760274511,
        ),
        (
            0.17293525454,
            -0.56954448973,
            -0.79423377796,
            1.31728306009,
            -0.22448820486,
            0.10435400551,
            -0.00630584759,
        ),
        (
            -0.04647671,
            0.15821238596,
            -0.12460409761,
            -0.97203841845,
            1.10746094605,
            -0.14824475879,
            0.02569065285,
        ),
        (
            -0.02292812263,
            0.02882790117,
            0.11623727568,
            -0.22876034266,
            -0.99970601732,
            1.16996697084,
            -0.06363766508,
        ),
        (
            -0.00573829019,
            0.00478158653,
            -0.00260648244,
            0.02943403414,
            0.00726194637,
            -1.10702947329,
            1.11556334554,
        ),
        (
            0.00675890984,
            -0.00839172936,
            -0.00923557686,
            0.00713582689,
            0.02019336457,
            0.01456621403,
            -1.11436034244,
        ),
    ),
)
_EIGHTH = SurfaceClosure(
    8,
    (1.15121647693, 0.66141110574, 1.27454379737, 0.90407053745, 1.00816739203, 1.00059069048),
    (0.32935659778, 1.334597322, 0.69801813343, 1.2297956899, 0.87784860967, 1.03038364722),
    (
        (-1.16176338278, 1.21970088815, -0.129541096, 0.08318587916, 0.00104841404, -0.01263070257),
        (0.10040291011, -0.99586883241, 1.0560369174, -0.18116017606, 0.01425927327, 0.00632990769),
        (0.10251940959, -0.31159541291, -0.99237258926, 1.27310609925, -0.11055116903, 0.03959120701),
        (-0.0205588727, 0.05137963964, 0.03036162363, -1.10532219778, 1.12094001536, -0.08567297601),
        (-0.02987861211, 0.05159517031, 0.03797046433, -0.06946935918, -1.10283230042, 1.18349447338),
        (0.0092785479, -0.01521145278, -0.0024553201, -0.00103779003, 0.08600853465, -1.20199174581),
    ),
)
CLOSURES = {4: _FOURTH, 8: _EIGHTH}  # by the order of the differences
