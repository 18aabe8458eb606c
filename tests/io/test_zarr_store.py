"""Is a store whole, the same for any ranks, and as honest about what is missing as a file?"""

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import esim
from esim.cli.main import main
from esim.errors import InputError, MachineError
from esim.grids.grid import Grid
from esim.io import cf, maps
from esim.io.gridded import writer as netcdf_writer
from esim.io.gridded.snapshots import SnapshotFile
from esim.io.gridded.writer import MapVariable
from esim.io.map_format import choose_format
from esim.io.maps import MapWriter
from esim.io.provenance import write_record
from esim.io.writer import Writer
from esim.io.zarr import shards, store
from esim.io.zarr.convert import convert
from esim.io.zarr.maps import ZarrMaps
from esim.io.zarr.values import stored
from esim.parallel.comm import Comm, SerialComm, run_ranks
from esim.parallel.decomposition import Block, decompose

GRID = Grid("lonlat", 170, -10, 0.5, 0.25, nx=41, ny=30)


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard for each rank, and several slabs, even on these small grids."""
    monkeypatch.setattr(shards, "SMALLEST", 1)
    monkeypatch.setattr(shards, "CHUNK", 8)
    monkeypatch.setattr(netcdf_writer, "CHUNK", 8)


def values(seed: int, dtype: str = "f4") -> np.ndarray:
    """A map with gaps."""
    found = np.random.default_rng(seed).standard_normal(GRID.shape).astype(dtype)
    found[3:5, 7], found[20, 20] = np.nan, -np.inf
    return found


def write(comm: Comm, folder: Path, form: str = "zarr", times: int = 3, **more: int) -> None:
    """Snapshots and maxima of a grid, of which each rank has a block."""
    blocks = decompose(GRID.shape, comm.size).blocks
    mine = blocks[comm.rank]

    def own(whole: np.ndarray) -> np.ndarray:
        return whole[mine.j0 : mine.j1, mine.i0 : mine.i1]

    with Writer(active=comm.rank == 0) as writer:
        files = MapWriter(comm, writer, form, folder, {"title": "t"}, **more)
        fields = files.snapshots("fields", GRID, blocks, ["eta", "u"], bits=12, static="bathymetry")
        fields.put("bathymetry", own(values(99, "f8")))
        for step in range(times):
            fields.append(10.0 * step, step)
            fields.put("eta", own(values(step)))
            fields.put("u", own(values(100 + step)))
        fields.close()
        maxima = files.maxima(
            "maxima", GRID, blocks, [MapVariable("eta_max", "f8"), MapVariable("extent", "i1")]
        )
        maxima.put("eta_max", own(values(7, "f8")))
        maxima.put("extent", own(np.sign(np.nan_to_num(values(8))).astype("i1")))
        maxima.close()
        files.close()


def assert_identical(one: xr.Dataset, other: xr.Dataset) -> None:
    """Values, dimensions, attributes and the types in the files."""
    xr.testing.assert_identical(one.load(), other.load())
    for name in one.variables:
        assert one[name].dtype == other[name].dtype
        assert one[name].encoding.get("_FillValue") == other[name].encoding.get("_FillValue")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- the same as NetCDF, and for any ranks


@pytest.mark.parametrize(("level", "numbers"), [(0, (1,)), (1, (3, 4))])
def test_a_store_is_what_a_netcdf_file_is(tmp_path: Path, level: int, numbers: tuple[int, ...]) -> None:
    """xr.open_zarr needs no arguments, and gives what xr.open_dataset gives; so for odd blocks of any ranks."""
    run_ranks(1, lambda comm: write(comm, tmp_path / "nc", "netcdf", compression=level))
    for ranks in numbers:
        folder = tmp_path / str(ranks)
        run_ranks(ranks, lambda comm, folder=folder: write(comm, folder, compression=level), timeout=30)
        assert sorted(path.name for path in folder.iterdir()) == ["fields.zarr", "maxima.zarr"]
        for stem in ("fields", "maxima"):
            assert_identical(
                xr.open_dataset(tmp_path / "nc" / f"{stem}.nc"), xr.open_zarr(folder / f"{stem}.zarr")
            )
    if 4 in numbers:
        assert content(tmp_path / "3") == content(
            tmp_path / "4"
        )  # which have the same shards: equal byte for byte


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_values_are_rounded_as_the_netcdf_library_rounds_them(tmp_path: Path, dtype: str) -> None:
    rng = np.random.default_rng(1)
    array = (rng.standard_normal(GRID.shape) * 10.0 ** rng.integers(-42, 36, GRID.shape)).astype(dtype)
    array[0, :4] = np.nan, np.inf, 0.0, -0.0
    for bits in (1, 12, 23):
        file = SnapshotFile(tmp_path, GRID, ["u"], {}, static=None, bits=bits, dtype=dtype)
        file.append(0.0, 0)
        for first in range(0, GRID.ny, 8):
            file.slab("u", first, array[first : first + 8])
        file.close()
        with xr.open_dataset(tmp_path / "fields.nc", mask_and_scale=False) as data:
            assert data.u.values.tobytes() == stored(array, dtype, bits).tobytes()


@pytest.mark.parametrize(("shape", "ranks"), [((1000, 640), 2), ((997, 1201), 7), ((8, 4000), 5)])
def test_every_shard_has_one_writer_and_is_nearly_a_block(
    shape: tuple[int, int], ranks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "CHUNK", 256)
    blocks = decompose(shape, ranks).blocks
    layout = shards.lay_out(shape, blocks, 4)
    whole = np.random.default_rng(0).random(shape)
    sent: list[int] = []

    def collect(comm: Comm) -> list[tuple[Block, np.ndarray]]:
        mine, send = blocks[comm.rank], comm.send
        comm.send = lambda array, *to: (sent.append(array.size), send(array, *to))  # type: ignore[method-assign, assignment, func-returns-value]
        exchange = shards.ShardExchange(comm, layout, blocks)
        return list(exchange.collect(whole[mine.j0 : mine.j1, mine.i0 : mine.i1]))

    found = [shard for part in run_ranks(ranks, collect, timeout=30) for shard in part]
    count = np.zeros(shape, int)
    for box, part in found:
        where = slice(box.j0, box.j1), slice(box.i0, box.i1)
        count[where] += 1
        np.testing.assert_array_equal(part, whole[where])
        assert box.j0 % layout.shard[0] == 0 and box.i0 % layout.shard[1] == 0
    assert (count == 1).all() and len(found) == len(layout.boxes())
    assert all(s % c == 0 for s, c in zip(layout.shard, layout.chunk, strict=True))
    if ranks == 2:
        assert sum(sent) == 0 and len(found) == 2  # even blocks are the shards


def test_shards_are_neither_tiny_nor_huge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for side, ranks in ((100, 4), (3000, 64), (31623, 4), (31623, 1024)):
        layout = shards.lay_out((side, side), decompose((side, side), ranks).blocks, 4)
        size, files = 4 * np.prod(layout.shard), np.prod(layout.counts)
        assert files == 1 or shards.SMALLEST <= size <= 1.1 * shards.LARGEST, (side, ranks)
        assert files <= 1.05 * max(ranks, 4 * 4 * side**2 / shards.LARGEST), (side, ranks)


def test_the_format_is_chosen_by_size_with_a_reason() -> None:
    assert choose_format("netcdf", 10**9, "float32").name == "netcdf"
    assert choose_format("zarr", 10, "float32").name == "zarr"
    small, large = (choose_format("auto", n, "float64") for n in (10**6, 10**8))
    assert (small.name, large.name) == ("netcdf", "zarr")
    assert "the largest map has 800 MB, from the 268 MB of output.format: auto" in large.describe()
    assert large.record() == {"format": "zarr", "map_bytes": 8 * 10**8, "automatic": True}


# --- whole snapshots only


def serial(
    folder: Path, writer: Writer, comm: Comm | None = None, blocks: list[Block] | None = None
) -> ZarrMaps:
    eta = MapVariable("eta", record=True)
    blocks = blocks or [Block(0, GRID.ny, 0, GRID.nx)]
    return ZarrMaps(comm or SerialComm(), writer, folder, "fields", GRID, blocks, [eta], {})


def shown(folder: Path) -> int:
    """How many snapshots a reader sees meanwhile."""
    path = folder / "checkpoint" / "fields.zarr"
    return xr.open_zarr(path).sizes["time"] if (path / "zarr.json").exists() else 0


def test_a_snapshot_is_not_seen_before_every_rank_has_written_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rank 1 has a disk that hangs: the others go on, and nothing of theirs is shown."""
    free, seen, write_one = threading.Event(), [], ZarrMaps._write

    def hang(self: ZarrMaps, variable: MapVariable, record: tuple, box: Block, array: np.ndarray) -> None:
        if self._comm.rank == 1 and record == (1,):
            free.wait(20)
        write_one(self, variable, record, box, array)

    monkeypatch.setattr(ZarrMaps, "_write", hang)

    def run(comm: Comm) -> None:
        blocks = list(decompose(GRID.shape, 2).blocks)
        writer = Writer(netcdf=False)
        fields = serial(tmp_path, writer, comm, blocks)
        for step in range(4):
            fields.append(float(step), step)
            fields.put("eta", values(step)[blocks[comm.rank].j0 : blocks[comm.rank].j1])
            if comm.rank == 0:
                writer.flush()
        comm.barrier()
        if comm.rank == 0:
            seen.append(shown(tmp_path))
            free.set()
        comm.barrier()
        fields.checkpoint(3)
        if comm.rank == 0:
            seen.append(shown(tmp_path))
        writer.close()

    run_ranks(2, run, timeout=30)
    assert seen[0] <= 1 and seen[1] == 4


