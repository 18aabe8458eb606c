"""Whatever is wrong with the input of a crust run: exit code 2, one sentence that helps, and nothing written."""

import builtins
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support.commands import settings
from support.quakes import BELL, change, configured, quake
from support.scenes import mpirun, saved

from esim.cli.run import main
from esim.drivers.resources import check_memory
from esim.drivers.run import prepared
from esim.drivers.seismic import Seismic
from esim.parallel.comm import SerialComm

WAVE = {
    "kind": "plane_wave",
    "polarisation": "x",
    "depth": 1000,
    "amplitude": 0.1,
    "time_function": BELL,
}
SRF = "2.0\nPOINTS 1\n0 0 1 45 90 1e8 0 0.1 {vs} 2.7e5\n0 150 3 0 0 0 0\n0 30 0\n"
HILL = {"kind": "slope", "elevation": 100, "slope": 0.1, "direction": 90}


def refused(capsys: pytest.CaptureFixture[str], scene: dict, folder: Path, *sets: str) -> str:
    """The one sentence with which esim-run refuses a scenario, having written nothing."""
    scene["output"]["directory"] = str(folder / "out")
    config = saved(scene, folder)
    before = sorted(folder.rglob("*"))
    code = main([str(config), "--quiet", *settings(*sets)])
    error = capsys.readouterr().err
    assert code == 2, error
    assert error.startswith("esim-run: ") and error.count("\n") == 1 and error.endswith("\n")
    assert "Traceback" not in error
    assert sorted(folder.rglob("*")) == before
    return error


def scene(*changes: tuple[str, Any]) -> dict:
    """The scene with some keys set."""
    made = quake("out", backend="numpy")
    for path, value in changes:
        change(made, path, value)
    return made


def write_model(path: Path, x: Any, y: Any, depth: Any, **values: float) -> Path:
    """A gridded model of constant values, in x, y and depth [m]."""
    shape = (len(depth), len(y), len(x))
    rock = {"vp": 4000.0, "vs": 2300.0, "rho": 2500.0, "qp": 100.0, "qs": 50.0} | values
    units = {"vp": "m/s", "vs": "m/s", "rho": "kg/m3", "qp": "1", "qs": "1"}
    xr.Dataset(
        {name: (("depth", "y", "x"), np.full(shape, value), {"units": units[name]}) for name, value in rock.items()},
        {"x": ("x", x, {"units": "m"}), "y": ("y", y, {"units": "m"}), "depth": ("depth", depth, {"units": "m"})},
    ).to_netcdf(path)  # fmt: skip
    return path


# ------------------------------------------------------------------ medium and frequency


@pytest.mark.parametrize(
    ("changes", "fragments"),
    [
        ([("medium.layers.1.vp", 3900)], ["layer with top 630 m", "vp 3900 m/s is 1.39 times vs 2800 m/s", "sqrt(2)"]),
        ([("physics.max_frequency", 4.0)],
         ["4 Hz has 4.25 points per wavelength at 1700 m/s", "this grid resolves 3.4 Hz", "cells of 85 m are"]),
        ([("physics.points_per_wavelength", 8), ("physics.max_frequency", 3.0)],
         ["fewer than physics.points_per_wavelength, 8", "this grid resolves 2.12 Hz"]),
        ([("physics.attenuation", "coarse"), ("medium.layers.0.qs", 2)],
         ["medium: qs = 2 is too low for coarse-grained attenuation over", "qs >= ", "conventional"]),
        ([("physics.attenuation", "conventional"), ("medium.layers.0.qs", 1)],
         ["medium: qs = 1 is too low for conventional attenuation over", "narrow the band"]),
        ([("physics.attenuation", "coarse"), ("medium.layers", [{"top": 0, "vp": 4000, "vs": 2300, "rho": 2500}])],
         ["physics.attenuation", "'coarse' needs qp, qs or q_from_vs in the medium"]),
        ([("medium.layers.0.top", 300)], ["the first layer starts at 300 m, below the top of the grid, 0 m"]),
        ([("grid.boundary.cells", 11)], ["grid.boundary.cells: 22 cells of cpml fill all 22 from south to north"]),
        ([("run.dt", 0.02)], ["run.dt: 0.02 s is not stable with waves of 5000 m/s", "use at most 0.009897 s"]),
        ([("run.cfl", 1.1)], ["run.cfl: 1.1 is too large; expected at most 1"]),
    ],
)  # fmt: skip
def test_a_medium_or_step_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: list[tuple[str, Any]], fragments: list[str]
) -> None:
    error = refused(capsys, scene(*changes), tmp_path)
    assert all(fragment in error for fragment in fragments), error


