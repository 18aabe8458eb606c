"""Does `esim explain` say what a key means, and help where there is none of that name?"""

import re

import pytest

from esim.cli.main import main

Captured = pytest.CaptureFixture[str]


def said(captured: Captured, *arguments: str) -> str:
    assert main(["explain", *arguments]) == 0
    return captured.readouterr().out


def test_without_a_key_the_sections_are_listed(capsys: Captured) -> None:
    lines = said(capsys).splitlines()
    assert [line.split()[0] for line in lines if line.startswith(("grid", "levees", "medium"))] == [
        "grid",
        "levees",
        "medium",
    ]
    assert any(re.match("grid +tsunami, seismic +The grid: lonlat or cartesian.", line) for line in lines)


def test_a_key_is_told_with_type_unit_default_bounds_and_example(capsys: Captured) -> None:
    out = said(capsys, "tsunami.source.okada.time_step")
    assert "type     time\n" in out and "unit     s, or with the unit: ms, min, h, d\n" in out
    assert "default  10.0 s\n" in out and "bounds   more than 0, at most 3.2e+07\n" in out
    assert out.endswith("example\n    source:\n      - {kind: okada, time_step: 5 s}\n")


def test_a_section_lists_its_keys_or_its_kinds(capsys: Captured) -> None:
    assert "  faults               none, it must be given  The faults." in said(capsys, "source.okada")
    assert re.search("^  okada +Rectangular faults", said(capsys, "tsunami.source"), re.MULTILINE)


def test_what_is_the_same_in_several_places_is_told_once(capsys: Captured) -> None:
    out = said(capsys, "grid.boundary")
    assert out.count("example") == 2  # of the tsunami, whatever the grid, and of seismic waves
    assert "grid.lonlat.boundary (tsunami), grid.cartesian.boundary (tsunami)" in out


def test_a_misspelt_key_is_answered_with_the_nearest(capsys: Captured) -> None:
    assert main(["explain", "source.okda"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err == "esim explain: there is no key 'source.okda', did you mean 'source.okada'?\n"
