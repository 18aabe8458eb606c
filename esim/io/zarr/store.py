"""What is on disk? A Zarr v3 store whose snapshots become visible when they are whole.

The library zarr encodes and decodes arrays. What it hands over as files is written whole or not at all, and read with
its checksum. Every reader begins with `zarr.json` of the store, which holds the metadata of all arrays (consolidated),
and so the number of snapshots: it is replaced when all files of a snapshot are on disk.
"""

import asyncio
import json
import math
import os
import shutil
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import zarr
from zarr.abc.store import ByteRequest
from zarr.codecs import BloscCodec, Crc32cCodec
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype
from zarr.storage import LocalStore, MemoryStore, StorePath

from esim.errors import InputError
from esim.io.atomic import whole_file

ROOT = "zarr.json"
TIMES = 1024  # times in a chunk of the coordinate time
UNLIMITED = 1 << 40  # length of an array that is being written: its length on disk is that of whole snapshots
CHECKSUM = 4  # bytes of a CRC-32C, at the end of every chunk and of the index of every shard
Metadata = dict[str, Any]


class ShardStore(LocalStore):
    """The files of a store for those who write: each is replaced as a whole, and durable before it has its name."""

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Nothing: a shard is written whole, so what was there before does not matter."""
        return None

    async def set(self, key: str, value: Buffer) -> None:
        """Write one file; raises MachineError."""
        await asyncio.to_thread(_write, self.root / key, value.as_numpy_array().data)


class WholeStore(LocalStore):
    """The files of a store for those who read: a shard that is missing or damaged is an error, and never no data."""

    def __init__(self, root: Path | str, *, read_only: bool = True) -> None:
        super().__init__(root, read_only=read_only)
        self._index_sizes: dict[str, int] | None = None

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Content of a file; raises InputError for a shard without it, or with another one than was written."""
        value = await super().get(key, prototype, byte_range)
        name, _, chunk = key.partition("/")
        if chunk == "c" or chunk.startswith("c/"):
            if value is None:
                raise InputError(
                    f"{self.root / key}: this part of '{name}' is missing; the store is not whole"
                )
            content = value.as_numpy_array().data
            whole = byte_range is None and self._index_size(name)
            if not (_intact_shard(content, whole) if whole else _intact(content)):
                raise InputError(
                    f"{self.root / key}: this part of '{name}' is damaged, its checksum is wrong"
                )
        return value

    def _index_size(self, name: str) -> int:
        """Bytes of the index of a shard of an array; 0 where it has no shards."""
        if self._index_sizes is None:
            self._index_sizes = {key: _index_size(one) for key, one in read_arrays(self.root)[1].items()}
        return self._index_sizes[name]


def _write(path: Path, content: Any) -> None:
    with whole_file(path) as temporary:
        temporary.write_bytes(content)


def _intact(content: Any) -> bool:
    """Whether bytes end with their checksum."""
    value = google_crc32c.value(bytes(content[:-CHECKSUM]))
    return len(content) > CHECKSUM and struct.pack("<I", value) == bytes(content[-CHECKSUM:])


def _intact_shard(content: Any, index_size: int) -> bool:
    """Whether the index of a shard, at its end, and all chunks in it end with their checksums."""
    index = content[-index_size:]
    if len(content) < index_size or not _intact(index):
        return False
    places = np.frombuffer(index[:-CHECKSUM], "<u8").reshape(-1, 2)
    return all(
        _intact(content[first : first + size]) for first, size in places.tolist() if first + 1 < 1 << 64
    )


def _index_size(array: Metadata) -> int:
    codec = array["codecs"][0]
    if codec["name"] != "sharding_indexed":
        return 0
    shard = array["chunk_grid"]["configuration"]["chunk_shape"]
    return 16 * math.prod(shard) // math.prod(codec["configuration"]["chunk_shape"]) + CHECKSUM


def describe_array(
    shape: Sequence[int],
    chunk: Sequence[int],
    dims: Sequence[str],
    dtype: Any,
    attributes: Mapping[str, Any],
    *,
    shard: Sequence[int] | None = None,
    fill: Any = 0,
    compression: int = 0,
) -> Metadata:
    """The metadata of an array: shards of chunks, each compressed by zstd where a level is given, with a checksum."""
    size = max(1, np.dtype(dtype).itemsize)  # text has none
    packed = BloscCodec(
        cname="zstd", clevel=compression, typesize=size, shuffle="shuffle" if size > 1 else "noshuffle"
    )
    array = zarr.create_array(
        MemoryStore(),
        shape=tuple(shape),
        chunks=tuple(chunk),
        shards=None if shard is None else tuple(shard),
        dtype=dtype,
        fill_value=fill,
        compressors=[packed, Crc32cCodec()] if compression else [Crc32cCodec()],
        dimension_names=dims,
        attributes=dict(attributes),
    )
    found = array.metadata.to_buffer_dict(default_buffer_prototype())[ROOT]
    return dict(json.loads(found.to_bytes()))


