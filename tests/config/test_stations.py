"""Stations of files: tables in usual spellings, GeoJSON, StationXML; and all that is wrong with them in one message."""

import json
from pathlib import Path
from typing import Any

import pytest

from esim.cli.run import main
from esim.config import from_dict
from esim.config.crust.root import SeismicConfig
from esim.config.ocean.root import TsunamiConfig
from esim.config.ocean.station import GaugeConfig
from esim.config.stations.groups import unused
from esim.errors import InputError

SEA: dict[str, Any] = {
    "scenario": "tsunami",
    "time": {"duration": 60},
    "grid": {"kind": "lonlat", "west": 140, "east": 150, "south": 30, "north": 40, "spacing": 0.5},
    "bathymetry": {"kind": "flat", "depth": 1000},
    "source": [],
    "output": {"directory": "out"},
}
PLANE = SEA | {"grid": {"kind": "cartesian", "x": [0, 10e3], "y": [0, 10e3], "spacing": 500}}
ROCK: dict[str, Any] = {
    "scenario": "seismic",
    "time": {"duration": 1},
    "grid": {"kind": "cartesian", "x": [-5e3, 5e3], "y": [-5e3, 5e3], "depth": [0, 5e3], "spacing": 250},
    "medium": {"kind": "layers", "layers": [{"top": 0, "vp": 5000, "vs": 3000, "rho": 2700}]},
    "source": [],
    "output": {"directory": "out"},
}
ABROAD = ROCK | {"grid": ROCK["grid"] | {"origin": {"lon": 130, "lat": 33}}}


def gauges(folder: Path, stations: Any, scene: dict[str, Any] = SEA) -> dict[str, tuple[float, float]]:
    """Names and positions of the gauges of a configuration in a folder."""
    cfg = from_dict(scene | {"stations": stations}, folder)
    found = cfg.gauges if isinstance(cfg, TsunamiConfig) else cfg.receivers
    return {one.name: one.position for one in found}


def written(folder: Path, text: str, name: str = "gauges.csv") -> str:
    """The name of a file with a text."""
    (folder / name).write_text(text)
    return name


WANTED = {"21418": (148.694, 38.711), "Ofunato": (141.75, 39.02)}


@pytest.mark.parametrize(
    "text",
    [
        "name,lon,lat\n21418,148.694,38.711\nOfunato,141.75,39.02\n",
        "# buoys\nStation;Latitude;Longitude\n21418;38.711;148.694\n\nOfunato;39.02;141.75\n",
        '\ufeffLONGITUDE [deg E],"LATITUDE [deg N]",Station Name\n148.694,38.711,"21418"\n141.75,39.02,Ofunato\n',
        "lon\tlat\tcode\n148.694\t38.711\t21418\n141.75\t39.02\tOfunato\n",
        "name  lon_deg   lat_deg\n21418 148.694  38.711\nOfunato 141.75 39.02\n",
        "site,lng,lat\r\n21418,-211.306,38.711\r\nOfunato,501.75,39.02\r\n",
    ],
    ids=["commas", "semicolons", "units", "tabs", "blanks", "turns"],
)
def test_tables_in_usual_spellings(tmp_path: Path, text: str) -> None:
    found = gauges(tmp_path, {"file": written(tmp_path, text)})
    assert list(found) == list(WANTED)
    for name, (lon, lat) in WANTED.items():
        assert (found[name][0] % 360, found[name][1]) == pytest.approx((lon, lat))


def test_networks_and_locations_are_part_of_the_name(tmp_path: Path) -> None:
    text = "net,sta,loc,lon,lat\nIU,ANMO,10,141,33\nNZ,BFZ,,142,33\n,KMMH16,,143,33\n"
    assert list(gauges(tmp_path, {"file": written(tmp_path, text)})) == ["IU.ANMO.10", "NZ.BFZ", "KMMH16"]


def test_metres_and_kilometres(tmp_path: Path) -> None:
    text = "name,x [km],northing,depth_m\npier,2.5,1200,8\n"
    assert gauges(tmp_path, {"file": written(tmp_path, text)}, PLANE) == {"pier": (2500, 1200)}
    # A receiver has a depth, a gauge none.
    cfg = from_dict(ROCK | {"stations": {"file": "gauges.csv"}}, tmp_path)
    assert isinstance(cfg, SeismicConfig) and cfg.receivers[0].depth == 8
    assert list(unused([cfg.stations[0]], GaugeConfig, False)) == [
        "stations.0.file: gauges.csv also has depth, which is not used"
    ]


