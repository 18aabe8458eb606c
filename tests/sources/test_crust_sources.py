"""Time functions, mechanisms, ruptures from files, and the low-pass: what the crust engine is driven with."""

from pathlib import Path

import numpy as np
import pytest
from support.sections import section

from esim.config.crust.source import CrustSourceConfig
from esim.config.crust.time_function import TimeFunctionConfig
from esim.errors import InputError
from esim.grids.axes import tensor_to_earth, tensor_to_grid, true_north, vector_to_earth, vector_to_grid
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.sources.crust import (
    PlaneWave,
    PointSources,
    build,
    finite_fault,
    join,
    low_pass,
    moment_tensor,
    srf,
    time_function,
)
from esim.sources.crust.lowpass import begin_filtered
from esim.sources.crust.rates import Joined, Repeated, Sampled, Shifted, Windows
from esim.sources.crust.time_function import (
    Cosine,
    Gaussian,
    Kupper,
    Peaked,
    Ricker,
    Table,
    Texp,
    Triangle,
    Yoffe,
)
from esim.sources.formats import csv_yaml
from esim.sources.formats.srf import fault as fault_of_srf

SATAKE = Path(__file__).parents[2] / "configs" / "sources" / "satake2013.csv"
BOX = Grid3D(Grid("cartesian", -20e3, -20e3, 100.0, 100.0, 400, 400), 200, 100.0)
JAPAN = Projection(131.0, 33.0)

BELLS = {
    "gaussian": Gaussian(0.3),
    "gaussian late": Gaussian(0.3, 4.0),
    "triangle": Triangle(2.0),
    "cosine": Cosine(1.5),
    "kupper": Kupper(1.5),
    "texp": Texp(0.1),
    "yoffe": Yoffe(1.0, 0.15),
    "yoffe, hardly smoothed": Yoffe(1.0, 0.002),
    "yoffe, smoothed over more than its rise": Yoffe(1.0, 3.0),
}


# ------------------------------------------------------------------ time functions


@pytest.mark.parametrize("function", BELLS.values(), ids=BELLS)
def test_a_moment_rate_releases_its_moment(function):
    t = np.linspace(0.0, function.duration, 200_001)
    rate = function(t)
    assert rate.dtype == np.float64 and (rate >= 0).all()
    assert np.trapezoid(rate, t) == pytest.approx(1, abs=1e-6)
    assert function.integral == pytest.approx(1, abs=1e-8)
    assert rate.max() == pytest.approx(function.peak, rel=1e-4)


@pytest.mark.parametrize("function", [*BELLS.values(), Ricker(2.0)], ids=[*BELLS, "ricker"])
def test_nothing_happens_before_the_onset_nor_after_the_end(function):
    late = function.duration * np.array([1.0 + 1e-9, 1.5, 3.0])
    assert (function(np.array([-1.0, -1e-9, -100.0])) == 0).all()
    assert np.abs(function(late)).max() <= 1e-6 * function.peak
    rest = np.linspace(function.duration, 20 * function.duration, 100_001)
    assert abs(np.trapezoid(function(rest), rest)) <= 1e-6


@pytest.mark.parametrize("function", [*BELLS.values(), Ricker(2.0)], ids=[*BELLS, "ricker"])
def test_the_shape_of_the_times_is_kept(function):
    t = np.linspace(-1, 3, 24)
    assert (function(t.reshape(2, 3, 4)) == function(t).reshape(2, 3, 4)).all()
    assert function(np.array(0.7)).shape == ()


def test_ricker_has_the_peak_1_and_no_moment():
    wavelet = Ricker(2.0)
    t = np.linspace(0, wavelet.duration, 30_001)
    assert wavelet(np.array([0.75]))[0] == 1.0
    assert np.trapezoid(wavelet(t), t) == pytest.approx(0, abs=1e-8)
    spectrum = np.abs(np.fft.rfft(wavelet(t), 2**20))
    assert np.argmax(spectrum) / (2**20 * t[1]) == pytest.approx(2.0, abs=0.02)
    cut = Ricker(2.0, 0.1)
    assert cut.integral == pytest.approx(np.trapezoid(cut(t), t), abs=1e-8) and cut.integral > 0.01


def spectrum(function, frequency):
    """Fourier amplitude of a time function at one frequency, by the trapezoidal rule."""
    t = np.linspace(0, function.duration, 400_001)
    return abs(np.trapezoid(function(t) * np.exp(-2j * np.pi * frequency * t), t))


@pytest.mark.parametrize("f", [0.3, 1.0, 2.7])
def test_spectra_are_the_known_ones(f):
    w = 2 * np.pi * f
    assert spectrum(Texp(0.1), f) == pytest.approx(1 / (1 + (0.1 * w) ** 2), rel=1e-5)  # omega-square
    assert spectrum(Gaussian(0.2), f) == pytest.approx(np.exp(-0.5 * (0.2 * w) ** 2), abs=1e-8)
    assert spectrum(Triangle(1.3), f) == pytest.approx(np.sinc(0.65 * f) ** 2, abs=1e-8)
    assert spectrum(Cosine(0.9), f) == pytest.approx(abs(np.sinc(0.9 * f) / (1 - (0.9 * f) ** 2)), abs=1e-8)
    quarter = 0.235 * w
    lobe = np.cos(quarter) / abs((1 - (quarter * 2 / np.pi) ** 2) * (1 - (quarter * 2 / (3 * np.pi)) ** 2))
    assert spectrum(Kupper(0.47), f) == pytest.approx(abs(lobe), abs=1e-8)


def test_yoffe_is_the_singular_function_smoothed_by_a_triangle():
    rise, half = 1.0, 0.2
    function = Yoffe(rise, half)
    theta, weight = np.polynomial.legendre.leggauss(400)
    angle = 0.25 * np.pi * (theta + 1)  # t = rise sin^2(angle) takes the singularity away
    t = rise * np.sin(angle) ** 2
    mass = 0.25 * np.pi * weight * 4 / np.pi * np.cos(angle) ** 2
    for since in (0.05, 0.2, 0.3, 0.41, 0.9, 1.1, 1.35):
        triangle = np.maximum(1 - np.abs(since - t - half) / half, 0) / half
        assert function(np.array(since)) == pytest.approx((mass * triangle).sum(), rel=1e-3)
    fine = np.linspace(0, 1.4, 100_001)
    assert fine[np.argmax(function(fine))] == pytest.approx(1.27 * half, rel=0.05)  # Tinti et al. (2005)
    fine = np.linspace(0, 0.004, 4001)
    assert fine[np.argmax(Yoffe(1.0, 1e-3)(fine))] == pytest.approx(
        4e-3 / 3, rel=0.01
    )  # sqrt(t) = 2 sqrt(t - half)


