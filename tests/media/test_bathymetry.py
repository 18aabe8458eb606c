"""Gridded NetCDF files of every layout, read onto cells; and the seafloors given by a formula."""

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from support.sections import section

from esim.config.elevation import ElevationConfig
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io import netcdf
from esim.io.gridded import reader
from esim.media import elevation

REAL = Path(os.environ.get("ESIM_DATA", "")) / "bathymetry"
GEOGRAPHIC = {"lon": {"units": "degrees_east"}, "lat": {"units": "degrees_north"}}


def write(
    path, x, y, values, *, names=("lat", "lon"), name="elevation", dtype="f8", axes=GEOGRAPHIC, **attributes
):
    """A file with one gridded variable, and times 0, 1, .. if the values have them."""
    fill = attributes.pop("_FillValue", None)
    with netcdf.create(path) as data:
        for axis, nodes in zip(names, (y, x), strict=True):
            data.createDimension(axis, len(nodes))
            coordinate = data.createVariable(axis, "f8", (axis,))
            coordinate[:] = nodes
            coordinate.setncatts(axes.get(axis, {}))
        dims = names
        if np.ndim(values) == 3:
            data.createDimension("time", len(values))
            dims = ("time", *names)
        variable = data.createVariable(name, dtype, dims, fill_value=fill)
        variable.setncatts(attributes)
        variable.set_auto_maskandscale(False)
        variable[:] = values
    return path


def plane(x, y):
    """A plane that is exact in binary for coordinates in eighths."""
    return -4000.0 + 16 * np.asarray(x)[None, :] - 8 * np.asarray(y)[:, None]


def box(x0, y0, dx, dy, nx, ny, kind="lonlat"):
    return Grid(kind, x0, y0, dx, dy, nx, ny)


def wave(lon, lat):
    """A field with period 360 in longitude."""
    turns = np.deg2rad(np.asarray(lon))[None, :]
    return 1000 * np.cos(turns) + 300 * np.sin(5 * turns) + 10 * np.asarray(lat)[:, None]


@pytest.fixture
def region(tmp_path):
    """A plane on 130..150 E, 30..45 N every 1/8 degree."""
    x, y = np.arange(130, 150.01, 0.125), np.arange(30, 45.01, 0.125)
    return write(tmp_path / "region.nc", x, y, plane(x, y))


# Values


@pytest.mark.parametrize("spacing", [0.0625, 0.125, 0.1875, 0.25, 0.5, 1.0, 1.1])
def test_plane_is_exact_whether_coarser_or_finer(region, spacing):
    grid = box(131, 31, spacing, spacing, 12, 10)
    field = reader.read_field(region, None, grid.x(), grid.y(), True)
    assert field.shape == (10, 12) and field.dtype == np.float64
    np.testing.assert_allclose(field, plane(grid.x(), grid.y()), rtol=0, atol=1e-5)


def test_nodes_are_returned_to_the_bit(region):
    x, y = np.array([130, 130.125, 130.25]), np.array([44.875, 45])
    assert np.array_equal(reader.read_field(region, None, x, y, True), plane(x, y))


def test_finer_file_is_averaged_over_the_cell(tmp_path):
    """Stripes that alternate from node to node vanish in the mean, but not in a point value."""
    x, y = np.arange(0, 64.0), np.arange(0, 40.0)
    stripes = np.broadcast_to((-1.0) ** np.arange(64), (40, 64))
    path = write(tmp_path / "stripes.nc", x, y, stripes, names=("y", "x"))
    cells = box(2, 2, 8, 8, 6, 4, "cartesian")
    assert np.abs(reader.read_field(path, None, cells.x(), cells.y(), False)).max() < 1e-12
    one = reader.read_field(path, None, np.array([10.0]), np.array([10.0]), False)
    assert one[0, 0] == 1.0


