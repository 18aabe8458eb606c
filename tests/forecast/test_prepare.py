"""Tides are continued from what was before the origin, filters use nothing from later, and what is done is said."""

from datetime import UTC, datetime

import numpy as np
import pytest

from esim.errors import InputError
from esim.forecast.detide import PERIODS, without_tide
from esim.forecast.library import read_library
from esim.forecast.lowpass import low_passed
from esim.forecast.prepare import prepare
from esim.forecast.records import Record

ORIGIN = datetime(2011, 3, 11, 5, 46, 24, tzinfo=UTC)
HEIGHTS = {"M2": 0.45, "S2": 0.2, "K1": 0.25, "O1": 0.2, "N2": 0.1}  # m, as off Japan


@pytest.fixture(scope="module")
def library(small):
    return read_library(small[1])


def tide(time):
    found = 3.0 + 0 * time
    for n, (name, height) in enumerate(HEIGHTS.items()):
        found = found + height * np.cos(2 * np.pi * time / (3600 * PERIODS[name]) - n)
    return found


def wave(time):
    return np.where(time > 600, np.sin(2 * np.pi * (time - 600) / 1200), 0.0)


@pytest.mark.parametrize(("hours", "error"), [(2, 0.06), (6, 0.03), (24, 0.015), (72, 0.01)])
def test_a_tide_is_continued_for_an_hour(hours, error):
    time = np.arange(-3600.0 * hours, 3601.0, 60.0)
    noise = 0.003 * np.random.default_rng(1).standard_normal(time.size)
    found = without_tide("x", Record(time, tide(time) + wave(time) + noise), 38.0, ORIGIN)
    assert np.abs(found.value - wave(time) - noise)[time > 0].max() < error
    assert found.done[-1].startswith("tide removed: level and M2") and f"from {hours} h" in found.done[-1]


def test_a_tide_does_not_depend_on_later_values():
    time = np.arange(-20000.0, 3601.0, 60.0)
    whole = without_tide("x", Record(time, tide(time) + wave(time)), 38.0, ORIGIN)
    early = time <= 1200
    part = without_tide("x", Record(time[early], (tide(time) + wave(time))[early]), 38.0, ORIGIN)
    assert part.value == pytest.approx(whole.value[early], abs=1e-9)


def test_a_month_goes_through_utide():
    pytest.importorskip("utide")
    time = np.arange(-30 * 86400.0, 3601.0, 900.0)
    found = without_tide("x", Record(time, tide(time) + wave(time)), 38.0, None)
    assert np.abs(found.value - wave(time))[time > 0].max() < 0.02
    assert "UTide with" in found.done[-1] and "M2" in found.done[-1] and "without nodal" in found.done[-1]


def test_long_records_need_utide_and_say_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "utide", None)
    time = np.arange(-16 * 86400.0, 1.0, 900.0)
    with pytest.raises(InputError, match=r"need UTide, pip install 'esim-hpc\[tides\]'"):
        without_tide("x", Record(time, tide(time)), 38.0, ORIGIN)


def test_a_filter_keeps_waves_and_takes_seismic_waves():
    time = np.arange(0.0, 3601.0, 15.0)
    seismic = 0.5 * np.sin(2 * np.pi * time / 40)
    found = low_passed(Record(time, wave(time) + seismic), 120.0)
    assert found.ahead == 120.0 and found.time[[0, -1]].tolist() == [120.0, 3480.0]
    smooth = np.abs(found.time - 600) > 120  # but at the kink of this wave
    assert np.abs(found.value - wave(found.time))[smooth].max() < 0.02


def test_filtered_values_do_not_change_as_data_come_in():
    time, random = np.arange(0.0, 3601.0, 15.0), np.random.default_rng(2)
    value = random.standard_normal(time.size)
    whole, part = low_passed(Record(time, value), 120.0), low_passed(Record(time[:100], value[:100]), 120.0)
    assert part.value == pytest.approx(whole.value[: part.value.size], abs=1e-12) and part.value.size > 50


def test_a_filter_does_not_reach_over_gaps():
    time = np.concatenate([np.arange(0.0, 900.0, 15.0), np.arange(1500.0, 3000.0, 15.0)])
    found = low_passed(Record(time, np.ones(time.size)), 120.0)
    assert not ((found.time > 780) & (found.time < 1620)).any() and found.value == pytest.approx(1.0)


def test_coarse_records_are_not_filtered_and_it_is_said():
    record = Record(np.arange(0.0, 3600.0, 60.0), np.ones(60))
    found = low_passed(record, 120.0)
    assert found.value is record.value and found.done == (
        "periods below 120 s are not in it, as it has a value every 60 s",
    )


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (lambda time: tide(time), "so a tide or a level seems to be in it: see --detide"),
        (lambda time: -0.1 * time / 3600, "it drifts by -0.10 m in the hour before the origin"),
    ],
)
def test_a_tide_that_is_left_is_named(library, value, sentence):
    time = np.arange(-7200.0, 1801.0, 60.0)
    found = prepare(library, {"near": Record(time, value(time))}, ORIGIN)["near"]
    assert sentence in found.done[-1]
    again = prepare(library, {"near": Record(time, value(time))}, ORIGIN, detide=["near"])["near"]
    assert len(again.done) == 1 and np.abs(again.value).max() < 0.07


def test_without_a_tide_nothing_is_said_or_done(library):
    time = np.arange(-7200.0, 1801.0, 60.0)
    record = Record(time, wave(time))
    assert prepare(library, {"near": record}, ORIGIN) == {"near": record}


def test_a_target_that_is_drawn_has_no_tide_either(library):
    time = np.arange(-7200.0, 1801.0, 60.0)
    found = prepare(library, {"south": Record(time, tide(time))}, ORIGIN, detide=[], lowpass=300.0)["south"]
    assert len(found.done) == 1 and np.abs(found.value).max() < 0.07


def test_what_has_no_values_before_the_origin_stays_as_it_is(library):
    late = Record(np.arange(0.0, 1801.0, 60.0), np.zeros(31))
    found = prepare(library, {"near": late, "elsewhere": late}, ORIGIN, detide=[])
    assert found["near"].done == ("no tide removed, as an hour before the origin is not there",)
    assert found["elsewhere"] is late
    with pytest.raises(InputError, match="--detide: 'near' has 1 values in the 0 h before the origin"):
        prepare(library, {"near": late}, ORIGIN, detide=["near"])
    with pytest.raises(InputError, match="'nair' is no sensor or target with data, did you mean 'near'"):
        prepare(library, {"near": late}, ORIGIN, detide=["nair"])
