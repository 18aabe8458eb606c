"""Do the branches of a logic tree have their members, and is what is told of them what their files give?"""

import csv
import json

import numpy as np
import pytest
import xarray as xr
from support.ensembles import ensemble, write

from esim.analysis.figures.look import Look
from esim.analysis.hazard import hazard as tables
from esim.analysis.plot import plot
from esim.analysis.reading.run import Run
from esim.cli.run import main
from esim.config import from_dict
from esim.config.ensemble.members import MembersConfig
from esim.drivers.run import simulate
from esim.ensemble.branches import Alternatives, branches_of
from esim.ensemble.design import design_lines, design_members, write_table
from esim.ensemble.member import Member
from esim.errors import InputError, MembersFailed

TREE = [
    {
        "name": "shape",
        "branches": [
            {"name": "narrow", "weight": 0.7, "set": {"source.0.radius": 2000}},
            {"name": "wide", "weight": 0.3, "set": {"source.0.radius": 4000}},
        ],
    },
    {
        "name": "height",
        "branches": [
            {"name": "low", "weight": 0.4, "vary": {"source.0.height": {"uniform": [0.2, 0.5]}}},
            {"name": "mid", "weight": 0.5, "vary": {"source.0.height": {"uniform": [0.5, 1]}}},
            {"name": "high", "weight": 0.1, "vary": {"source.0.height": {"uniform": [1, 2]}}},
        ],
    },
]
VARY = {"source.0.x": {"normal": [0, 2000]}}
MEMBERS = {"count": 2, "seed": 1, "vary": VARY, "logic_tree": TREE}
WEIGHTS = {
    f"{one}-{other}": first * second
    for one, first in (("narrow", 0.7), ("wide", 0.3))
    for other, second in (("low", 0.4), ("mid", 0.5), ("high", 0.1))
}
FRACTILES = [0.16, 0.5, 0.84]
HAZARD = {"thresholds": [0.05, 0.3], "annual_rate": 0.01, "fractiles": FRACTILES, "quantiles": [0.5]}


def config_of(members) -> MembersConfig:
    return MembersConfig.model_validate(members)


def test_every_combination_of_branches_has_the_same_draws_and_its_own_values():
    members = design_members(config_of(MEMBERS))
    assert len(members) == 12 and list(dict.fromkeys(one.branch for one in members)) == list(WEIGHTS)
    for member in members:
        assert member.branch_weight == pytest.approx(WEIGHTS[member.branch]) and member.weight == 1
        assert member.values["source.0.radius"] == (2000 if "narrow" in member.branch else 4000)
        low, high = {"low": (0.2, 0.5), "mid": (0.5, 1), "high": (1, 2)}[member.branch.split("-")[1]]
        first = next(one for one in members if one.name == f"narrow-low-{member.name[-2:]}")
        assert member.values["source.0.x"] == first.values["source.0.x"]
        share = (member.values["source.0.height"] - low) / (high - low)
        assert share == pytest.approx((first.values["source.0.height"] - 0.2) / 0.3)
    assert len({one.name for one in members}) == 12


def test_the_plan_tells_the_tree(tmp_path, capsys):
    config = config_of(MEMBERS)
    lines = design_lines(config, design_members(config))
    assert lines[0].startswith("members        12 (")
    assert lines[1:4] == [
        "logic tree     6 end branches x 2 members = 12",
        "  shape: narrow 0.7, wide 0.3",
        "  height: low 0.4, mid 0.5, high 0.1",
    ]
    alone = config_of({"logic_tree": TREE[:1]})
    assert [one.name for one in design_members(alone)] == ["narrow-m1", "wide-m1"]
    assert design_lines(alone, design_members(alone))[0] == "members        2 (one for each end branch)"


