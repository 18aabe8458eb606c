"""Does `esim new tsunami` write a configuration that runs, and say what is to be doubted?"""

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from support import fault_files
from support.drafts import MAULE, TOKACHI, cmt, drafted, sea, usgs_event

from esim.cli.main import main
from esim.draft import cost
from esim.drivers.run import driver_of
from esim.parallel.comm import SerialComm

Captured = pytest.CaptureFixture[str]
FLAT = ("--flat", "4 km", "--spacing", "10 arcmin")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and no data beyond those of the package."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ESIM_DATA", raising=False)
    return tmp_path


def refused(captured: Captured, *arguments: object) -> str:
    """What is said in one sentence, with code 2, before anything is written."""
    captured.readouterr()
    assert main(["new", "tsunami", *map(str, arguments), "--output", "new/my.yaml"]) == 2
    out, err = captured.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("esim new: ")
    assert not Path("new/my.yaml").exists()
    return err


def fault(config: Any) -> Any:
    return config.source[0].faults[0]


def test_magnitude_and_place_become_a_rupture_of_that_moment_in_a_box_around_it() -> None:
    config: Any = drafted("tsunami", *MAULE, "--flat", "4 km")
    setup = driver_of(config).check(config, SerialComm())
    assert setup.sources[0].magnitude == pytest.approx(8.8, abs=0.01)
    one = fault(config)
    assert (one.strike, one.dip, one.rake) == (18, 18, 100)
    assert one.length == pytest.approx(523e3, rel=0.01) and one.width == pytest.approx(219e3, rel=0.01)
    grid = config.grid
    assert grid.west < one.lon - 10 < one.lon + 10 < grid.east and grid.south < one.lat - 10 < grid.north - 20
    text = Path("my.yaml").read_text()
    for words in (
        "Thingbaijam et al. (2017), interface",
        "cells per wavelength",
        "farthest corner",
        "of this machine",
    ):
        assert words in text


@pytest.mark.parametrize(("lon", "west"), [(179.5, 160.0), (-179.5, -200.0)])
def test_a_box_crosses_the_date_line(lon: float, west: float) -> None:
    place = f"--magnitude 7.6 --lon {lon} --lat -20 --depth 25 --strike 200 --dip 25 --rake 90".split()
    grid: Any = drafted("tsunami", *place, *FLAT).grid
    assert grid.build().contains(lon, -20.0) and 15 < grid.east - grid.west < 30
    assert abs((grid.west - west + 180) % 360 - 180) < 12


def test_a_moment_tensor_has_two_planes_of_which_the_flatter_is_taken(here: Path, capsys: Captured) -> None:
    config: Any = drafted("tsunami", "--cmt", cmt(here), *FLAT)
    assert fault(config).dip == pytest.approx(19, abs=8) and config.time.start.year == 2003
    assert "Plane 1 is taken" in (out := capsys.readouterr().out) and "--plane 2 takes the other" in out
    Path("my.yaml").unlink()
    other: Any = drafted("tsunami", "--cmt", cmt(here), "--plane", 2, *FLAT)
    assert fault(other).dip > 45


def test_one_of_several_events_is_asked_for(here: Path, capsys: Captured) -> None:
    path = cmt(here)
    path.write_text(TOKACHI + "\n" + TOKACHI.replace("50A", "50B").replace("142.8", "143.8"))
    assert "has 2 events, '200309251950A', '200309251950B'" in refused(capsys, "--cmt", path, *FLAT)
    config: Any = drafted("tsunami", "--cmt", path, "--event", "200309251950B", *FLAT)
    assert config.title == "HOKKAIDO, JAPAN REGION, Mw 8.25 (200309251950B)"
    said = refused(capsys, "--cmt", path, "--event", "200309251950C", *FLAT)
    assert "no events '200309251950C', did you mean '200309251950" in said


