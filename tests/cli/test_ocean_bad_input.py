"""Whatever is wrong with the input: exit code 2, one sentence that helps, no traceback, and nothing written."""

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.commands import (
    LAT,
    LON,
    POND,
    SEA,
    esim_run,
    relief,
    settings,
    write_grid,
    write_pond,
    write_sea,
)
from support.scenes import mpirun

from esim.cli.run import main
from esim.config import ScenarioConfig, load
from esim.drivers.tsunami import Tsunami
from esim.errors import InputError
from esim.parallel.comm import Comm, run_ranks

Make = Callable[[Path], object]
FAULT = "length: 50 km, width: 20 km, depth: 5 km, strike: 0, dip: 20, rake: 90, slip: 1"


def refused(
    capsys: pytest.CaptureFixture[str], config: Path, *sets: str, options: tuple[str, ...] = ()
) -> str:
    """The one sentence with which esim-run refuses a configuration, having written nothing."""
    before = sorted(config.parent.rglob("*"))
    out = config.parent / "out"
    code = main([str(config), "--output", str(out), *options, *settings(*sets)])
    error = capsys.readouterr().err
    assert code == 2, error
    assert error.startswith("esim-run: ") and error.count("\n") == 1 and error.endswith("\n")
    assert "Traceback" not in error
    assert sorted(config.parent.rglob("*")) == before
    return error


# ------------------------------------------------------------------ the YAML file


@pytest.mark.parametrize(
    ("old", "new", "fragments"),
    [
        ("spacing:", "spacng:", ["pond.yaml:4:", "grid.spacng: unknown key", "did you mean 'spacing'?"]),
        ("\nsource:", "\nsources:", ["pond.yaml:6:1", "unknown key", "did you mean 'source'?"]),
        ("200 s}", "soon}", ["pond.yaml:3:8: time.duration: 'soon' is not a time", "'15 min'"]),
        ("200 s}", "[200]}", ["time.duration", "is not a time; expected a time such as"]),
        ("200 s}", "200 m}", ["time.duration: '200 m' is a length; expected a time"]),
        ("200 s}", "200 lightyears}", ["time.duration", "unknown unit 'lightyears'"]),
        ("200 s}", "0}", ["time.duration: 0 is too small"]),
        ("200 s}", "-200 s}", ["time.duration: '-200 s' is too small"]),
        ("200 s}", ".inf}", ["time.duration: inf is not a finite number"]),
        ("1 km}", "7 km}", ["grid.spacing", "not a whole number; east 28000 or 35000 would fit"]),
        ("1 km}", "1 mm}", ["grid.spacing", "too many"]),
        ("1 km}", "1 km, boundary: sponge}", ["grid.sponge_cells: 40 cells of sponge fill all 32"]),
        ("1 km}", "1 km, boundary: {north: wal}}", ["grid.boundary.north", "did you mean 'wall'?"]),
        ("tsunami\n", "flood\n", ["scenario: 'flood' is not a choice here", "'tsunami'"]),
        ("tsunami\n", "tsunamy\n", ["scenario", "did you mean 'tsunami'?"]),
        ("kind: hump", "kind: humpp", ["source.0.kind", "did you mean 'hump'?"]),
        ("x: 16 km", "x: 160 km", ["source.0.x: hump at x 160000", "outside the grid"]),
        ("x: 16 km, y: 12 km, h", "lon: 16, lat: 12, h", ["source.0.lon", "'cartesian'; expected x and y"]),
        ("x: 20 km", "x: 33 km", ["stations.0.x: station 'gauge' at x 33000", "outside the grid"]),
        ("y: 12 km}]\n", "y: 12 km}, {name: gauge, x: 9 km, y: 9 km}]\n", ["stations.1.name", "must be unique"]),
        ("name: gauge, ", "", ["stations.0.name: is missing"]),
        ("output:", "time: {duration: 1}\noutput:", ["the key 'time' is given twice"]),
        ("title: a", "title: a: b", ["pond.yaml:2:", "not valid YAML"]),
        ("title:", "\ttitle:", ["pond.yaml:2:1: not valid YAML", "\\t"]),
        ("title: a pond", "title: [a", ["pond.yaml:", "not valid YAML"]),
        (POND, "", ["expected a mapping such as 'scenario: tsunami', found null"]),
        (POND, "- a\n- b\n", ["expected a mapping such as 'scenario: tsunami'"]),
        (POND, POND + "---\n" + POND, ["not valid YAML", "another document"]),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_found_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, fragments: list[str]
) -> None:
    config = write_pond(tmp_path)
    assert old in POND
    config.write_text(POND.replace(old, new, 1))
    error = refused(capsys, config)
    assert error.startswith(f"esim-run: {config}:") and all(fragment in error for fragment in fragments)


@pytest.mark.parametrize(
    ("make", "fragments"),
    [
        (lambda path: path.with_name("pond.yml").touch(), ["there is no such file", "did you mean 'pond.yml'?"]),
        (lambda path: path.mkdir(), ["cannot be read: Is a directory"]),
        (lambda path: path.touch(), ["expected a mapping"]),
        (lambda path: path.write_bytes(b"\x89HDF\r\n\xff"), ["not a text file in UTF-8"]),
        (lambda path: path.write_text(POND, encoding="utf-16"), ["not a text file in UTF-8"]),
    ],
    ids=["missing", "directory", "empty", "binary", "UTF-16"],
)  # fmt: skip
def test_a_file_that_is_no_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], make: Make, fragments: list[str]
) -> None:
    make(tmp_path / "pond.yaml")
    error = refused(capsys, tmp_path / "pond.yaml")
    assert all(fragment in error for fragment in fragments)


