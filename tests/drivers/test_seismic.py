"""Does a crust run compute what it should, and write what it says, from the YAML file to its files?"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support.commands import esim_run
from support.quakes import PLACES, configured, halfspace, march, quake, written
from support.scenes import differing, saved

from esim.backends import device_buffer
from esim.cli.run import main
from esim.crust.sources import injection
from esim.drivers.run import simulate
from esim.drivers.seismic import Seismic
from esim.grids.projection import Projection

Ran = tuple["subprocess.CompletedProcess[str]", Path]
START = "2016-04-15T16:25:05Z"
ORIGIN = {"lon": 130.76, "lat": 32.75}
SERIES = [a + b for a in "vua" for b in "xyz"] + ["exx", "eyy", "ezz", "exy", "exz", "eyz", "pressure"]
FILES = ["fields.nc", "maxima.nc", "plane_across.nc", "plane_along.nc", "plane_below.nc", "run.json",
         "stations.nc", "surface_displacement.nc", "waveforms.mseed"]  # fmt: skip


def everything(directory: Path) -> dict:
    """The scene at a place on the Earth, two of its stations given by lon and lat, with all kinds of files."""
    scene = quake(directory)
    scene["time"]["start"], scene["grid"]["origin"] = START, ORIGIN
    projection = Projection(**{f"{key}0": value for key, value in ORIGIN.items()})
    for n in (1, 4):
        lon, lat = projection.to_lonlat(*PLACES[n][:2])
        scene["stations"][n] = {"name": f"s{n}", "lon": float(lon), "lat": float(lat)}
    scene["output"]["stations"] |= {"sac": True, "miniseed": True}
    del scene["output"]["checkpoint"]
    return scene


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The command on that scene, computed once."""
    folder = tmp_path_factory.mktemp("quake")
    done = esim_run(saved(everything(folder / "out"), folder))
    assert done.returncode == 0, done.stderr
    return done, folder / "out"


def records(scene: dict) -> xr.Dataset:
    """stations.nc of a scene."""
    return xr.load_dataset(simulate(configured(scene)) / "stations.nc")


# ------------------------------------------------------------------ what is told and written


def test_a_run_tells_its_plan_its_progress_and_what_it_wrote(ran: Ran) -> None:
    done, out = ran
    lines = done.stdout.splitlines()
    assert lines[0] == "A small earthquake" and "24 x 22 x 20 = 10,560 cells of 100 x 100 x 100 m" in lines[1]
    assert any("1700 to 5000 m/s, Vp/Vs 1.76-1.79" in line for line in lines)
    assert any(
        "3.4 Hz with 5.0 points per wavelength; the grid resolves 3.4 Hz with 5" in line for line in lines
    )
    assert any(re.search(r"time step +\S+ s, 0\.\d+ of the largest stable one \(Vp dt/h = 0\.\d+\)", line)
               for line in lines)  # fmt: skip
    assert any("source         double_couple, Mw 4.00" in line for line in lines)
    assert "source double_couple: M0 1.26e+15 N m, Mw 4.00, depth 830 m" in lines
    assert any(line.startswith("source force: no moment") for line in lines)
    told = [Path(line.strip()) for line in lines[lines.index("written:") + 1 :]]
    assert {path for path in told if path.is_file()} | {out / "sac"} == set(told)
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == FILES
    warnings = done.stderr.splitlines()
    passed = [w for w in warnings if "low-passed at 3.4 Hz, which this grid resolves" in w]
    absorbed = [w for w in warnings if "lies in the absorbing layer, the outer 4 cells of the block" in w]
    thin = [w for w in warnings if "output.surface_displacement: CPML of 4 cells" in w]
    assert (len(passed), len(absorbed), len(thin), len(warnings)) == (3, 1, 1, 5)


def test_check_computes_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Seismic, "prepare", lambda *_: pytest.fail("the computation was begun"))
    config = saved(quake(tmp_path / "out", "coarse"), tmp_path)
    assert main([str(config), "--check"]) == 0
    told = capsys.readouterr().out
    assert "attenuation    coarse, Q constant over 0.034-3.4 Hz" in told and "bytes per cell" in told
    assert list(tmp_path.iterdir()) == [config]


