"""Faults and the grid that they move: on maps, outside it, smaller than its cells, and in wrong units."""

import json
from pathlib import Path

import numpy as np
import pytest
from support.commands import POND, settings
from support.fault_files import HEAD, NAMES, table, written
from support.sections import section

from esim.cli.run import main
from esim.config.ocean.source import OceanSourceConfig
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.grids.projection import MapProjection
from esim.ocean.advice.faults import check_faults, distance
from esim.sources.ocean import build

UTM = "EPSG:32654"  # zone 54 north, about 141 degrees east
FAULT = {"depth": 5e3, "length": 60e3, "width": 30e3, "strike": 200, "dip": 20, "rake": 90, "slip": 3}


def okada(**more):
    return section(OceanSourceConfig, kind="okada", faults=[FAULT | more])


# Maps


def test_a_fault_in_degrees_on_a_map():
    """Grid north is east of true north by the convergence, atan(tan(lon - 141) sin(lat)) on a sphere (Snyder 1987)."""
    found = build(okada(lon=143, lat=38), False, crs=UTM).fault
    convergence = np.rad2deg(np.arctan(np.tan(np.deg2rad(2)) * np.sin(np.deg2rad(38))))
    assert not found.lonlat and found.strike[0] == pytest.approx(200 - convergence, abs=2e-3)
    middle = build(okada(lon=141, lat=0), False, crs=UTM).fault
    assert (middle.x[0], middle.y[0]) == pytest.approx((5e5, 0.0), abs=1e-3)
    assert middle.strike[0] == pytest.approx(200, abs=1e-6)


def test_uplift_on_a_map_is_that_on_the_globe():
    globe, plane = build(okada(lon=143, lat=38), True), build(okada(lon=143, lat=38), False, crs=UTM)
    assert abs(plane.fault.strike[0] - 200) > 1  # or the turn would not be tested
    for lon, lat in ((143.0, 38.0), (142.7, 38.1), (142.8, 37.7), (143.3, 38.2)):
        x, y = MapProjection(UTM).to_xy(lon, lat)
        there = globe.displacement(np.array([lon]), np.array([lat]), True)
        here = plane.displacement(np.array([x]), np.array([y]), False)
        np.testing.assert_allclose(here, there, atol=0.01)
    assert np.abs(globe.displacement(np.array([142.8]), np.array([38.0]), True)).max() > 0.4


def test_a_plane_without_a_map_has_no_place_for_degrees():
    with pytest.raises(
        InputError, match="the grid is cartesian; expected x and y, or for faults the key grid.crs"
    ):
        build(okada(lon=143, lat=38), False)
    with pytest.raises(InputError, match="EPSG:4326' .* in degree; expected a map projection in metres"):
        build(okada(lon=143, lat=38), False, crs="EPSG:4326")
    with pytest.raises(InputError, match="US survey foot; expected a map projection in metres"):
        build(okada(lon=143, lat=38), False, crs="EPSG:2263")


# Outside, and small


def test_distance_from_a_grid():
    plane = Grid("cartesian", 0, 0, 1e3, 1e3, 30, 20)
    assert distance(plane, 5e3, 5e3) == 0
    assert distance(plane, 33e3, -4e3) == pytest.approx(5e3)
    globe = Grid("lonlat", 170, -10, 1, 1, 20, 20)
    assert distance(globe, -175, 5) == 0  # 185 degrees east
    assert distance(globe, -169, 0) == pytest.approx(6371e3 * np.deg2rad(1), rel=1e-3)


def test_the_region_of_a_fault_west_of_the_grid():
    """Small against the samples of the grid, and beside its edge, where longitudes are counted from."""
    source = build(okada(lon=9.9, lat=0.3, length=8e3, width=8e3, strike=0, slip=1), True)
    grid = Grid("lonlat", 10, -20, 0.02, 0.02, 2000, 2000)
    j0, j1, i0, i1 = source.region(grid)
    rows = slice(900, 1130)
    lift = source.displacement(grid.x()[:100], grid.y()[rows], True)[0]
    j, i = np.nonzero(np.abs(lift) > 1e-4)
    assert i.size and i0 == 0 and i.max() < i1 < 200 and j0 <= j.min() + 900 and j.max() + 900 < j1


def told(source, *cells: float) -> list[str]:
    grids = [
        Grid("cartesian", 0, 0, cell, cell, round(2e5 / cell), round(2e5 / cell)) for cell in cells or (2e3,)
    ]
    return [*source.remarks, *check_faults(grids, [source])]


def test_what_is_odd_about_a_fault_is_told_in_one_line():
    inside = {"x": 1e5, "y": 1e5}
    assert told(build(okada(**inside), False)) == []
    (text,) = told(build(okada(x=3e5, y=1e5, strike=180), False))
    middle = 3e5 - 15e3 * np.cos(np.deg2rad(20))
    assert (
        f"1 of the 1 subfaults that move lie outside the grid, by up to {(middle - 2e5) / 1e3:.3g} km" in text
    )
    (text,) = told(build(okada(**inside), False), 50e3, 40e3)
    assert "1 of 1 subfaults are smaller than a cell of 40 km, down to 30 km" in text
    assert told(build(okada(**inside), False), 50e3, 20e3) == []  # a nest resolves it
    (text,) = told(build(okada(**inside, length=3e3, width=3e3, slip=0.05), False))
    assert "Mw 4.77 is small for a tsunami" in text
    (text,) = told(build(okada(**inside, slip=300), False))
    assert "300 m of slip are more than was ever seen; expected metres, are they centimetres?" in text
    (text,) = told(build(okada(**inside, length=50, width=20), False), 10.0)
    assert "the fault is only 31.6 m long and wide; expected metres, are they kilometres?" in text


