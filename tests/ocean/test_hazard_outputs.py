"""What a run says of the coast: extremes checked by hand, flooded and exposed ground, run-up, GeoTIFF."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.oceans import ocean, plane
from support.scenes import configured

from esim.analysis.reading.run import Run
from esim.config import from_dict
from esim.config.ocean.output import RunupConfig
from esim.drivers.run import simulate
from esim.errors import InputError
from esim.io import coast
from esim.ocean.output import maxima, runup
from esim.parallel.comm import run_ranks
from esim.variables.ocean_maxima import MAXIMA

DRY = 1e-3
DRY_LAND, FLOODED, SEA, EXPOSED = range(4)


# ------------------------------------------------------------------ maxima, cell by cell


def cells(initial, uplift, zetas, arrival=0.05, times=False):
    """Maxima of a row of cells that take the values zeta in turn [each (n,)], over a bed that has risen at first.

    The first of the zetas is that to which the bed has moved the water. Arrivals have 1, 4 and 9 times a threshold.
    """
    initial, uplift = np.asarray(initial, float), np.asarray(uplift, float)
    made = ocean(
        plane(len(initial), 4, 1000.0),
        lambda x, y: (initial + uplift)[None, :] + 0 * y[:, None],
        backend="numpy",
        maxima=True,
        times=times,
        arrival_thresholds=(arrival, 4 * arrival, 9 * arrival),
    )
    first, *later = [np.asarray(zeta, float) for zeta in zetas]
    made.fill(np.tile(first, (4, 1)))
    made.set_level(np.tile(first, (4, 1)))
    made.reset_maxima()
    (j0, j1), (i0, i1) = made.block.interior
    for n, zeta in enumerate(later, start=1):
        made.fill(np.tile(zeta, (4, 1)))
        keep = np.array(made.plan.state()[:, j0:j1, i0:i1])
        made.plan.step(made.constants(1e-9, 10.0 * n), 10.0 * n)  # nothing moves in so short a time
        np.testing.assert_allclose(made.plan.state()[:, j0:j1, i0:i1], keep, atol=1e-6)
    shape = made.block.shape
    ground, rise = np.broadcast_to(initial, shape), np.broadcast_to(uplift, shape)
    depth = np.maximum(-ground, 0.0)  # of a sea at rest
    return made, maxima.find_maxima(made, made.maxima, ground, depth, rise, sea_level=100.0)


def row(found, name):
    """Values of a variable along the second row."""
    return MAXIMA[name].values(found)[1]


def test_the_maxima_of_sea_and_land_are_those_computed_by_hand():
    """A sea 2 m deep, a shoal that falls dry, low land that is flooded 0.3 m deep, high land that stays dry."""
    made, found = cells(
        [-2.0, -0.5, 0.4, 3.0],
        [0.0, 0.0, 0.0, 0.0],
        [[0, 0, 0, 0], [0.7, 0.2, 0.3, 0], [-0.6, -0.5, 0.1, 0]],
        times=True,
    )
    nan = np.nan
    np.testing.assert_array_equal(row(found, "extent"), [SEA, EXPOSED, FLOODED, DRY_LAND])
    np.testing.assert_allclose(row(found, "eta_max"), [100.7, 100.2, 100.7, nan], atol=1e-5)
    np.testing.assert_allclose(row(found, "eta_min"), [99.4, 99.5, nan, nan], atol=1e-5)
    np.testing.assert_allclose(row(found, "drawdown_max"), [0.6, 0.5, nan, nan], atol=1e-5)
    np.testing.assert_allclose(row(found, "depth_min"), [1.4, 0.0, nan, nan], atol=1e-5)
    np.testing.assert_allclose(row(found, "inundation_depth_max"), [nan, nan, 0.3, nan], atol=1e-5)
    np.testing.assert_allclose(row(found, "arrival_time"), [10, 10, 10, nan])
    np.testing.assert_allclose(row(found, "eta_max_time"), [10, 10, 10, nan])
    np.testing.assert_allclose(row(found, "bathymetry"), [98, 99.5, 100.4, 103])
    total = maxima.hazard_summary(made, found, np.ones(made.block.shape, bool))
    assert total["flooded_km2"] == total["exposed_km2"] == 4.0
    assert total["deepest_flood_m"] == pytest.approx(0.3, abs=1e-5)
    assert total["highest_runup_m"] == pytest.approx(100.4)
    assert total["largest_drawdown_m"] == pytest.approx(0.6, abs=1e-5)


def test_uplifted_and_sunken_ground():
    """Sea floor lifted out of the water, land sunk below the sea but dry, the same but flooded, and a sea that sank.

    Beds at first -0.3, 0.2, 0.2, -2; after the earthquake 0.5, -0.3, -0.3, -3.
    """
    _, found = cells(
        [-0.3, 0.2, 0.2, -2.0],
        [0.8, -0.5, -0.5, -1.0],
        [[0.3, -0.3, -0.3, -1.0], [0.0, -0.3, -0.1, 0.0]],
    )
    nan = np.nan
    # The water that the floor lifted with it stood 0.3 m deep on ground 0.5 m high.
    np.testing.assert_array_equal(row(found, "extent"), [EXPOSED, DRY_LAND, FLOODED, SEA])
    np.testing.assert_allclose(row(found, "eta_max"), [100.8, nan, 99.9, 100.0], atol=1e-5)
    np.testing.assert_allclose(row(found, "inundation_depth_max"), [nan, nan, 0.2, nan], atol=1e-5)
    np.testing.assert_allclose(row(found, "eta_min"), [100.5, nan, nan, 99.0], atol=1e-5)
    np.testing.assert_allclose(row(found, "drawdown_max"), [0.0, nan, nan, 1.0], atol=1e-5)
    # Ground that moves, and the water with it, is no wave yet; dry land that sinks has not been reached by one.
    np.testing.assert_allclose(row(found, "arrival_time"), [10, nan, 10, 10])
    np.testing.assert_allclose(row(found, "arrival_time_positive"), [nan, nan, 10, 10])
    np.testing.assert_allclose(row(found, "arrival_time_negative"), [10, nan, nan, nan])


def test_arrival_needs_the_threshold():
    steps = [[0, 0, 0, 0], [0.049, 0.051, -0.051, 0.0], [0.2, 0.2, 0.2, 0.04]]
    _, found = cells([-50.0, -50.0, -50.0, 1.0], [0, 0, 0, 0], steps, arrival=0.05)
    np.testing.assert_allclose(row(found, "arrival_time"), [20, 10, 10, np.nan])


def test_arrivals_of_both_signs_above_each_threshold():
    steps = [[0, 0, 0, 0], [-0.06, 0.06, 0.0, 0.0], [0.21, 0.19, -2.9, 0.1], [0.3, 0.46, 0.0, 0.5]]
    _, found = cells([-50.0, -50.0, -3.0, 1.0], [0, 0, 0, 0], steps, arrival=0.05, times=True)
    nan = np.nan
    np.testing.assert_allclose(row(found, "arrival_time"), [10, 10, 20, 20])
    np.testing.assert_allclose(row(found, "arrival_time_positive"), [20, 10, nan, 20])
    np.testing.assert_allclose(row(found, "arrival_time_negative"), [10, nan, 20, nan])
    np.testing.assert_allclose(row(found, "arrival_time_2"), [20, 30, 20, 30])
    np.testing.assert_allclose(row(found, "arrival_time_positive_3"), [nan, 30, nan, 30])
    np.testing.assert_allclose(row(found, "arrival_time_negative_3"), [nan, nan, 20, nan])


def test_a_film_thinner_than_the_dry_depth_is_no_flood():
    films = [0, 0.9 * DRY, 1.1 * DRY, 0]
    _, found = cells([-5.0, 1.0, 1.0, -0.9 * DRY], [0, 0, 0, 0], [[0, 0, 0, 0], films])
    np.testing.assert_array_equal(row(found, "extent"), [SEA, DRY_LAND, FLOODED, DRY_LAND])


def test_the_time_of_the_maximum():
    heights = [[0, 0, 0, 0], [0.5, 0.1, -0.1, 0], [0.49, 0.4, -0.2, 0], [0.2, 0.3, -0.1, 0]]
    _, found = cells([-5.0] * 4, [0] * 4, heights, times=True)
    np.testing.assert_allclose(row(found, "eta_max_time"), [10, 20, 0, 0])


# ------------------------------------------------------------------ run-up


def beach(directory: Path, **output) -> dict:
    """A wave on a plane beach whose shore is at x = 2 km."""
    return {
        "scenario": "tsunami",
        "title": "a beach",
        "time": {"duration": 600},
        "grid": {
            "kind": "cartesian",
            "x": [0, 12e3],
            "y": [0, 8e3],
            "spacing": 400,
            "boundary": {"west": "wall"},
        },
        "bathymetry": {"kind": "slope", "depth": 40, "slope": 0.01, "direction": 270},
        "source": [{"kind": "hump", "x": 7e3, "y": 3e3, "height": 6, "radius": 2e3}],
        "output": {"directory": str(directory), "overwrite": True, "runup": {}, **output},
        "run": {"backend": "numpy", "precision": "float64"},
    }


def test_run_up_along_the_shore_of_the_grid(tmp_path):
    simulate(from_dict(beach(tmp_path / "a")))
    maxima, points = (xr.open_dataset(tmp_path / "a" / f"{name}.nc") for name in ("maxima", "runup"))
    wet = maxima["bathymetry"] < 0
    shore = [(y, x) for y in range(20) for x in range(30) if wet[y, x] and not wet[y, x - 1]]
    assert points.sizes["point"] == len(shore) == 20
    np.testing.assert_array_equal(points["x"], [maxima["x"].values[x] for _, x in shore])
    np.testing.assert_array_equal(points["shore_level"], [maxima["eta_max"].values[at] for at in shore])
    # By hand: the highest ground of all flooded cells within five cells.
    flooded = np.argwhere(maxima["extent"].values == FLOODED)
    assert len(flooded) > 5
    for n, (y, x) in enumerate(shore):
        way = 400 * np.hypot(*(flooded - (y, x)).T)
        near = flooded[way <= 2000]
        ground = [maxima["bathymetry"].values[tuple(at)] for at in near]
        assert points["runup"].values[n] == pytest.approx(max(ground), rel=1e-6)
    record = json.loads((tmp_path / "a" / "run.json").read_text())
    assert record["hazard"]["grid"]["highest_runup_m"] == pytest.approx(
        float(points["runup"].max()), rel=1e-6
    )
    assert record["hazard"]["grid"]["flooded_km2"] == pytest.approx(0.16 * len(flooded))
    with (tmp_path / "a" / "runup.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    np.testing.assert_allclose([float(row["runup"]) for row in rows], points["runup"], rtol=1e-8)


@pytest.mark.long
def test_run_up_does_not_depend_on_the_ranks(tmp_path):
    contents = []
    for ranks in (1, 3):
        cfg = configured(beach(tmp_path / str(ranks)))
        run_ranks(ranks, lambda comm, cfg=cfg: simulate(cfg, comm))
        contents.append((tmp_path / str(ranks) / "runup.csv").read_bytes())
        contents.append(json.loads((tmp_path / str(ranks) / "run.json").read_text())["hazard"])
    assert contents[:2] == contents[2:]


def test_run_up_at_the_points_of_a_line(tmp_path):
    line = {"type": "LineString", "coordinates": [[2100, 500], [2100, 7500]]}
    (tmp_path / "coast.geojson").write_text(json.dumps({"type": "Feature", "geometry": line}))
    section = {"coast": str(tmp_path / "coast.geojson"), "spacing": 1000, "radius": 900}
    simulate(from_dict(beach(tmp_path / "a", runup=section)))
    points = xr.open_dataset(tmp_path / "a" / "runup.nc")
    np.testing.assert_allclose(points["y"], 500 + 1000 * np.arange(8))
    assert points["shore_level"].notnull().all()
    known = points["runup"].notnull().values
    assert known.sum() > 2 and (points["runup_distance"].values[known] <= 900).all()
    inputs = json.loads((tmp_path / "a" / "run.json").read_text())["inputs"]
    assert any(entry["path"].endswith("coast.geojson") for entry in inputs)


def test_coast_files_are_read(tmp_path):
    (tmp_path / "a.csv").write_text("name,lat,lon\nA,1,2\nB,3,4\n")
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [2, 1]}},
        {
            "type": "Feature",
            "geometry": {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]], [[5, 5]]]},
        },
        {"type": "Feature", "geometry": None},
    ]
    (tmp_path / "b.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    parted = xr.Dataset({"lon": ("n", [1.0, 2, np.nan, 3]), "lat": ("n", [5.0, 6, np.nan, 7])})
    parted.to_netcdf(tmp_path / "c.nc")
    shapes = {
        name: [line.tolist() for line in coast.read(tmp_path / name, True)] for name in ("a.csv", "c.nc")
    }
    assert shapes == {"a.csv": [[[2, 1], [4, 3]]], "c.nc": [[[1, 5], [2, 6]], [[3, 7]]]}
    assert [len(line) for line in coast.read(tmp_path / "b.geojson", True)] == [1, 2, 1]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "x,y\n1,2\n", "there is no column 'lon'"),
        ("a.csv", "lon,lat\n1,two\n", "line 2: lat is 'two', which is no number"),
        ("a.geojson", "[1, 2]", "it is not GeoJSON, which is a mapping"),
        ("a.csv", "lon,lat\n", "has no points"),
        ("a.geojson", "{}", "is not a coast that can be read"),
        ("a.geojson", '{"type": "Circle"}', "unknown type 'Circle'"),
        ("a.geojson", '{"type": "Point", "coordinates": [5e5, 4e6]}', "is not in degrees"),
    ],
)
def test_bad_coasts_are_told_in_a_sentence(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=words):
        coast.read(tmp_path / name, True)


def test_a_coast_outside_the_grid_is_told_before_anything_is_written(tmp_path):
    (tmp_path / "coast.csv").write_text("x,y\n-5000,100\n")
    with pytest.raises(InputError, match=r"no point of coast.csv lies in the grid"):
        simulate(from_dict(beach(tmp_path / "a", runup={"coast": str(tmp_path / "coast.csv")})))
    assert not (tmp_path / "a").exists()


def test_a_coast_of_too_many_points_is_refused_before_it_is_made(tmp_path):
    (tmp_path / "coast.csv").write_text("x,y\n0,100\n4000,100\n")
    section = RunupConfig(coast=tmp_path / "coast.csv", spacing=1e-6)
    with pytest.raises(InputError, match=r"makes 4e\+09 points of the 4 km .* use at least 0\.004 m"):
        runup.check_coast(section, plane(40, 10, 100.0))


def test_run_up_needs_the_maxima(tmp_path):
    with pytest.raises(InputError, match=r"output\.runup.*needs output.maxima"):
        from_dict(beach(tmp_path, maxima=None))


def test_points_are_turned_to_the_side_of_the_globe_where_the_grid_is(tmp_path):
    from esim.config.ocean.output import RunupConfig
    from esim.grids.grid import Grid

    (tmp_path / "coast.csv").write_text("lon,lat\n-175,1\n179,2\n")
    section = RunupConfig.model_validate({"coast": str(tmp_path / "coast.csv")})
    found = runup.coast_points(section, Grid("lonlat", 170, -10, 1, 1, 20, 20))
    assert found is not None
    np.testing.assert_allclose(found, [[185, 1], [179, 2]])


# ------------------------------------------------------------------ GeoTIFF


def test_geotiff_holds_what_the_maxima_hold(tmp_path):
    rasterio = pytest.importorskip("rasterio", reason="rasterio is not installed")
    pytest.importorskip("rioxarray", reason="rioxarray is not installed")
    from esim.analysis.export import export

    scene = beach(tmp_path / "a")
    scene["grid"]["crs"] = "EPSG:32654"
    simulate(from_dict(scene))
    names = [path.name for path in export(tmp_path / "a")]
    maxima = xr.open_dataset(tmp_path / "a" / "maxima.nc")
    assert sorted(names) == sorted(f"{name}.tif" for name in maxima.data_vars)
    for name in ("eta_max", "extent"):
        with rasterio.open(tmp_path / "a" / "geotiff" / f"{name}.tif") as picture:
            assert picture.crs.to_epsg() == 32654
            assert picture.bounds == (0, 0, 12e3, 8e3)
            found = picture.read(1)
            # North up: the first row is the northernmost one.
            np.testing.assert_array_equal(found, maxima[name].values[::-1])
            missing = picture.nodata
            assert np.isnan(missing) if name == "eta_max" else missing == 255
            row, column = picture.index(2100, 7900)
            assert found[row, column] == maxima[name].sel(x=2100, y=7900, method="nearest")
            assert picture.tags()["units"] == maxima[name].units


def test_geotiff_across_the_dateline_and_around_the_globe(tmp_path):
    rasterio = pytest.importorskip("rasterio", reason="rasterio is not installed")
    pytest.importorskip("rioxarray", reason="rioxarray is not installed")
    from esim.analysis.export import export

    for name, west, count, expected in (
        ("across", 170, 20, {"eta_max_east.tif": (170, 180), "eta_max_west.tif": (-180, -170)}),
        ("beyond", 190, 20, {"eta_max.tif": (-170, -150)}),
        ("globe", 0, 360, {"eta_max.tif": (-180, 180)}),
    ):
        lon, lat = west + 0.5 + np.arange(count), np.array([-0.5, 0.5, 1.5, 2.5])
        values = np.broadcast_to((lon + 180) % 360 - 180, (4, count)).astype("f4")
        folder = tmp_path / name
        folder.mkdir()
        (folder / "run.json").write_text(json.dumps({"configuration": {"scenario": "tsunami"}}))
        data = xr.Dataset({"eta_max": (("lat", "lon"), values, {"units": "m"})}, {"lon": lon, "lat": lat})
        data.to_netcdf(folder / "maxima.nc")
        assert {path.name for path in export(folder)} == set(expected)
        for file, (left, right) in expected.items():
            with rasterio.open(folder / "geotiff" / file) as picture:
                assert picture.crs.to_epsg() == 4326
                assert tuple(picture.bounds) == (left, -1, right, 3)
                # Each pixel holds its own longitude.
                columns = [picture.xy(0, n)[0] for n in range(picture.width)]
                np.testing.assert_allclose(picture.read(1)[0], columns)


def test_a_damaged_file_is_told_in_one_line(tmp_path):
    simulate(from_dict(beach(tmp_path / "a")))
    (tmp_path / "a/maxima.nc").write_text("junk")
    with pytest.raises(InputError, match="maxima.nc: not a readable NetCDF file") as error:
        Run.open(tmp_path / "a")
    assert "\n" not in str(error.value)


def test_export_tells_what_it_cannot_do(tmp_path):
    pytest.importorskip("rioxarray", reason="rioxarray is not installed")
    from esim.analysis.export import export

    simulate(from_dict(beach(tmp_path / "a")))
    with pytest.raises(InputError, match="no variable 'eta_maxx', did you mean 'eta_max'"):
        export(tmp_path / "a", variables=["eta_maxx"])
    with pytest.raises(InputError, match="'EPSG:1' is not a coordinate reference system"):
        export(tmp_path / "a", crs="EPSG:1")
    with pytest.raises(InputError, match="is not a coordinate reference system"):
        from_dict(beach(tmp_path) | {"grid": beach(tmp_path)["grid"] | {"crs": "nowhere"}})


# ------------------------------------------------------------------ figures


@pytest.mark.long
def test_figures_of_the_coast(tmp_path):
    pytest.importorskip("matplotlib", reason="Matplotlib is not installed")
    from esim.analysis.plot import plot

    simulate(from_dict(beach(tmp_path / "a")))
    names = {path.stem for path in plot(tmp_path / "a")}
    assert {"inundation", "runup", "heights"} <= names


def test_more_thresholds_than_are_kept_are_refused(tmp_path):
    made = beach(tmp_path)
    made["output"]["maxima"] = {"arrival_threshold": [0.01, 0.1, 1, 2]}
    with pytest.raises(InputError, match="arrival_threshold: has 4 items; expected at most 3"):
        configured(made)
