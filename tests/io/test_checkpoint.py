"""Is a checkpoint of many ranks there whole or not at all, the same for any other number of them, and checked?"""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from support.files import contents, flip

from esim import __version__
from esim.errors import InputError, MachineError
from esim.grids.grid import Grid
from esim.io.checkpoint import manifest, part
from esim.io.checkpoint.generations import find_flaw, newest_intact
from esim.io.checkpoint.part import Part
from esim.io.checkpoint.write import write_checkpoint
from esim.io.gridded.snapshots import SnapshotFile
from esim.io.writer import Writer
from esim.parallel.comm import Comm, SerialComm, run_ranks
from esim.parallel.decomposition import decompose

SHAPE = (3, 23, 17)


@pytest.fixture(autouse=True)
def small_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several strips per array, and pages flushed in between, even for these small ones."""
    monkeypatch.setattr(part, "STRIP", 150)
    monkeypatch.setattr(part, "FLUSH", 400)


def state(step: int, dtype: str = "f4") -> np.ndarray:
    made = np.random.default_rng(step).standard_normal(SHAPE).astype(dtype)
    made[0, 0, :3] = np.nan, -0.0, np.finfo(dtype).tiny / 8
    return made


def save(
    folder: Path, step: int, ranks: int = 1, dtype: str = "f4", fail: int | None = None, **more: object
) -> None:
    """A checkpoint of a state, a part of the grid that few ranks have, and series that the first rank has."""
    whole, blocks = state(step, dtype), decompose(SHAPE[1:], ranks).blocks

    def work(comm: Comm) -> None:
        block = blocks[comm.rank]

        def fill(out: Part) -> None:
            own = whole[:, block.j0 : block.j1, block.i0 : block.i1]
            out.array("state", iter(own), block, SHAPE, dtype)
            if comm.rank == 0:
                out.whole("series", whole[:, 0, :])
                out.whole("none", np.empty((4, 0, 2)))
            if comm.rank == fail:
                raise MachineError("the disk of one rank is full")

        attributes = {"time": [np.float64(0.1 * step), 1e-17], **more}
        with Writer(active=comm.rank == 0) as writer:
            write_checkpoint(comm, writer, folder, step, attributes, fill, {})

    run_ranks(ranks, work)


def newest(folder: Path, ranks: int = 1) -> manifest.Checkpoint | None:
    return run_ranks(ranks, lambda comm: newest_intact(comm, folder))[0][0]


@pytest.mark.parametrize(("dtype", "ranks"), [("f4", 1), ("f8", 4), ("f4", 6)])
def test_a_checkpoint_comes_back_bit_for_bit_by_any_window(tmp_path: Path, dtype: str, ranks: int) -> None:
    save(tmp_path, 12, ranks, dtype, identity={"a": None})
    whole, found = state(12, dtype), newest(tmp_path, 3)
    assert found is not None and found.folder == tmp_path / "checkpoint/step_0000000012" and found.step == 12
    about = {"time": [0.1 * 12, 1e-17], "identity": {"a": None}, "version": __version__}
    assert found.attributes == about
    loaded = found.load("state")
    assert loaded.dtype == whole.dtype and loaded.tobytes() == whole.tobytes()
    for j0, j1, i0, i1 in ((2, 9, 1, 7), (0, 23, 16, 17), (22, 23, 0, 17), (5, 5, 0, 17)):
        window = found.load("state", (j0, j1, i0, i1), (1, 3))
        assert window.tobytes() == whole[1:, j0:j1, i0:i1].tobytes()
    assert np.array_equal(found.load("series"), whole[:, 0], equal_nan=True)
    assert found.load("none").shape == (4, 0, 2)
    with pytest.raises(InputError, match="it has state, series, none"):
        found.load("missing")
    with (found.folder / "part_00000.npy").open("rb") as file:  # anybody's NumPy reads a part
        assert [np.load(file).dtype.str for _ in range(3)] == [whole.dtype.str, whole.dtype.str, "<f8"]


def test_two_generations_are_kept_and_nothing_of_others_is_removed(tmp_path: Path) -> None:
    foreign = tmp_path / "checkpoint/step_0000000001/notes.txt"
    stray = tmp_path / "checkpoint/.step_0000000001.partial/part_00007.npy"
    for path in (foreign, stray):
        path.parent.mkdir(parents=True)
        path.touch()
    for step in (1, 2, 9, 3):  # 9 is of a run that went on from 2
        save(tmp_path, step, 2)
    assert [path.name for path in manifest.generations(tmp_path)] == ["step_0000000003", "step_0000000002"]
    save(tmp_path, 3, 1)  # computed again, from the one before
    manifest.remove_unfinished(tmp_path)
    assert {*contents(tmp_path / "checkpoint")} == {
        f"step_000000000{step}/{name}" for step in (2, 3) for name in ("manifest.json", "part_00000.npy")
    } | {"step_0000000002/part_00001.npy", "step_0000000001/notes.txt"}


@pytest.mark.parametrize("name", ["manifest.json", "part_00000.npy", "part_00001.npy"])
def test_every_flipped_bit_is_found_and_the_checkpoint_before_is_taken(tmp_path: Path, name: str) -> None:
    save(tmp_path, 1, 2)
    save(tmp_path, 2, 2)
    path = tmp_path / "checkpoint/step_0000000002" / name
    size = path.stat().st_size
    for at in (0, 7, size // 3, size // 2, size - 1):
        flip(path, at)
        assert str(find_flaw(path.parent)).startswith(f"{path} is damaged"), at
        flip(path, at)
    assert find_flaw(path.parent) is None
    flip(path, size // 2)
    found, told = run_ranks(2, lambda comm: newest_intact(comm, tmp_path))[1]
    assert found is not None and found.step == 1
    assert told == [f"--resume: {path} is damaged (its checksum is wrong); the checkpoint before it is taken"]
    (tmp_path / "checkpoint/step_0000000001/part_00001.npy").unlink()
    with pytest.raises(
        InputError, match=r"no checkpoint in .* is whole: .*damaged.*part_00001\.npy is missing; put it"
    ):
        newest(tmp_path, 2)


def test_where_the_disk_of_one_rank_fails_all_end_with_its_sentence_and_there_is_no_checkpoint(
    tmp_path: Path,
) -> None:
    save(tmp_path, 1, 3)
    for fail in (0, 2):
        with pytest.raises(MachineError, match="the disk of one rank is full"):
            save(tmp_path, 2, 3, fail=fail)
        assert [path.name for path in (tmp_path / "checkpoint").iterdir()] == ["step_0000000001"]


@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_full_disk_is_named_with_the_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if call == "write":
        monkeypatch.setattr(Part, "_put", full)
    else:
        monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MachineError, match=r"cannot write .*part_00000\.npy: No space left on device"):
        save(tmp_path, 1)
    assert contents(tmp_path) == {}


def test_without_checkpoints_there_is_none(tmp_path: Path) -> None:
    assert newest(tmp_path) is None


@pytest.mark.parametrize("ranks", [1, 2])
def test_segments_of_snapshots_are_checked_with_the_checkpoint(tmp_path: Path, ranks: int) -> None:
    """One that only the newest checkpoint has is computed again; one of both, or the moved whole file, is missed."""
    fields = SnapshotFile(tmp_path, Grid("cartesian", 0, 0, 1, 1, nx=17, ny=23), ["eta"], {}, static=None)
    for step in (1, 2):
        fields.append(float(step), step)
        fields.slab("eta", 0, state(step)[1])
        fields.checkpoint(step)
        with Writer() as writer:
            write_checkpoint(
                SerialComm(), writer, tmp_path, step, {}, lambda part: None, {"fields": fields.pieces}
            )
    first, second = (tmp_path / f"checkpoint/fields_000000000{step}.nc" for step in (1, 2))
    flip(second, second.stat().st_size // 2)
    found = newest(tmp_path, ranks)
    assert found is not None and found.step == 1
    flip(second, second.stat().st_size // 2)
    kept = first.read_bytes()
    first.unlink()
    with pytest.raises(
        InputError, match=f"{first} is missing, and {tmp_path}/fields.nc, .* is not there; put it back"
    ):
        newest(tmp_path, ranks)
    first.write_bytes(kept)
    fields.close()
    assert not first.exists() and (found := newest(tmp_path, ranks)) is not None and found.step == 2
    (tmp_path / "fields.nc").rename(tmp_path / "moved.nc")
    with pytest.raises(InputError, match="is missing"):
        newest(tmp_path, ranks)
