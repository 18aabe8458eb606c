"""What runs on which cells? The kernels of a step, cut to boxes and bound to arrays.

Near neighbours velocities are advanced first, so that they travel while the inside is computed; stresses there need
what comes back. In the uppermost layers below a free surface stresses wait for all velocities.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.crust.absorbing_layers import AbsorbingLayer
from esim.crust.layout import MEMORY_VARIABLES, Box3, intersect
from esim.crust.settings import CrustSettings
from esim.crust.state import CrustState
from esim.grids.closure import ABOVE, CLOSURES, SLOPE_ABOVE
from esim.grids.grid3d import Grid3D
from esim.kernels.crust import anelastic, cpml, elastic, free_surface, sea_surface, sponge
from esim.kernels.crust.staggered import WEIGHTS
from esim.kernels.kernel import Kernel, Part
from esim.timestepping.step_plan import split

UNITS = 1e3  # MPa over g/cm3, and GPa over MPa: what both steps multiply differences by
Launch = Callable[[], None]
Bands = list[
    tuple[int, int, str]
]  # layers of cells [k0, k1) in the arrays, and the variant of the kernels in each


@dataclass(frozen=True)
class Launches:
    """The compiled pieces of a step, each one call; whole has all of them, for a rank without neighbours."""

    velocity_edges: Launch
    inside: Launch
    velocity_above: Launch
    stress_edges: Launch
    whole: Launch


def constants(dtype: np.dtype, grid: Grid3D, order: int, dt: float) -> elastic.Params:
    """Constants of a step of dt [s] in the run's floating-point type."""
    weights = WEIGHTS[order]
    plain = (0.0, 0.5, 1.0, 2.0, 0.25, 4.0, 1e-30, 1 / weights[0])
    above = (*ABOVE, SLOPE_ABOVE * grid.dz / (UNITS * dt))
    scaled = [UNITS * dt / d * weight for d in grid.spacing for weight in weights]
    return elastic.Params(*map(dtype.type, (*plain, *above, *scaled, *scaled)))


