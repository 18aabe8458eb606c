"""Zarr stores that all ranks write have what the NetCDF files have, bit for bit, and survive what these survive."""

import json
import re
import shutil
from pathlib import Path

import pytest
import xarray as xr
from support import quakes
from support.nested_scene import scene as nested
from support.scenes import Killed, configured, cut_off, mpirun, saved

import esim
from esim.drivers.run import simulate
from esim.errors import InputError
from esim.io.zarr import shards
from esim.io.zarr.store import WholeStore
from esim.parallel.comm import run_ranks


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard for each rank even on these small grids, of several chunks."""
    monkeypatch.setattr(shards, "SMALLEST", 1)
    monkeypatch.setattr(shards, "CHUNK", 8)


def ocean(directory: Path, form: str = "zarr") -> dict:
    """A sea with two nests, whose snapshots are rounded."""
    made = nested(directory)
    made["time"]["duration"] = 1500
    made["output"] |= {"format": form, "checkpoint": {"every": 600}}
    made["output"]["fields"] |= {"every": 500, "significant_bits": 12}
    return made


def crust(directory: Path, form: str = "zarr") -> dict:
    """An earthquake with maps of the surface and of planes."""
    made = quakes.quake(directory)
    made["time"]["duration"] = 0.4
    made["output"] |= {"format": form, "checkpoint": {"every": 0.15}}
    return made


SCENES = {"ocean": ocean, "crust": crust}
RANKS = {"ocean": 2, "crust": 3}


def compute(scene: dict, ranks: int, resume: bool = False) -> Path:
    cfg = quakes.configured(scene) if scene["scenario"] == "seismic" else configured(scene)
    run_ranks(ranks, lambda comm: simulate(cfg, comm, resume))
    return cfg.output.directory


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Folder of the uninterrupted run of a scene: as NetCDF by one rank, as Zarr by several."""
    found: dict = {}

    def get(name: str, form: str = "netcdf") -> Path:
        if (name, form) not in found:
            ranks = {"netcdf": 1, "zarr": RANKS[name]}[form]
            found[name, form] = compute(SCENES[name](tmp_path_factory.mktemp(name) / form, form), ranks)
        return found[name, form]

    return get


@pytest.fixture
def copied(reference, tmp_path):
    """A copy of such a folder."""
    return lambda *which: Path(shutil.copytree(reference(*which), tmp_path / "copy"))


def assert_same(one: Path, other: Path) -> None:
    """All datasets of two runs are identical, attributes and types included, but for where and when they ran."""
    with esim.open_run(one) as a, esim.open_run(other) as b:
        assert set(a.groups) == set(b.groups) and len(a.groups) > 4
        for place in a.groups[1:]:
            mine, theirs = (tree[place].to_dataset().load() for tree in (a, b))
            for dataset in (mine, theirs):
                for name in ("history", "configuration"):
                    dataset.attrs.pop(name, None)
            xr.testing.assert_identical(mine, theirs)
            for name in mine.variables:
                assert mine[name].dtype == theirs[name].dtype
                assert mine[name].encoding.get("_FillValue") == theirs[name].encoding.get("_FillValue")


def files(folder: Path) -> dict[str, bytes]:
    """All files of the stores of a run, but for when and where it ran."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.glob("*.zarr/**/*") if p.is_file()}
    for name, content in found.items():
        if name.count("/") == 1:
            root = json.loads(content)
            del root["attributes"]["history"], root["attributes"]["configuration"]
            found[name] = json.dumps(root).encode()
    return found


@pytest.mark.parametrize("name", ["ocean", pytest.param("crust", marks=pytest.mark.long)])
@pytest.mark.long
def test_a_store_has_what_the_netcdf_files_have(name, reference):
    folder = reference(name, "zarr")
    assert_same(folder, reference(name))
    assert not [*folder.glob("**/*.partial"), *folder.glob("fields*.nc"), *folder.glob("checkpoint/*.zarr")]
    record = json.loads((folder / "run.json").read_text())
    assert record["maps"]["format"] == "zarr" and str(folder / "fields.zarr") in record["files"]
    snapshot = folder / "fields.zarr" / {"ocean": "eta", "crust": "vx"}[name] / "c" / "0"
    assert len([*snapshot.glob("*/*")]) >= RANKS[name]  # each rank has written files of its own


@pytest.mark.long
@pytest.mark.parametrize("ranks", [1, 4])
def test_other_numbers_of_ranks_write_the_same(ranks, reference, tmp_path):
    assert_same(compute(ocean(tmp_path), ranks), reference("ocean"))


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "step", "after"), [("ocean", 18, 3), pytest.param("crust", 150, 1, marks=pytest.mark.long)]
)
def test_a_killed_run_leaves_whole_snapshots_and_goes_on(name, step, after, reference, tmp_path):
    """It is resumed by another number of ranks, and ends with the same stores, byte for byte, as if it had not died."""
    scene = SCENES[name](tmp_path)
    if name == "ocean":
        cut_off(scene, step, RANKS[name])
    else:
        with pytest.raises(Killed):
            quakes.march(scene, lambda run, clock: end(clock, step), RANKS[name])
    with (
        xr.open_zarr(WholeStore(tmp_path / "checkpoint" / "fields.zarr")) as left,
        xr.open_dataset(reference(name) / "fields.nc") as whole,
    ):
        assert 0 < left.sizes["time"] < whole.sizes["time"]
        xr.testing.assert_equal(left.load(), whole.isel(time=slice(left.sizes["time"])).load())
    compute(scene, after, resume=True)
    assert_same(tmp_path, reference(name))
    begun = [
        {path: content for path, content in files(folder).items() if path.startswith("fields")}
        for folder in (tmp_path, reference(name, "zarr"))
    ]
    assert begun[0] == begun[1]  # these keep the shards with which they began


def end(clock, step: int) -> None:
    if clock.step == step:
        raise Killed


@pytest.mark.long
def test_a_finished_run_is_resumed_to_the_same_files(copied):
    folder = copied("ocean", "zarr")
    before = files(folder)
    compute(ocean(folder), 2, resume=True)
    assert files(folder) == before


@pytest.mark.parametrize(("begun", "resumed"), [("netcdf", "zarr"), ("zarr", "netcdf")])
def test_a_run_is_resumed_in_its_own_format(begun, resumed, copied):
    with pytest.raises(InputError, match=f"output.format: .* resume it with output.format: {begun}"):
        compute(ocean(copied("ocean", begun), resumed), 1, resume=True)


def test_a_store_that_has_lost_snapshots_is_not_resumed(copied):
    folder = copied("ocean", "zarr")
    root = folder / "fields_coast.zarr" / "zarr.json"
    shown = json.loads(root.read_text())
    for name in ("time", "step"):
        shown["consolidated_metadata"]["metadata"][name]["shape"] = [1]
    root.write_text(json.dumps(shown))
    with pytest.raises(
        InputError, match=r"fields_coast.zarr lacks \d of its \d snapshots before the checkpoint"
    ):
        compute(ocean(folder), 1, resume=True)


@pytest.mark.mpi
def test_ranks_of_mpi_write_the_same_store(reference, tmp_path):
    """Processes of their own, which here write one shard a map, as they do where grids are small."""
    run = mpirun(2, "-m", "esim.cli.run", saved(ocean(tmp_path / "a"), tmp_path))
    assert run.returncode == 0, run.stderr
    assert re.search(r"maps +Zarr, written by all ranks: the largest map has", run.stdout)
    assert_same(tmp_path / "a", reference("ocean"))
