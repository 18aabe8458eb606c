"""Every kind of work can be measured, by runs that are what a user could write; here they are tiny."""

import pytest

from esim.drivers import measure
from esim.drivers.measure import MEASUREMENTS, USUAL
from esim.planning import rates
from esim.planning.kinds import KINDS
from esim.planning.rates import Way, rates_here

TINY = {
    "OCEAN_STEPS": 1,
    "CRUST_STEPS": 1,
    "SECONDS": 0.0,
    "BLOCKS": 1,
    "SMALL": 24,
    "LARGE": 32,
    "NEST_LARGE": 32,
    "POINTS_SMALL": 22,
    "POINTS_LARGE": 24,
    "STATIONS": 3,
    "SOURCES": 3,
    "SNAPSHOTS": 1,
}


@pytest.fixture(autouse=True)
def tiny(tmp_path, monkeypatch):
    monkeypatch.setattr(rates, "cache_directory", lambda: tmp_path)
    for name, value in TINY.items():
        monkeypatch.setattr(measure, name, value)


def test_all_kinds_but_one_are_measured():
    assert set(KINDS) - set(MEASUREMENTS) == {"ocean: friction map"}  # it needs a file
    assert set(USUAL) <= set(MEASUREMENTS)


def found_and_kept(kinds):
    """Measures kinds of work, and sees that they are kept."""
    way, said = Way("numpy", "float32"), []
    found = measure.measure(way, kinds, said.append)
    assert set(found) == set(kinds) == set(rates_here(way).measured)
    assert all(each >= 0 and call >= 0 for each, call in found.values())
    assert [text.partition(": ")[0] for text in said] == [kind.partition(": ")[0] for kind in found]
    return found


def test_what_was_measured_is_kept_and_said():
    found = found_and_kept(["ocean", "output", "output: compression"])
    assert sum(found["ocean"]) > 0 and found["output"][0] > 0


@pytest.mark.long
def test_all_kinds():
    found_and_kept(list(MEASUREMENTS))


def test_two_sizes_tell_updates_from_calls():
    assert measure._fit((3.0, 7.0), (10.0, 30.0)) == pytest.approx((0.2, 1.0))
    assert measure._fit((3.0, 2.0), (10.0, 30.0)) == (0.0, 3.0)  # noise: never less than nothing
