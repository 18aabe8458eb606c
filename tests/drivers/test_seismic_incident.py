"""Do plane waves from below come in at an angle, between absorbing sides, as they should?"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support import propagator
from support.quakes import change, compute, configured, halfspace, march
from support.scenes import Killed, differing

from esim.drivers.run import simulate
from esim.drivers.seismic import Seismic
from esim.errors import InputError
from esim.parallel.comm import SerialComm

ROCK = (4000.0, 2300.0, 2500.0)
SIGMA = 0.2  # s

pytestmark = pytest.mark.long


def wave(wave_type: str, incidence: float, azimuth: float = 90, **more: Any) -> dict:
    """A bell of 0.1 m/s."""
    return {"kind": "plane_wave", "wave_type": wave_type, "incidence": incidence, "azimuth": azimuth, "amplitude": 0.1,
            "time_function": {"kind": "gaussian", "sigma": SIGMA, "delay": 5 * SIGMA}} | more  # fmt: skip


def bell(t: Any) -> Any:
    return 0.1 * np.exp(-(((t - 5 * SIGMA) / SIGMA) ** 2) / 2)


def scene(
    directory: Path, source: dict, stations: list[tuple], duration: float = 2.5, **boundary: Any
) -> dict:
    """A slice of 32 x 8 x 24 cells, periodic across, or a block."""
    made = halfspace(directory, [source], stations, time={"duration": duration})
    made["grid"] |= {"x": [-1600, 1600], "y": [-400, 400], "depth": [0, 2400],
                     "boundary": {"cells": 5, "y": "periodic"} | boundary}  # fmt: skip
    made["run"]["backend"] = "numpy"
    return made


def seconds(found: xr.Dataset) -> np.ndarray:
    time = found.time.values
    return time if time.dtype.kind == "f" else (time - time[0]) / np.timedelta64(1, "s")


def records(made: dict) -> xr.Dataset:
    return xr.load_dataset(simulate(configured(made)) / "stations.nc")


def surface_motion(wave_type: str, p: float) -> tuple[float, ...]:
    """Motion of a free surface for a wave of amplitude one, along x and down (Aki & Richards 2002, section 5.2.2)."""
    vp, vs, _ = ROCK
    ea, eb, shear = np.sqrt(vp**-2 - p**2), np.sqrt(vs**-2 - p**2), vs**-2 - 2 * p**2
    denominator = vs**2 * (shear**2 + 4 * p**2 * ea * eb)
    if wave_type == "P":
        return 4 * vp * p * ea * eb / denominator, -2 * vp * ea * shear / denominator
    return 2 * vs * eb * shear / denominator, 4 * vs * p * ea * eb / denominator


@pytest.mark.parametrize(("wave_type", "incidence"), [("P", 45), ("SV", 20), ("SH", 55)])
def test_a_free_surface_moves_as_its_coefficients_say(
    tmp_path: Path, wave_type: str, incidence: float
) -> None:
    speed = ROCK[0] if wave_type == "P" else ROCK[1]
    p = np.sin(np.deg2rad(incidence)) / speed
    stations = [(-430, 20, 0), (320, 0, 0), (-1500, 0, 400), (1500, 0, 0), (50, 0, 2200)]
    found = records(scene(tmp_path, wave(wave_type, incidence, x=0, depth=2000), stations))
    t = seconds(found)
    names = ("vy",) if wave_type == "SH" else ("vx", "vz")
    wanted = (-2.0,) if wave_type == "SH" else surface_motion(wave_type, p)  # to the right: south
    for n, (x, *_) in enumerate(stations[:2]):
        bells = bell(t - p * x - 2000 * np.sqrt(speed**-2 - p**2))
        for name, factor in zip(names, wanted, strict=True):
            assert np.abs(found[name][n] - factor * bells).max() < 0.01 * 0.2, (name, x)
    for name in ("vx", "vy", "vz"):  # outside, and what does not belong to the wave
        assert np.abs(found[name][2:]).max() < 2e-5 * 0.2
        assert name in names or np.abs(found[name]).max() < 1e-9


def test_nothing_follows_a_wave(tmp_path: Path) -> None:
    found = records(scene(tmp_path, wave("SV", 20, x=0, depth=2000), [(30, 0, 0)], 5.0))
    late = found.isel(time=seconds(found) > 3.5)
    assert np.abs(late.vx).max() < 1e-5 * np.abs(found.vx).max()


LAYERS = ((2500.0, 1000.0, 2000.0), ROCK)


def layered(made: dict, h: float) -> dict:
    made["medium"]["layers"] = [
        {"top": top, "vp": vp, "vs": vs, "rho": rho}
        for top, (vp, vs, rho) in zip((0, h), LAYERS, strict=True)
    ]
    return made


@pytest.mark.parametrize(("wave_type", "incidence"), [("P", 35), ("SV", 25)])
def test_a_layer_answers_as_its_propagator_says(tmp_path: Path, wave_type: str, incidence: float) -> None:
    h, x = 400.0, 230.0
    p = np.sin(np.deg2rad(incidence)) / LAYERS[1][0 if wave_type == "P" else 1]
    made = layered(
        scene(tmp_path, wave(wave_type, incidence, x=0, depth=h, onset=1.0), [(x, 0, 0), (x, 0, 300)], 4.0), h
    )
    found = records(made)
    t = seconds(found)
    wanted = propagator.seismograms(LAYERS, [h], wave_type, p, [0, 300], lambda t: bell(t - 1.0 - p * x), t)
    for n in range(2):
        for m, name in enumerate(("vx", "vz")):
            misfit = np.linalg.norm(found[name][n] - wanted[n, m]) / np.linalg.norm(wanted[n])
            # Of the grid: at 2 Hz the layer has 5 points per wavelength.
            assert misfit < 0.03, (n, name, misfit)


def test_a_soft_layer_resonates(tmp_path: Path) -> None:
    """SH at an angle: amplification by the contrast of impedances, at a quarter of the wavelength down the layer."""
    h, incidence = 400.0, 40.0
    p = np.sin(np.deg2rad(incidence)) / LAYERS[1][1]
    made = layered(scene(tmp_path, wave("SH", incidence, x=0, depth=h, onset=1.0), [(0, 0, 0)], 9.0), h)
    found = records(made)
    t, motion = seconds(found), found.vy[0].values
    f = np.linspace(0.3, 1.1, 400)
    kernel = np.exp(-2j * np.pi * f[:, None] * t)
    ratio = np.abs(kernel @ motion) / np.abs(kernel @ bell(t - 1.0))
    eta = [np.sqrt(vs**-2 - p**2) for _, vs, _ in LAYERS]
    contrast = (LAYERS[1][2] * LAYERS[1][1] ** 2 * eta[1]) / (LAYERS[0][2] * LAYERS[0][1] ** 2 * eta[0])
    assert f[ratio.argmax()] == pytest.approx(1 / (4 * h * eta[0]), rel=0.01)
    assert ratio.max() == pytest.approx(2 * contrast, rel=0.02)


def block(directory: Path, **more: Any) -> dict:
    """A block of 26 x 24 x 20 cells with lossy layers, and a wave that comes from the north-west."""
    made = halfspace(directory, [wave("P", 30, azimuth=125) | more], [(0, 0, 0), (-60, 110, 350), (-1150, 0, 200)],
                     time={"duration": 1.9})  # fmt: skip
    made["grid"] |= {"x": [-1300, 1300], "y": [-1200, 1200], "depth": [0, 2000], "boundary": {"cells": 4}}
    made["medium"]["layers"].insert(0, {"top": 0, "vp": 3000, "vs": 1700, "rho": 2200, "qp": 80, "qs": 40})
    made["medium"]["layers"][1]["top"] = 630
    made["run"] |= {"backend": "numpy", "precision": "float64"}
    return made


@pytest.mark.parametrize("attenuation", ["none", "coarse", "conventional"])
def test_nothing_of_a_wave_leaves_its_box_in_a_layered_block(tmp_path: Path, attenuation: str) -> None:
    made = block(tmp_path)
    made["physics"] = {"attenuation": attenuation, "order": 8 if attenuation == "none" else 4}
    found = records(made)
    most = max(float(np.abs(found[name][0]).max()) for name in ("vx", "vy", "vz"))
    outside = max(float(np.abs(found[name][2]).max()) for name in ("vx", "vy", "vz"))
    assert most > 0.15
    # Coarse-grained, the medium is not the same in neighbouring cells.
    assert outside < (3e-3 if attenuation == "coarse" else 1e-6) * most


def test_azimuth_and_back_azimuth_slowness_and_incidence(tmp_path: Path) -> None:
    first = block(tmp_path / "a")
    other = block(tmp_path / "b")
    del other["source"][0]["azimuth"], other["source"][0]["incidence"]
    other["source"][0] |= {"back_azimuth": 305, "slowness": f"{np.sin(np.deg2rad(30)) / 4:.12f} s/km"}
    for made in (first, other):
        made["physics"] = {"attenuation": "none"}
    one, two = records(first), records(other)
    assert float(one.vx[0].max()) > 0 > float(one.vy[0].min())  # towards the south-east, and up
    assert abs(float(one.vz[0].min())) > abs(float(one.vz[0].max()))
    np.testing.assert_allclose(two.vz, one.vz, atol=1e-9)


@pytest.mark.thorough
def test_ranks_and_restarts_change_no_bit(tmp_path: Path) -> None:
    def made(name: str) -> dict:
        scene = block(tmp_path / name)
        scene["physics"] = {"attenuation": "coarse"}
        scene["run"]["precision"] = "float32"
        scene["output"]["checkpoint"] = {"every": 0.5}
        return scene

    def kill(run: Any, clock: Any) -> None:
        if clock.time > 1.2:
            raise Killed

    whole = compute(made("one"))
    assert not differing(whole, compute(made("four"), ranks=4))
    with pytest.raises(Killed):
        march(made("cut"), kill)
    assert not differing(whole, compute(made("cut"), resume=True))


BAD = [
    ("grid.boundary", {"kind": "wall", "cells": 4}, "grid.boundary.y: 'wall' reflects"),
    ("grid.boundary", {"cells": 4, "x": "periodic"}, "'periodic' sides do not fit a wave that goes along x"),
    ("grid.boundary", {"cells": 10}, "grid.depth|grid.y|grid.x"),
    ("grid.surface", "absorbing", "needs grid.surface 'free'"),
    ("source.0.depth", 300, "above 700 m, the top of the lowest layer"),
    ("medium", {"kind": "gradient", "vp": 3000, "vs": 1700, "rho": 2500, "vp_gradient": 0.5,
                "random": {"sigma": 0.05, "correlation": "300 m"}}, "must depend on depth alone"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "text"), BAD, ids=[text[:28] for *_, text in BAD])
def test_what_cannot_be_is_refused(tmp_path: Path, path: str, value: Any, text: str) -> None:
    with pytest.raises(InputError, match=text):
        Seismic().check(configured(change(block(tmp_path), path, value)), SerialComm())
    assert not list(tmp_path.iterdir())


def test_the_record_and_the_plan_of_a_wave(tmp_path: Path) -> None:
    simulate(configured(block(tmp_path) | {"time": {"duration": 0.1}}))
    record = json.loads((tmp_path / "run.json").read_text())
    source = record["sources"][0]
    assert source["wave_type"] == "P" and source["incidence"] == pytest.approx(30, abs=0.1)
    assert any(
        "outside of it seismograms, maps and snapshots hold what scatters only" in w
        for w in record["warnings"]
    )


@pytest.mark.parametrize("ground", ["steps", "sea"])
def test_nothing_leaves_the_box_below_level_steps_and_water(tmp_path: Path, ground: str) -> None:
    """Ground that ends at steps of cells moves as a free surface does; below the sea the seafloor does not shear."""
    made = scene(tmp_path, wave("SV", 20, x=0, depth=2000), [(30, 0, 0), (1500, 0, 300)])
    if ground == "steps":
        made["grid"]["depth"] = [-400, 2400]
        made["medium"]["layers"][0]["top"] = -400
        made["topography"] = {"kind": "flat", "depth": 0, "water": False}
    else:
        made["medium"]["layers"] = [{"top": 0, "vp": 1500, "vs": 0, "rho": 1000},
                                    {"top": 300, "vp": 4000, "vs": 2300, "rho": 2500}]  # fmt: skip
    made["physics"] = {"attenuation": "none"}
    made["run"]["precision"] = "float64"
    found = records(made)
    most = max(float(np.abs(found[name][0]).max()) for name in ("vx", "vz"))
    assert all(float(np.abs(found[name][1]).max()) < 1e-6 * most for name in ("vx", "vy", "vz"))
    if ground == "steps":
        wanted = surface_motion("SV", np.sin(np.deg2rad(20)) / ROCK[1])
        for name, factor in zip(("vx", "vz"), wanted, strict=True):
            assert float(np.abs(found[name][0]).max()) == pytest.approx(0.1 * factor, rel=0.02)


def test_what_a_hill_scatters_is_absorbed(tmp_path: Path) -> None:
    """A hill across the way of a wave shakes the same in a block that is twice as wide."""
    x, y = np.arange(-3600.0, 3601, 50), np.arange(-1000.0, 1001, 50)
    height = 300 * np.exp(-((x / 300) ** 2)) * np.ones((y.size, 1))
    height[height < 30] = 0
    xr.Dataset({"elevation": (("y", "x"), height)}, {"x": x, "y": y}).to_netcdf(tmp_path / "hill.nc")

    def shaken(name: str, half: float) -> xr.Dataset:
        made = scene(
            tmp_path / name, wave("SV", 15, x=0, depth=2000), [(0, 0, 0), (-420, 0, 0), (600, 0, 300)]
        )
        made["grid"] |= {"x": [-half, half], "depth": [-400, 2400]}
        made["grid"]["boundary"]["cells"] = 8
        made["medium"]["layers"][0]["top"] = -400
        made["topography"] = {"file": str(tmp_path / "hill.nc"), "water": False}
        made["physics"] = {"attenuation": "none"}
        return records(made)

    small, wide = shaken("small", 2100), shaken("wide", 3400)
    wide = wide.isel(time=slice(wide.sizes["time"] - small.sizes["time"], None))  # the wave enters it earlier
    np.testing.assert_allclose(small.time, wide.time, atol=1e-9)
    level = surface_motion("SV", np.sin(np.deg2rad(15)) / ROCK[1])[0] * 0.1
    assert float(np.abs(wide.vx[0]).max()) > 1.2 * level
    for name in ("vx", "vz"):
        assert np.abs(small[name].values - wide[name].values).max() < 0.02 * float(np.abs(wide.vx).max()), (
            name
        )
