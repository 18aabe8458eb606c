"""How do sources move seafloor and water? Their displacement is computed once, and applied step by step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from esim.grids.grid import CellFunction, Grid
from esim.kernels.ocean import seafloor
from esim.ocean.model import Ocean
from esim.ocean.sources.initial_conditions import initial_states, initial_water
from esim.ocean.sources.kajiura import FilterScale, filter_scale, smooth, widen
from esim.ocean.sources.landslides import LONG_AGO, LandslideMotion, landslide_record
from esim.ocean.static_fields import extend_to_halo, pad_to_block
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Box, common
from esim.sources.ocean import AnySource, InitialState, Landslide, Source
from esim.sources.ocean.fault_source import FaultSource

LARGEST_UPLIFT = 50.0  # m, several times what earthquakes were seen to do
OUTLINED = 2000  # subfaults, beyond which run.json does not list them
FEWEST_CELLS = 6.0  # cells along or across a landslide, fewer of which give a poor wave


@dataclass
class Uplift:
    """Rise of the bed and of the water surface between two times [s]; at once where they are the same."""

    begin: float
    end: float
    launches: tuple[Any, Any]  # on each of the two states
    level: Any | None = None  # on the level from which waves are measured, where that moves with the bed

    def fraction(self, begin: float, end: float) -> float:
        """Fraction of the rise that happens after `begin` and up to `end` [s]."""
        if self.begin == self.end:
            return float(begin < self.begin <= end)
        overlap = min(end, self.end) - max(begin, self.begin)
        return max(0.0, overlap) / (self.end - self.begin)


class SeafloorMotion:
    """All that sources do to an ocean during a run; uplift is the final rise of the bed [m] on the owned cells.

    On a nest, around is what they do to the whole grid, and elevation has values beyond its sides too. first_depth
    and first_level, as zeta, [m] are those of the first water on the owned cells, before any source has acted; waves do
    not count.
    """

    def __init__(
        self,
        ocean: Ocean,
        sources: Sequence[AnySource],
        elevation: CellFunction,
        end: float = LONG_AGO,
        around: "SeafloorMotion | None" = None,
    ) -> None:
        self._ocean = ocean
        self._elevation, self._around = elevation, around
        self._largest: list[float] = []  # displacement of each fault [m]
        self._scales: list[FilterScale] = []  # of each filter
        bodies = [source for source in sources if isinstance(source, Landslide)]
        self._slides = LandslideMotion(ocean, bodies, end) if bodies else None
        self._rises: list[Uplift] = []
        self.uplift = np.zeros(ocean.block.shape)
        self.summary: list[dict[str, Any]] = []
        self._states = initial_states(sources)
        self._keep_first(self._begun(self._whole)[0])
        for source in sources:
            if isinstance(source, InitialState):
                self.summary.append(self._described(source))
            elif isinstance(source, Landslide):
                self.summary.append(landslide_record(ocean, source, elevation, end))
            else:
                self._add(source)
        # Time [s] after which nothing moves any more; infinite where a landslide does not stop.
        self.end = max([rise.end for rise in self._rises], default=0.0)
        if self._slides is not None:
            self.uplift += self._slides.uplift(end)
            self.end = max(self.end, self._slides.end)

    def _described(self, state: InitialState) -> dict[str, Any]:
        """What a state has, alone, for the record of the run."""
        ocean, (zeta, _, _) = self._ocean, self._begun([state])
        bed = ocean.own(ocean.bed)[0].astype(np.float64)
        wet = zeta + np.maximum(-bed, 0.0) > ocean.physics.dry_depth
        surface = (zeta + np.maximum(bed, 0.0))[wet]
        highest, lowest = (
            ocean.comm.allreduce_max(float((sign * surface).max(initial=-np.inf))) for sign in (1.0, -1.0)
        )
        none = {"moment_Nm": None, "magnitude": None, "all_water": state.whole}
        if not np.isfinite(highest):
            highest, lowest = 0.0, 0.0
        return {"source": state.name, **none, "highest_m": highest, "lowest_m": 0.0 - lowest}

    def warnings(self, duration: float) -> list[str]:
        """What is odd about the sources of a run of a duration [s], a sentence each."""
        return [text for source in self.summary for text in _odd(source, duration)]

    def _add(self, source: Source) -> None:
        ocean, comm, elevation = self._ocean, self._ocean.comm, self._elevation
        grid = self._wide(source)
        box = source.region(grid)
        field = displacement(comm, grid, source, box, elevation)
        surface = field
        if source.kajiura:
            whole = self._around
            common_scale = (
                whole._scales[len(self._scales)] if whole else filter_scale(grid, elevation, box, field)
            )
            self._scales.append(common_scale)
            surface = smooth(comm, grid, elevation, box, field, common_scale)
        box, (field, surface) = cut(grid, ocean.grid, box, (field, surface))
        bed = np.zeros_like(field) if source.target == "water" else field
        if isinstance(source, FaultSource) and source.displacement_cutoff:
            # In nests, what is negligible on the whole grid: else their water would move beside water that does not.
            known = self._around._largest[len(self._largest)] if self._around else largest(field)
            self._largest.append(known)
            weight = truncated(field, source.displacement_cutoff, known)
            field, bed, surface = field * weight, bed * weight, surface * weight
        self.summary.append(
            {
                "source": source.name,
                "moment_Nm": source.moment,
                "magnitude": source.magnitude,
                "largest_uplift_m": float(field[-1].max(initial=0.0)),
                "largest_subsidence_m": float(0.0 - field[-1].min(initial=0.0)),
                "moves_water": self._is_over_water(surface, box),
                "begins_s": float(source.times[0]),
                "ends_s": float(source.times[-1]),
            }
            | (_fault_record(source) if isinstance(source, FaultSource) else {})
        )
        inner = paste(ocean, bed[-1], box)
        h = ocean.block.halo
        self.uplift += inner[h : h + ocean.block.shape[0], h : h + ocean.block.shape[1]]
        times = source.times
        if np.any(field[0]):
            self._rise(source, times[0], times[0], bed[0], surface[0], box)
        for k in range(len(times) - 1):
            if np.any(field[k + 1] != field[k]):
                rise, lift = bed[k + 1] - bed[k], surface[k + 1] - surface[k]
                self._rise(source, times[k], times[k + 1], rise, lift, box)

    def _is_over_water(self, surface: np.ndarray, box: tuple) -> bool:
        """Whether a rise of the surface on a box of cells of the grid lifts or lowers any of the first water."""
        ocean, block = self._ocean, self._ocean.block
        wet = paste(ocean, np.abs(surface).max(axis=0), box)
        (j0, j1), (i0, i1) = block.interior
        moved = wet[j0:j1, i0:i1][self.first_depth > ocean.physics.dry_depth]
        return ocean.comm.allreduce_max(float(moved.max(initial=0.0))) > 0

    def _wide(self, source: Source) -> Grid:
        """The grid on which a source is computed: a nest's reaches as far as its filter."""
        grid = self._ocean.grid
        if self._around is None or not source.kajiura:
            return grid
        whole = self._around._ocean.grid
        return widen(grid, whole, self._around._elevation, source.region(whole))

    def _rise(
        self, source: Source, begin: float, end: float, bed: np.ndarray, surface: np.ndarray, box: tuple
    ) -> None:
        ocean = self._ocean
        both = np.stack([paste(ocean, bed, box), paste(ocean, surface, box)])
        rise = ocean.backend.from_host(pad_to_block(both, ocean.block))
        if any(ocean.grid.periodic):
            ocean.exchange(2).fill(rise)
        moved = self._reached(bed, surface, box)
        first, second = (
            ocean.backend.bind(seafloor.UPLIFT_BED, moved, {"q": q, "bed": ocean.bed, "rise": rise})
            for q in ocean.plan.states
        )
        level = None
        if ocean.level is not None and source.target == "bed":
            given = {"level": ocean.level, "bed": ocean.bed, "rise": rise}
            level = ocean.backend.bind(seafloor.UPLIFT_LEVEL, moved, given)
        self._rises.append(Uplift(float(begin), float(end), (first, second), level))
        if self._slides is not None:
            self._slides.follow(self._rises[-1].fraction, ocean.backend.to_host(rise)[0])

    def _reached(self, bed: np.ndarray, surface: np.ndarray, box: tuple) -> Box:
        """Cells of the block's arrays that a rise may move: the same cells of the grid for any number of ranks."""
        block, grid = self._ocean.block, self._ocean.grid
        (j0, j1), (i0, i1) = block.extended
        moved = (bed != 0) | (surface != 0)
        rows, columns = np.flatnonzero(moved.any(axis=1)), np.flatnonzero(moved.any(axis=0))
        if any(grid.periodic) or not rows.size:
            return block.extended
        # Beyond walls the ghost cells mirror what is up to twice the halo away.
        j, i = box[0] - block.j0 + block.halo, box[2] - block.i0 + block.halo
        south, north = j + int(rows[0]) - 2 * block.halo, j + int(rows[-1]) + 1 + 2 * block.halo
        west, east = i + int(columns[0]) - 2 * block.halo, i + int(columns[-1]) + 1 + 2 * block.halo
        first, last = min(max(south, j0), j1), max(min(north, j1), j0)
        left, right = min(max(west, i0), i1), max(min(east, i1), i0)
        return (first, max(first, last)), (left, max(left, right))

    def apply(self, begin: float, end: float) -> None:
        """Move what moves after `begin` and up to `end` [s], in the current state.

        One call begins where the one before has ended, to the last bit, or jumps are lost or done twice.
        """
        backend = self._ocean.backend
        real = backend.dtype.type
        for rise in self._rises:
            if fraction := rise.fraction(begin, end):
                dry = real(self._ocean.physics.dry_depth)
                constants = backend.constants(seafloor.UpliftParams(real(fraction), real(0), dry))
                if rise.level is not None:
                    rise.level(constants)
                rise.launches[self._ocean.plan.current](constants)
        if self._slides is not None:
            self._slides.apply(begin, end)

    @property
    def _whole(self) -> list[InitialState]:
        """The state, if there is one, that says where all the water is."""
        return [state for state in self._states if state.whole]

    @property
    def states_all_water(self) -> bool:
        """Whether a state says where all the water is."""
        return bool(self._whole)

    def fill_first(self) -> None:
        """Put the water where it is before waves and sources."""
        self._ocean.fill(*self._begun(self._whole))

    def keep_first(self) -> None:
        """Take the water as it is now for that before waves and sources."""
        self._keep_first(self._ocean.own(self._ocean.plan.state())[0].astype(np.float64))

    def _keep_first(self, zeta: np.ndarray) -> None:
        bed = self._ocean.own(self._ocean.bed)[0].astype(np.float64)
        self.first_level, self.first_depth = zeta, zeta + np.maximum(-bed, 0.0)

    def begin(self) -> None:
        """Put the water where it begins, and move what has moved by the origin time."""
        if self._states:
            self._ocean.fill(*self._begun(self._states))
            self._ocean.set_level(self.first_level)
        self.apply(-LONG_AGO, 0.0)

    def _begun(self, states: Sequence[InitialState]) -> np.ndarray:
        """zeta, hu, hv of the owned cells at the origin time, by some states."""
        ocean, block = self._ocean, self._ocean.block
        x, y = ocean.grid.x(block.i0, block.i1), ocean.grid.y(block.j0, block.j1)
        bed = ocean.own(ocean.bed)[0].astype(np.float64)
        return initial_water(states, bed, x, y, ocean.grid.lonlat, ocean.physics.dry_depth)


