"""Are the intensity measures those of motions whose measures are known?"""

import csv
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from support.synthetic_crust import Quake, Scene, line, write_run

from esim.analysis import Run
from esim.analysis.crust.hazard.cumulative import (
    arias_intensity,
    cumulative_absolute_velocity,
    significant_duration,
)
from esim.analysis.crust.hazard.ground_motion import ground_motions
from esim.analysis.crust.hazard.intensity_measures import intensity_measures
from esim.analysis.crust.hazard.jma_intensity import jma_class, jma_filter, jma_intensity
from esim.analysis.crust.hazard.mmi import PGA, PGV, mmi
from esim.analysis.crust.hazard.response_spectrum import oscillator, response_spectrum
from esim.analysis.crust.hazard.rotd import rotd
from esim.analysis.crust.hazard.shakemap import shaking_map
from esim.cli.main import main
from esim.errors import InputError

G = 9.80665

# ------------------------------------------------------------------ oscillators


@pytest.mark.parametrize("dt", [0.002, 0.05])
def test_an_oscillator_follows_a_ramp_as_the_exact_solution(dt: float) -> None:
    """Under a = t, which is linear between samples, u = -(t - 2 z / w)/w^2 + what decays; exact at any step."""
    w, z, time = 2 * np.pi / 0.8, 0.05, np.arange(0, 6, dt)
    found = oscillator(time, dt, 0.8, 0.05)[:: max(1, int(np.ceil(20 * dt / 0.8)))]
    damped = w * np.sqrt(1 - z**2)
    shift = 2 * z / w
    decay = np.exp(-z * w * time)
    rate = (1 - z * w * shift) / damped
    exact = -(time - shift + decay * (-rate * np.sin(damped * time) + shift * np.cos(damped * time)))
    # u(0) = 0 and u'(0) = 0: the brackets vanish with their first derivatives.
    np.testing.assert_allclose(found, exact, atol=1e-9)


@pytest.mark.parametrize("damping", [0.02, 0.05, 0.2])
def test_resonance_amplifies_by_one_over_twice_the_damping(damping: float) -> None:
    time = np.arange(0, 120, 0.005)
    sine = np.sin(2 * np.pi * time)
    (peak,) = response_spectrum(sine, 0.005, [1.0], damping)
    assert peak == pytest.approx(1 / (2 * damping), rel=2e-3)


def test_spectra_have_the_limits_of_stiff_and_soft_structures() -> None:
    time = np.arange(0, 40, 0.01)
    ground = np.exp(-(((time - 10) / 0.8) ** 2)) * np.sin(3 * time)
    displacement = np.cumsum(np.cumsum(ground)) * 0.01**2
    stiff, soft = response_spectrum(ground, 0.01, [0.02, 2000.0])
    assert stiff == pytest.approx(np.abs(ground).max(), rel=2e-3)
    assert soft / (2 * np.pi / 2000) ** 2 == pytest.approx(np.abs(displacement).max(), rel=0.03)


def test_a_peak_between_samples_is_found() -> None:
    """Of a period of four samples, their largest may be 30 % below the peak."""
    time = np.arange(0, 20, 0.1)
    (peak,) = response_spectrum(np.where(time == 0.1, 1.0, 0.0), 0.1, [0.4], 0.0)
    fine = np.arange(0, 20, 0.001)
    (wanted,) = response_spectrum(np.interp(fine, time, np.where(time == 0.1, 1.0, 0.0)), 0.001, [0.4], 0.0)
    assert peak == pytest.approx(wanted, rel=0.013)


def test_no_oscillator_has_a_negative_period() -> None:
    with pytest.raises(InputError, match=r"period -1 s and damping 0.05 is none; expected a positive period"):
        oscillator(np.zeros(5), 0.1, -1.0)


# ------------------------------------------------------------------ directions


def test_rotd_of_motion_in_a_circle_is_its_radius() -> None:
    time = np.linspace(0, 2 * np.pi, 3601)
    found = rotd(3 * np.cos(time), 3 * np.sin(time))
    np.testing.assert_allclose(found, [3, 3], rtol=1e-6)


@pytest.mark.parametrize("azimuth", [0.0, 30.0, 111.0])
def test_rotd_of_motion_along_a_line(azimuth: float) -> None:
    """Peaks are A |cos|: the largest is A, the median A cos 45 degrees, whichever way the line runs."""
    time = np.linspace(0, 10, 1001)
    motion = 2 * np.sin(5 * time) / np.abs(np.sin(5 * time)).max()
    found = rotd(motion * np.cos(np.deg2rad(azimuth)), motion * np.sin(np.deg2rad(azimuth)))
    assert found.rotd100 == pytest.approx(2.0)
    assert found.rotd50 == pytest.approx(2 / np.sqrt(2), rel=1e-3)


