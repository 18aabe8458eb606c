"""Which members does an ensemble have? Seeded draws and tables, and one sentence for each mistake."""

from pathlib import Path

import numpy as np
import pytest
from support.ensembles import base, ensemble, write
from support.units import PLANE, UNITS

from esim.config import from_dict
from esim.config.ensemble.distribution import DistributionConfig
from esim.config.ensemble.members import MembersConfig
from esim.ensemble.design import design_lines, design_members, write_table
from esim.ensemble.draws import inverse, unit_points
from esim.ensemble.member import Member, member_config
from esim.errors import InputError


def members_of(folder: Path, text: str) -> list[Member]:
    path = folder / "members.csv"
    path.write_text(text)
    return design_members(MembersConfig.model_validate({"table": path}, context={"directory": folder}))


def test_an_ensemble_is_checked_and_told_again(tmp_path):
    config = from_dict(ensemble(tmp_path))
    assert config.run.backend == "numpy" and config.run.precision == "float64"  # of the base
    assert from_dict(config.echo()) == config
    assert from_dict(ensemble(tmp_path, run={"backend": "cpu"})).run.backend == "cpu"
    lines = design_lines(config.members, design_members(config.members))
    assert lines[0] == "members        4 (latin_hypercube, seed 3)"
    assert lines[1].startswith("  source.0.height: 0.") and len(lines) == 3


def test_the_seed_decides_and_latin_hypercubes_fill_every_interval():
    once, again, other = (unit_points("latin_hypercube", 16, 3, seed) for seed in (5, 5, 6))
    assert np.array_equal(once, again) and not np.array_equal(once, other)
    for column in once.T:
        assert sorted(np.floor(16 * column)) == list(range(16))
    for column in unit_points("sobol", 16, 3, 5).T:
        assert sorted(np.floor(16 * column)) == list(range(16))
    assert not np.array_equal(unit_points("random", 9, 2, 5), unit_points("random", 9, 2, 6))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"uniform": [2, 6]}, [3, 4, 5]),
        ({"normal": [10, 2]}, [10 - 2 * 0.6744897501960817, 10, 10 + 2 * 0.6744897501960817]),
        (
            {"lognormal": [3, 0.5]},
            [3 * np.exp(-0.5 * 0.6744897501960817), 3, 3 * np.exp(0.5 * 0.6744897501960817)],
        ),
        ({"truncated_normal": [0, 1e6, -4, 4]}, [-2, 0, 2]),  # nearly uniform between its limits
        ({"discrete": ["a", "b", "c"]}, ["a", "b", "c"]),
        ({"discrete": ["a", "b"], "weights": [3, 1]}, ["a", "a", "b"]),
    ],
)
def test_quartiles_of_distributions(given, expected):
    found = inverse(DistributionConfig.model_validate(given), np.array([0.25, 0.5, 0.75]))
    assert found == (expected if isinstance(expected[0], str) else pytest.approx(expected, abs=1e-6))


def test_values_of_a_weight_of_nothing_are_never_drawn():
    one = DistributionConfig.model_validate({"discrete": [1, 2, 3], "weights": [0, 1, 0]})
    assert set(inverse(one, np.linspace(0, 1 - 1e-12, 101))) == {2}


def test_a_table_has_a_row_for_each_member(tmp_path):
    found = members_of(tmp_path, "name,weight,source.0.height,source.0.x\nlow,0.5,1,'2 km'\n,,3,\n")
    assert found[0] == Member("low", 0.5, {"source.0.height": 1, "source.0.x": "2 km"})
    assert found[1] == Member("m2", 1.0, {"source.0.height": 3})
    config = from_dict(ensemble(tmp_path, {"table": str(tmp_path / "members.csv")}))
    first, second = (member_config(config, config.document(), member) for member in found)
    assert (first.source[0].height, first.source[0].x) == (1, 2000)
    assert (second.source[0].height, second.source[0].x) == (3, 0)
    assert second.output.directory == tmp_path / "out" / "members" / "m2"


