"""The crust of one rank: its block, its arrays, and the order of a step."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from esim.backends import Backend
from esim.crust.absorbing_layers import AbsorbingLayer, build_layers
from esim.crust.layout import MEMORY_VARIABLES, STRESSES, VELOCITIES, Box3, allocated_shape
from esim.crust.settings import CrustSettings
from esim.grids.grid3d import Grid3D
from esim.kernels.crust import anelastic, cpml, elastic, free_surface, sponge
from esim.kernels.crust.staggered import WEIGHTS
from esim.kernels.kernel import Kernel, Part
from esim.media.crust.attenuation import Mechanisms
from esim.parallel.collectives import one_per_node
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Block, Decomposition
from esim.parallel.halo import HaloExchange
from esim.parallel.streams import EDGES
from esim.timestepping.step_plan import split

UNITS = 1e3  # MPa over g/cm3, and GPa over MPa: what both steps multiply differences by


@dataclass
class Crust:
    """State, medium and memory on the block of this rank, all on the backend's device.

    Arrays are [var, k, j, i] with the halo: v = (vx, vy, vz) [m/s], s = (sxx, .., syz) [MPa]; fields has all of them
    by name, [k, j, i]. memory is (mechanisms, 6, k, j, i), layers hold the memory of absorbing layers. Where memory is
    kept as bfloat16, it is an array of the words (uint16).
    """

    volume: Grid3D
    decomposition: Decomposition
    comm: Comm
    backend: Backend
    order: int
    free: bool
    dt: float
    v: Any
    s: Any
    fields: dict[str, Any]
    memory: Any
    layers: list[AbsorbingLayer]
    halo_v: HaloExchange
    halo_s: HaloExchange
    halo_above: HaloExchange  # of the velocities above a free surface, which stations on it look at
    launches: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    _run: dict[str, Callable[[], None]] = field(default_factory=dict)  # launches of each name as one call
    _whole: Callable[[], None] | None = None  # and of all names

    @property
    def block(self) -> Block:
        """Block of this rank."""
        return self.decomposition.blocks[self.comm.rank]

    @property
    def interior(self) -> Box3:
        """Box of the owned cells in the arrays."""
        h = self.block.halo
        return (h, h + self.volume.nz), *self.block.interior

    @property
    def above(self) -> Any:
        """Velocities (3, 1, j, i) in the layer above the first one."""
        h = self.block.halo
        return self.v[:, h - 1 : h]

    @property
    def bytes(self) -> int:
        """Memory of all arrays of this rank: state, medium, memory variables, absorbing layers."""
        arrays = [self.v, self.s, self.memory, *(layer.memory for layer in self.layers)]
        arrays += [array for name, array in self.fields.items() if name not in (*VELOCITIES, *STRESSES)]
        return sum(array.nbytes for array in arrays if array is not None)

    def own(self, array: Any) -> np.ndarray:
        """Owned cells of an array [.., k, j, i] on the host, without the halo."""
        k, j, i = (slice(*pair) for pair in self.interior)
        return self.backend.to_host(array[..., k, j, i])

    def arrange(self) -> None:
        """Make sequences of the launches that always follow each other; all is one where there are no neighbours."""
        groups, sequence = self.launches, self.backend.sequence
        self._run = {name: sequence(launches) for name, launches in groups.items()}
        if self.halo_v.is_noop and self.halo_s.is_noop:
            names = ("velocity edges", "inside", "velocity above", "stress edges")
            self._whole = sequence([launch for name in names for launch in groups[name]])

    def step(self) -> None:
        """One step without sources."""
        self.begin_step()
        self.advance()
        self.end_step()

    def begin_step(self) -> None:
        """Continue stresses above a free surface; forces of the step may be added to velocities after this."""
        self._run["stress above"]()

    def advance(self) -> None:
        """Velocities from stresses, stresses from velocities; moments may be added to stresses after this."""
        if self._whole is not None:
            self._whole()
        else:
            self._with_neighbours()

    def end_step(self) -> None:
        """Exchange the stresses of the step with neighbours."""
        self.halo_s.fill(self.s)

    def _with_neighbours(self) -> None:
        """A step in which velocities near neighbours travel while the inside is computed."""
        run, ready = self._run, self.backend.event()
        with self.backend.stream(EDGES):
            ready.wait()
            run["velocity edges"]()
            moved = self.backend.event()
            self.halo_v.start(self.v)
        moved.wait()  # velocities there come from stresses inside, and stresses inside from them
        run["inside"]()
        self.halo_v.progress()
        self.halo_v.finish(self.v)
        run["velocity above"]()
        if self.free:
            self.halo_above.fill(self.above)
        run["stress edges"]()

    def refresh(self) -> None:
        """Bring the halo up to date after the state was set from outside."""
        self.halo_v.fill(self.v)
        self.halo_s.fill(self.s)
        if self.free:
            self._run["velocity above"]()
            self.halo_above.fill(self.above)

    def energy(self) -> float:
        """Kinetic and strain energy of all ranks [J], for a medium without attenuation; float64, in rank order."""
        v, s = self.own(self.v), self.own(self.s)
        rho, lam, mu = (self.own(self.fields[name]) for name in ("rho", "lam", "mu"))
        total = 0.0
        for k in range(self.volume.nz):
            total += 0.5e3 * float(
                (rho[k].astype(np.float64) * (v[:, k].astype(np.float64) ** 2).sum(0)).sum()
            )
            total += _strain_energy(s[:, k].astype(np.float64), lam[k].astype(np.float64), mu[k])
        return math.fsum(self.comm.allgather(total)) * math.prod(self.volume.spacing)

    def motion(self) -> float:
        """Sum of the squares of all velocities of all ranks [m2/s2]: what a watch needs to see growth."""
        return math.fsum(self.comm.allgather(self.backend.square_sum(self.v)))


def _strain_energy(s: np.ndarray, lam: np.ndarray, mu: np.ndarray) -> float:
    """Strain energy per volume [J/m3] summed over a plane, s in MPa and moduli in GPa."""
    solid = mu > 0
    safe = np.where(solid, mu, 1.0)
    bulk = lam + 2 / 3 * mu
    mean = (s[0] + s[1] + s[2]) / 3
    deviators = sum((s[n] - mean) ** 2 for n in range(3)) + 2 * sum(s[n] ** 2 for n in (3, 4, 5))
    pressed = np.where(bulk > 0, mean**2 / np.where(bulk > 0, bulk, 1.0) / 2, 0.0)
    return 1e3 * float((pressed + np.where(solid, deviators / (4 * safe), 0.0)).sum())


def constants(dtype: np.dtype, volume: Grid3D, order: int, dt: float) -> elastic.Params:
    """Constants of a step of dt [s] in the run's floating-point type."""
    weights, fourth = WEIGHTS[order], WEIGHTS[4]
    plain = (
        0.0,
        0.5,
        1.0,
        2.0,
        0.25,
        4.0,
        1e-30,
        1 / weights[0],
        fourth[0] / weights[0],
        fourth[1] / weights[1],
    )
    layer = volume.dz / (UNITS * dt)
    above = (-3.0, 1.0, -0.2, -18.0, 8.0, -1.8, -6.0, 4.0, -1.0)
    scaled = [UNITS * dt / d * weight for d in volume.spacing for weight in weights]
    return elastic.Params(*map(dtype.type, (*plain, layer, *above, *scaled, *scaled)))


