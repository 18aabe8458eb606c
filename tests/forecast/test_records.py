"""Records from tables and NetCDF files, with units, gaps and dates; and the sentences for what is none."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from esim.errors import InputError
from esim.forecast.library import read_library
from esim.forecast.records import DataFile, Record, data_file, data_of, read_records, remarks
from esim.io.timeseries import write_timeseries

ORIGIN = datetime(2011, 3, 11, 5, 46, 24, tzinfo=UTC)
KINDS = {"near": "pressure", "north": "surface"}


@pytest.fixture(scope="module")
def library(small):
    return read_library(small[1])


def test_a_table_has_a_column_for_each_sensor_in_units(tmp_path):
    (tmp_path / "a.csv").write_text("time_min,near,north [cm]\n0,0.5,10\n1,,20\n2,0.7,nan\n")
    found = read_records([DataFile(tmp_path / "a.csv")], KINDS, None)
    assert found["near"].time.tolist() == [0.0, 120.0] and found["near"].value.tolist() == [0.5, 0.7]
    assert found["north"].value == pytest.approx([0.1, 0.2])


def test_a_table_may_have_a_row_for_each_value_and_dates(tmp_path):
    rows = [("near", "47:24Z", 1), ("north", "48:24Z", 2), ("near", "48:24Z", 3)]
    text = "".join(f"{name},2011-03-11T05:{time},{value}\n" for name, time, value in rows)
    (tmp_path / "a.csv").write_text("station,time,eta\n" + text)
    found = read_records([DataFile(tmp_path / "a.csv")], KINDS, ORIGIN)
    assert found["near"].time.tolist() == [60.0, 120.0] and found["near"].value.tolist() == [1.0, 3.0]
    assert found["north"].time.tolist() == [120.0]
    with pytest.raises(
        InputError, match=r"has dates, but the base of the library no time\.start; give --origin"
    ):
        read_records([DataFile(tmp_path / "a.csv")], KINDS, None)


def test_a_run_is_read_by_what_each_sensor_sees(tmp_path):
    series = {
        name: (np.full((2, 3), size), {"units": "m"}) for name, size in (("eta", 1.0), ("depth_change", 2.0))
    }
    place = {"lon": (np.zeros(2), {})}
    write_timeseries(tmp_path / "s.nc", ["near", "north"], place, series, np.arange(3.0), {}, ORIGIN)
    found = read_records([DataFile(tmp_path / "s.nc")], KINDS, ORIGIN)
    assert found["near"].value.tolist() == [2.0] * 3 and found["north"].value.tolist() == [1.0] * 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("seconds_after,near\n0,1\n", "has no column time, but 'seconds_after', 'near'"),
        ("0,1,2\n1,2,3\n", "its first row does not name its columns, so it has no column time"),
        ("time,near [psi]\n0,1\n", "a column has the unit 'psi'; expected m, cm, mm or ft"),
        ("time,near\n0,5600\n", "'near' has 5600 m at 0 s; expected the height of a wave in m"),
        ("time,near\n0,deep\n", "line 2: near is 'deep', which is no number"),
        ("time,near\nnoon,1\n", "line 2: time is 'noon'; expected seconds since the origin"),
    ],
)
def test_what_is_no_record_is_refused_in_a_sentence(text, sentence, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError) as error:
        read_records([DataFile(tmp_path / "a.csv")], KINDS, ORIGIN)
    assert sentence in str(error.value)


def test_a_sensor_in_two_files_is_refused(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("time,near\n0,1\n")
    with pytest.raises(InputError, match="'near' is in another file of data as well"):
        read_records([DataFile(tmp_path / "a.csv"), DataFile(tmp_path / "b.csv")], KINDS, ORIGIN)


def test_gaps_stay_gaps_and_later_data_are_not_used(library):
    time = np.concatenate([np.arange(-60.0, 301.0, 20.0), np.arange(600.0, 1801.0, 20.0)])
    records = {"near": Record(time, time / 1000), "other": Record(time, time)}
    found = data_of(library, records, 900.0)
    known = library.sensor_time[np.isfinite(found[0])]
    assert known.tolist() == [*np.arange(30.0, 301.0, 30.0), *np.arange(600.0, 901.0, 30.0)]
    assert found[0][np.isfinite(found[0])] == pytest.approx(known / 1000)
    assert np.isnan(found[1:]).all()
    texts = list(remarks(library, records, found))
    assert texts == [
        "no data of north, east yet",
        "not used, as no sensor of the library: other",
        "3 values from before the origin time are no data of the forecast",
    ]


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        (
            {"far": Record(np.arange(9.0), np.arange(9.0))},
            "data: none of the sensors of the library, near",
        ),
        ({"near": Record(np.arange(-99.0, -9.0), np.zeros(90))}, "data: all are from before the origin time"),
        (
            {"near": Record(np.arange(50.0), np.zeros(50))},
            "expected at least those of one window of slip, 60 s",
        ),
    ],
)
def test_data_that_say_nothing_are_refused_in_a_sentence(library, records, sentence):
    with pytest.raises(InputError) as error:
        data_of(library, records, 1800.0)
    assert sentence in str(error.value)


def test_seismic_waves_at_first_are_left_out(library):
    shaken = replace(library, sensor_after=np.array([120.0, 0.0, 0.0]))
    found = data_of(shaken, {"near": Record(np.arange(1000.0), np.ones(1000))}, 600.0)
    assert library.sensor_time[np.isfinite(found[0])][0] == 120.0


@pytest.mark.parametrize("name", ["near_2011.csv", "gauge-near.csv", "near.csv", "x.csv"])
def test_a_file_of_one_record_is_of_the_instrument_in_its_name_or_before_it(tmp_path, name):
    (tmp_path / name).write_text("time,eta\n0,1\n60,2\n")
    given = f"near={tmp_path / name}" if name == "x.csv" else str(tmp_path / name)
    assert list(read_records([data_file(given)], KINDS, ORIGIN)) == ["near"]


def test_a_buoy_is_found_beside_letters_and_two_names_are_refused(tmp_path):
    for name in ("dart21418.txt", "21418_21413.txt"):
        (tmp_path / name).write_text("0 1\n60 2\n")
    kinds = {"21418": "pressure", "21413": "pressure", "2141": "pressure"}
    assert list(read_records([DataFile(tmp_path / "dart21418.txt")], kinds, ORIGIN)) == ["21418"]
    with pytest.raises(InputError, match="several instruments are in its name, 21418, 21413; expected NAME="):
        read_records([DataFile(tmp_path / "21418_21413.txt")], kinds, ORIGIN)


def test_one_sentence_says_what_was_done_to_many_records(library):
    time = np.arange(0.0, 1801.0, 30.0)
    records = {name: Record(time, 0 * time, ("filtered",)) for name in library.sensors}
    texts = list(remarks(library, records, data_of(library, records, 1800.0)))
    assert texts == ["near, north, east: filtered"]
