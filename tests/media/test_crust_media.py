"""Media of the crust: tables, files, random heterogeneity, cell averages, air and water."""

import os
from pathlib import Path
from types import SimpleNamespace as Section

import numpy as np
import pytest
from support.sections import section

from esim.config.crust.topography import TopographyConfig
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.io import netcdf
from esim.media import crust
from esim.media.crust.medium import QP, QS, RHO, VP, VS
from esim.media.crust.models import gridded, model_file
from esim.media.crust.models.nodes import Nodes
from esim.media.crust.topography import terrain
from esim.media.crust.topography.terrain import AIR, SOLID, WATER, Terrain
from esim.media.crust.wave_speeds import speeds

MODELS = Path(os.environ.get("ESIM_DATA", "")) / "seismic" / "models"
needs_models = pytest.mark.skipif(
    not MODELS.is_dir(), reason="needs ESIM_DATA with the folder seismic/models"
)
ORIGIN = np.zeros(1)
LOH3 = ({"top": 0.0, "vp": 4000.0, "vs": 2000.0, "rho": 2600.0, "qp": 120.0, "qs": 40.0},
        {"top": 1000.0, "vp": 6000.0, "vs": 3464.0, "rho": 2700.0, "qp": 155.9, "qs": 69.3})  # fmt: skip


def cube(n=8, h=100.0, top=0.0, nz=None, boundary=("open",) * 4):
    """A grid of n x n cells and nz layers, x and y from 0."""
    return Grid3D(Grid("cartesian", 0.0, 0.0, h, h, n, n, boundary), nz or n, h, top)


def medium(grid=None, projection=None, **values):
    """A medium as the configuration would give it."""
    section = Section(**{"random": None, "q_from_vs": None, "min_vs": None, "scaling": None, **values})
    return crust.build(section, grid or cube(), projection)


def layered(rows=LOH3, **more):
    layers = tuple(Section(**{"qp": None, "qs": None, **row}) for row in rows)
    return medium(kind="layers", layers=layers, **more)


def gradient(**values):
    usual = {"vp": 5000.0, "vs": 2800.0, "rho": 2600.0, "vp_gradient": 0.5, "vs_gradient": 0.25}
    usual |= {"rho_gradient": 0.1, "qp": None, "qs": 200.0}
    return medium(kind="gradient", **usual | values)


def column(found, depth):
    """Values (5, nz) at x = y = 0."""
    return found.sample(ORIGIN, ORIGIN, np.asarray(depth, float))[:, :, 0, 0]


def whole(grid):
    return tuple((0, n) for n in grid.shape)


def sample(found, grid, box):
    (k0, k1), (j0, j1), (i0, i1) = box
    return found.sample(grid.horizontal.x(i0, i1), grid.horizontal.y(j0, j1), grid.depth(k0, k1))


PARTS = [
    ((0, 1), (0, 1), (0, 1)),
    ((3, 4), (5, 8), (2, 3)),
    ((2, 7), (1, 4), (0, 8)),
    ((7, 8), (7, 8), (7, 8)),
]


def same_in_every_box(found, grid):
    """Whether points and cells have the same bits in every box that holds them."""
    points = sample(found, grid, whole(grid))
    cells = crust.cell_averages(found, grid, whole(grid))
    for box in PARTS:
        window = tuple(slice(*span) for span in box)
        if not np.array_equal(sample(found, grid, box), points[:, *window]):
            return False
        if not np.array_equal(crust.cell_averages(found, grid, box), cells[:, *window]):
            return False
    return True


# Layers and gradients


def test_layers_are_constant_and_an_interface_belongs_below():
    found = layered()
    assert found.interfaces == (1000.0,) and found.layered
    values = column(found, [-500, 0, 999.999, 1000, 1e6])
    assert np.array_equal(values[:, 0], [4000, 2000, 2600, 120, 40])
    assert np.array_equal(values[:, 1], values[:, 0]) and np.array_equal(values[:, 2], values[:, 0])
    assert np.array_equal(values[:, 3], [6000, 3464, 2700, 155.9, 69.3])
    assert np.array_equal(values[:, 4], values[:, 3])
    found.check(cube(top=-400.0))
    assert layered([LOH3[0], LOH3[0] | {"top": 500.0}]).interfaces == ()


def test_without_q_there_is_no_attenuation():
    found = layered([{"top": 0.0, "vp": 1500.0, "vs": 0.0, "rho": 1000.0}])
    found.check(cube())
    assert np.array_equal(column(found, [50])[:, 0], [1500, 0, 1000, np.inf, np.inf])


def test_gradient_is_straight():
    found = gradient()
    found.check(cube())
    assert found.interfaces == ()
    expected = [[4950, 5000, 5500], [2775, 2800, 3050], [2590, 2600, 2700], [np.inf] * 3, [200] * 3]
    np.testing.assert_allclose(column(found, [-100, 0, 1000]), expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"vs": 2900.0}, r"medium.layers.0 \(from depth 0 m\): vp 4000 m/s is only 1.38 times vs 2900 m/s, exp"),
        ({"vs": -1.0}, r"medium.layers.0 \(from depth 0 m\): vs is -1 m/s, expected 0 \(a fluid\) or more"),
        ({"rho": 0.0}, r"rho is 0 kg/m3, expected more than 0"),
        ({"vp": np.nan}, r"vp is nan m/s, expected a finite number"),
        ({"qs": 0.0}, r"qs is 0, expected more than 0"),
        ({"top": 250.0}, r"medium.layers: begins at depth 250 m and does not cover the grid, .* short by 250 m at the"),
    ],
)  # fmt: skip
def test_layers_that_cannot_be(change, sentence):
    with pytest.raises(InputError, match=sentence):
        layered([LOH3[0] | change, LOH3[1]]).check(cube())


def test_vp_over_vs_of_sqrt_two_is_allowed():
    layered([LOH3[0] | {"vp": 2000 * np.sqrt(2.0)}]).check(cube())


def test_layers_out_of_order():
    with pytest.raises(
        InputError, match=r"medium.layers.1.top: 0 m is not below the top of the layer before, 1000"
    ):
        layered(LOH3[::-1])


def test_a_gradient_that_leads_nowhere():
    with pytest.raises(InputError, match=r"medium at depth 750 m: vp is -625 m/s, expected more than 0"):
        gradient(vp_gradient=-7.5).check(cube())
    with pytest.raises(InputError, match=r"medium at depth 750 m: vp 5375 m/s is only 1.36 times vs"):
        gradient(vs_gradient=1.55).check(cube())


