"""Numba CUDA on NVIDIA GPUs, or on Numba's simulator.

backend.py    what CudaBackend offers to the drivers
device.py     memory, streams and graphs of a GPU, and of what stands in for one
jit.py        from generated text to a compiled kernel, kept on disk
tile.py       text of a kernel of the ocean: a block of threads computes a tile
volume.py     text of a kernel of the crust: a thread computes a column of cells
gate.py       compiles all kernels without a GPU, and looks at what came out
"""