def open_array(folder: Path, name: str, array: Metadata) -> zarr.Array:
    """An array of a store to write whole shards to, at any time: its metadata on disk are another matter."""
    shape = [UNLIMITED, *array["shape"][1:]] if _has_records(array) else array["shape"]
    opened = zarr.Array.from_dict(StorePath(ShardStore(folder), name), array | {"shape": shape})
    return opened.with_config(
        {"write_empty_chunks": True}
    )  # or a shard without values would seem to be missing


def view_array(whole: WholeStore, name: str, array: Metadata) -> zarr.Array:
    """An array of a store to read; its values are read when they are asked for."""
    return zarr.Array.from_dict(StorePath(whole, name), array)


def _has_records(array: Metadata) -> bool:
    return list(array.get("dimension_names") or ())[:1] == ["time"]


def read_arrays(folder: Path) -> tuple[dict[str, Any], dict[str, Metadata]]:
    """Attributes of a store and the metadata of its arrays. Raises InputError."""
    try:
        root = json.loads((folder / ROOT).read_text(encoding="utf-8"))
        return root["attributes"], root["consolidated_metadata"]["metadata"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder}: not a Zarr store written by esim ({error})") from error


def commit(
    folder: Path,
    attributes: Mapping[str, Any],
    arrays: Mapping[str, Metadata],
    times: Sequence[float],
    steps: Sequence[int],
    everywhere: bool = True,
) -> None:
    """Show the snapshots at so many times; all files of theirs, and what does not change with time, are on disk.

    everywhere: also in the metadata that each array has of its own, for readers that do without the consolidated ones.
    """
    for name, values in (("time", times), ("step", steps)):
        if name in arrays and len(values):
            first = (len(values) - 1) // TIMES * TIMES
            opened = open_array(folder, name, arrays[name])
            opened[first : len(values)] = np.asarray(values[first:], opened.dtype)
    shown = {name: _shown(array, len(times)) for name, array in arrays.items()}
    for name, array in shown.items() if everywhere else ():
        _write_json(folder / name / ROOT, array)
    consolidated = {"kind": "inline", "must_understand": False, "metadata": shown}
    root = {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}
    _write_json(folder / ROOT, root | {"consolidated_metadata": consolidated})


def _shown(array: Metadata, records: int) -> Metadata:
    return array | {"shape": [records, *array["shape"][1:]]} if _has_records(array) else array


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    _write(path, json.dumps(content, indent=2).encode())


def read_snapshots(folder: Path) -> tuple[list[float], list[int]]:
    """Times [s since origin] and time steps of the snapshots of a store. Raises InputError."""
    arrays, whole = read_arrays(folder)[1], WholeStore(folder)
    if "time" not in arrays:
        return [], []
    times, steps = (np.asarray(view_array(whole, name, arrays[name])[:]) for name in ("time", "step"))
    return times.tolist(), steps.tolist()


def lacking_snapshots(folder: Path, steps: Sequence[int]) -> str | None:
    """What a store lacks of the snapshots of some steps: a step, or a shard; None where it has all. Reads no shard."""
    try:
        arrays, found = read_arrays(folder)[1], read_snapshots(folder)[1]
    except InputError as error:
        return str(error)
    if missing := set(steps) - set(found):
        return f"{folder} lacks {len(missing)} of its {len(steps)} snapshots before the checkpoint"
    for name, array in arrays.items():
        if _has_records(array) and name not in ("time", "step"):
            shard = array["chunk_grid"]["configuration"]["chunk_shape"]
            wanted = math.prod(-(-n // side) for n, side in zip(array["shape"][1:], shard[1:], strict=True))
            for record in range(len(steps)):
                there = sum(path.name.isdecimal() for path in (folder / name / "c" / str(record)).glob("*/*"))
                if there < wanted:
                    return f"{folder / name / 'c' / str(record)} lacks {wanted - there} of its {wanted} files"
    return None


def drop_snapshots(folder: Path, arrays: Mapping[str, Metadata], keep: int) -> None:
    """Remove what is on disk of the snapshots after the first so many."""
    for name, array in arrays.items():
        if _has_records(array) and name not in ("time", "step"):
            for path in (folder / name / "c").glob("*"):
                if path.name.isdecimal() and int(path.name) >= keep:
                    shutil.rmtree(path)


def rename(folder: Path, name: Path) -> None:
    """Give a store another name, durably."""
    os.rename(folder, name)
    for parent in {folder.parent, name.parent}:
        descriptor = os.open(parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
