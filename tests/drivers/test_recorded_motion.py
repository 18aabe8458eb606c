"""Whole runs over a recorded motion of the bed: ranks, restarts, files, and what is refused or said."""

import json

import numpy as np
import pytest
from support.motions import dome, geometry, rising, write
from support.scenes import but_checkpoints, compute, configured, cut_off, differing, latest, saved

from esim.cli.run import main
from esim.grids.projection import Projection
from esim.io import netcdf
from esim.io.zarr.convert import convert

HERE = Projection(142.5, 38.0)
PLACE = geometry(40, 34, 6e3, HERE, every=7.0)


def frames(count=9):
    return rising(PLACE, count, across=1.0, radius=45e3)


def scene(folder, file, nests=(), **source):
    """A sea with a coast in the west, over a block that still moves at the checkpoint."""
    return {
        "scenario": "tsunami",
        "time": {"start": "2011-03-11T05:46:24Z", "duration": 180},
        "grid": {
            "kind": "lonlat", "west": 140, "east": 145, "south": 36, "north": 40, "spacing": 0.125,
            "open_cells": 3, "nests": list(nests),
        },
        "bathymetry": {"kind": "flat", "depth": "3 km"},
        "physics": {"coriolis": True, "manning": 0.025},
        "source": [{"kind": "seafloor_motion", "file": str(file), **source}],
        "stations": [{"name": "g", "lon": 142.9, "lat": 38.3}],
        "output": {
            "directory": str(folder),
            "fields": {"every": 60, "variables": ["eta", "u", "v", "h"]},
            "stations": {"every": 10},
            "checkpoint": {"every": 40},
        },
        "run": {"backend": "numpy", "threads": 1, "dt": 4.0},
    }  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("crust") / "surface_displacement.nc"
    return write(path, PLACE, frames(), start="2011-03-11 05:46:24")


def record(folder):
    return json.loads((folder / "run.json").read_text())


@pytest.fixture(scope="module")
def whole(tmp_path_factory, file):
    folder = tmp_path_factory.mktemp("whole")
    return folder, compute(scene(folder, file))


def test_the_files_have_the_final_bed_and_the_record_its_volumes(whole, file):
    folder, found = whole
    uplift = found["maxima.uplift"]
    assert uplift.max() == pytest.approx(2.0, rel=0.05)
    np.testing.assert_allclose(found["fields.bathymetry"], uplift - 3000.0, atol=3e-4)
    np.testing.assert_array_equal(found["maxima.bathymetry"], found["fields.bathymetry"])
    about = record(folder)["sources"][0]
    assert about["volume_error"] < 1e-12 and about["ends_s"] == 56.0
    kept = about["volume_in_record_m3"] - about["volume_tapered_m3"]
    assert about["volume_on_grid_m3"] == pytest.approx(kept, rel=1e-9)
    assert 0 < about["volume_tapered_m3"] < 0.01 * kept
    assert np.abs(found["stations.eta"]).max() > 0.3
    (one,) = record(folder)["inputs"]
    assert one["path"] == str(file) and len(one["sha256"]) == 64


@pytest.mark.parametrize("ranks", [2, pytest.param(4, marks=pytest.mark.long)])
def test_any_number_of_ranks_writes_the_same(ranks, whole, file, tmp_path):
    assert differing(compute(scene(tmp_path, file), ranks), whole[1]) == []


@pytest.mark.parametrize(
    ("step", "before", "after"), [(14, 1, 2), (26, 2, 1), pytest.param(40, 1, 1, marks=pytest.mark.long)]
)
def test_a_run_cut_off_between_two_frames_and_after_the_last_goes_on(
    step, before, after, whole, file, tmp_path
):
    cut_off(scene(tmp_path, file), step, before)
    assert latest(tmp_path).attributes["time"][0] in (40.0, 80.0, 120.0)
    found = compute(scene(tmp_path, file), after, resume=True)
    assert differing(but_checkpoints(found), but_checkpoints(whole[1])) == []


def test_a_finished_run_can_be_resumed(whole, file, tmp_path):
    compute(scene(tmp_path, file))
    found = compute(scene(tmp_path, file), resume=True)
    assert differing(but_checkpoints(found), but_checkpoints(whole[1])) == []


def test_a_zarr_store_gives_the_same_run_and_has_a_sum(whole, file, tmp_path):
    convert(file, tmp_path)
    store = tmp_path / "surface_displacement.zarr"
    found = compute(scene(tmp_path / "out", store))
    assert differing(but_checkpoints(found), but_checkpoints(whole[1])) == []
    (one,) = record(tmp_path / "out")["inputs"]
    assert one["bytes"] > 1000 and len(one["sha256"]) == 64
    shard = next(path for path in (store / "uz").rglob("*") if path.is_file() and path.name != "zarr.json")
    shard.write_bytes(shard.read_bytes()[:-1] + b"\0")
    assert refused_by(scene(tmp_path / "out", store), tmp_path)[0] == 2


