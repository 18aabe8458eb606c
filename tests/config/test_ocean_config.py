"""What a YAML file may say, and the sentence that answers what it may not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import junk

from esim.config import from_dict, load, schema
from esim.config.ocean.root import TsunamiConfig
from esim.config.ocean.run import COURANT
from esim.config.yaml import units as u
from esim.errors import InputError

TSUNAMI = """\
scenario: tsunami
title: 2011 Tohoku earthquake and tsunami
time: {start: 2011-03-11T05:46:24Z, duration: 4 h}
grid:
  kind: lonlat
  west: 135
  east: 160
  south: 28
  north: 48
  spacing: 6 arcmin
  boundary: open
bathymetry: {file: data/sea.nc, variable: elevation}
physics: {manning: 0.025, dispersion: none}
source:
  - {kind: finite_fault, file: data/fault.csv, kajiura: true}
stations:
  - {name: "21418", lon: 148.69, lat: 38.71}
output:
  directory: out/tohoku2011
  fields: {every: 5 min, variables: [eta]}
run: {precision: float32, cfl: 0.45}
"""
CHANNEL = """\
scenario: tsunami
time: {duration: 1 h}
grid: {kind: cartesian, x: [-20 km, 20 km], y: [0, 10 km], spacing: 500 m}
bathymetry: {kind: bowl, depth: 100, radius: 10 km}
source: [{kind: hump, x: 0, y: 5 km, height: 1, radius: 2 km}]
output: {directory: out}
"""
SEA = "{file: data/sea.nc, variable: elevation}"
FINITE = "{kind: finite_fault, file: data/fault.csv, kajiura: true}"
FAULT = (
    "lon: 143, lat: 38, depth: 1 km, length: 100 km, width: 50 km, strike: 193, dip: 15, rake: 81, slip: 9"
)
OKADA = f"{{kind: okada, faults: [{{{FAULT}}}]}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with the configuration and the (empty) input files it names."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/sea.nc").touch()
    (tmp_path / "data/fault.csv").touch()
    (tmp_path / "c.yaml").write_text(TSUNAMI)
    return tmp_path


def loaded(folder: Path, old: str = "", new: str = "", overrides: tuple[str, ...] = ()) -> TsunamiConfig:
    """The example with one piece of its text replaced."""
    assert old in TSUNAMI
    (folder / "c.yaml").write_text(TSUNAMI.replace(old, new, 1))
    config = load(folder / "c.yaml", overrides)
    assert isinstance(config, TsunamiConfig)
    return config


def refused(folder: Path, old: str = "", new: str = "", overrides: tuple[str, ...] = ()) -> str:
    """The message for the example with one piece replaced, with the directory taken out."""
    with pytest.raises(InputError) as error:
        loaded(folder, old, new, overrides)
    return str(error.value).replace(f"{folder}/", "")


def test_example_in_si_units_with_defaults(folder: Path) -> None:
    config = loaded(folder)
    assert config.time.start is not None and config.time.start.isoformat() == "2011-03-11T05:46:24+00:00"
    assert config.time.duration == 14400 and config.grid.spacing == (0.1, 0.1)
    assert config.physics.coriolis is True and config.physics.manning == 0.025
    assert config.stations[0].position == (148.69, 38.71)
    assert config.output.fields is not None and config.output.fields.every == 300
    assert config.output.stations.every == 15 and config.output.maxima is not None
    assert config.output.checkpoint is None and (config.run.backend, config.run.cfl) == ("auto", 0.45)
    grid = config.grid.build()
    assert (grid.kind, grid.shape, grid.x0, grid.y0) == ("lonlat", (200, 250), 135, 28)
    assert grid.x(249, 250)[0] == pytest.approx(159.95)


def test_cartesian_defaults(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(CHANNEL)
    config = load(tmp_path / "c.yaml")
    grid = config.grid.build()
    assert (grid.kind, grid.shape, grid.x0, grid.dx, grid.dy) == ("cartesian", (20, 80), -20000, 500, 500)
    assert config.physics.coriolis is False and config.run.cfl == 0.8 and config.output.fields is None


def test_echo_is_json_complete_and_loads_again(folder: Path) -> None:
    config = loaded(folder)
    echo = json.loads(json.dumps(config.echo()))
    assert echo["physics"]["coriolis"] is True and echo["run"]["memory_limit"] is None
    assert echo["time"]["start"] == "2011-03-11T05:46:24Z"
    assert from_dict(echo) == config


@pytest.mark.parametrize(
    ("value", "dimension", "expected"),
    [
        (3, u.LENGTH, 3.0), ("3", u.LENGTH, 3.0), ("50 km", u.LENGTH, 5e4), ("-1.5e1cm", u.LENGTH, -0.15),
        ("5 mm", u.LENGTH, 0.005), ("6 arcmin", u.ANGLE, 0.1), ("9 arcsec", u.ANGLE, 0.0025),
        (".5 deg", u.ANGLE, 0.5),
        ("5 ms", u.TIME, 0.005), ("15 min", u.TIME, 900.0), ("2 h", u.TIME, 7200.0),
        ("1 day", u.TIME, 86400.0),
        ("4 GB", u.MEMORY, 4e9), ("4 GiB", u.MEMORY, 2.0**32), ("40 GPa", u.PRESSURE, 4e10),
        ("36 km/h", u.SPEED, 10.0), ("2.5 km/s", u.SPEED, 2500.0), ("20 mHz", u.FREQUENCY, 0.02),
        ("3 MN", u.FORCE, 3e6), ("1e18 N m", u.MOMENT, 1e18), ("1e7 dyn cm", u.MOMENT, 1.0),
        ("2.7 g/cm3", u.DENSITY, 2700.0), ("0.5 km/s/km", u.SPEED_GRADIENT, 0.5),
        ("20 kg/m3/km", u.DENSITY_GRADIENT, 0.02),
    ],
)  # fmt: skip
def test_units(value: object, dimension: u.Dimension, expected: float) -> None:
    assert u.parse(value, dimension) == expected


BAD = [
    # keys and YAML
    ("spacing:", "spacng:", "c.yaml:10:3: grid.spacng: unknown key, did you mean 'spacing'?"),
    ("kajiura: true", "negligible: 0.001",
     "c.yaml:15:48: source.0.negligible: is now called displacement_cutoff"),
    ("manning: 0.025", "stratification: compressible",
     "physics.stratification: is now called seawater_compressibility; write seawater_compressibility: true"),
    ("manning: 0.025", "loading: elastic",
     "physics.loading: is now called self_attraction_loading; write self_attraction_loading: true"),
    ("y: open", "y: open\n  nests: [{activation: null, ratio: 3}]",
     "grid.nests.0.activation: is now called activation_threshold"),
    ("output:", "outputs:", "c.yaml:18:1: outputs: unknown key, did you mean 'output'?"),
    ("kajiura:", "kajira:", "c.yaml:15:48: source.0.kajira: unknown key, did you mean 'kajiura'?"),
    ("title:", "wavelets:",
     "c.yaml:2:1: wavelets: unknown key, the keys here are 'scenario', 'title', 'time'"),
    ("east:", "west:", "c.yaml:7:3: the key 'west' is given twice"),
    ("title: 2011", "title: 2011:", "c.yaml:2:12: not valid YAML: mapping values are not allowed here"),
    ("2011 Tohoku", "!tag", "c.yaml:2:1: expected plain text, a number, a list or a mapping; YAML tags"),
    ("2011 Tohoku earthquake and tsunami", "2011", "c.yaml:2:1: title: 2011 is not text; write it in quotes"),
    ("scenario: tsunami\n", "",
     "c.yaml:1:1: scenario: is missing; expected one of 'tsunami', 'seismic'"),
    ("directory:", "# directory:", "c.yaml:18:1: output.directory: is missing"),
    ("time: {", "time: 4 h # {", "time: expected a mapping with the keys 'start', 'duration', not '4 h'"),
    (TSUNAMI, "", "c.yaml: expected a mapping such as 'scenario: tsunami', found null"),
    (TSUNAMI, "&a {title: *a}", "a mapping cannot contain itself"),
    (TSUNAMI, "a: \0", "c.yaml: not valid YAML: unacceptable character"),
    ("rio: tsunami", "rio: seizmic", "scenario: 'seizmic' is not a choice here, did you mean 'seismic'?"),
    ("rio: tsunami", "rio: 3", "scenario: 3 is not a choice here, expected one of 'tsunami', 'seismic'"),
    ("scenario: tsunami", "scenaro: tsunami",
     "c.yaml:1:1: scenaro: unknown key, did you mean 'scenario'?"),
    ("rio: tsunami", "rio: sunami",
     "c.yaml:1:1: scenario: 'sunami' is not a choice here, did you mean 'tsunami'?"),
    # units and numbers
    ("6 arcmin", "4 apples", "c.yaml:10:3: grid.spacing: '4 apples' has an unknown unit 'apples'; "
     "expected an angle such as '4 arcmin'"),
    ("6 arcmin", "4 Hz", "grid.spacing: '4 Hz' is a frequency; expected an angle such as '4 arcmin'"),
    ("6 arcmin", "4 h", "grid.spacing: '4 h' is a time; expected an angle such as '4 arcmin'"),
    ("6 arcmin", "[6 arcmin, 4 km]", "c.yaml:10:23: grid.spacing.1: '4 km' is a length; expected an angle"),
    ("6 arcmin", "[1, 1, 1]", "grid.spacing: has 3 items; expected 2"),
    ("6 arcmin", "true", "grid.spacing: true is not an angle"),
    ("6 arcmin", ".nan", "grid.spacing: nan is not a finite number"),
    ("6 arcmin", "0", "grid.spacing: 0 is too small; expected more than 0"),
    ("4 h", "four hours", "c.yaml:3:37: time.duration: 'four hours' is not a time; expected a time such as"),
    ("4 h", "4 Min", "time.duration: '4 Min' has an unknown unit 'Min', did you mean 'min'?"),
    ("4 h", "-4 h", "time.duration: '-4 h' is too small; expected more than 0"),
    ("03-11T", "13-11T", "c.yaml:3:8: time.start: '2011-13-11T05:46:24Z' is not a date and time"),
    ("every: 5 min", "every: 0", "c.yaml:20:12: output.fields.every: 0 is too small; expected at least 0.0001"),
    # the box
    ("west: 135", "west: 175",
     "c.yaml:7:3: grid.east: from west 175 eastward to east 160 is 345 degrees around "
     "the globe: for 15 degrees write west: 160, east: 175; for the wide one write east: 520"),
    ("east: 160", "east: 135", "grid.east: west 135 and east 135 are the same meridian"),
    ("east: 160", "east: 500", "grid.east: from west 135 to east 500 is 365 degrees; expected at most 360"),
    ("south: 28", "south: 50", "c.yaml:9:3: grid.north: 48 is not north of south, 50"),
    ("north: 48", "north: 95", "grid.north: 95 is too large; expected at most 90"),
    ("north: 48", "north: 89.5", "grid.north: 89.5 is too near the pole; expected at most 89 degrees"),
    ("6 arcmin", "0.17", "grid.spacing: 25 degrees from west to east is 147.05882 cells of 0.17 degrees, "
     "not a whole number; east 159.99 or 160.16 would fit"),
    ("6 arcmin", "[5, 20]", "grid.spacing: only 1 cells from south to north; expected at least 4"),
    ("6 arcmin", "1e-300", "grid.spacing: gives 2.5e+301 cells from west to east"),
    ("y: open", "y: opn", "c.yaml:11:3: grid.boundary: unknown kind 'opn', did you mean 'open'?"),
    ("y: open", "y: {wst: wall}", "c.yaml:11:14: grid.boundary.wst: unknown side, did you mean 'west'?"),
    ("y: open", "y: {west: wal}", "grid.boundary.west: unknown kind 'wal', did you mean 'wall'?"),
    ("y: open", "y: [wall, wall]",
     "grid.boundary: expected one kind, or four for west, east, south and north"),
    ("y: open", "y: {west: periodic}", "west 'periodic' and east 'open' do not fit: periodic comes in pairs"),
    ("y: open", "y: [periodic, periodic, wall, wall]",
     "periodic west and east need the whole globe, 360 degrees"),
    ("y: open", "y: {south: periodic, north: periodic}",
     "south and north cannot be periodic on a lonlat grid"),
    ("y: open", "y: sponge\n  sponge_cells: 110",
     "c.yaml:12:3: grid.sponge_cells: 220 cells of sponge fill all 200"),
    ("kind: lonlat", "kind: lonlt", "c.yaml:5:3: grid.kind: unknown kind 'lonlt', did you mean 'lonlat'?"),
    # bathymetry, physics
    (SEA, "{kind: flt}", "c.yaml:12:14: bathymetry.kind: unknown kind 'flt', did you mean 'flat'?"),
    (SEA, "{}", "bathymetry.kind: is missing; expected one of 'file', 'flat', 'slope', 'bowl'"),
    (SEA, "4000", "c.yaml:12:1: bathymetry: expected a mapping with the key 'kind', not 4000"),
    ("y: open", "y:", "grid.boundary: expected one kind, or four for west, east, south and north, not null"),
    ("grid:", "grid: null\nmesh:", "c.yaml:5:1: mesh: unknown key"),
    (f"- {FINITE}", "- ", "source.0: expected a mapping with the key 'kind', not null"),
    (SEA, "{kind: flat, depth: 3 s}", "bathymetry.depth: '3 s' is a time; expected a length such as '50 km'"),
    (SEA, "{kind: bowl, depth: 9, radius: 9}",
     "bathymetry.kind: 'bowl' is measured in metres and needs grid.kind"),
    ("data/sea.nc", "data/see.nc", "bathymetry.file: there is no file data/see.nc, did you mean 'sea.nc'?"),
    ("data/sea.nc", "dat/sea.nc", "bathymetry.file: there is no file dat/sea.nc: the directory"),
    ("data/sea.nc", "$ESIM_NOT_SET/a.nc", "needs the environment variable ESIM_NOT_SET, which is not set"),
    ("0.025", "rough", "physics.manning: 'rough' is not a plain number"),
    ("0.025", "{fil: a.nc}", "physics.manning.fil: unknown key, did you mean 'file'?"),
    ("0.025", "-1", "physics.manning: -1 is too small; expected at least 0"),
    ("dispersion: none", "dispersion: sgn",
     "physics.dispersion: 'sgn' is not a choice here, expected one of 'none'"),
    # sources and stations
    (FINITE, "{kind: finite}",
     "c.yaml:15:6: source.0.kind: unknown kind 'finite', did you mean 'finite_fault'?"),
    (FINITE, "{file: a.csv}",
     "source.0.kind: is missing; expected one of 'finite_fault', 'okada', 'random_slip'"),
    (f"- {FINITE}", FINITE, "c.yaml:14:1: source: expected a list such as [...], not a mapping"),
    ("kajiura: true", "kajiura: maybe", "source.0.kajiura: 'maybe' is not true or false"),
    (FINITE, "{kind: okada, faults: []}", "source.0.faults: must not be empty"),
    (FINITE, OKADA.replace("dip: 15", "dip: 95"),
     "source.0.faults.0.dip: 95 is too large; expected at most 90"),
    (FINITE, OKADA.replace("slip: 9", "slip: 1, reference: center"),
     "faults.0.depth: too shallow: the top edge would"),
    (FINITE, OKADA.replace("lon: 143, lat: 38", "x: 143, y: 38"),
     "source.0.faults.0.x: fault is given by x and y, but grid.kind is 'lonlat'; expected lon and lat in degrees"),
    (FINITE, "{kind: hump, x: 3, y: 3, height: 1, radius: 30 km}",
     "source.0.x: hump is given by x and y, but grid.kind is 'lonlat'; expected lon and lat in degrees"),
    (FINITE, "{kind: hump, lon: 3, y: 3, height: 1, radius: 30 km}",
     "source.0: needs lon and lat, or x and y; it has"),
    ("lon: 148.69", "lon: 170",
     "c.yaml:17:21: stations.0.lon: station '21418' at lon 170, lat 38.71 is outside the "
     "grid, whose cell centres span lon 135.05..159.95, lat 28.05..47.95"),
    ('"21418"', "21418", "c.yaml:17:6: stations.0.name: 21418 is not text; write it in quotes"),
    ("38.71}", "38.71}\n  - {name: '21418', lon: 150, lat: 40}",
     "c.yaml:18:6: stations.1.name: '21418' is already"),
    # output and run
    ("[eta]", "[etta]",
     "c.yaml:20:38: output.fields.variables.0: 'etta' is not a choice here, did you mean 'eta'?"),
    ("[eta]", "[eta, eta]", "output.fields.variables: 'eta' is named twice"),
    ("[eta]", "[]", "output.fields.variables: must not be empty"),
    ("cfl: 0.45", "cfl: 1.2", f"c.yaml:21:27: run.cfl: 1.2 is too large; expected at most {COURANT['nonlinear'][1]}"),
    ("cfl: 0.45", "cfl: 0", "run.cfl: 0 is too small; expected more than 0"),
    ("cfl: 0.45", "dt: 1, adaptive: true", "run.adaptive: cannot be true where dt fixes the time step"),
    ("cfl: 0.45", "backend: CPU", "run.backend: 'CPU' is not a choice here, did you mean 'cpu'?"),
    ("cfl: 0.45", "threads: 2.5", "run.threads: 2.5 is not a whole number"),
    ("cfl: 0.45", "memory_limit: 4 gb",
     "run.memory_limit: '4 gb' has an unknown unit 'gb', did you mean 'GB'?"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), BAD)
def test_bad_input_is_one_sentence(folder: Path, old: str, new: str, sentence: str) -> None:
    message = refused(folder, old, new)
    assert sentence in message and "\n" not in message and message.startswith("c.yaml")


def test_several_problems_one_per_line(folder: Path) -> None:
    bad = "cfl: 2, dt: -1, threads: 0, precision: half, backend: gpu, memory_limit: -1 GB"
    lines = refused(folder, "precision: float32, cfl: 0.45", bad).splitlines()
    assert len(lines) == 6 and lines[5] == "... and 1 more"
    assert all(line.startswith("c.yaml:21:") for line in lines[:5])


@pytest.mark.parametrize(
    ("setting", "key", "expected"),
    [
        ("run.cfl=0.5", "run.cfl", 0.5), ("run.threads=2", "run.threads", 2), ("title=a b", "title", "a b"),
        ("source.0.kajiura=false", "source.0.kajiura", False), ("output.fields=null", "output.fields", None),
        ("grid.spacing=[30 arcmin, 1]", "grid.spacing", [0.5, 1.0]),
        ("time.duration=2 h", "time.duration", 7200.0),
        ("output.checkpoint.every=1 h", "output.checkpoint.every", 3600.0),
        ("time.start=2011-03-11T14:46:24+09:00", "time.start", "2011-03-11T05:46:24Z"),
    ],
)  # fmt: skip
def test_set(folder: Path, setting: str, key: str, expected: object) -> None:
    value: Any = loaded(folder, overrides=(setting,)).echo()
    for part in key.split("."):
        value = value[int(part) if part.isdecimal() else part]
    assert value == expected


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("run.cfl", "expected key.path=value, such as run.cfl=0.5"),
        ("run.clf=0.5", "run.clf: unknown key, did you mean 'cfl'?"),
        ("rum.cfl=0.5", "rum: unknown key, did you mean 'run'?"),
        ("run.cfl=2", "run.cfl: 2 is too large; expected at most 1.47"),
        ("run.cfl.x=2", "run.cfl is 0.45 and has no keys; set run.cfl as a whole"),
        ("source.3.kajiura=true", "source is a list with the items 0 to 0, not '3'"),
        ("run.0=true", "run is not a list, so it has no item 0"),
        ("title=[", "not valid YAML"),
    ],
)
def test_bad_set(folder: Path, setting: str, sentence: str) -> None:
    message = refused(folder, overrides=(setting,))
    assert message.startswith(f"--set {setting}") and sentence in message


def test_paths(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "deep.nc").touch()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("ESIM_DATA", str(folder / "data"))
    config = loaded(folder, overrides=("bathymetry.file=deep.nc",))
    assert config.bathymetry.kind == "file" and config.bathymetry.file == elsewhere / "deep.nc"
    assert config.source[0].kind == "finite_fault" and config.source[0].file == folder / "data/fault.csv"
    assert config.output.directory == elsewhere / "out/tohoku2011"
    config = loaded(folder, "data/sea.nc", "$ESIM_DATA/sea.nc")
    assert config.bathymetry.kind == "file" and config.bathymetry.file == folder / "data/sea.nc"
    config = loaded(folder, "data/sea.nc", "data:bathymetry/nwpacific_4min.nc")
    assert (
        config.bathymetry.kind == "file"
        and str(config.bathymetry.file) == "data:bathymetry/nwpacific_4min.nc"
    )


def test_missing_configuration_names_the_nearest(folder: Path) -> None:
    with pytest.raises(InputError, match=r"d\.yaml: there is no such file, did you mean 'c.yaml'\?"):
        load(folder / "d.yaml")


@pytest.mark.parametrize(
    ("west", "east", "expected"),
    [
        (170, 190, (170, 190)), (170, -170, (170, 190)), (-190, -170, (-190, -170)), (350, 10, (350, 370)),
        (100, 300, (100, 300)), (0, 360, (0, 360)), (-180, 180, (-180, 180)), (-170, 170, (-170, 170)),
    ],
)  # fmt: skip
def test_box_across_the_dateline(folder: Path, west: int, east: int, expected: tuple[float, float]) -> None:
    box = f"west: {west}\n  east: {east}"
    config = loaded(folder, "west: 135\n  east: 160", box, (f"stations.0.lon={west + 1}",))
    grid = config.grid.build()
    assert (grid.x0, grid.x0 + grid.nx * grid.dx) == pytest.approx(expected)
    assert (grid.x()[1:] > grid.x()[:-1]).all()


@pytest.mark.parametrize(
    ("boundary", "expected"),
    [
        ("wall", ("wall",) * 4),
        ("[open, wall, sponge, wall]", ("open", "wall", "sponge", "wall")),
        ("{west: sponge}", ("sponge", "open", "open", "open")),
    ],
)
def test_boundary_forms(folder: Path, boundary: str, expected: tuple[str, ...]) -> None:
    assert loaded(folder, "boundary: open", f"boundary: {boundary}").grid.build().boundary == expected


def test_coriolis_on_a_plane_needs_a_latitude(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(CHANNEL)
    with pytest.raises(InputError, match="physics.coriolis: true on a cartesian grid needs grid.latitude"):
        load(tmp_path / "c.yaml", ["physics.coriolis=true"])
    config = load(tmp_path / "c.yaml", ["physics.coriolis=true", "grid.latitude=40"])
    assert config.grid.build().latitude == 40


@pytest.mark.parametrize("thing", junk.THINGS, ids=repr)
def test_junk_anywhere_never_shows_the_machinery(folder: Path, thing: Any) -> None:
    junk.check_everywhere(loaded(folder, FINITE, f"{FINITE}\n  - {OKADA}").echo(), thing)


def test_schema_describes_every_key_and_agrees(folder: Path) -> None:
    described = schema()
    assert {"TsunamiConfig", "SeismicConfig", "CoupledConfig", "EnsembleConfig", "TwinConfig"} == {
        one["$ref"].split("/")[-1] for one in described["oneOf"]
    }
    for name, model in described["$defs"].items():
        assert model.get("additionalProperties") is False, name
        for key, value in model["properties"].items():
            target = described["$defs"].get(value.get("$ref", "").removeprefix("#/$defs/"), {})
            assert value.get("description", target.get("description")), f"{name}.{key}"
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(described)
    echo = loaded(folder).echo()
    assert validator.is_valid(echo) and validator.is_valid({**echo, "time": {"duration": "4 h"}})
    assert not validator.is_valid({**echo, "tme": 1}) and not validator.is_valid({**echo, "time": {}})


def test_a_configuration_knows_its_input_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once, in the order of the keys, wherever in the sections they are named; none that is written."""
    monkeypatch.chdir(folder)
    for name in ("bay.nc", "track.csv", "manning.nc", "air.nc", "tide.csv", "coast.csv"):
        (folder / "data" / name).touch()
    nest = "{ratio: 3, west: 141, east: 142, south: 38, north: 39, bathymetry: {file: data/bay.nc}}"
    slide = "{kind: landslide, thickness: 9, length: 2 km, motion: {kind: path, file: data/track.csv}}"
    config = loaded(
        folder,
        "boundary: open",
        f"boundary: {{east: incident}}\n  nests: [{nest}]",
        (
            "physics.manning={file: data/manning.nc}",
            f"source=[{FINITE}, {FINITE}, {slide}]",
            "forcing=[{kind: pressure, file: data/air.nc}]",
            "incident=[{kind: series, side: east, file: data/tide.csv}]",
            "output.runup={coast: data/coast.csv}",
        ),
    )
    names = ("bay.nc", "sea.nc", "manning.nc", "fault.csv", "track.csv", "air.nc", "tide.csv", "coast.csv")
    assert config.input_files() == [folder / "data" / name for name in names]
    assert loaded(folder, "fields:", "runup: {}\n  fields:").input_files() == [
        folder / "data/sea.nc",
        folder / "data/fault.csv",
    ]
    (folder / "data/fault.csv").unlink()
    with pytest.raises(InputError, match="data/fault.csv: no such file"):
        config.input_files()


def test_import_is_light() -> None:
    heavy = {"numba", "xarray", "netCDF4", "xxhash", "mpi4py", "matplotlib", "scipy", "dask"}
    code = f"import sys, esim.config; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