@pytest.mark.parametrize(("start", "spacing"), [(-170, 0.7), (-170, 0.1), (100, 1 / 15), (100, 3.3)])
def test_cells_have_the_same_bits_in_any_block(tmp_path, start, spacing, monkeypatch):
    """Also across the seam of the file, and however many strips the file is read in."""
    rng = np.random.default_rng(1)
    lon, lat = np.arange(-180, 180, 0.5), np.arange(-90, 90.1, 0.5)
    path = write(tmp_path / "random.nc", lon, lat, rng.normal(size=(lat.size, lon.size)), dtype="f4")
    grid = box(start, -20, spacing, spacing, 60, 23)
    whole = reader.read_field(path, None, grid.x(), grid.y(), True)
    monkeypatch.setattr(reader, "STRIP", 500)
    for j0, j1, i0, i1 in [(0, 23, 0, 60), (0, 5, 0, 7), (4, 23, 33, 60), (10, 12, 58, 60), (21, 23, 0, 2)]:
        part = reader.read_field(path, None, grid.x(i0, i1), grid.y(j0, j1), True)
        assert np.array_equal(part, whole[j0:j1, i0:i1])
    size = (spacing, spacing)
    cell = reader.read_field(path, None, grid.x(17, 18), grid.y(9, 10), True, spacing=size)
    assert cell[0, 0] == whole[9, 17]


def test_only_the_window_is_read(region, monkeypatch):
    sizes = []
    floats = reader._floats
    monkeypatch.setattr(reader, "_floats", lambda v, i: sizes.append(floats(v, i).size) or floats(v, i))
    grid = box(140, 40, 0.125, 0.125, 8, 4)
    reader.read_field(region, None, grid.x(), grid.y(), True)
    assert sizes == [(8 + 1) * (4 + 1)]


# Longitudes


@pytest.mark.parametrize("west_of_file", [-180, 0, 20])
@pytest.mark.parametrize("shift", [-360, 0, 360])
@pytest.mark.parametrize("nodes", ["nodes", "twice", "centres"])
def test_dateline_and_seams_of_global_files_in_every_spelling(tmp_path, west_of_file, shift, nodes):
    """One box across each seam; the file may repeat its first meridian, or leave a gap of one cell."""
    lon = west_of_file + np.arange(361 if nodes == "twice" else 360) + (0.5 if nodes == "centres" else 0.0)
    lat = np.arange(-80, 80.5)
    path = write(tmp_path / "globe.nc", lon, lat, wave(lon, lat))
    for west in (170, 350, 10, 359.3):
        grid = box(west, -10, 0.5, 0.5, 41, 20)
        field = reader.read_field(path, None, grid.x() + shift, grid.y(), True)
        np.testing.assert_allclose(field, wave(grid.x(), grid.y()), rtol=0, atol=2.0)
        assert np.array_equal(field, reader.read_field(path, None, grid.x(), grid.y(), True))


def test_a_whole_globe_from_a_global_file(tmp_path):
    lon, lat = np.arange(0, 360.0, 2), np.arange(-90, 90.5, 2)
    path = write(tmp_path / "globe.nc", lon, lat, wave(lon, lat))
    grid = box(-180, -90, 2, 2, 180, 90)
    field = reader.read_field(path, None, grid.x(), grid.y(), True)
    np.testing.assert_allclose(field, wave(grid.x(), grid.y()), rtol=0, atol=10)


@pytest.mark.parametrize("west", [165, -195])
def test_regional_file_across_the_dateline(tmp_path, west):
    """The file in either spelling, or with the jump from 180 to -180 inside; the box in either spelling."""
    lon, lat = np.arange(160, 200.5, 0.5), np.arange(0, 20.5, 0.5)
    grid = box(west, 5, 0.25, 0.25, 80, 20)
    for spelling in (lon, lon - 360, (lon + 180) % 360 - 180):
        path = write(tmp_path / "regional.nc", spelling, lat, wave(lon, lat))
        field = reader.read_field(path, None, grid.x(), grid.y(), True)
        np.testing.assert_allclose(field, wave(grid.x(), grid.y()), rtol=0, atol=1.0)


# Layouts


@pytest.mark.parametrize(("flip_x", "flip_y"), [(False, True), (True, False), (True, True)])
def test_falling_coordinates(tmp_path, region, flip_x, flip_y):
    x, y = np.arange(130, 150.01, 0.125), np.arange(30, 45.01, 0.125)
    x, y = x[::-1] if flip_x else x, y[::-1] if flip_y else y
    path = write(tmp_path / "flipped.nc", x, y, plane(x, y))
    grid = box(131, 31, 0.1, 0.1, 30, 20)
    expected = reader.read_field(region, None, grid.x(), grid.y(), True)
    assert np.array_equal(reader.read_field(path, None, grid.x(), grid.y(), True), expected)


