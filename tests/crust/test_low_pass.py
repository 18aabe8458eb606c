"""Low-passed records of the surface are means over a Hann window, whatever the restart."""

import numpy as np
import pytest

from esim.backends import select
from esim.crust.output.low_pass import REACH, WINDOWS, LowPass, hann_weights, response

SHAPE = (3, 4, 5)


def records(series, every, early=0, dtype="float64", restart=None):
    """Numbers and values of all records of a series (steps + 1, ...), at rest before, as a run makes them.

    restart is a step at which the sums are handed over to a run that goes on.
    """
    backend = select("numpy", dtype)
    field = backend.zeros(SHAPE)
    means = LowPass(backend, field, every, early)
    found = [(means.first, np.zeros(SHAPE, dtype))]
    for n, values in enumerate(series[1:], start=1):
        field[...] = values
        step = n - early
        means.add(step)
        if step % every == 0:
            found.append((step // every - REACH, means.take(step)))
        if n == restart:
            kept, means = means.state(), LowPass(backend, field, every, early)
            means.restore({name: value.copy() for name, value in kept.items()})
    return found + list(means.rest(len(series) - 1 - early))


def convolved(series, every, early, numbers):
    """The same by convolution: zero before the series, its last value after it."""
    half = REACH * every
    lags = np.arange(-half, half + 1)
    weights = (1 + np.cos(np.pi * lags / half)) / (2 * half)
    found = []
    for number in numbers:
        steps = number * every + early + lags
        seen = series[np.clip(steps, 0, len(series) - 1)] * (steps > 0)[:, None, None, None]
        found.append(np.tensordot(weights, seen, 1))
    return np.array(found)


def moving(steps=50, seed=2):
    """A field that moves at random from rest, float64 (steps + 1, ...)."""
    moved = np.random.default_rng(seed).standard_normal((steps, *SHAPE))
    return np.concatenate([np.zeros((1, *SHAPE)), np.cumsum(moved, axis=0)])


@pytest.mark.parametrize("every", [1, 2, 7])
@pytest.mark.parametrize("early", [0, 1, 7, 10])
@pytest.mark.parametrize("steps", [1, 9, 42, 50])
def test_records_are_those_of_a_convolution(every, early, steps):
    series = moving(steps)
    numbers, values = zip(*records(series, every, early), strict=True)
    assert list(numbers) == list(range(numbers[0], numbers[0] + len(numbers)))
    np.testing.assert_allclose(values, convolved(series, every, early, numbers), atol=1e-12 * steps)
    assert not values[0].any() and np.array_equal(values[-1], series[-1])
    before, after = convolved(series, every, early, (numbers[0] - 1, numbers[-1] + 1))
    assert not before.any() and np.allclose(after, series[-1])


@pytest.mark.parametrize("every", [1, 3, 40])
def test_windows_weigh_one_and_cover_all_times_alike(every):
    weights = hann_weights(every)
    assert weights.shape == (every, WINDOWS) and (weights >= 0).all()
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    np.testing.assert_allclose(weights.sum(1), 1 / every, rtol=1e-12)


def test_what_is_left_of_a_wave_is_as_the_formula_says():
    every = 50
    periods = np.array([1.5, 2, 2.4, 3, 4, 6, 10, 25]) * every
    steps = np.arange(40 * every)
    series = _spread(np.sin(2 * np.pi * steps[:, None] / periods + 0.3))
    numbers, values = zip(*records(series, every), strict=True)
    inner = [n for n, number in enumerate(numbers) if 4 <= number <= 30]
    times = every * np.array([numbers[n] for n in inner])
    found = np.array([values[n] for n in inner]).reshape(len(inner), -1)[:, : len(periods)]
    wanted = response(1 / periods, every) * np.sin(2 * np.pi * times[:, None] / periods + 0.3)
    np.testing.assert_allclose(found, wanted, atol=2e-4)
    assert response(1 / (4 * every), every) == 0.5 and response(0.0, every) == 1
    assert abs(response(1 / (2 * every), every)) < 1e-15
    short = np.linspace(1 / (2 * every), 20 / every, 100_000)
    assert np.abs(response(short, every)).max() == pytest.approx(0.0267, abs=1e-4)


def _spread(series):
    """Series (steps, n) as a field that has them in its first cells."""
    field = np.zeros((len(series), np.prod(SHAPE)))
    field[:, : series.shape[1]] = series
    return field.reshape(len(series), *SHAPE)


@pytest.mark.parametrize("restart", [1, 13, 14, 15, 49])
def test_a_restart_within_windows_changes_no_bit(restart):
    series = moving()
    whole, cut = (records(series, 7, 3, "float32", at) for at in (None, restart))
    assert len(whole) == len(cut)
    for one, other in zip(whole, cut, strict=True):
        assert one[0] == other[0] and np.array_equal(one[1], other[1])


def test_float32_sums_hold_a_displacement_that_stays():
    series = np.concatenate([np.zeros((1, *SHAPE)), np.full((20_000, *SHAPE), 3.7)])
    found = records(series, 2000, dtype="float32")
    middle = [value for number, value in found if 3 <= number]
    assert middle[0].dtype == np.float32
    np.testing.assert_allclose(middle, 3.7, rtol=2e-5)
    assert np.array_equal(found[-1][1], np.full(SHAPE, 3.7, np.float32))
