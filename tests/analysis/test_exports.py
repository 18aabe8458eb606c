"""Do other programs read back what a run holds, where it is on the Earth?"""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.coast_run import CELLS, UTM, write_run

from esim.analysis.export import export
from esim.errors import InputError


@pytest.fixture(scope="module")
def dateline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("a") / "run", 179.45, 10.05, 0.1, True)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("b") / "harbour", 500_050.0, 4_000_050.0, 100.0, False, UTM)


@pytest.fixture
def geopandas():
    return pytest.importorskip("geopandas", reason="GeoJSON needs geopandas")


def test_geojson_is_in_degrees_of_wgs84_with_valid_polygons_and_their_holes(geopandas, harbour: Path) -> None:
    paths = {path.stem: path for path in export(harbour, format="geojson")}
    assert set(paths) == {"stations", "isochrones", "flood", "runup"}
    flood = geopandas.read_file(paths["flood"])
    assert flood.crs.to_epsg() == 4326 and flood.is_valid.all() and len(flood) == 1
    (shape,) = flood.geometry
    assert len(shape.interiors) == 1 and shape.exterior.is_ccw
    back = flood.to_crs(UTM)
    assert back.area.sum() == pytest.approx(34 * 1e4, rel=1e-4) and flood["area_km2"][0] == pytest.approx(
        0.34
    )
    np.testing.assert_allclose(back.total_bounds, (500_300, 4_000_500, 500_800, 4_001_200), atol=0.1)
    lines = geopandas.read_file(paths["isochrones"]).to_crs(UTM)
    for time, line in zip(lines["seconds"], lines.geometry, strict=True):
        middle = 500_050 + 100 * (CELLS - time / 60)
        np.testing.assert_allclose(line.bounds[::2], middle, atol=0.1)
    assert lines["utc"].astype(str)[0].startswith("2011-03-11")
    station = geopandas.read_file(paths["stations"])
    assert station["largest eta (m)"][0] == 2 and station["name"][0] == "pier"


def test_isochrones_have_the_step_that_is_asked_for(geopandas, harbour: Path, tmp_path: Path) -> None:
    (path,) = export(harbour, tmp_path, ["isochrones"], format="geojson", step=240.0)
    assert list(geopandas.read_file(path)["seconds"]) == [240, 480, 720, 960]


def test_shapes_across_the_dateline_are_cut_there(geopandas, dateline: Path) -> None:
    paths = {path.stem: path for path in export(dateline, format="geojson")}
    flood, lines = (geopandas.read_file(paths[name]) for name in ("flood", "isochrones"))
    west, south, east, north = flood.total_bounds
    assert (west, east) == (-180, 180) and (south, north) == pytest.approx((10.5, 11.2))
    (shape,) = flood.geometry
    assert shape.geom_type == "MultiPolygon" and shape.is_valid and shape.area == pytest.approx(34 * 0.01)
    assert np.abs(lines.total_bounds[::2]).max() <= 180


@pytest.mark.parametrize(
    ("lon", "found"), [(180.0, -180.0), (-180.0, -180.0), (190.0, -170.0), (-190.0, 170.0), (5.0, 5.0)]
)
def test_a_point_stays_one_point(lon: float, found: float) -> None:
    shapely = pytest.importorskip("shapely")
    from esim.analysis.export.layer import wrapped

    assert wrapped(shapely.Point(lon, 1)).equals(shapely.Point(found, 1))


def test_a_geopackage_keeps_the_system_of_the_grid(geopandas, harbour: Path, tmp_path: Path) -> None:
    pyogrio = pytest.importorskip("pyogrio", reason="GeoPackage needs pyogrio")
    (path,) = export(harbour, tmp_path, format="gpkg")
    assert path.name == "harbour.gpkg" and list(tmp_path.iterdir()) == [path]
    assert [str(name) for name, _ in pyogrio.list_layers(path)] == [
        "stations",
        "isochrones",
        "flood",
        "runup",
    ]
    runup = geopandas.read_file(path, layer="runup")
    assert runup.crs.to_epsg() == 32654 and len(runup) == 1 and runup["runup_m"][0] == 3.5
    assert (runup.geometry[0].x, runup.geometry[0].y) == (500_550, 4_000_750)


def test_kml_has_the_shapes_of_geojson_with_styles(geopandas, dateline: Path, tmp_path: Path) -> None:
    pytest.importorskip("fastkml", reason="KML needs fastkml")
    (path,) = export(dateline, tmp_path, format="kml")
    export(dateline, tmp_path, ["flood", "stations"], format="geojson")
    text = path.read_text()
    for kind in ("stations", "isochrones", "flood", "runup"):
        assert f'<Style id="{kind}">' in text and f"<styleUrl>#{kind}</styleUrl>" in text
    for layer in ("flood", "stations"):
        found = geopandas.read_file(path, layer=layer).geometry[0]
        wanted = geopandas.read_file(tmp_path / f"{layer}.geojson").geometry[0]
        assert found.normalize().equals_exact(wanted.normalize(), 1e-6)


def test_a_cloud_optimised_geotiff_has_tiles_overviews_and_the_same_values(
    dateline: Path, tmp_path: Path
) -> None:
    rasterio = pytest.importorskip("rasterio", reason="rasterio is not installed")
    pytest.importorskip("rioxarray", reason="rioxarray is not installed")
    with xr.open_dataset(dateline / "maxima.nc") as small:
        wide = small.interp(
            lon=np.linspace(100, 160, 601), lat=np.linspace(0, 30, 301), kwargs={"fill_value": None}
        )
    folder = tmp_path / "wide"
    folder.mkdir()
    (folder / "run.json").write_text((dateline / "run.json").read_text())
    wide[["eta_max"]].fillna(1.0).to_netcdf(folder / "maxima.nc")
    (path,) = export(folder, format="cog")
    with rasterio.open(path) as picture:
        assert picture.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG" and picture.block_shapes == [(256, 256)]
        assert picture.overviews(1) == [2, 4] and picture.crs.to_epsg() == 4326 and np.isnan(picture.nodata)
        np.testing.assert_array_equal(picture.read(1), wide["eta_max"].fillna(1.0).values[::-1])


def test_a_grid_without_a_place_on_earth_needs_a_system(geopandas, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", 50.0, 50.0, 100.0, False)
    for format in ("geojson", "kml"):
        with pytest.raises(InputError, match="no place on Earth; name its reference system, --crs"):
            export(run, format=format)
    assert export(run, tmp_path / "g", format="gpkg")
    assert export(run, tmp_path / "g", ["flood"], crs=UTM, format="geojson")
    with pytest.raises(InputError, match="no layer 'floods', did you mean 'flood'"):
        export(run, variables=["floods"], format="gpkg")


# ------------------------------------------------------------------ the command line


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--step", "5 min"], "a step is that of isochrones"),
        (["--format", "kml", "--step", "5 km"], "--step: '5 km' is a length"),
        (["--format", "kml", "--step", "0"], "--step 0: expected more than 0"),
    ],
)
def test_options_that_would_not_be_used_are_refused(
    dateline: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    from esim.cli.main import main

    assert main(["export", str(dateline), *options]) == 2
    assert words in capsys.readouterr().err
