"""Do coupled runs come near to what is known? The comparison of methods, and its smallest runs."""

from pathlib import Path

import numpy as np
import pytest

from esim.config import load
from esim.errors import InputError
from esim.validation.cases.coupled import four_methods

TIMES = np.arange(0.0, 3600.0, 5.0)


def bell(height: float, when: float) -> np.ndarray:
    return height * np.exp(-(((TIMES - when) / 200) ** 2))


def test_crests_are_compared_by_height_delay_and_difference() -> None:
    crest, delay, difference = four_methods.compare(TIMES, bell(1.02, 1520), bell(1.0, 1500))
    assert crest == pytest.approx(0.02, abs=1e-6) and delay == 20.0
    later = TIMES >= four_methods.PASSED
    expected = np.sqrt(np.mean((bell(1.02, 1520) - bell(1.0, 1500))[later] ** 2))
    assert difference == pytest.approx(expected, rel=1e-9)


def test_what_comes_before_the_seismic_waves_have_passed_does_not_count() -> None:
    shaken = bell(1.0, 1500) + np.where(TIMES < 200, 3.0, 0.0)
    assert four_methods.compare(TIMES, shaken, bell(1.0, 1500)) == (0.0, 0.0, 0.0)


def test_a_gauge_without_a_crest_is_said() -> None:
    with pytest.raises(InputError, match="a gauge has no crest; expected a longer run"):
        four_methods.compare(TIMES, 0 * TIMES, bell(1.0, 1500))


def test_each_run_has_its_method(tmp_path: Path) -> None:
    found = four_methods.configure(tmp_path, quick=False)
    assert {name: config.coupling.method for name, config in found.items()} == {
        name: name for name in four_methods.METHODS
    }
    assert list(four_methods.configure(tmp_path, quick=True)) == list(four_methods.QUICK_METHODS)


def test_the_plane_of_the_margin_is_one_for_crust_and_ocean() -> None:
    """Both grids measure their plane from their own middle: it must come to the same shore and slope."""
    config = load(four_methods.SCENARIO)
    crust, ocean = config.crust, config.ocean
    assert crust.topography.slope == ocean.bathymetry.slope
    shores = [
        sum(grid.x) / 2 - bed.depth / bed.slope
        for grid, bed in ((crust.grid, crust.topography), (ocean.grid, ocean.bathymetry))
    ]
    assert shores == pytest.approx([-100e3, -100e3])


@pytest.mark.thorough
def test_the_moving_bed_makes_the_tsunami_of_the_fault_in_a_half_space(tmp_path: Path) -> None:
    bounds = four_methods.judge(four_methods.CASE.run(tmp_path, quick=True))
    assert [bound.quantity for bound in bounds if not bound.passed] == []
    assert sum(bound.limit is not None for bound in bounds) == 8