def _fault_record(source: FaultSource) -> dict[str, Any]:
    """What run.json has of a fault: the corners [x, y, depth] of the subfaults that move, if there are not too many, as
    x and y of the fault count (degrees if lonlat, else m), and where slip begins."""
    fault = source.fault
    moving = np.flatnonzero(fault.moving)
    outlines = [fault.outline(int(n)).tolist() for n in moving] if moving.size <= OUTLINED else []
    places = {"lonlat": fault.lonlat, "outline": outlines, "rupture_start": fault.rupture_start()}
    return {"assumed_rigidity_Pa": source.assumed_rigidity} | places


def _odd(source: dict[str, Any], duration: float) -> Iterator[str]:
    name = source["source"]
    if "largest_uplift_m" in source and not (source["largest_uplift_m"] or source["largest_subsidence_m"]):
        yield f"source {name} moves nothing: it is smaller than a cell, or has no height or slip"
    elif not source.get("moves_water", True):
        yield f"source {name} moves no water: all of it lies on dry land"
    if max(source.get("largest_uplift_m", 0.0), source.get("largest_subsidence_m", 0.0)) > LARGEST_UPLIFT:
        yield (
            f"source {name} moves the seafloor by up to {source['largest_uplift_m']:.4g} m upwards and "
            f"{source['largest_subsidence_m']:.4g} m downwards; expected metres, are they centimetres?"
        )
    if "highest_m" in source and not (source["all_water"] or source["highest_m"] or source["lowest_m"]):
        yield f"source {name} moves nothing: it lies over dry land, or outside the grid"
    if source.get("volume_m3", 1.0) == 0.0:
        yield f"source {name} moves nothing: it is smaller than a cell, or outside the grid"
    elif source.get("narrowest_cells", FEWEST_CELLS) < FEWEST_CELLS:
        yield (
            f"source {name} is {source['narrowest_cells']:.2g} cells of the grid wide or long; the wave that it makes "
            f"needs {FEWEST_CELLS:g} or more"
        )
    if source.get("begins_s", 0.0) >= duration:
        yield f"source {name} begins at {source['begins_s']:g} s, after the end of the run at {duration:g} s"
    elif source.get("ends_s", 0.0) > duration:
        yield (
            f"source {name} moves until {source['ends_s']:g} s, but the run ends at {duration:g} s: the rest of its "
            "motion is not computed"
        )


