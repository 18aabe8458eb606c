"""How does a file appear whole or not at all? Temporary name, fsync, rename; a failing disk is named."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from esim.errors import EsimError, MachineError

PROBE_BYTES = 1 << 20


def partial(path: Path) -> Path:
    """The temporary name under which a file is written: `.name.partial` in the same folder."""
    return path.with_name(f".{path.name}.partial")


def publish(temporary: Path, path: Path) -> None:
    """Gives a finished temporary file its real name; after a power cut it is there whole or not at all."""
    fsync(temporary)
    os.replace(temporary, path)
    fsync(path.parent)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a temporary path to write to; the file gets its name only if the block succeeds.

    Raises MachineError naming the file when the disk fails; any error removes the temporary file.
    """
    temporary = partial(path)
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            publish(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns any failure to write inside the block into a MachineError that names the file and the reason."""
    try:
        yield
    except EsimError:
        raise
    except (OSError, RuntimeError) as error:
        raise MachineError(f"cannot write {path}: {_reason(path.parent, error)}") from error


def _reason(folder: Path, error: Exception) -> str:
    """Why writing failed, asked of the folder itself: NetCDF reports a full disk as `Permission denied`."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(PROBE_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as cause:
        return cause.strerror or str(cause)
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error)


def fsync(path: Path) -> None:
    """Waits until a file, or the entries of a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