def build_crust(
    volume: Grid3D,
    decomposition: Decomposition,
    comm: Comm,
    backend: Backend,
    settings: CrustSettings,
    medium: Mapping[str, Any],
) -> Crust:
    """Allocate and compile everything that a step needs; the crust is at rest.

    medium holds rho, lam, mu and, with attenuation, inv_qp, inv_qs, and near_interface beside rough surfaces: arrays of
    the shape `allocated`, on the backend's device.
    """
    block = decomposition.blocks[comm.rank]
    shape = allocated_shape(block, volume.nz)
    q = backend.zeros((9, *shape))
    v, s = q[:3], q[3:]
    fields: dict[str, Any] = dict(zip((*VELOCITIES, *STRESSES), q, strict=True)) | dict(medium)
    fields.setdefault("near_interface", backend.zeros((1, 1, 1)))
    memory, tables = _memory(backend, block, shape, settings)
    crust = Crust(
        volume,
        decomposition,
        comm,
        backend,
        settings.order,
        settings.free,
        settings.dt,
        v,
        s,
        fields,
        memory,
        build_layers(volume, block, backend, settings),
        HaloExchange(comm, decomposition, (3, shape[0]), backend),
        HaloExchange(comm, decomposition, (6, shape[0]), backend),
        HaloExchange(comm, decomposition, (3, 1), backend),
    )
    parts = SweepParts(crust, settings, tables)
    crust.launches = one_per_node(comm, lambda: _plan(crust, settings, parts))
    crust.arrange()
    return crust


