"""Is what the manual shows right? Its YAML files pass the checks of a run, its examples work, its commands exist."""

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.commands import write_grid

from esim.cli import main as esim
from esim.cli import run as esim_run
from esim.config import load
from esim.config.scenarios import SCENARIOS
from esim.drivers.run import driver_of, simulate
from esim.errors import InputError
from esim.parallel.comm import SerialComm

TOP = Path(__file__).parents[2]
DOCS = TOP / "docs"
EXAMPLES = DOCS / "examples"
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if not {"_build", "made"} & set(page.parts)]

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="needs a checkout, not an installation")


# ------------------------------------------------------------------ scenarios


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples with the data that they name: made-up seas, land in the west, and records of gauges."""
    folder = tmp_path_factory.mktemp("examples")
    for path in EXAMPLES.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    sea(folder / "maule.nc", (-86, -68), (-47, -25), land=(-71, -60))
    sea(folder / "gebco.nc", (139, 146), (35, 42), land=(130, 142))
    sea(folder / "coast.nc", (140.5, 143.5), (37.5, 40.5), land=(130, 142), positive_up=False)
    rows = "\n".join(" ".join(["-999"] + 39 * ["-12.5"]) for _ in range(40))
    head = "ncols 40\nnrows 40\nxllcorner 141.95\nyllcorner 39.15\ncellsize 0.0025\nNODATA_value -9999\n"
    (folder / "harbour.asc").write_text(head + rows + "\n")
    for name in ("pier.csv", "p02.csv"):
        (folder / name).write_text("time,eta\n0,0\n60,0.1\n120,0.2\n")
    (folder / "tide_gauges.csv").write_text("name,lon,lat\nOfunato,141.75,39.02\nHilo,-155.07,19.73\n")
    return folder


def sea(
    path: Path,
    lon: tuple[float, float],
    lat: tuple[float, float],
    land: tuple[float, float],
    positive_up=True,
) -> None:
    """Sea that deepens by 1000 m a degree away from land."""
    x, y = np.arange(lon[0], lon[1] + 0.01, 0.05), np.arange(lat[0], lat[1] + 0.01, 0.05)
    inland = np.minimum(x - land[0], land[1] - x)
    bed = np.clip(1000 * inland, -5000, 500) + np.zeros((y.size, 1))
    write_grid(path, bed if positive_up else -bed, x, y, units="m")


@pytest.mark.parametrize("name", ["own_event", "harbour", "moment_tensor"])
def test_the_scenarios_of_the_manual_pass_the_checks_of_a_run(name: str, folder: Path) -> None:
    config = load(folder / f"{name}.yaml")
    driver = driver_of(config)
    assert driver.describe(driver.check(config, SerialComm()))


def test_the_python_of_the_manual_computes_a_pond_and_finds_its_gauge(tmp_path: Path) -> None:
    compute = runpy.run_path(str(EXAMPLES / "compute.py"))["compute_pond"]
    highest_gauge = runpy.run_path(str(EXAMPLES / "read_run.py"))["highest_gauge"]
    explore = runpy.run_path(str(EXAMPLES / "explore_run.py"))["explore"]
    directory = compute(tmp_path / "pond", 2.0)
    assert re.fullmatch(r"0\.\d\d m at gauge, \d+\.0", highest_gauge(directory))
    assert re.fullmatch(r"1\.9\d m, 0\.\d\d m, 0\.\d\d m", explore(str(directory)))


# ------------------------------------------------------------------ extensions


@pytest.mark.compile
def test_the_kernel_of_the_manual_has_the_same_bits_on_both_backends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    runpy.run_path(str(EXAMPLES / "kernel.py"), run_name="__main__")
    assert "m3/s2" in capsys.readouterr().out


def test_the_scenario_of_the_manual_has_the_period_that_its_plan_names(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.setitem(SCENARIOS, "seiche", None)
    sys.modules.pop("seiche", None)
    from seiche import merian_period  # type: ignore[import-not-found]

    directory = folder / "seiche"
    config = load(folder / "seiche.yaml", [f"output.directory={directory}", "run.backend=numpy"])
    driver = driver_of(config)
    assert driver.describe(driver.check(config, SerialComm()))[0].startswith("first seiche")
    simulate(config)
    with xr.open_dataset(directory / "stations.nc") as stations:
        eta, seconds = stations.eta[0].values, stations.time.values
    eta = eta - eta.mean()
    falls = seconds[1:][(eta[:-1] > 0) & (eta[1:] <= 0)]
    assert np.diff(falls).mean() == pytest.approx(merian_period(10e3, 20.0), rel=0.03)


def test_the_source_of_the_manual_runs_where_its_changes_are_made(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(TOP / "esim", tmp_path / "esim", ignore=shutil.ignore_patterns("results", "__pycache__"))
    shutil.copy(EXAMPLES / "cavity.py", tmp_path / "esim/sources/ocean")
    subprocess.run(["git", "apply", EXAMPLES / "cavity.patch"], cwd=tmp_path, check=True)
    command = [sys.executable, "-m", "esim.cli.run", "cavity.yaml", "--backend", "numpy"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    with xr.open_dataset(folder / "out/cavity/maxima.nc") as maxima:
        assert float(maxima.eta_min.min()) == pytest.approx(-20, rel=0.05)


# ------------------------------------------------------------------ commands


def test_the_mistake_of_the_first_run_is_answered_as_its_page_says() -> None:
    with pytest.raises(InputError) as error:
        load(TOP / "configs/tohoku2011.yaml", ["grid.spacng=4arcmin"])
    assert f"esim-run: {error.value}\n" in (DOCS / "first-run.md").read_text(encoding="utf-8")


def commands() -> Iterator[tuple[str, str]]:
    """Every command of esim in the pages, with the name of its page."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        lines = [
            line
            for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL)
            for line in block.split("\n")
            if line.startswith("$ ")  # the rest is what they print
        ]
        lines += re.findall(r"`((?:esim|esim-run) [^`]+)`", text)
        for line in lines:
            found = re.search(r"(?:^|[\s/])(esim(?:-run)?(?: .*?)?)(?:\s+(?:[#>|]|&&).*)?$", line)
            if found and "pip install" not in line and "git clone" not in line:
                yield page.name, found[1]


@pytest.mark.parametrize(("page", "command"), sorted(set(commands())))
def test_every_command_of_the_manual_exists(page: str, command: str) -> None:
    program, *words = shlex.split(command)
    parser = esim_run.parser() if program == "esim-run" else esim.parser()
    if program == "esim" and len(words) == 1 and not words[0].startswith("-"):
        words.append("--help")
    try:
        parser.parse_args(words)
    except SystemExit as end:
        assert end.code == 0, f"{page}: {command}"
