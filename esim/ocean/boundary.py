"""What happens beyond the outer sides of the grid that a block has?"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.backends import Backend
from esim.config.ocean.physics import OceanPhysics
from esim.errors import InputError
from esim.grids.grid import SIDES, CellFunction, Grid
from esim.kernels.kernel import Kernel
from esim.kernels.ocean import boundary, forcing, tracer
from esim.ocean.domain import Domain
from esim.parallel.decomposition import Block, Box
from esim.sources.ocean.incident import Incident
from esim.timestepping.step_plan import ConstantFill, GhostFill

SAMPLES = 4001  # at which a wave is evaluated for its largest elevation
FLIPS = {
    "west": (slice(None), slice(None), slice(None)),
    "east": (slice(None), slice(None), slice(None, None, -1)),
    "south": (slice(None), slice(None), slice(None)),
    "north": (slice(None), slice(None, None, -1), slice(None)),
}


@dataclass(frozen=True)
class OuterSide:
    """A side of the grid, of some kind, at which a block lies; bodies see every side as a west side."""

    name: str
    kind: str
    shape: tuple[int, int]  # of the block with its halo
    halo: int

    @property
    def along_x(self) -> bool:
        """Whether x is the direction across the side."""
        return self.name in ("west", "east")

    @property
    def inward(self) -> int:
        """+1 where inward is the direction of growing coordinates, else -1."""
        return 1 if self.name in ("west", "south") else -1

    @property
    def components(self) -> tuple[int, int]:
        """Which component, 0 (x) or 1 (y), of a vector points across the side, and which along it."""
        return (0, 1) if self.along_x else (1, 0)

    @property
    def box(self) -> Box:
        """Cells of the inner ghost column, in views: whole sides, so that those along y fill the corners last."""
        return (0, self.shape[0 if self.along_x else 1]), (self.halo - 1, self.halo)

    def view(self, array: Any) -> Any:
        """An array [var, j, i] of the block, turned so that this side is in the west."""
        turned = array[:, : self.shape[0], : self.shape[1]][FLIPS[self.name]]
        return turned if self.along_x else turned.transpose(0, 2, 1)


def outer_sides(grid: Grid, block: Block) -> Iterator[OuterSide]:
    """The outer sides of the grid that a block has, but for periodic ones: x first, then y with the corners."""
    ny, nx = grid.shape
    nj, ni = (n + 2 * block.halo for n in block.shape)
    outer = (block.i0 == 0, block.i1 == nx, block.j0 == 0, block.j1 == ny)
    for name, kind, here in zip(SIDES, grid.boundary, outer, strict=True):
        if here and kind != "periodic":
            yield OuterSide(name, kind, (nj, ni), block.halo)


def state_fills(
    domain: Domain, physics: OceanPhysics, q: Any, bed: Any, incident: Mapping[str, Incident]
) -> list[GhostFill]:
    """Calls that fill the ghost cells of a state q[n, j, i] beyond the outer sides of a block.

    incident has the waves that come in, by side.
    """
    backend = domain.backend
    fills: list[GhostFill] = []
    for side in outer_sides(domain.grid, domain.block):
        if side.kind == "nest":
            continue  # esim.ocean.nesting.hierarchy fills them
        if side.kind == "incident":
            given = _views(side, q, bed)
            fills.append(_incident(side, domain.grid, backend, physics, given, incident[side.name]))
            continue
        kernel = boundary.WALL if side.kind == "wall" else boundary.OPEN
        fills.append(_constant_fill(domain, physics, side, kernel, q, bed))
    return fills


def _views(side: OuterSide, q: Any, bed: Any) -> dict[str, Any]:
    """A state and its bed as the kernels of a side take them."""
    view = side.view(q)
    normal, along = (1 + n for n in side.components)
    return {
        "zeta": view[0:1],
        "normal": view[normal : normal + 1],
        "along": view[along : along + 1],
        "bed": side.view(bed),
    }


def _constant_fill(
    domain: Domain, physics: OceanPhysics, side: OuterSide, kernel: Kernel, q: Any, bed: Any
) -> GhostFill:
    """A call of a kernel that fills the ghost cells beyond a side alike at all times."""
    backend = domain.backend
    values = (side.inward, physics.gravity, 0.5, 0, 1, physics.dry_depth)
    constants = backend.constants(boundary.BoundaryParams(*map(backend.dtype.type, values)))
    return ConstantFill(backend.bind(kernel, side.box, _views(side, q, bed)), constants)


def tracer_fills(domain: Domain, plane: Any) -> list[GhostFill]:
    """Calls that fill the ghost cells of a concentration [1, j, i] beyond the outer sides of a block."""
    constants = domain.backend.constants(tracer.GhostParams())
    return [
        ConstantFill(
            domain.backend.bind(tracer.EXTRAPOLATE, side.box, {"tracer": side.view(plane)}), constants
        )
        for side in outer_sides(domain.grid, domain.block)
    ]


def _incident(
    side: OuterSide,
    grid: Grid,
    backend: Backend,
    physics: OceanPhysics,
    given: dict[str, Any],
    wave: Incident,
) -> GhostFill:
    """A call that lets a wave in; where and while there is none, the side is open."""
    real = backend.dtype.type
    kernels = (boundary.INCIDENT, boundary.TOTAL) if wave.total else (boundary.INCIDENT,)
    launches = [backend.bind(kernel, side.box, given) for kernel in kernels]
    ahead = 0.5 * float(grid.cell_size()[0 if side.along_x else 1].mean())
    step = 0.01 * ahead / math.sqrt(physics.gravity)  # s, short for waves that the grid resolves

    def fill(time: float) -> None:
        acts = wave.acts(time)
        eta, growth = _with_rate(wave.eta, time, step) if acts else (0.0, 0.0)
        speed, gain, factor = (*_with_rate(wave.u, time, step), 2) if acts and wave.u else (0.0, 0.0, 4)
        values = (
            physics.gravity,
            0.25,
            0.5,
            0,
            1,
            physics.dry_depth,
            ahead,
            eta,
            growth,
            speed,
            gain,
            factor,
            wave.along is not None,
            wave.along(time) if wave.along else 0,
        )
        launches[-1 if acts else 0](
            backend.constants(boundary.IncidentParams(*map(real, (side.inward, *values))))
        )

    return fill


def _with_rate(values: Callable[[float], float], time: float, step: float) -> tuple[float, float]:
    """A value at a time [s], and its rate of change over the next step [s]."""
    now = values(time)
    return now, (values(time + step) - now) / step


def acceleration_fills(domain: Domain, array: Any) -> list[GhostFill]:
    """Calls that fill the ghost cells of a vector [2, j, i], an acceleration say, beyond the outer sides."""
    backend = domain.backend
    fills: list[GhostFill] = []
    for side in outer_sides(domain.grid, domain.block):
        view = side.view(array)
        normal, along = side.components
        given = {"normal": view[normal : normal + 1], "along": view[along : along + 1]}
        launch = backend.bind(
            forcing.REFLECT if side.kind == "wall" else forcing.EXTRAPOLATE, side.box, given
        )
        fills.append(ConstantFill(launch, backend.constants(forcing.GhostParams())))
    return fills


def check_incident(grid: Grid, elevation: CellFunction, waves: Sequence[Incident]) -> None:
    """Raises InputError if a side through which a wave comes in has no water at rest."""
    for wave in waves:
        lowest = float(_along(grid, elevation, wave.side).min())
        if lowest >= 0:
            raise InputError(
                f"incident: the {wave.side} side lies on land, its lowest cell {lowest:.3g} m above the water; a wave "
                "can come in at sea only"
            )


def maximum_depth(grid: Grid, elevation: CellFunction, side: str) -> float:
    """Depth [m] of the deepest water along a side of the grid."""
    return max(0.0, -float(_along(grid, elevation, side).min()))


def incident_courant_rate(
    grid: Grid, elevation: CellFunction, waves: Sequence[Incident], gravity: float, duration: float
) -> float:
    """Largest |u|/dx + c (1/dx + 1/dy) [1/s] of long waves that come in at incident sides of a grid, 0 for none."""
    largest = 0.0
    for wave in waves:
        if grid.boundary[SIDES.index(wave.side)] != "incident":
            continue
        times = np.linspace(max(wave.begin, 0.0), min(wave.end, duration), SAMPLES)
        highest = max(max(wave.eta(float(time)) for time in times), 0.0)
        depth = np.maximum(-_along(grid, elevation, wave.side), 0.0)
        rest_celerity, celerity = np.sqrt(gravity * depth), np.sqrt(gravity * (depth + highest) * (depth > 0))
        width, height = (size[:, None] for size in grid.cell_size(*_rows(grid, wave.side)))
        across = width if wave.side in ("west", "east") else height
        rate = 2 * (celerity - rest_celerity) / across + celerity * (1 / width + 1 / height)
        rate += wave.current * (1 / width + 1 / height)
        largest = max(largest, float(rate.max()))
    return largest


def _rows(grid: Grid, side: str) -> tuple[int, int]:
    return {"south": (0, 1), "north": (grid.ny - 1, grid.ny)}.get(side, (0, grid.ny))


def edge_cells(grid: Grid, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Centres x and y of the columns and rows of cells along a side of the grid."""
    columns = {"west": (0, 1), "east": (grid.nx - 1, grid.nx)}.get(side, (0, grid.nx))
    return grid.x(*columns), grid.y(*_rows(grid, side))


def _along(grid: Grid, elevation: CellFunction, side: str) -> Any:
    """Elevation [m] of the cells along a side of the grid."""
    return elevation(*edge_cells(grid, side))
