"""The posterior against the textbook, however the data come; the moment and its cap; waves and extremes."""

import numpy as np
import pytest
from support import strict_arrays
from support.forecasts import correlations, drawn, recorded, waves_of, with_about

from esim.backends.array_module import ArrayModule
from esim.errors import InputError
from esim.forecast import noise
from esim.forecast.library import read_library
from esim.forecast.moment import Moment, below_cap, draw, moment_of
from esim.forecast.posterior import Gaussian, Posterior
from esim.forecast.records import data_of
from esim.forecast.run import Watch
from esim.forecast.waves import Forecaster, slip_of, uplift_of
from esim.sources.finite_fault import moment_magnitude


@pytest.fixture(scope="module")
def library(small):
    return read_library(small[1])


@pytest.fixture
def data(library):
    return data_of(library, recorded(library, drawn(library, 1), 2), 1800.0)


def by_the_book(library, data):
    """Rasmussen and Williams 2006, eq. 2.23 and 2.24, with the covariance of all data at once."""
    rows, where, errors = [], [], np.zeros((0, 0))
    for n in range(len(data)):
        known = np.flatnonzero(np.isfinite(data[n]))
        if not known.size:
            continue
        deviation = noise.deviation(0.02, 0.05, np.abs(data[n, known]).max())
        block = deviation**2 * correlations(library.sensor_time[known], library.correlation)
        old = len(errors)
        errors = np.block([[errors, np.zeros((old, known.size))], [np.zeros((known.size, old)), block]])
        rows.append(library.sensor_design[n, known])
        where.append(data[n, known] - library.sensor_mean[n, known])
    design, residual = np.concatenate(rows), np.concatenate(where)
    gain = design.T @ np.linalg.inv(design @ design.T + errors)
    return Gaussian(gain @ residual, np.eye(design.shape[1]) - gain @ design)


def assert_same(found, known):
    assert found.mean == pytest.approx(known.mean, abs=1e-8)
    assert found.covariance == pytest.approx(known.covariance, abs=1e-9)


def test_the_posterior_is_that_of_all_data_at_once(library, data):
    posterior = Posterior(library)
    posterior.update(data)
    assert_same(posterior.gaussian(), by_the_book(library, data))
    assert posterior.count == 180


def test_data_may_come_minute_by_minute_with_gaps_and_late(library, data):
    data[0, 5:9] = np.nan
    posterior = Posterior(library)
    for until in (3, 10, 11, 40, 60):
        part = np.where(np.arange(60) < until, data, np.nan)
        part[2] = np.nan if until < 40 else part[2]  # a sensor that is late
        posterior.update(part)
        assert_same(posterior.gaussian(), by_the_book(library, part))
    late = data.copy()
    late[0, 5:9] = 0.1  # what was missing comes after what follows it
    posterior.update(late)
    assert_same(posterior.gaussian(), by_the_book(library, late))
    late[1] = np.nan  # a sensor that is taken out
    posterior.update(late)
    assert_same(posterior.gaussian(), by_the_book(library, late))


def test_another_array_module_gives_the_same(library, data):
    module = ArrayModule(strict_arrays.module())
    known, found = Posterior(library), Posterior(library, module)
    for until in (20, 60):
        part = np.where(np.arange(60) < until, data, np.nan)
        known.update(part)
        found.update(part)
    assert_same(found.gaussian(), known.gaussian())
    assert found.misfit() == pytest.approx(known.misfit())
    x = known.gaussian()
    waves, others = Forecaster(library).waves(x), Forecaster(library, module).waves(x)
    assert others.mean == pytest.approx(waves.mean) and others.deviation == pytest.approx(waves.deviation)


def test_a_whole_forecast_never_takes_arrays_of_another_module_for_its_own(library):
    records = recorded(library, drawn(library, 21), 22)
    known = Watch(library, records).forecast(1800.0)
    found = Watch(library, records, ArrayModule(strict_arrays.module())).forecast(1800.0)
    assert found.waves.deviation == pytest.approx(known.waves.deviation)
    assert found.extremes.highest == pytest.approx(known.extremes.highest, abs=1e-4)
    assert found.size() == known.size() and found.texts == known.texts


def test_data_as_expected_have_a_misfit_of_one(library):
    sizes = []
    for seed in range(20):
        posterior = Posterior(library)
        posterior.update(data_of(library, recorded(library, drawn(library, seed), 50 + seed), 1800.0))
        sizes.append(posterior.misfit())
    assert np.mean(sizes) == pytest.approx(1.0, abs=0.1)


