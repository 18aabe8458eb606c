"""Where is each gauge recorded? In the finest grid around it, on land as well, or in the nearest water."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from esim.config.ocean.root import TsunamiConfig
from esim.config.ocean.station import GaugeConfig
from esim.config.stations.groups import skipped_warning
from esim.config.yaml.suggest import several
from esim.errors import InputError
from esim.grids.grid import CellFunction, Grid
from esim.grids.nested_grid import NestedGrid
from esim.ocean.nesting.grid_level import GridMedia
from esim.ocean.nesting.hierarchy import OceanLevel
from esim.ocean.output.gauges import bilinear_cells, finest_grid
from esim.ocean.sources.initial_conditions import initial_water
from esim.sources.geodesy import Box, box, local
from esim.sources.ocean import InitialState

MOST_KEPT = 2_000_000  # cells that are looked at together, roughly
SNAP_CELLS = 5  # how far a gauge is moved at most, unless the configuration says how far
FARTHER = 10  # times as far water is looked for, to say where it is
MOVED = 0.05  # m that the ground moves until it matters whether a gauge moves with it
Near = tuple[float, float, float]  # distance [m] and centre x, y of a cell


@dataclass(frozen=True)
class GaugePlace:
    """A gauge and where it is recorded: position (x, y) as the grid counts, moved [m] from the one that was given.

    ground [m] is the height of the cell that was given above the still water, dry whether it sees no water at first.
    """

    gauge: GaugeConfig
    position: tuple[float, float]
    moved: float
    ground: float
    dry: bool

    @property
    def name(self) -> str:
        """Name of the gauge."""
        return self.gauge.name

    @property
    def on_land(self) -> bool:
        """Whether it stands on land, so that it sees its own cell alone: water in the next ones is not at its feet."""
        return self.ground >= 0 and not self.moved

    def record(self) -> dict[str, Any]:
        """What run.json has of it."""
        keys = ("lon", "lat") if self.gauge.lonlat else ("x", "y")
        given = {f"{key}_given": value for key, value in zip(keys, self.gauge.position, strict=True)}
        return {
            "name": self.name,
            **dict(zip(keys, self.position, strict=True)),
            **(given | {"moved_m": self.moved} if self.moved else {}),
            "dry_at_first": self.dry,
            **({"kind": self.gauge.kind} if self.gauge.kind != "surface" else {}),
            **self._observed(),
        }

    def _observed(self) -> dict[str, Any]:
        """What is known of its record, if it has one of its own."""
        file, after = self.gauge.observed, self.gauge.observed_after
        found = {"observed": None if file is None else str(file), "observed_after": after}
        return {key: value for key, value in found.items() if value is not None}


@dataclass(frozen=True)
class FirstWater:
    """The water as it begins on a grid, over elevation [m above the still water]: where is it deeper than dry [m]?

    kept has the cells of one window, once that was looked at as a whole, so that files are opened once for many gauges.
    """

    grid: Grid
    elevation: CellFunction
    states: Sequence[InitialState]
    dry: float
    kept: dict[Box, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def keep(self, window: Box) -> None:
        """Look at the cells of a window at once, in place of those that were kept before."""
        self.kept.clear()
        self.kept[window] = self.look(window)

    def look(self, window: Box) -> tuple[np.ndarray, np.ndarray]:
        """Height [m] above the still water of the cells (j0, j1, i0, i1) of the grid, and whether there is water."""
        j0, j1, i0, i1 = window
        for (south, north, west, east), (bed, wet) in self.kept.items():
            if south <= j0 and j1 <= north and west <= i0 and i1 <= east:
                inside = slice(j0 - south, j1 - south), slice(i0 - west, i1 - west)
                return bed[inside], wet[inside]
        x, y = self.grid.x(i0, i1), self.grid.y(j0, j1)
        bed = np.asarray(self.elevation(x, y))
        zeta = initial_water(self.states, bed, x, y, self.grid.lonlat, self.dry)[0]
        return bed, np.asarray(zeta + np.maximum(-bed, 0.0) > self.dry)

    def around(self, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same of the four cells around a gauge, whose numbers may count on beyond a seam."""
        j, i = int(rows[0]), int(columns[0])
        if j + 2 <= self.grid.ny and i + 2 <= self.grid.nx:
            bed, wet = self.look((j, j + 2, i, i + 2))
            return bed.ravel(), wet.ravel()
        cells = zip((rows % self.grid.ny).tolist(), (columns % self.grid.nx).tolist(), strict=True)
        looks = [self.look((j, j + 1, i, i + 1)) for j, i in cells]
        return np.array([bed[0, 0] for bed, _ in looks]), np.array([wet[0, 0] for _, wet in looks])

    def nearest(self, x: float, y: float, reach: float) -> Near | None:
        """Distance [m] and centre of the nearest cell with water, at most reach [m] away; None where there is none."""
        radius = min(reach, 2 * _cell(self.grid, y))
        while True:
            j0, j1, i0, i1 = window = box(self.grid, x, y, radius)
            distance = np.hypot(*local(self.grid.x(i0, i1), self.grid.y(j0, j1), x, y, self.grid.lonlat))
            distance = np.where(self.look(window)[1] & (distance <= radius), distance, np.inf)
            if distance.size and np.isfinite(distance).any():
                j, i = divmod(int(distance.argmin()), i1 - i0)
                centre = float(self.grid.x(i0 + i, i0 + i + 1)[0]), float(self.grid.y(j0 + j, j0 + j + 1)[0])
                return float(distance[j, i]), *centre
            if radius >= reach:
                return None
            radius = min(2 * radius, reach)


