"""Grids in other formats than NetCDF: the same plane in each of them gives the same values on cells."""

import sys

import numpy as np
import pytest
from support.sections import section

from esim.config.ocean.physics import ManningFileConfig
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io import netcdf
from esim.io.gridded import reader
from esim.io.gridded.formats import text
from esim.media.ocean import roughness

X, Y = 130 + 0.125 * np.arange(41), 30 + 0.125 * np.arange(25)


def plane(x, y):
    """A plane that is exact in binary, and in few digits, for coordinates in eighths."""
    return -4000.0 + 16 * np.asarray(x)[None, :] - 8 * np.asarray(y)[:, None]


def rows(values, form="{:.9g}", separator=" "):
    """Lines of a grid from north to south."""
    return "\n".join(separator.join(form.format(value) for value in row) for row in values[::-1])


def esri(values, corner="xllcorner", shift=0.0625, end=""):
    y = corner.replace("x", "y", 1)
    return (
        f"ncols {X.size}\nnrows {Y.size}\n{corner} {X[0] - shift}\n{y} {Y[0] - shift}\ncellsize 0.125\n"
        f"NODATA_value -9999\n{end}{rows(values)}\n"
    )


def geoclaw(values, column=False):
    header = f"{X.size} ncols\n{Y.size} nrows\n{X[0]} xlower\n{Y[0]} ylower\n0.125 0.125 dx dy\n-9999 nodata_value\n"
    return header + rows(values, separator="\n" if column else " ")


def points(values, order=None, separator=" ", header=""):
    y, x = np.meshgrid(Y[::-1], X, indexing="ij")
    table = np.column_stack([x.ravel(), y.ravel(), values[::-1].ravel()])
    if order is not None:
        table = table[order]
    return header + "\n".join(separator.join(f"{value:.9g}" for value in line) for line in table)


SHUFFLED = np.random.default_rng(3).permutation(X.size * Y.size)
TEXTS = {
    "corner.asc": esri(plane(X, Y)),
    "center.asc": esri(plane(X, Y), "xllcenter", 0.0),
    "type1.tt1": points(plane(X, Y)),
    "type2.tt2": geoclaw(plane(X, Y), column=True),
    "type3.tt3": geoclaw(plane(X, Y)),
    "shuffled.xyz": points(plane(X, Y), SHUFFLED),
    "comma.csv": points(plane(X, Y), separator=",", header="lon,lat,z\n"),
    "windows.xyz": points(plane(X, Y), separator="\t").replace("\n", "\r\n"),
    "gmt.xyz": "# written by hand\n" + points(plane(X, Y)),
    "excel.csv": "\ufeff" + points(plane(X, Y), separator=";", header="Longitude;Latitude;H\u00f6he\n"),
    "bare_excel.csv": "\ufeff" + points(plane(X, Y), separator=","),
}
TEXTS["one_line.asc"] = (
    esri(plane(X, Y)).split("-9999\n")[0] + "-9999\n" + rows(plane(X, Y)).replace("\n", " ")
)


def written(folder, name, content):
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("name", TEXTS)
def test_text_has_the_values_of_the_plane(tmp_path, name):
    """At nodes to the bit; between them, and averaged over coarser cells, as the plane has them."""
    path = written(tmp_path, name, TEXTS[name])
    assert np.array_equal(reader.read_field(path, None, X[3:7], Y[5:9], True), plane(X[3:7], Y[5:9]))
    for step in (0.05, 0.5):
        x, y = 131 + step * np.arange(6), 30.5 + step * np.arange(4)
        np.testing.assert_allclose(reader.read_field(path, None, x, y, True), plane(x, y), atol=1e-5)
    source = reader.describe(path, None, True)
    assert source.resolution == (0.125, 0.125) and source.x.first == X[0] and source.y.first == Y[0]
    with pytest.raises(InputError, match="short by 1 degrees in the west"):
        reader.check_cover(path, None, X - 1, Y, True)


