"""Seismic waves from configuration to files: what is composed, in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from esim.config.crust.root import SeismicConfig
from esim.config.crust.station import ReceiverConfig
from esim.config.stations.groups import skipped_warning, unused
from esim.crust.advice.absorption import check_absorbed, check_enclosed
from esim.crust.advice.static_displacement import check_static
from esim.crust.discretisation import Discretisation, discretise
from esim.crust.engine import CrustEngine
from esim.crust.medium.attenuation import attenuation_in_force, check_used
from esim.crust.medium.ground import Ground, build_terrain
from esim.crust.medium.medium import CrustMedium, set_medium, survey_medium
from esim.crust.medium.placing import ReceiverSite
from esim.crust.memory import (
    allocated_cells,
    largest_block,
    predict_memory,
    predict_output,
    predict_sources,
    savings,
)
from esim.crust.model import build_crust
from esim.crust.output.injection import recorded_box
from esim.crust.output.outputs import SeismicOutputs
from esim.crust.output.receiver_sites import (
    describe_stations,
    place_stations,
    seismogram_files,
    station_records,
    waveform_formats,
)
from esim.crust.output.sea_surface import check_bed
from esim.crust.quiet import QuietEnd, describe_end, ending, ending_lines
from esim.crust.sea_surface import find_sea_level
from esim.crust.settings import SeaLevel, crust_settings
from esim.crust.sources.build import (
    CrustSource,
    build_sources,
    filter_sources,
    first_motion,
    first_onset,
    limit_sources,
    low_pass_record,
    source_record,
)
from esim.crust.sources.incident import inject_waves
from esim.crust.sources.injected import inject_fields
from esim.crust.sources.injection import inject_forces, inject_moments
from esim.crust.sources.lines import plan_lines, summary_lines
from esim.crust.stability import StabilityCheck, longest_period
from esim.drivers.checkpoints import Checkpoints, abandoned_on_error
from esim.drivers.checks import (
    checkpoint_count,
    find_device,
    require_memory,
    require_steps,
    strip_bytes,
    timed,
    without,
)
from esim.drivers.driver import Observer, Warnings
from esim.drivers.engine import EngineDriver, EngineSetup, Run
from esim.drivers.resources import PROGRAM, Device, with_program
from esim.drivers.start import Start
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.io.crust.station_codes import changed_codes, changes_warning
from esim.io.crust.waveforms import require_obspy
from esim.io.map_format import MapFormat, choose_format
from esim.media.crust import build as build_medium
from esim.parallel.collectives import root_first
from esim.parallel.comm import Comm
from esim.parallel.decomposition import Decomposition, decompose
from esim.parallel.halo import HaloExchange
from esim.parallel.threads import threads_per_rank
from esim.planning.crust import plan_crust
from esim.planning.work import Output, Workload
from esim.timestepping.clock import Clock
from esim.timestepping.schedule import Steps
from esim.timestepping.simulation import Callback, Simulation


@dataclass(frozen=True, kw_only=True)
class SeismicSetup(EngineSetup[SeismicConfig]):
    """What is known of a seismic run on this rank before anything is allocated."""

    grid: Grid3D
    projection: Projection | None
    ground: Ground
    discretisation: Discretisation
    sources: Sequence[CrustSource]
    sites: Sequence[ReceiverSite]
    sea: SeaLevel | None

    @property
    def bytes_per_cell(self) -> float:
        """Memory of state and medium [bytes] of the largest rank over its cells."""
        return self.memory["state and medium"] / (largest_block(self.decomposition).cells * self.grid.nz)


@dataclass(kw_only=True)
class SeismicRun(Run[SeismicSetup]):
    """A prepared seismic run on this rank."""

    outputs: SeismicOutputs
    engine: CrustEngine
    stability: StabilityCheck
    quiet: QuietEnd | None

    def grid_size(self) -> dict[str, int]:
        """Number of cells, in all and along each side."""
        nz, ny, nx = self.setup.grid.shape
        return {"cells": self.setup.grid.cells, "nx": nx, "ny": ny, "nz": nz}

    def exchanges(self) -> list[HaloExchange]:
        """Those of velocities, of stresses and of the layer above a free surface."""
        crust = self.engine.crust
        return [crust.halo_v, crust.halo_s, crust.halo_above]

    def facts(self) -> dict[str, Any]:
        """Sources with moments and magnitudes, points per wavelength, extremes of the medium, bytes per cell."""
        setup, attenuation = self.setup, self.setup.discretisation.attenuation
        return {
            "sources": [source_record(source) for source in setup.sources],
            "points_per_wavelength": setup.discretisation.points_per_wavelength,
            "frequency_resolved": setup.discretisation.frequency,
            "speeds": setup.ground.survey.record(),
            "attenuation": attenuation and attenuation.record(),
            "gravity_surface": setup.sea and setup.sea.record(),
            "low_pass": low_pass_record(setup.sources),
            "begins": setup.discretisation.begin,
            "bytes_per_cell": setup.bytes_per_cell,
            "maps": _map_format(setup).record(),
            "station_codes": _changed_codes(setup.config),
            "stations": station_records(setup.config, setup.sites, setup.projection) if setup.sites else [],
            "end": ending(self.quiet, self.simulation.clock.time),
        }

    def report(self) -> None:
        """Warn of a run that was to end by itself and did not, or too soon."""
        for text in [] if self.quiet is None else self.quiet.warnings(self.simulation.clock.time):
            self.setup.warnings.add(text)


class Seismic(EngineDriver[SeismicConfig, SeismicSetup, SeismicRun]):
    """Waves from sources through the crust to stations and maps."""

    def check(self, config: SeismicConfig, comm: Comm, elsewhere: bool | Device = False) -> SeismicSetup:
        """Everything that can be known to be wrong before anything is allocated or written."""
        warnings, grid = Warnings(comm), config.grid.build()
        origin = config.grid.origin
        projection = None if origin is None else Projection(origin.lon, origin.lat)
        decomposition = _decompose(config, grid, comm.size)
        device = find_device(config, comm, warnings, elsewhere)
        memory = _require_memory(config, grid, decomposition, comm, device)
        terrain = build_terrain(config, grid, projection, comm)
        elevation = None if terrain is None else terrain.elevation
        rock = root_first(comm, lambda: build_medium(config.medium, grid, projection, elevation))
        rock.check(grid)
        medium = CrustMedium(grid, rock, terrain)
        block = decomposition.blocks[comm.rank]
        survey = survey_medium(medium, block, comm)
        ground = Ground(medium, survey, config.physics.order, config.grid.surface == "absorbing")
        sea = find_sea_level(ground, block, comm) if config.physics.gravity_surface else None
        config = attenuation_in_force(config, survey.attenuates)
        memory = _require_memory(config, grid, decomposition, comm, device)  # now that Q in files is known
        discretisation = discretise(config, grid, survey, warnings.add)
        sources = build_sources(config, ground, projection, comm, warnings.add)
        sources = limit_sources(config, sources, discretisation, warnings.add)
        motion, onset = first_motion(sources, discretisation.dt), first_onset(sources)
        memory = _require_memory(config, grid, decomposition, comm, device, sources)
        discretisation = discretisation.starting(motion, onset)
        require_steps(discretisation.steps, discretisation.dt)
        recorded_box(config, grid)  # refused here where it does not fit
        if (recorded := config.output.surface_displacement) is not None:
            check_bed(ground, decomposition.blocks[comm.rank], comm, recorded.sea_surface)
        sites, remarks = place_stations(config, ground, projection)
        for text in (
            *ground.remarks(),
            *remarks,
            *check_used(config.physics),
            *check_absorbed(config, grid, sources, sites),
            *check_enclosed(config, grid, sources, sites),
            *check_static(config, ground, sources, discretisation.attenuation),
            *rock.remarks,
            *(text for source in sources for text in getattr(source, "remarks", ())),
            *unused(config.stations, ReceiverConfig, projection is not None),
            *skipped_warning(config.receivers_outside),
            *changes_warning(_changed_codes(config)),
        ):
            warnings.add(text)
        for wanted, key in (
            (config.output.stations.sac, "output.stations.sac"),
            (config.output.stations.miniseed, "output.stations.miniseed"),
        ):
            if wanted:
                require_obspy(key)
        return SeismicSetup(
            config=config,
            comm=comm,
            device=device,
            threads=config.run.threads or threads_per_rank(comm),
            decomposition=decomposition,
            dt=discretisation.dt,
            memory=memory,
            warnings=warnings,
            grid=grid,
            projection=projection,
            ground=ground,
            discretisation=discretisation,
            sources=sources,
            sites=sites,
            sea=sea,
        )

    def files(self, setup: SeismicSetup) -> list[str]:
        """Snapshots, maxima, the recorded box, seismograms in all formats."""
        output = setup.config.output
        stems = [
            kind
            for kind in ("fields", "surface_displacement", "maxima", "injection")
            if getattr(output, kind) is not None
        ]
        stems += [f"plane_{plane.name}" for plane in output.planes]
        interval = setup.discretisation.sample_steps * setup.dt
        seismograms = seismogram_files(setup.config, setup.sites, setup.projection, interval)
        form = _map_format(setup)
        return ["injection.nc" if stem == "injection" else form.file(stem) for stem in stems] + seismograms

    def prepare(self, setup: SeismicSetup, start: Start, observers: Sequence[Observer] = ()) -> SeismicRun:
        """Allocate and compile, set the medium, place the sources, open the outputs."""
        config, comm, ground, timings = setup.config, setup.comm, setup.ground, dict[str, float]()
        block = setup.decomposition.blocks[comm.rank]
        with timed(timings, "medium"):
            backend = setup.open_backend()
            fields = set_medium(
                ground.medium, block, setup.discretisation.attenuation, backend, ground.air_above
            )
            fields["near_interface"] = backend.from_host(ground.near_interface(block))
        with timed(timings, "allocate and compile"):
            settings = crust_settings(config, ground, setup.discretisation, setup.sea)
            crust = build_crust(setup.grid, setup.decomposition, comm, backend, settings, fields)
        with timed(timings, "sources"):
            sources = filter_sources(setup.sources, setup.dt)
            forces, moments = (inject(crust, sources, ground) for inject in (inject_forces, inject_moments))
            boxes = [*inject_waves(config, crust, sources), *inject_fields(config, crust, sources)]
            engine = CrustEngine(crust, forces, moments, boxes)
        last = max((source.end for source in sources), default=0.0)
        window = longest_period(config.grid.boundary.kinds, setup.grid, ground.survey)
        stability = StabilityCheck(crust, last, window, config.run.watchdog)
        quiet = QuietEnd.of(config.until, crust, last)
        outputs = SeismicOutputs(
            config,
            crust,
            ground,
            setup.projection,
            setup.sites,
            setup.discretisation,
            setup.sources,
            stability,
            quiet,
            start.identity,
            setup.warnings.add,
            _map_format(setup).name,
        )
        outputs.follow_slip(ground, sources)
        checkpoints = Checkpoints(comm, outputs, stability.check_finite, setup.wall_clock)
        early, hidden = setup.discretisation.early, setup.discretisation.hidden
        callbacks = [
            Callback(
                Steps(snapshots.every, early, 0 if snapshots.hidden else hidden),
                snapshots.write,
                binding=False,
            )
            for snapshots in outputs.snapshots
        ]
        if config.output.checkpoint is not None:
            steps = Steps(max(1, round(config.output.checkpoint.every / setup.dt)))
            callbacks.append(Callback(steps, checkpoints.write_unless_done, binding=False))
        clock = Clock.starting(setup.discretisation.begin, setup.discretisation.steps * setup.dt)
        simulation = Simulation(
            engine,
            clock,
            callbacks,
            [outputs.record, *([quiet] if quiet else []), stability, *observers],
            [checkpoints.stop_if_asked],
            backend.synchronize,
        )
        with timed(timings, "allocate and compile"):
            backend.finish_compiling()
        with abandoned_on_error(outputs, comm):
            if not checkpoints.resume(start, clock):
                outputs.begin()
        return SeismicRun(
            setup=setup,
            start=start,
            backend=backend,
            simulation=simulation,
            outputs=outputs,
            timings=timings,
            engine=engine,
            stability=stability,
            quiet=quiet,
        )

    def describe(self, setup: SeismicSetup) -> list[str]:
        """Grid, waves, frequency, time step, ranks, memory, output and sources."""
        config, grid, discretisation = setup.config, setup.grid, setup.discretisation
        (dx, dy, dz), (nz, ny, nx) = grid.spacing, grid.shape
        cells = [block.cells * nz for block in setup.decomposition.blocks]
        state = setup.memory["state and medium"] * setup.comm.size
        output = predict_output(config, grid, discretisation, state)
        return [
            f"grid           {nx} x {ny} x {nz} = {grid.cells:,} cells of {dx:g} x {dy:g} x {dz:g} m",
            *setup.ground.survey.describe(),
            *setup.ground.describe(),
            *(setup.sea.describe() if setup.sea is not None else ()),
            *discretisation.describe(config, grid),
            *describe_end(config.until, setup.dt),
            f"ranks          {setup.comm.size} x {setup.threads} threads, blocks of {min(cells):,} to {max(cells):,} "
            "cells",
            f"memory         {sum(setup.memory.values()) / 1e6:.0f} MB per rank; state and medium take "
            f"{setup.bytes_per_cell:.1f} bytes per cell",
            f"output         at most {output / 1e6:.1f} MB before compression, in {config.output.directory}",
            _map_format(setup).describe(),
            *self.predict(setup).lines(),
            *plan_lines(setup.sources),
            *describe_stations(config, setup.sites),
        ]

    def workload(self, setup: SeismicSetup, ranks: int) -> Workload:
        """What a step takes, on so many ranks."""
        config, grid, times = setup.config, setup.grid, setup.discretisation
        every = config.output.checkpoint.every if config.output.checkpoint else None
        state = setup.memory["state and medium"] * setup.comm.size
        size = predict_output(config, grid, times, state)
        bare = predict_output(without(config, "checkpoint"), grid, times, state)
        written = (size - bare) // 2 * checkpoint_count(every, times.steps * setup.dt)
        output = Output(
            results=bare,
            at_end=size - predict_output(without(config, "maxima"), grid, times, state),
            checkpoints=written,
            all=size,
            compressed=config.output.compression > 0,
        )
        decomposition, steps = _decompose(config, grid, ranks), times.steps + times.early
        needed = _predict_memory(config, grid, decomposition, setup.device, setup.sources)
        return plan_crust(config, grid, decomposition, steps, setup.sources, setup.sites, output, needed)

    def summarize(self, record: Mapping[str, Any]) -> list[str]:
        """That the run ended by itself, if it did; for each source, or for many, moment, magnitude and depth."""
        return [*ending_lines(record.get("end", {})), *summary_lines(record["sources"])]


def _map_format(setup: SeismicSetup) -> MapFormat:
    """The format of the maps of a run."""
    config, (nz, ny, nx) = setup.config, setup.grid.shape
    areas = {"x": nz * ny, "y": nz * nx, "depth": ny * nx}
    cells = max([ny * nx, *(areas[plane.axis] for plane in config.output.planes)])
    return choose_format(config.output.format, cells, config.run.precision)


def _changed_codes(config: SeismicConfig) -> dict[str, dict[str, str]]:
    """By format of seismology: the codes of stations whose names it cannot hold."""
    return changed_codes([station.name for station in config.receivers], waveform_formats(config))


def _decompose(config: SeismicConfig, grid: Grid3D, ranks: int) -> Decomposition:
    """Blocks of so many ranks; raises InputError where the grid has not enough cells."""
    horizontal = grid.horizontal
    return decompose(horizontal.shape, ranks, horizontal.periodic, halo=config.physics.order // 2)


def _predict_memory(
    config: SeismicConfig,
    grid: Grid3D,
    decomposition: Decomposition,
    device: Device,
    sources: Sequence[CrustSource] = (),
) -> dict[str, int]:
    """Bytes of the largest rank, by name; sources may be left out as long as they are not known."""
    memory = predict_memory(config, grid, decomposition, device.gpu is not None)
    memory |= predict_sources(sources, len(decomposition.blocks))
    memory["strips"] = strip_bytes(config, allocated_cells(grid, decomposition))
    if device.gpu is None:  # what the medium is set with is gone before the compiler comes
        compiler = PROGRAM[device.backend] - PROGRAM["numpy"]
        memory["preparation"] = max(0, memory["preparation"] - compiler)
    return with_program(memory, device.backend, len(decomposition.blocks))


def _require_memory(
    config: SeismicConfig,
    grid: Grid3D,
    decomposition: Decomposition,
    comm: Comm,
    device: Device,
    sources: Sequence[CrustSource] = (),
) -> dict[str, int]:
    """Bytes of the largest rank, by name; raises InputError where the device has less."""
    memory = _predict_memory(config, grid, decomposition, device, sources)
    require_memory(config, comm, device, memory, dimensions=3, savings=savings(config))
    return memory
