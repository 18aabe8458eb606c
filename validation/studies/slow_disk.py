"""How much memory does a run take whose disk is slower than its steps? No more than the few calls that may wait.

python -m esim.validation.studies.slow_disk [--rate 5] [--side 600]
"""

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from esim.validation.faults.process import command, run
from esim.validation.faults.shim import build_shim

STEPS, EVERY = 60, 2  # steps of the run, and of each snapshot
WAITING = 4 + 2  # slabs: those that may wait for the writer, the one it writes and the one that is gathered
SPARE = 10e6  # bytes by which the peak of one and the same run varies


@dataclass(frozen=True)
class Measured:
    """Seconds of the time loop, peak memory and bytes of all snapshots, of a run of a rank."""

    seconds: float
    peak: float
    written: int


def scene(side: int) -> dict[str, Any]:
    """A hump on a flat sea of so many cells along each side, whose snapshots are not compressed."""
    end = f"{side} km"
    return {
        "scenario": "tsunami",
        "time": {"duration": STEPS},
        "grid": {"kind": "cartesian", "x": [0, end], "y": [0, end], "spacing": "1 km"},
        "bathymetry": {"kind": "flat", "depth": "1 km"},
        "source": [
            {"kind": "hump", "x": f"{side / 2} km", "y": f"{side / 2} km", "height": 1, "radius": "40 km"}
        ],
        "output": {
            "directory": "out",
            "fields": {"every": EVERY, "variables": ["eta", "u", "v"]},
            "compression": 0,
            "format": "netcdf",
        },
        "run": {"backend": "numpy", "threads": 1, "dt": 1},
    }


def measure(folder: Path, side: int, rate: float | None = None) -> Measured:
    """Compute the scene in a folder, on a disk that takes so many bytes/s, or on that which is there."""
    config, output = folder / "scene.yaml", folder / f"out_{rate or 'free'}"
    config.write_text(json.dumps(scene(side)))  # JSON is YAML
    slow = {} if rate is None else {"FAULT_RATE": str(rate)}
    shim = {"LD_PRELOAD": str(build_shim(folder)), "FAULT_ROOT": f"{output}/"} | slow
    ended = run(command(config, output, 1), output, shim)
    if ended.code != 0:
        raise RuntimeError(f"the run ends with code {ended.code}:\n{ended.said}")
    record = json.loads((output / "run.json").read_text())
    size = (output / "fields.nc").stat().st_size
    return Measured(record["timings"]["time loop"], record["peak_memory"], size)


def bound(side: int) -> float:
    """Bytes by which a slow disk may raise the peak of memory."""
    from esim.grids.grid import Grid
    from esim.io.gridded.writer import slab_rows

    rows = min(side, slab_rows(Grid("cartesian", 0.0, 0.0, 1.0, 1.0, nx=side, ny=side)))
    return WAITING * 4 * side * rows + SPARE


def main() -> None:
    """Measure, and print a sentence."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rate", type=float, default=5.0, help="of the slow disk [MB/s]")
    parser.add_argument("--side", type=int, default=600, help="cells along each side of the grid")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        free = measure(Path(folder), options.side)
        slow = measure(Path(folder), options.side, 1e6 * options.rate)
    print(
        f"{slow.written / 1e6:.0f} MB of snapshots of {options.side} x {options.side} cells to a disk that takes "
        f"{options.rate:g} MB/s: {slow.seconds:.0f} s in place of {free.seconds:.0f} s, and a peak of memory of "
        f"{slow.peak / 1e6:.0f} MB in place of {free.peak / 1e6:.0f} MB, where {bound(options.side) / 1e6:.0f} MB "
        "more are allowed"
    )


if __name__ == "__main__":
    main()
