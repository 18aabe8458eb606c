"""Seismic waves from configuration to files: where all parts meet."""

import math
import time as wall
from collections.abc import Iterator
from functools import cached_property, partial, reduce
from pathlib import Path
from typing import Any

import numpy as np

from esim.backends.device_buffer import ROWS
from esim.config import SeismicConfig
from esim.config.crust.inside import outside
from esim.crust import source_injection
from esim.crust.model import CrustSettings, allocated_shape, build_crust, stable_time_step
from esim.crust.outputs import SeismicOutputs
from esim.crust.receivers import ReceiverRecorder
from esim.crust.stability import StabilityCheck
from esim.crust.surface_motion import SurfaceMotion
from esim.drivers.driver import Driver
from esim.errors import InputError
from esim.grids.grid3d import Grid3D
from esim.grids.interpolation import Site, place_receiver
from esim.grids.projection import Projection
from esim.io.crust.derived import needed_quantities
from esim.io.crust.seismograms import StationTable
from esim.io.crust.waveforms import Event, require_obspy
from esim.io.directory import predict_sum
from esim.media.crust import attenuation, cell_averages
from esim.media.crust import build as build_medium
from esim.media.crust.topography import terrain
from esim.media.crust.wave_speeds import Speeds, speeds
from esim.parallel.collectives import root_first
from esim.parallel.decomposition import Block, decompose
from esim.parallel.halo import HaloExchange
from esim.sources.crust import PlaneWave, PointSources, build, low_pass
from esim.timestepping.clock import Clock
from esim.timestepping.schedule import Steps
from esim.timestepping.simulation import Callback, Simulation

STRIP_CELLS = 2_000_000  # cells whose medium is looked at together
Q_BAND_RATIO = 100.0  # ratio of the highest to the lowest frequency over which Q is constant without a word
ENERGY_FRACTION = (
    0.02  # of the energy of a source above the frequency that the grid carries, from which it is low-passed
)
INTERFACE_CELLS = 2  # cells around a rough surface in which differences are of second order
MILD_SPEED_RATIO, MILD_VP_VS = (
    3.5,
    2.2,
)  # fastest over slowest waves, and Vp/Vs, up to which contrasts are not strong
NO_SPEEDS = Speeds(0.0, math.inf, math.inf, 0.0)  # of no cells
SURFACE = 16  # values of a column: velocity, displacement, maxima and more
SURFACE_INDEX = 9 * 8  # bytes of a column: where these are found
BYTES_PREPARED = 8 * 12  # per cell of a strip, while the medium is set