def first_waters(
    cfg: TsunamiConfig,
    grids: Sequence[NestedGrid],
    media: Sequence[GridMedia],
    states: Sequence[InitialState],
) -> list[FirstWater]:
    """The water as it begins on all grids of a run, in some states."""
    return [
        FirstWater(nest.grid, medium.elevation, states, cfg.physics.dry_depth)
        for nest, medium in zip(grids, media, strict=True)
    ]


def place_gauges(waters: Sequence[FirstWater], gauges: Sequence[GaugeConfig]) -> tuple[GaugePlace, ...]:
    """Where the gauges are recorded, on grids with their water at first.

    Raises InputError with a sentence for each that lies outside all grids, or is to be moved into water that is not
    near it.
    """
    places: dict[int, GaugePlace] = {}
    problems: dict[int, str] = {}
    for water, numbers in _near_each_other(waters, gauges):
        for n in numbers:
            try:
                places[n] = _place(waters, water, gauges[n])
            except InputError as error:
                problems[n] = str(error)
    if problems:
        raise InputError("\n".join(problems[n] for n in sorted(problems)))
    return tuple(places[n] for n in range(len(gauges)))


def _near_each_other(
    waters: Sequence[FirstWater], gauges: Sequence[GaugeConfig]
) -> Iterator[tuple[FirstWater | None, list[int]]]:
    """Numbers of gauges in the same finest grid, None for none, and in rows of it whose cells it keeps meanwhile."""
    bands: dict[tuple[int, int] | None, list[int]] = {}
    for n, gauge in enumerate(gauges):
        found = finest_grid([water.grid for water in waters], *gauge.position)
        band = None
        if found is not None:
            grid = waters[found].grid
            band = found, math.floor(grid.index(*gauge.position)[0]) // max(1, MOST_KEPT // grid.nx)
        bands.setdefault(band, []).append(n)
    for band, numbers in bands.items():
        water = None if band is None else waters[band[0]]
        if water is not None and len(numbers) > 1:
            water.keep(_around(water.grid, [gauges[n].position for n in numbers]))
        yield water, numbers
        if water is not None:
            water.kept.clear()


def _around(grid: Grid, positions: Sequence[tuple[float, float]]) -> Box:
    """The cells of a grid around some positions, with those beside them to which gauges are moved."""
    cells = np.floor([grid.index(*position) for position in positions]).astype(int)
    (j0, i0), (j1, i1) = cells.min(axis=0) - SNAP_CELLS, cells.max(axis=0) + SNAP_CELLS + 2
    return max(int(j0), 0), min(int(j1), grid.ny), max(int(i0), 0), min(int(i1), grid.nx)


def _place(waters: Sequence[FirstWater], water: FirstWater | None, gauge: GaugeConfig) -> GaugePlace:
    """Where a gauge is recorded, in which water as the finest grid around it has it."""
    x, y = gauge.position
    if water is None:
        raise InputError(f"stations: gauge '{gauge.name}' at ({x:.9g}, {y:.9g}) lies outside the grid")
    rows, columns, weights = bilinear_cells(water.grid, x, y)
    bed, wet = water.around(rows, columns)
    nearest = int(weights.argmax())
    ground = float(bed[nearest])
    if gauge.snap == "water" and not wet[nearest]:
        moved, x, y = _move(waters, gauge, _cell(water.grid, y), ground)
        return GaugePlace(gauge, (x, y), moved, ground, dry=False)
    seen = wet[nearest] if ground >= 0 else wet[weights > 0].any()
    return GaugePlace(gauge, (x, y), 0.0, ground, dry=not seen)