def test_point_sources_of_one_earthquake_are_taken_together(here: Path, capsys: Captured) -> None:
    """As in the CMTSOLUTION of the finite faults of the USGS."""
    path = cmt(here)
    other = TOKACHI.replace("50A", "50B").replace("143.8400", "144.8400").replace("30.0000", "60.0")
    path.write_text(TOKACHI + other)
    assert "or all of this one earthquake with --event all" in refused(capsys, "--cmt", path, *FLAT)
    config: Any = drafted("tsunami", "--cmt", path, "--event", "all", *FLAT)
    assert "Mw 8.45 (CMTSOLUTION)" in config.title and "sum of 2 point sources" in capsys.readouterr().out
    assert fault(config).lon == pytest.approx(144.34, abs=0.3)
    path.write_text(TOKACHI + other.replace("19 50 06", "19 55 06"))
    assert "not moment tensors of one origin time" in refused(capsys, "--cmt", path, "--event", "all", *FLAT)


def test_an_explosion_is_no_slip_on_a_plane(here: Path, capsys: Captured) -> None:
    path = cmt(here)
    zeros = {"-0.104e+28": "1.72e+28", "-1.62e+28": "1.72e+28", "0.516e+28": "0"}
    text = TOKACHI
    for old, new in (zeros | {"2.41e+28": "0", "-0.497e+28": "0"}).items():
        text = text.replace(old, new)
    path.write_text(text)
    drafted("tsunami", "--cmt", path, *FLAT)
    assert "Only 0 % of the moment tensor is slip on a plane" in capsys.readouterr().out


def test_an_event_of_the_usgs_has_its_mechanism_or_is_given_one(here: Path, capsys: Captured) -> None:
    config: Any = drafted("tsunami", "--usgs", usgs_event(here), *FLAT)
    assert (fault(config).strike, fault(config).dip) == (220, 26) and config.title == "M 8.3 - Hokkaido"
    out = capsys.readouterr().out
    assert "Magnitude, centroid and planes are those of the moment tensor in event.geojson" in out
    assert config.source[0].faults[0].lon == pytest.approx(143.84, abs=0.5)
    assert "has a finite fault of it: download https://a.b/FFM.geojson and give it to --usgs" in out
    bare = usgs_event(here, products=False)
    said = refused(capsys, "--usgs", bare, *FLAT)
    assert "--strike, --dip and --rake are missing" in said
    assert "its moment-tensor is in https://a.b/us1.geojson: give that file to --usgs" in said
    Path("my.yaml").unlink()
    angles = ("--strike", 210, "--dip", 20, "--rake", 80, "--depth", 30)
    typed: Any = drafted("tsunami", "--usgs", bare, *angles, *FLAT)
    assert fault(typed).strike == 210 and "As typed, not as in the file: depth\n" in capsys.readouterr().out


def test_one_of_a_list_of_the_usgs_is_asked_for(here: Path, capsys: Captured) -> None:
    """As its feeds are: no products, depths that may be missing."""
    events = [
        {
            "type": "Feature",
            "id": f"us{n}",
            "properties": {"mag": 6 + n / 10, "title": f"M {n}"},
            "geometry": place,
        }
        for n, place in enumerate([{"type": "Point", "coordinates": [143, 40, None]}] * 5)
    ]
    (here / "feed.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": events}))
    words = ("--usgs", "feed.geojson", *ANGLES, *FLAT)
    assert "has 5 events; expected --event with an id, us4 (M 4), us3 (M 3), us2 (M 2) ..." in refused(
        capsys, *words
    )
    assert "but no 'us44'; did you mean --event us4?" in refused(capsys, *words, "--event", "us44")
    assert "--depth is missing" in refused(capsys, *words, "--event", "3")
    config: Any = drafted("tsunami", *words, "--event", "3", "--depth", 20)
    assert config.title == "M 2"


