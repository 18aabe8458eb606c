"""The ocean of one rank: its block, its arrays, and the plan of a step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from esim.backends import Backend, StepConstants
from esim.backends.activity import ActivityMap, without_skipping
from esim.config.ocean.physics import OceanPhysics
from esim.grids.grid import CellFunction, Grid
from esim.kernels.kernel import Kernel
from esim.kernels.ocean import seafloor
from esim.kernels.ocean.maxima import ARRIVALS, MAXIMA, recording
from esim.kernels.ocean.state import NEVER, ROWS, step_constants, step_values
from esim.kernels.ocean.structures import PLANES, with_structures
from esim.kernels.ocean.tracer import PLANE, with_tracer
from esim.ocean.absorbing_layers import NO_LAYERS, Layers, absorption_rates
from esim.ocean.boundary import state_fills, tracer_fills
from esim.ocean.domain import Domain
from esim.ocean.faces import FlowThroughFaces
from esim.ocean.forces import Forces
from esim.ocean.metrics import column_factors, row_factors
from esim.ocean.solver import NONLINEAR, Solver
from esim.ocean.static_fields import sea_mask, static_field
from esim.ocean.structures import Ghosts, Structures, over_bed
from esim.ocean.water import water_of
from esim.parallel.collectives import one_per_node
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Box, Decomposition
from esim.sources.ocean.incident import Incident
from esim.timestepping.step_plan import GhostFill, Launch, StepPlan, cut_layers, is_empty, split
from esim.variables.ocean import Water


@dataclass(kw_only=True)
class Ocean(Domain):
    """State, seafloor, row factors and maxima on the block of this rank.

    The state q = plan.state() has a plane for each of variables: zeta, hu, hv, and what is carried by the water. inputs
    are the arrays that a step with its kernel reads; by the number of the state, rates are the launches that find the
    Courant number per second, and records those that keep its maxima. accelerations are those of the forces beside each
    state, if there are any. crests are the planes of kernels.ocean.structures.
    """

    physics: OceanPhysics
    variables: tuple[str, ...]
    bed: Any
    rows: Any
    plan: StepPlan
    solver: Solver
    kernel: Kernel
    inputs: tuple[Mapping[str, Any], Mapping[str, Any]]
    rates: tuple[Launch, Launch]
    speed: Any
    step_constants: StepConstants
    rate_constants: Any
    layers: Layers = NO_LAYERS
    maxima: Any | None = None
    records: tuple[Launch, ...] = ()
    arrival_thresholds: tuple[float, ...] = (0.01,)
    accelerations: tuple[Any, ...] = ()
    forces: Forces | None = None
    faces: FlowThroughFaces | None = None
    structures: Structures | None = None
    crests: Any | None = None
    activity: ActivityMap = field(default_factory=ActivityMap)

    def constants(self, dt: float, time: float) -> Any:
        """Constants of a step of dt [s] that ends at time [s], until they are asked for again."""
        physics = self.physics
        return self.step_constants.fill(*step_values(dt, time, uniform_manning(physics), physics.gravity))

    def fastest(self) -> float:
        """Largest (|u| + c)/dx + (|v| + c)/dy [1/s] of all ranks: dt times it is the Courant number."""
        return self.comm.allreduce_max(self.fastest_here())

    def fastest_here(self) -> float:
        """That of this rank."""
        (j0, j1), (i0, i1) = self.block.interior
        self.rates[self.plan.current](self.rate_constants)
        own = self.speed[:, j0:j1, i0:i1]
        return self.backend.maximum(own) if self.block.cells else 0.0

    def step(self, dt: float, time: float) -> None:
        """One step of dt [s] that ends at time [s]."""
        self.plan.step(self.constants(dt, time), time)
        if self.forces is not None:
            self.forces.complete(dt, time)

    @property
    def level(self) -> Any | None:
        """The level [1, j, i] from which waves are measured, as zeta [m]; None where no maxima are kept."""
        return None if self.maxima is None else self.maxima[MAXIMA.level : MAXIMA.level + 1]

    def record(self, dt: float, time: float) -> None:
        """Keep the maxima of the current state, which has been there for dt [s] at a time [s]."""
        if self.records:
            self.records[self.plan.current](self.constants(dt, time))

    def begin(self, time: float = 0.0) -> None:
        """Make ready for the first step from the current state, at a time [s]: ghost cells, forces, maxima."""
        self.follow_bed()
        self.plan.fill(time)
        if self.forces is not None:
            self.forces.evaluate(time)
        self.reset_maxima()

    def refill(self, time: float) -> None:
        """Fill all ghost cells of a state that has been restored at a time [s]."""
        self.plan.fill(time)
        if self.forces is not None:
            self.forces.spread(time)

    @property
    def checkpoint_arrays(self) -> dict[str, Any]:
        """Arrays [n, j, i] by name from whose owned cells a run goes on: what a checkpoint has to hold."""
        arrays = {"q": self.plan.state(), "bed": self.bed}
        if self.maxima is not None:
            arrays["maxima"] = self.maxima
        if any(self.layers):
            arrays["split"] = self.inputs[0]["split"]
        return arrays if self.forces is None else arrays | self.forces.checkpoint_arrays

    def fill(self, zeta: np.ndarray, hu: np.ndarray | None = None, hv: np.ndarray | None = None) -> None:
        """Set the current state from owned cells (nj, ni), and halo and outer boundary with it."""
        zero = np.zeros_like(zeta)
        planes = {"zeta": zeta, "hu": zero if hu is None else hu, "hv": zero if hv is None else hv}
        self.set_planes(planes)

    def set_planes(self, planes: Mapping[str, np.ndarray]) -> None:
        """Set variables of the current state from owned cells (nj, ni), and halo and outer boundary with it."""
        (j0, j1), (i0, i1) = self.block.interior
        for name, values in planes.items():
            plane = self.plan.state()[self.variables.index(name)]
            plane[j0:j1, i0:i1] = self.backend.from_host(values)
        self.plan.fill(0.0)
        if self.faces is not None:
            self.faces.follow_transport(self.plan.current)

    def water(self) -> Water:
        """The water of the owned cells, float64, on the host."""
        state, bed = self.own(self.plan.state()), self.own(self.bed)[0]
        return water_of(state, bed, self.physics.dry_depth, self.variables)

    def follow_nests(self, time: float) -> None:
        """Bring the halo of a state at a time [s] up to date on some of whose cells nests have had the last word."""
        self.plan.fill(time)
        if self.faces is not None:
            self.faces.follow_nests(self.plan.current)

    def refresh_bed(self) -> None:
        """Bring the bed's halo across periodic sides up to date."""
        self.exchange(1).fill(self.bed)

    def follow_bed(self) -> None:
        """Take over a bed that has moved."""
        if self.faces is not None:
            self.faces.follow_ground()

    def raise_structures(self, ghosts: Ghosts | None = None) -> None:
        """Put the structures on the bed as it is; ghosts are those that a parent fills."""
        if self.structures is None or self.crests is None or not self.block.cells:
            return
        nj, ni = (n + 2 * self.block.halo for n in self.block.shape)
        found = self.structures.on_block(self.block)
        if ghosts is not None:
            self.structures.close_ghosts(found, self.grid, self.block, ghosts)
        bed = self.backend.to_host(self.bed[0, :nj, :ni]).astype(np.float64)
        self.crests[...] = self.backend.from_host(over_bed(found, bed, self.block.allocated))

    def set_level(self, zeta: np.ndarray) -> None:
        """Set the level (nj, ni) of the owned cells from which waves are measured; zero where it is not set."""
        (j0, j1), (i0, i1) = self.block.interior
        level = self.backend.from_host(zeta)
        if self.maxima is not None:
            self.maxima[MAXIMA.level, j0:j1, i0:i1] = level
        if any(self.layers):
            split = self.inputs[0]["split"]
            split[1, j0:j1, i0:i1] = level
            self.exchange(len(split)).fill(split)

    def reset_maxima(self) -> None:
        """Begin the maxima from the level of the water and the current state; dry cells have had no water yet."""
        if self.maxima is None:
            return
        water, zeta = self.water(), self.own(self.plan.state())[0].astype(np.float64)
        level = self.own(self.maxima)[MAXIMA.level].astype(np.float64)
        speed2, change = water.u**2 + water.v**2, zeta - level
        up = np.where(water.wet, change, 0.0)
        first = np.zeros((len(MAXIMA), *self.block.shape))
        first[MAXIMA.highest] = np.where(water.wet, np.maximum(zeta, level), -NEVER)
        first[MAXIMA.lowest] = np.minimum(zeta, level)
        first[MAXIMA.speed] = np.sqrt(speed2)
        first[MAXIMA.momentum_flux] = water.h * speed2
        first[MAXIMA.level] = level
        for n, (rise, fall) in enumerate(ARRIVALS):
            threshold = (*self.arrival_thresholds, NEVER, NEVER, NEVER)[n]
            first[rise] = np.where(up > threshold, 0.0, NEVER)
            first[fall] = np.where(-change > threshold, 0.0, NEVER)
        (j0, j1), (i0, i1) = self.block.interior
        self.maxima[:, j0:j1, i0:i1] = self.backend.from_host(first[: self.maxima.shape[0]])