def _memory(
    backend: Backend, block: Block, shape: tuple[int, int, int], settings: CrustSettings
) -> tuple[Any, list]:
    """Memory variables (mechanisms in a cell, 6, k, j, i), and the table of each: relax[n, k & 1, j & 1, i]."""
    mechanisms = settings.mechanisms
    if mechanisms is None:
        return None, []
    tables = [backend.from_host(t) for t in relaxation_tables(mechanisms, block, shape[2], settings)]
    if settings.memory is None:
        return backend.zeros((len(tables), 6, *shape)), tables
    # Backends allocate values of the run's precision only; several words share the place of one.
    words = np.dtype(np.uint16)
    *outer, pitch = shape
    several = backend.dtype.itemsize // words.itemsize
    return backend.zeros((len(tables), 6, *outer, pitch // several)).view(words), tables


def relaxation_tables(
    mechanisms: Mechanisms, block: Block, pitch: int, settings: CrustSettings
) -> list[np.ndarray]:
    """Tables relax[n, k & 1, j & 1, i] of kernels.anelastic for the arrays of a block.

    Coarse-grained there is one, in which the mechanism of a cell follows from its place in the whole grid;
    conventional there is one for each mechanism.
    """
    keep, take = mechanisms.recursion(settings.dt)
    first, second = _strengths(mechanisms, settings.largest_inverse_q)
    values = np.stack([keep, take, first, second])  # (4, L)
    h = block.halo
    k = (np.arange(2) - h) & 1
    j = (np.arange(2) - h + block.j0) & 1
    i = (np.arange(pitch) - h + block.i0) & 1
    if not mechanisms.coarse:
        ones = np.ones((2, 2, pitch))
        return [values[:, n, None, None, None] * ones for n in range(len(mechanisms.omega))]
    values[2:] *= 8
    return [values[:, i + 2 * j[:, None] + 4 * k[:, None, None]]]


def _strengths(mechanisms: Mechanisms, largest: float) -> tuple[np.ndarray, np.ndarray]:
    """a and b (L,) of the shares Y = a/Q + b/Q^2 for 1/Q up to the largest one."""
    inverse = np.linspace(0.0, max(largest, 1e-6), 41)[1:]
    ratio = mechanisms.coefficients(inverse) / inverse
    b, a = np.polyfit(inverse, ratio.T, 1)
    return a, b


@dataclass
class SweepParts:
    """What runs on which box: the kernels of a group, cut to it."""

    crust: Crust
    settings: CrustSettings
    tables: list[Any]

    def __post_init__(self) -> None:
        """Bands of layers of cells [k0, k1) in the arrays, and the variant of the kernels in each."""
        nz, order, h = self.crust.volume.nz, self.settings.order, self.crust.block.halo
        top, variant = (
            (self.settings.reduced_layers, "reduced_order") if self.settings.reduced_layers else (0, "plain")
        )
        if self.settings.free and order == 8:
            top, variant = order // 2, "near_surface"
        bands = [(0, top, variant), (top, nz, "plain")] if top else [(0, nz, "plain")]
        self.bands = [(a + h, b + h, kind) for a, b, kind in bands]

    def velocity(self, box: Box3) -> list[Part]:
        """Parts that advance velocities on a box."""
        parts = [self._main("velocity", (elastic.velocity,), box, band, {}) for band in self.bands]
        for layer in self.crust.layers:
            parts += self._layer("velocity", layer, box, {})
        return parts

    def stress(self, box: Box3) -> list[Part]:
        """Parts that advance stresses on a box."""
        bodies: tuple = (elastic.stress_normal, elastic.stress_shear)
        memories = self.crust.memory if self.tables else ()
        own = [
            dict(zip(MEMORY_VARIABLES, memory, strict=True)) | {"relax": table}
            for memory, table in zip(memories, self.tables, strict=True)
        ]
        if own:  # the first mechanism is relaxed while its cell's strain is at hand
            bodies = (anelastic.stress_normal, anelastic.stress_shear)
        name = "stress_relaxing" if own else "stress"
        parts = [self._main(name, bodies, box, band, own[0] if own else {}) for band in self.bands]
        absorbing = [layer for layer in self.crust.layers if layer.kind == "cpml"]
        for layer in absorbing:
            parts += self._layer("stress", layer, box, {})
        relaxing = (anelastic.relax_normal, anelastic.relax_shear)
        for n, arrays in enumerate(own):
            if n > 0:
                parts += [self._main("relax", relaxing, box, band, arrays) for band in self.bands]
            for layer in absorbing:
                parts += self._layer("relax", layer, box, arrays)
        for layer in self.crust.layers:
            if layer.kind == "sponge":
                parts += self._layer("stress", layer, box, {})
        return parts

    def _main(self, name: str, bodies: tuple, box: Box3, band: tuple[int, int, str], own: dict) -> Part:
        kernel = self._kernel(name, *bodies, variant=band[2], relaxes=bool(own))
        return Part(kernel, _cut(box, ((band[0], band[1]), box[1], box[2])), self.crust.fields | own)

    def _kernel(
        self, name: str, *bodies: Callable, variant: str, width: int = 0, relaxes: bool = False
    ) -> Kernel:
        order, packed = self.settings.order, relaxes and self.settings.memory is not None
        if not packed:
            return elastic.kernel(name, *bodies, order=order, variant=variant, width=width)
        return elastic.kernel(
            f"{name}_bf16",
            *bodies,
            order=order,
            variant=variant,
            width=width,
            changes=anelastic.BF16,
            packed=MEMORY_VARIABLES,
        )

    def _layer(self, group: str, layer: AbsorbingLayer, box: Box3, own: dict) -> list[Part]:
        arrays = self.crust.fields | own | layer.arrays(group)
        if layer.kind == "sponge":
            body = sponge.damp_velocity if group == "velocity" else sponge.damp_stress
            kernel = elastic.kernel(body.__name__, body, order=self.settings.order)
            return [Part(kernel, _cut(box, layer.box), arrays)]
        names = {
            "velocity": ("velocity",),
            "stress": ("stress_normal", "stress_shear"),
            "relax": ("relax_normal", "relax_shear"),
        }
        bodies = [getattr(cpml, f"{name}_{layer.axis}") for name in names[group]]
        parts = []
        for first, last, variant in self.bands:
            kernel = self._kernel(
                f"{group}_{layer.axis}",
                *bodies,
                variant=variant,
                width=self.settings.cells if layer.axis == "x" else 0,
                relaxes=bool(own),
            )
            parts.append(Part(kernel, _cut(_cut(box, layer.box), ((first, last), box[1], box[2])), arrays))
        return parts


def _cut(a: Box3, b: Box3) -> Box3:
    """What two boxes share; empty ones end where they begin."""
    pairs = [(max(p[0], q[0]), min(p[1], q[1])) for p, q in zip(a, b, strict=True)]
    if any(first >= last for first, last in pairs):
        return tuple((p[0], p[0]) for p in a)  # type: ignore[return-value]
    return tuple(pairs)  # type: ignore[return-value]


def _plan(crust: Crust, settings: CrustSettings, parts: SweepParts) -> dict[str, list[Callable[[], None]]]:
    """All launches of a step.

    Near neighbours velocities are advanced first, so that they travel while the inside is computed; stresses there
    need what comes back. Below a free surface stresses wait for the velocities above it.
    """
    block, backend = crust.block, crust.backend
    p = backend.constants(constants(backend.dtype, crust.volume, settings.order, settings.dt))
    ny, nx = crust.volume.grid.shape
    wraps_y, wraps_x = crust.volume.grid.periodic
    neighbours = (
        block.i0 > 0 or wraps_x,
        block.i1 < nx or wraps_x,
        block.j0 > 0 or wraps_y,
        block.j1 < ny or wraps_y,
    )
    strips, inner = split(block, neighbours)
    lag = settings.order // 2
    k0, k1 = crust.interior[0]
    top = k0 + lag if settings.free else k0
    nowhere: Box3 = ((k0, k0), (k0, k0), (k0, k0))

    def sweep(velocity: Box3, stress: Box3) -> Callable[[], None]:
        # Always all parts, some on empty boxes: so all launches share one piece of compiled code.
        return backend.bind_sweep(parts.velocity(velocity), parts.stress(stress), lag, p)

    waiting: list[Box3] = [((top, k1), *strip) for strip in strips]
    if settings.free:
        waiting.append(((k0, top), *block.interior))
    return {
        "velocity edges": [sweep(((k0, k1), *strip), nowhere) for strip in strips],
        "inside": [sweep(((k0, k1), *inner), ((top, k1), *inner))],
        "stress edges": [sweep(nowhere, box) for box in waiting],
        **_above(crust, settings, p),
    }


def _above(crust: Crust, settings: CrustSettings, p: Any) -> dict[str, list[Callable[[], None]]]:
    if not settings.free:
        return {"stress above": [], "velocity above": []}
    k0 = crust.interior[0][0]
    launches = {}
    # The columns of the halo come from neighbours that have not continued theirs yet; it needs no other column.
    for name, body, sides in (
        ("stress above", free_surface.stress_above, crust.block.extended),
        ("velocity above", free_surface.velocity_above, crust.block.interior),
    ):
        kernel = elastic.kernel(body.__name__, body, order=settings.order)
        kernel = kernel._replace(halo=sides[0][0])
        part = Part(kernel, ((k0, k0 + 1), *sides), crust.fields)
        launches[name] = [crust.backend.bind_sweep([part], [], 0, p)]
    return launches
