"""What a tsunami run writes, and when: snapshots, gauges, maxima, checkpoints."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from esim.clock import Clock
from esim.config import AnyConfig, Config
from esim.drivers.gauges import VARIABLES, Gauges
from esim.drivers.motion import Motion
from esim.drivers.ocean import Ocean, beyond, padded
from esim.errors import EsimError, InputError
from esim.io import cf
from esim.io.checkpoint import Checkpoint, load_array, load_attributes
from esim.io.fields import Fields
from esim.io.gather import gather_slabs
from esim.io.gridfile import slab_rows
from esim.io.maxima import Maxima
from esim.io.provenance import fingerprint
from esim.io.stations import Series, write_stations
from esim.io.writer import Writer
from esim.kernels.shallow_water import NEVER

# Settings of the output that may differ between a run and the one that goes on from its checkpoint.
ELSEWHERE = ("directory", "overwrite", "compression")


class Outputs:
    """All files of a run. Every rank runs the same lines; only the first one writes."""

    def __init__(self, cfg: Config, ocean: Ocean, motion: Motion, gauges: Gauges) -> None:
        self._cfg, self._ocean, self._motion, self._gauges = cfg, ocean, motion, gauges
        self.directory = cfg.output.directory
        self.writer = Writer(active=ocean.comm.rank == 0)
        self._attributes = cf.global_attributes(cfg.title, cfg.echo(), "esim-run")
        self.series = Series(gauges.count)
        self._initial_bed = np.array(ocean.own(ocean.bed)[0])
        self._fields = self._new_fields()

    def _new_fields(self) -> Fields | None:
        settings, output = self._cfg.output.fields, self._cfg.output
        if settings is None:
            return None
        return Fields(
            self.directory,
            self._ocean.grid,
            settings.variables,
            self._attributes,
            start=self._cfg.time.start,
            bits=settings.significant_bits,
            compression=output.compression,
            dtype="f8" if self._ocean.backend.dtype == np.float64 else "f4",
        )

    def _slabs(self, local: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        ocean = self._ocean
        blocks = ocean.decomposition.blocks
        return gather_slabs(ocean.comm, blocks, ocean.block, local, slab_rows(ocean.grid))

    def _put_all(self, target: Any, name: str, local: np.ndarray) -> None:
        for first, slab in self._slabs(np.ascontiguousarray(local)):
            self.writer.put(target.slab, name, first, slab)

    def begin(self) -> None:
        """Write what does not change: the seafloor in the file of snapshots."""
        if self._fields is not None:
            bathymetry = self._final_bed() + self._cfg.physics.sea_level
            self._put_all(self._fields, "bathymetry", bathymetry)

    def _final_bed(self) -> np.ndarray:
        """The bed after the earthquake [m]: it is what depths and inundation are measured from."""
        return self._initial_bed + self._motion.uplift

    def snapshot(self, clock: Clock) -> None:
        """Append the state to fields.nc; eta is missing where it is dry."""
        assert self._fields is not None and self._cfg.output.fields is not None
        water = self._ocean.water()
        water["eta"] = np.where(water["wet"], water["eta"] + self._cfg.physics.sea_level, np.nan)
        self.writer.put(self._fields.append, clock.time, clock.step)
        for name in self._cfg.output.fields.variables:
            self._put_all(self._fields, name, water[name].astype(self._ocean.backend.dtype))

    def sample(self, clock: Clock) -> None:
        """Append the gauges to their series."""
        values = self._gauges.read()
        if values is not None:
            values[VARIABLES.index("eta")] += self._cfg.physics.sea_level
            self.series.append(clock.time, values)

    def checkpoint(self, clock: Clock) -> None:
        """Write a checkpoint from which the run goes on bit for bit."""
        ocean, put = self._ocean, self.writer.put
        if self._fields is not None:
            put(self._fields.checkpoint, clock.step)
        attributes = {
            "time": [clock.time, clock.lost],
            "configuration": fingerprint(essence(self._cfg)),
            "title": self._cfg.title,
        }
        file = Checkpoint(self.directory, clock.step, attributes)
        put(file.open)
        for name, kept in ocean.kept.items():
            array = ocean.own(kept)
            put(file.define, name, (array.shape[0], *ocean.grid.shape), array.dtype)
            for local in array:
                for _, slab in self._slabs(np.ascontiguousarray(local)):
                    put(file.append, name, slab)
        put(file.array, "station_time", self.series.time)
        put(file.array, "station_values", self.series.values)
        put(file.close)
        self._write_stations()

    def resume(self, path: Path) -> tuple[int, float, float]:
        """Take up a checkpoint; returns step, time and the clock's compensation.

        Raises InputError if it belongs to another configuration.
        """
        ocean, block, grid = self._ocean, self._ocean.block, self._ocean.grid
        attributes = load_attributes(path)
        if attributes["configuration"] != fingerprint(essence(self._cfg)):
            raise InputError(
                f"--resume: {path} belongs to another configuration (grid, physics, sources, stations or times "
                "differ); run with the one it was made with, or start anew without --resume"
            )
        (j0, j1), (i0, i1) = block.interior
        window = (block.j0, block.j1, block.i0, block.i1)
        for name, array in ocean.kept.items():
            array[:, j0:j1, i0:i1] = ocean.backend.from_host(load_array(path, name, window))
        h = block.halo
        outer = (
            max(block.j0 - h, 0),
            min(block.j1 + h, grid.ny),
            max(block.i0 - h, 0),
            min(block.i1 + h, grid.nx),
        )
        bed = padded(beyond(load_array(path, "bed", outer), grid, block), block)
        ocean.bed[...] = ocean.backend.from_host(bed)
        if any(grid.periodic):
            ocean.refresh_bed()
        time, lost = attributes["time"]
        ocean.plan.fill(time)
        if ocean.forces is not None:
            ocean.forces.spread(time)
        if ocean.comm.rank == 0:
            self.series.restore(load_array(path, "station_time"), load_array(path, "station_values"))
            if self._fields is not None:
                self._fields.resume(int(attributes["step"]))
        return int(attributes["step"]), time, lost

    def finish(self) -> list[Path]:
        """Write maxima and gauges, complete all files; returns their paths."""
        written = []
        if self._ocean.peaks is not None:
            self._write_maxima()
            written.append(self.directory / "maxima.nc")
        if self._gauges.count:
            self._write_stations()
            written.append(self.directory / "stations.nc")
        if self._fields is not None:
            self.writer.put(self._fields.close)
            written.append(self.directory / "fields.nc")
        self.writer.close()
        return written

    def _write_stations(self) -> None:
        if self._gauges.count and self._ocean.comm.rank == 0:
            stations = self._cfg.stations
            names = [station.name for station in stations]
            positions = [station.position for station in stations]
            series = dict(zip(self.series.variables, self.series.values, strict=True))
            self.writer.put(
                write_stations,
                self.directory,
                self._ocean.grid,
                names,
                positions,
                series,
                self.series.time,
                self._attributes,
                self._cfg.time.start,
            )

    def _write_maxima(self) -> None:
        settings, ocean = self._cfg.output.maxima, self._ocean
        assert settings is not None and ocean.peaks is not None
        variables = (*settings.variables, "bathymetry", "uplift")
        real = ocean.backend.dtype
        file = Maxima(
            self.directory,
            ocean.grid,
            self._attributes,
            arrival_threshold=settings.arrival_threshold,
            variables=variables,
            compression=self._cfg.output.compression,
            dtype="f8" if real == np.float64 else "f4",
        )
        self.writer.put(file.open)
        extremes = self.extremes()
        for name in variables:
            self._put_all(file, name, extremes[name].astype(real))
        self.writer.put(file.close)

    def extremes(self) -> dict[str, np.ndarray]:
        """The variables of maxima.nc on the owned cells, missing values as NaN."""
        ocean = self._ocean
        high, low, speed, flux, arrival = ocean.own(ocean.peaks).astype(np.float64)
        ground = self._final_bed()
        was_dry = np.maximum(-self._initial_bed, 0) <= ocean.physics.dry_depth
        level = self._cfg.physics.sea_level
        reached = high + np.maximum(-ground, 0) > ocean.physics.dry_depth
        depth = high + np.maximum(-ground, 0)
        return {
            "eta_max": np.where(reached, high + np.maximum(ground, 0) + level, np.nan),
            "eta_min": np.where(reached & ~was_dry, low + np.maximum(ground, 0) + level, np.nan),
            "speed_max": np.where(reached, speed, np.nan),
            "momentum_flux_max": np.where(reached, flux, np.nan),
            "inundation_depth_max": np.where(was_dry & reached, depth, np.nan),
            "arrival_time": np.where(arrival < NEVER / 2, arrival, np.nan),
            "bathymetry": ground + level,
            "uplift": self._motion.uplift,
        }

    def abandon(self) -> None:
        """Drop what is not complete after an error; what was handed over, a checkpoint say, is still written."""
        with suppress(EsimError):
            self.writer.close()
        if self._fields is not None and self._ocean.comm.rank == 0:
            self._fields.discard()


def essence(cfg: AnyConfig) -> dict[str, Any]:
    """The part of a configuration that decides what a state means and which steps lead to the next."""
    everything = cfg.echo()
    return {key: value for key, value in everything.items() if key not in ("output", "run", "title")} | {
        "output": {k: v for k, v in everything["output"].items() if k not in ELSEWHERE},
        "run": {k: v for k, v in everything["run"].items() if k in ("precision", "cfl", "dt", "adaptive")},
    }