def test_time_function_from_a_file(tmp_path):
    file = tmp_path / "rate.txt"
    file.write_text("# seconds, N m/s\n0 0\n\n1.0, 3e17  # the peak\n3 0\n")
    function = time_function.read(file)
    assert function.duration == 3 and function.integral == pytest.approx(1)
    assert function(np.array([-1, 0, 0.5, 1, 2, 3, 4.0])) == pytest.approx(
        np.array([0, 0, 1, 2, 1, 0, 0]) / 3
    )
    file.write_text("0 0\n1 -4\n2 0\n3 4\n4 0\n")
    wavelet = time_function.read(file)
    assert wavelet.peak == 1 and wavelet.integral == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0 0\n1 x\n2 0\n", "line 2: '1 x', expected two numbers"),
        ("# t r\n0 0\n1 2 3\n", "line 3: '1 2 3', expected two numbers"),
        ("0 0\n1 nan\n", "line 2: '1 nan', expected finite numbers"),
        ("0 0\n2 1\n2 0\n", "line 3: the time is 2 s, expected times from 0 that increase"),
        ("-1 0\n2 1\n", "line 1: the time is -1 s"),
        ("0 1\n", "holds 1 rows"),
        ("0 0\n1 0\n", "zero at all times"),
        ("0 0\n1 -1\n2 0\n", "negative integral"),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path, text, sentence):
    file = tmp_path / "rate.txt"
    file.write_text(text)
    with pytest.raises(InputError, match=sentence) as found:
        time_function.read(file)
    assert str(file) in str(found.value) and "\n" not in str(found.value)


@pytest.mark.parametrize(
    "make",
    [lambda: Triangle(0.0), lambda: Yoffe(1.0, 1e-6), lambda: Ricker(np.nan), lambda: Gaussian(1, -1.0)],
)
def test_impossible_time_functions_are_refused(make):
    with pytest.raises(InputError, match="time function .*expected"):
        make()


@pytest.mark.parametrize(
    ("config", "same"),
    [
        ({"kind": "gaussian", "sigma": 0.2}, Gaussian(0.2)),
        ({"kind": "ricker", "frequency": 2.0, "delay": 1.0}, Ricker(2.0, 1.0)),
        ({"kind": "triangle", "duration": 2.0}, Triangle(2.0)),
        ({"kind": "cosine", "duration": 2.0}, Cosine(2.0)),
        ({"kind": "kupper", "duration": 2.0}, Kupper(2.0)),
        ({"kind": "brune", "duration": 0.2}, Texp(0.2)),
        ({"kind": "texp", "duration": 0.2}, Texp(0.2)),
        ({"kind": "yoffe", "rise_time": 1.0, "acceleration_time": 0.1}, Yoffe(1.0, 0.1)),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else "",
)
def test_time_functions_of_the_configuration(config, same):
    assert time_function.build(section(TimeFunctionConfig, **config)) == same


# ------------------------------------------------------------------ mechanisms


def aki_richards(strike, dip, rake):
    """Aki & Richards (2002), p. 112: Mxx, Myy, Mzz, Mxy, Mxz, Myz with x north, y east, z down."""
    s, d, r = np.deg2rad([strike, dip, rake])
    sin, cos = np.sin, np.cos
    return (
        -(sin(d) * cos(r) * sin(2 * s) + sin(2 * d) * sin(r) * sin(s) ** 2),
        sin(d) * cos(r) * sin(2 * s) - sin(2 * d) * sin(r) * cos(s) ** 2,
        sin(2 * d) * sin(r),
        sin(d) * cos(r) * cos(2 * s) + 0.5 * sin(2 * d) * sin(r) * sin(2 * s),
        -(cos(d) * cos(r) * cos(s) + cos(2 * d) * sin(r) * sin(s)),
        -(cos(d) * cos(r) * sin(s) - cos(2 * d) * sin(r) * cos(s)),
    )


@pytest.mark.parametrize("angles", [(0, 90, 0), (30, 40, 110), (200, 12, 85), (305, 71, -95), (-40, 0, 200)])
def test_double_couple_is_that_of_aki_and_richards(angles):
    nn, ee, dd, ne, nd, ed = aki_richards(*angles)
    tensor = moment_tensor.double_couple(*angles)
    assert tensor == pytest.approx([ee, nn, dd, ne, ed, nd], abs=1e-12)
    assert moment_tensor.scalar(tensor) == pytest.approx(1, rel=1e-12)


def test_known_mechanisms():
    strike_slip = moment_tensor.double_couple(0, 90, 0)  # left-lateral: the east side goes north
    assert strike_slip == pytest.approx([0, 0, 0, 1, 0, 0], abs=1e-12)
    thrust = moment_tensor.double_couple(0, 45, 90)  # compression east-west, the vertical is extended
    assert thrust == pytest.approx([-1, 0, 1, 0, 0, 0], abs=1e-12)
    dip_slip = moment_tensor.double_couple(0, 90, 90)  # dips east: the east side goes up
    assert dip_slip == pytest.approx([0, 0, 0, 0, -1, 0], abs=1e-12)
    assert moment_tensor.opening(0, 0) == pytest.approx([1, 1, 3, 0, 0, 0], abs=1e-12)
    assert moment_tensor.explosion(5.0) == pytest.approx([5, 5, 5, 0, 0, 0])


def test_slip_lies_in_the_fault_and_angles_may_be_arrays():
    strike, dip, rake = np.random.default_rng(1).uniform([[0], [0], [-180]], [[360], [90], [180]], (3, 50))
    n, u = moment_tensor.normal(strike, dip), moment_tensor.slip(strike, dip, rake)
    assert np.abs((n * u).sum(axis=1)).max() < 1e-12
    assert (n * n).sum(axis=1) == pytest.approx(np.ones(50)) == (u * u).sum(axis=1)
    assert (n[:, 2] <= 0).all()  # the hanging wall lies above
    one = [moment_tensor.double_couple(*angles) for angles in zip(strike, dip, rake, strict=True)]
    assert (moment_tensor.double_couple(strike, dip, rake) == np.array(one)).all()


def test_moment_and_magnitude_belong_together():
    assert moment_tensor.magnitude(10**9.1) == pytest.approx(0)
    assert moment_tensor.magnitude(4e22) == pytest.approx(9.0, abs=0.01)
    assert moment_tensor.magnitude(moment_tensor.from_magnitude(7.3)) == pytest.approx(7.3)
    assert moment_tensor.magnitude(0.0) is None


# ------------------------------------------------------------------ point sources


def points(rates, moment, force=None, **changes) -> PointSources:
    n = len(moment)
    place = {"x": np.arange(n) * 1e3, "y": np.zeros(n), "depth": np.full(n, 5e3)} | changes
    force = np.zeros((n, 3)) if force is None else force
    return PointSources("test", **place, moment=np.asarray(moment, float), force=force, rates=rates)


def test_moments_at_one_point_are_added_as_tensors():
    a, b = moment_tensor.double_couple(10, 60, 0), moment_tensor.double_couple(10, 60, 90)
    rates = Shifted(Cosine(1.0), np.zeros(3))
    same = points(rates, [3 * a, 4 * b, a], x=np.array([0.0, 0.0, 7.0]))
    assert same.total_moment == pytest.approx(5 + 1)
    assert same.end == 1.0
    assert points(rates, [3e18 * a, 4e18 * b, a]).magnitude == pytest.approx((np.log10(7e18) - 9.1) / 1.5)
    assert points(Shifted(Ricker(1.0), np.zeros(3)), [1e18 * a] * 3).magnitude is None
    assert points(rates, np.zeros((3, 6)), np.ones((3, 3))).magnitude is None


def test_rates_of_all_kinds_agree_with_their_definition():
    t = np.linspace(-1, 6, 71)
    shifted = Shifted(Triangle(1.0), np.array([0.0, 2.5]))
    windows = Windows(
        np.array([[0.0, 1.0], [2.0, 4.0]]),
        np.array([[1.0, 2.0]] * 2),
        np.array([[0.25, 0.75], [1, 0]]),
        Cosine(1.0),
    )
    sampled = Sampled(
        np.array([1.0, 2.0]),
        np.array([0.5, 0.25]),
        np.array([0, 3]),
        np.array([3, 2]),
        np.array([0, 2.0, 0, 4, 0]),
    )
    joined = Joined((shifted, windows, sampled))
    found = joined(t)
    assert found[:, 1] == pytest.approx(Triangle(1.0)(t - 2.5))
    assert found[:, 2] == pytest.approx(0.25 * Cosine(1.0)(t) + 0.75 * Cosine(2.0)(t - 1))
    assert found[:, 4] == pytest.approx(np.interp(t, [1, 1.5, 2], [0, 2, 0], 0, 0))
    assert found[:, 5] == pytest.approx(np.interp(t, [2, 2.25], [4, 0], 0, 0))
    assert joined.first == pytest.approx([0, 2.5, 0, 2, 1, 2])
    assert joined.last == pytest.approx([1, 3.5, 3, 3, 2, 2.25])
    assert joined.integral == pytest.approx([1, 1, 1, 1, 1, 0.5])
    order = np.array([5, 0, 3, 3, 4])
    some = joined.take(order)
    assert (some(t) == found[:, order]).all()
    turned = np.array([4, 0, 2])
    assert (some.at(np.tile(t[:, None], 3), turned) == found[:, order[turned]]).all()
    assert (some.at(t[:, None] + [0.0, 0.5, 1.0], turned)[:, 1] == joined(t + 0.5)[:, 5]).all()
    again = Repeated(some, np.array([4, 4, 1])).take(np.array([2, 0]))
    assert (again(t) == found[:, [0, 4]]).all() and (again.last == joined.last[[0, 4]]).all()
    assert (joined.take(np.arange(6) > 3)(t) == found[:, 4:]).all()


def test_a_part_of_the_sources_is_the_same_as_all():
    rates = Shifted(Cosine(1.0), np.array([0.0, 1.0, 2.0]))
    group = points(rates, np.arange(18.0).reshape(3, 6))
    both = join("both", [group, group])
    part = both.take(np.array([4, 0]))
    t = np.linspace(0, 3, 40)
    assert (part.rates(t) == both.rates(t)[:, [4, 0]]).all()
    assert (part.moment == both.moment[[4, 0]]).all() and part.where(0).startswith(
        "source test at x 1000, y 0"
    )
    assert both.total_moment == pytest.approx(2 * group.total_moment)
    none = low_pass(both.take(np.zeros(6, dtype=bool)), 1.0, 0.01)  # a rank without sources
    assert none.rates(t).shape == (40, 0) and none.end == none.total_moment == none.highest_frequency() == 0


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"x": np.array([20001.0])}, "at x 20001, y 0, depth 5000 m lies outside the grid"),
        ({"y": np.array([-20001.0])}, "y -20001"),
        ({"depth": np.array([-1.0])}, "depth -1 m"),
        ({"depth": np.array([20001.0])}, "spans x -20000..20000, y -20000..20000, depth 0..20000 m"),
    ],
)
def test_a_source_outside_the_grid_is_refused(place, words):
    inside = points(Shifted(Cosine(1.0), np.zeros(1)), np.ones((1, 6)))
    inside.check(BOX)
    with pytest.raises(InputError, match=words):
        points(Shifted(Cosine(1.0), np.zeros(1)), np.ones((1, 6)), **place).check(BOX)


