"""What the YAML file of a forecast may say, and the sentence that answers what it may not."""

import pytest
from support.twins import write_twin

from esim.config import load, schema
from esim.config.forecast.load import load_base, load_twin
from esim.errors import InputError


def test_a_forecast_is_read_with_units_and_defaults(tmp_path):
    twin = load_twin(write_twin(tmp_path))
    assert twin.noise.floor == 0.02 and twin.prior.magnitude_cap is None
    assert [one.name for one in twin.all_sensors] == ["near", "north", "east"]
    assert twin.all_sensors[0].kind == "pressure" and twin.all_sensors[0].moves_with_bed
    assert twin.all_sensors[0].hump == twin.all_targets[0].hump == 2.0  # cells
    assert load_base(twin).grid.cells == (40, 36)


def test_sensors_and_targets_come_from_files_as_well(tmp_path):
    (tmp_path / "gauges.csv").write_text("name,lon,lat,kind\na,145,38,pressure\nb,146,38,surface\n")
    (tmp_path / "towns.csv").write_text("name,lon,lat\nc,141,38\n")
    towns = [{"file": "towns.csv"}, {"relative": 0.4, "list": [{"name": "d", "lon": 142, "lat": 38}]}]
    path = write_twin(tmp_path, sensors=[{"file": "gauges.csv", "after": "5 min"}], targets=towns)
    twin = load_twin(path)
    assert [(one.kind, one.after) for one in twin.all_sensors] == [("pressure", 300.0), ("surface", 300.0)]
    assert [(one.name, one.relative) for one in twin.all_targets] == [("c", None), ("d", 0.4)]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"prior": {"spred": 3}}, "prior.spred: unknown key, did you mean 'spread'?"),
        ({"prior": {"spread": "3 s"}}, "prior.spread: "),
        ({"noise": {"floor": 0}}, "noise.floor: 0 is too small; expected more than 0"),
        ({"unknowns": {"fault": "none.csv"}}, "unknowns.fault: there is no file"),
        ({"unknowns": {"windows": 80}}, "unknowns.windows: slip of 4800 s is longer than sampling.duration, 2400 s"),
        ({"sampling": {"observed": "2 h"}}, "sampling.observed: 7200 s is longer than duration, 2400 s"),
        ({"sampling": {"every": "1 h"}}, "sampling.every: 3600 s is longer than the 1800 s"),
        ({"sensors": []}, "sensors: must not be empty"),
        ({"targets": [{"name": "north", "lon": 145, "lat": 36}]}, "targets: 'north' is the name of a sensor and of"),
        (
            {"sensors": [{"name": "a", "lon": 145, "lat": 36}, {"name": "a", "lon": 146, "lat": 36}]},
            "sensors.1.name: 'a' is already the name of",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(changes, sentence, tmp_path):
    with pytest.raises(InputError) as error:
        load_twin(write_twin(tmp_path, **changes))
    assert sentence in str(error.value)


def test_the_base_is_a_tsunami(tmp_path):
    path = write_twin(tmp_path)
    (tmp_path / "base.yaml").write_text("scenario: seismics\n")
    with pytest.raises(InputError, match="'seismics' is not a choice here"):
        load_base(load_twin(path))


def test_a_run_of_a_forecast_is_told_how_it_is_built(tmp_path):
    with pytest.raises(InputError) as error:
        load(write_twin(tmp_path))
    assert str(error.value).endswith(
        "twin.yaml:3:1: is the configuration of a forecast; build its library with `esim forecast build`"
    )


def test_the_schema_takes_a_forecast_and_what_is_misspelt_in_none(tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    tree = {
        "base": "base.yaml",
        "unknowns": {"fault": "fault.csv"},
        "prior": {"spread": "3 m", "correlation": "60 km"},
        "noise": {"floor": "2 cm", "correlation": "1 min"},
        "sensors": [{"name": "a", "lon": 143, "lat": 38}],
        "targets": [{"name": "b", "lon": 145, "lat": 36}],
        "sampling": {"observed": "1 h", "duration": "2 h"},
        "output": {"directory": "out"},
    }
    check = jsonschema.Draft202012Validator(schema())
    assert check.is_valid(tree)
    assert not check.is_valid(tree | {"priors": {}})
    assert not check.is_valid(tree | {"unknowns": {"kind": "uplift"}})
