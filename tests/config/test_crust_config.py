"""What a YAML file of scenario seismic may say, and the sentence that answers what it may not."""

import json
from math import pi
from pathlib import Path
from typing import Any

import pytest
from support import junk

from esim.config import from_dict, load, schema
from esim.config.crust.inside import outside
from esim.config.crust.root import SeismicConfig
from esim.config.crust.time_function import TriangleConfig
from esim.errors import InputError
from esim.media import elevation

LOH1 = """\
scenario: seismic
time: {duration: 9 s}
grid: {kind: cartesian, x: [-15 km, 15 km], y: [-15 km, 15 km], depth: [0, 17 km], spacing: 100 m,
  surface: free, boundary: {kind: cpml, cells: 10}}
medium:
  kind: layers
  layers:
    - {top: 0, vp: 4000, vs: 2000, rho: 2600, qp: 120, qs: 40}
    - {top: 1 km, vp: 6000, vs: 3464, rho: 2700, qp: 155.9, qs: 69.3}
physics: {attenuation: none, order: 4}
source:
  - {kind: moment_tensor, x: 0, y: 0, depth: 2 km, mxy: 1.0e18, time_function: {kind: texp, duration: 0.1 s}}
stations:
  - {name: sta10, x: 6 km, y: 8 km}
output: {directory: out/loh1, stations: {every: 5 ms}}
"""
SOURCE = LOH1.split("source:\n  - ")[1].split("\n")[0]
TEXP = "{kind: texp, duration: 0.1 s}"
FIRST = "{top: 0, vp: 4000, vs: 2000, rho: 2600, qp: 120, qs: 40}"
SECOND = "{top: 1 km, vp: 6000, vs: 3464, rho: 2700, qp: 155.9, qs: 69.3}"
LAYERS = f"  kind: layers\n  layers:\n    - {FIRST}\n    - {SECOND}\n"
GRADIENT = "{kind: gradient, vp: 5000, vs: 2800, rho: 2600, vp_gradient: 0.1 km/s/km, vs_gradient: 0.05}"
DC = f"{{kind: double_couple, x: 0, y: 0, depth: 9 km, strike: 226, dip: 84, rake: -142, time_function: {TEXP}}}"
WAVE = f"{{kind: plane_wave, polarisation: x, depth: 15 km, amplitude: 1 cm/s, time_function: {TEXP}}}"
FAULT = "{kind: finite_fault, file: data/fault.srf}"
STATION = "{name: sta10, x: 6 km, y: 8 km}"
OUTPUT = "stations: {every: 5 ms}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with the (empty) input files that configurations name."""
    (tmp_path / "data").mkdir()
    for name in ("fault.srf", "ak135.tvel", "model.nc", "land.nc", "rate.txt"):
        (tmp_path / "data" / name).touch()
    return tmp_path


def loaded(folder: Path, *changes: tuple[str, str], overrides: tuple[str, ...] = ()) -> SeismicConfig:
    """The example with pieces of its text replaced."""
    text = LOH1
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "c.yaml").write_text(text)
    config = load(folder / "c.yaml", overrides)
    assert isinstance(config, SeismicConfig)
    return config


def refused(folder: Path, *changes: tuple[str, str], overrides: tuple[str, ...] = ()) -> str:
    """The message for the example with pieces replaced, with the directory taken out."""
    with pytest.raises(InputError) as error:
        loaded(folder, *changes, overrides=overrides)
    return str(error.value).replace(f"{folder}/", "")


def function(folder: Path, text: str) -> Any:
    """The time function that a piece of YAML describes."""
    return loaded(folder, (TEXP, text)).source[0].time_function  # type: ignore[union-attr]


# ------------------------------------------------------------------ what is right


def test_the_example_loads_in_si_units_with_defaults(folder: Path) -> None:
    config = loaded(folder)
    assert config.time.duration == 9 and config.time.start is None and config.title == ""
    assert config.grid.spacing == (100, 100, 100) and config.grid.cells == (300, 300, 170)
    assert config.grid.boundary.kinds == ("cpml", "cpml", "cpml") and config.grid.boundary.cells == 10
    assert config.medium.kind == "layers" and config.medium.layers[1].top == 1000
    assert (config.medium.layers[1].qs, config.medium.attenuates) == (69.3, True)
    assert config.medium.random is None and config.topography is None
    physics = config.physics
    assert (physics.order, physics.attenuation, physics.points_per_wavelength) == (4, "none", 5)
    assert physics.band is None and physics.low_pass is True
    (source,) = config.source
    assert source.kind == "moment_tensor" and source.position == (0, 0) and source.depth == 2000
    assert source.moment_tensor == (0, 0, 0, 1e18, 0, 0) and source.onset == 0
    assert source.time_function.kind == "texp" and source.time_function.duration == 0.1
    assert config.stations[0].position == (6000, 8000) and config.stations[0].depth == 0
    assert config.output.stations.every == 0.005 and config.output.stations.variables == ("velocity",)
    assert (
        config.output.fields is None
        and config.output.surface_displacement is None
        and config.output.planes == ()
    )
    assert config.output.maxima is not None and "pgv" in config.output.maxima.variables
    assert (config.run.cfl, config.run.dt, config.run.watchdog) == (0.9, None, True)
    assert (config.run.backend, config.run.precision, config.run.threads) == ("auto", "float32", None)