def test_what_is_released_up_to_a_time():
    windows = Windows(np.array([[0.0], [4.0], [8.0]]), np.full((3, 1), 2.0), np.ones((3, 1)), Cosine(1.0))
    group = points(windows, 1e15 * np.array([[1.0, 2, 1]]).T * moment_tensor.double_couple(0, 90, 0))
    assert (group.begin, group.end) == (0, 10)
    found = [group.released(t) for t in (-1.0, 1.0, 3.0, 5.0, 7.0, 9.0, 10.0, 20.0)]
    assert found == pytest.approx([0, 0.125, 0.25, 0.5, 0.75, 0.875, 1, 1], abs=2e-3)
    assert points(Shifted(Ricker(1.0), np.zeros(1)), np.ones((1, 6))).released(1.5) == pytest.approx(
        0.5, abs=0.01
    )


def test_highest_frequency_is_where_the_energy_ends():
    def highest(function, share=0.01):
        return points(Shifted(function, np.array([0.0, 3.0])), np.ones((2, 6))).highest_frequency(share)

    # Velocity goes as t exp(-t) derived: energy w^2 / (1 + w^2)^2, of which 4 / (pi w) lies above w >> 1.
    assert highest(Texp(0.1)) == pytest.approx(4 / np.pi / 0.01 / (2 * np.pi * 0.1), rel=0.04)
    assert highest(Texp(0.1)) == pytest.approx(10 * highest(Texp(1.0)), rel=1e-6)
    # Of a Gaussian, the energy is w^2 exp(-w^2): a chi-square with 3 degrees of freedom in 2 w^2.
    assert highest(Gaussian(0.2)) == pytest.approx(np.sqrt(11.345 / 2) / (2 * np.pi * 0.2), rel=0.02)
    assert highest(Gaussian(0.2), 0.05) == pytest.approx(np.sqrt(7.815 / 2) / (2 * np.pi * 0.2), rel=0.02)
    assert highest(Table(np.array([0.0, 1.0]), np.array([1.0, 1.0]))) == np.inf  # its velocity is two spikes


def test_highest_frequency_of_many_follows_the_strong_ones():
    rates = Joined((Shifted(Gaussian(1.0), np.zeros(100)), Shifted(Gaussian(0.1), np.zeros(5))))
    weak = points(rates, np.r_[np.full((100, 6), 1e18), np.full((5, 6), 1e14)])
    strong = points(rates, np.r_[np.full((100, 6), 1e14), np.full((5, 6), 1e18)])
    assert strong.highest_frequency() == pytest.approx(10 * weak.highest_frequency(), rel=0.02)


# ------------------------------------------------------------------ SRF

SHEAR = 2700.0 * 3464.0**2  # Pa, of the subfaults below


def subfault(
    lon=131.0, lat=33.0, dep=8.0, stk=30.0, dip=60.0, area=4e10, tinit=1.5, dt=0.1, rock=(3.464e5, 2.7), **s
):
    """Lines of a subfault; s1, s2, s3: slip rates [cm/s], rake, slips: what the file says about the slip [cm]."""
    series = [np.asarray(s.get(f"s{n}", []), float) for n in (1, 2, 3)]
    slips = s.get("slips", [dt * part.sum() for part in series])
    place = " ".join(f"{v:.10g}" for v in (lon, lat, dep, stk, dip, area, tinit, dt, *rock))
    slip = " ".join(f"{v:.10g} {part.size}" for v, part in zip(slips, series, strict=True))
    lines = [place, f"{s.get('rake', 20.0):g} {slip}"]
    for part in series:
        lines += [" ".join(f"{v:.10g}" for v in part[n : n + 6]) for n in range(0, part.size, 6)]
    return lines


