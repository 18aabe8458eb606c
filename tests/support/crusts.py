"""Small crusts for tests: a box of cells, formulas for the medium, sources of one cell, exact plane waves."""

import math
from dataclasses import replace

import numpy as np

from esim.backends import select
from esim.crust import sweep
from esim.crust.discretisation import stable_time_step
from esim.crust.layout import allocated_shape
from esim.crust.model import build_crust
from esim.crust.settings import CrustSettings
from esim.grids.closure import CLOSURES
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.kernels.crust.staggered import WEIGHTS
from esim.media.crust import attenuation
from esim.parallel.comm import SerialComm
from esim.parallel.decomposition import decompose

CPML, WALL, SPONGE = ("cpml",) * 4, ("wall",) * 4, ("sponge",) * 4
PERIODIC = ("periodic", "periodic", "wall", "wall")
ROCK = (6000.0, 3464.0, 2700.0)  # vp, vs [m/s], density [kg/m3]
BAND = (0.2, 20.0)  # Hz


def moduli(vp, vs, rho):
    """Density [g/cm3] and Lame's parameters [GPa] of velocities [m/s] and a density [kg/m3]."""
    mu = rho * vs**2 / 1e9
    return rho / 1e3, rho * vp**2 / 1e9 - 2 * mu, mu


def uniform(*rock):
    """The same rock everywhere, as a formula of cells."""
    return lambda k, j, i: tuple(np.full(np.broadcast(k, j, i).shape, value) for value in rock or ROCK)


def layered(*layers):
    """Layers (first cell downwards, (vp, vs, rho)) as a formula of cells."""

    def rock(k, j, i):
        shape = np.broadcast(k, j, i).shape
        found = [np.full(shape, value) for value in layers[0][1]]
        for first, values in layers[1:]:
            found = [
                np.where(np.broadcast_to(k, shape) >= first, value, old)
                for value, old in zip(values, found, strict=True)
            ]
        return tuple(found)

    return rock


def rough(shape, seed=1, fluid=0.0, air=0.0):
    """Random rock of (nz, ny, nx) cells, a share of them fluid, a share air, as a formula of cells."""
    rng = np.random.default_rng(seed)
    vp = rng.uniform(2500, 6000, shape)
    vs = vp / rng.uniform(1.5, 3, shape)
    rho = rng.uniform(1800, 3000, shape)
    kind = rng.random(shape)
    vs[kind < fluid + air] = 0
    for value in (vp, rho):
        value[kind < air] = 0

    def rock(k, j, i):
        index = tuple(np.clip(n, 0, size - 1) for n, size in zip((k, j, i), shape, strict=True))
        return vp[index], vs[index], rho[index]

    return rock


def _cells(block, grid):
    """Numbers (k, j, i) in the whole grid of all cells of the arrays, wrapped where the grid is periodic."""
    shape, h = allocated_shape(block, grid.nz), block.halo
    wraps_y, wraps_x = grid.horizontal.periodic
    k, j, i = (np.arange(n) - h + first for n, first in zip(shape, (0, block.j0, block.i0), strict=True))
    j = j % grid.horizontal.ny if wraps_y else j
    i = i % grid.horizontal.nx if wraps_x else i
    return k[:, None, None], j[:, None], i