def test_the_record_of_a_run(ran: Ran) -> None:
    record = json.loads((ran[1] / "run.json").read_text())
    slip, push, blast = record["sources"]
    assert slip["name"] == "double_couple" and slip["magnitude"] == pytest.approx(4.0)
    assert slip["moment"] == pytest.approx(10 ** (1.5 * 4 + 9.1), rel=1e-6)
    assert (slip["x"], slip["y"], slip["depth"]) == (130, -70, 830)
    assert push["moment"] is None and push["magnitude"] is None
    # Of a tensor M the scalar moment is sqrt(M:M / 2).
    assert blast["moment"] == pytest.approx(np.sqrt(3 / 2) * 1e14)
    assert record["grid"] == {"cells": 10560, "nx": 24, "ny": 22, "nz": 20}
    assert record["frequency_resolved"] == pytest.approx(3.4) and record[
        "points_per_wavelength"
    ] == pytest.approx(5)
    assert record["speeds"]["fastest"] == pytest.approx(5000) and record["speeds"][
        "slowest"
    ] == pytest.approx(1700)
    assert record["bytes_per_cell"] > 48 and record["cell_rate"] > 0
    # What the low-pass sends ahead of the sources is computed before the origin time.
    assert record["begins"] == pytest.approx(-2.2 / 3.4, abs=0.021)
    assert record["steps"] * record["dt"] == pytest.approx(0.8 - record["begins"])
    assert record["simulated_seconds"] == pytest.approx(0.8 - record["begins"])
    assert record["low_pass"]["corner"] == pytest.approx(3.4) and "zero phase" in record["low_pass"]["filter"]
    assert [source["low_pass"] for source in record["sources"]] == pytest.approx([3.4] * 3)
    assert record["attenuation"] is None
    assert record["decomposition"] == {"ranks": 1, "blocks": [[0, 22, 0, 24]]}
    assert len(record["warnings"]) == 5 and record["configuration"]["source"][0]["rake"] == 70
    attributes = xr.load_dataset(ran[1] / "stations.nc").attrs
    assert attributes["Conventions"] == "CF-1.11"
    for name in ("stations", "fields", "maxima", "plane_across", "surface_displacement"):
        with xr.open_dataset(ran[1] / f"{name}.nc") as opened:
            assert (
                "(zero phase)" in opened.attrs["source_low_pass"]
                and "3.4 Hz" in opened.attrs["source_low_pass"]
            )
    assert json.loads(attributes["configuration"]) == record["configuration"]


def test_the_seismograms_have_all_that_was_asked_for(ran: Ran) -> None:
    stations = xr.load_dataset(ran[1] / "stations.nc")
    assert sorted(SERIES) == sorted(set(stations.data_vars) & set(SERIES))
    assert stations.sizes == {"station": 6, "time": 41}
    assert stations.time[0] == np.datetime64("2016-04-15T16:25:05")
    assert stations.time[-1] - stations.time[0] == np.timedelta64(800, "ms")
    assert stations.station.values.tolist() == [f"s{n}" for n in range(6)]
    x, y, depth = np.array(PLACES, float).T
    for name, wanted in (("x", x), ("y", y), ("depth", depth)):
        np.testing.assert_allclose(stations[name], wanted, atol=1e-3)
    projection = Projection(ORIGIN["lon"], ORIGIN["lat"])
    np.testing.assert_allclose(projection.to_xy(stations.lon, stations.lat), (x, y), atol=0.01)
    for name in SERIES:
        # On a free surface there is no such shear strain.
        moved = stations.depth > 0 if name in ("exz", "eyz") else stations.depth >= 0
        assert np.isfinite(stations[name]).all(), name
        assert ((np.abs(stations[name]).max("time") > 0) == moved).all(), name
        assert stations[name].attrs["units"]
    # Displacement and acceleration are the integral and the slope of the velocity.
    dt, v = 0.02, stations.vz.values
    peak = np.abs(stations.uz.values).max()
    integral = np.cumsum((v[:, 1:] + v[:, :-1]) / 2, 1) * dt
    np.testing.assert_allclose(
        stations.uz.values[:, 1:] - stations.uz.values[:, :1], integral, atol=0.02 * peak
    )
    slope = (v[:, 2:] - v[:, :-2]) / (2 * dt)
    np.testing.assert_allclose(stations.az.values[:, 1:-1], slope, atol=0.06 * np.abs(slope).max())


