"""Does esim-run do what its help says, from the YAML file to the files it writes?"""

import json
import math
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from support.commands import LAT, LON, command, esim_run, settings, write_grid, write_pond, write_sea
from support.scenes import mpirun

from esim.cli.run import guard, main
from esim.config import load
from esim.drivers.tsunami import Tsunami
from esim.parallel.comm import SerialComm
from esim.timestepping.signals import STOP

TOP = Path(__file__).parents[2]
# What `esim forecast build` reads has no scenario of its own.
CONFIGS = sorted(path for path in TOP.glob("configs/*.yaml") if "\nscenario:" in path.read_text())
TOHOKU = TOP / "configs/tohoku2011.yaml"
SMALL = ("grid.spacing=30 arcmin", "time.duration=20 min")
FILES = ["fields.nc", "maxima.nc", "run.json", "stations.nc"]
HEAVY = ("numpy", "numba", "xarray", "mpi4py.MPI", "netCDF4", "xxhash", "pydantic", "rich", "logging")
LONG = ("time.duration=2000 s", "run.dt=0.05", "output.fields.every=500 s")


@pytest.fixture(autouse=True)
def nobody_asks() -> Iterator[None]:
    """Signals mean to pytest what they meant before, and no test leaves a request to stop behind."""
    yield
    STOP.asked = False


@pytest.fixture(scope="module")
def tohoku(tmp_path_factory: pytest.TempPathFactory) -> tuple["subprocess.CompletedProcess[str]", Path]:
    """The demo at half a degree, 20 minutes of it, computed once."""
    out = tmp_path_factory.mktemp("tohoku") / "out"
    ran = esim_run(TOHOKU, "--output", out, *settings(*SMALL))
    assert ran.returncode == 0, ran.stderr
    return ran, out


def run(config: Path, out: Path, *sets: str, options: tuple[str, ...] = ()) -> dict[str, xr.Dataset]:
    """Runs esim-run in this process; what it wrote, by the name of the file."""
    assert main([str(config), "--quiet", "--output", str(out), *settings(*sets), *options]) == 0
    return opened(out)


def opened(out: Path) -> dict[str, xr.Dataset]:
    return {path.stem: xr.load_dataset(path) for path in sorted(out.glob("*.nc"))}


def same(one: dict[str, xr.Dataset], other: dict[str, xr.Dataset]) -> bool:
    """Whether two runs have the same values at the same times, to the last bit."""
    return one.keys() == other.keys() and all(
        np.array_equal(one[file][name], other[file][name], equal_nan=True)
        for file in one
        for name in one[file].data_vars
    )


# ------------------------------------------------------------------ help, check


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    def fastest(*arguments: str) -> float:
        return min(_processor_seconds([sys.executable, *arguments]) for _ in range(3))

    assert fastest("-m", "esim.cli.run", "--help") - fastest("-c", "pass") < 0.5
    code = "import sys; from esim.cli.run import parser; parser().format_help(); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(ran.stdout.split())


def _processor_seconds(arguments: list[str]) -> float:
    """What a command takes of the processor, however busy that is with other things."""
    begun = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, check=True, capture_output=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime


@pytest.mark.parametrize(
    "config",
    [
        # Its medium of 11 million cells is surveyed for 15 s.
        pytest.param(path, marks=[pytest.mark.long] * (path.stem == "tohoku2011_coupled"), id=path.stem)
        for path in CONFIGS
    ],
)
def test_every_configuration_is_ready_or_says_which_data_it_needs(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ESIM_DATA", raising=False)
    code = main([str(config), "--check", "--output", str(tmp_path / "out")])
    told = capsys.readouterr()
    if code:
        assert (code, told.err.count("\n")) == (2, 1) and "ESIM_DATA" in told.err
    else:
        wanted = (
            "Mw 8.96" if config.stem == "tohoku2011_coupled" else None
        )  # with the rigidities of its layers
        wanted = wanted or {"tohoku": "Mw 9.01", "landsl": "landslide", "tonga2": "hump"}.get(
            config.stem[:6], "Mw "
        )
        assert wanted in told.out
    assert config != TOHOKU or code == 0
    assert not list(tmp_path.iterdir())


def test_check_tells_the_plan_and_computes_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tsunami, "prepare", lambda *_: pytest.fail("the computation was begun"))
    config = write_pond(tmp_path)
    assert main([str(config), "--check", "--output", str(tmp_path / "out")]) == 0
    told = capsys.readouterr()
    rate = math.sqrt(9.81 * 1000) * (1 / 1000 + 1 / 1000)
    dt = float(re.findall(r"time step +(\S+) s", told.out)[0])
    assert dt == pytest.approx(0.8 / rate, rel=1e-3)
    assert "32 x 24 = 768 cells of 1000 x 1000 m" in told.out and "deepest water  1000 m" in told.out
    steps = math.ceil(200 * rate / 0.8)
    assert f"steps          {steps + 2} for 200 s, 2 of them to end at the times of snapshots" in told.out
    assert told.err == "" and list(tmp_path.iterdir()) == [config]