def test_a_file_with_both_kinds_of_positions_serves_both_kinds_of_grids(tmp_path: Path) -> None:
    file = written(tmp_path, "name,country,lon,lat,x,y\nA,JP,145,35,3000,4000\n")
    assert gauges(tmp_path, [{"file": file}]) == {"A": (145, 35)}
    assert gauges(tmp_path, [{"file": file}], PLANE) == {"A": (3000, 4000)}
    cfg = from_dict(SEA | {"stations": {"file": file}}, tmp_path)
    assert isinstance(cfg, TsunamiConfig)
    assert list(unused(cfg.stations, GaugeConfig, True)) == [
        "stations.0.file: gauges.csv also has country, x, y, which is not used"
    ]
    assert from_dict(cfg.echo()) == cfg and cfg.input_files() == [tmp_path / file]


def test_geojson_points(tmp_path: Path) -> None:
    points = [
        {
            "type": "Feature",
            "properties": {"Name": "Ofunato", "kind": "pressure", "sensor": "tide"},
            "geometry": _point(141.75, 39.02),
        },
        {"type": "Feature", "id": 7, "properties": None, "geometry": _point(145, 35, 12.0)},
    ]
    file = written(tmp_path, json.dumps({"type": "FeatureCollection", "features": points}), "g.geojson")
    assert gauges(tmp_path, {"file": file}) == {"Ofunato": (141.75, 39.02), "7": (145, 35)}
    cfg = from_dict(SEA | {"stations": {"file": file}}, tmp_path)
    assert isinstance(cfg, TsunamiConfig) and [one.kind for one in cfg.gauges] == ["pressure", "surface"]
    line = {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}
    written(tmp_path, json.dumps({"type": "Feature", "properties": {}, "geometry": line}), file)
    with pytest.raises(
        InputError, match=r"stations\.file: g\.geojson, feature 1: is a LineString; expected points"
    ):
        gauges(tmp_path, {"file": file})


def _point(*coordinates: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(coordinates)}


def test_stationxml(tmp_path: Path) -> None:
    pytest.importorskip("obspy")
    from obspy.core.inventory import Channel, Inventory, Network, Station

    def channel(code: str, depth: float) -> Channel:
        return Channel(code, "", latitude=33.01, longitude=130.02, elevation=0, depth=depth)

    holes = [channel("HHZ", 120.0), channel("HHN", 120.0)]
    network = Network(
        "BO",
        stations=[
            Station("ABC", latitude=33.01, longitude=130.02, elevation=5, channels=holes),
            Station("XY", latitude=32.99, longitude=129.98, elevation=5),
        ],
    )
    Inventory([network], source="a test").write(str(tmp_path / "net.xml"), format="STATIONXML")
    cfg = from_dict(ABROAD | {"stations": {"file": "net.xml"}}, tmp_path)
    assert isinstance(cfg, SeismicConfig)
    found = [(one.name, one.position, one.depth) for one in cfg.receivers]
    assert found == [("BO.ABC", (130.02, 33.01), 120), ("BO.XY", (129.98, 32.99), 0)]
    written(tmp_path, "<a/>", "net.xml")
    with pytest.raises(InputError, match="net.xml is not StationXML"):
        gauges(tmp_path, {"file": "net.xml"}, ABROAD)


# ------------------------------------------------------------------ settings of lists and files


def test_settings_of_a_list_hold_where_a_gauge_has_none(tmp_path: Path) -> None:
    own = {"name": "own", "lon": 145, "lat": 35, "snap_distance": "3 km"}
    dry = {"name": "dry", "lon": 145, "lat": 36, "snap": None}
    file = written(tmp_path, "name,lon,lat\nA,146,36\n")
    stations = [
        {"list": [own, dry], "snap": "water", "snap_distance": "1 km"},
        {"file": file, "outside": "skip", "snap": "water"},
        {"name": "alone", "lon": 147, "lat": 37},
    ]
    cfg = from_dict(SEA | {"stations": stations}, tmp_path)
    assert isinstance(cfg, TsunamiConfig)
    assert [(one.name, one.snap, one.snap_distance, one.outside) for one in cfg.gauges] == [
        ("own", "water", 3000, "refuse"),
        ("dry", None, 1000, "refuse"),
        ("A", "water", None, "skip"),
        ("alone", None, None, "refuse"),
    ]


def test_what_is_outside_is_skipped_where_it_is_wanted(tmp_path: Path) -> None:
    file = written(tmp_path, "name,lon,lat\nin,145,35\nfar,170,35\nnorth,145,39.9\n")
    cfg = from_dict(SEA | {"stations": {"file": file, "outside": "skip"}}, tmp_path)
    assert isinstance(cfg, TsunamiConfig)
    assert [one.name for one in cfg.gauges] == ["in"]
    assert [one.name for one in cfg.gauges_outside] == ["far", "north"]
    written(tmp_path, "name,lon,lat\nin,130.01,33\nfar,130.2,33\nantipode,-50,-33\n")
    rock = from_dict(ABROAD | {"stations": {"file": file, "outside": "skip", "depth": "1 km"}}, tmp_path)
    assert isinstance(rock, SeismicConfig)
    assert [(one.name, one.depth) for one in rock.receivers] == [("in", 1000)]
    assert [one.name for one in rock.receivers_outside] == ["far", "antipode"]