def test_a_moment_tensor_up_south_and_east_is_turned_to_east_north_and_down(folder: Path) -> None:
    text = "mrr: 1, mtt: 2, mpp: 4, mrt: 8, mrp: 16, mtp: 32"
    (source,) = loaded(folder, ("mxy: 1.0e18", text)).source
    assert source.moment_tensor == (4, 2, 1, -32, -16, 8)  # type: ignore[union-attr]
    (again,) = loaded(folder, ("mxy: 1.0e18", "mxx: 4, myy: 2, mzz: 1, mxy: -32, mxz: -16, myz: 8")).source
    assert again.moment_tensor == source.moment_tensor  # type: ignore[union-attr]


def test_a_centroid_and_a_half_duration_stand_for_onset_and_time_function(folder: Path) -> None:
    old = f"time_function: {TEXP}"
    (source,) = loaded(folder, (old, "centroid_time: 10 s, half_duration: 4 s")).source
    assert source.centroid_time == 10 and source.onset == 0  # type: ignore[union-attr]
    assert source.rate == TriangleConfig(kind="triangle", half_duration=4)  # type: ignore[union-attr]
    assert function(folder, "{kind: cosine, half_duration: 2 s}").length == 4
    (early,) = loaded(folder, (old, f"onset: -3 s, {old}")).source
    assert early.onset == -3  # type: ignore[union-attr]


def test_axes_and_quantities_of_stations_and_maps(folder: Path) -> None:
    output = loaded(folder).output
    assert output.stations.axes == "geographic" and output.maxima is not None
    assert output.maxima.variables == ("pgv", "pga", "pgd", "pgv_horizontal", "pga_horizontal")
    keys = "stations: {every: 5 ms, axes: grid, variables: [acceleration, rotation, rotation_rate]}, maxima: "
    output = loaded(folder, (OUTPUT, keys + "{variables: [pga_east, pga_north, pgv_vertical]}}")).output
    assert output.stations.axes == "grid" and output.stations.variables[1:] == ("rotation", "rotation_rate")
    assert output.maxima is not None and output.maxima.variables[0] == "pga_east"


def test_volume(folder: Path) -> None:
    grid = loaded(
        folder,
        ("spacing: 100 m", "spacing: [100 m, 200 m, 50 m]"),
        ("depth: [0, 17 km]", "depth: [-2 km, 17 km]"),
        ("{top: 0", "{top: -2 km"),
        ("cells: 10", "cells: 10, x: periodic"),
    ).grid.build()
    assert grid.shape == (380, 150, 300) and grid.spacing == (100, 200, 50)
    assert (grid.depth_min, grid.depth_max, grid.horizontal.x0, grid.horizontal.y0) == (
        -2000,
        17000,
        -15000,
        -15000,
    )
    assert grid.horizontal.boundary == ("periodic", "periodic", "cpml", "cpml")


@pytest.mark.parametrize(
    ("boundary", "kinds"),
    [
        ("{}", ("cpml", "cpml", "cpml")),
        ("{kind: sponge, cells: 30}", ("sponge", "sponge", "sponge")),
        ("{kind: periodic}", ("periodic", "periodic", "cpml")),
        ("{kind: periodic, bottom: wall}", ("periodic", "periodic", "wall")),
        ("{x: periodic, y: wall}", ("periodic", "wall", "cpml")),
        ("{kind: wall, bottom: sponge}", ("wall", "wall", "sponge")),
    ],
)
def test_boundary_kinds(folder: Path, boundary: str, kinds: tuple[str, ...]) -> None:
    assert loaded(folder, ("{kind: cpml, cells: 10}", boundary)).grid.boundary.kinds == kinds


