"""How fast do ranks write maps as NetCDF and as Zarr, beside what the disk takes?

mpirun -n 2 python -m esim.validation.studies.output_rates [--folder DIR] [--side 4000] [--report FILE]
"""

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from esim.grids.grid import Grid
from esim.io.maps import MapWriter
from esim.io.writer import Writer
from esim.parallel.collectives import on_root
from esim.parallel.comm import Comm, connect
from esim.parallel.decomposition import decompose

SNAPSHOTS = 4
HEAD = ("format", "level", "bits", "MB/s", "share of dd", "compressed to", "CPU s/GB")
RULE = ("---",) * len(HEAD)
KINDS = [
    (form, level, bits) for level, bits in ((0, None), (1, None), (1, 12)) for form in ("netcdf", "zarr")
]


def waves(side: int, rows: slice, columns: slice) -> np.ndarray:
    """A map of surface elevation [m], float32: long waves, and noise of the size of rounding errors."""
    y, x = np.ogrid[rows, columns]
    smooth = (
        np.sin(7 * x / side)
        * np.cos(11 * y / side)
        * np.exp(-3 * ((x / side - 0.5) ** 2 + (y / side - 0.5) ** 2))
    )
    noise = np.random.default_rng(rows.start).standard_normal(smooth.shape)
    return (smooth + 1e-7 * noise).astype("f4")


def write(
    comm: Comm, folder: Path, side: int, form: str, level: int, bits: int | None
) -> tuple[float, float]:
    """Seconds from the first snapshot until the file has its name and is durable, and those of all processors."""
    grid = Grid("cartesian", 0.0, 0.0, 1.0, 1.0, nx=side, ny=side)
    blocks = decompose(grid.shape, comm.size).blocks
    mine = blocks[comm.rank]
    field = waves(side, slice(mine.j0, mine.j1), slice(mine.i0, mine.i1))
    comm.barrier()
    begun, used = time.perf_counter(), time.process_time()
    with Writer(active=comm.rank == 0) as writer:
        files = MapWriter(comm, writer, form, folder, {}, level)
        fields = files.snapshots("fields", grid, blocks, ["eta"], bits=bits)
        for step in range(SNAPSHOTS):
            fields.append(float(step), step)
            fields.put("eta", field)
        fields.close()
        writer.flush()
        files.close()
    used = sum(comm.allgather(time.process_time() - used))
    return time.perf_counter() - begun, used


def disk(folder: Path, size: int) -> float:
    """Megabytes per second that dd writes, made durable."""
    probe = folder / "probe"
    begun = time.perf_counter()
    count = max(1, size >> 20)
    command = ["dd", "if=/dev/zero", f"of={probe}", "bs=1M", f"count={count}", "conv=fsync"]
    subprocess.run(command, check=True, capture_output=True)
    rate = (count << 20) / 1e6 / (time.perf_counter() - begun)
    probe.unlink()
    return rate


def written(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(comm: Comm, parent: Path, side: int, repeats: int) -> tuple[float, list[tuple[object, ...]]]:
    """The fastest dd [MB/s], and a row for each format: the fastest of so many runs, each beside a dd of its size."""
    raw = 4 * side**2 * SNAPSHOTS
    found, rates = [], []
    for form, level, bits in KINDS:
        times, sizes = [], []
        for _ in range(repeats):
            folder = comm.bcast(on_root(comm, lambda: Path(tempfile.mkdtemp(dir=parent))))
            assert folder is not None
            times.append(write(comm, folder, side, form, level, bits))
            if comm.rank == 0:
                sizes.append(written(folder))
                shutil.rmtree(folder)
                rates.append(disk(parent, raw))
            comm.barrier()
        if comm.rank == 0:
            speed, used = raw / 1e6 / min(times)[0], min(used for _, used in times) / raw * 1e9
            found.append((form, level, bits or "all", speed, sizes[0] / raw, used))
    fastest = max(rates, default=0.0)
    return fastest, [
        (*kind, round(speed), f"{speed / fastest:.0%}", f"{size:.0%}", f"{used:.1f}")
        for *kind, speed, size, used in found
    ]


def main() -> None:
    """Measure, print the table, and write it into a file if there is to be one."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--folder", type=Path, default=Path(), help="a folder on the disk (default: this one)"
    )
    parser.add_argument("--side", type=int, default=4000, help="cells along each side of a map")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--report", type=Path, help="Markdown file for the table")
    options = parser.parse_args()
    comm = connect()
    rate, measured = measure(comm, options.folder.resolve(), options.side, options.repeats)
    if comm.rank:
        return
    table = "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (HEAD, RULE, *measured))
    megabytes = 4 * options.side**2 / 1e6
    about = (
        f"{comm.size} ranks, {SNAPSHOTS} snapshots of a map of {options.side} x {options.side} cells, float32 "
        f"({megabytes:.0f} MB each): the fastest of {options.repeats} runs, from the first snapshot until all is "
        f"durable under its name. `dd conv=fsync` of as many bytes, after each run, made {rate:.0f} MB/s at best. MB/s "
        "are those of the maps, before compression; CPU seconds are those of all ranks for a gigabyte of maps."
    )
    print(about, table, sep="\n\n")
    if options.report:
        command = f"mpirun -n {comm.size} python -m esim.validation.studies.output_rates --report FILE"
        options.report.write_text(f"# Writing maps\n\n{about}\n\n{table}\n\nMade by `{command}`.\n")


if __name__ == "__main__":
    main()
