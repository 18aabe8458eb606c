"""How do differences along z end at a flat free surface? In a closure that conserves energy in any medium.

vx, vy and normal stresses lie in layers, at depths of 1/2, 3/2 .. cells, vz, sxz and syz on faces, at 0, 1 .. . Of the
uppermost layers and faces each stands for a part of a cell. A difference ahead, from faces to layers, is Q over these
parts of the layers, one behind, from layers to faces, -Q transposed over those of the faces: summation by parts (Kreiss
and Scherer 1974; on staggered grids O'Reilly et al. 2017), here without a node for szz on the surface, where it is zero
as sxz and syz on the uppermost faces are. So kinetic and strain energy, each cell counted with its parts, stay what
they are in any medium.

The parts and Q are those of the least error of Rayleigh waves and of motion and strain below a load on the surface,
for Vp/Vs of 1.5 to 2.5 and 6 to 14 points per wavelength, among all with which differences ahead are exact for cubics,
those behind for parabolas (of eighth order both for cubics), and the time step is as long as without a surface.
Rayleigh waves are 0.6 % slow at 6 points per wavelength, 0.15 % at 8 and 0.04 % at 10 (of eighth order 0.15, 0.03 and
less than 0.01 %).
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
    (1.20728899961, 0.41106655354, 1.69343406747, 0.58874181353, 1.10316962496, 0.99629894089),
    (0.30382212875, 1.38470883437, 0.77624198609, 0.94979974797, 1.13039523121, 0.95503207161),
    (
        (-1.17552648959, 1.13840113003, 0.00823008637, 0.07101185812, -0.04997504714, 0.00785846221),
        (0.03838177607, -0.55116924417, 0.60478732838, -0.12436394149, 0.0360674406, -0.0037033594),
        (0.24204382348, -0.96120975846, -0.19847351561, 0.55537272786, 0.42586094009, -0.06359421736),
        (-0.05704658726, 0.34546877759, -0.78687832888, 0.26954638015, 0.13615823874, 0.09275151966),
        (-0.08411082354, 0.09007188111, 0.4851194453, -1.11301472051, -0.31389859324, 0.97749947755),
        (0.03625830083, -0.0615627861, -0.11278501556, 0.34144769588, -0.23421297905, -1.05247854934),
    ),
)
_EIGHTH = SurfaceClosure(
    8,
    (1.20997310438, 0.3549955892, 1.89400187716, 0.29662312284, 1.2965669108, 0.94783939562),
    (0.29662308444, 1.48702346669, 0.43428639996, 1.4337691556, 0.81505986665, 1.03323802667),
    (
        (-1.18616418636, 1.16964258903, -0.02635157277, 0.08294863025, -0.04456507085, 0.00448961071),
        (0.02303257184, -0.43145882051, 0.44531427888, -0.04250239964, 0.00473879624, 0.00087557318),
        (0.28588312546, -1.11040911922, -0.23297745459, 0.71524961487, 0.38595456184, -0.04300318371),
        (-0.02608752161, 0.17164825719, -0.40657838193, 0.14662001735, 0.08189179076, 0.02363307039),
        (-0.17016060427, 0.35257664686, 0.29687627591, -1.24925573171, -0.31089245432, 1.15173570383),
        (0.07349661494, -0.15199955335, -0.07628314551, 0.34624232425, -0.10825485581, -1.20861061071),
    ),
)
CLOSURES = {4: _FOURTH, 8: _EIGHTH}  # by the order of the differences
