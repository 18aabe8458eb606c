"""Kernels on NVIDIA GPUs, compiled by Numba CUDA, or on Numba's simulator.

backend.py          what CudaBackend offers to the engines
device.py           memory, streams, events and graphs of a GPU, and of the simulator
graph.py            constants that vary from step to step, and launches replayed as a CUDA graph
kernel_text.py      what a kernel is here: its text, and how cells are spread over threads
jit.py              from the text of a kernel to a compiled one, kept on disk
thread_per_cell.py  kernels without the code generator: one thread computes one cell
codegen/            the code generator: see its README.md
views.py            arrays inside a generated kernel, with 32-bit indices and shared strides
compile_check.py    compiles all kernels without a GPU, and checks registers, spills and memory accesses
"""
