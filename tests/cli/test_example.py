"""Can the scenarios that come with esim be copied, whole or not at all, and run from where they are copied to?"""

import re
from pathlib import Path

import pytest

from esim.cli.main import main
from esim.config import load
from esim.config.forecast.load import load_base, load_twin
from esim.tools.examples import FOLDER, examples

Captured = pytest.CaptureFixture[str]
TOHOKU = ["sources", "sources/satake2013.csv", "tohoku2011.yaml"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and no data beyond those of the package."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ESIM_DATA", raising=False)
    return tmp_path


def content(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refused(captured: Captured, *arguments: str) -> str:
    """What `esim example` says in one sentence before it ends with code 2."""
    assert main(["example", *arguments]) == 2
    out, err = captured.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("esim example: ")
    return err


def test_every_configuration_is_listed_with_what_it_is_takes_and_needs(here: Path, capsys: Captured) -> None:
    assert main(["example"]) == 0
    rows = capsys.readouterr().out.splitlines()[2:-1]
    assert [row.split()[0] for row in rows] == sorted(path.stem for path in FOLDER.glob("*.yaml"))
    cells = {name: rest for name, *rest in (re.split("  +", row) for row in rows)}
    assert cells["tohoku2011"][:3] == ["a minute", "0.1 GB", "nothing else"]
    assert cells["tohoku2011_4min"][2] == "data:bathymetry/nwpacific_4min.nc"
    assert all(
        time and memory.endswith(" GB") and what.endswith(".") for time, memory, _, what in cells.values()
    )


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_a_copy_is_complete(name: str, here: Path, capsys: Captured) -> None:
    assert main(["example", name]) == 0
    out = capsys.readouterr().out.splitlines()
    if examples()[name].forecast:
        twin = load_twin(f"{name}.yaml")
        load_base(twin)
        next_one, then = f"next: esim forecast build {name}.yaml", "then: esim forecast run "
        assert twin.output.directory == here / out[-1].removeprefix(then).removesuffix(
            "/library.nc --data FILE"
        )
    else:
        next_one, then = f"next: esim-run {name}.yaml ", "then: esim plot "
        assert load(f"{name}.yaml").output.directory == here / out[-1].removeprefix(then)
    assert out[-2].startswith(next_one)
    assert all((here / file).read_bytes() == (FOLDER / file).read_bytes() for file in examples()[name].files)


def test_data_that_are_not_here_are_told(
    here: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = "data:bathymetry/nwpacific_4min.nc"
    assert main(["example", "tohoku2011_4min"]) == 0
    assert f"needs {data}, which is not here: set ESIM_DATA to the folder" in capsys.readouterr().out
    there = here / "data/bathymetry/nwpacific_4min.nc"
    there.parent.mkdir(parents=True)
    there.touch()
    monkeypatch.setenv("ESIM_DATA", str(here / "data"))
    assert main(["example", "tohoku2011_4min"]) == 0
    assert f"needs {data}, which is {there}\n" in capsys.readouterr().out


def test_a_copy_goes_into_another_folder_which_is_made(here: Path, capsys: Captured) -> None:
    assert main(["example", "tohoku2011.yaml", "my runs/first"]) == 0
    assert content(here / "my runs/first") == TOHOKU
    assert "next: esim-run 'my runs/first/tohoku2011.yaml' " in capsys.readouterr().out


def test_scenarios_share_their_files(here: Path) -> None:
    assert main(["example", "tohoku2011"]) == main(["example", "tohoku2011_4min"]) == 0
    assert content(here) == [*TOHOKU, "tohoku2011_4min.yaml"]
    assert main(["example", "tohoku2011"]) == 0  # once more


@pytest.mark.parametrize("file", ["tohoku2011.yaml", "sources/satake2013.csv"])
def test_nothing_is_overwritten(file: str, here: Path, capsys: Captured) -> None:
    (here / file).parent.mkdir(exist_ok=True)
    (here / file).write_text("mine")
    before = content(here)
    said = refused(capsys, "tohoku2011")
    assert f" {file}: there already with other content, and nothing was copied" in said
    assert content(here) == before and (here / file).read_text() == "mine"


@pytest.mark.parametrize("file", ["runs", "runs/sources"])
def test_a_file_where_a_folder_should_be(file: str, here: Path, capsys: Captured) -> None:
    (here / file).parent.mkdir(exist_ok=True)
    (here / file).touch()
    before = content(here)
    assert f" runs{file[4:]}" in refused(capsys, "tohoku2011", "runs") and content(here) == before


def test_what_was_copied_is_taken_back_when_the_disk_fails(
    here: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_bytes

    def fail(path: Path) -> bytes:
        if path.suffix == ".yaml":
            raise OSError(28, "No space left on device", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", fail)
    assert main(["example", "tohoku2011", "a/b"]) == 4
    assert "No space left on device; nothing was copied" in capsys.readouterr().err
    assert content(here) == []


def test_an_unknown_name_is_answered_with_the_nearest(here: Path, capsys: Captured) -> None:
    assert "there is no example 'tohoku', did you mean 'tohoku2011'?" in refused(capsys, "tohoku")
    assert "expected one of 'coupled_subduction', 'ensemble_tohoku2011', 'forecast_tohoku2011', '" in refused(
        capsys, "../configs/secret"
    )
    assert content(here) == []