@pytest.mark.long
def test_whatever_a_kill_leaves_is_whole(tmp_path: Path) -> None:
    """SIGKILL at any moment: what is shown is there, and has the right values."""
    script = f"""
import sys; sys.path[:0] = {[str(Path(__file__).parent)]!r}
from pathlib import Path
import test_zarr_store as t
t.shards.SMALLEST, t.shards.CHUNK = 1, 8
print("ready", flush=True)
t.run_ranks(2, lambda comm: t.write(comm, Path({str(tmp_path)!r}), times=2000))
"""
    counts = []
    for delay in (0.2, 0.5, 0.9, 1.4):
        shutil.rmtree(tmp_path / "checkpoint", ignore_errors=True)
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
        if not (tmp_path / "checkpoint" / "fields.zarr" / "zarr.json").exists():
            continue
        with xr.open_zarr(store.WholeStore(tmp_path / "checkpoint" / "fields.zarr")) as left:
            counts.append(left.sizes["time"])
            np.testing.assert_array_equal(left.step, range(counts[-1]))
            for step in range(counts[-1]):
                wanted = stored(values(step), "f4", 12)
                np.testing.assert_array_equal(left.eta[step], np.where(wanted == cf.FILL, np.nan, wanted))
            assert left.u.load().size and left.bathymetry.load().size
    assert max(counts) > 1