def test_media(folder: Path) -> None:
    more = "random: {sigma: 0.05, correlation: 5 km, seed: 7}, q_from_vs: {}, min_vs: 500"
    medium = loaded(
        folder, (f"medium:\n{LAYERS}", f"medium: {{kind: model, file: data/ak135.tvel, {more}}}\n")
    ).medium
    assert medium.kind == "model" and medium.file == folder / "data/ak135.tvel"
    assert medium.random is not None and medium.random.correlation == (5000, 5000, 5000)
    assert (medium.random.kind, medium.random.hurst, medium.random.seed) == ("von_karman", 0.5, 7)
    assert medium.q_from_vs is not None and medium.q_from_vs.qs_per_km_s == 50
    assert medium.min_vs == 500 and medium.attenuates is True
    medium = loaded(folder, (f"medium:\n{LAYERS}", f"medium: {GRADIENT}\n")).medium
    assert medium.kind == "gradient" and (medium.vp_gradient, medium.vs_gradient) == (0.1, 0.05)
    assert medium.rho_gradient == 0 and medium.attenuates is False
    medium = loaded(folder, (f"medium:\n{LAYERS}", "medium: {kind: grid, file: data/model.nc}\n")).medium
    assert medium.kind == "grid" and medium.attenuates is None
    water = loaded(folder, (FIRST, "{top: 0, vp: 1.5 km/s, vs: 0, rho: 1.03 g/cm3}")).medium
    assert water.kind == "layers" and (water.layers[0].vs, water.layers[0].rho) == (0, 1030)


def test_what_a_gridded_medium_attenuates_only_its_file_can_tell(folder: Path) -> None:
    changes = [(f"medium:\n{LAYERS}", "medium: {kind: grid, file: data/model.nc}\n")]
    assert (
        loaded(folder, *changes, ("attenuation: none", "attenuation: coarse")).physics.attenuation == "coarse"
    )


def test_topography_is_the_bathymetry_of_the_ocean_with_water(folder: Path) -> None:
    topography = loaded(folder, overrides=("topography={file: data:relief.nc, water: false}",)).topography
    assert topography is not None and topography.kind == "file" and not topography.water
    config = loaded(folder, overrides=("topography={kind: slope, depth: -1 km, slope: 0.1, direction: 90}",))
    assert config.topography is not None and config.topography.water
    grid = config.grid.build().horizontal
    heights = elevation.build(config.topography, grid).elevation(grid.x(), grid.y())
    assert heights[0, 149] == pytest.approx(995) and heights[0, 150] == pytest.approx(1005)


def test_sources(folder: Path) -> None:
    also = [
        DC.replace("strike", "magnitude: 7.0, strike"),
        DC.replace("strike", "moment: 4e19 N m, onset: 2 s, strike"),
        f"{{kind: explosion, x: 0, y: 0, depth: 1 km, moment: 1e15, time_function: {TEXP}}}",
        f"{{kind: force, x: 0, y: 0, depth: 0, fz: -1 GN, time_function: {TEXP}}}",
        WAVE,
        FAULT.replace("}", ", rise_time: 1 s, rigidity: 30 GPa}"),
    ]
    _, first, second, explosion, force, wave, fault = loaded(
        folder, (SOURCE, "\n  - ".join([SOURCE, *also]))
    ).source
    assert first.kind == "double_couple" and first.scalar_moment == pytest.approx(10**19.6)
    assert second.kind == "double_couple" and (second.scalar_moment, second.onset) == (4e19, 2)
    assert (second.strike, second.dip, second.rake) == (226, 84, -142)
    assert explosion.kind == "explosion" and explosion.moment == 1e15
    assert force.kind == "force" and force.force == (0, 0, -1e9)
    assert wave.kind == "plane_wave" and (wave.polarisation, wave.amplitude) == ("x", 0.01)
    assert fault.kind == "finite_fault" and (fault.rise_time, fault.rigidity, fault.onset) == (1, 3e10, 0)
    assert fault.file == folder / "data/fault.srf" and fault.slip_rate == "cosine"


def test_time_functions(folder: Path) -> None:
    gaussian = function(folder, "{kind: gaussian, sigma: 50 ms}")
    assert (gaussian.width, gaussian.centre) == (0.05, pytest.approx(0.3))
    gaussian = function(folder, "{kind: gaussian, frequency: 2 Hz, delay: 1 s}")
    assert (gaussian.width, gaussian.centre) == (pytest.approx(1 / (4 * pi)), 1)
    ricker = function(folder, "{kind: ricker, frequency: 2 Hz}")
    assert (ricker.frequency, ricker.centre) == (2, 0.75)
    for kind in ("triangle", "cosine", "brune", "kupper", "texp"):
        found = function(folder, f"{{kind: {kind}, duration: 100 ms}}")
        assert (found.kind, found.duration) == (kind, 0.1)
    yoffe = function(folder, "{kind: yoffe, rise_time: 1, acceleration_time: 0.1}")
    assert (yoffe.rise_time, yoffe.acceleration_time) == (1, 0.1)
    assert function(folder, "{kind: file, file: data/rate.txt}").file == folder / "data/rate.txt"