# Text files


TVEL = (
    "a model - P\na model - S\n0.0 5.8 3.46 2.72\n1.0 5.8 3.46 2.72\n1.0 6.5 3.85 2.92\n3.0 6.7 3.95 2.96\n"
)
ND = (
    "0 5.0 2.8 2.6 1000 500\n1 5.4 3.0 2.7 1000.0 500\nmantle\n1 8.0 4.5 3.3 400 200\n2 8.2 4.6 3.4 800 400\n"
)
DAT = "# depth rho(g/cm^3) vp(km/s) vs(km/s) Qp Qs\n\n 0 2.3 5.5 3.14 600 300 # top\n 0.5 2.4 6.0 3.55 0 0\n"


def model(tmp_path, text, name="model.txt"):
    path = tmp_path / name
    path.write_text(text)
    return medium(kind="model", file=path)


def test_tvel_is_straight_with_jumps(tmp_path):
    found = model(tmp_path, TVEL)
    found.check(cube(n=8, h=350.0))
    assert found.interfaces == (1000.0,)
    expected = [
        [5800, 3460, 2720, np.inf, np.inf],
        [5800, 3460, 2720, np.inf, np.inf],
        [6500, 3850, 2920, np.inf, np.inf],
        [6600, 3900, 2940, np.inf, np.inf],
        [6700, 3950, 2960, np.inf, np.inf],
    ]
    np.testing.assert_allclose(column(found, [-50, 999.9, 1000, 2000, 3000]).T, expected, rtol=1e-14)


def test_nd_names_discontinuities_and_interpolates_1_over_q(tmp_path):
    found = model(tmp_path, ND)
    assert found.interfaces == (1000.0,)
    expected = [[5200, 2900, 2650, 1000, 500], [8100, 4550, 3350, 1600 / 3, 800 / 3]]
    np.testing.assert_allclose(column(found, [500, 1500]).T, expected, rtol=1e-14)


def test_dat_is_constant_below_each_depth_and_q_0_is_none(tmp_path):
    found = model(tmp_path, DAT)
    found.check(cube())
    expected = [
        [5500, 3140, 2300, 600, 300],
        [6000, 3550, 2400, np.inf, np.inf],
        [6000, 3550, 2400, np.inf, np.inf],
    ]
    assert np.array_equal(column(found, [499, 500, 1e7]).T, expected)


def test_the_columns_are_told_apart_by_what_they_hold(tmp_path):
    bare = "0 2.3 5.5 3.14\n1 2.4 6.0 3.55\n"
    assert model(tmp_path, bare).interfaces == (1000.0,)
    sea = "0 1.45 0.0 1.02\n3 1.5 0.0 1.03\n3 5.0 2.5 2.6\n9 5.5 3.0 2.7\n"
    assert column(model(tmp_path, sea), [1500])[RHO, 0] == pytest.approx(1025)
    soil = "0 1.9 0.8 0.3\n0.1 2.0 1.2 0.5\n"
    with pytest.raises(
        InputError, match=r"model.txt: could be either, expected the columns .* '# depth rho vp vs' or"
    ):
        model(tmp_path, soil)
    assert column(model(tmp_path, "# depth rho vp vs\n" + soil), [50])[VP, 0] == 800
    assert column(model(tmp_path, "# depth, vp, vs, rho\n" + soil), [50])[VP, 0] == pytest.approx(1950)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (TVEL.replace("6.5", "6,5.1x"), r"model.txt line 5: '5.1x' is not a number, expected depth vp vs rho \[Qp Qs"),
        (TVEL.replace(" 2.92", ""), r"model.txt line 5: 3 numbers, expected 4: depth vp vs rho"),
        (TVEL.replace("1.0 6.5", "0.9 6.5"), r"model.txt line 5: depth 0.9 km is above that of the row before, 1 km"),
        (TVEL.replace("6.5 3.85", "6.5 6.85"), r"model.txt: gives vp less than sqrt\(2\) times vs in some row either"),
        (DAT.replace("3.55", "5.55"), r"model.txt line 4: vp 6000 m/s is only 1.08 times vs 5550 m/s"),
        (DAT.replace("2.4", "-2.4"), r"model.txt line 4: rho is -2400 kg/m3, expected more than 0"),
        (DAT.replace("600 300", "-6 300"), r"model.txt line 3: qp is -6, expected more than 0"),
        (DAT.replace("6.0", "nan"), r"model.txt line 4: 'nan' is not a number"),
        ("a\nb\nc d\n" + TVEL, r"model.txt line 3: 'c' is not a number"),
        ("# nothing\n", r"model.txt: holds no row of numbers, expected depth vp vs rho"),
    ],
)  # fmt: skip
def test_text_that_cannot_be_read_names_the_line(tmp_path, text, sentence):
    with pytest.raises(InputError, match=sentence):
        model(tmp_path, text)


def test_a_binary_file_is_no_model(tmp_path):
    (tmp_path / "model.txt").write_bytes(b"\x89HDF\xff\xfe")
    with pytest.raises(InputError, match=r"model.txt: not a readable text file"):
        medium(kind="model", file=tmp_path / "model.txt")


UNITS = [
    "vp is 2.637e.06 m/s, expected 100 to 20000 m/s; is it 2637 m/s, and not km/s",
    r"rho is 2.7 kg/m3, .*2.7 g/cm3\?",
]


def test_units_are_told_by_every_reader(tmp_path):
    """A table in m/s that should be in km/s (mean speeds of 1,579,750 m/s), and g/cm3 that should be kg/m3."""
    moon = "UNITS        m\ndepth vp vs rho\n0 2637 1522 2217\n1 3037 1753 2297\n50 7308 4219 2861\n"
    with pytest.raises(InputError, match=f"model.txt line 3: {UNITS[0]}"):
        model(tmp_path, moon)
    light = linear(X, Y, Z)[:3]
    light[RHO] = 2.7
    for found in (
        gradient(rho=2.7, rho_gradient=0.0),
        layered([{"top": 0.0, "vp": 6000.0, "vs": 3464.0, "rho": 2.7}]),
        medium(kind="grid", file=write(tmp_path / "light.nc", X, Y, Z, light, axes=KM)),
    ):
        with pytest.raises(InputError, match=UNITS[1]):
            found.check(small())