def test_the_hull_has_the_peaks_of_all_samples() -> None:
    east, north = np.random.default_rng(1).standard_normal((2, 5000)) * [[1], [3]]
    angles = np.deg2rad(np.arange(180))[:, None]
    peaks = np.abs(np.cos(angles) * east + np.sin(angles) * north).max(axis=1)
    np.testing.assert_allclose(rotd(east, north), [np.median(peaks), peaks.max()], rtol=1e-12)
    assert rotd(np.zeros(5), np.zeros(5)) == (0, 0) and rotd(np.ones(2), np.zeros(2)).rotd100 == 1


# ------------------------------------------------------------------ sums


def test_sums_of_a_sine() -> None:
    """Over whole periods the integrals of a^2 and |a| are A^2 T / 2 and 2 A T / pi; a^2 grows evenly."""
    time = np.arange(0, 20 + 5e-4, 1e-3)
    sine = 2 * np.sin(2 * np.pi * time)
    assert arias_intensity(sine, 1e-3) == pytest.approx(np.pi / (2 * G) * 4 * 20 / 2, rel=1e-5)
    assert cumulative_absolute_velocity(sine, 1e-3) == pytest.approx(2 * 2 * 20 / np.pi, rel=1e-5)
    assert significant_duration(sine[None], 1e-3, 0.05, 0.75) == pytest.approx(14, abs=0.1)
    assert significant_duration(sine[None], 1e-3) == pytest.approx(18, abs=0.1)


def test_duration_knows_no_silence() -> None:
    assert np.isnan(significant_duration(np.zeros((1, 10)), 0.1))


# ------------------------------------------------------------------ intensities


@pytest.mark.parametrize("frequency", [0.5, 1.0, 2.0])
def test_jma_intensity_of_steady_motion_in_a_circle(frequency: float) -> None:
    """The length of the vector is then the same at all times: I = 2 log10(A F(f)) + 0.94."""
    time = np.arange(0, 40, 0.01)
    turn = 2 * np.pi * frequency * time
    motion = np.array([np.cos(turn), np.sin(turn), 0 * turn])  # 100 gal
    exact = 2 * np.log10(100 * jma_filter(np.array([frequency]))[0]) + 0.94
    assert 0 <= exact - jma_intensity(motion, 0.01) < 0.1 + 0.006


def test_jma_filter_at_one_hertz_is_that_of_the_notification() -> None:
    """sqrt(1/f) = 1, high cut of y = 0.1, low cut 1 - exp(-8)."""
    high = 1 + 0.694e-2 + 0.241e-4 + 0.0557e-6
    assert jma_filter(np.array([1.0]))[0] == pytest.approx(high**-0.5 * (1 - np.exp(-8)) ** 0.5, rel=1e-7)
    assert jma_filter(np.array([0.0]))[0] == 0


def test_jma_intensity_counts_what_lasts_three_tenths_of_a_second() -> None:
    """One component: |sin| is above a part p of its peak for 2 / pi arccos p of the time, here 0.3 s of 20 s."""
    time = np.arange(0, 20, 0.0005)
    motion = np.array([2 * np.sin(2 * np.pi * time), 0 * time, 0 * time])
    part = np.cos(np.pi / 2 * 0.3 / 20)
    exact = 2 * np.log10(200 * part * jma_filter(np.array([1.0]))[0]) + 0.94
    assert exact == pytest.approx(5.54, abs=0.005)
    assert jma_intensity(motion, 0.0005) == 5.5 and jma_class(5.5) == "6-"
    assert np.isnan(jma_intensity(motion[:, :599], 0.0005)) and jma_class(np.nan) == ""


def test_jma_classes() -> None:
    assert [jma_class(value) for value in (-np.inf, 0.4, 0.5, 4.4, 4.5, 4.9, 5.0, 6.4, 6.5, 7.1)] == [
        "0", "0", "1", "4", "5-", "5-", "5+", "6+", "7", "7",
    ]  # fmt: skip


def test_mmi_is_that_of_the_published_lines() -> None:
    """Worden et al. (2012): at the bends, 10^0.53 cm/s and 10^1.57 cm/s2, both lines give MMI 4.56 and 4.2."""
    assert mmi(np.array([10.0, 100.0, 0.0, 1e4]), PGV) == pytest.approx([6.05, 9.21, 1.0, 10.0])
    assert mmi(np.array([10.0, 100.0]), PGA) == pytest.approx([3.33, 5.80])
    for relation in (PGA, PGV):
        for bend in relation.bends:
            low, high = mmi(10 ** (bend + np.array([-1e-6, 1e-6])), relation)
            assert low == pytest.approx(high, abs=0.05)