def build(
    shape,
    rock=None,
    *,
    kinds=CPML,
    free=True,
    order=4,
    spacing=100.0,
    cells=5,
    attenuate=None,
    q=(100.0, 50.0),
    reference=None,
    frequency=2.0,
    cfl=0.9,
    dt=None,
    near=None,
    closed_z=False,
    backend="cpu",
    dtype="float64",
    threads=1,
    comm=None,
    contrast=20.0,
    sea=None,
):
    """A crust of (nz, ny, nx) cells at rest. rock(k, j, i) gives vp, vs, rho, and kinds the sides x, y, bottom, top.

    attenuate is coarse or conventional, q are Qp and Qs, reference [Hz] says where velocities hold (None: they
    belong to unrelaxed moduli). sea is the SeaLevel on which gravity acts. near(k, j, i) is one where differences are
    of second order. closed_z joins the bottom to the top, too.
    """
    comm = comm or SerialComm()
    nz, ny, nx = shape
    spacing = (spacing,) * 3 if np.isscalar(spacing) else spacing
    edges = tuple("periodic" if kinds[n] == "periodic" else "open" for n in (0, 0, 1, 1))
    grid = Grid3D(Grid("cartesian", 0.0, 0.0, spacing[0], spacing[1], nx, ny, edges), nz, spacing[2])
    decomposition = decompose(grid.horizontal.shape, comm.size, grid.horizontal.periodic, halo=order // 2)
    machine = select(backend, dtype, threads) if isinstance(backend, str) else backend
    k, j, i = _cells(decomposition.blocks[comm.rank], grid)
    if closed_z:
        k = k % nz
    vp, vs, rho = (rock or uniform())(k, j, i)
    density, lam, mu = moduli(vp, vs, rho)
    mechanisms, inverse_q = None, (0.0, 0.0)
    if attenuate:
        mechanisms = (attenuation.coarse_grained if attenuate == "coarse" else attenuation.conventional)(BAND)
        inverse_q = (1 / q[0], 1 / q[1])
    medium = {"rho": density, "lam": lam, "mu": mu}
    if attenuate:
        medium |= {
            name: np.full(vp.shape, v) for name, v in zip(("inv_qp", "inv_qs"), inverse_q, strict=True)
        }
        if reference:
            p = mechanisms.unrelaxed(lam + 2 * mu, medium["inv_qp"], reference)
            medium["mu"] = mechanisms.unrelaxed(mu, medium["inv_qs"], reference)
            medium["lam"] = p - 2 * medium["mu"]
    with np.errstate(divide="ignore", invalid="ignore"):
        fast = np.sqrt(1e6 * np.nan_to_num((medium["lam"] + 2 * medium["mu"]) / medium["rho"]))
    fastest = comm.allreduce_max(float(fast.max()))
    dt = dt or cfl * stable_time_step(grid, order, fastest)
    if near is not None:
        medium["near_interface"] = np.broadcast_to(near(k, j, i), vp.shape)
    sides = (*kinds[:3], "free" if free else kinds[3])
    deepest = int(near is not None) * nz
    quality = (mechanisms, max(inverse_q))
    settings = CrustSettings(
        order,
        dt,
        free,
        sides,
        cells,
        fastest,
        frequency,
        *quality,
        deepest,
        contrast,
        guiding=contrast,
        sea=sea,
    )
    given = {name: machine.from_host(value) for name, value in medium.items()}
    made = build_crust(grid, decomposition, comm, machine, settings, given)
    return _closed(made) if closed_z else made


def _closed(made):
    """The crust with the bottom as the neighbour of the top, which the engine itself has no use for."""
    parts, settings = sweep.SweepParts(made), made.settings
    p = made.backend.constants(sweep.constants(made.backend.dtype, made.grid, settings.order, settings.dt))
    h, nz = made.block.halo, made.grid.nz

    def wrap(array):
        array[:, :h] = array[:, nz : nz + h]
        array[:, nz + h :] = array[:, h : 2 * h]

    velocity = made.backend.bind_sweep(parts.velocity(made.interior), [], 0, p)
    stress = made.backend.bind_sweep([], parts.stress(made.interior), 0, p)

    def lead():
        wrap(made.s)
        velocity()

    def whole():
        lead()
        wrap(made.v)
        stress()

    launches = replace(
        made.launches,
        velocity_edges=lead,
        inside=lambda: None,
        velocity_above=lambda: wrap(made.v),
        stress_edges=stress,
        whole=whole,
    )
    return replace(made, launches=launches)


def ricker(time, frequency=2.0):
    """Ricker wavelet that begins at 0 s and is over at 2.4 / frequency."""
    phase = (math.pi * frequency * (time - 1.2 / frequency)) ** 2
    return (1 - 2 * phase) * math.exp(-phase)


def explosion(made, cell, moment=1e16, frequency=2.0, parts=(0, 1, 2)):
    """What makes a cell (k, j, i) explode, step by step, for `march`: a Ricker wavelet of moment rate [N m/s].

    parts are the stresses that it changes.
    """
    k, j, i = cell
    block, h = made.block, made.block.halo
    steps = [0]

    def release():
        steps[0] += 1
        rate = moment * ricker(steps[0] * made.dt, frequency) * made.dt / math.prod(made.grid.spacing) / 1e6
        if block.owns(j, i):
            for n in parts:
                made.s[n, k + h, j - block.j0 + h, i - block.i0 + h] -= made.s.dtype.type(rate)

    return release


def stir(made, seed=5, size=1e-3):
    """Random velocities and stresses, the same for any number of ranks, that the medium can hold."""
    rng = np.random.default_rng(seed)
    fields = rng.standard_normal((9, *made.grid.shape)) * size
    b, (k, j, i) = made.block, made.interior
    own = fields[:, :, b.j0 : b.j1, b.i0 : b.i1]
    inner = (slice(None), slice(*k), slice(*j), slice(*i))
    made.v[inner] = own[:3] * 0.1
    made.s[inner] = own[3:]
    made.v[inner][face_density(made) == 0] = 0
    # No motion or stress in air, one pressure in fluids, no shear stress where an edge has no rigidity.
    lam, mu = (made.fields[name][inner[1:]] for name in ("lam", "mu"))
    normal = made.s[inner][:3]
    normal[1:] = np.where(mu > 0, normal[1:], normal[0])
    normal[:, (mu == 0) & (lam == 0)] = 0
    made.s[inner][3:][edge_rigidity(made) == 0] = 0
    made.refresh()


def edge_rigidity(made):
    """Rigidity [GPa] (3, ...) of the edges of sxy, sxz, syz of the owned cells, as the kernels take it."""
    (k, j, i), mu = made.interior, made.fields["mu"].astype(np.float64)

    def at(dk, dj, di):
        return mu[k[0] + dk : k[1] + dk, j[0] + dj : j[1] + dj, i[0] + di : i[1] + di]

    corners = [((0, 1, 0), (0, 0, 1)), ((-1, 0, 0), (0, 0, 1)), ((-1, 0, 0), (0, 1, 0))]
    found = []
    with np.errstate(divide="ignore"):
        for a, b in corners:
            four = [at(0, 0, 0), at(*a), at(*b), at(*np.add(a, b))]
            found.append(4 / sum(1 / m for m in four))
    return np.stack(found)


def face_density(made):
    """Density [g/cm3] (3, ...) of the faces of vx, vy, vz of the owned cells, as the kernels take it."""
    (k, j, i), rho = made.interior, made.fields["rho"].astype(np.float64)
    here = rho[slice(*k), slice(*j), slice(*i)]
    beside = [
        rho[slice(*k), slice(*j), i[0] + 1 : i[1] + 1],
        rho[slice(*k), j[0] + 1 : j[1] + 1, slice(*i)],
        rho[k[0] - 1 : k[1] - 1, slice(*j), slice(*i)],
    ]
    return np.stack([(here + other) / 2 for other in beside])


def parts(made):
    """Parts of a cell (layers, faces), each (nz, 1, 1), for which nodes of the owned cells stand."""
    if not made.free:
        return 1.0, 1.0
    k = np.arange(made.grid.nz)
    closed = CLOSURES[made.settings.order]
    return tuple(closed.parts(k, on_faces)[:, None, None] for on_faces in (False, True))


def invariant(made, stress_before):
    """The energy [J] that a closed box keeps exactly: v of now, and stress half a step earlier times half later."""
    layers, faces = parts(made)
    v = made.own(made.v).astype(np.float64)
    along, along_too, down = 0.5e3 * face_density(made) * v**2
    total = (layers * (along + along_too) + faces * down).sum()
    a, b = stress_before.astype(np.float64), made.own(made.s).astype(np.float64)
    lam, mu = (made.own(made.fields[name]).astype(np.float64) for name in ("lam", "mu"))
    bulk = np.where(lam + mu > 0, lam + 2 * mu / 3, np.inf)
    total += 1e3 * (layers * a[:3].mean(0) * b[:3].mean(0) / (2 * bulk)).sum()
    solid = np.where(mu > 0, mu, np.inf)
    sheared = ((a[:3] - a[:3].mean(0)) * (b[:3] - b[:3].mean(0))).sum(0)
    total += 1e3 * (layers * sheared / (4 * solid)).sum()
    edges = edge_rigidity(made)
    level, upright, upright_too = 1e3 * (a[3:] * b[3:] / (2 * np.where(edges > 0, edges, np.inf)))
    total += (layers * level + faces * (upright + upright_too)).sum()
    return float(total) * math.prod(made.grid.spacing)


def march(made, steps, release=lambda: None):
    """Advance by a number of steps; release() adds moments to the stresses of each."""
    for _ in range(steps):
        made.advance()
        release()
        made.end_step()


def whole(comm, made):
    """Velocities and stresses (9, nz, ny, nx) of the whole grid, on every rank."""
    result = np.zeros((9, *made.grid.shape), made.v.dtype)
    for block, own in comm.allgather((made.block, np.concatenate([made.own(made.v), made.own(made.s)]))):
        result[:, :, block.j0 : block.j1, block.i0 : block.i1] = own
    return result


# Where each variable lies from the centre of its cell (x, y, z), in cells.
PLACES = {
    "vx": (0.5, 0, 0),
    "vy": (0, 0.5, 0),
    "vz": (0, 0, -0.5),
    "sxx": (0, 0, 0),
    "syy": (0, 0, 0),
    "szz": (0, 0, 0),
    "sxy": (0.5, 0.5, 0),
    "sxz": (0.5, 0, -0.5),
    "syz": (0, 0.5, -0.5),
}


def positions(made, name):
    """x, y, z [m] of a variable in all cells of the arrays, not wrapped."""
    dx, dy, dz = made.grid.spacing
    shape, h = made.v.shape[1:], made.block.halo
    k, j, i = (np.arange(n) - h for n in shape)
    ox, oy, oz = PLACES[name]
    x, y, z = (i + 0.5 + ox) * dx, (j + 0.5 + oy) * dy, (k + 0.5 + oz) * dz
    return x, y[:, None], z[:, None, None]


def wavenumbers(made, counts):
    """Wavenumbers (x, y, z) [1/m] of so many wavelengths along each side of the box."""
    nz, ny, nx = made.grid.shape
    return 2 * np.pi * np.array(counts) / (np.array([nx, ny, nz]) * made.grid.spacing)


def symbol(made, wavenumber):
    """What differences make of wavenumbers (x, y, z): they are taken from pairs of neighbours."""
    weights, spacing = np.array(WEIGHTS[made.settings.order]), np.array(made.grid.spacing)
    distance = np.array([1, 3, 5, 7])
    sines = np.sin(np.outer(spacing * wavenumber, distance) / 2)
    return 2 * sines @ weights / spacing


def plane_wave(made, rock, wavenumber, polarisation, time, discrete=False, omega=None):
    """Exact (9, ...) fields of a plane wave at `time`, stresses half a step later: velocity polarisation * cos(kx-wt).

    discrete takes what the differences make of the wavenumber, so that only the error of time steps is left.
    Polarisations have to be along or across what is then the wavenumber.
    """
    rho, lam, mu = moduli(*rock)
    seen = symbol(made, wavenumber) if discrete else np.asarray(wavenumber)
    d = np.asarray(polarisation)
    along = abs(np.dot(seen, d)) > 1e-9 * np.linalg.norm(seen)
    speed = rock[0] if along else rock[1]
    omega = omega or speed * np.linalg.norm(seen)
    gradient = np.outer(seen, d)
    stress = -(lam * np.trace(gradient) * np.eye(3) + mu * (gradient + gradient.T)) / omega * 1e3
    amplitudes = dict(
        zip(PLACES, [*d, *np.diag(stress), stress[0, 1], stress[0, 2], stress[1, 2]], strict=True)
    )
    fields = []
    for name, amplitude in amplitudes.items():
        x, y, z = positions(made, name)
        phase = wavenumber[0] * x + wavenumber[1] * y + wavenumber[2] * z
        at = time if name[0] == "v" else time + made.dt / 2
        fields.append(amplitude * np.cos(phase - omega * at))
    return np.stack(fields)


def put(made, fields):
    """Set velocities and stresses (9, ...) in all cells of the arrays."""
    made.v[...] = fields[:3]
    made.s[...] = fields[3:]


def across(vector):
    """A unit vector across a vector, and one along it."""
    along = np.asarray(vector) / np.linalg.norm(vector)
    other = np.cross(along, [0.3, -0.5, 0.8])
    return other / np.linalg.norm(other), along
