"""What does a rank hold of the crust? State, medium, memory variables and absorbing layers of its block."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.backends import Backend
from esim.constants import GRAVITY
from esim.crust.absorbing_layers import AbsorbingLayer, build_layers
from esim.crust.layout import STRESSES, VELOCITIES, Box3, allocated_shape
from esim.crust.memory_variables import allocate_memory
from esim.crust.sea_surface import SeaSurface, build_sea_surface
from esim.crust.settings import CrustSettings
from esim.grids.closure import CLOSURES, SurfaceClosure
from esim.grids.grid3d import Grid3D
from esim.grids.surface_strain import SurfaceStrain
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block, Decomposition


@dataclass(frozen=True)
class CrustState:
    """Arrays of the block of this rank, all on the backend's device.

    They are [var, k, j, i] with the halo: v = (vx, vy, vz) [m/s], s = (sxx, .., syz) [MPa]; fields has all of them and
    the medium by name, [k, j, i]. memory is (mechanisms, 6, k, j, i), relaxation the table of each mechanism; kept as
    bfloat16, memory is an array of packed values (uint16). layers hold the memory of absorbing layers; sea is the sea
    surface on which gravity acts, None without.
    """

    grid: Grid3D
    decomposition: Decomposition
    comm: Comm
    backend: Backend
    settings: CrustSettings
    v: Any
    s: Any
    fields: dict[str, Any]
    memory: Any
    relaxation: list[Any]
    layers: list[AbsorbingLayer]
    sea: SeaSurface | None

    @property
    def dt(self) -> float:
        """Time step [s]."""
        return self.settings.dt

    @property
    def free(self) -> bool:
        """Whether the top of the grid is a free surface."""
        return self.settings.free

    @property
    def closure(self) -> SurfaceClosure | None:
        """How differences along z end at a free surface."""
        return CLOSURES[self.settings.order] if self.free else None

    @property
    def strain(self) -> SurfaceStrain | None:
        """How strain is seen below a free surface."""
        return None if self.closure is None else SurfaceStrain(self.closure, self.coarse)

    @property
    def coarse(self) -> bool:
        """Whether attenuation is coarse-grained, so that each cell has one of several mechanisms."""
        return self.settings.mechanisms is not None and self.settings.mechanisms.coarse

    @property
    def block(self) -> Block:
        """Block of this rank."""
        return self.decomposition.blocks[self.comm.rank]

    @property
    def interior(self) -> Box3:
        """Box of the owned cells in the arrays."""
        h = self.block.halo
        return (h, h + self.grid.nz), *self.block.interior

    @property
    def above(self) -> Any:
        """Velocities (3, 1, j, i) in the layer above the first one."""
        h = self.block.halo
        return self.v[:, h - 1 : h]

    @property
    def bytes(self) -> int:
        """Memory of all arrays of this rank: state, medium, memory variables, absorbing layers."""
        arrays = [self.v, self.s, self.memory, *(layer.memory for layer in self.layers)]
        arrays += [array for name, array in self.fields.items() if name not in (*VELOCITIES, *STRESSES)]
        arrays += (
            []
            if self.sea is None
            else [
                self.sea.eta,
                self.sea.weights,
                *(layer.keep for layer in self.sea.layers),
            ]
        )
        return sum(array.nbytes for array in arrays if array is not None)

    def own(self, array: Any) -> np.ndarray:
        """Owned cells of an array [.., k, j, i] on the host, without the halo; of one [1, j, i] all columns."""
        k, j, i = (slice(*pair) for pair in self.interior)
        layers = k if array.shape[-3] > 1 else slice(None)
        return self.backend.to_host(array[..., layers, j, i])

    def energy(self) -> float:
        """Kinetic and strain energy, and that of a risen sea surface on which gravity acts, of all ranks [J].

        For a medium without attenuation; float64, in rank order.
        """
        v, s = self.own(self.v), self.own(self.s)
        rho, lam, mu = (self.own(self.fields[name]) for name in ("rho", "lam", "mu"))
        total = 0.0
        for k in range(self.grid.nz):
            total += 0.5e3 * float(
                (rho[k].astype(np.float64) * (v[:, k].astype(np.float64) ** 2).sum(0)).sum()
            )
            total += _strain_energy(s[:, k].astype(np.float64), lam[k].astype(np.float64), mu[k])
        if self.sea is not None:
            lifted = rho[self.sea.k - self.block.halo] * self.own(self.sea.eta)[0].astype(np.float64) ** 2
            total += 0.5e3 * GRAVITY / self.grid.dz * float(lifted[self.sea.wet].sum())
        return math.fsum(self.comm.allgather(total)) * math.prod(self.grid.spacing)

    def motion(self) -> float:
        """Sum of the squares of all velocities of all ranks [m2/s2]: what a watch needs to see growth."""
        return math.fsum(self.comm.allgather(self.motion_here()))

    def motion_here(self) -> float:
        """That of this rank."""
        motion = self.backend.square_sum(self.v)
        if self.sea is None:
            return motion
        # What the elevation of the sea surface may become: rho g eta^2 / 2 over a face is rho v^2 / 2 in a cell.
        return motion + GRAVITY / self.grid.dz * self.backend.square_sum(self.sea.eta)

    def density_ratio(self) -> float:
        """Largest over smallest density of the cells of all ranks that are not air."""
        rho = self.own(self.fields["rho"])
        some = rho[rho > 0]
        extremes = self.comm.allgather((some.min(initial=np.inf), some.max(initial=0.0)))
        smallest, largest = min(low for low, _ in extremes), max(high for _, high in extremes)
        return float(largest / smallest)


def allocate(
    grid: Grid3D,
    decomposition: Decomposition,
    comm: Comm,
    backend: Backend,
    settings: CrustSettings,
    medium: Mapping[str, Any],
) -> CrustState:
    """A crust at rest; medium as for esim.crust.model.build_crust."""
    block = decomposition.blocks[comm.rank]
    shape = allocated_shape(block, grid.nz)
    q = backend.zeros((9, *shape))
    fields: dict[str, Any] = dict(zip((*VELOCITIES, *STRESSES), q, strict=True)) | dict(medium)
    fields.setdefault("near_interface", backend.zeros((1, 1, 1)))
    if settings.free:
        fields["mu"][: block.halo] = 0  # of air, so that no shear stress acts on the surface
    memory, relaxation = allocate_memory(backend, block, shape, settings)
    layers = build_layers(grid, block, backend, settings)
    sea = build_sea_surface(grid, block, backend, settings, fields)
    return CrustState(
        grid, decomposition, comm, backend, settings, q[:3], q[3:], fields, memory, relaxation, layers, sea
    )


def _strain_energy(s: np.ndarray, lam: np.ndarray, mu: np.ndarray) -> float:
    """Strain energy per grid [J/m3] summed over a plane, s in MPa and moduli in GPa."""
    solid = mu > 0
    safe = np.where(solid, mu, 1.0)
    bulk = lam + 2 / 3 * mu
    mean = (s[0] + s[1] + s[2]) / 3
    deviators = sum((s[n] - mean) ** 2 for n in range(3)) + 2 * sum(s[n] ** 2 for n in (3, 4, 5))
    pressed = np.where(bulk > 0, mean**2 / np.where(bulk > 0, bulk, 1.0) / 2, 0.0)
    return 1e3 * float((pressed + np.where(solid, deviators / (4 * safe), 0.0)).sum())