def test_packed_values(tmp_path):
    x, y = np.arange(0, 5.0), np.arange(0, 4.0)
    raw = np.arange(20).reshape(4, 5).astype("i2")
    attributes = {"scale_factor": 0.5, "add_offset": -100.0, "_FillValue": np.int16(-999)}
    path = write(tmp_path / "packed.nc", x, y, raw, dtype="i2", names=("y", "x"), **attributes)
    assert np.array_equal(reader.read_field(path, None, x, y, False), raw * 0.5 - 100)


@pytest.mark.parametrize(
    ("name", "attributes", "down"),
    [
        ("z", {"positive": "down"}, True),
        ("depth", {}, True),
        ("depth", {"positive": "up"}, False),
        ("bed", {"standard_name": "sea_floor_depth_below_geoid"}, True),
        ("z", {"standard_name": "height_above_mean_sea_level"}, False),
    ],
)
def test_depths_become_elevations(tmp_path, caplog, name, attributes, down):
    x, y = np.arange(0, 5.0), np.arange(0, 4.0)
    path = write(
        tmp_path / "depth.nc", x, y, np.full((4, 5), 30.0), names=("y", "x"), name=name, **attributes
    )
    with caplog.at_level("INFO"):
        field = reader.read_field(path, None, np.arange(-4.0, 9), y, False, fill=7.0)
    assert np.all(field[:, 4:9] == (-30 if down else 30)) and np.all(field[:, :3] == 7)
    assert ("positive down" in caplog.text) == down


@pytest.mark.parametrize(
    ("names", "axes"),
    [
        (("y", "x"), {}),
        (("latitude", "longitude"), {}),
        (("Y", "X"), {}),
        (("a", "b"), {"a": {"standard_name": "latitude"}, "b": {"standard_name": "longitude"}}),
        (("a", "b"), {"a": {"axis": "Y"}, "b": {"axis": "X"}}),
        (("a", "b"), {"a": {"units": "degreeN"}, "b": {"units": "degree_east"}}),
        (("north", "east"), {}),
    ],
)
def test_coordinates_are_found_by_name_or_attribute(tmp_path, names, axes):
    x, y = np.arange(130, 135.0), np.arange(30, 34.0)
    path = write(tmp_path / "axes.nc", x, y, plane(x, y), names=names, axes=axes)
    assert np.array_equal(reader.read_field(path, None, x, y, True), plane(x, y))


def test_kilometres_of_a_cartesian_file(tmp_path):
    x, y = np.arange(0, 5.0), np.arange(0, 4.0)
    axes = {"x": {"units": "km"}, "y": {"units": "km"}}
    path = write(tmp_path / "km.nc", x, y, plane(x, y), names=("y", "x"), axes=axes)
    assert np.array_equal(reader.read_field(path, None, 1000 * x, 1000 * y, False), plane(x, y))


def test_variable_is_the_named_one_the_only_one_or_the_usual_one(region, tmp_path):
    path = tmp_path / "two.nc"
    x, y = np.arange(0, 5.0), np.arange(0, 4.0)
    write(path, x, y, plane(x, y), names=("y", "x"), name="topo")
    with netcdf.netCDF4.Dataset(path, "a") as data:
        data.createVariable("tid", "i4", ("y", "x"))[:] = 3
        data.createVariable("y_bnds", "f8", ("y", "x"))
    assert reader.describe(path, None, False).name == "topo"
    assert np.all(reader.read_field(path, "tid", x, y, False) == 3)
    with pytest.raises(
        InputError, match=r"no variable topp \(did you mean topo\?\); the file has .*tid \(y: 4"
    ):
        reader.describe(path, "topp", False)
    with netcdf.netCDF4.Dataset(path, "a") as data:
        data.renameVariable("topo", "bottom")
    with pytest.raises(InputError, match="several variables on a grid, name one of bottom, tid"):
        reader.describe(path, None, False)


def test_file_without_a_grid_lists_its_variables(tmp_path):
    with netcdf.create(tmp_path / "series.nc") as data:
        data.createDimension("time", 3)
        data.createVariable("level", "f4", ("time",))
    with pytest.raises(InputError, match=r"no variable on a grid .*; the file has level \(time: 3\)"):
        reader.describe(tmp_path / "series.nc", None, True)


# Times


