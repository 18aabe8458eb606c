"""The cpu backend: loops over cells compiled by Numba, on the cores of a CPU."""
