"""Rates are kept beside compiled kernels, for one machine and one state of the kernels; what is missing is shipped."""

import json

import pytest

from esim.planning import rates
from esim.planning.kinds import KINDS, UNCERTAINTY
from esim.planning.rates import MEASURED, Rates, Way, keep, rates_here

WAY = Way("cpu", "float32")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(rates, "cache_directory", lambda: tmp_path)
    return tmp_path


def test_what_was_measured_is_found_again_and_the_rest_is_shipped():
    assert rates_here(WAY).missing(["ocean"]) == ["ocean"]
    keep(WAY, {"ocean": (1e-8, 2e-5)})
    keep(WAY, {"crust: elastic": (5e-9, 1e-5)})
    found = rates_here(WAY)
    assert found.of("ocean") == (1e-8, 2e-5, True)
    assert found.of("ocean: maxima") == (KINDS["ocean: maxima"].per_update, 0.0, False)
    assert found.uncertainty(["ocean", "crust: elastic"]) == MEASURED
    assert found.uncertainty(["ocean", "ocean: maxima"]) == UNCERTAINTY


def test_rates_are_those_of_as_many_ranks_or_else_of_one():
    keep(WAY, {"ocean": (1e-8, 0.0), "output": (1e-9, 0.0)})
    keep(WAY._replace(ranks=2), {"ocean": (3e-8, 0.0)})
    both = rates_here(WAY._replace(ranks=2))
    assert both.of("ocean").per_update == 3e-8 and both.of("output").per_update == 1e-9
    assert not rates_here(WAY._replace(threads=2)).measured


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"rates": {"WAY": {"ocean": [-1, 0], "output": "x", "no such": [1, 1]}}}']
)
def test_a_damaged_file_is_as_good_as_none(text):
    rates.cache_file("rates").write_text(text.replace("WAY", WAY.key))
    assert not rates_here(WAY).measured
    keep(WAY, {"ocean": (1e-8, 0.0)})
    assert rates_here(WAY).of("ocean").measured


def test_another_processor_or_other_kernels_have_rates_of_their_own(monkeypatch):
    path = keep(WAY, {"ocean": (1e-8, 0.0)})
    assert json.loads(path.read_text())["machine"] == rates.identity()
    monkeypatch.setattr(rates, "_kernels", lambda: "others")
    assert not rates_here(WAY).measured


def test_shipped_rates_follow_threads_precision_and_the_memory_of_a_gpu():
    one = Rates(WAY).of("ocean").per_update
    assert Rates(Way("cpu", "float32", 4)).of("ocean").per_update == one / 4
    assert Rates(Way("cpu", "float64")).of("ocean").per_update == 2 * one
    slow, fast = (Rates(Way("cuda", "float32"), {}, b).of("crust: elastic").per_update for b in (1e12, 2e12))
    assert slow == 2 * fast