def closure_weights(dtype: np.dtype, grid: Grid3D, order: int, dt: float) -> np.ndarray:
    """What near_interface holds in the uppermost layers below a flat free surface."""
    return CLOSURES[order].table(order // 2, UNITS * dt / grid.dz, dtype)


def bands(settings: CrustSettings, layers: int, halo: int) -> Bands:
    """The layers that the variants of the kernels are for, of all layers of a grid."""
    closed = CLOSURES[settings.order].depth if settings.free else 0
    if closed > layers:
        raise ValueError(f"{layers} layers are too few below a free surface, which closes over {closed}")
    reduced = max(min(settings.reduced_layers, layers), closed)
    found = [(0, closed, "near_surface"), (closed, reduced, "reduced_order"), (reduced, layers, "plain")]
    return [(a + halo, b + halo, kind) for a, b, kind in found if a < b]


class SweepParts:
    """What runs on which box: the kernels of a group, cut to it."""

    def __init__(self, state: CrustState) -> None:
        self._state, self._settings = state, state.settings
        self._bands = bands(state.settings, state.grid.nz, state.block.halo)
        weights = closure_weights(state.backend.dtype, state.grid, state.settings.order, state.settings.dt)
        self._closure = state.backend.from_host(weights)

    def velocity(self, box: Box3) -> list[Part]:
        """Parts that advance velocities on a box."""
        parts = [self._main("velocity", (elastic.velocity,), box, band, {}) for band in self._bands]
        for layer in self._state.layers:
            parts += self._layer("velocity", layer, box, {})
        return parts + self._sea_surface(box)

    def stress(self, box: Box3) -> list[Part]:
        """Parts that advance stresses on a box."""
        bodies: tuple = (elastic.stress_normal, elastic.stress_shear)
        memories = self._state.memory if self._state.relaxation else ()
        own = [
            dict(zip(MEMORY_VARIABLES, memory, strict=True)) | {"relax": table}
            for memory, table in zip(memories, self._state.relaxation, strict=True)
        ]
        if own:  # the first mechanism is relaxed while its cell's strain is at hand
            bodies = (anelastic.stress_normal, anelastic.stress_shear)
        name = "stress_relaxing" if own else "stress"
        parts = [self._main(name, bodies, box, band, own[0] if own else {}) for band in self._bands]
        absorbing = [layer for layer in self._state.layers if layer.kind == "cpml"]
        for layer in absorbing:
            parts += self._layer("stress", layer, box, {})
        relaxing = (anelastic.relax_normal, anelastic.relax_shear)
        for n, arrays in enumerate(own):
            if n > 0:
                parts += [self._main("relax", relaxing, box, band, arrays) for band in self._bands]
            for layer in absorbing:
                parts += self._layer("relax", layer, box, arrays)
        for layer in self._state.layers:
            if layer.kind == "sponge":
                parts += self._layer("stress", layer, box, {})
        return parts

    def _sea_surface(self, box: Box3) -> list[Part]:
        """What gravity does at the sea surface, after all else; at sides water is damped before."""
        sea = self._state.sea
        if sea is None:
            return []
        body = sea_surface.velocity_at_sea_surface
        kernel = elastic.kernel(body.__name__, body, order=self._settings.order)
        place = intersect(box, ((sea.k, sea.k + 1), *self._state.block.interior))
        damp = elastic.kernel("damp_velocity", sponge.damp_velocity, order=self._settings.order)
        damped = [
            Part(damp, intersect(box, layer.box), self._state.fields | layer.arrays()) for layer in sea.layers
        ]
        return [*damped, Part(kernel, place, self._state.fields | sea.arrays())]

    def _main(self, name: str, bodies: tuple, box: Box3, band: tuple[int, int, str], own: dict) -> Part:
        kernel = self._kernel(name, *bodies, variant=band[2], relaxes=bool(own))
        return Part(kernel, intersect(box, ((band[0], band[1]), box[1], box[2])), self._fields(band[2]) | own)

    def _fields(self, variant: str) -> dict[str, Any]:
        """The fields as kernels of a variant take them."""
        own = {"near_interface": self._closure} if variant == "near_surface" else {}
        return self._state.fields | own

    def _kernel(
        self, name: str, *bodies: Callable, variant: str, width: int = 0, relaxes: bool = False
    ) -> Kernel:
        order, packed = self._settings.order, relaxes and self._settings.memory is not None
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
        arrays = own | layer.arrays(group)
        if layer.kind == "sponge":
            body = sponge.damp_velocity if group == "velocity" else sponge.damp_stress
            kernel = elastic.kernel(body.__name__, body, order=self._settings.order)
            return [Part(kernel, intersect(box, layer.box), self._state.fields | arrays)]
        names = {
            "velocity": ("velocity",),
            "stress": ("stress_normal", "stress_shear"),
            "relax": ("relax_normal", "relax_shear"),
        }
        bodies = [getattr(cpml, f"{name}_{layer.axis}") for name in names[group]]
        parts = []
        for first, last, variant in self._bands:
            kernel = self._kernel(
                f"{group}_{layer.axis}",
                *bodies,
                variant=variant,
                width=self._settings.cells if layer.axis == "x" else 0,
                relaxes=bool(own),
            )
            place = intersect(intersect(box, layer.box), ((first, last), box[1], box[2]))
            parts.append(Part(kernel, place, self._fields(variant) | arrays))
        return parts


def plan_launches(state: CrustState) -> Launches:
    """Compile all pieces of a step."""
    parts, settings, backend = SweepParts(state), state.settings, state.backend
    p = backend.constants(constants(backend.dtype, state.grid, settings.order, settings.dt))
    edges, inner = split(state.block, _neighbours(state))
    lag = settings.order // 2
    k0, k1 = state.interior[0]
    # In the closure all layers look at each other, so that stresses there wait for all velocities.
    top = min(k0 + CLOSURES[settings.order].depth, k1) if settings.free else k0
    nowhere: Box3 = ((k0, k0), (k0, k0), (k0, k0))

    def sweep(velocity: Box3, stress: Box3) -> Launch:
        # Always all parts, some on empty boxes: so all launches share one piece of compiled code.
        return backend.bind_sweep(parts.velocity(velocity), parts.stress(stress), lag, p)

    waiting: list[Box3] = [((top, k1), *edge) for edge in edges]
    if settings.free:
        waiting.append(((k0, top), *state.block.interior))
    velocity_edges = [sweep(((k0, k1), *edge), nowhere) for edge in edges]
    inside = [sweep(((k0, k1), *inner), ((top, k1), *inner))]
    stress_edges = [sweep(nowhere, box) for box in waiting]
    velocity_above = _velocity_above(state, p)
    return Launches(
        velocity_edges=backend.sequence(velocity_edges),
        inside=backend.sequence(inside),
        velocity_above=backend.sequence(velocity_above),
        stress_edges=backend.sequence(stress_edges),
        whole=backend.sequence([*velocity_edges, *inside, *velocity_above, *stress_edges]),
    )


def _neighbours(state: CrustState) -> tuple[bool, bool, bool, bool]:
    """Whether there is one in the west, the east, the south and the north, itself across periodic sides."""
    block, (ny, nx) = state.block, state.grid.horizontal.shape
    wraps_y, wraps_x = state.grid.horizontal.periodic
    return (
        block.i0 > 0 or wraps_x,
        block.i1 < nx or wraps_x,
        block.j0 > 0 or wraps_y,
        block.j1 < ny or wraps_y,
    )


def _velocity_above(state: CrustState, p: Any) -> list[Launch]:
    """The kernel of the layer above a free surface."""
    if not state.settings.free:
        return []
    k0 = state.interior[0][0]
    kernel = elastic.kernel("velocity_above", free_surface.velocity_above, order=state.settings.order)
    part = Part(kernel, ((k0, k0 + 1), *state.block.interior), state.fields)
    return [state.backend.bind_sweep([part], [], 0, p)]