def test_an_assumed_rigidity_is_told_with_the_magnitude(tmp_path, capsys):
    rock = ", ".join(f"{name}: {value:g}" for name, value in FAULT.items())
    for more, words in (("", " with an assumed rigidity of 4e+10 Pa"), (", rigidity: 3e10", "")):
        place = "lon: 136.65, lat: 0.1" if more else "x: 16 km, y: 12 km"  # on the map
        fault = f"{{kind: okada, faults: [{{{place}, {rock}}}]{more}}}"
        config, out = pond(tmp_path, fault), tmp_path / f"out{len(more)}"
        assert main([str(config), "--check", "--output", str(out), *settings("run.backend=numpy")]) == 0
        moment = (3e10 if more else 4e10) * 60e3 * 30e3 * 3
        line = f"  source         okada, Mw {(np.log10(moment) - 9.1) / 1.5:.2f}{words}"
        assert line in capsys.readouterr().out.splitlines()
        assert main([str(config), "--output", str(out), *settings("run.backend=numpy")]) == 0
        assert f"Mw {(np.log10(moment) - 9.1) / 1.5:.2f}{words}, largest uplift" in capsys.readouterr().out
        record = json.loads((out / "run.json").read_text())
        assert record["sources"][0]["assumed_rigidity_Pa"] == (None if more else 4e10)


def pond(folder: Path, source: str) -> Path:
    hump = next(line for line in POND.splitlines() if line.startswith("source"))
    text = POND.replace(hump, f"source: [{source}]").replace(
        "kind: cartesian", f"kind: cartesian, crs: '{UTM}'"
    )
    return written(folder / "pond.yaml", text.splitlines())


def test_a_fault_beside_the_grid_moves_it_and_run_json_says_so(tmp_path, caplog):
    """Its file is in degrees, contradicts itself and has no times: all that is said by --check, and kept."""
    head = [line.replace("Nsbfs = 12", "Nsbfs = 4") for line in HEAD]
    written(tmp_path / "a.fsp", [*head, NAMES.replace("TRUP", "FOO"), *table(lon=142.6)])
    # The pond lies on the equator, 100 to 132 km east of 141 degrees.
    config = pond(tmp_path, "{kind: finite_fault, file: a.fsp, kajiura: true}")
    away = settings("grid.x=[600 km, 632 km]", "grid.y=[0, 24 km]", "stations=[]", "run.backend=numpy")
    assert main([str(config), "--check", "--output", str(tmp_path / "out"), *away]) == 0
    expected = ("column 'foo' is not used", "no rupture times", "Nsbfs is 4", "lie outside the grid")
    assert all(words in caplog.text for words in expected)
    assert main([str(config), "--output", str(tmp_path / "out"), *away]) == 0
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert all(sum(words in text for text in record["warnings"]) == 1 for words in expected)
    assert record["sources"][0]["largest_uplift_m"] + record["sources"][0]["largest_subsidence_m"] > 0.01


def test_centimetres_of_slip_are_suspected_before_and_after_the_uplift_is_known(tmp_path, caplog):
    rock = ", ".join(f"{name}: {value:g}" for name, value in (FAULT | {"slip": 300}).items())
    config = pond(tmp_path, f"{{kind: okada, faults: [{{x: 16 km, y: 12 km, {rock}}}]}}")
    short = settings("run.backend=numpy", "time.duration=5 s", "stations=[]")
    assert main([str(config), "--check", *short]) == 0
    assert "source okada: 300 m of slip are more than was ever seen" in caplog.text
    assert main([str(config), "--output", str(tmp_path / "out"), *short]) == 0
    warnings = json.loads((tmp_path / "out" / "run.json").read_text())["warnings"]
    assert sum("expected metres, are they centimetres?" in text for text in warnings) == 2


def test_a_fault_too_far_away_to_move_anything_is_no_error(tmp_path):
    config = pond(tmp_path, "{kind: finite_fault, file: a.fsp, kajiura: true}")
    written(tmp_path / "a.fsp", [*HEAD, NAMES, *table()])
    there = settings(
        "grid.x=[600 km, 632 km]", "grid.y=[2000 km, 2024 km]", "stations=[]", "run.backend=numpy"
    )
    assert main([str(config), "--output", str(tmp_path / "out"), "--check", *there]) == 0
    assert main([str(config), "--output", str(tmp_path / "out"), *there]) == 0


def test_the_crust_says_so_too(tmp_path, caplog):
    head = [line.replace("Nsbfs = 12", "Nsbfs = 4") for line in HEAD]
    written(tmp_path / "a.fsp", [*head, NAMES.replace("TRUP", "FOO"), *table()])
    (tmp_path / "quake.yaml").write_text("""\
scenario: seismic
time: {duration: 5 s}
grid: {kind: cartesian, x: [-200 km, 200 km], y: [-200 km, 200 km], depth: [0, 80 km], spacing: 5 km,
       origin: {lon: 142, lat: 0}}
medium: {kind: layers, layers: [{top: 0, vp: 6000, vs: 3464, rho: 2700}]}
source: [{kind: finite_fault, file: a.fsp}]
output: {directory: out}
""")
    assert main([str(tmp_path / "quake.yaml"), "--check", *settings("run.backend=numpy")]) == 0
    for words in ("column 'foo' is not used", "no rupture times", "Nsbfs is 4"):
        assert words in caplog.text
