"""Where does gravity act? On the surface of the sea, whose elevation is a field of its own."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.backends import Backend
from esim.constants import GRAVITY
from esim.crust.absorbing_layers import WaterLayer, build_water_layers, kept_by_sides
from esim.crust.medium.ground import Ground
from esim.crust.settings import CrustSettings, SeaLevel
from esim.errors import InputError
from esim.grids.closure import AIR_PART, CLOSURES
from esim.grids.grid3d import Grid3D
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block

KEY = "physics.gravity_surface"


@dataclass(frozen=True)
class SeaSurface:
    """The elevation eta (1, j, i) [m, up] of the sea surface of a block, half a step after the velocities.

    It is the upper face of the layer k of the arrays where wet (nj, ni), of the owned columns, says that there is
    water; weights is what kernels.crust.sea_surface calls sea; layers are the water in absorbing layers.
    """

    k: int
    wet: np.ndarray
    eta: Any
    weights: Any
    layers: list[WaterLayer]

    def arrays(self) -> dict[str, Any]:
        """Its own arrays, by the names that the kernel uses."""
        return {"eta": self.eta, "sea": self.weights}


def find_sea_level(ground: Ground, block: Block, comm: Comm) -> SeaLevel:
    """The sea surface of all ranks, of which this one has a block.

    Raises InputError, on all ranks, where no water is at the top of the ground, or its surface is not level.
    """
    top, floor = ground.columns((block.j0, block.j1), (block.i0, block.i1))
    wet, dz = floor > top, ground.grid.dz
    first, last = int(top[wet].min(initial=ground.grid.nz)), int(top[wet].max(initial=-1))
    deepest, columns = float((floor - top).max(initial=0)) * dz, int(wet.sum())
    found = comm.allgather((first, last, deepest, columns))
    firsts, lasts, depths, counts = zip(*found, strict=True)
    if not sum(counts):
        raise InputError(
            f"{KEY}: no water is at the top of the block; expected a sea, from topography with water or a first layer "
            "of the medium with vs 0"
        )
    if min(firsts) != max(lasts):
        levels = [ground.grid.depth_min + dz * k for k in (min(firsts), max(lasts))]
        raise InputError(
            f"{KEY}: the water begins at depths from {levels[0]:g} to {levels[1]:g} m; expected one level sea surface"
        )
    return SeaLevel(min(firsts), max(depths), sum(counts))


def surface_part(settings: CrustSettings) -> float:
    """The part of a cell for which the faces on the sea surface stand."""
    return CLOSURES[settings.order].faces[0] if settings.free else AIR_PART


def build_sea_surface(
    grid: Grid3D, block: Block, backend: Backend, settings: CrustSettings, fields: dict[str, Any]
) -> SeaSurface | None:
    """The sea surface of a block, at rest; None without gravity."""
    if settings.sea is None:
        return None
    k, (rows, columns) = settings.sea.layer + block.halo, (slice(*pair) for pair in block.interior)
    rho, mu = (backend.to_host(fields[name][k - 1 : k + 1, rows, columns]) for name in ("rho", "mu"))
    # Above a flat free surface the density of the uppermost cells is repeated; there is no cell of air.
    wet = (rho[1] > 0) & (mu[1] == 0) & (True if settings.free else rho[0] == 0)
    velocity_kept, kept = (kept_by_sides(grid, block, settings, offset) for offset in (0.5, 0.0))
    weights = np.zeros((3, *fields["vz"].shape[1:]))
    weights[0, rows, columns] = (
        GRAVITY * settings.dt / (surface_part(settings) * grid.dz) * velocity_kept * wet
    )
    weights[1, rows, columns] = kept * wet
    weights[2, rows, columns] = settings.dt * kept * wet
    eta = backend.zeros((1, *weights.shape[1:]))
    below = k, k + min(grid.nz - settings.sea.layer, math.ceil(settings.sea.depth / grid.dz))
    rho, mu = (backend.to_host(fields[name][slice(*below), rows, columns]) for name in ("rho", "mu"))
    layers = build_water_layers(grid, block, backend, settings, (rho > 0) & (mu == 0))
    return SeaSurface(k, wet, eta, backend.from_host(weights), layers)
