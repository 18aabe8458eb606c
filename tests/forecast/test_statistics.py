"""Prior and noise against what they are by definition."""

import numpy as np
import pytest
from support.forecasts import correlations

from esim.config.forecast.statistics import PriorConfig
from esim.forecast import noise
from esim.forecast.prior import build_prior


def test_slip_is_correlated_over_the_fault_and_not_between_windows(small):
    apart = small[0].unknowns.apart
    prior = build_prior(PriorConfig(mean=2.0, spread=3.0, correlation=50e3), apart, 2)
    covariance = prior.root @ prior.root.T
    assert prior.mean.tolist() == [2.0] * 8
    assert np.diag(covariance) == pytest.approx(9.0)
    assert covariance[:4, 4:] == pytest.approx(0.0)
    assert covariance[0, 1] == pytest.approx(9.0 * np.exp(-apart[0, 1] / 50e3))
    # Up and down dip: half a degree of longitude and 15 km of depth.
    assert apart[0, 1] == pytest.approx(np.hypot(0.5 * 111.2e3 * np.cos(np.deg2rad(38.6)), 15e3), rel=0.02)


def test_errors_grow_with_the_record():
    assert noise.deviation(0.03, 0.1, 0.0) == 0.03
    assert noise.deviation(0.03, 0.1, 4.0) == pytest.approx(0.5 * np.hypot(0.06, 0.8))


def test_whitened_errors_are_independent_across_gaps():
    times = np.array([10.0, 20.0, 35.0, 200.0, 210.0])
    root = noise.whiten(np.eye(5), times, 60.0)
    assert root @ correlations(times, 60.0) @ root.T == pytest.approx(np.eye(5), abs=1e-12)


def test_what_was_made_independent_does_not_change_as_a_record_grows():
    times = np.array([10.0, 20.0, 35.0, 200.0])
    values = np.random.default_rng(0).standard_normal((4, 3))
    assert noise.whiten(values[:3], times[:3], 60.0) == pytest.approx(noise.whiten(values, times, 60.0)[:3])
