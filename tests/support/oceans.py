"""Small oceans for tests: a grid, formulas for bed and water, and a clock that needs no configuration."""

import math
from functools import partial

import numpy as np

from esim.backends import select
from esim.config.ocean.physics import OceanPhysics
from esim.grids.grid import Grid
from esim.media.ocean.structures import Line, place, rasterise, segments
from esim.ocean.model import build_ocean
from esim.ocean.solver import SOLVERS
from esim.ocean.structures import Structures
from esim.parallel.comm import SerialComm
from esim.parallel.decomposition import decompose

G = 9.81
WALL, OPEN, SPONGE, PERIODIC = ("wall",) * 4, ("open",) * 4, ("sponge",) * 4, ("periodic",) * 4
SIDES = {"open": OPEN, "sponge": SPONGE, "wall": WALL, "periodic": ("periodic", "periodic", "wall", "wall")}


def physics(coriolis=False, manning=0.0, **more):
    """Physics without friction and rotation, unless told otherwise."""
    return OceanPhysics(coriolis=coriolis, manning=manning, **more)


def plane(nx, ny, dx, boundary=WALL, latitude=0.0, x0=0.0, y0=0.0):
    """Cartesian grid of square cells [m]."""
    return Grid("cartesian", x0, y0, dx, dx, nx, ny, boundary, latitude)


def wall_line(points, crest):
    """A structure with the same crest [m] all along its points."""
    return Line("wall", np.array(points, float), np.full(len(points), float(crest)))


def structures_on(grid, lines, finest=None):
    """The structures of a grid that has them, else None; finest [m] is the smallest cell of all grids."""
    placed = place(lines, grid.lonlat, finest or min(grid.dx, grid.dy))
    return Structures(segments(placed), rasterise(placed, grid)) if lines else None


def flat(depth):
    """A flat bed at a depth [m]."""
    return lambda x, y: np.full((y.size, x.size), -depth)


def level(value=0.0):
    """Water at rest at a level [m], wherever the bed is below it."""
    return lambda x, y: np.full((y.size, x.size), value)


def ocean(
    grid,
    bed,
    eta=None,
    u=None,
    v=None,
    *,
    backend="numpy",
    dtype="float64",
    comm=None,
    threads=1,
    given=None,
    roughness=None,
    sponge_cells=20,
    layers=None,
    maxima=False,
    forces=(),
    incident=(),
    times=False,
    skip=True,
    arrival_thresholds=(0.01,),
    tracer=None,
    lines=(),
    solver="nonlinear",
):
    """An ocean over bed(x, y) with the surface eta(x, y) [m] and velocity u, v(x, y) [m/s] (None: at rest).

    tracer(x, y) is the concentration of a tracer, if there is one; lines are structures. Formulas take cell centres
    x (nx,), y (ny,) and give (ny, nx). Depth is eta - bed, where that is positive. layers are the cells that absorb
    along the sides; None: sponge_cells along those that are a sponge.
    """
    comm = comm or SerialComm()
    decomposition = decompose(grid.shape, comm.size, grid.periodic, halo=SOLVERS[solver].halo)
    machine = select(backend, dtype, threads) if isinstance(backend, str) else backend
    made = build_ocean(
        grid,
        decomposition,
        comm,
        machine,
        given or physics(),
        lambda x, y: np.broadcast_to(bed(x, y), (y.size, x.size)).astype(np.float64),
        roughness=roughness,
        layers=layers or tuple(sponge_cells if kind == "sponge" else 0 for kind in grid.boundary),
        maxima=maxima,
        forced=bool(forces),
        incident=incident,
        times=times,
        skip=skip,
        arrival_thresholds=arrival_thresholds,
        carried=() if tracer is None else ("tracer",),
        structures=structures_on(grid, lines),
        solver=SOLVERS[solver],
    )
    block = made.block
    x, y = grid.x(block.i0, block.i1), grid.y(block.j0, block.j1)
    ground = bed(x, y) + np.zeros(block.shape)
    surface = (eta or level())(x, y) + np.zeros(block.shape)
    # At sea zeta is the surface itself, without the rounding of the depth.
    dry = -np.maximum(-ground, 0)
    zeta = np.where(ground < 0, np.maximum(surface, dry), np.maximum(surface - ground, 0))
    depth = np.maximum(surface - ground, 0)
    flow = [depth * (speed(x, y) if speed else 0.0) for speed in (u, v)]
    made.fill(zeta, *flow)
    if tracer is not None:
        made.set_planes({"tracer": tracer(x, y) + np.zeros(block.shape)})
    if forces:
        made.forces.all = [force(made) for force in forces]
    made.begin()
    return made


