"""How do differences along z end at a flat free surface? In a closure that conserves energy in any medium.

vx, vy and normal stresses lie in layers, at depths of 1/2, 3/2 .. cells, vz, sxz and syz on faces, at 0, 1 .. . Of the
uppermost layers and faces each stands for a part of a cell. A difference ahead, from faces to layers, is Q over these
parts of the layers, one behind, from layers to faces, -Q transposed over those of the faces: summation by parts (Kreiss
and Scherer 1974; on staggered grids O'Reilly et al. 2017), here without a node for szz on the surface, where it is zero
as sxz and syz on the uppermost faces are. So kinetic and strain energy, each cell counted with its parts, stay what
they are in any medium.

The parts and Q are those of the least error, for Vp/Vs of 1.5 to 3, of Rayleigh waves (6 to 10 points per wavelength),
of motion and strain below a load on the surface, of S waves that it reflects, and of the static field of sources on
the uppermost nodes, among all with which differences are exact for parabolas and the time step is as long as
without a surface. (Without the static fields in the sum there are closures with a slow mode of their own, which the
others do not see.) Rayleigh waves are 1.05 % slow at 6 points per wavelength, 0.35 % at 8 and 0.15 % at 10 (of eighth
order 0.8, 0.3 and 0.15 %).
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
    (1.15125682375, 0.63200639173, 1.39109129318, 0.73252169964, 1.11697086841, 0.97822175703, 0.99793116625),
    (0.34917874034, 1.2351663936, 0.91060048614, 0.97749427022, 1.05623589813, 0.95840570518, 1.01291850639),
    (
        (
            -1.1446237411,
            1.15246910298,
            -0.03277686407,
            0.02630561219,
            0.00612531588,
            -0.00591990405,
            -0.00157952181,
        ),
        (
            0.11202502906,
            -0.99667329179,
            1.02111865224,
            -0.10979491765,
            -0.03899524542,
            0.0021105277,
            0.01020924587,
        ),
        (
            0.05235790246,
            -0.21221625837,
            -1.04197742805,
            1.1223748833,
            0.04826008568,
            0.06010747486,
            -0.02890665988,
        ),
        (
            -0.01335566175,
            0.03908165683,
            0.04701605022,
            -1.00601635903,
            1.08042773439,
            -0.17866660588,
            0.03151318522,
        ),
        (
            -0.00490216153,
            0.01158092093,
            0.03368480084,
            -0.08035241829,
            -1.12029920495,
            1.20145395752,
            -0.04116589452,
        ),
        (
            -0.00276425988,
            0.0121764558,
            -0.0388396308,
            0.05788956586,
            0.02073509397,
            -1.12396550581,
            1.11643494751,
        ),
        (
            0.00126289274,
            -0.00641858638,
            0.01177441961,
            -0.01040636637,
            0.00374622045,
            0.04488005567,
            -1.12817196905,
        ),
    ),
)
_EIGHTH = SurfaceClosure(
    8,
    (1.10894924256, 0.79647275468, 1.12355294728, 0.96934553784, 1.00167951765, 1.0),
    (0.36798195959, 1.18312882563, 0.95105509893, 0.99324215358, 1.00459196228, 1.0),
    (
        (-1.12005615219, 1.13925232883, -0.02426780104, 0.00205398178, 0.00301764262, 0.0),
        (0.09842753774, -1.06820672292, 1.02180697764, -0.02987423678, -0.02145601103, -0.00069754464),
        (0.02198213828, -0.08150732736, -1.01840147346, 1.0780186518, -0.00896475712, 0.0095703125),
        (0.00895967858, -0.00624566623, 0.02020586172, -1.08956359002, 1.13752355225, -0.07975260417),
        (-0.00931320241, 0.01670738767, -0.00004110951, 0.04823796108, -1.18100026302, 1.1962890625),
        (0.0, 0.0, 0.00069754464, -0.0095703125, 0.07975260417, -1.1962890625),
    ),
)
CLOSURES = {4: _FOURTH, 8: _EIGHTH}  # by the order of the differences