def test_a_model_that_ends_above_the_bottom_says_by_how_much(tmp_path):
    found = model(tmp_path, TVEL)
    found.check(cube(nz=30))
    with pytest.raises(
        InputError, match=r"ends at depth 3000 m and does not cover the grid, .*; short by 100 m at the b"
    ):
        found.check(cube(nz=31))


@needs_models
@pytest.mark.parametrize(
    ("name", "jumps", "depth", "expected"),
    [
        ("ak135.tvel", (20e3, 35e3), 50e3, (8041.765, 4483.529, 3328.871, np.inf, np.inf)),
        ("ak135f_no_mud.nd", (20e3, 35e3), 10e3, (5800, 3460, 2720, 1368.02, 599.99)),
        ("iasp91.tvel", (20e3, 35e3), 25e3, (6500, 3750, 2920, np.inf, np.inf)),
        ("prem.nd", (15e3, 24.4e3), 60e3, (8089.07, 4477.15, 3376.88, 1447, 600)),
        ("lhm.dat", (3e3, 18e3), 17.9e3, (6000, 3550, 2400, 600, 300)),
        ("lhm_jma.dat", (500.0, 1000.0), 740.0, (4950, 2931, 2527.1, 558.8769, 279.4384)),
    ],
)
def test_models_of_the_earth(name, jumps, depth, expected):
    found = model_file.read(MODELS / name)
    found.check(cube(n=4, h=10e3))
    assert found.interfaces[:2] == jumps
    np.testing.assert_allclose(column(found, [depth])[:, 0], expected, rtol=1e-6)


@needs_models
def test_jma2001_in_cells_of_an_odd_size():
    """Cells that hold 1 or 2 interfaces each: mass and 1/Q of the column are kept."""
    grid = cube(n=2, h=700.0, nz=40)
    found = model_file.read(MODELS / "lhm_jma.dat")
    cells = crust.cell_averages(found, grid, whole(grid))
    fine = column(found, (np.arange(280_000) + 0.5) * 0.1)
    np.testing.assert_allclose(cells[2, :, 0, 0].sum() * 700, fine[RHO].sum() * 0.1, rtol=1e-9)
    np.testing.assert_allclose((1 / cells[4, :, 0, 0]).sum() * 700, (1 / fine[QS]).sum() * 0.1, rtol=1e-9)


# Files of three dimensions


def linear(x, y, z):
    """vp, vs, rho, qp, qs that are straight in x, y [units of the file] and depth [m]; exact in binary."""
    z, y, x = np.meshgrid(z, y, x, indexing="ij")
    vp = 5000 + 0.25 * z + 8 * x - 4 * y
    return np.stack([vp, vp / 2, 2600 + 0.125 * z, np.full_like(z, 400.0), np.full_like(z, 200.0)])


def write(path, x, y, z, values, names=("depth", "y", "x"), order=(0, 1, 2), units=(), axes=None):
    """A model of the values (5 or 3, z, y, x), whose variables have their dimensions in an order."""
    with netcdf.create(path) as data:
        for name, nodes in zip(names, (z, y, x), strict=True):
            data.createDimension(name, len(nodes))
            data.createVariable(name, "f8", (name,))[:] = nodes
            data[name].setncatts((axes or {}).get(name, {}))
        for name, block in zip(("vp", "vs", "rho", "qp", "qs"), values, strict=False):
            variable = data.createVariable(name, "f8", tuple(names[n] for n in order), fill_value=-1e30)
            variable[:] = np.where(np.isnan(block), -1e30, block).transpose(order)
            if name in dict(units):
                variable.units = dict(units)[name]
    return path


X, Y, Z = np.array([-1.0, 1, 2, 4, 8, 16]), np.array([-2.0, 0, 4, 6, 10]), np.array([0.0, 200, 300, 800])
KM = {"x": {"units": "km"}, "y": {"units": "km"}}


def small():
    """Cells within -1..9 of a file in km, and in depth 0..800 m."""
    return Grid3D(Grid("cartesian", -1000.0, -1000.0, 1250.0, 1250.0, 8, 8), 8, 100.0)


def in_km(path, flip=(1, 1, 1), order=(0, 1, 2), **more):
    x, y, z = X[:: flip[2]], Y[:: flip[1]], Z[:: flip[0]]
    return write(path, x, y, z, linear(x, y, z), order=order, axes=KM, **more)