def test_the_table_that_is_written_gives_the_same_members(tmp_path):
    vary = {"a.b": {"lognormal": [1e-5, 2]}, "c": {"discrete": [True, "x, y", 7]}}
    members = design_members(MembersConfig.model_validate({"count": 9, "vary": vary}))
    write_table(tmp_path / "again.csv", members)
    assert members_of(tmp_path, (tmp_path / "again.csv").read_text()) == members


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,source.0.height\na,1\na,2\n", "names 'a' twice; names must be unique"),
        ("name,source.0.height\n../a,1\n", "line 2: '../a' cannot be the name of a folder"),
        ("weight,source.0.height\n-1,1\n", "line 2: weight '-1' is not a number of at least 0"),
        ("weight,source.0.height\n0,1\n", "gives all members the weight 0"),
        ("source.0.height\n", "has no members; expected a row for each"),
        ("1,2\n3,4\n", "has no names of columns; expected paths of keys"),
        ("a b,c\n1,2\n", "'a b' is not the path of a key"),
        ("a,a\n1,2\n", "has two columns 'a'"),
        ("a,b\n1\n", "members.csv, line 2: 1 columns; expected 2"),
    ],
)
def test_a_wrong_table_is_told_in_a_sentence(text, sentence, tmp_path):
    with pytest.raises(InputError) as error:
        members_of(tmp_path, text)
    assert "members.table: " in str(error.value) and sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"members": {"count": 3}}, "members: needs table, vary or unit_sources; it has none"),
        (
            {"members": {"unit_sources": {"rake": 90}}},
            "members.unit_sources: needs fault, plane or slab; it has none",
        ),
        (
            {"members": {"unit_sources": {"plane": PLANE, "rake": 90}}},
            "members.unit_sources.subfault: is missing; a plane or slab needs it",
        ),
        (
            {"members": {"unit_sources": {"slab": {"file": "tests", "depth": [5, 1]}}}},
            "members.unit_sources.slab.",
        ),
        (
            {"members": {"unit_sources": UNITS, "count": 3}},
            "members.count: goes with vary, whose members are drawn",
        ),
        (
            {"members": {"unit_sources": UNITS}},
            "hazard: unit sources are no events that may happen; leave it out",
        ),
        ({"members": {"vary": {"a": {"uniform": [0, 1]}}}}, "members.count: is missing"),
        ({"members": {"count": 0, "vary": {"a": {"uniform": [0, 1]}}}}, "members.count: 0 is"),
        (
            {"members": {"count": 3, "vary": {"a": {"uniform": [2, 1]}}}},
            "members.vary.a.uniform: 2 is not below 1",
        ),
        ({"members": {"count": 3, "vary": {"a": {"gauss": [2, 1]}}}}, "members.vary.a.gauss: unknown key"),
        (
            {"members": {"count": 3, "vary": {"a": {"normal": [2, 0]}}}},
            "members.vary.a.normal: the standard deviation",
        ),
        ({"members": {"count": 3, "vary": {"a": {}}}}, "members.vary.a: needs one of 'uniform', 'normal'"),
        ({"members": {"count": 3, "vary": {"a-b": {"normal": [2, 1]}}}}, "'a-b' is not the path of a key"),
        (
            {"members": {"count": 3, "vary": {"a": {"discrete": [1, 2], "weights": [1]}}}},
            "members.vary.a.weights: has 1 items; expected one for each of 2",
        ),
        (
            {"members": {"count": 3, "vary": {"output.directory": {"discrete": ["a", "b"]}}}},
            "members.vary.output.directory: cannot differ between members",
        ),
        ({"base": "nothing.yaml"}, "base: there is no file"),
        (
            {"set": {"grid.spacin": 2}},
            "base: set: grid.spacin: unknown key, did you mean 'spacing'?",
        ),
        ({"set": {"output": {"directory": "x"}}}, "set.output.directory: belongs to the ensemble"),
        ({"hazard": {"thresholds": [2, 1]}}, "hazard.thresholds: expected values that increase"),
        ({"hazard": {"thresholds": [1], "annual_rate": 0}}, "hazard.annual_rate: 0 is too small"),
        (
            {"hazard": {"thresholds": [1], "annual_rate": 1, "rates": "weight"}},
            "hazard.annual_rate: goes without",
        ),
        ({"hazard": {"thresholds": [1], "rates": "weights"}}, "hazard.rates: 'weights' is not a choice here"),
        ({"run": {"ranks_per_member": 0}}, "run.ranks_per_member: 0 is"),
    ],
)
def test_a_wrong_configuration_is_told_in_a_sentence(changes, sentence, tmp_path):
    with pytest.raises(InputError) as error:
        from_dict(ensemble(tmp_path) | changes)
    assert sentence in str(error.value) and "\n" not in str(error.value)


def test_an_ensemble_of_ensembles_is_refused(tmp_path):
    inner = write(tmp_path / "inner.yaml", ensemble(tmp_path))
    with pytest.raises(InputError, match="base: is of scenario 'ensemble'"):
        from_dict(ensemble(tmp_path) | {"base": str(inner)})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"source.0.heigth": 1}, "source.0.heigth: unknown key, did you mean 'height'?"),
        ({"source.1.height": 1}, "member 'm': source is a list with the items 0 to 0, not '1'"),
        ({"source.0.x": 90000}, "source.0.x: "),
        ({"bathymetry.depth.more": 1}, "member 'm': bathymetry.depth is 100 and has no keys"),
    ],
)
def test_a_member_that_its_scenario_refuses_is_named(values, sentence, tmp_path):
    config = from_dict(ensemble(tmp_path))
    with pytest.raises(InputError) as error:
        member_config(config, config.document(), Member("m", 1.0, values))
    assert sentence in str(error.value) and "member 'm'" in str(error.value)


def test_what_is_set_for_all_members_may_be_nested(tmp_path):
    config = from_dict(ensemble(tmp_path, set={"grid": {"spacing": 2000}, "time.duration": 60}))
    member = member_config(config, config.document(), Member("m"))
    assert member.grid.spacing == (2000, 2000) and member.time.duration == 60
    assert base()["grid"]["spacing"] == 1000