def test_latitude_may_be_the_first_column_and_depths_are_told_by_their_name(tmp_path):
    y, x = np.meshgrid(Y, X, indexing="ij")
    lines = [f"{b},{a},{c}" for a, b, c in zip(x.ravel(), y.ravel(), -plane(X, Y).ravel(), strict=True)]
    path = written(tmp_path, "soundings.csv", "\n".join(["latitude,longitude,depth", *lines]))
    assert np.array_equal(reader.read_field(path, None, X, Y, True), plane(X, Y))
    assert "read as a depth, positive down" in reader.describe(path, None, True).notes[0]


def test_nodata_with_fewer_digits_than_the_rows(tmp_path):
    values = plane(X, Y)
    values[0, 0] = -3.4028234663852886e38
    rows_of_digits = esri(values).replace("-3.40282347e+38", "-3.4028234663852886e+38")
    path = written(
        tmp_path, "float.asc", rows_of_digits.replace("NODATA_value -9999", "NODATA_value -3.4028235e+38")
    )
    with pytest.raises(InputError, match="at 1 cells, the first at lon 130, lat 30"):
        reader.read_field(path, None, X, Y, True)


def test_points_on_both_sides_of_the_dateline(tmp_path):
    x = np.concatenate([np.arange(160.0, 180.5, 0.5), np.arange(-179.5, -149.5, 0.5)])
    lines = [f"{lon} {lat} {-100 * lat - lon % 360}" for lat in (1.0, 1.5, 2.0) for lon in x]
    path = written(tmp_path, "pacific.xyz", "\n".join(lines))
    for turn in (0, -360):
        field = reader.read_field(path, None, np.arange(175, 185.5) + turn, np.array([1.5]), True)
        assert np.array_equal(field[0], -150 - np.arange(175, 185.5))
    with pytest.raises(InputError, match="no value"):
        reader.read_field(path, None, np.arange(40.0, 50), np.array([1.5]), True)


@pytest.mark.parametrize("name", ["asc", "tt3", "xyz"])
def test_nodata_and_nodes_without_a_point_are_missing(tmp_path, name):
    values = plane(X, Y)
    values[10, 20:22] = -9999
    kept = np.flatnonzero(values[::-1].ravel() != -9999)
    content = {"asc": esri(values), "tt3": geoclaw(values), "xyz": points(values, kept)}[name]
    path = written(tmp_path, f"hole.{name}", content)
    with pytest.raises(
        InputError, match=r"no value \(NaN or missing\) at 2 cells, the first at lon 132.5, lat 31.25"
    ):
        reader.read_field(path, None, X, Y, True)
    assert np.array_equal(reader.read_field(path, None, X[:20], Y, True), plane(X[:20], Y))


def test_fortran_exponents_and_any_line_ends(tmp_path):
    content = "2 mx\n2 my\n0 xlower\n0 ylower\n1 dx\n1 dy\n" + "1.5D+02 -2d0\n3.0\n4E1"
    path = written(tmp_path, "fortran.tt2", content)
    assert reader.read_field(path, None, np.arange(2.0), np.arange(2.0), False).tolist() == [
        [3, 40],
        [150, -2],
    ]


DTOPO = np.stack([0 * plane(X, Y), plane(X, Y) / 1e4, plane(X, Y) / 2e3])
DTOPO_HEADER = (
    f"{X.size} mx\n{Y.size} my\n3 mt\n{X[0]} xlower\n{Y[0]} ylower\n1.0 t0\n0.125 dx\n0.125 dy\n2.5 dt\n"
)
DTOPOS = {
    "type1.dtt1": "\n".join(
        f"{t} {line}"
        for t, values in zip((1, 3.5, 6), DTOPO, strict=True)
        for line in points(values).split("\n")
    ),
    "type2.dtt2": DTOPO_HEADER + "\n".join(rows(values, separator="\n") for values in DTOPO),
    "type3.dtt3": DTOPO_HEADER + "\n".join(rows(values) for values in DTOPO),
}


