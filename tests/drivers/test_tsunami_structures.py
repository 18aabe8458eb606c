"""Whole runs with structures: ranks, restarts, the plan, warnings, and what cannot be."""

import pytest
from support.scenes import checked, compute, configured, cut_off, differing
from support.walls import scene

from esim.drivers.run import driver_of
from esim.errors import InputError


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return compute(scene(tmp_path_factory.mktemp("whole")))


def test_a_run_with_structures_differs_from_one_without(whole, tmp_path):
    assert "fields.eta" in differing(compute(scene(tmp_path, structures=[])), whole)


@pytest.mark.long
def test_ranks_write_the_same(whole, tmp_path):
    assert differing(compute(scene(tmp_path), 2), whole) == []


def test_a_run_that_was_cut_off_resumes_bit_for_bit(whole, tmp_path):
    made = scene(tmp_path)
    steps = [step for step in whole["fields.step"] if step > 0]
    cut_off(made, int(steps[1]) - 2, 2)
    assert differing(compute(made, resume=True), whole) == []


@pytest.mark.long
def test_a_nested_run_resumes_bit_for_bit(tmp_path):
    """On ground that an earthquake moves, across a wall."""
    found = []
    for name in ("whole", "cut"):
        made = scene(tmp_path / name)
        made["grid"]["nests"] = [{"x": [-24e3, 20e3], "y": [-28e3, 24e3], "ratio": 2}]
        if name == "cut":
            steps = [step for step in found[0]["fields.step"] if step > 0]
            cut_off(made, int(steps[1]) - 2, 2)
        found.append(compute(made, resume=name == "cut"))
    assert differing(*found) == []


def test_the_plan_tells_faces_and_crests(tmp_path):
    setup = checked(configured(scene(tmp_path)))
    lines = [line for line in driver_of(setup.config).describe(setup) if line.startswith("structures")]
    assert lines == ["structures     on 39 cell faces of root, crests 1.5 to 62 m above the still water"]


@pytest.mark.parametrize(
    ("structure", "words"),
    [
        (
            {"name": "deep", "points": [[0, 0], [9e3, 9e3]], "crest": -500},
            "structures.0: 'deep': below the ground everywhere, with a crest of at most -500 m above the still water",
        ),
        (
            {"points": [[100, 100], [120, 130]], "crest": 5},
            "structures.0: 'structure1': shorter than a cell, between no two centres",
        ),
        (
            {"points": [[-40e3, -20e3], [40e3, 20e3]], "crest": -50},
            "structures.0: 'structure1': below the ground at ",
        ),
    ],
)
def test_lines_that_do_nothing_are_told(structure, words, tmp_path):
    setup = checked(configured(scene(tmp_path, structures=[structure])))
    assert any(words in text for text in setup.warnings.texts)


@pytest.mark.parametrize(
    ("structure", "words"),
    [
        ({"points": [[0, 0]], "crest": 5}, "structures.0.points: is a single point; a structure is a line"),
        (
            {"points": [[0, 0], [9e3, 0]]},
            "structures.0: needs crest, height or crest_from; it has none of them",
        ),
        (
            {"points": [[0, 0], [9e3, 0]], "crest": 5, "height": 2},
            "needs crest, height or crest_from; it has crest and height",
        ),
        ({"crest": 5}, "structures.0: needs points or file; it has none of them"),
        ({"points": [[0, 0], [9e3, 0]], "crest_from": "top"}, "structures.0.crest_from: needs a file"),
        ({"points": [[0, 0], [9e3, 0]], "height": 0}, "structures.0.height: 0 is too small"),
        (
            {"points": [[90e3, 0], [99e3, 0]], "crest": 5},
            "structures.0.points: 'structure1' lies outside the grid, which spans x -50000..50000, y -48000..48000",
        ),
        (
            {"file": "lines.geojson", "crest_from": "tip"},
            "feature 1 has no property 'tip', did you mean 'top'?",
        ),
        ({"file": "a.csv", "crest": 3}, "line 1 is a single point"),
        ({"file": "b.csv", "crest_from": "z"}, "there is no column 'z'"),
    ],
)
def test_bad_lines_are_one_sentence(structure, words, tmp_path):
    made = scene(tmp_path)
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("x,y,crest\n1,2,3\n1000,2,3\n")
    if "file" in structure:
        structure = structure | {"file": str(tmp_path / structure["file"])}
    with pytest.raises(InputError) as error:
        checked(configured(made | {"structures": [structure]}))
    assert words in str(error.value) and len(str(error.value).splitlines()) == 1
