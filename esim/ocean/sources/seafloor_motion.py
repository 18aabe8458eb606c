"""How do sources move seafloor and water? Their displacement is computed once, and applied step by step."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from esim.grids.grid import CellFunction, Grid
from esim.ocean.model import Ocean
from esim.ocean.sources.displacement import cut, displacement, largest, own_cells, paste, truncated
from esim.ocean.sources.initial_conditions import initial_states, initial_water
from esim.ocean.sources.kajiura import FilterScale, filter_scale, smooth, widen
from esim.ocean.sources.landslides import LONG_AGO, LandslideMotion, landslide_record
from esim.ocean.sources.mapped_motion import FrameSupply, MappedMotion
from esim.ocean.sources.place import place_record
from esim.ocean.sources.streamed_motion import StreamedMotion
from esim.ocean.sources.uplift import Uplift, bind_uplift, moved_cells, on_block
from esim.sources.ocean import AnySource, InitialState, Landslide, SeafloorMotionSource, Source
from esim.sources.ocean.fault_source import FaultSource

LARGEST_UPLIFT = 50.0  # m, several times what earthquakes were seen to do
FEWEST_CELLS = 6.0  # cells along or across a landslide, fewer of which give a poor wave


class SeafloorMotion:
    """All that sources do to an ocean during a run; uplift is the final rise of the bed [m] on the owned cells.

    Of a recorded motion neither the uplift nor the whole summary are known before `complete`.
    On a nest, around is what they do to the whole grid, and elevation has values beyond its sides too. first_depth
    and first_level, as zeta, [m] are those of the first water on the owned cells, before any source has acted; waves do
    not count. What it computes at first is shared among so many threads.
    """

    def __init__(
        self,
        ocean: Ocean,
        sources: Sequence[AnySource],
        elevation: CellFunction,
        end: float = LONG_AGO,
        around: "SeafloorMotion | None" = None,
        threads: int = 1,
    ) -> None:
        self._ocean, self._threads = ocean, threads
        self._elevation, self._around = elevation, around
        self._largest: list[float] = []  # displacement of each fault [m]
        self._scales: list[FilterScale] = []  # of each filter
        bodies = [source for source in sources if isinstance(source, Landslide)]
        self._slides = LandslideMotion(ocean, bodies, end) if bodies else None
        self._rises: list[Uplift] = []
        self._recorded: list[tuple[FrameSupply, MappedMotion]] = []
        self._streams: list[tuple[StreamedMotion, dict[str, Any]]] = []  # and what the summary has of it
        self.uplift = np.zeros(ocean.block.shape)
        self.summary: list[dict[str, Any]] = []
        self._states = initial_states(sources)
        self._keep_first(self._begun(self._whole)[0])
        for source in sources:
            if isinstance(source, InitialState):
                self.summary.append(self._described(source))
            elif isinstance(source, Landslide):
                self.summary.append(landslide_record(ocean, source, elevation, end))
            elif isinstance(source, SeafloorMotionSource):
                self._add_recorded(source)
            else:
                self._add(source)
        self._end = max([rise.end for rise in self._rises], default=0.0)
        if self._slides is not None:
            self.uplift += self._slides.uplift(end)
            self._end = max(self._end, self._slides.end)

    @property
    def end(self) -> float:
        """Time [s] after which nothing moves any more; infinite where a landslide, or a record, does not end."""
        return max([self._end, *(stream.end for stream, _ in self._streams)])

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
        field = displacement(comm, grid, source, box, elevation, self._threads)
        surface = field
        if source.kajiura:
            whole = self._around
            common_scale = (
                whole._scales[len(self._scales)] if whole else filter_scale(grid, elevation, box, field)
            )
            self._scales.append(common_scale)
            surface = smooth(comm, grid, elevation, box, field, common_scale, self._threads)
        box, (field, surface) = cut(grid, ocean.grid, box, (field, surface))
        if isinstance(source, FaultSource) and source.factor != 1:
            field, surface = source.factor * field, source.factor * surface
        bed = np.zeros_like(field) if source.target == "water" else field
        if isinstance(source, FaultSource) and source.displacement_cutoff:
            # In nests, what is negligible on the whole grid: else their water would move beside water that does not.
            known = self._around._largest[len(self._largest)] if self._around else largest(field)
            self._largest.append(known)
            weight = truncated(field, source.displacement_cutoff, known)
            field, bed, surface = field * weight, bed * weight, surface * weight
        moment = {"source": source.name, "moment_Nm": source.moment, "magnitude": source.magnitude}
        lasts = {"begins_s": float(source.times[0]), "ends_s": float(source.times[-1])}
        more = place_record(source)
        self.summary.append(moment | self._extent(field[-1], surface, box) | lasts | more)
        self.uplift += own_cells(ocean, bed[-1], box)
        times = source.times
        if np.any(field[0]):
            self._rise(times[0], times[0], bed[0], surface[0], box, source.target == "bed")
        for k in range(len(times) - 1):
            if np.any(field[k + 1] != field[k]):
                rise, lift = bed[k + 1] - bed[k], surface[k + 1] - surface[k]
                self._rise(times[k], times[k + 1], rise, lift, box, source.target == "bed")

    def _extent(self, field: np.ndarray, surface: np.ndarray, box: tuple) -> dict[str, Any]:
        """What the summary has of a final displacement (nj, ni), and of the surface (K, nj, ni), on a box of cells."""
        return {
            "largest_uplift_m": float(field.max(initial=0.0)),
            "largest_subsidence_m": float(0.0 - field.min(initial=0.0)),
            "moves_water": self._is_over_water(surface, box),
        }

    def _add_recorded(self, source: SeafloorMotionSource) -> None:
        ocean, whole, number = self._ocean, self._around, len(self._recorded)
        supply, around = whole._recorded[number] if whole else (FrameSupply(ocean, source), None)
        mapped = MappedMotion(ocean, source, self._elevation, around)
        self._recorded.append((supply, mapped))
        about: dict[str, Any] = {"source": source.name, "moment_Nm": None, "magnitude": None}
        self.summary.append(about)
        if not source.instantaneous:
            stream = StreamedMotion(ocean, mapped, supply)
            about["begins_s"] = stream.begin
            self._streams.append((stream, about))
            if self._slides is not None:
                self._slides.follow_stream(stream)
        elif not mapped.empty:
            bed, surface = mapped.fields(supply.take_last()[1])
            about |= {"begins_s": 0.0, "ends_s": 0.0} | self._extent(surface, surface[None], mapped.box)
            about |= mapped.volumes(supply.recent()) if whole is None else {}
            self.uplift += own_cells(ocean, bed, mapped.box)
            self._rise(0.0, 0.0, bed, surface, mapped.box, source.target == "bed")

    @property
    def is_recorded(self) -> bool:
        """Whether some of the motion becomes known during the run only."""
        return bool(self._streams)

    @property
    def supplies(self) -> list[FrameSupply]:
        """The frames of all recorded motions."""
        return [supply for supply, _ in self._recorded]

    def complete(self) -> None:
        """Let uplift and summary have what came of recorded motions, at the end of a run, once. Collective."""
        for stream, about in self._streams:
            self.uplift += stream.own_uplift()
            if self._around is not None:
                continue
            bed, surface = stream.displacement()
            field = bed if stream.supply.source.target == "bed" else surface
            about |= self._extent(field, surface[None], stream.mapped.box)
            about |= stream.mapped.volumes(stream.supply.recent()) | {"ends_s": stream.end}

    def resume(self, time: float) -> None:
        """Take up recorded motions at a time [s], in whose state the run goes on. Collective."""
        for stream, _ in self._streams:
            stream.resume(time)

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
        self, begin: float, end: float, bed: np.ndarray, surface: np.ndarray, box: tuple, moves_level: bool
    ) -> None:
        ocean = self._ocean
        rise, cells = on_block(ocean, (bed, surface), box), moved_cells((bed, surface), box)
        self._rises.append(bind_uplift(ocean, float(begin), float(end), rise, cells, moves_level))
        if self._slides is not None:
            self._slides.follow(self._rises[-1].fraction, ocean.backend.to_host(rise)[0])

    def apply(self, begin: float, end: float) -> None:
        """Move what moves after `begin` and up to `end` [s], in the current state.

        One call begins where the one before has ended, to the last bit, or jumps are lost or done twice.
        """
        for rise in self._rises:
            rise.apply(self._ocean, begin, end)
        for stream, _ in self._streams:
            stream.apply(begin, end)
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
        until = (
            f"moves until {source['ends_s']:g} s, but"
            if np.isfinite(source["ends_s"])
            else "still moves when"
        )
        yield f"source {name} {until} the run ends at {duration:g} s: the rest of its motion is not computed"
