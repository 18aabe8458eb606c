"""From cell bodies to the text of CUDA kernels."""
