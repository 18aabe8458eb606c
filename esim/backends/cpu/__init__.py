"""Numba on CPU cores."""
