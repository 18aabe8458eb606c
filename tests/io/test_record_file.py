"""Records as agencies publish them: DART text in its forms, tables of tide gauges; what was assumed is said."""

from datetime import UTC, datetime

import numpy as np
import pytest

from esim.errors import InputError
from esim.io.ocean.record import read_record
from esim.io.ocean.record_file import read_file

ORIGIN = datetime(2011, 3, 11, 5, 46, 24, tzinfo=UTC)
TITLE = "#YY  MM DD hh mm ss T   HEIGHT\n#yr  mo dy hr mn  s -        m\n"
BEFORE = ["2011 03 11 05 00 00 1 5822.10", "2011 03 11 05 15 00 1 5822.12", "2011 03 11 05 45 00 2 5822.14"]
AFTER = ["2011 03 11 05 47 24 2 5822.62", "2011 03 11 05 47 39 3 9999.000", "2011 03 11 05 48 24 2 5821.87"]
ROWS = [*BEFORE, *AFTER]


def read(tmp_path, text, name="gauge.txt", known=()):
    (tmp_path / name).write_text(text)
    return read_file(tmp_path / name, ORIGIN, "give --origin", 100.0, known=known)


@pytest.mark.parametrize(
    "text",
    [
        TITLE + "\n".join(ROWS),
        TITLE + "\n".join(reversed(ROWS)),
        "YYYY MM DD hh mm ss T HEIGHT\n" + "\n".join(ROWS),
        "\n".join(ROWS) + "\n",
    ],
    ids=["archived", "newest first", "older title", "no title"],
)
def test_dart_text_is_read_without_its_depth(tmp_path, text):
    (found,) = read(tmp_path, text)
    assert found.time[-2:].tolist() == [60.0, 120.0] and found.time.size == 5
    assert found.value[-2:] == pytest.approx([0.5, -0.25])
    assert found.notes[0] == "1 values of 9999 are taken as missing"
    assert found.notes[1].startswith("values are taken as depths of the water in m, as their median is 5,822")
    assert "the mean of the hour before the origin, 5822.120 m, is removed" in found.notes[1]


def test_dart_text_is_read_for_comparisons_as_well_and_what_is_assumed_is_told_once(tmp_path, caplog):
    (tmp_path / "21413.txt").write_text(TITLE + "\n".join(ROWS))
    for _ in range(2):
        time, eta = read_record(tmp_path / "21413.txt", ORIGIN)
        assert time[-1] == 120.0 and eta[-1] == pytest.approx(-0.25)
    told = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert len(told) == 2 and "values are taken as depths of the water in m" in told[1]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (AFTER + ["2011 03 11 05 49 24 2 5822.0"], "the first value, as there is none before the origin, 5822.620 m"),
        (["2011 03 11 02 00 00 1 5822.4", *AFTER], "the last value before the origin, 5822.400 m"),
    ],
)  # fmt: skip
def test_a_level_is_that_before_the_wave(tmp_path, rows, words):
    (found,) = read(tmp_path, TITLE + "\n".join(rows))
    assert words in found.notes[-1]


@pytest.mark.parametrize(
    "text",
    [
        "Time (UTC);Water level [cm]\n2011-03-11 05:47:24;50\n2011-03-11 05:48:24;-25\n",
        "# station\nDate Time, Water Level, Sigma, Q\n2011/03/11 05:47:24,0.5,0,p\n2011/03/11 5:48:24,-0.25,0,p\n",
        "Date,Time (GMT),Predicted (mm),Verified (mm)\n2011/03/11,05:47:24,1,500\n2011/03/11,05:48:24,-,-250\n",
        "slevel,stime,sensor\n0.5,2011-03-11 05:47:24,prs\n-0.25,2011-03-11 05:48:24,prs\n",
        "time,prs(m)\n2011-03-11T05:47:24Z,0.5\n2011-03-11T14:48:24+09:00,-0.25\n",
        "year,month,day,hour,min,sec,sea level (ft)\n2011,3,11,5,47,24,1.6404199\n2011,3,11,5,48,24,-0.82020997\n",
        "time (JST)\teta\n2011-03-11 14:47:24\t0.5\n2011-03-11 14:48:24\t-0.25\n",
        "time,eta\n60,0.5\n90,-9999\n120,-0.25\n",
    ],
    ids=["semicolons", "slashes", "date and time", "IOC", "offset", "parts and feet", "JST", "mark of a gap"],
)
def test_tables_of_tide_gauges(tmp_path, text):
    (found,) = read(tmp_path, text, "gauge.csv")
    assert found.time == pytest.approx([60.0, 120.0]) and found.value == pytest.approx([0.5, -0.25])


def test_what_is_not_used_of_a_table_and_its_zone_are_said(tmp_path):
    (found,) = read(tmp_path, "time (JST),prs,rad\n2011-03-11 14:47:24,0.5,0.4\n", "gauge.csv")
    assert found.notes == ("times are JST, 9 h ahead of UTC", "of its columns prs is used, not 'rad'")


def test_columns_of_known_instruments_win_over_words(tmp_path):
    found = read(tmp_path, "time,P02,value\n0,1,2\n60,3,4\n", "gauges.csv", known=("P02",))
    assert [one.name for one in found] == ["P02", "value"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            TITLE + ROWS[0] + "\n2011 03 11 05 15 00 1\n",
            "line 4: '2011 03 11 05 15 00 1' is no row of DART text",
        ),
        (TITLE + "2011 02 30 05 15 00 1 5822.1\n", "line 3: day"),
        ("time,eta\n0,1000\n60,2000\n120,3000\n", "is it the depth, or another unit?"),
        ("time (CET),eta\n0,1\n", "a column has the unit 'CET'; expected s, UTC or JST"),
    ],
)
def test_what_is_no_record_is_refused_in_a_sentence(tmp_path, text, sentence):
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert sentence in str(error.value)


def test_dates_of_dart_text_need_an_origin(tmp_path):
    (tmp_path / "a.txt").write_text(TITLE + ROWS[0])
    with pytest.raises(InputError, match="has dates, give --origin"):
        read_file(tmp_path / "a.txt", None, "give --origin", 100.0)


def test_a_gap_stays_a_gap(tmp_path):
    (found,) = read(tmp_path, "time,eta\n0,0\n60,NaN\n120,-\n180,1\n")
    assert found.time.tolist() == [0.0, 180.0] and np.isfinite(found.value).all()
