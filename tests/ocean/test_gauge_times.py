"""Samples of gauges between steps: how close are they, and does anything depend on how they were fetched?"""

import numpy as np
import pytest

from esim.ocean.output.gauge_times import SIDE, SampleTimes
from esim.timestepping.schedule import Every

SURFACE, DEPTH = 0, 1


def samples(steps, surface, depth=None, every=0.3, cuts=(), end=None):
    """Times and values (samples, 2) of one gauge, which come in pieces cut before some steps."""
    end = steps[-1] if end is None else end
    depth = np.nan_to_num(surface + 100.0) if depth is None else depth
    seen = np.stack([surface, depth], axis=1)[:, :, None]
    made, found = SampleTimes(Every(every, end), SURFACE, DEPTH), []
    edges = [0, *cuts, len(steps)]
    for first, last in zip(edges, edges[1:], strict=False):
        found += made.take(steps[first:last], seen[first:last], last == len(steps))
    times, values = zip(*found, strict=True)
    return np.array(times), np.array(values)[:, :, 0]


@pytest.mark.parametrize(("per_period", "missed"), [(8, 1.2e-3), (16, 2e-5), (32, 3e-7)])
def test_a_sine_is_met_between_steps(per_period, missed):
    """The bound of Lagrange's remainder, 5/1024 (omega dt)^6, in the middle of the run; a straight line is far off."""
    steps = np.arange(0.0, 60.0)
    frequency = 2 * np.pi / per_period
    times, values = samples(steps, np.sin(frequency * steps))
    inner = (times > SIDE) & (times < steps[-1] - SIDE)
    error = np.abs(values[:, 0] - np.sin(frequency * times))[inner].max()
    assert error < missed and missed < 1.2 * 5 / 1024 * frequency**6
    straight = np.interp(times, steps, np.sin(frequency * steps))
    assert np.abs(straight - np.sin(frequency * times))[inner].max() > 50 * error
    np.testing.assert_allclose(times, [*0.3 * np.arange(len(times) - 1), 59.0], rtol=1e-15)


def test_steps_of_any_length_will_do_and_samples_at_steps_are_theirs():
    numbers = np.random.default_rng(3)
    steps = np.concatenate([[0.0], np.cumsum(numbers.uniform(0.2, 1.0, 99))])
    wave = np.cos(0.5 * steps)
    times, values = samples(steps, wave)
    assert np.abs(values[:, 0] - np.cos(0.5 * times)).max() < 5e-4
    times, values = samples(steps, wave, every=float(steps[7]))
    assert times[1] == steps[7] and values[1, 0] == wave[7] and values[-1, 0] == wave[-1]


def test_a_jump_is_not_rippled_and_no_depth_is_negative():
    steps = np.arange(0.0, 20.0)
    bore = np.where(steps < 10, 0.0, 5.0)
    times, values = samples(steps, bore, every=0.25)
    np.testing.assert_allclose(values[:, 0], np.interp(times, steps, bore), atol=1e-12)
    thin = np.maximum(0.0, 3 - 0.4 * (steps - 10) ** 2) + 0.001
    times, values = samples(steps, thin - 1, thin, every=0.25)
    assert values[:, 1].min() > 0 and values[:, 1].max() > 3


def test_dry_and_wet_are_told_apart_between_steps():
    steps = np.arange(0.0, 12.0)
    wet = (steps > 3) & (steps < 8)
    surface, depth = np.where(wet, 0.1 * steps, np.nan), np.where(wet, 0.1 * steps + 1, 0.0)
    times, values = samples(steps, surface, depth, every=0.25)
    nearest = wet[np.ceil(times - 0.5).astype(int)]
    np.testing.assert_array_equal(np.isfinite(values[:, 0]), nearest)
    np.testing.assert_array_equal(values[:, 1] > 0, nearest)
    inside = (times >= 4) & (times <= 7)
    np.testing.assert_allclose(values[inside, 0], 0.1 * times[inside], rtol=1e-12)


@pytest.mark.parametrize("every", [0.3, 2.7, 11.0])
def test_nothing_depends_on_when_steps_are_fetched(every):
    numbers = np.random.default_rng(5)
    steps = np.concatenate([[0.0], np.cumsum(numbers.uniform(0.6, 1.0, 60))])
    wave = numbers.normal(size=steps.size)
    whole = samples(steps, wave, every=every)
    for cuts in ([1], [2, 3, 4], range(1, 60), [30], [57, 58, 59, 60]):
        for one, other in zip(samples(steps, wave, every=every, cuts=cuts), whole, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("every", [0.1, 3.5, 15.0, 100.0])
def test_the_steps_around_a_sample_are_near_it(every):
    """Three on each side, of steps that are not longer than the longest; of long intervals most are not needed."""
    from esim.ocean.output.gauge_times import REACH

    due, longest = Every(every, 1000.0), 1.04
    steps = 1.04 * np.arange(900)
    near = np.array([due.near(float(step), REACH * longest) for step in steps])
    for n in range(1, int(steps[-1] / every)):
        later = np.searchsorted(steps, n * every)
        assert near[max(0, later - SIDE) : later + SIDE].all()
    assert near[0] and (every < 10 or near.mean() < 0.6)
