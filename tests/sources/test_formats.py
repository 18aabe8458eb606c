"""Finite faults in the formats of others: .param and .fsp files, and SRF as rectangles under the sea."""

from pathlib import Path

import numpy as np
import pytest
from support.fault_files import (
    ALONG,
    DIP,
    DOWN,
    HEAD,
    LAT,
    LENGTH,
    LON,
    MU,
    NAMES,
    STRIKE,
    TOP,
    WIDTH,
    param,
    plane,
    rows,
    same,
    table,
    uplift,
    written,
)
from support.sections import section

from esim.config.crust.source import CrustSourceConfig
from esim.config.ocean.source import OceanSourceConfig
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.sources.crust import build as build_seismic
from esim.sources.formats import csv_yaml
from esim.sources.ocean import build


@pytest.mark.parametrize("along", [0.0, 0.5])
@pytest.mark.parametrize("down", [0.0, 0.5])
def test_param_file_wherever_its_points_are(tmp_path, along, down):
    found = csv_yaml.read(param(tmp_path, along=along, down=down))
    assert (found.along == along).all() and (found.down == down).all()
    assert found.rigidity_given
    same(found, plane())


def test_param_file_in_metres_without_corners_or_with_a_rigidity_of_the_user(tmp_path):
    same(csv_yaml.read(param(tmp_path, unit="(m)")), plane())
    same(csv_yaml.read(param(tmp_path, corners=False)), plane())
    assert csv_yaml.read(tmp_path / "fault.param", 6.4e10).moment() == pytest.approx(2 * plane().moment())


def test_segments_of_a_param_file_have_their_own_strike_and_dip(tmp_path):
    two = csv_yaml.read(param(tmp_path, segments=((STRIKE, DIP, LON), (30.0, 60.0, 143.5))))
    assert two.x.size == 2 * ALONG * DOWN
    assert set(two.strike) == {STRIKE, 30.0} and set(two.dip) == {DIP, 60.0}
    assert two.moment() == pytest.approx(2 * plane().moment(), rel=1e-4)
    assert two.label(ALONG * DOWN).endswith("fault.param line 32")


def test_a_param_file_of_the_old_kind_without_times(tmp_path):
    text = param(tmp_path).read_text().splitlines()
    text[9:] = [" ".join(line.split()[:7]) for line in text[9:]]
    assert text[9] == "#Lat. Lon. depth slip rake strike dip"
    old = csv_yaml.read(written(tmp_path / "old.param", text))
    assert not old.start.any() and not old.rise.any() and not old.rigidity_given
    assert old.moment() == pytest.approx(plane().moment() * 4e10 / MU, rel=1e-4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t[:-1], "line 21: segment 1 ends with 11 subfaults, expected nx x ny = 4 x 3 = 12"),
        (lambda t: [*t[:12], t[12] + " 7", *t[13:]], "line 13: has 12 values, expected 11: lat lon depth"),
        (lambda t: [*t[:12], t[12].replace("95.0", "x"), *t[13:]], "line 13: 'x' is not a number"),
        (lambda t: [t[0], "#Fault_segment = 1", *t[2:]], "line 2: '#Fault_segment = 1', expected #Fault_seg"),
        (lambda t: [*t[:9], t[9].replace(" dip", ""), *t[10:]], "line 10: has no column dip"),
        (lambda t: [*t[:9], t[9].replace("slip", "slip(ft)"), *t[10:]], "line 10: slip is in 'ft'"),
        (lambda t: t[4:], "line 1: .* expected #Fault_segment"),
        (lambda t: t[:1], "line 1: the file ends here"),
        (lambda t: [*t[:3], "1 2", *t[4:]], "line 4: has 2 values, expected 3: lon lat depth of a corner"),
        (
            lambda t: [*t[:10], t[10].replace(" 12.0 ", " 95 "), *t[11:]],
            "line 11: dip must be between 0 and 90",
        ),
    ],
)
def test_bad_param_files_name_the_line(tmp_path, change, words):
    text = param(tmp_path).read_text().splitlines()
    with pytest.raises(InputError, match=words) as caught:
        csv_yaml.read(written(tmp_path / "bad.param", change(text)))
    assert "\n" not in str(caught.value) and "bad.param" in str(caught.value)


# .fsp


def test_fsp_file(tmp_path):
    found = csv_yaml.read(written(tmp_path / "a.fsp", [*HEAD, NAMES, "% ---", *table()]))
    assert (found.down == 0.5).all() and found.rigidity_given
    same(found, plane())


def test_fsp_file_whose_depths_are_those_of_the_upper_edges(tmp_path):
    found = csv_yaml.read(written(tmp_path / "a.fsp", [*HEAD, NAMES, *table(down=0.0)]))
    assert (found.down == 0.0).all()
    same(found, plane())
    head = [line.replace(" Htop = 6.0 km", "").replace("for center", "for top-center") for line in HEAD]
    same(csv_yaml.read(written(tmp_path / "b.fsp", [*head, NAMES, *table(down=0.0)])), plane())