def test_rows_of_a_table_are_on_every_branch_and_the_table_that_is_written_gives_them_again(tmp_path):
    table = tmp_path / "rows.csv"
    table.write_text("name,weight,source.0.x\na,3,0\nb,1,500\n")
    members = design_members(config_of({"table": str(table), "logic_tree": TREE[:1]}))
    assert [(one.name, one.weight) for one in members] == [
        ("narrow-a", 3),
        ("narrow-b", 1),
        ("wide-a", 3),
        ("wide-b", 1),
    ]
    write_table(tmp_path / "again.csv", members)
    assert design_members(config_of({"table": str(tmp_path / "again.csv")})) == members
    with pytest.raises(InputError, match="has branches of its own; expected either, not both"):
        design_members(config_of({"table": str(tmp_path / "again.csv"), "logic_tree": TREE[:1]}))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "branch,branch_weight,a\nx,0.5,1\ny,0.4,2\n",
            "the weights of the branches add up to 0.9; expected 1",
        ),
        ("branch,branch_weight,a\nx,0.5,1\nx,0.4,2\n", "gives branch 'x' two weights"),
        (
            "branch,branch_weight,weight,a\nx,0.5,0,1\ny,0.5,1,2\n",
            "gives all members of branch 'x' the weight 0",
        ),
        ("branch,branch_weight,a\nx,0.5,1\n,0.5,2\n", "has members with and without a branch"),
        ("branch,branch_weight,a\n../x,1,1\n", "line 2: '../x' cannot be the name of a folder"),
        ("branch,branch_weight,a\nx,much,1\n", "line 2: branch_weight 'much' is not a number of at least 0"),
    ],
)
def test_a_wrong_table_of_branches_is_told_in_a_sentence(text, sentence, tmp_path):
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(InputError) as error:
        design_members(config_of({"table": str(tmp_path / "rows.csv")}))
    assert sentence in str(error.value) and "\n" not in str(error.value)


def changed(level: int, branch: int, **changes):
    tree = json.loads(json.dumps(TREE))
    tree[level]["branches"][branch] |= changes
    return {"members": MEMBERS | {"logic_tree": tree}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (changed(0, 0, weight=0.6), "members.logic_tree.0.branches: the weights add up to 0.9; expected 1"),
        (changed(0, 1, name="narrow"), "members.logic_tree.0.branches.1.name: 'narrow' is already the name"),
        (
            changed(0, 1, name="a/b"),
            "members.logic_tree.0.branches.1.name: 'a/b' cannot be the name of a folder",
        ),
        (changed(0, 1, weight=0), "members.logic_tree.0.branches.1.weight: 0 is"),
        (
            changed(0, 1, set={"source.0.x": 1}),
            "members.logic_tree.0: source.0.x already differs by members.vary",
        ),
        (
            changed(1, 0, set={"source.0.radius": 1}),
            "members.logic_tree.1: source.0.radius already differs by level 'shape'",
        ),
        (
            changed(1, 0, set={"source.0.height": 1}),
            "members.logic_tree.1.branches.0.vary.source.0.height: is set on this branch, too",
        ),
        (
            changed(0, 0, set={"scenario": "seismic"}),
            "members.logic_tree.0: scenario cannot differ between members",
        ),
        (
            {"members": MEMBERS | {"logic_tree": [TREE[0], TREE[0]]}},
            "members.logic_tree.1.name: 'shape' is already",
        ),
        (
            {"members": {"logic_tree": TREE}},
            "members.count: is missing; expected the number of members to draw",
        ),
        (
            {"members": {"logic_tree": TREE[:1], "count": 3}},
            "members.count: is that of draws, and nothing is drawn",
        ),
        (
            {
                "hazard": {
                    "thresholds": [1],
                    "rate_branches": [{"name": "a", "weight": 0.5, "annual_rate": 1}],
                }
            },
            "hazard.rate_branches: the weights add up to 0.5; expected 1",
        ),
        (
            {
                "hazard": {
                    "thresholds": [1],
                    "annual_rate": 1,
                    "rate_branches": [{"name": "a", "weight": 1, "annual_rate": 1}],
                }
            },
            "hazard.rate_branches: go without annual_rate and rates",
        ),
        (
            {"hazard": {"thresholds": [1], "fractiles": [0.5, 0.1]}},
            "hazard.fractiles: expected values that increase",
        ),
    ],
)
def test_a_wrong_tree_is_told_in_a_sentence(changes, sentence, tmp_path):
    with pytest.raises(InputError) as error:
        from_dict(ensemble(tmp_path, MEMBERS) | changes)
    assert sentence in str(error.value) and "\n" not in str(error.value)