WIDE, TALL, DEEP = np.arange(-1200, 1201, 100), np.arange(-1100, 1101, 100), np.arange(0, 2001, 100)


@pytest.mark.parametrize(
    ("axes", "values", "fragments"),
    [
        ((WIDE, TALL, DEEP), {"vs": 3000.0}, ["model.nc", "1.33", "sqrt"]),
        ((WIDE, TALL, DEEP), {"rho": 0.0}, ["model.nc", "rho"]),
        ((WIDE[3:], TALL, DEEP), {}, ["model.nc: covers x -950..1250", "short by 200 m in the west"]),
        ((WIDE, TALL[:-4], DEEP), {}, ["and y -1150..750", "short by 300 m in the north"]),
        ((WIDE, TALL, DEEP[:-5]), {}, ["model.nc: ends at depth 1500 m", "short by 400 m at the bottom"]),
        ((WIDE, TALL, DEEP[4:]), {}, ["model.nc: begins at depth 350 m", "short by 350 m at the top"]),
    ],
)
def test_a_model_file_that_does_not_fit(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    axes: tuple[np.ndarray, ...],
    values: dict[str, float],
    fragments: list[str],
) -> None:
    path = write_model(tmp_path / "model.nc", *axes, **values)
    made = scene(("medium", {"kind": "grid", "file": str(path)}))
    error = refused(capsys, made, tmp_path)
    assert all(fragment in error for fragment in fragments), error


def test_a_model_file_without_q_cannot_attenuate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_model(tmp_path / "model.nc", WIDE, TALL, DEEP, qp=np.inf, qs=np.inf)
    made = scene(("medium", {"kind": "grid", "file": str(path)}), ("physics.attenuation", "coarse"))
    error = refused(capsys, made, tmp_path)
    assert "physics.attenuation: 'coarse' needs a medium with qp and qs" in error


# ------------------------------------------------------------------ sources and stations


@pytest.mark.parametrize(
    ("changes", "fragments"),
    [
        ([("source.0.x", 1300)], ["source.0.x: source at x 1300, y -70, depth 830 m is outside", "-1150..1150"]),
        ([("source.0.depth", 1999)], ["source.0.depth", "is outside the grid", "depth 0..1950 m"]),
        ([("source.0.depth", -10)], ["source.0.depth", "depth -10 m is outside the grid"]),
        ([("stations.2.y", -1250)], ["stations.2.y: station 's2' at x -395, y -1250", "is outside the grid"]),
        ([("stations.2.depth", 2500)], ["stations.2.depth: station 's2'", "is outside the grid"]),
        ([("stations.2.depth", -5)], ["stations.2.depth", "-5 is too small"]),
        ([("stations.2", {"name": "s2", "lon": 130, "lat": 33})],
         ["stations.2.lon", "given by lon and lat, which need grid.origin"]),
        ([("source.0", {"kind": "explosion", "lon": 130, "lat": 33, "depth": 500, "moment": 1, "time_function": BELL})],
         ["source.0.lon", "need grid.origin"]),
        ([("grid.origin", {"lon": 130, "lat": 33}), ("stations.2", {"name": "s2", "lon": 130.5, "lat": 33})],
         ["stations.2: station 's2' at x 46", "is outside the grid"]),
        ([("source.0", WAVE)], ["source.0: a plane wave needs grid.boundary.x and grid.boundary.y 'periodic'"]),
        ([("source.0", WAVE), ("grid.boundary.x", "periodic")], ["source.0: a plane wave needs"]),
        ([("source.0", WAVE | {"depth": 2000})], ["source.0.depth: plane wave from 2000 m is outside"]),
        ([("medium.layers.1", {"top": 630, "vp": 1500, "vs": 0, "rho": 1000})],
         ["source.0: source double_couple at x 130, y -70, depth 830 m is in a fluid"]),
        ([("output.planes.0.y", 1500)], ["output.planes.0.y: plane 'across' at y 1500 is outside"]),
    ],
)  # fmt: skip
def test_a_source_or_station_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: list[tuple[str, Any]], fragments: list[str]
) -> None:
    error = refused(capsys, scene(*changes), tmp_path)
    assert all(fragment in error for fragment in fragments), error


