"""Small whole runs on the GPU against NumPy: the ocean with every switch, the crust with each of its parts, a lake."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from esim.backends import Backend, select
from esim.backends.activity import without_skipping
from esim.config.ocean.physics import OceanPhysics
from esim.crust.discretisation import stable_time_step
from esim.crust.layout import allocated_shape
from esim.crust.model import Crust, build_crust
from esim.crust.settings import CrustSettings
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.kernels.ocean import shallow_water
from esim.kernels.ocean.state import step_constants
from esim.media.crust.attenuation import coarse_grained, conventional
from esim.ocean.model import build_ocean
from esim.parallel.comm import Comm, SerialComm
from esim.parallel.decomposition import decompose
from esim.validation.gpu.report import Finding, checked

Fields = dict[str, np.ndarray]
# Of the largest value, after a few steps: rounding, and the shores where it decides what is wet.
OCEAN_LIMIT, CRUST_LIMIT, WORDS_LIMIT = 2e-4, 1e-4, 2e-2
FASTEST = 6000.0  # m/s


def difference(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> float:
    """Largest difference of all variables, each relative to its largest value; infinite where one is not finite."""
    worst = 0.0
    for name, array in expected.items():
        for one, other in zip(found[name], array, strict=True):
            if np.array_equal(one, other, equal_nan=True):
                continue
            usual = np.abs(other[np.abs(other) < 1e29]).max(initial=0.0)
            part = np.abs(one.astype(np.float64) - other)[one != other].max() / max(float(usual), 1e-30)
            worst = max(worst, float(part) if np.isfinite(part) else float("inf"))
    return worst


def compared(
    name: str, compute: Callable[[str], Mapping[str, np.ndarray]], limit: float, least: float = 0.0
) -> Finding:
    """What compute(backend) gives on the GPU against NumPy; all is at rest if no value is larger than `least`."""
    expected, found = compute("numpy"), compute("cuda")
    relative = difference(found, expected)
    moved = max(float(np.abs(array).max()) for array in expected.values()) > least
    wanted = f"<= {limit:g} of the largest value"
    return checked(
        name,
        f"{relative:.2g}" if moved else "nothing moved",
        wanted,
        moved and relative <= limit,
        relative=relative,
    )


# ------------------------------------------------------------------ ocean


def oceans(tiny: bool) -> Iterator[Finding]:
    """Every switch of the physics on both kinds of grid, two steps each."""
    from esim.validation import switches

    few = [("plain", "cartesian"), ("open sides", "lonlat")]
    with tempfile.TemporaryDirectory() as folder:
        switches.write_inputs(Path(folder))
        for switch, kind in few if tiny else switches.combinations():

            def compute(backend: str, switch: str = switch, kind: str = kind) -> Fields:
                return switches.final(Path(folder), switch, kind, backend, steps=1 if tiny else 2)

            yield compared(f"{switch}, {kind}", compute, OCEAN_LIMIT)


def rest(tiny: bool) -> Iterator[Finding]:
    """A lake with islands: the kernel of a step, again and again, with rotation and friction."""
    steps, size = (2, (9, 13)) if tiny else (1000, (200, 300))
    for dtype in ("float32", "float64"):
        moved, islands = lake(select("cuda", dtype), steps, size)
        yield checked(
            f"a lake at rest, {dtype}, {100 * islands:.0f} % islands, {steps} steps",
            f"{moved:g} of zeta, hu, hv",
            "0",
            moved == 0 and islands > 0.05,
        )


def lake(backend: Backend, steps: int, size: tuple[int, int]) -> tuple[float, float]:
    """Largest value of zeta, hu, hv after some steps of water at rest over rough ground, and the fraction of land."""
    rng = np.random.default_rng(11)
    shape = (size[0] + 4, size[1] + 4)
    bed = 900 * rng.standard_normal((1, *shape)) - 1000
    rows = np.ones((9, shape[0]))
    rows[:6] += 0.1 * rng.random((6, shape[0]))
    rows[6:] = 1 / rows[[0, 2, 3]]
    states = [backend.zeros((3, *shape)) for _ in range(2)]
    given = {"bed": bed, "rows": rows, "sides": np.ones((1, 1, shape[1])), "speed": np.zeros((1, *shape))}
    arrays = {name: backend.from_host(value) for name, value in given.items()}
    box = ((2, shape[0] - 2), (2, shape[1] - 2))
    launches = [
        backend.bind(
            without_skipping(shallow_water.step()), box, {"q": states[n], "out": states[1 - n], **arrays}
        )
        for n in range(2)
    ]
    constants = backend.constants(step_constants(backend.dtype, dt=1.0, time=0.0, manning=0.03))
    for step in range(steps):
        launches[step % 2](constants)
    backend.synchronize()
    largest = max(float(np.abs(backend.to_host(state)).max()) for state in states)
    return largest, float((bed > 0).mean())


def waved(backend: Backend, size: tuple[int, int], steps: int, comm: Comm | None = None) -> Fields:
    """State [3, j, i] of the owned cells of an ocean with islands, after some steps of random waves."""
    comm, (ny, nx) = comm or SerialComm(), size
    grid = Grid("lonlat", 140.0, 10.0, 0.05, 0.05, nx, ny, ("open", "wall", "wall", "open"))
    decomposition = decompose(grid.shape, comm.size)
    block = decomposition.blocks[comm.rank]
    physics = OceanPhysics(coriolis=True, manning=0.025)
    ocean = build_ocean(grid, decomposition, comm, backend, physics, _islands)
    waves = np.random.default_rng(5).standard_normal((3, ny, nx))
    waves *= _islands(grid.x(0, nx), grid.y(0, ny)) < -1
    zeta, hu, hv = waves[:, block.j0 : block.j1, block.i0 : block.i1]
    ocean.fill(0.5 * zeta, hu, hv)
    ocean.begin()
    dt = 0.5 / ocean.fastest()
    for step in range(steps):
        ocean.step(dt, (step + 1) * dt)
    backend.synchronize()
    return {"q": np.array(ocean.own(ocean.plan.state())), "maxima": np.array(ocean.own(ocean.maxima))}


def _islands(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Height [m] of a seafloor with islands at longitudes and latitudes."""
    return -800 + 1200 * np.sin(9 * x)[None, :] * np.cos(11 * y)[:, None]


