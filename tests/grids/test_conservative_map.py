"""From the cells of a plane to those of a grid: volume, constants, means, and the same weights for any cut."""

import numpy as np
import pytest
from scipy.special import erf

from esim.constants import EARTH_RADIUS
from esim.errors import InputError
from esim.grids import spline
from esim.grids.conservative_map import ConservativeMap, PlaneCells, column_factors
from esim.grids.grid import Grid
from esim.grids.plane_transform import PlaneTransform
from esim.grids.projection import MapProjection, Projection

HERE = PlaneTransform(True, Projection(142.5, 38.0))
SAME = PlaneTransform(False)


def cells(transform, spacing=4e3, nx=60, ny=50):
    return PlaneCells(
        (np.arange(nx) - (nx - 1) / 2) * spacing, (np.arange(ny) - (ny - 1) / 2) * spacing, transform
    )


def lonlat(spacing, west=138.0, south=34.0, size=8.0, **more):
    count = round(size / spacing)
    return Grid("lonlat", west, south, spacing, spacing, count, count, **more)


def plane(spacing, start=-250e3, size=500e3):
    count = round(size / spacing)
    return Grid("cartesian", start, start, spacing, spacing, count, count)


def dome(place, radius=30e3, height=2.0):
    return height * np.exp(-(place.x[None] ** 2 + place.y[:, None] ** 2) / radius**2)


def mapped(place, grid, values, scaled=True):
    """Values on the box of a grid, and the areas of its cells."""
    box = place.region(grid)
    one = ConservativeMap(place, grid, box, box[:2])
    factors = column_factors(place, grid, one.areas()) if scaled else 1.0
    width, height = grid.cell_size(*box[:2])
    return one.apply(spline.coefficients(values) * factors), (width * height)[:, None], box


GRIDS = [
    (HERE, lonlat(0.2)),
    (HERE, lonlat(1 / 15)),
    (HERE, lonlat(0.0125, 141.0, 37.0, 3.0)),
    (SAME, plane(12e3)),
    (SAME, plane(5e3)),
    (SAME, plane(1.3e3)),
]