@pytest.mark.parametrize(
    "change",
    ['"mag": "big"', '"mag": 8, "time": "now"', '"mag": 8, "products": [1]', '"mag": null', '"place": "mag"'],
)
def test_an_event_that_is_not_as_it_should_be_is_refused(change: str, here: Path, capsys: Captured) -> None:
    geometry = '{"type": "Point", "coordinates": [142, 38, 20]}'
    (here / "bad.json").write_text(
        f'{{"type": "Feature", "properties": {{{change}}}, "geometry": {geometry}}}'
    )
    said = refused(capsys, "--usgs", "bad.json", "--strike", 200, "--dip", 20, "--rake", 90, *FLAT)
    assert "bad.json: " in said or "--magnitude is missing" in said


ANGLES = ("--strike", 210, "--dip", 20, "--rake", 80)


def test_a_finite_fault_is_taken_as_it_is(here: Path, capsys: Captured) -> None:
    file = fault_files.param(here)
    config: Any = drafted("tsunami", "--usgs", file, *FLAT)
    assert config.source[0].kind == "finite_fault" and config.source[0].file == file
    assert "has its own" in refused(capsys, "--usgs", file, "--magnitude", 8, *FLAT)


def test_the_box_is_cut_to_what_the_bathymetry_covers(here: Path, capsys: Captured) -> None:
    file = sea(here, -80, -68, -42, -30, coast=-72.0)
    config: Any = drafted("tsunami", *MAULE, "--bathymetry", file)
    assert (config.grid.west, config.grid.east, config.grid.south, config.grid.north) == (-80, -68, -42, -30)
    assert config.bathymetry.file == file and 'file: "gebco.nc"' in Path("my.yaml").read_text()
    assert "The box is cut to what gebco.nc covers" in capsys.readouterr().out
    far = sea(here, -80, -73, -42, -30)
    assert "expected at least lon -76 to -69" in refused(capsys, *MAULE, "--bathymetry", far)


def test_what_is_shipped_is_taken_where_it_covers_the_rupture_and_nothing_is_made_up(
    capsys: Captured,
) -> None:
    japan = "--magnitude 9.0 --lon 142.9 --lat 38.1 --depth 20 --strike 200 --dip 12 --rake 90".split()
    config: Any = drafted("tsunami", *japan)
    assert str(config.bathymetry.file) == "data:etopo1_nwpacific_6min.nc"
    said = refused(capsys, *MAULE)
    assert (
        "no bathymetry here covers lon -76 to -69" in said
        and "cut lon -94 to -52" in said
        and "--flat" in said
    )


