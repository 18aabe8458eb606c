"""Does the page of an ensemble have the numbers of its files, and its members, also those that failed?"""

import json
import re

import numpy as np
import pytest
import xarray as xr
from support.ensembles import ensemble

from esim.analysis.ensemble.hazard_curves import curve, limits, steps
from esim.analysis.reading.run import Run
from esim.analysis.report.ensemble.curves import curves
from esim.analysis.report.ensemble.members import design, members
from esim.analysis.report.ensemble.stations import stations
from esim.analysis.report.ensemble.summary import summary
from esim.analysis.report.page import report
from esim.analysis.report.section import Choices, Fact
from esim.config import from_dict
from esim.drivers.run import simulate
from esim.errors import InputError

for package in ("matplotlib", "jinja2", "plotly"):
    pytest.importorskip(package, reason="a report needs the extra report")

TREE = [
    {
        "name": "shape",
        "branches": [
            {"name": "narrow", "weight": 0.75, "set": {"source.0.radius": 2000}},
            {"name": "wide", "weight": 0.25, "set": {"source.0.radius": 4000}},
        ],
    }
]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ensemble")
    made = ensemble(folder, hazard={"thresholds": [0.05, 0.2], "annual_rate": 0.01, "quantiles": [0.5]})
    return simulate(from_dict(made))


@pytest.fixture(scope="module")
def page(out):
    return report(out).read_text()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    members = {"count": 2, "seed": 1, "vary": {"source.0.x": {"normal": [0, 2000]}}, "logic_tree": TREE}
    made = ensemble(
        tmp_path_factory.mktemp("tree"),
        members,
        hazard={"thresholds": [0.05], "fractiles": [0.16, 0.5, 0.84]},
    )
    return simulate(from_dict(made))


def plots(text):
    found = re.findall(r'<script type="application/json">(.*?)</script>', text, re.S)
    return [json.loads(one) for one in found]


def titles(text):
    return re.findall(r"<h2[^>]*>(.*?)</h2>", text)


def test_the_page_has_a_section_for_all_that_members_tell(page):
    assert titles(page)[:7] == [
        "Summary", "Design", "Hazard curves", "Stations", "Probability maps", "Maps of arrival times",
        "Maps of quantiles and the worst case",
    ]  # fmt: skip
    assert "All 4 members were computed." in page
    assert "source.0.height</th>" in page and "uniform 0.5, 2</td>" in page
    for name in ("above 0.05", "above 0.2", "50 % quantile", "worst"):
        assert re.search(rf"<option value=.\d.>{name}</option>", page), name


def test_plotted_curves_are_those_of_the_file(page, out):
    with xr.open_dataset(out / "hazard.nc") as hazard:
        for n, drawn in enumerate(plots(page)):
            band, line = drawn["traces"]
            x, y = steps(hazard["level"].values, hazard["hazard_curve_rate"].values[:, n])
            there = [k for k, value in enumerate(line["y"]) if value is not None]
            assert np.allclose(np.array(line["x"])[there], x[y > 0], rtol=1e-4)
            assert np.allclose([line["y"][k] for k in there], y[y > 0], rtol=1e-4)
            assert band["name"] == "90 % interval" and band["filled"] and None not in band["y"]
            assert drawn["logarithmic"] and drawn["limits"] == pytest.approx(limits(hazard)[1])


def test_steps_hold_each_value_down_to_the_level_before_it():
    x, y = steps(np.array([1.0, 2.0, 4.0]), np.array([0.9, 0.5, 0.1]))
    assert x.tolist() == [1, 1, 2, 2, 4] and y.tolist() == [0.9, 0.5, 0.5, 0.1, 0.1]


def test_thresholds_are_exceeded_by_the_weight_of_members(out):
    with Run.open(out) as run:
        (section,) = stations(run)
        peaks = run.hazard["station_eta_max"].values
    rows = section.data["tables"][0].rows
    for n, row in enumerate(rows):
        for text, threshold in zip(row[1:], (0.05, 0.2), strict=True):
            assert float(text.split()[0]) == pytest.approx(100 * (peaks[:, n] > threshold).mean(), abs=0.6)
    worst = section.data["tables"][3].rows[0]
    assert float(worst[1]) == pytest.approx(peaks[:, 0].max(), rel=6e-3)


def test_members_that_failed_are_named_with_their_sentence(out):
    with Run.open(out) as run:
        failed = run.record["members"][1] | {"state": "failed", "error": "the depth is wrong"}
        run.record["members"][1] = failed
        (first,), (last,) = summary(run), members(run)
    assert first.data["text"].startswith("3 of 4 members were computed; statistics are those of these.")
    assert Fact("Failed", "1") in first.data["facts"]
    table, everyone = last.data["tables"]
    assert table.rows == [(failed["name"], "the depth is wrong")] and len(everyone.rows) == 4


def test_branches_have_bands_curves_and_weights(tree):
    with Run.open(tree) as run:
        (drawn,), (told,) = curves(run), design(run)
    names = [trace.name for trace in drawn.data["plots"][0].traces]
    assert names == ["16 to 84 % of branches", "narrow", "wide", "median of branches", "mean"]
    assert told.data["tables"][-1].rows == [("narrow", "0.75", "2"), ("wide", "0.25", "2")]
    with xr.open_dataset(tree / "hazard.nc") as hazard:
        found = curve(hazard, 0)
        assert np.nanmax(found.branches["wide"]) == hazard["hazard_curve_branch"].values[1, :, 0].max()
        mean = 0.75 * np.nan_to_num(found.branches["narrow"]) + 0.25 * np.nan_to_num(found.branches["wide"])
        assert np.nan_to_num(found.values) == pytest.approx(mean)


def test_places_have_no_meaning(out, tmp_path):
    with pytest.raises(InputError, match="--places has no meaning for an ensemble"):
        report(out, tmp_path / "r.html", Choices(places=tmp_path))