def test_a_configuration_loads_from_any_directory_and_spelling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write_sea(tmp_path)
    config.write_bytes(b"\xef\xbb\xbf" + config.read_bytes().replace(b"\n", b"\r\n"))
    for place, given, out in ((tmp_path, config.name, "é 🌊 'a'"), (Path("/"), config, tmp_path / "out")):
        monkeypatch.chdir(place)
        assert main([str(given), "--check", "--output", str(out)]) == 0


# ------------------------------------------------------------------ the demo


def test_the_demo_tells_its_progress_and_what_it_wrote(
    tohoku: tuple["subprocess.CompletedProcess[str]", Path],
) -> None:
    ran, out = tohoku
    assert sorted(path.name for path in out.iterdir()) == FILES
    lines = ran.stdout.splitlines()
    assert lines[0] == "2011 Tohoku earthquake and tsunami" and "50 x 44 = 2,200 cells" in lines[1]
    assert [Path(line.strip()) for line in lines[lines.index("written:") + 1 :]] == [
        out / "maxima.nc", out / "stations.nc", out / "fields.nc", out / "run.json"
    ]  # fmt: skip
    assert any(re.fullmatch(r" 100\.0 %  t = 20:00  step \d+  .* 0:00 left", line[1:]) for line in lines)
    assert any(line.startswith("done: ") and " 20:00 simulated " in line for line in lines)
    assert any("Mw 9.01, largest uplift" in line for line in lines)
    assert not re.search(r"[\r\x1b]", ran.stdout)
    # Cells are coarser than subfaults: told once while it runs, and in the summary.
    (small,) = ran.stderr.splitlines()
    assert re.fullmatch(
        r"esim-run: warning: source satake2013\.csv: 21 of 49 subfaults are smaller than .*", small
    )


def test_the_snapshots_of_the_demo(tohoku: tuple["subprocess.CompletedProcess[str]", Path]) -> None:
    fields = xr.open_dataset(tohoku[1] / "fields.nc")
    assert fields.sizes == {"time": 5, "lat": 44, "lon": 50}
    times = np.datetime64("2011-03-11T05:46:24") + 300 * np.arange(5).astype("timedelta64[s]")
    assert np.array_equal(fields.time, times)
    assert fields.lon[0] == 135.25 and fields.lat[-1] == 47.75
    assert fields.eta.attrs["units"] == "m"
    assert all({"units", "standard_name"} <= set(fields[name].attrs) for name in ("eta", "lon", "lat"))
    sea = fields.bathymetry < -100
    assert fields.eta.where(sea).notnull().sum() == 5 * sea.sum()
    assert fields.eta.where(fields.bathymetry > 100).isnull().all()
    assert abs(fields.eta[0]).max() < 0.5 < 3 < fields.eta[1].max() < 15


