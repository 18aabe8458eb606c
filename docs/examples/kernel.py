"""A kernel: the energy of the water in each cell, on NumPy and on compiled code, with the same bits."""

from typing import NamedTuple

import numpy as np

from esim.backends import select
from esim.kernels.kernel import Kernel, Stage
from esim.kernels.scalar import maximum, where


# [body
class EnergyParams(NamedTuple):
    """Constants of the energy in the run's floating-point type."""

    half: float
    g: float  # m/s2
    zero: float
    one: float
    dry: float  # m


def energy_of_cell(j, i, q, bed, energy, p):
    """Energy over the density, (g zeta^2 + (hu^2 + hv^2) / h) / 2 [m3/s2]; that of waves at sea."""
    zeta, hu, hv = q[0, j, i], q[1, j, i], q[2, j, i]
    h = zeta + maximum(-bed[0, j, i], p.zero)
    per_h = where(h > p.dry, p.one / maximum(h, p.dry), p.zero)
    energy[0, j, i] = p.half * (p.g * zeta * zeta + (hu * hu + hv * hv) * per_h)


ENERGY = Kernel("energy", (Stage(energy_of_cell, exact=True),), EnergyParams)


# [run
def energy(backend_name: str, q: np.ndarray, bed: np.ndarray) -> np.ndarray:
    """Energy (ny, nx) of a state q (3, ny, nx) over a bed (1, ny, nx)."""
    backend = select(backend_name, "float32")
    arrays = {"q": backend.from_host(q), "bed": backend.from_host(bed)}
    arrays["energy"] = backend.zeros(bed.shape)
    box = ((0, bed.shape[1]), (0, bed.shape[2]))
    launch = backend.bind(ENERGY, box, arrays)
    launch(backend.constants(EnergyParams(*map(np.float32, (0.5, 9.81, 0, 1, 1e-3)))))
    return backend.to_host(arrays["energy"])[0]


def main() -> None:
    """The same bits on both backends, for rough water over rough ground."""
    rng = np.random.default_rng(1)
    bed = rng.normal(-5, 5, (1, 40, 60))
    q = rng.normal(0, 1, (3, 40, 60))
    q[0] = np.maximum(q[0], np.minimum(bed[0], 0))  # no cell has less than no water
    expected = energy("numpy", q, bed)
    assert np.array_equal(energy("cpu", q, bed), expected)
    print(f"{expected.mean():.3f} m3/s2 in the mean")


if __name__ == "__main__":
    main()
