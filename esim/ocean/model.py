"""The ocean of one rank: its block, its arrays, and the plan of a step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from esim.backends import Backend, StepConstants
from esim.backends.activity import ActivityMap, without_skipping
from esim.config.ocean.physics import OceanPhysics
from esim.grids.grid import CellFunction, Grid
from esim.kernels.ocean import seafloor, shallow_water
from esim.kernels.ocean.shallow_water import NEVER
from esim.ocean.boundary import state_fills
from esim.ocean.forcing.forces import Forces
from esim.parallel.collectives import one_per_node
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block, Decomposition
from esim.parallel.halo import HaloExchange
from esim.sources.ocean.incident import Incident
from esim.timestepping.step_plan import StepPlan, split


@dataclass
class Ocean:
    """State, seafloor, row factors and maxima on the block of this rank, all on the backend's device.

    Arrays are [var, j, i] with the halo; q = (zeta, hu, hv) is plan.state().
    """

    grid: Grid
    decomposition: Decomposition
    comm: Comm
    backend: Backend
    physics: OceanPhysics
    bed: Any
    rows: Any
    plan: StepPlan
    maxima: Any | None = None
    speed: Any = None
    arrival_threshold: float = 0.01
    rate: Callable[[Any], None] = field(default=lambda constants: None)
    forces: Forces | None = None
    activity: ActivityMap = field(default_factory=ActivityMap)
    kernel: Any = None  # of a step
    inputs: tuple[dict[str, Any], dict[str, Any]] = field(default_factory=lambda: ({}, {}))  # of it, by state

    @property
    def block(self) -> Block:
        """Block of this rank."""
        return self.decomposition.blocks[self.comm.rank]

    def own(self, array: Any) -> np.ndarray:
        """Owned cells of an array [var, j, i] on the host, without the halo."""
        (j0, j1), (i0, i1) = self.block.interior
        return self.backend.to_host(array[:, j0:j1, i0:i1])

    @property
    def _manning(self) -> float:
        """Manning coefficient, zero where it is a map."""
        return self.physics.manning if isinstance(self.physics.manning, float | int) else 0.0

    @cached_property
    def _step_constants(self) -> StepConstants:
        """Constants of a step, made once."""
        p = self.physics
        return self.backend.step_constants(
            shallow_water.constants(
                self.backend.dtype,
                1.0,
                0.0,
                self._manning,
                p.gravity,
                p.dry_depth,
                p.speed_cap,
                self.arrival_threshold,
            )
        )

    @cached_property
    def _rate_constants(self) -> Any:
        """Constants of `fastest`."""
        values = (self.physics.gravity, 0.0, 1.0, self.physics.dry_depth)
        return self.backend.constants(seafloor.RateParams(*map(self.backend.dtype.type, values)))

    def constants(self, dt: float, time: float) -> Any:
        """Constants of a step of dt [s] that ends at time [s], until they are asked for again."""
        values = shallow_water.step_values(dt, time, self._manning, self.physics.gravity)
        return self._step_constants.fill(*values)

    def fastest(self) -> float:
        """Largest (|u| + c)/dx + (|v| + c)/dy [1/s] of all ranks: dt times it is the Courant number."""
        (j0, j1), (i0, i1) = self.block.interior
        self.rate(self._rate_constants)
        own = self.speed[:, j0:j1, i0:i1]
        return self.comm.allreduce_max(self.backend.maximum(own) if self.block.cells else 0.0)

    def step(self, dt: float, time: float) -> None:
        """One step of dt [s] that ends at time [s]."""
        self.plan.step(self.constants(dt, time), time)
        if self.forces is not None:
            self.forces.complete(dt, time)

    def begin(self, time: float = 0.0) -> None:
        """Make ready for the first step from the current state, at a time [s]: ghost cells, forces, maxima."""
        self.plan.fill(time)
        if self.forces is not None:
            self.forces.evaluate(time)
        self.reset_maxima()

    def refill(self, time: float) -> None:
        """Fill all ghost cells of a state that has been taken up at a time [s]."""
        self.plan.fill(time)
        if self.forces is not None:
            self.forces.spread(time)

    @property
    def kept(self) -> dict[str, Any]:
        """Arrays [n, j, i] by name from whose owned cells a run goes on: what a checkpoint has to hold."""
        arrays = {"q": self.plan.state(), "bed": self.bed}
        if self.maxima is not None:
            arrays["maxima"] = self.maxima
        return arrays if self.forces is None else arrays | self.forces.kept

    def fill(self, zeta: np.ndarray, hu: np.ndarray | None = None, hv: np.ndarray | None = None) -> None:
        """Set the current state from owned cells (nj, ni), and halo and outer boundary with it."""
        (j0, j1), (i0, i1) = self.block.interior
        zero = np.zeros_like(zeta)
        own = np.stack([zeta, zero if hu is None else hu, zero if hv is None else hv])
        self.plan.state()[:, j0:j1, i0:i1] = self.backend.from_host(own)
        self.plan.fill(0.0)

    def water(self) -> dict[str, np.ndarray]:
        """Depth h, surface eta [m] and velocity u, v [m/s] of the owned cells, float64, on the host."""
        return primitive_variables(self.own(self.plan.state()), self.own(self.bed)[0], self.physics.dry_depth)

    def refresh_bed(self) -> None:
        """Bring the bed's halo across periodic sides up to date."""
        HaloExchange(self.comm, self.decomposition, 1, self.backend).fill(self.bed)

    def reset_maxima(self) -> None:
        """Begin the maxima from still water and the current state; dry cells have had no water yet."""
        if self.maxima is None:
            return
        state, bed = self.own(self.plan.state()), self.own(self.bed)[0]
        water = primitive_variables(state, bed, self.physics.dry_depth)
        zeta = state[0].astype(np.float64)
        speed2 = water["u"] ** 2 + water["v"] ** 2
        wet = water["wet"]
        arrived = np.where(wet & (np.abs(zeta) > self.arrival_threshold), 0.0, NEVER)
        highest = np.where(wet, np.maximum(zeta, 0), -NEVER)
        first = [
            highest,
            np.minimum(zeta, 0),
            np.sqrt(speed2),
            water["h"] * speed2,
            arrived,
            np.zeros_like(zeta),
        ]
        (j0, j1), (i0, i1) = self.block.interior
        self.maxima[:, j0:j1, i0:i1] = self.backend.from_host(np.stack(first[: self.maxima.shape[0]]))