def test_times_and_fields_of_each_record(tmp_path):
    x, y = np.arange(0, 5.0), np.arange(0, 4.0)
    values = np.stack([plane(x, y), 2 * plane(x, y)])
    path = write(tmp_path / "moving.nc", x, y, values, names=("y", "x"))
    with netcdf.netCDF4.Dataset(path, "a") as data:
        time = data.createVariable("time", "f8", ("time",))
        time[:] = [0, 2]
        time.units = "minutes since 2011-03-11 05:46:24.0Z"
    assert np.array_equal(reader.read_field(path, None, x, y, False), values)
    times, origin = reader.read_times(path, None, False)
    assert np.array_equal(times, [0, 120]) and origin == datetime(2011, 3, 11, 5, 46, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("units", "sentence"),
    [
        ("fortnights", "time is in 'fortnights'"),
        ("s since 2011-13-40", "is no date"),
        ("s since noon", "time is in"),
    ],
)
def test_unknown_units_of_time(tmp_path, units, sentence):
    x, y = np.arange(0, 5.0), np.arange(0, 4.0)
    path = write(tmp_path / "moving.nc", x, y, np.zeros((2, 4, 5)), names=("y", "x"))
    with netcdf.netCDF4.Dataset(path, "a") as data:
        data.createVariable("time", "f8", ("time",)).units = units
    with pytest.raises(InputError, match=sentence):
        reader.read_times(path, None, False)


# Cells outside the file, and cells without a value


@pytest.mark.parametrize(
    ("corner", "missing"),
    [
        ((127, 35), r"short by 2.9375 degrees in the west$"),
        ((148, 35), r"short by 1.9375 degrees in the east$"),
        ((135, 29), r"short by 0.9375 degrees in the south$"),
        ((135, 42), r"short by 0.9375 degrees in the north$"),
        ((127, 42), r"degrees in the west, 0.9375 degrees in the north$"),
    ],
)
def test_box_outside_names_the_side(region, corner, missing):
    grid = box(*corner, 0.25, 0.25, 16, 16)
    sentence = rf"covers lon 129.9375..150.0625 and lat 29.9375..45.0625, but the grid needs lon {corner[0]}"
    for call in (reader.read_field, reader.check_cover):
        for turn in (0, 360):
            with pytest.raises(InputError, match=missing):
                call(region, None, grid.x() + turn, grid.y(), True)
        with pytest.raises(InputError, match=sentence):
            call(region, None, grid.x(), grid.y(), True)


def test_a_cell_may_reach_half_a_step_beyond_the_nodes(region):
    """Files of cell centres cover their own box: its outermost cells take the nearest value."""
    grid = box(129.9375, 40, 0.03125, 0.125, 4, 2)
    field = reader.read_field(region, None, grid.x(), grid.y(), True)
    assert np.array_equal(field[:, 0], field[:, 1]) and np.array_equal(
        field[:1, 0], plane([130], grid.y())[:1, 0]
    )


def test_outside_is_filled_where_a_value_is_given(region):
    grid = box(120, 20, 1, 1, 50, 40)
    x, y = grid.x(), grid.y()
    field = reader.read_field(region, None, x, y, True, fill=5.0)
    inside = np.outer((y > 30.5) & (y < 44.5), (x > 130.5) & (x < 149.5))
    outside = ~np.outer((y > 29) & (y < 46), (x > 129) & (x < 151))
    np.testing.assert_allclose(field[inside], plane(x, y)[inside], atol=1e-5)
    assert np.all(field[outside] == 5.0)
    far = reader.read_field(region, None, x + 90, y, True, fill=5.0)
    assert np.all(far == 5.0)


@pytest.mark.parametrize("hole", [np.nan, -9999.0])
def test_missing_values_name_the_first_place_and_the_number(tmp_path, hole):
    x, y = np.arange(0, 50.0), np.arange(0, 40.0)
    values = plane(x, y)
    values[10, 20:22] = hole
    path = write(tmp_path / "hole.nc", x, y, values, _FillValue=-9999.0)
    with pytest.raises(
        InputError, match=r"no value \(NaN or missing\) at 2 cells, the first at lon 20, lat 10"
    ):
        reader.read_field(path, None, x, y, True)
    assert np.isfinite(reader.read_field(path, None, x[:20], y, True)).all()
    assert np.isfinite(reader.read_field(path, None, x, y[11:], True)).all()


# Files that cannot be used


def test_missing_file_names_a_near_one(region):
    with pytest.raises(InputError, match=r"regoin.nc: no such file \(did you mean region.nc\?\)"):
        reader.describe(region.with_name("regoin.nc"), None, True)
    with pytest.raises(InputError, match="no such file, nor is there a folder"):
        reader.describe(region.parent / "nowhere" / "region.nc", None, True)
    with pytest.raises(InputError, match="not a file"):
        reader.describe(region.parent, None, True)