# ------------------------------------------------------------------ what is wrong


def test_all_faults_of_a_list_are_told_at_once(tmp_path: Path) -> None:
    """In the file two names and a position; in the list a name, positions of the wrong kind, and outside."""
    rows = ["A,145,35", "B,145,35", "A,146,35", "C,135,35", ",145,35", "D,145,200"]
    file = written(tmp_path, "name,lon,lat\n" + "\n".join(rows) + "\n")
    items = [{"file": file}] + [{"name": f"g{n}", "lon": 100 + n, "lat": 35} for n in range(8)]
    items += [{"name": "B", "x": 1, "y": 2}]
    with pytest.raises(InputError) as error:
        gauges(tmp_path, items)
    assert str(error.value).splitlines() == [
        "stations.0.file: gauges.csv, line 6: name: must not be empty",
        "stations.0.file: gauges.csv, line 7: lat: '200' is too large; expected at most 90",
    ]
    written(tmp_path, "name,lon,lat\n" + "\n".join(rows[:4]) + "\n")
    with pytest.raises(InputError) as error:
        gauges(tmp_path, items)
    lines = str(error.value).splitlines()
    box = "is outside the grid, whose cell centres span lon 140.25..149.75, lat 30.25..39.75"
    assert lines == [
        "stations.0.file: gauges.csv, line 4: 'A' is already the name of stations.0 (gauges.csv, line 2); names must "
        "be unique",
        "stations.9.name: 'B' is already the name of stations.0 (gauges.csv, line 3); names must be unique",
        f"stations.0.file: gauges.csv, line 5: station 'C' at lon 135, lat 35 {box}",
        *(f"stations.{n + 1}.lon: station 'g{n}' at lon {100 + n}, lat 35 {box}" for n in range(8)),
        "stations.9.x: station 'B' is given by x and y, but grid.kind is 'lonlat'; expected lon and lat in degrees",
    ]


def test_all_receivers_outside_are_told_at_once(tmp_path: Path) -> None:
    items = [{"name": f"r{n}", "x": 4e3 + 600 * n, "y": 0} for n in range(4)]
    with pytest.raises(InputError) as error:
        gauges(tmp_path, items, ROCK)
    assert [line.split(" is outside")[0] for line in str(error.value).splitlines()] == [
        f"stations.{n}.x: station 'r{n}' at x {4000 + 600 * n}, y 0, depth 0 m" for n in (2, 3)
    ]


