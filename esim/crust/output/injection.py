"""How is the motion on the faces of a box recorded, so that a smaller block can be computed alone?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from esim.config.crust.output import InjectionOutputConfig
from esim.config.crust.root import SeismicConfig
from esim.crust.layout import STRESSES, VELOCITIES
from esim.crust.model import Crust
from esim.crust.sources.box import MARGIN, InjectionBox, require_free
from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.io.gridded.frame import Coordinate, Frame
from esim.io.gridded.snapshots import SnapshotFile
from esim.io.maps import GatheredMaps
from esim.io.writer import Writer
from esim.parallel.decomposition import Block
from esim.timestepping.clock import Clock

REACH = MARGIN  # cells on both sides of a face that another run may ask for
VARIABLES = (*VELOCITIES, *STRESSES)
MEDIUM = ("rho", "lam", "mu")


def recorded_box(config: SeismicConfig, grid: Grid3D) -> InjectionBox | None:
    """The box of output.injection, None for none; InputError where its faces are not inside the grid."""
    section = config.output.injection
    if section is None:
        return None
    box = _nearest(section, grid)
    require_free(box, grid, config.grid.boundary, "output.injection")
    return box


def _nearest(section: InjectionOutputConfig, grid: Grid3D) -> InjectionBox:
    area = grid.horizontal
    columns = tuple(round((x - area.x0) / area.dx) for x in section.x)
    rows = tuple(round((y - area.y0) / area.dy) for y in section.y)
    bottom = round((section.depth - grid.depth_min) / grid.dz)
    return InjectionBox(bottom, (rows[0], rows[1]), (columns[0], columns[1]))


@dataclass(frozen=True)
class InjectionRecorder:
    """injection.nc: velocities and stresses of all cells beside the faces of a box, every so many steps.

    Each rank has some of the cells; cells (k, j, i) of all ranks come in the order of the ranks, and `order` puts them
    in the order of the file, which is NetCDF: another run reads it.
    """

    crust: Crust
    file: GatheredMaps
    every: int
    hidden: bool = field(default=True, init=False)  # what is sent ahead of sources is recorded, too
    own: Any
    order: np.ndarray
    shape: tuple[int, int]

    def begin(self) -> None:
        """Nothing is written before the first step."""

    def write(self, clock: Clock) -> None:
        """Append the present motion: velocities at the time of the clock, stresses half a step later."""
        crust, values = self.crust, []
        for array, count in ((crust.v, 3), (crust.s, 6)):
            flat = array.reshape(count, -1)
            values += [crust.backend.to_host(flat[n][self.own]) for n in range(count)]
        pieces = crust.comm.gather(np.stack(values))
        whole = np.zeros((len(VARIABLES), 0, 0))
        if pieces is not None:
            whole = np.concatenate(pieces, axis=1)[:, self.order].reshape(len(VARIABLES), *self.shape)
        self.file.append(clock.time, clock.step)
        for name, value in zip(VARIABLES, whole, strict=True):
            self.file.put(name, value)


def open_injection(
    config: SeismicConfig,
    crust: Crust,
    writer: Writer,
    dtype: str,
    attributes: Mapping[str, str],
    onset: float,
) -> InjectionRecorder | None:
    """The recorder that a configuration asks for, of a run shown from `onset` [s]; None where it asks for none."""
    box, section = recorded_box(config, crust.grid), config.output.injection
    if box is None or section is None:
        return None
    block, h = crust.block, crust.block.halo
    k, j, i = box.cells(crust.grid, block, REACH)
    own = np.ravel_multi_index((k + h, j - block.j0 + h, i - block.i0 + h), crust.v.shape[1:])
    medium = [crust.backend.to_host(crust.fields[name]).reshape(-1)[own] for name in MEDIUM]
    pieces = crust.comm.allgather((np.stack([k, j, i]), np.stack(medium)))
    cells, media = (np.concatenate([piece[n] for piece in pieces], axis=1) for n in (0, 1))
    sort = np.lexsort(cells[::-1])
    columns = int(np.ceil(np.sqrt(sort.size)))
    rows = -(-sort.size // columns)
    order = np.pad(sort, (0, rows * columns - sort.size), mode="edge")
    frame = _frame(crust.grid, cells[:, order], media[:, order], (rows, columns))
    every = 1 if section.every is None else max(1, round(section.every / crust.dt))
    grid, area = crust.grid, crust.grid.horizontal
    about: dict[str, Any] = {
        "box": [*_edges(box.columns, area.x0, area.dx), *_edges(box.rows, area.y0, area.dy), grid.depth_min,
                grid.depth_min + box.bottom * grid.dz],
        "spacing": list(grid.spacing), "every": every * crust.dt, "stress_delay": 0.5 * crust.dt,
        "onset": onset,
        "differences": config.physics.order,
    }  # fmt: skip
    file = SnapshotFile(
        config.output.directory, frame, VARIABLES, dict(attributes) | about, stem="injection", static=None,
        start=config.time.start, compression=config.output.compression, dtype=dtype,
    )  # fmt: skip
    own = crust.backend.index(own)
    blocks = [Block(0, rows, 0, columns)] + [Block(0, 0, 0, 0)] * (crust.comm.size - 1)
    gathered = GatheredMaps(file, crust.comm, writer, frame, blocks)
    return InjectionRecorder(crust, gathered, every, own, order, (rows, columns))


def _edges(cells: tuple[int, int] | None, first: float, d: float) -> list[float]:
    if cells is None:
        raise InputError("output.injection: needs a box with four sides")
    return [first + n * d for n in cells]


def _frame(grid: Grid3D, cells: np.ndarray, media: np.ndarray, shape: tuple[int, int]) -> Frame:
    """The cells in a table, with their centres and their medium."""
    (k, j, i), area, dims = cells, grid.horizontal, ("row", "column")
    known = {
        "x": area.x0 + (i + 0.5) * area.dx,
        "y": area.y0 + (j + 0.5) * area.dy,
        "depth": grid.depth_min + (k + 0.5) * grid.dz,
    } | dict(zip(MEDIUM, media, strict=True))
    auxiliary = tuple(Coordinate(name, dims, values.reshape(shape)) for name, values in known.items())
    row, column = (Coordinate(name, (name,), np.arange(n)) for name, n in zip(dims, shape, strict=True))
    return Frame(row, column, auxiliary)
