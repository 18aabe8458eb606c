"""Are the files right, whole and complete, whatever happens while they are written?"""

import errno
import json
import queue
import resource
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from support.files import flip

from esim.errors import InputError, MachineError
from esim.grids.grid import Grid
from esim.io import atomic, cf, provenance
from esim.io.gather import gather_slabs
from esim.io.gridded import writer
from esim.io.gridded.maxima import MaximaFile
from esim.io.gridded.snapshots import SnapshotFile, lacking
from esim.io.ocean import gauges
from esim.io.ocean.maxima import maxima_variables
from esim.io.ocean.output_size import predict_bytes
from esim.io.writer import Writer
from esim.variables.ocean import STATIONS
from esim.variables.ocean_maxima import MAXIMA

START = datetime(2011, 3, 11, 5, 46, 24, tzinfo=UTC)
SPHERE = Grid("lonlat", 170, -10, 0.5, 0.25, nx=40, ny=30)
PLANE = Grid("cartesian", 0, 0, 100, 100, nx=7, ny=5)


@pytest.fixture(autouse=True)
def small_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several slabs per field even on these small grids."""
    monkeypatch.setattr(writer, "CHUNK", 8)


def attributes() -> dict[str, str]:
    return cf.global_attributes("test", {"run": {"cfl": 0.45}, "path": Path("a.nc")}, "esim-run a.yaml")


def field(grid: Grid, seed: int, dtype: str = "f4") -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(grid.shape).astype(dtype)


def slabs(values: np.ndarray, rows: int = 8) -> list[tuple[int, np.ndarray]]:
    return [(first, values[first : first + rows]) for first in range(0, len(values), rows)]


def write_snapshot(fields: SnapshotFile, grid: Grid, seconds: float, step: int) -> None:
    fields.append(seconds, step)
    for first, slab in slabs(field(grid, step)):
        fields.slab("eta", first, slab)


def write_bathymetry(fields: SnapshotFile, grid: Grid) -> None:
    for first, slab in slabs(field(grid, 999)):
        fields.slab("bathymetry", first, slab)


# --- whole or not at all


def test_a_whole_file_replaces_the_old_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    for text in ("old", "new"):
        with atomic.whole_file(path) as temporary:
            temporary.write_text(text)
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(KeyError), atomic.whole_file(path) as temporary:
        temporary.write_text("half")
        raise KeyError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_named_with_the_path(tmp_path: Path) -> None:
    with (
        pytest.raises(MachineError, match=r"a\.json: No space left on device"),
        atomic.whole_file(tmp_path / "a.json"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_library_that_cannot_write_is_explained_and_leaves_no_file(tmp_path: Path) -> None:
    """A file size limit stands for a full disk: NetCDF itself does not report it clearly."""
    script = f"""
import resource, signal, sys
from pathlib import Path
import numpy as np
from esim.errors import MachineError
from esim.grids.grid import Grid
from esim.io.gridded.snapshots import SnapshotFile
from esim.io.writer import Writer
from esim.variables.ocean import STATIONS
from esim.variables.ocean_maxima import MAXIMA

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
values = np.random.default_rng(0).standard_normal((512, 1024))
grid, folder = Grid("cartesian", 0, 0, 1, 1, nx=1024, ny=512), Path({str(tmp_path)!r})
fields = SnapshotFile(folder, grid, ["eta"], {{}})
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
try:
    with Writer() as writer:
        writer.put(fields.append, 0.0, 0)
        writer.put(fields.slab, "eta", 0, values)
        writer.put(fields.close)
except MachineError as error:
    sys.exit(str(error))
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 1
    assert "cannot write" in run.stderr and "File too large" in run.stderr and str(tmp_path) in run.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


# --- the writer thread


def test_the_writer_keeps_the_order_and_runs_in_another_thread() -> None:
    seen: list[object] = []
    with Writer(depth=2) as writer:
        writer.put(lambda: seen.append(threading.current_thread()))
        for number in range(20):
            writer.put(seen.append, number)
        writer.flush()
        assert seen[1:] == list(range(20))
    assert seen[0] is not threading.current_thread()
    with pytest.raises(ValueError, match="closed"):
        writer.put(seen.append, 20)