def test_the_maxima_of_the_demo(tohoku: tuple["subprocess.CompletedProcess[str]", Path]) -> None:
    maxima, fields = xr.open_dataset(tohoku[1] / "maxima.nc"), xr.open_dataset(tohoku[1] / "fields.nc")
    assert 5 < maxima.uplift.max() < 15 and -3 < maxima.uplift.min() < -0.5
    highest = maxima.uplift.where(maxima.uplift == maxima.uplift.max(), drop=True)
    assert 142 < float(highest.lon[0]) < 145 and 36 < float(highest.lat[0]) < 41
    assert (
        (maxima.eta_max + 0.01 >= fields.eta.max("time")).where(fields.eta.notnull().any("time"), True).all()
    )
    assert maxima.eta_max.max() > 3 and 0 < maxima.speed_max.max() < 10
    arrived = maxima.arrival_time.notnull()
    assert 0 < arrived.mean() < 0.6
    # Outside the source: arrivals count from where the bed has put the water. 5 cm, and rounding to 12 bits.
    still = ~arrived & (abs(maxima.uplift) < 1e-3)
    assert not (abs(fields.eta).max("time").where(still, 0) > 0.052).any()


def test_the_gauges_of_the_demo(tohoku: tuple["subprocess.CompletedProcess[str]", Path]) -> None:
    stations = xr.open_dataset(tohoku[1] / "stations.nc")
    assert stations.station.values.tolist() == ["21418", "21401", "21413"]
    assert stations.lon.values.tolist() == [148.694, 152.583, 152.117]
    assert stations.time[0] == np.datetime64("2011-03-11T05:46:24")
    assert {"eta", "depth", "u", "v"} <= set(stations.data_vars) and stations.eta.notnull().all()
    assert (stations.depth > 4000).all() and (stations.eta[:, 0] == 0).all()


def test_the_record_of_the_demo(tohoku: tuple["subprocess.CompletedProcess[str]", Path]) -> None:
    out = tohoku[1]
    record = json.loads((out / "run.json").read_text())
    assert record["configuration"] == load(TOHOKU, [*SMALL, f"output.directory={out}"]).echo()
    assert record["configuration"]["physics"]["dry_depth"] == 0.001  # a default that nobody wrote
    for name in ("fields", "maxima", "stations"):
        attributes = xr.open_dataset(out / f"{name}.nc").attrs
        assert attributes["Conventions"] == "CF-1.11"
        assert json.loads(attributes["configuration"]) == record["configuration"]
    (source,) = record["sources"]
    assert source["magnitude"] == pytest.approx(9.01, abs=0.005) and 5 < source["largest_uplift_m"] < 15
    assert record["decomposition"] == {"ranks": 1, "blocks": [[0, 44, 0, 50]]}
    assert record["cell_rate"] > 0 and record["timings"]["time loop"] > 0 and record["peak_memory"] > 1e7
    assert record["steps"] * record["dt"] >= 1200 and record["simulated_seconds"] == 1200
    assert [Path(file["path"]).name for file in record["inputs"]] == [
        "etopo1_nwpacific_6min.nc",
        "satake2013.csv",
    ]
    assert record["started"] < record["ended"] and len(record["warnings"]) == 1


# ------------------------------------------------------------------ options and other scenarios


def test_options_take_effect_and_numpy_gives_the_same_bits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_pond(tmp_path)
    compiled = run(config, tmp_path / "cpu", "title=other")
    plain = run(
        config, tmp_path / "numpy", "output.fields.variables=[eta, h]", options=("--backend", "numpy")
    )
    assert capsys.readouterr().out == ""
    assert {"eta", "h"} <= set(plain["fields"]) and "h" not in compiled["fields"]
    assert compiled["fields"].attrs["title"] == "other"
    plain["fields"] = plain["fields"].drop_vars("h")
    assert same(compiled, plain)
    names = [json.loads((tmp_path / n / "run.json").read_text())["backend"]["name"] for n in ("cpu", "numpy")]
    assert names == ["cpu", "numpy"]


def ring(r: float, t: np.ndarray, radius: float, depth: float) -> np.ndarray:
    """Linear wave at distance r from a hump exp(-(r/radius)^2): its Hankel transform, each k with its cos(kct)."""
    k = np.linspace(0, 12 / radius, 2000)[:, None]
    angle = (np.arange(400) + 0.5) * np.pi / 400
    bessel = np.cos(k * r * np.sin(angle)).mean(1, keepdims=True)
    part = (
        radius**2
        / 2
        * np.exp(-((k * radius / 2) ** 2))
        * k
        * bessel
        * np.cos(k * math.sqrt(9.81 * depth) * t)
    )
    return part.sum(0) * (k[1] - k[0])


