"""How does a library come about? A run for each sensor and target, kept, and the matrices of all of them."""

import hashlib
import json
import re
import time as wall
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from esim import __version__
from esim.config.forecast.root import TwinConfig
from esim.config.forecast.stations import SensorConfig
from esim.config.forecast.unknowns import SlipConfig
from esim.config.ocean.root import TsunamiConfig
from esim.config.ocean.warning_levels import warning_levels
from esim.data import locate
from esim.drivers.run import checked
from esim.drivers.tsunami import Tsunami
from esim.forecast.library import Library, write_library
from esim.forecast.operator import depth_change, windowed
from esim.forecast.places import Place, place_sensors, place_targets
from esim.forecast.plan import Cost
from esim.forecast.prior import Prior, build_prior
from esim.forecast.reciprocity import (
    Hump,
    Response,
    hump_radius,
    left_out,
    reciprocal_config,
    respond,
)
from esim.forecast.unknowns import Unknowns, build_unknowns
from esim.forecast.uplift import source_terms
from esim.grids.grid import Grid
from esim.io import netcdf
from esim.io.atomic import whole_file
from esim.io.gridded.reader import opened
from esim.io.provenance import input_file, plain
from esim.ocean.nesting.grid_level import read_media
from esim.ocean.output.gauge_places import FirstWater
from esim.parallel.comm import SerialComm

Say = Callable[[str], None]
LIBRARY, KEPT = "library.nc", "response.nc"
STARTS = 4.0  # times what a check takes: a run is checked twice, and prepared


@dataclass(frozen=True, eq=False)
class Prepared:
    """What is known before any run: places of sensors and targets, the unknowns and what they lift, prior, inputs."""

    twin: TwinConfig
    base: TsunamiConfig
    grid: Grid
    sensors: list[tuple[SensorConfig, Place]]
    targets: list[Place]
    unknowns: Unknowns
    prior: Prior
    inputs: list[dict[str, Any]]

    @property
    def sample_times(self) -> np.ndarray:
        """Times [s] of data, without the origin, at which nothing has moved."""
        sampling = self.twin.sampling
        return sampling.every * np.arange(1, int(sampling.observed / sampling.every + 1e-9) + 1)

    @property
    def forecast_times(self) -> np.ndarray:
        """Times [s] of forecasts."""
        sampling = self.twin.sampling
        return sampling.forecast_every * np.arange(
            int(sampling.duration / sampling.forecast_every + 1e-9) + 1
        )

    def hump(self, place: Place) -> Hump:
        """The hump from which the run of a place starts."""
        return Hump(place.name, place.x, place.y, hump_radius(self.grid, place.y, place.hump))


def prepare(twin: TwinConfig, base: TsunamiConfig) -> Prepared:
    """Everything that can be wrong, and what does not need a run; raises InputError."""
    warning_levels(twin.levels)
    grid = base.grid.build()
    anywhere = Hump("", grid.x0 + grid.nx * grid.dx / 2, grid.y0 + grid.ny * grid.dy / 2, 1.0)
    linear = reciprocal_config(base, anywhere, twin.sampling.duration, twin.output.directory)
    elevation = read_media(linear, linear.grid.tree(), SerialComm())[0].elevation
    water = FirstWater(grid, elevation, (), base.physics.dry_depth)
    sensors, targets = place_sensors(twin.all_sensors, water), place_targets(twin.all_targets, water)
    unknowns = build_unknowns(twin.unknowns, base, grid, elevation)
    by_name = {one.name: one for one in twin.all_sensors}
    files = [(file, "bathymetry") for file in _bathymetry(base)]
    if unknowns.file is not None:
        files.append((unknowns.file, "fault" if twin.unknowns.kind == "slip" else "area"))
    return Prepared(
        twin,
        base,
        grid,
        [(by_name[place.name], place) for place in sensors],
        targets,
        unknowns,
        build_prior(twin.prior, unknowns.apart, twin.unknowns.windows),
        [{"what": what} | input_file(locate(file)) | {"path": str(file)} for file, what in files],
    )