@pytest.mark.parametrize(
    ("setting", "fragments"),
    [
        ("run", ["expected key.path=value"]),
        ("=3", ["expected key.path=value"]),
        ("run.clf=0.5", ["run.clf: unknown key, did you mean 'cfl'?"]),
        ("run.cfl=fast", ["run.cfl: 'fast' is not a plain number"]),
        ("run.cfl=0", ["run.cfl: 0 is too small; expected more than 0"]),
        ("run.cfl=1.4", ["run.cfl: 1.4 is too large; expected at most 0.9"]),
        ("run={cfl: 0.5", ["not valid YAML"]),
        ("run.dt=1 min", ["run.dt: 60 s gives a Courant number of 11.89 over 1000 m", "at most 4.5"]),
        ("run.threads=1.5", ["run.threads: 1.5 is not a whole number"]),
        ("run.precision=float16", ["run.precision"]),
        ("source.3.height=1", ["source is a list with the items 0 to 0"]),
        ("stations.x=1", ["stations is a list"]),
        ("source=[{kind: okada, faults: []}]", ["source.0.faults: must not be empty"]),
        (f"source=[{{kind: okada, faults: [{{lon: 9, lat: 9, {FAULT}}}]}}]", ["faults.0.lon", "expected x and y"]),
        ("source=[{kind: finite_fault, file: nowhere.csv}]", ["source.0.file: there is no file"]),
        ("source=[{kind: finite_fault, file: .}]", ["source.0.file: ", "is a directory; expected a file"]),
        ("physics.manning=-1", ["physics.manning: -1 is too small"]),
        ("physics.dry_depth=10 m", ["physics.dry_depth: '10 m' is too large; expected at most 1"]),
        ("time.start=yesterday", ["time.start: 'yesterday' is not a date and time"]),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], setting: str, fragments: list[str]
) -> None:
    error = refused(capsys, write_pond(tmp_path), setting)
    assert all(fragment in error for fragment in fragments), error