# ------------------------------------------------------------------ crust

CPML, SPONGE, WALL = (("cpml",) * 4, ("sponge",) * 4, ("wall",) * 4)
CRUSTS: Mapping[str, dict[str, Any]] = {
    "elastic, walls": {"kinds": WALL, "free": False},
    "elastic, free surface": {"kinds": WALL},
    "elastic, free surface, eighth order": {"kinds": WALL, "order": 8},
    "elastic, free surface, sponge": {"kinds": SPONGE},
    "elastic, free surface, CPML": {"kinds": CPML},
    "elastic, CPML on all sides, eighth order": {"kinds": CPML, "free": False, "order": 8},
    "elastic, free surface, CPML, float64": {"kinds": CPML, "dtype": "float64"},
    "viscoelastic, coarse-grained, free surface, CPML": {"kinds": CPML, "fit": coarse_grained},
    "viscoelastic, conventional, free surface, CPML": {"kinds": CPML, "fit": conventional},
    "viscoelastic, coarse-grained, CPML, eighth order": {"kinds": CPML, "fit": coarse_grained, "order": 8},
    "viscoelastic, 16-bit memory, free surface, CPML": {
        "kinds": CPML,
        "fit": coarse_grained,
        "memory": "bfloat16",
    },  # fmt: skip
}


def crusts(tiny: bool) -> Iterator[Finding]:
    """The engine with random waves and an explosion, then a whole run with its sources and receivers."""
    few = ("elastic, free surface, CPML",)
    size, steps = ((9, 10, 11), 2) if tiny else ((28, 30, 34), 20)
    for name in few if tiny else CRUSTS:
        options = CRUSTS[name]

        def compute(backend: str, options: dict[str, Any] = options) -> Fields:
            return shaken(select(backend, options.get("dtype", "float32")), size, steps, options)

        limit = WORDS_LIMIT if "memory" in options else CRUST_LIMIT
        if options.get("dtype") == "float64":
            limit = 1e-12
        yield compared(name, compute, limit)
    yield from earthquakes(tiny)