def test_outputs(folder: Path) -> None:
    every = "fields: {every: 1 s}, surface_displacement: {every: 0.5}, maxima: null, checkpoint: {every: 5}, planes: "
    planes = "[{name: a-b_1, x: 0, every: 1, variables: [vz]}, {name: deep, depth: 17 km, every: 1}]"
    output = loaded(folder, (OUTPUT, f"{OUTPUT[:-2]}, sac: true}}, {every}{planes}}}")).output
    assert output.fields is not None and output.fields.variables == ("vx", "vy", "vz")
    assert (
        output.surface_displacement is not None
        and output.surface_displacement.every == 0.5
        and output.maxima is None
    )
    assert output.stations.sac and not output.stations.miniseed
    assert [(p.name, p.axis, p.at) for p in output.planes] == [("a-b_1", "x", 0), ("deep", "depth", 17000)]
    assert output.checkpoint is not None and output.compression == 1


def test_positions_by_lon_and_lat_wait_for_the_projection(folder: Path) -> None:
    config = loaded(
        folder,
        ("spacing:", "origin: {lon: 130.8, lat: 32.8}, spacing:"),
        (STATION, "{name: KMM, lon: 130.7, lat: 32.8, depth: 100}"),
    )
    assert config.grid.origin is not None and config.grid.origin.lat == 32.8
    station, grid = config.stations[0], config.grid.build()
    assert station.lonlat and station.position == (130.7, 32.8)
    assert outside(grid, "KMM", -9000.0, 0.0, 100.0) is None
    assert outside(grid, "KMM", -19000.0, 0.0, 100.0) == (
        "x",
        "KMM is outside the grid, where points lie within x -14950..14950, y -14950..14950, depth 0..16950 m",
    )


def test_a_periodic_axis_holds_every_position(folder: Path) -> None:
    far = (STATION, "{name: sta10, x: 60 km, y: 8 km}")
    assert loaded(folder, far, ("cells: 10", "cells: 10, x: periodic")).stations[0].x == 60000
    assert "'sta10'" in refused(folder, far, ("cells: 10", "cells: 10, y: periodic"))


def test_a_configuration_knows_its_input_files(folder: Path) -> None:
    config = loaded(
        folder,
        (LAYERS, "  {kind: model, file: data/ak135.tvel}\n"),
        ("physics:", "topography: {file: data/land.nc}\nphysics:"),
        (TEXP, "{kind: file, file: data/rate.txt}"),
        ("stations:", f"  - {FAULT}\nstations:"),
    )
    names = ["ak135.tvel", "land.nc", "rate.txt", "fault.srf"]
    assert config.input_files() == [folder / "data" / name for name in names]


def full(folder: Path) -> SeismicConfig:
    """A configuration with everything in it."""
    sources = [SOURCE, DC.replace("strike", "magnitude: 7.0, strike"), WAVE, FAULT]
    files = ("fields", "surface_displacement", "checkpoint")
    planes = ", ".join(["planes: [{name: a, x: 0, every: 1}]", *(f"{name}: {{every: 1}}" for name in files)])
    return loaded(
        folder,
        (SOURCE, "\n  - ".join(sources)),
        ("spacing:", "origin: {lon: 130, lat: 32}, spacing:"),
        ("  kind: layers\n", "  kind: layers\n  random: {sigma: 0.05, correlation: 5 km}\n  q_from_vs: {}\n"),
        ("physics:", "topography: {kind: flat, depth: 0}\nphysics:"),
        ("order: 4", "order: 8, band: [0.1, 10 Hz], reference_frequency: 1"),
        ("duration: 9 s", "start: 2016-04-15T16:25:06Z, duration: 9 s"),
        (OUTPUT, f"{OUTPUT[:-1]}, {planes}}}"),
    )


def test_echo_is_json_complete_and_loads_again(folder: Path) -> None:
    for config in (loaded(folder), full(folder)):
        echo = json.loads(json.dumps(config.echo()))
        assert echo["run"]["cfl"] == 0.9 and echo["physics"]["low_pass"] is True
        assert from_dict(echo) == config