def write(path, *subfaults, version="2.0", plane=("PLANE 1", "131 33 2 1 4 2", "30 60 8 0 1")):
    lines = [*([version] if version else []), "# made by a test", *plane, f"POINTS {len(subfaults)}"]
    path.write_text("\n".join([*lines, *(line for part in subfaults for line in part)]) + "\n")
    return path


HAT = [0, 20, 40, 60, 40, 20, 0, 0]  # cm/s


def test_srf_gives_place_moment_and_history(tmp_path):
    file = write(
        tmp_path / "rupture.srf",
        subfault(s1=HAT),
        subfault(lon=131.1, lat=33.05, dep=9.5, s1=HAT * 3, tinit=3.0),
    )
    found = srf.sources(srf.read(file), JAPAN, onset=10.0)
    assert found.x == pytest.approx(JAPAN.to_xy(np.array([131.0, 131.1]), np.array([33.0, 33.05]))[0])
    assert found.y == pytest.approx(JAPAN.to_xy(np.array([131.0, 131.1]), np.array([33.0, 33.05]))[1])
    assert found.depth == pytest.approx([8000, 9500])
    slip = 0.1 * sum(HAT) / 100  # m
    expected = SHEAR * 4e6 * slip * moment_tensor.double_couple(30, 60, 20)
    assert found.moment[0] == pytest.approx(expected, rel=1e-9)
    assert moment_tensor.scalar(found.moment[1]) == pytest.approx(3 * moment_tensor.scalar(expected))
    assert found.magnitude == pytest.approx((np.log10(4 * SHEAR * 4e6 * slip) - 9.1) / 1.5)
    assert found.rates.integral == pytest.approx(1, abs=1e-6)
    t = 11.5 + np.array([-0.01, 0.0, 0.05, 0.3, 0.85])
    assert found.rates(t)[:, 0] * slip == pytest.approx([0, 0, 0.1, 0.6, 0], abs=1e-6)
    assert found.end == pytest.approx(13 + 2.4)
    assert found.where(1).startswith(f"{file} line 11: the subfault at x")


def test_srf_strikes_are_turned_to_the_plane(tmp_path):
    found = srf.sources(srf.read(write(tmp_path / "r.srf", subfault(lon=132.0, s1=HAT))), JAPAN)
    turned = 30 - np.sin(np.deg2rad(33.0))  # east of the origin, true north leans to the west
    mu_a_s = moment_tensor.scalar(found.moment[0])
    assert found.moment[0] / mu_a_s == pytest.approx(moment_tensor.double_couple(turned, 60, 20), abs=1e-5)


def test_srf_slip_in_three_directions(tmp_path):
    back = [0, 5, -5, 0]  # cm/s; leaves no slip
    file = write(
        tmp_path / "r.srf", subfault(s1=HAT, s2=HAT[:5], s3=[0, 1, 2, 1]), subfault(s2=back, dep=9.0)
    )
    found = srf.sources(srf.read(file), JAPAN)
    slip = [0.18, 0.16, 0.004]
    scale = SHEAR * 4e6
    total = (found.moment * found.rates.integral[:, None])[:3]
    assert total[0] == pytest.approx(scale * slip[0] * moment_tensor.double_couple(30, 60, 20), rel=1e-6)
    assert total[1] == pytest.approx(scale * slip[1] * moment_tensor.double_couple(30, 60, 110), rel=1e-6)
    assert total[2] == pytest.approx(scale * slip[2] * moment_tensor.opening(30, 60), rel=1e-6)
    assert found.rates.integral[3] == pytest.approx(0, abs=1e-7)
    rate = found.rates(np.array([1.6]))[0, 3] * found.moment[3]
    assert rate == pytest.approx(scale * 0.05 * moment_tensor.double_couple(30, 60, 110), rel=1e-6)


def test_srf_without_rock_takes_the_rigidity_of_the_key_or_the_medium(tmp_path):
    one = subfault(rock=(), s1=HAT)
    old = srf.read(write(tmp_path / "old.srf", one, version="1.0", plane=()))
    unknown = srf.read(write(tmp_path / "new.srf", subfault(rock=(-1, -1), s1=HAT)))
    mixed = srf.read(
        write(tmp_path / "mix.srf", subfault(rock=(-1, -1), s1=HAT), subfault(s1=HAT, lon=131.01))
    )
    unit = 4e6 * 0.18
    for rupture in (old, unknown):
        with pytest.raises(InputError, match=r"line \d: the subfault has no vs and den"):
            srf.sources(rupture, JAPAN)
        assert srf.sources(rupture, JAPAN, rigidity=3e10).total_moment == pytest.approx(3e10 * unit)
        found = srf.sources(rupture, JAPAN, medium=lambda x, y, depth: 1e6 * depth)
        assert found.total_moment == pytest.approx(8e9 * unit)
    found = srf.sources(mixed, JAPAN, medium=lambda x, y, depth: 1e6 * depth)
    assert moment_tensor.scalar(found.moment) == pytest.approx([8e9 * unit, SHEAR * unit])


def test_srf_in_several_blocks_and_on_any_lines(tmp_path):
    file = tmp_path / "r.srf"
    one, two = subfault(s1=HAT), subfault(s1=HAT, lon=131.02)
    ragged = [*two[:2], "0 20 40 60 40 20", "", "# still the same", " 0", "0"]
    file.write_text("\n".join(["# first", "2.0", "POINTS 1", *one, "POINTS 1", *ragged, "POINTS 0", ""]))
    rupture = srf.read(file)
    assert rupture.values.tolist() == [v / 100 for v in HAT] * 2
    assert rupture.begin[:, 0].tolist() == [0, 8] and rupture.line.tolist() == [4, 9]


GOOD = ["2.0", "PLANE 1", "131 33 2 1 4 2", "30 60 8 0 1", "POINTS 1", *subfault(s1=HAT)]  # 9 lines


@pytest.mark.parametrize(
    ("line", "text", "sentence"),
    [
        (1, "3.0", "line 1: the version is '3.0', expected 1.0 or 2.0"),
        (2, "PLANES 1", "line 2: 'PLANES 1', expected PLANE or POINTS and a number"),
        (2, "PLANE 2", "line 5: has 2 values, expected 6: elon elat"),
        (3, "131 33 2 1 x 2", "line 3: 'x' is not a number, expected elon"),
        (4, "30 60 8", "line 4: has 3 values, expected 5"),
        (5, "POINTS many", "line 5: 'POINTS many'"),
        (5, "POINTS 2", "line 9: the file ends here, expected lon lat dep .* of subfault 2 of 2"),
        (5, "POINTS 0", "line 6: '131 33 8"),
        (6, "131 33 8 30 60 4e10 1.5", "line 6: has 7 values, expected 10"),
        (6, "131 33 8 30 60 4e10 1.5 0 -1 -1", "line 6: dt is 0"),
        (6, "131 93 8 30 60 4e10 1.5 0.1 -1 -1", "line 6: lat is 93, expected -90 to 90"),
        (6, "131 33 8 30 95 4e10 1.5 0.1 -1 -1", "line 6: dip is 95"),
        (6, "131 33 8 30 60 0 1.5 0.1 -1 -1", "line 6: area is 0"),
        (6, "131 33 8 30 60 inf 1.5 0.1 -1 -1", "line 6: 'inf' is not a number"),
        (7, "20 18 8.5 0 0 0 0", "line 7: nt1 is 8.5, expected a whole number"),
        (7, "20 18 -8 0 0 0 0", "line 7: nt1 is -8"),
        (
            7,
            "20 18 9 0 0 0 0",
            "line 9: the file ends here, expected 1 more of the 9 slip rates of subfault 1 of 1",
        ),
        (7, "20 18 7 0 0 0 0", "line 9: has 1 values too many, expected 7"),
        (8, "0 20 4O 60 40 20", "line 8: '4O' is not a number, expected 8 slip rates of subfault 1 of 1"),
        (9, "0 nan", "line 9: 'nan' is not a number"),
    ],
)
def test_a_bad_srf_is_named_with_its_line(tmp_path, line, text, sentence):
    file = tmp_path / "bad.srf"
    lines = GOOD.copy()
    assert len(lines) == 9 and lines[line - 1] != text
    lines[line - 1] = text
    file.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=sentence) as found:
        srf.read(file)
    assert str(found.value).startswith(f"{file} line ") and "\n" not in str(found.value)


