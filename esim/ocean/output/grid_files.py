"""What does a run write of one of its grids? Snapshots, maxima, and what a checkpoint needs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from esim.config.ocean.root import TsunamiConfig
from esim.io.checkpoint.manifest import Checkpoint
from esim.io.checkpoint.part import Part
from esim.io.maps import Maps, MapWriter
from esim.io.ocean.maxima import maxima_variables
from esim.io.ocean.points import write_points
from esim.ocean.forcing.air_pressure import pressure_on
from esim.ocean.model import Ocean
from esim.ocean.output import runup
from esim.ocean.output.maxima import find_maxima, hazard_summary
from esim.ocean.sources.seafloor_motion import SeafloorMotion
from esim.ocean.static_fields import extend_to_halo, pad_to_block
from esim.timestepping.clock import Clock
from esim.variables.ocean import SNAPSHOTS
from esim.variables.ocean_maxima import MAXIMA, Maxima


class GridFiles:
    """Maps of a grid. Every rank runs the same lines.

    suffix tells the files and the arrays of a nest from those of the whole grid, for which it is empty. finest tells
    which of the owned cells no nest covers.
    """

    def __init__(
        self,
        cfg: TsunamiConfig,
        ocean: Ocean,
        motion: SeafloorMotion,
        finest: np.ndarray,
        writer: MapWriter,
        suffix: str = "",
    ) -> None:
        self._cfg, self._ocean, self._motion, self._finest = cfg, ocean, motion, finest
        self._writer, self._suffix = writer, suffix
        self._initial_bed = np.array(ocean.own(ocean.bed)[0], np.float64)
        self._coast = runup.coast_points(cfg.output.runup, ocean.grid) if cfg.output.runup else None
        self.hazard: dict[str, Any] | None = None  # what the maxima add up to, once they are written
        self.fields = self._new_fields()

    @property
    def name(self) -> str:
        """Name of the grid; "grid" for the whole one."""
        return self._suffix.removeprefix("_") or "grid"

    @property
    def _dtype(self) -> str:
        return "f8" if self._ocean.backend.dtype == np.float64 else "f4"

    def _new_fields(self) -> Maps | None:
        settings, ocean = self._cfg.output.fields, self._ocean
        if settings is None:
            return None
        return self._writer.snapshots(
            f"fields{self._suffix}",
            ocean.grid,
            ocean.decomposition.blocks,
            settings.variables,
            dtype=self._dtype,
            bits=settings.significant_bits,
            static="bathymetry",
        )

    def begin(self) -> None:
        """Write what does not change: the seafloor in the file of snapshots."""
        if self.fields is not None:
            bathymetry = self._final_bed() + self._cfg.physics.sea_level
            self.fields.put("bathymetry", bathymetry)

    def _final_bed(self) -> np.ndarray:
        """The bed after the earthquake [m]: it is what depths and inundation are measured from."""
        return self._initial_bed + self._motion.uplift

    def complete(self) -> None:
        """Write the seafloor anew where the uplift has become known during the run."""
        if self.fields is not None and self._motion.is_recorded:
            self.begin()

    def snapshot(self, clock: Clock) -> None:
        """Append the state to the file of snapshots, if there is one."""
        if self.fields is None:
            return
        assert self._cfg.output.fields is not None
        water = self._ocean.water()
        if any(SNAPSHOTS[name].forced for name in self._cfg.output.fields.variables):
            water = replace(water, air_pressure=pressure_on(self._ocean, clock.time))
        self.fields.append(clock.time, clock.step)
        for name in self._cfg.output.fields.variables:
            values = SNAPSHOTS[name].values(water, self._cfg.physics.sea_level)
            self.fields.put(name, values.astype(self._ocean.backend.dtype))

    def save(self, part: Part) -> None:
        """Write what this rank has of the arrays from which the run goes on into its part of a checkpoint."""
        ocean = self._ocean
        for name, array in ocean.checkpoint_arrays.items():
            planes = (ocean.own(array[n : n + 1]) for n in range(array.shape[0]))
            shape = (array.shape[0], *ocean.grid.shape)
            part.array(name + self._suffix, planes, ocean.block, shape, array.dtype)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Restore the arrays of a checkpoint; ghost cells, but for those of the bed, are yet to be filled."""
        ocean, block, grid = self._ocean, self._ocean.block, self._ocean.grid
        (j0, j1), (i0, i1) = block.interior
        window = (block.j0, block.j1, block.i0, block.i1)
        for name, array in ocean.checkpoint_arrays.items():
            array[:, j0:j1, i0:i1] = ocean.backend.from_host(checkpoint.load(name + self._suffix, window))
        h = block.halo
        outer = (
            max(block.j0 - h, 0),
            min(block.j1 + h, grid.ny),
            max(block.i0 - h, 0),
            min(block.i1 + h, grid.nx),
        )
        bed = pad_to_block(extend_to_halo(checkpoint.load("bed" + self._suffix, outer), grid, block), block)
        ocean.bed[...] = ocean.backend.from_host(bed)
        if any(grid.periodic):
            ocean.refresh_bed()
        ocean.follow_bed()

    def write_maxima(self) -> list[Path]:
        """Write the maxima, if they were kept, and the run-up found from them; returns the paths."""
        settings, ocean = self._cfg.output.maxima, self._ocean
        if settings is None or ocean.maxima is None:
            return []
        sea_level = self._cfg.physics.sea_level
        motion = self._motion
        found = find_maxima(
            ocean, ocean.maxima, self._initial_bed, motion.first_depth, motion.uplift, sea_level
        )
        self.hazard = hazard_summary(ocean, found, self._finest)
        variables = {name: MAXIMA[name] for name in settings.written}
        written = maxima_variables(variables, settings.arrival_threshold, self._dtype)
        file = self._writer.maxima(f"maxima{self._suffix}", ocean.grid, ocean.decomposition.blocks, written)
        for name, variable in variables.items():
            file.put(name, variable.values(found).astype(variable.dtype or ocean.backend.dtype))
        file.close()
        return [file.path, *self._write_runup(found)]

    def _write_runup(self, found: Maxima) -> list[Path]:
        """Write the run-up along the coast; returns the paths, none where the grid has no coast."""
        section = self._cfg.output.runup
        if section is None:
            return []
        shore = runup.shore(self._ocean, found.sea)
        where, values = runup.runup_along(self._ocean, shore, found, section, self._coast)
        if not next(iter(where.values())).size:
            return []
        path = self._cfg.output.directory / f"runup{self._suffix}.nc"
        self._writer.writer.put(write_points, path, where, values, self._writer.attributes)
        return [path, path.with_suffix(".csv")]