def primitive_variables(state: np.ndarray, bed: np.ndarray, dry: float) -> dict[str, np.ndarray]:
    """Depth h, surface eta [m] and velocity u, v [m/s] from zeta, hu, hv [3, ...] and the bed, float64.

    Dry cells, thinner than `dry` [m], have no velocity and their surface is the ground.
    """
    zeta, hu, hv = state.astype(np.float64)
    bed = bed.astype(np.float64)
    h = zeta + np.maximum(-bed, 0)
    wet = h > dry
    safe = np.where(wet, h, 1.0)
    return {
        "h": h,
        "eta": zeta + np.maximum(bed, 0),
        "u": np.where(wet, hu / safe, 0.0),
        "v": np.where(wet, hv / safe, 0.0),
        "wet": wet,
    }


def build_ocean(
    grid: Grid,
    decomposition: Decomposition,
    comm: Comm,
    backend: Backend,
    physics: OceanPhysics,
    elevation: CellFunction,
    *,
    roughness: CellFunction | None = None,
    sponge_cells: int = 20,
    maxima: bool = True,
    times: bool = False,
    arrival_threshold: float = 0.01,
    forced: bool = False,
    incident: Sequence[Incident] = (),
    skip: bool = True,
) -> Ocean:
    """Allocate and compile everything a step needs; the water is flat at level zero, where the bed is below it.

    elevation [m] and roughness (Manning's n) give values at cell centres within the grid. forced makes room for
    forces, which are put into ocean.forces.all afterwards; incident are the waves that come in. times
    adds the time of the largest height to the maxima. skip leaves water at rest alone, with the same bits. Ranks
    that share a node let the first compile, the others find its work on disk.
    """
    block = decomposition.blocks[comm.rank]
    halo = HaloExchange(comm, decomposition, 3, backend)
    bed = static_field(grid, decomposition, comm, backend, elevation)
    arrays: dict[str, Any] = {
        "bed": bed,
        "rows": backend.from_host(row_factors(grid, block, physics.coriolis)),
        "sides": backend.from_host(column_signs(grid, block)),
    }
    if roughness is not None:
        mapped = static_field(
            grid, decomposition, comm, backend, lambda x, y: physics.gravity * roughness(x, y) ** 2
        )
        arrays["roughness"] = mapped
    sponge = "sponge" in grid.boundary
    if sponge:
        arrays["sponge"] = backend.from_host(pad_to_block(sponge_rate(grid, block, sponge_cells), block))
    if maxima:
        arrays["maxima"] = backend.zeros((6 if times else 5, *block.allocated))
    states = (backend.zeros((3, *block.allocated)), backend.zeros((3, *block.allocated)))
    speed = backend.zeros((1, *block.allocated))
    kernel = shallow_water.step(roughness is not None, sponge, maxima, forced, times)
    kernel = kernel if skip else without_skipping(kernel)
    activity = ActivityMap()

    def compile_all() -> tuple[StepPlan, Forces | None, Callable]:
        rate = backend.bind(seafloor.COURANT_RATE, block.interior, {"q": states[0], "speed": speed, **arrays})
        rate_other = backend.bind(
            seafloor.COURANT_RATE, block.interior, {"q": states[1], "speed": speed, **arrays}
        )
        forces = Forces(grid, decomposition, comm, backend, physics) if forced else None
        given = arrays | {"activity": activity}
        plan = _plan(
            grid, decomposition, comm, backend, physics, kernel, states, given, halo, forces, incident
        )
        if forces is not None:
            forces.tie(plan, bed)
        return plan, forces, lambda constants: (rate, rate_other)[plan.current](constants)

    plan, forces, rate = one_per_node(comm, compile_all)
    inputs = [{"q": state, **arrays} for state in states]
    if forces is not None:
        inputs = [
            given | {"acceleration": acceleration}
            for given, acceleration in zip(inputs, forces.accelerations, strict=True)
        ]
    return Ocean(
        grid,
        decomposition,
        comm,
        backend,
        physics,
        bed,
        arrays["rows"],
        plan,
        maxima=arrays.get("maxima"),
        speed=speed,
        arrival_threshold=arrival_threshold,
        rate=rate,
        forces=forces,
        activity=activity,
        kernel=kernel,
        inputs=(inputs[0], inputs[1]),
    )


