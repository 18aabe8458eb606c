"""Have the subfaults of an interface its strike and dip? Against surfaces of which both are known."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from esim.constants import EARTH_RADIUS
from esim.errors import InputError
from esim.sources.geodesy import local
from esim.sources.slab import Slab, divide_slab, read_slab
from esim.sources.subfaults import divide_plane

LON, LAT = np.arange(138.0, 146.01, 0.05), np.arange(34.0, 42.01, 0.05)
CENTRE, RADIUS = (136.0, 38.0), 6.5e5  # of an arc like a trench: the interface dips towards its centre
SLOPE, BEND = 0.15, 6e-7  # at the trench, and how the slope grows [1/m]


def distances(lon, lat) -> tuple[np.ndarray, np.ndarray]:
    """East and north [m] of the centre of the arc."""
    return local(np.asarray(lon), np.asarray(lat), *CENTRE, True)


def arc(lon, lat) -> np.ndarray:
    """Depth [m] of the interface, 8 km at the trench, which bends down towards the centre of its arc."""
    behind = RADIUS - np.hypot(*distances(lon, lat))
    depth = 8e3 + SLOPE * behind + 0.5 * BEND * behind**2
    return np.where((behind >= -5e3) & (behind < 3e5), depth, np.nan)


@pytest.fixture(scope="module")
def slab() -> Slab:
    return Slab(Path("arc.grd"), LON, LAT, arc(LON, LAT))


def test_a_curved_interface_has_its_strike_dip_and_depth_everywhere(slab):
    found = divide_slab(slab.within((None, None, 36, 40)), (10e3, 40e3), (40e3, 20e3), 90.0)
    assert found.x.size > 50
    for n in range(found.x.size):
        centre = local(np.array([CENTRE[0]]), np.array([CENTRE[1]]), found.x[n], found.y[n], True)
        east, north = (float(one[0, 0]) for one in centre)
        behind = RADIUS - np.hypot(east, north)
        strike = np.rad2deg(np.arctan2(east, north)) - 90  # downwards is towards the centre, to the right
        assert abs((found.strike[n] - strike + 180) % 360 - 180) < 0.5
        dip = np.rad2deg(np.arctan(SLOPE + BEND * behind))
        assert found.dip[n] == pytest.approx(dip, abs=0.2)
        assert found.depth[n] == pytest.approx(8e3 + SLOPE * behind + 0.5 * BEND * behind**2, abs=150)
    assert np.allclose(found.width, 20e3, rtol=0.01)
    assert found.depth.min() < 14e3 and found.depth.max() <= 40e3


def test_columns_narrow_towards_the_centre_of_an_arc(slab):
    """So that neighbours have a side in common: a column has one angle as seen from the centre."""
    found = divide_slab(slab.within((None, None, 36, 40)), (10e3, 40e3), (20e3, 20e3), 90.0)
    radius = np.array([np.hypot(*distances([x], [y]))[0, 0] for x, y in zip(found.x, found.y, strict=True)])
    angles = found.length / radius
    assert np.ptp(radius) > 5e4 and np.ptp(angles) < 0.01 * angles.mean()


def test_the_upper_edge_may_run_along_the_rim(slab):
    """At 8 km, a node from where the grid ends, the line is as long as the arc of its radius between the limits."""
    found = divide_slab(slab.within((None, None, 36, 40)), (8e3, 20e3), (20e3, 20e3), 90.0)
    length = float(found.remarks[-1].split(" km, ")[1].split(" km")[0]) * 1e3
    angle = 2 * np.arcsin(np.deg2rad(2) * EARTH_RADIUS / RADIUS)
    assert length == pytest.approx(RADIUS * angle, abs=2e4)  # two nodes at each end


def test_a_plane_of_the_map_has_one_strike_and_dip():
    """An interface that dips north on a small piece of the equator, where degrees are alike."""
    lon, lat = np.arange(0.0, 2.01, 0.02), np.arange(-1.0, 1.01, 0.02)
    north = np.deg2rad(lat) * EARTH_RADIUS
    depth = np.repeat((40e3 + 0.3 * north)[:, None], lon.size, axis=1)
    found = divide_slab(Slab(Path("plane"), lon, lat, depth), (20e3, 60e3), (30e3, 20e3), 100.0)
    assert np.allclose(found.strike, 270, atol=0.02) and np.allclose(
        found.dip, np.rad2deg(np.arctan(0.3)), atol=0.02
    )
    assert np.allclose(found.width, 20e3, rtol=1e-3) and np.all(found.rake == 100)


@pytest.mark.parametrize("sign", [1, -1])
def test_slab2_is_read_as_it_is_published(sign, slab, tmp_path):
    """As NetCDF with longitudes from 0 to 360 and depths in km below zero, and as text with commas."""
    depth = sign * slab.depth / 1e3
    grid = xr.Dataset({"z": (("y", "x"), depth)}, coords={"y": LAT, "x": LON})
    grid.to_netcdf(tmp_path / "slab.grd")
    points = [
        f"{lon:.2f},{lat:.2f},{value:.6f}"
        for lat, row in zip(LAT[::4], depth[::4, ::4], strict=True)
        for lon, value in zip(LON[::4], row, strict=True)
    ]
    (tmp_path / "slab.xyz").write_text("\n".join(points) + "\n")
    found = read_slab(tmp_path / "slab.grd")
    assert np.allclose(found.depth, slab.depth, equal_nan=True) and np.allclose(found.lon, LON)
    assert found.remarks == ("slab.grd: no unit; depths are taken as km",)
    assert np.allclose(read_slab(tmp_path / "slab.xyz").depth, slab.depth[::4, ::4], atol=0.1, equal_nan=True)


def test_depths_that_the_interface_does_not_have_are_refused(slab):
    with pytest.raises(
        InputError,
        match=r"lies between depths of 7.* and .* km there; expected the first of slab.depth, 3 km",
    ):
        divide_slab(slab, (3e3, 40e3), (50e3, 25e3), 90.0)
    with pytest.raises(InputError, match="has no depth within the limits"):
        divide_slab(slab.within((100, 120, None, None)), (10e3, 40e3), (50e3, 25e3), 90.0)
    with pytest.raises(InputError, match="no subfault of 50 x 25 km lies between depths of 10 and 11 km"):
        divide_slab(slab, (10e3, 11e3), (50e3, 25e3), 90.0)


def test_a_plane_is_divided_into_equal_parts():
    found = divide_plane(
        False, (1e3, 2e3), depth=5e3, length=90e3, width=40e3, strike=0, dip=30, size=(28e3, 21e3), rake=80
    )
    assert found.x.size == 6 and set(found.length) == {30e3} and set(found.width) == {20e3}
    assert np.allclose(found.y - 2e3, [-30e3, 0, 30e3] * 2)
    assert np.allclose(found.x - 1e3, np.repeat([10e3, 30e3], 3) * np.cos(np.pi / 6))
    assert np.allclose(found.depth, np.repeat([10e3, 20e3], 3)) and found.top.min() == pytest.approx(5e3)
