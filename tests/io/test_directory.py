"""What does a run remove from its output directory? What an earlier run there lists as its own, and nothing else."""

import json
from pathlib import Path

import pytest
from support.files import contents

from esim.errors import InputError
from esim.io import directory
from esim.io.directory import own_files, refuse_existing, start_directory

NAMES = ["fields.nc", "fields_bay.nc", "maxima.nc", "runup.csv", "sac/SY.A..HXE.SAC"]


def run(folder: Path, *files: str, unfinished: bool = False) -> None:
    """What a run has left."""
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    if unfinished:
        (folder / directory.LEDGER).write_text(json.dumps({"files": files}))
    else:
        there = "/somewhere/else"  # the folder was moved since
        record = {
            "files": [f"{there}/{name}" for name in files],
            "configuration": {"output": {"directory": there}},
        }
        (folder / "run.json").write_text(json.dumps(record))


@pytest.mark.parametrize("unfinished", [False, True])
def test_only_what_a_run_lists_is_removed(tmp_path: Path, unfinished: bool) -> None:
    foreign = ["fields_bathy.nc", "sac/OBS.SAC", "runup_survey.csv", "checkpoint/notes.txt", ".other.partial"]
    run(tmp_path, *foreign)
    (tmp_path / "run.json").unlink()
    run(tmp_path, "fields.nc", "plane_old.nc", "sac/SY.A..HXE.SAC", unfinished=unfinished)
    for name in (
        ".maxima.nc.partial",
        "checkpoint/fields_0000000003.nc",
        "checkpoint/.plane_old_0000000004.nc.partial",
    ):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=r"already has a run \(.*--resume.*--output.*output\.overwrite=true"):
        refuse_existing(tmp_path, NAMES, {}, overwrite=False)
    before = contents(tmp_path)
    refuse_existing(tmp_path, NAMES, {}, overwrite=True)
    assert contents(tmp_path) == before
    start_directory(tmp_path, NAMES)
    assert {*contents(tmp_path)} == {*foreign, directory.LEDGER}
    listed = json.loads((tmp_path / directory.LEDGER).read_text())["files"]
    assert {*NAMES, "plane_old.nc"} <= {*listed}  # also what a crash now would have left


def test_a_record_that_lists_files_elsewhere_removes_none_of_them(tmp_path: Path) -> None:
    precious = tmp_path / "precious.nc"
    precious.touch()
    out = tmp_path / "out"
    out.mkdir()
    record = {
        "files": [str(precious), f"{out}/../precious.nc"],
        "configuration": {"output": {"directory": str(out)}},
    }
    (out / "run.json").write_text(json.dumps(record))
    (out / directory.LEDGER).write_text(json.dumps({"files": ["../precious.nc", str(precious)]}))
    start_directory(out, NAMES)
    assert precious.exists()


@pytest.mark.parametrize("link", [False, True])
def test_an_input_among_what_is_replaced_is_refused_by_its_key(tmp_path: Path, link: bool) -> None:
    run(tmp_path, "fields.nc")
    path = tmp_path / "fields.nc"
    if link:
        path = tmp_path.parent / f"{tmp_path.name}_link.nc"
        path.symlink_to(tmp_path / "fields.nc")
    with pytest.raises(
        InputError, match=r"^source\.0\.file: .* is fields\.nc of the run in .* copy it elsewhere"
    ):
        refuse_existing(tmp_path, NAMES, {"source.0.file": path}, overwrite=True)


def test_a_file_of_somebody_else_in_the_place_of_an_output_is_refused(tmp_path: Path) -> None:
    (tmp_path / "maxima.nc").touch()
    refuse_existing(tmp_path, ["fields.nc"], {}, overwrite=False)
    with pytest.raises(InputError, match=r"already has a run \(maxima\.nc\)"):
        refuse_existing(tmp_path, NAMES, {}, overwrite=False)
    for more in ({"overwrite": True}, {"overwrite": False, "resume": True}):
        with pytest.raises(
            InputError, match=r"has maxima\.nc, which no run there lists as its own; move it away"
        ):
            refuse_existing(tmp_path, NAMES, {}, **more)


def test_a_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(InputError, match=r"output\.directory"):
        refuse_existing(tmp_path / "out" / "tohoku", NAMES, {}, overwrite=True)


def test_a_run_that_goes_on_keeps_what_it_has(tmp_path: Path) -> None:
    run(tmp_path, "fields.nc")
    start_directory(tmp_path, NAMES, keep=True)
    assert {path.name for path in own_files(tmp_path)} == {"fields.nc", "run.json", directory.LEDGER}