def test_a_hump_on_a_plane_spreads_evenly(tmp_path: Path) -> None:
    found = run(write_pond(tmp_path), tmp_path / "out", "stations.0.x=24 km")
    fields, stations = found["fields"], found["stations"]
    assert fields.eta.dims == ("time", "y", "x") and fields.x[0] == 500
    r2 = (fields.x - 16e3) ** 2 + (fields.y - 12e3) ** 2
    # What is below 0.1 mm is left out.
    np.testing.assert_allclose(fields.eta[0], np.exp(-r2 / 4e3**2).transpose("y", "x"), atol=1e-4)
    for axis in ("x", "y"):
        np.testing.assert_allclose(fields.eta, fields.eta.isel({axis: slice(None, None, -1)}), atol=2e-6)
    assert stations.time.values.tolist() == list(range(0, 201, 10))
    exact = ring(8e3, stations.time.values, radius=4e3, depth=1000)
    np.testing.assert_allclose(stations.eta[0], exact, atol=0.03)
    assert found["maxima"].uplift.max() == 0


@pytest.mark.compile
def test_adaptive_steps_and_double_precision_agree(tmp_path: Path) -> None:
    config, high = write_pond(tmp_path), ("source.0.height=300", "output.stations.every=50")
    single = run(config, tmp_path / "single", *high)
    double = run(config, tmp_path / "double", *high, "run.precision=float64")
    adaptive = run(config, tmp_path / "adaptive", *high, "run.adaptive=true")
    assert single["fields"].eta.dtype == "f4" and double["fields"].eta.dtype == "f8"
    np.testing.assert_allclose(single["fields"].eta, double["fields"].eta, atol=0.01)
    np.testing.assert_allclose(adaptive["fields"].eta, double["fields"].eta, atol=3)
    steps = [found["fields"].step[-1] for found in (single, adaptive)]
    assert adaptive["fields"].time[-1] == 200 and steps[1] > steps[0]


def test_a_deformation_file_lifts_bed_and_water(tmp_path: Path) -> None:
    config = write_sea(tmp_path)
    lift = 2 * np.exp(-((LON - 182) ** 2 + (LAT[:, None] + 2) ** 2))
    file = write_grid(tmp_path / "lift.nc", lift, name="uplift", units="m")
    found = run(config, tmp_path / "out", f"source=[{{kind: deformation, file: '{file}'}}]")
    x, y = np.meshgrid(found["maxima"].lon, found["maxima"].lat)
    exact = 2 * np.exp(-((x - 182) ** 2) - (y + 2) ** 2)
    np.testing.assert_allclose(found["maxima"].uplift, exact, atol=0.15)
    sea = found["maxima"].bathymetry < -100
    np.testing.assert_allclose(
        found["fields"].eta[0].where(sea, 0), found["maxima"].uplift.where(sea, 0), atol=1e-4
    )
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert [Path(entry["path"]).name for entry in record["inputs"]] == ["sea.nc", "lift.nc"]


def test_friction_from_a_file_is_that_of_the_number_in_it(tmp_path: Path) -> None:
    config = write_sea(tmp_path)
    file = write_grid(tmp_path / "manning.nc", np.full((LAT.size, LON.size), 0.25), name="n")
    shallow = ("physics.sea_level=-3500 m", "source.0.height=20", "run.adaptive=true")
    number = run(
        config, tmp_path / "number", "physics.manning=0.25", *shallow, options=("--backend", "numpy")
    )
    given = f"physics.manning={{file: '{file}'}}"
    filed = run(config, tmp_path / "filed", given, *shallow, options=("--backend", "numpy"))
    smooth = run(config, tmp_path / "smooth", "physics.manning=0", *shallow, options=("--backend", "numpy"))
    np.testing.assert_allclose(filed["fields"].eta, number["fields"].eta, rtol=1e-6, atol=1e-5)
    assert abs(smooth["fields"].eta - number["fields"].eta).max() > 1e-3
    record = json.loads((tmp_path / "filed/run.json").read_text())
    assert [Path(entry["path"]).name for entry in record["inputs"]] == ["sea.nc", "manning.nc"]


