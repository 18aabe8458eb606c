"""Which files has a run in its output directory, and may a new run write there?"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from esim.errors import InputError
from esim.io.atomic import writing

PATTERNS = (
    "fields.nc",
    "fields_*.nc",
    "maxima.nc",
    "maxima_*.nc",
    "runup.nc",
    "runup_*.nc",
    "runup.csv",
    "runup_*.csv",
    "surface_displacement.nc",
    "plane_*.nc",
    "sac/*.SAC",
    "sac/.*.partial",
    "stations.nc",
    "waveforms.mseed",
    "run.json",
    ".*.partial",
    "checkpoint/step_*.h5",
    "checkpoint/fields_*.nc",
    "checkpoint/surface_displacement_*.nc",
    "checkpoint/plane_*.nc",
    "checkpoint/.*.partial",
)
COORDINATES_AND_ATTRIBUTES = 1 << 16  # bytes of each file beside its data, rounded up


def run_files(directory: Path) -> list[Path]:
    """The files of an earlier run in an output directory, finished or not."""
    return sorted(path for pattern in PATTERNS for path in directory.glob(pattern))


def refuse_existing(directory: Path, overwrite: bool) -> None:
    """Raises InputError if a new run cannot, or must not, write into an output directory. Touches nothing."""
    ancestor = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not ancestor.is_dir() or not os.access(ancestor, os.W_OK | os.X_OK):
        raise InputError(f"output.directory: cannot write into {directory}: {ancestor} does not allow it")
    if not overwrite and (found := run_files(directory)):
        raise InputError(
            f"output.directory: {directory} already has a run ({found[-1].relative_to(directory)}); "
            "resume it by --resume, write elsewhere by --output, or replace it by "
            "--set output.overwrite=true"
        )


def start_directory(directory: Path) -> None:
    """Makes an output directory and removes the files of an earlier run; `refuse_existing` has allowed it.

    Raises MachineError if the file system does not let it.
    """
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for path in run_files(directory):
            path.unlink()


@contextmanager
def claim(directory: Path) -> Iterator[None]:
    """Keeps the runs of other processes out of a directory, which is made, and ends with this one at the latest.

    Raises InputError if one is writing there. Some network file systems have no locks: there it does nothing.
    """
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory, os.O_RDONLY)
    try:
        with suppress(OSError):
            _lock(handle, directory)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, directory: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(
            f"output.directory: another run is writing into {directory} now; wait for it, or write elsewhere by "
            "--output"
        ) from None


def predict_sum(
    maps: Iterable[tuple[int, int, int]],
    series: tuple[int, int, int] = (0, 0, 0),
    *,
    item: int = 4,
    waveforms: int = 0,
    checkpoint: int = 0,
    files: int = 4,
) -> int:
    """Size of the outputs of any run [bytes] before compression.

    maps counts (cells, variables, records) of every file of maps: coordinates in two dimensions are two
    variables of one record, of twice the size of `item` bytes. series counts (stations, variables, records) of
    stations.nc, checkpoint is the size of one checkpoint [bytes]; waveforms is how many seismological formats,
    with three components of 4 bytes, are written beside it.
    """
    points, quantities, records = series
    size = files * COORDINATES_AND_ATTRIBUTES
    size += sum(item * cells * variables * times for cells, variables, times in maps)
    size += points * records * (8 * quantities + 3 * 4 * waveforms)
    return size + 2 * checkpoint
