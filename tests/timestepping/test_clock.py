"""Time without drift, and due times that are reached exactly."""

import math

import pytest

from esim.timestepping.clock import Clock
from esim.timestepping.schedule import Every


def test_a_million_steps_do_not_drift():
    clock = Clock(1e9)
    for _ in range(1_000_000):
        clock.advance(0.1, 1e9)
    plain = 0.0
    for _ in range(1_000_000):
        plain += 0.1
    exact = math.fsum([0.1] * 1_000_000)
    assert abs(clock.time - exact) <= math.ulp(exact) < abs(plain - exact)
    assert clock.time - clock.lost == pytest.approx(exact, abs=math.ulp(exact))
    assert clock.step == 1_000_000


@pytest.mark.parametrize("limit", [0.3, 1.0, 7.7, 59.99, 60.0, 61.0, 1e6])
def test_due_times_are_reached_exactly_with_equal_steps(limit):
    every, clock = Every(60.0, 600.0), Clock(600.0)
    reached, steps = [], []
    while not clock.done:
        due = every.after(clock.time)
        dt = clock.next_dt(limit, due)
        assert 0 < dt <= limit * (1 + 1e-9)
        clock.advance(dt, due)
        steps.append(dt)
        reached += [clock.time] if clock.time == due else []
    assert reached == [60.0 * n for n in range(1, 11)]
    assert max(steps) - min(steps) < 1e-9 * max(steps)
    assert len(steps) == 10 * math.ceil(60 / limit * (1 - 1e-9))


def test_a_schedule_names_each_time_once():
    every = Every(0.1, 1.05)
    time, found = 0.0, []
    while (time := every.after(time)) < math.inf:
        found.append(time)
    assert found == [n * 0.1 for n in range(1, 11)] + [1.05]
    assert Every(7.0, 5.0).after(0.0) == 5.0 and Every(7.0, 5.0).after(5.0) == math.inf


@pytest.mark.parametrize("limit", [0.3, 7.7, 8.128])
def test_where_nothing_is_due_steps_are_those_of_a_longer_run_but_for_the_last_two(limit):
    def ends(end: float) -> list[float]:
        clock, found = Clock(end), []
        while not clock.done:
            dt = clock.next_dt(limit, math.inf)
            assert 0 < dt <= limit * (1 + 1e-9)
            clock.advance(dt, math.inf)
            found.append(clock.time)
        assert clock.time == end and len(found) == math.ceil(end / limit * (1 - 1e-9))
        return found

    short, long = ends(100.0), ends(250.0)
    assert short[:-2] == long[: len(short) - 2] and len(short) > 10