def test_a_box_across_the_dateline_is_the_same_in_every_spelling(tmp_path: Path) -> None:
    config = write_sea(tmp_path)
    east = run(config, tmp_path / "east")
    wrapped = run(config, tmp_path / "wrapped", "grid.east=-170", "stations.0.lon=185")
    west = run(config, tmp_path / "west", "grid.west=-189", "grid.east=-170", "source.0.lon=-180")
    assert east["fields"].lon[-1] == 189.75 and east["fields"].eta.max() > 0.5
    assert same(east, wrapped) and east["fields"].lon.equals(wrapped["fields"].lon)
    np.testing.assert_allclose(west["fields"].eta, east["fields"].eta, atol=1e-6)
    np.testing.assert_allclose(west["stations"].eta, east["stations"].eta, atol=1e-6)


def test_a_source_that_moves_nothing_is_a_warning(tmp_path: Path) -> None:
    run(write_pond(tmp_path), tmp_path / "out", "source.0.radius=20")
    (warning,) = json.loads((tmp_path / "out/run.json").read_text())["warnings"]
    assert warning.startswith("source hump moves nothing: it is smaller than a cell")


def test_a_finished_run_is_replaced_only_on_request(tmp_path: Path) -> None:
    config, out = write_pond(tmp_path), tmp_path / "out"
    run(config, out)
    assert main([str(config), "--quiet", "--output", str(out)]) == 2
    again = run(
        config, out, "output.overwrite=true", "output.fields=null", "output.maxima=null", "stations=[]"
    )
    assert again == {} and [path.name for path in out.iterdir()] == ["run.json"]


# ------------------------------------------------------------------ what goes wrong meanwhile


SPOIL = """\
import sys
from esim.cli.run import main
from esim.timestepping.simulation import Simulation

advance = Simulation.advance

def spoil(simulation):
    advance(simulation)
    if simulation.clock.step == 1:
        simulation.model.root.ocean.plan.state()[0, 8, 8] = float("nan")

Simulation.advance = spoil
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("ranks", [1, pytest.param(2, marks=pytest.mark.mpi)])
def test_a_numerical_failure_says_when_and_where(tmp_path: Path, ranks: int) -> None:
    """A value of every rank is spoilt: bounds of the configuration leave no scenario that would do it."""
    (tmp_path / "spoil.py").write_text(SPOIL)
    arguments = [str(tmp_path / "spoil.py"), str(write_sea(tmp_path)), "--quiet"]
    arguments += ["--output", str(tmp_path / "out"), *settings("output.checkpoint={every: 10 min}")]
    if ranks > 1:
        ran = mpirun(ranks, *arguments)
    else:
        ran = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    assert ran.returncode == 3
    (line,) = [line for line in ran.stderr.splitlines() if line.startswith("esim-run")]
    assert re.fullmatch(
        r"esim-run: step \d+, t = [\d.]+ s: (zeta|hu|hv) is (nan|-?inf) at cell j = \d+, i = \d+, "
        r"lon = 1[78][\d.]+, lat = -?[\d.]+",
        line,
    )
    assert "Traceback" not in ran.stderr and not list((tmp_path / "out").glob("*.nc"))


def test_water_that_becomes_too_fast_for_the_step_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        str(write_pond(tmp_path)),
        "--output",
        str(tmp_path / "out"),
        *settings("source.0.height=3 km", "bathymetry.depth=10"),
    ]
    assert main(arguments) == 3
    error = capsys.readouterr().err
    (line,) = [line for line in error.splitlines() if "warning" not in line]
    assert "the Courant number is" in line and "run.adaptive: true" in line
    assert main([*arguments, *settings("run.adaptive=true", "time.duration=20")]) == 0


def test_a_full_disk_ends_the_run_with_the_path(tmp_path: Path) -> None:
    def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    # What is compiled must be in the cache: it could not be written either.
    run(write_pond(tmp_path), tmp_path / "first")
    many = settings("grid.spacing=100", "time.duration=10", "output.compression=0")
    ran = esim_run(tmp_path / "pond.yaml", "--output", tmp_path / "out", *many, preexec_fn=fill)
    assert ran.returncode == 4
    assert re.fullmatch(rf"esim-run: cannot write {tmp_path}/out/\S+\.nc: File too large\n", ran.stderr)
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_a_reader_that_leaves_does_not_end_the_run(tmp_path: Path) -> None:
    arguments = command(write_pond(tmp_path), "--output", tmp_path / "out")
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    error = process.stderr.read()
    assert (process.wait(timeout=60), error) == (0, b"")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES


def test_an_error_of_mpi_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a neighbour was killed in the midst of a message; MPI gives a stack of its own."""
    lost = type("Exception", (RuntimeError,), {"__module__": "mpi4py.MPI"})
    stack = "Other MPI error, error stack:\ninternal_Wait(105).....: MPI_Wait failed\ncopy_iovs(224)....: no process"

    def work() -> None:
        raise lost(stack)

    assert guard(SerialComm(), work) == 4
    said = "esim-run: MPI failed (no process); another rank, or the network to it, was probably lost\n"
    assert capsys.readouterr().err == said


