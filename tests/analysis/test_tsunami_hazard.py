"""Are travel times and warnings those of waves that are known?"""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.synthetic_run import CRESTS, SPEED, write_run

from esim.analysis import Run
from esim.analysis.ocean.hazard.travel_times import travel_times
from esim.analysis.ocean.hazard.warning_levels import green, segment_warnings
from esim.cli.main import main
from esim.config.ocean.warning_levels import warning_levels
from esim.errors import InputError
from esim.io.ocean.coastal_segments import read_segments

SHORE = 142.25  # the first column of cells in the sea; there is land to the west of it
SOURCE = 145.25, 37.25


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"))


def height(lon: float, lat: float) -> float:
    """The highest level in the cell there."""
    return 5 / (1 + 111e3 * np.hypot(lon - SOURCE[0], lat - SOURCE[1]) / 2e5)


def square(west: float, south: float, east: float, north: float) -> dict:
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [corners]}


def one_square(path: Path, *bounds: float) -> Path:
    path.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": square(*bounds)}))
    return path


def segments(path: Path) -> Path:
    """Near, far and open sea, and a mountain."""
    shapes = {
        "near": square(141, 36, 143, 38),
        "far": square(141, 28, 143, 29),
        "sea": square(150, 35, 151, 36),
        "inland": square(140, 30, 141, 31),
    }
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": shape} for name, shape in shapes.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


# ------------------------------------------------------------------ travel times


def test_the_travel_times_of_gauges_are_those_of_their_waves(folder: Path) -> None:
    with Run.open(folder) as run:
        found = {one.name: one for one in travel_times(run)}
    for name, (crest, top) in CRESTS.items():
        one = found[name]
        begin = max(0.0, crest - 200 * np.sqrt(np.log(top / 0.01)))  # above 1 cm
        assert one.kind == "gauge" and one.arrival == pytest.approx(begin, abs=15)
        assert (one.first_crest, one.maximum) == pytest.approx((crest, crest), abs=7.5)
        assert one.maximum_height == one.first_crest_height == pytest.approx(top, rel=2e-3)


def test_places_take_the_nearest_cell_of_the_sea(folder: Path, tmp_path: Path) -> None:
    places = tmp_path / "ports.csv"
    places.write_text("name,lon,lat\nport,141.7,37.2\nacross,-214.8,36.8\n")  # on land, and at sea
    out = tmp_path / "out"
    assert (
        main(["hazard", str(folder), "--places", str(places), "--within", "60 km", "--output", str(out)]) == 0
    )
    with (out / "travel_times.csv").open() as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    port = rows["port"]
    assert float(port["maximum_height_m"]) == pytest.approx(height(SHORE, 37.25), rel=1e-5)
    assert float(port["arrival_s"]) == pytest.approx(111e3 * 3 / SPEED, rel=1e-6)
    assert float(port["distance_m"]) == pytest.approx(111.2e3 * np.hypot(0.55 * 0.7965, 0.05), rel=3e-3)
    assert port["arrival_utc"] == "2011-03-11T06:14:09+0000" and port["first_crest_s"] == ""
    assert float(rows["across"]["maximum_height_m"]) == pytest.approx(height(145.25, 36.75), rel=1e-5)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,lon,lat\nA,141,95\n", "line 2: 'A' has no position; expected lon and lat in degrees"),
        ("name,lon\nA,140.2\n", "line 2: 'A' has no position; expected lon and lat in degrees"),
        ("lon,lat\n1,2\n", "has no column of names"),
    ],
)
def test_a_file_without_places_is_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    (tmp_path / "ports.csv").write_text(text)
    assert (
        main(["hazard", str(folder), "--places", str(tmp_path / "ports.csv"), "--output", str(tmp_path)]) == 2
    )
    assert sentence in capsys.readouterr().err


# ------------------------------------------------------------------ warnings


def test_each_segment_has_the_level_of_its_coast(folder: Path, tmp_path: Path) -> None:
    command = [
        "hazard",
        str(folder),
        "--segments",
        str(segments(tmp_path / "a.geojson")),
        "--output",
        str(tmp_path),
    ]
    assert main(command) == 0
    tree = json.loads((tmp_path / "warning_levels.geojson").read_text())
    found = {one["properties"]["segment"]: one["properties"] for one in tree["features"]}
    near, far, sea = (found[name] for name in ("near", "far", "sea"))
    assert near["height_m"] == pytest.approx(height(SHORE, 37.25), rel=1e-3)
    assert (near["cell_lon"], near["cell_lat"]) == (SHORE, 37.25) and near["cells_at"] == "coast"
    assert near["cells"] == 4 and near["arrival_s"] == pytest.approx(111e3 * 3 / SPEED, rel=1e-3)
    assert [found[name]["level"] for name in found] == [
        "Tsunami Warning",
        "Tsunami Advisory",
        "Tsunami Warning",
        "",
    ]
    assert far["height_m"] < 1 < near["height_m"] < 3 and sea["cells_at"] == "sea"
    assert tree["features"][0]["geometry"] == square(141, 36, 143, 38)
    with (tmp_path / "warning_levels.csv").open() as stream:
        assert [row["segment"] for row in csv.DictReader(stream)] == list(found)