def test_each_fault_has_its_line_in_the_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says it in one message with exit code 2 and no traceback, with --check as well."""
    written(tmp_path, "name,lon,lat\nA,145,35\nB,135,35\n")
    config = tmp_path / "sea.yaml"
    scene = {key: value for key, value in SEA.items() if key != "output"}
    lines = [
        "stations:",
        "  - {file: gauges.csv}",
        "  - {name: A, lon: 146, lat: 35}",
        "output: {directory: out}",
    ]
    config.write_text("\n".join([f"{key}: {json.dumps(value)}" for key, value in scene.items()] + lines))
    assert main([str(config), "--check"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(
        f"esim-run: {config}:8:6: stations.1.name: 'A' is already the name of stations.0 (gauges"
    )
    second = f"\n{config}:7:6: stations.0.file: gauges.csv, line 3: station 'B' at lon 135, lat 35 is outside the grid"
    assert second in error and error.count("\n") == 2 and "Traceback" not in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lon,lat\n1,2\n", "has no column of names; expected a first row such as 'name,lon,lat', not 'lon,lat'"),
        ("name,lon,lat\n", "has no stations"),
        ("", "has no stations"),
        ("name,lon,lat\nA,145\n", "gauges.csv, line 2: 2 columns; expected 3 as in the first row"),
        ("name,lon\nA,145\n", "gauges.csv, line 2: needs lon and lat, or x and y; it has lon"),
        ("# a\nname,lon,lat\n\nA,145,3x\n", "gauges.csv, line 4: lat: '3x' has an unknown unit 'x'"),
        ("name,lon [rad],lat\nA,2.5,35\n", "gauges.csv, line 2: lon: '2.5 rad' has an unknown unit 'rad'"),
        ("name,lon,lat,observed\nA,145,35,no.csv\n", "gauges.csv, line 2: observed: there is no file"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be(tmp_path: Path, text: str, sentence: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(InputError) as error:
        gauges(tmp_path, {"file": file})
    assert str(error.value).startswith("stations.file: ") and sentence in str(error.value)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"stations\.0\.file: there is no file .*did you mean 'gauges.csv'"):
        written(tmp_path, "name,lon,lat\nA,145,35\n")
        gauges(tmp_path, [{"file": "gauge.csv"}])
    with pytest.raises(InputError, match="unknown kind of file '.kml'; expected one of '.csv'"):
        gauges(tmp_path, {"file": written(tmp_path, "", "g.kml")})
    (tmp_path / "gauges.csv").write_bytes(b"name,lon,lat\n\xff\xfe,1,2\n")
    with pytest.raises(InputError, match="gauges.csv is not a text file in UTF-8"):
        gauges(tmp_path, {"file": "gauges.csv"})
    with pytest.raises(InputError, match=r"stations\.snapp: unknown key, did you mean 'snap'"):
        gauges(tmp_path, {"file": "gauges.csv", "snapp": "water"})


# Lists of other programs


def test_lists_of_other_programs(tmp_path: Path) -> None:
    specfem = "# comment\nANMO IU 33.01 130.02 1850.0 0.0\nBFZ  NZ 32.99 129.98 0.0 100.0\n"
    cfg = from_dict(ABROAD | {"stations": {"file": written(tmp_path, specfem, "STATIONS")}}, tmp_path)
    assert isinstance(cfg, SeismicConfig)
    assert [(one.name, one.position, one.depth) for one in cfg.receivers] == [
        ("IU.ANMO", (130.02, 33.01), 0), ("NZ.BFZ", (129.98, 32.99), 100),
    ]  # fmt: skip
    (text,) = unused(cfg.stations, type(cfg.receivers[0]), True)
    assert text == "stations.0.file: STATIONS also has elevation, which is not used"
    metres = written(tmp_path, "A XX 1200.0 2500.0 0.0 0.0", "STATIONS_FILTERED")
    assert gauges(tmp_path, {"file": metres}, ROCK) == {"XX.A": (2500, 1200)}
    broadband = (
        "# Lon Lat StationId Vs30(m/s) LP HP\n 130.02 33.01 2001-SCE 371 0.2875 17.6\n129.98 32.99 OBB\n"
    )
    file = {"file": written(tmp_path, broadband, "nr.stl")}
    assert gauges(tmp_path, file, ABROAD) == {"2001-SCE": (130.02, 33.01), "OBB": (129.98, 32.99)}
    (text,) = unused(from_dict(ABROAD | {"stations": file}, tmp_path).stations, type(cfg.receivers[0]), True)
    assert text.endswith("nr.stl also has vs30, frequencies, which is not used")


@pytest.mark.parametrize("name", ["hinet.stl", "stloc.ll", "hinet.stlst"])
def test_lists_of_openswpc(tmp_path: Path, name: str) -> None:
    text = "# lon lat dep stnm zsw\n 130.02 33.01 0.1 N.AAAH 'obb'\n 129.98 32.99 0.2 st02 dep\n130 33 0 sea oba\n"
    cfg = from_dict(ABROAD | {"stations": {"file": written(tmp_path, text, name)}}, tmp_path)
    assert isinstance(cfg, SeismicConfig)
    assert [(one.name, one.depth) for one in cfg.receivers] == [("N.AAAH", 0), ("st02", 200), ("sea", 0)]
    assert cfg.receivers[0].position == (130.02, 33.01)
    (said,) = unused(cfg.stations, type(cfg.receivers[0]), True)
    assert said == f"stations.0.file: {name} also has placement 'oba', which is not used"
    plane = written(tmp_path, "1.5 -2.0 0.0 st01 obb\n", "stloc.xy")
    assert gauges(tmp_path, {"file": plane}, ROCK) == {"st01": (-2000, 1500)}  # x is north there


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        (
            "STATIONS",
            "A XX 33.0\n",
            "STATIONS, line 1: 3 columns; expected station network latitude longitude",
        ),
        ("STATIONS", "\nA XX north 130\n", "STATIONS, line 2: north 130 are not 2 numbers"),
        ("a.stl", "130.0 33.0\n", "a.stl, line 1: 2 columns; expected longitude latitude station"),
        ("a.ll", "130.0 33.0 0.0\n", "a.ll, line 1: 3 columns; expected x y depth station placement"),
        ("a.stl", "# nothing\n", "has no stations"),
    ],
)
def test_bad_lists_name_the_line(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        gauges(tmp_path, {"file": written(tmp_path, text, name)}, ABROAD)
