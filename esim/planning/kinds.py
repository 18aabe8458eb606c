"""Which kinds of work are there, and how fast are they where nothing was measured?

A kind costs a time for each update and one for each call. The shipped figures are those of one core with vectors of
512 bits, in float32, without other load; another machine may be half or twice as fast.
"""

from typing import NamedTuple


class Kind(NamedTuple):
    """Seconds for an update and for a call on one core, and the fewest values that an update moves in memory."""

    per_update: float
    per_call: float
    values: float


UNCERTAINTY = 2.0  # factor within which a shipped figure holds, either way
NUMPY, NUMPY_CALLS = (
    12.0,
    200.0,
)  # updates and calls by array operations take so many times those of compiled kernels
GPU_FRACTION = 0.6  # of its bandwidth that a kernel reaches on a GPU
GPU_BANDWIDTH = 1.5e12  # B/s of a GPU of which nothing else is known

KINDS: dict[str, Kind] = {
    # ocean: per cell and step
    "ocean": Kind(9.0e-9, 1.5e-5, 7),
    "ocean: deep solver": Kind(1.2e-8, 4e-5, 12),
    "ocean: maxima": Kind(2.7e-9, 0.0, 10),
    "ocean: arrival times": Kind(2.0e-9, 0.0, 8),
    "ocean: absorbing layers": Kind(2.0e-8, 1e-5, 9),
    "ocean: friction map": Kind(0.5e-9, 0.0, 1),
    "ocean: tracer": Kind(4.0e-9, 0.0, 2),
    "ocean: structures": Kind(3.0e-9, 0.0, 4),
    "ocean: adaptive steps": Kind(3.0e-9, 3e-5, 4),
    "ocean: dispersion": Kind(1.2e-8, 2e-5, 20),
    "ocean: dispersion sweeps": Kind(2.4e-9, 2e-6, 6),
    "ocean: nests": Kind(2.0e-8, 5e-4, 10),
    # crust: per point and step; CPML and sponge per point in them, beside that
    "crust: elastic": Kind(6.5e-9, 5e-5, 30),
    "crust: coarse attenuation": Kind(1.0e-8, 5e-5, 44),
    "crust: coarse attenuation, bfloat16": Kind(1.0e-8, 5e-5, 38),
    "crust: conventional attenuation": Kind(30.0e-9, 6e-5, 72),
    "crust: conventional attenuation, bfloat16": Kind(28.0e-9, 6e-5, 54),
    "crust: CPML": Kind(5.0e-9, 0.0, 12),
    "crust: CPML, coarse attenuation": Kind(9.0e-9, 0.0, 14),
    "crust: CPML, conventional attenuation": Kind(20.0e-9, 0.0, 24),
    "crust: sponge": Kind(5.0e-9, 0.0, 18),
    "crust: eighth order": Kind(4.0e-9, 0.0, 0),
    "crust: surface": Kind(1.0e-7, 3e-5, 20),
    "crust: low-pass of the surface": Kind(0.8e-9, 5e-6, 27),
    "crust: stations": Kind(0.5e-6, 5e-5, 20),
    "crust: sources": Kind(2.5e-7, 2e-5, 100),
    # output: per byte before compression
    "output": Kind(2.5e-9, 0.0, 0),
    "output: compression": Kind(8.5e-9, 0.0, 0),
}
