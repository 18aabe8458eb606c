"""Records of seafloor motion: where they lie, what comes of each frame, and what is refused."""

import numpy as np
import pytest
from support.motions import dome, geometry, rising, source, write

from esim.errors import InputError
from esim.grids import spline
from esim.grids.axes import true_north, vector_to_earth
from esim.grids.grid import Grid
from esim.grids.projection import Projection
from esim.io.zarr.convert import convert
from esim.sources.ocean.recorded.file import read_motion

HERE = Projection(142.5, 38.0)


@pytest.mark.parametrize("mapping", [True, False])
@pytest.mark.parametrize("projection", [HERE, Projection(-170.25, -33.0), None])
def test_a_file_says_where_and_when_its_frames_are(tmp_path, mapping, projection):
    """Files of older runs have no grid mapping: their longitudes and latitudes show the projection."""
    place = geometry(12, 10, 2e3, projection, every=2.5, begin=2.5, x0=180e3, y0=-95e3)
    frames = rising(place, 4, across=0.5)
    found = read_motion(write(tmp_path / "m.nc", place, frames, mapping=mapping and projection is not None))
    for name in ("x", "y", "projection", "every", "begin"):
        np.testing.assert_array_equal(getattr(found.geometry, name), getattr(place, name))
    opened = found.open("bed")
    for k, frame in enumerate(frames):
        np.testing.assert_array_equal(opened.frame(k), frame.astype(np.float32))
    assert opened.frame(4) is None and opened.last()[0] == 3
    np.testing.assert_array_equal(opened.last()[1], frames[3].astype(np.float32))
    assert [found.geometry.time(k) for k in (-1, 0, 3)] == [0.0, 2.5, 10.0]


def test_a_zarr_store_has_the_same_frames(tmp_path):
    place = geometry(12, 10, 2e3, HERE)
    path = write(tmp_path / "m.nc", place, rising(place, 3, across=0.5))
    convert(path)
    one, other = (read_motion(path).open("bed"), read_motion(tmp_path / "m.zarr").open("bed"))
    assert other.geometry.projection == HERE and other.count == 3
    for k in range(3):
        np.testing.assert_array_equal(one.frame(k), other.frame(k))


def test_snapshots_that_were_not_low_passed_are_known(tmp_path):
    place = geometry(12, 10)
    path = write(tmp_path / "m.nc", place, rising(place, 3))
    assert not read_motion(path).snapshots  # nobody says so
    for width, wanted in ((8.0, False), (0.0, True)):
        _broken(path, lambda data, width=width: data.setncattr("low_pass_width", width))
        assert read_motion(path).snapshots == wanted


def test_the_sea_surface_goes_on_in_the_ground_of_the_coast(tmp_path):
    place = geometry(12, 10)
    frames = rising(place, 3)
    sea = -2 * frames[:, 2]
    sea[:, :, 6:] = np.nan
    found = read_motion(write(tmp_path / "m.nc", place, frames, sea_uz=sea))
    assert found.sea_surface
    frame = found.open("sea_surface").frame(2)
    assert frame.shape == (1, 10, 12)
    np.testing.assert_array_equal(frame[0, :, :6], (2 * frames[2, 2, :, :6]).astype(np.float32))
    np.testing.assert_array_equal(frame[0, :, 6:], frames[2, 2, :, 6:].astype(np.float32))


def _broken(path, change):
    import netCDF4

    with netCDF4.Dataset(path, "a") as data:
        change(data)
    return path