def test_the_moment_is_that_of_slip(library, data):
    posterior = Posterior(library)
    posterior.update(data)
    x = posterior.gaussian()
    slip, _, covariance = slip_of(library, x)
    moment = moment_of(library, x)
    assert moment.mean == pytest.approx(library.moment @ slip.sum(axis=0))
    assert moment.deviation**2 == pytest.approx(library.moment @ covariance @ library.moment)
    assert moment.magnitude(0.5) == pytest.approx(moment_magnitude(moment.mean))


def test_a_cap_cuts_the_moment_and_what_goes_with_it(library):
    x = Gaussian(np.zeros(8), np.eye(8))
    free = moment_of(library, x)
    cap = moment_magnitude(free.mean)
    capped = moment_of(with_about(library, magnitude_cap=cap), x)
    samples = draw(x, capped, 100_000, 3)
    moments = capped.mean + capped.weights @ samples
    assert moments.max() <= free.mean * (1 + 1e-9)
    cut = below_cap(x, capped)
    assert cut.mean == pytest.approx(samples.mean(axis=1), abs=0.02)
    assert cut.covariance == pytest.approx(np.cov(samples), abs=0.03)
    assert capped.quantile(0.3) == pytest.approx(np.quantile(moments, 0.3), rel=0.02)
    # Of a half Gaussian, in closed form.
    assert Moment(0.0, 1.0, np.zeros(1), 0.0).cut() == pytest.approx((-np.sqrt(2 / np.pi), 1 - 2 / np.pi))


def test_data_far_above_the_cap_are_refused(library):
    low = with_about(library, magnitude_cap=6.0)
    with pytest.raises(InputError, match=r"far above the cap of the prior, 6; are they in m\?"):
        moment_of(low, Gaussian(np.full(8, 3.0), 1e-4 * np.eye(8)))


def test_waves_and_their_bands_are_those_of_slip(library, data):
    posterior = Posterior(library)
    posterior.update(data)
    x = posterior.gaussian()
    waves = Forecaster(library).waves(x)
    assert waves.mean == pytest.approx(waves_of(library, x.mean), abs=1e-5)
    spread = np.einsum("mtu,uv,mtv->mt", library.forecast_design, x.covariance, library.forecast_design)
    model = 0.05 * np.maximum.accumulate(np.abs(waves.mean), axis=1)
    assert waves.deviation**2 == pytest.approx(spread + model**2 + 0.02**2, abs=1e-6)
    low, high = waves.quantiles()[[0, 4]]
    assert high - low == pytest.approx(2 * 1.959964 * waves.deviation)


def test_extremes_are_those_of_certain_slip_and_its_model_error(library):
    x = Gaussian(drawn(library, 4), np.zeros((8, 8)))
    moment = moment_of(library, Gaussian(x.mean, 1e-12 * np.eye(8)))
    known = waves_of(library, x.mean)
    found = Forecaster(library).extremes(x, moment, 2000)
    middle = found.highest_quantiles()[2]
    assert middle == pytest.approx(known.max(axis=1), rel=0.01)
    assert found.highest.std(axis=1) == pytest.approx(0.05 * known.max(axis=1), rel=0.1)
    times, begin = library.forecast_time, 2  # slip ends at 120 s
    first = times[begin + (np.abs(known[:, begin:] - known[:, begin : begin + 1]) > 0.05).argmax(axis=1)]
    assert np.abs(found.arrival_quantiles()[2] - first).max() <= 60.0


def test_no_wave_has_no_arrival(library):
    still = with_about(library)
    object.__setattr__(still, "forecast_mean", np.zeros_like(library.forecast_mean))
    certain = Gaussian(np.zeros(8), np.zeros((8, 8)))
    found = Forecaster(still).extremes(certain, Moment(1.0, 1.0, np.zeros(8), np.inf), 5)
    assert np.isinf(found.arrival_quantiles()).all()


def test_uplift_is_that_of_slip_with_its_deviation(library):
    mean, root = np.array([1.0, 2.0, 0.0, 3.0]), np.random.default_rng(5).standard_normal((4, 4))
    uplift, deviation = uplift_of(library, mean, root @ root.T)
    each = library.uplift.astype(float)
    assert uplift == pytest.approx(np.einsum("k,kji->ji", mean, each), abs=1e-6)
    known = np.sqrt((np.einsum("kl,kji->lji", root, each) ** 2).sum(axis=0))
    assert deviation == pytest.approx(known, abs=1e-5)
