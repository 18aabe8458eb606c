"""Is esim installed by its own name, and is all that is needed in wheel and source distribution?"""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from esim.distribution import NAME, install

TOP = Path(__file__).parents[2]
LEFT_OUT = {".git", ".venv", "build", "dist", "out", "wheels", "__pycache__"}
# What would install, or ask for the version of, another project that is called esim.
FOREIGN = (
    re.compile(r"""pip3?\s+install\b(?:[\s"'f]+|[\s"'f]-[-\w]+)*[\s"'](?:esim)(?![-\w./])"""),
    re.compile(r"(?<![-\w])esim\[[a-z]"),
    re.compile(r"""\b(?:version|distribution|metadata|requires|files)\(\s*["']esim["']"""),
)


def foreign(text: str) -> list[str]:
    """Passages that take esim for the name of the distribution."""
    return [match[0] for pattern in FOREIGN for match in pattern.finditer(text)]


def sources() -> Iterator[Path]:
    """Files of the checkout or the source distribution, as paths below TOP; links to folders are not followed."""
    if (TOP / ".git").exists():
        command = ["git", "-C", TOP, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
        yield from (Path(name) for name in names if name and os.path.lexists(TOP / name))
    else:
        paths = (path.relative_to(TOP) for path in TOP.rglob("*") if not path.is_dir())
        yield from (path for path in paths if not any(part in LEFT_OUT for part in path.parts))


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="ignore")


# ------------------------------------------------------------------ the name


@pytest.mark.parametrize(
    "wrong",
    [
        "pip install NAME",
        "needs ObsPy: pip install 'NAME[seismology]'",
        '"and GeoTIFF: pip install "\n    "NAME brings it"',
        '~/x/bin/pip install --upgrade "NAME[cuda]"',
        "python -m pip install -U NAME",
        'dev = ["NAME[analysis,gis]"]',
        'version("NAME")',
    ],
)
def test_the_name_of_another_project_is_found(wrong: str) -> None:
    assert foreign(wrong.replace("NAME", "esim"))
    assert not foreign(wrong.replace("NAME", NAME))


@pytest.mark.parametrize(
    "right",
    [
        "pip install . && esim doctor",
        "pip install '.[gis]'",
        "pip install --editable ./esim",
        "esim plot out",
    ],
)
def test_the_command_is_not_taken_for_the_distribution(right: str) -> None:
    assert not foreign(right)


def test_no_file_tells_people_to_install_another_project() -> None:
    found = {str(path): foreign(text(TOP / path)) for path in sources() if (TOP / path).is_file()}
    assert len(found) > 300
    assert {path: passages for path, passages in found.items() if passages} == {}


def test_the_command_that_installs_names_the_project() -> None:
    project = text(TOP / "pyproject.toml")
    assert re.search(r'^name = "(.*)"$', project, re.MULTILINE)[1] == NAME  # type: ignore[index]
    extras = re.findall(r"^([\w-]+) = \[", project.split("[project.optional-dependencies]")[1], re.MULTILINE)
    used = {
        extra for path in sources() if path.suffix == ".py"
        for extra in re.findall(r"""\binstall\(["']([\w-]+)["']\)""", text(TOP / path))
    }  # fmt: skip
    assert {"mpi", "cuda", "analysis"} <= used <= set(extras)
    assert (install(), install("gis")) == (f"pip install {NAME}", f"pip install '{NAME}[gis]'")


# ------------------------------------------------------------------ wheel and source distribution


