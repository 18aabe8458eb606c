"""Are ruptures as large as the published relations say, and settings told apart?"""

import pytest

from esim.sources.scaling import RELATIONS, likely_setting


@pytest.mark.parametrize(
    ("setting", "magnitude", "length", "width"),
    [
        ("interface", 9.0, 684.0, 260.0),  # km, by hand from the tables
        ("intraslab", 7.0, 38.4, 27.2),
        ("reverse", 7.0, 40.3, 23.8),
        ("normal", 7.0, 47.1, 27.0),
        ("strike-slip", 7.0, 66.7, 19.2),
    ],
)
def test_dimensions_are_those_of_the_tables(setting, magnitude: float, length: float, width: float) -> None:
    found = RELATIONS[setting].dimensions(magnitude)
    assert found == (pytest.approx(1e3 * length, rel=5e-3), pytest.approx(1e3 * width, rel=5e-3))
    assert RELATIONS[setting].holds(magnitude) and not RELATIONS[setting].holds(4.0)


@pytest.mark.parametrize(
    ("depth", "dip", "rake", "setting"),
    [
        (30e3, 18, 100, "interface"),
        (30e3, 18, -260, "interface"),  # the same rake
        (15e3, 50, 90, "reverse"),
        (20e3, 40, -90, "normal"),
        (20e3, 40, 270, "normal"),
        (10e3, 85, 175, "strike-slip"),
        (10e3, 85, -10, "strike-slip"),
        (120e3, 30, 90, "intraslab"),
    ],
)
def test_the_setting_follows_from_the_mechanism(depth: float, dip: float, rake: float, setting: str) -> None:
    assert likely_setting(depth, dip, rake)[0] == setting