def test_end_branches_of_one_name_are_refused():
    tree = [
        {"name": "1", "branches": [{"name": "a", "weight": 0.5}, {"name": "a-b", "weight": 0.5}]},
        {"name": "2", "branches": [{"name": "b-c", "weight": 0.5}, {"name": "c", "weight": 0.5}]},
    ]
    with pytest.raises(InputError, match="two end branches would be called 'a-b-c'"):
        design_members(config_of({"logic_tree": tree}))


# ------------------------------------------------------------------ hazard


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """An ensemble with a tree, its hazard, and the largest values at its stations by branch."""
    folder = tmp_path_factory.mktemp("tree")
    rates = [
        {"name": "often", "weight": 0.25, "annual_rate": 0.02},
        {"name": "seldom", "weight": 0.75, "annual_rate": 0.004},
    ]
    hazard = {name: value for name, value in HAZARD.items() if name != "annual_rate"} | {
        "rate_branches": rates
    }
    out = simulate(from_dict(ensemble(folder, MEMBERS, hazard=hazard)))
    data = xr.open_dataset(out / "hazard.nc")
    peaks, maps = {}, {}
    for branch in WEIGHTS:
        members = [out / "members" / f"{branch}-m{n}" for n in (1, 2)]
        peaks[branch] = [
            xr.open_dataset(path / "stations.nc", decode_times=False).eta.max("time").values
            for path in members
        ]
        maps[branch] = [
            xr.open_dataset(path / "maxima.nc", decode_times=False).eta_max.values for path in members
        ]
    yield out, data, peaks, maps
    data.close()


def weighted_fractile(values, weights, share):
    """The smallest value that at least a share of the weights does not exceed, by sorting."""
    order = np.argsort(values)
    reached = np.cumsum(np.array(weights)[order])
    return np.array(values)[order][np.flatnonzero(reached >= share * (1 - 1e-12))[0]]


def test_curves_are_means_and_fractiles_of_those_of_the_branches(one):
    _, hazard, peaks, _ = one
    assert list(hazard.branch.values) == list(WEIGHTS) and "hazard_curve_low" not in hazard
    assert np.allclose(hazard.branch_weight, list(WEIGHTS.values())) and list(
        hazard.member_branch.values
    ) == [n for n in range(6) for _ in (1, 2)]
    different = 0
    for s in range(2):
        for n, level in enumerate(hazard.level.values):
            each = [np.mean([peak[s] > level for peak in peaks[branch]]) for branch in WEIGHTS]
            weights = list(WEIGHTS.values())
            assert np.array_equal(hazard.hazard_curve_branch[:, n, s], each)
            assert float(hazard.hazard_curve[n, s]) == pytest.approx(np.dot(weights, each), abs=1e-14)
            found = hazard.hazard_curve_fractile[:, n, s].values
            direct = [weighted_fractile(each, weights, share) for share in FRACTILES]
            assert np.array_equal(found, direct)
            different += found[0] < found[2]
            rates = [rate * share for share in each for rate in (0.02, 0.004)]
            both = [one * other for one in weights for other in (0.25, 0.75)]
            assert np.allclose(hazard.hazard_curve_rate_branch[:, n, s], rates, rtol=1e-14)
            assert float(hazard.hazard_curve_rate[n, s]) == pytest.approx(np.dot(both, rates), abs=1e-14)
            direct = [weighted_fractile(rates, both, share) for share in FRACTILES]
            assert np.allclose(hazard.hazard_curve_rate_fractile[:, n, s], direct, rtol=1e-14)
    assert different > 20


def test_maps_are_means_and_fractiles_of_those_of_the_branches(one):
    _, hazard, _, maps = one
    weights = list(WEIGHTS.values())
    for t, threshold in enumerate(hazard.threshold.values):
        each = np.stack([np.mean([eta > threshold for eta in maps[branch]], axis=0) for branch in WEIGHTS])
        assert np.allclose(hazard.exceedance_probability[t], np.tensordot(weights, each, 1), atol=1e-6)
        assert np.allclose(hazard.exceedance_rate[t], 0.008 * np.tensordot(weights, each, 1), atol=1e-8)
        for f, share in enumerate(FRACTILES):
            direct = np.apply_along_axis(weighted_fractile, 0, each, weights, share)
            assert np.array_equal(hazard.exceedance_probability_fractile[f, t], direct.astype("f4"))
    for name, variable in hazard.variables.items():
        assert variable.attrs.get("long_name"), name
        assert variable.dtype.kind in "OUT" or variable.attrs.get("units"), name