def test_at_a_free_surface_there_is_no_traction(tmp_path: Path) -> None:
    """So the strain there obeys Hooke: ezz follows from exx and eyy, and exz and eyz vanish. Waves are long here."""
    slip = quake("")["source"][0] | {"time_function": {"kind": "gaussian", "sigma": 0.16}}
    scene = halfspace(tmp_path, [slip], [(-450, 230, 0)], time={"duration": 2})
    scene["output"]["stations"]["variables"] = ["strain"]
    found = records(scene).isel(station=0)
    rho, vp, vs = 2500, 4000, 2300
    lam, mu = rho * (vp**2 - 2 * vs**2), rho * vs**2
    wanted = -lam / (lam + 2 * mu) * (found.exx + found.eyy)
    largest = max(float(np.abs(found[name]).max()) for name in ("exx", "eyy", "exy"))
    np.testing.assert_allclose(found.ezz, wanted, atol=0.05 * largest)
    assert np.abs(found.exz).max() < 0.1 * largest and np.abs(found.eyz).max() < 0.1 * largest


def test_maps_and_planes_open_with_usable_coordinates(ran: Ran) -> None:
    opened = {path.stem: xr.load_dataset(path) for path in ran[1].glob("*.nc")}
    x, y, depth = np.arange(-1150, 1200, 100), np.arange(-1050, 1100, 100), np.arange(50, 2000, 100)
    fields, motion, maxima = opened["fields"], opened["surface_displacement"], opened["maxima"]
    for found in (fields, motion, maxima):
        assert np.array_equal(found.x, x) and np.array_equal(found.y, y)
        assert found.lon.dims == ("y", "x") and abs(float(found.lon[11, 12]) - ORIGIN["lon"]) < 1e-3
    assert fields.vx.dims == motion.uz.dims == ("time", "y", "x") and maxima.pgv.dims == ("y", "x")
    seconds = (fields.time - np.datetime64("2016-04-15T16:25:05")) / np.timedelta64(1, "s")
    np.testing.assert_allclose(seconds, [0.2, 0.4, 0.6, 0.8], atol=0.004)
    across, along, below = (opened[f"plane_{name}"] for name in ("across", "along", "below"))
    assert across.vy.dims == ("time", "depth", "x") and np.array_equal(across.depth, depth)
    assert along.vz.dims == ("time", "depth", "y") and "vy" not in along and np.array_equal(along.y, y)
    assert below.vx.dims == ("time", "y", "x") and below.sizes["time"] == 2
    assert float(across.y) == 50 and float(along.x) == -350 and float(below.depth) == 850
    # What the planes and maps have in common.
    assert np.array_equal(across.vx.sel(x=-350, depth=850)[1::2], below.vx.sel(x=-350, y=50))
    assert np.array_equal(across.vz.sel(x=-350), along.vz.sel(y=50))
    length = np.sqrt(fields.vx**2 + fields.vy**2 + fields.vz**2).max("time")
    assert (maxima.pgv >= length * (1 - 1e-3)).all() and (maxima.pgv >= maxima.pgv_horizontal).all()
    final = np.sqrt(motion.ux**2 + motion.uy**2 + motion.uz**2).max("time")
    assert (maxima.pgd >= final * (1 - 1e-3)).all() and (maxima.pga > 0).all()