def _plan(
    grid: Grid,
    decomposition: Decomposition,
    comm: Comm,
    backend: Backend,
    physics: OceanPhysics,
    kernel: Any,
    states: tuple[Any, Any],
    arrays: dict[str, Any],
    halo: HaloExchange,
    forces: Forces | None,
    incident: Sequence[Incident],
) -> StepPlan:
    block = decomposition.blocks[comm.rank]
    ny, nx = grid.shape
    inner = (block.i0 > 0, block.i1 < nx, block.j0 > 0, block.j1 < ny)
    # Across a periodic side the neighbour is the other end of the grid.
    wraps = [kind == "periodic" for kind in grid.boundary]
    strips, middle = split(block, tuple(a or b for a, b in zip(inner, wraps, strict=True)))  # type: ignore[arg-type]
    if halo.has_no_neighbours:
        strips, middle = [], block.interior
    bind = backend.bind
    waves = {wave.side: wave for wave in incident}
    edge_launches, inner_launches, fills = [], [], []
    for now in (0, 1):
        given = {"q": states[now], "out": states[1 - now], **arrays}
        if forces is not None:
            given["acceleration"] = forces.accelerations[now]
        edge_launches.append([bind(kernel, strip, given) for strip in strips])
        inner_launches.append(bind(kernel, middle, given))
        fills.append(state_fills(grid, block, backend, physics, states[now], arrays["bed"], waves))
    return StepPlan(
        backend,
        states,
        (edge_launches[0], edge_launches[1]),
        (inner_launches[0], inner_launches[1]),
        (fills[0], fills[1]),
        halo,
    )


def static_field(
    grid: Grid, decomposition: Decomposition, comm: Comm, backend: Backend, formula: CellFunction
) -> Any:
    """A static field [1, j, i] on the block with its halo: mirrored beyond walls, continued beyond open sides."""
    block = decomposition.blocks[comm.rank]
    (ny, nx), h = grid.shape, block.halo
    j0, j1 = max(block.j0 - h, 0), min(block.j1 + h, ny)
    i0, i1 = max(block.i0 - h, 0), min(block.i1 + h, nx)
    inside = formula(grid.x(i0, i1), grid.y(j0, j1))
    field = extend_to_halo(inside, grid, block)
    array = backend.from_host(pad_to_block(field, block))
    if any(grid.periodic):
        HaloExchange(comm, decomposition, 1, backend).fill(array)
    return array


