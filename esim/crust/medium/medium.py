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
from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.media.crust import Medium, cell_averages
from esim.media.crust.box import Box, indices
from esim.media.crust.medium import RHO, VS
from esim.media.crust.models.derived import Derived
from esim.media.crust.models.draped import Draped
from esim.media.crust.models.gridded import Gridded
from esim.media.crust.topography.terrain import AIR, SOLID, WATER, Terrain
from esim.media.crust.wave_speeds import Speeds, slownesses, speeds
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block

STRIP_CELLS = 2_000_000  # cells whose medium is looked at together
NO_SPEEDS = Speeds(0.0, math.inf, math.inf, 0.0)  # of no cells


@dataclass(frozen=True)
class CrustMedium:
    """The medium of a grid, with the air and the sea of topography, if there is any."""

    grid: Grid3D
    rock: Medium
    terrain: Terrain | None = None

    def cells(self, box: Box) -> np.ndarray:
        """lam, mu [Pa], rho [kg/m3], qp, qs of a box of cells, air and sea included: (5, nk, nj, ni)."""
        return self.filled(box)[0]

    def filled(self, box: Box) -> tuple[np.ndarray, np.ndarray | None]:
        """The cells of a box, and which of them are SOLID, WATER and AIR of topography; None where there is none."""
        values = cell_averages(self.rock, self.grid, box)
        return values, None if self.terrain is None else self.terrain.apply(values, box)

    def filled_in(self, box: Box, classes: np.ndarray | None) -> int:
        """How many solid cells of a box have values of nodes that the file of the model has none for."""
        rock, flat = self.rock, self.grid.horizontal
        while isinstance(rock, Derived) and not isinstance(rock, Draped):
            rock = rock.base
        model = rock.base if isinstance(rock, Draped) else rock
        if classes is None or not isinstance(model, Gridded):
            return 0
        k, j, i = indices(self.grid, box)
        x, y, depth = flat.x()[i], flat.y()[j], self.grid.depth()[k]
        below = np.broadcast_to(depth[:, None, None], classes.shape)
        missing = model.filled_at(x, y, rock.below(x, y, depth) if isinstance(rock, Draped) else below)
        return int((missing & (classes == SOLID)).sum())

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
    """Extremes of the cells of all ranks: speeds [m/s] and Q, and the kinds of cells, as of `kinds`.

    descent is the longest time [s] that waves, S where there are any, need straight down through the grid. kinds
    (2, nz) has the lowest and the highest kind of each layer; fluid_rock says whether the medium itself has fluids
    where topography has none, filled how many solid cells lie where the file of the model has no values. inversion is
    the largest ratio of the speed of the slow waves of a cell, S in solids, to that of a cell beside or below it.
    """

    speeds: Speeds
    lowest_qp: float
    lowest_qs: float
    descent: float
    kinds: np.ndarray
    fluid_rock: bool
    filled: int = 0
    inversion: float = math.inf

    @property
    def solid(self) -> bool:
        """Whether all cells are solid."""
        return bool((self.kinds == SOLID).all())

    @property
    def mixed(self) -> bool:
        """Whether there are interfaces of ground, sea and air."""
        return bool(self.kinds.min() != self.kinds.max())

    @property
    def soft_layers(self) -> int:
        """Number of layers down to the lowest cell that is not solid."""
        soft = np.flatnonzero(self.kinds[1] != SOLID)
        return int(soft[-1]) + 1 if soft.size else 0

    @property
    def level_layers(self) -> int:
        """Number of the uppermost layers that are all of ground, or all of sea."""
        same = (self.kinds == self.kinds[0, 0]).all(0) & (self.kinds[0, 0] != AIR)
        return int(same.size if same.all() else same.argmin())

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


def kinds(values: np.ndarray) -> np.ndarray:
    """SOLID, WATER or AIR of cells with lam, mu, rho .. (3 or more, ...): uint8, WATER being any fluid."""
    return np.where(values[1] > 0, SOLID, np.where(values[2] > 0, WATER, AIR)).astype(np.uint8)


def survey_medium(medium: CrustMedium, block: Block, comm: Comm) -> MediumSurvey:
    """The extremes of the cells of all ranks, of which this one has a block; InputError if all are air."""
    found, qp, qs, fluid_rock, filled = NO_SPEEDS, math.inf, math.inf, False, 0
    layers = np.zeros((2, medium.grid.nz), np.uint8)
    descent = np.zeros((block.j1 - block.j0, block.i1 - block.i0))
    slow = np.stack([np.full(medium.grid.nz, np.inf), np.zeros(medium.grid.nz)])
    for box in medium.strips(block, 0):
        values, classes = medium.filled(box)
        found = found.join(speeds(values))
        qp, qs = min(qp, float(values[3].min())), min(qs, float(values[4].min()))
        kind = kinds(values)
        layers[:, slice(*box[0])] = kind.min((1, 2)), kind.max((1, 2))
        slowness = slownesses(values)
        descent += medium.grid.dz * slowness.sum(0)
        slow[:, slice(*box[0])] = _slowest_waves(slowness)
        filled += medium.filled_in(box, classes)
        fluid_rock |= bool((kind != (SOLID if classes is None else classes)).any())
    gathered = comm.allgather((found, qp, qs, float(descent.max()), layers, fluid_rock, filled, slow))
    of_speeds, of_qp, of_qs, of_descent, of_layers, of_fluid, of_filled, of_slow = zip(*gathered, strict=True)
    whole = reduce(Speeds.join, of_speeds)
    if whole.fastest <= 0:
        raise InputError("topography: the grid holds nothing but air; its depth axis must reach the ground")
    lowest, highest = np.min(of_layers, axis=0)[0], np.max(of_layers, axis=0)[1]
    return MediumSurvey(
        whole,
        min(of_qp),
        min(of_qs),
        max(of_descent),
        np.stack([lowest, highest]),
        any(of_fluid),
        sum(of_filled),
        _inversion(np.min(of_slow, axis=0)[0], np.max(of_slow, axis=0)[1]),
    )


def _slowest_waves(slowness: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest speed [m/s] of the slow waves of each layer (k, j, i); inf and 0 of a layer of air."""
    with np.errstate(divide="ignore"):
        return 1 / slowness.max((1, 2)), (1 / np.where(slowness > 0, slowness, np.inf)).max((1, 2))


def _inversion(least: np.ndarray, largest: np.ndarray) -> float:
    """Of least and largest speeds of layers, from the top: how much faster a cell is than one beside or below it."""
    return float((np.maximum.accumulate(largest) / least).max())


def set_medium(
    medium: CrustMedium,
    block: Block,
    attenuation: Attenuation | None,
    backend: Backend,
    air_above: bool = False,
) -> dict[str, Any]:
    """The fields of the medium on a block with its halo, [k, j, i] on the device: see esim.crust.model.build_crust.

    air_above: whether there is air beyond the top of the grid; else its uppermost cells are repeated.
    """
    h, shape = block.halo, allocated_shape(block, medium.grid.nz)
    names = ["rho", "lam", "mu"] + (["inv_qp", "inv_qs"] if attenuation is not None else [])
    arrays = {name: np.zeros(shape, backend.dtype) for name in names}
    for box in medium.strips(block, h):
        (k0, k1), (j0, j1), (i0, i1) = box
        part = np.s_[k0 + h : k1 + h, : j1 - j0, : i1 - i0]
        for name, values in _converted(medium.cells(box), attenuation).items():
            arrays[name][part] = values
    if air_above:
        for array in arrays.values():
            array[:h] = 0
    return {name: backend.from_host(arrays.pop(name)) for name in names}


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