def _missing(data):
    data["uz"][1, 3, 4] = np.nan


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: data.renameVariable("ux", "east"), "has no variable ux; expected surface_displacement"),
        (lambda data: data["uz"].setncattr("units", "cm"), "uz is in 'cm'; expected m"),
        (lambda data: data["uz"].setncattr("positive", "up"), "uz is positive up; expected down"),
        (lambda data: data["x"].__setitem__(3, 7.0), "x is not evenly spaced and rising"),
        (lambda data: data["time"].__setitem__(1, 6.2), "time is not evenly spaced and rising"),
        (lambda data: data["lon"].__setitem__((0, 0), 141.0), "m off the transverse Mercator plane"),
        (lambda data: data["crs"].setncattr("false_easting", 5e5), "with false_easting 500000; expected"),
        (lambda data: data["crs"].setncattr("grid_mapping_name", "mercator"), "grid mapping is mercator"),
    ],
)
def test_what_is_no_such_record_is_refused_in_a_sentence(tmp_path, change, sentence):
    place = geometry(12, 10, 2e3, HERE)
    path = write(
        tmp_path / "m.nc", place, rising(place, 3), mapping="crs" in sentence or "mapping" in sentence
    )
    if "false_easting" in sentence:
        write(path, place, rising(place, 3), mapping=True)
    with pytest.raises(InputError, match=sentence) as error:
        read_motion(_broken(path, change))
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_frame_that_lacks_a_value_is_refused_when_it_is_read(tmp_path):
    place = geometry(12, 10)
    frames = read_motion(_broken(write(tmp_path / "m.nc", place, rising(place, 3)), _missing)).open("bed")
    frames.frame(0)
    with pytest.raises(InputError, match=r"uz at 5 s is missing or beyond 1000 m in 1 cells"):
        frames.frame(1)


def test_what_is_no_netcdf_file_is_refused(tmp_path):
    path = tmp_path / "m.nc"
    path.write_bytes(b"no file at all")
    with pytest.raises(InputError, match="not a NetCDF file"):
        read_motion(path)
    (tmp_path / "m.zarr").mkdir()
    with pytest.raises(InputError, match="not a Zarr store"):
        read_motion(tmp_path / "m.zarr")


def test_the_taper_falls_to_nothing_at_the_sides_and_what_it_takes_is_known():
    place = geometry(40, 30, 1e3)
    ones = np.ones((1, 30, 40))
    motion = source(place, [ones], horizontal_on_slope=False, taper=5e3)
    assert (motion.window[5:-5, 5:-5] == 1).all() and motion.window[0].max() < 0.03
    assert (np.diff(motion.window[15, :20]) >= 0).all()
    np.testing.assert_allclose(motion.window, motion.window[::-1, ::-1], rtol=1e-15)
    taken = motion.tapered(ones)
    assert taken.largest == pytest.approx(1.0 - motion.window.min())
    assert taken.volume == pytest.approx(((1 - motion.window) * 1e6).sum())
    assert (source(place, [ones], taper=0.0).window == 1).all()
    assert source(place, [ones]).taper_width == 3e3
    half = Grid("cartesian", 0.0, -20e3, 1e3, 1e3, 30, 40)
    assert motion.outside(ones, half).volume == pytest.approx((motion.window[:, :20] * 1e6).sum())


def test_horizontal_motion_turns_to_true_east_and_north():
    """At the sides of a wide block the meridians lean towards the axis y of its plane."""
    place = geometry(21, 15, 40e3, HERE)
    frame = np.random.default_rng(1).normal(size=(3, *place.shape)).astype(np.float32)
    motion = source(place, [frame], lonlat=True, taper=0.0)
    lon, lat = HERE.to_lonlat(*np.meshgrid(place.x, place.y))
    wanted = vector_to_earth(np.moveaxis(frame, 0, -1), true_north(HERE, lon, lat))
    found = motion.coefficients(frame)
    np.testing.assert_allclose(found[0], spline.coefficients(wanted[..., 0]), atol=1e-12)
    np.testing.assert_allclose(found[1], spline.coefficients(wanted[..., 1]), atol=1e-12)
    np.testing.assert_allclose(found[2], spline.coefficients(frame[2]), atol=1e-12)
    assert np.abs(wanted[..., 0] - frame[0]).max() > 0.05


def test_a_block_elsewhere_is_refused_and_one_without_a_place_too():
    place = geometry(12, 10, 2e3, HERE)
    with pytest.raises(
        InputError, match="the block of the crust and the grid do not overlap; it covers 142.3"
    ):
        source(place, [dome(place)[None]], lonlat=True).check(Grid("lonlat", 10.0, 30.0, 0.1, 0.1, 50, 50))
    with pytest.raises(
        InputError, match=r"no place on the Earth, but the grid is lonlat; expected grid\.origin"
    ):
        source(geometry(), [], lonlat=True)