@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, 1), (1, -1, 1), (1, 1, -1), (-1, -1, -1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_straight_model_is_exact_in_any_order(tmp_path, flip, order):
    grid = small()
    found = medium(grid, kind="grid", file=in_km(tmp_path / "model.nc", flip, order))
    found.check(grid)
    x, y, z = grid.horizontal.x(), grid.horizontal.y(), grid.depth()
    np.testing.assert_allclose(found.sample(x, y, z), linear(x / 1000, y / 1000, z), rtol=1e-13)
    assert same_in_every_box(found, grid)


def test_nodes_and_heights_and_units(tmp_path):
    values = linear(X, Y, Z)
    scaled = values / np.array([1000, 1, 1000, 1, 1])[:, None, None, None]
    path = write(
        tmp_path / "up.nc", X, Y, -Z / 1000, scaled, names=("height", "y", "x"), axes=KM | {"height": {"units": "km"}},
        units=(("vp", "km/s"), ("vs", "m s-1"), ("rho", "g/cm^3")),
    )  # fmt: skip
    found = medium(kind="grid", file=path)
    np.testing.assert_allclose(found.sample(X * 1000, Y * 1000, Z), values, rtol=1e-14)


MEDIA = {
    "layers": lambda path: layered(),
    "gradient": lambda path: gradient(),
    "grid": lambda path: medium(kind="grid", file=in_km(path)),
    "file": lambda path: model(path.parent, TVEL),
    "soft": lambda path: medium(
        kind="grid", file=in_km(path), min_vs=2600.0, q_from_vs=Section(qs_per_km_s=50, qp_over_qs=2)
    ),
    "random": lambda path: medium(
        small(), kind="grid", file=in_km(path),
        random=Section(sigma=0.1, correlation=(500.0, 500.0, 500.0), hurst=0.5, seed=1, limit=3.0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", MEDIA)
def test_points_have_the_bits_of_a_grid(tmp_path, kind):
    found = MEDIA[kind](tmp_path / "model.nc")
    x, y, z = (
        np.array([-900.0, 3210.0, 8100.0]),
        np.array([-777.0, 0.0, 7000.0]),
        np.array([0.0, 199.9, 300, 650]),
    )
    k, j, i = (part.ravel() for part in np.indices((4, 3, 3)))
    order = np.random.default_rng(0).permutation(k.size)
    points = found.at(x[i][order], y[j][order], z[k][order])
    assert (points == found.sample(x, y, z).reshape(5, -1)[:, order]).all()


def test_points_of_a_gridded_model_are_read_at_once(tmp_path, monkeypatch):
    """In slabs where they are many, and no point has what the file lacks."""
    found = medium(kind="grid", file=in_km(tmp_path / "model.nc"))
    n = np.arange(5000)
    points = (n % 91) * 100.0 - 900, (n % 83) * 100.0 - 700, n * 0.15
    opened = []
    monkeypatch.setattr(gridded, "STRIP", 40)
    monkeypatch.setattr(netcdf, "read", lambda path, read=netcdf.read: opened.append(path) or read(path))
    values = found.at(*points)
    assert len(opened) == 2  # for the layout and for the values
    expected = [linear(x / 1000, y / 1000, z)[:, 0, 0, 0] for x, y, z in np.transpose(points)[::500, :, None]]
    np.testing.assert_allclose(values[:, ::500].T, expected, rtol=1e-13)
    gap = linear(X, Y, Z)
    gap[VP, 2] = np.nan
    found = medium(kind="grid", file=write(tmp_path / "gap.nc", X, Y, Z, gap, axes=KM))
    with pytest.raises(InputError, match=r"gap.nc: no value \(NaN or missing\) at x 0, y 100, depth 250 m"):
        found.at(np.zeros(2), np.array([0.0, 100.0]), np.array([50.0, 250.0]))


def test_a_model_without_q_does_not_attenuate(tmp_path):
    path = write(tmp_path / "three.nc", X, Y, Z, linear(X, Y, Z)[:3], axes=KM)
    values = medium(kind="grid", file=path).sample(ORIGIN, ORIGIN, np.array([250.0]))
    assert values[QP].max() == values[QS].min() == np.inf and values[VP, 0, 0, 0] == 5062.5


GEOGRAPHIC = {"lon": {"units": "degrees_east"}, "lat": {"units": "degrees_north"}}


@pytest.mark.parametrize("shift", [0, 360])
def test_a_model_in_degrees(tmp_path, shift):
    plane, grid = Projection(140.0, 36.0), Grid3D(Grid("cartesian", -9e3, -9e3, 3e3, 3e3, 6, 6), 4, 200.0)
    lon, lat = np.linspace(139.5, 140.5, 9), np.linspace(36.5, 35.5, 5)
    values = linear(lon, lat, Z)
    path = write(
        tmp_path / "deg.nc", lon + shift, lat, Z, values, names=("depth", "lat", "lon"), axes=GEOGRAPHIC
    )
    found = medium(grid, plane, kind="grid", file=path)
    found.check(grid)
    x, y = grid.horizontal.x(), grid.horizontal.y()
    degrees = plane.to_lonlat(*np.meshgrid(x, y))
    expected = 5000 + 0.25 * 250.0 + 8 * degrees[0] - 4 * degrees[1]
    np.testing.assert_allclose(found.sample(x, y, np.array([250.0]))[VP, 0], expected, rtol=1e-12)
    wide = Grid3D(Grid("cartesian", -9e3, -90e3, 3e3, 3e3, 6, 40), 4, 200.0)
    with pytest.raises(
        InputError,
        match=r"covers lon .* and lat 35.375..36.625, but not .*; short by 0.17\d* degrees in the s",
    ):
        found.check(wide)
    with pytest.raises(InputError, match=r"deg.nc: is in longitude and latitude, for which grid.origin"):
        medium(grid, None, kind="grid", file=path).check(grid)


def test_longitudes_round_the_globe_close():
    nodes = Nodes.of(np.arange(0.0, 360.0, 90.0), wraps=True)
    places = nodes.locate(np.array([-45.0, 315.0, 359.0, 0.0, 720.0]))
    assert np.array_equal(nodes.index[places.left], [3, 3, 3, 0, 0])
    assert np.array_equal(nodes.index[places.right], [0, 0, 0, 0, 0])
    assert nodes.closed and places.inside.all() and places.weight[0] == 0.5
    assert not Nodes.of(np.arange(0.0, 180.0, 30.0), wraps=True).closed
    assert Nodes.of(np.array([1.0, 1.0, 2.0])) is None


@pytest.mark.parametrize(
    ("x0", "y0", "nz", "top", "sentence"),
    [
        (-9000, -1000, 8, 0, r"covers x -2000..20000 and y -3000..12000, but not .*; short by 6375 m in the west$"),
        (12e3, -1000, 8, 0, r"short by 1375 m in the east$"),
        (-1000, -6000, 8, 0, r"short by 2375 m in the south$"),
        (-1000, 5000, 8, 0, r"short by 2375 m in the north$"),
        (-1000, -1000, 13, 0, r"model.nc: ends at depth 800 m and does not cover .*; short by 200 m at the bottom$"),
    ],
)  # fmt: skip
def test_a_model_that_does_not_cover_the_grid_names_the_side(tmp_path, x0, y0, nz, top, sentence):
    found = medium(kind="grid", file=in_km(tmp_path / "model.nc"))
    with pytest.raises(InputError, match=sentence):
        found.check(Grid3D(Grid("cartesian", x0, y0, 1250.0, 1250.0, 8, 8), nz, 100.0, top))


def test_a_model_that_begins_below_the_top(tmp_path):
    path = write(tmp_path / "deep.nc", X, Y, Z + 500, linear(X, Y, Z + 500), axes=KM)
    with pytest.raises(InputError, match=r"deep.nc: begins at depth 400 m .*; short by 400 m at the top"):
        medium(kind="grid", file=path).check(small())
    found = medium(kind="grid", file=in_km(tmp_path / "model.nc"))
    found.check(Grid3D(small().horizontal, 12, 100.0, -400.0))
    values = found.sample(ORIGIN, ORIGIN, np.array([-350.0, 0.0]))
    assert np.array_equal(values[:, 0], values[:, 1])


def spoiled(path, row, value, k=1):
    values = linear(X, Y, Z)
    values[row, k, 2, 3] = value
    return write(path, X, Y, Z, values, axes=KM)


@pytest.mark.parametrize(
    ("row", "value", "sentence"),
    [
        (VS, 4900.0, r"model.nc at x 4000, y 4000, depth 200 m: vp 5066 m/s is only 1.03 times vs 4900 m/s"),
        (RHO, np.nan, r"model.nc at x 4000, y 4000, depth 200 m: rho is nan kg/m3, expected a finite number"),
        (VP, -4.0, r"vp is -4 m/s, expected more than 0"),
        (QS, -4.0, r"qs is -4, expected more than 0"),
        (
            RHO,
            2.7,
            r"depth 200 m: rho is 2.7 kg/m3, expected 100 to 20000 kg/m3; is it 2.7 g/cm3\?",
        ),
    ],
)
def test_wrong_values_in_a_file_name_their_place(tmp_path, row, value, sentence):
    with pytest.raises(InputError, match=sentence):
        medium(kind="grid", file=spoiled(tmp_path / "model.nc", row, value)).check(small())


def test_only_nodes_that_are_needed_are_checked(tmp_path):
    found = medium(kind="grid", file=spoiled(tmp_path / "model.nc", VP, np.nan, k=3))
    found.check(Grid3D(small().horizontal, 3, 100.0))
    with pytest.raises(
        InputError, match=r"no value \(NaN or missing\) at 4 points, the first at x 3000, y 3000, depth 400"
    ):
        found.sample(np.array([0.0, 3000, 5000]), np.array([3000.0, 5000]), np.array([250.0, 400]))


def test_the_height_of_the_ground_between_cells_is_bilinear_and_that_of_the_edge_beyond():
    def plane(x, y):
        return 2 * x[None, :] - 3 * y[:, None] - 400

    found, flat = Terrain(plane, small()), small().horizontal
    x, y = flat.x(), flat.y()
    at = np.array([x[0], x[2] + 30, x[-1], (x[4] + x[5]) / 2]), np.array([y[1], y[0] + 7, y[-1], y[3]])
    np.testing.assert_allclose(found.height_at(*at), 2 * at[0] - 3 * at[1] - 400)
    beyond = found.height_at(np.array([x[0] - 1e4, x[-1] + 1e4]), np.array([y[0] - 1e4, y[-1] + 1e4]))
    np.testing.assert_allclose(beyond, [2 * x[0] - 3 * y[0] - 400, 2 * x[-1] - 3 * y[-1] - 400])


# Models above the ground, and those that follow it


def hill(x, y):
    """Ground that falls from 150 m below depth 0 in the west to 450 m below in the east."""
    return np.broadcast_to(-150 - 300 * (x / 1000 + 1)[None, :] / 10, (y.size, x.size))


def over_ground(values, **more):
    settings = {"random": None, "q_from_vs": None, "min_vs": None, "draped": False, "scaling": None, **values}
    return crust.build(Section(**settings), small(), None, hill, **more)


def test_gaps_above_the_ground_take_the_first_value_below(tmp_path):
    values = linear(X, Y, Z)
    values[:, :2, :3] = np.nan  # depths 0 and 200 m in the south
    path = write(tmp_path / "model.nc", X, Y, Z, values, axes=KM)
    x, y, z = small().horizontal.x(), small().horizontal.y(), small().depth()
    with pytest.raises(InputError, match=r"depth 0 m: vp is nan m/s, expected a finite number"):
        medium(kind="grid", file=path).check(small())
    found = over_ground({"kind": "grid", "file": path})
    found.check(small())
    filled = linear(X, Y, Z)
    filled[:, :2, :3] = filled[:, 2:3, :3]
    whole_model = medium(kind="grid", file=write(tmp_path / "filled.nc", X, Y, Z, filled, axes=KM))
    np.testing.assert_array_equal(found.sample(x, y, z), whole_model.sample(x, y, z))
    assert same_in_every_box(found, small())
    empty = found.filled_at(x, y, np.broadcast_to(z[:, None, None], (8, 8, 8)))
    assert empty[:, 0].all(1).tolist() == [True] * 3 + [False] * 5 and not empty[:, 7].any()


def test_a_gap_below_a_value_is_still_refused(tmp_path):
    found = over_ground({"kind": "grid", "file": spoiled(tmp_path / "model.nc", VP, np.nan)})
    with pytest.raises(InputError, match=r"depth 200 m: vp is nan m/s, expected a finite number"):
        found.check(small())


def test_a_draped_file_counts_from_the_ground(tmp_path):
    path = write(tmp_path / "model.nc", X, Y, Z, linear(X, Y, Z), axes=KM)
    found = over_ground({"kind": "grid", "file": path, "draped": True})
    found.check(small())
    x, y, z = small().horizontal.x(), small().horizontal.y(), small().depth()
    below = np.maximum(z[:, None, None] + hill(x, y), 0)
    expected = 5000 + 0.25 * below + 8 * (x / 1000) - 4 * (y / 1000)[:, None]
    np.testing.assert_allclose(found.sample(x, y, z)[VP], expected, rtol=1e-12)
    assert same_in_every_box(found, small())


def test_draped_layers_have_their_mass_in_every_column():
    rows = tuple(Section(**{"qp": None, "qs": None, **row}) for row in LOH3)
    found = over_ground({"kind": "layers", "layers": rows, "draped": True})
    grid = Grid3D(small().horizontal, 20, 100.0)
    found.check(grid)
    rho = crust.cell_averages(found, grid, whole(grid))[RHO]
    ground = -hill(grid.horizontal.x(), grid.horizontal.y())
    exact = 2600 * (ground + 1000) + 2700 * (2000 - ground - 1000)
    np.testing.assert_allclose(rho.sum(0) * 100, exact, atol=100 * 100 / 8)
    assert not found.layered and found.interfaces == () and found.detail == 12.5


def test_fluids_are_allowed(tmp_path):
    found = medium(kind="grid", file=spoiled(tmp_path / "model.nc", VS, 0.0))
    found.check(small())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"units": (("vp", "furlong/s"),)}, r"vp is in 'furlong/s', expected one of m/s"),
        ({"units": (("rho", "m/s"),)}, r"rho is in 'm/s', expected one of kg/m3"),
        ({"names": ("depth", "b", "x")}, r"dimensions \(depth, b, x\) of vp is latitude or y\? Expected one"),
        ({"names": ("depth", "lat", "x")}, r"x and lat must both be in degrees, or both in metres"),
        ({"axes": {"depth": {"units": "mile"}}}, r"depth is in 'mile', expected one of m, "),
    ],
)
def test_files_of_another_layout(tmp_path, change, sentence):
    path = write(tmp_path / "model.nc", X, Y, Z, linear(X, Y, Z), **change)
    with pytest.raises(InputError, match=sentence):
        medium(kind="grid", file=path).check(small())