@pytest.mark.parametrize("keep", range(1, 9))
def test_a_truncated_srf_is_named_with_its_last_line(tmp_path, keep):
    file = tmp_path / "cut.srf"
    file.write_text("\n".join(GOOD[:keep]))
    with pytest.raises(InputError, match=f"line {keep}: the file ends here, expected"):
        srf.read(file)


def test_an_srf_that_contradicts_itself_or_is_absent(tmp_path):
    metres = srf.read(write(tmp_path / "m.srf", subfault(s1=HAT, slips=[0.18, 0, 0])))
    with pytest.raises(
        InputError, match="line 7: the subfault has slip1 0.18 cm, but its slip rates add up to 18 cm"
    ):
        srf.sources(metres, JAPAN)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        srf.read(tmp_path / "absent.srf")
    with pytest.raises(InputError, match="no subfault slips"):
        srf.sources(srf.read(write(tmp_path / "still.srf", subfault())), JAPAN)
    with pytest.raises(InputError, match="needs the key grid.origin"):
        srf.sources(metres, None)


def mixed(path, few, many=100, **kwargs):
    """A rupture with `few` of `many` subfaults that slip 0.18 cm without slip rates."""
    parts = [subfault(lon=131 + n * 1e-3, s1=HAT) for n in range(many - few)]
    still = [subfault(lon=130.9 - n * 1e-3, slips=(0.18, 0, 0), s1=n % 2 * [0, 0]) for n in range(few)]
    return write(path, *still, *parts, **kwargs)


def test_srf_slip_that_lost_its_rates_is_left_out_and_said(tmp_path):
    """Of 18 cm in 95 subfaults 0.18 cm in 5 others are 5.3e-4, as in ruptures of the SCEC platform."""
    rupture = srf.read(mixed(tmp_path / "rounded.srf", 5))
    found = srf.sources(rupture, JAPAN)
    assert np.count_nonzero(found.moment.any(axis=1)) == 95
    (text,) = found.remarks
    assert text.endswith(
        "line 7: slip1 is 0.18 cm without slip rates, and so in 5 of 100 subfaults, 0.0526 % of the moment; "
        "slip without slip rates is left out"
    )
    rectangles = fault_of_srf(rupture)
    assert rectangles.remarks[0] == text and rectangles.total_slip[:5].tolist() == [0] * 5
    shaped = srf.sources(rupture, JAPAN, rise_time=2.0)
    assert shaped.remarks == () and np.count_nonzero(shaped.moment.any(axis=1)) == 100
    assert shaped.total_moment / found.total_moment == pytest.approx(1 + 5 * 0.18 / (95 * 18))
    assert shaped.rates(np.array([1.6, 2.5, 3.4]))[:, -3] == pytest.approx(
        (1 - np.cos(np.pi * np.array([0.1, 1.0, 1.9]))) / 2
    )


def test_srf_refuses_a_hundredth_of_the_moment_without_slip_rates(tmp_path):
    """Weighed by the rigidity of the medium: 0.9 % of the slip in rock five times as stiff is too much."""
    lost = subfault(rock=(), dep=20.0, slips=(0.16, 0, 0))
    rupture = srf.read(write(tmp_path / "stiff.srf", lost, subfault(rock=(), s1=HAT), version="1.0"))
    assert srf.sources(rupture, JAPAN, rigidity=3e10).x.size == 1
    with pytest.raises(
        InputError, match=r"line 7: slip1 is 0.16 cm without slip rates, 4.26 % .* key rise_time"
    ):
        srf.sources(rupture, JAPAN, medium=lambda x, y, depth: np.where(depth > 1e4, 15e10, 3e10))
    only = srf.read(write(tmp_path / "only.srf", lost, version="1.0"))
    with pytest.raises(InputError, match="100 % of the moment"):
        srf.sources(only, JAPAN, rigidity=3e10)
    assert srf.sources(only, JAPAN, rigidity=3e10, rise_time=1.0).end == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("version", "more", "sentence", "given"),
    [
        ("1.0", (), None, False),
        ("2.0", (3.464e5, 2.7), None, True),
        ("2", (-1, -1), None, False),
        (
            "2.0",
            (3464, 2700),
            "line 7: vs and den, here and elsewhere, are no rock in cm/s and g/cm3, and taken as not given",
            False,
        ),
        ("2.0", (), "8 columns, but version 2.0 has 10; vs den are taken as not given", False),
        ("1.0", (3.464e5, 2.7), "10 columns, but version 1.0 has 8; the last are taken as vs den", True),
        ("1.0", (0.5, 1.0), "10 columns, but version 1.0 has 8; the others are not used", False),
        (
            "2.0",
            (3.464e5, 2.7, 7),
            "11 columns, but version 2.0 has 10; the last are taken as vs den, and",
            True,
        ),
        (None, (), "has no version line; it is read by its columns", False),
        (
            None,
            (3.464e5, 2.7, 7),
            "11 columns, but version 1.0 has 8 and 2.0 10; the last are taken as",
            True,
        ),
        (None, (3.464e5, 2.7), "has no version line; it is read by its columns", True),
    ],
)
def test_srf_versions_and_columns_that_do_not_fit(tmp_path, version, more, sentence, given):
    file = write(
        tmp_path / "r.srf", subfault(rock=more, s1=HAT), subfault(rock=more, s1=HAT), version=version
    )
    rupture = srf.read(file)
    assert rupture.rigidity == pytest.approx(SHEAR if given else np.nan, nan_ok=True)
    assert rupture.values.size == 16 and rupture.onset.tolist() == [1.5, 1.5]
    assert len(rupture.remarks) == (sentence is not None) + (version is None and len(more) == 3)
    assert sentence is None or any(sentence in text and str(file) in text for text in rupture.remarks)
    assert srf.sources(rupture, JAPAN, rigidity=3e10).remarks == rupture.remarks


def test_srf_moment_is_that_of_the_slip_even_if_the_first_sample_jumps(tmp_path):
    file = write(tmp_path / "r.srf", subfault(s1=[30.0]), subfault(lon=131.1, s1=[30.0, 20.0, 10.0]))
    found = srf.sources(srf.read(file), JAPAN)
    assert moment_tensor.scalar(found.moment) == pytest.approx(SHEAR * 4e6 * np.array([0.03, 0.06]))
    assert found.rates.integral == pytest.approx(1, abs=1e-6)


# ------------------------------------------------------------------ finite faults


