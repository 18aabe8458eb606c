"""What do the cells of a run consist of? The medium below its surface: surveyed, and set on the device."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from esim.backends import Backend
from esim.crust.layout import allocated_shape
from esim.crust.medium.attenuation import Attenuation
from esim.crust.medium.surface import Surface
from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.media.crust import Medium, cell_averages
from esim.media.crust.box import Box
from esim.media.crust.medium import RHO, VS
from esim.media.crust.wave_speeds import Speeds, slownesses, speeds
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block

STRIP_CELLS = 2_000_000  # cells whose medium is looked at together
NO_SPEEDS = Speeds(0.0, math.inf, math.inf, 0.0)  # of no cells


@dataclass(frozen=True)
class CrustMedium:
    """The medium of a grid, with the air and the sea above its surface."""

    grid: Grid3D
    rock: Medium
    surface: Surface

    def cells(self, box: Box) -> np.ndarray:
        """lam, mu [Pa], rho [kg/m3], qp, qs of a box of cells, air and sea included: (5, nk, nj, ni)."""
        values = cell_averages(self.rock, self.grid, box)
        self.surface.fill(values, box)
        return values

    def rigidity(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """Rigidity [Pa] at points (n,) [m]; raises InputError where there is a fluid."""
        values = self.rock.at(x, y, depth)
        mu = values[RHO] * values[VS] ** 2
        fluid = np.flatnonzero(mu <= 0)
        if fluid.size:
            n = fluid[0]
            raise InputError(
                f"a part of the fault at x {x[n]:g}, y {y[n]:g}, depth {depth[n]:g} m lies in a fluid"
            )
        return np.asarray(mu)

    def strips(self, block: Block, halo: int) -> Iterator[Box]:
        """Boxes of cells that cover a block with a halo, some layers at a time."""
        rows, columns = (block.j0 - halo, block.j1 + halo), (block.i0 - halo, block.i1 + halo)
        area = (rows[1] - rows[0]) * (columns[1] - columns[0])
        height = max(1, STRIP_CELLS // area)
        for k in range(-halo, self.grid.nz + halo, height):
            yield (k, min(k + height, self.grid.nz + halo)), rows, columns


@dataclass(frozen=True)
class MediumSurvey:
    """Extremes of the cells of all ranks: speeds [m/s], Q, whether all are solid, and the longest time [s] that waves,
    S where there are any, need straight down through the grid."""

    speeds: Speeds
    lowest_qp: float
    lowest_qs: float
    solid: bool
    descent: float

    @property
    def attenuates(self) -> bool:
        """Whether any cell has a Q."""
        return math.isfinite(min(self.lowest_qp, self.lowest_qs))

    def record(self) -> dict[str, float]:
        """What run.json has of it."""
        return {
            "fastest": self.speeds.fastest,
            "slowest": self.speeds.slowest,
            "least_vp_vs": self.speeds.least_ratio,
            "largest_vp_vs": self.speeds.largest_ratio,
        }

    def describe(self) -> list[str]:
        """Its line of the plan of a run."""
        found = self.speeds
        ratio = f", Vp/Vs {found.least_ratio:.2f}-{found.largest_ratio:.2f}" if found.largest_ratio else ""
        return [f"waves          {found.slowest:.0f} to {found.fastest:.0f} m/s{ratio}"]


def survey_medium(medium: CrustMedium, block: Block, comm: Comm) -> MediumSurvey:
    """The extremes of the cells of all ranks, of which this one has a block; InputError if all are air."""
    found, qp, qs, mu = NO_SPEEDS, math.inf, math.inf, math.inf
    descent = np.zeros((block.j1 - block.j0, block.i1 - block.i0))
    for box in medium.strips(block, 0):
        values = medium.cells(box)
        found = found.join(speeds(values))
        qp, qs = min(qp, float(values[3].min())), min(qs, float(values[4].min()))
        mu = min(mu, float(values[1].min()))
        descent += medium.grid.dz * slownesses(values).sum(0)
    gathered = comm.allgather((found, qp, qs, mu, float(descent.max())))
    of_speeds, of_qp, of_qs, of_mu, of_descent = zip(*gathered, strict=True)
    whole = reduce(Speeds.join, of_speeds)
    if whole.fastest <= 0:
        raise InputError("topography: the grid holds nothing but air; its depth axis must reach the ground")
    return MediumSurvey(whole, min(of_qp), min(of_qs), min(of_mu) > 0, max(of_descent))


def set_medium(
    medium: CrustMedium, block: Block, attenuation: Attenuation | None, backend: Backend
) -> dict[str, Any]:
    """The fields of the medium on a block with its halo, [k, j, i] on the device: see esim.crust.model.build_crust."""
    h, shape = block.halo, allocated_shape(block, medium.grid.nz)
    names = ["rho", "lam", "mu"] + (["inv_qp", "inv_qs"] if attenuation is not None else [])
    arrays = {name: np.zeros(shape, backend.dtype) for name in names}
    for box in medium.strips(block, h):
        (k0, k1), (j0, j1), (i0, i1) = box
        part = np.s_[k0 + h : k1 + h, : j1 - j0, : i1 - i0]
        for name, values in _converted(medium.cells(box), attenuation).items():
            arrays[name][part] = values
    device = {name: backend.from_host(arrays.pop(name)) for name in names}
    return device | {"near_interface": backend.from_host(medium.surface.near_interface(block))}


def _converted(values: np.ndarray, attenuation: Attenuation | None) -> dict[str, np.ndarray]:
    """rho [g/cm3], unrelaxed lam, mu [GPa] and 1/Q from lam, mu [Pa], rho [kg/m3], qp, qs."""
    lam, mu, rho, qp, qs = values
    if attenuation is None:
        return {"rho": rho / 1e3, "lam": lam / 1e9, "mu": mu / 1e9}
    inv_qp, inv_qs = 1 / qp, 1 / qs
    compression = attenuation.unrelaxed(lam + 2 * mu, inv_qp)
    mu = attenuation.unrelaxed(mu, inv_qs)
    return {
        "rho": rho / 1e3,
        "lam": (compression - 2 * mu) / 1e9,
        "mu": mu / 1e9,
        "inv_qp": inv_qp,
        "inv_qs": inv_qs,
    }