def describe(found: Prepared) -> list[str]:
    """The plan of a library: what is assumed, what it takes."""
    twin, kajiura, sloped = found.twin, *source_terms(found.twin.unknowns, found.base)
    radii = sorted(
        {found.hump(place).radius / 1000 for place in [*(one for _, one in found.sensors), *found.targets]}
    )
    hump = found.hump(found.sensors[0][1])
    begun = wall.perf_counter()
    setup = checked(
        Tsunami(),
        reciprocal_config(found.base, hump, twin.sampling.duration, twin.output.directory),
        SerialComm(),
    )
    cells, seconds = found.unknowns.uplifts.bed[0].size, wall.perf_counter() - begun
    cost = Cost(
        runs=len(found.sensors) + len(found.targets),
        data=len(found.sensors) * found.sample_times.size,
        unknowns=found.prior.mean.size,
        forecasts=len(found.targets) * found.forecast_times.size,
        subfaults=found.unknowns.count,
        cells=cells,
        run_seconds=Tsunami().predict(setup).time + STARTS * seconds,
        run_bytes=sum(setup.memory.values()),
    )
    without = ", ".join(left_out(found.base))
    moved = [f"{one.name} {one.moved / 1000:.3g} km" for one in found.targets if one.moved]
    terms = {"Kajiura's filter": kajiura}
    if isinstance(twin.unknowns, SlipConfig):
        terms["the horizontal motion of slopes"] = sloped
    given = [name for name, used in terms.items() if used]
    of_file = isinstance(twin.unknowns, SlipConfig) and twin.unknowns.start == "file"
    begin = "rupture time of the file" if of_file else "origin time"
    return [
        f"grid           {found.grid.nx} x {found.grid.ny} cells of base, {twin.base.name}, with linear waves"
        + (f": without its {without}" if without else ""),
        f"{twin.unknowns.kind:<15}{found.unknowns.parts} in {twin.unknowns.windows} windows of "
        f"{twin.unknowns.window:g} s from the {begin} on, "
        + (f"with {' and '.join(given)}" if given else f"without {' and '.join(terms)}"),
        f"stations       means over humps with radii of {radii[0]:.3g} to {radii[-1]:.3g} km at {len(found.sensors)} "
        f"sensors and {len(found.targets)} targets",
        *([f"moved          to the nearest water: {', '.join(moved)}"] if moved else []),
        *cost.lines(),
    ]


def build(found: Prepared, say: Say) -> Path:
    """Compute what is not there yet, and write the library; returns its path."""
    twin = found.twin
    duration = {True: float(found.sample_times[-1]), False: twin.sampling.duration}
    seen, forecast = [], []
    everything = [(place, sensor) for sensor, place in found.sensors] + [
        (place, None) for place in found.targets
    ]
    for n, (place, sensor) in enumerate(everything, start=1):
        begun = wall.perf_counter()
        response, was_there = kept_response(found, place, duration[sensor is not None])
        how = "was there" if was_there else f"{wall.perf_counter() - begun:.1f} s"
        say(f"run {n} of {len(everything)}   {place.name}: {how}")
        if sensor is None:
            forecast.append(_surface(found, response, found.forecast_times))
        else:
            seen.append(_record(found, sensor, place, response))
    path = twin.output.directory / LIBRARY
    write_library(path, assemble(found, seen, np.stack(forecast)))
    return path


def kept_response(found: Prepared, place: Place, duration: float) -> tuple[Response, bool]:
    """The response at a place, and whether it was there already from a run of the same scenario."""
    hump, uplifts = found.hump(place), found.unknowns.uplifts
    folder = found.twin.output.directory / "runs" / re.sub(r"[^\w.-]", "_", place.name)
    identity = _identity(found, hump, duration)
    if (kept := _read(folder / KEPT, identity)) is not None:
        return kept, True
    response = respond(
        found.base, hump, uplifts.surface, uplifts.box, found.twin.sampling.every, duration, folder
    )
    _write(folder / KEPT, response, identity)
    return response, False


def assemble(found: Prepared, seen: Sequence[np.ndarray], forecast: np.ndarray) -> Library:
    """The library of records of sensors (T, U) and of forecasts (targets, T, U), both by unknowns [m]."""
    prior = found.prior
    records = np.stack(seen)
    places = [place for _, place in found.sensors]
    j0, j1, i0, i1 = found.unknowns.uplifts.box
    return Library(
        sensors=tuple(place.name for place in places),
        sensor_kinds=tuple(sensor.kind for sensor, _ in found.sensors),
        sensor_x=np.array([place.x for place in places]),
        sensor_y=np.array([place.y for place in places]),
        sensor_after=np.array([sensor.after for sensor, _ in found.sensors]),
        sensor_relative=_relative(found, places),
        sensor_time=found.sample_times,
        sensor_mean=records @ prior.mean,
        sensor_design=records @ prior.root,
        targets=tuple(place.name for place in found.targets),
        target_x=np.array([place.x for place in found.targets]),
        target_y=np.array([place.y for place in found.targets]),
        target_depth=np.array([place.depth for place in found.targets]),
        target_relative=_relative(found, found.targets),
        target_coastal=np.array([place.coastal for place in found.targets], np.int32),
        forecast_time=found.forecast_times,
        forecast_mean=forecast @ prior.mean,
        forecast_design=forecast @ prior.root,
        slip_mean=prior.mean,
        slip_root=prior.root,
        area=found.unknowns.area,
        moment=found.unknowns.moment,
        subfault_outline=found.unknowns.outlines,
        x=found.grid.x(i0, i1),
        y=found.grid.y(j0, j1),
        uplift=found.unknowns.uplifts.bed.astype(np.float32),
        about=_about(found),
    )


