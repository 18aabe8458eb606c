"""Is a run in xarray what its files hold, and are its verbs lazy and right?"""

import json
import shutil
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support import synthetic_crust
from support.synthetic_run import write_run

import esim
from esim.analysis.comparison.difference import norms
from esim.cli.main import main
from esim.errors import InputError
from esim.io import netcdf
from esim.io.crust.seismograms import StationTable, write_seismograms
from esim.io.zarr.convert import convert

LON, LAT = np.arange(140, 150.1, 0.5), np.arange(30, 36.1, 0.5)
GRID = {"scenario": "tsunami", "grid": {"kind": "lonlat"}, "physics": {"sea_level": 0.0}}


def made_up(folder: Path, eta: np.ndarray, **datasets: xr.Dataset) -> Path:
    """A run whose snapshots are eta (time, lat, lon) every 60 s, with further files."""
    folder.mkdir(parents=True)
    about = {"configuration": json.dumps(GRID)}
    seconds = ("time", 60.0 * np.arange(len(eta)), {"units": "s"})
    fields = xr.Dataset(
        {"eta": (("time", "lat", "lon"), eta)}, {"time": seconds, "lat": LAT, "lon": LON}, about
    )
    for name, data in ({"fields": fields} | datasets).items():
        data.assign_attrs(about).to_netcdf(folder / f"{name}.nc")
    (folder / "run.json").write_text(json.dumps({"configuration": GRID}))
    return folder


