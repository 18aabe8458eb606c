"""Do other programs read back what a run holds, where it is on the Earth?"""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from esim.analysis.export import export, places
from esim.errors import InputError

CELLS = 20
UTM = "EPSG:32654"


def write_run(folder: Path, x0: float, y0: float, step: float, lonlat: bool, crs: str | None = None) -> Path:
    """A coast in the west, a wave from the east at 10 cells a minute, a flood around a dry hill, a station."""
    x, y = x0 + step * np.arange(CELLS), y0 + step * np.arange(CELLS)
    rows, columns = np.mgrid[:CELLS, :CELLS]
    land = columns < 8
    flooded = land & (columns >= 3) & (rows >= 5) & (rows < 12) & ~((columns == 5) & (rows == 8))
    wet = ~land | flooded
    names = ("lat", "lon") if lonlat else ("y", "x")
    fields = {
        "eta_max": np.where(wet, 2.0 + 0.1 * rows, np.nan),
        "arrival_time": np.where(wet, 60.0 * (CELLS - columns), np.nan),
        "inundation_depth_max": np.where(flooded, 1.0 + 0.01 * columns, np.nan),
        "bathymetry": np.where(land, 3.0, -100.0),
        "extent": np.where(flooded, 1, np.where(land, 0, 2)),
    }
    data = xr.Dataset({name: (names, values) for name, values in fields.items()}, {names[1]: x, names[0]: y})
    data["arrival_time"].attrs["threshold"] = 0.01
    folder.mkdir(parents=True)
    data.to_netcdf(folder / "maxima.nc")
    place = dict(zip(names[::-1], ("station", "station"), strict=True))
    xr.Dataset(
        {"eta": (("station", "time"), [[0.0, 1.5, -2.0]], {"units": "m"})},
        {"station": ["pier"], "time": [0.0, 1.0, 2.0]}
        | {n: (place[n], [v]) for n, v in zip(names[::-1], (x[10], y[10]), strict=True)},
    ).to_netcdf(folder / "stations.nc")
    points = {"runup": [3.5, np.nan], "shore_level": [2.0, np.nan]}
    xr.Dataset(
        {name: ("point", values) for name, values in points.items()}
        | {n: ("point", v) for n, v in zip(names[::-1], ([x[5], x[6]], [y[7], y[8]]), strict=True)}
    ).to_netcdf(folder / "runup.nc")
    grid = {"kind": "lonlat" if lonlat else "cartesian", "crs": crs}
    told = {
        "scenario": "tsunami",
        "title": "made up",
        "grid": grid,
        "time": {"start": "2011-03-11T05:46:24Z"},
    }
    (folder / "run.json").write_text(json.dumps({"configuration": told}))
    return folder


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


# ------------------------------------------------------------------ places


def table(
    run: Path, text: str, folder: Path, name: str = "towns.csv", **options
) -> dict[str, dict[str, str]]:
    (folder / name).write_text(text)
    _, path = places.tabulate(run, folder / name, output=folder, **options)
    return {row["name"]: row for row in csv.DictReader(path.open())}


def test_places_are_told_when_and_how_high(dateline: Path, tmp_path: Path) -> None:
    text = "name,lon,lat\nsea,-179.35,11.05\nshore,179.45,10.85\ninland,179.45,11.85\nelsewhere,0,0\n"
    found = table(dateline, text, tmp_path, within=45_000.0)
    sea, shore = found["sea"], found["shore"]
    assert (sea["what"], float(sea["arrival_s"]), sea["arrival"]) == ("reached", 480, "8 min")
    assert sea["utc"] == "2011-03-11 05:54" and float(sea["distance_m"]) < 1 and float(sea["eta_max_m"]) == 3
    assert float(shore["cell_x"]) == pytest.approx(179.75) and float(shore["inundation_depth_m"]) == 1.03
    assert float(shore["distance_m"]) == pytest.approx(0.3 * 111_300 * np.cos(np.deg2rad(10.85)), rel=2e-3)
    assert found["inland"]["what"] == "no wet cell within 45 km" and found["inland"]["eta_max_m"] == ""
    assert found["elsewhere"]["what"] == "outside the grid"


def test_places_of_geojson_find_their_way_onto_a_map(harbour: Path, tmp_path: Path) -> None:
    pyproj = pytest.importorskip("pyproj")
    lon, lat = pyproj.Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(501_050, 4_001_050)
    shape = {"type": "Point", "coordinates": [lon, lat]}
    town = {"type": "Feature", "properties": {"name": "town"}, "geometry": shape}
    text = json.dumps({"type": "FeatureCollection", "features": [town]})
    row = table(harbour, text, tmp_path, "towns.geojson")["town"]
    assert (
        float(row["arrival_s"]) == 600
        and float(row["distance_m"]) < 0.5
        and row["local"].startswith("2011-03-11 14:56")
    )


def test_the_finest_grid_that_has_water_nearby_tells(dateline: Path, tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", 179.45, 10.05, 0.1, True)
    with xr.open_dataset(run / "maxima.nc") as coarse:
        fine = coarse.isel(lon=slice(8, 14), lat=slice(0, 6)).load()
    edges = {name: float(fine[name][0]) - 0.025 + 0.05 * np.arange(6) for name in ("lon", "lat")}
    fine = fine.assign_coords(edges)
    fine["eta_max"] = fine["eta_max"] * 0 + 7
    fine.to_netcdf(run / "maxima_bay.nc")
    found = table(run, "name,lon,lat\nbay,180.3,10.1\nsea,-178.95,11.05\n", tmp_path)
    assert (found["bay"]["grid"], float(found["bay"]["eta_max_m"])) == ("bay", 7)
    assert found["sea"]["grid"] == "" and float(found["sea"]["eta_max_m"]) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,lon,lat\na,1,100\n", "'a' has no position"),
        ("name,lon\na,1\n", "'a' has no position"),
        ("name,x,y\na,1,1\n", "expected lon and lat in degrees$"),
        ("lon,lat\n1,1\n", "no column of names"),
    ],
)
def test_places_that_cannot_be_used_are_told(dateline: Path, tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        table(dateline, text, tmp_path)
    with pytest.raises(InputError, match="No such file"):
        places.tabulate(dateline, tmp_path / "nowhere.csv")


# ------------------------------------------------------------------ the command line


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--step", "5 min"], "a step is that of isochrones"),
        (["--format", "kml", "--step", "5 km"], "--step: '5 km' is a length"),
        (["--format", "kml", "--step", "0"], "--step 0: expected more than 0"),
        (["--within", "2 km"], "--within is for --places"),
        (["--places", "a.csv", "--format", "kml"], "--format is not for --places"),
        (["--places", "a.csv", "--timezone", "Tokyo"], "--timezone: no time zone is called 'Tokyo'"),
    ],
)
def test_options_that_would_not_be_used_are_refused(
    dateline: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    from esim.cli.main import main

    assert main(["export", str(dateline), *options]) == 2
    assert words in capsys.readouterr().err


def test_the_command_prints_the_table_of_places(
    dateline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from esim.cli.main import main

    (tmp_path / "towns.csv").write_text("name,lon,lat\nsea,-179.35,11.05\n")
    assert (
        main(["export", str(dateline), "--places", str(tmp_path / "towns.csv"), "--output", str(tmp_path)])
        == 0
    )
    out = capsys.readouterr().out
    assert "8 min" in out and str(tmp_path / "places.csv") in out