class Seismic(Driver):
    """A run of scenario seismic."""

    cfg: SeismicConfig
    outputs: SeismicOutputs

    def __post_init__(self) -> None:
        super().__post_init__()
        self.volume: Grid3D = self.cfg.grid.build()
        self.grid = self.volume.grid
        origin = self.cfg.grid.origin
        self.projection = None if origin is None else Projection(origin.lon, origin.lat)
        self.mechanisms: attenuation.Mechanisms | None = None

    # ---------------------------------------------------------------- check

    def check(self) -> None:
        """Everything that can be known to be wrong before anything is allocated or written."""
        cfg, volume = self.cfg, self.volume
        self.decomposition = decompose(
            self.grid.shape, self.comm.size, self.grid.periodic, halo=cfg.physics.order // 2
        )
        self.free = cfg.grid.surface == "free" and cfg.topography is None
        self.find_place(dimensions=3, savings=self._savings())
        self.medium = root_first(self.comm, lambda: build_medium(cfg.medium, volume, self.projection))
        self.medium.check(volume)
        self.terrain = None
        if cfg.topography is not None:
            section = cfg.topography
            self.terrain = root_first(self.comm, lambda: terrain.build(section, volume, self.projection))
        self.speeds, self.least_qp, self.least_qs = self._look_at_medium()
        self._choose_frequency()
        self._choose_attenuation()
        self._choose_step()
        self.sources = [self._source(n) for n in range(len(cfg.source))]
        self.sites = [self._site(n) for n in range(len(cfg.stations))]
        self._warn_of_absorbed()
        if cfg.output.stations.sac:
            require_obspy("output.stations.sac")
        if cfg.output.stations.miniseed:
            require_obspy("output.stations.miniseed")

    def _strips(self, block: Block, halo: int) -> Iterator[tuple[tuple[int, int], ...]]:
        """Boxes of cells of the volume that cover a block with a halo, some layers at a time."""
        rows, columns = (block.j0 - halo, block.j1 + halo), (block.i0 - halo, block.i1 + halo)
        area = (rows[1] - rows[0]) * (columns[1] - columns[0])
        height = max(1, STRIP_CELLS // area)
        for k in range(-halo, self.volume.nz + halo, height):
            yield (k, min(k + height, self.volume.nz + halo)), rows, columns

    def _cells(self, box: Any) -> np.ndarray:
        """lam, mu [Pa], rho [kg/m3], qp, qs of a box of cells, air and sea included."""
        values = cell_averages(self.medium, self.volume, box)
        if self.terrain is not None:
            self.terrain.apply(values, box)
        return values

    def _look_at_medium(self) -> tuple[Speeds, float, float]:
        """Extremes of speeds and of Q over all ranks; whether all is solid."""
        found, qp, qs, mu = NO_SPEEDS, math.inf, math.inf, math.inf
        for box in self._strips(self.decomposition.blocks[self.comm.rank], 0):
            values = self._cells(box)
            found = found.join(speeds(values))
            qp, qs = min(qp, float(values[3].min())), min(qs, float(values[4].min()))
            mu = min(mu, float(values[1].min()))
        pieces = self.comm.allgather((found, qp, qs, mu))
        self.solid = min(piece[3] for piece in pieces) > 0
        whole = reduce(Speeds.join, [piece[0] for piece in pieces])
        if whole.fastest <= 0:
            raise InputError(
                "topography: the grid holds nothing but air; its depth axis must reach the ground"
            )
        return whole, min(piece[1] for piece in pieces), min(piece[2] for piece in pieces)

    def _choose_frequency(self) -> None:
        """The highest frequency that the grid carries, and that of the run; InputError if the latter is higher."""
        physics, h = self.cfg.physics, max(self.volume.spacing)
        self.carried = self.speeds.slowest / (physics.points_per_wavelength * h)
        self.frequency = physics.max_frequency or self.carried
        self.points = self.speeds.slowest / (self.frequency * h)
        if self.points < physics.points_per_wavelength * (1 - 1e-9):
            raise InputError(
                f"physics.max_frequency: {self.frequency:g} Hz has {self.points:.2f} points per wavelength at "
                f"{self.speeds.slowest:.0f} m/s, fewer than physics.points_per_wavelength, "
                f"{physics.points_per_wavelength:g}; this grid carries {self.carried:.3g} Hz, and cells of "
                f"{self.speeds.slowest / (physics.points_per_wavelength * self.frequency):.3g} m would do"
            )

    def _choose_attenuation(self) -> None:
        """Fit the mechanisms; InputError if a Q is too low for them."""
        physics = self.cfg.physics
        if physics.attenuation == "none":
            return
        if not math.isfinite(min(self.least_qp, self.least_qs)):
            raise InputError(
                f"physics.attenuation: '{physics.attenuation}' needs a medium with qp and qs, and it has none"
            )
        band = physics.band or (self.frequency / Q_BAND_RATIO, self.frequency)
        fit = attenuation.coarse_grained if physics.attenuation == "coarse" else attenuation.conventional
        self.mechanisms = fit(band)
        self.mechanisms.check(np.array([self.least_qp]), "medium: qp")
        self.mechanisms.check(np.array([self.least_qs]), "medium: qs")
        self.reference = physics.reference_frequency or math.sqrt(band[0] * band[1])

    def _choose_step(self) -> None:
        """Time step, number of steps and of steps between samples; InputError if run.dt is not stable."""
        run, duration = self.cfg.run, self.cfg.time.duration
        # At the fastest the unrelaxed medium carries waves.
        stiffer = 1.0
        if self.mechanisms is not None:
            lowest = min(self.least_qp, self.least_qs)
            stiffer = float(self.mechanisms.unrelaxed(np.ones(1), np.array([1 / lowest]), self.reference)[0])
        self.fastest = self.speeds.fastest * math.sqrt(max(stiffer, 1.0))
        self.longest = stable_time_step(self.volume, self.cfg.physics.order, self.fastest)
        if run.dt is not None and run.dt > self.longest:
            raise InputError(
                f"run.dt: {run.dt:g} s is not stable with waves of {self.fastest:.0f} m/s on this grid; use at most "
                f"{self.longest:.4g} s, or leave run.dt out"
            )
        every = self.cfg.output.stations.every
        limit = run.cfl * self.longest
        if run.dt is not None:
            self.dt, self.every = run.dt, max(1, round(every / run.dt))
            if self.cfg.stations and abs(self.every * self.dt - every) > 1e-6 * every:
                self.warn(
                    f"output.stations.every: {every:g} s is no multiple of run.dt; stations are sampled every "
                    f"{self.every * self.dt:g} s"
                )
        elif not self.cfg.stations or every < limit:
            self.dt, self.every = limit, 1
            if self.cfg.stations:
                self.warn(
                    f"output.stations.every: {every:g} s is shorter than the time step, {limit:.3g} s: stations are "
                    "sampled at every step"
                )
        else:
            self.every = math.ceil(every / limit * (1 - 1e-9))
            self.dt = every / self.every
        self.steps = max(1, math.ceil(duration / self.dt * (1 - 1e-9)))

    def _source(self, n: int) -> PointSources | PlaneWave:
        """A source, checked, and low-passed if it sends more than the grid carries."""
        cfg, key = self.cfg, f"source.{n}"
        try:
            source = root_first(
                self.comm,
                lambda: build(cfg.source[n], self.volume, self.projection, cfg.time.start, self._rigidity),
            )
        except InputError as error:
            raise InputError(f"{key}: {error}") from None
        self._require_ground(key, source)
        self._require_periodic(key, source)
        highest = source.highest_frequency(ENERGY_FRACTION)
        if highest > self.frequency:
            high = f"up to {highest:.3g} Hz" if math.isfinite(highest) else "at all frequencies"
            if cfg.physics.low_pass:
                self.warn(
                    f"{key}: sends waves {high}; it is low-passed at {self.frequency:.3g} Hz, which this grid carries "
                    f"with {self.points:.3g} points per wavelength"
                )
                return low_pass(source, self.frequency, self.dt)
            self.warn(
                f"{key}: sends waves {high}; this grid carries {self.frequency:.3g} Hz, and what is above is not "
                "to be trusted"
            )
        return source

    def _rigidity(self, x: np.ndarray, y: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """Rigidity [Pa] of the medium at points; InputError where it is a fluid."""
        values = np.empty(np.shape(x))
        for n, (px, py, pz) in enumerate(zip(np.ravel(x), np.ravel(y), np.ravel(depth), strict=True)):
            sample = self.medium.sample(np.array([px]), np.array([py]), np.array([pz]))[:, 0, 0, 0]
            values.flat[n] = sample[2] * sample[1] ** 2
            if values.flat[n] <= 0:
                raise InputError(f"a part of the fault at x {px:g}, y {py:g}, depth {pz:g} m lies in a fluid")
        return values

    def _require_ground(self, key: str, source: PointSources | PlaneWave) -> None:
        """Raises InputError for a source in the air, or a shear source in a fluid."""
        if isinstance(source, PlaneWave):
            return
        shears = _shears(source)
        if self.terrain is not None:
            self._require_not_in_air(key, source, shears)
        for n in map(int, np.flatnonzero(shears & (not self.solid))):
            if self._sample(source, n)[1] <= 0:
                raise InputError(f"{key}: {source.where(n)} is in a fluid, where only an explosion can be")

    def _sample(self, source: PointSources, n: int) -> np.ndarray:
        """vp, vs, rho, qp, qs of the medium at a point of a source."""
        where = (np.array([at[n]]) for at in (source.x, source.y, source.depth))
        return self.medium.sample(*where)[:, 0, 0, 0]

    def _require_not_in_air(self, key: str, source: PointSources, shears: np.ndarray) -> None:
        """Raises InputError for a source in the air, or a shear source in the sea, above the ground."""
        assert self.terrain is not None
        for n in range(source.x.size):
            k, j, i = (
                math.floor(at + 0.5) for at in self.volume.index(source.x[n], source.y[n], source.depth[n])
            )
            kind = self.terrain.classes(((k, k + 1), (j, j + 1), (i, i + 1)))[0, 0, 0]
            if kind == terrain.AIR:
                ground = self.volume.top + self.volume.dz * float(
                    self.terrain.top_index((j, j + 1), (i, i + 1))[0, 0]
                )
                raise InputError(
                    f"{key}: {source.where(n)} is in the air; the ground there is at depth {ground:g} m"
                )
            if kind == terrain.WATER and shears[n]:
                raise InputError(f"{key}: {source.where(n)} is in the sea, where only an explosion can be")

    def _require_periodic(self, key: str, source: PointSources | PlaneWave) -> None:
        if isinstance(source, PlaneWave) and not all(self.grid.periodic):
            raise InputError(
                f"{key}: a plane wave needs grid.boundary.x and grid.boundary.y 'periodic', or it would be bent at the "
                "sides of the block"
            )

    def _site(self, n: int) -> Site:
        """Where a station is; raises InputError, naming it, for one outside."""
        station = self.cfg.stations[n]
        x, y = self._position(station)
        where = f"stations.{n}: station '{station.name}'"
        found = outside(
            self.volume,
            f"station '{station.name}' at x {x:g}, y {y:g}, depth {station.depth:g} m",
            x,
            y,
            self.volume.top + station.depth,
        )
        if found is not None:
            raise InputError(f"stations.{n}: {found[1]}")
        if self.terrain is None:
            return place_receiver(self.volume, where, x, y, station.depth, ghost=self.free)
        site = place_receiver(self.volume, where, x, y, station.depth, self._tops, ghost=False)
        name = f"station '{station.name}' at x {x:g}, y {y:g}, {station.depth:g} m below the ground"
        found = outside(self.volume, name, x, y, site.depth)
        if found is not None:
            raise InputError(f"stations.{n}: {found[1]}")
        return site

    def _warn_of_absorbed(self) -> None:
        """Warn of sources and stations in layers that absorb waves: what is sent and seen there is too weak."""
        points = [(f"stations.{n}: station '{s.name}'", *site[:3]) for n, (s, site) in self._stations_at()]
        points += [
            (f"source.{n}", *self._origin(source))
            for n, source in enumerate(self.sources)
            if isinstance(source, PointSources)
        ]
        (x, y, bottom), cells = self.cfg.grid.boundary.kinds, self.cfg.grid.boundary.cells
        layers = ("cpml", "sponge")
        nz, ny, nx = self.volume.shape
        for what, *at in points:
            k, j, i = self.volume.index(*at)
            low = bottom in layers and k > nz - cells - 0.5
            high = bottom in layers and self.cfg.grid.surface == "absorbing" and k < cells - 0.5
            aside = [
                kind in layers and not cells - 0.5 <= n <= size - cells - 0.5
                for kind, n, size in ((x, i, nx), (y, j, ny))
            ]
            if low or high or any(aside):
                self.warn(
                    f"{what} lies in the absorbing layer, the outer {cells} cells of the block, where waves are weaker "
                    "than they should be; make the block larger"
                )

    def _stations_at(self) -> Iterator[tuple[int, tuple[Any, Site]]]:
        """Number, configuration and site of every station."""
        return enumerate(zip(self.cfg.stations, self.sites, strict=True))

    def _tops(self, j: np.ndarray, i: np.ndarray) -> np.ndarray:
        """First layers of ground of some rows and columns."""
        assert self.terrain is not None
        whole = self.terrain.floor_index((int(j.min()), int(j.max()) + 1), (int(i.min()), int(i.max()) + 1))
        return whole[np.ix_(j - j.min(), i - i.min())]

    def _position(self, point: Any) -> tuple[float, float]:
        """x, y [m] of a point of the configuration."""
        if not point.lonlat:
            return point.position
        assert self.projection is not None
        x, y = self.projection.to_xy(*point.position)
        return float(x), float(y)

    # ---------------------------------------------------------------- predictions

    def _savings(self) -> list[str]:
        """Settings with which this run would need less memory."""
        physics = self.cfg.physics
        return (
            ["physics.memory_variable_precision: bfloat16"]
            if physics.attenuation != "none" and physics.memory_variable_precision is None
            else []
        )

    def predicted_memory(self) -> dict[str, int]:
        """Bytes that the arrays of the largest rank will take."""
        cfg, volume = self.cfg, self.volume
        item = np.dtype(cfg.run.precision).itemsize
        largest = max(self.decomposition.blocks, key=lambda block: block.cells)
        cells = math.prod(allocated_shape(largest, volume.nz))
        mechanisms = {"none": 0, "coarse": 1, "conventional": 3}[cfg.physics.attenuation]
        # Memory variables of 16 bits take their part of a value.
        kept = 6 * mechanisms * (1.0 if cfg.physics.memory_variable_precision is None else 2 / item)
        arrays = 9 + 3 + kept + 2 * (mechanisms > 0)
        kinds, side = cfg.grid.boundary.kinds, cfg.grid.boundary.cells
        nj, ni = largest.shape
        areas = {"x": volume.nz * nj, "y": volume.nz * ni}
        absorbing = sum(2 * areas[a] for a, kind in zip("xy", kinds, strict=False) if kind == "cpml")
        absorbing += (kinds[2] == "cpml") * nj * ni
        steps = cfg.time.duration / (cfg.run.dt or 0.3 * min(volume.spacing) / 6000)
        heard = len(cfg.stations) * len(needed_quantities(cfg.output.stations.variables)) * steps
        rough = cells if cfg.topography is not None else 0
        # A GPU has its own copy of the medium.
        medium = item * cells * (3 + 2 * (mechanisms > 0)) if self.place.gpu else 0
        return {
            "state and medium": int(item * (arrays * cells + 6 * side * absorbing)),
            "rough surface": item * rough,
            "surface": SURFACE * nj * ni * item + SURFACE_INDEX * nj * ni,
            "halos": self._halo_memory(largest) * item,
            "stations": ROWS
            * item
            * len(cfg.stations)
            * len(needed_quantities(cfg.output.stations.variables)),
            "strips": self.strips(cells),
            "seismograms": int(2 * item * heard),
            "preparation": BYTES_PREPARED * min(STRIP_CELLS, cells) + 8 * cells + medium,
        }

    def _halo_memory(self, block: Block) -> int:
        """Values of the messages of a block, sent and received: velocities, stresses, velocities above the surface."""
        rank = self.decomposition.blocks.index(block)
        others = (self.decomposition.needs(rank, other) for other in range(self.comm.size) if other != rank)
        cells = sum(overlap.cells for overlaps in others for overlap in overlaps)
        return 2 * cells * (9 * (self.volume.nz + 2 * block.halo) + 3)

    def predicted_output(self) -> int:
        """Size of all outputs [bytes] before compression, at most."""
        cfg, out, (nz, ny, nx) = self.cfg, self.cfg.output, self.volume.shape
        span = self.steps * self.dt

        def records(every: float) -> int:
            return int(span / every) + 1

        maps = [(ny * nx, len(out.maxima.variables) + 2, 1)] if out.maxima else []
        if out.fields:
            maps.append((ny * nx, len(out.fields.variables), records(out.fields.every)))
        if out.surface_displacement:
            maps.append((ny * nx, 3, records(out.surface_displacement.every)))
        areas = {"x": nz * ny, "y": nz * nx, "depth": ny * nx}
        maps += [(areas[p.axis], len(p.variables), records(p.every)) for p in out.planes]
        item = np.dtype(cfg.run.precision).itemsize
        state = self.predicted_memory()["state and medium"] * self.comm.size if out.checkpoint else 0
        quantities = 3 * len(out.stations.variables)
        return predict_sum(
            maps,
            (len(cfg.stations), quantities, records(self.dt * self.every)),
            item=item,
            waveforms=out.stations.sac + out.stations.miniseed,
            checkpoint=state,
            files=len(maps) + 2,
        )

    # ---------------------------------------------------------------- prepare

    def prepare(self, resume: bool = False) -> None:
        """Allocate and compile, set the medium, place the sources, open the outputs."""
        cfg, comm = self.cfg, self.comm
        begun = wall.perf_counter()
        self.backend = self.make_backend()
        medium = self._set_medium()
        self.seconds["medium"] = wall.perf_counter() - begun
        begun = wall.perf_counter()
        self.crust = build_crust(
            self.volume, self.decomposition, comm, self.backend, self._settings(), medium
        )
        self.seconds["allocate and compile"] = wall.perf_counter() - begun
        begun = wall.perf_counter()
        points = [s for s in self.sources if isinstance(s, PointSources)]
        waves = [s for s in self.sources if isinstance(s, PlaneWave)]
        self.moments = source_injection.inject_moments(self.crust, points)
        self.forces = source_injection.inject_forces(self.crust, points, waves)
        self.seconds["sources"] = wall.perf_counter() - begun
        listening = None
        if cfg.stations:
            listening = ReceiverRecorder(self.crust, self.sites, cfg.output.stations.variables, self.every)
        ground = SurfaceMotion(self.crust, self._ground_index())
        self.vigil = StabilityCheck(
            self.crust, max((s.end for s in self.sources), default=0.0), cfg.run.watchdog
        )
        self.outputs = SeismicOutputs(
            cfg,
            self.crust,
            ground,
            listening,
            self._stations(),
            self.projection,
            self._elevation(),
            self._event(),
            self.vigil,
        )
        clock = Clock(self.steps * self.dt)
        callbacks = [
            Callback(Steps(snapshot.every), partial(self.outputs.write, snapshot), binding=False)
            for snapshot in self.outputs.snapshots
        ]
        if (checkpoint := cfg.output.checkpoint) is not None:
            every = Steps(max(1, round(checkpoint.every / self.dt)))
            callbacks.append(Callback(every, self.checkpoint_unless_done, binding=False))
        self.simulation = Simulation(
            self,
            clock,
            callbacks,
            [self.outputs.listen, self.vigil, *self.lookers],
            [self.stop_if_asked],
            self.backend.synchronize,
        )
        if resume and self.resume_if_possible():
            return
        self.outputs.begin()

    def _settings(self) -> CrustSettings:
        cfg = self.cfg
        x, y, bottom = cfg.grid.boundary.kinds
        top = bottom if cfg.grid.surface == "absorbing" else "free"
        lowest = min(self.least_qp, self.least_qs)
        return CrustSettings(
            order=cfg.physics.order,
            dt=self.dt,
            free=self.free,
            kinds=(x, y, bottom, top),
            cells=cfg.grid.boundary.cells,
            fastest=self.fastest,
            frequency=self.frequency / 2,
            mechanisms=self.mechanisms,
            largest_inverse_q=1 / lowest if self.mechanisms is not None else 0.0,
            steady=self._steady(),
            rough=self._rough_layers,
            memory=self.cfg.physics.memory_variable_precision,
        )

    def _steady(self) -> bool:
        """Whether absorbing layers take a steady shift of frequency, for the sake of strong contrasts."""
        asked, speeds = self.cfg.grid.boundary.cpml_alpha, self.speeds
        strong = (
            not self.solid
            or speeds.largest_ratio > MILD_VP_VS
            or speeds.fastest > MILD_SPEED_RATIO * speeds.slowest
        )
        steady = asked == "constant" or (asked == "auto" and strong)
        if steady and "cpml" in self.cfg.grid.boundary.kinds:
            self.warn(
                "grid.boundary: absorbing layers are made stable for soft ground, water or air, and send back part of "
                f"waves below {self.frequency / 4:.2g} Hz; keep the block large for these, or set "
                "grid.boundary.cpml_alpha: graded for a short run"
            )
        return steady

    def _set_medium(self) -> dict[str, Any]:
        """The medium on this rank's block with its halo, on the device."""
        block = self.decomposition.blocks[self.comm.rank]
        h, shape = block.halo, allocated_shape(block, self.volume.nz)
        names = ["rho", "lam", "mu"] + (["inv_qp", "inv_qs"] if self.mechanisms is not None else [])
        arrays = {name: np.zeros(shape, self.cfg.run.precision) for name in names}
        for box in self._strips(block, h):
            (k0, k1), (j0, j1), (i0, i1) = box
            part = np.s_[k0 + h : k1 + h, : j1 - j0, : i1 - i0]
            for name, values in self._converted(self._cells(box)).items():
                arrays[name][part] = values
        device = {name: self.backend.from_host(arrays.pop(name)) for name in names}
        if self._rough_layers:
            device["near_interface"] = self.backend.from_host(self._near(block))
        return device

    def _converted(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """rho [g/cm3], unrelaxed lam, mu [GPa] and 1/Q from lam, mu [Pa], rho [kg/m3], qp, qs."""
        lam, mu, rho, qp, qs = values
        if self.mechanisms is None:
            return {"rho": rho / 1e3, "lam": lam / 1e9, "mu": mu / 1e9}
        inv_qp, inv_qs = 1 / qp, 1 / qs
        compression = self.mechanisms.unrelaxed(lam + 2 * mu, inv_qp, self.reference)
        mu = self.mechanisms.unrelaxed(mu, inv_qs, self.reference)
        return {
            "rho": rho / 1e3,
            "lam": (compression - 2 * mu) / 1e9,
            "mu": mu / 1e9,
            "inv_qp": inv_qp,
            "inv_qs": inv_qs,
        }

    @cached_property
    def _rough_layers(self) -> int:
        """Layers from the top within which the ground, the sea or its floor end somewhere."""
        if self.terrain is None:
            return 0
        deepest = 0
        for rows in _pieces(self.grid.ny, self.grid.nx):
            deepest = max(deepest, int(self.terrain.floor_index(rows, (0, self.grid.nx)).max()))
        return min(self.volume.nz, deepest + 2 * INTERFACE_CELLS)

    def _near(self, block: Block) -> np.ndarray:
        """One within some cells of a boundary between air, sea and ground, else zero: [k, j, i] with the halo."""
        from scipy.ndimage import maximum_filter, minimum_filter

        assert self.terrain is not None
        h, r, layers = block.halo, INTERFACE_CELLS, self._rough_layers
        wide = (
            (-h - r, layers + h + r),
            (block.j0 - h - r, block.j1 + h + r),
            (block.i0 - h - r, block.i1 + h + r),
        )
        classes = self.terrain.classes(wide)
        size = 2 * r + 1
        mixed = maximum_filter(classes, size, mode="nearest") != minimum_filter(classes, size, mode="nearest")
        near = np.zeros((layers + 2 * h, *allocated_shape(block, self.volume.nz)[1:]))
        inner = mixed[r:-r, r:-r, r:-r]
        near[:, : inner.shape[1], : inner.shape[2]] = inner
        return near

    def _ground_index(self) -> np.ndarray:
        """First layer of rock of the owned columns; the uppermost one where there is none."""
        block, h, nz = self.decomposition.blocks[self.comm.rank], self.crust.block.halo, self.volume.nz
        tops = np.zeros(block.shape, int)
        found = np.zeros(block.shape, bool)
        for k in range(nz):
            (j0, j1), (i0, i1) = block.interior
            solid = self.backend.to_host(self.crust.fields["mu"][k + h, j0:j1, i0:i1]) > 0
            tops[solid & ~found] = k
            found |= solid
            if found.all():
                break
        return tops

    def _elevation(self) -> np.ndarray | None:
        """Height of the ground [m, positive up] of the owned columns, as the cells have it."""
        if self.terrain is None:
            return None
        return -(self.volume.top + self.volume.dz * self._ground_index())

    def _stations(self) -> StationTable | None:
        stations = self.cfg.stations
        if not stations:
            return None
        x, y = np.array([self._position(s) for s in stations]).T
        lon, lat = (None, None) if self.projection is None else self.projection.to_lonlat(x, y)
        names, depth = [s.name for s in stations], np.array([s.depth for s in stations])
        return StationTable(names, x, y, depth, lon, lat)

    def _event(self) -> Event | None:
        """The strongest source, for the headers of seismograms."""
        points = [(n, s) for n, s in enumerate(self.sources) if isinstance(s, PointSources) and s.x.size]
        if not points:
            return None
        n, strongest = max(points, key=lambda item: item[1].total_moment)
        x, y, depth = self._origin(strongest)
        lon, lat = (None, None) if self.projection is None else map(float, self.projection.to_lonlat(x, y))
        onset = float(getattr(self.cfg.source[n], "onset", 0.0))
        return Event(x, y, depth, lon, lat, strongest.magnitude, onset)

    def _origin(self, source: PointSources) -> tuple[float, float, float]:
        """Where a source begins: its point that is active first, and of those the strongest."""
        size = np.abs(source.moment).sum(1) + np.abs(source.force).sum(1)
        first = np.lexsort((-size, source.rates.first))[0]
        return float(source.x[first]), float(source.y[first]), float(source.depth[first])

    # ---------------------------------------------------------------- run

    def limit(self) -> float:
        """Time step [s]; it is fixed."""
        return self.dt

    def step(self, begin: float, end: float, dt: float) -> None:
        """Waves, and what sources do to them."""
        number = self.simulation.clock.step
        crust = self.crust
        crust.push = None if self.forces.idle else lambda: self.forces.add(number)
        crust.release = None if self.moments.idle else lambda: self.moments.add(number)
        crust.step()

    def report(self) -> None:
        """Nothing was counted during the run."""

    def check_sound(self, clock: Clock) -> None:
        """Raises NumericalError if the velocities are not finite."""
        self.vigil.check_finite(clock, self.crust.motion())

    # ---------------------------------------------------------------- record

    def cells(self) -> dict[str, int]:
        """Number of cells, in all and along each side."""
        nz, ny, nx = self.volume.shape
        return {"cells": self.volume.cells, "nx": nx, "ny": ny, "nz": nz}

    def exchanges(self) -> list[HaloExchange]:
        """Those of velocities, of stresses and of the layer above a free surface."""
        return [self.crust.halo_v, self.crust.halo_s, self.crust.halo_above]

    def facts(self) -> dict[str, Any]:
        """Sources with moments and magnitudes, points per wavelength, extremes of the medium, bytes per cell."""
        arrays = self.predicted_memory()["state and medium"]
        largest = max(block.cells for block in self.decomposition.blocks) * self.volume.nz
        return {
            "sources": [self._fact(source) for source in self.sources],
            "points_per_wavelength": self.points,
            "frequency_carried": self.frequency,
            "speeds": {
                "fastest": self.speeds.fastest,
                "slowest": self.speeds.slowest,
                "least_vp_vs": self.speeds.least_ratio,
                "largest_vp_vs": self.speeds.largest_ratio,
            },
            "bytes_per_cell": arrays / largest,
        }

    def _fact(self, source: PointSources | PlaneWave) -> dict[str, Any]:
        if isinstance(source, PlaneWave):
            return {
                "name": source.name,
                "x": None,
                "y": None,
                "depth": source.depth,
                "moment": None,
                "magnitude": None,
            }
        x, y, depth = self._origin(source)
        moment = source.total_moment or None
        fact = {
            "name": source.name,
            "x": x,
            "y": y,
            "depth": depth,
            "moment": moment,
            "magnitude": source.magnitude,
        }
        return fact | ({"outline": _outline(source)} if source.x.size > 3 else {})

    def inputs(self) -> list[Path]:
        """All files that were read."""
        return self.cfg.input_files()


def _shears(source: PointSources) -> np.ndarray:
    """Which points (n,) of a source have more than the same moment in all directions."""
    shear = source.moment.copy()
    shear[:, :3] -= source.moment[:, :3].mean(1, keepdims=True)
    return np.abs(shear).max(1) > 1e-9 * np.abs(source.moment).max(1)


def _pieces(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows of about STRIP cells."""
    step = max(1, STRIP_CELLS // columns)
    return ((first, min(first + step, rows)) for first in range(0, rows, step))


def _outline(source: PointSources) -> list[list[float]]:
    """Corners [x, y, depth] of the rectangle around the points of a fault, in its own plane."""
    points = np.stack([source.x, source.y, source.depth], axis=1)
    middle = points.mean(0)
    _, _, axes = np.linalg.svd(points - middle, full_matrices=False)
    along = (points - middle) @ axes[:2].T
    (a0, b0), (a1, b1) = along.min(0), along.max(0)
    corners = np.array([(a0, b0), (a1, b0), (a1, b1), (a0, b1)]) @ axes[:2] + middle
    return [[float(value) for value in corner] for corner in corners]
