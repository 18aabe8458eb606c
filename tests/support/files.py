"""Files for tests, and what may happen to them."""

from pathlib import Path


def flip(path: Path, at: int) -> None:
    """Change one bit of the byte at a place of a file."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def contents(directory: Path) -> dict[str, bytes]:
    """All files of a directory, by their names in it."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
