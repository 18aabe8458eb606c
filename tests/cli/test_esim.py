"""Does the command `esim` answer quickly, do what it says, and say in one sentence what is wrong?"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.synthetic_run import CRESTS, write_run

from esim.cli.main import main, parser
from esim.tools import doctor, table

TOP = Path(__file__).parents[2]
COMMANDS = (
    "example",
    "plot",
    "animate",
    "compare",
    "compile",
    "export",
    "validate",
    "bench",
    "doctor",
    "job",
    "data",
    "schema",
)
HEAVY = (
    "numpy",
    "numba",
    "xarray",
    "mpi4py.MPI",
    "netCDF4",
    "xxhash",
    "matplotlib",
    "pydantic",
    "rich",
    "pooch",
)


def esim(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "esim.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ | environment)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"))


# ------------------------------------------------------------------ help


def test_help_loads_nothing_heavy() -> None:
    code = f"""
import sys
from esim.cli.main import main
try:
    main(["--help"])
except SystemExit as end:
    assert end.code == 0
sys.exit(", ".join(name for name in {HEAVY} if name in sys.modules) or 0)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, f"loaded by --help: {ran.stderr}"
    assert all(f"\n    {command} " in ran.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_examples_that_it_accepts(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    examples = re.findall(r"^  (?:\S+=\S+ |srun .*?|mpirun .*?)?esim (.*?)(?:  | > |$)", text, re.MULTILINE)
    assert examples
    for example in examples:
        assert parser().parse_args(example.split()).command == command


@pytest.mark.parametrize(
    "arguments",
    [[], ["plott"], ["job", "--template", "gpu"], ["bench", "--size", "0"], ["plot", "a", "--format", "gif"]],
)
def test_wrong_usage_ends_with_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: esim" in capsys.readouterr().err


def test_bench_hands_over_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Any] = []
    module = ModuleType("esim.tools.bench")
    vars(module)["main"] = lambda options: given.append(options) or 0
    monkeypatch.setitem(sys.modules, "esim.tools.bench", module)
    assert (
        main(["bench", "--json", "a.json", "--size", "300", "--threads", "1", "2", "--backend", "cpu"]) == 0
    )
    (options,) = given
    assert (options.json, options.size, options.threads) == (Path("a.json"), 300, [1, 2])
    assert (options.backend, options.precision) == ("cpu", "float32")


# ------------------------------------------------------------------ plot, schema, data


@pytest.mark.long
def test_plot_prints_the_paths_it_wrote(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="figures need Matplotlib")
    assert main(["plot", str(folder), "--output", str(tmp_path)]) == 0
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(paths) == sorted(tmp_path.iterdir()) and len(paths) == 5


def test_a_folder_that_is_no_run_is_one_sentence_and_code_2(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="figures need Matplotlib")
    ran = esim("plot", tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert ran.stderr.startswith(f"esim plot: {tmp_path}: ") and "run.json" in ran.stderr


def test_the_schema_is_json_of_the_whole_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    for scenario in ("TsunamiConfig", "SeismicConfig"):
        assert {"scenario", "grid", "source", "output"} <= set(schema["$defs"][scenario]["properties"])


def test_a_reader_that_stops_early_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "esim.cli.main", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr.read() == b""


def test_data_lists_what_is_known_and_fetches_what_is_shipped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ESIM_DATA", raising=False)
    assert main(["data"]) == 0
    out = capsys.readouterr().out
    assert (
        re.search(r"^tohoku2011_dart\.csv +shipped +/", out, re.MULTILINE) and "ESIM_DATA is not set" in out
    )
    for name in ("tohoku2011_dart.csv", "data:tohoku2011_dart.csv"):
        assert main(["data", "fetch", name]) == 0
        assert Path(capsys.readouterr().out.strip()).is_file()
    assert main(["data", "fetch", "tohoku2011_dart.cvs"]) == 2
    assert "did you mean data:tohoku2011_dart.csv?" in capsys.readouterr().err


def test_tables_are_aligned_and_never_cut() -> None:
    lines = table.plain(("a", "b"), [("long entry", "x" * 300), ("", "y")])
    assert lines == [
        "a           b",
        "-" * 10 + "  " + "-" * 300,
        "long entry  " + "x" * 300,
        "            y",
    ]


# ------------------------------------------------------------------ validate


def test_a_run_that_fits_passes(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "tohoku2011", "--run", str(folder), "--output", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.count(" pass") == 6 and "FAIL" not in out
    assert re.search(r"21401 first crest, height +0\.664 m +0\.659 m +-0\.7 % +25\.0 % +pass", out)
    checks = json.loads((tmp_path / "validation.json").read_text())["tohoku2011"]
    assert [check["known"] for check in checks[::2]] == [1956, 3996, 4836]
    assert all(check["passed"] for check in checks)


@pytest.mark.parametrize(
    ("buoy", "crest", "failed"),
    [
        ("21418", (1956 + 165.0, 1.87), "21418 first crest, time"),
        ("21401", (3996.0, 0.49), "21401 first crest, height"),
        ("21413", (4836.0, 0.98), "21413 first crest, height"),
    ],
)
def test_a_run_that_does_not_fit_fails(
    buoy: str, crest: tuple[float, float], failed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path, fields=False, maxima=False, crests=CRESTS | {buoy: crest})
    assert main(["validate", "tohoku2011", "--run", str(tmp_path), "--output", str(tmp_path)]) == 1
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.endswith("FAIL")]
    assert line.startswith(failed)


def test_a_run_that_ends_too_early_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path, crests=CRESTS | {"21413": (7300.0, 0.77)})
    assert main(["validate", "tohoku2011", "--run", str(tmp_path), "--output", str(tmp_path)]) == 1
    assert re.search(r"21413 first crest, time +4836 s +none +150 s +FAIL", capsys.readouterr().out)


def test_a_case_is_computed_with_its_own_configuration(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    module = ModuleType("esim.drivers.run")
    vars(module)["simulate"] = lambda cfg: asked.append(cfg) or folder
    monkeypatch.setitem(sys.modules, "esim.drivers.run", module)
    monkeypatch.delenv("ESIM_DATA", raising=False)
    assert main(["validate", "tohoku2011", "--quick", "--output", str(tmp_path / "a: b")]) == 0
    (cfg,) = asked
    assert cfg.output.directory == tmp_path / "a: b" / "tohoku2011"
    assert cfg.output.overwrite and cfg.time.duration == 6000
    assert {station.name for station in cfg.stations} == set(CRESTS)


def test_the_fine_configuration_is_taken_where_its_relief_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from esim.validation.cases.tsunamis import tohoku2011

    monkeypatch.delenv("ESIM_DATA", raising=False)
    assert "etopo1_nwpacific_6min" in str(tohoku2011.configure(tmp_path, False).bathymetry.file)
    (tmp_path / "bathymetry").mkdir()
    (tmp_path / "bathymetry/nwpacific_4min.nc").touch()
    monkeypatch.setenv("ESIM_DATA", str(tmp_path))
    assert "nwpacific_4min" in str(tohoku2011.configure(tmp_path, False).bathymetry.file)


def test_wrong_requests_for_validation_are_sentences(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", "tohoku"]) == 2
    assert "there is no case 'tohoku', did you mean 'tohoku2011'?" in capsys.readouterr().err
    assert main(["validate", "tohoku2011", "tohoku2011", "--run", str(folder)]) == 2
    assert "name the one case" in capsys.readouterr().err
    plane = write_run(tmp_path / "plane", lonlat=False)
    assert main(["validate", "tohoku2011", "--run", str(plane)]) == 2
    assert "not a run of the Tohoku earthquake" in capsys.readouterr().err
    deaf = write_run(tmp_path / "deaf", stations=False)
    assert main(["validate", "tohoku2011", "--run", str(deaf)]) == 2
    assert "no record of station 21418" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        "thacker ocean --quick",
        "thacker --quick ocean",
        "--quick thacker ocean",
        "thacker --output out ocean --quick",
    ],
)
def test_cases_may_stand_around_the_options(words: str) -> None:
    options = parser().parse_args(["validate", *words.split()])
    assert (options.cases, options.quick) == (["thacker", "ocean"], True)


def test_an_option_that_is_none_is_still_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["validate", "ocean", "--quik", "thacker"], ["doctor", "thacker"]):
        with pytest.raises(SystemExit):
            main(words)
        assert "unrecognized arguments" in capsys.readouterr().err


