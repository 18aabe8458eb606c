"""Okada against his table and an integral; faults, files, the filter, and the contract of the sources."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from support.sections import section

from esim.config.ocean.source import OceanSourceConfig
from esim.constants import EARTH_RADIUS
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.sources import geodesy
from esim.sources.finite_fault import FiniteFault
from esim.sources.formats import csv_yaml
from esim.sources.ocean import build, okada, seafloor
from esim.sources.ocean.kajiura import KajiuraFilter

SATAKE = Path(__file__).parents[2] / "configs" / "sources" / "satake2013.csv"
PLANE = Grid("cartesian", -100e3, -100e3, 2e3, 2e3, 100, 100)
PACIFIC = Grid("lonlat", 135.0, 28.0, 0.25, 0.25, 100, 80)

# Okada (1985), table 2, without derivatives: (x, y, depth, dip), then ux, uy, uz for a unit of strike slip,
# dip slip and opening; length 3, width 2.
TABLE_2 = {
    (2, 3, 4, 70): (
        (-8.689e-3, -4.298e-3, -2.747e-3),
        (-4.682e-3, -3.527e-2, -3.564e-2),
        (-2.660e-4, 1.056e-2, 3.214e-3),
    ),
    (0, 0, 4, 90): ((0, 5.253e-3, 0), (0, 0, 0), (1.223e-2, 0, -1.606e-2)),
    (0, 0, 4, -90): ((0, -1.303e-3, 0), (0, 0, 0), (3.507e-3, 0, -7.740e-3)),
}


def one_fault(**changes: object) -> FiniteFault:
    values = dict(
        x=0.0, y=0.0, depth=10e3, length=40e3, width=20e3, strike=0.0, dip=20.0, rake=90.0, slip=2.0
    )
    return csv_yaml.assemble(csv_yaml.Entry("test", {}), [csv_yaml.Entry("fault 1", values | changes)])


# Okada


@pytest.mark.parametrize("case", TABLE_2, ids=str)
@pytest.mark.parametrize("mode", [0, 1, 2], ids=["strike", "dip", "tensile"])
def test_table_2_of_okada(case: tuple, mode: int) -> None:
    x, y, depth, dip = case
    dislocation = tuple(float(k == mode) for k in range(3))
    found = okada.rectangle(np.array([float(x)]), np.array([float(y)]), depth, 3.0, 2.0, dip, dislocation)
    for value, published in zip(found, TABLE_2[case][mode], strict=True):
        digit = 10.0 ** np.floor(np.log10(abs(published)) - 3) if published else 1e-12
        assert abs(value[0] - published) <= 0.51 * digit  # published with four digits


def point_source(x, y, d, dip, alpha=0.5):
    """Okada (1985), eqs. 8-10: displacement by a unit point dislocation, [mode][component]."""
    s, c = np.sin(np.deg2rad(dip)), np.cos(np.deg2rad(dip))
    p, q, r = y * c + d * s, y * s - d * c, np.sqrt(x * x + y * y + d * d)
    rd = r + d
    i1 = alpha * y * (1 / (r * rd**2) - x * x * (3 * r + d) / (r**3 * rd**3))
    i2 = alpha * x * (1 / (r * rd**2) - y * y * (3 * r + d) / (r**3 * rd**3))
    i3 = alpha * x / r**3 - i2
    i4 = -alpha * x * y * (2 * r + d) / (r**3 * rd**2)
    i5 = alpha * (1 / (r * rd) - x * x * (2 * r + d) / (r**3 * rd**2))
    at = (x, y, d)
    strike = [-(3 * a * x * q / r**5 + i * s) for a, i in zip(at, (i1, i2, i4), strict=True)]
    slip = [-(3 * a * p * q / r**5 - i * s * c) for a, i in zip(at, (i3, i1, i5), strict=True)]
    tensile = [3 * a * q * q / r**5 - i * s * s for a, i in zip(at, (i3, i1, i5), strict=True)]
    return np.array([strike, slip, tensile]) / (2 * np.pi)


@pytest.mark.parametrize("dip", [0.0, 1.0, 35.0, 80.0, 89.9, 89.9999, 90.0])
def test_rectangle_is_the_integral_of_points(dip: float) -> None:
    length, width, depth = 30.0, 12.0, 30.0
    x, y = (a.ravel() for a in np.meshgrid(np.linspace(-60, 90, 7), np.linspace(-70, 70, 8)))
    nodes, weights = np.polynomial.legendre.leggauss(24)
    total = np.zeros((3, 3, x.size))
    for u, wu in zip(0.5 * (nodes + 1), 0.5 * weights, strict=True):
        for v, wv in zip(0.5 * (nodes + 1), 0.5 * weights, strict=True):
            up = v * width
            across, below = up * np.cos(np.deg2rad(dip)), depth - up * np.sin(np.deg2rad(dip))
            total += wu * wv * length * width * point_source(x - u * length, y - across, below, dip)
    for mode in range(3):
        dislocation = tuple(float(k == mode) for k in range(3))
        found = np.array(okada.rectangle(x, y, depth, length, width, dip, dislocation))
        np.testing.assert_allclose(found, total[mode], atol=2e-6 * np.abs(total[mode]).max())


def test_poisson_ratio_enters() -> None:
    """The half-space terms scale with 1 - 2 nu, so that displacement is linear in nu."""
    x, y = np.array([5.0]), np.array([3.0])
    u = [okada.rectangle(x, y, 8.0, 6.0, 4.0, 30.0, (1.0, 1.0, 1.0), nu)[2] for nu in (0.0, 0.25, 0.5)]
    assert u[1] == pytest.approx(0.5 * (u[0] + u[2]))
    assert abs(u[2] - u[0]) > 1e-3


@pytest.mark.parametrize("dip", [0.0, 8.0, 45.0, 89.99, 90.0])
def test_finite_and_bounded_everywhere_on_a_fault_that_reaches_the_surface(dip: float) -> None:
    """On the trace, its ends and beyond, and above the edges: finite, and of the size of the slip."""
    special = np.array([-20e3, -10e3, -1e-9, 0.0, 1e-9, 5e3, 10e3, 20e3])
    east, north = (a.ravel() for a in np.meshgrid(special, special))
    depth = 0.0 if dip else 5e3
    for rake, opening in ((0.0, 0.0), (90.0, 0.0), (0.0, 1.0)):
        slip = 1.0 - opening
        u = np.array(okada.displacement(east, north, depth, 20e3, 10e3, 0.0, dip, rake, slip, opening))
        assert np.isfinite(u).all()
        assert np.abs(u[2]).max() < 1.5


def test_the_plane_of_an_outcropping_fault_lies_between_its_sides() -> None:
    trace, side = np.zeros(1), np.array([1e-3])
    args = (0.0, 200e3, 25e3, 180.0, 30.0, 90.0, 1.0)
    west, on, east = (okada.displacement(e, np.zeros(1), *args)[2][0] for e in (-side, trace, side))
    assert abs(west - east) == pytest.approx(0.5, rel=1e-3)  # the jump of uz is slip x sin(dip)
    assert min(west, east) <= on <= max(west, east)


def test_a_vertical_strike_slip_fault_far_from_its_ends_is_a_screw_dislocation() -> None:
    """u = slip/pi (atan(x / top) - atan(x / bottom)): the antiplane solution for a slipping strip."""
    x = np.array([-30e3, -3e3, 2e3, 12e3])
    north = okada.displacement(x, np.zeros(4), 3e3, 2e7, 9e3, 0.0, 90.0, 0.0, 1.0)[1]
    expected = (np.arctan(x / 3e3) - np.arctan(x / 12e3)) / np.pi
    np.testing.assert_allclose(north, expected, rtol=1e-4)  # left-lateral: the east goes north


def test_a_thrust_lifts_the_sea_and_turning_the_fault_turns_the_field() -> None:
    x = y = np.linspace(-60e3, 60e3, 41)
    up = seafloor.uplift(one_fault(), np.zeros(1), x, y, False)[0]
    turned = seafloor.uplift(one_fault(strike=90.0), np.zeros(1), x, y, False)[0]
    np.testing.assert_allclose(turned, np.rot90(up), atol=1e-12)
    assert 0.5 < up.max() < 1.2 and up.min() > -0.6
    assert (
        np.unravel_index(up.argmax(), up.shape)[1] > 20
    )  # north strike dips east: the hanging wall is there


# Geodesy


def test_projection_is_true_in_distance_and_goes_back() -> None:
    for lon, lat in ((143.0, 38.0), (179.5, -20.0), (-70.0, -89.0)):
        x, y = geodesy.travel(lon, lat, 30e3, -80e3, True)
        east, north = geodesy.local(np.array([x, x + 360.0]), np.array([y]), lon, lat, True)
        np.testing.assert_allclose(east[0], 30e3, atol=1e-3)
        np.testing.assert_allclose(north[0], -80e3, atol=1e-3)
    east, north = geodesy.local(np.array([10.0]), np.array([0.0, 30.0]), 10.0, 0.0, True)
    np.testing.assert_allclose(north[:, 0], [0.0, np.deg2rad(30) * EARTH_RADIUS], rtol=1e-12)
    assert np.all(np.abs(east) < 1e-6)


def test_same_uplift_by_top_centre_corner_and_centre() -> None:
    middle = one_fault()
    corner = one_fault(reference="top_corner", y=-20e3)
    below = one_fault(
        reference="center", x=10e3 * np.cos(np.deg2rad(20)), depth=10e3 + 10e3 * np.sin(np.deg2rad(20))
    )
    x = y = np.linspace(-50e3, 50e3, 9)
    fields = [seafloor.uplift(fault, np.zeros(1), x, y, False) for fault in (middle, corner, below)]
    for other in fields[1:]:
        np.testing.assert_allclose(other, fields[0], atol=1e-12)
    for fault in (corner, below):
        assert fault.centre(0) == pytest.approx(middle.centre(0))


def test_a_fault_tells_its_corners_and_where_it_begins() -> None:
    fault = one_fault(dip=30.0)
    across, down = 20e3 * np.cos(np.pi / 6), 10e3 + 10e3
    corners = [(0, -20e3, 10e3), (0, 20e3, 10e3), (across, 20e3, down), (across, -20e3, down)]
    np.testing.assert_allclose(fault.outline(0), corners, atol=1e-6)
    assert fault.rupture_start() is None
    plain = dict(y=0.0, depth=5e3, length=1e3, width=1e3, strike=0.0, dip=90.0, rake=0.0)
    parts = ((0.0, 1.0, 20.0), (7e3, 1.0, 10.0), (9e3, 0.0, 0.0))  # x, slip, time
    entries = [plain | dict(x=x, slip=slip, rupture_time=time) for x, slip, time in parts]
    made = csv_yaml.assemble(
        csv_yaml.Entry("test", {}), [csv_yaml.Entry(f"fault {n}", e) for n, e in enumerate(entries)]
    )
    assert made.rupture_start() == pytest.approx((7e3, 0.0))


def test_dateline_changes_nothing() -> None:
    east = fault_at(lon=179.9)
    x, y = np.arange(175.0, 185.0, 0.5), np.arange(-3.0, 3.0, 0.5)
    a = seafloor.uplift(east, np.zeros(1), x, y, True)
    b = seafloor.uplift(fault_at(lon=-180.1), np.zeros(1), x - 360.0, y, True)
    np.testing.assert_allclose(a, b, atol=1e-9)


def fault_at(lon: float, lat: float = 0.0) -> FiniteFault:
    values = dict(
        lon=lon, lat=lat, depth=5e3, length=80e3, width=40e3, strike=20.0, dip=30.0, rake=90.0, slip=3.0
    )
    return csv_yaml.assemble(csv_yaml.Entry("test", {}), [csv_yaml.Entry("fault 1", values)])


# Finite faults


def test_moment_and_magnitude() -> None:
    fault = one_fault()
    assert fault.moment() == pytest.approx(4e10 * 40e3 * 20e3 * 2.0)
    assert fault.magnitude() == pytest.approx((np.log10(6.4e19) - 9.1) / 1.5)
    assert one_fault(slip=0.0, opening=1.0).magnitude() is None


def test_slip_grows_linearly_through_its_windows_and_ends_at_the_total() -> None:
    common = csv_yaml.Entry("test", {"window_duration": 10.0})
    values = dict(x=0, y=0, depth=1e3, length=1e3, width=1e3, strike=0, dip=10, rake=90)
    rows = [
        values | dict(slip1=1.0, slip2=0.0, slip3=3.0, rupture_time=5.0),
        values | dict(slip1=0.0, slip2=2.0, slip3=0.0, rupture_time=7.3),
        values | dict(slip1=0.0, slip2=0.0, slip3=0.0),
    ]
    fault = csv_yaml.assemble(common, [csv_yaml.Entry(f"row {n}", row) for n, row in enumerate(rows)])
    times = np.array([0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 99.0])
    done = fault.progress(times)[:, 0] * fault.total_slip[0]
    np.testing.assert_allclose(done, [0, 0, 0.5, 1, 1, 1, 2.5, 4, 4], atol=1e-12)
    times = fault.times(4.0)
    assert times[0] == 5.0 and times[-1] == 35.0
    assert max(b - a for a, b in pairwise(times)) <= 4.0
    assert np.all(fault.progress(times)[-1, :2] == 1.0) and np.all(fault.progress(times)[0, :2] == 0.0)


def test_jumps_and_instantaneous_sources() -> None:
    late = one_fault(rupture_time=30.0)
    assert late.times(10.0).tolist() == [30.0]
    assert late.progress(np.array([29.9, 30.0]))[:, 0].tolist() == [0.0, 1.0]
    slow = one_fault(rupture_time=30.0, rise_time=25.0)
    assert len(slow.times(10.0)) == 4
    assert slow.instantaneous().times(10.0).tolist() == [0.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dip": 95.0}, "dip must be between 0 and 90"),
        ({"width": 0.0}, "width must be greater than zero"),
        ({"slip": -1.0}, "turn the rake"),
        ({"slip": float("nan")}, "slip is not a finite number"),
        ({"slip": 0.0}, "no subfault slips"),
        ({"depth": 10.0, "reference": "center"}, "top edge above the ground"),
        ({"dip": 0.0, "depth": 0.0}, "a horizontal fault must lie below the ground"),
        ({"reference": "middle"}, "top_center, top_corner, center"),
        ({"lat": 10.0}, "lon and lat, or x and y"),
        ({"rise_time": -1.0}, "rise_time must not be negative"),
    ],
)
def test_impossible_faults(change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        one_fault(**change)
    assert "fault 1" in str(caught.value) and "\n" not in str(caught.value)


# Files

HEAD = "# rigidity: 3e10\n# Units: see the manual\n# reference: top_corner\n# strike: 200\n"
COLUMNS = "lon,lat,depth_km,length_km,width_km,dip,rake,slip\n"
ROW = "143, 38, 10, 100, 50, 15, 90, 5\n"


def written(folder: Path, text: str, name: str = "fault.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_csv_and_yaml_say_the_same(tmp_path: Path) -> None:
    table = csv_yaml.read(written(tmp_path, HEAD + "\n" + COLUMNS + ROW))
    tree = csv_yaml.read(
        written(
            tmp_path,
            "rigidity: 3e10\nreference: top_corner\nstrike: 200\nfaults:\n"
            "  - {lon: 143, lat: 38, depth: 1e4, length_km: 100, width_km: 50, dip: 15, rake: 90, slip: 5}\n",
            "fault.yaml",
        )
    )
    assert table.moment() == tree.moment() == pytest.approx(3e10 * 100e3 * 50e3 * 5)
    for name in ("x", "y", "along", "down", "depth", "strike", "dip", "rake", "start", "rise", "slip"):
        np.testing.assert_array_equal(getattr(table, name), getattr(tree, name))
    assert csv_yaml.read(tmp_path / "fault.csv", rigidity=6e10).moment() == 2 * table.moment()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            HEAD + COLUMNS.replace("dip", "dipp") + ROW,
            ["line 5", "'dipp'", "did you mean 'dip'", "rake, slip"],
        ),
        (HEAD + COLUMNS + ROW.replace("15", "x15"), ["line 6", "dip", "'x15'", "number"]),
        (HEAD + COLUMNS + "143, 38, 10\n", ["line 6", "3 values", "expected 8"]),
        (
            HEAD + COLUMNS.replace(",rake", "").replace("slip", "slip,name") + ROW,
            ["line 6", "'rake'", "missing"],
        ),
        (HEAD.replace("rigidity", "rigidty") + COLUMNS + ROW, ["'rigidty'", "did you mean 'rigidity'"]),
        (HEAD.replace("3e10", "-1") + COLUMNS + ROW, ["rigidity is -1"]),
        (HEAD + COLUMNS, ["no subfault"]),
        (HEAD + COLUMNS.replace("slip", "slip1") + ROW, []),
        (HEAD + "# rake: 90\n" + COLUMNS.replace("rake,slip", "slip1,slip2") + ROW, ["window_duration"]),
        (HEAD + "# rake: 90\n" + COLUMNS.replace("rake,slip", "slip1,slip3") + ROW, ["without a gap"]),
        (HEAD + COLUMNS.replace("rake", "dip") + ROW, ["'dip' is given twice"]),
        (HEAD + "# depth: 5000\n" + COLUMNS + ROW, []),
        (HEAD + COLUMNS.replace("rake", "depth") + ROW, ["both 'depth' and 'depth_km'"]),
        (HEAD + COLUMNS.replace("rake", "longitude") + ROW, ["both 'lon' and 'longitude'"]),
    ],
)
def test_bad_csv_is_one_sentence_with_the_place(tmp_path: Path, text: str, words: list[str]) -> None:
    path = written(tmp_path, text)
    if not words:
        assert csv_yaml.read(path).magnitude() is not None
        return
    with pytest.raises(InputError) as caught:
        csv_yaml.read(path)
    for word in ["fault.csv", *words]:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bad_yaml_and_other_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"fault.yaml:2:\d+: unknown name 'lenght', did you mean 'length'"):
        csv_yaml.read(written(tmp_path, "faults:\n  - {lenght: 3}\n", "fault.yaml"))
    with pytest.raises(InputError, match="the key 'faults'"):
        csv_yaml.read(written(tmp_path, "rigidity: 3e10\n", "fault.yaml"))
    with pytest.raises(InputError, match="expected a subfault"):
        csv_yaml.read(written(tmp_path, "faults: [1]\n", "fault.yaml"))
    with pytest.raises(
        InputError, match=".csv, .yaml, .yml, .param, .fsp, .srf, .geojson and .inp files, not '.txt'"
    ):
        csv_yaml.read(written(tmp_path, "faults: [1]\n", "fault.txt"))
    with pytest.raises(InputError, match="cannot be read"):
        csv_yaml.read(tmp_path / "absent.csv")


# The source of Satake et al. (2013)


def test_satake_2013() -> None:
    fault = csv_yaml.read(SATAKE)
    assert len(fault.x) == 55 and fault.slip.shape == (55, 5)
    assert fault.moment() == pytest.approx(4.2e22, rel=0.01)  # as the paper gives it
    assert fault.magnitude() == pytest.approx(9.01, abs=0.005)
    assert fault.total_slip.max() == pytest.approx(69.14)
    times = fault.times(10.0)
    assert times[0] == 0.0 and times[-1] == pytest.approx(2.242 * 60 + 150)
    lift = seafloor.uplift(fault, times, PACIFIC.x()[20:50], PACIFIC.y()[25:60], True)
    assert np.all(lift[0] == 0.0)
    assert 6.0 < lift[-1].max() < 15.0  # 8 to 12 m in the paper, by sampling of the trench
    j, i = np.unravel_index(lift[-1].argmax(), lift[-1].shape)
    assert 37 < PACIFIC.y()[25 + j] < 39 and 142.5 < PACIFIC.x()[20 + i] < 144.2
    coast = seafloor.uplift(fault, times[-1:], np.array([141.5]), np.array([38.3]), True)[0, 0, 0]
    assert -2.0 < coast < -0.2  # Oshika peninsula went down by 1.1 m (GPS)


def test_uplift_does_not_depend_on_the_cut_of_the_grid() -> None:
    fault = csv_yaml.read(SATAKE)
    x, y = PACIFIC.x()[10:63], PACIFIC.y()[11:61]
    slope = np.sin(np.add.outer(y, x)) * 0.05
    times = np.array([0.0, 60.0, 300.0])
    whole = seafloor.uplift(fault, times, x, y, True, slope, -slope)
    assert np.abs(whole[-1] - seafloor.uplift(fault, times[-1:], x, y, True)[0]).max() > 0.1
    for j0, j1, i0, i1 in ((0, 7, 0, 53), (7, 50, 0, 20), (13, 14, 30, 31), (3, 49, 21, 53)):
        part = (slice(j0, j1), slice(i0, i1))
        cut = seafloor.uplift(fault, times, x[i0:i1], y[j0:j1], True, slope[part], -slope[part])
        np.testing.assert_array_equal(cut, whole[:, j0:j1, i0:i1])


def test_horizontal_motion_on_a_slope() -> None:
    x = y = np.linspace(-40e3, 40e3, 11)
    fault = one_fault(rake=60.0)
    ux, uy, uz = seafloor.motion(fault, 0, x, y, False)
    sx, sy = np.full(ux.shape, 0.1), np.full(ux.shape, -0.03)
    lift = seafloor.uplift(fault, np.zeros(1), x, y, False, sx, sy)[0]
    np.testing.assert_allclose(lift, uz - 0.1 * ux + 0.03 * uy, atol=1e-14)


# Kajiura's filter


@pytest.mark.parametrize(("kx", "ky"), [(1, 0), (0, 3), (5, 4), (9, 0)])
def test_a_sinusoid_over_constant_depth_is_reduced_by_cosh(kx: int, ky: int) -> None:
    n, d, depth = 96, 1000.0, 4000.0
    x = (np.arange(n) + 0.5) * d
    wave = np.cos(kx * np.pi / (n * d) * x)[None, :] * np.cos(ky * np.pi / (n * d) * x)[:, None]
    k = np.pi / (n * d) * np.hypot(kx, ky)
    smooth = KajiuraFilter(np.full((n, n), depth), d, d)(wave)
    np.testing.assert_allclose(smooth, wave / np.cosh(k * depth), atol=2e-6)


def test_filter_keeps_the_volume_over_a_sloping_bed_and_dry_land() -> None:
    n, d = 120, 1000.0
    depth = np.broadcast_to(np.linspace(-1000.0, 7000.0, n), (n, n))
    box = np.zeros((2, n, n))
    box[0, 50:70, 40:60], box[1, 30:90, 5:110] = 1.0, -2.0
    smooth = np.stack([KajiuraFilter(depth, d, d)(one) for one in box])
    np.testing.assert_allclose(smooth.sum(axis=(1, 2)), box.sum(axis=(1, 2)), rtol=1e-12)
    assert smooth[0].max() < 1.01 and np.abs(smooth - box).max() > 0.2


def test_filter_follows_the_depth_of_each_place() -> None:
    """A narrow bump keeps its height in shallow water and loses it in deep water."""
    n, d = 160, 500.0
    depth = np.where(np.arange(n) < n // 2, 50.0, 6000.0) * np.ones((n, 1))
    bumps = np.zeros((1, n, n))
    bumps[0, 78:82, 30:34] = bumps[0, 78:82, 130:134] = 1.0
    smooth = KajiuraFilter(depth, d, d)(bumps[0])
    assert smooth[78:82, 30:34].mean() > 0.9
    assert smooth[:, 110:].max() < 0.1


def test_interpolated_gain_is_close_to_cosh() -> None:
    n, d, k = 128, 500.0, np.pi / 128 / 500.0
    x = (np.arange(n) + 0.5) * d
    worst = 0.0
    for m in (4, 8, 16, 24):
        wave = np.broadcast_to(np.cos(m * k * x), (n, n))
        for depth in (700.0, 1500.0, 3300.0):
            field = np.full((n, n), depth)
            field[0, 0] = 5000.0  # so that the depth is none of the reference depths
            smooth = KajiuraFilter(field, d, d)(wave)
            worst = max(worst, np.abs(smooth - wave / np.cosh(m * k * depth))[64:].max())
    assert worst < 0.025


def test_no_water_no_filter() -> None:
    field = np.random.default_rng(1).normal(size=(9, 7))
    for depth in (0.0, -50.0):
        np.testing.assert_array_equal(KajiuraFilter(np.full((9, 7), depth), 1e3, 1e3)(field), field)


# Sources as the driver sees them


def config(kind: str, **values: object) -> OceanSourceConfig:
    return section(OceanSourceConfig, kind=kind, **values)


def test_finite_fault_source() -> None:
    source = build(config("finite_fault", file=SATAKE, kajiura=True, rigidity=5e10), True)
    assert (source.target, source.kajiura, source.horizontal_on_slope) == ("bed", True, False)
    assert source.name == "satake2013.csv" and source.moment == pytest.approx(4.2e22 * 1.25, rel=0.01)
    source.check(PACIFIC)
    assert source.displacement(np.array([143.0]), np.array([38.0]), True).shape == (30, 1, 1)
    quick = build(config("finite_fault", file=SATAKE, instantaneous=True), True)
    assert quick.times.tolist() == [0.0]
    source.check(Grid("lonlat", 135.0, 28.0, 0.25, 0.25, 100, 44))  # which ends south of the fault
    with pytest.raises(InputError, match="expected x and y, or for faults the key grid.crs"):
        build(config("finite_fault", file=SATAKE), False)


def test_okada_source_from_the_configuration() -> None:
    fault = {"lon": 143, "lat": 38, "depth": 1e4, "length": 1e5, "width": 5e4, "strike": 200, "dip": 15}
    entry = config("okada", faults=[fault | {"rake": 90, "slip": 4, "rise_time": 20}])
    source = build(entry, True)
    assert source.times.tolist() == [0.0, 10.0, 20.0]
    lift = source.displacement(PACIFIC.x(), PACIFIC.y(), True)
    np.testing.assert_allclose(lift[1], 0.5 * lift[2], atol=1e-15)
    assert source.magnitude == pytest.approx((np.log10(4e10 * 5e9 * 4) - 9.1) / 1.5)


def test_slopes_count_only_where_asked_for() -> None:
    slope = np.full(PACIFIC.shape, 0.1)
    plain, inclined = (
        build(config("finite_fault", file=SATAKE, instantaneous=True, horizontal_on_slope=asked), True)
        for asked in (False, True)
    )
    a, b = (s.displacement(PACIFIC.x(), PACIFIC.y(), True, slope, slope) for s in (plain, inclined))
    assert np.abs(a - b).max() > 0.5
    np.testing.assert_array_equal(a, plain.displacement(PACIFIC.x(), PACIFIC.y(), True))


@pytest.mark.parametrize("grid", [PLANE, Grid("cartesian", -2e6, -2e6, 2e4, 2e4, 200, 200)])
def test_region_holds_all_that_moves(grid: Grid) -> None:
    for fault in (one_fault(), one_fault(length=2e3, width=2e3, slip=0.05, depth=3e3, x=31e3)):
        j0, j1, i0, i1 = seafloor.region(fault, grid)
        lift = seafloor.uplift(fault, np.zeros(1), grid.x(), grid.y(), False)[0]
        inside = np.zeros(grid.shape, bool)
        inside[j0:j1, i0:i1] = True
        assert np.abs(lift[~inside]).max(initial=0.0) < 1e-4
        assert inside.any()


def test_region_is_smaller_than_a_large_grid() -> None:
    j0, j1, i0, i1 = seafloor.region(fault_at(143.0, 38.0), Grid("lonlat", -180, -80, 0.5, 0.5, 720, 320))
    assert (j1 - j0) * (i1 - i0) < 0.1 * 720 * 320


def test_hump() -> None:
    hump = build(config("hump", lon=143.0, lat=38.0, height=2.0, radius=50e3), True)
    assert (hump.target, hump.times.tolist(), hump.moment) == ("water", [0.0], None)
    east = np.rad2deg(50e3 / EARTH_RADIUS)
    eta = hump.displacement(np.array([143.0]), np.array([38.0, 38.0 + east]), True)
    np.testing.assert_allclose(eta[0, :, 0], [2.0, 2.0 / np.e], rtol=1e-9)
    j0, j1, i0, i1 = hump.region(PACIFIC)
    whole = hump.displacement(PACIFIC.x(), PACIFIC.y(), True)[0]
    whole[j0:j1, i0:i1] = 0.0
    assert np.abs(whole).max() < 1e-4
    hump.check(PACIFIC)
    with pytest.raises(InputError, match="outside the grid"):
        hump.check(Grid("lonlat", 0.0, 0.0, 1.0, 1.0, 20, 20))
    with pytest.raises(InputError, match="expected x and y"):
        build(config("hump", lon=143.0, lat=38.0, height=2.0, radius=50e3), False)


def test_deformation_from_a_file(tmp_path: Path) -> None:
    import xarray as xr

    lon, lat = np.arange(140.0, 145.01, 0.25), np.arange(35.0, 40.01, 0.25)
    final = np.add.outer(lat - 35.0, lon - 140.0)  # bilinear interpolation is exact
    coords = {"lat": ("lat", lat), "lon": ("lon", lon)}
    still = xr.Dataset({"uplift": (("lat", "lon"), final, {"units": "m"})}, coords)
    still.to_netcdf(tmp_path / "still.nc")
    moving = xr.Dataset(
        {"uplift": (("time", "lat", "lon"), np.stack([0 * final, 0.5 * final, final]), {"units": "m"})},
        coords | {"time": ("time", [0.0, 20.0, 60.0], {"units": "seconds since 2011-03-11 05:46:30"})},
    )
    moving.to_netcdf(tmp_path / "moving.nc")
    entry = config("deformation", file=tmp_path / "still.nc")
    source = build(entry, True)
    assert source.times.tolist() == [0.0] and source.target == "bed"
    source.check(PACIFIC)
    x, y = np.array([141.1, 141.2]), np.array([36.3, 36.4])
    np.testing.assert_allclose(source.displacement(x, y, True), [[[2.4, 2.5], [2.5, 2.6]]], atol=1e-6)
    j0, j1, i0, i1 = source.region(PACIFIC)
    lift = source.displacement(PACIFIC.x(), PACIFIC.y(), True)[0]
    lift[j0:j1, i0:i1] = 0.0
    assert np.all(lift == 0.0)
    with pytest.raises(InputError, match="still.nc: the deformation lies outside the grid"):
        source.check(Grid("lonlat", 0.0, 0.0, 1.0, 1.0, 20, 20))

    from datetime import UTC, datetime

    entry = config("deformation", file=tmp_path / "moving.nc")
    dated = build(entry, True, datetime(2011, 3, 11, 5, 46, 24, tzinfo=UTC))
    assert dated.times.tolist() == [6.0, 26.0, 66.0]
    assert build(entry, True).times.tolist() == [0.0, 20.0, 60.0]
    assert dated.displacement(x, y, True)[:, 0, 0] == pytest.approx([0.0, 1.2, 2.4])
    still["uplift"].attrs["units"] = "cm"
    still.to_netcdf(tmp_path / "cm.nc")
    with pytest.raises(InputError, match="is in 'cm', expected the uplift in m"):
        build(config("deformation", file=tmp_path / "cm.nc"), True)


def test_horizontal_motion_and_downward_displacement_from_a_file(tmp_path: Path) -> None:
    import xarray as xr

    x, y = np.arange(0.0, 1e4, 500.0), np.arange(0.0, 8e3, 500.0)
    grow = np.array([0.0, 0.25, 1.0])[:, None, None] + np.zeros((3, y.size, x.size))
    unit = {"units": "m"}
    fields = {
        "uz": (("time", "y", "x"), -2.0 * grow, unit | {"positive": "down"}),
        "ux": (("time", "y", "x"), 3.0 * grow, unit),
        "uy": (("time", "y", "x"), -1.0 * grow, unit),
        "late": (("y", "x"), grow[0], unit),
    }
    times = ("time", [0.0, 1.0, 3.0], {"units": "min"})
    xr.Dataset(fields, {"x": x, "y": y, "time": times}).to_netcdf(tmp_path / "motion.nc")
    entry = config("deformation", file=tmp_path / "motion.nc", variable="uz", east="ux", north="uy")
    source = build(entry, False)
    assert source.horizontal_on_slope and source.times.tolist() == [0.0, 60.0, 180.0]
    at, slope = (np.array([2e3, 3e3]), np.array([1e3])), np.full((1, 2), 0.1)
    lift = source.displacement(*at, False, slope, 2 * slope)
    np.testing.assert_allclose(lift[:, 0, 0], [0.0, 0.25 * 1.9, 1.9])
    assert source.displacement(np.array([]), np.array([1e3]), False, slope[:, :0], slope[:, :0]).shape == (
        3,
        1,
        0,
    )
    with pytest.raises(InputError, match="variable late has other times than uz"):
        build(entry.model_copy(update={"north": "late"}), False)


def test_deformation_files_that_cannot_be_used(tmp_path: Path) -> None:
    import xarray as xr

    x = y = np.arange(0.0, 1e4, 500.0)
    rise = np.ones((2, y.size, x.size))

    def saved(times: list, units: str = "s", values: np.ndarray = rise) -> OceanSourceConfig:
        data = {"uplift": (("time", "y", "x"), values, {"units": "m"})}
        coords = {"x": x, "y": y, "time": ("time", times, {"units": units})}
        xr.Dataset(data, coords).to_netcdf(tmp_path / "d.nc")
        return config("deformation", file=tmp_path / "d.nc")

    with pytest.raises(InputError, match="times of variable uplift must rise"):
        build(saved([5.0, 5.0]), False)
    with pytest.raises(InputError, match="time is in 'fortnights', expected 's' or"):
        build(saved([0.0, 5.0], "fortnights"), False)
    holes = np.where(np.arange(x.size) == 3, np.nan, rise)
    with pytest.raises(InputError, match="no value .NaN or missing."):
        build(saved([0.0, 5.0], values=holes), False).displacement(x[2:5], y[2:4], False)
    with pytest.raises(InputError, match="uplift is 5000 at"):
        build(saved([0.0, 5.0], values=5e3 * rise), False).displacement(x[2:5], y[2:4], False)
