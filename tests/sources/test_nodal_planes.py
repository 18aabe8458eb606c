"""Are the planes of a moment tensor those that made it?"""

import numpy as np
import pytest

from esim.sources.nodal_planes import NodalPlane, both_planes, planes_of, scalar_moment, tensor

# Global CMT 201002270634A, Maule: mrr ... mtp in 1e29 dyn cm, and its two planes.
MAULE = {"mrr": 1.04, "mtt": -0.03, "mpp": -1.01, "mrt": 0.227, "mrp": -1.51, "mtp": -0.12}
SHALLOW, STEEP = NodalPlane(18, 18, 112), NodalPlane(175, 74, 83)


def double_couple(strike: float, dip: float, rake: float) -> np.ndarray:
    """In north, east, down (Aki and Richards 2002, box 4.4)."""
    f, d, r = np.deg2rad([strike, dip, rake])
    sin, cos = np.sin, np.cos
    nn = -(sin(d) * cos(r) * sin(2 * f) + sin(2 * d) * sin(r) * sin(f) ** 2)
    ne = sin(d) * cos(r) * cos(2 * f) + 0.5 * sin(2 * d) * sin(r) * sin(2 * f)
    nd = -(cos(d) * cos(r) * cos(f) + cos(2 * d) * sin(r) * sin(f))
    ee = sin(d) * cos(r) * sin(2 * f) - sin(2 * d) * sin(r) * cos(f) ** 2
    ed = -(cos(d) * cos(r) * sin(f) - cos(2 * d) * sin(r) * cos(f))
    return np.array([[nn, ne, nd], [ne, ee, ed], [nd, ed, sin(2 * d) * sin(r)]])


@pytest.mark.parametrize("angles", [(18, 18, 100), (200, 70, -95), (30, 88, 3), (300, 45, 90), (90, 20, 170)])
def test_one_of_the_planes_is_that_of_the_tensor_and_the_other_has_the_same(angles: tuple[int, ...]) -> None:
    moments = double_couple(*angles)
    first, second = planes_of(moments)
    assert first.dip <= second.dip
    for plane in (first, second, *both_planes(NodalPlane(*angles))):
        np.testing.assert_allclose(double_couple(*plane), moments, atol=1e-7)
    assert any(np.allclose(plane, angles, atol=1e-4) for plane in (first, second))
    assert scalar_moment(moments) == pytest.approx(1.0)


def test_maule_has_the_planes_of_the_catalogue() -> None:
    moments = tensor(MAULE)
    for plane, expected in zip(planes_of(moments), (SHALLOW, STEEP), strict=True):
        np.testing.assert_allclose(plane, expected, atol=3.0)
    assert scalar_moment(moments) == pytest.approx(1.86, rel=0.02)