def test_files_that_are_no_models(tmp_path):
    bare = write(tmp_path / "bare.nc", X, Y, Z, linear(X, Y, Z)[:2])
    with pytest.raises(
        InputError, match=r"bare.nc: no variable rho, expected vp, vs, rho .*; the file has depth, y"
    ):
        medium(kind="grid", file=bare).check(small())
    half = write(tmp_path / "half.nc", X, Y, Z, linear(X, Y, Z)[:4])
    with pytest.raises(InputError, match=r"half.nc: has only one of qp and qs"):
        medium(kind="grid", file=half).check(small())
    turned = write(tmp_path / "turned.nc", X, np.array([0.0, 4, 2, 6, 8]), Z, linear(X, Y, Z))
    with pytest.raises(InputError, match=r"turned.nc: y must rise or fall from end to end"):
        medium(kind="grid", file=turned).check(small())
    (tmp_path / "text.nc").write_text("0 1 2")
    with pytest.raises(InputError, match=r"text.nc: not a NetCDF file, or a damaged one"):
        medium(kind="grid", file=tmp_path / "text.nc").check(small())
    with pytest.raises(InputError, match=r"gone.nc: no such file"):
        medium(kind="grid", file=tmp_path / "gone.nc")


# Least vs, and Q from vs


def test_least_vs_keeps_fluids_and_wet_sediment():
    rows = ((0.0, 1500.0, 0.0), (100.0, 1600.0, 100.0), (200.0, 600.0, 300.0), (300.0, 4000.0, 2000.0))
    found = layered([{"top": t, "vp": p, "vs": s, "rho": 2000.0} for t, p, s in rows], min_vs=500.0)
    expected = [[1500, 0], [1600, 500], [500 * np.sqrt(3), 500], [4000, 2000]]
    np.testing.assert_allclose(column(found, [50, 150, 250, 350])[:2].T, expected)