def fault(**changes):
    values = dict(x=1e3, y=-2e3, depth=4e3, length=6e3, width=3e3, strike=30.0, dip=50.0, rake=70.0, slip=2.0)
    values |= {"rupture_time": 1.0, "rise_time": 2.0}
    return csv_yaml.assemble(csv_yaml.Entry("test", {}), [csv_yaml.Entry("fault 1", values | changes)])


def test_a_rectangle_becomes_points_no_farther_apart_than_asked():
    found = finite_fault.sources("fault", fault(), None, 700.0)
    assert found.x.size == 9 * 5  # 6000 / 700, 3000 / 700
    apart = np.sqrt(np.diff(found.x) ** 2 + np.diff(found.y) ** 2 + np.diff(found.depth) ** 2)
    assert apart[:8] == pytest.approx(np.full(8, 6000 / 9))
    east, north = fault().centre(0)
    middle = (found.x.mean(), found.y.mean(), found.depth.mean())
    assert middle == pytest.approx((east, north, 4e3 + 1.5e3 * np.sin(np.deg2rad(50))))
    # All points lie on the plane, within the rectangle.
    offset = np.stack([found.x - east, found.y - north, found.depth - middle[2]], axis=1)
    assert np.abs(offset @ moment_tensor.normal(30, 50)).max() < 1e-9
    assert np.abs(offset @ moment_tensor.slip(30, 50, 0)).max() == pytest.approx(3000 * 8 / 9)
    assert np.abs(offset @ moment_tensor.slip(30, 50, 90)).max() == pytest.approx(1500 * 4 / 5)


def test_a_rectangle_keeps_moment_mechanism_and_history():
    for spacing, count in ((100.0, 1800), (1e5, 1)):
        found = finite_fault.sources("fault", fault(), None, spacing, "triangle")
        assert found.x.size == count
        assert found.total_moment == pytest.approx(fault().moment())
        assert found.magnitude == pytest.approx(fault().magnitude())
        tensor = found.moment.sum(axis=0) / fault().moment()
        assert tensor == pytest.approx(moment_tensor.double_couple(30, 50, 70))
    t = np.linspace(0, 4, 41)
    assert found.rates(t)[:, 0] == pytest.approx(Triangle(2.0)(t - 1))
    late = finite_fault.sources("fault", fault(), None, 1e5, "triangle", onset=5.0)
    assert late.end == pytest.approx(8) and (late.rates(t + 5) == pytest.approx(found.rates(t), abs=1e-9))


def test_windows_of_satake_2013():
    tohoku = csv_yaml.read(SATAKE)
    found = finite_fault.sources("satake", tohoku, Projection(143.0, 38.0), 5e3, "cosine")
    assert found.total_moment == pytest.approx(tohoku.moment()) and found.magnitude == pytest.approx(
        9.01, abs=0.01
    )
    t = np.arange(0.0, 320.0, 0.05)
    slip = np.cumsum(found.rates(t), axis=0) * 0.05
    own = slip[:, np.unique(found.rates.index, return_index=True)[1]]
    starts = np.array([100.0, 150.0, 200.0])
    moving = tohoku.total_slip > 0
    between = tohoku.progress(starts)[:, moving]
    assert np.abs(own[-1] - 1).max() < 1e-3
    # A cosine is never farther than 1 / (2 pi) of the slip of a window from the line that the file means.
    largest = (tohoku.slip[moving] / tohoku.total_slip[moving, None]).max(axis=1)
    assert (np.abs(own[(starts / 0.05).astype(int)] - between) <= 0.1592 * largest + 1e-3).all()


def test_opening_and_rigidity_of_the_medium():
    crack = fault(slip=0.0, opening=0.5)
    found = finite_fault.sources("crack", crack, None, 1e5, rigidity=lambda x, y, depth: 1e7 * depth)
    mu = 1e7 * (4e3 + 1.5e3 * np.sin(np.deg2rad(50)))
    assert found.moment[0] == pytest.approx(mu * 18e6 * 0.5 * moment_tensor.opening(30, 50))
    assert found.rates.integral == pytest.approx([1])


def test_a_jump_needs_a_rise_time():
    sudden = fault(rise_time=0.0)
    with pytest.raises(InputError, match="fault 1: rise_time is 0, but waves need one"):
        finite_fault.sources("fault", sudden, None, 1e5)
    assert finite_fault.sources("fault", sudden, None, 1e5, rise_time=3.0).end == pytest.approx(4)


# ------------------------------------------------------------------ low-pass


def test_low_pass_keeps_the_moment_and_takes_high_frequencies_away():
    raw = points(Shifted(Texp(0.02), np.array([1.0])), np.ones((1, 6)))
    f, dt = 2.0, 0.01
    found = low_pass(raw, f, dt)
    t = np.arange(-2, 12, 1e-3)
    rate = found.rates(t)[:, 0]
    assert found.rates.integral == pytest.approx(1, abs=1e-12) and rate.sum() * 1e-3 == pytest.approx(
        1, abs=1e-6
    )
    assert (rate[t <= 1.0 - 2.22 / f] == 0).all() and np.abs(
        found.rates(np.array([found.end]))
    ).max() < 1e-6 * rate.max()
    assert found.low_pass == f and found.begin == pytest.approx(1.0 - 2.2 / f, abs=dt)
    assert found.begin == begin_filtered(raw, f, dt)
    for frequency in (0.2, 1.0, 2.0, 4.0, 8.0):
        gain = abs((rate * np.exp(-2j * np.pi * frequency * t)).sum() * 1e-3) / spectrum(
            Texp(0.02), frequency
        )
        assert gain == pytest.approx(1 / (1 + (frequency / f) ** 4), rel=0.01)
    assert found.highest_frequency() < 3 * f < raw.highest_frequency()


@pytest.mark.parametrize("f", [0.2, 0.5, 2.0])
def test_low_pass_delays_nothing(f):
    t = np.arange(-12, 40, 0.01)
    for function, peak in ((Gaussian(1.0), 6.0), (Cosine(1.0), 0.5), (Triangle(0.1), 0.05)):
        found = low_pass(points(Shifted(function, np.zeros(1)), np.ones((1, 6))), f, 0.01)
        rate = found.rates(t)[:, 0]
        assert (rate * t).sum() * 0.01 == pytest.approx(peak, abs=1e-3)
        assert t[np.argmax(rate)] == pytest.approx(peak, abs=0.011)
        assert rate == pytest.approx(found.rates(2 * peak - t)[:, 0], abs=2e-3 * rate.max())  # as it was


def test_low_pass_is_what_the_same_filter_makes_of_the_result():
    obspy = pytest.importorskip("obspy")
    dt, f, t = 0.005, 1.5, np.arange(-10, 20, 0.005)
    raw = points(Shifted(Texp(0.1), np.zeros(1)), np.ones((1, 6)))
    trace = obspy.Trace(raw.rates(t)[:, 0], {"delta": dt})
    trace.filter("lowpass", freq=f, corners=2, zerophase=True)
    assert low_pass(raw, f, dt).rates(t)[:, 0] == pytest.approx(trace.data, abs=2e-3 * trace.data.max())


