"""Are places told when the tsunami comes, and how high?"""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from support.coast_run import UTM, write_run

from esim.cli.main import main


@pytest.fixture(scope="module")
def dateline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("a") / "run", 179.45, 10.05, 0.1, True)


def table(
    run: Path, text: str, folder: Path, *options: str, name: str = "towns.csv"
) -> dict[str, dict[str, str]]:
    (folder / name).write_text(text)
    assert main(["hazard", str(run), "--places", str(folder / name), "--output", str(folder), *options]) == 0
    with (folder / "travel_times.csv").open() as stream:
        return {row["name"]: row for row in csv.DictReader(stream)}


def test_places_are_told_when_and_how_high(dateline: Path, tmp_path: Path) -> None:
    text = "name,lon,lat\nsea,-179.35,11.05\nshore,179.45,10.85\ninland,179.45,11.85\nelsewhere,0,0\n"
    found = table(dateline, text, tmp_path, "--within", "45 km")
    sea, shore = found["sea"], found["shore"]
    assert (sea["kind"], sea["note"], float(sea["arrival_s"])) == ("place", "reached", 480)
    assert sea["arrival_utc"] == "2011-03-11T05:54:24+0000" and float(sea["distance_m"]) < 1
    assert float(sea["maximum_height_m"]) == 3 and float(shore["inundation_depth_m"]) == 1.03
    assert float(shore["distance_m"]) == pytest.approx(0.3 * 111_300 * np.cos(np.deg2rad(10.85)), rel=2e-3)
    assert found["inland"]["note"] == "no wet cell within 45 km" and found["inland"]["arrival_s"] == ""
    assert found["elsewhere"]["note"] == "outside the grid"


def test_places_of_geojson_find_their_way_onto_a_map(tmp_path: Path) -> None:
    harbour = write_run(tmp_path / "harbour", 500_050.0, 4_000_050.0, 100.0, False, UTM)
    pyproj = pytest.importorskip("pyproj")
    lon, lat = pyproj.Transformer.from_crs(UTM, "EPSG:4326", always_xy=True).transform(501_050, 4_001_050)
    shape = {"type": "Point", "coordinates": [lon, lat]}
    town = {"type": "Feature", "properties": {"name": "town"}, "geometry": shape}
    text = json.dumps({"type": "FeatureCollection", "features": [town]})
    row = table(harbour, text, tmp_path, name="towns.geojson")["town"]
    assert (
        float(row["arrival_s"]) == 600
        and float(row["distance_m"]) < 0.5
        and row["arrival_local"].startswith("2011-03-11T14:56")
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
    assert (found["bay"]["grid"], float(found["bay"]["maximum_height_m"])) == ("bay", 7)
    assert found["sea"]["grid"] == "" and float(found["sea"]["maximum_height_m"]) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,lon,lat\na,1,100\n", "'a' has no position"),
        ("name,lon\na,1\n", "'a' has no position"),
        ("name,x,y\na,1,1\n", "expected lon and lat in degrees\n"),
        ("lon,lat\n1,1\n", "no column of names"),
    ],
)
def test_places_that_cannot_be_used_are_told(
    dateline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    (tmp_path / "towns.csv").write_text(text)
    assert main(["hazard", str(dateline), "--places", str(tmp_path / "towns.csv")]) == 2
    assert words in capsys.readouterr().err
    assert main(["hazard", str(dateline), "--places", "nowhere.csv"]) == 2
    assert "No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--within", "2 km"], "--within has no meaning for a tsunami run without --places"),
        (["--places", "TOWNS", "--within=-3 km"], "--within -3000 m: expected more than 0"),
        (["--places", "a.csv", "--timezone", "Tokyo"], "--timezone: no time zone is called 'Tokyo'"),
    ],
)
def test_options_that_would_not_be_used_are_refused(
    dateline: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    (towns := tmp_path / "towns.csv").write_text("name,lon,lat\nsea,-179.35,11.05\n")
    options = [str(towns) if one == "TOWNS" else one for one in options]
    assert main(["hazard", str(dateline), *options]) == 2
    assert words in capsys.readouterr().err
