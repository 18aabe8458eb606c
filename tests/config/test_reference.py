"""Is every key described, and is each of its examples one that the configuration takes?"""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from esim.config import schema
from esim.config.annotations import whole
from esim.config.examples import ALSO, EXAMPLES
from esim.config.reference import Key, all_keys, describe, find
from esim.errors import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all files that examples name."""
    folder = tmp_path_factory.mktemp("examples")
    for key in all_keys():
        for example in key.examples if "file" in key.type else ():
            (folder / example).parent.mkdir(exist_ok=True, parents=True)
            (folder / example).touch()
    return folder


def test_every_key_has_a_type_a_description_and_an_example_that_is_accepted(folder: Path) -> None:
    for key in all_keys():
        assert key.type and key.description and key.examples, key.path
        if key.field is not None:
            TypeAdapter(whole(key.info)).validate_python(key.examples[0], context={"directory": folder})


@pytest.mark.long
def test_the_example_as_yaml_holds_the_value_where_its_path_says() -> None:
    yaml = YAML(typ="safe", pure=True)
    for key in all_keys():
        found: Any = yaml.load(key.example)
        for step in key.way[1:]:
            if not step.is_kind:
                found = found[step.word]
            if isinstance(found, list) and key.way[-1] is not step:
                (found,) = found
        if key.way[-1].is_kind and isinstance(found, list):
            (found,) = found
        expected = key.examples[0]
        assert found == expected or {k: found[k] for k in expected} == expected, key.path


def test_all_of_the_tables_is_used() -> None:
    paths = [f".{key.scenario}.{key.path}" for key in all_keys()]
    for end in (*EXAMPLES, *ALSO):
        assert any(path.endswith(f".{end}") for path in paths), end


def test_a_key_is_told_as_its_model_has_it() -> None:
    slip = describe("source.okada.faults.slip")
    assert (slip.type, slip.unit, slip.default) == ("length", "m", "required")
    assert slip.bounds == "at least -1000, at most 1000"
    assert slip.example.splitlines() == ["source:", "  - kind: okada", "    faults:", "      - {slip: 5 m}"]
    cfl = describe("tsunami.run.cfl")
    assert (cfl.type, cfl.unit, cfl.default, cfl.bounds) == (
        "number or null",
        "",
        "null",
        "more than 0, at most 1.47",
    )
    assert describe("bathymetry").kinds == ("file", "flat", "slope", "bowl")
    assert "blend" in [key.name for key in describe("bathymetry.file").children]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("grid.spacing", ["grid.lonlat.spacing", "grid.cartesian.spacing", "grid.spacing"]),
        ("seismic.grid.spacing", ["grid.spacing"]),
        ("source.0.okada.kajiura", ["source.okada.kajiura"]),
        ("unknowns.window", ["unknowns.slip.window", "unknowns.uplift.window"]),
        ("forecast.prior.magnitude_cap", ["prior.magnitude_cap"]),
        ("stations.snap", ["stations.station.snap", "stations.file.snap", "stations.list.snap"]),
    ],
)
def test_kinds_scenario_and_numbers_may_be_left_out(path: str, found: list[str]) -> None:
    assert [key.path for key in find(path)] == found


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("source.okda", "did you mean 'source.okada'?"),
        ("snap", "did you mean 'stations.station.snap' or"),
        ("", "the sections are 'scenario', 'title'"),
        ("gri(d", "did you mean 'grid'?"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(path: str, hint: str) -> None:
    with pytest.raises(InputError) as error:
        describe(path)
    assert hint in str(error.value)


def test_the_schema_has_the_same_examples() -> None:
    fault = schema()["$defs"]["FaultConfig"]["properties"]
    assert fault["slip"]["examples"] == ["5 m"] == list(_only("source.okada.faults.slip").examples)


def _only(path: str) -> Key:
    (key,) = find(path)
    return key