def test_the_response_to_a_pulse_is_the_known_one():
    f, t = 0.7, np.linspace(-3, 4, 2001)
    found = low_pass(points(Shifted(Cosine(1e-4), np.zeros(1)), np.ones((1, 6))), f, 0.002).rates(t)[:, 0]
    a = np.sqrt(2) * np.pi * f * np.abs(t)
    known = np.pi * f / np.sqrt(2) * np.exp(-a) * (np.cos(a) + np.sin(a))
    assert found == pytest.approx(known, abs=1e-3 * known.max())


@pytest.mark.parametrize("kind", ["sampled", "windows", "joined"])
def test_low_pass_of_many_sources_is_that_of_each(kind):
    rng = np.random.default_rng(7)
    count = rng.integers(3, 30, 300)
    start = rng.uniform(0, 20, 300)
    values = rng.uniform(0, 1, count.sum())
    values[np.cumsum(count) - 1] = 0
    sampled = Sampled(start, rng.uniform(0.05, 0.2, 300), np.cumsum(count) - count, count, values)
    windows = Windows(
        start[:, None] + [0, 3], rng.uniform(0.001, 3, (300, 2)), np.full((300, 2), 0.5), Triangle(1.0)
    )
    every = {
        "sampled": sampled,
        "windows": Repeated(windows, np.arange(300)[::-1]),
        "joined": Joined((sampled, windows)),
    }
    rates = every[kind]
    all_of_them = low_pass(points(rates, np.ones((rates.first.size, 6))), 1.0, 0.02)
    assert all_of_them.rates.integral == pytest.approx(rates.integral, rel=1e-6)
    some = np.array([0, 7, 255, 256, 299])
    alone = low_pass(points(rates, np.ones((rates.first.size, 6))).take(some), 1.0, 0.02)
    t = np.arange(-3, 40, 0.02)
    assert (alone.rates(t) == all_of_them.rates(t)[:, some]).all()
    numeric = all_of_them.rates(t).sum(axis=0) * 0.02
    assert numeric == pytest.approx(rates.integral, rel=1e-4)


def test_low_pass_of_what_is_over_at_once_is_the_response_to_a_pulse():
    long, short = (
        low_pass(points(Shifted(Cosine(d), np.zeros(1)), np.ones((1, 6))), 1.0, 0.02) for d in (0.02, 1e-5)
    )
    t = np.arange(-3, 6, 0.01)
    difference = long.rates(t + 0.01)[:, 0] - short.rates(t)[:, 0]
    assert np.abs(difference).max() < 0.02 * short.rates(t).max()


def test_low_pass_of_a_wavelet_and_a_plane_wave():
    wavelet = low_pass(points(Shifted(Ricker(1.0), np.zeros(1)), np.ones((1, 6))), 20.0, 0.01)
    t = np.arange(0, 4, 0.001)
    assert wavelet.rates(t)[:, 0] == pytest.approx(Ricker(1.0)(t), abs=0.003)
    wave = PlaneWave("wave", "x", 9e3, 0.1, Peaked(Gaussian(0.3)), onset=2.0)
    assert wave.velocity(np.array([2 + 1.8])) == pytest.approx([0.1])
    # Energy exp(-w^2) of the velocity itself: 1 % lies above erfc(w) = 0.01.
    assert wave.highest_frequency() == pytest.approx(1.8214 / (2 * np.pi * 0.3), rel=0.02)
    filtered = low_pass(wave, 0.5, 0.01)
    assert filtered.end > wave.end and filtered.highest_frequency() < wave.highest_frequency()
    t = np.arange(-6, 16, 0.004)
    assert np.trapezoid(filtered.velocity(t), t) == pytest.approx(0.1 * 0.3 * np.sqrt(2 * np.pi), rel=1e-4)
    with pytest.raises(InputError, match="low-pass frequency is 0 Hz"):
        low_pass(wave, 0.0, 0.01)


# ------------------------------------------------------------------ from the configuration

COSINE = {"kind": "cosine", "duration": 2.0}


def entry(kind, **values):
    place = {} if kind == "plane_wave" or "lon" in values else {"x": 1e3, "y": 2e3}
    common = {"depth": 3e3, "onset": 0.5, "time_function": COSINE}
    return section(CrustSourceConfig, kind=kind, **common | place | values)


def test_point_sources_of_the_configuration():
    mt = build(entry("moment_tensor", mxy=1e18), BOX, None, None)
    assert (mt.x[0], mt.y[0], mt.depth[0]) == (1e3, 2e3, 3e3) and mt.moment.tolist() == [
        [0, 0, 0, 1e18, 0, 0]
    ]
    assert mt.total_moment == pytest.approx(1e18) and mt.end == 2.5
    dc = build(entry("double_couple", strike=0, dip=90, rake=0, moment=1e18), BOX, None, None)
    assert dc.moment == pytest.approx(mt.moment, abs=1e3)
    bang = build(entry("explosion", moment=1e15), BOX, None, None)
    assert bang.moment.tolist() == [[1e15, 1e15, 1e15, 0, 0, 0]]
    push = build(entry("force", fz=1e12), BOX, None, None)
    assert push.force.tolist() == [[0, 0, 1e12]] and push.magnitude is None
    assert push.rates(np.array([1.5]))[0, 0] == pytest.approx(1)  # the largest force is the one given
    wave = build(entry("plane_wave", polarisation="y", amplitude=0.2), BOX, None, None)
    assert isinstance(wave, PlaneWave) and wave.velocity(np.array([1.5])) == pytest.approx([0.2])
    with pytest.raises(InputError, match="source plane_wave at depth 30000 m lies outside the grid"):
        build(entry("plane_wave", polarisation="y", amplitude=0.2, depth=3e4), BOX, None, None)


def test_positions_by_longitude_and_latitude():
    where = dict(lon=131.1, lat=33.1)
    found = build(entry("double_couple", strike=40, dip=80, rake=10, moment=1e18, **where), BOX, JAPAN, None)
    x, y = JAPAN.to_xy(131.1, 33.1)
    assert (found.x[0], found.y[0]) == pytest.approx((x, y))
    assert found.moment[0] == pytest.approx(1e18 * moment_tensor.double_couple(40, 80, 10), abs=3e15)
    assert found.moment[0] != pytest.approx(1e18 * moment_tensor.double_couple(40, 80, 10), abs=1e14)
    with pytest.raises(
        InputError, match="source explosion: placed by lon and lat, which needs the key grid.origin"
    ):
        build(entry("explosion", moment=1e15, **where), BOX, None, None)
    with pytest.raises(InputError, match="source explosion at x .* lies outside the grid"):
        build(entry("explosion", moment=1e15, lon=132.0, lat=33.0), BOX, JAPAN, None)


FAR = Projection(121.0, 60.0)  # 131 E, 60 N lies under a convergence of 8.7 degrees there
WIDE = Grid3D(Grid("cartesian", 500e3, 0.0, 1e3, 1e3, 100, 100), 30, 1e3)


