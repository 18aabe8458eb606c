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
    (1.15902156479, 0.60084761128, 1.41698418475, 0.76207946348, 1.06805691636, 0.99301025933),
    (0.33610815027, 1.30061290136, 0.78976550296, 1.09094458023, 0.98248864051, 1.00008022466),
    (
        (-1.13353233107, 1.09393030492, 0.05376526745, -0.02564058036, 0.02290422924, -0.01142689018),
        (0.01488344541, -0.60174028267, 0.48061915989, 0.21720692842, -0.14457504415, 0.03360579311),
        (0.21259737756, -0.85222964553, -0.07499837058, 0.37843083975, 0.39708094176, -0.06088114297),
        (-0.08622874312, 0.43027918886, -0.82707601327, -0.00023912565, 0.42965378777, 0.0536109054),
        (-0.02109862248, -0.0659469337, 0.47760966439, -0.78449449957, -0.60428272989, 1.03987978791),
        (0.01337887369, -0.00429263189, -0.10991970789, 0.21473643742, -0.10078118472, -1.09645511994),
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
