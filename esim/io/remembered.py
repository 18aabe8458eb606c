"""What has been computed before, by the same process? Arrays of runs that follow one another, as in an ensemble.

Nothing is kept unless room is given for it.
"""

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


class Remembered:
    """Arrays by what they were made of, the latest ones, as many as there is room for [bytes]."""

    def __init__(self) -> None:
        self._room = 0
        self._arrays: OrderedDict[str, np.ndarray] = OrderedDict()

    @contextmanager
    def within(self, room: int) -> Iterator[None]:
        """Context in which arrays are kept, of so many bytes in all."""
        self.make_room(room)
        try:
            yield
        finally:
            self.make_room(0)
            self._arrays.clear()

    def make_room(self, room: int) -> None:
        """Keep arrays from now on, of so many bytes in all."""
        self._room = room

    def of(self, made_of: Any, compute: Callable[[], np.ndarray]) -> np.ndarray:
        """The result of compute(), which depends on nothing else than what it is made of; it cannot be changed."""
        if not self._room:
            return compute()
        key = hashlib.sha256(pickle.dumps(made_of)).hexdigest()
        found = self._arrays.get(key)
        if found is None:
            found = compute()
            found.flags.writeable = False
            self._keep(key, found)
        return found

    def _keep(self, key: str, array: np.ndarray) -> None:
        if array.nbytes > self._room:
            return
        self._arrays[key] = array
        while sum(one.nbytes for one in list(self._arrays.values())) > self._room:
            self._arrays.popitem(last=False)


REMEMBERED = Remembered()
