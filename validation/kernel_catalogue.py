"""Every kernel of esim, and rough random data to run it on: what tests and `esim gpu check` compare machines with.

The ocean's kernels have names of their own. The crust's are made of a group of bodies, an order of the differences,
and a variant of the surface.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from esim.backends import Backend
from esim.backends.linker import array_names
from esim.crust.layout import STRESSES, VELOCITIES, Box3, intersect
from esim.crust.sweep import constants
from esim.grids.closure import CLOSURES
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.kernels.crust import anelastic, cpml, elastic, free_surface, sea_surface, sponge, time_means
from esim.kernels.kernel import Kernel, Part
from esim.kernels.ocean import (
    absorbing_layer,
    air_pressure,
    boundary,
    compressibility,
    deep_faces,
    deep_layer,
    deep_water,
    dispersion,
    forcing,
    nesting,
    seafloor,
    shallow_water,
    structures,
    tracer,
)
from esim.kernels.ocean.maxima import ARRIVALS, MAXIMA, recording
from esim.kernels.ocean.state import NEVER, ROWS, Params, step_constants
from esim.parallel.decomposition import Box

Arrays = dict[str, np.ndarray]

# ------------------------------------------------------------------ ocean

OCEAN: Mapping[str, Kernel] = {
    "step": shallow_water.step(),
    "step with a friction map": shallow_water.step(friction_map=True),
    "step in a layer": absorbing_layer.with_absorption(shallow_water.step()),
    "step with maxima": shallow_water.step(maxima=True),
    "step with everything": absorbing_layer.with_absorption(
        shallow_water.step(friction_map=True, maxima=True, acceleration=True)
    ),
    "step with a tracer": tracer.with_tracer(shallow_water.step()),
    "step with structures": structures.with_structures(shallow_water.step()),
    "deep step": deep_water.step(),
    "deep step with everything": deep_layer.with_absorption(
        deep_water.step(friction_map=True, maxima=True, acceleration=True)
    ),
    "deep ground": deep_water.GROUND,
    "deep flow from centres": deep_faces.FLOW_FROM_CENTRES,
    "wall": boundary.WALL,
    "open": boundary.OPEN,
    "lift": seafloor.UPLIFT_BED,
    "slide": seafloor.SET_BED,
    "level lifted": seafloor.UPLIFT_LEVEL,
    "level under a slide": seafloor.SET_LEVEL,
    "record": recording(),
    "record of times": recording(times=True),
    "rate": seafloor.COURANT_RATE,
    "acceleration corrected": forcing.CORRECT,
    "acceleration mirrored": forcing.REFLECT,
    "acceleration continued": forcing.EXTRAPOLATE,
    "tracer continued": tracer.EXTRAPOLATE,
    "incident wave": boundary.INCIDENT,
    "given surface": boundary.TOTAL,
    "pressure bell": air_pressure.BELL,
    "pressure n-wave": air_pressure.N_WAVE,
    "pressure between": air_pressure.INTERPOLATE_IN_TIME,
    "stratification": compressibility.REDUCED_GRADIENT,
    "dispersion load": dispersion.load(in_place=False),
    "dispersion load in place": dispersion.load(in_place=True),
    "dispersion load with structures": structures.without_dispersion_beside(dispersion.load(in_place=False)),
    "dispersion relaxed": dispersion.RELAX,
    "dispersion acceleration": dispersion.ACCELERATION,
    "means over time": time_means.ACCUMULATE,  # of maps of the crust, whose bodies are those of a map, too
}
EDGES = (
    boundary.BoundaryParams,
    boundary.IncidentParams,
    forcing.GhostParams,
    tracer.GhostParams,
)  # constants of kernels whose box is one column
SIZE = (21, 37)  # rows and columns of the box

_CONSTANTS = {
    "inward": -1,
    "g": 9.81,
    "half": 0.5,
    "zero": 0,
    "one": 1,
    "dry": 1e-3,
    "factor": 0.3,
    "fraction": 0.3,
    "half_dt": 0.1,
    "quarter": 0.25,
    "ahead": 0.5,
    "eta": 0.4,
    "growth": 0.2,
    "gain": -0.1,
    "speed": 0.7,
    "carried": 1,
    "drift": 0.4,
    "sense": -1,
    "crest": 0.2,
    "per_reach": 0.6,
    "sixteen": 16,
    "fifteen": 15,
    "norm": 5.5,
    "early": 0.7,
    "late": 0.3,
    "per_height": 0.2,
    "third": 1 / 3,
    "alpha": 1.159,
    "least": 0.5,
    "rising": 1.0,
    "cessation": 0.8,
    "trough": -0.5,
    "flush": 1e-6,
    "red": 1.2,
    "black": 1.3,
    "w0": 0.1,
    "w1": 0.4,
    "w2": 0.3,
    "w3": 0.0,
}


def ocean_constants(kernel: Kernel, dtype: np.dtype) -> Any:
    """Constants of a kernel of a coarse, rough ocean."""
    if kernel.params is Params:
        return step_constants(dtype, dt=0.05, time=1.5, manning=0.03)
    names = kernel.params._fields  # type: ignore[attr-defined]
    return kernel.params(*(np.dtype(dtype).type(_CONSTANTS[name]) for name in names))


def margin(kernel: Kernel) -> int:
    """Cells of the arrays of a kernel beyond its box, on each side."""
    return max(2, kernel.halo)


def ocean_arrays(dtype: np.dtype | str, size: tuple[int, int] = SIZE, margin: int = 2) -> Arrays:
    """Rough water with islands, waves, dry land and thin films; every array a kernel may name."""
    rng = np.random.default_rng(3)
    shape = (size[0] + 2 * margin, size[1] + 2 * margin + 23)
    bed = (3 * rng.standard_normal((1, *shape)) - 2).astype(dtype)
    depth = np.maximum(rng.standard_normal(shape) * 0.5 - bed[0], 0)
    depth[rng.random(shape) < 0.1] = 5e-4
    zeta = depth - np.maximum(-bed[0], 0)
    q = np.stack([zeta, 0.3 * rng.standard_normal(shape), rng.standard_normal(shape), rng.random(shape)])
    q = np.concatenate([q, rng.standard_normal((2, *shape))])
    q[1:3, depth == 0] = 0
    rows = np.abs(rng.standard_normal((len(ROWS), shape[0]))) * 0.1 + 0.4
    rows[6:9] = 1 / rows[[0, 2, 3]]
    maxima = np.zeros((len(MAXIMA), *shape))
    for pair in ARRIVALS:
        maxima[list(pair)] = NEVER
    named = {
        "q": q,
        "out": np.zeros_like(q),
        "rows": rows,
        "sides": np.stack([np.sign(rng.standard_normal((1, shape[1]))), *np.ones((2, 1, shape[1]))]),
        "maxima": maxima,
        "speed": np.zeros((1, *shape)),
        "structures": low_walls(shape),
        "roughness": rng.random((1, *shape)) * 0.01,
        "split": rng.standard_normal((2, *shape)),
        "rise": rng.standard_normal((2, *shape)),
        "ground": rng.standard_normal((3, *shape)),
        "level": 0.1 * rng.standard_normal((1, *shape)),
        "zeta": q[:1],
        "normal": q[1:2],
        "along": q[2:3],
        "tracer": q[3:4],
        "transport": q[1:3],
        "flow": rng.standard_normal((2, *shape)),
        "acceleration": rng.standard_normal((2, *shape)),
        "before": rng.standard_normal((2, *shape)),
        "pulse": rng.standard_normal((5, *shape)),
        "early": rng.standard_normal((2, *shape)),
        "late": rng.standard_normal((2, *shape)),
        "work": rng.random((3, *shape)),
        "load": rng.standard_normal((1, *shape)),
        "x": rng.standard_normal((1, *shape)),
        "start": rng.standard_normal((1, *shape)),
        "was_breaking": (np.indices(shape).sum(0, keepdims=True) % 5 == 0).astype(float),
        "is_breaking": np.zeros((1, *shape)),
        "broken": np.zeros((1, *shape)),
        "sums": rng.standard_normal((4, *shape)),
        "field": rng.standard_normal((1, *shape)),
        "sea": (rng.random((1, *shape)) < 0.8).astype(float),
    }
    return {name: np.array(value, dtype) for name, value in named.items()} | {"bed": bed}


def low_walls(shape: tuple[int, int]) -> np.ndarray:
    """Planes of kernels.ocean.structures: on every third face a wall, high or just above the water."""
    rng = np.random.default_rng(5)
    rise = np.where(rng.random((2, *shape)) < 0.3, 2 * rng.random((2, *shape)), 0.0)
    return np.concatenate([rise, np.where(rise > 0, rng.uniform(0.5, 1.0, rise.shape), 0.0)])


def ocean_box(kernel: Kernel, size: tuple[int, int] = SIZE) -> Box:
    """The box of a kernel: one column for an edge, else all cells of the size."""
    h = margin(kernel)
    return (h, size[0] + h), (h - 1, h) if kernel.params in EDGES else (h, size[1] + h)


def ocean_cuts(kernel: Kernel, size: tuple[int, int] = SIZE) -> list[Box]:
    """The box in three parts."""
    (j0, j1), (i0, i1) = ocean_box(kernel, size)
    return [((j0, j0 + 3), (i0, i1)), ((j0 + 3, j1), (i0, i0 + 5)), ((j0 + 3, j1), (i0 + 5, i1))]


def compute_ocean(
    backend: Backend, kernel: Kernel, size: tuple[int, int] = SIZE, boxes: Sequence[Box] = ()
) -> Arrays:
    """All arrays of a kernel after one launch on its box, or on each of some boxes."""
    given = {
        name: backend.from_host(value)
        for name, value in ocean_arrays(backend.dtype, size, margin(kernel)).items()
    }
    constants = backend.constants(ocean_constants(kernel, backend.dtype))
    for box in boxes or [ocean_box(kernel, size)]:
        backend.bind(kernel, box, given)(constants)
    return {name: np.array(backend.to_host(given[name])) for name in array_names(kernel)}


# ------------------------------------------------------------------ crust

VOLUME = (8, 34, 72)  # of the box that is computed: rows for two threads, columns for loops of any width
LAYER = 4  # cells of an absorbing layer
SEA_SURFACE = "velocity_at_sea_surface"
MEMORIES = ("rxx", "ryy", "rzz", "rxy", "rxz", "ryz")


def _groups() -> dict[str, tuple[Callable, ...]]:
    found: dict[str, tuple[Callable, ...]] = {
        "velocity": (elastic.velocity,),
        "stress": (elastic.stress_normal, elastic.stress_shear),
        "stress_relaxing": (anelastic.stress_normal, anelastic.stress_shear),
        "relax": (anelastic.relax_normal, anelastic.relax_shear),
        "damp_velocity": (sponge.damp_velocity,),
        "damp_stress": (sponge.damp_stress,),
        "velocity_above": (free_surface.velocity_above,),
        SEA_SURFACE: (sea_surface.velocity_at_sea_surface,),
    }
    for axis in "xyz":
        found[f"velocity_{axis}"] = (getattr(cpml, f"velocity_{axis}"),)
        for group in ("stress", "relax"):
            parts = (f"{group}_normal_{axis}", f"{group}_shear_{axis}")
            found[f"{group}_{axis}"] = tuple(getattr(cpml, name) for name in parts)
    return found


BODIES: Mapping[str, tuple[Callable, ...]] = _groups()
ABOVE = ("velocity_above",)  # a free surface
BF16 = tuple(f"{name}_bf16" for name in BODIES if "relax" in name)  # with memory variables of 16 bits


class CrustKind(NamedTuple):
    """Precision, order of the differences, and variant of a kernel of the crust."""

    dtype: str
    order: int
    variant: str


def crust_kernel(name: str, order: int = 4, variant: str = "plain") -> Kernel:
    """The kernel of a group of bodies; that of NAME_bf16 has memory variables in 16 bits."""
    group = name.removesuffix("_bf16")
    width = LAYER if group.endswith("_x") else 0
    if group == name:
        return elastic.kernel(name, *BODIES[name], order=order, variant=variant, width=width)
    return elastic.kernel(
        name,
        *BODIES[group],
        order=order,
        variant=variant,
        width=width,
        changes=anelastic.BF16,
        packed=MEMORIES,
    )


def upper(values: np.ndarray) -> np.ndarray:
    """Words of 16 bits that begin as float32 do."""
    return (np.asarray(values, np.float32).view(np.uint32) >> 16).astype(np.uint16)


def in_bf16(machine: Backend, values: np.ndarray) -> Any:
    """Values as words of 16 bits on the machine, which allocates numbers of its precision only."""
    per_value = machine.dtype.itemsize // 2
    *rest, n = values.shape
    padded = -(-n // per_value)
    host = np.zeros((*rest, padded * per_value), np.uint16)
    host[..., :n] = upper(values)
    return machine.from_host(host.view(machine.dtype)).view(np.uint16)[..., :n]


def crust_arrays(
    dtype: np.dtype | str, size: tuple[int, int, int], order: int, variant: str = "plain"
) -> Arrays:
    """Random waves, and random rock with fluid and air; weights of the variant near_surface are random, too."""
    rng = np.random.default_rng(7)
    shape = tuple(n + order for n in size)
    named: Arrays = {name: rng.standard_normal(shape) * 0.1 for name in (*VELOCITIES, *STRESSES)}
    named |= {name: rng.standard_normal(shape) * 1e-4 for name in MEMORIES}
    kind = rng.random(shape)
    named["rho"] = np.where(kind < 0.1, 0, rng.uniform(1.8, 3, shape))
    named["lam"] = np.where(kind < 0.1, 0, rng.uniform(5, 40, shape))
    named["mu"] = np.where(kind < 0.2, 0, rng.uniform(5, 40, shape))
    named["inv_qp"], named["inv_qs"] = rng.uniform(0, 0.02, (2, *shape))
    named["near_interface"] = (rng.random(shape) < 0.3) * 1.0
    if variant == "near_surface":
        weights = 2 * (CLOSURES[order].reach + 1)
        named["near_interface"] = 0.3 * rng.standard_normal((shape[0], weights, 1))
    factors = np.array([0.9, 0.1, 0.3, 0.2])[:, None, None, None]
    named["relax"] = rng.random((4, 2, 2, shape[2])) * factors
    named["eta"], named["sea"] = (rng.standard_normal((n, *shape[1:])) for n in (1, 3))
    return {name: np.array(value, dtype) for name, value in named.items()}


def crust_box(size: tuple[int, int, int], order: int) -> Box3:
    """The box of cells that is computed, a halo within the arrays."""
    k, j, i = ((order // 2, order // 2 + n) for n in size)
    return k, j, i


def crust_layer(name: str, box: Box3) -> tuple[Box3, Arrays]:
    """Box of the layer that a kernel is for, at the far end of its axis, and the arrays that are its own."""
    name = name.removesuffix("_bf16")
    axis = {"_x": 2, "_y": 1, "_z": 0}.get(name[-2:], 1 if name.startswith("damp") else None)
    if axis is None:
        return box, {}
    rng = np.random.default_rng(sum(map(ord, name)))
    k, j, i = ((b - LAYER, b) if n == axis else (a, b) for n, (a, b) in enumerate(box))
    shape = tuple(b - a for a, b in (k, j, i))
    along = tuple(size if n == axis else 1 for n, size in enumerate(shape))
    signs = np.array([1, -1, -0.5, 1, -1, -0.5, 1])[:, None, None, None]
    own = {psi: rng.standard_normal(shape) * 1e-3 for psi in ("psi_n", "psi_1", "psi_2")}
    return (k, j, i), own | {"coef": rng.random((7, *along)) * signs, "keep": rng.random((1, *shape))}


def crust_cuts(size: tuple[int, int, int], order: int) -> tuple[Box3, ...]:
    """The box in four parts, thin ones along each axis among them."""
    (k0, k1), (j0, j1), (i0, i1) = crust_box(size, order)
    return (
        ((k0, k0 + 1), (j0, j1), (i0, i1)),
        ((k0 + 1, k1), (j0, j0 + 1), (i0, i1)),
        ((k0 + 1, k1), (j0 + 1, j1), (i0, i1 - 1)),
        ((k0 + 1, k1), (j0 + 1, j1), (i1 - 1, i1)),
    )


def crust_parts(
    names: Sequence[str],
    kind: CrustKind,
    machine: Backend,
    shared: Mapping[str, Any],
    size: tuple[int, int, int],
    cuts: Sequence[Box3 | None] = (None,),
) -> list[list[Part]]:
    """Parts of some kernels, one list for each cut of the whole box."""
    box, found = crust_box(size, kind.order), []
    for name in names:
        place, own = crust_layer(name, box)
        given = dict(shared) | {key: machine.from_host(value) for key, value in own.items()}
        given |= dict(zip(("k0", "j0", "i0"), (first for first, _ in place), strict=True))
        if name in (*ABOVE, SEA_SURFACE):
            place = ((place[0][0] + 1, place[0][0] + 2), place[1], place[2])
        kernel = crust_kernel(name, kind.order, kind.variant)
        found.append([Part(kernel, intersect(place, cut) if cut else place, given) for cut in cuts])
    return [list(column) for column in zip(*found, strict=True)]


def compute_crust(
    machine: Backend,
    names: Sequence[str],
    order: int,
    variant: str,
    size: tuple[int, int, int] = VOLUME,
    cuts: Sequence[Box3 | None] = (None,),
    lag: int = 0,
) -> Arrays:
    """All arrays by name after the kernels have run on each cut: velocities first, then all else.

    With a lag the two are swept together, on the first cut only. Kernels with memory variables of 16 bits do not go
    together with others.
    """
    packed = all(name in BF16 for name in names)
    kind = CrustKind(machine.dtype.name, order, variant)
    shared = {
        name: in_bf16(machine, value) if packed and name in MEMORIES else machine.from_host(value)
        for name, value in crust_arrays(machine.dtype, size, order, variant).items()
    }
    grid = Grid3D(Grid("cartesian", 0.0, 0.0, 90.0, 110.0, 20, 20, ("open",) * 4), 20, 100.0)
    p = machine.constants(constants(machine.dtype, grid, order, 0.008))
    groups = [
        crust_parts([n for n in names if ("velocity" in n) == lead], kind, machine, shared, size, cuts)
        for lead in (True, False)
    ]
    if lag:
        machine.bind_sweep(groups[0][0], groups[1][0], lag, p)()
    else:
        # On all cuts velocities move before any stress does.
        for group in groups:
            for parts in group:
                machine.bind_sweep(parts, [], 0, p)()
    found = {name: np.array(machine.to_host(value)) for name, value in shared.items()}
    for group in groups:
        for part in group[0] if group else ():
            for psi in {"psi_n", "psi_1", "psi_2"} & set(part.arrays):
                found[f"{psi} of {part.kernel.name}"] = np.array(machine.to_host(part.arrays[psi]))
    return found


# ------------------------------------------------------------------ all that can be compiled

SWITCHES = ("friction_map", "maxima", "acceleration", "times")  # of the ocean's step
LAYERS = ("_x", "_y", "_z")  # ends of the names of absorbing layers
UNVARIED = (*ABOVE, SEA_SURFACE, "damp_velocity", "damp_stress")  # have no variants
WHOLE = absorbing_layer.with_absorption(
    shallow_water.step(friction_map=True, maxima=True, acceleration=True, times=True)
)


def compiled() -> dict[str, Kernel]:
    """Every kernel that a run may compile, by a name of its own: what `esim gpu compile` looks at.

    Of the ocean's step with its switches: none of them, each alone, and all of them.
    """
    found = dict(OCEAN)
    made = {*(kernel for kernel in OCEAN.values())}
    for switch in SWITCHES:
        kernel = shallow_water.step(**{"maxima": switch == "times", switch: True})
        if kernel not in made:
            found[f"step with {switch.replace('_', ' ')}"] = kernel
    found["step with everything and times"] = WHOLE
    found["step with everything and structures"] = structures.with_structures(WHOLE)
    for along_x in (True, False):
        side = "west" if along_x else "south"
        found[f"flux through {side} faces"] = nesting.flux(shallow_water.step(), along_x)
        found[f"flux through {side} faces, with everything"] = nesting.flux(WHOLE, along_x)
        found[f"flux through {side} faces, with structures"] = nesting.flux(
            OCEAN["step with structures"], along_x
        )
        found[f"deep flux through {side} faces"] = deep_faces.flux(deep_water.step(), along_x)
    found["deep step in a layer"] = deep_layer.with_absorption(deep_water.step())
    found["deep step with maxima and times"] = deep_water.step(maxima=True, times=True)
    others = {id(kernel) for kernel in found.values()}
    for module in (boundary, seafloor, forcing, air_pressure, compressibility, dispersion, nesting):
        for name, kernel in vars(module).items():
            if isinstance(kernel, Kernel) and id(kernel) not in others:
                found[f"{module.__name__.rpartition('.')[2]} {name.lower()}"] = kernel
    for order in (4, 8):
        for variant in elastic.VARIANTS:
            for name in (*BODIES, *BF16):
                if variant == "plain" or name not in UNVARIED:
                    found[f"{name} {order} {variant}"] = crust_kernel(name, order, variant)
    return found


def varieties() -> list[str]:
    """Names of compiled kernels that are small varieties of others.

    They are the ocean's step with some of its switches, where none and all have been looked at, kernels of the crust
    beside rough surfaces or below a free one, and layers of eighth order.
    """
    names = compiled()
    steps = [name for name, kernel in names.items() if name.startswith("step with ") and kernel is not WHOLE]
    layers = [f"{name} 8 plain" for name in (*BODIES, *BF16) if name.removesuffix("_bf16")[-2:] in LAYERS]
    return [*steps, *layers, *(name for name in names if name.endswith((" reduced_order", " near_surface")))]
