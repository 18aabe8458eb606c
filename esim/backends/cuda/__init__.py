"""Numba CUDA on NVIDIA GPUs, or on Numba's simulator.

backend.py    what CudaBackend offers to the drivers
device.py     memory, streams and graphs of a GPU, and of what stands in for one
jit.py        from generated text to a compiled kernel, kept on disk
form.py       what a kernel is here: its text, and how cells are spread over threads
cells.py      text of a kernel of the ocean without scratch: a thread computes a cell
march.py      text of one with scratch: a block of threads marches over a strip of columns, row by row
formula.py    what bodies hold, as trees
straight.py   reads a body as straight lines of formulas
schedule.py   how many rows ahead each stage may be
variables.py  what cells become that bodies read and write
views.py      arrays inside a kernel, seen with short indices and shared strides
volume.py     text of a kernel of the crust: a thread computes a column of cells
gate.py       compiles all kernels without a GPU, and looks at what came out
"""
