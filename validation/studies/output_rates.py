"""How fast do ranks write maps as NetCDF and as Zarr, or checkpoints, beside what the disk takes?

mpirun -n 2 python -m esim.validation.studies.output_rates [--folder DIR] [--side 4000] [--report FILE]
mpirun -n 2 python -m esim.validation.studies.output_rates --checkpoint 1e8 [--folder DIR] [--report FILE]
"""

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from esim.grids.grid import Grid
from esim.io.checkpoint.part import Part
from esim.io.checkpoint.write import write_checkpoint
from esim.io.maps import MapWriter
from esim.io.writer import Writer
from esim.parallel.collectives import on_root
from esim.parallel.comm import Comm, connect
from esim.parallel.decomposition import decompose

SNAPSHOTS = 4
HEAD = ("format", "level", "bits", "MB/s", "share of dd", "compressed to", "CPU s/GB")
RULE = ("---",) * len(HEAD)
STATE = 9  # float32 values of a cell of elastic rock: three velocities and six stresses
LAYERS = 100
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


def checkpoint(comm: Comm, folder: Path, cells: int) -> tuple[float, int]:
    """Seconds until a checkpoint of the state of so many cells of rock is durable under its name, and its bytes."""
    side = max(comm.size, round((cells / LAYERS) ** 0.5))
    blocks = decompose((side, side), comm.size).blocks
    mine = blocks[comm.rank]
    field = np.random.default_rng(comm.rank).standard_normal((LAYERS, *mine.shape), np.float32)

    def fill(part: Part) -> None:
        for number in range(STATE):
            part.array(f"field {number}", [field], mine, (LAYERS, side, side), field.dtype)

    comm.barrier()
    begun = time.perf_counter()
    with Writer(active=comm.rank == 0, netcdf=False) as writer:
        write_checkpoint(comm, writer, folder, 1, {}, fill, {})
    comm.barrier()
    spent = time.perf_counter() - begun
    return spent, STATE * LAYERS * side**2 * field.itemsize


def measure_checkpoints(comm: Comm, parent: Path, cells: int, repeats: int) -> str:
    """A sentence about so many checkpoints, each beside a dd of its size. Only the first rank's is of use."""
    shares, rates, disks, size = [], [], [], 0
    for _ in range(repeats):
        folder = comm.bcast(on_root(comm, lambda: Path(tempfile.mkdtemp(dir=parent))))
        assert folder is not None
        spent, size = checkpoint(comm, folder, cells)
        if comm.rank == 0:
            assert written(folder) >= size
            shutil.rmtree(folder)
            disks.append(disk(parent, size))
            rates.append(size / 1e6 / spent)
            shares.append(rates[-1] / disks[-1])
        comm.barrier()
    if comm.rank:
        return ""
    return (
        f"{comm.size} ranks, checkpoints of {cells:.3g} cells of elastic rock ({size / 1e9:.2f} GB, float32), from the "
        f"first byte until all is durable under its name: {min(rates):.0f} to {max(rates):.0f} MB/s in {repeats} runs, "
        f"beside {min(disks):.0f} to {max(disks):.0f} MB/s of `dd conv=fsync` of as many bytes after each: "
        f"{min(shares):.0%} to {max(shares):.0%} of it."
    )


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
    parser.add_argument(
        "--checkpoint",
        type=float,
        metavar="CELLS",
        help="write checkpoints of so many cells in place of maps",
    )
    parser.add_argument("--report", type=Path, help="Markdown file for the table")
    options = parser.parse_args()
    comm = connect()
    if options.checkpoint is not None:
        text = measure_checkpoints(comm, options.folder.resolve(), int(options.checkpoint), options.repeats)
        if comm.rank == 0:
            print(text)
            if options.report:
                options.report.write_text(f"# Writing checkpoints\n\n{text}\n")
        return
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
