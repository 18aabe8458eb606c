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
others do not see.) Rayleigh waves are 1.25 % slow at 6 points per wavelength, 0.48 % at 8 and 0.23 % at 10 (of eighth
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
    (1.12121442609, 0.71467709072, 1.30881991257, 0.77398473115, 1.11013903259, 0.96348274761, 1.00768205927),
    (0.36001255244, 1.22223423125, 0.90320446484, 0.98148719123, 1.05544770488, 0.97724535298, 1.00036850238),
    (
        (
            -1.13240265516,
            1.15790730559,
            -0.04096633813,
            0.01548849114,
            0.00022719635,
            0.00061046328,
            -0.00086446308,
        ),
        (
            0.10590622544,
            -1.04478335697,
            1.04580819327,
            -0.08074654484,
            -0.03207769983,
            -0.00303539738,
            0.00892858032,
        ),
        (
            0.03976613017,
            -0.14495312944,
            -1.08302410083,
            1.1197159207,
            0.06557644717,
            0.01914470058,
            -0.01622596832,
        ),
        (
            -0.00682075342,
            0.01869017809,
            0.08258933094,
            -1.06411033141,
            1.06423506657,
            -0.09300756381,
            -0.00157592697,
        ),
        (
            -0.00608163314,
            0.00404338446,
            0.01960761082,
            -0.00636487506,
            -1.15789941988,
            1.16259686558,
            -0.01590193279,
        ),
        (
            -0.00154163795,
            0.01436239712,
            -0.03492528383,
            0.0184860301,
            0.07526087732,
            -1.13399028183,
            1.10401456573,
        ),
        (
            0.00117432405,
            -0.00526677886,
            0.01091058777,
            -0.00246869064,
            -0.0153224677,
            0.04768121358,
            -1.12004152155,
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