@pytest.mark.parametrize("name", DTOPOS)
def test_dtopo_has_times_and_records(tmp_path, name):
    path = written(tmp_path, name, DTOPOS[name])
    times, origin = reader.read_times(path, None, True)
    assert times.tolist() == [1.0, 3.5, 6.0] and origin is None
    field = reader.read_field(path, None, X[2:9], Y, True)
    np.testing.assert_allclose(field, DTOPO[:, :, 2:9], rtol=1e-8, atol=0)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "short.asc",
            esri(plane(X, Y))[:-20],
            "has 102[0-9] values, but its header announces 25 x 41 = 1025",
        ),
        (
            "word.asc",
            esri(plane(X, Y), end="north up\n"),
            "line 7: 'north up' is not a line of a header; expected",
        ),
        (
            "letters.asc",
            esri(plane(X, Y)).replace("-2082", "-20x2", 1),
            r"line \d+: '.*' is not a row of numbers",
        ),
        (
            "lacks.asc",
            esri(plane(X, Y)).replace("cellsize 0.125\n", ""),
            "its header lacks dx or cellsize; it has",
        ),
        ("five.txt", "1 2 3 4 5\n1 2 3 4 5\n", "its rows have 5 numbers; expected a header"),
        ("cloud.xyz", "0 0 1\n1 0.3 1\n2 1 1\n3 1.1 2\n", "regular lattice|small part of a lattice"),
        (
            "twice.xyz",
            points(plane(X, Y)) + "\n130 30 7\n",
            "two values at 130, 30: 7 and|two values at 130, 30: -",
        ),
        (
            "prose.txt",
            "the sea\nis deep\n",
            "no line of numbers among the first 2; expected a grid with a header",
        ),
        (
            "negative.asc",
            esri(plane(X, Y)).replace("cellsize 0.125", "cellsize -0.125"),
            "expected a positive one",
        ),
    ],
)
def test_text_that_is_no_grid(tmp_path, name, content, sentence):
    path = written(tmp_path, name, content)
    with pytest.raises(InputError, match=sentence):
        reader.describe(path, None, True)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "a.grd",
            b"DSAA\n2 2\n",
            "is a Surfer 6 ASCII grid, which is not read; .* gmt grdconvert a.grd=sf a.nc",
        ),
        ("a.grd", b"DSBB" + bytes(60), "is a Surfer 6 grid, .*gmt grdconvert"),
        ("a.grd", b"DSRB" + bytes(60), "is a Surfer 7 grid, .*gmt grdconvert"),
        ("a.mat", b"MATLAB 5.0 MAT-file" + bytes(60), "is a MATLAB file"),
        ("a.shp", b"\x00\x00'\n" + bytes(96), "is a shapefile"),
        ("a.hgt", b"\x00\x07" * 30, r"is an SRTM tile, .*gdal_translate -of netCDF a.hgt a.nc"),
        ("a.asc.gz", b"\x1f\x8b\x08" + bytes(20), "is compressed, .*: gunzip a.asc.gz"),
        ("a.bin", b"\x00\x07" * 30, "not a NetCDF file, .*expected NetCDF, GeoTIFF, ESRI ASCII"),
    ],
)
def test_unread_formats_name_those_that_are_read_and_the_converter(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence) as caught:
        reader.describe(path, None, True)
    assert "GeoClaw topography and dtopo files" in str(caught.value)


def test_large_text_is_warned_of(tmp_path, monkeypatch):
    path = written(tmp_path, "z.xyz", points(plane(X, Y)))
    assert reader.describe(path, None, True).notes == ()
    monkeypatch.setattr(text, "LARGE", 1000)
    assert (
        "MB of text, which every rank reads whole; NetCDF (gdal" in reader.describe(path, None, True).notes[0]
    )


def test_a_changed_text_is_read_again(tmp_path):
    path = written(tmp_path, "z.xyz", points(plane(X, Y)))
    assert reader.read_field(path, None, X, Y, True)[0, 0] == plane(X, Y)[0, 0]
    written(tmp_path, "z.xyz", points(plane(X, Y) - 1.5))
    assert reader.read_field(path, None, X, Y, True)[0, 0] == plane(X, Y)[0, 0] - 1.5


def test_a_map_of_friction_as_text(tmp_path):
    path = written(tmp_path, "n.asc", esri(0.02 + 0 * plane(X, Y)).replace(" 0.02", " 0.05", 40))
    grid = Grid("lonlat", X[0], Y[0], 0.125, 0.125, 40, 24)
    rough = roughness.build(section(ManningFileConfig, file=path), grid)
    values = rough.coefficient(X[:2], Y[-2:])
    np.testing.assert_allclose(values, [[0.02, 0.02], [0.02, 0.05]])
    wrong = written(tmp_path, "wrong.asc", esri(3 + 0 * plane(X, Y)))
    with pytest.raises(
        InputError, match="wrong.asc: z is 3 at lon 130, lat 30 and 3 other nodes.*expected 0 to 1"
    ):
        roughness.build(section(ManningFileConfig, file=wrong), grid).coefficient(X[:2], Y[:2])