def refused_by(given, folder, *more):
    """Exit code of `esim-run --check` for a scene."""
    return main([str(saved(given, folder)), "--check", *more]), given


def sentence(capsys, given, folder):
    """The one sentence that `esim-run --check` ends with."""
    code, _ = refused_by(given, folder)
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert code == 2, error
    return error


def test_maps_in_zarr_have_the_final_bed_too(whole, file, tmp_path):
    given = scene(tmp_path, file)
    given["output"]["format"] = "zarr"
    from esim.drivers.run import simulate

    simulate(configured(given))
    from esim.io.map_record import open_record

    bathymetry = open_record(tmp_path / "fields.zarr").read("bathymetry")
    np.testing.assert_array_equal(bathymetry, whole[1]["fields.bathymetry"])


def test_in_nests_maxima_have_the_uplift_of_their_own_cells(file, tmp_path):
    nest = {"name": "n", "west": 142, "east": 143, "south": 37.5, "north": 38.5, "ratio": 4}
    compute(scene(tmp_path, file, [nest], kajiura=True), 2)
    with netcdf.LIBRARY, netcdf.read(tmp_path / "maxima_n.nc") as data:
        uplift = np.asarray(data["uplift"][:])
    assert uplift.max() == pytest.approx(2.0, rel=0.05)
    curved = 2 * 2.0 * (2756 / 45e3) ** 2  # at the top of the dome, in cells of the nest
    assert np.abs(np.diff(uplift, 2, axis=1)).max() < 1.1 * curved
    texts = record(tmp_path)["warnings"]
    assert any("carry no detail below 1.2e+04 m" in text and "'n'" in text for text in texts)


def test_what_is_odd_is_said_before_the_run(capsys, tmp_path):
    """The block is larger than the grid, its records are far apart, and it still moves in the end."""
    wide = geometry(60, 60, 20e3, HERE, every=300.0)
    path = write(
        tmp_path / "m.nc",
        wide,
        np.stack([0 * dome(wide), dome(wide, 3.0, 300e3)])[:, None] * [[[[0]], [[0]], [[1]]]],
    )
    assert main([str(saved(scene(tmp_path / "out", path), tmp_path)), "--check"]) == 0
    printed = capsys.readouterr()
    text = " ".join((printed.out + printed.err).split())
    assert "between records, 300 s, motion is linear" in text
    assert "by the taper over 1.2e+05 m" in text and "beyond the grid" in text
    assert "moves by up to 2.99 m in the last 1 intervals of its record, which ends at 300 s" in text
    assert "its cells of 2e+04 m carry no detail below 4e+04 m" in text
    assert "the bed under 60 x 60 cells of 2e+04 x 2e+04 m, a record every 300 s" in text
    assert "only one of file and run has a date" in text


def test_what_does_not_fit_is_refused_in_a_sentence(capsys, tmp_path):
    late = write(tmp_path / "late.nc", PLACE, frames(3), start="2011-03-11 05:46:00")
    given = scene(tmp_path / "out", late)
    assert "its times count from 2011-03-11T05:46:00Z, but time.start is 2011-03-11T05:46:24Z" in sentence(
        capsys, given, tmp_path
    )
    away = write(
        tmp_path / "away.nc", geometry(20, 20, 6e3, Projection(10.0, 50.0)), rising(geometry(20, 20, 6e3))
    )
    assert "the block of the crust and the grid do not overlap" in sentence(
        capsys, scene(tmp_path / "out", away), tmp_path
    )
    nowhere = write(tmp_path / "nowhere.nc", geometry(20, 20, 6e3), rising(geometry(20, 20, 6e3)))
    assert "no place on the Earth" in sentence(capsys, scene(tmp_path / "out", nowhere), tmp_path)
    no_sea = sentence(capsys, scene(tmp_path / "out", late, at="sea_surface"), tmp_path)
    assert "has no sea_uz" in no_sea and "sea_surface: true" in no_sea
    both = sentence(capsys, scene(tmp_path / "out", late, at="sea_surface", kajiura=True), tmp_path)
    assert "kajiura" in both
    missing = frames(3)
    missing[2, 2, 5, 5] = np.nan
    gap = write(tmp_path / "gap.nc", PLACE, missing, start="2011-03-11 05:46:24")
    assert "uz at 14 s is missing" in sentence(capsys, scene(tmp_path / "out", gap), tmp_path)
    other = tmp_path / "other.nc"
    with netcdf.LIBRARY, netcdf.create(other) as data:
        data.createDimension("x", 3)
    assert "has no variable time; expected surface_displacement.nc" in sentence(
        capsys, scene(tmp_path / "out", other), tmp_path
    )
    assert "there is no file" in sentence(capsys, scene(tmp_path / "out", tmp_path / "no.zarr"), tmp_path)