def _record(found: Prepared, sensor: SensorConfig, place: Place, response: Response) -> np.ndarray:
    """What a sensor sees of the unknowns, (T, U)."""
    surface = _surface(found, response, found.sample_times)
    if sensor.kind == "surface" or not sensor.moves_with_bed:
        return surface
    rise = found.unknowns.rise(place.x, place.y)
    return depth_change(surface, found.sample_times, found.unknowns.starts, found.twin.unknowns.window, rise)


def _relative(found: Prepared, places: Sequence[Place]) -> np.ndarray:
    """Errors of the model at places, as fractions, (n,)."""
    general = found.twin.noise.relative
    return np.array([general if place.relative is None else place.relative for place in places])


def _surface(found: Prepared, response: Response, times: np.ndarray) -> np.ndarray:
    return windowed(response, times, found.unknowns.starts, found.twin.unknowns.window)


def _bathymetry(base: TsunamiConfig) -> tuple[Path, ...]:
    layers = base.bathymetry if isinstance(base.bathymetry, tuple) else (base.bathymetry,)
    return tuple(file for layer in layers for file in layer.files)


def _about(found: Prepared) -> dict[str, Any]:
    twin, base = found.twin, found.base
    levels = warning_levels(twin.levels)
    return dict(
        plain(
            {
                "title": twin.title or base.title,
                "start": base.time.start,
                "lonlat": found.grid.lonlat,
                "unknowns": twin.unknowns.kind,
                "windows": twin.unknowns.windows,
                "window": twin.unknowns.window,
                "slip_ends": float(found.unknowns.starts.max()) + twin.unknowns.window,
                "every": twin.sampling.every,
                "noise": twin.noise.model_dump(),
                "magnitude_cap": twin.prior.magnitude_cap,
                "levels": levels.model_dump(),
                "configuration": twin.model_dump(mode="json"),
                "base": base.echo(),
                "inputs": found.inputs,
            }
        )
    )


def _identity(found: Prepared, hump: Hump, duration: float) -> str:
    """What decides a response, as a checksum."""
    config = reciprocal_config(found.base, hump, duration, found.twin.output.directory)
    parts = {key: value for key, value in config.echo().items() if key not in ("output", "run", "title")}
    more = [
        config.run.precision,
        found.twin.sampling.every,
        found.unknowns.uplifts.box,
        found.inputs,
        __version__,
    ]
    digest = hashlib.sha256(json.dumps(plain([parts, more]), sort_keys=True).encode())
    digest.update(np.ascontiguousarray(found.unknowns.uplifts.surface).tobytes())
    return digest.hexdigest()


def _write(path: Path, response: Response, identity: str) -> None:
    with whole_file(path) as temporary, netcdf.LIBRARY, netcdf.create(temporary) as data:
        data.setncatts({"identity": identity, "volume": response.volume})
        for name, size in zip(("time", "subfault"), response.surface.shape, strict=True):
            data.createDimension(name, size)
        time = data.createVariable("time", "f8", ("time",))
        surface = data.createVariable("surface", "f8", ("time", "subfault"))
        time.setncatts({"units": "s", "long_name": "time since a sudden metre of slip or uplift"})
        surface.setncatts({"units": "m", "long_name": "mean surface over the hump"})
        time[:], surface[:] = response.times, response.surface


def _read(path: Path, identity: str) -> Response | None:
    """What is kept of a run, None where nothing is or it is of another scenario."""
    if not path.is_file():
        return None
    with opened(path) as data:
        if getattr(data, "identity", "") != identity:
            return None
        times, surface = (np.ma.filled(data[name][:]) for name in ("time", "surface"))
        return Response(times, surface, float(data.volume))