MOUNTAIN = [
    ("grid.depth", [-500, 1500]),
    ("medium.layers.0.top", -1000),
    ("source.1.depth", 500),
    ("stations", []),
]


@pytest.mark.parametrize(
    ("changes", "fragments"),
    [
        ([("topography", {"kind": "flat", "depth": -200}), ("source.0.depth", -450)],
         ["source.0: source double_couple at x 130, y -70, depth -450 m is in the air", "is at depth -200 m"]),
        ([("topography", {"kind": "flat", "depth": 400}), ("source.0.depth", 150)],
         ["source.0: source double_couple at x 130, y -70, depth 150 m is in the sea, where only an explosion can be"]),
        ([("topography", {"kind": "flat", "depth": -700})],
         ["topography: rises to 700 m", "above the top of the grid; grid.depth must begin at -700 m or above"]),
        ([("topography", {"kind": "flat", "depth": 1500})], ["topography: falls to -1500 m", "below the lowest cells"]),
        ([("topography", {"kind": "flat", "depth": -200}), ("grid.surface", "absorbing")],
         ["grid.surface", "topography needs 'free'"]),
        ([("topography", {"kind": "flat", "depth": 400}), ("stations", [{"name": "a", "x": 0, "y": 0, "depth": 1080}])],
         ["stations.0: station 'a' at x 0, y 0, 1080 m below the ground is outside the grid"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_ground(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: list[tuple[str, Any]], fragments: list[str]
) -> None:
    error = refused(capsys, scene(*MOUNTAIN, *changes), tmp_path)
    assert all(fragment in error for fragment in fragments), error


def fault(file: Path) -> dict:
    return {"kind": "finite_fault", "file": str(file)}


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        (SRF.format(vs="x"), ["fault.srf line 3:", "'x'"]),
        (SRF.format(vs=3e5).replace("0 30 0", "0 thirty 0"), ["fault.srf line 5:", "'thirty'"]),
        (SRF.format(vs=3e5)[:30], ["fault.srf line 3:"]),
        ("hello\n", ["fault.srf line 1:"]),
    ],
)
def test_an_srf_that_cannot_be_read_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, fragments: list[str]
) -> None:
    (tmp_path / "fault.srf").write_text(text)
    made = scene(("grid.origin", {"lon": 0, "lat": 0}), ("source", [fault(tmp_path / "fault.srf")]))
    error = refused(capsys, made, tmp_path)
    assert "source.0" in error and all(fragment in error for fragment in fragments), error


def test_a_fault_in_a_fluid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fault.srf").write_text(SRF.format(vs=-1))
    made = scene(
        ("grid.origin", {"lon": 0, "lat": 0}),
        ("source", [fault(tmp_path / "fault.srf")]),
        ("medium.layers.1", {"top": 630, "vp": 1500, "vs": 0, "rho": 1000}),
    )
    error = refused(capsys, made, tmp_path)
    assert "source.0: " in error and "depth 1000 m" in error and "fluid" in error


# ------------------------------------------------------------------ machine


def test_sac_needs_obspy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] == "obspy":
            raise ImportError(f"No module named {name!r}")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    for key in ("sac", "miniseed"):
        error = refused(capsys, scene((f"output.stations.{key}", True)), tmp_path)
        assert f"output.stations.{key}" in error and "obspy" in error.lower() and "pip install" in error


