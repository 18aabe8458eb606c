"""A wrong sensor is named, with what is wrong with it; right ones are left alone."""

import numpy as np
import pytest
from support.forecasts import drawn, recorded

from esim.forecast.library import read_library
from esim.forecast.records import Record, data_of
from esim.forecast.run import Watch
from esim.forecast.sensor_check import wrong_sensors
from esim.forecast.spikes import spikes


@pytest.fixture(scope="module")
def library(small):
    return read_library(small[1])


@pytest.fixture
def records(library):
    return recorded(library, drawn(library, 13), 12)


def spoiled(record, fault):
    quiet = np.arange(0.0, 330.0, 30.0)  # before the earthquake
    return {
        "turned": Record(record.time, -record.value),
        "dead": Record(record.time, 0 * record.value),
        "late": Record(np.append(quiet, record.time + 300.0), np.append(0 * quiet, record.value)),
        "early": Record(record.time - 300.0, record.value),
        "centimetres": Record(record.time, 100 * record.value),
    }[fault]


def test_right_sensors_are_left_alone(library):
    for seed in range(20):
        right = recorded(library, drawn(library, seed), 100 + seed)
        assert wrong_sensors(library, data_of(library, right, 1800.0)) == []


@pytest.mark.parametrize("sensor", ["near", "east"])
@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("turned", "its sign seems to be turned"),
        ("dead", "it hardly moves, so it seems to be dead"),
        ("late", "its clock seems to be about 5 min late"),
        ("early", "its clock seems to be about 5 min early"),
        ("centimetres", "it is far too large, so it seems to be in cm, not m"),
    ],
)
def test_a_wrong_sensor_is_named(library, records, sensor, fault, cause):
    records[sensor] = spoiled(records[sensor], fault)
    found = wrong_sensors(library, data_of(library, records, 1500.0))
    assert [verdict.sensor for verdict in found] == [sensor]
    assert found[0].sentence() == f"sensor '{sensor}' contradicts the others: {cause}"


def test_it_is_left_out_and_said_unless_it_is_to_be_kept(library, records):
    records["east"] = spoiled(records["east"], "turned")
    out = Watch(library, records).forecast(1800.0)
    assert out.texts == ("sensor 'east' contradicts the others: its sign seems to be turned; it is left out",)
    assert np.isnan(out.data[2]).all() and out.count == 120
    kept = Watch(library, records, keep=True).forecast(1800.0)
    assert kept.count == 180 and "it is used" in kept.texts[0]
    assert kept.misfit > 2 * out.misfit


def test_values_that_stand_out_are_counted_and_a_sharp_wave_has_none(library, records):
    time = np.arange(0.0, 3600.0, 15.0)
    wave = 3 * np.exp(-(((time - 1200) / 60) ** 2)) + 0.01 * np.random.default_rng(3).standard_normal(
        time.size
    )
    assert spikes(wave, 0.02) == 0
    wave[[20, 90, 91, 150, 200]] += [0.5, 2.0, 0.0, -0.7, 0.9]
    assert spikes(wave, 0.02) == 4
    assert spikes(np.where(np.arange(time.size) % 2, np.nan, wave), 0.02) == 4
    values = records["east"].value.copy()
    values[[20, 31, 45]] += 3.0
    records["east"] = records["east"]._replace(value=values)
    (found,) = wrong_sensors(library, data_of(library, records, 1800.0))
    assert found.sentence() == "sensor 'east' contradicts the others: 3 values stand out as spikes"