def test_maps_agree_with_the_seismograms(tmp_path: Path) -> None:
    """Both are continued to the surface from cells half of which lie below it."""
    slip = quake("")["source"][0] | {"time_function": {"kind": "gaussian", "sigma": 0.12}}
    scene = halfspace(tmp_path, [slip], [(-450, 250, 0), (350, -350, 0)], time={"duration": 1.6})
    scene["output"] |= {"maxima": {}, "surface_displacement": {"every": 0.2}, "fields": {"every": 0.2}}
    scene["output"]["stations"] = {"every": 0.01, "variables": ["velocity", "displacement", "acceleration"]}
    stations = records(scene)
    maps = {
        name: xr.load_dataset(tmp_path / f"{name}.nc")
        for name in ("maxima", "surface_displacement", "fields")
    }
    for n, (x, y) in enumerate(((-450, 250), (350, -350))):
        at = stations.isel(station=n)
        here = {name: found.sel(x=x, y=y) for name, found in maps.items()}
        for peak, kind in (("pgv", "v"), ("pga", "a"), ("pgd", "u")):
            flat = np.hypot(at[f"{kind}x"], at[f"{kind}y"])
            assert float(np.hypot(flat, at[f"{kind}z"]).max()) == pytest.approx(
                float(here["maxima"][peak]), rel=0.04
            )
            if kind != "u":
                level = float(here["maxima"][f"{peak}_horizontal"])
                assert float(flat.max()) == pytest.approx(level, rel=0.06)
        for name, found in (("surface_displacement", "u"), ("fields", "v")):
            for axis in "xyz":
                wanted = at[found + axis].interp(time=here[name].time)
                largest = max(float(np.abs(at[found + other]).max()) for other in "xyz")
                np.testing.assert_allclose(here[name][found + axis], wanted, atol=0.06 * largest)


def test_obspy_reads_what_is_written_for_it(ran: Ran) -> None:
    obspy = pytest.importorskip("obspy")
    stations = xr.load_dataset(ran[1] / "stations.nc")
    stream = obspy.read(str(ran[1] / "waveforms.mseed"))
    assert len(stream) == 18 and all(trace.stats.npts == 41 for trace in stream)
    assert stream[0].stats.starttime == obspy.UTCDateTime(START) and stream[0].stats.delta == pytest.approx(
        0.02
    )
    files = sorted((ran[1] / "sac").iterdir())
    assert len(files) == 18
    traces = [obspy.read(str(path))[0] for path in files]
    up = [trace for trace in traces if trace.stats.channel.endswith("Z") and trace.stats.station == "s1"]
    assert len(up) == 1
    np.testing.assert_allclose(up[0].data, -stations.vz.sel(station="s1"), rtol=1e-5)
    assert up[0].stats.sac.evdp == pytest.approx(0.83, rel=1e-5)
    assert up[0].stats.sac.mag == pytest.approx(4.0, rel=1e-5)


@pytest.mark.long
def test_how_many_steps_are_taken_together_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = written(simulate(configured(quake(tmp_path / "many"))))
    monkeypatch.setattr(device_buffer, "ROWS", 7)
    monkeypatch.setattr(injection, "BATCH", 5)
    assert differing(written(simulate(configured(quake(tmp_path / "few")))), wanted) == []


# ------------------------------------------------------------------ sources


def test_the_ground_stays_where_an_explosion_has_lifted_it(tmp_path: Path) -> None:
    """Mogi's uplift, as far as absorbing layers near by let it be, and hardly a drift once the waves have left."""
    blast = {"kind": "explosion", "x": 0, "y": 0, "depth": 500, "moment": 1e15,
             "time_function": {"kind": "gaussian", "sigma": 0.08}}  # fmt: skip
    stations = [(0, 0, 0), (350, 0, 0)]
    scene = halfspace(tmp_path, [blast], stations, time={"duration": 4})
    scene["output"]["stations"]["variables"] = ["displacement"]
    found = records(scene)
    rho, vp, vs = 2500, 4000, 2300
    nu = (vp**2 - 2 * vs**2) / (2 * (vp**2 - vs**2))
    for n, (x, _, _) in enumerate(stations):
        mogi = (1 - nu) / np.pi * 1e15 / (rho * vp**2) * 500 / (500**2 + x**2) ** 1.5
        up = -found.uz.isel(station=n)
        late = up.sel(time=slice(2, 4))
        assert float(late.mean()) == pytest.approx(mogi, rel=0.1)
        assert float(late.max() - late.min()) < 0.05 * mogi