def test_too_much_memory_is_told_before_it_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error = refused(capsys, scene(), tmp_path, "run.memory_limit=1 MB")
    assert re.search(
        r"a rank would need 0\.\d+ GB \(.*\), and run\.memory_limit leaves 0\.001 GB to each rank", error
    )
    error = refused(capsys, scene(), tmp_path, "grid.spacing=0.5 m", "run.cfl=0.9")
    assert "GB to each rank; use a coarser grid.spacing" in error


@pytest.mark.mpi
def test_too_many_ranks(tmp_path: Path) -> None:
    made = scene(
        ("grid.x", [-400, 400]), ("grid.y", [-300, 300]), ("grid.boundary.cells", 2), ("stations", [])
    )
    made["source"], made["output"]["planes"] = [], []
    made["output"]["directory"] = str(tmp_path / "out")
    ran = mpirun(3, "-m", "esim.cli.run", saved(made, tmp_path), "--check")
    assert ran.returncode == 2
    assert ran.stderr.strip().startswith("esim-run: 3 ranks are too many for a grid of 6 x 8 cells: ")
    assert not (tmp_path / "out").exists()


# ------------------------------------------------------------------ what memory is predicted


@pytest.mark.parametrize(
    ("attenuation", "surface", "water"),
    [
        ("none", "free", False), ("coarse", "free", False), ("conventional", "absorbing", False),
        ("coarse", "free", True),
    ],
)  # fmt: skip
def test_the_memory_predicted_is_that_of_the_arrays(
    tmp_path: Path, attenuation: str, surface: str, water: bool
) -> None:
    made = quake(tmp_path, attenuation, backend="numpy")
    made["grid"]["surface"], made["output"]["planes"], made["stations"] = surface, [], []
    made["source"] = made["source"][:1]
    if water:
        made["topography"] = {"kind": "flat", "depth": 150}
    driver = Seismic()
    setup = driver.check(configured(made), SerialComm())
    with prepared(driver, setup) as run:
        run.outputs.abandon()
    crust, predicted = run.engine.crust, setup.memory
    real = crust.v.base.nbytes if crust.v.base is not None else crust.v.nbytes + crust.s.nbytes
    real += sum(
        crust.fields[n].nbytes
        for n in ("rho", "lam", "mu", "inv_qp", "inv_qs", "near_interface")
        if n in crust.fields
    )
    real += crust.memory.nbytes if crust.memory is not None else 0
    real += sum(layer.memory.nbytes + layer.profile.nbytes for layer in crust.layers)
    told = predicted["state and medium"] + predicted["rough surface"]
    assert abs(told / real - 1) < 0.1, (told, real)
    run.outputs.abandon()


@pytest.mark.parametrize(("attenuation", "most"), [("none", 56), ("coarse", 90)])
def test_a_large_run_takes_few_bytes_per_cell(attenuation: str, most: float) -> None:
    """256 cells along each side, ten absorbing cells on five sides: predicted, not run."""
    made = scene(
        ("grid.x", [0, 25600]), ("grid.y", [0, 25600]), ("grid.depth", [0, 25600]), ("grid.boundary.cells", 10),
        ("physics.attenuation", attenuation), ("stations", []), ("source", []), ("output.planes", []),
    )  # fmt: skip
    setup = Seismic().check(configured(made), SerialComm())
    assert 48 < setup.bytes_per_cell <= most
    check_memory(setup.memory, 10**12, SerialComm())