@pytest.mark.parametrize("arguments", [[], ["a.yaml", "b.yaml"], ["a.yaml", "--backend", "gpu"], ["--sett"]])
def test_wrong_options_are_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("esim-run: ") and error.endswith("; esim-run --help describes the options\n")


# ------------------------------------------------------------------ the files it names


def with_hole(value: float) -> np.ndarray:
    """The relief with one node of another value."""
    bed = relief()
    bed[40, 40] = value
    return bed


def truncated(path: Path, kind: str) -> None:
    """Only the first half of a NetCDF file."""
    import xarray as xr

    axes = {"lat": LAT, "lon": LON}
    xr.DataArray(relief(), axes, ("lat", "lon"), "z").to_netcdf(path, format=kind)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("make", "sets", "fragments"),
    [
        (None, ["bathymetry.file=see.nc"], ["there is no file", "did you mean 'sea.nc'?"]),
        (None, ["bathymetry.file=data:etopo.nc"], ["data:etopo.nc", "did you mean data:"]),
        (None, ["bathymetry.variable=elev"], ["no variable elev", "z (lat: 81, lon: 85)"]),
        (None, ["grid.east=200"], ["but the grid needs lon 171..200", "short by 8.875 degrees in the east"]),
        (None, ["grid.north=12"], ["short by 1.875 degrees in the north"]),
        (None, ["stations.0.lon=172", "stations.0.lat=7", "stations.0.snap=water", "stations.0.snap_distance=90 km"],
         ["gauge 'gauge' at (172, 7) is on land, 50.0 m", "no water within snap_distance, 90000 m",
          "the nearest is 195079 m away, at (173.75, 7.25)"]),
        (None, ["stations.0.lon=1", "stations.0.lat=175"], ["stations.0.lat: 175 is too large"]),
        (None, ["stations.0.lon=60"], ["station 'gauge' at lon 60", "is outside the grid"]),
        (None, ["source.0.lon=60"], ["hump at lon 60", "is outside the grid"]),
        (None, ["physics.sea_level=-5 km", "stations.0.snap=water"],
         ["gauge 'gauge' at (-175, 1) is on land", "no water within snap_distance, 277987 m"]),
        (None, ["physics.sea_level=-5 km", "stations=[]", "source=[]"], ["there is no water on this grid"]),
        (None, ["physics.manning={file: sea.nc}"], ["z is -4", "expected 0 to 1"]),
        (None, ["physics.manning={file: sea.nc, variable: n}"], ["no variable n", "z (lat: 81, lon: 85)"]),
        (None, ["physics.manning={file: nowhere.nc}"], ["physics.manning.file: there is no file"]),
        (None, ["source=[{kind: finite_fault, file: sea.nc}]"], ["finite faults are read from .csv"]),
        (lambda p: write_grid(p, with_hole(np.nan)), [],
         ["variable z has no value (NaN or missing) at 4 cells", "lon 179.75, lat -0.25"]),
        (lambda p: write_grid(p, with_hole(-99999)), [],
         ["z is -99999 at lon 180, lat 0, expected -11100 to 9000", "_FillValue"]),
        (lambda p: write_grid(p, with_hole(1e20), positive="down"), [], ["z is 1e+20 at lon 180, lat 0"]),
        (lambda p: write_grid(p, relief() * 3.28, units="feet"), [], ["z is in feet, expected metres"]),
        (lambda p: write_grid(p, -relief(), units="m"), [], ["z taken as elevation, positive up", "positive: down"]),
        (lambda p: write_grid(p, relief().T, LAT, LON), [], ["latitude (lat) runs from 170 to 191"]),
        (lambda p: truncated(p, "NETCDF4"), [], ["sea.nc", "a damaged one"]),
        (lambda p: truncated(p, "NETCDF3_CLASSIC"), [], ["sea.nc", "cut short"]),
        (lambda p: p.write_text("z"), [], ["sea.nc: not a NetCDF file"]),
    ],
)  # fmt: skip
def test_data_that_cannot_be_used(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    make: Make | None,
    sets: list[str],
    fragments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ESIM_DATA", raising=False)
    config = write_sea(tmp_path)
    if make is not None:
        (tmp_path / "sea.nc").unlink()
        make(tmp_path / "sea.nc")
    error = refused(capsys, config, *sets)
    assert all(fragment in error for fragment in fragments), error


CSV = "lon,lat,depth_km,length_km,width_km,strike,dip,rake,slip\n"


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        (CSV, ["holds no subfault"]),
        (CSV + "180,0,5,50,20,0,20,90\n", ["fault.csv", "has 8 values, expected 9"]),
        (CSV + "180,0,5,50,20,0,20,90,x\n", ["fault.csv", "slip"]),
        (CSV.replace("slip", "slipp") + "180,0,5,50,20,0,20,90,1\n", ["slipp"]),
    ],
)
def test_faults_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, fragments: list[str]
) -> None:
    config, fault = write_sea(tmp_path), tmp_path / "fault.csv"
    fault.write_text(text)
    error = refused(capsys, config, f"source=[{{kind: finite_fault, file: '{fault}'}}]")
    assert all(fragment in error for fragment in fragments), error


