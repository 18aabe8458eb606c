"""Frequency dispersion as a force on the ocean: how its elliptic problem is set up, solved and kept going."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from esim.backends.activity import ActivityMap, without_skipping
from esim.config.ocean.physics import OceanPhysics
from esim.grids.grid import Grid
from esim.kernels.ocean import dispersion
from esim.kernels.ocean.structures import PLANES, without_dispersion_beside
from esim.ocean.forces import Force
from esim.ocean.model import Ocean
from esim.parallel.collectives import one_per_node
from esim.parallel.decomposition import Block
from esim.parallel.halo import HaloExchange
from esim.timestepping.step_plan import Launch

TAPER = 8  # cells along open sides within which dispersion fades, so that shallow-water waves leave
# Rise of the surface over the celerity sqrt(gh) from which a wave breaks (Kazolea et al. 2014: 0.35 to 0.65), and the
# Froude number |u| / sqrt(gh) of the water behind its front down to which it goes on breaking: that behind a bore over
# water at rest whose own Froude number is 1.4 (Tissier et al. 2012: 1.3 to 1.5). validation/results/dispersion.md
# compares others.
BREAKING, CESSATION = 0.6, 0.4
CREST, TROUGH = 0.8, -0.5  # of the rest depth: the highest and the lowest surface that the equations are for
FLAGS = 4  # the first of two planes of the work array, by turns: where waves break
NEGLIGIBLE_ACCELERATION = (
    1e-12  # m/s2: smaller accelerations, for a day, change currents by less than 0.1 um/s
)
INITIAL_REDUCTION = 1e-5  # what is left of the error of the first solution, which begins from nothing


class Dispersion(Force):
    """The non-hydrostatic pressure of an ocean, solved once a step from what the last two let expect.

    The three buffers of the pressure take turns: the last one, the one before, and one to work in.
    """

    def __init__(self, ocean: Ocean) -> None:
        self._ocean, self._backend = ocean, ocean.backend
        block, physics = ocean.block, ocean.physics
        shape = block.allocated
        (j0, j1), (i0, i1) = block.interior
        ring = ocean.backend.to_host(ocean.bed[0, j0 - 1 : j1 + 1, i0 - 1 : i1 + 1]).astype(np.float64)
        self.radius = ocean.comm.allreduce_max(spectral_radius(ocean.grid, physics, -ring, block.j0))
        self.weights = relaxation_weights(
            self.radius, physics.dispersion_tolerance, has_two_colours(ocean.grid)
        )
        self._work = ocean.backend.zeros((FLAGS + 2, *shape))
        self._broken = ocean.backend.zeros((1, *shape))
        self._buffers = [ocean.backend.zeros((1, *shape)) for _ in range(3)]
        self._now = 0
        self.outside: dict[str, Callable[[Any], None]] = {}  # on a nest: see forces.InheritedForce
        self._work_halo = ocean.exchange(FLAGS + 2)
        self._halo = ocean.exchange(1)
        self._flush = self._smallest()
        self._begun = False
        self._sequences: dict[tuple[int, int], Callable[[], None]] = {}
        self._prepare_outside()
        self._constants()
        one_per_node(ocean.comm, self._compile)

    # ---------------------------------------------------------------- prepare

    def _compile(self) -> None:
        ocean, backend, box = self._ocean, self._backend, self._ocean.block.interior
        given = {
            "bed": ocean.bed,
            "rows": backend.from_host(row_factors(ocean.grid, ocean.block)),
            "sides": backend.from_host(column_factors(ocean.grid, ocean.block)),
            "work": self._work[:3],
            "load": self._work[3:FLAGS],
            "broken": self._broken,
        }
        in_place = len(self.weights) % 2 == 0
        setup, spare = dispersion.load(in_place), self._buffers[2]
        if ocean.crests is not None:
            setup, given["structures"] = without_dispersion_beside(setup), ocean.crests
        rests = [ActivityMap() for _ in range(3)]
        self._setups: dict[tuple[int, int], tuple[Launch, Launch]] = {}
        self._launches: dict[tuple[int, int], Launch] = {}
        self._turns: list[list[tuple[Any, Any, Launch]]] = []
        for now in (0, 1):
            last, before = self._buffers[now], self._buffers[1 - now]
            start = before if in_place else spare
            for state in (0, 1):
                more = {"q": ocean.plan.states[state], "x": last, "before": before, "start": start}
                more |= {"was_breaking": self._flags(now), "is_breaking": self._flags(1 - now)}
                self._setups[now, state] = (
                    backend.bind(without_skipping(setup), box, given | more),
                    backend.bind(setup, box, given | more | {"activity": rests[0]}),
                )
                more = {"x": last, "acceleration": ocean.accelerations[state], "activity": rests[1]}
                self._launches[now, state] = backend.bind(dispersion.ACCELERATION, box, given | more)
            turns = ((before, spare), (spare, before))
            self._turns.append(
                [
                    (
                        a,
                        b,
                        backend.bind(
                            dispersion.RELAX, box, {**given, "x": a, "out": b, "activity": rests[2]}
                        ),
                    )
                    for a, b in (turns if in_place else turns[::-1])
                ]
            )

    def _flags(self, now: int) -> Any:
        """The plane [1, j, i] that is one where waves broke when the last solution but `now` was found."""
        return self._work[FLAGS + now : FLAGS + now + 1]

    def _prepare_outside(self) -> None:
        """Coefficients beyond sides in a parent, where there is no load: those of still water."""
        ocean, block, p = self._ocean, self._ocean.block, self._ocean.physics
        nj, ni = block.shape[0] + 2 * block.halo, block.shape[1] + 2 * block.halo
        bed = ocean.backend.to_host(ocean.bed[0, :nj, :ni]).astype(np.float64)
        colour = row_factors(ocean.grid, block)[dispersion.ROWS.colour][:nj, None]
        colour = colour * column_factors(ocean.grid, block)[0, 0, None, :ni]
        d = np.where((colour == 0) & (-bed >= p.dispersion_depth), -bed, 0.0)
        # E = d^(3/2) / d^(1/2) and GRIP = d^(3/4) / d^(1/2).
        self._work[dispersion.E, :nj, :ni] = ocean.backend.from_host(d)
        self._work[dispersion.GRIP, :nj, :ni] = ocean.backend.from_host(d**0.25)

    def _constants(self) -> None:
        real, p = self._backend.dtype.type, self._ocean.physics
        scales = (p.gravity, 0.5, 1 / 3, 0, 1, p.dispersion_alpha, p.dry_depth, p.dispersion_depth)
        root = math.sqrt(p.gravity)
        limits = (BREAKING * root, CREST, CESSATION * root, TROUGH, self._flush)
        constants = self._backend.constants
        self._setup_constants = constants(dispersion.LoadParams(*map(real, (*scales, *limits))))
        self._weights = [
            constants(dispersion.RelaxParams(*map(real, (red, black, 0, 1, self._flush))))
            for red, black in self.weights
        ]
        self._acceleration_constants = constants(dispersion.AccelerationParams(real(0.5)))

    def _smallest(self) -> float:
        """Pressure R below which the acceleration, about sqrt(d) R / dx, is nothing."""
        ocean = self._ocean
        own = ocean.own(ocean.bed)[0].astype(np.float64)
        deepest = ocean.comm.allreduce_max(float(-own.min(initial=0.0)))
        width, height = ocean.grid.cell_size()
        return (
            NEGLIGIBLE_ACCELERATION
            * min(width.min(), height.min())
            / math.sqrt(max(deepest, ocean.physics.dispersion_depth))
        )

    # ---------------------------------------------------------------- run

    @property
    def exchanges(self) -> Sequence[HaloExchange]:
        """The exchanges of halos of a solution."""
        return self._work_halo, self._halo

    @property
    def checkpoint_arrays(self) -> Mapping[str, Any]:
        """The last two pressures, where waves break and where they have broken."""
        return {
            "pressure": self._buffers[self._now],
            "pressure_before": self._buffers[1 - self._now],
            "breaking": self._flags(self._now),
            "broken": self._broken,
        }

    @property
    def inherited(self) -> Mapping[str, Any]:
        """The last pressure, from which a nest takes what is beyond its sides."""
        return {"pressure": self._buffers[self._now]}

    def add(self, acceleration: Any, time: float) -> None:
        """Add the acceleration of the current state at a time [s]; the first solution, at time zero, takes longer."""
        repeats = 1
        if time == 0.0:
            repeats = math.ceil(
                math.log(INITIAL_REDUCTION) / math.log(self._ocean.physics.dispersion_tolerance)
            )
        for _ in range(repeats):
            self._solve()
        state = self._ocean.plan.current
        self._launches[self._now, state](self._acceleration_constants)

    def _solve(self) -> None:
        if self._begun and self._halo.is_noop and not self.outside:
            key = self._now, self._ocean.plan.current
            if key not in self._sequences:
                self._sequences[key] = self._alone(*key)
            self._sequences[key]()
            self._now = 1 - self._now
            return
        # The first time all coefficients are set, also where the water rests and nothing else is to be done; after a
        # restart the ghost cells of where waves break are wanted before.
        if not self._begun:
            self._work_halo.fill(self._work)
        setup = self._setups[self._now, self._ocean.plan.current][self._begun]
        self._begun = True
        setup(self._setup_constants)
        self._work_halo.fill(self._work)
        turns = self._turns[self._now]
        for fill in self.outside.values():
            fill(turns[0][0])
            fill(turns[0][1])
        self._halo.fill(turns[0][0])
        for n, weights in enumerate(self._weights):
            _, out, sweep = turns[n % 2]
            sweep(weights)
            self._halo.fill(out)
        self._now = 1 - self._now

    def _alone(self, now: int, state: int) -> Callable[[], None]:
        """The solution, once all coefficients are set, on a rank that needs nothing of others: one sequence."""
        setup = partial(self._setups[now, state][True], self._setup_constants)
        turns = self._turns[now]
        sweeps = [partial(turns[n % 2][2], weights) for n, weights in enumerate(self._weights)]
        return self._backend.sequence([setup, *sweeps])

    def broken(self) -> int:
        """Cells of all ranks in which dispersion has ever been switched off for a breaking wave."""
        own = self._ocean.own(self._broken)[0]
        if self._ocean.crests is not None:
            own = own[~self._beside_structures()]
        return int(sum(self._ocean.comm.allgather(float(own.sum(dtype=np.float64)))))

    def _beside_structures(self) -> np.ndarray:
        """Which of the owned cells take no part because a structure stands on one of their faces."""
        (j0, j1), (i0, i1) = self._ocean.block.interior
        planes = self._backend.to_host(self._ocean.crests) > 0
        west, south = planes[PLANES.rise_x, j0:j1, i0 : i1 + 1], planes[PLANES.rise_y, j0 : j1 + 1, i0:i1]
        return west[:, :-1] | west[:, 1:] | south[:-1] | south[1:]


def dispersion_record(oceans: Sequence[Ocean]) -> dict[str, list[int]]:
    """Of each ocean with dispersion the sweeps that a step takes, and the cells in which waves have broken."""
    forces = [force for ocean in oceans if ocean.forces is not None for force in ocean.forces.all]
    found = [force for force in forces if isinstance(force, Dispersion)]
    return {"sweeps": [len(one.weights) for one in found], "broken_cells": [one.broken() for one in found]}


def has_two_colours(grid: Grid) -> bool:
    """Whether neighbours always differ in colour: not so across periodic sides of an odd number of cells."""
    return not any(wraps and n % 2 for wraps, n in zip(grid.periodic, grid.shape, strict=True))


def relaxation_weights(radius: float, tolerance: float, coloured: bool = True) -> list[tuple[float, float]]:
    """Relaxation of the red and the black cells in each sweep that together leave `tolerance` of an error.

    radius is the spectral radius of Jacobi's method. Without two colours the cells are not over-relaxed.
    """
    if radius == 0.0:
        return [(1.0, 1.0)]
    if not coloured:
        return [(1.0, 1.0)] * math.ceil(math.log(tolerance) / (2 * math.log(radius)))
    count = math.ceil(math.acosh(1 / tolerance) / (2 * math.acosh(1 / radius)))
    weight, halves = 1.0, []
    for n in range(2 * count):
        weight = 1.0 if n == 0 else 1 / (1 - radius**2 * weight / (2 if n == 1 else 4))
        halves.append(weight)
    return list(zip(halves[::2], halves[1::2], strict=True))


def spectral_radius(grid: Grid, physics: OceanPhysics, depth: np.ndarray, first: int) -> float:
    """Bound of the spectral radius of Jacobi's method for the cells of some rows from `first` on.

    depth is that of the still water [m] in these cells and in a ring of neighbours around them.
    """
    d = np.where(depth < physics.dispersion_depth, 0.0, depth)
    inner = d[1:-1, 1:-1]
    if not inner.size:
        return 0.0
    last = first + inner.shape[0]
    width, height = grid.cell_size(first, last)
    faces = grid.face_width(first, last + 1)
    along = inner * (d[1:-1, 2:] + d[1:-1, :-2]) / width[:, None] ** 2
    across = inner * (d[2:, 1:-1] * faces[1:, None] + d[:-2, 1:-1] * faces[:-1, None])
    coupling = float((along + across / (width * height**2)[:, None]).max()) * physics.dispersion_alpha / 3
    return coupling / (1 + coupling)


def part(count: int, first: int, last: int, low: str, high: str) -> np.ndarray:
    """Weight of dispersion in cells first..last-1 of `count` between two sides; it fades towards open ones."""
    cells = np.arange(first, last)
    weight = np.ones(cells.size)
    for kind, distance in ((low, cells), (high, count - 1 - cells)):
        if kind in ("open", "sponge", "incident"):
            weight *= np.sin(0.5 * np.pi * np.clip((distance + 0.5) / TAPER, 0, 1)) ** 2
        if kind not in ("periodic", "nest"):
            weight[distance < 0] = 0
    return weight


def colours(count: int, first: int, last: int, low: str, high: str) -> np.ndarray:
    """1 in even and -1 in odd cells first..last-1 of `count`; zero, never to be relaxed, beyond sides in a parent."""
    cells = np.arange(first, last)
    colour = 1.0 - 2.0 * (cells % 2)
    beyond = ((low == "nest") & (cells < 0)) | ((high == "nest") & (cells >= count))
    return np.where(beyond, 0.0, colour)


def row_factors(grid: Grid, block: Block) -> np.ndarray:
    """Factors rows[k, j] of kernels.dispersion.ROWS for the rows of a block with its halo."""
    first, last = block.j0 - block.halo, block.j1 + block.halo
    width, height = grid.cell_size(first, last)
    faces = grid.face_width(first, last + 1)
    area = width * height
    sides = grid.boundary[2], grid.boundary[3]
    colour, shares = colours(grid.ny, first, last, *sides), part(grid.ny, first, last, *sides)
    factors = np.stack([1 / width, 1 / height, faces[1:] / area, faces[:-1] / area, shares, colour])
    return np.pad(factors, ((0, 0), (0, block.allocated[0] - factors.shape[1])), mode="edge")


def column_factors(grid: Grid, block: Block) -> np.ndarray:
    """Factors sides[k, 0, i] of kernels.dispersion for the columns of a block with its halo."""
    first, last = block.i0 - block.halo, block.i1 + block.halo
    factors = np.zeros((2, 1, block.allocated[1]))
    factors[0, 0, : last - first] = colours(grid.nx, first, last, grid.boundary[0], grid.boundary[1])
    factors[1, 0, : last - first] = part(grid.nx, first, last, grid.boundary[0], grid.boundary[1])
    return factors