def uniform_manning(physics: OceanPhysics) -> float:
    """Manning's coefficient [s/m^(1/3)] where it is the same everywhere, zero where it is a map."""
    return physics.manning if isinstance(physics.manning, float | int) else 0.0


def build_ocean(
    grid: Grid,
    decomposition: Decomposition,
    comm: Comm,
    backend: Backend,
    physics: OceanPhysics,
    elevation: CellFunction,
    *,
    roughness: CellFunction | None = None,
    layers: Layers = NO_LAYERS,
    maxima: bool = True,
    times: bool = False,
    arrival_thresholds: Sequence[float] = (0.01,),
    overwritten: bool = False,
    forced: bool = False,
    incident: Sequence[Incident] = (),
    carried: Sequence[str] = (),
    structures: Structures | None = None,
    skip: bool = True,
    solver: Solver = NONLINEAR,
) -> Ocean:
    """Allocate and compile everything a step needs; the water is flat at level zero, where the bed is below it.

    elevation [m] and roughness (Manning's n) give values at cell centres within the grid. layers are how many cells
    absorb along each side. forced makes room for forces, which are put into ocean.forces.all afterwards; incident are
    the waves that come in. carried are the variables that the water carries: none, or tracer; structures stand on faces
    of cells. times adds those planes to the maxima that hold more times. Where nests have the last word, overwritten, a
    step leaves the maxima to `Ocean.record`. solver has the step of the grid. skip leaves water at rest alone, with the
    same bits. Ranks that share a node let the first compile, the others find its work on disk.
    """
    domain = Domain(grid=grid, decomposition=decomposition, comm=comm, backend=backend)
    block = domain.block
    bed = static_field(domain, elevation)
    rows, sides = row_factors(grid, block, physics.rotation), column_factors(grid, block)
    if any(layers):
        depth = -domain.own(bed)[0].astype(np.float64)
        along_y, along_x = absorption_rates(domain, depth, layers, physics.gravity)
        rows[ROWS.absorption, : along_y.size], sides[1, 0, : along_x.size] = along_y, along_x
        rows[ROWS.absorption_south, 1 : along_y.size] = 0.5 * (along_y[1:] + along_y[:-1])
        sides[2, 0, 1 : along_x.size] = 0.5 * (along_x[1:] + along_x[:-1])
    arrays: dict[str, Any] = {
        "bed": bed,
        "rows": backend.from_host(rows),
        "sides": backend.from_host(sides),
    }
    if roughness is not None:
        arrays["roughness"] = static_field(domain, lambda x, y: physics.gravity * roughness(x, y) ** 2)
    if any(layers):
        arrays["split"] = domain.zeros(2)
    if maxima:
        arrays["maxima"] = domain.zeros(len(MAXIMA) if times else MAXIMA.highest_time)
    if solver.linear:
        arrays["sea"] = sea_mask(domain, bed, physics.dry_depth)
        arrays["ground"] = domain.zeros(3)
    if structures is not None:
        arrays["structures"] = domain.zeros(len(PLANES))
    variables = (*solver.variables, *(solver.layer_variables if any(layers) else ()), *carried)
    states = domain.zeros(len(variables)), domain.zeros(len(variables))
    speed = domain.zeros(1)
    accelerations = (domain.zeros(2), domain.zeros(2)) if forced else ()
    inputs = [{"q": state, **arrays} for state in states]
    for given, acceleration in zip(inputs, accelerations, strict=False):
        given["acceleration"] = acceleration
    kernel = solver.step(roughness is not None, maxima and not overwritten, forced, times)
    kernel = with_tracer(kernel) if carried else kernel
    kernel = with_structures(kernel) if structures is not None else kernel
    kernel = kernel if skip else without_skipping(kernel)
    activity = ActivityMap()
    values = step_constants(
        backend.dtype,
        1.0,
        0.0,
        uniform_manning(physics),
        physics.gravity,
        physics.dry_depth,
        physics.speed_cap,
        arrival_thresholds,
    )
    constants = backend.constants(values)

    def compile_all() -> tuple[
        StepPlan, tuple[Launch, Launch], Sequence[Launch], Forces | None, FlowThroughFaces | None
    ]:
        first, second = (
            backend.bind(seafloor.COURANT_RATE, block.interior, {"q": state, "speed": speed, **arrays})
            for state in states
        )
        waves = {wave.side: wave for wave in incident}
        record = recording(times)
        records = [backend.bind(record, block.interior, given) for given in inputs if maxima]
        faces = FlowThroughFaces(domain, states, arrays, constants) if solver.linear else None
        fills = [
            [
                *([] if solver.linear else state_fills(domain, physics, state, bed, waves)),
                *(fill for n in range(len(carried)) for fill in tracer_fills(domain, state[PLANE + n :][:1])),
            ]
            for state in states
        ]
        plan = _plan(domain, kernel, solver, layers, states, inputs, activity, (fills[0], fills[1]))
        forces = Forces(domain, physics, plan, bed, accelerations) if forced else None
        return plan, (first, second), records, forces, faces

    plan, rates, records, forces, faces = one_per_node(comm, compile_all)
    rate_values = physics.gravity, 0.0, 1.0, physics.dry_depth
    made = Ocean(
        **vars(domain),
        physics=physics,
        variables=variables,
        bed=bed,
        rows=arrays["rows"],
        plan=plan,
        solver=solver,
        kernel=kernel,
        inputs=(inputs[0], inputs[1]),
        rates=rates,
        speed=speed,
        step_constants=backend.step_constants(values),
        rate_constants=backend.constants(seafloor.RateParams(*map(backend.dtype.type, rate_values))),
        layers=layers,
        maxima=arrays.get("maxima"),
        records=tuple(records),
        arrival_thresholds=tuple(arrival_thresholds),
        accelerations=accelerations,
        forces=forces,
        faces=faces,
        activity=activity,
        structures=structures,
        crests=arrays.get("structures"),
    )
    made.raise_structures()
    made.follow_bed()
    return made