def displacement(comm: Comm, grid: Grid, source: Source, box: tuple, elevation: CellFunction) -> np.ndarray:
    """Displacement [m] of a source on a box of cells, float64 (K, nj, ni), the same on all ranks.

    Each rank computes some of the rows; a value does not depend on which.
    """
    j0, j1, i0, i1 = box
    cuts = [j0 + (j1 - j0) * n // comm.size for n in range(comm.size + 1)]
    first, last = cuts[comm.rank], cuts[comm.rank + 1]
    slopes = slope(grid, elevation, (first, last, i0, i1)) if source.horizontal_on_slope else (None, None)
    mine = source.displacement(grid.x(i0, i1), grid.y(first, last), grid.lonlat, *slopes)
    return np.concatenate(comm.allgather(mine), axis=1)


def cut(
    wide: Grid, grid: Grid, box: tuple, fields: Sequence[np.ndarray]
) -> tuple[tuple[int, int, int, int], list[np.ndarray]]:
    """The part of a box of cells of a wider grid that lies in a grid, and of fields (..., nj, ni) on it."""
    south, west = round((grid.y0 - wide.y0) / grid.dy), round((grid.x0 - wide.x0) / grid.dx)
    j0, j1, i0, i1 = box[0] - south, box[1] - south, box[2] - west, box[3] - west
    rows, columns = common((j0, j1), (0, grid.ny)), common((i0, i1), (0, grid.nx))
    inside = (slice(rows[0] - j0, rows[1] - j0), slice(columns[0] - i0, columns[1] - i0))
    return (*rows, *columns), [field[..., *inside] for field in fields]


def largest(field: np.ndarray) -> float:
    """The largest displacement [m], up or down."""
    return float(np.abs(field).max(initial=0.0))


def truncated(field: np.ndarray, fraction: float, maximum: float) -> np.ndarray:
    """Weight (nj, ni) of a displacement (K, nj, ni): 0 where below a fraction of the maximum, 1 from twice that."""
    size = np.abs(field).max(axis=0)
    ramp = np.clip(size / max(fraction * maximum, 1e-300) - 1.0, 0.0, 1.0)
    return ramp * ramp * (3.0 - 2.0 * ramp)


def slope(grid: Grid, elevation: CellFunction, box: tuple) -> tuple[np.ndarray, np.ndarray]:
    """Slopes of the bed towards east and north on a box of cells, by central differences."""
    j0, j1, i0, i1 = box
    south, north, west, east = max(j0 - 1, 0), min(j1 + 1, grid.ny), max(i0 - 1, 0), min(i1 + 1, grid.nx)
    bed = elevation(grid.x(west, east), grid.y(south, north))
    # At the edge of the grid the last difference is one-sided.
    bed = np.pad(bed, ((south - j0 + 1, j1 + 1 - north), (west - i0 + 1, i1 + 1 - east)), mode="edge")
    width, height = grid.cell_size(j0, j1)
    steps_x = 2.0 - (np.arange(i0, i1) == 0) - (np.arange(i0, i1) == grid.nx - 1)
    steps_y = 2.0 - (np.arange(j0, j1) == 0) - (np.arange(j0, j1) == grid.ny - 1)
    along_x = (bed[1:-1, 2:] - bed[1:-1, :-2]) / (steps_x[None, :] * width[:, None])
    along_y = (bed[2:, 1:-1] - bed[:-2, 1:-1]) / (steps_y * height)[:, None]
    return along_x, along_y


def paste(ocean: Ocean, field: np.ndarray, box: tuple) -> np.ndarray:
    """A field on a box of cells, zero elsewhere, as seen by this rank's block with its halo (nj, ni)."""
    grid, block = ocean.grid, ocean.block
    h = block.halo
    j0, j1, i0, i1 = box
    rows = np.arange(max(block.j0 - h, 0), min(block.j1 + h, grid.ny))
    columns = np.arange(max(block.i0 - h, 0), min(block.i1 + h, grid.nx))
    inside = np.zeros((rows.size, columns.size))
    in_j, in_i = (rows >= j0) & (rows < j1), (columns >= i0) & (columns < i1)
    if in_j.any() and in_i.any():
        inside[np.ix_(in_j, in_i)] = field[np.ix_(rows[in_j] - j0, columns[in_i] - i0)]
    return extend_to_halo(inside, grid, block)