def plane(lon: np.ndarray = LON, lat: np.ndarray = LAT) -> np.ndarray:
    """A field that bilinear interpolation gives exactly."""
    return 2.0 * lon + 3.0 * lat[:, None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"))


# ------------------------------------------------------------------ the tree


def test_a_run_with_stores_is_the_same_run(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever reads runs does so by the one reader: `esim compare` finds no difference between files and stores."""
    other = Path(shutil.copytree(folder, tmp_path / "stores"))
    for stem in ("fields", "maxima"):
        convert(other / f"{stem}.nc")
        (other / f"{stem}.nc").unlink()
    with esim.open_run(folder) as files, esim.open_run(other) as stores:
        for place in ("fields", "maxima", "stations"):
            xr.testing.assert_identical(files[place].to_dataset().load(), stores[place].to_dataset().load())
    assert main(["compare", str(folder), str(other), "--output", str(tmp_path)]) == 0
    assert "fields" in capsys.readouterr().out
    assert main(["export", str(other), "--output", str(tmp_path / "maps")]) == 0
    assert [*(tmp_path / "maps").iterdir()]


def test_a_run_is_a_tree_of_its_files(folder: Path) -> None:
    with esim.open_run(folder, chunks={}) as tree:
        assert set(tree.children) == {"fields", "maxima", "stations"}
        assert tree.attrs["scenario"] == "tsunami" and tree.attrs["title"] == "a made-up wave"
        assert tree.esim.record["configuration"]["title"] == "a made-up wave"
        assert tree.fields.eta.chunksizes["time"] == (1,) * 9
        assert tree.esim.units["maxima/arrival_time"] == "s"
        assert "2011-03-11" in tree.esim.datum.time and "still water is at 0 m" in tree.esim.datum.vertical
        assert float(tree.esim.at(name="21418").eta.max()) == pytest.approx(1.87, rel=2e-3)


def test_nests_and_runups_of_one_name_stand_together(tmp_path: Path) -> None:
    nest = xr.Dataset({"eta_max": (("lat", "lon"), plane())}, {"lat": LAT, "lon": LON})
    run = made_up(
        tmp_path / "a", plane()[None], maxima=nest, maxima_bay=nest, fields_bay=nest, runup_bay=nest
    )
    with esim.open_run(run) as tree:
        assert set(tree["nests/bay"].children) == {"maxima", "fields", "runup"}
        assert set(tree.esim.run.grids) == {"", "bay"} and set(tree.esim.run.runups) == {"bay"}


def test_esim_is_imported_without_xarray() -> None:
    code = "import esim, sys; print('xarray' in sys.modules, callable(esim.open_run), 'matplotlib' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "True", "False"]


# ------------------------------------------------------------------ places


def test_between_cells_values_are_bilinear_and_lazy(tmp_path: Path) -> None:
    with esim.open_run(made_up(tmp_path / "a", np.stack([plane(), 2 * plane()]))) as tree:
        found = tree.esim.at(lon=[141.13, 149.9, -217.0], lat=[30.2, 35.7, 33.3])
        assert found.eta.chunks is not None and "bilinear" in found.eta.attrs["interpolation"]
        exact = 2 * np.array([141.13, 149.9, 143.0]) + 3 * np.array([30.2, 35.7, 33.3])
        np.testing.assert_allclose(found.eta, [exact, 2 * exact], rtol=1e-12)
        ports = xr.DataArray([141.0, 142.0], {"port": ["A", "B"]}, "port")
        assert tree.esim.at(lon=ports, lat=[31.0, 31.0]).eta.sel(port="B")[0] == 2 * 142 + 3 * 31
        one = tree.esim.at(lon=141.2, lat=30.2, method="nearest")
        assert one.eta.dims == ("time",) and one.eta[0] == 2 * 141 + 3 * 30


def test_dry_cells_do_not_count(tmp_path: Path) -> None:
    eta = plane()
    eta[:, :3] = np.nan  # up to 141 E
    with esim.open_run(made_up(tmp_path / "a", eta[None])) as tree:
        beside, within = tree.esim.at(lon=[141.1, 140.2], lat=[30.0, 30.0]).eta[0].values
    assert beside == 2 * 141.5 + 90 and np.isnan(within)


def test_a_grid_around_the_earth_has_no_seam(tmp_path: Path) -> None:
    from esim.analysis.reading.plane import Plane
    from esim.analysis.sampling.sampling import sample

    lon = np.arange(0.5, 360, 1.0)
    data = xr.Dataset(
        {"f": (("lat", "lon"), np.cos(np.deg2rad(lon)) + 0 * LAT[:, None])}, {"lat": LAT, "lon": lon}
    )
    around = Plane("lat", "lon", LAT, lon, "EPSG:4326")
    x, y = around.locate(lon=np.array([0.0, -0.25, 359.9]), lat=np.array([31.0, 31.0, 31.0]))
    found = sample(data, around, xr.DataArray(x, dims="point"), xr.DataArray(y, dims="point"))
    np.testing.assert_allclose(found.f, np.cos(np.deg2rad(0.5)), rtol=1e-6)


def test_the_finest_grid_around_a_place_is_read(tmp_path: Path) -> None:
    lon, lat = np.arange(143, 144.01, 0.1), np.arange(32, 33.01, 0.1)
    inner = xr.Dataset(
        {"eta": (("time", "lat", "lon"), plane(lon, lat)[None] + 1000)},
        {"time": ("time", [0.0], {"units": "s"}), "lat": lat, "lon": lon},
    )
    with esim.open_run(made_up(tmp_path / "a", plane()[None], fields_bay=inner)) as tree:
        found = tree.esim.at(lon=[141.0, 143.5, 149.0], lat=[31.0, 32.5, 35.0])
        assert found.grid.values.tolist() == ["", "bay", ""]
        np.testing.assert_allclose(found.eta[0], [375.0, 1384.5, 403.0])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"lon": 10.0, "lat": 32.0}, r"lon 10, lat 32 lies outside of the grid; expected lon 140 to 150"),
        ({"lon": 141.0}, r"lon is given without the other; expected lon and lat"),
        ({"x": 1.0, "y": 2.0}, r"the grid is in degrees; expected lon and lat"),
        ({}, r"expected one of these pairs"),
        ({"lon": [141.0, 142.0], "lat": [31.0]}, r"not alike"),
        ({"lon": [], "lat": []}, r"expected two numbers, or two lists"),
        ({"lon": 141.0, "lat": 31.0, "method": "liner"}, r"did you mean 'linear'"),
        ({"name": "A"}, r"the run wrote no stations; it has fields"),
    ],
)
def test_a_place_that_is_none_is_refused(tmp_path: Path, given: dict, sentence: str) -> None:
    with (
        esim.open_run(made_up(tmp_path / "a", plane()[None])) as tree,
        pytest.raises(InputError, match=sentence),
    ):
        tree.esim.at(**given)


def test_a_transect_follows_the_geodesic(tmp_path: Path) -> None:
    with esim.open_run(made_up(tmp_path / "a", plane()[None])) as tree:
        found = tree.esim.along(start=(141, 31), end=(148, 35), n=9)
        np.testing.assert_allclose(found.eta[0], 2 * found.lon + 3 * found.lat, rtol=1e-12)
        assert float(found.distance[-1]) == pytest.approx(791.6e3, rel=2e-3)
        assert np.ptp(np.diff(found.distance)) < 1e-6
        corner = tree.esim.along([(141, 31), (148, 31), (148, 35)], n=200)
        assert float(corner.lon.max()) == pytest.approx(148) and float(corner.lat[-1]) == pytest.approx(35)


def test_isochrones_of_a_circular_wave(folder: Path) -> None:
    with esim.open_run(folder) as tree:
        found = {one.time: one.lines for one in tree.esim.isochrones(1800)}
        maxima = tree["maxima"].to_dataset()
    assert set(found) == {0.0, 1800.0, 3600.0, 5400.0, 7200.0}
    x0, y0 = maxima.lon.values[10], maxima.lat.values[18]
    radius = 111e3 * np.hypot(*(np.concatenate(found[3600.0]) - (x0, y0)).T)
    np.testing.assert_allclose(radius, 3600 * 200, rtol=0.01)


# ------------------------------------------------------------------ other grids


def test_resampling_to_finer_degrees_and_to_a_map(tmp_path: Path) -> None:
    with esim.open_run(made_up(tmp_path / "a", plane()[None]), chunks={}) as tree:
        finer = tree.esim.to_regular(0.2)
        np.testing.assert_allclose(finer.eta[0], plane(finer.lon.values, finer.lat.values), rtol=1e-12)
        mapped = tree.esim.to_projected("EPSG:32654", 50e3)
        assert mapped.eta.chunks is not None
        back = mapped.compute()
        import pyproj

        lon, lat = pyproj.Transformer.from_crs(32654, 4326, always_xy=True).transform(
            *np.meshgrid(back.x, back.y)
        )
        known = np.isfinite(back.eta[0].values)
        inside = (lon > 139.75) & (lon < 150.25) & (lat > 29.75) & (lat < 36.25)
        assert (known == inside).mean() > 0.99
        cells = (lon > 140) & (lon < 150) & (lat > 30) & (lat < 36)
        np.testing.assert_allclose(back.eta[0].values[cells], (2 * lon + 3 * lat)[cells], rtol=1e-9)
        with pytest.raises(InputError, match=r"'EPSG:4326' .* is no map projection"):
            tree.esim.to_projected("EPSG:4326", 1.0)


def test_a_run_on_a_plane_takes_degrees_and_gives_them(tmp_path: Path) -> None:
    scene = synthetic_crust.Scene(origin=(130.76, 32.76), half=10e3)
    with esim.open_run(synthetic_crust.write_run(tmp_path / "a", scene)) as tree:
        found = tree.esim.at(lon=130.80, lat=32.80)
        assert (float(found.x), float(found.y)) == pytest.approx((3745.6, 4436.7), abs=2)
        np.testing.assert_allclose(found.vx, tree.esim.at(x=float(found.x), y=float(found.y)).vx)
        regular = tree["maxima"].esim.to_regular(0.02)
        assert float(regular.pgv_horizontal.max()) <= float(tree["maxima"].pgv_horizontal.max())


# ------------------------------------------------------------------ two runs


def test_a_run_differs_from_another_by_what_was_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = (write_run(tmp_path / name, uplift=lift) for name, lift in (("a", 5.0), ("b", 4.0)))
    with esim.open_run(a) as tree:
        found = {(one.group, one.variable): one for one in norms(tree.esim.compare(b))}
    uplift = found["maxima", "uplift"]
    assert uplift.max_abs == pytest.approx(1) and uplift.relative_l2 == pytest.approx(0.25)
    assert all(one.max_abs < 1e-12 for key, one in found.items() if key[1].startswith("eta"))
    assert main(["compare", str(a), str(b)]) == 0
    assert "differences.csv" in capsys.readouterr().out
    assert "maxima,uplift,m," in (a / "figures" / "differences.csv").read_text()


def test_runs_on_different_grids_are_compared_at_the_cells_of_the_coarser_one(tmp_path: Path) -> None:
    lon, lat = np.arange(140, 146.01, 0.1), np.arange(30, 34.01, 0.1)
    fine = xr.Dataset({"eta_max": (("lat", "lon"), plane(lon, lat) + 0.5)}, {"lat": lat, "lon": lon})
    coarse = xr.Dataset({"eta_max": (("lat", "lon"), plane())}, {"lat": LAT, "lon": LON})
    one, two = (
        made_up(tmp_path / "a", plane()[None], maxima=fine),
        made_up(tmp_path / "b", plane()[None], maxima=coarse),
    )
    with esim.open_run(one) as tree:
        found = tree.esim.compare(two)["maxima"]
        assert dict(found.sizes) == {"lat": 9, "lon": 13}
        np.testing.assert_allclose(found.eta_max, 0.5, rtol=1e-9)
        assert found.eta_max_rms.chunks is not None


def test_the_misfit_of_gauges(folder: Path) -> None:
    with esim.open_run(folder) as tree:
        seconds, eta = (tree.stations[name].values for name in ("seconds", "eta"))
        found = tree.esim.misfit({"21401": (seconds + 30.0, 2 * eta[1])})
        assert found.station.values.tolist() == ["21401"] and found.lag.attrs["units"] == "s"
        assert (float(found.lag[0]), float(found.crest_ratio[0])) == pytest.approx((-30.0, 0.5))
        assert set(tree.esim.misfit().station.values) == {"21418", "21401", "21413"}
        with pytest.raises(InputError, match=r"no station '2141', did you mean"):
            tree.esim.misfit({"2141": (seconds, eta[0])})


# ------------------------------------------------------------------ size


def test_a_run_of_a_thousand_million_cells_opens_at_once_and_reads_what_it_needs(tmp_path: Path) -> None:
    """One time series of 20 snapshots needs 20 of the 300,000 blocks: the file has no others."""
    n, times, j, i = 31_744, 20, 20_000, 10_000
    with netcdf.create(tmp_path / "fields.nc") as data:
        for name, size in (("time", times), ("lat", n), ("lon", n)):
            data.createDimension(name, size)
            data.createVariable(name, "f8", (name,))
        data["time"].units = "s"
        data["time"][:], data["lat"][:] = 60.0 * np.arange(times), np.linspace(-60, 60, n)
        data["lon"][:] = np.linspace(100, 300, n)
        eta = data.createVariable(
            "eta", "f4", ("time", "lat", "lon"), chunksizes=(1, 256, 256), compression="zlib"
        )
        eta[:, j : j + 2, i : i + 2] = np.arange(times)[:, None, None]
        data.configuration = json.dumps(GRID)
    (tmp_path / "run.json").write_text(json.dumps({"configuration": GRID}))
    assert (tmp_path / "fields.nc").stat().st_size < 2e6
    began = time.process_time()
    esim.open_run(tmp_path).close()
    assert time.process_time() - began < 2
    tracemalloc.start()
    with esim.open_run(tmp_path) as tree:
        place = {"lon": float(tree.fields.lon[i]) + 1e-3, "lat": float(tree.fields.lat[j]) + 1e-3}
        series = tree.esim.at(**place).eta
        assert series.chunks is not None
        np.testing.assert_allclose(series, np.arange(times), rtol=1e-12)
        with esim.open_run(tmp_path, chunks={}) as chunked:
            assert chunked.esim.at(**place).eta.chunks == series.chunks
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6  # a snapshot has 4 GB


# ------------------------------------------------------------------ ObsPy


def test_an_inventory_is_valid_stationxml(tmp_path: Path) -> None:
    obspy = pytest.importorskip("obspy", reason="inventories need ObsPy")
    scene = synthetic_crust.Scene(
        stations={"IU.ANMO.10": (0.0, 1e3), "B": (2e3, 0.0)}, origin=(130.76, 32.76)
    )
    run = synthetic_crust.write_run(tmp_path / "a", scene)
    motion = {name: np.ones((2, 400)) for name in ("vx", "vy", "vz")}
    table = StationTable(
        ["IU.ANMO.10", "B"], [0.0, 2e3], [1e3, 0.0], [0.0, 5.0], [130.76, 130.78], [32.77, 32.76],
        ground_elevation=[10.0, 20.0], elevation=[10.0, 15.0], convergence=np.array([0.0, 3.0]), true_axes=False,
    )  # fmt: skip
    write_seismograms(run, table, 0.005 * np.arange(400), motion, {}, synthetic_crust.START)
    with esim.open_run(run) as tree:
        inventory, stream = tree.esim.inventory(network="xx"), tree.esim.stream(network="xx")
        with pytest.raises(InputError, match=r"network is 'long'; expected one or two letters"):
            tree.esim.stream(network="long")
        with pytest.raises(InputError, match=r"no seismograms of displacement"):
            tree.esim.stream(motion="displacement")
    inventory.write(str(tmp_path / "stations.xml"), format="STATIONXML", validate=True)
    read = obspy.read_inventory(str(tmp_path / "stations.xml"))
    assert {trace.id for trace in stream} == set(read.get_contents()["channels"])
    assert {"IU.ANMO.10.HX1", "XX.B..HX2", "XX.B..HXZ"} <= set(read.get_contents()["channels"])
    about = read.get_channel_metadata("XX.B..HX2")
    assert (about["azimuth"], about["dip"], about["local_depth"]) == (93.0, 0.0, 5.0)
    assert read.get_orientation("XX.B..HXZ")["dip"] == -90
    stream.remove_sensitivity(read)
    np.testing.assert_allclose(stream.select(id="XX.B..HXZ")[0].data, -1)