def test_signals_to_a_run_that_has_written_all_change_nothing(tmp_path: Path) -> None:
    """Python, on its way out, hands signals back to the system, which would kill it: 143 for a run that is complete."""
    out = tmp_path / "out"
    process = subprocess.Popen(
        command(write_pond(tmp_path), "--output", out, "--quiet"), stderr=subprocess.PIPE
    )
    while process.poll() is None and not (out / "run.json").exists():
        time.sleep(0.002)
    sent = 0
    while process.poll() is None:
        process.send_signal(signal.SIGTERM)
        sent += 1
        time.sleep(0.001)
    assert process.stderr is not None
    assert (process.returncode, process.stderr.read()) == (0, b"") and sent > 3


def test_threads_listed_for_nested_regions_are_understood(tmp_path: Path) -> None:
    environment = {"OMP_NUM_THREADS": "1,2", "SLURM_CPUS_PER_TASK": ""}
    ran = esim_run(write_pond(tmp_path), "--check", environment=environment)
    assert "ranks          1 x 1 threads" in ran.stdout


def begun(process: "subprocess.Popen[Any]", out: Path) -> None:
    """Waits until a run writes its snapshots."""
    while not list(out.glob(".fields.nc.partial")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.mark.long
def test_a_run_that_is_asked_to_stop_goes_on_later_and_nobody_takes_its_directory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, out = write_pond(tmp_path), tmp_path / "out"
    arguments = [str(config), "--quiet", "--output", str(out), *settings(*LONG)]
    process = subprocess.Popen(command(*arguments), stderr=subprocess.PIPE, text=True)
    begun(process, out)
    assert main([*arguments, "--resume"]) == 2
    assert re.search("another run .*is writing into", capsys.readouterr().err)
    assert main([*arguments, *settings("output.overwrite=true")]) == 2
    assert re.search("another run .*is writing into", capsys.readouterr().err)
    process.send_signal(signal.SIGTERM)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 75
    assert re.fullmatch(r"esim-run: stopped on request at t = .* with a checkpoint in .*--resume\n", error)
    assert len(list(out.glob("checkpoint/step_*/manifest.json"))) == 1 and not (out / "run.json").exists()
    assert json.loads((out / "stopped.json").read_text())["state"] == "stopped"
    assert main([*arguments, "--resume"]) == 0
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == FILES
    assert opened(out)["fields"].time.values.tolist() == [0, 500, 1000, 1500, 2000]


def ranks_of(out: Path) -> list[int]:
    """The processes of a run that were started for this output directory, without mpirun itself."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].decode() == sys.executable and str(out).encode() in words:
            found.append(int(folder.name))
    return found


@pytest.mark.mpi
def test_a_rank_that_is_killed_ends_the_others(tmp_path: Path) -> None:
    mpi = Path(sys.executable).with_name("mpirun")
    if not mpi.exists():
        pytest.skip("needs the mpirun of the extra 'mpi' beside Python")
    out = tmp_path / "out"
    arguments = command(
        write_pond(tmp_path), "--quiet", "--output", out, *settings(*LONG, "time.duration=1 day")
    )
    process = subprocess.Popen([mpi, "-n", "2", *arguments], stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    begun(process, out)
    os.kill(max(ranks_of(out)), signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode != 0 and not (out / "run.json").exists()
    for _ in range(100):
        if not ranks_of(out):
            break
        time.sleep(0.1)
    assert not ranks_of(out)
