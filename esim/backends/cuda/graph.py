"""How does a step of many small launches not wait for Python? They are recorded once as a CUDA graph, and replayed."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from esim.backends.activity import WorkCounter
from esim.backends.cuda.device import Device
from esim.backends.cuda.jit import KNOWN
from esim.kernels.kernel import varying

PLAIN = (
    2  # times that launches are made one by one before they are recorded: what is loaded first is loaded then
)


class Varying:
    """Constants of a kernel that differ from step to step, in a small array on the device.

    A recorded launch has the values of its constants in it; what varies it reads from here.
    """

    def __init__(self, device: Device, params: type, dtype: np.dtype) -> None:
        self._device, self.names = device, varying(params)
        self._host = np.zeros(len(self.names), dtype)
        self.array = device.xp.zeros(len(self.names), dtype)
        self._owner: Constants | None = None

    def take(self, constants: "Constants") -> None:
        """Let the launches that are queued from now on see the values of some constants.

        Called on the main stream, when constants are made or filled, before other streams begin their part of a step;
        when they are used they are there already.
        """
        if self._owner is constants:
            return
        if self._owner is None or self._owner.values != constants.values:
            self.put(constants)
        self._owner = constants

    def put(self, constants: "Constants") -> None:
        """The same, for values that have changed."""
        self._host[...] = constants.values
        self._device.put(self._host, self.array)
        self._owner = constants


class Constants:
    """Parameters of a kernel as launches take them: fixed ones by value, those that vary through the device."""

    def __init__(self, params: Any, device: Varying | None) -> None:
        for name, value in KNOWN.items():
            if getattr(params, name, value) != value:
                raise ValueError(f"a constant by the name of {name} is {value} in all kernels")
        self.varying = device
        self.fixed: Any = params
        self.values: tuple = ()
        if device is None:
            return
        self.values = tuple(getattr(params, name) for name in device.names)
        zero = type(self.values[0])(0)
        self.fixed = params._replace(**dict.fromkeys(device.names, zero))
        device.take(self)

    def fill(self, *values: float) -> "Constants":
        """Set the constants that vary from step to step, for the launches that are queued from now on."""
        self.values = values
        if self.varying is not None:
            self.varying.put(self)
        return self

    def ready(self) -> None:
        """Let the device hold what varies."""
        if self.varying is not None:
            self.varying.take(self)


class Bound:
    """A kernel on its box and arrays; a call queues it with given constants."""

    def __init__(
        self, launch: Callable[..., None], before: Sequence[Any], count: WorkCounter | None = None
    ) -> None:
        """before are the arguments ahead of the constants."""
        self._launch, self._before, self.count = launch, tuple(before), count

    def __call__(self, constants: Constants) -> None:
        """Queue it."""
        constants.ready()
        if self.count is not None:
            self.count.runs += 1
        if constants.varying is None:
            self._launch(*self._before, constants.fixed)
        else:
            self._launch(*self._before, constants.fixed, constants.varying.array)


def no_launch(*given: Any) -> None:
    """The launch on an empty box."""


class Replay:
    """Launches that always follow each other, with the same fixed constants: one graph once they are recorded."""

    def __init__(self, device: Device, launches: Sequence[Callable[..., None]]) -> None:
        self._device, self._launches = device, launches
        self._counts = [launch.count for launch in launches if isinstance(launch, Bound) and launch.count]
        self._plain = 0
        self._graph: Callable[[], None] | None = None
        self._fixed: list[Any] = []

    def __call__(self, *given: Constants) -> None:
        """Queue all of them; given are no constants, or those of all launches."""
        fixed = [constants.fixed for constants in given]
        if self._graph is not None and fixed == self._fixed:
            for constants in given:
                constants.ready()
            for count in self._counts:
                count.runs += 1
            self._graph()
            return
        self._queue(given)
        self._plain += 1
        if self._plain == PLAIN and self._device.graphs:
            runs = [count.runs for count in self._counts]
            self._graph = self._device.record(lambda: self._queue(given))
            self._fixed = fixed
            for count, number in zip(self._counts, runs, strict=True):
                count.runs = number  # recorded, not run

    def _queue(self, given: tuple[Constants, ...]) -> None:
        for launch in self._launches:
            launch(*given)