def test_a_full_queue_holds_the_main_loop_back() -> None:
    gate, entered = threading.Event(), threading.Event()
    writer = Writer(depth=1)
    writer.put(lambda: (entered.set(), gate.wait()))
    entered.wait()
    writer.put(lambda: None)
    third = threading.Thread(target=writer.put, args=(lambda: None,))
    third.start()
    third.join(0.05)
    assert third.is_alive()
    gate.set()
    third.join()
    writer.close()


def fail(error: Exception) -> None:
    raise error


def test_an_error_in_the_thread_is_raised_by_the_next_call_and_stops_the_rest() -> None:
    seen: list[int] = []
    writer = Writer()
    writer.put(fail, MachineError("cannot write x: No space left on device"))
    with pytest.raises(MachineError, match="No space left"):
        writer.flush()
    with pytest.raises(MachineError, match="No space left"):
        writer.put(seen.append, 1)
    with pytest.raises(MachineError, match="No space left"):
        writer.close()
    assert not seen


def test_an_unforeseen_error_in_the_thread_surfaces_at_close() -> None:
    writer = Writer()
    writer.put(fail, ValueError("odd"))
    with pytest.raises(MachineError, match="ValueError: odd"):
        writer.close()


def test_an_error_in_the_main_loop_is_not_hidden_and_ends_the_thread() -> None:
    before = threading.active_count()
    seen: list[int] = []
    with pytest.raises(KeyError), Writer() as writer:
        writer.put(time.sleep, 0.05)
        writer.put(seen.append, 1)
        raise KeyError
    assert threading.active_count() == before
    assert not seen


def test_an_inactive_writer_does_nothing() -> None:
    with Writer(active=False) as writer:
        writer.put(fail, ValueError("odd"))
        writer.flush()


# --- gathering


@dataclass(frozen=True)
class Cells:
    j0: int
    j1: int
    i0: int
    i1: int


class Ranks:
    """Ranks as threads whose send returns only when the message was received, the strictest MPI allowed."""

    def __init__(self, size: int) -> None:
        self.queues: dict[tuple[int, int], queue.Queue] = {
            (a, b): queue.Queue() for a in range(size) for b in range(size)
        }

    def run(self, body: Callable[["Rank"], object]) -> list[object]:
        size = int(len(self.queues) ** 0.5)
        results: list[object] = [None] * size

        def work(rank: int) -> None:
            results[rank] = body(Rank(self, rank, size))

        threads = [threading.Thread(target=work, args=(rank,), daemon=True) for rank in range(size)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in threads), "deadlock"
        return results


@dataclass
class Rank:
    ranks: Ranks
    rank: int
    size: int

    def send(self, array: np.ndarray, dest: int, tag: int) -> None:
        received = threading.Event()
        self.ranks.queues[self.rank, dest].put((tag, array.copy(), received))
        received.wait(10)

    def recv(self, array: np.ndarray, source: int, tag: int) -> None:
        sent, values, received = self.ranks.queues[source, self.rank].get(timeout=10)
        assert sent == tag and values.dtype == array.dtype
        array[...] = values
        received.set()


def layout(rows: list[int], columns: list[int]) -> list[Cells]:
    return [
        Cells(j0, j1, i0, i1)
        for j0, j1 in zip(rows, rows[1:], strict=False)
        for i0, i1 in zip(columns, columns[1:], strict=False)
    ]


UNEVEN = [Cells(0, 9, 0, 3), Cells(0, 4, 3, 11), Cells(4, 9, 3, 11)]


@pytest.mark.parametrize("rows", [1, 2, 4, 9, 100])
@pytest.mark.parametrize(
    "blocks",
    [
        layout([0, 9], [0, 11]),
        layout([0, 4, 9], [0, 11]),
        layout([0, 9], [0, 2, 11]),
        layout([0, 2, 9], [0, 5, 11]),
        layout([0, 1, 5, 9], [0, 4, 11]),
        UNEVEN,
        UNEVEN[::-1],
    ],
)
def test_slabs_gathered_from_any_blocks_are_the_global_field(blocks: list[Cells], rows: int) -> None:
    whole = np.arange(99, dtype="f4").reshape(9, 11)

    def gather(comm: Rank) -> list[tuple[int, np.ndarray]]:
        mine = blocks[comm.rank]
        local = whole[mine.j0 : mine.j1, mine.i0 : mine.i1]
        return list(gather_slabs(comm, blocks, mine, local, rows))  # type: ignore[arg-type]

    root, *others = Ranks(len(blocks)).run(gather)
    assert not any(others)
    assert isinstance(root, list)
    assert [first for first, _ in root] == list(range(0, 9, rows))
    assert all(len(slab) <= rows and not np.shares_memory(slab, whole) for _, slab in root)
    np.testing.assert_array_equal(np.concatenate([slab for _, slab in root]), whole)


