"""The runs of the matrix on the simulator of CUDA."""

import sys
from pathlib import Path

import numpy as np

from esim.validation.switches import combinations, final

# The simulator takes a minute for some runs, so that each of these is on one kind of grid; its kernels are on both.
ONLY = {
    "deep solver": "cartesian",
    "deep solver with a friction map": "lonlat",
    "deep solver with forces and a nest": "lonlat",
    "nest with dispersion": "cartesian",
}


def simulated(kind: str) -> list[str]:
    """Switches that are tried on the simulator on one kind of grid."""
    return [switch for switch, on in combinations() if on == kind and ONLY.get(switch, kind) == kind]


def main(folder: str, kind: str, target: str) -> None:
    """Take a step with every switch on the simulator of CUDA, on one kind of grid, and write what they end in."""
    everything = {
        f"{switch}|{name}": array
        for switch in simulated(kind)
        for name, array in final(Path(folder), switch, kind, "cuda", steps=1).items()
    }
    np.savez(target, **everything)


if __name__ == "__main__":
    main(*sys.argv[1:])