def test_moment_tensors_and_forces_by_longitude_and_latitude_are_to_true_east_and_north():
    where = dict(lon=131.0, lat=60.0)
    north = float(true_north(FAR, 131.0, 60.0))
    assert north == pytest.approx(-10 * np.sin(np.deg2rad(60.0)), rel=0.01)  # true north leans to the west
    couple = build(entry("double_couple", strike=40, dip=80, rake=10, moment=1e18, **where), WIDE, FAR, None)
    same = 1e18 * moment_tensor.double_couple(40, 80, 10)
    east_north_down = dict(zip(("mxx", "myy", "mzz", "mxy", "mxz", "myz"), same, strict=True))
    given = build(entry("moment_tensor", **east_north_down, **where), WIDE, FAR, None)
    assert given.moment == pytest.approx(couple.moment, abs=1e6)
    xx, yy, zz, xy, xz, yz = same
    up_south_east = dict(mrr=zz, mtt=yy, mpp=xx, mrt=yz, mrp=-xz, mtp=-xy)
    given = build(entry("moment_tensor", **up_south_east, **where), WIDE, FAR, None)
    assert given.moment == pytest.approx(couple.moment, abs=1e6)
    place = dict(x=float(couple.x[0]), y=float(couple.y[0]))
    given = build(entry("moment_tensor", **east_north_down, **place), WIDE, FAR, None)
    assert given.moment[0] == pytest.approx(same)  # by x and y: the axes of the grid
    push = build(entry("force", fy=2e12, fz=1.0, **where), WIDE, FAR, None)
    turned = np.deg2rad(north)
    assert push.force[0] == pytest.approx([2e12 * np.sin(turned), 2e12 * np.cos(turned), 1.0])


def test_components_turned_to_the_grid_and_back_are_the_same():
    rng = np.random.default_rng(4)
    vector, tensor, north = (
        rng.standard_normal((7, 3)),
        rng.standard_normal((7, 6)),
        rng.uniform(-180, 180, 7),
    )
    assert vector_to_earth(vector_to_grid(vector, north), north) == pytest.approx(vector)
    assert tensor_to_earth(tensor_to_grid(tensor, north), north) == pytest.approx(tensor)
    # A tensor made of a vector turns as the vector does.
    pairs = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
    turned = vector_to_grid(vector, north)
    made, expected = (np.stack([v[:, a] * v[:, b] for a, b in pairs], axis=1) for v in (vector, turned))
    assert tensor_to_grid(made, north) == pytest.approx(expected)


@pytest.mark.parametrize("function", [*BELLS.values(), Gaussian(1.0, 0.5)], ids=[*BELLS, "gaussian, cut"])
def test_the_centroid_is_the_mean_time_of_the_moment_rate(function):
    t = np.linspace(0, function.duration, 40_001)
    mean = np.trapezoid(t * function(t), t) / np.trapezoid(function(t), t)
    assert function.centroid == pytest.approx(mean, rel=1e-4)
    table = Table(t[::100], function(t[::100]))
    sampled = np.trapezoid(t * table(t), t) / np.trapezoid(table(t), t)
    assert table.centroid == pytest.approx(sampled, rel=1e-4)


def test_a_wavelet_has_its_peak_at_the_centroid():
    t = np.linspace(0, 3, 3001)
    assert Peaked(Ricker(1.0)).centroid == Table(t, Ricker(1.0)(t)).centroid == 1.5


def test_the_centroid_time_and_half_duration_of_a_catalogue():
    common = dict(onset=0.0, centroid_time=3.0, half_duration=5.0, time_function=None)
    found = build(entry("moment_tensor", mxy=1e18, **common), BOX, None, None)
    assert (found.rates.first[0], found.end) == (-2.0, 8.0)
    assert found.rates(np.array([-2.0, 0.5, 3.0, 8.0]))[:, 0] == pytest.approx([0, 0.1, 0.2, 0])
    wave = build(
        entry("plane_wave", polarisation="x", amplitude=0.2, onset=0.0, centroid_time=0.5), BOX, None, None
    )
    assert wave.onset == -0.5 and wave.velocity(np.array([0.5])) == pytest.approx([0.2])


def test_finite_faults_of_the_configuration(tmp_path):
    keys = {"kind": "finite_fault", "onset": 1.0, "slip_rate": "yoffe"}
    file = write(tmp_path / "r.srf", subfault(s1=HAT))
    found = build(section(CrustSourceConfig, file=file, **keys), BOX, JAPAN, None)
    assert found.total_moment == pytest.approx(SHEAR * 4e6 * 0.18) and found.rates.first[0] == pytest.approx(
        2.5
    )
    table = tmp_path / "fault.csv"
    table.write_text("x,y,depth,length,width,strike,dip,rake,slip,rise_time\n0,0,1000,950,450,0,90,0,1,2\n")
    config = section(CrustSourceConfig, file=table, **keys)
    found = build(config, BOX, None, None)
    assert found.x.size == 10 * 5 and found.name == "fault.csv"
    assert found.total_moment == pytest.approx(4e10 * 950 * 450)  # the default of the file
    medium = build(config, BOX, None, None, rigidity=lambda x, y, depth: np.full(x.shape, 2e10))
    assert medium.total_moment == pytest.approx(2e10 * 950 * 450)
    table.write_text("# rigidity: 3e10\n" + table.read_text())
    given = build(config, BOX, None, None, rigidity=lambda x, y, depth: np.full(x.shape, 2e10))
    assert given.total_moment == pytest.approx(3e10 * 950 * 450)
    table.write_text(table.read_text().replace("1000", "20000"))
    with pytest.raises(InputError, match=r"fault.csv line 3 at x .* depth 20045 m lies outside the grid"):
        build(config, BOX, None, None)


def test_a_fault_may_take_the_rigidity_of_the_medium_in_place_of_that_of_its_file(tmp_path):
    def softer_above(x, y, depth):
        return np.where(depth < 1000, 1e10, 2e10)

    table = tmp_path / "fault.csv"
    table.write_text(
        "# rigidity: 3e10\nx,y,depth,length,width,strike,dip,rake,slip,rise_time\n0,0,500,950,1000,0,90,0,1,2\n"
    )
    keys = {"kind": "finite_fault", "file": table, "rigidity_from": "medium"}
    found = build(section(CrustSourceConfig, **keys), BOX, None, None, rigidity=softer_above)
    assert found.total_moment == pytest.approx(1.5e10 * 950 * 1000)
    rock = write(tmp_path / "r.srf", subfault(rock=(3.464e5, 2.7), s1=HAT))
    keys["file"] = rock
    found = build(section(CrustSourceConfig, **keys), BOX, JAPAN, None, rigidity=softer_above)
    assert found.total_moment == pytest.approx(2e10 * 4e6 * 0.18)


def test_depths_of_a_draped_fault_count_from_the_ground(tmp_path):
    def ground(x, y):
        return -1000 - 0.1 * x

    table = tmp_path / "fault.csv"
    table.write_text("x,y,depth,length,width,strike,dip,rake,slip,rise_time\n0,0,500,900,400,90,90,0,1,2\n")
    flat, draped = (
        build(
            section(CrustSourceConfig, kind="finite_fault", file=table, draped=on), BOX, None, ground=ground
        )
        for on in (False, True)
    )
    assert draped.depth == pytest.approx(flat.depth + 1000 + 0.1 * flat.x)
    for name in ("x", "y", "moment"):
        np.testing.assert_array_equal(getattr(draped, name), getattr(flat, name))
    rock = write(tmp_path / "r.srf", subfault(s1=HAT))
    flat, draped = (
        build(
            section(CrustSourceConfig, kind="finite_fault", file=rock, draped=on), BOX, JAPAN, ground=ground
        )
        for on in (False, True)
    )
    assert draped.depth == pytest.approx(flat.depth + 1000 + 0.1 * flat.x)