def test_schema_agrees(folder: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(schema())
    echo = full(folder).echo()
    assert validator.is_valid(echo) and validator.is_valid({**echo, "time": {"duration": "4 h"}})
    assert not validator.is_valid({**echo, "tme": 1}) and not validator.is_valid({**echo, "medium": {}})
    assert not validator.is_valid({**echo, "scenario": "tsunami"})


# ------------------------------------------------------------------ what is wrong

BAD = [
    # keys, kinds, units
    ("spacing:", "spacng:", "c.yaml:3:84: grid.spacng: unknown key, did you mean 'spacing'?"),
    ("cells: 10", "cells: 10, cpml_alpha: graded", "grid.boundary.cpml_alpha: is no longer needed"),
    ("cells: 10", "cells: 10, shift: falling", "grid.boundary.shift: is no longer needed: absorbing layers are set"),
    ("order: 4", "memory: bfloat16", "physics.memory: is now called memory_variable_precision"),
    ("output: {", "output: {motion: {every: 1 s}, ", "output.motion: is now called surface_displacement"),
    ("medium:", "medum:", "c.yaml:5:1: medum: unknown key, did you mean 'medium'?"),
    ("scenario: seismic", "scenario: seismik",
     "c.yaml:1:1: scenario: 'seismik' is not a choice here, did you mean 'seismic'?"),
    ("scenario: seismic", "scenario: tsunami", "medium: unknown key"),
    ("kind: cartesian", "kind: lonlat", "grid.kind: 'lonlat' is not a choice here"),
    ("100 m", "100 s", "grid.spacing: '100 s' is a time; expected a length such as '50 km'"),
    ("100 m", "[100, 100]", "grid.spacing: has 2 items; expected 3, or one value for all"),
    ("vp: 4000", "vp: 4 km", "medium.layers.0.vp: '4 km' is a length; expected a speed such as '50 m/s'"),
    ("rho: 2600", "rho: 2.6 g/cc", "medium.layers.0.rho: '2.6 g/cc' has an unknown unit 'g/cc'"),
    ("mxy: 1.0e18", "mxy: 1e18 N",
     "source.0.mxy: '1e18 N' is a force; expected a moment such as '1e18 N m'"),
    # the block
    ("100 m", "130 m", "grid.spacing: 30000 m from west to east is 230.76923 cells of 130 m, not a whole number"),
    ("[0, 17 km]", "[0, 17.05 km]", "grid.spacing: 17050 m from top to bottom is 170.5 cells of 100 m, not a "
     "whole number; bottom 17000 or 17100 would fit"),
    ("[0, 17 km], spacing: 100 m,\n  surface: free, boundary: {kind: cpml, cells: 10}",
     "[0, 600], spacing: 100 m, surface: free, boundary: {kind: cpml, cells: 3}",
     "grid.depth: 6 cells from top to bottom; a free surface of order 4 needs at least 7"),
    ("[0, 17 km]", "[17 km, 0]", "grid.depth: expected [from, to] with from below to, not [17000, 0]"),
    ("[0, 17 km]", "[0, 300]", "grid.spacing: only 3 cells from top to bottom; expected at least 4"),
    ("cells: 10", "cells: 150", "grid.boundary.cells: 300 cells of cpml fill all 300 from west to east"),
    ("cells: 10", "cells: 150, x: wall",
     "grid.boundary.cells: 300 cells of cpml fill all 300 from south to north"),
    ("cells: 10", "cells: 170, x: wall, y: periodic",
     "grid.boundary.cells: 170 cells of cpml fill all 170 from top to bottom"),
    ("free, boundary: {kind: cpml, cells: 10}", "absorbing, boundary: {kind: sponge, cells: 90}",
     "grid.boundary.cells: 180 cells of sponge fill all 170 from top to bottom"),
    ("cells: 10", "cells: 0", "grid.boundary.cells: 0 is too small; expected at least 1"),
    ("kind: cpml", "kind: cmpl", "grid.boundary.kind: 'cmpl' is not a choice here, did you mean 'cpml'?"),
    ("cells: 10", "bottom: periodic", "grid.boundary.bottom: 'periodic' is not a choice here"),
    ("surface: free", "surface: fre", "grid.surface: 'fre' is not a choice here, did you mean 'free'?"),
    ("spacing:", "origin: {lon: 130}, spacing:", "grid.origin.lat: is missing"),
    # the medium
    ("vs: 2000", "vs: 3000", "c.yaml:8:26: medium.layers.0.vs: layer with top 0 m: vp 4000 m/s is 1.33 times vs "
     "3000 m/s; expected at least sqrt(2) times (or vs 0, a fluid)"),
    ("top: 1 km", "top: 0", "medium.layers.1.top: 0 m is not below the top of the layer before, 0 m"),
    ("top: 1 km", "top: -1 km", "medium.layers.1.top: -1000 m is not below the top of the layer before"),
    ("top: 0", "top: 10", "c.yaml:8:8: medium.layers.0.top: the first layer starts at 10 m, below the top of "
     "the grid, 0 m"),
    ("[0, 17 km]", "[-1 km, 17 km]", "medium.layers.0.top: the first layer starts at 0 m, below the top of the"),
    ("vp: 4000", "vp: 4", "medium.layers.0.vp: layer with top 0 m: vp is 4 m/s, expected 100 to 20000 m/s; is it 4 "
     "km/s?"),
    ("vs: 2000", "vs: 2", "vs is 2 m/s, expected 0 (a fluid) or 10 to 15000 m/s; is it 2 km/s?"),
    ("rho: 2600", "rho: 2.6", "rho is 2.6 kg/m3, expected 100 to 20000 kg/m3; is it 2.6 g/cm3?"),
    ("rho: 2600", "rho: 2600 g/cm3", "rho is 2.6e+06 kg/m3, expected 100 to 20000 kg/m3; is it 2600 kg/m3, and not "
     "g/cm3?"),
    ("qs: 40", "qs: 0.025", "medium.layers.0.qs: layer with top 0 m: qs is 0.025, expected 1 or more; is it 1/Q, of a "
     "Q of 40?"),
    ("qs: 40", "qs: 0", "medium.layers.0.qs: 0 is too small; expected more than 0"),
    ("qp: 120", "qp: -1", "medium.layers.0.qp: -1 is too small; expected at least 0"),
    ("rho: 2600", "rho: 0", "medium.layers.0.rho: 0 is too small; expected more than 0"),
    ("vs: 2000", "vs: -1", "medium.layers.0.vs: -1 is too small; expected at least 0"),
    (f"    - {FIRST}\n    - {SECOND}\n", "    []\n", "medium.layers: must not be empty"),
    ("kind: layers", "kind: layer", "medium.kind: unknown kind 'layer', did you mean 'layers'?"),
    (f"medium:\n{LAYERS}", "medium: {kind: model, file: data/ak136.tvel}\n",
     "medium.file: there is no file data/ak136.tvel, did you mean 'ak135.tvel'?"),
    (f"medium:\n{LAYERS}", f"medium: {GRADIENT.replace('0.05', '0.2')}\n",
     "c.yaml:5:1: medium: at depth 17000 m, vp 6700 m/s is 1.08 times vs 6200 m/s"),
    (f"medium:\n{LAYERS}", f"medium: {GRADIENT.replace('0.05', '-0.2')}\n",
     "medium: at depth 17000 m, vp 6700, vs -600 m/s, rho 2600 kg/m3 cannot be negative"),
    ("kind: layers", "random: {sigma: 0.4, correlation: 1 km}\n  kind: layers",
     "medium.random.sigma: 0.4 times limit 3 is 1.2"),
    ("kind: layers", "random: {sigma: 0.05, correlation: [1 km, 1 km]}\n  kind: layers",
     "medium.random.correlation: has 2 items; expected 3, or one value for all"),
    ("kind: layers", "q_from_vs: {qs_per_kms: 5}\n  kind: layers",
     "medium.q_from_vs.qs_per_kms: unknown key, did you mean 'qs_per_km_s'?"),
    ("physics:", "topography: {kind: flt}\nphysics:", "topography.kind: unknown kind 'flt', did you mean 'flat'?"),
    # physics
    ("order: 4", "order: 6", "physics.order: 6 is not a choice here, expected 4 or 8"),
    ("attenuation: none", "attenuation: coarce",
     "physics.attenuation: 'coarce' is not a choice here, did you mean 'coarse'?"),
    ("order: 4", "band: [2, 1]", "physics.band: expected [from, to] with from below to, not [2, 1]"),
    ("order: 4", "band: [0, 1]", "physics.band.0: 0 is too small; expected more than 0"),
    ("order: 4", "band: [0.1, 5], max_frequency: 6",
     "physics.max_frequency: 6 Hz is outside the band of constant Q, 0.1..5 Hz"),
    ("order: 4", "max_frequency: 5 s", "physics.max_frequency: '5 s' is a time; expected a frequency such as '2 Hz'"),
    ("order: 4", "points_per_wavelength: 1", "physics.points_per_wavelength: 1 is too small; expected at least 2"),
    # sources
    ("kind: moment_tensor", "kind: moment", "source.0.kind: unknown kind 'moment', did you mean 'moment_tensor'?"),
    ("mxy: 1.0e18", "mxy: 0", "source.0: needs at least one of mxx, myy, mzz, mxy, mxz, myz that is not 0"),
    ("mxy: 1.0e18", "mxx: 1, mnn: 2", "source.0.mnn: unknown key"),
    ("every: 5 ms", "every: 5 ms, axes: geographical",
     "output.stations.axes: 'geographical' is not a choice here, did you mean 'geographic'?"),
    ("mxy: 1.0e18", "mxy: 1, mrt: 2",
     "source.0.mrt: mxy (x east, y north, z down) and mrt (r up, t south, p east) are of two conventions; give all"),
    ("mxy: 1.0e18", "mxy: 1, centroid_time: 3 s, onset: -1",
     "source.0.centroid_time: 3 s, and onset -1 s: give one of them"),
    ("mxy: 1.0e18", "mxy: 1, half_duration: 3 s", "source.0: needs time_function or half_duration; it has both"),
    (TEXP, "{kind: triangle}", "source.0.time_function: needs duration or half_duration; it has neither"),
    (f", time_function: {TEXP}", "", "source.0.time_function: is missing"),
    (TEXP, "{kind: txp, duration: 1}", "source.0.time_function.kind: unknown kind 'txp', did you mean 'texp'?"),
    (TEXP, "{kind: texp, duration: 0}", "source.0.time_function.duration: 0 is too small; expected more than 0"),
    (TEXP, "{kind: gaussian}", "source.0.time_function: needs sigma or frequency; it has neither"),
    (TEXP, "{kind: gaussian, sigma: 1, frequency: 1}",
     "source.0.time_function: needs sigma or frequency; it has both"),
    (TEXP, "{kind: ricker, duration: 1}", "source.0.time_function.duration: unknown key"),
    (TEXP, "{kind: ricker, frequency: 2 m}",
     "source.0.time_function.frequency: '2 m' is a length; expected a frequency"),
    (TEXP, "{kind: yoffe, rise_time: 1, acceleration_time: 1}",
     "source.0.time_function.acceleration_time: 1 s is not below rise_time, 1 s"),
    (TEXP, "{kind: file, file: data/rates.txt}",
     "source.0.time_function.file: there is no file data/rates.txt, did you mean 'rate.txt'?"),
    ("{kind: moment_tensor, x: 0, y: 0", "{kind: moment_tensor, x: 0, y: -16 km",
     "source.0.y: source at x 0, y -16000, depth 2000 m is outside the grid, where points lie within "
     "x -14950..14950, y -14950..14950, depth 0..16950 m"),
    ("depth: 2 km", "depth: 18 km", "source.0.depth: source at x 0, y 0, depth 18000 m is outside the grid"),
    ("depth: 2 km", "depth: -1", "source.0.depth: source at x 0, y 0, depth -1 m is outside the grid"),
    ("{kind: moment_tensor, x: 0, y: 0", "{kind: moment_tensor, lon: 0, lat: 0",
     "c.yaml:12:27: source.0.lon: source is given by lon and lat, which need grid.origin"),
    ("{kind: moment_tensor, x: 0, y: 0", "{kind: moment_tensor, lon: 0, y: 0",
     "source.0: needs lon and lat, or x and y; it has lon and y"),
    (SOURCE, DC, "source.0: needs magnitude or moment; it has neither"),
    (SOURCE, DC.replace("strike", "magnitude: 7, moment: 1e19, strike"),
     "source.0: needs magnitude or moment; it has both"),
    (SOURCE, DC.replace("strike", "magnitude: 70, strike"),
     "source.0.magnitude: 70 is too large; expected at most 10"),
    (SOURCE, DC.replace("dip: 84", "magnitude: 7, dip: 94"), "source.0.dip: 94 is too large; expected at most 90"),
    (SOURCE, f"{{kind: force, x: 0, y: 0, depth: 0, time_function: {TEXP}}}",
     "source.0: needs at least one of fx, fy, fz that is not 0"),
    (SOURCE, WAVE.replace("15 km", "17 km"),
     "source.0.depth: plane wave from 17000 m is outside the grid, which spans x -15000..15000"),
    (SOURCE, WAVE.replace("polarisation: x", "polarisation: sv"), "source.0.polarisation: 'sv' is not a choice"),
    (SOURCE, FAULT.replace("fault.srf", "falt.srf"),
     "source.0.file: there is no file data/falt.srf, did you mean 'fault.srf'?"),
    # stations
    ("x: 6 km", "x: 60 km", "c.yaml:14:19: stations.0.x: station 'sta10' at x 60000, y 8000, depth 0 m is outside "
     "the grid, where points lie within x -14950..14950"),
    ("y: 8 km}", "y: 8 km, depth: 17 km}", "stations.0.depth: station 'sta10' at x 6000, y 8000, depth 17000 m is"),
    ("y: 8 km}", "y: 8 km, depth: -1}", "stations.0.depth: -1 is too small; expected at least 0"),
    ("x: 6 km, y: 8 km", "lon: 130, lat: 32",
     "stations.0.lon: station 'sta10' is given by lon and lat, which need grid.origin"),
    ("y: 8 km}", "y: 8 km}\n  - {name: sta10, x: 0, y: 0}",
     "c.yaml:15:6: stations.1.name: 'sta10' is already the name of stations.0; names must be unique"),
    # outputs
    ("every: 5 ms", "every: 5 ms, variables: [speed]", "output.stations.variables.0: 'speed' is not a choice here"),
    ("every: 5 ms", "variables: [strain, strain]", "output.stations.variables: 'strain' is named twice"),
    (OUTPUT, "maxima: {variables: [pgvh]}}", "output.maxima.variables.0: 'pgvh' is not a choice here, did you mean"),
    (OUTPUT, "planes: [{name: a b, x: 0, every: 1}]}",
     "output.planes.0.name: 'a b' is not a name for a file; expected up to 100 letters, digits, - and _"),
    (OUTPUT, "planes: [{name: a, every: 1}]}", "output.planes.0: needs one of x, y and depth; it has none"),
    (OUTPUT, "planes: [{name: a, x: 0, y: 0, every: 1}]}",
     "output.planes.0: needs one of x, y and depth; it has x and y"),
    (OUTPUT, "planes: [{name: a, x: 0, every: 1}, {name: a, y: 0, every: 1}]}",
     "output.planes.1.name: 'a' is already the name of output.planes.0; names must be unique"),
    (OUTPUT, "planes: [{name: a, y: 15.1 km, every: 1}]}",
     "output.planes.0.y: plane 'a' at y 15100 is outside the grid, which spans x -15000..15000"),
    (OUTPUT, "fields: {}}", "output.fields.every: is missing"),
    # run
    (OUTPUT, f"{OUTPUT}\nrun: {{cfl: 1.1}}", "run.cfl: 1.1 is too large; expected at most 1"),
    (OUTPUT, f"{OUTPUT}\nrun: {{adaptive: true}}", "run.adaptive: unknown key"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), BAD)
def test_bad_input_is_one_sentence(folder: Path, old: str, new: str, sentence: str) -> None:
    message = refused(folder, (old, new))
    assert sentence in message and "\n" not in message and message.startswith("c.yaml")


def test_attenuation_needs_quality_factors(folder: Path) -> None:
    on = ("attenuation: none", "attenuation: coarse")
    assert loaded(folder, on).physics.attenuation == "coarse"
    bare = [(", qp: 120, qs: 40", ""), (", qp: 155.9, qs: 69.3", "")]
    assert refused(folder, on, *bare).startswith(
        "c.yaml:10:11: physics.attenuation: 'coarse' needs qp, qs or q_from_vs in the medium, which has none"
    )
    assert loaded(folder, on, *bare, overrides=("medium.q_from_vs={}",)).medium.attenuates is True
    assert loaded(folder, on, bare[0]).medium.attenuates is True


def test_a_draped_medium_needs_topography(folder: Path) -> None:
    message = refused(folder, overrides=("medium.draped=true",))
    assert "medium.draped: counts depths from the ground of topography, and there is none" in message
    draped = loaded(folder, overrides=("medium.draped=true", "topography={kind: flat, depth: 0}"))
    assert draped.medium.draped


def test_a_draped_fault_needs_topography_and_a_fault_has_one_rigidity(folder: Path) -> None:
    draped = (SOURCE, FAULT.replace("}", ", draped: true}"))
    message = refused(folder, draped)
    assert "source.0.draped: counts depths from the ground of topography, and there is none" in message
    assert loaded(folder, draped, overrides=("topography={kind: flat, depth: 0}",)).source[0].draped
    two = (SOURCE, FAULT.replace("}", ", rigidity: 30 GPa, rigidity_from: medium}"))
    assert "source.0.rigidity: 3e+10 Pa, and rigidity_from medium: give one of them" in refused(folder, two)


def test_topography_needs_a_free_surface(folder: Path) -> None:
    absorbing = ("surface: free", "surface: absorbing")
    assert loaded(folder, absorbing).grid.surface == "absorbing"
    message = refused(folder, absorbing, overrides=("topography={kind: flat, depth: 0}",))
    assert "grid.surface: 'absorbing' leaves no air above the ground; topography needs 'free'" in message


def test_set(folder: Path) -> None:
    config = loaded(folder, overrides=("grid.spacing=200 m", "physics.order=8", "source.0.depth=3 km"))
    assert config.grid.cells == (150, 150, 85) and config.physics.order == 8
    assert config.source[0].depth == 3000  # type: ignore[union-attr]
    with pytest.raises(InputError, match="--set run.clf=1: run.clf: unknown key, did you mean 'cfl'?"):
        loaded(folder, overrides=("run.clf=1",))


@pytest.mark.parametrize(
    "data", [{}, {"scenario": None}, {"scenario": []}, {"scenario": {}}, [], None, 3], ids=repr
)
def test_what_names_no_scenario(data: Any) -> None:
    with pytest.raises(InputError, match="scenario") as error:
        from_dict(data)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("thing", junk.THINGS, ids=repr)
def test_junk_anywhere_never_shows_the_machinery(folder: Path, thing: Any) -> None:
    junk.check_everywhere(full(folder).echo(), thing)