def _move(waters: Sequence[FirstWater], gauge: GaugeConfig, cell: float, ground: float) -> Near:
    """Where a gauge on land moves, in whose grid cells are so large [m]."""
    reach = gauge.snap_distance or SNAP_CELLS * cell
    if (found := _nearest_water(waters, gauge.position, reach)) is not None:
        return found
    x, y = gauge.position
    text = (
        f"stations: gauge '{gauge.name}' at ({x:.9g}, {y:.9g}) is on land, {ground:.1f} m above the water, and "
        f"there is no water within snap_distance, {reach:.0f} m"
    )
    if (beyond := _nearest_water(waters, gauge.position, FARTHER * reach)) is not None:
        text += f"; the nearest is {beyond[0]:.0f} m away, at ({beyond[1]:.9g}, {beyond[2]:.9g})"
    raise InputError(text)


def _nearest_water(waters: Sequence[FirstWater], position: tuple[float, float], reach: float) -> Near | None:
    """The nearest cell with water in any grid around a position, unless a finer grid knows better there."""
    grids = [water.grid for water in waters]
    found = []
    for n, water in enumerate(waters):
        near = water.nearest(*position, reach) if water.grid.contains(*position) else None
        if near is not None and finest_grid(grids, *near[1:]) == n:
            found.append(near)
    return min(found, default=None)


def _cell(grid: Grid, y: float) -> float:
    """The longer side [m] of the cells of the row at y."""
    row = min(max(math.floor(grid.index(grid.x0, y)[0] + 0.5), 0), grid.ny - 1)
    width, height = grid.cell_size(row, row + 1)
    return float(max(width[0], height[0]))


def _unused_keys(places: Sequence[GaugePlace]) -> Iterator[str]:
    """Sentences about settings of gauges that need another one."""
    gauges = [place.gauge for place in places]
    still = [f"'{one.name}'" for one in gauges if one.snap_distance is not None and one.snap is None]
    if still:
        yield f"stations: snap_distance is not used without snap: {', '.join(still)}"
    alone = [f"'{one.name}'" for one in gauges if one.observed_after is not None and one.observed is None]
    if alone:
        yield f"stations: observed_after is not used without observed: {', '.join(alone)}"


def gauge_warnings(places: Sequence[GaugePlace], skipped: Sequence[GaugeConfig]) -> Iterator[str]:
    """Sentences about gauges that were left out, moved, or are on land."""
    yield from skipped_warning(skipped)
    yield from _unused_keys(places)
    moved = [f"'{one.name}' by {one.moved:.0f} m" for one in places if one.moved]
    if moved:
        yield f"stations: moved to the nearest water: {several(moved)}"
    land = [
        f"'{one.name}' ({abs(one.ground):.1f} m {'above' if one.ground >= 0 else 'below'} the water)"
        for one in places
        if one.dry
    ]
    if land:
        yield f"stations: on land, where eta is missing until water comes (snap: water moves them): {several(land)}"


def moving_ground(places: Sequence[GaugePlace], levels: Sequence[OceanLevel]) -> Iterator[str]:
    """A sentence about gauges with records on ground that sources move, of which nobody has said the kind.

    All ranks take part.
    """
    unsaid = [
        place for place in places if place.gauge.observed and "kind" not in place.gauge.model_fields_set
    ]
    rises = [(place.name, _rise(levels, *place.position)) for place in unsaid]
    moved = [f"'{name}' by {rise:+.2f} m" for name, rise in rises if abs(rise) > MOVED]
    if moved:
        yield (
            f"stations: sources move the ground under {', '.join(moved)}; compared with the record is eta, as at kind: "
            "surface, but a gauge that moves with the ground needs kind: pressure"
        )


def _rise(levels: Sequence[OceanLevel], x: float, y: float) -> float:
    """How far [m] the sources lift the cell at x, y of the finest grid there, in the end."""
    found = finest_grid([level.ocean.grid for level in levels], x, y)
    assert found is not None  # the gauge has been placed in one
    ocean, uplift = levels[found].ocean, levels[found].motion.uplift
    cells = zip(ocean.grid.index(x, y), ocean.grid.shape, strict=True)
    j, i = (min(max(math.floor(index + 0.5), 0), count - 1) for index, count in cells)
    block = ocean.block
    mine = float(uplift[j - block.j0, i - block.i0]) if block.owns(j, i) else -math.inf
    return ocean.comm.allreduce_max(mine)


def plan_lines(places: Sequence[GaugePlace], every: float) -> Iterator[str]:
    """The line on gauges in the plan of a run, which have samples every so many seconds."""
    if places:
        dry = sum(one.dry for one in places)
        begin = f", {dry} of which begin dry" if dry else ""
        yield f"gauges         {len(places)}{begin}, every {every:g} s, interpolated between steps"