def shaken(
    backend: Backend,
    size: tuple[int, int, int],
    steps: int,
    options: Mapping[str, Any],
    comm: Comm | None = None,
) -> Fields:
    """Velocities and stresses of the owned cells, after some steps of random waves and an explosion."""
    made = crust_of(backend, size, options, comm or SerialComm())
    (k, j, i), b = made.interior, made.block
    middle = k[0] + size[0] // 2, size[1] // 2 - b.j0 + j[0], size[2] // 2 - b.i0 + i[0]
    for _ in range(steps):
        made.advance()
        if b.owns(size[1] // 2, size[2] // 2):
            made.s[(slice(3), *middle)] -= made.s.dtype.type(0.01)
        made.end_step()
    backend.synchronize()
    return {"v": np.array(made.own(made.v)), "s": np.array(made.own(made.s))}


def crust_of(backend: Backend, size: tuple[int, int, int], options: Mapping[str, Any], comm: Comm) -> Crust:
    """A crust of (nz, ny, nx) cells of random rock, set in motion at random."""
    nz, ny, nx = size
    order, fit = options.get("order", 4), options.get("fit")
    grid = Grid3D(Grid("cartesian", 0.0, 0.0, 100.0, 100.0, nx, ny), nz, 100.0)
    decomposition = decompose(grid.horizontal.shape, comm.size, halo=order // 2)
    block, free = decomposition.blocks[comm.rank], options.get("free", True)
    kinds = options["kinds"]
    settings = CrustSettings(
        order=order,
        dt=0.8 * stable_time_step(grid, order, FASTEST),
        free=free,
        kinds=(kinds[0], kinds[1], kinds[2], "free" if free else kinds[3]),
        cells=min(5, min(size) // 4),
        fastest=FASTEST,
        frequency=5.0,
        mechanisms=fit((0.2, 20.0)) if fit else None,
        largest_inverse_q=0.02,
        memory=options.get("memory"),
    )
    rng = np.random.default_rng(17)
    whole = rng.uniform(0, 1, (4, nz, ny, nx))
    wave = rng.standard_normal((9, nz, ny, nx))

    def spread(values: np.ndarray) -> np.ndarray:
        """Values of the whole grid on the arrays of this rank: continued beyond the edges."""
        h, shape = block.halo, allocated_shape(block, nz)
        index = [
            np.clip(np.arange(n) - h + first, 0, most - 1)
            for n, first, most in zip(shape, (0, block.j0, block.i0), size, strict=True)
        ]
        return values[np.ix_(*index)]

    # The fastest rock has 5900 m/s.
    rho, mu, lam = 2.4 + 0.4 * whole[0], 10 + 18 * whole[1], 10 + 17 * whole[2]
    values = {"rho": rho, "lam": lam, "mu": mu}
    if fit:
        values |= {"inv_qp": 0.01 * whole[3], "inv_qs": 0.02 * whole[3]}
    medium = {name: backend.from_host(spread(value)) for name, value in values.items()}
    made = build_crust(grid, decomposition, comm, backend, settings, medium)
    (k, j, i), b = made.interior, block
    inner = (slice(None), slice(*k), slice(*j), slice(*i))
    own = wave[:, :, b.j0 : b.j1, b.i0 : b.i1]
    made.v[inner] = backend.from_host(1e-3 * own[:3])
    made.s[inner] = backend.from_host(1e-2 * own[3:])
    made.refresh()
    return made


BELL = {"kind": "gaussian", "sigma": 0.04, "delay": 0.1}


def earthquake(folder: Path, backend: str, attenuation: str, tiny: bool, **more: Any) -> dict[str, Any]:
    """A small whole run: slip, a force and an explosion, and stations at the ground and below."""
    half = 700 if tiny else 1200
    place = {"x": 30, "y": -70, "depth": 430, "time_function": BELL}
    return {
        "scenario": "seismic",
        "time": {"duration": 0.04 if tiny else 0.8},
        "grid": {
            "kind": "cartesian", "x": [-half, half], "y": [-half, half], "depth": [0, half], "spacing": 100,
            "boundary": {"cells": 4},
        },
        "medium": {
            "kind": "layers",
            "layers": [
                {"top": 0, "vp": 3000, "vs": 1700, "rho": 2200, "qp": 80, "qs": 40},
                {"top": 330, "vp": 5000, "vs": 2800, "rho": 2600, "qp": 200, "qs": 100},
            ],
        },
        "physics": {"attenuation": attenuation},
        "source": [
            place | {"kind": "double_couple", "strike": 30, "dip": 60, "rake": 70, "magnitude": 4.0},
            place | {"kind": "force", "depth": 0, "fx": 1e10, "fz": 2e10},
            place | {"kind": "explosion", "moment": 1e14},
        ],
        "stations": [{"name": f"s{n}", "x": 100 * n, "y": -12, "depth": 150 * n} for n in range(3)],
        "output": {"directory": str(folder), "overwrite": True, "stations": {"every": 0.02}, **more},
        "run": {"backend": backend, "precision": "float32", "threads": 1},
    }  # fmt: skip


def earthquakes(tiny: bool) -> Iterator[Finding]:
    """What stations record of a small earthquake."""
    from esim.config import from_dict
    from esim.drivers.run import simulate
    from esim.validation.cases.crust.records import read

    with tempfile.TemporaryDirectory() as folder:
        for attenuation in ("none",) if tiny else ("none", "coarse", "conventional"):

            def compute(backend: str, attenuation: str = attenuation) -> Fields:
                where = Path(folder) / f"{backend}-{attenuation}"
                run = simulate(from_dict(earthquake(where, backend, attenuation, tiny)))
                return {"motion": read(run).motion.swapaxes(0, 1)}

            yield compared(
                f"seismograms of a small earthquake, attenuation {attenuation}", compute, CRUST_LIMIT
            )
