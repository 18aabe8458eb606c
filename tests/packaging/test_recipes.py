"""Do the recipes of other package managers say the same as pyproject.toml, and are they well-formed?"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ruamel.yaml import YAML

from esim import __version__
from esim.distribution import NAME

TOP = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
CONDA = {"dask": "dask-core", "xxhash": "python-xxhash"}  # names that differ there
WANTED = {name.lower(): bound for name, bound in (one.split(">=") for one in PROJECT["dependencies"])}


def tool(name: str) -> str:
    path = shutil.which(name, path=str(BIN))
    assert path is not None, f"{name} is among the packages of the extra dev"
    return path


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    ran = subprocess.run([tool("hadolint"), TOP / "packaging/Dockerfile"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


def sections(text: str) -> dict[str, str]:
    """The sections of an Apptainer definition, and under "" its header."""
    parts = re.split(r"(?m)^%(\w+)[^\n]*\n", "%\n" + text if text.startswith("%") else text)
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_apptainer_definition_installs_what_the_dockerfile_does() -> None:
    found = sections((TOP / "packaging/esim.def").read_text())
    assert set(found) >= {"", "arguments", "files", "post", "environment", "runscript", "test", "help"}
    header = dict(line.split(": ") for line in found[""].splitlines() if ": " in line and line[0] != "#")
    dockerfile = (TOP / "packaging/Dockerfile").read_text()
    assert header["Bootstrap"] == "docker" and f"FROM {header['From']} AS" in dockerfile
    given = dict(line.strip().split("=") for line in found["arguments"].split())
    shell = re.sub(r"\{\{ (\w+) \}\}", lambda match: given[match[1]], found["post"])
    command = [tool("shellcheck"), "--shell=sh", "--exclude=SC2194", "-"]  # the argument is a constant here
    ran = subprocess.run(command, input=shell, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    packages = re.compile(r"--no-install-recommends ((?:[\w.+-]+ ?)+)")
    both = [
        {word for names in packages.findall(text) for word in names.split()} for text in (shell, dockerfile)
    ]
    assert both[0] == both[1] and "python3-venv" in both[0]


def test_the_conda_recipe_is_that_of_pyproject() -> None:
    recipe = YAML(typ="safe").load((TOP / "packaging/conda/recipe.yaml").read_text())
    assert set(recipe) == {
        "schema_version", "context", "package", "source", "build", "requirements", "tests", "about"
    }  # fmt: skip
    assert (recipe["schema_version"], recipe["package"]["name"]) == (1, NAME)
    assert recipe["context"]["version"] == __version__ and recipe["about"]["license"] == PROJECT["license"]
    assert (TOP / "packaging/conda" / recipe["source"]["path"]).resolve() == TOP.resolve()
    run = dict(line.split(" >=") for line in recipe["requirements"]["run"])
    assert run.pop("python") == PROJECT["requires-python"].removeprefix(">=")
    assert run == {CONDA.get(name, name): bound for name, bound in WANTED.items()}
    commands = dict(line.split(" = ") for line in recipe["build"]["python"]["entry_points"])
    assert commands == PROJECT["scripts"]


def test_the_spack_package_is_that_of_pyproject(monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, list[Any]] = {"depends_on": [], "version": [], "variant": [], "license": []}

    def directive(name: str) -> Any:
        return lambda *given, **more: said[name].append((given, more))

    spack, builtin = ModuleType("spack.package"), ModuleType("spack_repo.builtin.build_systems.python")
    for name in said:
        setattr(spack, name, directive(name))
    vars(builtin)["PythonPackage"] = type("PythonPackage", (), {})
    for name in ("spack", "spack_repo", "spack_repo.builtin", "spack_repo.builtin.build_systems"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "spack.package", spack)
    monkeypatch.setitem(sys.modules, "spack_repo.builtin.build_systems.python", builtin)
    path = TOP / "packaging/spack/packages/py-esim/package.py"
    scope: dict[str, Any] = {"__name__": "package"}
    exec(compile(path.read_text(), path, "exec"), scope)  # as Spack does
    assert scope["PyEsim"].__doc__.startswith(PROJECT["description"])
    assert said["version"] == [((__version__,), {})] and said["license"][0][0] == (PROJECT["license"],)
    always = [given[0] for given, more in said["depends_on"] if "when" not in more]
    needed = dict(one.removesuffix(":").split("@") for one in always)
    assert needed.pop("python") == PROJECT["requires-python"].removeprefix(">=")
    assert needed.pop("py-setuptools")
    assert needed == {f"py-{name.replace('.', '-')}": bound for name, bound in WANTED.items()}
    for name in scope["PyEsim"].import_modules:
        assert (TOP / name.replace(".", "/")).is_dir()
