"""Text of a kernel of the crust: a thread for each cell of its box."""

from esim.backends.link import arguments, array_names
from esim.kernels.kernel import Kernel

BLOCK = (32, 4, 2)  # threads of a block along i, j, k


def part_source(kernel: Kernel) -> str:
    """Text of the CUDA kernel of a part of the crust: a thread for each cell of its box."""
    names, h = array_names(kernel), kernel.halo
    own = " and k >= k0 and j >= j0 and i >= i0" if "k0" in names else ""
    return "\n".join(
        [
            f"def sweep(first_k, last_k, first_j, last_j, first_i, last_i, {', '.join(names)}, p):",
            "    i, j, k = cuda.grid(3)",
            "    k, j, i = k + first_k, j + first_j, i + first_i",
            "    if k < last_k and j < last_j and i < last_i:",
            # Said so that the compiler drops the wraparound of negative indices.
            f"        if k >= {h} and j >= {h} and i >= {h}{own}:",
            *(
                f"            stage_{n}(k, j, i, {', '.join(arguments(stage.body))})"
                for n, stage in enumerate(kernel.stages)
            ),
            "",
        ]
    )