def test_fsp_file_with_time_windows_and_one_moment_for_all(tmp_path):
    names = "% LAT LON X==EW Y==NS Z SLIP RAKE TRUP TW1 TW2"
    found = csv_yaml.read(written(tmp_path / "a.fsp", [*HEAD, names, *table(moment=False, windows=True)]))
    assert found.slip.shape == (12, 2) and (found.rise == 5.0).all()
    np.testing.assert_array_equal(found.start[:, 1] - found.start[:, 0], 5.0)
    same(found, plane())
    head = [line for line in HEAD if "SHF" not in line]
    with pytest.raises(InputError, match="line 20: has slip in time windows, but the header has no Invs"):
        csv_yaml.read(written(tmp_path / "b.fsp", [*head, names, *table(moment=False, windows=True)]))


def test_windows_with_rakes_of_their_own_add_up_as_vectors(tmp_path):
    names = "% LAT LON X==EW Y==NS Z TW1 rkTW1 TW2 rkTW2"
    lines = [f"{y:.6f} {x:.6f} 0 0 {z / 1e3:.6f} 1.2 50 1.6 140" for x, y, z, *_ in rows()]
    found = csv_yaml.read(written(tmp_path / "a.fsp", [*HEAD, names, *lines]))
    np.testing.assert_allclose(found.total_slip, 2.0)
    np.testing.assert_allclose(found.rake, 50 + np.rad2deg(np.arctan(1.6 / 1.2)))


def test_segments_of_an_fsp_file(tmp_path):
    head = [line for line in HEAD if "Nsbfs" not in line and "Mech" not in line]
    lines = list(head)
    for number, (strike, dip, lon) in enumerate(((STRIKE, DIP, LON), (30.0, 60.0, 143.5)), start=1):
        lines += [
            f"% SEGMENT # {number}: STRIKE = {strike} deg DIP = {dip} deg",
            "% LEN = 80.0 km WID = 45.0 km",
            f"% depth to top: Z2top = {TOP / 1e3} km",
            "% coordinates of top-center:",
            f"% LAT = {LAT}, LON = {lon}",
            "% Nsbfs = 12 subfaults",
            NAMES,
            "% -----",
            *table(strike=strike, dip=dip, lon=lon),
        ]
    found = csv_yaml.read(written(tmp_path / "two.fsp", lines))
    assert set(found.strike) == {STRIKE, 30.0} and set(found.dip) == {DIP, 60.0}
    assert found.moment() == pytest.approx(2 * plane().moment(), rel=1e-4)
    other = csv_yaml.read(param(tmp_path, segments=((STRIKE, DIP, LON), (30.0, 60.0, 143.5))))
    np.testing.assert_allclose(uplift(found), uplift(other), atol=1e-3)
    with pytest.raises(InputError, match=r"segment 2 ends with 11 subfaults, expected Nsbfs = 12"):
        csv_yaml.read(written(tmp_path / "two.fsp", lines[:-1]))


def test_a_segment_for_each_subfault(tmp_path):
    """As models of geodesy are: each segment has its own size."""
    lines = [line for line in HEAD if "Dx" not in line and "Nsbfs" not in line and "Mech" not in line]
    for x, y, z, slip, _, _ in rows():
        lines += [f"% SEGMENT # 1: STRIKE = {STRIKE} deg DIP = {DIP} deg", "% LEN = 20.0 km WID = 15.0 km"]
        lines += ["% LAT LON X==EW Y==NS Z SLIP RAKE", f"{y:.6f} {x:.6f} 0 0 {z / 1e3:.6f} {slip} 95"]
    found = csv_yaml.read(written(tmp_path / "many.fsp", lines))
    np.testing.assert_allclose(uplift(found)[2], uplift(plane())[2], atol=1e-3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t[:-1], "ends with 11 subfaults, expected Nsbfs = 12"),
        (lambda t: [*t[:21], t[21] + " 1", *t[22:]], "line 22: has 11 values, expected 10: LAT LON"),
        (lambda t: [*t[:21], t[21].replace("95.0", "?"), *t[22:]], r"line 22: '\?' is not a number"),
        (lambda t: [line for line in t if "LAT LON" not in line], "comes before the names of the columns"),
        (lambda t: [], r"bad.fsp line 1: the file ends here, expected % LAT LON"),
        (lambda t: [line.replace("SLIP RAKE", "SLOP RAKE") for line in t], "no column SLIP"),
        (lambda t: [line for line in t if "Dx" not in line], "no size of the subfaults, expected Dx"),
        (
            lambda t: [line.replace("RAKE", "RACK") for line in t],
            "neither the columns nor the header say the RAKE",
        ),
        (lambda t: t[:20], "line 20: the file ends here"),
    ],
)
def test_bad_fsp_files_name_the_line(tmp_path, change, words):
    text = [*HEAD, NAMES, *table()]
    with pytest.raises(InputError, match=words) as caught:
        csv_yaml.read(written(tmp_path / "bad.fsp", change(text)))
    assert "\n" not in str(caught.value) and "bad.fsp" in str(caught.value)


