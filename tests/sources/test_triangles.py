"""Triangular subfaults: two of them are a rectangle, whose displacement Okada (1985) knows."""

import sys
from pathlib import Path

import numpy as np
import pytest
from support.sections import section

from esim.config.ocean.source import OceanSourceConfig
from esim.errors import InputError
from esim.grids.projection import Projection
from esim.sources import geodesy
from esim.sources.crust import finite_fault
from esim.sources.formats import csv_yaml
from esim.sources.ocean import build, seafloor

STRIKE, DIP, RAKE, SLIP = 30.0, 20.0, 70.0, 3.0
LENGTH, WIDTH, TOP = 40e3, 20e3, 3e3
LON, LAT = 142.0, 38.0
HEAD = "lon1,lat1,depth1,lon2,lat2,depth2,lon3,lat3,depth3_km,slip,rake"


def corner(along: float, down: float, lonlat: bool) -> tuple[float, float, float]:
    """A point of the rectangle, from the middle of its top edge."""
    s, c, level = np.sin(np.deg2rad(STRIKE)), np.cos(np.deg2rad(STRIKE)), down * np.cos(np.deg2rad(DIP))
    x0, y0 = (LON, LAT) if lonlat else (0.0, 0.0)
    x, y = geodesy.travel(x0, y0, along * s + level * c, along * c - level * s, lonlat)
    return x, y, TOP + down * np.sin(np.deg2rad(DIP))


def triangles(folder: Path, lonlat: bool = True, turned: int = 1) -> Path:
    """Two triangles, the corners of the second in the other order."""
    a, b = corner(-LENGTH / 2, 0, lonlat), corner(LENGTH / 2, 0, lonlat)
    c, d = corner(LENGTH / 2, WIDTH, lonlat), corner(-LENGTH / 2, WIDTH, lonlat)
    head = HEAD if lonlat else HEAD.replace("lon", "x").replace("lat", "y")
    lines = ["# rigidity: 3e10", head]
    for three in ((a, c, d)[::turned], (a, c, b)):
        values = [value for x, y, z in three for value in (x, y, z)]
        values[-1] /= 1e3
        lines.append(",".join(f"{value:.9f}" for value in (*values, SLIP, RAKE)))
    path = folder / "slab.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def rectangle(folder: Path, lonlat: bool = True) -> Path:
    x, y = ("lon", "lat") if lonlat else ("x", "y")
    place = f"{LON},{LAT}" if lonlat else "0,0"
    path = folder / "plane.csv"
    path.write_text(
        f"# rigidity: 3e10\n{x},{y},depth,length,width,strike,dip,rake,slip\n"
        f"{place},{TOP},{LENGTH},{WIDTH},{STRIKE},{DIP},{RAKE},{SLIP}\n"
    )
    return path


@pytest.mark.parametrize("turned", [1, -1])
def test_two_triangles_on_a_plane_are_a_rectangle(tmp_path, turned):
    found, known = (
        csv_yaml.read(f) for f in (triangles(tmp_path, False, turned), rectangle(tmp_path, False))
    )
    np.testing.assert_allclose(found.strike, STRIKE, atol=1e-6)
    np.testing.assert_allclose(found.dip, DIP, atol=1e-6)
    assert found.moment() == pytest.approx(3e10 * LENGTH * WIDTH * SLIP, rel=1e-9)
    assert found.top.min() == pytest.approx(TOP) and found.rigidity_given
    x, y = np.linspace(-6e4, 6e4, 31), np.linspace(-5e4, 7e4, 29)
    slope = np.full((29, 31), 0.05)
    for slopes in ((None, None), (slope, -slope)):
        moved, expected = (seafloor.uplift(f, np.zeros(1), x, y, False, *slopes) for f in (found, known))
        np.testing.assert_allclose(moved, expected, atol=1e-9)
        assert np.abs(expected).max() > 1.0


def test_on_the_globe_and_on_a_map(tmp_path):
    x, y = np.linspace(141.4, 142.8, 15), np.linspace(37.5, 38.6, 12)
    globe = build(section(OceanSourceConfig, kind="finite_fault", file=triangles(tmp_path)), True)
    plane = csv_yaml.read(rectangle(tmp_path))
    moved = globe.displacement(x, y, True)
    # Each triangle has its own tangent plane, so that the two differ by the curvature of the globe.
    np.testing.assert_allclose(moved, seafloor.uplift(plane, np.zeros(1), x, y, True), atol=0.01)
    again = csv_yaml.read(tmp_path / "slab.csv")
    np.testing.assert_array_equal(
        seafloor.uplift(again, np.zeros(1), x[3:7], y[2:3], True), moved[:, 2:3, 3:7]
    )
    maps = [
        build(section(OceanSourceConfig, kind="finite_fault", file=file), False, crs="EPSG:32654")
        for file in (triangles(tmp_path), rectangle(tmp_path))
    ]
    east, north = (
        maps[1].fault.x[0] + np.linspace(-4e4, 4e4, 9),
        maps[1].fault.y[0] + np.linspace(-4e4, 4e4, 8),
    )
    here, there = (source.displacement(east, north, False) for source in maps)
    np.testing.assert_allclose(here, there, atol=0.02)


def test_the_crust_divides_triangles(tmp_path):
    """Into points that have the moment of the whole, its middle, and lie in its plane."""
    found = csv_yaml.read(triangles(tmp_path))
    points = finite_fault.sources("slab", found, Projection(LON, LAT), 4e3, rise_time=5.0)
    assert points.total_moment == pytest.approx(found.moment(), rel=1e-6)
    s, c = np.sin(np.deg2rad(STRIKE)), np.cos(np.deg2rad(STRIKE))
    across = points.x * c - points.y * s
    np.testing.assert_allclose(points.depth, TOP + across * np.tan(np.deg2rad(DIP)), atol=100.0)
    along = points.x * s + points.y * c
    assert abs(along.mean()) < 100 and across.mean() == pytest.approx(
        WIDTH / 2 * np.cos(np.deg2rad(DIP)), abs=100
    )
    assert np.ptp(along) == pytest.approx(LENGTH, rel=0.1) and points.x.size == 2 * 12**2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.replace("lat3", "lat"), "line 3: 'lat3' is missing; expected lon1, lat1, depth1"),
        (
            lambda t: t.replace("slip,rake", "slip,rake,dip").replace(",70.000000000", ",70,20"),
            "'dip' has no use",
        ),
        (lambda t: t.replace("lat3", "lat33"), "unknown name 'lat33', did you mean 'lat3'"),
        (
            lambda t: (
                HEAD + "\n1,2,3e3,2,2,3e3,3,2,3,1,90\n".replace("1,2,3e3,2,2,3e3,3,2", "1,0,3e3,2,0,3e3,3,0")
            ),
            "line 2: its corners lie on a line",
        ),
        (
            lambda t: HEAD + "\n1,2,-30,2,2,3e3,3,3,3,1,90\n",
            "line 2: depth puts the top edge above the ground",
        ),
    ],
)
def test_bad_triangles_name_the_line(tmp_path, change, words):
    text = triangles(tmp_path).read_text()
    (tmp_path / "bad.csv").write_text(change(text))
    with pytest.raises(InputError, match=words):
        csv_yaml.read(tmp_path / "bad.csv")


def test_without_the_library_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cutde", None)
    with pytest.raises(
        InputError, match=r"triangles need cutde, which is not there: pip install .*triangles"
    ):
        build(section(OceanSourceConfig, kind="finite_fault", file=triangles(tmp_path)), True)
