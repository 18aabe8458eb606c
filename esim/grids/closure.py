"""How do differences along z end at a flat free surface? In a closure that conserves energy in any medium.

vx, vy and normal stresses lie in layers, at depths of 1/2, 3/2 .. cells, vz, sxz and syz on faces, at 0, 1 .. . Of the
uppermost layers and faces each stands for a part of a cell. A difference ahead, from faces to layers, is Q over these
parts of the layers, one behind, from layers to faces, -Q transposed over those of the faces: summation by parts (Kreiss
and Scherer 1974; on staggered grids O'Reilly et al. 2017), here without a node for szz on the surface, where it is zero
as sxz and syz on the uppermost faces are. So kinetic and strain energy, each cell counted with its parts, stay what
they are in any medium.

The parts and Q are those of the least error, for Vp/Vs of 1.5 to 3, of Rayleigh waves (6 to 10 points per wavelength),
of motion and strain below a load on the surface, and of S waves that it reflects, among all with which differences
ahead are exact for cubics, those behind for parabolas (of eighth order both for cubics), and the time step is as long
as without a surface. Rayleigh waves are 0.9 % slow at 6 points per wavelength, 0.3 % at 8 and 0.12 % at 10 (of eighth
order 0.5, 0.16 and 0.06 %).
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
    (1.1697936118, 0.54196251455, 1.55283341162, 0.5920925831, 1.19019245846, 0.94509611041, 1.00802931006),
    (0.32928708992, 1.33991129427, 0.69108277113, 1.22911278557, 0.86941239176, 1.05089343109, 0.99030023627),
    (
        (
            -1.14445793718,
            1.12429422599,
            -0.01671321521,
            0.06387462695,
            -0.01638585087,
            -0.01651643698,
            0.00590458729,
        ),
        (
            0.02274728135,
            -0.61913391526,
            0.64133567624,
            -0.05814249526,
            0.00869330245,
            0.00892154955,
            -0.00442139907,
        ),
        (
            0.21174475869,
            -0.81871739433,
            -0.34060361696,
            0.7208943946,
            0.23344084604,
            0.00313459985,
            -0.00989358789,
        ),
        (
            -0.044354739,
            0.26538254729,
            -0.60894355803,
            0.10162148048,
            0.1761073527,
            0.12581819976,
            -0.01563128319,
        ),
        (
            -0.09728555146,
            0.14263895816,
            0.47212492602,
            -1.31958690399,
            -0.03128761228,
            0.81316229195,
            0.02023389159,
        ),
        (
            0.0629545914,
            -0.11674046625,
            -0.17032102895,
            0.5873092883,
            -0.47524923297,
            -0.91093327735,
            1.0646467925,
        ),
        (
            -0.0113484038,
            0.0222760444,
            0.02312081689,
            -0.09597039108,
            0.10468119493,
            -0.02358692678,
            -1.10250566789,
        ),
    ),
)
_EIGHTH = SurfaceClosure(
    8,
    (1.16337405477, 0.58799083725, 1.42801138105, 0.76261361895, 1.06357166275, 0.99443844523),
    (0.34322213405, 1.25402821863, 0.90027689606, 0.96777865949, 1.0480551147, 0.98663897706),
    (
        (-1.13538825687, 1.09200149362, 0.05410618457, -0.0139411658, 0.01112503299, -0.00790328851),
        (0.03274683835, -0.65196832882, 0.54093203824, 0.19757296294, -0.16179375432, 0.04251024361),
        (0.2033156336, -0.84022348492, -0.04147084783, 0.27727189954, 0.4854755904, -0.08367124615),
        (-0.11143469191, 0.528578366, -0.96141084348, 0.05701795607, 0.45861821815, 0.01975822732),
        (0.00209854803, -0.13459221142, 0.5132520507, -0.69796142938, -0.74223346366, 1.13031634204),
        (0.0086619288, 0.00620416555, -0.1054085822, 0.17934223199, -0.0423188557, -1.17189011463),
    ),
)
CLOSURES = {4: _FOURTH, 8: _EIGHTH}  # by the order of the differences