def _plan(
    domain: Domain,
    kernel: Kernel,
    solver: Solver,
    layers: Layers,
    states: tuple[Any, Any],
    inputs: Sequence[Mapping[str, Any]],
    activity: ActivityMap,
    fills: tuple[Sequence[GhostFill], Sequence[GhostFill]],
) -> StepPlan:
    """The plan of a step with a kernel, and that which absorbs in the layers, from one state to the other."""
    block, (ny, nx), bind = domain.block, domain.grid.shape, domain.backend.bind
    halo = domain.exchange(states[0].shape[0])
    strips: list[Box] = []
    middle = block.interior
    if not halo.has_no_neighbours:
        inner = (block.i0 > 0, block.i1 < nx, block.j0 > 0, block.j1 < ny)
        # Across a periodic side the neighbour is the other end of the grid.
        west, east, south, north = (
            within or kind == "periodic" for within, kind in zip(inner, domain.grid.boundary, strict=True)
        )
        strips, middle = split(block, (west, east, south, north))
    edges, interior = [], []
    for given, other in zip(inputs, states[::-1], strict=True):
        arrays = {**given, "out": other, "activity": activity}

        def launches(box: Box, arrays: dict[str, Any] = arrays) -> list[Launch]:
            free, absorbing = cut_layers(block, domain.grid.shape, layers, box)
            found = [] if absorbing and is_empty(free) else [bind(kernel, free, arrays)]
            return found + [bind(solver.absorbing(kernel), one, arrays) for one in absorbing]

        edges.append([launch for strip in strips for launch in launches(strip)])
        interior.append(launches(middle))
    return StepPlan(domain.backend, states, (edges[0], edges[1]), (interior[0], interior[1]), fills, halo)