def test_a_local_field_of_the_wrong_shape_is_refused() -> None:
    block = Cells(0, 9, 0, 11)
    with pytest.raises(ValueError, match=r"\(9, 10\)"):
        gather_slabs(Rank(Ranks(1), 0, 1), [block], block, np.zeros((9, 10)), 4)  # type: ignore[arg-type, list-item]


# --- fields.nc


def test_fields_are_read_by_xarray_without_arguments(tmp_path: Path) -> None:
    fields = SnapshotFile(tmp_path, SPHERE, ["eta", "u", "v", "h"], attributes(), start=START)
    write_bathymetry(fields, SPHERE)
    values = {name: field(SPHERE, seed) for seed, name in enumerate("uvh")}
    eta = np.where(values["h"] > 0, field(SPHERE, 7), np.nan)
    for step, seconds in ((0, 0.0), (150, 300.5)):
        fields.append(seconds, step)
        for name, array in {**values, "eta": eta}.items():
            for first, slab in slabs(array):
                fields.slab(name, first, slab)
    fields.close()

    with xr.open_dataset(tmp_path / "fields.nc") as data:
        assert dict(data.sizes) == {"time": 2, "lat": 30, "lon": 40}
        np.testing.assert_array_equal(data.lon, SPHERE.x())
        np.testing.assert_array_equal(data.lat, SPHERE.y())
        expected = np.array(["2011-03-11T05:46:24", "2011-03-11T05:51:24.5"], "datetime64[ns]")
        np.testing.assert_array_equal(data.time.values, expected)
        assert data.time.encoding["units"] == "seconds since 2011-03-11 05:46:24"
        np.testing.assert_array_equal(data.step, [0, 150])
        np.testing.assert_array_equal(data.eta[1], eta)  # NaN where dry
        np.testing.assert_array_equal(data.u[0], values["u"])
        np.testing.assert_array_equal(data.bathymetry, field(SPHERE, 999))
        assert data.u.standard_name == "eastward_sea_water_velocity" and data.u.units == "m s-1"
        assert data.eta.dtype == np.float32
        assert data.lon.units == "degrees_east" and data.lat.standard_name == "latitude"
        assert data.Conventions == "CF-1.11" and data.source.startswith("esim ")
        assert json.loads(data.configuration) == {"run": {"cfl": 0.45}, "path": "a.nc"}
    assert [path.name for path in tmp_path.iterdir()] == ["fields.nc"]


def test_fields_on_a_plane_without_a_date_count_seconds(tmp_path: Path) -> None:
    fields = SnapshotFile(tmp_path, PLANE, ["u"], attributes())
    fields.append(0.1, 1)
    fields.slab("u", 0, field(PLANE, 1))
    fields.close()
    with xr.open_dataset(tmp_path / "fields.nc") as data:
        assert data.u.dims == ("time", "y", "x") and data.u.standard_name == "sea_water_x_velocity"
        assert data.time.values == [0.1] and data.time.units == "s"


def test_a_date_with_a_fraction_of_a_second_survives(tmp_path: Path) -> None:
    fields = SnapshotFile(tmp_path, PLANE, ["u"], {}, start=datetime(2024, 1, 1, 7, 10, 9, 250000))
    fields.append(1.5, 1)
    fields.close()
    with xr.open_dataset(tmp_path / "fields.nc") as data:
        assert data.time.values[0] == np.datetime64("2024-01-01T07:10:10.75")