def test_q_from_vs_replaces_that_of_the_layers():
    rows = [{"top": 0.0, "vp": 1500.0, "vs": 0.0, "rho": 1030.0}, LOH3[0] | {"top": 100.0}]
    found = layered(rows, q_from_vs=Section(qs_per_km_s=50.0, qp_over_qs=2.0))
    assert found.interfaces == (100.0,) and found.layered
    values = column(found, [50, 150])
    assert np.array_equal(values[3:], [[np.inf, 200], [np.inf, 100]])


# Random heterogeneity


def rough(grid, sigma=0.05, correlation=(300.0, 300.0, 200.0), hurst=0.5, seed=1, limit=3.0, rows=LOH3):
    options = Section(
        kind="von_karman", sigma=sigma, correlation=correlation, hurst=hurst, seed=seed, limit=limit
    )
    layers = tuple(Section(**row) for row in rows)
    return medium(grid, kind="layers", layers=layers, random=options)


def test_heterogeneity_has_its_size_and_changes_with_the_seed():
    grid = cube(n=64)
    found = rough(grid, sigma=0.05)
    found.check(grid)
    assert not found.layered and found.interfaces == (1000.0,)
    values = sample(found, grid, whole(grid))
    change = values[VP, 10:] / 6000 - 1
    assert change.std() == pytest.approx(0.05, rel=0.1) and abs(change.mean()) < 0.01
    np.testing.assert_allclose(values[VS, 10:] / 3464 - 1, change, atol=1e-12)
    np.testing.assert_allclose(values[RHO, 10:] / 2700 - 1, 0.8 * change, atol=1e-12)
    assert np.array_equal(values[QS, 0], np.full((64, 64), 40.0))
    other = sample(rough(grid, seed=2), grid, whole(grid))[VP, 10:] / 6000 - 1
    assert abs(np.corrcoef(change.ravel(), other.ravel())[0, 1]) < 0.1


def test_heterogeneity_has_the_spectrum_of_von_karman():
    """Where hurst is 0.5 the correlation is exp(-r / a); averaged over seeds, in a box of 8 lengths and more."""
    grid = cube(n=48, h=100.0)
    lags = np.arange(1, 7)
    for axis, length in ((2, 600.0), (0, 300.0)):
        found = np.zeros(lags.size)
        for seed in range(6):
            field = rough(grid, correlation=(600.0, 600.0, 300.0), seed=seed, limit=9.0)._field
            found += [np.mean(field * np.roll(field, -lag, axis)) / 6 for lag in lags]
        ratio = found[1:] / found[:-1]  # what the mean of 0 and the cell size change cancels in part
        np.testing.assert_allclose(ratio, np.exp(-100.0 / length), rtol=0.06)


def test_heterogeneity_is_cut_at_its_limit_and_spares_fluids():
    grid = cube(n=16)
    rows = [LOH3[0] | {"vp": 1500.0, "vs": 0.0}, LOH3[1]]
    values = sample(rough(grid, sigma=0.1, limit=1.0, rows=rows), grid, whole(grid))
    assert np.array_equal(np.unique(values[VP, :10]), [1500.0])
    change = values[VP, 10:] / 6000 - 1
    assert change.max() == pytest.approx(0.1) and change.min() == pytest.approx(-0.1)
    with pytest.raises(
        InputError, match=r"medium.random: sigma 0.4 times limit 3 is 1.2, expected less than 1"
    ):
        rough(grid, sigma=0.4).check(grid)


def test_heterogeneity_repeats_beyond_its_box():
    grid = Grid3D(Grid("cartesian", 0.0, 0.0, 1.0, 1.0, 600, 2), 2, 1.0)
    values = rough(grid, correlation=(5.0, 5.0, 5.0)).sample(
        grid.horizontal.x(), grid.horizontal.y(), grid.depth()
    )
    assert np.array_equal(values[..., :344], values[..., 256:])
    assert not np.array_equal(values[..., :128], values[..., 128:256])


@pytest.mark.parametrize("kind", ["layers", "gradient", "random"])
def test_a_point_has_the_same_bits_in_every_box(kind):
    grid = cube(h=230.0)
    found = {"layers": layered(), "gradient": gradient(), "random": rough(grid)}[kind]
    assert same_in_every_box(found, grid)


# Cells


def moduli(vp, vs, rho):
    return rho * (vp**2 - 4 / 3 * vs**2), rho * vs**2


