"""The loop over steps: no gap, callbacks on time."""

import math
import random
from collections.abc import Callable

import pytest

from esim.ocean.sources.seafloor_motion import Uplift
from esim.timestepping.clock import Clock
from esim.timestepping.schedule import Every
from esim.timestepping.simulation import Callback, Simulation


class Drift:
    """A model that does nothing but keep what it was told."""

    def __init__(self, limit: float) -> None:
        self.longest, self.told = limit, []

    def limit(self) -> float:
        return self.longest

    def step(self, begin: float, end: float, dt: float) -> None:
        self.told.append((begin, end, dt))


def test_steps_follow_each_other_without_a_gap_and_callbacks_come_on_time():
    model, calls = Drift(0.7), []
    schedule = {"a": Every(5.0, 20.0), "b": Every(3.0, 20.0), "late": Every(0.25, 20.0)}

    def note(name: str) -> Callable[[Clock], None]:
        return lambda clock: calls.append((name, clock.time))

    simulation = Simulation(
        model,
        Clock(20.0),
        [Callback(schedule[name], note(name), binding=name != "late") for name in schedule],
        [note("look")],
        [note("after")],
    )
    simulation.run()
    begins, ends = [t[0] for t in model.told], [t[1] for t in model.told]
    assert begins == [0.0, *ends[:-1]] and ends[-1] == 20.0
    assert [t for name, t in calls if name == "a"] == [5.0, 10.0, 15.0, 20.0]
    assert [t for name, t in calls if name == "b"] == [3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 20.0]
    assert [t for name, t in calls if name == "late"] == ends  # once a step, as the steps are longer
    order = [name for name, t in calls if t == 15.0]
    assert order == ["look", "a", "b", "late", "after"]


@pytest.mark.parametrize("dt", [0.1, 0.2, 0.3, 0.7, 1 / 3])
def test_a_jump_of_the_seafloor_happens_exactly_once(dt):
    """A step that ends within rounding of the time of a jump neither loses it nor makes it twice."""
    numbers = random.Random(1)
    clock, every, spans = Clock(300.0), Every(100.0, 300.0), []
    model = Drift(dt)
    simulation = Simulation(model, clock, [Callback(every, lambda clock: None)])
    simulation.run()
    spans = [(begin, end) for begin, end, _ in model.told]
    for n in range(300):
        at = dt * numbers.randint(1, int(299 / dt)) if n % 2 else numbers.uniform(0.01, 300)
        jump, ramp = Uplift(at, at, (None, None)), Uplift(at, at + 7.3, (None, None))
        assert sum(jump.fraction(*span) for span in spans) == 1.0
        total = math.fsum(ramp.fraction(*span) for span in spans)
        assert total == pytest.approx(min(1.0, (300.0 - at) / 7.3), abs=1e-12)
