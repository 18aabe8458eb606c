"""The runs of the matrix on the simulator of CUDA."""

import sys
from pathlib import Path

import numpy as np

from esim.validation.switches import KINDS, combinations, final


def simulated(kind: str) -> list[str]:
    """Switches that are tried on the simulator, which is slow, on one kind of grid: every second one of both."""
    both = [
        switch for switch, on in combinations() if on == KINDS[0] and (switch, KINDS[1]) in combinations()
    ]
    alone = both[KINDS.index(kind) :: 2]
    return [switch for switch, on in combinations() if on == kind and (switch in alone or switch not in both)]


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