# GeoTIFF


def tiff(path, values, crs="EPSG:4326", *, transform=None, nodata=None, count=1, **tags):
    rasterio = pytest.importorskip("rasterio")
    affine = pytest.importorskip("affine")
    place = transform or affine.Affine(0.125, 0, X[0] - 0.0625, 0, -0.125, Y[-1] + 0.0625)
    size = {"height": values.shape[0], "width": values.shape[1], "count": count, "dtype": values.dtype}
    with rasterio.open(path, "w", driver="GTiff", crs=crs, transform=place, nodata=nodata, **size) as picture:
        for band in range(count):
            picture.write(values[::-1], band + 1)
        for name, value in tags.items():
            setattr(picture, name, (value,))
    return path


def test_geotiff_has_the_values_of_the_plane_and_only_a_window_is_read(tmp_path, monkeypatch):
    path = tiff(tmp_path / "z.tif", plane(X, Y))
    sizes = []
    floats = reader._floats
    monkeypatch.setattr(reader, "_floats", lambda v, i: sizes.append(floats(v, i).size) or floats(v, i))
    assert np.array_equal(reader.read_field(path, None, X[3:7], Y[5:9], True), plane(X[3:7], Y[5:9]))
    assert sizes == [4 * 4]
    np.testing.assert_allclose(
        reader.read_field(path, None, X[1:-1] + 0.01, Y, True), plane(X[1:-1] + 0.01, Y)
    )
    assert np.array_equal(reader.read_field(path, None, X - 360, Y, True), plane(X, Y))


def test_geotiff_without_rasterio_names_the_extra(tmp_path, monkeypatch):
    path = tiff(tmp_path / "z.tif", plane(X, Y))
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(InputError, match=r"z.tif: GeoTIFF needs rasterio: pip install 'esim-hpc\[gis\]'"):
        reader.describe(path, None, True)


def test_geotiff_with_nodata_scale_and_several_bands(tmp_path):
    values = plane(X, Y).astype("f4")
    values[10, 20:22] = -32768
    path = tiff(tmp_path / "hole.tif", values, nodata=-32768)
    with pytest.raises(InputError, match="at 2 cells, the first at lon 132.5, lat 31.25"):
        reader.read_field(path, None, X, Y, True)
    packed = (2 * plane(X, Y)).astype("i2")
    path = tiff(tmp_path / "packed.tif", packed, scales=0.5, offsets=-100.0)
    assert np.array_equal(reader.read_field(path, None, X, Y, True), plane(X, Y) - 100)
    path = tiff(tmp_path / "two.tif", values, count=2)
    with pytest.raises(InputError, match="several variables on a grid, name one of band_1, band_2"):
        reader.describe(path, None, True)
    assert reader.describe(path, "band_2", True).name == "band_2"
    path = tiff(tmp_path / "down.tif", -plane(X, Y), descriptions="depth, positive down", units="m")
    assert np.array_equal(reader.read_field(path, None, X, Y, True), plane(X, Y))
    assert reader.describe(path, None, True).units == "m"


