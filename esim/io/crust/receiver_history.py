"""How are receiver records kept? Raw values of every step, in blocks of memory that are never moved."""

from collections.abc import Iterable, Sequence

import numpy as np

BLOCK = 1024  # steps


class ReceiverHistory:
    """Records of one rank's receivers at every step: `quantities` x receivers x steps."""

    def __init__(
        self, quantities: Sequence[str], receivers: int, dtype: str = "f4", block: int = BLOCK
    ) -> None:
        self.quantities = tuple(quantities)
        self.steps = 0
        self._dtype, self._size = dtype, block
        self._shape = (len(self.quantities), receivers)
        self._blocks: list[np.ndarray] = []

    def append(self, values: np.ndarray) -> None:
        """Adds the records of the next steps (steps, quantities, receivers)."""
        if values.shape[1:] != self._shape:
            raise ValueError(f"records have shape {values.shape[1:]}, expected {self._shape}")
        while len(values):
            filled = self.steps % self._size
            if filled == 0:
                self._blocks.append(np.empty((self._size, *self._shape), self._dtype))
            part = values[: self._size - filled]
            self._blocks[-1][filled : filled + len(part)] = part
            self.steps += len(part)
            values = values[len(part) :]

    @property
    def values(self) -> np.ndarray:
        """All records so far (quantities, receivers, steps), a copy."""
        whole = np.empty((*self._shape, self.steps), self._dtype)
        for number, block in enumerate(self._blocks):
            first = number * self._size
            part = whole[..., first : first + self._size]
            part[...] = np.moveaxis(block[: part.shape[-1]], 0, -1)
        return whole

    def restore(self, values: np.ndarray) -> None:
        """Takes up the records of a checkpoint: what `values` gave when it was written."""
        self._blocks, self.steps = [], 0
        self.append(np.moveaxis(values, -1, 0))


def merge(pieces: Iterable[tuple[Sequence[int] | np.ndarray, np.ndarray]], receivers: int) -> np.ndarray:
    """Records of all receivers (quantities, receivers, steps) from those of every rank and their numbers."""
    pieces = list(pieces)
    quantities, _, steps = pieces[0][1].shape
    whole = np.full((quantities, receivers, steps), np.nan, pieces[0][1].dtype)
    for numbers, values in pieces:
        whole[:, numbers] = values
    return whole