@pytest.mark.parametrize("bits", [5, 10])
def test_bit_rounding_keeps_half_a_unit_of_the_last_bit_and_the_missing_values(
    tmp_path: Path, bits: int
) -> None:
    values = field(SPHERE, 1)
    values[3, 4] = np.nan
    sizes = {}
    for keep in (None, bits):
        fields = SnapshotFile(tmp_path / str(keep), SPHERE, ["eta"], {}, bits=keep)
        fields.append(0.0, 0)
        for first, slab in slabs(values):
            fields.slab("eta", first, slab)
        fields.close()
        sizes[keep] = (tmp_path / str(keep) / "fields.nc").stat().st_size
    with xr.open_dataset(tmp_path / str(bits) / "fields.nc") as data:
        error = np.abs(data.eta[0].values / values - 1)
        assert np.nanmax(error) <= 2.0 ** -(bits + 1)
        assert np.nanmax(error) > 2.0 ** -(bits + 3)
        np.testing.assert_array_equal(np.isnan(data.eta[0]), np.isnan(values))
    assert sizes[bits] < sizes[None]


def test_discarded_fields_leave_no_file(tmp_path: Path) -> None:
    fields = SnapshotFile(tmp_path, SPHERE, ["eta"], {})
    write_snapshot(fields, SPHERE, 0.0, 0)
    fields.discard()
    fields.discard()
    assert not list(tmp_path.iterdir())


LISTED: dict[tuple[Path, int], list[dict]] = {}  # what checkpoints have of the segments, by folder and step


def started(
    folder: Path, steps: range, checkpoints: tuple[int, ...] = (), resume: int | None = None
) -> SnapshotFile:
    """A run of one snapshot per step that has not ended, with checkpoints after some."""
    fields = SnapshotFile(folder, SPHERE, ["eta"], attributes(), start=START, bits=12)
    if resume is not None:
        fields.resume(resume, LISTED[folder, resume])
    write_bathymetry(fields, SPHERE)
    for step in steps:
        write_snapshot(fields, SPHERE, 10.0 * step, step)
        if step in checkpoints:
            fields.checkpoint(step)
            LISTED[folder, step] = fields.pieces()
    return fields


@pytest.fixture
def uninterrupted(tmp_path: Path) -> xr.Dataset:
    started(tmp_path / "reference", range(6)).close()
    return xr.load_dataset(tmp_path / "reference" / "fields.nc")


def assert_whole(folder: Path, reference: xr.Dataset) -> None:
    data = xr.load_dataset(folder / "fields.nc")
    xr.testing.assert_equal(data, reference)
    assert {name: data[name].attrs for name in data.variables} == {
        name: reference[name].attrs for name in reference.variables
    }
    assert not list(folder.glob("checkpoint/*")) and not list(folder.glob(".*"))


def test_segments_of_an_unbroken_run_are_merged(tmp_path: Path, uninterrupted: xr.Dataset) -> None:
    run = started(tmp_path / "a", range(6), checkpoints=(1, 3, 5))
    assert not (tmp_path / "a" / "fields.nc").exists()
    run.close()
    assert_whole(tmp_path / "a", uninterrupted)


@pytest.mark.parametrize("resume", [1, 3])
def test_after_a_crash_no_record_is_doubled_or_lost(
    tmp_path: Path, uninterrupted: xr.Dataset, resume: int
) -> None:
    """The run gets to step 4 and dies; it goes on from its last checkpoint, or from the one before."""
    folder = tmp_path / "a"
    started(folder, range(5), checkpoints=(1, 3))
    started(folder, range(resume + 1, 6), resume=resume).close()
    assert_whole(folder, uninterrupted)


def test_a_crash_before_the_first_checkpoint_starts_over(tmp_path: Path, uninterrupted: xr.Dataset) -> None:
    started(tmp_path / "a", range(3))
    started(tmp_path / "a", range(6)).close()
    assert_whole(tmp_path / "a", uninterrupted)


def test_a_finished_run_can_go_on(tmp_path: Path, uninterrupted: xr.Dataset) -> None:
    folder = tmp_path / "a"
    started(folder, range(4), checkpoints=(1, 3)).close()
    started(folder, range(4, 5), checkpoints=(4,), resume=3)  # and dies
    started(folder, range(5, 6), resume=4).close()
    assert_whole(folder, uninterrupted)


