"""The physics: undecorated cell bodies, one source for every machine.

A body computes one cell and runs unchanged as whole-array NumPy slices, in a Numba loop and as a CUDA thread.
It imports nothing but `esim.kernels.scalar`; esim/backends links it to a machine.
"""
