"""surface_displacement.nc: low-passed records, the top of the sea, where it lies, and the end of a quiet run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support.quakes import change, compute, configured, march, quake
from support.scenes import Killed, but_checkpoints, differing

from esim.config.crust.root import SeismicConfig
from esim.crust.output.low_pass import REACH
from esim.drivers.run import driver_of, prepared, simulate
from esim.drivers.seismic import SeismicRun
from esim.errors import InputError
from esim.grids.projection import Projection
from esim.io.zarr.convert import convert
from esim.io.zarr.store import WholeStore
from esim.parallel.comm import SerialComm
from esim.timestepping.clock import Clock

EVERY, WATER = 0.1, 300.0
ROCK = {"top": 0, "vp": 3000, "vs": 1700, "rho": 2200}
SEA = {"top": 0, "vp": 1500, "vs": 0, "rho": 1000}


def scene(directory: Path, **displacement: Any) -> dict:
    """Slip in a rock of 12 x 8 x 9 cells, of which nothing but the displacement of the surface is written."""
    made = quake(directory, backend="numpy")
    made["grid"] |= {"x": [-600, 600], "y": [-400, 400], "depth": [0, 900]}
    made["grid"]["boundary"] = {
        "kind": "sponge",
        "cells": 2,
    }  # of fewer kernels than layers that absorb better
    made["grid"]["origin"] = {"lon": 142.0, "lat": 38.0}
    made["medium"]["layers"] = [ROCK]
    made["source"] = [dict(made["source"][0], x=30, y=-20, depth=330)]
    made["stations"] = []
    made["output"] = {
        "directory": str(directory),
        "maxima": None,
        "surface_displacement": {"every": EVERY, "low_pass": True, **displacement},
    }
    return made | {"time": {"duration": 0.9}}


def opened(directory: Path) -> xr.Dataset:
    return xr.load_dataset(directory / "surface_displacement.nc")


def test_low_passed_records_are_windowed_means_of_the_displacement(tmp_path: Path) -> None:
    slow = {"kind": "gaussian", "sigma": 0.13, "delay": 0.45}  # nothing is sent ahead of time zero
    for name, more in (("means", {}), ("steps", {"every": 1e-3, "low_pass": False})):
        compute(change(scene(tmp_path / name, **more), "source.0.time_function", slow))
    means, steps = opened(tmp_path / "means"), opened(tmp_path / "steps")
    dt, interval = float(steps.time[0]), means.attrs["record_interval"]
    n = round(interval / dt)
    assert n > 5 and means.attrs["low_pass_width"] == pytest.approx(4 * interval)
    weights = 1 + np.cos(np.pi * np.arange(-2 * n, 2 * n + 1) / (2 * n))
    for name in ("ux", "uy", "uz"):
        series = np.pad(steps[name].values.astype(float), ((5 * n, 0), (0, 0), (0, 0)))
        series = np.pad(series, ((0, 5 * n), (0, 0), (0, 0)), mode="edge")
        for time, found in zip(means.time.values, means[name].values, strict=True):
            middle = round(time / dt) + 5 * n - 1
            wanted = np.tensordot(weights, series[middle - 2 * n : middle + 2 * n + 1], 1) / (4 * n)
            np.testing.assert_allclose(found, wanted, atol=1e-6 * np.abs(series).max())
        assert not means[name][0].any() and np.array_equal(means[name][-1], steps[name][-1])
    assert float(means.time[0]) == pytest.approx(-REACH * interval)
    np.testing.assert_allclose(np.diff(means.time), interval, rtol=1e-12)


@pytest.mark.parametrize("form", ["netcdf", pytest.param("zarr", marks=pytest.mark.long)])
@pytest.mark.long
def test_any_ranks_and_a_restart_within_windows_write_the_same_bits(form: str, tmp_path: Path) -> None:
    sea = change(scene(tmp_path / "whole", sea_surface=True), "medium.layers", [SEA, dict(ROCK, top=WATER)])
    sea["output"] |= {"format": form, "checkpoint": {"every": 0.23}}
    sea["time"]["duration"] = 0.5

    def end(run: SeismicRun, clock: Clock) -> None:
        if clock.step == 70:
            raise Killed

    def found(name: str, ranks: int, cut: bool = False) -> dict[str, np.ndarray]:
        made = json.loads(json.dumps(sea))
        made["output"]["directory"] = str(tmp_path / name)
        if cut:
            with pytest.raises(Killed):
                march(made, end, 4 if ranks == 1 else 1)
            assert list((tmp_path / name / "checkpoint").glob("step_*"))
        got = but_checkpoints(compute(made, ranks, resume=cut))
        if form == "zarr":
            got = {
                key: value.values for key, value in xr.open_zarr(WholeStore(tmp_path / name / ZARR)).items()
            }
        return got

    whole = found("whole", 1)
    assert np.nanmax(np.abs(whole[next(key for key in whole if key.endswith("sea_uz"))])) > 0
    assert differing(found("ranks", 3), whole) == []
    assert differing(found("cut", 1, cut=True), whole) == []
    assert differing(found("elsewhere", 2, cut=True), whole) == []


ZARR = "surface_displacement.zarr"


def test_the_file_says_where_it_lies_and_what_it_holds(tmp_path: Path) -> None:
    pyproj = pytest.importorskip("pyproj")
    compute(scene(tmp_path))
    convert(tmp_path / "surface_displacement.nc")
    file = xr.open_dataset(tmp_path / "surface_displacement.nc", decode_coords="all")
    store = xr.open_zarr(WholeStore(tmp_path / ZARR), decode_coords="all")
    for found in (file, store):
        system = pyproj.CRS.from_cf(found.crs.attrs)
        assert found.uz.encoding["grid_mapping"] == "crs" and "crs" in found.coords
        x, y = pyproj.Transformer.from_crs("EPSG:4326", system, always_xy=True).transform(142.3, 38.2)
        assert np.allclose((x, y), Projection(142.0, 38.0).to_xy(142.3, 38.2), atol=1e-6)
        lon, lat = pyproj.Transformer.from_crs(system, "EPSG:4326", always_xy=True).transform(
            *np.meshgrid(found.x, found.y)
        )
        np.testing.assert_allclose(found.lon, lon, atol=1e-9)
        np.testing.assert_allclose(found.lat, lat, atol=1e-9)
        assert found.uz.attrs["positive"] == "down" and "Hann window" in found.uz.attrs["cell_methods"]
        assert found.uz.dtype == np.float32 and found.attrs["complete"] == 0
        assert found.attrs["run_end"].startswith("time.duration")


def test_frames_are_handed_over_as_soon_as_they_are_complete(tmp_path: Path) -> None:
    cfg = configured(scene(tmp_path))
    seen: list[tuple[int, float, float, np.ndarray]] = []
    driver = driver_of(cfg)
    with prepared(driver, driver.check(cfg, SerialComm())) as run:
        run.outputs.displacement.observers.append(
            lambda number, time, values: seen.append((number, time, run.simulation.clock.time, values))
        )
        run.compute()
    found = opened(tmp_path)
    assert [number for number, *_ in seen] == list(range(found.sizes["time"]))
    assert [time for _, time, *_ in seen] == found.time.values.tolist()
    end, interval = seen[-1][2], found.attrs["record_interval"]
    for number, time, now, values in seen:
        if number > 0:  # the first one, at rest, comes with the first step
            assert now == pytest.approx(min(end, time + REACH * interval), abs=1e-9)
        stacked = np.stack([found[name][number] for name in ("ux", "uy", "uz")])
        assert np.array_equal(values, stacked)


# ------------------------------------------------------------------ the sea


def upward(directory: Path, **displacement: Any) -> dict:
    """A vertical P wave that lifts a slice of rock for good, with a sea over it."""
    made = scene(directory, low_pass=False, sea_surface=True, every=0.02, **displacement)
    made["grid"] |= {
        "x": [-400, 400],
        "depth": [0, 1500],
        "spacing": 50,
        "boundary": {"kind": "periodic", "bottom": "cpml", "cells": 6},
    }
    made["grid"]["y"] = made["grid"]["x"]
    made["medium"]["layers"] = [SEA, dict(ROCK, top=WATER)]
    made["source"] = [{"kind": "plane_wave", "polarisation": "z", "depth": 1000, "amplitude": 0.1,
                       "time_function": {"kind": "gaussian", "sigma": 0.06, "delay": 0.3}}]  # fmt: skip
    return made | {"time": {"duration": 1.0}}


def test_the_bed_is_the_seafloor_and_the_top_of_the_sea_follows_it(tmp_path: Path) -> None:
    """The seafloor lets through what impedances say, the sea surface moves twice that, later by the way of sound."""
    compute(upward(tmp_path))
    found = opened(tmp_path)
    assert float(np.abs(found.uz - found.uz[:, :1, :1]).max()) < 1e-4 * float(np.abs(found.uz).max())
    rock, water = ROCK["vp"] * ROCK["rho"], SEA["vp"] * SEA["rho"]
    through = 2 * rock / (rock + water) * 0.1 * 0.06 * np.sqrt(2 * np.pi)
    bed, top = found.uz[:, 5, 5], found.sea_uz[:, 5, 5]
    arrival, way = 0.3 + 700 / ROCK["vp"], WATER / SEA["vp"]
    # When all of the wave has come, and nothing yet of what the sea sends back.
    assert float(bed.interp(time=arrival + way)) == pytest.approx(through, rel=0.02)
    assert float(np.abs(top.interp(time=arrival))) < 0.01 * through
    assert float(top.interp(time=arrival + 2 * way)) == pytest.approx(2 * through, rel=0.02)
    assert (found.elevation == -WATER).all()


def test_there_is_no_sea_surface_on_land(tmp_path: Path) -> None:
    made = scene(tmp_path, sea_surface=True, low_pass=True)
    made["grid"] |= {"depth": [-200, 900]}
    made["topography"] = {"kind": "slope", "depth": 0, "slope": 0.25, "direction": 90}
    made["medium"]["layers"] = [dict(ROCK, top=-200)]
    compute(change(made, "time.duration", 0.3))
    found = opened(tmp_path)
    wet = found.elevation < 0
    assert wet.any() and not wet.all()
    assert np.array_equal(np.isfinite(found.sea_uz), np.broadcast_to(wet, found.sea_uz.shape))
    assert np.isfinite(found.uz).all()


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (
            "output.surface_displacement.sea_surface",
            True,
            "output.surface_displacement.sea_surface: needs a sea: topography with water, or layers with vs: 0 at the "
            "top of the medium",
        ),
        (
            "medium.layers",
            [SEA],
            "output.surface_displacement: 96 columns of cells have no rock down to the bottom of the grid, 900 m, "
            "whose displacement could be recorded; grid.depth must end in rock",
        ),
    ],
)
def test_where_there_is_nothing_to_record_it_is_said(
    path: str, value: Any, sentence: str, tmp_path: Path
) -> None:
    made = change(scene(tmp_path), path, value)
    made["source"] = [{"kind": "explosion", "x": 0, "y": 0, "depth": 400, "moment": 1e14,
                       "time_function": {"kind": "gaussian", "sigma": 0.1}}]  # fmt: skip
    with pytest.raises(InputError) as error:
        simulate(configured(made))
    assert str(error.value) == sentence


def test_low_passed_records_cannot_begin_where_a_run_is_resumed(tmp_path: Path) -> None:
    before = scene(tmp_path)
    before["output"] |= {"surface_displacement": None, "maxima": {}, "checkpoint": {"every": 0.2}}
    compute(before)
    after = scene(tmp_path)
    after["output"] |= {"maxima": {}, "checkpoint": {"every": 0.2}}
    with pytest.raises(InputError, match=r"output\.surface_displacement was null, is a mapping"):
        compute(after, resume=True)


# ------------------------------------------------------------------ the end of a quiet run


def quiet(directory: Path, velocity: float = 0.05, window: float = 0.3) -> dict:
    made = scene(directory)
    made["grid"]["boundary"] = {"kind": "sponge", "cells": 3}
    made["grid"]["depth"] = [0, 1200]
    made["until"] = {"velocity": velocity, "window": window}
    return made | {"time": {"duration": 6.0}}


def test_a_run_ends_by_itself_when_it_is_quiet(tmp_path: Path) -> None:
    loudest: list[tuple[float, float]] = []

    def listen(run: SeismicRun, clock: Clock) -> None:
        crust = run.engine.crust
        v = crust.own(crust.v)[:, :-3, 3:-3, 3:-3]
        loudest.append((clock.time, float(np.abs(v).max())))

    (run,) = march(quiet(tmp_path), listen)
    record = json.loads((tmp_path / "run.json").read_text())
    end, config = record["end"], configured(quiet(tmp_path)).until
    assert config is not None and end["reason"] == "quiet" and end["time"] == run.simulation.clock.time < 5
    assert record["simulated_seconds"] == end["time"] - record["begins"]
    assert not any(text.startswith("until") for text in record["warnings"])
    times, most = np.array(loudest).T
    since = end["quiet_since"]
    assert (most[times >= since] <= config.velocity).all() and end["velocity_left"] == most[-1]
    # It was loud one look before, and the end is one look after the window at most.
    looks = 2 * run.quiet.interval * run.setup.dt
    assert most[(times < since) & (times > since - looks)].max() > config.velocity
    assert config.window <= end["time"] - since <= config.window + looks
    (line, _) = driver_of(run.setup.config).summarize(record)
    assert line.startswith("ended          at ") and f"quiet since {since:.5g} s" in line
    found = opened(tmp_path)
    assert found.attrs["complete"] == 1 and found.attrs["run_end"].startswith(f"quiet since {since:g} s")
    assert float(found.time[-1]) >= end["time"]


@pytest.mark.long
def test_the_quiet_end_is_the_same_on_any_ranks_and_after_a_restart(tmp_path: Path) -> None:
    made = quiet(tmp_path / "whole", velocity=0.2, window=0.1)
    made["output"]["checkpoint"] = {"every": 0.21}
    whole = but_checkpoints(compute(made))
    last = json.loads((tmp_path / "whole/run.json").read_text())["steps"]

    def end(run: SeismicRun, clock: Clock) -> None:
        if clock.step == last - 7:
            raise Killed

    for name, ranks in (("ranks", 2), ("cut", 1)):
        made["output"]["directory"] = str(tmp_path / name)
        if name == "cut":
            with pytest.raises(Killed):
                march(made, end, 2)
        assert differing(but_checkpoints(compute(made, ranks, resume=name == "cut")), whole) == []


def test_waves_that_have_not_come_to_the_surface_count(tmp_path: Path) -> None:
    """Sources end long before their waves arrive there: the run waits for them."""
    made = quiet(tmp_path, window=0.05)
    made["grid"]["depth"] = [0, 3000]
    made["source"][0] |= {"depth": 2450, "time_function": {"kind": "triangle", "duration": 0.05}}
    compute(made)
    record, found = json.loads((tmp_path / "run.json").read_text()), opened(tmp_path)
    assert record["end"]["reason"] == "quiet" and record["end"]["time"] > 2450 / ROCK["vp"]
    assert np.abs(found.uz[-1]).max() > 0


def test_a_run_that_is_not_quiet_in_time_says_so(tmp_path: Path) -> None:
    compute(change(quiet(tmp_path, velocity=1e-9), "time.duration", 0.7))
    record, found = json.loads((tmp_path / "run.json").read_text()), opened(tmp_path)
    assert record["end"]["reason"] == "duration" and record["end"]["velocity_left"] > 1e-9
    assert any(
        text.startswith("until: at ") and "longer time.duration" in text for text in record["warnings"]
    )
    assert found.attrs["complete"] == 0 and "largest velocity left" in found.attrs["run_end"]


def test_a_weak_source_is_not_taken_for_waves_that_have_left(tmp_path: Path) -> None:
    compute(quiet(tmp_path, velocity=100.0, window=0.1))
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["end"]["reason"] == "quiet" and any("lower until.velocity" in t for t in record["warnings"])


def test_the_plan_says_when_a_run_ends(tmp_path: Path) -> None:
    cfg: SeismicConfig = configured(quiet(tmp_path))
    driver = driver_of(cfg)
    lines = driver.describe(driver.check(cfg, SerialComm()))
    (line,) = [line for line in lines if line.startswith("until ")]
    assert "0.3 s without a velocity above 0.05 m/s" in line
