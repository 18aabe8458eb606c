"""How does the recorded field of another run enter? Through the faces of the same box, in this grid."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.config.crust.root import SeismicConfig
from esim.crust.medium.ground import Ground
from esim.crust.medium.medium import CrustMedium
from esim.crust.model import Crust
from esim.crust.sources.box import InjectionBox, require_free
from esim.crust.sources.box_injection import STRESS, BoxInjection, medium_column
from esim.crust.sources.injection import Rates
from esim.crust.sources.interpolation import POINTS, lagrange
from esim.crust.sources.stencils import read_stencils
from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.sources.crust.injected import InjectedField

ALIKE = 2e-3  # relative difference of moduli and densities up to which a medium is the same


def box_of(field: InjectedField, grid: Grid3D) -> InjectionBox:
    """The box of a file in the cells of a grid."""
    area = grid.horizontal
    x0, x1, y0, y1, _, bottom = field.box
    columns = round((x0 - area.x0) / area.dx), round((x1 - area.x0) / area.dx)
    rows = round((y0 - area.y0) / area.dy), round((y1 - area.y0) / area.dy)
    return InjectionBox(round((bottom - grid.depth_min) / grid.dz), rows, columns)


def check_injected(config: SeismicConfig, field: InjectedField, ground: Ground) -> Iterator[str]:
    """Warnings of a field; InputError where it does not fit the grid, the physics or the medium."""
    medium = ground.medium
    if config.physics.memory_variable_precision is not None:
        raise InputError(
            "physics.memory_variable_precision: an injected field needs full precision; leave it out"
        )
    if config.grid.surface == "absorbing":
        raise InputError("injection: needs grid.surface 'free', as the run that recorded it")
    if field.order != config.physics.order:
        raise InputError(
            f"physics.order: {field.path.name} was recorded with order {field.order}; expected the same"
        )
    box = box_of(field, medium.grid)
    require_free(box, medium.grid, config.grid.boundary, field.path.name)
    if (at := _other_medium(field, medium, box)) is not None:
        x, y, depth = at
        raise InputError(
            f"{field.path.name}: the medium at x {x:g}, y {y:g}, depth {depth:g} m differs from that of the run that "
            "recorded it; expected the same along the faces of the box"
        )
    if field.end < config.time.duration - field.every:
        yield (
            f"{field.path.name}: ends at {field.end:.4g} s, before the run does at {config.time.duration:g} s; nothing "
            "enters after it"
        )


def _other_medium(field: InjectedField, medium: CrustMedium, box: InjectionBox) -> np.ndarray | None:
    """The first cell beside the faces whose density or rigidity is another one; None where there is none.

    Rigidities of lossy media are compared to 10 %: in the file they are unrelaxed.
    """
    known = _numbered(field, medium.grid)
    for (k0, k1), rows, columns in box.around(medium.grid, 1):
        _, mu, rho = medium.cells(((k0, k1), rows, columns))[:3]
        k, j, i = np.meshgrid(np.arange(k0, k1), np.arange(*rows), np.arange(*columns), indexing="ij")
        at = known(k.ravel(), j.ravel(), i.ravel())
        apart = np.abs(field.medium[0, at] - rho.ravel() / 1e3) > ALIKE * field.medium[0, at]
        apart |= np.abs(field.medium[2, at] - mu.ravel() / 1e9) > 0.1 * field.medium[2, at]
        if apart.any():
            return np.asarray(field.position[:, at[apart][0]])
    return None


def _numbered(field: InjectedField, grid: Grid3D) -> Callable[[Any, Any, Any], np.ndarray]:
    """What gives the numbers in a file of cells (k, j, i) of a grid."""
    area = grid.horizontal
    firsts = np.array([area.x0, area.y0, grid.depth_min])
    cells = np.floor((field.position.T - firsts) / grid.spacing).astype(np.int64)
    size = np.abs(cells).max() + 16
    keys, where = np.unique(_key(cells[:, 2], cells[:, 1], cells[:, 0], size), return_index=True)

    def number(k: np.ndarray, j: np.ndarray, i: np.ndarray) -> np.ndarray:
        wanted = _key(k, j, i, size)
        at = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
        if (keys[at] != wanted).any():
            raise InputError(f"{field.path.name}: lacks cells beside the faces of its box; record it again")
        return np.asarray(where[at])

    return number


def _key(k: Any, j: Any, i: Any, size: int) -> np.ndarray:
    return np.asarray((k * 2 * size + j + size) * 2 * size + i + size)


@dataclass(frozen=True)
class RecordedField:
    """The recorded field in the nodes of a grid."""

    field: InjectedField
    number: Callable[[Any, Any, Any], np.ndarray]

    def rates(self, variable: np.ndarray, k: np.ndarray, j: np.ndarray, i: np.ndarray) -> Rates:
        """What gives velocities [m/s] (variable 0..2) and stresses [MPa] (3..8) at nodes (n,) of the grid."""
        field, at = self.field, self.number(k, j, i)
        late = field.begin + np.where(variable < STRESS, 0.0, field.stress_delay)

        def values(times: np.ndarray) -> np.ndarray:
            if not variable.size:
                return np.zeros((times.size, 0))
            shift = late[:1]  # velocities and stresses never come together
            where = (times - shift) / field.every
            first = np.floor(where + 1e-6).astype(int) - (POINTS // 2 - 1)
            low, high = max(0, int(first.min())), min(field.records, int(first.max()) + POINTS)
            if low >= high:
                return np.zeros((times.size, variable.size))
            read = field.read(low, high)[variable, :, at]  # (n, records)
            weights = lagrange(where - first - (POINTS // 2 - 1))
            total = np.zeros((times.size, variable.size))
            for n in range(POINTS):
                m = first + n
                good = (m >= low) & (m < high)
                total[good] += weights[n][good, None] * read[:, m[good] - low].T
            return total

        return values


def inject_fields(config: SeismicConfig, crust: Crust, sources: Sequence[Any]) -> Iterator[BoxInjection]:
    """What the recorded fields among some sources add."""
    for source in sources:
        if isinstance(source, InjectedField):
            box = box_of(source, crust.grid)
            column = medium_column(crust, box)
            stencils = read_stencils(crust.grid, crust.settings, column, crust.grid.nz)
            field = RecordedField(source, _numbered(source, crust.grid))
            yield BoxInjection(crust, box, stencils, [field], column)