# SRF


def srf(folder: Path, planes=True, version="2.0", second=0.0) -> Path:
    """The plane as a rupture whose slip rates are triangles of 10 s, `second` [m] of it along rake + 90."""
    lines = [version]
    if planes:
        lines += ["PLANE 1", f"{LON} {LAT} {ALONG} {DOWN} 80.0 45.0", f"{STRIKE} {DIP} 6.0 0.0 20.0"]
    lines.append(f"POINTS {ALONG * DOWN}")
    shape = np.minimum(np.arange(40), 40 - np.arange(40)) / 400 / 0.25  # of unit slip, dt = 0.25 s
    for x, y, z, slip, start, _ in rows():
        rock = " 350000 2.6122449" if version == "2.0" else ""
        lines.append(
            f"{x:.6f} {y:.6f} {z / 1e3:.6f} {STRIKE} {DIP} {LENGTH * WIDTH * 1e4:.6e} {start} 0.25{rock}"
        )
        count = 40 if second else 0
        lines.append(f"95.0 {slip * 100} 40 {second * 100} {count} 0 0")
        lines.append(" ".join(f"{rate:.6e}" for rate in slip * 100 * shape))
        if second:
            lines.append(" ".join(f"{rate:.6e}" for rate in second * 100 * shape))
    return written(folder / "rupture.srf", lines)


def test_srf_as_rectangles_under_the_sea(tmp_path):
    found = csv_yaml.read(srf(tmp_path))
    np.testing.assert_allclose(found.length, LENGTH, rtol=1e-6)
    np.testing.assert_allclose(found.width, WIDTH, rtol=1e-6)
    np.testing.assert_allclose(uplift(found)[2], uplift(plane())[2], atol=1e-3)
    assert found.moment() == pytest.approx(plane().moment(), rel=1e-5) and found.rigidity_given
    # A triangle of 10 s has done an eighth after a quarter of its time.
    late = found.start[0, 0] + np.array([0.0, 2.5, 5.0, 7.5, 10.0])
    np.testing.assert_allclose(found.progress(late)[:, 0], [0, 0.125, 0.5, 0.875, 1], atol=1e-6)
    source = build(
        section(OceanSourceConfig, kind="finite_fault", file=tmp_path / "rupture.srf", time_step=5.0),
        True,
    )
    source.check(Grid("lonlat", 135.0, -10.0, 0.25, 0.25, 100, 80))
    assert source.magnitude == pytest.approx(plane().magnitude(), abs=1e-4)


def test_srf_without_planes_and_with_slip_across_the_rake(tmp_path):
    square = csv_yaml.read(srf(tmp_path, planes=False, version="1.0"))
    np.testing.assert_allclose(square.length, np.sqrt(LENGTH * WIDTH))
    assert not square.rigidity_given
    both = csv_yaml.read(srf(tmp_path, second=0.5))
    np.testing.assert_allclose(both.total_slip, np.hypot([r[3] for r in rows()], 0.5), rtol=1e-6)
    np.testing.assert_allclose(both.rake[0], 95 + np.rad2deg(np.arctan(0.5)), rtol=1e-6)


# The crust


@pytest.mark.parametrize("kind", ["param", "fsp", "srf"])
def test_the_crust_reads_them_too(tmp_path, kind):
    """With the moments of the file, whatever the medium is."""
    make = {
        "param": param,
        "fsp": lambda folder: written(folder / "a.fsp", [*HEAD, NAMES, *table()]),
        "srf": srf,
    }
    grid = Grid3D(Grid("cartesian", -2e5, -2e5, 5e3, 5e3, 80, 80), 20, 5e3)
    origin = Projection(LON, LAT)
    given = section(CrustSourceConfig, kind="finite_fault", file=make[kind](tmp_path))
    found = build_seismic(given, grid, origin, None, lambda x, y, z: 0 * x + 1e10)
    assert found.total_moment == pytest.approx(plane().moment(), rel=2e-3)
    middle = (found.depth * np.abs(found.moment).sum(axis=1)).sum() / np.abs(found.moment).sum()
    fault = plane()
    assert middle == pytest.approx((fault.depth * fault.slip[:, 0]).sum() / fault.slip.sum(), rel=0.02)