def test_a_run_that_died_while_removing_its_segments_is_whole(
    tmp_path: Path, uninterrupted: xr.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a"
    run = started(folder, range(6), checkpoints=(1, 3))
    monkeypatch.setattr("esim.io.gridded.snapshots._remove", lambda paths: list(paths)[-1].unlink())
    run.close()
    monkeypatch.undo()
    assert len(list(folder.glob("checkpoint/*"))) == 2
    assert lacking(folder / "fields.nc", LISTED[folder, 3]) is None
    started(folder, range(4, 6), resume=3).close()
    assert_whole(folder, uninterrupted)


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_a_run_does_not_end_without_one_of_its_segments(tmp_path: Path, harm: str) -> None:
    run, segment = (
        started(tmp_path, range(6), checkpoints=(1, 3)),
        tmp_path / "checkpoint/fields_0000000001.nc",
    )
    if harm == "missing":
        segment.unlink()
    else:
        flip(segment, segment.stat().st_size // 2)
    with pytest.raises(
        MachineError, match=f"{segment} is {harm}.* which has 2 of its snapshots; put it back"
    ):
        run.close()
    assert not (tmp_path / "fields.nc").exists()


def test_a_finished_file_that_lacks_snapshots_is_told_from_one_that_has_all(tmp_path: Path) -> None:
    """It was moved, damaged, or put there by somebody else."""
    started(tmp_path / "a", range(6), checkpoints=(1, 3)).close()
    started(tmp_path / "b", range(2)).close()
    pieces = LISTED[tmp_path / "a", 3]
    assert [piece["steps"] for piece in pieces] == [[0, 1], [2, 3]]
    assert lacking(tmp_path / "a/fields.nc", pieces) is None
    assert str(lacking(tmp_path / "b/fields.nc", pieces)).endswith(
        "lacks 2 of its 4 snapshots before the checkpoint"
    )
    assert str(lacking(tmp_path / "c/fields.nc", pieces)).endswith("is not there")
    (tmp_path / "b/fields.nc").write_bytes(b"damaged")
    assert "cannot be read" in str(lacking(tmp_path / "b/fields.nc", pieces))


# --- maxima.nc and stations.nc


def test_maxima_are_read_by_xarray_without_arguments(tmp_path: Path) -> None:
    variables = [name for name, one in MAXIMA.items() if not one.dtype]
    values = {name: np.abs(field(SPHERE, seed)) for seed, name in enumerate(variables)}
    values["arrival_time"][3:9] = np.inf
    values["inundation_depth_max"][:, 5:] = np.nan
    described = maxima_variables(variables, (0.01, 0.1, 1.0))
    maxima = MaximaFile(tmp_path, SPHERE, attributes(), variables=described)
    maxima.open()
    for name, array in values.items():
        for first, slab in slabs(array):
            maxima.slab(name, first, slab)
    assert not (tmp_path / "maxima.nc").exists()
    maxima.close()
    with xr.open_dataset(tmp_path / "maxima.nc") as data:
        assert set(data.data_vars) == set(variables)
        for name, array in values.items():
            np.testing.assert_array_equal(data[name], np.where(np.isfinite(array), array, np.nan))
            assert data[name].dims == ("lat", "lon") and data[name].units and data[name].long_name
        assert data.arrival_time.dtype.kind == "f" and data.arrival_time.threshold == 0.01
        assert data.arrival_time_negative_3.threshold == 1.0
        assert data.eta_max.cell_methods == "time: maximum"


def test_a_maxima_file_without_a_variable_is_not_left_behind(tmp_path: Path) -> None:
    maxima = MaximaFile(tmp_path, SPHERE, attributes(), variables=[writer.MapVariable("eta_max")])
    maxima.open()
    with pytest.raises(IndexError):
        maxima.slab("speed_max", 0, field(SPHERE, 1))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("grid", [SPHERE, PLANE])
def test_stations_are_read_by_xarray_without_arguments(tmp_path: Path, grid: Grid) -> None:
    names, positions = ["21418", "Kōchi"], [(171.5, -9.0), (172.0, -8.0)]
    series = gauges.GaugeSeries(2, tuple(STATIONS))
    records = np.random.default_rng(0).standard_normal((150, len(STATIONS), 2))
    for number, record in enumerate(records):
        series.append(15.0 * number, record)
    values = dict(zip(series.variables, series.values, strict=True))
    gauges.write_stations(tmp_path, grid, names, positions, values, series.time, attributes(), START)
    with xr.open_dataset(tmp_path / "stations.nc") as data:
        assert dict(data.sizes) == {"station": 2, "time": 150}
        for number, name in enumerate(("eta", "depth", "u", "v", "depth_change")):
            np.testing.assert_array_equal(data[name].sel(station="Kōchi"), records[:, number, 1])
            assert set(data[name].coords) == {"station", "time", *grid.dims} and data[name].units
        assert data.time.values[4] == np.datetime64("2011-03-11T05:47:24")
        assert data.featureType == "timeSeries"
        np.testing.assert_array_equal(data[grid.dims[1]], [171.5, 172.0])


def test_series_go_on_from_a_checkpoint() -> None:
    records = np.random.default_rng(0).standard_normal((200, len(STATIONS), 3))
    unbroken, first, second = (gauges.GaugeSeries(3, tuple(STATIONS)) for _ in range(3))
    for number, record in enumerate(records):
        unbroken.append(number, record)
        if number < 130:
            first.append(number, record)
    second.restore(first.time, first.values)
    for number in range(130, 200):
        second.append(number, records[number])
    np.testing.assert_array_equal(second.time, unbroken.time)
    np.testing.assert_array_equal(second.values, unbroken.values)


# --- the record of a run


def test_the_run_record_is_strict_json_with_inputs_and_versions(tmp_path: Path) -> None:
    source = tmp_path / "source.csv"
    source.write_bytes(b"abc")
    record = provenance.run_record(
        {"run": {"cfl": np.float32(0.5)}, "file": source},
        started=START,
        ended=datetime.now(UTC),
        inputs=[provenance.input_file(source)],
        decomposition={"ranks": 2, "blocks": np.arange(4).reshape(2, 2)},
        timings={"steps": 1.5, "nothing": float("nan")},
        cell_rate=1e9,
        warnings=["shallow"],
        steps=np.int64(7),
    )
    provenance.write_record(tmp_path / "run.json", record)
    back = json.loads((tmp_path / "run.json").read_text())
    assert back == record
    # SHA-256 of "abc": FIPS 180-4, example B.1.
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert back["inputs"] == [{"path": str(source), "bytes": 3, "sha256": digest}]
    assert back["configuration"]["run"] == {"cfl": 0.5} and back["steps"] == 7
    assert back["decomposition"]["blocks"] == [[0, 1], [2, 3]] and back["timings"]["nothing"] is None
    assert back["started"] == "2011-03-11T05:46:24+00:00" and shlex.split(back["command"]) == sys.orig_argv
    assert back["versions"]["numpy"] == np.__version__ and back["versions"]["mpi"] is None
    # The two counts of the kernel are brought up to date at different moments.
    assert 0 < back["peak_memory"] <= 1.02 * 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_an_input_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.nc: No such file"):
        provenance.input_file(tmp_path / "nowhere.nc")


def test_the_predicted_size_bounds_the_real_one_closely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "CHUNK", 128)
    grid = Grid("cartesian", 0, 0, 1, 1, nx=300, ny=200)
    cfg = SimpleNamespace(
        time=SimpleNamespace(duration=3.0),
        gauges=(),
        run=SimpleNamespace(precision="float32"),
        output=SimpleNamespace(
            fields=SimpleNamespace(every=1.0, variables=("eta", "u")), maxima=None, checkpoint=None
        ),
    )
    fields = SnapshotFile(tmp_path, grid, cfg.output.fields.variables, attributes(), compression=0)
    for step in range(4):
        fields.append(step, step)
        for name in ("eta", "u"):
            fields.slab(name, 0, field(grid, step))
    fields.slab("bathymetry", 0, field(grid, 9))
    fields.close()
    predicted = predict_bytes(cfg, grid)  # type: ignore[arg-type]
    written = (tmp_path / "fields.nc").stat().st_size
    assert 0.8 * predicted < written < predicted