def test_greens_law_takes_heights_to_shallow_water(folder: Path, tmp_path: Path) -> None:
    assert green(np.array([1.0, 1.0]), np.array([4096.0, 0.5]), 1.0).tolist() == [8.0, 1.0]
    with Run.open(folder) as run:
        places = read_segments(segments(tmp_path / "a.geojson"), True)
        plain, raised = (
            segment_warnings(run, places, warning_levels("ptwc"), depth)[0] for depth in (None, 1.0)
        )
        assert (plain.level, raised.level) == ("1 to 3 m", "more than 3 m")
        assert (
            raised.height == pytest.approx(plain.height * 4000**0.25) and raised.cell_height == plain.height
        )
        with pytest.raises(InputError, match=r"depth for Green's law is 0 m; expected a positive one"):
            segment_warnings(run, places, warning_levels("jma"), 0.0)


def test_of_nested_grids_the_finest_around_a_place_counts(folder: Path, tmp_path: Path) -> None:
    """A nest over the northern half of the coast: its cells replace those below, and the south still counts."""
    with Run.open(folder) as run:
        maxima = run.maxima.load()
        fine = maxima.interp(lon=np.arange(141.05, 144, 0.1), lat=np.arange(38.05, 40, 0.1), method="nearest")
        nested = replace(run, nests={"bay": fine.assign(eta_max=0.1 * fine.eta_max)})
        (segment,) = read_segments(one_square(tmp_path / "a.geojson", 141, 36, 143, 40), True)
        south = segment_warnings(nested, [segment], warning_levels("jma"))[0]
        nested = replace(run, nests={"bay": fine.assign(eta_max=10 * fine.eta_max)})
        north = segment_warnings(nested, [segment], warning_levels("jma"))[0]
    assert (south.grid, south.y) == ("", 37.25) and south.height == pytest.approx(
        height(SHORE, 37.25), rel=1e-5
    )
    assert north.grid == "bay" and north.height > 10 and south.cells == north.cells == 4 + 20


def test_points_with_a_radius_are_circles_on_the_earth(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,lon,lat,radius_km\nbay,-217.75,37.25,60\n")
    (circle,) = read_segments(tmp_path / "a.csv", True)
    with Run.open(folder) as run:
        (found,) = segment_warnings(run, [circle], warning_levels("jma"))
    assert found.cells == 3 and found.x == SHORE  # half a degree of latitude is 55 km


def test_levels_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "levels.yaml"
    path.write_text(
        "name: mine\nnone: calm\nlevels:\n  - {name: low, above: 50 cm}\n  - {name: high, above: 2 m}\n"
    )
    levels = warning_levels(str(path))
    assert [levels.level(value) for value in (0.5, 0.51, 2.1)] == ["calm", "low", "high"]
    path.write_text("levels:\n  - {name: low, above: 2}\n  - {name: high, above: 1}\n")
    with pytest.raises(InputError, match=r"expected each above the one before it"):
        warning_levels(str(path))
    path.write_text("levels:\n  - {name: low, abov: 2}\n")
    with pytest.raises(InputError, match=r"levels\.yaml:2:\d+: levels\.0\.abov: .*did you mean 'above'"):
        warning_levels(str(path))
    with pytest.raises(InputError, match=r"'jmaa' is no file of warning levels, did you mean 'jma'"):
        warning_levels("jmaa")


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.csv", "name,lon,lat\nbay,142,37\n", "'bay' is a point without a radius"),
        ("a.csv", "name,lon,lat,radius\nbay,142,37,-5\n", "radius of 'bay' is -5 m"),
        ("a.csv", "name,lon,lat,radius\nbay,142,37,5\nbay,142,38,5\n", "two segments are called 'bay'"),
        ("a.csv", "name,lon,lat,radius\nbay,5e5,4e6,5\n", "segment 'bay' is not in degrees"),
        ("a.geojson", '{"type": "LineString", "coordinates": []}', "no coastal segments"),
        ("a.geojson", '{"type": "Feature", "geometry": null}', "'segment 1' has no geometry"),
        ("a.geojson", "nonsense", "expected GeoJSON with polygons or points, or CSV"),
    ],
)
def test_a_file_without_segments_is_refused(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_segments(tmp_path / name, True)


def test_options_of_the_other_scenario_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hazard", str(folder), "--damping", "0.1"]) == 2
    assert "--damping has no meaning for a tsunami run" in capsys.readouterr().err
    assert main(["hazard", str(folder), "--levels", "jma"]) == 2
    assert "--levels has no meaning for a tsunami run without --segments" in capsys.readouterr().err
