"""A wave from one place to another is that the other way round, on an Earth that turns the other way."""

import json

import numpy as np
import pytest
from support.twins import BASE, write_twin

from esim.config.forecast.load import load_base, load_twin
from esim.errors import InputError
from esim.forecast.reciprocity import Hump, hump_radius, left_out, respond
from esim.validation.studies.reciprocity import difference, far_records

DURATION = 5400.0


@pytest.fixture
def base(tmp_path):
    return load_base(load_twin(write_twin(tmp_path)))


@pytest.fixture
def humps(base):
    radius = hump_radius(base.grid.build(), 38.0, 2.0)
    return Hump("south", 143.5, 35.8, radius), Hump("north", 146.2, 40.4, radius)


def test_the_wave_comes_back_where_the_earth_turns_the_other_way(base, humps, tmp_path):
    turned, same = (
        difference(*far_records(base, *humps, DURATION, tmp_path / str(way), way, 60.0))
        for way in (True, False)
    )
    assert turned < 0.005 and same > 5 * turned


def test_between_walls_without_rotation_it_comes_back_as_it_went(humps, tmp_path):
    closed = BASE["grid"] | {"boundary": "wall"}
    base = load_base(load_twin(write_twin(tmp_path, {"grid": closed, "physics": {"coriolis": False}})))
    assert (
        difference(*far_records(base, *humps, DURATION, tmp_path, True, 60.0)) < 1e-6
    )  # smaller waves are taken for rest


def test_the_record_of_a_run_says_which_way_the_earth_turned(base, humps, tmp_path):
    found = respond(base, humps[0], np.ones((1, 4, 4)), (10, 14, 10, 14), 120.0, 250.0, tmp_path / "run")
    assert found.times.tolist() == [0.0, 120.0, 240.0, 360.0] and found.surface.shape == (4, 1)
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    physics = record["configuration"]["physics"]
    assert physics["coriolis"] and physics["coriolis_reversed"] and physics["manning"] == 0
    assert record["dt"] <= 120.0 and (120.0 / record["dt"]) == pytest.approx(round(120.0 / record["dt"]))


def test_the_mean_over_a_hump_at_time_zero_is_that_of_the_field(base, humps, tmp_path):
    grid = base.grid.build()
    everywhere = np.full((1, *grid.shape), 2.5)
    found = respond(base, humps[0], everywhere, (0, grid.ny, 0, grid.nx), 120.0, 120.0, tmp_path)
    assert found.surface[0, 0] == pytest.approx(2.5)


def test_what_linear_waves_do_not_have_is_said(tmp_path):
    nest = {"name": "fine", "west": 143, "east": 145, "south": 36, "north": 38, "ratio": 2}
    grid = BASE["grid"] | {"nests": [nest]}
    assert list(left_out(load_base(load_twin(write_twin(tmp_path, {"grid": grid}))))) == ["friction", "nests"]


def test_a_grid_without_absorbing_sides_is_refused(humps, tmp_path):
    grid = BASE["grid"] | {"open_cells": 0}
    base = load_base(load_twin(write_twin(tmp_path, {"grid": grid})))
    with pytest.raises(InputError, match="base: its grid cannot have linear waves: .*grid.open_cells"):
        respond(base, humps[0], np.ones((1, 4, 4)), (10, 14, 10, 14), 120.0, 120.0, tmp_path / "run")
