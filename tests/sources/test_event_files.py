"""Point sources from CMTSOLUTION, QuakeML, ndk and FORCESOLUTION."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from support.sections import section

from esim.config.crust.source import CrustSourceConfig
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.grids.grid3d import Grid3D
from esim.grids.projection import Projection
from esim.sources.crust import build
from esim.sources.crust.time_function import Ricker

GRID = Grid3D(Grid("cartesian", -1e5, -1e5, 5e3, 5e3, 40, 40), 20, 5e3)
ORIGIN = Projection(143.84, 42.21)
START = datetime(2003, 9, 25, 19, 50, 0, tzinfo=UTC)
MOMENTS = {"Mrr": 1.72, "Mtt": -0.104, "Mpp": -1.62, "Mrt": 0.516, "Mrp": 2.41, "Mtp": -0.497}  # 1e28 dyn cm
TENSOR = 1e21 * np.array([-1.62, -0.104, 1.72, 0.497, -2.41, 0.516])  # east, north, down; N m

CMT = """PDE {date} 19 50 06.36 41.7800 143.8600 27.0 8.1 8.1 HOKKAIDO, JAPAN REGION
event name:     {name}
time shift:     30.0000
half duration:  {half}
{places}
depth:          28.2000
""" + "".join(f"{key}:  {value:.4f}e+28\n" for key, value in MOMENTS.items())
DEGREES = "latitude:       42.2100\nlongitude:      143.8400"


def cmt(name="200309251950A", half="33.0", date="2003 09 25", places=DEGREES):
    return CMT.format(name=name, half=half, date=date, places=places)


NDK = """\
MLI  2003/09/25 19:50:06.4  41.82  143.91  27.0 6.9 8.1 HOKKAIDO, JAPAN REGION
C200309251950A   B:104  237 135 S:  0    0   0 M:117  335 200 CMT: 1 TRIHD: 33.0
CENTROID:     30.0 0.1  42.21 0.01  143.84 0.01  28.2  0.5 FREE S-20030926000000
28  1.720 0.010 -0.104 0.010 -1.620 0.010  0.516 0.020  2.410 0.030 -0.497 0.010
V10   3.050 71 307  -0.040  1  40  -3.010 19 130   3.030 220 26   90  40 64   90
"""


def quakeml(path: Path, mechanism="tensor", centroid=True, duration=66.0):
    event = pytest.importorskip("obspy.core.event")
    from obspy import UTCDateTime

    hypocentre = event.Origin(
        time=UTCDateTime(2003, 9, 25, 19, 50, 6, 360000), latitude=41.78, longitude=143.86, depth=27e3
    )
    place = event.Origin(time=hypocentre.time + 30, latitude=42.21, longitude=143.84, depth=28.2e3)
    tensor = event.MomentTensor(derived_origin_id=(place if centroid else hypocentre).resource_id)
    focal = event.FocalMechanism(moment_tensor=tensor)
    if mechanism == "tensor":
        tensor.tensor = event.Tensor(**{f"m_{key[1:]}": 1e21 * value for key, value in MOMENTS.items()})
    elif mechanism == "planes":
        plane = event.NodalPlane(strike=220.0, dip=26.0, rake=90.0)
        focal = event.FocalMechanism(nodal_planes=event.NodalPlanes(nodal_plane_1=plane))
    if duration and mechanism == "tensor":
        tensor.source_time_function = event.SourceTimeFunction(type="triangle", duration=duration)
    one = event.Event(
        resource_id="smi:local/tokachi",
        origins=[hypocentre, place] if centroid else [hypocentre],
        magnitudes=[event.Magnitude(mag=8.1)],
        focal_mechanisms=[focal] if mechanism else [],
    )
    event.Catalog([one]).write(str(path), format="QUAKEML")
    return path


def made(path: Path, start=START, text=None, **keys):
    if text is not None:
        path.write_text(text)
    return build(section(CrustSourceConfig, kind="event", file=path, **keys), GRID, ORIGIN, start)


def written(folder: Path, kind: str) -> Path:
    path = folder / {"cmt": "CMTSOLUTION", "ndk": "one.ndk", "quakeml": "one.xml"}[kind]
    if kind == "quakeml":
        return quakeml(path)
    path.write_text(cmt() if kind == "cmt" else NDK)
    return path


@pytest.mark.parametrize("kind", ["cmt", "ndk", "quakeml"])
def test_an_earthquake_has_its_place_tensor_and_time(tmp_path, kind):
    """The 2003 Tokachi-oki earthquake: centroid 36.4 s after the start, a triangle of twice 33 s."""
    if kind == "ndk":
        pytest.importorskip("obspy")
    found = made(written(tmp_path, kind))
    assert (found.x[0], found.y[0]) == pytest.approx((0, 0), abs=1) and found.depth[0] == pytest.approx(28200)
    np.testing.assert_allclose(found.moment[0], TENSOR, rtol=1e-9, atol=1e12)
    assert found.magnitude == pytest.approx(8.25, abs=0.01)
    assert found.rates.first[0] == pytest.approx(36.36 - 33, abs=0.05)
    t = np.linspace(0, 80, 80001)
    rate = found.rates(t)[:, 0]
    assert np.trapezoid(rate * t, t) == pytest.approx(36.36, abs=0.05)
    assert found.rates.last[0] - found.rates.first[0] == pytest.approx(66.0)
    assert found.remarks == () and "event '" in found.name
    assert found.origin_time == pytest.approx(6.36, abs=0.05)  # for the headers of seismograms


def test_without_a_date_times_count_from_the_origin_time(tmp_path):
    found = made(written(tmp_path, "cmt"), start=None)
    assert found.rates.first[0] == pytest.approx(-3.0)
    assert "times count from its origin time, 2003-09-25T19:50:06.360000+00:00" in found.remarks[0]
    given = made(tmp_path / "CMTSOLUTION", centroid_time=50.0, half_duration=2.0)
    assert given.rates.first[0] == pytest.approx(48.0) and given.rates.last[0] == pytest.approx(52.0)
    other = made(tmp_path / "CMTSOLUTION", time_function={"kind": "gaussian", "sigma": 2.0, "delay": 10.0})
    assert other.rates.first[0] == pytest.approx(26.36)
    with pytest.raises(
        InputError, match="was at 2003-09-25T19:50:06.360000.*, -2922.17 days after the time.start"
    ):
        made(tmp_path / "CMTSOLUTION", start=START + timedelta(days=2922.175))


def test_several_events_are_asked_for(tmp_path):
    path = tmp_path / "CMTSOLUTION"
    path.write_text(cmt("first") + cmt("second", half="10.0") + "\n" + cmt("third"))
    with pytest.raises(InputError, match=r"has 3 events, 'first', 'second', 'third'; expected the key event"):
        made(path)
    second = made(path, event="second")
    assert (
        second.rates.first[0] == pytest.approx(26.36)
        and made(path, event=2).rates.first == second.rates.first
    )
    every = made(path, event="all")
    assert every.x.size == 3 and every.total_moment == pytest.approx(3 * second.total_moment)
    every = made(path, event="all", start=None)
    (text,) = every.remarks
    assert text.startswith(
        "CMTSOLUTION event 'first', 'second', 'third': times count from its origin time, 2003"
    )
    assert every.where(1).startswith("event 'second' at x")
    for wrong in ("fourth", "4"):
        with pytest.raises(
            InputError, match=f"has no events '{wrong}', expected one of 'first', 'second', 'third'"
        ):
            made(path, event=wrong)


@pytest.mark.parametrize("header", ["PDE 2003", " PDE 2003", "PDEW2003", " MLI  2003"])
def test_a_cmtsolution_is_not_read_by_columns(tmp_path, header):
    """Of `PDE 2003` with one blank ObsPy 1.5 makes the year 3."""
    text = cmt().replace("PDE 2003", header).replace("time shift: ", "Time  shift:").replace("e+28", "d+28")
    assert made(tmp_path / "CMTSOLUTION", text=text).rates.first[0] == pytest.approx(3.36)
    metres = cmt(places="latorUTM:  -20000.0\nlongorUTM:  30000.0")
    found = made(tmp_path / "CMTSOLUTION", text=metres)
    assert (found.x[0], found.y[0]) == (30000, -20000)


def test_quakeml_with_less_is_used_as_it_is_and_said(tmp_path):
    path = quakeml(tmp_path / "planes.xml", "planes", centroid=False)
    found = made(path, half_duration=4.0)
    assert found.magnitude == pytest.approx(8.1) and found.rates.first[0] == pytest.approx(6.36)
    assert "has no centroid; hypocentre and origin time are taken" in found.remarks[0]
    with pytest.raises(InputError, match="no half duration or source time function that is known"):
        made(quakeml(tmp_path / "short.xml", duration=None))
    with pytest.raises(InputError, match="none of its 1 events has a moment tensor"):
        made(quakeml(tmp_path / "none.xml", None))
    with pytest.raises(InputError, match="not a CMTSOLUTION, FORCESOLUTION, QuakeML, ndk"):
        made(tmp_path / "nothing.xml", text="hello\n")


FORCE = """FORCE  001
time shift:     2.0
hdurorf0:       {size}
latorUTM:       42.21
longorUTM:      143.84
depth:          5.0
source time function:            {kind}
factor force source:             1.d15
component dir vect source E:     0.d0
component dir vect source N:     3.d0   ! not of unit length
component dir vect source Z_UP:  -4.d0
"""


def test_a_force_of_specfem(tmp_path):
    found = made(tmp_path / "FORCESOLUTION", text=FORCE.format(size=0.5, kind=1), start=None)
    assert found.force[0] == pytest.approx([0, 6e14, 8e14]) and found.depth[0] == 5000
    t = np.array([1.5, 2.0, 2.7])
    expected = Ricker(0.5, 0.0)(np.abs(t - 2.0))
    np.testing.assert_allclose(found.rates(t)[:, 0], expected, atol=1e-6)
    smooth = made(tmp_path / "FORCESOLUTION", text=FORCE.format(size=1.628, kind=0))
    peak = 1 / np.sqrt(np.pi)  # of a Gaussian exp(-t^2) of unit area
    assert smooth.force[0] == pytest.approx(peak * np.array([0, 6e14, 8e14]))
    np.testing.assert_allclose(smooth.rates(t)[:, 0], np.exp(-((t - 2) ** 2)), atol=1e-6)
    assert "has no date" in smooth.remarks[0]
    with pytest.raises(
        InputError, match="event 'FORCE 001': the file has no half duration or source time function"
    ):
        made(tmp_path / "FORCESOLUTION", text=FORCE.format(size=1, kind=2))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "time shift:     30.0000",
            "time shift:     soon",
            "line 1: time shift is 'soon', expected a number",
        ),
        ("Mtp:  -0.4970e+28", "", "line 1: mtp is missing, expected a number"),
        (
            "longitude:      143.8400",
            "longitude:      147.8400",
            "event '200309251950A' at x .* lies outside",
        ),
    ],
)
def test_a_bad_cmtsolution_is_named(tmp_path, old, new, sentence):
    text = cmt()
    assert old in text
    with pytest.raises(InputError, match=sentence):
        made(tmp_path / "CMTSOLUTION", text=text.replace(old, new))
