"""The runs of the matrix on the simulator of CUDA."""

import sys
from pathlib import Path

import numpy as np

from esim.validation.switches import combinations, final


def main(folder: str, kind: str, target: str) -> None:
    """Take a step with every switch on the simulator of CUDA, on one kind of grid, and write what they end in."""
    everything = {
        f"{switch}|{name}": array
        for switch, on in combinations()
        if on == kind
        for name, array in final(Path(folder), switch, kind, "cuda", steps=1).items()
    }
    np.savez(target, **everything)


if __name__ == "__main__":
    main(*sys.argv[1:])
