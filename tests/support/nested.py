"""Small nested oceans for tests, from formulas of bed and water."""

import math

import numpy as np
from support.oceans import level, physics, structures_on

from esim.backends import select
from esim.config.ocean.nests import NestConfig, named, place
from esim.ocean.model import build_ocean
from esim.ocean.nesting.bathymetry import nested_bathymetries
from esim.ocean.nesting.exchange import Nesting
from esim.ocean.nesting.hierarchy import GridHierarchy, Nest, OceanLevel
from esim.ocean.nesting.load_balance import assign_nest
from esim.ocean.solver import SOLVERS
from esim.ocean.sources.seafloor_motion import SeafloorMotion
from esim.ocean.time_step import count_substeps
from esim.parallel.comm import SerialComm
from esim.parallel.decomposition import decompose


def tree(
    grid,
    nests,
    bed,
    eta=None,
    u=None,
    v=None,
    *,
    backend="numpy",
    dtype="float64",
    comm=None,
    given=None,
    maxima=False,
    cfl=0.8,
    dt=None,
    forces=None,
    lines=(),
    solver="nonlinear",
):
    """A tree of grids over bed(x, y) with the surface eta(x, y) [m] and velocity u, v(x, y) [m/s].

    nests are dictionaries like those of grid.nests; lines are structures. Returns the tree and a stable step
    [s] of the whole grid, which may have the deep solver where dt is given.
    """
    comm = comm or SerialComm()
    given = given or physics()
    machine = select(backend, dtype, 1)
    placed = place(grid, named(tuple(NestConfig(**nest) for nest in nests)), solver)
    beds = nested_bathymetries(placed, [lambda x, y: bed(x, y) + np.zeros((y.size, x.size))] * len(placed))
    load = np.zeros(comm.size)
    levels = []
    for one, formula in zip(placed, beds, strict=True):
        blocks = (
            decompose(grid.shape, comm.size, grid.periodic, halo=SOLVERS[solver].halo)
            if one.parent is None
            else assign_nest(comm, one.grid, one.ratio, formula, 1.0, load)
        )
        made = build_ocean(
            one.grid,
            blocks,
            comm,
            machine,
            given,
            formula,
            maxima=maxima,
            solver=SOLVERS[one.solver],
            forced=forces is not None,
            structures=structures_on(one.grid, lines, min(other.grid.dx for other in placed)),
        )
        set_water(made, formula, eta, u, v)
        rate = made.fastest()
        common = {"place": one, "ocean": made, "motion": SeafloorMotion(made, (), formula)}
        if one.parent is None:
            dt = dt or cfl / rate
            levels.append(OceanLevel(**common, dt=dt))
            continue
        parent = levels[one.parent.number]
        substeps = count_substeps(parent.dt, rate, cfl)
        nesting = Nesting(parent.ocean, made, one)
        step = parent.dt / substeps
        levels.append(Nest(**common, dt=step, parent=parent, nesting=nesting, substeps=substeps))
    family = GridHierarchy(levels)
    for one in levels:
        if forces is not None:
            one.ocean.forces.all = [forces(one.ocean)]
    family.begin()
    return family, dt


def hump(x, y):
    """A hill of water that overflows islands and the sides of nests."""
    return 40 * np.exp(-((x[None, :] - 12e3) ** 2 + (y[:, None] - 20e3) ** 2) / 5e3**2)


def set_water(made, bed, eta, u, v):
    """Set the water of an ocean from formulas."""
    block = made.block
    if not block.cells:
        made.fill(np.zeros((0, 0)))
        return
    x, y = made.grid.x(block.i0, block.i1), made.grid.y(block.j0, block.j1)
    ground = bed(x, y)
    surface = (eta or level())(x, y) + np.zeros(block.shape)
    zeta = np.where(ground < 0, np.maximum(surface, ground), np.maximum(surface - ground, 0))
    depth = np.maximum(surface - ground, 0)
    made.fill(zeta, *(depth * (speed(x, y) if speed else 0.0) for speed in (u, v)))


def march(family, steps, dt):
    """Advance all grids by a number of steps of dt [s] of the whole one."""
    for n in range(steps):
        family.step(n * dt, (n + 1) * dt, dt)


def states(family):
    """State of all grids on all cells, on every rank."""
    found = {}
    for one in family.levels:
        made = one.ocean
        pieces = made.comm.allgather((made.block, np.array(made.own(made.plan.state()))))
        whole = np.zeros((len(made.variables), *made.grid.shape), made.backend.dtype)
        for block, piece in pieces:
            whole[:, block.j0 : block.j1, block.i0 : block.i1] = piece
        found[one.place.name] = whole
    return found


def volume(family):
    """Water [m3] of the cells that no active two-way nest covers, of all grids, one rank alone."""
    total = []
    for one in family.levels:
        made = one.ocean
        width, height = made.grid.cell_size()
        water = made.water().h * (width * height)[:, None]
        for nest in one.nests:
            j0, j1, i0, i1 = nest.place.box
            water[j0:j1, i0:i1] = 0
        if one.place.parent is None or one.place.two_way:
            total.append(water.ravel())
    return math.fsum(np.concatenate(total))