class Built(NamedTuple):
    """A copy of the sources, and the distributions made of it."""

    tree: Path
    wheel: Path
    sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Both distributions; the wheel is built from the source distribution, as pip does without a wheel."""
    tree, output = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    for path in sources():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / path, tree / path, follow_symlinks=False)
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", output, tree], tree)
    (wheel,), (sdist,) = output.glob("*.whl"), output.glob("*.tar.gz")
    return Built(tree, wheel, sdist)


@pytest.fixture(scope="module")
def environment(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of a new environment with the wheel, and with the other packages of this one."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder)
    python = folder / "bin/python"
    run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", built.wheel],
        folder,
    )
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    return folder / "bin"


def run(command: list[object], folder: Path, timeout: float = 600) -> str:
    """What a command prints when it is run in a folder, where it finds nothing of this checkout."""
    program = Path(str(command[0])).parent
    variables = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "ESIM_DATA")}
    variables["LD_LIBRARY_PATH"] = f"{sys.prefix}/lib"  # where the extra `mpi` has put the MPI library
    variables["PATH"] = os.pathsep.join([str(program), str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        list(map(str, command)), cwd=folder, env=variables, capture_output=True, text=True, timeout=timeout
    )
    assert ran.returncode == 0, f"{command}: {ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
    return ran.stdout


def files(folder: Path) -> set[str]:
    """All files below a folder, those behind links too."""
    return {
        os.path.relpath(os.path.join(where, name), folder)
        for where, _, names in os.walk(folder, followlinks=True) for name in names
    }  # fmt: skip


@pytest.mark.packaging
def test_the_wheel_has_the_package_and_nothing_else(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        assert f"\nName: {NAME}\n" in wheel.read(metadata).decode()
        assert {name for name in names if foreign(wheel.read(name).decode(errors="ignore"))} == set()
    wanted = {
        f"esim/{name}" for name in files(built.tree / "esim") if not name.startswith("validation/results/")
    }
    assert names == wanted
    assert {"esim/configs/tohoku2011.yaml", "esim/configs/sources/satake2013.csv"} <= names


@pytest.mark.packaging
def test_the_source_distribution_has_every_file_and_no_links(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        members = sdist.getmembers()
    assert all(member.isfile() or member.isdir() for member in members)
    names = {member.name.split("/", 1)[1] for member in members if member.isfile()}
    assert {str(path) for path in sources() if not (TOP / path).is_symlink()} - names == set()
    assert not [name for name in names if name.endswith(".pyc")]


@pytest.mark.packaging
def test_the_main_job_runs_from_the_wheel_alone(environment: Path, tmp_path: Path) -> None:
    mpirun = shutil.which("mpirun", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if mpirun is None:
        pytest.skip("there is no mpirun beside this Python nor on PATH")
    where = run([environment / "python", "-c", "import esim; print(esim.__file__)"], tmp_path)
    assert Path(where).is_relative_to(environment.parent)
    assert "then: esim plot out/tohoku2011" in run([environment / "esim", "example", "tohoku2011"], tmp_path)
    job = [mpirun, "-n", 2, environment / "esim-run", "tohoku2011.yaml", "--set", "time.duration=10 min"]
    run(job, tmp_path)
    assert json.loads((tmp_path / "out/tohoku2011/run.json").read_text())["decomposition"]["ranks"] == 2
    figures = run([environment / "esim", "plot", "out/tohoku2011"], tmp_path).splitlines()
    pictures = [tmp_path / figure for figure in figures if figure.endswith(".png")]
    assert len(pictures) > 3 and all(picture.stat().st_size > 5000 for picture in pictures)
    assert (tmp_path / "out/tohoku2011/figures/stations_misfit.csv").read_text().count("\n") == 4
    assert run([environment / "esim", "report", "out/tohoku2011"], tmp_path) == "out/tohoku2011/report.html\n"


@pytest.mark.packaging
def test_the_tests_of_the_source_distribution_run(built: Built, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as sdist:
        sdist.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    pytest_there = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    assert re.search(r"[1-9]\d\d+ tests collected", run([*pytest_there, "--co"], folder))
    ran = run(
        [*pytest_there, "tests/cli/test_example.py", "tests/cli/test_packaging.py", "-m", "not packaging"],
        folder,
    )
    assert " passed" in ran and "skipped" not in ran