def test_what_the_user_asks_for_holds() -> None:
    asked = ("--duration", "40 min", "--spacing", "300 arcsec", "--box", "-80", "-70", "-40", "-32")
    config: Any = drafted("tsunami", *MAULE, *FLAT, *asked, "--setting", "reverse")
    assert config.time.duration == 2400 and config.grid.spacing == (
        pytest.approx(5 / 60),
        pytest.approx(5 / 60),
    )
    assert (config.grid.west, config.grid.north) == (-80, -32)
    assert config.source[0].rigidity == 30e9


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            "--magnitude 7.5 --depth 10 --strike 30 --dip 85 --rake 3",
            "A strike-slip earthquake lifts the sea floor",
        ),
        ("--magnitude 5.5 --depth 10 --strike 30 --dip 40 --rake 90", "Mw 5.5 is small"),
        ("--magnitude 9.5 --depth 30 --strike 30 --dip 15 --rake 90", "length and width are extrapolated"),
        ("--magnitude 7.5 --depth 150 --strike 30 --dip 40 --rake -90", "it hardly moves the sea floor"),
        (
            "--magnitude 7.0 --lon -68.5 --depth 10 --strike 0 --dip 40 --rake 90",
            "The earthquake lies inland",
        ),
    ],
)
def test_doubts_are_said(values: str, sentence: str, here: Path, capsys: Captured) -> None:
    file = sea(here, -90, -60, -50, -20, coast=-71.0)
    drafted(
        "tsunami", "--lon", -74, "--lat", -36, *values.split(), "--bathymetry", file, "--spacing", "15 arcmin"
    )
    assert sentence in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--magnitude", 8], "--strike, --dip and --rake are missing"),
        ([*MAULE[2:], *FLAT], "--magnitude is missing; expected 3 to 9.7"),
        ([*MAULE, "--magnitude", 99, *FLAT], "--magnitude is 99; expected 3 to 9.7"),
        ([*MAULE, "--magnitude", "nan", *FLAT], "--magnitude is nan"),
        ([*MAULE, "--lat", 84, *FLAT], "beyond 80 degrees of latitude"),
        ([*MAULE[:-2], *FLAT], "expected --strike, --dip and --rake together"),
        ([*MAULE, "--flat", "4 s"], "--flat: '4 s' is a time; expected a length"),
        ([*MAULE, "--flat", "-4 km"], "--flat is -4 km; expected a length above 0"),
        ([*MAULE, *FLAT, "--duration", "0 h"], "--duration is 0 h"),
        ([*MAULE, *FLAT, "--box", -70, -80, 10, 0], "with south below north"),
        (
            [*MAULE, *FLAT, "--box", 140, 150, 30, 40],
            "the rupture, at lon -72.79, lat -36.14, is not in lon 140",
        ),
        ([*MAULE, *FLAT, "--bathymetry", "a.nc"], "--bathymetry and --flat are both given"),
        ([*MAULE, "--bathymetry", "a.nc"], "a.nc: no such file"),
        ([*MAULE, *FLAT, "--event", "a"], "--event a: no file of events is given"),
        (["--usgs", "a.geojson"], "a.geojson: cannot be read"),
        (["--cmt", "a"], "a: no such file"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[Any], sentence: str, capsys: Captured) -> None:
    assert sentence in refused(capsys, *arguments)


def test_a_file_that_is_there_is_replaced_only_where_it_is_asked_for(here: Path, capsys: Captured) -> None:
    def new(*words: str) -> tuple[int, str]:
        code = main(["new", "tsunami", *MAULE, *words, "--output", "my.yaml"])
        return code, capsys.readouterr().err

    file = here / "my.yaml"
    file.write_text("mine")
    code, said = new(*FLAT)
    assert code == 2 and "my.yaml: is there already; --overwrite replaces it" in said
    code, said = new("--flat", "4 km", "--spacing", "15 deg", "--overwrite")  # which the check refuses
    assert code == 2 and re.search(r"my\.yaml:\d+:3: grid.spacing: only 2 cells", said)
    assert ".partial" not in said
    assert file.read_text() == "mine" and [path.name for path in here.iterdir()] == ["my.yaml"]
    drafted("tsunami", *MAULE, *FLAT, "--overwrite")
    assert file.read_text().startswith("# Mw 8.8")


def test_the_time_of_a_run_grows_with_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "quick_time", lambda *work: None)  # as where no rates of this machine are kept
    begins, short, long = (cost.ocean_time(100_000, steps, 1) for steps in (0, 1000, 2000))
    assert begins == pytest.approx(2.5) and long - short == pytest.approx(short - begins)
    assert cost.ocean_time(100_000, 2000, 2) - begins == pytest.approx(short - begins)
    rate = 1e8 / (short - begins)
    assert 1e5 < rate < 1e11  # cell updates per second, of any machine, however busy


def test_warnings_are_shown_once_and_the_root_logger_is_left_alone(here: Path, capsys: Captured) -> None:
    before = list(logging.getLogger().handlers)
    small = "--magnitude 5.5 --lon -72.9 --lat -36.1 --depth 30 --strike 18 --dip 18 --rake 100".split()
    drafted("tsunami", *small, *FLAT)
    assert capsys.readouterr().err.count("esim new: warning: source okada: Mw 5.50 is small") == 1
    assert logging.getLogger().handlers == before and not logging.getLogger("esim").handlers
