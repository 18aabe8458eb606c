"""Has random slip the moment, the size and the spectrum that it should have?"""

import numpy as np
import pytest
from support.ensembles import ensemble

from esim.config import from_dict
from esim.config.ensemble.distribution import DistributionConfig
from esim.config.ocean.source import RandomSlipConfig
from esim.drivers.run import simulate
from esim.ensemble.draws import inverse
from esim.errors import InputError
from esim.grids.grid import Grid
from esim.sources.ocean.build import build
from esim.sources.ocean.random_slip import random_fault
from esim.sources.random_slip import slip_of_moment, von_karman
from esim.sources.scaling import INTERFACE, moment_of

FAULT = {
    "kind": "random_slip",
    "x": 0,
    "y": 0,
    "depth": 5e3,
    "strike": 30,
    "dip": 15,
    "rake": 90,
    "magnitude": 8.5,
}


def fault(**more):
    return random_fault(RandomSlipConfig.model_validate(FAULT | more))


def test_the_moment_is_that_of_the_magnitude_and_the_seed_decides():
    one, again, other = fault(seed=3), fault(seed=3), fault(seed=4)
    assert one.moment() == pytest.approx(moment_of(8.5), rel=1e-12)
    assert np.array_equal(one.slip, again.slip) and not np.allclose(one.slip, other.slip)
    assert one.slip.min() > 0 and 0.2 < one.slip.std() / one.slip.mean() < 1.5
    assert np.ptp(fault(variation=0).slip) < 1e-12 * one.slip.mean()


@pytest.mark.parametrize(
    ("scaling", "length", "width"),  # km of Mw 8.5, by hand from the tables
    [("thingbaijam2017", 349.9, 170.2), ("strasser2010", 313.3, 126.3), ("blaser2010", 298.5, 112.2)],
)
def test_the_size_follows_from_the_magnitude(scaling, length, width):
    found = fault(scaling=scaling, subfault=5e3)
    columns = np.unique(found.along).size
    assert found.length[0] * columns == pytest.approx(1e3 * length, rel=2e-3)
    assert found.width[0] * np.unique(found.down).size == pytest.approx(1e3 * width, rel=2e-3)
    longer = fault(scaling=scaling, subfault=5e3, length_deviation=1)
    ratio = longer.length[0] * np.unique(longer.along).size / (1e3 * length)
    assert ratio == pytest.approx(10 ** INTERFACE[scaling].spread[0], rel=2e-3)
    assert fault(length=1e5, width=5e4).slip.size == 5 * 2


def test_the_field_has_the_spectrum_and_the_deviation_of_its_kind():
    """Of many fields: mean 0, deviation 1, and the correlation of von Karman, K_H(r) r^H."""
    from scipy.special import gamma, kv

    fields = np.array([von_karman((32, 64), (1e3, 1e3), (8e3, 16e3), 0.75, seed) for seed in range(400)])
    assert abs(fields.mean()) < 0.06 and fields.std() == pytest.approx(1, abs=0.06)
    for (down, along), r in (((8, 0), 1.0), ((0, 16), 1.0), ((0, 32), 2.0)):
        one, other = fields[:, : 32 - down, : 64 - along], fields[:, down:, along:]
        expected = 2 ** (1 - 0.75) / gamma(0.75) * r**0.75 * kv(0.75, r)
        assert np.mean(one * other) == pytest.approx(expected, abs=0.07)


def test_slip_has_the_variation_that_is_asked_for_and_sums_up():
    slips = [slip_of_moment(1e9, (20, 40), (1e3, 2e3), (2e3, 4e3), 0.75, 0.5, seed) for seed in range(60)]
    for slip in slips:
        assert slip.sum() * 2e6 == pytest.approx(1e9, rel=1e-12)
    assert np.mean([slip.std() / slip.mean() for slip in slips]) == pytest.approx(0.5, abs=0.06)


def test_uniform_slip_uplifts_as_one_rectangle_does():
    grid = Grid("cartesian", -2e5, -2e5, 2e4, 2e4, 20, 20, ("open",) * 4)
    plain = fault(variation=0, length=1.2e5, width=6e4, subfault=2e4)
    whole = {key: FAULT[key] for key in ("x", "y", "depth", "strike", "dip", "rake")}
    whole |= {"length": 1.2e5, "width": 6e4, "slip": float(plain.slip[0, 0])}
    from esim.config.ocean.source import OkadaConfig
    from esim.sources.ocean.seafloor import motion

    (one,) = [build(OkadaConfig.model_validate({"kind": "okada", "faults": [whole]}), False).fault]
    expected = np.array(motion(one, 0, grid.x(), grid.y(), False))
    found = sum(np.array(motion(plain, n, grid.x(), grid.y(), False)) for n in range(plain.slip.size))
    assert np.abs(expected).max() > 0.1 and np.allclose(found, expected, atol=1e-9)


def test_too_many_subfaults_are_one_sentence():
    with pytest.raises(InputError, match=r"source.subfault: 100 m divides the fault of 350 by 170 km into"):
        fault(subfault=100)


def test_an_ensemble_varies_the_seed(tmp_path):
    assert inverse(DistributionConfig.model_validate({"integer": [3, 5]}), np.array([0, 0.34, 0.99, 1])) == [
        3,
        4,
        5,
        5,
    ]
    source = FAULT | {"magnitude": 6.5, "length": 8e3, "width": 6e3, "subfault": 2e3}
    members = {
        "count": 3,
        "vary": {"source.0.seed": {"integer": [1, 1000]}, "source.0.magnitude": {"normal": [6.5, 0.1]}},
    }
    out = simulate(from_dict(ensemble(tmp_path, members, set={"source": [source]}, hazard=None)))
    import xarray as xr

    uplifts = []
    for name in ("m1", "m2", "m3"):
        with xr.open_dataset(out / "members" / name / "maxima.nc") as maxima:
            uplifts.append(maxima.uplift.values)
    assert not np.allclose(uplifts[0] / uplifts[0].max(), uplifts[1] / uplifts[1].max(), atol=1e-3)
