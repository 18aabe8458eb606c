"""Does the study of ensembles see a bit that differs, a curve that is wrong, and what the time went into?"""

import json
import shutil

import netCDF4
import pytest
from support.ensembles import ensemble

from esim.config import from_dict
from esim.drivers.run import simulate
from esim.validation.studies.ensemble_engines import checksums, compute, cost, direct_curves


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return simulate(from_dict(ensemble(tmp_path_factory.mktemp("engines"))))


def changed(path, name):
    with netCDF4.Dataset(path, "a") as data:
        data[name][0, 0] = 7.0


def test_a_bit_that_differs_is_seen(out, tmp_path):
    other = shutil.copytree(out, tmp_path / "other")
    before = checksums(out)
    assert len(before) == 9 and checksums(other) == before
    changed(other / "members" / "m2" / "maxima.nc", "eta_max")
    after = checksums(other)
    assert {path for path in before if after[path] != before[path]} == {"members/m2/maxima.nc"}


def test_a_curve_that_is_not_that_of_the_members_is_seen(out, tmp_path):
    assert direct_curves(out) == (0.0, 2 * 81)
    other = shutil.copytree(out, tmp_path / "other")
    changed(other / "hazard.nc", "hazard_curve")
    assert direct_curves(other)[0] == 6.0


def test_the_cost_is_that_of_the_records_and_what_is_complete_is_not_computed_again(out):
    ran = compute(out / "no such file", out, 1)
    told = json.loads((out / "run.json").read_text())["timings"]
    found = cost(ran, 2)
    assert found.loops == told["time loops of members"] > 0
    assert (found.members, found.whole) == (2 * told["members"], 2 * told["time loop"])
    assert 0 < found.sources < found.members < found.whole