def test_cells_that_are_not_cut_are_those_of_the_layer():
    grid = cube(n=3, h=100 / 3, nz=60)
    cells = crust.cell_averages(layered(), grid, whole(grid))
    for k, vp, vs, rho, qp, qs in ((0, 4e3, 2e3, 2.6e3, 120.0, 40.0), (59, 6e3, 3464.0, 2.7e3, 155.9, 69.3)):
        mu = rho * vs**2
        assert np.array_equal(cells[:, k, 1, 2], [rho * vp**2 - 2 * mu, mu, rho, qp, qs])
    assert np.array_equal(cells[:, :30], np.broadcast_to(cells[:, :1, :1, :1], (5, 30, 3, 3)))
    assert np.array_equal(cells[:, 30:], np.broadcast_to(cells[:, -1:, :1, :1], (5, 30, 3, 3)))


def test_a_cut_cell_moves_as_its_parts_would():
    grid = cube(n=2, h=400.0, nz=4)  # the interface at 1000 m halves the third cell
    lam, mu, rho, qp, qs = crust.cell_averages(layered(), grid, whole(grid))[:, 2, 0, 0]
    (k1, m1), (k2, m2) = moduli(4e3, 2e3, 2.6e3), moduli(6e3, 3464.0, 2.7e3)
    assert rho == pytest.approx(2650, rel=1e-14)
    assert mu == pytest.approx(2 / (1 / m1 + 1 / m2), rel=1e-14)
    assert lam + 2 / 3 * mu == pytest.approx(2 / (1 / k1 + 1 / k2), rel=1e-14)
    assert 1 / qp == pytest.approx((1 / 120 + 1 / 155.9) / 2, rel=1e-14)
    assert 1 / qs == pytest.approx((1 / 40 + 1 / 69.3) / 2, rel=1e-14)


def test_a_cell_with_a_fluid_part_is_fluid():
    rows = [{"top": 0.0, "vp": 1500.0, "vs": 0.0, "rho": 1000.0}, LOH3[1] | {"top": 30.0}]
    grid = cube(n=2)
    lam, mu, rho, qp, qs = crust.cell_averages(layered(rows), grid, whole(grid))[:, :2, 0, 0]
    k1, k2 = 1000 * 1500.0**2, moduli(6e3, 3464.0, 2.7e3)[0]
    assert mu[0] == 0 and mu[1] > 0 and rho[0] == pytest.approx(0.3 * 1000 + 0.7 * 2700)
    assert lam[0] == pytest.approx(1 / (0.3 / k1 + 0.7 / k2), rel=1e-14)
    assert 1 / qp[0] == pytest.approx(0.7 / 155.9) and 1 / qs[0] == pytest.approx(0.7 / 69.3)


def test_many_thin_layers_in_a_cell():
    rows = [LOH3[n % 2] | {"top": 10.0 * n} for n in range(40)]
    grid = cube(n=2, nz=4)
    cells = crust.cell_averages(layered(rows), grid, whole(grid))
    half = crust.cell_averages(layered(), cube(n=2, h=400.0, nz=4), whole(grid))[:, 2:3]
    np.testing.assert_allclose(cells, np.broadcast_to(half, cells.shape), rtol=1e-13)


def test_detail_finer_than_a_cell_is_averaged(tmp_path):
    """Nodes every 20 m, values that alternate: a cell of 100 m has their mean, not whichever it hits."""
    z = np.arange(0.0, 821.0, 20.0)
    values = linear(X, Y, z)
    values[RHO] = np.where(np.arange(z.size) % 2, 2400, 2600)[:, None, None]
    path = write(tmp_path / "fine.nc", X, Y, z, values, axes=KM)
    cells = crust.cell_averages(medium(kind="grid", file=path), small(), whole(small()))
    np.testing.assert_allclose(cells[2], 2500, atol=1e-9)


def test_gradients_are_sampled_at_centres():
    grid = cube()
    lam, mu, rho, _, _ = crust.cell_averages(gradient(), grid, whole(grid))[:, 3, 0, 0]
    assert rho == 2635 and mu == 2635 * 2887.5**2 and lam == 2635 * 5175.0**2 - 2 * mu


def test_beyond_the_volume_the_nearest_cell_is_repeated():
    grid = cube(h=230.0)
    found = rough(grid)
    inside = crust.cell_averages(found, grid, whole(grid))
    around = crust.cell_averages(found, grid, ((-2, 10), (-2, 10), (-2, 10)))
    assert np.array_equal(around, np.pad(inside, ((0, 0), (2, 2), (2, 2), (2, 2)), mode="edge"))
    closed = cube(h=230.0, boundary=("periodic",) * 4)
    around = crust.cell_averages(found, closed, ((-2, 10), (-2, 10), (-2, 10)))
    sides = np.pad(inside, ((0, 0), (0, 0), (2, 2), (2, 2)), mode="wrap")
    assert np.array_equal(around, np.pad(sides, ((0, 0), (2, 2), (0, 0), (0, 0)), mode="edge"))


def test_speeds_of_cells():
    rows = [
        {"top": 0.0, "vp": 1500.0, "vs": 0.0, "rho": 1000.0},
        *(r | {"top": r["top"] + 100} for r in LOH3),
    ]
    grid = cube(n=2, nz=20)
    cells = crust.cell_averages(layered(rows), grid, whole(grid))
    cells[:3, 0, 0, 0] = 0.0  # air
    found = speeds(cells[:, :8]).join(speeds(cells[:, 8:]))
    assert found.fastest == pytest.approx(6000) and found.slowest == pytest.approx(1500)
    assert found.least_ratio == pytest.approx(6000 / 3464) and found.largest_ratio == pytest.approx(2)
    assert speeds(np.zeros((3, 2, 2, 2))).slowest == np.inf


# Air and water


def island(x, y):
    """An island of 250 m in a sea that is 350 m deep, rising from west to east."""
    return np.broadcast_to(-350 + 100 * np.floor(x / 100)[None, :], (y.size, x.size))


def test_a_staircase_of_air_water_and_rock():
    grid = cube(n=7, top=-300.0, nz=10)  # centres at -250, -150, -50, 50, ...
    found = Terrain(island, grid)
    found.check()
    box = ((0, 10), (2, 3), (0, 7))
    assert np.array_equal(found.floor_index((2, 3), (0, 7))[0], [6, 5, 4, 3, 2, 1, 0])
    assert np.array_equal(found.top_index((2, 3), (0, 7))[0], [3, 3, 3, 3, 2, 1, 0])
    classes = found.classes(box)[:, 0, :]
    assert np.array_equal(classes[:, 0], [AIR] * 3 + [WATER] * 3 + [SOLID] * 4)
    assert np.array_equal(classes[:, 4], [AIR] * 2 + [SOLID] * 8)
    dry = Terrain(island, grid, water=False).classes(box)[:, 0, :]
    assert np.array_equal(dry[:, 0], [AIR] * 6 + [SOLID] * 4)