@pytest.mark.parametrize("format", ["NETCDF4", "NETCDF3_CLASSIC", "NETCDF3_64BIT_DATA"])
def test_truncated_file(tmp_path, region, format):
    path = tmp_path / "cut.nc"
    with netcdf.netCDF4.Dataset(path, "w", format=format) as data, netcdf.read(region) as whole:
        for name, variable in whole.variables.items():
            for dimension in set(variable.dimensions) - set(data.dimensions):
                data.createDimension(dimension, len(whole.dimensions[dimension]))
            data.createVariable(name, "f8", variable.dimensions)[:] = variable[:]
    grid = box(131, 31, 0.5, 0.5, 5, 5)
    assert reader.read_field(path, None, grid.x(), grid.y(), True).shape == (5, 5)
    size = path.stat().st_size
    for rest in (size - 8, size // 2):
        os.truncate(path, rest)
        with pytest.raises(InputError, match=r"cut.nc: (cut short|not a NetCDF file, or a damaged one)"):
            reader.check_cover(path, None, grid.x(), grid.y(), True)


def test_not_a_netcdf_file(tmp_path):
    path = tmp_path / "relief.nc"
    for content in ("", "ncols 10\nnrows 10\n"):
        path.write_text(content)
        with pytest.raises(InputError, match="not a NetCDF file"):
            reader.describe(path, None, True)


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        ([0, 1, 2, 4, 5], "not evenly spaced"),
        ([0, 2, 1, 3, 4], "neither rising nor falling"),
        ([0, 1, np.nan, 3, 4], "missing values"),
        ([3, 3, 3, 3, 3], "neither rising nor falling"),
    ],
)
def test_bad_coordinates(tmp_path, x, sentence):
    path = write(tmp_path / "bad.nc", x, np.arange(4), np.zeros((4, 5)))
    with pytest.raises(InputError, match=rf"longitude \(lon\).*{sentence}"):
        reader.describe(path, None, True)


def test_coordinates_of_another_kind(tmp_path, region):
    with pytest.raises(InputError, match="in degrees, but the grid is cartesian"):
        reader.describe(region, None, False)
    x, y = 1000.0 * np.arange(5), 1000.0 * np.arange(4)
    axes = {"x": {"units": "m"}, "y": {"units": "m"}}
    metres = write(tmp_path / "metres.nc", x, y, np.zeros((4, 5)), names=("y", "x"), axes=axes)
    with pytest.raises(InputError, match="in metres, but the grid is lonlat"):
        reader.describe(metres, None, True)
    bare = write(tmp_path / "bare.nc", x, y, np.zeros((4, 5)), names=("y", "x"))
    with pytest.raises(InputError, match="latitude .* runs from 0 to 3000"):
        reader.describe(bare, None, True)
    turned = write(tmp_path / "turned.nc", np.arange(4), np.arange(5), np.zeros((5, 4)), names=("lon", "lat"))
    with pytest.raises(
        InputError, match=r"has no coordinate variable that is a latitude; expected .* \(y, x\)"
    ):
        reader.describe(turned, "elevation", True)


# The bathymetry of a configuration


def from_file(path, grid, variable=None):
    return elevation.build(section(ElevationConfig, kind="file", file=path, variable=variable), grid)


def test_bathymetry_from_a_file(region):
    grid = box(131, 31, 0.25, 0.25, 16, 16)
    bed = from_file(region, grid)
    bed.check()
    assert bed.resolution == (0.125, 0.125)
    whole = bed.elevation(grid.x(), grid.y())
    np.testing.assert_allclose(whole, plane(grid.x(), grid.y()), rtol=0, atol=1e-5)
    assert np.array_equal(bed.elevation(grid.x(3, 4), grid.y(5, 7)), whole[5:7, 3:4])


def test_bathymetry_is_checked_before_it_is_read(region, tmp_path):
    with pytest.raises(InputError, match="short by"):
        from_file(region, box(100, 31, 0.25, 0.25, 16, 16)).check()
    with pytest.raises(InputError, match="no variable zz; the file has lat"):
        from_file(region, box(131, 31, 0.25, 0.25, 16, 16), "zz").check()
    x, y = np.arange(0, 5.0), np.arange(0, 4.0)
    grid = box(-0.5, -0.5, 1, 1, 5, 4)
    with pytest.raises(InputError, match="is in feet, expected metres"):
        from_file(write(tmp_path / "feet.nc", x, y, np.zeros((4, 5)), units="feet"), grid).check()
    with pytest.raises(InputError, match="has 2 records, expected one"):
        from_file(write(tmp_path / "moving.nc", x, y, np.zeros((2, 4, 5))), grid).check()
    one = from_file(write(tmp_path / "one.nc", x, y, np.ones((1, 4, 5))), grid)
    one.check()
    assert np.array_equal(one.elevation(grid.x(), grid.y()), np.ones((4, 5)))


