"""What files of elevations hold: marks for missing values, depths, datums; and several files on each other."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from esim.config.elevation import BathymetryConfig
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io import netcdf
from esim.media import elevation

GRID = Grid("cartesian", 0.0, 0.0, 100.0, 100.0, 40, 30)
WIDE = np.arange(-1000.0, 5001.0, 100.0)  # nodes at the corners of cells, and beyond the grid


def sea(x, y):
    """A sea of 20 to 60 m, exact in binary."""
    return -20.0 - np.asarray(x)[None, :] / 128 - np.asarray(y)[:, None] / 512


def saved(path, x, y, values, names=("y", "x"), name="z", **attributes):
    with netcdf.create(path) as data:
        for axis, nodes in zip(names, (y, x), strict=True):
            data.createDimension(axis, len(nodes))
            data.createVariable(axis, "f8", (axis,))[:] = nodes
        variable = data.createVariable(name, "f8", names, fill_value=False)
        variable.setncatts(attributes)
        variable[:] = values
    return path


def build(*layers, grid=GRID, **keys):
    """The elevation of one file with keys, or of a list of sections."""
    given = [layer if isinstance(layer, dict) else {"file": layer} for layer in layers]
    value = given if len(given) > 1 else given[0] | keys
    bed = elevation.build(TypeAdapter(BathymetryConfig).validate_python(value), grid)
    bed.check()
    return bed


def whole(bed, grid=GRID):
    return bed.elevation(grid.x(), grid.y())


# Marks that no attribute declares


@pytest.fixture
def holed(tmp_path):
    """The sea with a mark in a corner of it."""

    def with_mark(mark, size=6, **attributes):
        values = sea(WIDE, WIDE)
        values[20 : 20 + size, 30 : 30 + size] = mark
        return saved(tmp_path / "holed.nc", WIDE, WIDE, values, **attributes)

    return with_mark


@pytest.mark.parametrize("mark", [-9999.0, -99999.0, -32767.0, -32768.0, 1e20, -3.4028234663852886e38])
def test_undeclared_marks_are_no_ground(holed, mark):
    """Refused with value, number, place and keys; missing, where they are declared; real where that is said."""
    path, shown = holed(mark), f"{mark:.9g}"
    with pytest.raises(InputError) as caught:
        whole(build(path))
    assert f"z is {shown} at x 2000, y 1000 and 35 other nodes near it" in str(caught.value)
    assert f"set missing: {shown} beside file" in str(caught.value)
    with pytest.raises(InputError, match="no value .NaN or missing. at 49 cells"):
        whole(build(path, missing=float(shown)))
    if abs(mark) < 1e6:
        assert whole(build(path, range=[-1e6, 1e6]))[12, 22] == mark
    with pytest.raises(InputError, match="expected -50 to 10"):
        whole(build(path, missing=mark, range=[-50, 10]))


def test_the_default_fill_value_of_netcdf_is_missing_without_being_declared(holed):
    with pytest.raises(InputError, match="no value .NaN or missing. at 49 cells"):
        whole(build(holed(9.969209968386869e36)))


def test_a_mark_elsewhere_does_not_matter(holed):
    part = Grid("cartesian", 0.0, 0.0, 100.0, 100.0, 15, 30)
    x, y = part.x(), part.y()
    np.testing.assert_allclose(build(holed(-9999.0), grid=part).elevation(x, y), sea(x, y), atol=1e-9)


def test_nothing_but_marks(tmp_path):
    path = saved(tmp_path / "marks.nc", WIDE, WIDE, np.full((WIDE.size, WIDE.size), -9999.0))
    with pytest.raises(
        InputError, match="z is -9999 at x 0, y 0 and .* other nodes near it, where no slope leads to it"
    ):
        whole(build(path))


def test_a_mark_in_a_file_of_depths(tmp_path):
    values = -sea(WIDE, WIDE)
    values[20:26, 30:36] = 9999.0
    path = saved(tmp_path / "depth.nc", WIDE, WIDE, values, name="depth")
    with pytest.raises(InputError, match="depth is 9999 at x 2000, y 1000 and 35 other nodes"):
        whole(build(path))
    with pytest.raises(InputError, match="no value"):
        whole(build(path, missing=9999))


def trench(deepest, step):
    """A trench along x, whose walls fall by 15 %, with an exact -9999 among its values."""
    lon, lat = 142 + step * np.arange(40), 10 + step * np.arange(40)
    distance = np.abs(np.arange(40) - 20) * step * 111e3
    profile = np.minimum(-2000.0, np.rint(deepest + 0.15 * distance))
    values = np.repeat(profile[:, None], 40, axis=1)
    values[19, 7] = values[22, 3] = -9999.0
    return lon, lat, values


@pytest.mark.parametrize("step", [1 / 60, 1 / 15])
def test_real_trenches_are_read(tmp_path, step):
    """10,900 m of water, and single nodes of -9999 m on the walls; a whole plain of it has no wall."""
    lon, lat, values = trench(-10_900.0, step)
    grid = Grid("lonlat", lon[2], lat[2], step, step, 30, 30)
    path = saved(tmp_path / "trench.nc", lon, lat, values, names=("lat", "lon"))
    assert whole(build(path, grid=grid), grid).min() < -10_350
    saved(tmp_path / "trench.nc", lon, lat, np.where(values < -6000, -9999.0, values), names=("lat", "lon"))
    with pytest.raises(InputError, match="z is -9999 at .*where no slope leads to it"):
        whole(build(path, grid=grid), grid)
    saved(tmp_path / "trench.nc", lon, lat, values - 300, names=("lat", "lon"))
    with pytest.raises(InputError, match="z is -11200 at .*expected -11100 to 9000"):
        whole(build(path, grid=grid), grid)


def test_marks_that_were_averaged_with_their_neighbours(tmp_path):
    """Half of -9999 and of -40 beside -40, at steps of 100 m; a cliff of 600 m is possible, and so is a slope."""
    values = sea(WIDE, WIDE)
    values[20:26, 30:36] = 0.5 * (values[20:26, 30:36] - 9999.0)
    path = saved(tmp_path / "blended.nc", WIDE, WIDE, values)
    with pytest.raises(
        InputError, match=r"z is -[\d.]+ at x 1900, y 1000 and -50[\d.]+ at the next node, a cliff of"
    ):
        whole(build(path))
    assert whole(build(path, range=[-9000, 9000])).min() < -5000
    values = sea(WIDE, WIDE)
    values[20:26, 30:36] -= 600.0
    whole(build(saved(tmp_path / "cliff.nc", WIDE, WIDE, values)))
    steep = np.broadcast_to(-1.9 * WIDE - 2000, (WIDE.size, WIDE.size))
    whole(build(saved(tmp_path / "steep.nc", WIDE, WIDE, steep)))


# Which way it counts, and from where


@pytest.mark.parametrize(
    ("name", "attributes", "by", "down"),
    [
        ("z", {"long_name": "water depth positive down"}, "words", True),
        ("z", {"long_name": "Depth, positive-downward"}, "words", True),
        ("z", {"long_name": "depth below mean sea level (positive up)"}, "words", False),
        ("z", {"long_name": "bathymetric depth"}, "depth", False),
        ("elevation", {}, "words", False),
        ("depth", {}, "name", True),
        ("z", {"positive": "down"}, "attribute", True),
        ("z", {}, "", False),
    ],
)
def test_what_a_file_says_of_its_sign(tmp_path, name, attributes, by, down):
    path = saved(tmp_path / "z.nc", WIDE, WIDE, -sea(WIDE, WIDE), name=name, **attributes)
    bed = build(path)
    (file,) = bed.described
    assert (file.sign.by, file.sign.down) == (by, down)
    assert bool(file.notes) == (down and by != "attribute")
    np.testing.assert_allclose(whole(bed), (1 if down else -1) * sea(GRID.x(), GRID.y()), atol=1e-9)
    np.testing.assert_allclose(whole(build(path, positive="down")), sea(GRID.x(), GRID.y()), atol=1e-9)
    assert build(path, positive="up").described[0].notes == ()


def test_datum_shift_is_added_to_elevations(tmp_path):
    path = saved(tmp_path / "depth.nc", WIDE, WIDE, -sea(WIDE, WIDE), name="depth")
    assert np.array_equal(whole(build(path, datum_shift=0.5)), whole(build(path)) + 0.5)


# Several files


@pytest.fixture
def two(tmp_path):
    """A sea of 20 to 60 m, and a finer file over x 1000..3000, y 500..2500 that is 8 m higher."""
    x, y = np.arange(1025.0, 3000, 50), np.arange(525.0, 2500, 50)
    coarse = saved(tmp_path / "coarse.nc", WIDE, WIDE, sea(WIDE, WIDE))
    return coarse, saved(tmp_path / "fine.nc", x, y, sea(x, y) + 8.0)


def test_the_last_file_that_covers_a_cell_counts(two):
    coarse, fine = two
    bed = build(coarse, {"file": fine, "blend": 0})
    x, y = GRID.x(), GRID.y()
    inside = np.outer((y > 500) & (y < 2500), (x > 1000) & (x < 3000))
    np.testing.assert_allclose(whole(bed), sea(x, y) + 8.0 * inside, atol=1e-9)
    assert bed.resolution == (50.0, 50.0)
    reverse = build(fine, {"file": coarse, "blend": 0})
    np.testing.assert_allclose(whole(reverse), sea(x, y), atol=1e-9)


def test_the_edge_is_blended_over_a_width(two):
    """Over 400 m, four cells: steps of a quarter of the 8 m, from the edge inwards; no more than that anywhere."""
    coarse, fine = two
    bed = build(coarse, {"file": fine, "blend": 400.0})
    x, y = GRID.x(), GRID.y()
    higher = whole(bed) - sea(x, y)
    np.testing.assert_allclose(higher[15, 8:16], [0, 0, 2, 4, 6, 8, 8, 8], atol=1e-9)
    np.testing.assert_allclose(higher[3:10, 20], [0, 0, 2, 4, 6, 8, 8], atol=1e-9)
    assert np.abs(np.diff(higher, axis=0)).max() < 2 + 1e-9 and higher.max() < 8 + 1e-9
    assert build(coarse, fine).widths == [(3.0, 3.0)]
    finer = Grid("cartesian", 0.0, 0.0, 10.0, 20.0, 400, 150)
    x, y = np.arange(2000.0, 3900, 20), np.arange(600.0, 2300, 20)
    other = saved(coarse.with_name("other.nc"), x, y, sea(x, y))
    x, y = np.arange(1200.0, 1900, 5), np.arange(600.0, 2300, 5)
    small = saved(coarse.with_name("small.nc"), x, y, sea(x, y))
    # Three nodes of 100 m under `fine`, and under `other` beside it; of 50 m under `small`, which lies on `fine`.
    found = build(coarse, fine, other, small, grid=finer).widths
    assert found == [(30.0, 15.0), (30.0, 15.0), (15.0, 7.5)]
    for j0, j1, i0, i1 in [(0, 30, 0, 11), (4, 6, 9, 31), (7, 8, 12, 13), (20, 30, 25, 40)]:
        part = bed.elevation(GRID.x(i0, i1), GRID.y(j0, j1))
        assert np.array_equal(part, whole(bed)[j0:j1, i0:i1])


def test_missing_values_fall_through_and_are_blended_as_well(two, tmp_path):
    coarse, _ = two
    values = sea(WIDE, WIDE) + 8.0
    values[20:26, 30:36] = -9999.0  # nodes x 2000..2500, y 1000..1500
    fine = saved(tmp_path / "patchy.nc", WIDE, WIDE, values)
    x, y = GRID.x(), GRID.y()
    higher = whole(build(coarse, {"file": fine, "blend": 200.0, "missing": -9999})) - sea(x, y)
    np.testing.assert_allclose(higher[12, 16:21], [8, 8, 4, 0, 0], atol=1e-9)
    with pytest.raises(InputError, match="set missing: -9999 beside file"):
        whole(build(coarse, fine))
    base = {"kind": "flat", "depth": 100.0}
    flat = whole(build(base, {"file": fine, "blend": 0.0, "missing": -9999}))
    assert flat[12, 22] == -100 and flat[5, 5] == pytest.approx(
        float(sea([550.0], [550.0])[0, 0]) + 8, abs=1e-9
    )


def test_the_edge_of_the_grid_is_not_blended(two):
    """A file that ends where the grid does is 8 m higher up to its last cell."""
    coarse, _ = two
    x, y = GRID.x(), GRID.y()
    same = saved(coarse.with_name("same.nc"), x, y, sea(x, y) + 8.0)
    np.testing.assert_allclose(
        whole(build(coarse, {"file": same, "blend": 500.0})), sea(x, y) + 8.0, atol=1e-9
    )


def test_cells_that_no_file_covers_and_files_that_cover_none(two, tmp_path):
    coarse, fine = two
    with pytest.raises(InputError, match="fine.nc: covers x 1000..3000 .* but the grid needs x 0..4000"):
        elevation.build(TypeAdapter(BathymetryConfig).validate_python([{"file": fine}]), GRID).check()
    with pytest.raises(
        InputError, match="none of fine.nc, fine.nc has a value at 800 cells, the first at x 50, y 50"
    ):
        whole(build(fine, fine))
    far = saved(tmp_path / "far.nc", WIDE + 9e4, WIDE, sea(WIDE, WIDE))
    bed = build(coarse, far)
    assert bed.unused() == ["far.nc"]
    np.testing.assert_allclose(whole(bed), sea(GRID.x(), GRID.y()), atol=1e-9)


def test_widths_on_the_globe_are_metres(tmp_path):
    lon, lat = 140 + 0.25 * np.arange(41), 55 + 0.25 * np.arange(41)
    flat = np.full((41, 41), -100.0)
    coarse = saved(tmp_path / "coarse.nc", lon, lat, flat, names=("lat", "lon"))
    grid = Grid("lonlat", 141.0, 59.5, 0.01, 0.01, 100, 100)  # 60 degrees north: 556 m x 1112 m
    ((x, y),) = build(coarse, {"file": coarse, "blend": 5560.0}, grid=grid).widths
    assert x == pytest.approx(10.0, rel=2e-3) and y == pytest.approx(5.0, rel=2e-3)
    assert build(coarse, coarse, grid=grid).widths == [(30.0, 30.0)]


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ([{"file": 1}, {"kind": "flat", "depth": 5}], "'flat' would cover all that is listed before it"),
        ([{"file": 1, "blend": 5}], "nothing is listed before the first one"),
        ([], "must not be empty|at least 1"),
        ([{"file": 1, "range": [5, -5]}], "does not rise; expected .lowest, highest."),
        ([{"file": 1, "positive": "downwards"}], "'up' or 'down'"),
    ],
)
def test_lists_that_cannot_be(two, layers, sentence):
    given = [layer | ({"file": two[0]} if "file" in layer else {}) for layer in layers]
    with pytest.raises(ValidationError, match=sentence):
        TypeAdapter(BathymetryConfig).validate_python(given)
