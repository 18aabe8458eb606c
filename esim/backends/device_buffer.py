"""How are values of many steps fetched from the device? Many at once: a fetch waits for it, keeping a row does not."""

from typing import Any

import numpy as np

from esim.backends import Backend

ROWS = 128  # kept on the device before they are fetched


class DeviceBuffer:
    """Rows of values on the device, each of a shape, in the run's precision."""

    def __init__(self, backend: Backend, shape: tuple[int, ...]) -> None:
        self._backend, self._rows = backend, backend.zeros((ROWS, *shape))
        self.count = 0

    @property
    def full(self) -> bool:
        """Whether there is no room for another row."""
        return self.count == ROWS

    def row(self) -> Any:
        """The next row, for the caller to fill."""
        self.count += 1
        return self._rows[self.count - 1]

    def take(self) -> np.ndarray:
        """All rows (rows, ...) since the last time, on the host; to be used before the next one is filled."""
        rows, self.count = self._rows[: self.count], 0
        return self._backend.to_host(rows)