def test_a_fault_file_without_anything_is_told_what_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, fault = write_sea(tmp_path), tmp_path / "fault.yaml"
    fault.write_text("")
    error = refused(capsys, config, f"source=[{{kind: finite_fault, file: '{fault}'}}]")
    assert "fault.yaml: expected a mapping such as 'faults: [...]', found null" in error


def test_a_fault_file_from_windows_is_read(tmp_path: Path) -> None:
    config, fault = write_sea(tmp_path), tmp_path / "fault.csv"
    fault.write_bytes(("\ufeff" + CSV + "180,0,5,50,20,0,20,90,1\n").replace("\n", "\r\n").encode())
    assert main([str(config), "--check", *settings(f"source=[{{kind: finite_fault, file: '{fault}'}}]")]) == 0


# ------------------------------------------------------------------ the machine


@pytest.mark.parametrize(
    ("sets", "fragments"),
    [
        (["run.memory_limit=1 MB", "grid.spacing=10"], ["run.memory_limit leaves 0.001 GB to each rank"]),
        (["grid.spacing=1 cm"], ["memory: a rank would need", "GB to each rank; use"]),
    ],
)
def test_memory_that_is_not_there_is_predicted_and_not_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sets: list[str], fragments: list[str]
) -> None:
    config = write_pond(tmp_path)
    refused(capsys, config, "run.cfl=2")  # all that is imported is imported
    tracemalloc.start()
    try:
        error = refused(capsys, config, *sets)
        assert tracemalloc.get_traced_memory()[1] < 200e6  # of the petabytes that it would be
    finally:
        tracemalloc.stop()
    assert all(fragment in error for fragment in fragments) and "a coarser grid.spacing" in error


TINY = ("grid.x=[12 km, 20 km]", "grid.y=[9 km, 15 km]", "stations=[]")


def test_more_ranks_than_rows_are_refused_by_all_of_them(tmp_path: Path) -> None:
    cfg = load(write_pond(tmp_path), TINY)
    told = run_ranks(4, lambda comm: _refusal(cfg, comm))
    assert len(set(told)) == 1
    assert "4 ranks are too many for a grid of 6 x 8 cells" in told[0] and "at most 2 ranks" in told[0]


def _refusal(cfg: ScenarioConfig, comm: Comm) -> str:
    with pytest.raises(InputError) as error:
        Tsunami().check(cfg, comm)
    return str(error.value)


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("ranks", "sets", "fragment"),
    [
        (4, TINY, "4 ranks are too many for a grid of 6 x 8 cells"),
        (2, ("run.clf=1",), "unknown key, did you mean 'cfl'?"),
        (2, ("run.dt=1 min",), "run.dt: 60 s gives a Courant number"),
    ],
)
def test_many_ranks_tell_it_once(tmp_path: Path, ranks: int, sets: tuple[str, ...], fragment: str) -> None:
    arguments = ["-m", "esim.cli.run", write_pond(tmp_path), "--output", tmp_path / "out", *settings(*sets)]
    ran = mpirun(ranks, *arguments)
    assert ran.returncode == 2
    assert ran.stderr.startswith("esim-run: ") and ran.stderr.count("\n") == 1 and fragment in ran.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.mpi
