"""Is a file still the same? SHA-256, or for large files the faster XXH3; the one home of xxhash."""

import hashlib
from pathlib import Path
from typing import Any, Protocol

from esim.errors import MachineError

PIECE = 1 << 24  # bytes read at once
Mark = tuple[
    int, int, int
]  # size, time of the last change, number: a shared file system tells all ranks alike
LARGE = 1 << 30  # bytes from which a file is summed by XXH3: several GB/s on a core, ten times SHA-256


class Digest(Protocol):
    """A checksum in progress."""

    def update(self, data: Any) -> None:
        """Add bytes."""

    def hexdigest(self) -> str:
        """The sum of all bytes so far."""


def xxh3() -> Digest:
    """A new XXH3 sum of 128 bits, which finds damage, but not what somebody has forged."""
    import xxhash

    return xxhash.xxh3_128()


def xxh3_of(path: Path) -> str:
    """XXH3 of a file's bytes. Raises OSError."""
    return _summed(path, xxh3())


def checksum(path: Path) -> dict[str, str]:
    """SHA-256 of a file, by this name; xxh3_128 of a file of 1 GiB or more. Raises OSError.

    A folder has the sum of the names and contents of all files in it.
    """
    kind, digest = ("xxh3_128", xxh3()) if size_of(path) >= LARGE else ("sha256", hashlib.sha256())
    if not path.is_dir():
        return {kind: _summed(path, digest)}
    for file in _files_in(path):
        digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
        _add(file, digest)
    return {kind: digest.hexdigest()}


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder. Raises OSError."""
    return sum(file.stat().st_size for file in _files_in(path)) if path.is_dir() else path.stat().st_size


def mark_of(path: Path) -> Mark:
    """By what a file is known to be the same, without reading it; zeros where there is none, as its reader reports."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_size, found.st_mtime_ns, found.st_ino


def _files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def flaw(path: Path, size: int, xxh3_128: str) -> str | None:
    """What is wrong with a file that had so many bytes and this sum, None where nothing is.

    Raises MachineError where the file is there and cannot be read for another reason than its contents.
    """
    try:
        if (found := path.stat().st_size) != size:
            return f"{path} has {found} bytes in place of {size}"
        return None if xxh3_of(path) == xxh3_128 else f"{path} is damaged (its checksum is wrong)"
    except FileNotFoundError:
        return f"{path} is missing"
    except PermissionError as error:
        raise MachineError(f"cannot read {path}: {error.strerror}") from error
    except OSError as error:
        return f"{path} cannot be read ({error.strerror})"


def _summed(path: Path, digest: Digest) -> str:
    _add(path, digest)
    return digest.hexdigest()


def _add(path: Path, digest: Digest) -> None:
    """Add the bytes of a file."""
    with path.open("rb", buffering=0) as stream:
        buffer = memoryview(bytearray(min(PIECE, max(path.stat().st_size, 1))))
        while count := stream.readinto(buffer):
            digest.update(buffer[:count])
