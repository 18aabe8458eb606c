"""Is slip scaled to a magnitude, and what is the same in the members of an ensemble computed once?"""

import numpy as np
import pytest
from support.ensembles import ensemble

from esim.config import from_dict
from esim.config.ocean.source import OkadaConfig
from esim.drivers.run import simulate
from esim.ensemble.member import member_config
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.io.remembered import Remembered
from esim.sources.ocean import seafloor
from esim.sources.ocean.build import build
from esim.sources.scaling import moment_of

FAULT = {
    "x": 0,
    "y": 0,
    "depth": 1e3,
    "length": 8e3,
    "width": 5e3,
    "strike": 10,
    "dip": 30,
    "rake": 80,
    "slip": 2,
    "rise_time": 20,
}
GRID = Grid("cartesian", -2e4, -2e4, 2e3, 2e3, 20, 20, ("open",) * 4)


def okada(**more):
    fault = FAULT | {"slip": more.pop("slip", 2)}
    return build(
        OkadaConfig.model_validate({"kind": "okada", "faults": [fault, fault | {"x": 5e3}]} | more), False
    )


def test_all_slip_is_scaled_to_the_magnitude():
    plain, scaled = okada(), okada(magnitude=7)
    assert scaled.moment == pytest.approx(moment_of(7), rel=1e-12) and scaled.magnitude == pytest.approx(7)
    factor = moment_of(7) / plain.moment
    assert np.allclose(scaled.fault.slip, factor * plain.fault.slip, rtol=1e-12)
    same = okada(slip=2 * factor)
    found, expected = (one.displacement(GRID.x(), GRID.y(), False) for one in (scaled, same))
    assert np.abs(expected).max() > 0.1 and np.allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_the_region_is_one_for_faults_of_about_the_same_magnitude_and_wide_enough():
    wide = Grid("cartesian", -2e6, -2e6, 2e4, 2e4, 200, 200, ("open",) * 4)
    small, large = okada(magnitude=6.6).region(wide), okada(magnitude=6.9).region(wide)
    exact = okada(slip=2 * moment_of(6.9) / okada().moment).region(wide)
    assert small == large != (0, 200, 0, 200)
    assert large[0] <= exact[0] and large[1] >= exact[1] and large[2] <= exact[2] and large[3] >= exact[3]


def test_a_fault_without_slip_cannot_be_scaled():
    opening = {"kind": "okada", "faults": [FAULT | {"slip": 0, "opening": 1}], "magnitude": 7}
    with pytest.raises(InputError, match="source okada: has no slip that could be scaled to Mw 7"):
        build(OkadaConfig.model_validate(opening), False)


def test_the_uplift_of_members_that_differ_in_magnitude_is_computed_once(tmp_path, monkeypatch):
    counted, inner = [], seafloor.uplift

    def uplift(*given):
        counted.append(given)
        return inner(*given)

    monkeypatch.setattr(seafloor, "uplift", uplift)
    vary = {"source.0.magnitude": {"uniform": [6.6, 6.9]}, "physics.manning": {"uniform": [0.01, 0.05]}}
    source = {"kind": "okada", "faults": [FAULT], "kajiura": True, "horizontal_on_slope": True}
    made = ensemble(tmp_path, {"count": 4, "vary": vary}, set={"source": [source]}, hazard=None)
    config = from_dict(made)
    out = simulate(config)
    assert len(counted) == 1
    import xarray as xr

    from esim.ensemble.design import design_members

    for member in design_members(config.members):
        alone = member_config(config, config.document(), member)
        here = alone.output.model_copy(update={"directory": tmp_path / "alone" / member.name})
        simulate(alone.model_copy(update={"output": here}))
        with (
            xr.open_dataset(out / "members" / member.name / "maxima.nc") as one,
            xr.open_dataset(tmp_path / "alone" / member.name / "maxima.nc") as other,
        ):
            assert one.drop_attrs().equals(other.drop_attrs()) and float(one.uplift.max()) > 0.1
    assert len(counted) == 5


def test_no_more_is_remembered_than_there_is_room_for():
    memory, made = Remembered(), []

    def of(number: int, size: int = 100) -> np.ndarray:
        return memory.of(("array", number), lambda: made.append(number) or np.full(size, float(number)))

    of(1), of(1)
    assert made == [1, 1]  # no room
    with memory.within(2000):
        assert all(of(1)[0] == 1 for _ in range(3)) and made == [1, 1, 1]
        of(2), of(3), of(1)
        assert made == [1, 1, 1, 2, 3, 1]  # two arrays of 800 bytes
        of(4, 1000), of(4, 1000)
        assert made[-2:] == [4, 4] and of(1)[0] == 1 and made[-1] == 4  # too large to be kept
    of(1)
    assert made[-1] == 1
