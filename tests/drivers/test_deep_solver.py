"""Runs with the deep solver: resumed with the same bits, and told what it does not do."""

import pytest
from support.scenes import checked, compute, configured, cut_off, differing, japan

from esim.drivers.tsunami import Tsunami
from esim.errors import InputError
from esim.validation.cases.ocean import flow


def scene(directory, **changes):
    """Honshu on the deep solver, with a nest of the usual one."""
    made = japan(directory, backend="numpy")
    nest = {"name": "coast", "west": 141, "east": 144, "south": 37, "north": 40, "ratio": 2}
    made["grid"] |= {"solver": "deep", "nests": [nest]}
    for key, value in changes.items():
        made[key] = made.get(key, {}) | value if isinstance(value, dict) else value
    return made


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1)])
@pytest.mark.long
def test_a_killed_run_goes_on_with_the_same_bits(before, after, tmp_path):
    whole = compute(scene(tmp_path / "whole"))
    parts = scene(tmp_path / "parts")
    cut_off(parts, 12, before)
    assert differing(compute(parts, after, resume=True), whole) == []


def test_steps_are_longer_and_the_plan_names_the_solver(tmp_path):
    deep = checked(configured(scene(tmp_path)))
    usual = checked(configured(japan(tmp_path)))
    assert deep.dt > 2.5 * usual.dt
    lines = Tsunami().describe(deep)
    assert (
        sum(line.startswith("solver         deep: linear waves, with the coast as a wall") for line in lines)
        == 1
    )
    assert deep.levels[1].dt * deep.levels[1].substeps == pytest.approx(deep.dt)
    assert deep.levels[1].dt < usual.dt


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"run": {"adaptive": True}},
            "run.adaptive: steps of the deep solver depend on the water at rest alone",
        ),
        ({"run": {"cfl": 1.9}}, "run.cfl: 1.9 is too large; expected at most 1.47"),
        (
            {"physics": {"tracer": {"initial": [{"lon": 145, "lat": 40, "radius": "50 km"}]}}},
            "physics.tracer: ",
        ),
        (
            {"water": {"dry": [[[140, 35], [141, 35], [141, 36]]]}},
            "water: the deep solver knows water at rest at sea level alone",
        ),
    ],
)
def test_what_it_has_not_is_refused(changes, sentence, tmp_path):
    with pytest.raises(InputError) as error:
        configured(scene(tmp_path, **changes))
    assert sentence in str(error.value)


def test_what_does_not_act_is_said(tmp_path):
    line = {"points": [[145, 38], [146, 39]], "crest": 3}
    setup = checked(configured(scene(tmp_path, structures=[line], output={"runup": {}})))
    texts = "\n".join(setup.warnings.texts)
    assert "structures: none acts on a grid with the deep solver outside its nests" in texts
    assert "output.runup: nothing runs up on a grid with the deep solver outside its nests" in texts


@pytest.mark.parametrize(("surface", "fits"), [(0.5, True), (900.0, False), (-900.0, False)])
def test_a_state_keeps_to_the_coast_at_rest(surface, fits, tmp_path):
    grid = flow.square(6e3, 12) | {"solver": "deep"}  # land in the west, to 5500 m
    water = flow.Water(lambda x, y: surface)
    config = flow.configure(
        tmp_path, grid, lambda x, y: -x, water, times=[60.0], run={"adaptive": False, "backend": "numpy"}
    )
    if fits:
        assert checked(config).dt > 0
        return
    with pytest.raises(InputError, match="initial.nc has water on land, or none at sea, in [0-9]+ cells"):
        checked(config)