def extend_to_halo(inside: np.ndarray, grid: Grid, block: Block) -> np.ndarray:
    """A field (..., j, i) on the part of the block with halo that lies in the grid, extended to the whole halo."""
    (ny, nx), h = grid.shape, block.halo
    west, east = h - (block.i0 - max(block.i0 - h, 0)), h - (min(block.i1 + h, nx) - block.i1)
    south, north = h - (block.j0 - max(block.j0 - h, 0)), h - (min(block.j1 + h, ny) - block.j1)
    field = inside
    for side, (axis, width) in enumerate(
        ((-1, (west, 0)), (-1, (0, east)), (-2, (south, 0)), (-2, (0, north)))
    ):
        pads = [(0, 0)] * field.ndim
        pads[axis] = width
        field = np.pad(field, pads, mode="symmetric" if grid.boundary[side] == "wall" else "edge")
    return field


def pad_to_block(field: np.ndarray, block: Block) -> np.ndarray:
    """A field (..., j, i) on the block with halo, as an array of the allocated shape [var, j, i]."""
    field = field.reshape(-1, *field.shape[-2:])
    array = np.zeros((field.shape[0], *block.allocated))
    array[:, : field.shape[1], : field.shape[2]] = field
    return array


def row_factors(grid: Grid, block: Block, coriolis: bool) -> np.ndarray:
    """Factors rows[k, j] of kernels.shallow_water.ROWS for the rows of a block with its halo."""
    first, last = block.j0 - block.halo, block.j1 + block.halo
    width, height = grid.cell_size(first, last)
    faces = grid.face_width(first, last + 1)
    area = width * height
    factors = np.stack(
        [
            1 / width,
            1 / height,
            faces[1:] / area,
            faces[:-1] / area,
            grid.coriolis(first, last) * coriolis,
            grid.curvature(first, last),
            width,
            area / faces[1:],
            area / faces[:-1],
        ]
    )
    mirror_rows(factors, grid, block)
    return np.pad(factors, ((0, 0), (0, block.allocated[0] - factors.shape[1])), mode="edge")


def column_signs(grid: Grid, block: Block) -> np.ndarray:
    """Sign [1, 1, i] of the Earth's rotation in each column of a block with its halo: -1 beyond walls."""
    h, last = block.halo, block.shape[1] + 2 * block.halo
    signs = np.ones((1, 1, block.allocated[1]))
    if grid.boundary[0] == "wall" and block.i0 == 0:
        signs[..., :h] = -1
    if grid.boundary[1] == "wall" and block.i1 == grid.nx:
        signs[..., last - h : last] = -1
    return signs


def mirror_rows(factors: np.ndarray, grid: Grid, block: Block) -> None:
    """Beyond walls in the south and north the Earth is mirrored too, so that no water passes through them.

    What turns with the Earth turns the other way there, and the south faces of cells are the north faces.
    """
    h, last = block.halo, block.shape[0] + 2 * block.halo
    swapped = [0, 1, 3, 2, 4, 5, 6, 8, 7]
    sign = np.array([1, 1, 1, 1, -1, -1, 1, 1, 1])[:, None]
    if grid.boundary[2] == "wall" and block.j0 == 0:
        factors[:, :h] = sign * factors[swapped, h : 2 * h][:, ::-1]
    if grid.boundary[3] == "wall" and block.j1 == grid.ny:
        factors[:, last - h : last] = sign * factors[swapped, last - 2 * h : last - h][:, ::-1]


def sponge_rate(grid: Grid, block: Block, cells: int, crossing: float = 3.0) -> np.ndarray:
    """Rate [1/s] at which water relaxes to rest in the layers along sponge sides, on the block with its halo.

    It grows with the cube of the way into the layer, and damps a long wave over 4000 m of water by exp(-crossing)
    on one way through it.
    """
    h = block.halo
    j = np.arange(block.j0 - h, block.j1 + h)
    i = np.arange(block.i0 - h, block.i1 + h)
    distance = {"west": i, "east": grid.nx - 1 - i, "south": j, "north": grid.ny - 1 - j}
    width, height = (size.mean() for size in grid.cell_size())
    total = np.zeros((j.size, i.size))
    for side, kind in zip(distance, grid.boundary, strict=True):
        if kind != "sponge":
            continue
        into = np.clip((cells - distance[side]) / cells, 0, 1)
        thickness = cells * (width if side in ("west", "east") else height)
        rate = 4 * crossing * np.sqrt(9.81 * 4000.0) / thickness * into**3
        total = np.maximum(total, rate[None, :] if side in ("west", "east") else rate[:, None])
    return total
