"""When and in which axes is a run of the crust? Origin time, low-pass without delay, true east and north, rotation."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.quakes import LAYERS, change, configured, halfspace, quake
from support.scenes import saved

from esim.cli.run import main
from esim.config.crust.root import SeismicConfig
from esim.crust.discretisation import Discretisation
from esim.drivers.run import simulate
from esim.drivers.seismic import Seismic, SeismicSetup
from esim.errors import InputError
from esim.grids.axes import vector_to_earth
from esim.grids.projection import Projection
from esim.media.crust.attenuation import coarse_grained
from esim.parallel.comm import SerialComm

FAR = {"lon": 6.0, "lat": 62.0}  # 15 E, 62 N lies under a convergence of 8 degrees there


def checked(scene: dict) -> SeismicSetup:
    """What is known of a run before it begins."""
    return Seismic().check(configured(scene), SerialComm())


def ran(scene: dict) -> xr.Dataset:
    """stations.nc of a scene, with time in seconds since the origin."""
    return xr.load_dataset(simulate(configured(scene)) / "stations.nc", decode_times=False)


def blast(duration: float = 0.1, **more: object) -> dict:
    """An explosion in the middle of the half-space."""
    return {"kind": "explosion", "x": 0, "y": 0, "depth": 800, "moment": 1e15,
            "time_function": {"kind": "cosine", "duration": duration}, **more}  # fmt: skip


def numpy_scene(folder: Path, source: dict, duration: float = 0.5, **output: object) -> dict:
    """A half-space that is computed without compiling anything."""
    scene = halfspace(folder, [source], [(600, 200, 0), (-400, 300, 600)], time={"duration": duration})
    scene["run"]["backend"] = "numpy"
    scene["output"]["stations"] |= output
    return scene


# ------------------------------------------------------------------ time


@pytest.mark.long
def test_a_low_passed_run_is_the_other_one_with_its_records_filtered_without_phase(tmp_path: Path) -> None:
    dt = 0.01
    scenes = []
    for low_pass in (True, False):
        scene = numpy_scene(tmp_path / str(low_pass), blast(), 0.9, every=dt)
        scene["run"] |= {"dt": dt, "precision": "float64"}
        scene["physics"] |= {"low_pass": low_pass, "attenuation": "none"}
        scenes.append(scene)
    found, raw = (ran(scene) for scene in scenes)
    corner = checked(scenes[0]).discretisation.frequency
    assert found.time[0] == 0 and found.sizes["time"] == raw.sizes["time"]
    calm = round(1.5 / corner / dt)  # the reference must not end where the filter still looks ahead
    gain = 1 / (1 + (np.fft.rfftfreq(1024, dt) / corner) ** 4)
    for n in range(2):
        for name in ("vx", "vz"):
            series = raw[name].values[n]
            wanted = np.fft.irfft(gain * np.fft.rfft(series, 1024))[: series.size - calm]
            np.testing.assert_allclose(
                found[name].values[n, :-calm], wanted, atol=1e-3 * np.abs(wanted).max()
            )


def test_a_source_before_the_origin_time_is_the_later_one_at_true_times(tmp_path: Path) -> None:
    slow = {"kind": "cosine", "duration": 0.5}
    dt, onset = 0.01, -0.25
    runs = []
    for name, source in (
        ("early", blast(onset=onset, time_function=slow)),
        ("centroid", blast(centroid_time=0.0, time_function=slow)),
        ("late", blast(time_function=slow)),
    ):
        scene = numpy_scene(tmp_path / name, source, 0.5 if name != "late" else 0.75, every=dt)
        scene["run"]["dt"] = dt
        scene["output"]["fields"] = {"every": 0.1}
        runs.append(ran(scene))
    early, centroid, late = runs
    assert float(early.time[0]) == pytest.approx(-0.25) and float(early.time[-1]) == pytest.approx(0.5)
    np.testing.assert_allclose(early.time, late.time + onset, atol=1e-12)
    peak = float(np.abs(late.vz).max())
    np.testing.assert_allclose(early.vz, late.vz, atol=1e-6 * peak)
    assert (centroid.vz == early.vz).all()
    fields = xr.load_dataset(tmp_path / "early" / "fields.nc", decode_times=False)
    np.testing.assert_allclose(fields.time, np.arange(-2, 6) / 10, atol=1e-9)
    record = json.loads((tmp_path / "early" / "run.json").read_text())
    assert record["begins"] == pytest.approx(-0.25) and record["low_pass"] is None
    assert record["steps"] == 75 and record["simulated_seconds"] == pytest.approx(0.75)


def test_where_a_run_and_its_records_begin() -> None:
    """At samples, so that one of them is at the origin time."""
    plan = Discretisation(4.0, 4.0, 5.0, None, 6000.0, 0.012, 0.01, steps=100, sample_steps=4)
    assert (plan.starting(0.5, 0.7).early, plan.starting(0.0, 0.7).hidden) == (0, 0)
    filtered = plan.starting(-0.55, 0.0)
    assert (filtered.early, filtered.hidden, filtered.begin) == (56, 56, pytest.approx(-0.56))
    both = plan.starting(-0.75, -0.2)
    assert (both.early, both.hidden) == (76, 56)  # records from -0.2 s on
    assert plan.starting(np.inf, np.inf).early == 0


def test_a_source_after_the_end_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene = numpy_scene(tmp_path / "out", blast(onset=50.0))
    words = "source.0: explosion begins at 50 s, and the run ends at 0.5 s"
    with pytest.raises(InputError, match=words):
        checked(scene)
    assert main([str(saved(scene, tmp_path)), "--check"]) == 2
    assert words in capsys.readouterr().err


def test_a_source_that_is_cut_off_is_said(tmp_path: Path) -> None:
    scene = numpy_scene(tmp_path / "out", blast(duration=2.0))
    texts = checked(scene).warnings.texts
    # Of one period of 1 - cos, 1/4 - 1/(2 pi) is over after a quarter.
    part = f"{100 * (1 - (0.25 - 1 / (2 * np.pi))):.2g} % of its moment is released after the end"
    assert any(part in text for text in texts)
    assert not any(
        "released after" in text for text in checked(numpy_scene(tmp_path, blast(0.2))).warnings.texts
    )


# ------------------------------------------------------------------ axes


def turned(folder: Path, far: bool, **output: object) -> dict:
    """The same double couple and stations on the Earth, on a grid whose y points to true north, or 8 degrees off."""
    slip = {"kind": "double_couple", "lon": 15.0, "lat": 62.0, "depth": 800, "strike": 20, "dip": 80, "rake": 10,
            "magnitude": 4.0, "time_function": {"kind": "cosine", "duration": 0.6}}  # fmt: skip
    scene = numpy_scene(folder, slip, 0.7, **output)
    scene["grid"]["origin"] = FAR if far else {"lon": 15.0, "lat": 62.0}
    scene["grid"] |= {"spacing": 80, "x": [-1200, 1200], "y": [-1200, 1200]}
    if far:
        x, y = (80 * round(value / 80) for value in Projection(6.0, 62.0).to_xy(15.0, 62.0))
        scene["grid"] |= {"x": [x - 1200, x + 1200], "y": [y - 1200, y + 1200]}
    scene["stations"] = [
        {"name": "A", "lon": 15.012, "lat": 62.003},
        {"name": "B", "lon": 14.993, "lat": 61.995},
    ]
    return scene


@pytest.mark.long
def test_components_at_stations_are_to_true_east_and_north_on_any_grid(tmp_path: Path) -> None:
    variables = ["velocity", "acceleration", "strain", "rotation", "rotation_rate"]
    far, near = (ran(turned(tmp_path / str(far), far, variables=variables)) for far in (True, False))
    assert far.meridian_convergence.values == pytest.approx([8.0, 8.0], abs=0.1)
    assert near.meridian_convergence.values == pytest.approx([0.0, 0.0], abs=0.02)
    for names in (("vx", "vy", "vz"), ("exx", "eyy", "exy"), ("rx", "ry", "rz"), ("wx", "wy", "wz")):
        largest = max(float(np.abs(near[name]).max()) for name in names)
        for name in names:
            atol = 0.04 if names[0] == "vx" else 0.07
            np.testing.assert_allclose(far[name], near[name], atol=atol * largest, err_msg=name)
    assert "true east" in far.vx.long_name and far.vx.axes == "x true east, y true north"
    largest = float(np.abs(near.vx).max())
    scene = turned(tmp_path / "grid", True, axes="grid", variables=["velocity", "acceleration"])
    grid = ran(scene)
    assert np.abs(grid.vx - near.vx).max() > 0.08 * largest  # what was called east
    # Both horizontal accelerations of one point at the same even times: what RotD50 is computed from.
    np.testing.assert_allclose(np.diff(far.time), float(far.time[1]), atol=1e-12)
    pair, same = np.hypot(far.ax, far.ay), np.hypot(grid.ax, grid.ay)
    np.testing.assert_allclose(pair, same, atol=1e-6 * float(same.max()))
    components = np.stack([grid[name].values for name in ("vx", "vy", "vz")], axis=-1)
    earth = vector_to_earth(components, -grid.meridian_convergence.values[:, None])
    for n, name in enumerate(("vx", "vy", "vz")):
        np.testing.assert_allclose(earth[..., n], far[name], atol=1e-6 * largest)


@pytest.mark.long
def test_maps_of_true_components_follow_from_the_snapshots(tmp_path: Path) -> None:
    scene = turned(tmp_path, True)
    measures = ["pgv", "pgv_east", "pgv_north", "pgv_vertical", "pga_east", "pga_north", "pga_vertical"]
    scene["output"] |= {"maxima": {"variables": measures}, "fields": {"every": 1e-3}}  # every step
    simulate(configured(scene))
    maxima, fields = (xr.load_dataset(tmp_path / f"{name}.nc") for name in ("maxima", "fields"))
    angle = np.deg2rad(fields.meridian_convergence)
    assert float(angle.mean()) == pytest.approx(np.deg2rad(8.0), abs=2e-3)
    east = fields.vx * np.cos(angle) + fields.vy * np.sin(angle)
    north = fields.vy * np.cos(angle) - fields.vx * np.sin(angle)
    peak = float(maxima.pgv.max())
    for name, motion in (("pgv_east", east), ("pgv_north", north), ("pgv_vertical", fields.vz)):
        np.testing.assert_allclose(maxima[name], np.abs(motion).max("time"), atol=1e-5 * peak)
    assert np.abs(maxima.pgv_east - np.abs(fields.vx).max("time")).max() > 0.02 * peak
    dt = checked(scene).dt
    for name, motion in (("pga_east", east), ("pga_north", north), ("pga_vertical", fields.vz)):
        slope = np.abs(motion.diff("time")).max("time") / dt
        np.testing.assert_allclose(maxima[name], slope, atol=0.02 * float(slope.max()))


@pytest.mark.long
def test_the_rotation_of_a_plane_shear_wave_is_known(tmp_path: Path) -> None:
    """It is about the horizontal axis across, and the velocity (acceleration) over twice the speed of the wave."""
    for axis, about, sign in (("x", "y", -1.0), ("y", "x", 1.0)):
        wave = {"kind": "plane_wave", "polarisation": axis, "depth": 1600, "amplitude": 0.1,
                "time_function": {"kind": "gaussian", "sigma": 0.1, "delay": 0.5}}  # fmt: skip
        scene = halfspace(tmp_path / axis, [wave], [(-30, 120, 900)], time={"duration": 1.0})
        scene["grid"] |= {"x": [-200, 200], "y": [-200, 200], "depth": [0, 3000], "spacing": 50,
                          "boundary": {"kind": "periodic", "bottom": "cpml"}}  # fmt: skip
        scene["run"]["backend"], scene["physics"]["attenuation"] = "numpy", "none"
        scene["output"]["stations"]["variables"] = ["velocity", "acceleration", "rotation", "rotation_rate"]
        found = ran(scene).isel(station=0)
        # Upwards, v(t + z / c) with z down: dv/dz = a / c, and of the curl half of it is left.
        largest = 0.1 / (2 * 2300)
        np.testing.assert_allclose(
            found["r" + about], sign * found["v" + axis] / (2 * 2300), atol=0.01 * largest
        )
        rate, inner = sign * found["a" + axis] / (2 * 2300), slice(0, -1)  # the last slope is one-sided
        largest_rate = float(np.abs(rate).max())
        np.testing.assert_allclose(found["w" + about][inner], rate[inner], atol=0.015 * largest_rate)
        for other in {"rx", "ry", "rz"} - {"r" + about}:
            assert np.abs(found[other]).max() < 1e-6 * largest


# ------------------------------------------------------------------ attenuation


def test_q_of_the_medium_is_used_unless_none_is_said(tmp_path: Path) -> None:
    scene = quake(tmp_path / "out")
    del scene["physics"]["attenuation"]
    setup = checked(scene)
    assert setup.config.physics.attenuation == "coarse" and setup.discretisation.attenuation is not None
    plan = "\n".join(Seismic().describe(setup))
    assert "attenuation    coarse, Q constant over 0.034-3.4 Hz; vp and vs hold at 1 Hz" in plan
    assert setup.memory["state and medium"] == checked(quake("out", "coarse")).memory["state and medium"]
    assert checked(quake("out")).discretisation.attenuation is None
    for layer in scene["medium"]["layers"]:
        del layer["qp"], layer["qs"]
    setup = checked(scene)
    assert setup.config.physics.attenuation == "none" and setup.discretisation.attenuation is None
    assert setup.memory["state and medium"] == checked(quake("out")).memory["state and medium"]
    texts = checked(change(scene, "physics.band", [0.1, 5])).warnings.texts
    assert any("physics.band: is not used" in text for text in texts)
    with pytest.raises(InputError, match="has no memory variables to apply to: the medium has no qp and qs"):
        checked(change(scene, "physics.memory_variable_precision", "bfloat16"))


@pytest.mark.parametrize("q", [True, False])
def test_q_of_a_file_is_found(tmp_path: Path, q: bool) -> None:
    rows = ["# depth vp vs rho" + " qp qs" * q]
    rows += [f"{depth} {vp} {vs} {rho}" + f" {qp} {qs}" * q
             for depth, vp, vs, rho, qp, qs in ((0, 3.0, 1.7, 2.2, 80, 40), (40, 5.0, 2.8, 2.6, 200, 100))]  # fmt: skip
    (tmp_path / "model.txt").write_text("\n".join(rows) + "\n")
    scene = quake(tmp_path / "out") | {"medium": {"kind": "model", "file": str(tmp_path / "model.txt")}}
    scene["physics"] = {}
    assert configured(scene).medium.attenuates is None
    setup = checked(scene)
    assert setup.config.physics.attenuation == ("coarse" if q else "none")
    assert (setup.discretisation.attenuation is not None) == q
    same = quake("out", "coarse" if q else "none")
    assert setup.memory["state and medium"] == checked(same).memory["state and medium"]


def test_a_run_records_the_attenuation_in_force(tmp_path: Path) -> None:
    scene = numpy_scene(tmp_path, blast(), 0.05)
    scene["physics"] = {}
    ran(scene)
    record = json.loads((tmp_path / "run.json").read_text())
    found = record["attenuation"]
    assert (found["form"], found["reference_frequency"], found["lowest_q"]) == ("coarse", 1.0, 40)
    assert found["band"] == pytest.approx([0.046, 4.6])
    assert record["configuration"]["physics"]["attenuation"] == "coarse"
    assert SeismicConfig.model_validate(record["configuration"]).physics.reference_frequency == 1.0


def test_velocities_hold_at_the_reference_frequency_outside_the_band_too() -> None:
    """By the power law of constant Q, with which the mechanisms agree inside the band."""
    mechanisms, q = coarse_grained((0.01, 0.5)), LAYERS[0]["qs"]
    for reference in (1e-3, 1.0, 20.0):
        unrelaxed = mechanisms.unrelaxed(np.array(1.0), np.array(1 / q), reference)
        for f in (0.02, 0.1, 0.4):
            speed = 1 / np.real((unrelaxed * mechanisms.modulus(np.array([f]), 1 / q)) ** -0.5)
            assert speed[0] == pytest.approx((f / reference) ** (np.arctan(1 / q) / np.pi), rel=1e-3)