# ------------------------------------------------------------------ of a run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scene = Scene(Quake(1e18, 8e3), origin=(130.76, 32.76), stations=line(3), fields=False, half=20e3)
    return write_run(tmp_path_factory.mktemp("run") / "quake", scene)


def test_the_table_of_a_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hazard", str(folder), "--periods", "1", "3"]) == 0
    table = folder / "figures" / "intensity_measures.csv"
    assert str(table) in capsys.readouterr().out
    with table.open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["station"] for row in rows] == ["S01", "S02", "S03"]
    with Run.open(folder) as run:
        motion = ground_motions(run).motions[0]
        found = intensity_measures(run, [1.0, 3.0])[0]
    speed = np.hypot(*motion.velocity[:2]).max()
    assert float(rows[0]["pgv_rotd100_cm_s"]) == pytest.approx(100 * speed, rel=1e-4)
    assert found["pga_rotd50_g"] <= found["pga_rotd100_g"] <= np.sqrt(2) * found["pga_rotd50_g"]
    assert {"sa_1s_rotd50_g", "sa_3s_rotd100_g", "arias_m_s", "cav_m_s", "d5_75_s", "d5_95_s"} <= set(rows[0])
    assert 0 < found["d5_75_s"] < found["d5_95_s"] < 24


def test_maps_are_those_of_shakemap(folder: Path) -> None:
    with Run.open(folder) as run:
        maps = shaking_map(run).load()
        maxima = run.maxima.pgv_horizontal.isel(x=slice(2, -2), y=slice(2, -2)).load()
    np.testing.assert_allclose(maps["pgv"], 100 * maxima, rtol=1e-6)
    np.testing.assert_allclose(maps["mmi"], mmi(100 * maxima.values), rtol=1e-5)
    assert main(["hazard", str(folder)]) == 0
    root = ElementTree.parse(folder / "figures" / "grid.xml").getroot()
    space = "{http://earthquake.usgs.gov/eqcenter/shakemap}"
    grid = root.find(f"{space}grid_specification").attrib
    names = [field.attrib["name"] for field in root.iter(f"{space}grid_field")]
    assert names == ["LON", "LAT", "PGA", "PGV", "MMI"]
    values = np.array(root.find(f"{space}grid_data").text.split(), float).reshape(-1, 5)
    assert len(values) == int(grid["nlon"]) * int(grid["nlat"]) and np.isfinite(values).all()
    assert values[0, 1] == pytest.approx(float(grid["lat_max"]))  # from the north-west
    assert values[0, 0] == pytest.approx(float(grid["lon_min"]))
    strongest = values[values[:, 3].argmax()]
    assert strongest[3] == pytest.approx(float(maps["pgv"].max()), rel=0.05)
    event = root.find(f"{space}event").attrib
    assert (float(event["lon"]), float(event["lat"])) == pytest.approx((130.76, 32.76), abs=1e-6)


# ------------------------------------------------------------------ ObsPy


def test_a_stream_and_an_inventory(folder: Path, tmp_path: Path) -> None:
    obspy = pytest.importorskip("obspy", reason="streams need ObsPy")
    import esim

    with esim.open_run(folder) as tree:
        stream = tree.esim.stream(network="XX")
        up = tree["stations"].vz.sel(station="S02").values
    assert len(stream) == 9
    (trace,) = stream.select(id="XX.S02..BXZ")
    np.testing.assert_allclose(trace.data, -up, rtol=1e-6, atol=1e-12)
    assert trace.stats.starttime == obspy.UTCDateTime(2016, 4, 15, 16, 25, 5)
    assert trace.stats.distance == pytest.approx(8000.0)
    with esim.open_run(folder) as tree, pytest.raises(InputError, match=r"StationXML needs longitudes"):
        tree.esim.inventory()


def test_the_misfit_of_seismograms(folder: Path) -> None:
    pytest.importorskip("obspy", reason="streams need ObsPy")
    import esim

    with esim.open_run(folder) as tree:
        observed = tree.esim.stream().select(station="S02")
        for trace in observed:
            trace.data = 0.5 * trace.data
            trace.stats.starttime -= 0.4
        found = tree.esim.misfit(observed)
    assert list(found["channel"].values) == ["SY.S02..BXE", "SY.S02..BXN", "SY.S02..BXZ"]
    np.testing.assert_allclose(found["peak_ratio"], 2, rtol=1e-4)
    np.testing.assert_allclose(found["lag"], 0.4, atol=1e-6)