def test_figures_and_tables_have_the_bands(one, tmp_path):
    out, hazard, _, _ = one
    assert [path.stem for path in plot(out, tmp_path, look=Look(only=("hazard_curves",)))] == [
        "hazard_curves"
    ]
    curves, _ = tables(out, tmp_path)
    row = list(csv.DictReader(curves.open()))[81 + 60]
    found = hazard.isel(station=1, level=60)
    assert float(row["probability_fractile_0.84"]) == pytest.approx(
        float(found.hazard_curve_fractile[2]), rel=1e-5
    )
    assert float(row["rate_branch_wide-high seldom [1/year]"]) == pytest.approx(
        float(found.hazard_curve_rate_branch[-1]), rel=1e-5
    )
    with Run.open(out) as run:
        single = run.maxima["exceedance_probability_fractile_0.84_0.3"]
        assert np.array_equal(
            single, hazard.exceedance_probability_fractile.sel(fractile=0.84, threshold=0.3)
        )
        assert single.attrs["long_name"].startswith("0.84 fractile over the branches of the probability that")
        assert single.attrs["long_name"].endswith("the threshold 0.3")


def test_a_branch_whose_members_fail_is_left_out_and_said(tmp_path):
    tree = [
        {
            "name": "step",
            "branches": [
                {"name": "good", "weight": 0.6},
                {"name": "bad", "weight": 0.4, "set": {"run.dt": 400}},
            ],
        }
    ]
    config = from_dict(ensemble(tmp_path, {"logic_tree": tree}, hazard=HAZARD))
    with pytest.raises(MembersFailed):
        simulate(config)
    told = json.loads((tmp_path / "out" / "run.json").read_text())
    assert "hazard: without the branches bad, of which no member counts" in told["warnings"]
    assert told["members"][1]["branch"] == "bad" and told["members"][1]["branch_weight"] == 0.4
    with xr.open_dataset(tmp_path / "out" / "hazard.nc") as hazard:
        assert "branch" not in hazard.dims and float(hazard.hazard_curve.max()) == 1


# ------------------------------------------------------------------ alternatives


def test_members_of_a_branch_share_its_weight_whatever_they_weigh_elsewhere():
    members = [
        Member("a", 3, {}, "x", 0.5),
        Member("b", 1, {}, "x", 0.5),
        Member("c", 7, {}, "y", 0.3),
        Member("d", 0, {}, "z", 0.2),
    ]
    found = branches_of(members)
    assert list(found.names) == ["x", "y"] and np.allclose(found.weights, [0.625, 0.375])
    assert np.array_equal(found.counts, [[0.75, 0.25, 0, 0], [0, 0, 1, 0]])
    assert np.allclose(found.mean_counts, [0.46875, 0.15625, 0.375, 0])
    more = found.with_rates({"often": (0.25, 2.0), "seldom": (0.75, 0.5)})
    assert list(more.names) == ["x often", "x seldom", "y often", "y seldom"]
    assert np.allclose(more.weights, [0.15625, 0.46875, 0.09375, 0.28125]) and more.counts[0, 0] == 1.5


def test_fractiles_of_many_branches_are_those_of_a_known_distribution():
    """Branches whose probabilities are evenly spread between 0 and 1: the fractile is the probability."""
    count = 2000
    spread = Alternatives([str(n) for n in range(count)], np.full(count, 1 / count), np.eye(1))
    values = np.random.default_rng(2).permutation((np.arange(count) + 0.5) / count)
    assert np.allclose(spread.fractiles(values, [0.05, 0.5, 0.95]), [0.05, 0.5, 0.95], atol=1 / count)


def test_the_command_says_what_is_wrong_with_a_tree(tmp_path, capsys):
    path = write(tmp_path / "e.yaml", ensemble(tmp_path, MEMBERS))
    assert main([str(path), "--check"]) == 0
    assert "  logic tree     6 end branches x 2 members = 12\n" in capsys.readouterr().out
    broken = write(tmp_path / "b.yaml", ensemble(tmp_path) | changed(0, 0, weight=0.6))
    assert main([str(broken)]) == 2
    assert "the weights add up to 0.9; expected 1" in capsys.readouterr().err
