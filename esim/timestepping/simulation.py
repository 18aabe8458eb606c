"""The loop: choose dt, step, call what is due."""

import math
import time as wall
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from esim.supervision.pulse import OUTPUT, PULSE, STEP
from esim.timestepping.clock import Clock
from esim.timestepping.schedule import Every, Steps


class Model(Protocol):
    """What is advanced in time."""

    def limit(self) -> float:
        """Longest stable step from the current state [s]."""

    def step(self, begin: float, end: float, dt: float) -> None:
        """Advance the state by dt, from begin to end [s]; end is where the next step begins, to the last bit."""


@dataclass(frozen=True)
class Callback:
    """Something to do at scheduled times. Binding ones are reached exactly, which may take more and shorter steps;
    others are served by the next step.
    """

    schedule: Every | Steps
    call: Callable[[Clock], None]
    binding: bool = True


def no_synchronization() -> None:
    """For a backend on which work is complete when its call returns."""


@dataclass
class Simulation:
    """A model, its clock, the callbacks due at given times, and observers of every step, before and after these.

    synchronize waits for the device. seconds [s] are the wall-clock time of the steps and their observers, compute, and
    of the callbacks and what is called afterwards, output. processor_seconds [s] is the part of compute in which this
    thread had a core: less than that where others take theirs.
    """

    model: Model
    clock: Clock
    callbacks: Sequence[Callback] = ()
    observers: Sequence[Callable[[Clock], None]] = ()
    afterwards: Sequence[Callable[[Clock], None]] = ()
    synchronize: Callable[[], None] = no_synchronization
    seconds: dict[str, float] = field(default_factory=lambda: {"compute": 0.0, "output": 0.0})
    processor_seconds: float = 0.0

    def run(self) -> None:
        """Advance to the end of the clock."""
        while not self.clock.done:
            self.advance()

    def advance(self) -> None:
        """One step, and the callbacks due after it."""
        clock = self.clock
        before = clock.time
        started, had = wall.perf_counter(), wall.thread_time()
        due = self._due(before)
        dt = clock.next_dt(self.model.limit(), due)
        clock.advance(dt, due)
        self.model.step(before, clock.time, dt)
        for observe in self.observers:
            observe(clock)
        calls = [callback.call for callback in self.callbacks if callback.schedule.due(before, clock)]
        if calls or clock.done:
            self.synchronize()  # else queued work would be timed as output
        stepped = wall.perf_counter()
        self.processor_seconds += wall.thread_time() - had
        PULSE.step(stepped - started)
        if calls:
            PULSE.enter(OUTPUT)
        for call in (*calls, *self.afterwards):
            call(clock)
        if calls:
            PULSE.enter(STEP)
        self.seconds["compute"] += stepped - started
        self.seconds["output"] += wall.perf_counter() - stepped

    def _due(self, time: float) -> float:
        """When the next step but some has to end [s]; infinite where nothing binds."""
        return min((c.schedule.after(time) for c in self.callbacks if c.binding), default=math.inf)