def test_slip_leaves_a_lasting_offset_of_the_right_sign(tmp_path: Path) -> None:
    """Vertical strike-slip towards north: right-lateral, and antisymmetric across the fault."""
    slip = {"kind": "double_couple", "x": 0, "y": 0, "depth": 400, "strike": 0, "dip": 90, "rake": 180,
            "magnitude": 4.0, "time_function": {"kind": "gaussian", "sigma": 0.08}}  # fmt: skip
    scene = halfspace(tmp_path, [slip], [(400, 0, 0), (-400, 0, 0)], time={"duration": 4})
    scene["output"]["stations"]["variables"] = ["displacement"]
    east, west = records(scene).uy
    late = east.sel(time=slice(2, 4))
    assert float(late.mean()) < 0 and float(late.max() - late.min()) < 0.05 * abs(float(late.mean()))
    # Friction in the layers is that of the centres of cells, half a cell beside the velocity across them.
    np.testing.assert_allclose(west, -east, atol=2e-3 * float(np.abs(east).max()))


def test_a_source_between_nodes_sends_what_one_on_them_does(tmp_path: Path) -> None:
    """Source and station are moved together by parts of a cell, far from any surface."""
    bell = {"kind": "gaussian", "sigma": 0.11, "delay": 0.3}
    slip = {
        "kind": "double_couple",
        "strike": 20,
        "dip": 50,
        "rake": 60,
        "magnitude": 4,
        "time_function": bell,
    }

    def heard(n: int, dx: float, dy: float, dz: float) -> np.ndarray:
        source = slip | {"x": -250 + dx, "y": -250 + dy, "depth": 950 + dz}
        scene = halfspace(tmp_path / f"{n}", [source], [(350 + dx, 250 + dy, 1250 + dz)])
        scene["grid"] |= {"surface": "absorbing", "boundary": {"cells": 6}, "depth": [0, 2200]}
        scene["run"]["backend"], scene["time"]["duration"] = "numpy", 0.75
        found = records(scene)
        return np.stack([found[name][0] for name in ("vx", "vy", "vz")])

    wanted = heard(0, 0, 0, 0)
    for n, offset in enumerate([(50, 0, 50), (33, 71, 18)], start=1):
        assert np.abs(heard(n, *offset) - wanted).max() < 0.012 * np.abs(wanted).max(), offset


# ------------------------------------------------------------------ plane waves


@pytest.mark.parametrize(("polarisation", "speed"), [("x", 2300), ("z", 4000)])
def test_a_plane_wave_is_doubled_at_the_surface_and_comes_down_again(
    tmp_path: Path, polarisation: str, speed: float
) -> None:
    sigma = 0.2 * 2300 / speed
    wave = {"kind": "plane_wave", "polarisation": polarisation, "depth": 3000, "amplitude": 0.1,
            "time_function": {"kind": "gaussian", "sigma": sigma, "delay": 5 * sigma}}  # fmt: skip
    scene = halfspace(tmp_path, [wave], [(-30, 120, 0), (110, -80, 1500)])
    scene["grid"] |= {
        "x": [-200, 200], "y": [-200, 200], "depth": [0, 4000], "boundary": {"kind": "periodic", "bottom": "cpml"},
    }  # fmt: skip
    scene["run"]["backend"], scene["time"]["duration"] = "numpy", 4500 / speed + 10 * sigma
    found = records(scene)
    name = "v" + polarisation

    def bell(t: Any) -> Any:
        return 0.1 * np.exp(-(((t - 5 * sigma) / sigma) ** 2) / 2)

    for n, depth in ((0, 0), (1, 1500)):
        exact = bell(found.time - (3000 - depth) / speed) + bell(found.time - (3000 + depth) / speed)
        np.testing.assert_allclose(found[name][n], exact, atol=0.002)
    assert float(found[name][0].max()) == pytest.approx(0.2, rel=0.01)
    assert float(found[name][1].max()) == pytest.approx(0.1, rel=0.01)
    for other in {"vx", "vy", "vz"} - {name}:
        assert np.abs(found[other]).max() < 1e-6
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["sources"][0]["magnitude"] is None and record["sources"][0]["depth"] == 3000


def test_waves_leave_a_periodic_block_on_one_side_and_enter_on_the_other(tmp_path: Path) -> None:
    """A source beside the seam is heard across it as one in the middle is."""
    blast = {"kind": "explosion", "y": 30, "depth": 430, "moment": 1e15,
             "time_function": {"kind": "triangle", "duration": 0.4}}  # fmt: skip
    heard = []
    for x, station in ((-20, 270), (1180, -930)):
        scene = halfspace(tmp_path / f"{x}", [blast | {"x": x}], [(station, 40, 0)], time={"duration": 0.4})
        scene["grid"]["boundary"] = {"kind": "periodic", "cells": 4}
        scene["run"]["backend"] = "numpy"
        heard.append(records(scene).vx.values)
    assert np.abs(heard[0]).max() > 1e-4
    np.testing.assert_allclose(heard[1], heard[0], atol=1e-5 * np.abs(heard[0]).max())


