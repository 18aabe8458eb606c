"""Waves over compressed sea water are slower: the part of their pressure gradient that is missing."""

from typing import Any

from esim.kernels.ocean import compressibility
from esim.ocean.forces import Force
from esim.ocean.model import Ocean

SOUND_SPEED = 1500.0  # m/s, speed of sound in sea water


class Compressibility(Force):
    """The acceleration that makes long waves slower in water which its own weight compresses; see `Force`."""

    def __init__(self, ocean: Ocean) -> None:
        self._ocean = ocean
        backend, p = ocean.backend, ocean.physics
        self._launches = tuple(
            backend.bind(
                compressibility.REDUCED_GRADIENT,
                ocean.block.interior,
                {"acceleration": acceleration, "q": state, "bed": ocean.bed, "rows": ocean.rows},
            )
            for acceleration, state in zip(ocean.accelerations, ocean.plan.states, strict=True)
        )
        values = (p.gravity, p.gravity / SOUND_SPEED**2, 0.5, 0, 1, p.dry_depth)
        self._constants = backend.constants(
            compressibility.CompressibilityParams(*map(backend.dtype.type, values))
        )

    def add(self, acceleration: Any, time: float) -> None:
        """Add g (1 - r) grad(eta) of the current state to acceleration[2, j, i] on the owned cells."""
        self._launches[self._ocean.plan.current](self._constants)
