"""Prior, noise and the growing factor against what they are by definition."""

import numpy as np
import pytest

from esim.config.forecast.statistics import NoiseConfig, PriorConfig
from esim.errors import InputError
from esim.forecast import noise
from esim.forecast.factor import factor_rows, solve_lower
from esim.forecast.prior import build_prior, distances


def test_slip_is_correlated_over_the_fault_and_not_between_windows(small):
    fault = small[0].fault
    prior = build_prior(PriorConfig(mean=2.0, spread=3.0, correlation=50e3), fault, 2)
    covariance = prior.root @ prior.root.T
    assert prior.mean.tolist() == [2.0] * 8
    assert np.diag(covariance) == pytest.approx(9.0)
    assert covariance[:4, 4:] == pytest.approx(0.0)
    assert covariance[0, 1] == pytest.approx(9.0 * np.exp(-distances(fault)[0, 1] / 50e3))
    # Up and down dip: half a degree of longitude and 15 km of depth.
    assert distances(fault)[0, 1] == pytest.approx(
        np.hypot(0.5 * 111.2e3 * np.cos(np.deg2rad(38.6)), 15e3), rel=0.02
    )


def test_the_model_is_not_wrong_before_the_wave_and_still_after_it():
    config = NoiseConfig(floor=0.03, relative=0.1, correlation=60.0)
    found = noise.deviation(config, np.array([0.0, 0.0, 2.0, 1.0]))
    assert found == pytest.approx(np.hypot(0.03, [0.0, 0.0, 0.2, 0.2]))


def test_whitened_errors_are_independent_across_gaps():
    times = np.array([10.0, 20.0, 35.0, 200.0, 210.0])
    deviations = np.array([0.1, 0.1, 0.3, 0.3, 0.5])
    rows = (np.zeros(5), times, deviations)
    root = noise.whiten(np.eye(5), times, deviations, 60.0)
    assert root @ noise.covariance(rows, rows, 60.0) @ root.T == pytest.approx(np.eye(5), abs=1e-12)


def test_errors_of_two_sensors_are_independent():
    rows = (np.array([0, 1]), np.array([5.0, 5.0]), np.array([0.1, 0.2]))
    assert noise.covariance(rows, rows, 60.0) == pytest.approx(np.diag([0.01, 0.04]))


def test_a_factor_grows_by_rows_and_keeps_what_it_had():
    values = np.random.default_rng(1).standard_normal((12, 12))
    matrix = values @ values.T + np.eye(12)
    factor = np.linalg.cholesky(matrix[:7, :7])
    below, own = factor_rows(factor, matrix[:7, 7:], matrix[7:, 7:])
    whole = np.linalg.cholesky(matrix)
    assert whole[:7, :7] == pytest.approx(factor)
    assert np.hstack([below, own]) == pytest.approx(whole[7:])
    assert solve_lower(whole, matrix) == pytest.approx(whole.T)


def test_two_equal_data_without_noise_are_refused():
    with pytest.raises(InputError, match=r"two data are the same; use a larger noise\.floor"):
        factor_rows(np.empty((0, 0)), np.empty((0, 2)), np.ones((2, 2)) - 1e-9 * np.eye(2))
