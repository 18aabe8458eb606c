"""Observed records in the forms in which people have them, and what is wrong with others."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from esim.errors import InputError
from esim.io.ocean.record import read_record

START = datetime(2011, 3, 11, 5, 46, 24, tzinfo=UTC)
TIME, ETA = [0, 60, 120, 180], [0.0, 0.25, -0.125, 0.5]


@pytest.mark.parametrize(
    "text",
    [
        "time,eta\n0,0\n60,0.25\n120,-0.125\n180,0.5\n",
        "# tide gauge\nTime [min];Water Level [cm]\n0;0\n1;25\n2;-12.5\n3;50\n",
        "eta_m  t_s\n0 0\n0.25 60\n-0.125 120\n0.5 180\n",
        "0 0\n60 0.25\n120 -0.125\n180 0.5\n",
        "180 0.5\n60 0.25\n60 9\n120 -0.125\n0 0\n",
        "date,eta,flag\n2011-03-11T05:46:24Z,0,1\n2011-03-11 05:47:24,0.25,1\n2011-03-11T14:48:24+09:00,-0.125,1\n"
        "2011-03-11 05:49:24,0.5,1\n",
        "time,eta\n0,0\n30,\n45,nan\n60,0.25\n120,-0.125\n180,0.5\n",
    ],
    ids=["plain", "units", "blanks", "no names", "out of order", "dates", "gaps"],
)
def test_tables(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gauge.csv"
    path.write_text(text)
    time, eta = read_record(path, START)
    np.testing.assert_allclose(time, TIME, atol=1e-9)
    np.testing.assert_allclose(eta, ETA, atol=1e-12)


@pytest.mark.parametrize(
    ("times", "units"),
    [
        (TIME, "s"),
        ([0, 1, 2, 3], "minutes since 2011-03-11 05:46:24"),
        ([24, 84, 144, 204], "seconds since 2011-03-11 05:46"),
    ],
)
def test_netcdf(tmp_path: Path, times: list[float], units: str) -> None:
    eta = ("time", [*ETA[:3], np.nan, ETA[3]], {"units": "m", "_FillValue": np.nan})
    where = ("time", [*times[:3], times[2] + 0.25, times[3]], {"units": units})
    xr.Dataset({"eta": eta}, {"time": where}).to_netcdf(tmp_path / "gauge.nc")
    time, levels = read_record(tmp_path / "gauge.nc", START)
    np.testing.assert_allclose(time, TIME)
    np.testing.assert_allclose(levels, ETA)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has 0 values of eta; expected a record of two at least"),
        ("time,eta\n0,1\n", "has 1 values of eta"),
        ("time,depth\n0,1\n9,1\n", "has no column 'eta', but 'depth'; expected columns time"),
        ("0 0 0\n1 1 1\n", "its first row does not name its columns"),
        ("time [fortnight],eta\n0,1\n9,1\n", "a column has the unit 'fortnight'; expected s"),
        (
            "time,eta\n0,1\nnoon,1\n",
            "gauge.csv, line 3: time is 'noon'; expected seconds since the origin, or a date",
        ),
        ("time,eta\n0,1\n9,high\n", "gauge.csv, line 3: eta is 'high', which is no number"),
        (
            "time,eta\n0,1\n9,8888\n",
            "the record has 8888 m at 9 s; expected the height of a wave in m, at most 500, and gaps left empty",
        ),
        ("time,eta\n0,1\n9,9999\n", "has 1 values of eta"),
        ("time,eta\n0,1\n9\n", "gauge.csv, line 3: 1 columns; expected 2 as in the first row"),
    ],
)
def test_what_is_no_record(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "gauge.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_record(path, START)
    assert sentence in str(error.value)


def test_dates_need_an_origin(tmp_path: Path) -> None:
    (tmp_path / "gauge.csv").write_text("time,eta\n2011-03-11T05:46:24Z,0\n2011-03-11T05:47:24Z,0\n")
    with pytest.raises(InputError, match=r"has dates, which need time\.start"):
        read_record(tmp_path / "gauge.csv", None)