# ------------------------------------------------------------------ topography


@pytest.mark.long
def test_a_run_over_a_coast(tmp_path: Path) -> None:
    """The ground rises from 360 m below the sea in the west to 360 m above it in the east."""
    scene = quake(tmp_path, backend="numpy")
    scene["grid"]["depth"], scene["medium"]["layers"][0]["top"] = [-500, 1500], -1000
    scene["topography"] = {"kind": "slope", "depth": 0, "slope": 0.3, "direction": 90}
    scene["stations"] = [
        {"name": "hill", "x": 650, "y": 50},
        {"name": "seafloor", "x": -650, "y": 50},
        {"name": "below", "x": 650, "y": 50, "depth": 330},
    ]
    scene["source"] = [scene["source"][0] | {"depth": 400}, scene["source"][2]]
    scene["output"]["stations"]["variables"] = ["velocity", "pressure"]
    scene["time"]["duration"] = 0.45
    runs = march(scene, lambda run, clock: None, ranks=2)
    x, depth = np.arange(-1150, 1200, 100), np.arange(-450, 1500, 100)
    ground = -0.3 * x  # depth of the ground
    rock = depth[:, None] > ground - 1e-6
    sea = ~rock & (depth[:, None] > 0)
    counted = {"rock": 0, "sea": 0, "air": 0}
    for run in runs:
        mu, rho = (run.engine.crust.own(run.engine.crust.fields[name]) for name in ("mu", "rho"))
        counted["rock"] += int((mu > 0).sum())
        counted["sea"] += int(((mu == 0) & (rho > 0)).sum())
        counted["air"] += int((rho == 0).sum())
    assert counted == {"rock": 22 * rock.sum(), "sea": 22 * sea.sum(), "air": 22 * (~rock & ~sea).sum()}
    fields = xr.load_dataset(tmp_path / "fields.nc")
    steps = -(-500 + 100 * (~rock).sum(0))
    assert np.array_equal(fields.elevation, np.broadcast_to(steps, (22, 24)))
    assert np.abs(fields.elevation + ground).max() <= 50
    depths = {site.depth for site in runs[0].setup.sites}
    assert depths == {-steps[18], -steps[5], -steps[18] + 330}
    found = xr.load_dataset(tmp_path / "stations.nc")
    assert found.depth.values.tolist() == [0, 0, 330]
    assert (np.abs(found.vz).max("time") > 1e-5).all() and np.isfinite(found.pressure).all()
    # On the ground there is next to no pressure, below it and on the seafloor there is.
    strongest = np.abs(found.pressure).max("time")
    assert strongest[1] > 0 and strongest[2] > 0
    maxima = xr.load_dataset(tmp_path / "maxima.nc")
    assert (maxima.pgv > 0).all() and np.array_equal(maxima.elevation, fields.elevation)


@pytest.mark.long
def test_a_flat_topography_at_the_top_of_the_grid_is_nearly_the_free_surface(tmp_path: Path) -> None:
    """Stress imaging and vanishing moduli above agree where waves are long."""
    bell = {"kind": "gaussian", "sigma": 0.12, "delay": 0.3}
    blast = {"kind": "explosion", "x": 0, "y": 0, "depth": 450, "moment": 1e15, "time_function": bell}
    heard = []
    for name in ("imaged", "air"):
        scene = halfspace(tmp_path / name, [blast], [(450, 50, 0)], time={"duration": 0.8})
        scene["run"]["backend"] = "numpy"
        if name == "air":
            scene["grid"]["depth"] = [-300, 2000]
            scene["medium"]["layers"][0]["top"] = -1000
            scene["topography"] = {"kind": "flat", "depth": 0, "water": False}
        heard.append(records(scene).vz[0].values)
    assert np.abs(heard[1] - heard[0]).max() < 0.1 * np.abs(heard[0]).max()