@pytest.mark.parametrize(("transform", "grid"), GRIDS)
def test_volume_is_kept_to_rounding_and_a_constant_to_a_few_millionths(transform, grid):
    place = cells(transform)
    rough = np.random.default_rng(1).normal(size=place.shape)
    for values in (dome(place), rough):
        found, areas, _ = mapped(place, grid, values)
        volume, moved = (place.areas * values).sum(), (place.areas * np.abs(values)).sum()
        assert abs((found * areas).sum() - volume) < 1e-12 * moved
    ones, _, (j0, j1, i0, i1) = mapped(place, grid, np.ones(place.shape))
    middle = ones[(j1 - j0) // 3 : -(j1 - j0) // 3, (i1 - i0) // 3 : -(i1 - i0) // 3]
    assert middle.size > 10
    np.testing.assert_allclose(middle, 1.0, rtol=0, atol=5e-5)


@pytest.mark.parametrize("spacing", [12e3, 5e3, 1.3e3])
@pytest.mark.parametrize("start", [-250e3, -249.3e3])
def test_a_smooth_dome_has_the_means_of_its_cells(spacing, start):
    place, grid = cells(SAME), plane(spacing, start)
    found, _, (j0, j1, i0, i1) = mapped(place, grid, dome(place))

    def means(centres):
        edges = np.append(centres - spacing / 2, centres[-1] + spacing / 2) / 30e3
        return np.diff(erf(edges)) * 30e3 * np.sqrt(np.pi) / 2 / spacing

    exact = 2.0 * means(grid.y(j0, j1))[:, None] * means(grid.x(i0, i1))
    # Points a quarter of a cell apart, 7.5 cells to the radius: 2e-4 of the height.
    np.testing.assert_allclose(found, exact, rtol=0, atol=2e-4 * 2.0)


def test_a_finer_plane_comes_closer_by_the_fourth_power():
    grid, errors = plane(1e3, -120e3, 240e3), []
    for spacing, count in ((8e3, 30), (4e3, 60)):
        place = cells(SAME, spacing, count, count)
        found, _, (j0, j1, i0, i1) = mapped(place, grid, dome(place, 20e3))
        y, x = grid.y(j0, j1)[:, None], grid.x(i0, i1)
        errors.append(np.abs(found - 2 * np.exp(-(x**2 + y**2) / 20e3**2)).max())
    assert errors[1] < errors[0] / 8


def test_a_cell_finer_than_the_plane_bends_smoothly():
    """The second differences of a field on fine cells have no kinks at the centres of the coarse ones."""
    place, grid = cells(SAME), plane(500.0, -60e3, 120e3)
    values = dome(place, 20e3)
    row = mapped(place, grid, values)[0][120]
    bend = np.diff(row, 2) / 500.0**2
    exact = 2 * 2.0 / 20e3**2  # of the dome at its top
    assert np.abs(np.diff(bend)).max() < 0.15 * exact  # by bilinear interpolation it jumps by all of it
    straight = np.diff(np.interp(grid.x(), place.x, values[25]), 2) / 500.0**2
    assert np.abs(np.diff(straight)).max() > exact


@pytest.mark.parametrize(("transform", "grid"), GRIDS[1::3])
def test_any_cut_of_the_rows_has_the_same_weights_and_areas(transform, grid):
    place = cells(transform)
    box = place.region(grid)
    whole = ConservativeMap(place, grid, box, box[:2])
    values = spline.coefficients(np.stack([dome(place)] * 3))
    cuts = [box[0], box[0] + 7, box[0] + 8, box[1], box[1]]
    parts = [ConservativeMap(place, grid, box, rows) for rows in zip(cuts, cuts[1:], strict=False)]
    np.testing.assert_array_equal(
        np.concatenate([one.apply(values) for one in parts], axis=1), whole.apply(values)
    )
    for order in (parts, parts[::-1]):
        np.testing.assert_array_equal(sum(one.areas() for one in order), whole.areas())


@pytest.mark.long
def test_across_the_dateline_and_the_seam_of_a_globe_it_is_the_same():
    place = cells(PlaneTransform(True, Projection(180.0, 38.0)))
    usual = mapped(place, lonlat(0.1, 176.0, 34.0), dome(place))
    periodic = ("periodic", "periodic", "wall", "wall")
    globe = Grid("lonlat", -180.0, -60.0, 0.1, 0.1, 3600, 1200, periodic)
    found, areas, box = mapped(place, globe, dome(place))
    assert box[2:] == (0, 3600)
    volume = (usual[0] * usual[1]).sum()
    assert (found * areas).sum() == pytest.approx(volume, rel=1e-9)
    assert found[:, 1800].max() == 0.0 and min(found[:, 0].max(), found[:, -1].max()) > 1.8
    west = Grid("lonlat", -184.0, 34.0, 0.1, 0.1, 80, 80)
    np.testing.assert_allclose(mapped(place, west, dome(place))[0], usual[0], rtol=0, atol=1e-9)


def test_areas_are_those_of_the_sphere_and_of_the_plane():
    place = cells(HERE)
    corners = [(-40e3, -30e3), (40e3, 30e3)]
    lon, lat = HERE.from_plane(*np.array(corners).T)
    sphere = EARTH_RADIUS**2 * np.deg2rad(lon[1] - lon[0]) * np.diff(np.sin(np.deg2rad(lat)))[0]
    middle = place.areas[25 - 7 : 25 + 8, 30 - 10 : 30 + 10].sum()  # 15 x 20 cells of 4 km
    assert middle == pytest.approx(sphere * (15 * 20 * 16e6) / (80e3 * 60e3), rel=2e-3)
    np.testing.assert_allclose(cells(SAME).areas, 16e6)


def test_a_grid_that_ends_within_the_plane_has_what_lies_in_it():
    place, grid = cells(SAME), Grid("cartesian", -250e3, -250e3, 5e3, 5e3, 50, 100)  # up to x = 0
    found, areas, _ = mapped(place, grid, dome(place))
    assert (found * areas).sum() == pytest.approx(0.5 * (place.areas * dome(place)).sum(), rel=1e-4)


def test_what_lies_beyond_the_seam_of_a_periodic_plane_is_not_made_up_for():
    place = cells(SAME)
    sides = ("periodic", "periodic", "wall", "wall")
    grid = Grid("cartesian", -250e3, -250e3, 5e3, 5e3, 50, 100, sides)  # up to x = 0
    found, areas, _ = mapped(place, grid, dome(place))
    assert (found * areas).sum() == pytest.approx(0.5 * (place.areas * dome(place)).sum(), rel=1e-4)


def test_a_plane_with_a_place_comes_onto_the_map_of_a_cartesian_grid():
    transform = PlaneTransform(False, Projection(142.5, 38.0), MapProjection("EPSG:32654"))
    place = cells(transform)
    x, y = transform.map.to_xy(142.5, 38.0)
    grid = Grid("cartesian", x - 200e3, y - 200e3, 5e3, 5e3, 80, 80)
    found, areas, (j0, _, i0, _) = mapped(place, grid, dome(place))
    assert (found * areas).sum() == pytest.approx((place.areas * dome(place)).sum(), rel=1e-12)
    top = np.unravel_index(found.argmax(), found.shape)
    assert abs(grid.y()[j0 + top[0]] - y) < 5e3 and abs(grid.x()[i0 + top[1]] - x) < 5e3
    angle = transform.turn(0.0, 0.0)
    assert angle == pytest.approx(-(142.5 - 141) * np.sin(np.deg2rad(38)), abs=0.01)
    with pytest.raises(InputError, match="has no place|no longitude"):
        transform.map.to_lonlat(1e9, 1e9)


def test_the_spline_goes_through_the_values_and_its_adjoint_fits():
    values = np.random.default_rng(2).normal(size=(3, 9, 11))
    found = spline.coefficients(values)
    padded = np.pad(found, ((0, 0), (1, 2), (1, 2)))
    at = np.zeros(3)
    for a, weight in enumerate(spline.basis(np.zeros(()))):
        for b, other in enumerate(spline.basis(np.zeros(()))):
            at = at + weight * other * padded[:, 4 + a, 6 + b]
    np.testing.assert_allclose(at, values[:, 4, 6], atol=1e-12)
    weights = np.random.default_rng(3).normal(size=(9, 11))
    assert (spline.spread(weights) * found[0]).sum() == pytest.approx((weights * values[0]).sum(), abs=1e-12)
    np.testing.assert_allclose(spline.basis(np.linspace(0, 1, 11)).sum(axis=0), 1.0)