def test_geotiff_in_another_reference_system_or_rotated(tmp_path):
    affine = pytest.importorskip("affine")
    metres = affine.Affine(500, 0, 3e5, 0, -500, 4.2e6)
    path = tiff(tmp_path / "utm.tif", plane(X, Y), "EPSG:32654", transform=metres)
    with pytest.raises(
        InputError, match=r"is in WGS 84 / UTM zone 54N \(EPSG:32654\), in metres, but the grid is lonlat"
    ):
        reader.describe(path, None, True)
    with pytest.raises(InputError, match="gdalwarp -t_srs EPSG:4326 utm.tif utm_warped.tif"):
        reader.describe(path, None, True)
    source = reader.describe(path, None, False)
    assert source.x.first == 300250.0 and source.y.first == 4.2e6 - 500 * (Y.size - 0.5)
    with pytest.raises(InputError, match=r"in degrees, but the grid is cartesian, .*gdalwarp -t_srs"):
        reader.describe(tiff(tmp_path / "deg.tif", plane(X, Y)), None, False)
    with pytest.raises(InputError, match="its coordinates in US survey foot, expected metres"):
        reader.describe(tiff(tmp_path / "feet.tif", plane(X, Y), "EPSG:2225", transform=metres), None, False)
    # The Tokyo datum lies about 450 m off, three quarters of a step of 30"; JGD2011 lies where WGS 84 does.
    fine = affine.Affine(1 / 120, 0, 139, 0, -1 / 120, 36)
    with pytest.raises(InputError, match=r"is in Tokyo \(EPSG:4301\), but the grid is in WGS 84"):
        reader.describe(tiff(tmp_path / "tokyo.tif", plane(X, Y), "EPSG:4301", transform=fine), None, True)
    assert reader.describe(
        tiff(tmp_path / "jgd.tif", plane(X, Y), "EPSG:6668", transform=fine), None, True
    ).lonlat
    nowhere = tiff(tmp_path / "nowhere.tif", plane(X, Y), None, transform=affine.Affine.identity())
    with pytest.raises(
        InputError, match="nowhere.tif: does not say where it lies; place it: gdal_edit.py -a_ullr"
    ):
        reader.describe(nowhere, None, True)
    east = affine.Affine(1 / 120, 0, 190, 0, -1 / 120, -20)
    assert reader.describe(
        tiff(tmp_path / "nz.tif", plane(X, Y), "EPSG:4167", transform=east), None, True
    ).lonlat
    turned = affine.Affine(0.1, 0.02, 130, 0.02, -0.1, 33)
    with pytest.raises(InputError, match="is rotated, .*gdalwarp turned.tif turned_north_up.tif"):
        reader.describe(tiff(tmp_path / "turned.tif", plane(X, Y), transform=turned), None, True)


def test_a_vertical_datum_is_noted(tmp_path):
    path = tiff(tmp_path / "navd.tif", plane(X, Y), "EPSG:4326+5703")
    assert (
        "its heights are in 'NAVD88 height', which is not converted"
        in reader.describe(path, None, True).notes[0]
    )


def test_the_reference_system_beside_a_text(tmp_path):
    pyproj = pytest.importorskip("pyproj")
    path = written(tmp_path, "sea.asc", esri(plane(X, Y)))
    for system, sentence in (
        ("EPSG:32654", "in metres, but the grid is lonlat"),
        ("EPSG:4301", None),
        ("EPSG:4326", None),
    ):
        (tmp_path / "sea.prj").write_text(pyproj.CRS(system).to_wkt("WKT1_ESRI"))
        if sentence is None:
            assert reader.describe(path, None, True).crs is not None
        else:
            with pytest.raises(InputError, match=sentence):
                reader.describe(path, None, True)
    (tmp_path / "sea.prj").write_text("Projection UTM\nZone 54")
    with pytest.raises(InputError, match="sea.prj: 'Projection UTM.* is no reference system that is known"):
        reader.describe(path, None, True)


def test_geotiff_without_reference_system_is_noted_and_one_upside_down_is_read(tmp_path):
    affine = pytest.importorskip("affine")
    up = affine.Affine(0.125, 0, X[0] - 0.0625, 0, 0.125, Y[0] - 0.0625)
    path = tiff(tmp_path / "up.tif", plane(X, Y)[::-1], None, transform=up)
    assert np.array_equal(reader.read_field(path, None, X, Y, True), plane(X, Y))
    assert "no coordinate reference system" in reader.describe(path, None, True).notes[0]


def test_netcdf_under_another_suffix_is_read_as_netcdf(tmp_path):
    with netcdf.create(tmp_path / "z.grd") as data:
        for name, nodes in (("y", Y), ("x", X)):
            data.createDimension(name, nodes.size)
            data.createVariable(name, "f8", (name,))[:] = nodes
        data.createVariable("z", "f8", ("y", "x"))[:] = plane(X, Y)
    assert np.array_equal(reader.read_field(tmp_path / "z.grd", None, X, Y, True), plane(X, Y))
