"""The runs of the matrix on the simulator of CUDA."""

import sys
from pathlib import Path

import numpy as np

from esim.validation.switches import KINDS, ONLY, final

# Together they launch every body that any switch does; what compiles or simulates each kernel takes these alone.
EVERY_BODY = (
    "friction map",
    "open sides",
    "incident wave",
    "fault",
    "landslide",
    "stratification",
    "nest with structures",
    "deep solver",
    "deep solver with a friction map",
    "deep solver with forces and a nest",
    "gridded pressure",
)


def simulated(kind: str) -> list[str]:
    """Switches that are tried on the simulator, which is slow, on one kind of grid: kernels are the same on both."""
    return [switch for n, switch in enumerate(EVERY_BODY) if ONLY.get(switch, KINDS[n % len(KINDS)]) == kind]


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