def test_what_one_rank_alone_finds_ends_all(tmp_path: Path) -> None:
    """Only the northern rank reads the node without a value."""
    config = write_sea(tmp_path)
    bed = relief()
    bed[70, 60] = np.nan
    write_grid(tmp_path / "sea.nc", bed)
    ran = mpirun(2, "-m", "esim.cli.run", config, "--output", tmp_path / "out")
    assert ran.returncode == 2 and "Traceback" not in ran.stderr
    assert "variable z has no value" in ran.stderr and "lat 7.25" in ran.stderr
    assert not (tmp_path / "out").exists()


# ------------------------------------------------------------------ the output directory


@pytest.mark.parametrize(
    "left", ["run.json", "fields.nc", ".fields.nc.partial", "checkpoint/step_0000000001/manifest.json"]
)
@pytest.mark.parametrize("options", [(), ("--check",)])
def test_a_directory_with_a_run_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], left: str, options: tuple[str, ...]
) -> None:
    (tmp_path / "out" / left).parent.mkdir(parents=True)
    (tmp_path / "out" / left).write_text("precious")
    error = refused(capsys, write_pond(tmp_path), options=options)
    assert f"{tmp_path}/out already has a run ({left.removesuffix('/manifest.json')})" in error
    assert "--resume" in error and "--output" in error and "output.overwrite=true" in error
    assert (tmp_path / "out" / left).read_text() == "precious"


def test_a_complete_run_without_checkpoints_cannot_be_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/run.json").write_text("{}")
    error = refused(capsys, write_pond(tmp_path), options=("--resume",))
    assert "is complete and has no checkpoint to go on from" in error


def test_a_file_in_the_place_of_the_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("precious")
    for options in ((), ("--resume",), ("--check",)):
        error = refused(capsys, write_pond(tmp_path), "output.overwrite=true", options=options)
        assert "output.directory: cannot write into" in error
    assert (tmp_path / "out").read_text() == "precious"


def test_a_directory_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even root cannot write there, and there is no warning beforehand."""
    code = main([str(write_pond(tmp_path)), "--output", "/proc/esim"])
    assert (code, capsys.readouterr().err) == (
        4,
        "esim-run: cannot write /proc/esim: No such file or directory\n",
    )


def test_resume_without_a_checkpoint_warns_and_begins(tmp_path: Path) -> None:
    ran = esim_run(write_pond(tmp_path), "--output", tmp_path / "out", "--resume")
    assert ran.returncode == 0
    assert ran.stderr == "esim-run: warning: --resume: there is no checkpoint; starting from the beginning\n"
    assert "there is no checkpoint" in json.loads((tmp_path / "out/run.json").read_text())["warnings"][0]


def test_resume_with_another_configuration_is_refused_and_harms_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, often = write_pond(tmp_path), "output.checkpoint={every: 60}"
    assert main([str(config), "--quiet", "--output", str(tmp_path / "out"), *settings(often)]) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    error = refused(capsys, config, often, "source.0.height=2", options=("--resume",))
    assert "belongs to another configuration" in error
    assert {path: path.read_bytes() for path in before} == before


def test_the_scenarios_of_these_tests_are_fine(tmp_path: Path) -> None:
    for config, text in ((write_pond(tmp_path), POND), (write_sea(tmp_path), SEA)):
        assert config.read_text() == text
        assert main([str(config), "--check", "--output", str(tmp_path / "out")]) == 0
