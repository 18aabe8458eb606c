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
and strain at the uppermost nodes below a load on the surface, at rest as well, and in P and S waves of all slownesses
that it reflects; the speed of Rayleigh waves; the static field of sources on the uppermost nodes; and what the surface
has of waves that the grid does not resolve, from sources three nodes and more below it. (Without the static field there
are closures with a slow mode of their own, and without the last such in which the ground above a buried point stands by
a third too high, neither of which the others see.) Rayleigh waves are 0.91 % slow at 6 points per wavelength, 0.28 % at
8 and 0.10 % at 10 (of eighth order 0.43, 0.13 and 0.04 %).
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
    (1.15765854687, 0.63502414868, 1.34337045988, 0.80338068338, 1.06451550078, 1.00793975085, 0.98811090957),
    (0.33803382831, 1.28732835763, 0.76361353935, 1.22853297524, 0.83059550384, 1.05057781783, 1.0013179778),
    (
        (
            -1.14100106066,
            1.158812326,
            -0.10653065513,
            0.14800461521,
            -0.06622999924,
            0.0088549605,
            -0.00191018667,
        ),
        (
            0.06329136798,
            -0.89081534657,
            1.04944565945,
            -0.3453613322,
            0.15809639124,
            -0.03858704736,
            0.00393030747,
        ),
        (
            0.13456438417,
            -0.43272603651,
            -0.90819790841,
            1.28789295476,
            -0.13580819083,
            0.05360256869,
            0.00067222813,
        ),
        (
            -0.05850502038,
            0.20203963505,
            -0.19557523285,
            -0.83981116076,
            0.94330246784,
            -0.04741925832,
            -0.00403143057,
        ),
        (
            0.00343395609,
            -0.04715232212,
            0.19387053897,
            -0.28878122672,
            -0.94138117464,
            1.12426624682,
            -0.0442560184,
        ),
        (
            -0.00202703534,
            0.00762101966,
            -0.01265457283,
            0.01273606165,
            0.03358125217,
            -1.13030170177,
            1.13271164312,
        ),
        (
            0.00024340814,
            0.0022207245,
            -0.0203578292,
            0.02532008806,
            0.00843925346,
            0.02958423145,
            -1.12878320975,
        ),
    ),
)
_EIGHTH = SurfaceClosure(
    8,
    (1.14867129921, 0.67529625, 1.26779922253, 0.86644517364, 1.06083715575, 0.98095089887),
    (0.33406729586, 1.31240099588, 0.7163522321, 1.26086436978, 0.82594076796, 1.05037433841),
    (
        (-1.15554159461, 1.20681799167, -0.1490393933, 0.16694097911, -0.08499907118, 0.0158210883),
        (0.09177125942, -0.97294576577, 1.09095223585, -0.37878345714, 0.2423407227, -0.07333499506),
        (0.12126481916, -0.39843131565, -0.90594650394, 1.36087831374, -0.28501271601, 0.10794494735),
        (-0.06366958857, 0.21439260832, -0.18842327396, -0.95831279454, 1.0844029701, -0.09726268921),
        (0.00823495091, -0.06339716912, 0.19242631495, -0.2240185047, -1.04036978236, 1.19800402663),
        (-0.00205984631, 0.01356365054, -0.0399693796, 0.03259791889, 0.0925106446, -1.22205221432),
    ),
)
AIR_PART = 0.5  # of a cell, for which a face between a cell of water and one of air stands
CLOSURES = {4: _FOURTH, 8: _EIGHTH}  # by the order of the differences