def test_the_cases_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--list"]) == 0
    assert "tohoku2011" in capsys.readouterr().out


# ------------------------------------------------------------------ doctor


def test_the_doctor_reports_all_topics_as_json(tmp_path: Path) -> None:
    ran = esim("doctor", "--json", ESIM_DATA=str(tmp_path / "nowhere"))
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    findings = {finding["topic"]: finding for finding in report["findings"]}
    assert [one["rank"] for one in report["ranks"]] == [0]
    topics = "python packages MPI UCX InfiniBand GPUs GPUDirect cores files data ESIM_DATA".split()
    assert {*topics, "compile cache"} <= set(findings)
    assert not any("could not be examined" in finding["found"] for finding in findings.values())
    assert findings["ESIM_DATA"]["state"] == "missing" and findings["ESIM_DATA"]["advice"]


def test_a_broken_mpi_does_not_harm_the_doctor() -> None:
    ran = esim("doctor", MPI4PY_LIBMPI="/nowhere/libmpi.so")
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"^MPI +(missing|falls back)", ran.stdout, re.MULTILINE)


def test_the_doctor_takes_a_failing_probe_for_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[doctor.Finding]:
        raise PermissionError("no entry")

    (finding,) = doctor._examine(fail)
    assert finding.found == "could not be examined: PermissionError: no entry"


def test_the_doctor_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (finding,) = doctor.locking()
    assert finding.state == "fast" and not list(tmp_path.iterdir())


def test_too_many_threads_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "100000")
    found = [finding for finding in doctor.cores() if "OMP_NUM_THREADS" in finding.found]
    assert [finding.state for finding in found] == ["falls back"] and found[0].advice