# Long runs and many cells take NumPy too long.
compiled = partial(ocean, backend="cpu")


def advance(made, duration, dt=None, cfl=0.8, adaptive=False, start=0.0, motion=None):
    """Advance by `duration` [s] in equal steps of at most dt, or of cfl; returns the number of steps.

    adaptive chooses every step anew.
    """
    time, steps, end = start, 0, start + duration
    step = dt or min(cfl / made.fastest(), duration)
    step = duration / math.ceil(duration / step * (1 - 1e-9))
    while end - time > 1e-9 * duration:
        if adaptive:
            step = min(cfl / made.fastest(), end - time)
        if motion is not None:
            motion.apply(time, time + step)
        made.step(step, time + step)
        time += step
        steps += 1
    return steps


def march(made, steps, dt):
    """Advance by a number of steps of dt [s]."""
    constants = made.constants(dt, dt)
    for _ in range(steps):
        made.plan.step(constants, dt)


def state(made):
    """Copy of zeta, hu, hv of the owned cells."""
    return np.array(made.own(made.plan.state()))


def water(made):
    """h, eta, u, v, wet of the owned cells, float64."""
    return made.water()


def volume(made):
    """Water in the block [m3]: exact cell areas, float64."""
    block = made.block
    width, height = made.grid.cell_size(block.j0, block.j1)
    return math.fsum((made.water().h * (width * height)[:, None]).ravel())


def l1(found, exact):
    """Mean error relative to the mean of the exact field."""
    return float(np.abs(found - exact).mean() / np.abs(exact).mean())


def coarsen(field, factor):
    """Means over squares of factor x factor cells of (..., ny, nx)."""
    *rest, ny, nx = field.shape
    return field.reshape(*rest, ny // factor, factor, nx // factor, factor).mean((-3, -1))


def japan(cells=40, boundary=WALL, west=138.0, south=33.0):
    """Coast of Honshu with islands from the relief that is shipped: (grid, bed formula)."""
    from esim.data import locate
    from esim.io.gridded.reader import read_field

    grid = Grid("lonlat", west, south, 0.1, 0.1, cells, cells, boundary)
    path = locate("data:etopo1_nwpacific_6min.nc")
    return grid, lambda x, y: read_field(path, None, x, y, True, spacing=(0.1, 0.1)).reshape(y.size, x.size)


def rough(seed=1, depth=2000.0, height=3000.0, cell=2000.0):
    """Random hills of the size of the depth, with islands, as a formula of cell centres."""
    rng = np.random.default_rng(seed)
    waves = [(rng.normal(0, 0.35, 2) / cell, rng.uniform(0, 2 * np.pi)) for _ in range(40)]

    def bed(x, y):
        parts = [np.cos(k[0] * x[None, :] + k[1] * y[:, None] + phase) for k, phase in waves]
        return height * np.sum(parts, axis=0) / math.sqrt(20) - depth

    return bed


def splash(grid, **more):
    """A hump at (90, 60) km of a rough sea with islands, in float32; the rest is at rest."""

    def eta(x, y):
        distance = np.hypot(x[None, :] - 9e4, y[:, None] - 6e4)
        return 3 * np.exp(-((distance / 6e3) ** 2)) * (distance < 2e4)

    return ocean(grid, rough(), eta, dtype="float32", maxima=True, **more)


def bits_after(made, steps):
    """State and maxima of the owned cells after steps of 4 s."""
    for n in range(steps):
        made.step(4.0, 4.0 * (n + 1))
    return state(made).tobytes() + np.array(made.own(made.maxima)).tobytes()