def test_air_and_water_in_cells():
    grid = cube(n=7, top=-300.0, nz=10)
    cells = crust.cell_averages(layered(), grid, whole(grid))
    rock = cells[:, 9, 0, 0].copy()
    classes = Terrain(island, grid).apply(cells, whole(grid))
    assert np.array_equal(cells[:, 0, 3, 0], [0, 0, 0, np.inf, np.inf])
    assert np.array_equal(cells[:, 3, 3, 0], [1030 * 1500.0**2, 0, 1030, np.inf, np.inf])
    assert np.array_equal(cells[:, 9, 3, 0], rock)
    assert np.array_equal(cells[2] == 0, classes == AIR) and np.array_equal(cells[1] == 0, classes != SOLID)


def test_terrain_is_the_same_in_every_box():
    grid = cube(n=7, top=-300.0, nz=10)
    found = Terrain(island, grid)
    all_of_it = found.classes(whole(grid))
    assert np.array_equal(found.classes(((3, 6), (1, 2), (2, 6))), all_of_it[3:6, 1:2, 2:6])
    halo = found.classes(((0, 10), (-2, 9), (-2, 9)))
    assert np.array_equal(halo, np.pad(all_of_it, ((0, 0), (2, 2), (2, 2)), mode="edge"))


def test_ground_outside_the_grid():
    with pytest.raises(
        InputError, match=r"rises to 250 m at x 650, y 50 m, above the top .* must begin at -250 m or abo"
    ):
        Terrain(island, cube(n=7, top=-200.0, nz=10)).check()
    with pytest.raises(
        InputError, match=r"falls to -350 m at x 50, y 50 m, below the lowest cells .* at depth 250 m"
    ):
        Terrain(island, cube(n=7, top=-300.0, nz=6)).check()
    with pytest.raises(InputError, match=r"topography: no finite height at x 250, y 350 m"):
        Terrain(
            lambda x, y: np.where((y[:, None] == 350) & (x == 250), np.nan, 0.0), cube(n=7, top=-300.0)
        ).check()


def test_terrain_of_a_configuration(tmp_path):
    grid = cube(n=7, top=-300.0, nz=10)
    slope = Section(kind="slope", depth=50.0, slope=1.0, direction=90.0, water=True)
    found = terrain.build(slope, grid, None)
    assert np.array_equal(found.floor_index((0, 1), (0, 7))[0], [6, 5, 4, 3, 2, 1, 0])
    flat = terrain.build(Section(kind="flat", depth=-100.0, water=False), grid, None)
    assert np.all(flat.floor_index((0, 7), (0, 7)) == 2)


@pytest.mark.parametrize("step", [0.25, 0.01])
def test_terrain_from_a_file_in_degrees(tmp_path, step):
    """A plane in lon and lat: coarser than the cells and across the dateline, and much finer."""
    lon0 = 180.0 if step > 0.1 else 140.0
    lon, lat = lon0 + np.arange(-1.0, 1.01, step), np.arange(35.0, 37.01, step)
    path = tmp_path / "relief.nc"
    with netcdf.create(path) as data:
        for name, nodes in (("lat", lat), ("lon", lon)):
            data.createDimension(name, nodes.size)
            data.createVariable(name, "f8", (name,))[:] = nodes
            data[name].setncatts(GEOGRAPHIC[name])
        data.createVariable("elevation", "f8", ("lat", "lon"))[:] = (
            500 * (lon - lon0) + 200 * (lat - 36)[:, None]
        )
    plane = Projection(lon0, 36.0)
    grid = Grid3D(Grid("cartesian", -25e3, -25e3, 5e3, 5e3, 10, 10), 10, 100.0, -500.0)
    described = section(TopographyConfig, file=path)
    found = terrain.build(described, grid, plane)
    x, y = grid.horizontal.x(), grid.horizontal.y()
    degrees = plane.to_lonlat(*np.meshgrid(x, y))
    heights = found.elevation(x, y)
    np.testing.assert_allclose(
        heights, 500 * ((degrees[0] - lon0 + 180) % 360 - 180) + 200 * (degrees[1] - 36), atol=0.02
    )
    assert np.array_equal(found.elevation(x[2:5], y[7:8]), heights[7:8, 2:5])
    wide = Grid3D(Grid("cartesian", -25e3, -25e3, 5e3, 5e3, 40, 10), 10, 100.0, -500.0)
    with pytest.raises(InputError, match=r"relief.nc: covers lon .* short by 0.[89]\d+ degrees in the east"):
        terrain.build(described, wide, plane)
    with pytest.raises(InputError, match=r"in degrees, but the grid is cartesian"):
        terrain.build(described, grid, None)
    lowered = terrain.build(section(TopographyConfig, file=path, datum_shift=-2.5), grid, plane)
    np.testing.assert_allclose(lowered.elevation(x, y), heights - 2.5, atol=1e-9)


def test_terrain_from_a_picture_in_another_projection(tmp_path):
    """Metres of UTM are not those of the grid's own projection; without one they may be those of the grid."""
    xr = pytest.importorskip("xarray")
    pytest.importorskip("rioxarray")
    nodes = np.arange(-30e3, 30e3, 1e3)
    relief = xr.DataArray(np.full((60, 60), 40.0), {"y": nodes[::-1], "x": nodes}, ("y", "x"))
    relief.rio.write_crs("EPSG:32654").rio.to_raster(tmp_path / "utm.tif")
    grid = Grid3D(Grid("cartesian", -25e3, -25e3, 5e3, 5e3, 10, 10), 10, 100.0, -500.0)
    described = section(TopographyConfig, file=tmp_path / "utm.tif")
    with pytest.raises(
        InputError, match=r"UTM zone 54N .* the grid has its own projection; .*-t_srs EPSG:4326"
    ):
        terrain.build(described, grid, Projection(141.0, 36.0))
    plane = terrain.build(described, grid, None)
    assert np.all(plane.elevation(grid.horizontal.x(), grid.horizontal.y()) == 40.0)
