"""The transverse Mercator plane of a Cartesian grid."""

import math

import numpy as np
import pytest

from esim.errors import InputError
from esim.grids.axes import meridian_convergence
from esim.grids.projection import Projection

A, F = 6378137.0, 1 / 298.257223563  # WGS84
E2 = F * (2 - F)


def meridian_arc(south, north):
    """Length of the meridian between two latitudes [degrees], by Gauss-Legendre quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    half = math.radians(north - south) / 2
    phi = math.radians((south + north) / 2) + half * nodes
    return half * np.sum(weights * A * (1 - E2) / (1 - E2 * np.sin(phi) ** 2) ** 1.5)


def prime_vertical(lat):
    return A / math.sqrt(1 - E2 * math.sin(math.radians(lat)) ** 2)


def test_the_origin_is_zero_and_the_meridian_keeps_its_length():
    plane = Projection(130.76, 32.75)
    assert plane.to_xy(130.76, 32.75) == pytest.approx((0, 0), abs=1e-6)
    for lat in (28.0, 32.0, 33.5, 40.0):
        x, y = plane.to_xy(130.76, lat)
        assert abs(x) < 1e-6 and y == pytest.approx(meridian_arc(32.75, lat), abs=1e-4)


def test_lengths_grow_as_the_docstring_says():
    plane = Projection(140.0, 36.0)
    for degrees in (1.1, 2.2, 5.5):
        step = 1e-4
        x0, y0 = plane.to_xy(140 + degrees, 36.0)
        x1, y1 = plane.to_xy(140 + degrees + step, 36.0)
        true = prime_vertical(36.0) * math.cos(math.radians(36.0)) * math.radians(step)
        stretch = math.hypot(x1 - x0, y1 - y0) / true - 1
        assert stretch == pytest.approx(x0**2 / (2 * 6.37e6**2), rel=0.02)
        turn = math.degrees(math.atan2(y1 - y0, x1 - x0))
        assert turn == pytest.approx(degrees * math.sin(math.radians(36.0)), rel=0.01)


def test_there_and_back_with_arrays_of_any_shape():
    plane = Projection(-122.0, 37.5)
    lon, lat = np.meshgrid(np.linspace(-126, -118, 7), np.linspace(33, 42, 5))
    x, y = plane.to_xy(lon, lat)
    assert x.shape == (5, 7) and np.ptp(x) > 5e5
    back = plane.to_lonlat(x, y)
    np.testing.assert_allclose(back, (lon, lat), rtol=0, atol=1e-11)
    again = plane.to_xy(lon + 360, lat)
    np.testing.assert_allclose(again, (x, y), rtol=0, atol=1e-6)
    assert np.array_equal(plane.to_xy(lon[2:4, 3:5], lat[2:4, 3:5])[0], x[2:4, 3:5])


def test_across_the_dateline():
    plane = Projection(179.9, 50.0)
    east, west = plane.to_xy(180.2, 50.0), plane.to_xy(-179.8, 50.0)
    assert east == pytest.approx(west) and 0 < east[0] < 25_000


def test_points_without_a_place_are_named():
    plane = Projection(140.0, 36.0)
    with pytest.raises(
        InputError, match=r"lon 140, lat 95 is no point of the Earth or lies too far from the"
    ):
        plane.to_xy(np.array([140.0, 140.0]), np.array([36.0, 95.0]))
    with pytest.raises(InputError, match=r"x 1e\+09, y 0 m lies too far from the origin"):
        plane.to_lonlat(1e9, 0.0)


def test_the_meridian_convergence_is_the_azimuth_of_y():
    plane = Projection(6.0, 62.0)
    lon, lat = np.meshgrid([1.0, 6.0, 9.0, 15.0], [55.0, 62.0, 70.0])
    found = meridian_convergence(plane, lon, lat)
    assert found == pytest.approx(plane._plane().get_factors(lon, lat).meridian_convergence, abs=1e-6)
    assert found[:, 1] == pytest.approx(0, abs=1e-6)
    # A step along y goes to the east of true north where the convergence is positive.
    x, y = plane.to_xy(15.0, 62.0)
    lon1, lat1 = plane.to_lonlat(x, y + 10.0)
    east, north = (lon1 - 15.0) * prime_vertical(62.0) * math.cos(math.radians(62.0)), (lat1 - 62.0) * A
    assert math.degrees(math.atan2(east, north)) == pytest.approx(found[1, 3], abs=0.05)