def test_missing_bathymetry_file(tmp_path):
    (tmp_path / "gone.nc").touch()
    gone = section(ElevationConfig, file=tmp_path / "gone.nc")
    (tmp_path / "gone.nc").unlink()
    with pytest.raises(InputError, match=r"gone.nc: no such file"):
        elevation.build(gone, box(0, 0, 1, 1, 4, 4))


def test_shapes():
    grid = box(-1000, -500, 100, 100, 20, 10, "cartesian")
    x, y = grid.x(), grid.y()
    flat = elevation.build(section(ElevationConfig, kind="flat", depth=4000.0), grid).elevation(x, y)
    assert flat.shape == (10, 20) and np.all(flat == -4000)
    rising = section(ElevationConfig, kind="slope", depth=10.0, slope=0.01, direction=90.0)
    beach = elevation.build(rising, grid)
    beach.check()
    np.testing.assert_allclose(beach.elevation(x, y), np.tile(0.01 * x - 10, (10, 1)), atol=1e-12)
    assert np.ptp(beach.elevation(x, y), axis=0).max() == 0
    assert np.array_equal(beach.elevation(x[3:5], y[2:4]), beach.elevation(x, y)[2:4, 3:5])
    paraboloid = section(ElevationConfig, kind="bowl", depth=10.0, radius=300.0, x=50.0, y=-50.0)
    bowl = elevation.build(paraboloid, grid).elevation(np.array([50.0, 350.0]), np.array([-50.0, 250.0]))
    np.testing.assert_allclose(bowl, [[-10, 0], [0, 10]], atol=1e-12)


def test_slope_on_the_globe_rises_by_its_angle():
    grid = box(140, 30, 0.1, 0.1, 20, 20)
    rising = section(ElevationConfig, kind="slope", depth=1000.0, slope=0.001, direction=0.0)
    z = elevation.build(rising, grid).elevation(grid.x(), grid.y())
    height = grid.cell_size()[1][0]
    np.testing.assert_allclose(np.diff(z, axis=0), 0.001 * height, rtol=1e-9)


# Real files


@pytest.mark.skipif(not REAL.is_dir(), reason="needs ESIM_DATA with the folder bathymetry")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("etopo5_global.nc", (5603, 5288, 5805)),
        ("etopo1_6min_pacific.nc", (5709, 5276, 5895)),
        ("nwpacific_4min.nc", (5699, 5313, 5865)),
    ],
)
def test_depth_at_the_buoys(name, expected):
    """DART 21418, 21401 and 21413, bilinear."""
    for lon, lat, depth in zip(
        (148.694, 152.583, 152.1167), (38.711, 42.617, 30.5153), expected, strict=True
    ):
        for turn in (0, -360):
            z = reader.read_field(REAL / name, None, np.array([lon + turn]), np.array([lat]), True)
            assert z[0, 0] == pytest.approx(-depth, abs=3)


@pytest.mark.skipif(not REAL.is_dir(), reason="needs ESIM_DATA with the folder bathymetry")
@pytest.mark.parametrize("name", ["etopo5_global.nc", "etopo20_global.nc", "etopo60_global.nc"])
def test_global_files_close_at_their_seam(name):
    """No step across the seam that is larger than elsewhere: the box across it is covered and continuous."""
    source = reader.describe(REAL / name, None, True)
    assert source.x.closed
    seam = source.x.first
    x = seam + np.linspace(-1, 1, 9) * source.x.step
    field = reader.read_field(REAL / name, None, x, np.array([-30.0]), True, spacing=(0.0, 0.0))[0]
    before, at, after = (
        reader.read_field(REAL / name, None, np.array([p]), np.array([-30.0]), True)[0, 0]
        for p in (x[0], seam + 360, x[-1])
    )
    line = np.interp(x, [x[0], seam, x[-1]], [before, at, after])
    np.testing.assert_allclose(field, line, rtol=0, atol=1e-3)