def damaged(path: Path, how: str) -> None:
    data = bytearray(path.read_bytes())
    if how == "missing":
        path.unlink()
        return
    if how == "cut":
        data = data[: len(data) // 2]
    else:
        data[{"chunk": 20, "index": -20, "checksum": -2}[how]] ^= 4
    path.write_bytes(data)


@pytest.mark.parametrize("how", ["missing", "cut", "chunk", "index", "checksum"])
def test_a_missing_or_damaged_shard_is_one_sentence(tmp_path: Path, how: str) -> None:
    run_ranks(2, lambda comm: write(comm, tmp_path))
    path = tmp_path / "fields.zarr" / "eta" / "c" / "1" / "1" / "0"
    write_record(tmp_path / "run.json", {"configuration": {}})
    damaged(path, how)
    with esim.open_run(tmp_path) as tree:
        eta = tree["fields"]["eta"]
        assert np.isfinite(eta[0, 0, 0]) and np.isfinite(eta[1, 0, 0])  # other shards are sound
        wrong = "is missing" if how == "missing" else "is damaged"
        for part in (eta[1], eta[1, 16:18, 0:2]):  # a whole shard, and a chunk of it
            with pytest.raises(InputError, match=rf"{path}: this part of 'eta' {wrong}"):
                part.load()


def test_a_command_says_what_is_damaged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_ranks(1, lambda comm: write(comm, tmp_path))
    damaged(tmp_path / "fields.zarr" / "u" / "c" / "2" / "0" / "0", "cut")
    assert main(["convert", str(tmp_path / "fields.zarr")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "fields.nc").exists() and not [*tmp_path.glob(".*")]


def test_a_full_disk_ends_the_run_with_the_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was shown before stays; nothing of the snapshot that did not fit is."""
    writer = Writer(netcdf=False)
    fields = serial(tmp_path, writer)
    fields.append(0.0, 0)
    fields.put("eta", values(0))
    fields.checkpoint(0)

    def full(path: Path, data: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        fields.append(1.0, 1)
        with pytest.raises(
            MachineError, match="cannot write .*fields.zarr/eta/c/1/0/0: No space left on device"
        ):
            fields.put("eta", values(1))
            fields.checkpoint(1)
    assert shown(tmp_path) == 1 and not [*tmp_path.rglob("*.partial")]
    with contextlib.suppress(MachineError):
        writer.close()


# --- a slow disk


@pytest.mark.parametrize("form", ["netcdf", "zarr"])
def test_a_slow_disk_slows_the_run_and_does_not_fill_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """However many snapshots are handed over, a few pieces of one are in memory; the run waits for the disk."""
    alive: weakref.WeakSet = weakref.WeakSet()
    most, free = [0], threading.Event()

    class Piece(np.ndarray):
        """An array that can be counted."""

    def counted(pieces: Callable) -> Callable:
        def count(*arguments: object, **more: object) -> object:
            for place, array in pieces(*arguments, **more):
                piece = array.view(Piece)
                del array
                alive.add(piece_key := _Key(piece))
                piece.key = piece_key  # type: ignore[attr-defined]
                most[0] = max(most[0], len(alive))
                yield place, piece
                del piece, piece_key

        return count

    monkeypatch.setattr(maps, "gather_slabs", counted(maps.gather_slabs))
    monkeypatch.setattr(shards.ShardExchange, "collect", counted(shards.ShardExchange.collect))

    def slow(call: Callable) -> Callable:
        return lambda *arguments: (free.wait(30), call(*arguments))

    monkeypatch.setattr(SnapshotFile, "slab", slow(SnapshotFile.slab))
    monkeypatch.setattr(ZarrMaps, "_write", slow(ZarrMaps._write))
    progress = []

    def run() -> None:
        with Writer() as writer:
            files = MapWriter(SerialComm(), writer, form, tmp_path, {})
            fields = files.snapshots("fields", GRID, [Block(0, GRID.ny, 0, GRID.nx)], ["eta"])
            for step in range(14):
                fields.append(float(step), step)
                fields.put("eta", values(step))
                progress.append(step)
            fields.close()
            files.close()

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 20
    while most[0] < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    assert len(progress) < 10 and thread.is_alive()  # it waits for the disk
    free.set()
    thread.join(60)
    assert len(progress) == 14
    assert most[0] <= 7  # 4 wait, 1 is written, 1 is being handed over


class _Key:
    """Something that lives as long as an array: arrays cannot be members of sets."""

    def __init__(self, piece: np.ndarray) -> None:
        self.size = piece.size


# --- large ones


@pytest.mark.long
def test_a_billion_cells_open_at_once(tmp_path: Path) -> None:
    """A store of 31,623 x 31,623 cells, in shards of one content, is opened and a piece read in a new process."""
    side = 31_623
    layout = shards.Layout((side, side), (4096, 4096), (256, 256))
    folder = tmp_path / "fields.zarr"
    arrays = {
        "time": store.describe_array((0,), (store.TIMES,), ("time",), "f8", cf.time_attributes(None)),
        "step": store.describe_array((0,), (store.TIMES,), ("time",), "i8", {}),
        "eta": store.describe_array(
            (0, side, side), (1, *layout.chunk), ("time", "y", "x"), "f4", {}, shard=(1, *layout.shard), compression=1
        ),
    }  # fmt: skip
    eta = store.open_array(folder, "eta", arrays["eta"])
    eta[0, :4096, :4096] = np.ones((4096, 4096), "f4")
    for box in layout.boxes()[1:]:
        place = folder / "eta" / "c" / "0" / str(box.j0 // 4096) / str(box.i0 // 4096)
        place.parent.mkdir(exist_ok=True)
        os.link(folder / "eta" / "c" / "0" / "0" / "0", place)
    store.commit(folder, {}, arrays, [0.0], [0])
    write_record(tmp_path / "run.json", {"configuration": {}})
    script = f"""
import resource, esim, xarray
import esim.io.zarr.store
from esim.io.provenance import peak_rss
esim.open_run
for chunks in (None, {{}}, "auto"):
    begin = resource.getrusage(resource.RUSAGE_SELF)
    with esim.open_run({str(tmp_path)!r}, chunks=chunks) as tree:
        assert tree["fields"]["eta"].size == {side}**2
        assert float(tree["fields"]["eta"][0, -1, -1]) == 1
    end = resource.getrusage(resource.RUSAGE_SELF)
    print(end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime, peak_rss() / 1e6)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    for line in run.stdout.splitlines():
        seconds, megabytes = map(float, line.split())
        assert seconds < 2 and megabytes < 500, run.stdout


# --- esim convert


def test_files_become_stores_and_files_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_ranks(1, lambda comm: write(comm, tmp_path / "nc", "netcdf"))
    run_ranks(1, lambda comm: write(comm, tmp_path / "zarr"))
    for stem in ("fields", "maxima"):
        file = tmp_path / "nc" / f"{stem}.nc"
        made = convert(file, tmp_path)
        assert made == tmp_path / f"{stem}.zarr"
        back = convert(made)
        for found in (
            xr.open_zarr(made),
            xr.open_dataset(back),
            xr.open_zarr(tmp_path / "zarr" / f"{stem}.zarr"),
        ):
            assert_identical(xr.open_dataset(file), found)
        parts, wanted = content(made), content(tmp_path / "zarr" / f"{stem}.zarr")
        assert {n: c for n, c in parts.items() if "/c/" in n} == {
            n: c for n, c in wanted.items() if "/c/" in n
        }
        for name in ("eta", "eta_max"):
            with xr.open_dataset(file) as one, xr.open_dataset(back) as two:
                if name in one:
                    keys = ("chunksizes", "zlib", "complevel", "shuffle")
                    assert [one[name].encoding[k] for k in keys] == [two[name].encoding[k] for k in keys]
    assert main(["convert", str(tmp_path / "fields.zarr")]) == 2
    assert "fields.nc: exists; remove it" in capsys.readouterr().err
