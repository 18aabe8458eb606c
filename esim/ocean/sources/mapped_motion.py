"""Where on the cells of a grid does the motion of the crust's block come to lie, and what of it is lost on the way?"""

from functools import partial
from typing import Any

import numpy as np

from esim.grids import spline
from esim.grids.conservative_map import ConservativeMap, column_factors
from esim.grids.grid import CellFunction
from esim.ocean.model import Ocean
from esim.ocean.sources.displacement import cut, slope
from esim.ocean.sources.kajiura import FilterScale, box_filter, deepest_water, widen
from esim.parallel.collectives import on_root
from esim.sources.ocean import SeafloorMotionSource


class FrameSupply:
    """The frames of a source as spline coefficients, each read once, by the first rank, for all grids and ranks.

    A frame is kept until all grids have asked for it. All calls are collective.
    """

    def __init__(self, ocean: Ocean, source: SeafloorMotionSource) -> None:
        self._comm, self.source = ocean.comm, source
        self._frames: Any = None  # of the first rank
        self._kept: dict[int, np.ndarray | None] = {}
        self._asked: list[int] = []  # the frame that each grid has asked for last
        self._recent: np.ndarray | None = None  # the latest frame, on the first rank
        self._last: tuple[int, np.ndarray] | None = None

    def subscribe(self) -> int:
        """The number of one more grid that will ask for frames."""
        self._asked.append(-1)
        return len(self._asked) - 1

    def take(self, grid: int, k: int) -> np.ndarray | None:
        """Coefficients (3 or 1, ny, nx) of frame k; None where there is no such frame."""
        if k not in self._kept:
            self._kept[k] = self._comm.bcast(on_root(self._comm, partial(self._prepare, k)))
        found = self._kept[k]
        self._asked[grid] = max(self._asked[grid], k)
        for old in [one for one in self._kept if one < min(self._asked)]:
            del self._kept[old]
        return found

    def take_last(self) -> tuple[int, np.ndarray]:
        """Number and coefficients of the last frame."""
        if self._last is None:
            self._last = self._comm.bcast(on_root(self._comm, self._prepare_last))
        assert self._last is not None
        return self._last

    def recent(self) -> np.ndarray | None:
        """The latest frame as it came, on the first rank; None elsewhere, and before the first one."""
        return self._recent

    def _open(self) -> Any:
        if self._frames is None:
            self._frames = self.source.open_frames()
        return self._frames

    def _prepare(self, k: int) -> np.ndarray | None:
        frame = self._open().frame(k)
        if frame is None:
            return None
        self._recent = frame
        return self.source.coefficients(frame)

    def _prepare_last(self) -> tuple[int, np.ndarray]:
        k, self._recent = self._open().last()
        return k, self.source.coefficients(self._recent)


class MappedMotion:
    """The motion of a source on a box of cells of one grid; around is that on the whole grid, for a nest.

    elevation has values beyond the sides of a nest too, from where its filter reaches into it.
    """

    def __init__(
        self,
        ocean: Ocean,
        source: SeafloorMotionSource,
        elevation: CellFunction,
        around: "MappedMotion | None" = None,
    ) -> None:
        self._ocean, self._source, self._elevation = ocean, source, elevation
        grid, comm = ocean.grid, ocean.comm
        if around is not None and source.kajiura:
            whole = around._ocean.grid
            grid = widen(grid, whole, around._elevation, source.region(whole))
        self._grid, self._wide_box = grid, source.region(grid)
        self.box, _ = cut(grid, ocean.grid, self._wide_box, ())
        if self.empty:
            self.box = 0, 0, 0, 0
            return
        j0, j1, i0, i1 = self._wide_box
        cuts = [j0 + (j1 - j0) * n // comm.size for n in range(comm.size + 1)]
        rows = cuts[comm.rank], cuts[comm.rank + 1]
        self._map = ConservativeMap(source.cells, grid, self._wide_box, rows)
        mine = self._map.areas()
        total = comm.reduction(mine.size, "sum")
        total.values[:] = mine.ravel()
        total.start()
        self._areas = total.wait().reshape(mine.shape).copy()
        self._factors = column_factors(source.cells, grid, self._areas)
        self._slopes = slope(grid, elevation, (*rows, i0, i1)) if source.slopes_count else None
        self._scale = self._filter_scale(around) if source.kajiura else None
        self._filter = (
            box_filter(grid, elevation, self._wide_box, self._scale)
            if self._scale is not None and comm.rank == 0
            else None
        )

    def _filter_scale(self, around: "MappedMotion | None") -> FilterScale:
        """What the filters of all grids have in common: the cells are those in the middle of the block."""
        if around is not None:
            assert around._scale is not None
            return around._scale
        j0, j1, _, _ = self._wide_box
        middle = float(self._grid.y((j0 + j1) // 2, (j0 + j1) // 2 + 1)[0])
        return FilterScale(deepest_water(self._grid, self._elevation, self._wide_box), middle)

    @property
    def empty(self) -> bool:
        """Whether the block reaches no cell of the grid."""
        return self.box[0] >= self.box[1] or self.box[2] >= self.box[3]

    def fields(self, coefficients: np.ndarray) -> np.ndarray:
        """Displacement [m] of the bed and of the water surface, (2, nj, ni), on the box. Collective."""
        parts = self._map.apply(coefficients * self._factors)
        rise = parts[-1]
        if self._slopes is not None:
            rise = rise - parts[0] * self._slopes[0] - parts[1] * self._slopes[1]
        field = self._gather(rise)
        surface = field
        if self._scale is not None:
            surface = self._ocean.comm.bcast(field if self._filter is None else self._filter(field))
        bed = field if self._source.target == "bed" else np.zeros_like(field)
        _, found = cut(self._grid, self._ocean.grid, self._wide_box, (bed, surface))
        return np.stack(found)

    def _gather(self, rows: np.ndarray) -> np.ndarray:
        """The rows of all ranks."""
        return np.concatenate(self._ocean.comm.allgather(rows), axis=-2)

    def volumes(self, frame: np.ndarray | None) -> dict[str, float]:
        """Volumes [m3] of the vertical displacement of a frame, which the first rank has, for run.json. Collective.

        That of the frame, what the taper took, what lies beyond the grid, and what the grid has; the error is what is
        missing in the sum, over the volume moved up or down.
        """
        comm, source, cells = self._ocean.comm, self._source, self._source.cells
        given, tapered = comm.bcast(
            (0.0, np.zeros(0)) if frame is None else (source.volume(frame), frame[-1] * source.window)
        )
        coefficients = spline.coefficients(tapered)
        mapped = self._gather(self._map.apply(self._factors * coefficients))
        width, height = self._grid.cell_size(*self._wide_box[:2])
        on_grid = float((mapped * (width * height)[:, None]).sum())
        inside = float((cells.areas * tapered).sum())
        carried = self._factors * self._areas * cells.areas
        outside = float(((spline.spread(cells.areas) - carried) * coefficients).sum())
        moved = float((cells.areas * np.abs(tapered)).sum())
        return {
            "volume_in_record_m3": given,
            "volume_tapered_m3": given - inside,
            "volume_outside_grid_m3": outside,
            "volume_on_grid_m3": on_grid,
            "volume_error": abs(inside - outside - on_grid) / moved if moved else 0.0,
        }
