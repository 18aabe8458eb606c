"""What do cells remember of their strain? Memory variables of attenuation, and how they relax."""

from typing import Any

import numpy as np

from esim.backends import Backend
from esim.crust.settings import CrustSettings
from esim.media.crust.attenuation import ARRANGEMENT, Mechanisms
from esim.parallel.decomposition import Block


def allocate_memory(
    backend: Backend, block: Block, shape: tuple[int, int, int], settings: CrustSettings
) -> tuple[Any, list[Any]]:
    """Memory variables (mechanisms in a cell, 6, k, j, i), and the table of each: relax[n, k & 1, j & 1, i]."""
    mechanisms = settings.mechanisms
    if mechanisms is None:
        return None, []
    tables = [backend.from_host(t) for t in relaxation_tables(mechanisms, block, shape[2], settings)]
    if settings.memory is None:
        return backend.zeros((len(tables), 6, *shape)), tables
    # Backends allocate values of the run's precision only; several packed ones strength the place of one.
    packed = np.dtype(np.uint16)
    *outer, pitch = shape
    several = backend.dtype.itemsize // packed.itemsize
    return backend.zeros((len(tables), 6, *outer, pitch // several)).view(packed), tables


def relaxation_tables(
    mechanisms: Mechanisms, block: Block, pitch: int, settings: CrustSettings
) -> list[np.ndarray]:
    """Tables relax[n, k & 1, j & 1, i] of kernels.anelastic for the arrays of a block.

    Coarse-grained there is one, in which the mechanism of a cell follows from its place in the whole grid;
    conventional there is one for each mechanism.
    """
    keep, take = mechanisms.recursion(settings.dt)
    first, second = _strengths(mechanisms, settings.largest_inverse_q)
    values = np.stack([keep, take, first, second])  # (4, L)
    h = block.halo
    k = (np.arange(2) - h) & 1
    j = (np.arange(2) - h + block.j0) & 1
    i = (np.arange(pitch) - h + block.i0) & 1
    if not mechanisms.coarse:
        ones = np.ones((2, 2, pitch))
        return [values[:, n, None, None, None] * ones for n in range(len(mechanisms.omega))]
    values[2:] *= 8
    return [values[:, ARRANGEMENT[k[:, None, None], j[:, None], i]]]


def _strengths(mechanisms: Mechanisms, largest: float) -> tuple[np.ndarray, np.ndarray]:
    """a and b (L,) of the coefficients Y = a/Q + b/Q^2 for 1/Q up to the largest one."""
    inverse = np.linspace(0.0, max(largest, 1e-6), 41)[1:]
    ratio = mechanisms.coefficients(inverse) / inverse
    b, a = np.polyfit(inverse, ratio.T, 1)
    return a, b
